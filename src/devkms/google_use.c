/* SPDX-License-Identifier: Apache-2.0 */
/* What Google's keys do: sign, encrypt, decrypt, and show their public halves. */
#include <stdio.h>
#include <string.h>

#include "core/encode.h"
#include "devkms/blob.h"
#include "devkms/google.h"

#define PEM_LINE 64
#define MAX_DATA 65536
#define MAX_SIGNATURE 8192

static cs_slice bytes_of(const cs_buf *b)
{
    return b->n > 0 ? cs_buf_slice(b) : CS_LIT("");
}

static void write_name(const cs_google_call *c, cs_jw *w, const char *name)
{
    char other[512];
    int n = snprintf(other, sizeof other, "%s", name);
    if ((c->faults & 1u << CS_INJECT_WRONG_KEY_ID) != 0 && n > 0 && n < (int)sizeof other)
        other[n - 1] = other[n - 1] == '0' ? '1' : '0';
    cs_jw_cstr(w, "name", other);
}

/* The version of the path, enabled; the store is locked after CS_GOOGLE_OK. */
static cs_google_error find_version(cs_google_call *c, cs_stored_key **k, const cs_google_algorithm **a)
{
    *k = cs_keystore_find(&c->service->keys, CS_STORED_GCP, CS_BY_NAME, cs_slice_str(c->version));
    *a = *k != NULL ? cs_google_algorithm_find(cs_slice_str((*k)->spec)) : NULL;
    cs_google_error e = *a == NULL                         ? CS_GOOGLE_NOT_FOUND
                        : (*k)->state != CS_STORED_ENABLED ? CS_GOOGLE_FAILED_PRECONDITION
                        : (*a)->what == CS_GOOGLE_ENCRYPTS ? CS_GOOGLE_FAILED_PRECONDITION
                                                           : CS_GOOGLE_OK;
    if (e != CS_GOOGLE_OK)
        cs_keystore_done(&c->service->keys);
    return e;
}

/* -- public keys --------------------------------------------------------------------------------------------------- */

static void add_pem(cs_buf *pem, cs_slice der)
{
    cs_buf base64 = cs_buf_new(16384);
    cs_base64_encode(&base64, der);
    cs_buf_add_str(pem, "-----BEGIN PUBLIC KEY-----\n");
    for (size_t i = 0; i < base64.n; i += PEM_LINE) {
        cs_buf_add(pem, cs_slice_sub(cs_buf_slice(&base64), i, PEM_LINE));
        cs_buf_add_u8(pem, '\n');
    }
    cs_buf_add_str(pem, "-----END PUBLIC KEY-----\n");
    cs_buf_free(&base64);
}

static void write_public_key(cs_google_call *c, const cs_stored_key *k, const char *format, cs_slice der, cs_slice raw)
{
    cs_buf pem = cs_buf_new(16384);
    bool nist = strcmp(format, "NIST_PQC") == 0, as_der = strcmp(format, "DER") == 0;
    add_pem(&pem, der);
    cs_slice data = nist ? raw : as_der ? der : cs_buf_slice(&pem);
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    if (!nist && !as_der) {
        cs_jw_str(&w, "pem", cs_buf_slice(&pem));
        cs_google_write_checksum(c, &w, "pemCrc32c", cs_buf_slice(&pem));
    }
    cs_jw_cstr(&w, "algorithm", k->spec);
    write_name(c, &w, k->name);
    cs_jw_cstr(&w, "protectionLevel", k->description);
    cs_jw_cstr(&w, "publicKeyFormat", format);
    cs_jw_begin(&w, "publicKey");
    cs_jw_base64(&w, "data", data);
    cs_google_write_checksum(c, &w, "crc32cChecksum", data);
    cs_jw_end(&w);
    cs_jw_end(&w);
    cs_buf_free(&pem);
}

/* ML-DSA keys are given as NIST_PQC only, and no other ones are. */
static const char *find_format(const cs_google_call *c, bool pq)
{
    static const char *const formats[][2] = {{"PEM", "1"}, {"DER", "2"}, {"NIST_PQC", "3"}};
    cs_slice asked = cs_form_get(c->query, "publicKeyFormat");
    if (asked.p == NULL && !pq)
        return "PEM";
    for (size_t i = 0; i < 3; i++)
        if ((cs_slice_is(asked, formats[i][0]) || cs_slice_is(asked, formats[i][1])) && pq == (i == 2))
            return formats[i][0];
    return NULL;
}

