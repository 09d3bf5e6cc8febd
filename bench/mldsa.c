/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/mldsa.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/samples.h"
#include "core/crypto_mldsa.h"
#include "core/limits.h"
#include "core/mldsa/batch.h"

#define ENGINES 5   /* OpenSSL first, then backends */
#define MESSAGE 127 /* bytes: M' of mldsa65+ed25519 */
#define TURN 16     /* operations of one engine before the next has its turn, so that all see the same machine */

#define BATCH 64 /* signatures of one batch … */
#define KEYS 8   /* … by so many keys */

typedef enum what { SIGN, VERIFY, OPEN, WHATS } what;
static const char *const what_names[WHATS] = {"sign", "verify", "open from seed"};
static const char *const what_ways[WHATS] = {
    "cached key, hedged, 127 bytes, processor time; ratio: times as fast as OpenSSL",
    "cached key, 127 bytes, processor time; ratio: times as fast as OpenSSL",
    "32-byte seed, processor time; ratio: times as fast as OpenSSL"};

struct engine {
    const cs_mldsa_backend *backend; /* NULL: OpenSSL */
    cs_key *key;
    cs_buf sig;
    cs_samples samples;
};

/* Processor time of this thread, in nanoseconds: what others do on the same machine is not counted. */
static uint64_t processor_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void choose(const struct engine *e)
{
    cs_engine_choose(e->backend != NULL ? CS_ENGINE_NATIVE : CS_ENGINE_OPENSSL, e->backend, 0);
}

static cs_err once(struct engine *e, cs_prim prim, what w, const uint8_t *seed, cs_slice message)
{
    if (w == VERIFY)
        return cs_key_verify(e->key, message, cs_buf_slice(&e->sig), NULL);
    if (w == SIGN) {
        cs_buf_clear(&e->sig);
        return cs_key_sign(&e->sig, e->key, message, NULL);
    }
    cs_key *key = NULL;
    cs_err err = cs_key_open_private(&key, prim, cs_slice_of(seed, 32));
    cs_key_free(key);
    return err;
}

static cs_err take_turns(struct engine *engines, size_t n, cs_prim prim, what w, double seconds)
{
    uint8_t seed[32] = {1}, message[MESSAGE] = {2};
    cs_err err = CS_OK;
    uint64_t count = 0, until = cs_samples_now() + (uint64_t)(seconds * 1e9 * (double)n);
    while (err == CS_OK && cs_samples_now() < until) {
        for (size_t i = 0; err == CS_OK && i < n; i++) {
            choose(&engines[i]);
            for (int turn = 0; err == CS_OK && turn < TURN; turn++) {
                memcpy(seed, &count, sizeof count);
                uint64_t start = processor_ns();
                err = once(&engines[i], prim, w, seed, CS_ARRAY(message));
                cs_samples_add(&engines[i].samples, processor_ns() - start);
                count++;
            }
        }
    }
    return err;
}

static void report(cs_report *r, struct engine *engines, size_t n, cs_prim prim, what w)
{
    double mean = cs_samples_mean(&engines[0].samples) / 1000;
    double p99 = cs_samples_quantile(&engines[0].samples, 0.99) / 1000;
    for (size_t i = 0; i < n; i++) {
        const char *name = engines[i].backend != NULL ? engines[i].backend->name : "openssl";
        double own = cs_samples_mean(&engines[i].samples) / 1000;
        cs_row *row = cs_report_add(r, own, "µs", what_ways[w], "%s %s, %s", cs_prim_name(prim), what_names[w], name);
        row->bound = mean;
        row->ratio = mean / own;
        if (w != SIGN)
            continue;
        own = cs_samples_quantile(&engines[i].samples, 0.99) / 1000;
        row = cs_report_add(r, own, "µs", what_ways[w], "%s sign p99, %s", cs_prim_name(prim), name);
        row->bound = p99;
        row->ratio = p99 / own;
    }
}

struct waiting {
    cs_mldsa_job jobs[BATCH];
    size_t at;
};

