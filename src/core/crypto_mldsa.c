/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_mldsa.h"

#include <stdlib.h>
#include <string.h>

#include "core/mldsa/batch.h"

#define LINE 64 /* what vector loads want; aligned_alloc takes whole lines only */

/* The choice, and what came of it. Written at start and, for `used`, by a disagreement; read by every thread. */
static struct {
    cs_engine chosen, used;
    const cs_mldsa_backend *backend; /* NULL: the fastest */
    unsigned judge;
    uint64_t made, judged, disagreements;
} engine = {.judge = CS_DEFAULT_JUDGE};

const char *cs_engine_name(cs_engine e)
{
    return e == CS_ENGINE_NATIVE ? "native" : "openssl";
}

bool cs_engine_by_name(cs_engine *out, const char *name)
{
    for (cs_engine e = CS_ENGINE_NATIVE; e <= CS_ENGINE_OPENSSL; e++) {
        if (strcmp(name, cs_engine_name(e)) == 0) {
            *out = e;
            return true;
        }
    }
    return false;
}

void cs_engine_choose(cs_engine e, const cs_mldsa_backend *backend, unsigned judge)
{
    engine.chosen = e;
    engine.backend = backend;
    engine.judge = judge;
    engine.made = engine.judged = engine.disagreements = 0;
    __atomic_store_n(&engine.used, e, __ATOMIC_SEQ_CST);
}

static const cs_mldsa_backend *backend(void)
{
    return engine.backend != NULL ? engine.backend : cs_mldsa_best();
}

cs_engine_state cs_engine_now(void)
{
    return (cs_engine_state){
        .chosen = engine.chosen,
        .used = __atomic_load_n(&engine.used, __ATOMIC_SEQ_CST),
        .backend = backend()->name,
        .judged = __atomic_load_n(&engine.judged, __ATOMIC_SEQ_CST),
        .disagreements = __atomic_load_n(&engine.disagreements, __ATOMIC_SEQ_CST),
    };
}

const char *cs_engine_label(void)
{
    static const struct {
        const char *backend, *label;
    } rows[] = {{"portable", "native/portable"}, {"avx2", "native/avx2"}, {"avx512", "native/avx512"}};
    cs_engine_state now = cs_engine_now();
    for (size_t i = 0; now.used == CS_ENGINE_NATIVE && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].backend, now.backend) == 0)
            return rows[i].label;
    return cs_engine_name(now.used);
}

bool cs_engine_judges(void)
{
    uint64_t n = __atomic_fetch_add(&engine.made, 1, __ATOMIC_RELAXED);
    return engine.judge != 0 && n % engine.judge == 0;
}