cs_google_error cs_google_public_key(cs_google_call *c)
{
    cs_stored_key *k;
    const cs_google_algorithm *a;
    cs_google_error e = find_version(c, &k, &a);
    if (e != CS_GOOGLE_OK)
        return e;
    const char *format = find_format(c, a->kind >= CS_PAIR_MLDSA44 && a->kind <= CS_PAIR_MLDSA87);
    cs_buf der = cs_buf_new(8192), raw = cs_buf_new(8192);
    if (format == NULL)
        e = CS_GOOGLE_INVALID_ARGUMENT;
    else if (cs_pair_public(&der, k->pair) != CS_OK || cs_pair_raw_public(&raw, k->pair) != CS_OK)
        e = CS_GOOGLE_INTERNAL;
    else
        write_public_key(c, k, format, cs_buf_slice(&der), cs_buf_slice(&raw));
    cs_keystore_done(&c->service->keys);
    cs_buf_free(&der);
    cs_buf_free(&raw);
    return e;
}

/* -- signatures ---------------------------------------------------------------------------------------------------- */

struct sign_call {
    cs_buf data, sha256, mu, signature;
    bool has_digest, digest_verified, data_verified;
};

static void end(struct sign_call *s)
{
    cs_buf_free(&s->data);
    cs_buf_free(&s->sha256);
    cs_buf_free(&s->mu);
    cs_buf_free(&s->signature);
}

/* {digest: {sha256 | externalMu}, digestCrc32c} or {data, dataCrc32c}; the checksum of a digest is over its bytes. */
static cs_google_error read_sign(cs_google_call *c, struct sign_call *s)
{
    *s = (struct sign_call){.data = cs_buf_new(MAX_DATA),
                            .sha256 = cs_buf_new(64),
                            .mu = cs_buf_new(64),
                            .signature = cs_buf_new(MAX_SIGNATURE)};
    cs_jval digest = cs_jobj_object_opt(&c->in, "digest");
    (void)cs_jobj_str_opt(&c->in, "name", sizeof c->version);
    bool good = cs_google_read_bytes(&c->in, "data", "dataCrc32c", MAX_DATA, &s->data, &s->data_verified);
    s->has_digest = digest.v != NULL;
    if (s->has_digest) {
        cs_jobj d = cs_jobj_open(digest);
        (void)cs_jobj_base64_opt(&d, "sha256", 64, &s->sha256);
        (void)cs_jobj_base64_opt(&d, "externalMu", 64, &s->mu);
        if (cs_jobj_done(&d) != CS_OK)
            cs_jobj_fail(&c->in, CS_BAD_FIELD, "digest");
    }
    if (s->has_digest)
        good = cs_google_check_sum(&c->in, "digestCrc32c", bytes_of(s->mu.n > 0 ? &s->mu : &s->sha256),
                                   &s->digest_verified) &&
               good;
    if (cs_jobj_done(&c->in) != CS_OK)
        return CS_GOOGLE_INVALID_ARGUMENT;
    return good ? CS_GOOGLE_OK : CS_GOOGLE_CHECKSUM;
}

/* What the version's algorithm is given, and nothing else beside it. */
static cs_err make_signature(struct sign_call *s, const cs_stored_key *k, const cs_google_algorithm *a)
{
    cs_slice data = s->data.n > 0 ? cs_buf_slice(&s->data) : CS_LIT("");
    if (s->has_digest == (a->what == CS_GOOGLE_SIGNS_DATA) || (s->has_digest && s->data.n > 0))
        return CS_BAD_FIELD;
    switch (a->what) {
    case CS_GOOGLE_SIGNS_DATA:
        return cs_pair_sign(&s->signature, k->pair, a->kind == CS_PAIR_ED25519 ? CS_PAIR_EDDSA : CS_PAIR_MLDSA, data);
    case CS_GOOGLE_SIGNS_SHA256:
        return s->mu.n > 0 ? CS_BAD_FIELD
                           : cs_pair_sign(&s->signature, k->pair, CS_PAIR_ECDSA_DIGEST, cs_buf_slice(&s->sha256));
    case CS_GOOGLE_SIGNS_MU:
        return s->sha256.n > 0 ? CS_BAD_FIELD
                               : cs_pair_sign(&s->signature, k->pair, CS_PAIR_MLDSA_MU, cs_buf_slice(&s->mu));
    default:
        return CS_BAD_FIELD;
    }
}

