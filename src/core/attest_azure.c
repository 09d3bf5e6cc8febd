/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attest_azure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/attest_maa.h"
#include "core/attest_snp.h"
#include "core/azure_shapes.h"
#include "core/encode.h"
#include "core/secret.h"
#include "core/tpm.h"

#define PCR_PREFIX "sha256:"
#define ID_KEY_PREFIX "sha384:"
#define ID_KEY_LEN 48

/* Digests of the keys that Microsoft identifies its paravisor with, as its own tokens have named them (claim
 * x-ms-sevsnpvm-idkeydigest) since 2023 and in 2026. */
static const uint8_t id_keys[][ID_KEY_LEN] = {
    {0x03, 0x56, 0x21, 0x58, 0x82, 0xa8, 0x25, 0x27, 0x9a, 0x85, 0xb3, 0x00, 0xb0, 0xb7, 0x42, 0x93,
     0x1d, 0x11, 0x3b, 0xf7, 0xe3, 0x2d, 0xde, 0x2e, 0x50, 0xff, 0xde, 0x7e, 0xc7, 0x43, 0xca, 0x49,
     0x1e, 0xcd, 0xd7, 0xf3, 0x36, 0xdc, 0x28, 0xa6, 0xe0, 0xb2, 0xbb, 0x57, 0xaf, 0x7a, 0x44, 0xa3},
    {0x94, 0x2f, 0xd9, 0x3e, 0xbd, 0xe6, 0xea, 0x7a, 0x96, 0xef, 0xad, 0xea, 0xfc, 0x60, 0xf1, 0xc6,
     0xb3, 0xd1, 0x0e, 0x70, 0x3b, 0x1d, 0xaf, 0xd7, 0x55, 0x5b, 0x92, 0xf7, 0xf3, 0xd3, 0x2d, 0x0e,
     0x00, 0x67, 0x67, 0x64, 0x8c, 0xba, 0x5b, 0x10, 0x2a, 0xf3, 0xd6, 0x57, 0x56, 0xaf, 0x41, 0x77},
};
#define ID_KEYS (sizeof id_keys / sizeof *id_keys)

/* -- rules --------------------------------------------------------------------------------------------------------- */

struct rules {
    cs_maa_rules maa;
    cs_allow_registers pcrs;
    cs_allow id_keys; /* empty: those compiled in */
    cs_root_pin root;
};

static bool takes_tokens(const struct rules *r)
{
    return r->maa.issuer_count > 0;
}

static bool takes_reports(const struct rules *r)
{
    return !takes_tokens(r) || r->root.given;
}

static void rules_free(void *rules)
{
    struct rules *r = rules;
    if (r == NULL)
        return;
    cs_maa_rules_free(&r->maa);
    cs_allow_registers_free(&r->pcrs);
    cs_allow_free(&r->id_keys);
    cs_root_pin_free(&r->root);
    free(r);
}

static cs_err rules_read(void **rules, cs_jobj *match, bool allow_mock)
{
    struct rules *r = calloc(1, sizeof *r);
    *rules = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    cs_allow_registers_read(&r->pcrs, match, "pcrs", PCR_PREFIX, CS_TPM_PCR_LEN, CS_TPM_PCRS, false);
    cs_root_pin_read(&r->root, match, "arkPem", CS_VENDOR_AZURE_CVM, allow_mock);
    cs_err err = cs_maa_rules_read(&r->maa, match, allow_mock);
    cs_allow_read(&r->id_keys, match, "idKeyDigests", ID_KEY_PREFIX, ID_KEY_LEN, true);
    if (r->id_keys.count > 0 && !takes_reports(r))
        cs_jobj_fail(match, CS_BAD_FIELD, "idKeyDigests"); /* nothing would be compared with them */
    return err;
}

static void write_id_keys(cs_jw *w, const struct rules *r)
{
    if (!takes_reports(r))
        return;
    if (r->id_keys.count > 0) {
        cs_allow_write(w, "idKeyDigests", ID_KEY_PREFIX, &r->id_keys);
        return;
    }
    cs_jw_begin_array(w, "idKeyDigests");
    for (size_t i = 0; i < ID_KEYS; i++)
        cs_jw_hex(w, NULL, ID_KEY_PREFIX, CS_ARRAY(id_keys[i]));
    cs_jw_end_array(w);
}

