/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/kms_gcp.h"

#include <string.h>

#include "core/encode.h"
#include "core/json.h"
#include "sys/log.h"

#define POLYNOMIAL 0x82f63b78u
#define MAX_REQUEST (16u << 10)
#define MAX_PART 63     /* of a name */
#define MAX_CHECKSUM 10 /* digits */
#define BAD_REQUEST 400

uint32_t cs_kms_gcp_crc32c(cs_slice bytes)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= bytes.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (POLYNOMIAL & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* -- names of keys ------------------------------------------------------------------------------------------------- */

/* Projects of a domain are called domain.com:name. */
static bool is_name_char(uint8_t c)
{
    static const char others[] = "-_.:";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           memchr(others, c, sizeof others - 1) != NULL;
}

/* Cuts PART or PART/ off the front. */
static bool take_part(cs_slice *rest)
{
    size_t n = 0;
    while (n < rest->n && is_name_char(rest->p[n]))
        n++;
    bool ok = n > 0 && n <= MAX_PART && rest->p[0] != '.' && (n == rest->n || rest->p[n] == '/');
    *rest = cs_slice_sub(*rest, n + 1, rest->n);
    return ok;
}

bool cs_kms_gcp_is_key(cs_slice name, bool version)
{
    static const char *const folders[] = {"projects/", "locations/", "keyRings/", "cryptoKeys/", "cryptoKeyVersions/"};
    size_t count = version ? 5 : 4;
    if (name.n == 0 || name.p[name.n - 1] == '/')
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!cs_slice_starts(name, cs_slice_str(folders[i])))
            return false;
        name = cs_slice_sub(name, strlen(folders[i]), name.n);
        if (!take_part(&name))
            return false;
    }
    return name.n == 0;
}

/* -- the request --------------------------------------------------------------------------------------------------- */

static void write_checksum(cs_jw *w, const char *name, cs_slice bytes)
{
    char digits[MAX_CHECKSUM + 1];
    (void)snprintf(digits, sizeof digits, "%u", (unsigned)cs_kms_gcp_crc32c(bytes));
    cs_jw_cstr(w, name, digits); /* 64-bit numbers are texts */
}

static cs_err write_crypt(cs_buf *body, const char *name, const char *sum, cs_slice bytes, const cs_kms_request *r)
{
    uint8_t memory[CS_KMS_REST_CONTEXT];
    cs_buf context = CS_BUF_OVER(memory);
    cs_err err = cs_kms_rest_context(&context, r);
    cs_jw w = cs_jw_on(body);
    cs_jw_begin(&w, NULL);
    cs_jw_base64(&w, name, bytes);
    write_checksum(&w, sum, bytes);
    if (context.n > 0) {
        cs_jw_base64(&w, "additionalAuthenticatedData", cs_buf_slice(&context));
        write_checksum(&w, "additionalAuthenticatedDataCrc32c", cs_buf_slice(&context));
    }
    cs_jw_end(&w);
    return err == CS_OK ? body->err : err;
}

static void write_digest(cs_jw *w, const char *name, cs_slice digest)
{
    cs_jw_begin(w, "digest");
    cs_jw_base64(w, name, digest);
    cs_jw_end(w);
    write_checksum(w, "digestCrc32c", digest);
}

static cs_err write_sign(cs_buf *body, const cs_kms_request *r)
{
    cs_digest memory;
    cs_slice digest;
    cs_err err = CS_OK;
    cs_jw w = cs_jw_on(body);
    cs_jw_begin(&w, NULL);
    if (r->mu.p != NULL) {
        write_digest(&w, "externalMu", r->mu);
    } else if (r->algorithm == CS_P256) {
        err = cs_kms_rest_digest(&digest, &memory, r);
        write_digest(&w, "sha256", digest);
    } else if (r->algorithm == CS_ED25519) {
        cs_jw_base64(&w, "data", r->message);
        write_checksum(&w, "dataCrc32c", r->message);
    } else {
        cs_log(CS_LOG_WARN, NULL, CS_KMS_GCP_LABEL ": KmsSign: %s is not used there", cs_prim_name(r->algorithm));
        err = CS_PROVIDER_NOT_AVAILABLE;
    }
    cs_jw_end(&w);
    return err == CS_OK ? body->err : err;
}

