/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/kms_azure.h"

#include <string.h>

#include "core/encode.h"
#include "core/json.h"
#include "sys/log.h"

#define VERSION "7.4"
#define SCHEME CS_LIT("https://")
#define KEYS CS_LIT("/keys/")
#define KEY_MAX 127
#define KEY_VERSION_LEN 32
#define MAX_REQUEST (16u << 10)
#define COORDINATE 32
#define WRAPPED_LEN (CS_KMS_REST_KEY + CS_SHA256_LEN)

/* -- names of keys ------------------------------------------------------------------------------------------------- */

static bool is_key_name(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return s.n > 0 && s.n <= KEY_MAX;
}

static bool is_key_version(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'f') || (s.p[i] >= '0' && s.p[i] <= '9')))
            return false;
    return s.n == KEY_VERSION_LEN;
}

static bool is_path(cs_slice path)
{
    if (!cs_slice_starts(path, KEYS))
        return false;
    cs_slice rest = cs_slice_sub(path, KEYS.n, path.n);
    const uint8_t *slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;
    return slash != NULL && is_key_name(cs_slice_of(rest.p, (size_t)(slash - rest.p))) &&
           is_key_version(cs_slice_sub(rest, (size_t)(slash - rest.p) + 1, rest.n));
}

cs_err cs_kms_azure_name(cs_kms_azure_key *out, cs_slice key_id)
{
    *out = (cs_kms_azure_key){0};
    if (key_id.n > CS_MAX_KMS_KEY || !cs_slice_starts(key_id, SCHEME))
        return CS_BAD_FORMAT;
    cs_slice rest = cs_slice_sub(key_id, SCHEME.n, key_id.n);
    const uint8_t *slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;
    if (slash == NULL)
        return CS_BAD_FORMAT;
    out->host = cs_slice_of(rest.p, (size_t)(slash - rest.p));
    out->path = cs_slice_sub(rest, out->host.n, rest.n);
    out->resource = cs_azure_resource_of(out->host);
    return out->resource < CS_AZURE_RESOURCES && is_path(out->path) ? CS_OK : CS_BAD_FORMAT;
}

/* -- the request --------------------------------------------------------------------------------------------------- */

static cs_err hash_context(cs_digest *out, const cs_kms_request *r)
{
    uint8_t memory[CS_KMS_REST_CONTEXT];
    cs_buf context = CS_BUF_OVER(memory);
    cs_err err = cs_kms_rest_context(&context, r);
    return err == CS_OK ? cs_hash(out, CS_SHA256, cs_buf_slice(&context)) : err;
}

static cs_err write_value(cs_buf *body, const char *alg, cs_slice value)
{
    uint8_t memory[2 * CS_MAX_WRAPPED_DK];
    cs_buf text = CS_BUF_OVER(memory);
    cs_jw w = cs_jw_on(body);
    cs_base64url_encode(&text, value);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "alg", alg);
    cs_jw_str(&w, "value", cs_buf_slice(&text));
    cs_jw_end(&w);
    cs_wipe(memory, sizeof memory);
    return text.err == CS_OK ? body->err : text.err;
}

static cs_err write_wrap(cs_buf *body, const cs_kms_request *r, cs_slice data_key)
{
    uint8_t memory[WRAPPED_LEN];
    cs_buf plain = CS_BUF_OVER(memory);
    cs_digest context;
    cs_err err = hash_context(&context, r);
    cs_buf_add(&plain, data_key);
    cs_buf_add(&plain, cs_digest_slice(&context));
    if (err == CS_OK)
        err = plain.err;
    if (err == CS_OK)
        err = write_value(body, "RSA-OAEP-256", cs_buf_slice(&plain));
    cs_wipe(memory, sizeof memory);
    return err;
}

static cs_err write_sign(cs_buf *body, const cs_kms_request *r)
{
    cs_digest memory;
    cs_slice digest;
    if (r->algorithm != CS_P256) {
        cs_log(CS_LOG_WARN, NULL,
               CS_KMS_AZURE_LABEL ": KmsSign: there are no %s keys, neither in Key Vault nor in "
                                  "Managed HSM, of those that are used here",
               cs_prim_name(r->algorithm));
        return CS_PROVIDER_NOT_AVAILABLE;
    }
    cs_err err = cs_kms_rest_digest(&digest, &memory, r);
    return err == CS_OK ? write_value(body, "ES256", digest) : err;
}