static void rules_write(cs_jw *w, const void *rules)
{
    const struct rules *r = rules;
    cs_root_pin_write(w, "arkPem", &r->root);
    write_id_keys(w, r);
    cs_maa_rules_write(w, &r->maa);
    cs_allow_registers_write(w, "pcrs", PCR_PREFIX, &r->pcrs);
}

/* A policy that takes both shapes is named by its keys; one foreign part makes it foreign. */
static cs_root_kind root(uint8_t sha256[CS_SHA256_LEN], const void *rules)
{
    const struct rules *r = rules;
    cs_root_kind kind = cs_root_pin_kind(sha256, &r->root);
    if (!takes_tokens(r))
        return kind;
    if (cs_jwks_sha256(sha256, r->maa.jwks) != CS_OK)
        memset(sha256, 0, CS_SHA256_LEN);
    return r->maa.foreign || kind == CS_ROOT_FOREIGN ? CS_ROOT_FOREIGN : CS_ROOT_KEYS;
}

static int64_t until(const void *rules, int64_t now)
{
    const struct rules *r = rules;
    return takes_tokens(r) ? cs_jwks_until(r->maa.jwks, now) : INT64_MAX;
}

/* -- evidence ------------------------------------------------------------------------------------------------------ */

struct evidence {
    cs_json *doc;   /* what `token` points into */
    cs_buf bytes;   /* what the other slices point into */
    cs_slice token; /* absent: a report of the hardware stands for it */
    cs_slice hcl, certificates[CS_SNP_MAX_CERTIFICATES];
    size_t certificate_count;
    cs_slice quote, signature; /* absent: a token alone */
    uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN];
    uint32_t pcrs; /* bit i: PCR i has a value */
};

static cs_err form_of(cs_err err)
{
    cs_err_class class = cs_err_class_of(err);
    return err == CS_OK || class == CS_CLASS_REFUSED || class == CS_CLASS_INTERNAL ? err : CS_ATT_EVIDENCE_FORMAT;
}

static cs_slice read_bytes(struct evidence *e, cs_jobj *o, const char *name, size_t max)
{
    size_t from = e->bytes.n;
    (void)cs_jobj_base64(o, name, max, &e->bytes);
    return cs_slice_sub(cs_buf_slice(&e->bytes), from, max);
}

static void read_pcrs(struct evidence *e, cs_jobj *o)
{
    cs_jobj values = cs_jobj_open(cs_jobj_object(o, "pcrs"));
    for (unsigned i = 0; i < CS_TPM_PCRS; i++) {
        char number[12];
        (void)snprintf(number, sizeof number, "%u", i);
        if (!cs_jobj_has(&values, number))
            continue;
        cs_slice hex = cs_jobj_str(&values, number, 2 * CS_TPM_PCR_LEN);
        cs_buf value = CS_BUF_OVER(e->pcr[i]);
        if (hex.n != 2 * CS_TPM_PCR_LEN || cs_hex_decode(&value, hex) != CS_OK)
            cs_jobj_fail(&values, CS_BAD_FIELD, NULL);
        e->pcrs |= 1u << i;
    }
    if (cs_jobj_done(&values) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, "pcrs");
}

static cs_err read_members(struct evidence *e)
{
    cs_jobj o = cs_jobj_open(cs_json_root(e->doc));
    if (cs_jobj_has(&o, "maa")) {
        e->token = cs_jobj_str(&o, "maa", CS_MAX_ATTESTATION);
    } else {
        e->hcl = read_bytes(e, &o, "hclReport", CS_HCL_MAX_REPORT);
        cs_snp_certificates_read(e->certificates, &e->certificate_count, &e->bytes, &o, "certificates");
    }
    e->quote = read_bytes(e, &o, "quote", CS_TPM_MAX_QUOTE);
    e->signature = read_bytes(e, &o, "signature", CS_TPM_MAX_QUOTE);
    read_pcrs(e, &o);
    return cs_jobj_done(&o);
}

static cs_err evidence_read(struct evidence *e, cs_slice text)
{
    *e = (struct evidence){.bytes = cs_buf_new(CS_MAX_ATTESTATION)};
    if (text.n > 0 && text.p[0] != '{') {
        e->token = text;
        return CS_OK;
    }
    cs_err err = cs_json_parse(&e->doc, text, CS_MAX_ATTESTATION);
    /* Decoded bytes are fewer than the text's, so the buffer does not move. */
    if (err == CS_OK && cs_buf_reserve(&e->bytes, text.n) == NULL)
        err = e->bytes.err;
    return form_of(err == CS_OK ? read_members(e) : err);
}

