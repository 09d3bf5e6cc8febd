/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/result.h"

#include "core/encode.h"
#include "sys/file.h"

static const char *const signature_names[] = {"signature", "signatureB64", "signatureBase64"};

/* The signature under whichever of its names; different ones are a contradiction. */
static void read_signature(cs_result *r, cs_jobj *o)
{
    for (size_t i = 0; i < sizeof signature_names / sizeof signature_names[0]; i++) {
        cs_buf again = cs_buf_new(CS_MAX_SIGNATURE);
        if (cs_jobj_base64_opt(o, signature_names[i], CS_MAX_SIGNATURE, &again)) {
            if (r->signature.n == 0)
                cs_buf_add(&r->signature, cs_buf_slice(&again));
            if (!cs_slice_eq(cs_buf_slice(&r->signature), cs_buf_slice(&again)))
                cs_jobj_fail(o, CS_BAD_FIELD, signature_names[i]);
        }
        cs_buf_free(&again);
    }
    if (r->signature.n == 0)
        cs_jobj_fail(o, CS_MISSING_FIELD, "signature");
}

static cs_err read_attestation(cs_result *r, cs_fault *fault, cs_jval v)
{
    if (v.v == NULL)
        return CS_OK;
    cs_jobj o = cs_jobj_open(v);
    (void)cs_jobj_base64(&o, "docB64", CS_MAX_RESULT, &r->document);
    cs_err err = cs_jobj_done_open(&o);
    return err == CS_OK ? CS_OK : cs_jobj_fault(&o, "attestation", fault);
}

static cs_jval data_of(cs_jval root)
{
    cs_jobj o = cs_jobj_open(root);
    cs_jval data = cs_jobj_has(&o, "success") ? cs_jobj_object_opt(&o, "data") : (cs_jval){NULL};
    return data.v != NULL ? data : root;
}

cs_err cs_result_parse(cs_result *out, cs_fault *fault, cs_slice text)
{
    *out = (cs_result){.signature = cs_buf_new(CS_MAX_SIGNATURE), .document = cs_buf_new(CS_MAX_RESULT)};
    cs_err err = cs_json_parse(&out->json, text, CS_MAX_RESULT);
    if (err != CS_OK)
        return cs_fault_set(fault, err, NULL);
    cs_jobj o = cs_jobj_open(data_of(cs_json_root(out->json)));
    read_signature(out, &o);
    out->key_id = cs_jobj_str_opt(&o, "keyId", CS_MAX_ID);
    out->algorithm = cs_jobj_str_opt(&o, "algorithm", CS_MAX_NAME);
    out->signature_format = cs_jobj_str_opt(&o, "signatureFormat", CS_MAX_NAME);
    out->public_key = cs_jobj_str_opt(&o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
    cs_jval attestation = cs_jobj_object_opt(&o, "attestation");
    err = cs_jobj_done_open(&o);
    if (err != CS_OK)
        return cs_jobj_fault(&o, NULL, fault);
    return read_attestation(out, fault, attestation);
}

cs_err cs_result_read(cs_result *out, cs_fault *fault, const char *path)
{
    *out = (cs_result){0};
    cs_buf text = cs_buf_new(CS_MAX_RESULT);
    cs_err err = cs_file_read(&text, path);
    err = err == CS_OK ? cs_result_parse(out, fault, cs_buf_slice(&text)) : cs_fault_set(fault, err, NULL);
    cs_buf_free(&text);
    return err;
}

void cs_result_free(cs_result *r)
{
    cs_json_free(r->json);
    cs_buf_free(&r->signature);
    cs_buf_free(&r->document);
    *r = (cs_result){0};
}
