/* SPDX-License-Identifier: Apache-2.0 */
#include "core/key_record.h"

#include "core/json.h"

static cs_slice keep(cs_buf *bytes, cs_slice s)
{
    size_t from = bytes->n;
    cs_buf_add(bytes, s);
    return bytes->err == CS_OK ? cs_slice_of(bytes->p + from, s.n) : CS_ABSENT;
}

static cs_slice keep_base64(cs_buf *bytes, cs_jobj *o, const char *name, size_t max)
{
    size_t from = bytes->n;
    bool ok = cs_jobj_base64(o, name, max, bytes);
    return ok ? cs_slice_of(bytes->p + from, bytes->n - from) : CS_ABSENT;
}

static cs_err read_members(cs_key_record *out, cs_fault *fault, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    cs_buf bytes = CS_BUF_OVER(out->bytes);
    cs_birth *b = &out->birth;
    b->user_id = keep(&bytes, cs_jobj_str(&o, "user_id", CS_MAX_USER_ID));
    b->alg = cs_birth_alg(cs_jobj_str(&o, "alg", CS_MAX_ID));
    b->public_key = keep_base64(&bytes, &o, "mldsa_pubkey", CS_MAX_REGISTERED_KEY);
    b->wrapped_dk = keep_base64(&bytes, &o, "wrapped_dk", CS_MAX_WRAPPED_DK);
    b->kms_key_arn = keep(&bytes, cs_jobj_str(&o, "kms_key_arn", CS_MAX_KMS_KEY));
    b->created_at_ms = cs_jobj_int(&o, "created_at_ms", 1, CS_MAX_BIRTH_MS);
    cs_err err = cs_jobj_done(&o);
    (void)cs_jobj_fault(&o, NULL, fault);
    if (err == CS_OK && bytes.err != CS_OK)
        err = cs_fault_set(fault, bytes.err, NULL);
    return err == CS_OK ? cs_birth_check(fault, b) : err;
}

cs_err cs_key_record_parse(cs_key_record *out, cs_fault *fault, cs_slice json)
{
    cs_json *doc = NULL;
    out->birth = (cs_birth){0};
    cs_err err = cs_json_parse(&doc, json, CS_MAX_KEY_RECORD);
    if (err == CS_OK)
        err = read_members(out, fault, cs_json_root(doc));
    else
        (void)cs_fault_set(fault, err, NULL);
    cs_json_free(doc);
    if (err != CS_OK)
        out->birth = (cs_birth){0};
    return err;
}

cs_err cs_key_record_write(cs_buf *out, const cs_birth *birth)
{
    cs_jw w = cs_jw_on(out);
    cs_err err = cs_birth_check(NULL, birth);
    if (err != CS_OK)
        return err;
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "user_id", birth->user_id);
    cs_jw_cstr(&w, "alg", cs_prim_name(birth->alg));
    cs_jw_base64(&w, "mldsa_pubkey", birth->public_key);
    cs_jw_base64(&w, "wrapped_dk", birth->wrapped_dk);
    cs_jw_str(&w, "kms_key_arn", birth->kms_key_arn);
    cs_jw_int(&w, "created_at_ms", birth->created_at_ms);
    cs_jw_end(&w);
    return out->err;
}