static void evidence_free(struct evidence *e)
{
    cs_json_free(e->doc);
    cs_buf_free(&e->bytes);
}

/* -- proof --------------------------------------------------------------------------------------------------------- */

/* What `allow` judges. */
struct facts {
    cs_buf token; /* what `maa` points into */
    cs_maa maa;
    bool by_token;
    cs_snp_tcb tcb; /* from here on: of a report */
    uint64_t policy;
    uint32_t vmpl, guest_svn;
    uint8_t launch[CS_MAA_MEASUREMENT_LEN], id_key[ID_KEY_LEN];
    uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN];
    uint32_t pcrs;
};

static void facts_free(void *facts)
{
    struct facts *f = facts;
    if (f == NULL)
        return;
    cs_maa_free(&f->maa);
    cs_buf_free(&f->token);
    free(f);
}

/* Gives the key that signs quotes, borrowed from the facts. */
static cs_err prove_token(cs_proven *out, struct facts *f, const struct rules *r, const struct evidence *e,
                          const cs_prove_at *at)
{
    if (!takes_tokens(r))
        return CS_ATT_KEY_UNKNOWN;
    f->by_token = true;
    cs_buf_add(&f->token, e->token);
    if (f->token.err != CS_OK)
        return f->token.err;
    cs_err err = cs_maa_prove(&f->maa, &r->maa, cs_buf_slice(&f->token), at);
    if (err != CS_OK)
        return err;
    out->time = f->maa.times.iat;
    out->debug = f->maa.debuggable;
    out->tcb_evaluated = true;
    return cs_jwks_sha256(out->root_sha256, r->maa.jwks);
}

static const cs_hash_id runtime_hashes[] = {
    [CS_HCL_SHA256] = CS_SHA256, [CS_HCL_SHA384] = CS_SHA384, [CS_HCL_SHA512] = CS_SHA512};

/* The runtime data are the ones that the hardware's report was asked for with. */
static cs_err match_runtime(const cs_hcl_report *hcl, const cs_snp_report *report)
{
    cs_digest d;
    cs_err err = cs_hash(&d, runtime_hashes[hcl->hash], hcl->runtime);
    if (err != CS_OK)
        return err;
    cs_slice rest = cs_slice_sub(report->report_data, d.n, report->report_data.n);
    bool same = cs_slice_starts(report->report_data, cs_digest_slice(&d)) && cs_slice_all_zero(rest);
    return same ? CS_OK : CS_ATT_REPORT_MISMATCH;
}

static cs_err open_attestation_key(cs_pubkey **out, cs_slice runtime)
{
    uint8_t modulus[1024], exponent[8];
    cs_buf n = CS_BUF_OVER(modulus), e = CS_BUF_OVER(exponent);
    cs_err err = form_of(cs_hcl_attestation_key(&n, &e, runtime));
    if (err == CS_OK)
        err = cs_pubkey_from_rsa(out, cs_buf_slice(&n), cs_buf_slice(&e));
    return err == CS_BAD_PUBLIC_KEY ? CS_ATT_KEY_WEAK : err;
}

static void keep_report(cs_proven *out, struct facts *f, const cs_snp_proof *p)
{
    const cs_snp_report *r = &p->report;
    f->tcb = p->tcb;
    f->policy = r->policy;
    f->vmpl = r->vmpl;
    f->guest_svn = r->guest_svn;
    memcpy(f->launch, r->measurement.p, sizeof f->launch);
    memcpy(f->id_key, r->id_key_digest.p, sizeof f->id_key);
    out->debug = (r->policy & CS_SNP_POLICY_DEBUG) != 0;
    out->tcb_evaluated = true;
    out->hardware = cs_vendor_root_find(CS_VENDOR_AZURE_CVM, p->root_sha256) != NULL;
    memcpy(out->root_sha256, p->root_sha256, CS_SHA256_LEN);
}

