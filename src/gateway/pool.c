/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "sys/clock.h"
#include "sys/thread.h"

struct cs_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    cs_job *oldest, **end; /* the queue; end points at the link that the next job fills */
    size_t waiting, max_waiting;
    int64_t max_age_us;
    bool closing;
    int threads;
    pthread_t thread[];
};

/* Under the lock. */
static int64_t age_us(const cs_pool *pool)
{
    return pool->oldest != NULL ? cs_tick_us() - pool->oldest->queued_us : 0;
}

static cs_job *take(cs_pool *pool)
{
    cs_job *job = pool->oldest;
    pool->oldest = job->next;
    if (pool->oldest == NULL)
        pool->end = &pool->oldest;
    pool->waiting--;
    return job;
}

static void work(void *arg)
{
    cs_pool *pool = arg;
    (void)pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->oldest == NULL && !pool->closing)
            (void)pthread_cond_wait(&pool->work, &pool->lock);
        if (pool->oldest == NULL)
            break;
        bool shed = pool->closing || age_us(pool) > pool->max_age_us;
        cs_job *job = take(pool);
        (void)pthread_mutex_unlock(&pool->lock);
        job->run(job, shed);
        (void)pthread_mutex_lock(&pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

cs_err cs_pool_open(cs_pool **out, int threads, size_t max_waiting, int64_t max_age_us)
{
    *out = NULL;
    if (threads < 1)
        return CS_CONFIG;
    cs_pool *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof pool->thread[0]);
    if (pool == NULL)
        return CS_NO_MEMORY;
    pool->max_waiting = max_waiting;
    pool->max_age_us = max_age_us;
    pool->end = &pool->oldest;
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
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
        job->next = NULL;
        job->queued_us = cs_tick_us();
        *pool->end = job;
        pool->end = &job->next;
        pool->waiting++;
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
    while (pool->oldest != NULL && age_us(pool) > pool->max_age_us) {
        *end = take(pool);
        end = &(*end)->next;
    }
    *end = NULL;
    int64_t age = pool->oldest != NULL ? age_us(pool) : -1;
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
