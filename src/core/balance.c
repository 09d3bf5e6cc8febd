/* SPDX-License-Identifier: Apache-2.0 */
#include "core/balance.h"

#define MAX_DOUBLINGS 4 /* half a second becomes eight */

_Static_assert(CS_BALANCE_REST_US << MAX_DOUBLINGS == CS_BALANCE_MAX_REST_US, "the longest rest");

static bool is_member(const cs_balance_place *p)
{
    return p->taken && !p->leaving;
}

size_t cs_balance_add(cs_balance *b)
{
    for (size_t i = 0; i < CS_BALANCE_MAX; i++) {
        if (!b->place[i].taken) {
            b->place[i] = (cs_balance_place){.taken = true};
            return i;
        }
    }
    return CS_BALANCE_NOBODY;
}

static void free_if_done(cs_balance_place *p)
{
    if (p->leaving && p->under_way == 0 && !p->probing)
        *p = (cs_balance_place){0};
}

void cs_balance_remove(cs_balance *b, size_t at)
{
    b->place[at].leaving = true;
    free_if_done(&b->place[at]);
}

static bool is_better(const cs_balance_place *a, const cs_balance_place *than)
{
    bool rests = a->failures > 0, other_rests = than->failures > 0;
    if (rests != other_rests)
        return !rests;
    if (rests && a->rests_until_us != than->rests_until_us)
        return a->rests_until_us < than->rests_until_us;
    return a->under_way < than->under_way;
}

size_t cs_balance_enter(cs_balance *b, uint32_t tried)
{
    size_t best = CS_BALANCE_NOBODY;
    for (size_t n = 1; n <= CS_BALANCE_MAX; n++) {
        size_t i = (b->last + n) % CS_BALANCE_MAX;
        const cs_balance_place *p = &b->place[i];
        if (is_member(p) && (tried >> i & 1) == 0 && (best == CS_BALANCE_NOBODY || is_better(p, &b->place[best])))
            best = i;
    }
    if (best != CS_BALANCE_NOBODY) {
        cs_balance_enter_at(b, best);
        b->last = best;
    }
    return best;
}

void cs_balance_enter_at(cs_balance *b, size_t at)
{
    b->place[at].under_way++;
}

/* Requests that were under way when it failed tell nothing new. */
static void fail(cs_balance_place *p, int64_t now_us)
{
    unsigned doubled = p->failures < MAX_DOUBLINGS ? p->failures : MAX_DOUBLINGS;
    p->failures++;
    p->rests_until_us = now_us + ((int64_t)CS_BALANCE_REST_US << doubled);
}

bool cs_balance_leave(cs_balance *b, size_t at, bool failed, int64_t now_us)
{
    cs_balance_place *p = &b->place[at];
    bool news = failed && p->failures == 0;
    p->under_way--;
    if (news)
        fail(p, now_us);
    else if (!failed)
        p->failures = 0;
    free_if_done(p);
    return news;
}

size_t cs_balance_count(const cs_balance *b)
{
    size_t n = 0;
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        n += is_member(&b->place[i]);
    return n;
}

size_t cs_balance_nth(const cs_balance *b, size_t n)
{
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        if (is_member(&b->place[i]) && n-- == 0)
            return i;
    return CS_BALANCE_NOBODY;
}

unsigned cs_balance_under_way(const cs_balance *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        n += b->place[i].under_way;
    return n;
}

size_t cs_balance_due(cs_balance *b, int64_t now_us)
{
    for (size_t i = 0; i < CS_BALANCE_MAX && cs_balance_count(b) > 1; i++) {
        cs_balance_place *p = &b->place[i];
        if (is_member(p) && p->failures > 0 && !p->probing && now_us >= p->rests_until_us) {
            p->probing = true;
            return i;
        }
    }
    return CS_BALANCE_NOBODY;
}

void cs_balance_probed(cs_balance *b, size_t at, bool answered, int64_t now_us)
{
    cs_balance_place *p = &b->place[at];
    p->probing = false;
    if (answered)
        p->failures = 0;
    else
        fail(p, now_us);
    free_if_done(p);
}
