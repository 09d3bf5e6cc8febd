/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/cache.h"

#include <string.h>

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
    c->bytes -= c->places[i].bytes;
    c->places[i] = c->places[--c->count];
}

static uint64_t tag_of(const cs_digest *index)
{
    uint64_t tag;
    memcpy(&tag, index->b, sizeof tag);
    return tag;
}

/* Place of a key, or NO_PLACE. To look through some hundred tags costs less than a hash table is worth. */
static size_t place_of(const cs_cache *c, const cs_digest *index)
{
    const uint64_t tag = tag_of(index);
    for (size_t i = 0; i < c->count; i++)
        if (c->places[i].tag == tag && cs_slice_eq(cs_digest_slice(&c->places[i].key->index), cs_digest_slice(index)))
            return i;
    return NO_PLACE;
}

static size_t oldest(const cs_cache *c)
{
    size_t oldest = 0;
    for (size_t i = 1; i < c->count; i++)
        if (c->places[i].expires_us < c->places[oldest].expires_us)
            oldest = i;
    return oldest;
}

cs_opened *cs_cache_find(cs_cache *c, const cs_digest *index, int64_t now_us, uint64_t *forgets)
{
    cs_opened *key = NULL;
    (void)pthread_mutex_lock(&c->lock);
    *forgets = c->forgets;
    size_t i = place_of(c, index);
    if (i != NO_PLACE && c->places[i].expires_us > now_us) {
        key = c->places[i].key;
        cs_opened_hold(key);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return key;
}

void cs_cache_add(cs_cache *c, cs_opened *key, int64_t now_us, uint64_t forgets)
{
    const size_t bytes = cs_opened_bytes(key);
    (void)pthread_mutex_lock(&c->lock);
    size_t old = place_of(c, &key->index);
    if (old != NO_PLACE && c->places[old].expires_us <= now_us) {
        drop(c, old);
        old = NO_PLACE;
    }
    if (c->ttl_us > 0 && c->forgets == forgets && old == NO_PLACE && bytes <= CS_KEY_CACHE_BYTES) {
        while (c->count == CS_CACHE_KEYS || c->bytes + bytes > CS_KEY_CACHE_BYTES)
            drop(c, oldest(c));
        cs_opened_hold(key);
        c->places[c->count].tag = tag_of(&key->index);
        c->places[c->count].key = key;
        c->places[c->count].bytes = bytes;
        c->places[c->count++].expires_us = now_us + c->ttl_us;
        c->bytes += bytes;
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_cache_forget(cs_cache *c, const cs_digest *index)
{
    (void)pthread_mutex_lock(&c->lock);
    c->forgets++;
    size_t i = place_of(c, index);
    if (i != NO_PLACE)
        drop(c, i);
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_cache_sweep(cs_cache *c, int64_t now_us)
{
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = c->count; i-- > 0;)
        if (c->places[i].expires_us <= now_us)
            drop(c, i);
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_cache_clear(cs_cache *c)
{
    cs_cache_sweep(c, INT64_MAX);
}