/* Gives the key that signs quotes, to be freed. */
static cs_err prove_report(cs_proven *out, struct facts *f, cs_pubkey **key, const struct rules *r,
                           const struct evidence *e, const cs_prove_at *at)
{
    cs_hcl_report hcl;
    cs_snp_proof p;
    if (!takes_reports(r))
        return CS_ATT_ROOT_MISMATCH; /* the policy pins a token's issuer and no root */
    cs_err err = form_of(cs_hcl_parse(&hcl, e->hcl));
    /* A TD report is no quote: nobody but the processor that made it can verify it. */
    if (err == CS_OK && hcl.type != CS_HCL_SNP)
        err = CS_ATT_EVIDENCE_FORMAT;
    if (err == CS_OK)
        err = cs_snp_prove(&p, hcl.hardware, e->certificates, e->certificate_count, &r->root, at);
    if (err == CS_OK)
        err = match_runtime(&hcl, &p.report);
    if (err == CS_OK)
        err = open_attestation_key(key, hcl.runtime);
    if (err == CS_OK)
        keep_report(out, f, &p);
    return err;
}

static cs_err digest_pcrs(cs_digest *out, const struct evidence *e)
{
    cs_hasher *h = NULL;
    cs_err err = cs_hasher_new(&h, CS_SHA256);
    for (size_t i = 0; err == CS_OK && i < CS_TPM_PCRS; i++)
        if ((e->pcrs >> i & 1) != 0)
            err = cs_hasher_add(h, CS_ARRAY(e->pcr[i]));
    if (err == CS_OK)
        err = cs_hasher_end(h, out);
    cs_hasher_free(h);
    return err;
}

cs_err cs_azure_session_data(cs_buf *out, cs_slice binding, cs_slice token)
{
    uint8_t bytes[2 * CS_SHA256_LEN];
    cs_buf both = CS_BUF_OVER(bytes);
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, token);
    cs_buf_add(&both, binding);
    cs_buf_add(&both, cs_digest_slice(&d));
    if (err == CS_OK)
        err = both.err;
    if (err == CS_OK)
        err = cs_hash(&d, CS_SHA256, cs_buf_slice(&both));
    if (err == CS_OK)
        cs_buf_add(out, cs_digest_slice(&d));
    return err != CS_OK ? err : out->err;
}

static cs_err prove_quote(cs_proven *out, struct facts *f, const struct evidence *e, const cs_pubkey *key,
                          cs_slice *extra_data)
{
    cs_tpm_quote q;
    cs_digest d = {0};
    cs_err err = form_of(cs_tpm_quote_parse(&q, e->quote));
    if (err != CS_OK)
        return err;
    if (key == NULL)
        return CS_ATT_REPORT_MISMATCH;
    err = cs_pubkey_verify(key, CS_SCHEME_RS256, e->quote, e->signature);
    if (err == CS_OK)
        err = digest_pcrs(&d, e);
    if (err != CS_OK)
        return err == CS_BAD_SIGNATURE ? CS_ATT_PROOF_INVALID : err;
    if (e->pcrs != q.selected || !cs_slice_eq(cs_digest_slice(&d), q.pcr_digest))
        return CS_ATT_REPORT_MISMATCH;
    *extra_data = q.extra_data;
    f->pcrs = e->pcrs;
    memcpy(f->pcr, e->pcr, sizeof f->pcr);
    cs_buf text = cs_buf_over(out->measurement, sizeof out->measurement);
    cs_buf_add_str(&text, PCR_PREFIX);
    cs_hex_encode(&text, cs_digest_slice(&d));
    (void)cs_buf_cstr(&text);
    return text.err;
}

/* What the quote must hold: of a session it names the token, too. */
static cs_err match_extra_data(cs_slice extra_data, const struct evidence *e, bool session, cs_slice binding)
{
    uint8_t bytes[CS_SHA256_LEN];
    cs_buf data = CS_BUF_OVER(bytes);
    if (session && e->token.p != NULL) {
        cs_err err = cs_azure_session_data(&data, binding, e->token);
        if (err != CS_OK)
            return err;
        binding = cs_buf_slice(&data);
    }
    return cs_slice_eq(binding, extra_data) ? CS_OK : CS_ATT_COMMITMENT_MISMATCH;
}

/* A report carries no nonce beside the quote's extra data, and nothing of Azure's a public key. */
static cs_err match_binding(const struct facts *f, const struct evidence *e, cs_slice extra_data, const cs_prove_at *at,
                            cs_slice binding)
{
    cs_err err = CS_OK;
    if (at->public_key.p != NULL)
        return CS_ATT_PUBLIC_KEY_MISMATCH;
    if (binding.p != NULL && extra_data.p != NULL)
        err = match_extra_data(extra_data, e, at->session, binding);
    else if (binding.p != NULL && !cs_maa_carries(&f->maa, binding))
        err = CS_ATT_COMMITMENT_MISMATCH; /* a token alone */
    bool fresh = f->maa.nonce.p != NULL && cs_secret_eq(at->nonce, f->maa.nonce);
    return err == CS_OK && at->nonce.p != NULL && !fresh ? CS_ATT_NONCE_MISMATCH : err;
}

