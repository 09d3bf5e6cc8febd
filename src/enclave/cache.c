/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/cache.h"

#define NO_PLACE CS_CACHE_KEYS

void cs_cache_init(cs_cache *c, int64_t ttl_us)
{
    *c = (cs_cache){.ttl_us = ttl_us};
    (void)pthread_mutex_init(&c->lock, NULL);
}

/* The functions below run under the lock. */

static void drop(cs_cache *c, size_t i)
{
    cs_opened_release(c->places[i].key);
    c->places[i].key = NULL;
}

/* Place of a key that has not expired, or NO_PLACE. A hundred comparisons cost less than a hash table is worth. */
static size_t place_of(const cs_cache *c, const cs_digest *index, int64_t now_us)
{
    for (size_t i = 0; i < CS_CACHE_KEYS; i++)
        if (c->places[i].key != NULL && c->places[i].expires_us > now_us &&
            cs_slice_eq(cs_digest_slice(&c->places[i].key->index), cs_digest_slice(index)))
            return i;
    return NO_PLACE;
}

static size_t place_to_fill(const cs_cache *c)
{
    size_t oldest = 0;
    for (size_t i = 0; i < CS_CACHE_KEYS; i++) {
        if (c->places[i].key == NULL)
            return i;
        if (c->places[i].expires_us < c->places[oldest].expires_us)
            oldest = i;
    }
    return oldest;
}

cs_opened *cs_cache_find(cs_cache *c, const cs_digest *index, int64_t now_us, uint64_t *forgets)
{
    cs_opened *key = NULL;
    (void)pthread_mutex_lock(&c->lock);
    *forgets = c->forgets;
    size_t i = place_of(c, index, now_us);
    if (i != NO_PLACE) {
        key = c->places[i].key;
        cs_opened_hold(key);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return key;
}

void cs_cache_add(cs_cache *c, cs_opened *key, int64_t now_us, uint64_t forgets)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->ttl_us > 0 && c->forgets == forgets && place_of(c, &key->index, now_us) == NO_PLACE) {
        size_t i = place_to_fill(c);
        drop(c, i);
        cs_opened_hold(key);
        c->places[i].key = key;
        c->places[i].expires_us = now_us + c->ttl_us;
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_cache_forget(cs_cache *c, const cs_digest *index)
{
    (void)pthread_mutex_lock(&c->lock);
    c->forgets++;
    for (size_t i = 0; i < CS_CACHE_KEYS; i++)
        if (c->places[i].key != NULL && cs_slice_eq(cs_digest_slice(&c->places[i].key->index), cs_digest_slice(index)))
            drop(c, i);
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_cache_sweep(cs_cache *c, int64_t now_us)
{
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < CS_CACHE_KEYS; i++)
        if (c->places[i].key != NULL && c->places[i].expires_us <= now_us)
            drop(c, i);
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_cache_clear(cs_cache *c)
{
    cs_cache_sweep(c, INT64_MAX);
}
