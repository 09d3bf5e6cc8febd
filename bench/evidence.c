/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/evidence.h"

#include <string.h>
#include <time.h>

#include "bench/samples.h"
#include "core/cbor.h"
#include "core/crypto_issue.h"
#include "core/crypto_pubkey.h"
#include "core/evidence.h"
#include "core/nitro.h"

#define TIME 1768473000 /* seconds: when the document is made and judged */
#define CERTS 5
#define LEAF (CERTS - 1)
#define PCRS 16
#define TBS 520 /* bytes of a certificate that are signed, about */

/* A document, what it is judged by, and its signatures by themselves. */
struct bench {
    cs_key *keys[CERTS];
    cs_buf certs[CERTS], document, policy_json, tbs, sig;
    cs_policy policy;
    cs_chain_cache *chains;
    cs_pubkey *leaf;
    cs_nitro nitro;
};

/* -- the document -------------------------------------------------------------------------------------------------- */

static cs_err issue(struct bench *b, size_t at)
{
    static const char *const names[CERTS] = {"aws.nitro-enclaves", "region.aws.nitro-enclaves",
                                             "zone.region.aws.nitro-enclaves", "instance.region.aws.nitro-enclaves",
                                             "instance-enclave.region.aws"};
    static const int path_lengths[CERTS] = {-1, 2, 1, 0, -1};
    uint8_t scalar[48] = {1, (uint8_t)(at + 1)};
    size_t above = at > 0 ? at - 1 : 0;
    cs_err err = cs_key_open_private(&b->keys[at], CS_P384, CS_ARRAY(scalar));
    cs_issue what = {.organisation = "Amazon",
                     .unit = "AWS",
                     .common_name = names[at],
                     .not_before = TIME - 3600,
                     .not_after = TIME + 3600,
                     .authority = at != LEAF,
                     .path_length = path_lengths[at],
                     .usage = at != LEAF ? CS_USAGE_CERTIFICATES : CS_USAGE_SIGNATURE,
                     .key = b->keys[at],
                     .issuer_key = b->keys[above],
                     .issuer = at > 0 ? cs_buf_slice(&b->certs[above]) : CS_ABSENT};
    return err == CS_OK ? cs_issue_certificate(&b->certs[at], &what) : err;
}

static void write_payload(cs_buf *out, const struct bench *b)
{
    uint8_t pcr[CS_NITRO_PCR_LEN];
    cs_cborw_map(out, 9);
    cs_cborw_text(out, "module_id");
    cs_cborw_text(out, "i-0123456789abcdef0-enc0123456789abcdef");
    cs_cborw_text(out, "digest");
    cs_cborw_text(out, "SHA384");
    cs_cborw_text(out, "timestamp");
    cs_cborw_uint(out, (uint64_t)TIME * 1000);
    cs_cborw_text(out, "pcrs");
    cs_cborw_map(out, PCRS);
    for (uint8_t i = 0; i < PCRS; i++) {
        memset(pcr, i + 1, sizeof pcr);
        cs_cborw_uint(out, i);
        cs_cborw_bytes(out, CS_ARRAY(pcr));
    }
    cs_cborw_text(out, "certificate");
    cs_cborw_bytes(out, cs_buf_slice(&b->certs[LEAF]));
    cs_cborw_text(out, "cabundle");
    cs_cborw_array(out, LEAF);
    for (size_t i = 0; i < LEAF; i++)
        cs_cborw_bytes(out, cs_buf_slice(&b->certs[i]));
    static const char *const unused[] = {"public_key", "user_data", "nonce"};
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
        cs_cborw_text(out, unused[i]);
        cs_cborw_null(out);
    }
}

static cs_err make_document(struct bench *b)
{
    cs_buf payload = cs_buf_new(CS_MAX_COSE);
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < CERTS; i++)
        err = issue(b, i);
    write_payload(&payload, b);
    if (err == CS_OK)
        err = payload.err;
    if (err == CS_OK)
        err = cs_cose_sign1(&b->document, cs_buf_slice(&payload), b->keys[LEAF]);
    cs_buf_free(&payload);
    return err;
}

static cs_err make_policy(struct bench *b)
{
    cs_buf pem = cs_buf_new(4096), *json = &b->policy_json;
    cs_jw w = cs_jw_on(json);
    cs_issue_pem(&pem, cs_buf_slice(&b->certs[0]));
    cs_buf_add_str(json, "{\"name\":\"bench\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{\"pcrs\":{\"0\":[\"");
    for (size_t i = 0; i < CS_NITRO_PCR_LEN; i++)
        cs_buf_add_str(json, "01");
    cs_buf_add_str(json, "\"]},");
    cs_jw_str(&w, "rootCertificatePem", cs_buf_slice(&pem));
    cs_buf_add_str(json, "}}");
    cs_buf_free(&pem);
    return json->err == CS_OK ? cs_policy_parse(&b->policy, NULL, cs_buf_slice(json), true) : json->err;
}

