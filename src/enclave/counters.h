/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters that make a withheld operation visible: one per epoch, and one per key within the epoch.
 *
 * An epoch is one life of the process, named by 16 random bytes. A counter value is given out once, whatever becomes of
 * the document that it was taken for; a value that never appears is a gap that a reader of the ledger can see.
 */
#ifndef CS_ENCLAVE_COUNTERS_H
#define CS_ENCLAVE_COUNTERS_H

#include <pthread.h>

#include "core/crypto.h"

typedef struct cs_counters {
    pthread_mutex_t lock;
    char epoch[33]; /* 32 hex digits */
    int64_t operations;
    struct cs_key_count *keys; /* open addressing; a free slot has count 0 */
    size_t capacity, used;
} cs_counters;

/* A new epoch that can count `capacity` keys. */
CS_MUST_CHECK cs_err cs_counters_open(cs_counters *c, size_t capacity);
void cs_counters_close(cs_counters *c);

typedef struct cs_count {
    int64_t operation; /* from 1 */
    int64_t key;       /* from 1; 0 if no key is concerned */
} cs_count;

/* Takes the next values. `key` is what identifies the key (any bytes; hashed), or absent for an operation without
 * one. CS_COUNTERS_FULL for a key beyond the capacity: nothing is taken then. */
CS_MUST_CHECK cs_err cs_counters_next(cs_count *out, cs_counters *c, cs_slice key);

#endif
