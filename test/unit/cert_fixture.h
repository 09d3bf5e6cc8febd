/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates made in the test, with anything wrong in them that a row asks for. Keys are kept by number and made when
 * they are first used; the bytes live until vectors_release.
 */
#ifndef CS_TEST_CERT_FIXTURE_H
#define CS_TEST_CERT_FIXTURE_H

#include "vectors.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum cert_kind { CERT_P384, CERT_P256, CERT_RSA2048, CERT_RSA1024, CERT_P521, CERT_ED25519, CERT_KINDS };

#define CERT_KEYS 6
static EVP_PKEY *cert_keys[CERT_KINDS][CERT_KEYS];

static inline EVP_PKEY *cert_key(enum cert_kind kind, int number)
{
    EVP_PKEY **k = &cert_keys[kind][number];
    if (*k == NULL)
        *k = kind == CERT_P384      ? EVP_EC_gen("P-384")
             : kind == CERT_P256    ? EVP_EC_gen("P-256")
             : kind == CERT_P521    ? EVP_EC_gen("P-521")
             : kind == CERT_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                    : EVP_RSA_gen(kind == CERT_RSA2048 ? 2048u : 1024u);
    assert_non_null(*k);
    return *k;
}

static inline void cert_keys_free(void)
{
    for (size_t i = 0; i < CERT_KINDS; i++)
        for (size_t n = 0; n < CERT_KEYS; n++) {
            EVP_PKEY_free(cert_keys[i][n]);
            cert_keys[i][n] = NULL;
        }
}

/* All zero but the names: a version 3 certificate without extensions, valid 1000 … 2000000000, ecdsa-with-SHA384. */
struct cert {
    const char *subject, *issuer; /* common names; NULL: an empty name */
    EVP_PKEY *key, *issuer_key;
    int64_t from, to;                        /* seconds; 0: the default */
    const char *md;                          /* NULL: SHA384 */
    int pss;                                 /* salt length; 0: not PSS */
    const char *constraints, *usage, *extra; /* as OpenSSL writes them: "critical,CA:TRUE,pathlen:1" */
    int extra_nid;
    bool twice;    /* the extension `extra` is there twice */
    bool version1; /* says that it is of version 1 */
};

static inline void cert_name(X509_NAME *name, const char *text)
{
    if (text != NULL)
        assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0),
                         1);
}

static inline void cert_extension(X509 *x, int nid, const char *text)
{
    if (text == NULL)
        return;
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, text);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline cs_slice cert_make(const struct cert *c)
{
    X509 *x = X509_new();
    assert_non_null(x);
    assert_int_equal(X509_set_version(x, c->version1 ? X509_VERSION_1 : X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
    cert_name(X509_get_subject_name(x), c->subject);
    cert_name(X509_get_issuer_name(x), c->issuer);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), c->from != 0 ? c->from : 1000));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), c->to != 0 ? c->to : 2000000000));
    assert_int_equal(X509_set_pubkey(x, c->key), 1);
    cert_extension(x, NID_basic_constraints, c->constraints);
    cert_extension(x, NID_key_usage, c->usage);
    cert_extension(x, c->extra_nid, c->extra);
    if (c->twice)
        cert_extension(x, c->extra_nid, c->extra);
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const char *md = EVP_PKEY_is_a(c->issuer_key, "ED25519") ? NULL : c->md != NULL ? c->md : "SHA384";
    assert_int_equal(EVP_DigestSignInit_ex(ctx, &options, md, NULL, NULL, c->issuer_key, NULL), 1);
    if (c->pss != 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, c->pss), 1);
    }
    assert_true(X509_sign_ctx(x, ctx) > 0);
    EVP_MD_CTX_free(ctx);
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    assert_true(n > 0);
    cs_slice out = cs_slice_of(vectors_copy(cs_slice_of(der, (size_t)n)), (size_t)n);
    OPENSSL_free(der);
    X509_free(x);
    return out;
}

#endif
