/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sys/clock.h"
#include "sys/thread.h"

#define ACCOUNTS 1024 /* that are told apart */

/* In the order of their turns, and of one turn first come, first served; `end` points at the last link. */
struct queue {
    cs_job *first, *last, **end;
};

struct cs_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue alone, together;
    int64_t turn;           /* of the job that was taken last */
    int64_t next[ACCOUNTS]; /* turn of an account's next job, if it is behind that */
    size_t waiting, max_waiting;
    int64_t max_age_us;
    bool closing;
    int teams, max_teams; /* at work; at most, while jobs are young */
    bool watched;         /* a worker waits for the oldest job to become old enough for another team */
    int threads;
    pthread_t thread[];
};

/* The functions below run under the lock. */

static bool comes_first(const cs_job *a, const cs_job *b)
{
    return a->turn != b->turn ? a->turn < b->turn : a->queued_us <= b->queued_us;
}

static struct queue *first_of(cs_pool *pool, bool alone, bool together)
{
    const cs_job *a = alone ? pool->alone.first : NULL, *t = together ? pool->together.first : NULL;
    if (a == NULL && t == NULL)
        return NULL;
    return t == NULL || (a != NULL && comes_first(a, t)) ? &pool->alone : &pool->together;
}

static int64_t age_of(const cs_job *job)
{
    return cs_tick_us() - job->queued_us;
}

static bool is_stale(const cs_pool *pool, const cs_job *job)
{
    return pool->closing || age_of(job) > pool->max_age_us;
}

static void append(struct queue *q, cs_job *job)
{
    job->next = NULL;
    *q->end = job;
    q->end = &job->next;
    q->last = job;
}

/* Mostly at the end; in front of an account's backlog the way is short. */
static void insert(struct queue *q, cs_job *job)
{
    cs_job **at = &q->first;
    if (q->first == NULL || comes_first(q->last, job)) {
        append(q, job);
        return;
    }
    while (comes_first(*at, job))
        at = &(*at)->next;
    job->next = *at;
    *at = job;
}

static void empty(struct queue *q)
{
    *q = (struct queue){.end = &q->first};
}

/* Moves the jobs that are wanted out of the queue, as many as `max`; both keep their order. */
static size_t pick(cs_job **out, struct queue *q, bool (*wanted)(const void *context, const cs_job *job),
                   const void *context, size_t max)
{
    cs_job *job = q->first, *next;
    size_t n = 0;
    empty(q);
    for (; job != NULL; job = next) {
        next = job->next;
        if (n < max && wanted(context, job))
            out[n++] = job;
        else
            append(q, job);
    }
    return n;
}

static cs_job *take(cs_pool *pool, struct queue *q)
{
    cs_job *job = q->first;
    q->first = job->next;
    if (q->first == NULL)
        empty(q);
    pool->waiting--;
    if (job->turn > pool->turn)
        pool->turn = job->turn;
    return job;
}

/* When the first of these jobs waits for no team any more. */
static int64_t impatient_us(const cs_pool *pool)
{
    return pool->together.first->queued_us + pool->max_age_us / 40;
}

static bool may_team(const cs_pool *pool)
{
    return pool->closing || pool->teams < pool->max_teams ||
           (pool->together.first != NULL && cs_tick_us() > impatient_us(pool));
}

struct team {
    const cs_pool *pool;
    int kind;
};

static bool belongs(const void *context, const cs_job *job)
{
    const struct team *t = context;
    return job->kind == t->kind && !is_stale(t->pool, job);
}

/* The first and those of its kind; the others keep their order. */
static size_t take_together(cs_job *jobs[CS_POOL_TOGETHER], cs_pool *pool)
{
    struct queue *q = &pool->together;
    size_t n = pick(jobs, q, belongs, &(struct team){pool, q->first->kind}, CS_POOL_TOGETHER);
    pool->waiting -= n;
    if (n > 0 && jobs[n - 1]->turn > pool->turn)
        pool->turn = jobs[n - 1]->turn;
    return n;
}

/* The first job, without the lock; or those that can be done together, of which it is one. Where all teams are at work
 * it became impatient, and goes alone: each worker that gets stuck then holds one. */
static void serve(cs_pool *pool, struct queue *q)
{
    cs_job *jobs[CS_POOL_TOGETHER];
    bool stale = is_stale(pool, q->first);
    bool team = q == &pool->together && !stale && pool->teams < pool->max_teams;
    size_t n = team ? take_together(jobs, pool) : 0;
    cs_job *job = n == 0 ? take(pool, q) : NULL;
    pool->teams += n > 0;
    if (pool->together.first != NULL && (pool->teams < pool->max_teams || !pool->watched))
        (void)pthread_cond_signal(&pool->work); /* nobody was told when they came while all teams were at work */
    (void)pthread_mutex_unlock(&pool->lock);
    if (n > 0)
        jobs[0]->together(jobs, n);
    else
        job->run(job, stale);
    (void)pthread_mutex_lock(&pool->lock);
    pool->teams -= n > 0;
}

static void wait_for_work(cs_pool *pool)
{
    if (pool->together.first == NULL || pool->watched) {
        (void)pthread_cond_wait(&pool->work, &pool->lock);
        return;
    }
    int64_t until = impatient_us(pool) + 1;
    struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    pool->watched = true;
    (void)pthread_cond_timedwait(&pool->work, &pool->lock, &t);
    pool->watched = false;
}

