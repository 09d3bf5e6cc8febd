/* SPDX-License-Identifier: Apache-2.0 */
/* What a signature costs in a batch, and whether the service keeps its size however many it has made. */
#ifndef CS_BENCH_BATCH_H
#define CS_BENCH_BATCH_H

#include "bench/report.h"
#include "bench/service.h"

/* One client that sends batches of 100 for `seconds`; `path_ns` is the sum of the primitives of one signature, `engine`
 * what computes ML-DSA in both ("native"). */
CS_MUST_CHECK cs_err cs_batch_bench(cs_report *r, const cs_service *s, double seconds, double path_ns,
                                    const char *engine);

/* Makes `requests` single signatures and compares the memory of `pids` after a fifth of them with that at the end. */
typedef struct cs_endurance {
    const char *const *names;
    const int *pids;
    size_t n; /* at most 4 */
    size_t requests;
} cs_endurance;
CS_MUST_CHECK cs_err cs_endurance_bench(cs_report *r, const cs_service *s, const cs_endurance *e);

#endif
