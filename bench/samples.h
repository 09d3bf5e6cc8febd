/* SPDX-License-Identifier: Apache-2.0 */
/* Durations of one operation, and what they come to. */
#ifndef CS_BENCH_SAMPLES_H
#define CS_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

typedef struct cs_samples {
    uint64_t *ns;
    size_t n, cap;
} cs_samples;

/* Monotonic clock, nanoseconds. */
uint64_t cs_samples_now(void);
/* Ends the program when memory does: a benchmark without its samples has no result. */
void cs_samples_add(cs_samples *s, uint64_t ns);
void cs_samples_free(cs_samples *s);

double cs_samples_mean(const cs_samples *s);
/* The sample below which `part` (0..1) of all lie; sorts. 0 without samples. */
double cs_samples_quantile(cs_samples *s, double part);

#endif