static cs_mldsa_job *next_job(void *context)
{
    struct waiting *w = context;
    return w->at < BATCH ? &w->jobs[w->at++] : NULL;
}

static void done_job(void *context, cs_mldsa_job *job)
{
    (void)context;
    (void)job;
}

/* Everything that cs_key_sign does, for BATCH signatures. */
static cs_err sign_batch(cs_mldsa_batch *room, struct waiting *w, cs_mldsa_key *const *keys)
{
    static uint8_t sigs[BATCH][CS_MLDSA_MAX_SIG];
    uint8_t message[MESSAGE] = {2};
    cs_err err = CS_OK;
    w->at = 0;
    for (size_t i = 0; err == CS_OK && i < BATCH; i++) {
        w->jobs[i] = (cs_mldsa_job){.key = keys[i % KEYS], .sig = sigs[i]};
        cs_mldsa_mu(w->jobs[i].mu, keys[i % KEYS], CS_ABSENT, CS_ARRAY(message));
        err = cs_random(w->jobs[i].rnd, CS_MLDSA_RND);
    }
    if (err == CS_OK)
        cs_mldsa_batch_sign(room, CS_MLDSA_LANES, keys[0]->set, keys[0]->backend,
                            &(cs_mldsa_source){next_job, done_job, w});
    for (size_t i = 0; err == CS_OK && i < BATCH; i++)
        err = w->jobs[i].err;
    return err;
}

/* A row for a backend, beside what OpenSSL took for one signature after the other. */
static cs_err measure_batch(cs_report *r, const cs_mldsa_set *set, const cs_mldsa_backend *backend, double openssl_us,
                            double seconds)
{
    const size_t line = 64, bytes = (cs_mldsa_key_bytes(set, true) + line - 1) / line * line;
    cs_mldsa_batch *room = aligned_alloc(line, (cs_mldsa_batch_bytes() + line - 1) / line * line);
    struct waiting *waiting = calloc(1, sizeof *waiting);
    uint8_t *memory = aligned_alloc(line, KEYS * bytes), seed[32] = {3};
    cs_mldsa_key *keys[KEYS];
    cs_err err = room != NULL && waiting != NULL && memory != NULL ? CS_OK : CS_NO_MEMORY;
    for (size_t i = 0; err == CS_OK && i < KEYS; i++) {
        keys[i] = (cs_mldsa_key *)(void *)(memory + i * bytes);
        seed[1] = (uint8_t)i;
        cs_mldsa_open_private(keys[i], set, backend, seed);
    }
    uint64_t start = processor_ns(), until = start + (uint64_t)(seconds * 1e9), signatures = 0;
    for (; err == CS_OK && processor_ns() < until; signatures += BATCH)
        err = sign_batch(room, waiting, keys);
    if (err == CS_OK && signatures > 0) {
        double own = (double)(processor_ns() - start) / 1000 / (double)signatures;
        cs_row *row =
            cs_report_add(r, own, "µs", "64 at once, eight keys, processor time; ratio: times as fast as OpenSSL",
                          "%s batched, per core, %s", set->name, backend->name);
        row->bound = openssl_us;
        row->ratio = openssl_us / own;
    }
    free(memory);
    free(waiting);
    free(room);
    return err;
}

static cs_err measure_batches(cs_report *r, const cs_mldsa_set *set, double openssl_us, double seconds)
{
    cs_err err = CS_OK;
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; err == CS_OK && *b != NULL; b++)
        if ((*b)->lanes > 1 && (*b)->runs_here())
            err = measure_batch(r, set, *b, openssl_us, seconds);
    return err;
}

