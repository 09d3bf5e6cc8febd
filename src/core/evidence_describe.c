/* SPDX-License-Identifier: Apache-2.0 */
/* Showing what documents and evidence say. Nothing here is verified, and who shows it says so. */
#include "core/evidence.h"

#include "core/encode.h"

cs_err cs_evidence_describe(cs_buf *out, cs_vendor vendor, cs_slice evidence)
{
    const cs_vendor_ops *ops = cs_vendor_find(vendor);
    cs_jw w = cs_jw_on(out);
    if (ops == NULL)
        return CS_POLICY_VENDOR;
    if (evidence.n > CS_MAX_ATTESTATION)
        return CS_ATT_TOO_LARGE;
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "vendor", cs_vendor_name(vendor));
    cs_err err = ops->describe(&w, evidence);
    cs_jw_end(&w);
    if (err != CS_OK)
        return err == CS_NO_MEMORY ? err : CS_ATT_EVIDENCE_FORMAT;
    return out->err;
}

/* What a document is, without the evidence that a session carries in its header. */
static void write_header(cs_jw *w, cs_jobj *header)
{
    cs_jw_begin(w, "document");
    cs_jw_str(w, "alg", cs_jobj_str_opt(header, "alg", CS_MAX_NAME));
    cs_jw_str(w, "typ", cs_jobj_str_opt(header, "typ", CS_MAX_NAME));
    if (cs_jobj_has(header, "epoch")) {
        cs_jw_str(w, "epoch", cs_jobj_str_opt(header, "epoch", CS_MAX_NAME));
        cs_jw_str(w, "spki", cs_jobj_str_opt(header, "spki", CS_MAX_NAME));
    }
    cs_jw_end(w);
}

/* The evidence of a document: in its header for a session, else its third part. */
static cs_err read_evidence(cs_buf *out, cs_slice doc, cs_jobj *header)
{
    return cs_jobj_base64_opt(header, "evidence", CS_MAX_ATTESTATION, out) ? header->err : cs_attest_proof(out, doc);
}

static cs_err write_evidence(cs_jw *w, cs_slice doc, cs_jobj *header, cs_jval claims)
{
    cs_jobj o = cs_jobj_open(claims);
    cs_slice name = cs_jobj_str_opt(&o, "vendor", CS_MAX_NAME);
    for (cs_vendor v = 0; v < CS_VENDOR_COUNT; v++) {
        if (cs_vendor_find(v) == NULL || !cs_slice_is(name, cs_vendor_name(v)))
            continue;
        cs_buf evidence = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_DESCRIPTION_JSON);
        cs_err err = read_evidence(&evidence, doc, header);
        if (err == CS_OK)
            err = cs_evidence_describe(&text, v, cs_buf_slice(&evidence));
        if (err == CS_OK)
            cs_jw_raw(w, "evidence", cs_buf_slice(&text));
        cs_buf_free(&evidence);
        cs_buf_free(&text);
        return err;
    }
    cs_jw_null(w, "evidence");
    return CS_OK;
}

static cs_err describe_document(cs_buf *out, cs_slice doc)
{
    cs_json *header_json = NULL, *claims_json = NULL;
    cs_buf header = cs_buf_new(CS_MAX_ATTESTATION), claims = cs_buf_new(CS_MAX_ATTESTATION);
    cs_err err = cs_attest_header_json(&header, doc);
    if (err == CS_OK)
        err = cs_attest_payload_json(&claims, doc);
    if (err == CS_OK)
        err = cs_json_parse(&header_json, cs_buf_slice(&header), CS_MAX_ATTESTATION);
    if (err == CS_OK)
        err = cs_json_parse(&claims_json, cs_buf_slice(&claims), CS_MAX_ATTESTATION);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(header_json));
        cs_jw w = cs_jw_on(out);
        cs_jw_begin(&w, NULL);
        write_header(&w, &o);
        cs_jw_raw(&w, "claims", cs_buf_slice(&claims));
        err = write_evidence(&w, doc, &o, cs_json_root(claims_json));
        cs_jw_end(&w);
    }
    cs_json_free(header_json);
    cs_json_free(claims_json);
    cs_buf_free(&header);
    cs_buf_free(&claims);
    return err == CS_OK ? out->err : err;
}

/* Whether the header is one of ours: tokens of the vendors have three parts as well. */
static bool is_document(cs_slice bytes)
{
    bool is = false;
    cs_json *json = NULL;
    cs_buf header = cs_buf_new(CS_MAX_ATTESTATION);
    if (cs_attest_header_json(&header, bytes) == CS_OK &&
        cs_json_parse(&json, cs_buf_slice(&header), CS_MAX_ATTESTATION) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice typ = cs_jobj_str_opt(&o, "typ", CS_MAX_NAME);
        is = cs_slice_is(typ, CS_ATTEST_MOCK_TYP) || cs_slice_is(typ, CS_ATTEST_OPERATION_TYP) ||
             cs_slice_is(typ, CS_ATTEST_SESSION_TYP);
    }
    cs_json_free(json);
    cs_buf_free(&header);
    return is;
}

cs_err cs_evidence_describe_any(cs_buf *out, cs_slice bytes)
{
    const size_t from = out->n;
    if (bytes.n > CS_MAX_ATTESTATION)
        return CS_ATT_TOO_LARGE;
    if (is_document(bytes))
        return describe_document(out, bytes);
    for (cs_vendor v = 0; v < CS_VENDOR_COUNT; v++) {
        cs_err err = cs_evidence_describe(out, v, bytes);
        if (err == CS_OK || err == CS_NO_MEMORY || out->err != CS_OK)
            return err;
        out->n = from;
    }
    return CS_ATT_EVIDENCE_FORMAT;
}
