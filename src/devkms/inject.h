/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on demand, so that clients can be seen to survive a KMS that fails, or to refuse one that lies.
 *
 *   NAME[,op=OPERATION][,skip=N][,every=N][,count=N][,ms=N]
 *
 * Without `op` for every operation; the first `skip` calls are spared, then every `every`-th is hit (1), `count` times
 * at most (without end where it is not given). `ms` belongs to latency.
 */
#ifndef CS_DEVKMS_INJECT_H
#define CS_DEVKMS_INJECT_H

#include <pthread.h>

#include "core/slice.h"

#define CS_INJECT_MAX 16

typedef enum cs_inject_kind {
    CS_INJECT_LATENCY,         /* the answer comes `ms` later */
    CS_INJECT_THROTTLE,        /* ThrottlingException, or 429 */
    CS_INJECT_ERROR,           /* 500 */
    CS_INJECT_UNAVAILABLE,     /* 503 */
    CS_INJECT_DENY,            /* access is denied, whatever the policy says */
    CS_INJECT_WRONG_KEY_ID,    /* the answer names another key */
    CS_INJECT_PLAINTEXT,       /* plaintext beside CiphertextForRecipient */
    CS_INJECT_REPLAY,          /* CiphertextForRecipient of an earlier answer */
    CS_INJECT_OTHER_RECIPIENT, /* … for a key of somebody else */
    CS_INJECT_OTHER_KEY,       /* … with another data key inside */
    CS_INJECT_BAD_SIGNATURE,   /* one bit of the signature is turned */
    CS_INJECT_BAD_CHECKSUM,    /* Google: a checksum that is wrong */
    CS_INJECT_GARBAGE,         /* 200, and no JSON */
    CS_INJECT_CUT,             /* the connection ends within the answer */
    CS_INJECT_KINDS
} cs_inject_kind;

typedef struct cs_inject_row {
    cs_inject_kind kind;
    char op[64]; /* "": every one */
    long skip, every, count, ms;
    long seen, done;
} cs_inject_row;

typedef struct cs_inject {
    pthread_mutex_t lock;
    size_t count;
    cs_inject_row rows[CS_INJECT_MAX];
} cs_inject;

const char *cs_inject_name(cs_inject_kind kind);
/* CS_BAD_FIELD for a text that is not of the form above. */
CS_MUST_CHECK cs_err cs_inject_parse(cs_inject_row *out, cs_slice text);

/* Puts these rows in the place of all others. CS_TOO_LARGE above CS_INJECT_MAX. */
CS_MUST_CHECK cs_err cs_inject_set(cs_inject *i, const cs_inject_row *rows, size_t count);
/* Counts a call of `op`: the faults that hit it, 1u << kind each; *ms is the latency. */
unsigned cs_inject_take(cs_inject *i, long *ms, const char *op);

#endif
