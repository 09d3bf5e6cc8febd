/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/mldsa.h"

#include <string.h>

#include "bench/samples.h"
#include "core/crypto_mldsa.h"
#include "core/limits.h"

#define ENGINES 5   /* OpenSSL first, then backends */
#define MESSAGE 127 /* bytes: M' of mldsa65+ed25519 */
#define TURN 16     /* operations of one engine before the next has its turn, so that all see the same machine */

typedef enum what { SIGN, VERIFY, OPEN, WHATS } what;
static const char *const what_names[WHATS] = {"sign", "verify", "open from seed"};
static const char *const what_ways[WHATS] = {"cached key, hedged, 127 bytes; ratio: times as fast as OpenSSL",
                                             "cached key, 127 bytes; ratio: times as fast as OpenSSL",
                                             "32-byte seed; ratio: times as fast as OpenSSL"};

struct engine {
    const cs_mldsa_backend *backend; /* NULL: OpenSSL */
    cs_key *key;
    cs_buf sig;
    cs_samples samples;
};

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
                uint64_t start = cs_samples_now();
                err = once(&engines[i], prim, w, seed, CS_ARRAY(message));
                cs_samples_add(&engines[i].samples, cs_samples_now() - start);
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

static cs_err measure_set(cs_report *r, cs_prim prim, double seconds)
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
    static const cs_prim prims[] = {CS_MLDSA44, CS_MLDSA65, CS_MLDSA87};
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < sizeof prims / sizeof *prims; i++)
        err = measure_set(r, prims[i], seconds);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, CS_DEFAULT_JUDGE);
    return err;
}
