/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who of several equals gets the next request: a gateway has several agents, an agent several enclaves.
 *
 *   - The one with the fewest requests under way, in turn where that is equal.
 *   - One that failed is left alone: half a second, then twice as long each time, up to eight seconds. Then it is to be
 *     probed, and it is in service again as soon as it answers. Where all have failed, requests go on to be tried.
 *   - One that leaves gets no new requests; its place is free when the last one is done.
 *
 * Pure: time comes from the caller, who also holds a lock.
 */
#ifndef CS_CORE_BALANCE_H
#define CS_CORE_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_BALANCE_MAX 16
#define CS_BALANCE_NOBODY CS_BALANCE_MAX /* no place at all */
#define CS_BALANCE_REST_US 500000
#define CS_BALANCE_MAX_REST_US 8000000

typedef struct cs_balance_place {
    bool taken, leaving;
    unsigned under_way;
    unsigned failures;      /* one after the other; 0: in service */
    int64_t rests_until_us; /* to be probed then */
    bool probing;
} cs_balance_place;

typedef struct cs_balance {
    cs_balance_place place[CS_BALANCE_MAX];
    size_t last; /* who got the last request */
} cs_balance;

/* A place of its own for one more. CS_BALANCE_NOBODY: there is none. */
size_t cs_balance_add(cs_balance *b);
/* No new requests; it keeps its place while any is under way. */
void cs_balance_remove(cs_balance *b, size_t at);
/* Who gets the next request, of those whose bit is not in `tried`. CS_BALANCE_NOBODY: nobody is left. */
size_t cs_balance_enter(cs_balance *b, uint32_t tried);
/* The same for one that was chosen otherwise. */
void cs_balance_enter_at(cs_balance *b, size_t at);
/* The request is done. True if that took the place out of service. */
bool cs_balance_leave(cs_balance *b, size_t at, bool failed, int64_t now_us);
/* How many are there, those that leave not counted. */
size_t cs_balance_count(const cs_balance *b);
/* The n-th of them, from 0. CS_BALANCE_NOBODY. */
size_t cs_balance_nth(const cs_balance *b, size_t n);
/* All requests that are under way. */
unsigned cs_balance_under_way(const cs_balance *b);

/* One whose rest has ended: it is to be probed, once, and what came of it is told. CS_BALANCE_NOBODY. One alone is
 * never probed: it gets the requests as long as there is nobody else. */
size_t cs_balance_due(cs_balance *b, int64_t now_us);
void cs_balance_probed(cs_balance *b, size_t at, bool answered, int64_t now_us);

#endif
