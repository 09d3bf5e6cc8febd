/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pq_pace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sys/clock.h"

void cs_pq_pace_init(cs_pq_pace *p, int64_t floor_us)
{
    memset(p, 0, sizeof *p);
    p->floor_us = floor_us;
    (void)pthread_mutex_init(&p->lock, NULL);
}

void cs_pq_pace_note(cs_pq_pace *p, cs_pq_kind kind, int64_t us)
{
    (void)pthread_mutex_lock(&p->lock);
    p->seen[kind].us[p->seen[kind].next] = us < CS_PQ_PACE_LONGEST_US ? (int32_t)us : CS_PQ_PACE_LONGEST_US;
    p->seen[kind].next = (p->seen[kind].next + 1) % CS_PQ_PACE_SEEN;
    if (p->seen[kind].count < CS_PQ_PACE_SEEN)
        p->seen[kind].count++;
    (void)pthread_mutex_unlock(&p->lock);
}

static int by_size(const void *a, const void *b)
{
    int32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

int64_t cs_pq_pace_floor(cs_pq_pace *p, cs_pq_kind kind)
{
    int32_t us[CS_PQ_PACE_SEEN];
    if (p->floor_us >= 0)
        return p->floor_us < CS_PQ_PACE_LONGEST_US ? p->floor_us : CS_PQ_PACE_LONGEST_US;
    (void)pthread_mutex_lock(&p->lock);
    size_t n = p->seen[kind].count;
    memcpy(us, p->seen[kind].us, n * sizeof *us);
    (void)pthread_mutex_unlock(&p->lock);
    if (n == 0)
        return CS_PQ_PACE_FIRST_US;
    qsort(us, n, sizeof *us, by_size);
    return us[(n * 95 + 99) / 100 - 1];
}

void cs_pq_pace_wait(cs_pq_pace *p, cs_pq_kind kind, int64_t arrived_us)
{
    int64_t end = arrived_us + cs_pq_pace_floor(p, kind);
    for (int64_t left; (left = end - cs_tick_us()) > 0;) {
        const struct timespec pause = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
        if (nanosleep(&pause, NULL) != 0 && errno != EINTR)
            return;
    }
}
