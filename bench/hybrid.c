/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/hybrid.h"

#include <stdio.h>

#include "bench/machine.h"
#include "core/encode.h"
#include "core/hybrid.h"
#include "sys/thread.h"

#define CLIENTS 8
#define ALGORITHM "ml-dsa-65"
#define MESSAGE "Treasury transfer approval"

/* An EIP-191 signature of MESSAGE by the key 0xc0ffee, which signs nothing else. */
#define ECDSA_KEY                                                                                                      \
    "0x042a5bbcb0eede528e6abe5f2ec50ad7887eb5677af383a460b05ee23bf892dfe552c93747550eda8404c8b473786c00dfd8fd1ef4bc03" \
    "3f359ccf5b77bd656d21"
#define ECDSA_SIGNATURE                                                                                                \
    "0xd4eee7439cc97cc24e42cce9cb815118d553908fe878187c2db2de85ef5123a2004dde47cdd3bb1f3769b0b93ece4723f8e599b45048b0" \
    "9bf0c01fb77099e8c11c"

struct caller {
    cs_key *key; /* ML-DSA-65 */
    cs_buf public_key, pair;
};

static cs_err complain(const char *what, cs_err err)
{
    (void)fprintf(stderr, "countersign-bench: hybrid: %s: %s\n", what, cs_err_sentence(err));
    return err;
}

static cs_err open_caller(struct caller *c)
{
    CS_SECRET(seed);
    *c = (struct caller){.public_key = cs_buf_new(CS_MAX_PUBLIC_KEY), .pair = cs_buf_new(1u << 16)};
    cs_err err = cs_key_generate(&seed, CS_MLDSA65);
    if (err == CS_OK)
        err = cs_key_open_private(&c->key, CS_MLDSA65, cs_secret_slice(&seed));
    if (err == CS_OK)
        cs_key_public(&c->public_key, c->key);
    return err;
}

static void close_caller(struct caller *c)
{
    cs_key_free(c->key);
    cs_buf_free(&c->public_key);
    cs_buf_free(&c->pair);
}

/* The challenge of an answer, decoded. */
static cs_err read_challenge(cs_buf *out, cs_slice answer)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, answer, CS_MAX_BODY);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_jobj data = cs_jobj_open(cs_jobj_object(&o, "data"));
        cs_slice text = cs_jobj_str(&data, "challenge", 1024);
        err = data.err == CS_OK ? cs_hybrid_hex(out, text, out->max) : data.err;
    }
    cs_json_free(json);
    return err;
}

static cs_err register_key(const struct caller *c, const cs_service *s)
{
    cs_buf answer = cs_buf_new(1u << 16), challenge = cs_buf_new(1024), proof = cs_buf_new(CS_MAX_SIGNATURE);
    cs_buf body = cs_buf_new(1u << 16);
    cs_err err = cs_http_call(&answer, &s->target, "POST", "/v1/keys/challenge", CS_LIT("{}"));
    if (err == CS_OK)
        err = read_challenge(&challenge, cs_buf_slice(&answer));
    if (err == CS_OK)
        err = cs_key_sign(&proof, c->key, cs_buf_slice(&challenge), NULL);
    if (err == CS_OK) {
        cs_jw w = cs_jw_on(&body);
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "algorithm", ALGORITHM);
        cs_hybrid_write_hex(&w, "publicKey", cs_buf_slice(&c->public_key));
        cs_hybrid_write_hex(&w, "challenge", cs_buf_slice(&challenge));
        cs_hybrid_write_hex(&w, "proof", cs_buf_slice(&proof));
        cs_jw_end(&w);
        cs_buf_clear(&answer);
        err = cs_http_call(&answer, &s->target, "POST", "/v1/keys/register", cs_buf_slice(&body));
    }
    cs_buf_free(&answer);
    cs_buf_free(&challenge);
    cs_buf_free(&proof);
    cs_buf_free(&body);
    return err;
}

static cs_err write_pair(struct caller *c)
{
    cs_buf signature = cs_buf_new(CS_MAX_SIGNATURE);
    cs_err err = cs_key_sign(&signature, c->key, CS_LIT(MESSAGE), NULL);
    cs_jw w = cs_jw_on(&c->pair);
    cs_jw_begin(&w, NULL);
    cs_hybrid_write_hex(&w, "message", CS_LIT(MESSAGE));
    cs_jw_cstr(&w, "ecdsaSignature", ECDSA_SIGNATURE);
    cs_jw_cstr(&w, "ecdsaPublicKey", ECDSA_KEY);
    cs_hybrid_write_hex(&w, "pqcSignature", cs_buf_slice(&signature));
    cs_hybrid_write_hex(&w, "pqcPublicKey", cs_buf_slice(&c->public_key));
    cs_jw_cstr(&w, "algorithm", ALGORITHM);
    cs_jw_cstr(&w, "chain", "ethereum");
    cs_jw_end(&w);
    cs_buf_free(&signature);
    return err == CS_OK ? c->pair.err : err;
}