cs_err cs_kms_gcp_write(cs_buf *body, const char **method, const cs_kms_request *r, cs_slice data_key)
{
    *method = "";
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
        *method = "encrypt";
        return write_crypt(body, "plaintext", "plaintextCrc32c", data_key, r);
    case CS_KMS_DECRYPT_DATA_KEY:
        *method = "decrypt";
        return write_crypt(body, "ciphertext", "ciphertextCrc32c", r->wrapped, r);
    case CS_KMS_SIGN:
        *method = "asymmetricSign";
        return write_sign(body, r);
    case CS_KMS_PUBLIC_KEY:
        return CS_OK;
    default:
        return CS_PROVIDER_NOT_AVAILABLE;
    }
}

/* -- the answer ---------------------------------------------------------------------------------------------------- */

/* Digits without zeros in front, as they are written. */
static bool is_checksum(cs_slice text, cs_slice bytes)
{
    char digits[MAX_CHECKSUM + 1];
    (void)snprintf(digits, sizeof digits, "%u", (unsigned)cs_kms_gcp_crc32c(bytes));
    return cs_slice_is(text, digits);
}

/* base64 of 1..max bytes with their checksum. */
static cs_slice read_bytes(cs_jobj *o, cs_buf *bytes, bool *again, const char *name, const char *sum, size_t max)
{
    size_t start = bytes->n;
    (void)cs_jobj_base64(o, name, max, bytes);
    cs_slice s = cs_slice_sub(cs_buf_slice(bytes), start, bytes->n), text = cs_jobj_str(o, sum, MAX_CHECKSUM);
    if (o->err == CS_OK && s.n == 0) {
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    } else if (o->err == CS_OK && !is_checksum(text, s)) {
        *again = true;
        cs_jobj_fail(o, CS_BAD_FIELD, sum);
    }
    return s;
}

/* What was sent has reached Google as it was. */
static void check_verified(cs_jobj *o, bool *again, const char *name)
{
    if (o->err == CS_OK && !cs_jobj_bool_or(o, name, false)) {
        *again = true;
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    }
}

/* The key of the question, with any version where it had none. */
static void check_name(cs_jobj *o, const cs_kms_request *r, bool any_version)
{
    cs_slice name = cs_jobj_str(o, "name", CS_MAX_KMS_KEY);
    bool same = any_version ? cs_kms_gcp_is_key(name, true) && cs_slice_starts(name, r->key_id) &&
                                  cs_slice_starts(cs_slice_sub(name, r->key_id.n, name.n), CS_LIT("/"))
                            : cs_slice_eq(name, r->key_id);
    if (!same)
        cs_jobj_fail(o, CS_BAD_FIELD, "name");
}

static void read_wrapped(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, bool *again, const cs_kms_request *r)
{
    check_name(o, r, true);
    check_verified(o, again, "verifiedPlaintextCrc32c");
    if (r->context_count > 0)
        check_verified(o, again, "verifiedAdditionalAuthenticatedDataCrc32c");
    out->wrapped = read_bytes(o, bytes, again, "ciphertext", "ciphertextCrc32c", CS_MAX_WRAPPED_DK);
}

static void read_data_key(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, bool *again)
{
    out->data_key = read_bytes(o, bytes, again, "plaintext", "plaintextCrc32c", CS_KMS_REST_KEY);
    if (o->err == CS_OK && out->data_key.n != CS_KMS_REST_KEY)
        cs_jobj_fail(o, CS_BAD_FIELD, "plaintext");
}

static void read_signature(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, bool *again, const cs_kms_request *r)
{
    check_name(o, r, false);
    bool data = r->mu.p == NULL && r->algorithm == CS_ED25519;
    check_verified(o, again, data ? "verifiedDataCrc32c" : "verifiedDigestCrc32c");
    out->signature = read_bytes(o, bytes, again, "signature", "signatureCrc32c", CS_MAX_SIGNATURE);
}

