/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sys/clock.h"
#include "sys/thread.h"

/* First come, first served; `end` points at the link that the next job fills. */
struct queue {
    cs_job *oldest, **end;
};

struct cs_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue alone, together;
    size_t waiting, max_waiting;
    int64_t max_age_us;
    bool closing;
    int teams, max_teams; /* at work; at most, while jobs are young */
    bool watched;         /* a worker waits for the oldest job to become old enough for another team */
    int threads;
    pthread_t thread[];
};

/* The functions below run under the lock. */

static struct queue *older_of(cs_pool *pool, bool alone, bool together)
{
    const cs_job *a = alone ? pool->alone.oldest : NULL, *t = together ? pool->together.oldest : NULL;
    if (a == NULL && t == NULL)
        return NULL;
    return t == NULL || (a != NULL && a->queued_us <= t->queued_us) ? &pool->alone : &pool->together;
}

/* Of the oldest job. */
static int64_t age_us(cs_pool *pool)
{
    const struct queue *q = older_of(pool, true, true);
    return q != NULL ? cs_tick_us() - q->oldest->queued_us : 0;
}

static bool is_stale(const cs_pool *pool, const cs_job *job)
{
    return pool->closing || cs_tick_us() - job->queued_us > pool->max_age_us;
}

static cs_job *take(cs_pool *pool, struct queue *q)
{
    cs_job *job = q->oldest;
    q->oldest = job->next;
    if (q->oldest == NULL)
        q->end = &q->oldest;
    pool->waiting--;
    return job;
}

/* When the oldest of these jobs waits for no team any more. */
static int64_t impatient_us(const cs_pool *pool)
{
    return pool->together.oldest->queued_us + pool->max_age_us / 40;
}

static bool may_team(const cs_pool *pool)
{
    return pool->closing || pool->teams < pool->max_teams ||
           (pool->together.oldest != NULL && cs_tick_us() > impatient_us(pool));
}

/* The oldest and those of its kind; the others keep their order. */
static size_t take_together(cs_job *jobs[CS_POOL_TOGETHER], cs_pool *pool)
{
    struct queue *q = &pool->together;
    const int kind = q->oldest->kind;
    size_t n = 0;
    q->end = &q->oldest;
    for (cs_job *job = q->oldest; job != NULL; job = job->next) {
        if (n < CS_POOL_TOGETHER && job->kind == kind && !is_stale(pool, job)) {
            jobs[n++] = job;
        } else {
            *q->end = job;
            q->end = &job->next;
        }
    }
    *q->end = NULL;
    pool->waiting -= n;
    return n;
}

/* The oldest job, without the lock; or those that can be done together, of which it is one. Where all teams are at work
 * it became impatient, and goes alone: each worker that gets stuck then holds one. */
static void serve(cs_pool *pool, struct queue *q)
{
    cs_job *jobs[CS_POOL_TOGETHER];
    bool stale = is_stale(pool, q->oldest);
    bool team = q == &pool->together && !stale && pool->teams < pool->max_teams;
    size_t n = team ? take_together(jobs, pool) : 0;
    cs_job *job = n == 0 ? take(pool, q) : NULL;
    pool->teams += n > 0;
    if (pool->together.oldest != NULL && (pool->teams < pool->max_teams || !pool->watched))
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
    if (pool->together.oldest == NULL || pool->watched) {
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
        struct queue *q = older_of(pool, true, may_team(pool));
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
    pool->alone.end = &pool->alone.oldest;
    pool->together.end = &pool->together.oldest;
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

cs_err cs_pool_submit(cs_pool *pool, cs_job *job)
{
    cs_err err = CS_OVERLOADED;
    (void)pthread_mutex_lock(&pool->lock);
    if (!pool->closing && pool->waiting < pool->max_waiting && age_us(pool) <= pool->max_age_us) {
        struct queue *q = job->together != NULL ? &pool->together : &pool->alone;
        job->next = NULL;
        job->queued_us = cs_tick_us();
        *q->end = job;
        q->end = &job->next;
        pool->waiting++;
        if (q == &pool->alone || pool->teams < pool->max_teams || !pool->watched) /* else a team looks again */
            (void)pthread_cond_signal(&pool->work);
        err = CS_OK;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return err;
}

int64_t cs_pool_expire(cs_pool *pool)
{
    cs_job *expired = NULL, **end = &expired;
    (void)pthread_mutex_lock(&pool->lock);
    while (age_us(pool) > pool->max_age_us) {
        *end = take(pool, older_of(pool, true, true));
        end = &(*end)->next;
    }
    *end = NULL;
    int64_t age = pool->waiting > 0 ? age_us(pool) : -1;
    (void)pthread_mutex_unlock(&pool->lock);
    while (expired != NULL) {
        cs_job *job = expired;
        expired = job->next;
        job->run(job, true);
    }
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
