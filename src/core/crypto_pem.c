/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_pem.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/crypto_key.h"

/* No pass phrase, and nobody is asked for one. */
static int no_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static bool is_p384(const EVP_PKEY *key)
{
    char group[32] = "";
    return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           (strcmp(group, "secp384r1") == 0 || strcmp(group, "P-384") == 0);
}

static cs_err open_scalar(cs_key **out, const EVP_PKEY *key)
{
    CS_SECRET(scalar);
    BIGNUM *number = NULL;
    cs_err err = CS_BAD_PRIVATE_KEY;
    scalar.n = cs_prim_private_len(CS_P384);
    if (is_p384(key) && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, scalar.b, (int)scalar.n) == (int)scalar.n)
        err = cs_key_open_private(out, CS_P384, cs_secret_slice(&scalar));
    BN_clear_free(number);
    return err;
}

cs_err cs_key_from_pem(cs_key **out, cs_slice pem)
{
    *out = NULL;
    cs_err err = CS_BAD_PRIVATE_KEY;
    BIO *bio = pem.n > 0 && pem.n <= 1u << 16 ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;
    if (key != NULL)
        err = open_scalar(out, key);
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

cs_err cs_key_to_pem(cs_buf *out, const cs_key *key)
{
    char *text = NULL;
    if (cs_key_prim(key) != CS_P384)
        return CS_BAD_PRIVATE_KEY;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool made = bio != NULL && PEM_write_bio_PrivateKey(bio, cs_key_library(key), NULL, NULL, 0, NULL, NULL) == 1;
    long n = made ? BIO_get_mem_data(bio, &text) : 0;
    if (n > 0)
        cs_buf_add(out, cs_slice_of(text, (size_t)n));
    BIO_free(bio);
    ERR_clear_error();
    return n > 0 ? out->err : CS_CRYPTO;
}

static bool sign(uint8_t *der, size_t *n, const cs_key *key, cs_slice message)
{
    unsigned derived = 1;
    const OSSL_PARAM params[] = {OSSL_PARAM_uint(OSSL_SIGNATURE_PARAM_NONCE_TYPE, &derived), OSSL_PARAM_END};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    bool made = ctx != NULL && EVP_DigestSignInit(ctx, &options, EVP_sha384(), NULL, cs_key_library(key)) == 1 &&
                EVP_PKEY_CTX_set_params(options, params) == 1 && EVP_DigestSign(ctx, der, n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    return made;
}

cs_err cs_key_sign_repeatably(cs_buf *raw, const cs_key *key, cs_slice message)
{
    uint8_t der[128];
    size_t n = sizeof der;
    if (cs_key_prim(key) != CS_P384)
        return CS_BAD_PRIVATE_KEY;
    if (!sign(der, &n, key, message)) {
        ERR_clear_error();
        return CS_CRYPTO;
    }
    return cs_ecdsa_der_to_raw(raw, CS_P384, cs_slice_of(der, n));
}
