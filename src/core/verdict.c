/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict as JSON (protocol/attestation.md §7). */
#include "core/attest.h"

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

void cs_verdict_write(cs_jw *w, const cs_verdict *verdict)
{
    /* Nothing of a document is shown before its proof verified and its claims were read. */
    bool read = verdict->proven && verdict->image_hash[0] != '\0';
    cs_jw_bool(w, "ok", verdict->reason == CS_OK);
    cs_jw_cstr(w, "reason", cs_err_name(verdict->reason));
    cs_jw_cstr(w, "vendor", cs_vendor_name(verdict->vendor));
    cs_jw_cstr(w, "evidence", cs_evidence_name(verdict->evidence));
    if (read) {
        cs_jw_cstr(w, "imageHash", verdict->image_hash);
        cs_jw_int(w, "counter", verdict->counter);
    } else {
        cs_jw_null(w, "imageHash");
        cs_jw_null(w, "counter");
    }
    cs_jw_hex(w, "rootSha256", "sha256:", CS_ARRAY(verdict->root_sha256));
    cs_jw_bool(w, "hardware", verdict->hardware);
    if (verdict->stored)
        cs_jw_cstr(w, "datedBy", verdict->witnessed ? "witness" : "none");
    if (read)
        write_claims(w, verdict);
    else
        cs_jw_null(w, "claims");
}