/* -- public keys --------------------------------------------------------------------------------------------------- */

/* SubjectPublicKeyInfo of ML-DSA up to the key's bytes [RFC 9881 §4], sizes and the last byte of the identifier left
 * open. */
#define MLDSA_HEAD 22
static const struct algorithm {
    const char *name;
    cs_prim prim;
    uint8_t oid; /* its last byte; 0: the key comes with what is in front of it */
} algorithms[] = {{"EC_SIGN_P256_SHA256", CS_P256, 0},
                  {"EC_SIGN_ED25519", CS_ED25519, 0},
                  {"PQ_SIGN_ML_DSA_44_EXTERNAL_MU", CS_MLDSA44, 17},
                  {"PQ_SIGN_ML_DSA_65_EXTERNAL_MU", CS_MLDSA65, 18},
                  {"PQ_SIGN_ML_DSA_87_EXTERNAL_MU", CS_MLDSA87, 19}};

static void write_head(cs_buf *out, const struct algorithm *a)
{
    static const uint8_t identifier[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03};
    size_t n = cs_prim_public_len(a->prim);
    cs_buf_add(out, CS_LIT("\x30\x82"));
    cs_buf_add_u16(out, (uint16_t)(n + MLDSA_HEAD - 4));
    cs_buf_add(out, CS_ARRAY(identifier));
    cs_buf_add_u8(out, a->oid);
    cs_buf_add(out, CS_LIT("\x03\x82"));
    cs_buf_add_u16(out, (uint16_t)(n + 1));
    cs_buf_add_u8(out, 0);
}

