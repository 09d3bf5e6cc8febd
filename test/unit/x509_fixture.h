/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys of vendors that exist only in tests, made with OpenSSL: RSA-PSS and ECDSA, any extension. */
#ifndef CS_TEST_X509_FIXTURE_H
#define CS_TEST_X509_FIXTURE_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/crypto.h"
#include "core/crypto_issue.h"
#include "vectors.h"

#define X509_EXTENSIONS 12

struct x509_spec {
    const char *subject, *issuer; /* common names */
    EVP_PKEY *key, *issuer_key;
    int64_t from, to;                /* seconds since 1970 */
    bool pss;                        /* RSA-PSS with SHA-384; else ECDSA with SHA-256, or SHA-384 for P-384 */
    const char *constraints, *usage; /* as OpenSSL writes them; NULL: none */
    struct {
        const char *oid;
        cs_slice der;
        bool critical;
    } extension[X509_EXTENSIONS];
};

static inline EVP_PKEY *x509_key(const char *curve)
{
    EVP_PKEY *key = curve != NULL ? EVP_EC_gen(curve) : EVP_RSA_gen(2048);
    assert_non_null(key);
    return key;
}

static inline void x509_name(X509_NAME *name, const char *common_name)
{
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Countersign tests", -1, -1, 0), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)common_name, -1, -1, 0), 1);
}

static inline void x509_usual_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    if (value == NULL)
        return;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline void x509_extension(X509 *x, const char *oid, cs_slice der, bool critical)
{
    ASN1_OBJECT *id = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    assert_true(id != NULL && value != NULL && ASN1_OCTET_STRING_set(value, der.p, (int)der.n) == 1);
    X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, id, critical, value);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(id);
}

static inline void x509_sign(X509 *x, const struct x509_spec *s)
{
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool sha384 = s->pss || EVP_PKEY_get_bits(s->issuer_key) == 384;
    assert_int_equal(EVP_DigestSignInit(ctx, &options, sha384 ? EVP_sha384() : EVP_sha256(), NULL, s->issuer_key), 1);
    if (s->pss)
        assert_true(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 48) == 1);
    assert_true(X509_sign_ctx(x, ctx) > 0);
    EVP_MD_CTX_free(ctx);
}

/* The certificate's DER; memory until vectors_release. */
static inline cs_slice x509_make(const struct x509_spec *s)
{
    static long serial = 1;
    X509 *x = X509_new();
    assert_non_null(x);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++), 1);
    x509_name(X509_get_subject_name(x), s->subject);
    x509_name(X509_get_issuer_name(x), s->issuer);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)s->from));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)s->to));
    assert_int_equal(X509_set_pubkey(x, s->key), 1);
    x509_usual_extension(x, NID_basic_constraints, s->constraints);
    x509_usual_extension(x, NID_key_usage, s->usage);
    for (size_t i = 0; i < X509_EXTENSIONS && s->extension[i].oid != NULL; i++)
        x509_extension(x, s->extension[i].oid, s->extension[i].der, s->extension[i].critical);
    x509_sign(x, s);
    int n = i2d_X509(x, NULL);
    assert_true(n > 0);
    uint8_t *der = vectors_hold((size_t)n), *end = der;
    assert_int_equal(i2d_X509(x, &end), n);
    X509_free(x);
    return cs_slice_of(der, (size_t)n);
}

/* r || s of ECDSA over `message`, appended. */
static inline void x509_ecdsa(cs_buf *out, EVP_PKEY *key, cs_slice message)
{
    uint8_t der[160];
    size_t n = sizeof der;
    bool p384 = EVP_PKEY_get_bits(key) == 384;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, p384 ? EVP_sha384() : EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    assert_int_equal(cs_ecdsa_der_to_raw(out, p384 ? CS_P384 : CS_P256, cs_slice_of(der, n)), CS_OK);
}

/* A public file of certificates in PEM, or of one in DER, as DER; memory until vectors_release. */
static inline size_t x509_public_file(cs_slice *out, size_t max, const char *name)
{
    cs_buf file = vectors_public_file(name);
    size_t count = 0;
    if (!cs_slice_starts(cs_buf_slice(&file), CS_LIT("-----BEGIN"))) {
        out[count++] = cs_slice_of(vectors_copy(cs_buf_slice(&file)), file.n);
    } else {
        BIO *pem = BIO_new_mem_buf(file.p, (int)file.n);
        X509 *x;
        while (count < max && (x = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
            int n = i2d_X509(x, NULL);
            uint8_t *der = vectors_hold((size_t)n), *end = der;
            assert_int_equal(i2d_X509(x, &end), n);
            out[count++] = cs_slice_of(der, (size_t)n);
            X509_free(x);
        }
        BIO_free(pem);
    }
    cs_buf_free(&file);
    return count;
}

#endif
