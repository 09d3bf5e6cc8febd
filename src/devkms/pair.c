/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/pair.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "core/secret.h"

#define DIGEST_LEN 32
#define RAW_LEN 64 /* r || s of P-256 */

struct cs_pair {
    EVP_PKEY *key;
    cs_pair_kind kind;
};

static const struct kind {
    const char *type, *group;
    int bits; /* of RSA */
} kinds[CS_PAIR_KINDS] = {
    [CS_PAIR_P256] = {"EC", "P-256", 0},        [CS_PAIR_ED25519] = {"ED25519", NULL, 0},
    [CS_PAIR_MLDSA44] = {"ML-DSA-44", NULL, 0}, [CS_PAIR_MLDSA65] = {"ML-DSA-65", NULL, 0},
    [CS_PAIR_MLDSA87] = {"ML-DSA-87", NULL, 0}, [CS_PAIR_RSA2048] = {"RSA", NULL, 2048},
    [CS_PAIR_RSA3072] = {"RSA", NULL, 3072},    [CS_PAIR_RSA4096] = {"RSA", NULL, 4096},
};

/* The kind of a key, CS_PAIR_NONE for one that is not taken. */
static cs_pair_kind kind_of(const EVP_PKEY *key)
{
    char group[32] = "";
    for (int i = CS_PAIR_NONE + 1; i < CS_PAIR_KINDS; i++) {
        const struct kind *k = &kinds[i];
        if (EVP_PKEY_is_a(key, k->type) != 1 || (k->bits != 0 && EVP_PKEY_get_bits(key) != k->bits))
            continue;
        if (k->group != NULL &&
            (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) != 1 ||
             !cs_slice_is(cs_slice_str(group), "prime256v1")))
            continue;
        return (cs_pair_kind)i;
    }
    return CS_PAIR_NONE;
}

/* Takes `key` over in any case; NULL and other kinds are `refused`. */
static cs_err adopt(cs_pair **out, EVP_PKEY *key, cs_pair_kind wanted, cs_err refused)
{
    cs_pair_kind kind = key != NULL ? kind_of(key) : CS_PAIR_NONE;
    *out = NULL;
    if (kind == CS_PAIR_NONE || (wanted != CS_PAIR_NONE && kind != wanted)) {
        EVP_PKEY_free(key);
        return refused;
    }
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        EVP_PKEY_free(key);
        return CS_NO_MEMORY;
    }
    **out = (cs_pair){key, kind};
    return CS_OK;
}

cs_err cs_pair_generate(cs_pair **out, cs_pair_kind kind)
{
    const struct kind *k = &kinds[kind];
    EVP_PKEY *key;
    if (k->bits != 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, k->type, (size_t)k->bits);
    else if (k->group != NULL)
        key = EVP_PKEY_Q_keygen(NULL, NULL, k->type, k->group);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, k->type);
    return adopt(out, key, kind, CS_CRYPTO);
}

cs_err cs_pair_open(cs_pair **out, cs_pair_kind kind, cs_slice pkcs8)
{
    const unsigned char *p = pkcs8.p;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)pkcs8.n);
    EVP_PKEY *key = info != NULL && p == pkcs8.p + pkcs8.n ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return adopt(out, key, kind, CS_BAD_PRIVATE_KEY);
}

cs_err cs_pair_open_public(cs_pair **out, cs_slice spki)
{
    const unsigned char *p = spki.p;
    EVP_PKEY *key = spki.n > 0 ? d2i_PUBKEY(NULL, &p, (long)spki.n) : NULL;
    if (key != NULL && p != spki.p + spki.n) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return adopt(out, key, CS_PAIR_NONE, CS_BAD_PUBLIC_KEY);
}

void cs_pair_free(cs_pair *p)
{
    if (p != NULL)
        EVP_PKEY_free(p->key);
    free(p);
}

cs_pair_kind cs_pair_kind_of(const cs_pair *p)
{
    return p->kind;
}

/* -- encodings ----------------------------------------------------------------------------------------------------- */

/* Appends what the library has allocated and frees it. */
static cs_err give(cs_buf *out, unsigned char *der, int n)
{
    if (n <= 0)
        return CS_CRYPTO;
    cs_buf_add(out, cs_slice_of(der, (size_t)n));
    OPENSSL_clear_free(der, (size_t)n);
    return out->err;
}

cs_err cs_pair_private(cs_buf *out, const cs_pair *p)
{
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(p->key);
    int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
    PKCS8_PRIV_KEY_INFO_free(info);
    return give(out, der, n);
}

