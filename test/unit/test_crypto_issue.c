/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/crypto_issue.c; OpenSSL's own chain building and printing judges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/crypto_issue.h"

#define NOW 1790000000

static cs_key *new_key(cs_prim prim)
{
    CS_SECRET(private_bytes);
    cs_key *key;
    assert_int_equal(cs_key_generate(&private_bytes, prim), CS_OK);
    assert_int_equal(cs_key_open_private(&key, prim, cs_secret_slice(&private_bytes)), CS_OK);
    return key;
}

static X509 *parsed(const cs_buf *der)
{
    const uint8_t *p = der->p;
    X509 *x = d2i_X509(NULL, &p, (long)der->n);
    assert_non_null(x);
    assert_ptr_equal(p, der->p + der->n);
    return x;
}

static cs_issue root_of(const cs_key *key)
{
    return (cs_issue){.organisation = "Org",
                      .unit = "Unit",
                      .common_name = "the root",
                      .not_before = NOW - 10,
                      .not_after = NOW + 4000000000, /* past 2049: another form of time */
                      .authority = true,
                      .path_length = -1,
                      .usage = CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS,
                      .key = key,
                      .issuer_key = key};
}

/* Whether OpenSSL builds leaf, issuer at `at` for any purpose. */
static int chain_error(X509 *leaf, X509 *root, time_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, root), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), at);
    int good = X509_verify_cert(context), error = X509_STORE_CTX_get_error(context);
    assert_int_equal(good == 1, error == X509_V_OK);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

