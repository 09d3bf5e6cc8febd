/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/pq.h"

#include <stdio.h>

#include "bench/machine.h"
#include "bench/service.h"
#include "core/crypto.h"

#define PATH "/v1/pq-signer"
#define MAKE "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ML-DSA-44\",\"user_id\":\"bench\"}}"
#define SIGN                                                                                                           \
    "{\"request_type\":\"sign\",\"payload\":{\"alg\":\"ML-DSA-44\",\"user_id\":\"bench\","                             \
    "\"message\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}}"

enum { GATEWAY, AGENT, ENCLAVE, KMS, ZONES };
static const struct {
    const char *name, *program;
} zones[ZONES] = {{"gateway", "countersign-gateway"},
                  {"agent", "countersign-agent"},
                  {"enclave", "countersign-enclave"},
                  {"KMS", "countersign-devkms"}};

/* How the enclave is set. */
static const struct setting {
    const char *name, *option;
    double aim_ms; /* beyond KMS and primitives; 0: none */
} settings[] = {
    {"fresh recipient key", NULL, 0},
    {"recipient key used again", "--recipient-key-lifetime=3600", 3},
    {"opened key kept", "--kms-key-cache-seconds=3600", 0.5},
};

/* Mean of one ML-DSA-44 signature and its verification, from an opened key. Milliseconds. */
static cs_err measure_primitives(double *ms, double seconds)
{
    CS_SECRET(seed);
    cs_key *key = NULL;
    size_t count = 0;
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_err err = cs_key_generate(&seed, CS_MLDSA44);
    if (err == CS_OK)
        err = cs_key_open_private(&key, CS_MLDSA44, cs_secret_slice(&seed));
    uint64_t start = cs_samples_now(), until = start + (uint64_t)(seconds * 1e9);
    for (; err == CS_OK && cs_samples_now() < until; count++) {
        cs_buf signature = CS_BUF_OVER(bytes);
        err = cs_key_sign(&signature, key, cs_secret_slice(&seed), NULL);
        if (err == CS_OK)
            err = cs_key_verify(key, cs_secret_slice(&seed), cs_buf_slice(&signature), NULL);
    }
    *ms = count > 0 ? (double)(cs_samples_now() - start) / 1e6 / (double)count : 0;
    cs_key_free(key);
    return err;
}

static void report(cs_report *r, const struct setting *s, cs_load_result *result, const double seconds[ZONES],
                   double primitives_ms)
{
    double p50 = cs_samples_quantile(&result->latency, 0.5) / 1e6;
    double kms_ms = seconds[KMS] * 1e3 / (double)result->answers;
    (void)cs_report_add(r, p50, "ms", "request sent to answer read", "PQ signature, %s, 1 client, p50", s->name);
    (void)cs_report_add(r, cs_samples_quantile(&result->latency, 0.99) / 1e6, "ms", "request sent to answer read",
                        "PQ signature, %s, 1 client, p99", s->name);
    for (size_t i = 0; i < ZONES; i++)
        (void)cs_report_add(r, seconds[i] * 1e6 / (double)result->answers, "µs", "processor time per signature",
                            "PQ signature, %s, %s", s->name, zones[i].name);
    cs_row *row = cs_report_add(r, p50 - kms_ms - primitives_ms, "ms",
                                "p50 less the KMS's processor time, one ML-DSA-44 signature and its verification",
                                "PQ signature, %s, our own share", s->name);
    if (s->aim_ms > 0)
        cs_report_bound(row, s->aim_ms);
}

static void add_cpu_seconds(double out[ZONES], const int pids[ZONES], double sign)
{
    for (size_t i = 0; i < ZONES; i++)
        out[i] += sign * cs_machine_cpu_seconds(pids[i]);
}

static cs_err sign(cs_load_result *result, double seconds[ZONES], const cs_service *s, double duration)
{
    int pids[ZONES];
    cs_buf answer = cs_buf_new(1u << 16), request = cs_buf_new(1u << 16);
    for (size_t i = 0; i < ZONES; i++) {
        pids[i] = cs_machine_child(s->pid, zones[i].program);
        seconds[i] = 0;
    }
    cs_err err = cs_http_call(&answer, &s->target, "POST", PATH, CS_LIT(MAKE));
    cs_http_request(&request, &s->target, "POST", PATH, CS_LIT(SIGN));
    cs_load load = {.clients = 1,
                    .warm_up = duration / 5,
                    .seconds = duration,
                    .request = cs_buf_slice(&request),
                    .must_hold = "\"mldsa_signature\":\""};
    add_cpu_seconds(seconds, pids, -1);
    if (err == CS_OK)
        err = request.err == CS_OK ? cs_load_run(result, &s->target, &load) : request.err;
    add_cpu_seconds(seconds, pids, 1);
    cs_buf_free(&answer);
    cs_buf_free(&request);
    return err == CS_OK && (result->refused > 0 || result->latency.n == 0) ? CS_SELF_CHECK : err;
}

static cs_err measure(cs_report *r, const struct setting *s, const char *program, const char *folder, double duration,
                      double primitives_ms)
{
    cs_service service;
    cs_load_result result = {.last = cs_buf_new(0)};
    double seconds[ZONES];
    cs_err err = cs_service_start_pq(&service, program, folder, s->option);
    if (err == CS_OK)
        err = sign(&result, seconds, &service, duration);
    if (err == CS_OK)
        report(r, s, &result, seconds, primitives_ms);
    cs_service_stop(&service);
    cs_samples_free(&result.latency);
    cs_buf_free(&result.last);
    return err;
}

cs_err cs_pq_bench(cs_report *r, const char *program, const char *folder, double seconds)
{
    double primitives_ms = 0;
    cs_err err = measure_primitives(&primitives_ms, seconds / 5);
    for (size_t i = 0; i < sizeof settings / sizeof *settings && err == CS_OK; i++)
        err = measure(r, &settings[i], program, folder, seconds, primitives_ms);
    if (err != CS_OK)
        (void)fprintf(stderr, "countersign-bench: PQ Signer: %s\n", cs_err_sentence(err));
    return err;
}
