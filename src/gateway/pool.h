/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded pool of worker threads: straight-line blocking work. Jobs are of accounts, which take turns: one that has
 * many jobs waiting delays its own. Those of one account are done first come first served.
 *
 * The pool sheds rather than piles up: it takes no job while its queue is full, unless of accounts that have more
 * waiting, of which the last one is handed back; nor while a job that would be done before has waited longer than
 * allowed. A job that became too old in the queue is handed back instead of being done.
 *
 * Jobs of one kind can be done together: a worker takes as many of them as wait at that moment. Only a few workers do
 * so at once, so what comes meanwhile gathers; a job that comes while one of them is free never waits for company. One
 * that has waited a fortieth of the allowed time goes alone: whoever is at work may be stuck for longer.
 */
#ifndef CS_GATEWAY_POOL_H
#define CS_GATEWAY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* A job lives inside a larger object of the caller. It belongs to the pool from a successful cs_pool_submit until
 * `run` is called, exactly once, on a worker thread (or in cs_pool_expire); `run` may free it. */
typedef struct cs_job {
    /* shed: it was too old when its turn came, or the pool is closing; it is to be refused, not done. */
    void (*run)(struct cs_job *job, bool shed);
    /* NULL, or instead of `run` for 1 to CS_POOL_TOGETHER jobs that are not shed and whose `together` is the same one
     * for the whole pool. */
    void (*together)(struct cs_job *const *jobs, size_t n);
    int kind;            /* of those that are done together: one does not wait for what another kind waits for */
    uint64_t account;    /* any number; a few may be taken for one another */
    struct cs_job *next; /* the pool's */
    int64_t queued_us;   /* the pool's: cs_tick_us of the submission */
    int64_t turn;        /* the pool's: smaller ones come first */
} cs_job;

typedef struct cs_pool cs_pool;

#define CS_POOL_TOGETHER 16

/* `threads` workers (at least 1), of which at most `teams` (at least 1) do jobs together at the same time; a queue of
 * at most `max_waiting` jobs, none older than `max_age_us`. */
CS_MUST_CHECK cs_err cs_pool_open(cs_pool **out, int threads, int teams, size_t max_waiting, int64_t max_age_us);

/* Queues `job` (its `run` is set); never blocks for long. CS_OVERLOADED: not taken, still the caller's. Another one
 * that gives way to it is shed on the calling thread. */
CS_MUST_CHECK cs_err cs_pool_submit(cs_pool *pool, cs_job *job);

/* Sheds, on the calling thread, the jobs that have waited too long: with every worker stuck nobody else would.
 * Returns the age in microseconds of the oldest job still waiting, -1 if none is. */
int64_t cs_pool_expire(cs_pool *pool);

/* Jobs that wait for a worker. From any thread. */
size_t cs_pool_waiting(cs_pool *pool);

/* Lets the running jobs end, sheds the waiting ones, joins the threads. NULL is allowed. */
void cs_pool_close(cs_pool *pool);

#endif
