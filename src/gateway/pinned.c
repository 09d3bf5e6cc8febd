/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pinned.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/policy.h"
#include "sys/clock.h"
#include "sys/log.h"

#define MAX_AGE_US (3600 * INT64_C(1000000))
#define REST 9 /* between two readings, as many times as long as the first took: anybody may ask */

struct cs_pinned {
    cs_store *store;
    pthread_mutex_t lock; /* of what follows; never held while the store is read */
    bool reading, changed;
    int64_t read_us, rested_us; /* when it was read last, and when it may be read again */
    cs_pinned_ends ends;
};

cs_err cs_pinned_open(cs_pinned **out, cs_store *store)
{
    cs_pinned *p = calloc(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return CS_NO_MEMORY;
    p->store = store;
    p->changed = true;
    (void)pthread_mutex_init(&p->lock, NULL);
    return CS_OK;
}

void cs_pinned_close(cs_pinned *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

void cs_pinned_changed(cs_pinned *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->changed = true;
    (void)pthread_mutex_unlock(&p->lock);
}

struct reading {
    int64_t now;
    cs_pinned_ends ends;
    char first_id[CS_MAX_ID + 1];
};

static void look_at(void *context, const cs_policy_row *row)
{
    struct reading *r = context;
    cs_policy policy;
    if (cs_policy_parse(&policy, NULL, cs_buf_slice(&row->canonical), true) != CS_OK)
        return; /* whoever signs under it is told why */
    int64_t until = cs_policy_until(&policy, r->now);
    cs_policy_free(&policy);
    if (until > r->now + CS_PINNED_WARN_SECONDS)
        return;
    if (r->ends.policies++ == 0 || until < r->ends.first) {
        r->ends.first = until;
        memcpy(r->first_id, row->id, sizeof r->first_id);
    }
}

static void tell_log(const struct reading *r)
{
    char time[32];
    cs_buf at = CS_BUF_OVER(time);
    cs_time_write(&at, r->ends.first * 1000);
    cs_log(CS_LOG_WARN, NULL,
           "attestation policies that pin keys or collateral which end soon: %zu, the first is %s at %s",
           r->ends.policies, r->first_id, cs_buf_cstr(&at));
}

void cs_pinned_ask(cs_pinned_ends *out, cs_pinned *p)
{
    int64_t start = cs_tick_us();
    struct reading r = {.now = cs_now_ms() / 1000};
    (void)pthread_mutex_lock(&p->lock);
    *out = p->ends;
    bool mine = !p->reading && (p->changed ? start >= p->rested_us : start - p->read_us >= MAX_AGE_US);
    if (mine) {
        p->reading = true;
        p->changed = false;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (!mine)
        return;

    cs_err err = cs_store_pinning_policies(p->store, look_at, &r);
    (void)pthread_mutex_lock(&p->lock);
    bool news = err == CS_OK && (r.ends.policies != p->ends.policies || r.ends.first != p->ends.first);
    if (err == CS_OK)
        p->ends = r.ends;
    else
        p->changed = true;
    *out = p->ends;
    p->reading = false;
    p->read_us = cs_tick_us();
    p->rested_us = p->read_us + REST * (p->read_us - start);
    (void)pthread_mutex_unlock(&p->lock);
    if (news && r.ends.policies > 0)
        tell_log(&r);
}