cs_err cs_kms_azure_write(cs_buf *body, const char **operation, const cs_kms_request *r, cs_slice data_key)
{
    *operation = "";
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
        *operation = "wrapkey";
        return write_wrap(body, r, data_key);
    case CS_KMS_DECRYPT_DATA_KEY:
        *operation = "unwrapkey";
        return write_value(body, "RSA-OAEP-256", r->wrapped);
    case CS_KMS_SIGN:
        *operation = "sign";
        return write_sign(body, r);
    case CS_KMS_PUBLIC_KEY:
        return CS_OK;
    default:
        return CS_PROVIDER_NOT_AVAILABLE;
    }
}

/* -- the answer ---------------------------------------------------------------------------------------------------- */

/* Names a key as the question did; only an emulator has another host. */
static bool is_same_key(cs_slice kid, const cs_kms_request *r, bool elsewhere)
{
    cs_kms_azure_key asked;
    if (!elsewhere || cs_kms_azure_name(&asked, r->key_id) != CS_OK)
        return cs_slice_eq(kid, r->key_id);
    return kid.n > asked.path.n && cs_slice_eq(cs_slice_sub(kid, kid.n - asked.path.n, kid.n), asked.path);
}

/* base64url of 1..max bytes. */
static cs_slice read_bytes(cs_jobj *o, cs_buf *bytes, const char *name, size_t max)
{
    size_t start = bytes->n;
    cs_slice text = cs_jobj_str(o, name, 2 * max);
    if (text.p != NULL && (cs_base64url_decode(bytes, text) != CS_OK || bytes->n == start || bytes->n - start > max))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return cs_slice_sub(cs_buf_slice(bytes), start, bytes->n);
}

static cs_err read_data_key(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, const cs_kms_request *r)
{
    cs_digest context;
    cs_slice plain = read_bytes(o, bytes, "value", CS_MAX_WRAPPED_DK);
    if (o->err != CS_OK || plain.n != WRAPPED_LEN)
        return CS_KMS_ANSWER;
    cs_err err = hash_context(&context, r);
    if (err == CS_OK && !cs_secret_eq(cs_slice_sub(plain, CS_KMS_REST_KEY, plain.n), cs_digest_slice(&context)))
        err = CS_KMS_DENIED;
    out->data_key = cs_slice_of(plain.p, CS_KMS_REST_KEY);
    return err;
}

/* r ‖ s becomes DER behind it. */
static cs_err read_signature(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes)
{
    cs_slice raw = read_bytes(o, bytes, "value", 2 * COORDINATE);
    size_t start = bytes->n;
    if (o->err != CS_OK || raw.n != 2 * COORDINATE || cs_ecdsa_raw_to_der(bytes, CS_P256, raw) != CS_OK)
        return CS_KMS_ANSWER;
    out->signature = cs_slice_sub(cs_buf_slice(bytes), start, bytes->n);
    return CS_OK;
}

/* The JWK of a P-256 key as SubjectPublicKeyInfo [RFC 5480 §2]. */
static cs_err read_public_key(cs_kms_reply *out, cs_jobj *key, cs_buf *bytes)
{
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                   0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    cs_slice kty = cs_jobj_str(key, "kty", CS_MAX_ID), curve = cs_jobj_str(key, "crv", CS_MAX_ID);
    size_t start = bytes->n;
    cs_buf_add(bytes, CS_ARRAY(head));
    cs_slice x = read_bytes(key, bytes, "x", COORDINATE), y = read_bytes(key, bytes, "y", COORDINATE);
    if (cs_jobj_done_open(key) != CS_OK || (!cs_slice_is(kty, "EC") && !cs_slice_is(kty, "EC-HSM")) ||
        !cs_slice_is(curve, "P-256") || x.n != COORDINATE || y.n != COORDINATE)
        return CS_KMS_ANSWER;
    out->public_key = cs_slice_sub(cs_buf_slice(bytes), start, bytes->n);
    return bytes->err;
}

