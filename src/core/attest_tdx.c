/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attest_tdx.h"

#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/encode.h"
#include "core/root_pin.h"
#include "core/tdx.h"
#include "core/tdx_collateral.h"

#define PREFIX "sha384:"
#define REGISTER_LEN 48
#define CHAIN_LEN 3
#define PCK_NAME "Intel SGX PCK Certificate"

/* The quoting enclave for TDs: who signed it and its product number, as Intel's QE identity has had them since the
 * first one. Without this check anybody's enclave that may see the provisioning key could stand in for it. */
static const uint8_t qe_signer[32] = {0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
                                      0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
                                      0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5};
#define QE_PRODUCT 2
/* Attributes of an enclave [Intel SGX SDM §38.7.1]. */
#define SGX_INIT 1u
#define SGX_DEBUG 2u

#define NOTE_TCB "TCB not evaluated: whether the platform's firmware is up to date needs Intel's collateral."
#define NOTE_RTMR "No RTMR judged: MRTD alone measures the firmware that the machine began with."
#define NOTE_TCB_AND_RTMR                                                                                              \
    "TCB not evaluated, and no RTMR judged: MRTD alone measures the firmware that the machine began with."

/* -- rules --------------------------------------------------------------------------------------------------------- */

struct rules {
    cs_allow mrtd;
    cs_allow_registers rtmr;
    cs_root_pin root;
    cs_tdx_collateral *collateral; /* NULL: none, and the platform's TCB is not judged */
};

static void rules_free(void *rules)
{
    struct rules *r = rules;
    if (r == NULL)
        return;
    cs_allow_free(&r->mrtd);
    cs_allow_registers_free(&r->rtmr);
    cs_root_pin_free(&r->root);
    cs_tdx_collateral_free(r->collateral);
    free(r);
}

static cs_err rules_read(void **rules, cs_jobj *match, bool allow_mock)
{
    struct rules *r = calloc(1, sizeof *r);
    *rules = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    cs_allow_read(&r->mrtd, match, "mrtd", PREFIX, REGISTER_LEN, false);
    cs_allow_registers_read(&r->rtmr, match, "rtmr", PREFIX, REGISTER_LEN, CS_TDX_RTMRS, true);
    cs_root_pin_read(&r->root, match, "rootPem", CS_VENDOR_INTEL_TDX, allow_mock);
    cs_tdx_collateral_read(&r->collateral, match, "collateral");
    return CS_OK;
}

static void rules_write(cs_jw *w, const void *rules)
{
    const struct rules *r = rules;
    cs_tdx_collateral_write(w, "collateral", r->collateral);
    cs_allow_write(w, "mrtd", PREFIX, &r->mrtd);
    cs_root_pin_write(w, "rootPem", &r->root);
    cs_allow_registers_write(w, "rtmr", PREFIX, &r->rtmr);
}

static cs_root_kind root(uint8_t sha256[CS_SHA256_LEN], const void *rules)
{
    return cs_root_pin_kind(sha256, &((const struct rules *)rules)->root);
}

static int64_t until(const void *rules, int64_t now)
{
    const struct rules *r = rules;
    (void)now;
    return r->collateral != NULL ? cs_tdx_collateral_until(r->collateral) : INT64_MAX;
}

/* -- proof --------------------------------------------------------------------------------------------------------- */

static cs_err form_of(cs_err err)
{
    cs_err_class class = cs_err_class_of(err);
    return err == CS_OK || class == CS_CLASS_REFUSED || class == CS_CLASS_INTERNAL ? err : CS_ATT_EVIDENCE_FORMAT;
}

static cs_err open_chain(cs_chain **out, const cs_tdx_quote *q, const cs_root_pin *pin, cs_chain_cache *cache)
{
    cs_slice certificates[CHAIN_LEN], root = cs_root_pin_der(pin);
    size_t n = 0;
    cs_buf ders = cs_buf_new(CS_TDX_MAX_QUOTE);
    cs_err err = cs_pem_certificates(&ders, certificates, &n, CHAIN_LEN, q->pck_chain);
    if (err == CS_OK && n == CHAIN_LEN - 1 && root.p != NULL)
        certificates[n++] = root;
    if (err == CS_OK)
        err = cs_chain_open(out, cache, certificates, n);
    cs_buf_free(&ders);
    return form_of(err);
}

