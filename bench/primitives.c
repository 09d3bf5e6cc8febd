/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/primitives.h"

#include <math.h>
#include <stdio.h>

#include "bench/samples.h"
#include "core/crypto.h"

#define MPRIME_LEN 127 /* M' of mldsa65+ed25519 */
#define INPUT_LEN 1500 /* signing input of an attestation document, about */
#define ENTRY_LEN 700  /* ledger entry, about */
#define SIG_LEN 3373   /* mldsa65+ed25519 */
#define PAYLOAD_LEN 1024
#define MIB (1u << 20)

/* One measurement: what is run, how often between two looks at the clock, and how the row reads. */
struct task {
    const char *name;
    cs_prim prim; /* CS_PRIM_NONE: hashes */
    bool verify;
    size_t len; /* of the message */
    int batch;
    const char *against;
};

#define THREAD "1 thread in process, "
static const struct task tasks[CS_COST_COUNT] = {
    [CS_COST_MLDSA44_SIGN] = {"ML-DSA-44 sign", CS_MLDSA44, false, MPRIME_LEN, 1, THREAD "hedged, 127 bytes"},
    [CS_COST_MLDSA44_VERIFY] = {"ML-DSA-44 verify", CS_MLDSA44, true, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_MLDSA65_SIGN] = {"ML-DSA-65 sign", CS_MLDSA65, false, MPRIME_LEN, 1, THREAD "hedged, 127 bytes"},
    [CS_COST_MLDSA65_VERIFY] = {"ML-DSA-65 verify", CS_MLDSA65, true, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_MLDSA87_SIGN] = {"ML-DSA-87 sign", CS_MLDSA87, false, MPRIME_LEN, 1, THREAD "hedged, 127 bytes"},
    [CS_COST_MLDSA87_VERIFY] = {"ML-DSA-87 verify", CS_MLDSA87, true, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_ED25519_SIGN] = {"Ed25519 sign", CS_ED25519, false, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_ED25519_VERIFY] = {"Ed25519 verify", CS_ED25519, true, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_P256_SIGN] = {"P-256 sign", CS_P256, false, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_P256_VERIFY] = {"P-256 verify", CS_P256, true, MPRIME_LEN, 1, THREAD "127 bytes"},
    [CS_COST_SHA256_KIB] = {"SHA-256 of 1 KiB", CS_PRIM_NONE, false, PAYLOAD_LEN, 32, THREAD "in batches of 32"},
    [CS_COST_SHA256_MIB] = {"SHA-256", CS_PRIM_NONE, false, MIB, 1, THREAD "1 MiB at once"},
    [CS_COST_INPUT_SIGN] = {"Ed25519 sign, attestation", CS_ED25519, false, INPUT_LEN, 1, THREAD "1,500 bytes"},
    [CS_COST_INPUT_VERIFY] = {"Ed25519 verify, attestation", CS_ED25519, true, INPUT_LEN, 1, THREAD "1,500 bytes"},
    [CS_COST_PATH_HASHES] = {"hashes of the path", CS_PRIM_NONE, false, 0, 8,
                             THREAD "pre-hash, payload, signature, entry"},
};

struct run {
    const struct task *task;
    cs_key *key;
    cs_slice message;
    cs_buf sig;
};

static uint8_t message_bytes[MIB];

/* Pre-hash by the enclave; payload and signature hashed by the enclave and again by the gateway, which believes
 * neither; the ledger entry for the chain and for the tree. */
static cs_err hash_path(void)
{
    static const struct {
        cs_hash_id id;
        size_t len;
    } steps[] = {{CS_SHA512, PAYLOAD_LEN}, {CS_SHA256, PAYLOAD_LEN}, {CS_SHA256, PAYLOAD_LEN}, {CS_SHA256, SIG_LEN},
                 {CS_SHA256, SIG_LEN},     {CS_SHA256, ENTRY_LEN},   {CS_SHA256, ENTRY_LEN}};
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < sizeof steps / sizeof *steps; i++) {
        cs_digest digest;
        err = cs_hash(&digest, steps[i].id, cs_slice_of(message_bytes, steps[i].len));
    }
    return err;
}