cs_err cs_pair_public(cs_buf *out, const cs_pair *p)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(p->key, &der);
    return give(out, der, n);
}

cs_err cs_pair_raw_public(cs_buf *out, const cs_pair *p)
{
    size_t n = 0;
    bool ec = p->kind == CS_PAIR_P256;
    if (kinds[p->kind].bits != 0)
        return CS_BAD_PUBLIC_KEY;
    if (ec) {
        unsigned char *point = NULL;
        n = EVP_PKEY_get1_encoded_public_key(p->key, &point);
        return give(out, point, (int)n);
    }
    if (EVP_PKEY_get_raw_public_key(p->key, NULL, &n) != 1)
        return CS_CRYPTO;
    uint8_t *to = cs_buf_reserve(out, n);
    if (to == NULL)
        return out->err;
    if (EVP_PKEY_get_raw_public_key(p->key, to, &n) != 1)
        return CS_CRYPTO;
    cs_buf_grow(out, n);
    return CS_OK;
}

static cs_err add_number(cs_buf *out, const cs_pair *p, const char *name)
{
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(p->key, name, &n) != 1)
        return CS_BAD_PUBLIC_KEY;
    int length = BN_num_bytes(n);
    uint8_t *to = cs_buf_reserve(out, (size_t)length);
    if (to != NULL && BN_bn2bin(n, to) == length)
        cs_buf_grow(out, (size_t)length);
    BN_free(n);
    return out->err;
}

cs_err cs_pair_rsa(cs_buf *n, cs_buf *e, const cs_pair *p)
{
    if (kinds[p->kind].bits == 0)
        return CS_BAD_PUBLIC_KEY;
    cs_err err = add_number(n, p, OSSL_PKEY_PARAM_RSA_N);
    return err == CS_OK ? add_number(e, p, OSSL_PKEY_PARAM_RSA_E) : err;
}

/* -- signatures ---------------------------------------------------------------------------------------------------- */

static bool scheme_fits(const cs_pair *p, cs_pair_scheme scheme, cs_slice message)
{
    switch (scheme) {
    case CS_PAIR_ECDSA_SHA256:
        return p->kind == CS_PAIR_P256;
    case CS_PAIR_ECDSA_DIGEST:
        return p->kind == CS_PAIR_P256 && message.n == DIGEST_LEN;
    case CS_PAIR_EDDSA:
    case CS_PAIR_EDDSA_PREHASH:
        return p->kind == CS_PAIR_ED25519;
    case CS_PAIR_MLDSA:
        return p->kind >= CS_PAIR_MLDSA44 && p->kind <= CS_PAIR_MLDSA87;
    case CS_PAIR_MLDSA_MU:
        return p->kind >= CS_PAIR_MLDSA44 && p->kind <= CS_PAIR_MLDSA87 && message.n == CS_PAIR_MU;
    case CS_PAIR_RS256:
        return kinds[p->kind].bits != 0;
    default:
        return false;
    }
}

static const char *digest_of(cs_pair_scheme scheme)
{
    return scheme == CS_PAIR_ECDSA_SHA256 || scheme == CS_PAIR_RS256 ? "SHA256" : NULL;
}

/* Parameters of the scheme; NULL: none. */
static const OSSL_PARAM *params_of(OSSL_PARAM out[2], int *yes, cs_pair_scheme scheme)
{
    static char prehash[] = "Ed25519ph";
    out[1] = OSSL_PARAM_construct_end();
    if (scheme == CS_PAIR_MLDSA_MU)
        out[0] = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_MU, yes);
    else if (scheme == CS_PAIR_EDDSA_PREHASH)
        out[0] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_INSTANCE, prehash, 0);
    else
        return NULL;
    return out;
}

static cs_err sign_digest(cs_buf *sig, const cs_pair *p, cs_slice digest)
{
    size_t n = (size_t)EVP_PKEY_get_size(p->key);
    uint8_t *to = cs_buf_reserve(sig, n);
    EVP_PKEY_CTX *ctx = to != NULL ? EVP_PKEY_CTX_new(p->key, NULL) : NULL;
    bool good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, to, &n, digest.p, digest.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (good)
        cs_buf_grow(sig, n);
    return good ? sig->err : CS_CRYPTO;
}