static cs_err verify_chain(cs_chain *chain, const cs_root_pin *pin, int64_t at)
{
    uint8_t roots[CS_ROOT_PIN_MAX][CS_SHA256_LEN];
    cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])roots,
                          .root_count = cs_root_pin_hashes(roots, pin),
                          .at = at,
                          .schemes = 1u << CS_SCHEME_ES256_DER,
                          .ca_key_usage = true,
                          .leaf_digital_signature = true};
    cs_err err = cs_chain_verify(chain, &rule);
    if (err != CS_OK)
        return err;
    return cs_slice_is(cs_cert_common_name(cs_chain_at(chain, 0)), PCK_NAME) ? CS_OK : CS_ATT_CHAIN;
}

static cs_err signature_of(cs_err err)
{
    return err == CS_BAD_SIGNATURE || err == CS_BAD_PUBLIC_KEY ? CS_ATT_PROOF_INVALID : err;
}

/* The quoting enclave vouches for the attestation key: its hash is in the report that the platform signed. */
static cs_err match_attestation_key(const cs_tdx_quote *q)
{
    cs_digest d = {0};
    cs_hasher *h = NULL;
    cs_err err = cs_hasher_new(&h, CS_SHA256);
    if (err == CS_OK)
        err = cs_hasher_add(h, q->attestation_key);
    if (err == CS_OK)
        err = cs_hasher_add(h, q->qe_auth);
    if (err == CS_OK)
        err = cs_hasher_end(h, &d);
    cs_hasher_free(h);
    if (err != CS_OK)
        return err;
    cs_slice hash = cs_slice_sub(q->qe.report_data, 0, CS_SHA256_LEN);
    cs_slice rest = cs_slice_sub(q->qe.report_data, CS_SHA256_LEN, q->qe.report_data.n);
    return cs_slice_eq(hash, cs_digest_slice(&d)) && cs_slice_all_zero(rest) ? CS_OK : CS_ATT_REPORT_MISMATCH;
}

static cs_err match_quoting_enclave(const cs_tdx_qe *qe)
{
    uint8_t flags = qe->attributes.p[0];
    bool intels = cs_slice_eq(qe->mrsigner, CS_ARRAY(qe_signer)) && qe->product_id == QE_PRODUCT;
    return intels && (flags & SGX_INIT) != 0 && (flags & SGX_DEBUG) == 0 ? CS_OK : CS_ATT_REPORT_MISMATCH;
}

static cs_err verify_quote(const cs_tdx_quote *q, const cs_cert *pck)
{
    cs_pubkey *key = NULL;
    cs_err err =
        signature_of(cs_pubkey_verify(cs_cert_public_key(pck), CS_SCHEME_ES256_RAW, q->qe_report, q->qe_signature));
    if (err == CS_OK)
        err = signature_of(cs_pubkey_from_ec_point(&key, CS_P256, q->attestation_key));
    if (err == CS_OK)
        err = signature_of(cs_pubkey_verify(key, CS_SCHEME_ES256_RAW, q->signed_bytes, q->signature));
    cs_pubkey_free(key);
    if (err == CS_OK)
        err = match_attestation_key(q);
    return err == CS_OK ? match_quoting_enclave(&q->qe) : err;
}

/* What `allow` judges. */
struct facts {
    uint8_t mrtd[REGISTER_LEN], rtmr[CS_TDX_RTMRS][REGISTER_LEN];
    bool migratable, other_module;
    cs_err tcb; /* what the collateral says; CS_OK where there is none */
};

/* MRTD and the run-time registers in one value. */
static cs_err measure(cs_proven *out, const cs_tdx_quote *q)
{
    cs_digest d = {0};
    cs_hasher *h = NULL;
    cs_err err = cs_hasher_new(&h, CS_SHA384);
    if (err == CS_OK)
        err = cs_hasher_add(h, q->mrtd);
    for (size_t i = 0; err == CS_OK && i < CS_TDX_RTMRS; i++)
        err = cs_hasher_add(h, q->rtmr[i]);
    if (err == CS_OK)
        err = cs_hasher_end(h, &d);
    cs_hasher_free(h);
    cs_buf text = cs_buf_over(out->measurement, sizeof out->measurement);
    cs_buf_add_str(&text, PREFIX);
    cs_hex_encode(&text, cs_digest_slice(&d));
    (void)cs_buf_cstr(&text);
    return err != CS_OK ? err : text.err;
}

