/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kms_frame.h"

#define MU_LEN 64 /* [FIPS 204 §6.2] */
#define DATA_KEY_LEN CS_AEAD_KEY
#define MAX_DESCRIPTION 256

static const char *const names[CS_KMS_COUNT] = {
    [CS_KMS_GENERATE_DATA_KEY] = "KmsGenerateDataKey",
    [CS_KMS_DECRYPT_DATA_KEY] = "KmsDecryptDataKey",
    [CS_KMS_SIGN] = "KmsSign",
    [CS_KMS_PUBLIC_KEY] = "KmsPublicKey",
    [CS_KMS_CREATE_KEY] = "KmsCreateKey",
    [CS_KMS_TUNNEL] = "KmsTunnel",
    [CS_KMS_TUNNEL_SEND] = "KmsTunnelSend",
    [CS_KMS_TUNNEL_RECEIVE] = "KmsTunnelReceive",
};

const char *cs_kms_type_name(cs_kms_type t)
{
    return (unsigned)t < CS_KMS_COUNT ? names[t] : "";
}

static bool type_by_name(cs_kms_type *type, cs_slice name)
{
    for (unsigned t = 0; t < CS_KMS_COUNT; t++) {
        if (cs_slice_is(name, names[t])) {
            *type = (cs_kms_type)t;
            return true;
        }
    }
    return false;
}

bool cs_kms_is_request(cs_slice json)
{
    return cs_slice_starts(json, CS_LIT("{\"type\":\"Kms"));
}

/* Writing. */

static bool is_context_name(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_'))
            return false;
    return s.n > 0 && s.n <= CS_MAX_ID;
}

static cs_err write_data_key(cs_jw *w, const cs_kms_request *r)
{
    if (r->context_count > CS_MAX_KMS_CONTEXT)
        return CS_TOO_LARGE;
    cs_jw_begin(w, "encryptionContext");
    for (size_t i = 0; i < r->context_count; i++) {
        char name[CS_MAX_ID + 1];
        if (!is_context_name(r->context[i].name))
            return CS_BAD_FIELD;
        cs_err err = cs_slice_to_cstr(name, sizeof name, r->context[i].name);
        if (err != CS_OK)
            return err;
        cs_jw_str(w, name, r->context[i].value);
    }
    cs_jw_end(w);
    cs_framing_put_opt(w, "recipient", r->recipient);
    if (r->type == CS_KMS_DECRYPT_DATA_KEY)
        cs_jw_base64(w, "wrappedDk", r->wrapped);
    return CS_OK;
}

static cs_err write_members(cs_jw *w, const cs_kms_request *r)
{
    if (r->type <= CS_KMS_PUBLIC_KEY) {
        cs_jw_str(w, "provider", r->provider);
        cs_jw_str(w, "keyId", r->key_id);
    }
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
    case CS_KMS_DECRYPT_DATA_KEY:
        return write_data_key(w, r);
    case CS_KMS_SIGN:
        cs_jw_cstr(w, "algorithm", cs_prim_name(r->algorithm));
        cs_framing_put_opt(w, "message", r->message);
        cs_framing_put_opt(w, "digest", r->digest);
        cs_framing_put_opt(w, "mu", r->mu);
        return CS_OK;
    case CS_KMS_PUBLIC_KEY:
        return CS_OK;
    case CS_KMS_CREATE_KEY:
        cs_jw_str(w, "provider", r->provider);
        cs_jw_str(w, "region", r->region);
        cs_jw_cstr(w, "algorithm", cs_prim_name(r->algorithm));
        cs_jw_str(w, "description", r->description);
        return CS_OK;
    case CS_KMS_TUNNEL:
        cs_jw_str(w, "host", r->host);
        return CS_OK;
    case CS_KMS_TUNNEL_SEND:
        cs_jw_base64(w, "bytes", r->bytes);
        return CS_OK;
    case CS_KMS_TUNNEL_RECEIVE:
        cs_jw_int(w, "max", (int64_t)r->max);
        return CS_OK;
    default:
        return CS_FRAME_TYPE;
    }
}

cs_err cs_kms_request_write(cs_buf *out, const cs_kms_request *r)
{
    size_t start;
    cs_jw w = cs_framing_begin(out, &start, cs_kms_type_name(r->type));
    cs_err err = write_members(&w, r);
    if (err == CS_OK)
        return cs_framing_end(&w, start);
    out->n = start;
    return err;
}