static cs_err read_members(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, const cs_kms_request *r, bool elsewhere)
{
    cs_jobj key = {0};
    cs_jobj *named = o;
    if (r->type == CS_KMS_PUBLIC_KEY) {
        key = cs_jobj_open(cs_jobj_object(o, "key"));
        named = &key;
    }
    cs_slice kid = cs_jobj_str(named, "kid", CS_MAX_KMS_KEY);
    if (named->err != CS_OK || !is_same_key(kid, r, elsewhere))
        return CS_KMS_ANSWER;
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
        out->wrapped = read_bytes(o, bytes, "value", CS_MAX_WRAPPED_DK);
        return o->err == CS_OK ? CS_OK : CS_KMS_ANSWER;
    case CS_KMS_DECRYPT_DATA_KEY:
        return read_data_key(out, o, bytes, r);
    case CS_KMS_SIGN:
        return read_signature(out, o, bytes);
    default:
        return read_public_key(out, &key, bytes);
    }
}

cs_err cs_kms_azure_read(cs_kms_reply *out, cs_buf *bytes, const cs_kms_request *r, cs_slice body, bool elsewhere)
{
    cs_json *json = NULL;
    *out = (cs_kms_reply){.type = r->type};
    cs_err err = cs_json_parse(&json, body, CS_MAX_KMS_ANSWER);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        err = read_members(out, &o, bytes, r, elsewhere);
        if (err == CS_OK)
            err = cs_jobj_done_open(&o) == CS_OK ? CS_OK : CS_KMS_ANSWER;
    } else if (err != CS_NO_MEMORY) {
        err = CS_KMS_ANSWER;
    }
    cs_json_free(json);
    if (err != CS_OK)
        *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    return err;
}

/* -- the call ------------------------------------------------------------------------------------------------------ */

static cs_err write_url(char url[CS_FETCH_URL], const cs_kms_azure *k, const cs_kms_azure_key *key,
                        const char *operation)
{
    cs_buf out = cs_buf_over(url, CS_FETCH_URL);
    size_t n = k->endpoint != NULL ? strlen(k->endpoint) : 0;
    if (n > 0) {
        cs_buf_add(&out, cs_slice_of(k->endpoint, n - (k->endpoint[n - 1] == '/')));
    } else {
        cs_buf_add(&out, SCHEME);
        cs_buf_add(&out, key->host);
    }
    cs_buf_add(&out, key->path);
    cs_buf_printf(&out, "%s%s?api-version=" VERSION, operation[0] != '\0' ? "/" : "", operation);
    return cs_buf_cstr(&out)[0] != '\0' ? CS_OK : CS_KMS_DENIED;
}

cs_err cs_kms_azure_call(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_azure *k, const cs_kms_request *r,
                         int64_t deadline_us)
{
    char url[CS_FETCH_URL];
    const char *operation;
    cs_kms_azure_key key;
    cs_slice data_key;
    cs_fetch_answer answer = {0};
    *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    *again = false;
    cs_err err = cs_kms_rest_check(CS_KMS_AZURE_LABEL, r);
    if (err == CS_OK && cs_kms_azure_name(&key, r->key_id) != CS_OK) {
        cs_log(CS_LOG_WARN, NULL, CS_KMS_AZURE_LABEL ": %s: the key's name is none with a version",
               cs_kms_type_name(r->type));
        return CS_KMS_DENIED;
    }
    cs_buf body = cs_buf_new_wiped(MAX_REQUEST);
    if (err == CS_OK)
        err = cs_kms_rest_data_key(&data_key, bytes);
    if (err == CS_OK)
        err = cs_kms_azure_write(&body, &operation, r, data_key);
    if (err == CS_OK)
        err = write_url(url, k, &key, operation);
    if (err == CS_OK) {
        const cs_kms_rest rest = {CS_KMS_AZURE_LABEL, k->bearers[key.resource], k->connection};
        cs_slice sent = operation[0] != '\0' ? cs_buf_slice(&body) : CS_ABSENT;
        err = cs_kms_rest_call(&answer, again, &rest, url, sent, r->type, deadline_us);
    }
    if (err == CS_OK) {
        err = cs_kms_azure_read(out, bytes, r, cs_buf_slice(&answer.body), k->endpoint != NULL);
        if (err != CS_OK)
            cs_log(CS_LOG_ERROR, NULL, CS_KMS_AZURE_LABEL ": %s: %s (request %s)", cs_kms_type_name(r->type),
                   cs_err_name(err), answer.request_id[0] != '\0' ? answer.request_id : "-");
        else if (r->type == CS_KMS_GENERATE_DATA_KEY)
            out->data_key = data_key;
    }
    cs_fetch_answer_free(&answer);
    cs_buf_free(&body);
    return err;
}
