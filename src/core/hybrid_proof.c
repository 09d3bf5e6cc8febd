/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hybrid_proof.h"

#include <string.h>

#include "core/clock.h"

#define MAX_ATTESTATION_TEXT (2u << 20)
#define MAX_TIME 32

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* What was asked for stands in `data`; the rest of the answer is about the answer. */
static cs_jobj open_data(const cs_json *json)
{
    cs_jobj whole = cs_jobj_open(cs_json_root(json));
    if (whole.err != CS_OK || !cs_jobj_has(&whole, "data"))
        return whole;
    return cs_jobj_open(cs_jobj_object(&whole, "data"));
}

static cs_err read_members(cs_hybrid_proof *out, cs_fault *fault, cs_jobj *o)
{
    cs_err err = cs_hybrid_read(&out->pair, fault, o);
    if (err != CS_OK)
        return err;
    out->record = cs_jobj_str(o, "record", CS_MAX_HYBRID_RECORD);
    if (!cs_jobj_is_null(o, "metadataText"))
        out->metadata = cs_jobj_str_opt(o, "metadataText", CS_MAX_METADATA);
    return cs_jobj_done_open(o) == CS_OK ? CS_OK : cs_jobj_fault(o, NULL, fault);
}

cs_err cs_hybrid_proof_parse(cs_hybrid_proof *out, cs_fault *fault, cs_slice text)
{
    *out = (cs_hybrid_proof){.json = NULL};
    cs_err err = cs_fault_set(fault, cs_json_parse(&out->json, text, MAX_ATTESTATION_TEXT), NULL);
    if (err == CS_OK) {
        cs_jobj o = open_data(out->json);
        err = read_members(out, fault, &o);
    }
    if (err != CS_OK)
        cs_hybrid_proof_free(out);
    if (err == CS_OK || err == CS_NO_MEMORY)
        return err;
    if (fault != NULL)
        fault->err = CS_HYBRID_FORMAT;
    return CS_HYBRID_FORMAT;
}

void cs_hybrid_proof_free(cs_hybrid_proof *p)
{
    cs_hybrid_free(&p->pair);
    cs_json_free(p->json);
    *p = (cs_hybrid_proof){.json = NULL};
}

/* -- judging ------------------------------------------------------------------------------------------------------- */

/* What the server added to the pair, out of the record. That they are what the record says follows from writing it
 * again. */
static cs_err read_facts(cs_hybrid_report *report, bool *has_metadata, cs_slice record)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, record, CS_MAX_HYBRID_RECORD);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice id = cs_jobj_str(&o, "id", CS_MAX_ID), key = cs_jobj_str(&o, "pqcKeyId", CS_MAX_ID);
        cs_slice time = cs_jobj_str(&o, "createdAt", MAX_TIME);
        *has_metadata = cs_jobj_has(&o, "metadataSha256");
        err = cs_jobj_done_open(&o);
        if (err == CS_OK)
            err = cs_slice_to_cstr(report->id, sizeof report->id, id);
        if (err == CS_OK)
            err = cs_slice_to_cstr(report->pqc_key_id, sizeof report->pqc_key_id, key);
        if (err == CS_OK)
            err = cs_time_read(&report->created_ms, time);
    }
    cs_json_free(json);
    return err;
}

static cs_err check_record(cs_hybrid_report *report, const cs_hybrid_proof *p)
{
    cs_buf again = cs_buf_new(CS_MAX_HYBRID_RECORD);
    bool has_metadata = false;
    cs_digest d;
    cs_err err = read_facts(report, &has_metadata, p->record);
    cs_hybrid_facts facts = {.id = cs_slice_str(report->id),
                             .pqc_key_id = cs_slice_str(report->pqc_key_id),
                             .created_ms = report->created_ms,
                             .metadata = has_metadata ? p->metadata : CS_ABSENT};
    if (err == CS_OK && has_metadata != (p->metadata.p != NULL))
        err = CS_HYBRID_RECORD;
    if (err == CS_OK)
        err = cs_hybrid_record(&again, &p->pair, &report->pair, &facts);
    report->recorded = err == CS_OK && cs_slice_eq(cs_buf_slice(&again), p->record);
    cs_buf_free(&again);
    if (!report->recorded)
        return err == CS_NO_MEMORY || err == CS_CRYPTO ? err : CS_HYBRID_RECORD;
    err = cs_hash(&d, CS_SHA256, p->record);
    if (err == CS_OK)
        memcpy(report->record_sha256, d.b, sizeof report->record_sha256);
    return err;
}

