/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/rate.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "sys/clock.h"

#define SETS 1024
#define WAYS 4
#define SECOND 1000000 /* what a token costs is counted in millionths: a microsecond brings `per_second` of them */

typedef struct bucket {
    char id[CS_MAX_ID + 1]; /* "": free */
    int64_t millionths;     /* of tokens */
    int64_t seen_us;
} bucket;

struct cs_rate {
    pthread_mutex_t lock; /* of all that follows */
    int64_t whole;        /* of all gateways together … */
    int64_t gateways;
    int64_t per_second; /* … and this one's share */
    bucket buckets[SETS][WAYS];
};

cs_err cs_rate_open(cs_rate **out, int64_t per_second)
{
    *out = NULL;
    if (per_second < 0 || per_second > CS_MAX_RATE)
        return CS_CONFIG;
    cs_rate *r = calloc(1, sizeof *r);
    if (r == NULL)
        return CS_NO_MEMORY;
    (void)pthread_mutex_init(&r->lock, NULL);
    r->whole = r->per_second = per_second;
    r->gateways = 1;
    *out = r;
    return CS_OK;
}

void cs_rate_close(cs_rate *r)
{
    if (r == NULL)
        return;
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

/* Rounded up: nobody is shut out because there are many gateways. */
static void divide(cs_rate *r)
{
    r->per_second = (r->whole + r->gateways - 1) / r->gateways;
}

void cs_rate_set(cs_rate *r, int64_t per_second)
{
    (void)pthread_mutex_lock(&r->lock);
    r->whole = per_second;
    divide(r);
    (void)pthread_mutex_unlock(&r->lock);
}

void cs_rate_share(cs_rate *r, int64_t gateways)
{
    (void)pthread_mutex_lock(&r->lock);
    r->gateways = gateways;
    divide(r);
    (void)pthread_mutex_unlock(&r->lock);
}

/* The ids are ours, so nobody chooses where they fall. */
static size_t set_of(const char *id)
{
    uint32_t h = 2166136261u;
    for (; *id != '\0'; id++)
        h = (h ^ (uint8_t)*id) * 16777619u;
    return (h ^ h >> 16) % SETS;
}

/* The key's bucket, or the one that has been quiet longest, emptied of its owner and full of tokens. */
static bucket *find_bucket(cs_rate *r, const char *id, int64_t now_us)
{
    bucket *set = r->buckets[set_of(id)], *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (strcmp(set[i].id, id) == 0)
            return &set[i];
        if (set[i].id[0] == '\0' || set[i].seen_us < oldest->seen_us)
            oldest = &set[i];
        if (oldest->id[0] == '\0')
            break;
    }
    *oldest = (bucket){.millionths = r->per_second * SECOND, .seen_us = now_us};
    memcpy(oldest->id, id, strlen(id) + 1);
    return oldest;
}

static void fill(bucket *b, int64_t per_second, int64_t now_us)
{
    int64_t full = per_second * SECOND, passed = now_us - b->seen_us;
    if (passed > 0)
        b->seen_us = now_us;
    if (passed >= SECOND)
        b->millionths = full;
    else if (passed > 0)
        b->millionths += passed * per_second;
    if (b->millionths > full)
        b->millionths = full;
}

cs_err cs_rate_take(cs_rate_state *out, cs_rate *r, const char *api_key_id, int64_t now_us)
{
    cs_err err = CS_RATE_LIMITED;
    *out = (cs_rate_state){0};
    (void)pthread_mutex_lock(&r->lock);
    if (r->per_second == 0) {
        (void)pthread_mutex_unlock(&r->lock);
        return CS_OK;
    }
    bucket *b = find_bucket(r, api_key_id, now_us);
    fill(b, r->per_second, now_us);
    if (b->millionths >= SECOND) {
        b->millionths -= SECOND;
        err = CS_OK;
    }
    out->limit = r->per_second;
    out->remaining = b->millionths / SECOND;
    out->reset_seconds = b->millionths < r->per_second * SECOND ? 1 : 0;
    (void)pthread_mutex_unlock(&r->lock);
    return err;
}

static void add_number(cs_http_response *rs, const char *name, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    cs_http_header(rs, name, text);
}

cs_err cs_rate_admit(cs_http_response *rs, cs_rate *r, const char *api_key_id)
{
    cs_rate_state state;
    if (r == NULL)
        return CS_OK;
    cs_err err = cs_rate_take(&state, r, api_key_id, cs_tick_us());
    if (state.limit > 0) {
        add_number(rs, "X-RateLimit-Limit", state.limit);
        add_number(rs, "X-RateLimit-Remaining", state.remaining);
        add_number(rs, "X-RateLimit-Reset", state.reset_seconds);
    }
    if (err != CS_OK)
        rs->retry_after = 1; /* an empty bucket is full again by then */
    return err;
}