static cs_err keep_facts(cs_proven *out, const cs_tdx_quote *q)
{
    struct facts *f = calloc(1, sizeof *f);
    if (f == NULL)
        return CS_NO_MEMORY;
    out->facts = f;
    memcpy(f->mrtd, q->mrtd.p, REGISTER_LEN);
    for (size_t i = 0; i < CS_TDX_RTMRS; i++)
        memcpy(f->rtmr[i], q->rtmr[i].p, REGISTER_LEN);
    f->migratable = (q->attributes & CS_TDX_ATTRIBUTES_MIGRATABLE) != 0;
    f->other_module = q->seam_attributes != 0 || !cs_slice_all_zero(q->mrsigner_seam);
    out->debug = (q->attributes & CS_TDX_ATTRIBUTES_DEBUG) != 0;
    return measure(out, q);
}

/* By the collateral, as a reason that `allow` gives after its own. */
static cs_err judge_tcb(cs_proven *out, const struct rules *r, const cs_tdx_quote *q, const cs_chain *chain,
                        const cs_prove_at *at)
{
    struct facts *f = out->facts;
    if (r->collateral == NULL)
        return CS_OK;
    f->tcb = cs_tdx_collateral_judge(r->collateral, q, chain, &r->root, at);
    out->tcb_evaluated = true;
    return f->tcb == CS_OK || cs_err_class_of(f->tcb) == CS_CLASS_REFUSED ? CS_OK : f->tcb;
}

static const char *note(const struct rules *r)
{
    if (r->collateral != NULL)
        return r->rtmr.named != 0 ? NULL : NOTE_RTMR;
    return r->rtmr.named != 0 ? NOTE_TCB : NOTE_TCB_AND_RTMR;
}

static void keep_root(cs_proven *out, const cs_chain *chain)
{
    const cs_cert *root = cs_chain_at(chain, cs_chain_len(chain) - 1);
    memcpy(out->root_sha256, cs_cert_sha256(root).p, CS_SHA256_LEN);
    out->hardware = cs_vendor_root_find(CS_VENDOR_INTEL_TDX, out->root_sha256) != NULL;
}

/* A quote carries neither a nonce beside its binding nor a public key. */
static cs_err match_binding(const cs_tdx_quote *q, const cs_prove_at *at, cs_slice binding)
{
    if (at->public_key.p != NULL)
        return CS_ATT_PUBLIC_KEY_MISMATCH;
    if (binding.p != NULL && !cs_slice_eq(binding, q->report_data))
        return CS_ATT_COMMITMENT_MISMATCH;
    return at->nonce.p != NULL ? CS_ATT_NONCE_MISMATCH : CS_OK;
}

static cs_err prove(cs_proven *out, const void *rules, cs_slice evidence, const cs_prove_at *at, cs_slice binding)
{
    const struct rules *r = rules;
    cs_chain *chain = NULL;
    cs_tdx_quote q;
    *out = (cs_proven){.time = -1, .note = note(r)};
    cs_err err = form_of(cs_tdx_parse(&q, evidence));
    if (err == CS_OK)
        err = open_chain(&chain, &q, &r->root, at->chains);
    if (err == CS_OK)
        err = verify_chain(chain, &r->root, at->now);
    if (err == CS_OK)
        err = verify_quote(&q, cs_chain_at(chain, 0));
    if (err == CS_OK)
        err = match_binding(&q, at, binding);
    if (err == CS_OK)
        err = keep_facts(out, &q);
    if (err == CS_OK)
        err = judge_tcb(out, r, &q, chain, at);
    if (err == CS_OK)
        keep_root(out, chain);
    cs_chain_free(chain);
    return err;
}

static cs_err allow(const void *rules, const cs_proven *proven)
{
    const struct rules *r = rules;
    const struct facts *f = proven->facts;
    cs_slice rtmr[CS_TDX_RTMRS];
    if (r == NULL || r->mrtd.count == 0)
        return CS_ATT_ALLOWLIST_EMPTY;
    if (f == NULL)
        return CS_INTERNAL;
    if (f->migratable || f->other_module)
        return CS_ATT_PLATFORM;
    for (size_t i = 0; i < CS_TDX_RTMRS; i++)
        rtmr[i] = CS_ARRAY(f->rtmr[i]);
    if (!cs_allow_has(&r->mrtd, CS_ARRAY(f->mrtd)))
        return CS_ATT_IMAGE_NOT_ALLOWED;
    cs_err err = cs_allow_registers_judge(&r->rtmr, rtmr, CS_TDX_RTMRS);
    return err == CS_OK ? f->tcb : err;
}

