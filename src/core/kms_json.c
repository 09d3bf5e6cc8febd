/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kms_json.h"

#include <string.h>

#include "core/json.h"

#define ACCOUNT_DIGITS 12
#define DATA_KEY_LEN CS_AEAD_KEY

/* -- names of keys ------------------------------------------------------------------------------------------------- */

/* Cuts the part in front of the next colon off `rest`; absent if there is none. */
static cs_slice next_part(cs_slice *rest)
{
    const uint8_t *colon = rest->n > 0 ? memchr(rest->p, ':', rest->n) : NULL;
    if (colon == NULL)
        return CS_ABSENT;
    cs_slice part = cs_slice_of(rest->p, (size_t)(colon - rest->p));
    *rest = cs_slice_sub(*rest, part.n + 1, rest->n);
    return part;
}

bool cs_kms_json_is_region(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
            return false;
    return s.n > 0 && s.n <= CS_KMS_MAX_REGION;
}

static bool is_account(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n == ACCOUNT_DIGITS;
}

static bool is_resource(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
              c == '/'))
            return false;
    }
    return (cs_slice_starts(s, CS_LIT("key/")) && s.n > 4) || (cs_slice_starts(s, CS_LIT("alias/")) && s.n > 6);
}

cs_err cs_kms_json_region(char region[CS_KMS_MAX_REGION + 1], cs_slice arn)
{
    cs_slice rest = arn;
    region[0] = '\0';
    cs_slice scheme = next_part(&rest), partition = next_part(&rest), service = next_part(&rest);
    cs_slice place = next_part(&rest), account = next_part(&rest);
    bool ok = arn.n <= CS_MAX_KMS_KEY && cs_slice_is(scheme, "arn") &&
              (cs_slice_is(partition, "aws") || cs_slice_starts(partition, CS_LIT("aws-"))) &&
              cs_slice_is(service, "kms") && cs_kms_json_is_region(place) && is_account(account) && is_resource(rest);
    return ok ? cs_slice_to_cstr(region, CS_KMS_MAX_REGION + 1, place) : CS_BAD_FORMAT;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

/* Names of a context consist of a-z and _ (core/kms_frame.h). */
static void write_context(cs_jw *w, const cs_kms_request *r)
{
    cs_jw_begin(w, "EncryptionContext");
    for (size_t i = 0; i < r->context_count; i++) {
        char name[CS_MAX_ID + 1];
        if (cs_slice_to_cstr(name, sizeof name, r->context[i].name) == CS_OK)
            cs_jw_str(w, name, r->context[i].value);
    }
    cs_jw_end(w);
}

static void write_recipient(cs_jw *w, const cs_kms_request *r)
{
    if (r->recipient.p == NULL)
        return;
    cs_jw_begin(w, "Recipient");
    cs_jw_cstr(w, "KeyEncryptionAlgorithm", "RSAES_OAEP_SHA_256");
    cs_jw_base64(w, "AttestationDocument", r->recipient);
    cs_jw_end(w);
}

/* ED25519_PH and DIGEST are never used: AWS hashes once more there. */
static const char *algorithm_of(cs_prim prim)
{
    switch (prim) {
    case CS_MLDSA44:
    case CS_MLDSA65:
    case CS_MLDSA87:
        return "ML_DSA_SHAKE_256";
    case CS_ED25519:
        return "ED25519_SHA_512";
    case CS_P256:
        return "ECDSA_SHA_256";
    case CS_P384:
        return "ECDSA_SHA_384";
    default:
        return NULL;
    }
}

static const char *write_sign(cs_jw *w, const cs_kms_request *r)
{
    const char *algorithm = algorithm_of(r->algorithm);
    if (algorithm == NULL)
        return NULL;
    cs_jw_cstr(w, "SigningAlgorithm", algorithm);
    cs_jw_cstr(w, "MessageType", r->mu.p != NULL ? "EXTERNAL_MU" : r->digest.p != NULL ? "DIGEST" : "RAW");
    cs_jw_base64(w, "Message", r->mu.p != NULL ? r->mu : r->digest.p != NULL ? r->digest : r->message);
    return "TrentService.Sign";
}

/* The kinds of keys that halves are made of here. */
static const char *spec_of(cs_prim prim)
{
    switch (prim) {
    case CS_MLDSA44:
        return "ML_DSA_44";
    case CS_MLDSA65:
        return "ML_DSA_65";
    case CS_MLDSA87:
        return "ML_DSA_87";
    case CS_ED25519:
        return "ECC_NIST_EDWARDS25519";
    case CS_P256:
        return "ECC_NIST_P256";
    default:
        return NULL;
    }
}

static const char *write_create(cs_jw *w, const cs_kms_request *r)
{
    const char *spec = spec_of(r->algorithm);
    if (spec == NULL)
        return NULL;
    cs_jw_cstr(w, "KeySpec", spec);
    cs_jw_cstr(w, "KeyUsage", "SIGN_VERIFY");
    cs_jw_str(w, "Description", r->description);
    return "TrentService.CreateKey";
}

const char *cs_kms_json_write(cs_buf *body, const cs_kms_request *r)
{
    const char *target = NULL;
    cs_jw w = cs_jw_on(body);
    cs_jw_begin(&w, NULL);
    if (r->type != CS_KMS_CREATE_KEY)
        cs_jw_str(&w, "KeyId", r->key_id);
    switch (r->type) {
    case CS_KMS_GENERATE_DATA_KEY:
        target = "TrentService.GenerateDataKey";
        cs_jw_cstr(&w, "KeySpec", "AES_256");
        write_context(&w, r);
        write_recipient(&w, r);
        break;
    case CS_KMS_DECRYPT_DATA_KEY:
        target = "TrentService.Decrypt";
        cs_jw_base64(&w, "CiphertextBlob", r->wrapped);
        cs_jw_cstr(&w, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
        write_context(&w, r);
        write_recipient(&w, r);
        break;
    case CS_KMS_SIGN:
        target = write_sign(&w, r);
        break;
    case CS_KMS_PUBLIC_KEY:
        target = "TrentService.GetPublicKey";
        break;
    case CS_KMS_CREATE_KEY:
        target = write_create(&w, r);
        break;
    default:
        break;
    }
    cs_jw_end(&w);
    return body->err == CS_OK ? target : NULL;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* Room for all of it was taken before: the slices stay good. */
static cs_slice read_bytes(cs_jobj *o, cs_buf *bytes, const char *name, size_t max)
{
    size_t start = bytes->n;
    if (!cs_jobj_base64(o, name, max, bytes))
        return CS_ABSENT;
    cs_slice s = cs_slice_sub(cs_buf_slice(bytes), start, bytes->n);
    if (s.n == 0)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return s;
}

/* An answer to a question with a recipient may have the member, as long as there is nothing in it. */
static bool has_plaintext(cs_jobj *o)
{
    if (!cs_jobj_has(o, "Plaintext") || cs_jobj_is_null(o, "Plaintext"))
        return false;
    cs_jobj one = *o;
    cs_slice text = cs_jobj_str(&one, "Plaintext", CS_MAX_KMS_ANSWER);
    return one.err != CS_OK || text.n > 0;
}

/* AWS names the key by its ARN, or by the id in it; by which one, where it was asked through an alias, cannot be known
 * here. */
static void check_key(cs_jobj *o, const cs_kms_request *r)
{
    cs_slice named = cs_jobj_str(o, "KeyId", CS_MAX_KMS_KEY);
    const uint8_t *id = memmem(r->key_id.p, r->key_id.n, ":key/", 5);
    if (id != NULL && !cs_slice_eq(named, r->key_id) &&
        !cs_slice_eq(named, cs_slice_sub(r->key_id, (size_t)(id - r->key_id.p) + 5, r->key_id.n)))
        cs_jobj_fail(o, CS_BAD_FIELD, "KeyId");
}

/* Encrypted for the recipient that was named; in the clear where none was. */
static void read_data_key(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, const cs_kms_request *r)
{
    if (r->recipient.p != NULL) {
        out->for_recipient = read_bytes(o, bytes, "CiphertextForRecipient", CS_MAX_CMS);
        return;
    }
    out->data_key = read_bytes(o, bytes, "Plaintext", DATA_KEY_LEN);
    if (out->data_key.n != DATA_KEY_LEN)
        cs_jobj_fail(o, CS_BAD_FIELD, "Plaintext");
}

/* A key of the region that was asked for, by its own name. */
static void read_created(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, const cs_kms_request *r)
{
    char region[CS_KMS_MAX_REGION + 1];
    size_t start = bytes->n;
    cs_jobj metadata = cs_jobj_open(cs_jobj_object(o, "KeyMetadata"));
    cs_slice arn = cs_jobj_str(&metadata, "Arn", CS_MAX_KMS_KEY);
    bool ok = metadata.err == CS_OK && cs_kms_json_region(region, arn) == CS_OK && cs_slice_is(r->region, region) &&
              memmem(arn.p, arn.n, ":key/", 5) != NULL;
    if (!ok)
        cs_jobj_fail(o, CS_BAD_FIELD, "KeyMetadata");
    cs_buf_add(bytes, ok ? arn : CS_ABSENT);
    out->key_id = cs_slice_sub(cs_buf_slice(bytes), start, bytes->n);
}

static void read_members(cs_kms_reply *out, cs_jobj *o, cs_buf *bytes, const cs_kms_request *r)
{
    if (out->type == CS_KMS_CREATE_KEY) {
        read_created(out, o, bytes, r);
        return;
    }
    check_key(o, r);
    switch (out->type) {
    case CS_KMS_GENERATE_DATA_KEY:
        read_data_key(out, o, bytes, r);
        out->wrapped = read_bytes(o, bytes, "CiphertextBlob", CS_MAX_WRAPPED_DK);
        break;
    case CS_KMS_DECRYPT_DATA_KEY:
        read_data_key(out, o, bytes, r);
        break;
    case CS_KMS_SIGN:
        out->signature = read_bytes(o, bytes, "Signature", CS_MAX_SIGNATURE);
        break;
    case CS_KMS_PUBLIC_KEY:
        out->public_key = read_bytes(o, bytes, "PublicKey", CS_MAX_KMS_PUBLIC_KEY);
        break;
    default:
        cs_jobj_fail(o, CS_BAD_FIELD, "KeyId");
        break;
    }
}

cs_err cs_kms_json_read(cs_kms_reply *out, cs_buf *bytes, const cs_kms_request *r, cs_slice body)
{
    cs_json *json = NULL;
    *out = (cs_kms_reply){.type = r->type};
    cs_err err = cs_buf_reserve(bytes, body.n) != NULL ? cs_json_parse(&json, body, CS_MAX_KMS_ANSWER) : CS_NO_MEMORY;
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        if (r->recipient.p != NULL && has_plaintext(&o))
            err = CS_KMS_PLAINTEXT;
        if (err == CS_OK) {
            read_members(out, &o, bytes, r);
            err = cs_jobj_done_open(&o) == CS_OK ? CS_OK : CS_KMS_ANSWER;
        }
    } else if (err != CS_NO_MEMORY) {
        err = CS_KMS_ANSWER;
    }
    cs_json_free(json);
    if (err != CS_OK)
        *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    return err;
}
