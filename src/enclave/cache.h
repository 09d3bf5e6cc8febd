/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key cache: opened keys that stay for a bounded time and in a bounded amount of memory, CS_KEY_CACHE_BYTES. That
 * is about 330 keys of ML-DSA-44, 210 of ML-DSA-65 or 130 of ML-DSA-87 opened by our own code.
 *
 * The index is SHA-256 of the whole record, so a record of which anything was changed never meets a cached key. A key
 * that is in use when it leaves the cache lives until its user releases it. Times are cs_tick_us, passed in.
 */
#ifndef CS_ENCLAVE_CACHE_H
#define CS_ENCLAVE_CACHE_H

#include <pthread.h>

#include "core/limits.h"
#include "enclave/opened.h"

/* More keys than fit in the bytes: the smallest, ML-DSA-44 opened by OpenSSL, takes 21 KiB. */
#define CS_CACHE_KEYS (CS_KEY_CACHE_BYTES / (20u << 10))

typedef struct cs_cache {
    pthread_mutex_t lock;
    int64_t ttl_us; /* counted from the opening, not from the last use; 0: nothing is kept */
    uint64_t forgets;
    size_t count, bytes; /* of the keys that are kept */
    struct {
        uint64_t tag;   /* first bytes of the index: what is looked through */
        cs_opened *key; /* held */
        size_t bytes;
        int64_t expires_us;
    } places[CS_CACHE_KEYS];
} cs_cache;

void cs_cache_init(cs_cache *c, int64_t ttl_us);

/* The cached key, held for the caller, or NULL. `*forgets` is to be given to cs_cache_add. */
cs_opened *cs_cache_find(cs_cache *c, const cs_digest *index, int64_t now_us, uint64_t *forgets);

/* Keeps a key that was opened after a cs_cache_find in vain; keys nearest to their end give way until there is room.
 * Nothing is kept if a cs_cache_forget came in between: it could have meant this key. */
void cs_cache_add(cs_cache *c, cs_opened *key, int64_t now_us, uint64_t forgets);

/* Drops one key. Afterwards no cs_cache_find gives it. */
void cs_cache_forget(cs_cache *c, const cs_digest *index);

/* Drops what has expired; called about once a second, so that a key does not outlive its time by being unused. */
void cs_cache_sweep(cs_cache *c, int64_t now_us);

/* Drops everything. */
void cs_cache_clear(cs_cache *c);

#endif