static cs_err measure_set(cs_report *r, cs_prim prim, const cs_mldsa_set *set, double seconds)
{
    struct engine engines[ENGINES] = {{.sig = cs_buf_new(CS_MAX_SIGNATURE)}};
    uint8_t seed[32] = {1}, message[MESSAGE] = {2};
    size_t n = 1;
    cs_err err = CS_OK;
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL && n < ENGINES; b++)
        if ((*b)->runs_here())
            engines[n++] = (struct engine){.backend = *b, .sig = cs_buf_new(CS_MAX_SIGNATURE)};
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        choose(&engines[i]);
        err = cs_key_open_private(&engines[i].key, prim, CS_ARRAY(seed));
        if (err == CS_OK)
            err = once(&engines[i], prim, SIGN, seed, CS_ARRAY(message));
    }
    for (what w = SIGN; err == CS_OK && w < WHATS; w++) {
        err = take_turns(engines, n, prim, w, seconds);
        if (err == CS_OK)
            report(r, engines, n, prim, w);
        if (err == CS_OK && w == SIGN)
            err = measure_batches(r, set, cs_samples_mean(&engines[0].samples) / 1000, seconds);
        for (size_t i = 0; i < n; i++)
            engines[i].samples.n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        cs_key_free(engines[i].key);
        cs_buf_free(&engines[i].sig);
        cs_samples_free(&engines[i].samples);
    }
    return err;
}

cs_err cs_mldsa_measure(cs_report *r, double seconds)
{
    static const struct {
        cs_prim prim;
        const cs_mldsa_set *set;
    } sets[] = {{CS_MLDSA44, &cs_mldsa_44}, {CS_MLDSA65, &cs_mldsa_65}, {CS_MLDSA87, &cs_mldsa_87}};
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < sizeof sets / sizeof *sets; i++)
        err = measure_set(r, sets[i].prim, sets[i].set, seconds);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, CS_DEFAULT_JUDGE);
    return err;
}

/* -- for a profiler ------------------------------------------------------------------------------------------------ */

static cs_err loop_once(cs_mldsa_key *key, const cs_mldsa_key *public_key, const char *operation, uint64_t n)
{
    static uint8_t sig[CS_MLDSA_MAX_SIG];
    uint8_t seed[32] = {4}, mu[CS_MLDSA_MU] = {5}, rnd[CS_MLDSA_RND] = {0};
    cs_err err = CS_OK;
    if (strcmp(operation, "open") == 0) {
        memcpy(seed, &n, sizeof n);
        cs_mldsa_open_private(key, key->set, key->backend, seed);
    } else if (strcmp(operation, "sign") == 0) {
        memcpy(mu, &n, sizeof n);
        err = cs_mldsa_sign(sig, key, mu, rnd);
    } else {
        if (n == 0)
            err = cs_mldsa_sign(sig, key, mu, rnd);
        if (err == CS_OK)
            err = cs_mldsa_verify(public_key, mu, cs_slice_of(sig, key->set->sig_bytes));
    }
    return err;
}

cs_err cs_mldsa_loop(const char *backend, unsigned number, const char *operation, uint64_t times)
{
    const cs_mldsa_set *set = number == 44   ? &cs_mldsa_44
                              : number == 65 ? &cs_mldsa_65
                              : number == 87 ? &cs_mldsa_87
                                             : NULL;
    const cs_mldsa_backend *const *b = cs_mldsa_backends;
    while (*b != NULL && (strcmp((*b)->name, backend) != 0 || !(*b)->runs_here()))
        b++;
    if (set == NULL || *b == NULL)
        return CS_NOT_FOUND;
    const size_t line = 64, bytes = (cs_mldsa_key_bytes(set, true) + line - 1) / line * line;
    cs_mldsa_key *key = aligned_alloc(line, bytes), *public_key = aligned_alloc(line, bytes);
    uint8_t seed[32] = {4};
    cs_err err = key != NULL && public_key != NULL ? CS_OK : CS_NO_MEMORY;
    if (err == CS_OK) {
        cs_mldsa_open_private(key, set, *b, seed);
        cs_mldsa_open_public(public_key, set, *b, key->public_key);
    }
    for (uint64_t n = 0; err == CS_OK && n < times; n++)
        err = loop_once(key, public_key, operation, n);
    free(key);
    free(public_key);
    return err;
}
