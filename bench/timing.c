/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/timing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/samples.h"
#include "core/crypto.h"
#include "core/mldsa/batch.h"

#define KEYS 32
#define MOST 4    /* attempts that are told apart */
#define KEPT 0.95 /* of the times: the longest are interrupts */
#define ENOUGH 1.05

struct timing {
    const cs_mldsa_set *set;
    const cs_mldsa_backend *backend;
    size_t bytes;      /* of a key */
    uint8_t *keys;     /* KEYS of them, the first is the fixed one */
    cs_mldsa_key *key; /* the one in use */
    cs_mldsa_batch *room;
    cs_samples fixed[MOST + 1], drawn[MOST + 1]; /* by attempts */
};

struct once {
    cs_mldsa_job job;
    bool taken;
};

static cs_mldsa_job *take(void *context)
{
    struct once *o = context;
    cs_mldsa_job *job = o->taken ? NULL : &o->job;
    o->taken = true;
    return job;
}

static void done(void *context, cs_mldsa_job *job)
{
    (void)context;
    (void)job;
}

static cs_err sign_once(struct timing *t)
{
    static uint8_t sig[CS_MLDSA_MAX_SIG];
    struct once o = {.job = {.key = t->key, .sig = sig}};
    uint8_t draw[2];
    cs_err err = cs_random(draw, sizeof draw);
    if (err == CS_OK)
        err = cs_random(o.job.mu, sizeof o.job.mu);
    if (err == CS_OK)
        err = cs_random(o.job.rnd, sizeof o.job.rnd);
    if (err != CS_OK)
        return err;
    bool fixed = draw[0] % 2 == 0;
    memcpy(t->key, t->keys + (fixed ? 0 : 1 + draw[1] % (KEYS - 1)) * t->bytes, t->bytes);
    uint64_t start = cs_samples_now();
    cs_mldsa_batch_sign(t->room, CS_MLDSA_SINGLE, t->set, t->backend, &(cs_mldsa_source){take, done, &o});
    uint64_t time = cs_samples_now() - start;
    if (o.job.err == CS_OK && o.job.attempts <= MOST)
        cs_samples_add(fixed ? &t->fixed[o.job.attempts] : &t->drawn[o.job.attempts], time);
    return o.job.err;
}

/* Mean and the square of its error of what is not longer than `limit`. */
static void measure_mean(double *mean, double *error, const cs_samples *s, double limit)
{
    double n = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < s->n; i++) {
        double v = (double)s->ns[i];
        if (v > limit)
            continue;
        n++;
        sum += v;
        squares += v * v;
    }
    *mean = n > 0 ? sum / n : 0;
    *error = n > 1 ? (squares / n - *mean * *mean) / (n - 1) : 0;
}

static void report(cs_report *r, struct timing *t, unsigned attempts)
{
    cs_samples *a = &t->fixed[attempts], *b = &t->drawn[attempts];
    double mean[2], error[2];
    if (a->n < 100 || b->n < 100)
        return;
    double limit = cs_samples_quantile(a, KEPT), other = cs_samples_quantile(b, KEPT);
    limit = limit < other ? limit : other; /* one limit for both */
    measure_mean(&mean[0], &error[0], a, limit * ENOUGH);
    measure_mean(&mean[1], &error[1], b, limit * ENOUGH);
    double welch = error[0] + error[1] > 0 ? (mean[0] - mean[1]) / sqrt(error[0] + error[1]) : 0;
    (void)cs_report_add(r, welch, "t", "one key against others, Welch; beyond 4.5 a reason to look",
                        "%s sign, %s, %u attempts, %zu + %zu times", t->set->name, t->backend->name, attempts, a->n,
                        b->n);
}

static cs_err measure(cs_report *r, struct timing *t, double seconds)
{
    uint64_t until = cs_samples_now() + (uint64_t)(seconds * 1e9);
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < KEYS; i++) {
        uint8_t seed[CS_MLDSA_SEED];
        err = cs_random(seed, sizeof seed);
        if (err == CS_OK)
            cs_mldsa_open_private((cs_mldsa_key *)(void *)(t->keys + i * t->bytes), t->set, t->backend, seed);
    }
    while (err == CS_OK && cs_samples_now() < until)
        err = sign_once(t);
    for (unsigned n = 1; err == CS_OK && n <= MOST; n++)
        report(r, t, n);
    return err;
}

static cs_err measure_one(cs_report *r, const cs_mldsa_set *set, const cs_mldsa_backend *backend, double seconds)
{
    const size_t line = 64;
    struct timing t = {.set = set, .backend = backend};
    t.bytes = (cs_mldsa_key_bytes(set, true) + line - 1) / line * line;
    t.keys = aligned_alloc(line, KEYS * t.bytes);
    t.key = aligned_alloc(line, t.bytes);
    t.room = aligned_alloc(line, (cs_mldsa_batch_bytes() + line - 1) / line * line);
    cs_err err = t.keys != NULL && t.key != NULL && t.room != NULL ? measure(r, &t, seconds) : CS_NO_MEMORY;
    for (size_t i = 0; i <= MOST; i++) {
        cs_samples_free(&t.fixed[i]);
        cs_samples_free(&t.drawn[i]);
    }
    free(t.keys);
    free(t.key);
    free(t.room);
    return err;
}

cs_err cs_timing_measure(cs_report *r, double seconds)
{
    static const cs_mldsa_set *const sets[] = {&cs_mldsa_44, &cs_mldsa_65, &cs_mldsa_87};
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < sizeof sets / sizeof *sets; i++)
        for (const cs_mldsa_backend *const *b = cs_mldsa_backends; err == CS_OK && *b != NULL; b++)
            if ((*b)->runs_here())
                err = measure_one(r, sets[i], *b, seconds);
    return err;
}