cs_err cs_pair_sign(cs_buf *sig, const cs_pair *p, cs_pair_scheme scheme, cs_slice message)
{
    OSSL_PARAM memory[2];
    int yes = 1;
    if (!scheme_fits(p, scheme, message))
        return CS_BAD_FIELD;
    if (scheme == CS_PAIR_ECDSA_DIGEST)
        return sign_digest(sig, p, message);
    size_t n = (size_t)EVP_PKEY_get_size(p->key);
    uint8_t *to = cs_buf_reserve(sig, n);
    EVP_MD_CTX *ctx = to != NULL ? EVP_MD_CTX_new() : NULL;
    bool good =
        ctx != NULL &&
        EVP_DigestSignInit_ex(ctx, NULL, digest_of(scheme), NULL, NULL, p->key, params_of(memory, &yes, scheme)) == 1 &&
        EVP_DigestSign(ctx, to, &n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (good)
        cs_buf_grow(sig, n);
    return good ? sig->err : CS_CRYPTO;
}

static bool verify_digest(const cs_pair *p, cs_slice digest, cs_slice sig)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(p->key, NULL);
    bool good =
        ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_verify(ctx, sig.p, sig.n, digest.p, digest.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

cs_err cs_pair_verify(const cs_pair *p, cs_pair_scheme scheme, cs_slice message, cs_slice sig)
{
    OSSL_PARAM memory[2];
    int yes = 1;
    if (!scheme_fits(p, scheme, message))
        return CS_BAD_FIELD;
    if (scheme == CS_PAIR_ECDSA_DIGEST)
        return verify_digest(p, message, sig) ? CS_OK : CS_BAD_SIGNATURE;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL &&
                EVP_DigestVerifyInit_ex(ctx, NULL, digest_of(scheme), NULL, NULL, p->key,
                                        params_of(memory, &yes, scheme)) == 1 &&
                EVP_DigestVerify(ctx, sig.p, sig.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    return good ? CS_OK : CS_BAD_SIGNATURE;
}

cs_err cs_pair_ecdsa_raw(cs_buf *raw, cs_slice der)
{
    const unsigned char *p = der.p;
    uint8_t *to = cs_buf_reserve(raw, RAW_LEN);
    ECDSA_SIG *sig = to != NULL ? d2i_ECDSA_SIG(NULL, &p, (long)der.n) : NULL;
    bool good = sig != NULL && p == der.p + der.n &&
                BN_bn2binpad(ECDSA_SIG_get0_r(sig), to, RAW_LEN / 2) == RAW_LEN / 2 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), to + RAW_LEN / 2, RAW_LEN / 2) == RAW_LEN / 2;
    ECDSA_SIG_free(sig);
    if (good)
        cs_buf_grow(raw, RAW_LEN);
    return good ? raw->err : CS_BAD_SIGNATURE;
}

cs_err cs_pair_ecdsa_der(cs_buf *der, cs_slice raw)
{
    unsigned char *bytes = NULL;
    if (raw.n != RAW_LEN)
        return CS_BAD_SIGNATURE;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.p, RAW_LEN / 2, NULL), *s = BN_bin2bn(raw.p + RAW_LEN / 2, RAW_LEN / 2, NULL);
    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return CS_NO_MEMORY;
    }
    int n = i2d_ECDSA_SIG(sig, &bytes);
    ECDSA_SIG_free(sig);
    return give(der, bytes, n);
}

/* -- RSAES-OAEP ---------------------------------------------------------------------------------------------------- */

static bool set_oaep(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1;
}

cs_err cs_pair_wrap(cs_buf *out, const cs_pair *p, cs_slice plain)
{
    if (kinds[p->kind].bits == 0)
        return CS_BAD_FIELD;
    size_t n = (size_t)EVP_PKEY_get_size(p->key);
    uint8_t *to = cs_buf_reserve(out, n);
    EVP_PKEY_CTX *ctx = to != NULL ? EVP_PKEY_CTX_new(p->key, NULL) : NULL;
    bool good = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 && set_oaep(ctx) &&
                EVP_PKEY_encrypt(ctx, to, &n, plain.p, plain.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (good)
        cs_buf_grow(out, n);
    return good ? out->err : CS_CRYPTO;
}

cs_err cs_pair_unwrap(cs_buf *plain, const cs_pair *p, cs_slice wrapped)
{
    if (kinds[p->kind].bits == 0)
        return CS_BAD_FIELD;
    size_t n = (size_t)EVP_PKEY_get_size(p->key);
    uint8_t *to = cs_buf_reserve(plain, n);
    EVP_PKEY_CTX *ctx = to != NULL ? EVP_PKEY_CTX_new(p->key, NULL) : NULL;
    bool good = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 && set_oaep(ctx) &&
                EVP_PKEY_decrypt(ctx, to, &n, wrapped.p, wrapped.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (good)
        cs_buf_grow(plain, n);
    return good ? plain->err : CS_SEAL_BROKEN;
}
