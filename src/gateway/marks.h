/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the operation counters of the enclaves have come, each in its epoch: the highest one that a verified document
 * has shown. A counter that repeats or runs back within its epoch is noticed whatever thread meets it, and whichever
 * enclave answers. The epochs that were seen last are remembered, and all that the store has recorded are unique there.
 */
#ifndef CS_GATEWAY_MARKS_H
#define CS_GATEWAY_MARKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define CS_MARKS 32 /* more than enclaves at a time, so that those which are being replaced have room */

/* Where an epoch of an enclave stands. */
typedef struct cs_counter_mark {
    char epoch[33]; /* empty: none was seen */
    int64_t counter;
} cs_counter_mark;

typedef struct cs_marks {
    pthread_mutex_t lock;
    uint64_t serial; /* of what was noted last */
    struct {
        cs_counter_mark mark;
        uint64_t since; /* the epoch's first note */
        uint64_t used;  /* and its last one */
    } of[CS_MARKS];
} cs_marks;

/* What had been seen at a moment: when a request went out. */
typedef struct cs_marks_view {
    uint64_t serial;
    int64_t counter[CS_MARKS];
} cs_marks_view;

void cs_marks_init(cs_marks *m);
void cs_marks_free(cs_marks *m);
cs_marks_view cs_marks_look(cs_marks *m);
/* Takes note of the counter of a verified document whose request went out at `before`. CS_COUNTER_NOT_FRESH: an earlier
 * document of this epoch had the same one or a higher one by then. */
CS_MUST_CHECK cs_err cs_marks_note(cs_marks *m, const cs_marks_view *before, const char *epoch, int64_t counter);

#endif
