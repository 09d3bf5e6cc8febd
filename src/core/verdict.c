/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict: what can be said before anything was judged, and its JSON (protocol/attestation.md §7). */
#include <string.h>

#include "core/evidence.h"

static cs_err root_of_mock(uint8_t out[CS_SHA256_LEN], const cs_policy *policy)
{
    uint8_t bytes[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(bytes);
    cs_digest d;
    cs_policy_root_spki(&spki, CS_ARRAY(policy->match.mock.root_public_key));
    cs_err err = cs_hash(&d, CS_SHA256, cs_buf_slice(&spki));
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    return err;
}

cs_err cs_verdict_begin(cs_verdict *verdict, const cs_policy *policy, const cs_expect *expect)
{
    bool stored = expect->clock == CS_CLOCK_STORED;
    *verdict = (cs_verdict){.reason = CS_INTERNAL,
                            .vendor = policy->vendor,
                            .evidence = policy->evidence,
                            .development = cs_evidence_is_development(policy),
                            .stored = stored,
                            .witnessed = stored && expect->dated,
                            .evidence_time = -1};
    if (policy->vendor == CS_VENDOR_MOCK)
        return root_of_mock(verdict->root_sha256, policy);
    (void)cs_evidence_root(verdict->root_sha256, policy);
    return CS_OK;
}

void cs_verdict_show(cs_verdict *verdict, const cs_proven *proven)
{
    memcpy(verdict->root_sha256, proven->root_sha256, sizeof verdict->root_sha256);
    /* Not the vendor file's word: the root is one of the list, or it is not. */
    verdict->hardware = proven->hardware && cs_vendor_root_find(verdict->vendor, proven->root_sha256) != NULL;
    verdict->evidence_time = proven->time;
    verdict->note = proven->note;
}

const char *cs_verdict_caution(const cs_verdict *verdict)
{
    if (verdict->hardware)
        return NULL;
    return verdict->development ? "DEVELOPMENT ROOT – NOT HARDWARE" : "vouched for by the pinned keys";
}

static void write_claims(cs_jw *w, const cs_verdict *v)
{
    cs_jw_begin(w, "claims");
    cs_jw_cstr(w, "kind", cs_attest_kind_name(v->kind));
    cs_jw_cstr(w, "epoch", v->epoch);
    cs_jw_int(w, "iat", v->iat);
    cs_jw_cstr(w, "enclaveVersion", v->enclave_version);
    if (v->alg != NULL) {
        cs_jw_int(w, "keyCounter", v->key_counter);
        cs_jw_cstr(w, "keyId", v->key_id);
        cs_jw_cstr(w, "algorithm", v->alg->name);
        cs_jw_cstr(w, "signatureFormat", cs_format_name(v->format));
        cs_jw_cstr(w, "purpose", cs_attest_purpose_name(v->purpose));
    }
    cs_jw_end(w);
}

void cs_verdict_json(cs_buf *out, const cs_verdict *verdict)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_verdict_write(&w, verdict);
    cs_jw_end(&w);
}

static bool is_zero(const uint8_t hash[CS_SHA256_LEN])
{
    static const uint8_t zero[CS_SHA256_LEN];
    return memcmp(hash, zero, sizeof zero) == 0;
}

void cs_verdict_write(cs_jw *w, const cs_verdict *verdict)
{
    /* Nothing of a document is shown before its proof verified and its claims were read. */
    bool read = verdict->proven && verdict->image_hash[0] != '\0';
    cs_jw_bool(w, "ok", verdict->reason == CS_OK);
    cs_jw_cstr(w, "reason", cs_err_name(verdict->reason));
    cs_jw_cstr(w, "vendor", cs_vendor_name(verdict->vendor));
    cs_jw_cstr(w, "evidence", verdict->raw ? "raw" : cs_evidence_name(verdict->evidence));
    cs_jw_str(w, "imageHash", read ? cs_slice_str(verdict->image_hash) : CS_ABSENT);
    if (read && !verdict->raw)
        cs_jw_int(w, "counter", verdict->counter);
    else
        cs_jw_null(w, "counter");
    if (is_zero(verdict->root_sha256))
        cs_jw_null(w, "rootSha256");
    else
        cs_jw_hex(w, "rootSha256", "sha256:", CS_ARRAY(verdict->root_sha256));
    cs_jw_bool(w, "hardware", verdict->hardware);
    if (verdict->evidence_time >= 0)
        cs_jw_int(w, "evidenceTime", verdict->evidence_time);
    if (verdict->note != NULL)
        cs_jw_cstr(w, "note", verdict->note);
    if (verdict->stored)
        cs_jw_cstr(w, "datedBy", verdict->witnessed ? "witness" : "none");
    if (read && !verdict->raw)
        write_claims(w, verdict);
    else
        cs_jw_null(w, "claims");
}