/* Mean of both verifications of the pair, from the bytes of the keys, on one thread. Nanoseconds. */
static cs_err measure_bound(double *ns, const struct caller *c, double seconds)
{
    cs_json *json = NULL;
    cs_hybrid pair = {0};
    cs_hybrid_result result;
    size_t count = 0;
    cs_err err = cs_json_parse(&json, cs_buf_slice(&c->pair), CS_MAX_BODY);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        err = cs_hybrid_read(&pair, NULL, &o);
    }
    uint64_t start = cs_samples_now(), until = start + (uint64_t)(seconds * 1e9);
    for (; err == CS_OK && cs_samples_now() < until; count++)
        err = cs_hybrid_verify(&result, &pair, NULL);
    *ns = count > 0 ? (double)(cs_samples_now() - start) / (double)count : 0;
    cs_hybrid_free(&pair);
    cs_json_free(json);
    return err;
}

static void report(cs_report *r, cs_load_result *result, double bound_ns, double gateway_seconds, const char *engine)
{
    (void)cs_report_add(r, bound_ns / 1000, "µs", "1 thread; secp256k1 and ML-DSA-65 verified",
                        "verification of a hybrid pair%s", engine);
    cs_row *row = cs_report_add(r, (double)result->latency.n / result->seconds, "1/s",
                                "durable; bound: both verifications on all cores; aim 0.75; generator on the same",
                                "hybrid attestation, %d clients%s", CLIENTS, engine);
    cs_report_bound(row, cs_cpu_count() / (bound_ns / 1e9));
    (void)cs_report_add(r, cs_samples_quantile(&result->latency, 0.5) / 1e6, "ms", "request sent to answer read",
                        "hybrid attestation, %d clients, p50%s", CLIENTS, engine);
    (void)cs_report_add(r, cs_samples_quantile(&result->latency, 0.99) / 1e6, "ms", "request sent to answer read",
                        "hybrid attestation, %d clients, p99%s", CLIENTS, engine);
    (void)cs_report_add(r, gateway_seconds * 1e6 / (double)result->answers, "µs", "processor time per attestation",
                        "hybrid attestation, %d clients, gateway%s", CLIENTS, engine);
}

static cs_err run_load(cs_load_result *out, double *gateway_seconds, const cs_service *s, const struct caller *c,
                       double seconds, int gateway)
{
    cs_buf request = cs_buf_new(1u << 17);
    cs_http_request(&request, &s->target, "POST", "/v1/sign/hybrid", cs_buf_slice(&c->pair));
    cs_load load = {.clients = CLIENTS,
                    .warm_up = seconds / 5,
                    .seconds = seconds,
                    .request = cs_buf_slice(&request),
                    .must_hold = "\"status\":\"verified\""};
    *gateway_seconds = -cs_machine_cpu_seconds(gateway);
    cs_err err = request.err == CS_OK ? cs_load_run(out, &s->target, &load) : request.err;
    *gateway_seconds += cs_machine_cpu_seconds(gateway);
    cs_buf_free(&request);
    return err == CS_OK && (out->refused > 0 || out->latency.n == 0) ? CS_PQC_004 : err;
}

cs_err cs_hybrid_bench(cs_report *r, const cs_service *s, double seconds, int gateway, const char *engine)
{
    struct caller c;
    cs_load_result result = {.last = cs_buf_new(0)};
    double before = 0, after = 0, gateway_seconds = 0;
    cs_err err = open_caller(&c);
    if (err == CS_OK)
        err = register_key(&c, s);
    if (err == CS_OK)
        err = write_pair(&c);
    if (err == CS_OK)
        err = measure_bound(&before, &c, seconds / 5);
    if (err == CS_OK)
        err = run_load(&result, &gateway_seconds, s, &c, seconds, gateway);
    if (err == CS_OK)
        err = measure_bound(&after, &c, seconds / 5);
    if (err == CS_OK)
        report(r, &result, (before + after) / 2, gateway_seconds, engine);
    cs_samples_free(&result.latency);
    cs_buf_free(&result.last);
    close_caller(&c);
    return err == CS_OK ? CS_OK : complain("load", err);
}
