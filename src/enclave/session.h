/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session evidence: one call to the root of trust for many documents.
 *
 * A session is an Ed25519 key that is born here, never leaves, and is certified by the root: the evidence commits to
 * the key and to the epoch. It signs documents until it is as old as the sessions may be; a successor is made when
 * three quarters of that are over, by whichever thread comes first, while the others go on with the old one. A root
 * that does not answer is asked again after a second; once the session is too old nothing is attested.
 */
#ifndef CS_ENCLAVE_SESSION_H
#define CS_ENCLAVE_SESSION_H

#include <pthread.h>

#include "enclave/rot.h"

/* One session; never changes. Whoever releases it last wipes its key. */
typedef struct cs_session cs_session;

typedef struct cs_sessions {
    cs_rot *rot;          /* borrowed */
    const char *epoch;    /* borrowed: 32 hex digits */
    int64_t life_us;      /* how long a session is used */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t renewed;
    cs_session *current;
    bool renewing;
    int64_t retry_us; /* not asked for again before this tick */
} cs_sessions;

/* `life_us` from the tick at which the root is asked. Makes no session yet. */
CS_MUST_CHECK cs_err cs_sessions_open(cs_sessions *s, cs_rot *rot, const char *epoch, int64_t life_us);
/* Also of sessions that were never opened. */
void cs_sessions_close(cs_sessions *s);

/* A session that may sign at tick `now_us`; released by the caller. CS_ROOT_UNAVAILABLE (or what the root said) if
 * there is none and none can be made. */
CS_MUST_CHECK cs_err cs_session_take(cs_session **out, cs_sessions *s, int64_t now_us);
void cs_session_release(cs_session *s); /* NULL is fine */

/* The header of documents that the session signs; lives as long as the session is held. */
cs_slice cs_session_header(const cs_session *s);
/* The key whose signature over a signing input is its proof; lives as long as the session is held. */
const cs_key *cs_session_key(const cs_session *s);

#endif