/* -- describing ---------------------------------------------------------------------------------------------------- */

static void describe_attributes(cs_jw *w, const cs_tdx_quote *q)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(q->attributes >> (8 * (sizeof bytes - 1 - i)));
    cs_jw_begin(w, "tdAttributes");
    cs_jw_bool(w, "debug", (q->attributes & CS_TDX_ATTRIBUTES_DEBUG) != 0);
    cs_jw_bool(w, "migratable", (q->attributes & CS_TDX_ATTRIBUTES_MIGRATABLE) != 0);
    cs_jw_hex(w, "bits", "", CS_ARRAY(bytes));
    cs_jw_end(w);
}

static void describe_qe(cs_jw *w, const cs_tdx_qe *qe)
{
    cs_jw_begin(w, "quotingEnclave");
    cs_jw_hex(w, "mrsigner", "", qe->mrsigner);
    cs_jw_hex(w, "mrenclave", "", qe->mrenclave);
    cs_jw_int(w, "productId", qe->product_id);
    cs_jw_int(w, "svn", qe->svn);
    cs_jw_hex(w, "attributes", "", qe->attributes);
    cs_jw_hex(w, "cpuSvn", "", qe->cpu_svn);
    cs_jw_end(w);
}

static cs_err describe_chain(cs_jw *w, const cs_tdx_quote *q)
{
    cs_slice certificates[CHAIN_LEN];
    size_t n = 0;
    cs_buf ders = cs_buf_new(CS_TDX_MAX_QUOTE);
    cs_err err = cs_pem_certificates(&ders, certificates, &n, CHAIN_LEN, q->pck_chain);
    cs_jw_begin_array(w, "certificates");
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        cs_cert *cert = NULL;
        err = cs_cert_parse(&cert, certificates[i]);
        if (err == CS_OK)
            cs_cert_describe(w, NULL, cert);
        cs_cert_free(cert);
    }
    cs_jw_end_array(w);
    cs_buf_free(&ders);
    return form_of(err);
}

static cs_err describe(cs_jw *w, cs_slice evidence)
{
    cs_tdx_quote q;
    cs_err err = form_of(cs_tdx_parse(&q, evidence));
    if (err != CS_OK)
        return err;
    cs_jw_int(w, "quoteVersion", q.version);
    cs_jw_hex(w, "mrtd", PREFIX, q.mrtd);
    cs_jw_begin_array(w, "rtmr");
    for (size_t i = 0; i < CS_TDX_RTMRS; i++)
        cs_jw_hex(w, NULL, PREFIX, q.rtmr[i]);
    cs_jw_end_array(w);
    cs_jw_hex(w, "reportData", "", q.report_data);
    describe_attributes(w, &q);
    cs_jw_hex(w, "teeTcbSvn", "", q.tcb_svn);
    if (q.tcb_svn2.p != NULL) {
        cs_jw_hex(w, "teeTcbSvn2", "", q.tcb_svn2);
        cs_jw_hex(w, "mrServiceTd", "", q.mr_service_td);
    }
    cs_jw_hex(w, "mrSeam", "", q.mrseam);
    cs_jw_hex(w, "mrSignerSeam", "", q.mrsigner_seam);
    cs_jw_hex(w, "mrConfigId", "", q.mr_config_id);
    cs_jw_hex(w, "mrOwner", "", q.mr_owner);
    cs_jw_hex(w, "mrOwnerConfig", "", q.mr_owner_config);
    describe_qe(w, &q.qe);
    return describe_chain(w, &q);
}

const cs_vendor_ops cs_attest_tdx = {.operation_alg = "tdx-quote",
                                     .rules_read = rules_read,
                                     .rules_write = rules_write,
                                     .rules_free = rules_free,
                                     .root = root,
                                     .until = until,
                                     .binding = cs_binding_report_data,
                                     .prove = prove,
                                     .allow = allow,
                                     .facts_free = free,
                                     .describe = describe};
