/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t cs_samples_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void cs_samples_add(cs_samples *s, uint64_t ns)
{
    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 4096 : s->cap * 2;
        uint64_t *grown = realloc(s->ns, cap * sizeof *grown);
        if (grown == NULL) {
            (void)fprintf(stderr, "countersign-bench: out of memory\n");
            exit(1);
        }
        s->ns = grown;
        s->cap = cap;
    }
    s->ns[s->n++] = ns;
}

void cs_samples_free(cs_samples *s)
{
    free(s->ns);
    *s = (cs_samples){0};
}

double cs_samples_mean(const cs_samples *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += (double)s->ns[i];
    return s->n == 0 ? 0 : sum / (double)s->n;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

double cs_samples_quantile(cs_samples *s, double part)
{
    if (s->n == 0)
        return 0;
    qsort(s->ns, s->n, sizeof *s->ns, compare);
    size_t at = (size_t)(part * (double)s->n);
    return (double)s->ns[at < s->n ? at : s->n - 1];
}