cs_google_error cs_google_sign(cs_google_call *c)
{
    struct sign_call s;
    cs_stored_key *k;
    const cs_google_algorithm *a;
    cs_google_error e = read_sign(c, &s);
    if (e == CS_GOOGLE_OK)
        e = find_version(c, &k, &a);
    if (e == CS_GOOGLE_OK) {
        cs_err err = make_signature(&s, k, a);
        if (err == CS_OK && (c->faults & 1u << CS_INJECT_BAD_SIGNATURE) != 0)
            s.signature.p[s.signature.n / 2] ^= 1;
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        cs_jw_base64(&w, "signature", cs_buf_slice(&s.signature));
        cs_google_write_checksum(c, &w, "signatureCrc32c", cs_buf_slice(&s.signature));
        cs_jw_bool(&w, "verifiedDigestCrc32c", s.digest_verified);
        cs_jw_bool(&w, "verifiedDataCrc32c", s.data_verified);
        write_name(c, &w, k->name);
        cs_jw_cstr(&w, "protectionLevel", k->description);
        cs_jw_end(&w);
        cs_keystore_done(&c->service->keys);
        e = err == CS_OK ? CS_GOOGLE_OK : err == CS_BAD_FIELD ? CS_GOOGLE_INVALID_ARGUMENT : CS_GOOGLE_INTERNAL;
    }
    end(&s);
    return e;
}

/* -- encryption ---------------------------------------------------------------------------------------------------- */

struct crypt_call {
    cs_buf text, aad, result;
    bool text_verified, aad_verified;
};

static cs_google_error read_crypt(cs_google_call *c, struct crypt_call *s, const char *name, const char *sum,
                                  size_t max)
{
    *s = (struct crypt_call){
        .text = cs_buf_new_wiped(max), .aad = cs_buf_new(CS_GOOGLE_PLAINTEXT), .result = cs_buf_new_wiped(CS_BLOB_MAX)};
    (void)cs_jobj_str_opt(&c->in, "name", sizeof c->key);
    bool good = cs_google_read_bytes(&c->in, name, sum, max, &s->text, &s->text_verified);
    good = cs_google_read_bytes(&c->in, "additionalAuthenticatedData", "additionalAuthenticatedDataCrc32c",
                                CS_GOOGLE_PLAINTEXT, &s->aad, &s->aad_verified) &&
           good;
    if (cs_jobj_done(&c->in) != CS_OK)
        return CS_GOOGLE_INVALID_ARGUMENT;
    return good ? CS_GOOGLE_OK : CS_GOOGLE_CHECKSUM;
}

static void end_crypt(struct crypt_call *s)
{
    cs_buf_free(&s->text);
    cs_buf_free(&s->aad);
    cs_buf_free(&s->result);
}

/* The primary version of the key, which is the newest; the store is locked after CS_GOOGLE_OK. */
static cs_google_error find_primary(cs_google_call *c, cs_stored_key **k)
{
    char memory[sizeof c->key + 32];
    cs_buf prefix = CS_BUF_OVER(memory);
    cs_buf_printf(&prefix, "%s/cryptoKeyVersions/", c->key);
    *k = cs_keystore_latest(&c->service->keys, CS_STORED_GCP, cs_buf_slice(&prefix));
    cs_google_error e = *k == NULL                                               ? CS_GOOGLE_NOT_FOUND
                        : (*k)->state != CS_STORED_ENABLED || (*k)->pair != NULL ? CS_GOOGLE_FAILED_PRECONDITION
                                                                                 : CS_GOOGLE_OK;
    if (e != CS_GOOGLE_OK)
        cs_keystore_done(&c->service->keys);
    return e;
}