static void work(void *arg)
{
    cs_pool *pool = arg;
    (void)pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct queue *q = first_of(pool, true, may_team(pool));
        if (q != NULL)
            serve(pool, q);
        else if (pool->closing)
            break;
        else
            wait_for_work(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

cs_err cs_pool_open(cs_pool **out, int threads, int teams, size_t max_waiting, int64_t max_age_us)
{
    pthread_condattr_t monotonic;
    *out = NULL;
    if (threads < 1 || teams < 1)
        return CS_CONFIG;
    cs_pool *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof pool->thread[0]);
    if (pool == NULL)
        return CS_NO_MEMORY;
    pool->max_waiting = max_waiting;
    pool->max_age_us = max_age_us;
    pool->max_teams = teams;
    empty(&pool->alone);
    empty(&pool->together);
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->work, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    for (; pool->threads < threads; pool->threads++) {
        cs_err err = cs_thread_start_joinable(&pool->thread[pool->threads], work, pool);
        if (err != CS_OK) {
            cs_pool_close(pool);
            return err;
        }
    }
    *out = pool;
    return CS_OK;
}

static int64_t *next_of(cs_pool *pool, const cs_job *job)
{
    return &pool->next[job->account % ACCOUNTS];
}

/* Whoever waits knows whose turn comes; what was not done counts for nobody. */
static void count_turns(cs_pool *pool)
{
    memset(pool->next, 0, sizeof pool->next);
    for (const cs_job *job = pool->alone.first; job != NULL; job = job->next)
        if (job->turn >= *next_of(pool, job))
            *next_of(pool, job) = job->turn + 1;
    for (const cs_job *job = pool->together.first; job != NULL; job = job->next)
        if (job->turn >= *next_of(pool, job))
            *next_of(pool, job) = job->turn + 1;
}

static bool is_job(const void *context, const cs_job *job)
{
    return context == job;
}

/* Takes the last one of all out, if it comes behind `job`. */
static cs_job *make_room(cs_pool *pool, const cs_job *job)
{
    struct queue *q = pool->alone.first == NULL ? &pool->together : &pool->alone;
    if (pool->alone.first != NULL && pool->together.first != NULL && comes_first(pool->alone.last, pool->together.last))
        q = &pool->together;
    if (q->first == NULL || q->last->turn <= job->turn)
        return NULL;
    cs_job *last = NULL;
    pool->waiting -= pick(&last, q, is_job, q->last, 1);
    if (*next_of(pool, last) == last->turn + 1)
        *next_of(pool, last) = last->turn;
    return last;
}

/* Whether a job that comes before this one is too old: the workers do not even get there. */
static bool is_hopeless(cs_pool *pool, const cs_job *job)
{
    const struct queue *q = first_of(pool, true, true);
    return q != NULL && q->first->turn <= job->turn && age_of(q->first) > pool->max_age_us;
}

cs_err cs_pool_submit(cs_pool *pool, cs_job *job)
{
    cs_err err = CS_OVERLOADED;
    cs_job *shed = NULL;
    (void)pthread_mutex_lock(&pool->lock);
    int64_t *next = next_of(pool, job);
    job->turn = *next > pool->turn ? *next : pool->turn;
    job->queued_us = cs_tick_us();
    bool open = !pool->closing && !is_hopeless(pool, job);
    if (open && pool->waiting >= pool->max_waiting)
        shed = make_room(pool, job);
    if (open && pool->waiting < pool->max_waiting) {
        struct queue *q = job->together != NULL ? &pool->together : &pool->alone;
        insert(q, job);
        *next = job->turn + 1;
        pool->waiting++;
        if (q == &pool->alone || pool->teams < pool->max_teams || !pool->watched) /* else a team looks again */
            (void)pthread_cond_signal(&pool->work);
        err = CS_OK;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (shed != NULL)
        shed->run(shed, true);
    return err;
}

static bool is_old(const void *context, const cs_job *job)
{
    const cs_pool *pool = context;
    return age_of(job) > pool->max_age_us;
}

static int64_t oldest_us(const struct queue *q, int64_t age_us)
{
    for (const cs_job *job = q->first; job != NULL; job = job->next)
        age_us = age_of(job) > age_us ? age_of(job) : age_us;
    return age_us;
}

int64_t cs_pool_expire(cs_pool *pool)
{
    cs_job *old[64];
    size_t n;
    int64_t age;
    do {
        (void)pthread_mutex_lock(&pool->lock);
        n = pick(old, &pool->alone, is_old, pool, sizeof old / sizeof *old);
        n += pick(old + n, &pool->together, is_old, pool, sizeof old / sizeof *old - n);
        pool->waiting -= n;
        if (n > 0)
            count_turns(pool);
        age = oldest_us(&pool->together, oldest_us(&pool->alone, -1));
        (void)pthread_mutex_unlock(&pool->lock);
        for (size_t i = 0; i < n; i++)
            old[i]->run(old[i], true);
    } while (n == sizeof old / sizeof *old);
    return age;
}

size_t cs_pool_waiting(cs_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    size_t n = pool->waiting;
    (void)pthread_mutex_unlock(&pool->lock);
    return n;
}

void cs_pool_close(cs_pool *pool)
{
    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->threads; i++)
        (void)pthread_join(pool->thread[i], NULL);
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}