void cs_engine_judged(bool agrees)
{
    (void)__atomic_fetch_add(&engine.judged, 1, __ATOMIC_SEQ_CST);
    if (agrees)
        return;
    (void)__atomic_fetch_add(&engine.disagreements, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&engine.used, CS_ENGINE_OPENSSL, __ATOMIC_SEQ_CST);
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

struct cs_native {
    size_t bytes; /* of `key` */
    bool is_private;
    cs_secret seed; /* of a private key: for OpenSSL, should it have to take over */
    cs_mldsa_key *key;
};

static const cs_mldsa_set *set_of(cs_prim prim)
{
    return prim == CS_MLDSA44 ? &cs_mldsa_44 : prim == CS_MLDSA65 ? &cs_mldsa_65 : &cs_mldsa_87;
}

cs_native *cs_native_open(cs_prim prim, bool is_private, cs_slice bytes)
{
    const cs_mldsa_set *set = set_of(prim);
    cs_native *n = calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->bytes = (cs_mldsa_key_bytes(set, is_private) + LINE - 1) / LINE * LINE;
    n->is_private = is_private;
    n->key = aligned_alloc(LINE, n->bytes);
    if (n->key == NULL || (is_private && cs_secret_set(&n->seed, bytes) != CS_OK)) {
        cs_native_free(n);
        return NULL;
    }
    if (is_private)
        cs_mldsa_open_private(n->key, set, backend(), bytes.p);
    else
        cs_mldsa_open_public(n->key, set, backend(), bytes.p);
    return n;
}

void cs_native_free(cs_native *n)
{
    if (n == NULL)
        return;
    if (n->key != NULL)
        cs_wipe(n->key, n->bytes);
    free(n->key);
    cs_wipe(n, sizeof *n);
    free(n);
}

size_t cs_native_bytes(const cs_native *n)
{
    return sizeof *n + n->bytes;
}

bool cs_native_is_private(const cs_native *n)
{
    return n->is_private;
}

cs_slice cs_native_seed(const cs_native *n)
{
    return cs_secret_slice(&n->seed);
}

cs_slice cs_native_public(const cs_native *n)
{
    return cs_slice_of(n->key->public_key, n->key->set->public_bytes);
}

size_t cs_native_expand(uint8_t out[CS_MLDSA_MAX_EXPANDED], const cs_native *n)
{
    if (!n->is_private)
        return 0;
    cs_mldsa_secret_key(out, n->key->set, n->key->backend, n->seed.b);
    return n->key->set->secret_bytes;
}

static void make_mu(uint8_t *mu, const cs_native *n, cs_slice message, const cs_mldsa_options *o)
{
    if (o != NULL && o->external_mu)
        memcpy(mu, message.p, CS_MLDSA_MU);
    else if (o != NULL && o->internal)
        cs_mldsa_mu_internal(mu, n->key, message);
    else
        cs_mldsa_mu(mu, n->key, o != NULL ? o->context : CS_ABSENT, message);
}

/* The randomness of a signature; `rnd` has CS_MLDSA_RND bytes. */
static cs_err make_rnd(uint8_t *rnd, const cs_mldsa_options *o)
{
    memset(rnd, 0, CS_MLDSA_RND);
    if (o != NULL && o->rnd.n > 0) {
        if (o->rnd.n != CS_MLDSA_RND)
            return CS_CRYPTO;
        memcpy(rnd, o->rnd.p, CS_MLDSA_RND);
        return CS_OK;
    }
    return o == NULL || !o->deterministic ? cs_random(rnd, CS_MLDSA_RND) : CS_OK;
}

cs_err cs_native_sign(uint8_t *sig, const cs_native *n, cs_slice message, const cs_mldsa_options *options)
{
    uint8_t mu[CS_MLDSA_MU], rnd[CS_MLDSA_RND];
    cs_err err = make_rnd(rnd, options);
    if (err == CS_OK) {
        make_mu(mu, n, message, options);
        err = cs_mldsa_sign(sig, n->key, mu, rnd);
    }
    cs_wipe(rnd, sizeof rnd);
    return err;
}

/* Jobs on their way through a batch. */
struct together {
    cs_native_job *jobs;
    cs_mldsa_job inner[CS_SIGN_TOGETHER];
    size_t n, at;
};

static cs_mldsa_job *next_job(void *context)
{
    struct together *t = context;
    return t->at < t->n ? &t->inner[t->at++] : NULL;
}

static void done_job(void *context, cs_mldsa_job *job)
{
    struct together *t = context;
    t->jobs[job - t->inner].err = job->err;
}

/* A thread's own, made when it first needs it and kept: nothing is allocated while it signs again. */
static cs_mldsa_batch *own_batch(void)
{
    static _Thread_local cs_mldsa_batch *batch;
    if (batch == NULL)
        batch = aligned_alloc(LINE, (cs_mldsa_batch_bytes() + LINE - 1) / LINE * LINE);
    return batch;
}

void cs_native_sign_many(cs_native_job *jobs, size_t n)
{
    struct together t = {.jobs = jobs, .n = n};
    cs_mldsa_batch *batch = n > 1 ? own_batch() : NULL;
    cs_err err = CS_OK;
    if (batch == NULL) {
        for (size_t i = 0; i < n; i++)
            jobs[i].err = cs_native_sign(jobs[i].sig, jobs[i].key, jobs[i].message, jobs[i].options);
        return;
    }
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        t.inner[i].key = jobs[i].key->key;
        t.inner[i].sig = jobs[i].sig;
        make_mu(t.inner[i].mu, jobs[i].key, jobs[i].message, jobs[i].options);
        err = make_rnd(t.inner[i].rnd, jobs[i].options);
        jobs[i].err = CS_CRYPTO;
    }
    for (size_t i = 0; err != CS_OK && i < n; i++)
        jobs[i].err = err;
    if (err == CS_OK)
        cs_mldsa_batch_sign(batch, CS_MLDSA_LANES, t.inner[0].key->set, t.inner[0].key->backend,
                            &(cs_mldsa_source){next_job, done_job, &t});
    cs_wipe(t.inner, sizeof t.inner);
}

cs_err cs_native_verify(const cs_native *n, cs_slice message, cs_slice sig, const cs_mldsa_options *options)
{
    uint8_t mu[CS_MLDSA_MU];
    make_mu(mu, n, message, options);
    return cs_mldsa_verify(n->key, mu, sig);
}