static cs_err prove_evidence(cs_proven *out, struct facts *f, const struct rules *r, const struct evidence *e,
                             const cs_prove_at *at, cs_slice binding)
{
    cs_pubkey *reported = NULL;
    cs_slice extra_data = CS_ABSENT; /* of a quote; a token alone has none */
    cs_err err = e->token.p != NULL ? prove_token(out, f, r, e, at) : prove_report(out, f, &reported, r, e, at);
    if (err == CS_OK && e->quote.p != NULL)
        err = prove_quote(out, f, e, reported != NULL ? reported : f->maa.ak, &extra_data);
    cs_pubkey_free(reported);
    return err == CS_OK ? match_binding(f, e, extra_data, at, binding) : err;
}

static cs_err prove(cs_proven *out, const void *rules, cs_slice evidence, const cs_prove_at *at, cs_slice binding)
{
    struct evidence e;
    struct facts *f = calloc(1, sizeof *f);
    *out = (cs_proven){.time = -1, .facts = f};
    if (f == NULL)
        return CS_NO_MEMORY;
    f->token = cs_buf_new(CS_MAX_ATTESTATION);
    cs_err err = evidence_read(&e, evidence);
    if (err == CS_OK)
        err = prove_evidence(out, f, rules, &e, at, binding);
    evidence_free(&e);
    return err;
}

/* extraData of a quote holds a hash. */
static cs_err binding(cs_buf *out, cs_slice commitment)
{
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, commitment);
    if (err == CS_OK)
        cs_buf_add(out, cs_digest_slice(&d));
    return err != CS_OK ? err : out->err;
}

/* -- allowing ------------------------------------------------------------------------------------------------------ */

static bool is_id_key(const struct rules *r, cs_slice digest)
{
    if (r->id_keys.count > 0)
        return cs_allow_has(&r->id_keys, digest);
    for (size_t i = 0; i < ID_KEYS; i++)
        if (cs_slice_eq(digest, CS_ARRAY(id_keys[i])))
            return true;
    return false;
}

/* The paravisor runs at level 0, above what it guards. */
static cs_err allow_report(const struct rules *r, const struct facts *f)
{
    const int64_t svn[CS_MAA_SVN_COUNT] = {[CS_MAA_SVN_BOOTLOADER] = f->tcb.part[CS_SNP_BOOTLOADER],
                                           [CS_MAA_SVN_TEE] = f->tcb.part[CS_SNP_TEE],
                                           [CS_MAA_SVN_SNP] = f->tcb.part[CS_SNP_SNP],
                                           [CS_MAA_SVN_MICROCODE] = f->tcb.part[CS_SNP_MICROCODE],
                                           [CS_MAA_SVN_GUEST] = f->guest_svn};
    bool fit = (f->policy & CS_SNP_POLICY_MIGRATION) == 0 && f->vmpl == 0 && is_id_key(r, CS_ARRAY(f->id_key));
    return fit ? cs_maa_allow_launch(&r->maa, CS_ARRAY(f->launch), svn) : CS_ATT_PLATFORM;
}

static cs_err allow(const void *rules, const cs_proven *proven)
{
    const struct rules *r = rules;
    const struct facts *f = proven->facts;
    cs_slice values[CS_TPM_PCRS] = {CS_ABSENT};
    if (r == NULL || r->pcrs.named == 0)
        return CS_ATT_ALLOWLIST_EMPTY;
    if (f == NULL)
        return CS_INTERNAL;
    cs_err err = f->by_token ? cs_maa_allow(&r->maa, &f->maa) : allow_report(r, f);
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < CS_TPM_PCRS; i++)
        if ((f->pcrs >> i & 1) != 0)
            values[i] = CS_ARRAY(f->pcr[i]);
    return cs_allow_registers_judge(&r->pcrs, values, CS_TPM_PCRS);
}

/* -- describing ---------------------------------------------------------------------------------------------------- */

