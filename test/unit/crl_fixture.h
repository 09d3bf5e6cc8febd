/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists of tests, made with OpenSSL. */
#ifndef CS_TEST_CRL_FIXTURE_H
#define CS_TEST_CRL_FIXTURE_H

#include "x509_fixture.h"

#define CRL_NOW 1790000000

struct crl_spec {
    const char *issuer; /* common name */
    EVP_PKEY *key;
    int64_t from, to; /* seconds since 1970 */
    cs_slice revoked; /* a certificate; absent: none */
    bool version1, no_end, critical, sha384;
};

/* The list's DER; memory until vectors_release. */
static inline cs_slice crl_make(const struct crl_spec *s)
{
    X509_CRL *x = X509_CRL_new();
    X509_NAME *name = X509_NAME_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)s->from), *to = ASN1_TIME_set(NULL, (time_t)s->to);
    assert_true(x != NULL && name != NULL && from != NULL && to != NULL);
    x509_name(name, s->issuer);
    assert_int_equal(X509_CRL_set_issuer_name(x, name), 1);
    assert_int_equal(X509_CRL_set1_lastUpdate(x, from), 1);
    if (!s->version1)
        assert_int_equal(X509_CRL_set_version(x, X509_CRL_VERSION_2), 1);
    if (!s->no_end)
        assert_int_equal(X509_CRL_set1_nextUpdate(x, to), 1);
    if (s->revoked.p != NULL) {
        const uint8_t *p = s->revoked.p;
        X509 *cert = d2i_X509(NULL, &p, (long)s->revoked.n);
        X509_REVOKED *entry = X509_REVOKED_new();
        assert_int_equal(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(cert)), 1);
        assert_int_equal(X509_REVOKED_set_revocationDate(entry, from), 1);
        assert_int_equal(X509_CRL_add0_revoked(x, entry), 1);
        X509_free(cert);
    }
    if (s->critical) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_issuing_distribution_point, "critical,onlyuser:TRUE");
        assert_true(e != NULL && X509_CRL_add_ext(x, e, -1) == 1);
        X509_EXTENSION_free(e);
    }
    assert_true(X509_CRL_sign(x, s->key, s->sha384 ? EVP_sha384() : EVP_sha256()) > 0);
    int n = i2d_X509_CRL(x, NULL);
    assert_true(n > 0);
    uint8_t *der = vectors_hold((size_t)n), *at = der;
    assert_int_equal(i2d_X509_CRL(x, &at), n);
    X509_CRL_free(x);
    X509_NAME_free(name);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return cs_slice_of(der, (size_t)n);
}

#endif