cs_err cs_kms_reply_write(cs_buf *out, const cs_kms_reply *r)
{
    size_t start;
    cs_jw w = cs_framing_begin(out, &start, cs_kms_type_name(r->type));
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
    case CS_KMS_DECRYPT_DATA_KEY:
        cs_framing_put_opt(&w, "ciphertextForRecipient", r->for_recipient);
        cs_framing_put_opt(&w, "dataKey", r->data_key);
        if (r->type == CS_KMS_GENERATE_DATA_KEY)
            cs_jw_base64(&w, "wrappedDk", r->wrapped);
        break;
    case CS_KMS_SIGN:
        cs_jw_base64(&w, "signature", r->signature);
        break;
    case CS_KMS_PUBLIC_KEY:
        cs_jw_base64(&w, "publicKey", r->public_key);
        break;
    case CS_KMS_CREATE_KEY:
        cs_jw_str(&w, "keyId", r->key_id);
        break;
    case CS_KMS_TUNNEL:
        cs_jw_str(&w, "accessKeyId", r->access_key_id);
        cs_jw_str(&w, "secretAccessKey", r->secret_access_key);
        if (r->session_token.p != NULL)
            cs_jw_str(&w, "sessionToken", r->session_token);
        cs_jw_str(&w, "region", r->region);
        break;
    case CS_KMS_TUNNEL_SEND:
        break;
    case CS_KMS_TUNNEL_RECEIVE:
        cs_jw_base64(&w, "bytes", r->bytes);
        break;
    default:
        out->n = start;
        return CS_FRAME_TYPE;
    }
    return cs_framing_end(&w, start);
}

/* Reading. */

/* Names that the JSON door has found to differ. */
static void read_context(cs_framing *f, cs_kms_request *r)
{
    cs_jval context = cs_jobj_object(&f->o, "encryptionContext");
    size_t count = cs_jval_members(context);
    if (count > CS_MAX_KMS_CONTEXT) {
        cs_jobj_fail(&f->o, CS_TOO_LARGE, "encryptionContext");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        cs_kms_pair *p = &r->context[i];
        p->value = cs_jval_str(cs_jval_member(&p->name, context, i));
        if (!is_context_name(p->name) || p->value.n == 0 || p->value.n > CS_MAX_USER_ID)
            cs_jobj_fail(&f->o, CS_BAD_FIELD, "encryptionContext");
    }
    r->context_count = count;
}

static void read_algorithm(cs_framing *f, cs_kms_request *r)
{
    cs_slice name = cs_jobj_str(&f->o, "algorithm", CS_MAX_ID);
    for (int p = CS_PRIM_NONE + 1; p < CS_PRIM_COUNT; p++)
        if (cs_slice_is(name, cs_prim_name((cs_prim)p)))
            r->algorithm = (cs_prim)p;
    if (r->algorithm == CS_PRIM_NONE)
        cs_jobj_fail(&f->o, CS_UNKNOWN_ALGORITHM, "algorithm");
}

static void read_sign(cs_framing *f, cs_kms_request *r)
{
    read_algorithm(f, r);
    bool message = cs_jobj_has(&f->o, "message"), digest = cs_jobj_has(&f->o, "digest"), mu = cs_jobj_has(&f->o, "mu");
    size_t digest_len = r->algorithm == CS_P384 ? cs_hash_len(CS_SHA384) : CS_SHA256_LEN;
    if (message + digest + mu != 1)
        cs_jobj_fail(&f->o, message || mu || digest ? CS_BAD_FIELD : CS_MISSING_FIELD, "message");
    else if (message)
        r->message = cs_framing_bytes(f, &f->o, "message", 0, CS_MAX_KMS_MESSAGE);
    else if (digest)
        r->digest = cs_framing_bytes(f, &f->o, "digest", digest_len, digest_len);
    else
        r->mu = cs_framing_bytes(f, &f->o, "mu", MU_LEN, MU_LEN);
    if (mu && !cs_prim_is_mldsa(r->algorithm))
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "mu");
    if (digest && !cs_prim_is_ecdsa(r->algorithm))
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "digest");
}

static void read_request_members(cs_framing *f, cs_kms_request *r)
{
    if (r->type <= CS_KMS_PUBLIC_KEY) {
        r->provider = cs_framing_name(&f->o, "provider", CS_MAX_ID);
        r->key_id = cs_framing_name(&f->o, "keyId", CS_MAX_KMS_KEY);
    }
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
    case CS_KMS_DECRYPT_DATA_KEY:
        read_context(f, r);
        r->recipient = cs_framing_bytes_opt(f, &f->o, "recipient", 1, CS_MAX_COSE);
        if (r->type == CS_KMS_DECRYPT_DATA_KEY)
            r->wrapped = cs_framing_bytes(f, &f->o, "wrappedDk", 1, CS_MAX_WRAPPED_DK);
        break;
    case CS_KMS_SIGN:
        read_sign(f, r);
        break;
    case CS_KMS_CREATE_KEY:
        r->provider = cs_framing_name(&f->o, "provider", CS_MAX_ID);
        r->region = cs_framing_name(&f->o, "region", CS_MAX_ID);
        r->description = cs_framing_name(&f->o, "description", MAX_DESCRIPTION);
        read_algorithm(f, r);
        break;
    case CS_KMS_TUNNEL:
        r->host = cs_framing_name(&f->o, "host", CS_MAX_KMS_HOST);
        break;
    case CS_KMS_TUNNEL_SEND:
        r->bytes = cs_framing_bytes(f, &f->o, "bytes", 1, CS_MAX_TUNNEL_BYTES);
        break;
    case CS_KMS_TUNNEL_RECEIVE:
        r->max = (size_t)cs_jobj_int(&f->o, "max", 1, CS_MAX_TUNNEL_BYTES);
        break;
    default:
        break;
    }
}