static const struct algorithm *find_algorithm(cs_slice name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (cs_slice_is(name, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

static cs_err read_public_key(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, bool *again, const cs_kms_request *r)
{
    check_name(o, r, false);
    cs_slice name = cs_jobj_str(o, "algorithm", CS_MAX_ID);
    cs_jobj key = cs_jobj_open(cs_jobj_object(o, "publicKey"));
    if (o->err != CS_OK)
        return CS_KMS_ANSWER;
    const struct algorithm *a = find_algorithm(name);
    if (a == NULL) {
        cs_log(CS_LOG_WARN, NULL,
               CS_KMS_GCP_LABEL ": KmsPublicKey: the key's algorithm is none of those used here: "
                                "P-256 with SHA-256, Ed25519, ML-DSA with EXTERNAL_MU");
        return CS_PROVIDER_NOT_AVAILABLE;
    }
    size_t start = bytes->n;
    if (a->oid != 0)
        write_head(bytes, a);
    cs_slice data = read_bytes(&key, bytes, again, "data", "crc32cChecksum", CS_MAX_KMS_PUBLIC_KEY - MLDSA_HEAD);
    if (cs_jobj_done_open(&key) != CS_OK || (a->oid != 0 && data.n != cs_prim_public_len(a->prim)))
        return CS_KMS_ANSWER;
    out->public_key = cs_slice_sub(cs_buf_slice(bytes), start, bytes->n);
    return bytes->err;
}

cs_err cs_kms_gcp_read(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_request *r, cs_slice body)
{
    cs_json *json = NULL;
    *out = (cs_kms_reply){.type = r->type};
    *again = false;
    cs_err err = cs_json_parse(&json, body, CS_MAX_KMS_ANSWER);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        if (r->type == CS_KMS_GENERATE_DATA_KEY)
            read_wrapped(out, &o, bytes, again, r);
        else if (r->type == CS_KMS_DECRYPT_DATA_KEY)
            read_data_key(out, &o, bytes, again);
        else if (r->type == CS_KMS_SIGN)
            read_signature(out, &o, bytes, again, r);
        else
            err = read_public_key(out, &o, bytes, again, r);
        if (cs_jobj_done_open(&o) != CS_OK && err == CS_OK)
            err = CS_KMS_ANSWER;
    } else if (err != CS_NO_MEMORY) {
        err = CS_KMS_ANSWER;
    }
    cs_json_free(json);
    if (err != CS_OK)
        *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    return err;
}

/* -- the call ------------------------------------------------------------------------------------------------------ */

static cs_err write_url(char url[CS_FETCH_URL], const cs_kms_gcp *k, const cs_kms_request *r, const char *method,
                        const char *format)
{
    cs_buf out = cs_buf_over(url, CS_FETCH_URL);
    const char *base = k->endpoint != NULL ? k->endpoint : CS_KMS_GCP_ENDPOINT;
    size_t n = strlen(base);
    cs_buf_add(&out, cs_slice_of(base, n - (base[n - 1] == '/')));
    cs_buf_add_str(&out, "/v1/");
    cs_buf_add(&out, r->key_id);
    if (method[0] != '\0')
        cs_buf_printf(&out, ":%s", method);
    else
        cs_buf_printf(&out, "/publicKey?publicKeyFormat=%s", format);
    return cs_buf_cstr(&out)[0] != '\0' ? CS_OK : CS_KMS_DENIED;
}

/* The exchange. Of which kind a key is its owner does not say: those of ML-DSA are given in one form alone, which no
 * other key has. */
static cs_err exchange(cs_fetch_answer *answer, bool *again, const cs_kms_gcp *k, const cs_kms_request *r,
                       const char *method, cs_slice body, int64_t deadline_us)
{
    char url[CS_FETCH_URL];
    const cs_kms_rest rest = {CS_KMS_GCP_LABEL, k->bearer, k->connection};
    cs_err err = write_url(url, k, r, method, "DER");
    if (err == CS_OK)
        err = cs_kms_rest_call(answer, again, &rest, url, body, r->type, deadline_us);
    if (method[0] != '\0' || answer->status != BAD_REQUEST)
        return err;
    cs_fetch_answer_free(answer);
    err = write_url(url, k, r, method, "NIST_PQC");
    return err == CS_OK ? cs_kms_rest_call(answer, again, &rest, url, body, r->type, deadline_us) : err;
}

cs_err cs_kms_gcp_call(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_gcp *k, const cs_kms_request *r,
                       int64_t deadline_us)
{
    const char *method;
    cs_slice data_key;
    cs_fetch_answer answer = {0};
    *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    *again = false;
    cs_err err = cs_kms_rest_check(CS_KMS_GCP_LABEL, r);
    if (err == CS_OK && !cs_kms_gcp_is_key(r->key_id, r->type == CS_KMS_SIGN || r->type == CS_KMS_PUBLIC_KEY)) {
        cs_log(CS_LOG_WARN, NULL, CS_KMS_GCP_LABEL ": %s: the key's name is none of this use",
               cs_kms_type_name(r->type));
        return CS_KMS_DENIED;
    }
    cs_buf body = cs_buf_new_wiped(MAX_REQUEST);
    if (err == CS_OK)
        err = cs_kms_rest_data_key(&data_key, bytes);
    if (err == CS_OK)
        err = cs_kms_gcp_write(&body, &method, r, data_key);
    if (err == CS_OK)
        err = exchange(&answer, again, k, r, method, method[0] != '\0' ? cs_buf_slice(&body) : CS_ABSENT, deadline_us);
    if (err == CS_OK) {
        err = cs_kms_gcp_read(out, bytes, again, r, cs_buf_slice(&answer.body));
        if (err != CS_OK)
            cs_log(CS_LOG_ERROR, NULL, CS_KMS_GCP_LABEL ": %s: %s (request %s)", cs_kms_type_name(r->type),
                   cs_err_name(err), answer.request_id[0] != '\0' ? answer.request_id : "-");
        else if (r->type == CS_KMS_GENERATE_DATA_KEY)
            out->data_key = data_key;
    }
    cs_fetch_answer_free(&answer);
    cs_buf_free(&body);
    return err;
}
