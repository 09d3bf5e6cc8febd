/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RSA keys that a KMS encrypts data keys for. By default each serves one call: whoever reads this process's memory
 * later opens no answer that he recorded before. An RSA key takes tens of milliseconds to make, so a thread makes some
 * beforehand; it starts with the first call that wants one, since many an enclave never does.
 *
 * With a lifetime one key serves all calls for so many seconds. That is faster, and the trade is: until the key is
 * wiped, all of those answers can be opened with it.
 */
#ifndef CS_ENCLAVE_RECIPIENTS_H
#define CS_ENCLAVE_RECIPIENTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/crypto_cms.h"

#define CS_RECIPIENTS_READY 8 /* that are made beforehand */

/* One key; whoever releases it last wipes it. */
typedef struct cs_recipient_key {
    cs_recipient *key;
    cs_buf spki; /* SubjectPublicKeyInfo, DER */
    int64_t made_us;
    atomic_int holders;
} cs_recipient_key;

typedef struct cs_recipients {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    pthread_t maker;
    int64_t life_us;           /* 0: a fresh one for each call */
    cs_recipient_key *current; /* where there is a lifetime */
    cs_recipient_key *ready[CS_RECIPIENTS_READY];
    size_t count;
    bool open, asked, stopped;
} cs_recipients;

/* Starts the thread. CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_recipients_open(cs_recipients *r, int64_t life_us);
/* Stops the thread and wipes what nobody holds. Also of one that was never opened. */
void cs_recipients_close(cs_recipients *r);

/* A key, held for the caller; made at once if none is ready. CS_CRYPTO, CS_NO_MEMORY. `now_us`: cs_tick_us. */
CS_MUST_CHECK cs_err cs_recipients_take(cs_recipient_key **out, cs_recipients *r, int64_t now_us);
void cs_recipient_key_release(cs_recipient_key *k); /* NULL is fine */

/* Wipes a key whose lifetime is over; called about once a second. */
void cs_recipients_sweep(cs_recipients *r, int64_t now_us);

#endif