cs_google_error cs_google_encrypt(cs_google_call *c)
{
    struct crypt_call s;
    cs_stored_key *k;
    uint8_t id[CS_BLOB_KEY_ID];
    cs_google_error e = read_crypt(c, &s, "plaintext", "plaintextCrc32c", CS_GOOGLE_PLAINTEXT);
    if (e == CS_GOOGLE_OK)
        e = find_primary(c, &k);
    if (e == CS_GOOGLE_OK) {
        bool good =
            cs_blob_key_id(id, cs_slice_str(k->id)) &&
            cs_blob_seal(&s.result, id, cs_secret_slice(&k->symmetric), bytes_of(&s.aad), bytes_of(&s.text)) == CS_OK;
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        write_name(c, &w, k->name);
        cs_jw_base64(&w, "ciphertext", cs_buf_slice(&s.result));
        cs_google_write_checksum(c, &w, "ciphertextCrc32c", cs_buf_slice(&s.result));
        cs_jw_bool(&w, "verifiedPlaintextCrc32c", s.text_verified);
        cs_jw_bool(&w, "verifiedAdditionalAuthenticatedDataCrc32c", s.aad_verified);
        cs_jw_cstr(&w, "protectionLevel", k->description);
        cs_jw_end(&w);
        cs_keystore_done(&c->service->keys);
        e = good ? CS_GOOGLE_OK : CS_GOOGLE_INTERNAL;
    }
    end_crypt(&s);
    return e;
}

/* The version that made the blob, if it is one of the primary's key; under the store's lock. */
static cs_stored_key *find_maker(cs_google_call *c, uint8_t id[CS_BLOB_KEY_ID], cs_slice blob)
{
    char memory[sizeof c->key + 32];
    cs_buf prefix = CS_BUF_OVER(memory);
    cs_slice made_by = cs_blob_made_by(blob);
    cs_buf_printf(&prefix, "%s/cryptoKeyVersions/", c->key);
    for (size_t i = 0; made_by.p != NULL && i < c->service->keys.count; i++) {
        cs_stored_key *k = c->service->keys.of[i];
        if (k->cloud == CS_STORED_GCP && cs_slice_starts(cs_slice_str(k->name), cs_buf_slice(&prefix)) &&
            cs_blob_key_id(id, cs_slice_str(k->id)) && cs_slice_eq(made_by, cs_slice_of(id, CS_BLOB_KEY_ID)))
            return k;
    }
    return NULL;
}

cs_google_error cs_google_decrypt(cs_google_call *c)
{
    struct crypt_call s;
    cs_stored_key *primary;
    uint8_t id[CS_BLOB_KEY_ID];
    cs_google_error e = read_crypt(c, &s, "ciphertext", "ciphertextCrc32c", CS_BLOB_MAX);
    if (e == CS_GOOGLE_OK)
        e = find_primary(c, &primary);
    if (e == CS_GOOGLE_OK) {
        cs_stored_key *k = find_maker(c, id, bytes_of(&s.text));
        c->why = "Decryption failed: the ciphertext is invalid.";
        if (k != NULL && k->state != CS_STORED_ENABLED)
            e = CS_GOOGLE_FAILED_PRECONDITION;
        else if (k == NULL || cs_blob_open(&s.result, id, cs_secret_slice(&k->symmetric), bytes_of(&s.aad),
                                           bytes_of(&s.text)) != CS_OK)
            e = CS_GOOGLE_INVALID_ARGUMENT;
        if (e == CS_GOOGLE_OK && (c->faults & 1u << CS_INJECT_OTHER_KEY) != 0 && s.result.n > 0)
            s.result.p[0] ^= 1;
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        cs_jw_base64(&w, "plaintext", bytes_of(&s.result));
        cs_google_write_checksum(c, &w, "plaintextCrc32c", bytes_of(&s.result));
        cs_jw_bool(&w, "usedPrimary", k == primary);
        cs_jw_cstr(&w, "protectionLevel", primary->description);
        cs_jw_end(&w);
        cs_keystore_done(&c->service->keys);
    }
    end_crypt(&s);
    return e;
}