/* The public half of the leaf, opened, and a signature over as much as is signed of a certificate. */
static cs_err make_bound(struct bench *b)
{
    uint8_t point[97];
    static const uint8_t tbs[TBS] = {1};
    cs_buf out = CS_BUF_OVER(point);
    cs_key_public(&out, b->keys[LEAF]);
    cs_err err = cs_pubkey_from_ec_point(&b->leaf, CS_P384, cs_slice_of(point + 1, sizeof point - 1));
    cs_buf_add(&b->tbs, CS_ARRAY(tbs));
    if (err == CS_OK)
        err = cs_key_sign(&b->sig, b->keys[LEAF], CS_ARRAY(tbs), NULL);
    return err == CS_OK ? cs_nitro_parse(&b->nitro, cs_buf_slice(&b->document)) : err;
}

/* -- what is measured ---------------------------------------------------------------------------------------------- */

enum { FIVE, ONE, ANEW, REMEMBERED, WHATS };

/* The signature of the document alone: hashing it and one verification. */
static cs_err verify_one(struct bench *b)
{
    cs_buf tbs = cs_buf_new(CS_MAX_COSE);
    cs_cose_sig_structure(&tbs, &b->nitro.cose);
    cs_err err = cs_pubkey_verify(b->leaf, CS_SCHEME_ES384_RAW, cs_buf_slice(&tbs), b->nitro.cose.signature);
    cs_buf_free(&tbs);
    return err;
}

static cs_err verify_five(struct bench *b)
{
    cs_err err = verify_one(b);
    for (size_t i = 0; err == CS_OK && i < CERTS - 1; i++)
        err = cs_pubkey_verify(b->leaf, CS_SCHEME_ES384_DER, cs_buf_slice(&b->tbs), cs_buf_slice(&b->sig));
    return err;
}

static cs_err once(struct bench *b, int what)
{
    cs_verdict verdict;
    cs_evidence_expect e = {.allow_mock = true, .now = TIME, .chains = what == REMEMBERED ? b->chains : NULL};
    switch (what) {
    case FIVE:
        return verify_five(b);
    case ONE:
        return verify_one(b);
    default:
        return cs_evidence_verify(&verdict, cs_buf_slice(&b->document), &b->policy, &e);
    }
}

/* Processor time of this thread, in nanoseconds: what others do on the same machine is not counted. */
static uint64_t processor_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static cs_err measure(cs_report *r, struct bench *b, double seconds)
{
    cs_samples samples[WHATS] = {{0}};
    cs_err err = CS_OK;
    uint64_t until = cs_samples_now() + (uint64_t)(seconds * 1e9 * WHATS);
    while (err == CS_OK && cs_samples_now() < until) {
        for (int what = 0; err == CS_OK && what < WHATS; what++) {
            uint64_t start = processor_ns();
            err = once(b, what);
            cs_samples_add(&samples[what], processor_ns() - start);
        }
    }
    double us[WHATS];
    for (int what = 0; what < WHATS; what++) {
        us[what] = cs_samples_quantile(&samples[what], 0.5) / 1000;
        cs_samples_free(&samples[what]);
    }
    if (err != CS_OK)
        return err;
    cs_row *row = cs_report_add(r, 1e6 / us[ANEW], "1/s",
                                "1 thread, processor time, p50; bound: its P-384 and SHA-384 alone; aim 0.8 of it",
                                "Nitro document with five certificates, verified");
    cs_report_bound(row, 1e6 / us[FIVE]);
    row = cs_report_add(r, us[REMEMBERED], "µs",
                        "processor time, p50; bound: one P-384 verification; aim at most 1.3 of it",
                        "Nitro document whose chain is remembered, verified");
    cs_report_bound(row, us[ONE]);
    return CS_OK;
}

cs_err cs_evidence_measure(cs_report *r, double seconds)
{
    struct bench b = {.document = cs_buf_new(CS_MAX_COSE),
                      .policy_json = cs_buf_new(CS_MAX_POLICY),
                      .tbs = cs_buf_new(TBS),
                      .sig = cs_buf_new(128)};
    for (size_t i = 0; i < CERTS; i++)
        b.certs[i] = cs_buf_new(CS_NITRO_CERTIFICATE);
    cs_err err = make_document(&b);
    if (err == CS_OK)
        err = make_policy(&b);
    if (err == CS_OK)
        err = make_bound(&b);
    if (err == CS_OK)
        err = cs_chain_cache_new(&b.chains, 1);
    if (err == CS_OK)
        err = measure(r, &b, seconds);
    for (size_t i = 0; i < CERTS; i++) {
        cs_key_free(b.keys[i]);
        cs_buf_free(&b.certs[i]);
    }
    cs_pubkey_free(b.leaf);
    cs_chain_cache_free(b.chains);
    cs_policy_free(&b.policy);
    cs_buf_free(&b.document);
    cs_buf_free(&b.policy_json);
    cs_buf_free(&b.tbs);
    cs_buf_free(&b.sig);
    return err;
}