static cs_err describe_quote(cs_jw *w, const struct evidence *e)
{
    cs_tpm_quote q;
    cs_err err = form_of(cs_tpm_quote_parse(&q, e->quote));
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "quote");
    cs_jw_hex(w, "extraData", "", q.extra_data);
    cs_jw_hex(w, "pcrDigest", PCR_PREFIX, q.pcr_digest);
    cs_jw_int(w, "clockMs", (int64_t)(q.clock & CS_JSON_INT_MAX));
    cs_jw_int(w, "resetCount", q.reset_count);
    cs_jw_int(w, "restartCount", q.restart_count);
    cs_jw_bool(w, "safe", q.safe);
    cs_jw_end(w);
    cs_jw_begin(w, "pcrs");
    for (unsigned i = 0; i < CS_TPM_PCRS; i++) {
        char number[12];
        (void)snprintf(number, sizeof number, "%u", i);
        if ((e->pcrs >> i & 1) != 0)
            cs_jw_hex(w, number, PCR_PREFIX, CS_ARRAY(e->pcr[i]));
    }
    cs_jw_end(w);
    return CS_OK;
}

/* The runtime data are shown as they stand there; their text must be one JSON value to stand in another. */
static cs_err describe_hcl(cs_jw *w, cs_slice report)
{
    cs_hcl_report hcl;
    cs_json *runtime = NULL;
    cs_err err = form_of(cs_hcl_parse(&hcl, report));
    if (err == CS_OK)
        err = form_of(cs_json_parse(&runtime, hcl.runtime, CS_HCL_MAX_REPORT));
    if (err == CS_OK) {
        cs_jw_cstr(w, "hardware", hcl.type == CS_HCL_SNP ? "AMD SEV-SNP" : "Intel TDX");
        cs_jw_raw(w, "runtime", hcl.runtime);
    }
    if (err == CS_OK && hcl.type == CS_HCL_SNP) {
        cs_jw_begin(w, "report");
        err = cs_snp_describe(w, hcl.hardware, CS_SNP_UNKNOWN);
        cs_jw_end(w);
    }
    cs_json_free(runtime);
    return err;
}

static cs_err describe_evidence(cs_jw *w, const struct evidence *e)
{
    cs_err err;
    if (e->token.p != NULL) {
        cs_jw_begin(w, "token");
        err = cs_maa_describe(w, e->token);
        cs_jw_end(w);
    } else {
        err = describe_hcl(w, e->hcl);
        if (err == CS_OK)
            err = cs_snp_certificates_describe(w, e->certificates, e->certificate_count);
    }
    return err == CS_OK && e->quote.p != NULL ? describe_quote(w, e) : err;
}

static cs_err describe_other_shape(cs_jw *w, cs_slice text)
{
    cs_azure_parts p;
    struct evidence e = {.bytes = cs_buf_new(0)};
    cs_err err = form_of(cs_azure_parts_read(&p, text));
    if (err == CS_OK) {
        e.hcl = p.hcl;
        e.certificates[e.certificate_count++] = p.vcek;
        e.quote = p.quote;
        e.signature = p.signature;
        memcpy(e.pcr, p.pcr, sizeof e.pcr);
        e.pcrs = (1u << CS_TPM_PCRS) - 1;
        err = describe_evidence(w, &e);
    }
    cs_azure_parts_free(&p);
    return err;
}

/* Evidence as the header says, a token alone, the bare report of the paravisor, or one of the shapes of others. */
static cs_err describe(cs_jw *w, cs_slice evidence)
{
    struct evidence e;
    if (cs_slice_starts(evidence, CS_LIT("HCLA")))
        return describe_hcl(w, evidence);
    cs_err err = evidence_read(&e, evidence);
    if (err == CS_OK)
        err = describe_evidence(w, &e);
    else if (err == CS_ATT_EVIDENCE_FORMAT)
        err = describe_other_shape(w, evidence);
    evidence_free(&e);
    return err;
}

/* A report has no time. */
static bool sessions(const void *rules)
{
    return rules == NULL || takes_tokens(rules);
}

const cs_vendor_ops cs_attest_azure = {.operation_alg = "maa-tpm",
                                       .sessions = sessions,
                                       .rules_read = rules_read,
                                       .rules_write = rules_write,
                                       .rules_free = rules_free,
                                       .root = root,
                                       .until = until,
                                       .binding = binding,
                                       .prove = prove,
                                       .allow = allow,
                                       .facts_free = facts_free,
                                       .describe = describe};