static void a_root_and_a_leaf_hang_together(void **state)
{
    (void)state;
    cs_key *root_key = new_key(CS_P384), *leaf_key = new_key(CS_P384);
    cs_buf root_der = cs_buf_new(2000), leaf_der = cs_buf_new(2000), again = cs_buf_new(2000);
    cs_issue what = root_of(root_key);
    assert_int_equal(cs_issue_certificate(&root_der, &what), CS_OK);
    what = (cs_issue){.organisation = "Org",
                      .unit = "Unit",
                      .common_name = "a leaf",
                      .not_before = NOW,
                      .not_after = NOW + 60,
                      .usage = CS_USAGE_SIGNATURE,
                      .key = leaf_key,
                      .issuer_key = root_key,
                      .issuer = cs_buf_slice(&root_der)};
    assert_int_equal(cs_issue_certificate(&leaf_der, &what), CS_OK);
    assert_int_equal(cs_issue_certificate(&again, &what), CS_OK);
    assert_false(cs_slice_eq(cs_buf_slice(&leaf_der), cs_buf_slice(&again))); /* another serial number */

    X509 *root = parsed(&root_der), *leaf = parsed(&leaf_der);
    char text[200];
    assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
    assert_int_equal(X509_get_signature_nid(leaf), NID_ecdsa_with_SHA384);
    assert_string_equal(X509_NAME_oneline(X509_get_subject_name(leaf), text, sizeof text), "/O=Org/OU=Unit/CN=a leaf");
    assert_string_equal(X509_NAME_oneline(X509_get_issuer_name(leaf), text, sizeof text), "/O=Org/OU=Unit/CN=the root");
    assert_int_equal(X509_get_key_usage(root), KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_check_ca(root), 1);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_int_equal(X509_get_pathlen(root), -1);
    assert_int_equal(X509_get_extension_flags(leaf) & EXFLAG_CRITICAL, 0);
    assert_int_equal(chain_error(leaf, root, NOW), X509_V_OK);
    assert_int_equal(chain_error(leaf, root, NOW - 1), X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(chain_error(leaf, root, NOW + 61), X509_V_ERR_CERT_HAS_EXPIRED);

    cs_buf spki = cs_buf_new(200);
    uint8_t *raw = NULL;
    cs_key_public(&spki, leaf_key);
    size_t n = EVP_PKEY_get1_encoded_public_key(X509_get0_pubkey(leaf), &raw);
    assert_true(cs_slice_eq(cs_slice_of(raw, n), cs_buf_slice(&spki)));
    OPENSSL_free(raw);
    cs_buf_free(&spki);
    X509_free(root);
    X509_free(leaf);
    cs_buf_free(&root_der);
    cs_buf_free(&leaf_der);
    cs_buf_free(&again);
    cs_key_free(root_key);
    cs_key_free(leaf_key);
}

static void path_lengths_are_written(void **state)
{
    (void)state;
    cs_key *key = new_key(CS_P384);
    for (int length = 0; length < 4; length++) {
        cs_buf der = cs_buf_new(2000);
        cs_issue what = root_of(key);
        what.path_length = length;
        assert_int_equal(cs_issue_certificate(&der, &what), CS_OK);
        X509 *x = parsed(&der);
        assert_int_equal(X509_get_pathlen(x), length);
        int critical = 0;
        BASIC_CONSTRAINTS *b = X509_get_ext_d2i(x, NID_basic_constraints, &critical, NULL);
        assert_int_equal(critical, 1);
        BASIC_CONSTRAINTS_free(b);
        X509_free(x);
        cs_buf_free(&der);
    }
    cs_key_free(key);
}

static void refusals(void **state)
{
    (void)state;
    cs_key *key = new_key(CS_P384), *other = new_key(CS_ED25519);
    cs_buf root = cs_buf_new(2000), out = cs_buf_new(2000), small = cs_buf_new(100);
    cs_issue good = root_of(key);
    assert_int_equal(cs_issue_certificate(&root, &good), CS_OK);
    static const uint8_t trailing[3000];
    cs_buf longer = cs_buf_new(3000);
    cs_buf_add(&longer, cs_buf_slice(&root));
    cs_buf_add(&longer, cs_slice_of(trailing, 1));
    struct {
        cs_slice issuer;
        const cs_key *issuer_key;
        const char *name;
        cs_err err;
    } rows[] = {
        {cs_buf_slice(&root), key, "fine", CS_OK},
        {CS_LIT(""), key, "x", CS_BAD_FORMAT},
        {CS_LIT("no certificate"), key, "x", CS_BAD_FORMAT},
        {cs_slice_sub(cs_buf_slice(&root), 0, root.n - 1), key, "x", CS_BAD_FORMAT},
        {cs_buf_slice(&longer), key, "x", CS_BAD_FORMAT},
        {cs_buf_slice(&root), other, "x", CS_CRYPTO}, /* Ed25519 does not sign a SHA-384 hash */
        {cs_buf_slice(&root), key, "longer than a common name may be: 0123456789012345678901234567890", CS_CRYPTO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_issue what = good;
        what.issuer = rows[i].issuer;
        what.issuer_key = rows[i].issuer_key;
        what.common_name = rows[i].name;
        cs_buf_clear(&out);
        assert_int_equal(cs_issue_certificate(&out, &what), rows[i].err);
        assert_int_equal(out.n > 0, rows[i].err == CS_OK);
    }
    assert_int_equal(cs_issue_certificate(&small, &good), CS_TOO_LARGE);
    cs_buf_free(&root);
    cs_buf_free(&longer);
    cs_buf_free(&out);
    cs_buf_free(&small);
    cs_key_free(key);
    cs_key_free(other);
}

static void pem_is_read_by_others(void **state)
{
    (void)state;
    cs_key *key = new_key(CS_P384);
    cs_buf der = cs_buf_new(2000), pem = cs_buf_new(4000);
    cs_issue what = root_of(key);
    assert_int_equal(cs_issue_certificate(&der, &what), CS_OK);
    cs_issue_pem(&pem, cs_buf_slice(&der));
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL), *same = parsed(&der);
    assert_non_null(x);
    assert_int_equal(X509_cmp(x, same), 0);
    assert_string_equal(cs_buf_cstr(&pem) + pem.n - 26, "-----END CERTIFICATE-----\n");
    X509_free(x);
    X509_free(same);
    BIO_free(bio);
    cs_buf_free(&der);
    cs_buf_free(&pem);
    cs_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_and_a_leaf_hang_together),
        cmocka_unit_test(path_lengths_are_written),
        cmocka_unit_test(refusals),
        cmocka_unit_test(pem_is_read_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