cs_err cs_kms_request_read(cs_kms_request *r, cs_frame_in *in, cs_slice json)
{
    cs_framing f;
    *r = (cs_kms_request){.type = CS_KMS_COUNT};
    cs_err err = cs_framing_open(&f, in, json);
    if (err != CS_OK)
        return err;
    if (!type_by_name(&r->type, f.type))
        return CS_FRAME_TYPE;
    read_request_members(&f, r);
    return cs_jobj_done(&f.o);
}

/* The agent chooses among what a KMS can say; it has no word in what the enclave says of itself. */
static cs_err read_error(cs_framing *f)
{
    cs_err err = cs_framing_code(&f->o);
    switch (err) {
    case CS_FRAME_TYPE:
    case CS_KMS_DENIED:
    case CS_KMS_PLAINTEXT:
    case CS_PROVIDER_NOT_AVAILABLE:
        return err;
    default:
        return CS_KMS_UNAVAILABLE;
    }
}

static void read_data_key(cs_framing *f, cs_kms_reply *r)
{
    cs_jobj *o = &f->o;
    bool sealed = cs_jobj_has(o, "ciphertextForRecipient"), clear = cs_jobj_has(o, "dataKey");
    if (sealed == clear)
        cs_jobj_fail(o, clear ? CS_BAD_FIELD : CS_MISSING_FIELD, "ciphertextForRecipient");
    else if (sealed)
        r->for_recipient = cs_framing_bytes(f, o, "ciphertextForRecipient", 1, CS_MAX_CMS);
    else
        r->data_key = cs_framing_bytes(f, o, "dataKey", DATA_KEY_LEN, DATA_KEY_LEN);
    if (r->type == CS_KMS_GENERATE_DATA_KEY)
        r->wrapped = cs_framing_bytes(f, o, "wrappedDk", 1, CS_MAX_WRAPPED_DK);
}

static void read_reply_members(cs_framing *f, cs_kms_reply *r)
{
    cs_jobj *o = &f->o;
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
    case CS_KMS_DECRYPT_DATA_KEY:
        read_data_key(f, r);
        break;
    case CS_KMS_SIGN:
        r->signature = cs_framing_bytes(f, o, "signature", 1, CS_MAX_SIGNATURE);
        break;
    case CS_KMS_PUBLIC_KEY:
        r->public_key = cs_framing_bytes(f, o, "publicKey", 1, CS_MAX_KMS_PUBLIC_KEY);
        break;
    case CS_KMS_CREATE_KEY:
        r->key_id = cs_framing_name(o, "keyId", CS_MAX_KMS_KEY);
        break;
    case CS_KMS_TUNNEL:
        r->access_key_id = cs_framing_name(o, "accessKeyId", CS_MAX_NAME);
        r->secret_access_key = cs_framing_name(o, "secretAccessKey", CS_MAX_NAME);
        if (cs_jobj_has(o, "sessionToken"))
            r->session_token = cs_framing_name(o, "sessionToken", CS_MAX_SESSION_TOKEN);
        r->region = cs_framing_name(o, "region", CS_MAX_ID);
        break;
    case CS_KMS_TUNNEL_RECEIVE:
        r->bytes = cs_framing_bytes(f, o, "bytes", 0, CS_MAX_TUNNEL_BYTES);
        break;
    default:
        break;
    }
}

cs_err cs_kms_reply_read(cs_kms_reply *r, cs_frame_in *in, cs_slice json, cs_kms_type expected)
{
    cs_framing f;
    *r = (cs_kms_reply){.type = CS_KMS_COUNT};
    cs_err err = cs_framing_open(&f, in, json);
    if (err != CS_OK)
        return err;
    in->bytes.wiped = true; /* there may be a data key among them */
    if (cs_slice_is(f.type, "Error"))
        return read_error(&f);
    if (!type_by_name(&r->type, f.type) || r->type != expected)
        return CS_FRAME_TYPE;
    read_reply_members(&f, r);
    return cs_jobj_done(&f.o);
}
