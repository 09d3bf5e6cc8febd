/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_pubkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto_cert.h"
#include "core/limits.h"

#define MIN_RSA_BITS 2048
#define MAX_RSA_BITS 8192
#define MIN_EXPONENT 65537u
#define MAX_SPKI 2048 /* an RSA key of 8,192 bits has 1,062 */

struct cs_pubkey {
    EVP_PKEY *pkey;
    cs_prim curve; /* CS_PRIM_NONE: RSA */
    int bits;
};

static const struct scheme_row {
    cs_prim curve;
    bool pss, raw;
    const char *md;
    size_t sig_len; /* of RAW */
} schemes[CS_SCHEME_COUNT] = {
    [CS_SCHEME_RS256] = {CS_PRIM_NONE, false, false, "SHA2-256", 0},
    [CS_SCHEME_PSS384] = {CS_PRIM_NONE, true, false, "SHA2-384", 0},
    [CS_SCHEME_ES256_RAW] = {CS_P256, false, true, "SHA2-256", 64},
    [CS_SCHEME_ES384_RAW] = {CS_P384, false, true, "SHA2-384", 96},
    [CS_SCHEME_ES256_DER] = {CS_P256, false, false, "SHA2-256", 0},
    [CS_SCHEME_ES384_DER] = {CS_P384, false, false, "SHA2-384", 0},
};

/* The library's error queue is per thread and nobody reads it: our code says what failed. */
static cs_err forget(cs_err err)
{
    ERR_clear_error();
    return err;
}

static cs_prim curve_of(const EVP_PKEY *pkey)
{
    char group[32];
    size_t n = 0;
    int explicit_parameters = 1;
    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &n) != 1 ||
        EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters) != 1 ||
        explicit_parameters != 0)
        return CS_PRIM_NONE;
    cs_slice name = cs_slice_of(group, n);
    return cs_slice_is(name, "prime256v1") || cs_slice_is(name, "P-256")  ? CS_P256
           : cs_slice_is(name, "secp384r1") || cs_slice_is(name, "P-384") ? CS_P384
                                                                          : CS_PRIM_NONE;
}

static bool rsa_is_strong(const EVP_PKEY *pkey)
{
    BIGNUM *n = NULL, *e = NULL;
    int bits = EVP_PKEY_get_bits(pkey);
    bool strong = bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS &&
                  EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && BN_is_odd(n) &&
                  EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_num_bits(e) <= 32 && BN_is_odd(e) &&
                  BN_get_word(e) >= MIN_EXPONENT;
    BN_free(n);
    BN_free(e);
    return strong;
}

cs_err cs_pubkey_adopt(cs_pubkey **out, EVP_PKEY *pkey)
{
    *out = NULL;
    if (pkey == NULL)
        return forget(CS_BAD_PUBLIC_KEY);
    bool rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
    cs_prim curve = EVP_PKEY_is_a(pkey, "EC") == 1 ? curve_of(pkey) : CS_PRIM_NONE;
    cs_pubkey *k = NULL;
    cs_err err = CS_ATT_KEY_WEAK;
    if (curve != CS_PRIM_NONE || (rsa && rsa_is_strong(pkey))) {
        k = calloc(1, sizeof *k);
        err = k != NULL ? CS_OK : CS_NO_MEMORY;
    }
    if (err != CS_OK) {
        EVP_PKEY_free(pkey);
        return forget(err);
    }
    *k = (cs_pubkey){pkey, curve, EVP_PKEY_get_bits(pkey)};
    *out = k;
    return CS_OK;
}

cs_err cs_pubkey_from_spki(cs_pubkey **out, cs_slice der)
{
    *out = NULL;
    if (der.n == 0 || der.n > MAX_SPKI)
        return CS_BAD_PUBLIC_KEY;
    const uint8_t *p = der.p;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)der.n);
    if (pkey != NULL && p != der.p + der.n) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return cs_pubkey_adopt(out, pkey);
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