static cs_err run_once(struct run *r)
{
    if (r->task->prim == CS_PRIM_NONE) {
        cs_digest digest;
        return r->task->len == 0 ? hash_path() : cs_hash(&digest, CS_SHA256, r->message);
    }
    if (r->task->verify)
        return cs_key_verify(r->key, r->message, cs_buf_slice(&r->sig), NULL);
    cs_buf_clear(&r->sig);
    return cs_key_sign(&r->sig, r->key, r->message, NULL);
}

static cs_err measure(cs_cost *cost, int round, struct run *r, double seconds)
{
    cs_samples samples = {0};
    cs_err err = CS_OK;
    uint64_t end = cs_samples_now() + (uint64_t)(seconds * 1e9);
    for (uint64_t start = cs_samples_now(); err == CS_OK && start < end;) {
        for (int i = 0; err == CS_OK && i < r->task->batch; i++)
            err = run_once(r);
        uint64_t now = cs_samples_now();
        cs_samples_add(&samples, (now - start) / (uint64_t)r->task->batch);
        start = now;
    }
    cost->mean_ns[round] = cs_samples_mean(&samples);
    cost->p50_ns[round] = cs_samples_quantile(&samples, 0.5);
    cs_samples_free(&samples);
    return err;
}

static cs_err measure_task(cs_cost *cost, int round, const struct task *task, double seconds)
{
    struct run r = {.task = task, .message = cs_slice_of(message_bytes, task->len), .sig = cs_buf_new(8192)};
    cs_err err = CS_OK;
    if (task->prim != CS_PRIM_NONE) {
        CS_SECRET(private_bytes);
        err = cs_key_generate(&private_bytes, task->prim);
        if (err == CS_OK)
            err = cs_key_open_private(&r.key, task->prim, cs_secret_slice(&private_bytes));
        if (err == CS_OK)
            err = cs_key_sign(&r.sig, r.key, r.message, NULL);
    }
    if (err == CS_OK)
        err = measure(cost, round, &r, seconds);
    cs_key_free(r.key);
    cs_buf_free(&r.sig);
    return err;
}

cs_err cs_primitives_measure(cs_cost costs[CS_COST_COUNT], int round, double seconds)
{
    cs_err err = CS_OK;
    for (size_t i = 0; i < sizeof message_bytes; i++)
        message_bytes[i] = (uint8_t)(i * 31);
    for (size_t i = 0; err == CS_OK && i < CS_COST_COUNT; i++)
        err = measure_task(&costs[i], round, &tasks[i], seconds);
    return err;
}

double cs_primitives_mean(const cs_cost *cost)
{
    return (cost->mean_ns[0] + cost->mean_ns[1]) / 2;
}

double cs_primitives_path(const cs_cost costs[CS_COST_COUNT])
{
    static const cs_cost_id path[] = {CS_COST_MLDSA65_SIGN,   CS_COST_ED25519_SIGN,   /* the two halves */
                                      CS_COST_MLDSA65_VERIFY, CS_COST_ED25519_VERIFY, /* the enclave's own check */
                                      CS_COST_INPUT_SIGN,     CS_COST_INPUT_VERIFY,   /* enclave, then gateway */
                                      CS_COST_PATH_HASHES};
    double ns = 0;
    for (size_t i = 0; i < sizeof path / sizeof *path; i++)
        ns += cs_primitives_mean(&costs[path[i]]);
    return ns;
}

void cs_primitives_report(cs_report *r, const cs_cost costs[CS_COST_COUNT])
{
    double drift = 0;
    for (size_t i = 0; i < CS_COST_COUNT; i++) {
        const cs_cost *c = &costs[i];
        double mean = cs_primitives_mean(c);
        double change = 100 * fabs(c->p50_ns[1] / c->p50_ns[0] - 1);
        drift = change > drift ? change : drift;
        if (i == CS_COST_SHA256_MIB) {
            (void)cs_report_add(r, 1e9 / mean, "MiB/s", tasks[i].against, "%s", tasks[i].name);
            continue;
        }
        (void)cs_report_add(r, mean / 1000, "µs", tasks[i].against, "%s, mean", tasks[i].name);
        (void)cs_report_add(r, (c->p50_ns[0] + c->p50_ns[1]) / 2000, "µs", tasks[i].against, "%s, p50", tasks[i].name);
    }
    (void)cs_report_add(r, drift, "%", "largest change of a p50, before the load to after it", "drift of the machine");
}
