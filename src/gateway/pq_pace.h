/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a failure of the PQ Signer door takes: not less than a floor, so that it does not tell how far a request
 * came. The floor is what the operator says or else what 95 of 100 successes of the same kind took lately.
 *
 * A failure that takes longer by itself (a service that does not answer) is not held back any more.
 */
#ifndef CS_GATEWAY_PQ_PACE_H
#define CS_GATEWAY_PQ_PACE_H

#include <pthread.h>

#include "gateway/pq_request.h"

#define CS_PQ_PACE_SEEN 128           /* successes of each kind that are remembered */
#define CS_PQ_PACE_FIRST_US 50000     /* the floor before there was a success */
#define CS_PQ_PACE_LONGEST_US 2000000 /* a floor is never longer: waiting costs a worker */

typedef struct cs_pq_pace {
    int64_t floor_us; /* of the operator; negative: none is given */
    pthread_mutex_t lock;
    struct {
        int32_t us[CS_PQ_PACE_SEEN];
        size_t count, next;
    } seen[CS_PQ_KINDS];
} cs_pq_pace;

void cs_pq_pace_init(cs_pq_pace *p, int64_t floor_us);
/* A request was answered well, so long after it had arrived. */
void cs_pq_pace_note(cs_pq_pace *p, cs_pq_kind kind, int64_t us);
/* The floor of this moment. */
int64_t cs_pq_pace_floor(cs_pq_pace *p, cs_pq_kind kind);
/* Waits until the floor has passed since `arrived_us` (cs_tick_us clock). */
void cs_pq_pace_wait(cs_pq_pace *p, cs_pq_kind kind, int64_t arrived_us);

#endif
