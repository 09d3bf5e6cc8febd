/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists: of the right issuer, of the right time, with and without the certificate; what is no list. */
#include "core/crypto_crl.h"

#include "crl_fixture.h"

static EVP_PKEY *ca_key, *other_key, *leaf_key;
static cs_slice ca_der, namesake_der, leaf_der, other_der;
static cs_cert *ca, *namesake, *leaf, *other;

static int make(void **state)
{
    (void)state;
    ca_key = x509_key("P-256");
    other_key = x509_key("P-256");
    leaf_key = x509_key("P-256");
    struct x509_spec s = {.subject = "CA",
                          .issuer = "root",
                          .key = ca_key,
                          .issuer_key = ca_key,
                          .from = CRL_NOW - 1000,
                          .to = CRL_NOW + 1000,
                          .constraints = "critical,CA:TRUE",
                          .usage = "critical,keyCertSign,cRLSign"};
    ca_der = x509_make(&s);
    s.key = other_key;
    namesake_der = x509_make(&s);
    s = (struct x509_spec){
        .subject = "leaf", .issuer = "CA", .key = leaf_key, .issuer_key = ca_key, .from = s.from, .to = s.to};
    leaf_der = x509_make(&s);
    s.issuer = "another CA";
    other_der = x509_make(&s);
    assert_int_equal(cs_cert_parse(&ca, ca_der), CS_OK);
    assert_int_equal(cs_cert_parse(&namesake, namesake_der), CS_OK);
    assert_int_equal(cs_cert_parse(&leaf, leaf_der), CS_OK);
    assert_int_equal(cs_cert_parse(&other, other_der), CS_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cs_cert_free(ca);
    cs_cert_free(namesake);
    cs_cert_free(leaf);
    cs_cert_free(other);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(other_key);
    EVP_PKEY_free(leaf_key);
    vectors_release();
    return 0;
}

static struct crl_spec usual(void)
{
    return (struct crl_spec){.issuer = "CA", .key = ca_key, .from = CRL_NOW - 100, .to = CRL_NOW + 100};
}

static cs_err judge(const struct crl_spec *s, const cs_cert *cert, const cs_cert *issuer, int64_t at)
{
    cs_crl *crl = NULL;
    assert_int_equal(cs_crl_parse(&crl, crl_make(s)), CS_OK);
    cs_err err = cs_crl_judge(crl, cert, issuer, at);
    cs_crl_free(crl);
    return err;
}

static void judging(void **state)
{
    (void)state;
    struct crl_spec s = usual();
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW), CS_OK);
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW - 100), CS_OK);
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW + 100), CS_OK);
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW - 101), CS_ATT_COLLATERAL);
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW + 101), CS_ATT_COLLATERAL);
    assert_int_equal(judge(&s, other, ca, CRL_NOW), CS_ATT_COLLATERAL);      /* not its issuer */
    assert_int_equal(judge(&s, leaf, namesake, CRL_NOW), CS_ATT_COLLATERAL); /* another key of the same name */
    s.issuer = "another CA";
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW), CS_ATT_COLLATERAL);
    s = usual();
    s.key = other_key;
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW), CS_ATT_COLLATERAL);
    s = usual();
    s.revoked = ca_der;
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW), CS_OK); /* somebody else */
    s.revoked = leaf_der;
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW), CS_ATT_CERT_REVOKED);
    s.sha384 = true;
    assert_int_equal(judge(&s, leaf, ca, CRL_NOW), CS_ATT_COLLATERAL);
}

static void lists_that_are_refused(void **state)
{
    (void)state;
    cs_crl *crl = NULL;
    struct crl_spec s = usual();
    cs_slice der = crl_make(&s);
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(cs_crl_parse(&crl, cs_slice_of(der.p, n)), CS_BAD_FORMAT);
    uint8_t *longer = vectors_hold(der.n + 1);
    memcpy(longer, der.p, der.n);
    longer[der.n] = 0;
    assert_int_equal(cs_crl_parse(&crl, cs_slice_of(longer, der.n + 1)), CS_BAD_FORMAT);
    assert_int_equal(cs_crl_parse(&crl, leaf_der), CS_BAD_FORMAT);
    s.version1 = true;
    assert_int_equal(cs_crl_parse(&crl, crl_make(&s)), CS_BAD_FORMAT);
    s = usual();
    s.no_end = true;
    assert_int_equal(cs_crl_parse(&crl, crl_make(&s)), CS_BAD_FORMAT);
    s = usual();
    s.critical = true;
    assert_int_equal(cs_crl_parse(&crl, crl_make(&s)), CS_BAD_FORMAT);
    assert_null(crl);
}

/* What is signed is what counts. */
static void every_bit(void **state)
{
    (void)state;
    struct crl_spec s = usual();
    s.revoked = ca_der;
    cs_slice der = crl_make(&s);
    uint8_t *copy = vectors_copy(der);
    for (size_t i = 0; i < der.n * 8; i++) {
        cs_crl *crl = NULL;
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
        if (cs_crl_parse(&crl, cs_slice_of(copy, der.n)) == CS_OK)
            assert_int_equal(cs_crl_judge(crl, leaf, ca, CRL_NOW), CS_ATT_COLLATERAL);
        cs_crl_free(crl);
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judging),
        cmocka_unit_test(lists_that_are_refused),
        cmocka_unit_test(every_bit),
    };
    return cmocka_run_group_tests(tests, make, end);
}