cs_err cs_pubkey_from_rsa(cs_pubkey **out, cs_slice n, cs_slice e)
{
    *out = NULL;
    if (n.n == 0 || e.n == 0 || n.p[0] == 0 || e.p[0] == 0 || (n.p[n.n - 1] & 1) == 0)
        return CS_BAD_PUBLIC_KEY;
    if (n.n > MAX_RSA_BITS / 8 || e.n > 4)
        return CS_ATT_KEY_WEAK;
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = NULL;
    BIGNUM *modulus = BN_bin2bn(n.p, (int)n.n, NULL), *exponent = BN_bin2bn(e.p, (int)e.n, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (modulus != NULL && exponent != NULL && build != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (params != NULL)
        pkey = from_params("RSA", params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);
    return cs_pubkey_adopt(out, pkey);
}

cs_err cs_pubkey_from_ec_point(cs_pubkey **out, cs_prim curve, cs_slice point)
{
    *out = NULL;
    uint8_t uncompressed[97];
    if ((curve != CS_P256 && curve != CS_P384) || point.n + 1 != cs_prim_public_len(curve))
        return CS_BAD_PUBLIC_KEY;
    uncompressed[0] = 4;
    memcpy(uncompressed + 1, point.p, point.n);
    char group[8];
    (void)snprintf(group, sizeof group, "%s", cs_prim_name(curve));
    OSSL_PARAM params[3] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, uncompressed, point.n + 1),
        OSSL_PARAM_construct_end(),
    };
    return cs_pubkey_adopt(out, from_params("EC", params));
}

void cs_pubkey_free(cs_pubkey *k)
{
    if (k == NULL)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

int cs_pubkey_bits(const cs_pubkey *k)
{
    return k->bits;
}

cs_prim cs_pubkey_curve(const cs_pubkey *k)
{
    return k->curve;
}

cs_err cs_pubkey_spki(cs_buf *out, const cs_pubkey *k)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(k->pkey, &der);
    if (n <= 0)
        return forget(CS_CRYPTO);
    cs_buf_add(out, cs_slice_of(der, (size_t)n));
    OPENSSL_free(der);
    return out->err;
}

static cs_err add_number(cs_buf *out, const cs_pubkey *k, const char *name)
{
    uint8_t bytes[MAX_RSA_BITS / 8];
    BIGNUM *v = NULL;
    if (EVP_PKEY_get_bn_param(k->pkey, name, &v) != 1 || BN_num_bytes(v) > (int)sizeof bytes) {
        BN_free(v);
        return forget(CS_BAD_PUBLIC_KEY);
    }
    cs_buf_add(out, cs_slice_of(bytes, (size_t)BN_bn2bin(v, bytes)));
    BN_free(v);
    return out->err;
}

cs_err cs_pubkey_rsa(cs_buf *n, cs_buf *e, const cs_pubkey *k)
{
    if (k->curve != CS_PRIM_NONE)
        return CS_BAD_PUBLIC_KEY;
    cs_err err = add_number(n, k, OSSL_PKEY_PARAM_RSA_N);
    return err != CS_OK ? err : add_number(e, k, OSSL_PKEY_PARAM_RSA_E);
}

bool cs_pubkey_eq(const cs_pubkey *a, const cs_pubkey *b)
{
    bool same = a->curve == b->curve && a->bits == b->bits && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
    ERR_clear_error();
    return same;
}

/* The signature in the form that the library wants it, or absent. */
static cs_slice library_form(cs_buf *der, const cs_pubkey *k, const struct scheme_row *row, cs_slice sig)
{
    uint8_t raw[96];
    if (row->curve == CS_PRIM_NONE)
        return sig.n == (size_t)EVP_PKEY_get_size(k->pkey) ? sig : CS_ABSENT;
    if (row->raw)
        return sig.n == row->sig_len && cs_ecdsa_raw_to_der(der, row->curve, sig) == CS_OK ? cs_buf_slice(der)
                                                                                           : CS_ABSENT;
    cs_buf halves = CS_BUF_OVER(raw);
    return cs_ecdsa_der_to_raw(&halves, row->curve, sig) == CS_OK ? sig : CS_ABSENT;
}

cs_err cs_pubkey_verify(const cs_pubkey *k, cs_scheme scheme, cs_slice message, cs_slice sig)
{
    if ((unsigned)scheme >= CS_SCHEME_COUNT || schemes[scheme].curve != k->curve)
        return CS_BAD_SIGNATURE;
    const struct scheme_row *row = &schemes[scheme];
    uint8_t der_memory[112];
    cs_buf der = CS_BUF_OVER(der_memory);
    cs_slice form = library_form(&der, k, row, sig);
    if (form.p == NULL)
        return CS_BAD_SIGNATURE;

    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL)
        return CS_NO_MEMORY;
    cs_err err = CS_CRYPTO;
    int verified = -1;
    if (EVP_DigestVerifyInit_ex(ctx, &options, row->md, NULL, NULL, k->pkey, NULL) != 1)
        goto out;
    if (row->pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                     EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
        goto out;
    verified = EVP_DigestVerify(ctx, form.p, form.n, message.p, message.n);
    err = verified == 1 ? CS_OK : CS_BAD_SIGNATURE;
out:
    EVP_MD_CTX_free(ctx);
    return forget(err);
}