/* The bundle over the bytes that the key of purpose hybrid must have signed. */
static cs_err check_countersignature(cs_hybrid_report *report, const cs_hybrid_proof *p, const cs_bundle *bundle,
                                     const cs_bundle_expect *pinned)
{
    cs_buf bytes = cs_buf_new(CS_MAX_HYBRID_RECORD + CS_HYBRID_PREFIX.n);
    cs_bundle_expect e = *pinned;
    cs_digest sha256, prehash;
    cs_hash_id ph = bundle->key.format == CS_FORMAT_COMPOSITE ? bundle->key.alg->ph : CS_HASH_NONE;
    cs_hybrid_countersigned(&bytes, p->record);
    cs_err err = bytes.err;
    if (err == CS_OK)
        err = cs_hash(&sha256, CS_SHA256, cs_buf_slice(&bytes));
    if (err == CS_OK && ph != CS_HASH_NONE)
        err = cs_hash(&prehash, ph, cs_buf_slice(&bytes));
    if (err == CS_OK) {
        e.payload_sha256 = cs_digest_slice(&sha256);
        e.message = (cs_message){ph != CS_HASH_NONE ? cs_digest_slice(&prehash) : cs_buf_slice(&bytes), ph};
        e.purpose = CS_PURPOSE_HYBRID;
        err = cs_bundle_verify(&report->countersignature, bundle, &e);
        report->countersigned = true;
    }
    cs_buf_free(&bytes);
    return err;
}

static cs_err check_time(const cs_hybrid_report *report, const cs_policy *policy)
{
    int64_t behind = report->created_ms / 1000 - report->countersignature.attestation.iat;
    return behind <= CS_MAX_CLOCK_SKEW_SECONDS && -behind <= policy->max_doc_age_seconds ? CS_OK : CS_HYBRID_TIME;
}

cs_err cs_hybrid_proof_verify(cs_hybrid_report *report, const cs_hybrid_proof *p, const cs_bundle *bundle,
                              const cs_bundle_expect *pinned)
{
    *report = (cs_hybrid_report){.reason = CS_INTERNAL};
    cs_err err = cs_hybrid_verify(&report->pair, &p->pair, NULL);
    if (err == CS_OK)
        err = check_record(report, p);
    if (err == CS_OK)
        err = check_countersignature(report, p, bundle, pinned);
    if (err == CS_OK)
        err = check_time(report, &pinned->pin->policy);
    report->reason = err;
    return err;
}

/* -- telling ------------------------------------------------------------------------------------------------------- */

static void write_record(cs_jw *w, const cs_hybrid_report *r)
{
    static const char *const names[] = {"id", "pqcKeyId", "createdAt", "recordSha256"};
    char text[MAX_TIME];
    cs_buf time = CS_BUF_OVER(text);
    for (size_t i = 0; !r->recorded && i < sizeof names / sizeof *names; i++)
        cs_jw_null(w, names[i]);
    if (!r->recorded)
        return;
    cs_time_write(&time, r->created_ms);
    cs_jw_cstr(w, "id", r->id);
    cs_jw_cstr(w, "pqcKeyId", r->pqc_key_id);
    cs_jw_str(w, "createdAt", cs_buf_slice(&time));
    cs_jw_hex(w, "recordSha256", "sha256:", CS_ARRAY(r->record_sha256));
}

void cs_hybrid_report_json(cs_buf *out, const cs_hybrid_report *report)
{
    const cs_hybrid_result *pair = &report->pair;
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "ok", report->reason == CS_OK);
    cs_jw_cstr(&w, "reason", cs_err_name(report->reason));
    cs_jw_bool(&w, "ecdsaValid", pair->ecdsa_valid);
    cs_jw_bool(&w, "pqcValid", pair->pqc_valid);
    cs_jw_str(&w, "ecdsaScheme", pair->ecdsa_valid ? cs_slice_str(cs_hybrid_scheme_name(pair->scheme)) : CS_ABSENT);
    cs_jw_str(&w, "signerAddress", pair->address[0] != '\0' ? cs_slice_str(pair->address) : CS_ABSENT);
    write_record(&w, report);
    if (report->countersigned) {
        cs_buf bundle = cs_buf_new(CS_MAX_BODY);
        cs_bundle_report_json(&bundle, &report->countersignature);
        cs_jw_raw(&w, "countersignature", cs_buf_slice(&bundle));
        if (bundle.err != CS_OK)
            out->err = bundle.err;
        cs_buf_free(&bundle);
    } else {
        cs_jw_null(&w, "countersignature");
    }
    cs_jw_end(&w);
}
