/* SPDX-License-Identifier: Apache-2.0 */
/* Vendors' public keys: which are taken, and which signatures each scheme takes. */
#include "cert_fixture.h"

#include <openssl/core_names.h>

#include "core/crypto_pubkey.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static cs_slice spki_of(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(key, &der);
    assert_true(n > 0);
    cs_slice out = cs_slice_of(vectors_copy(cs_slice_of(der, (size_t)n)), (size_t)n);
    OPENSSL_free(der);
    return out;
}

static cs_pubkey *open_key(EVP_PKEY *key)
{
    cs_pubkey *k = NULL;
    assert_int_equal(cs_pubkey_from_spki(&k, spki_of(key)), CS_OK);
    return k;
}

static cs_slice number_of(EVP_PKEY *key, const char *name)
{
    BIGNUM *v = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &v), 1);
    uint8_t *bytes = vectors_hold(1024);
    cs_slice out = cs_slice_of(bytes, (size_t)BN_bn2bin(v, bytes));
    BN_free(v);
    return out;
}

/* `salt` 0: PKCS #1, or ECDSA. */
static cs_slice sign(EVP_PKEY *key, const char *md, int salt, cs_slice message)
{
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t *sig = vectors_hold(1024);
    size_t n = 1024;
    assert_int_equal(EVP_DigestSignInit_ex(ctx, &options, md, NULL, NULL, key, NULL), 1);
    if (salt != 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt), 1);
    }
    assert_int_equal(EVP_DigestSign(ctx, sig, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    return cs_slice_of(sig, n);
}

static cs_slice raw_of(cs_prim curve, cs_slice der)
{
    cs_buf raw = cs_buf_over(vectors_hold(96), 96);
    assert_int_equal(cs_ecdsa_der_to_raw(&raw, curve, der), CS_OK);
    return cs_buf_slice(&raw);
}

static void keys_that_are_taken(void **state)
{
    (void)state;
    static const struct {
        enum cert_kind kind;
        cs_err err;
        int bits;
        cs_prim curve;
    } rows[] = {
        {CERT_RSA2048, CS_OK, 2048, CS_PRIM_NONE},
        {CERT_P256, CS_OK, 256, CS_P256},
        {CERT_P384, CS_OK, 384, CS_P384},
        {CERT_RSA1024, CS_ATT_KEY_WEAK, 0, CS_PRIM_NONE},
        {CERT_P521, CS_ATT_KEY_WEAK, 0, CS_PRIM_NONE},
        {CERT_ED25519, CS_ATT_KEY_WEAK, 0, CS_PRIM_NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_pubkey *k = NULL;
        cs_slice spki = spki_of(cert_key(rows[i].kind, 0));
        assert_int_equal(cs_pubkey_from_spki(&k, spki), rows[i].err);
        assert_true((k != NULL) == (rows[i].err == CS_OK));
        if (k != NULL) {
            cs_buf again = cs_buf_new(2048);
            assert_int_equal(cs_pubkey_bits(k), rows[i].bits);
            assert_int_equal(cs_pubkey_curve(k), rows[i].curve);
            assert_int_equal(cs_pubkey_spki(&again, k), CS_OK);
            assert_true(cs_slice_eq(cs_buf_slice(&again), spki));
            cs_buf_free(&again);
        }
        cs_pubkey_free(k);
        /* every truncation, and a byte behind */
        for (size_t n = 0; n < spki.n; n++) {
            assert_int_not_equal(cs_pubkey_from_spki(&k, cs_slice_sub(spki, 0, n)), CS_OK);
            assert_null(k);
        }
        uint8_t *longer = vectors_hold(spki.n + 1);
        memcpy(longer, spki.p, spki.n);
        longer[spki.n] = 0;
        assert_int_equal(cs_pubkey_from_spki(&k, cs_slice_of(longer, spki.n + 1)), CS_BAD_PUBLIC_KEY);
        vectors_release();
    }
}

static void rsa_numbers(void **state)
{
    (void)state;
    EVP_PKEY *key = cert_key(CERT_RSA2048, 0), *weak = cert_key(CERT_RSA1024, 0);
    cs_slice n = number_of(key, OSSL_PKEY_PARAM_RSA_N), e = CS_LIT("\1\0\1");
    uint8_t *padded = vectors_hold(n.n + 1), *even = vectors_copy(n), *huge = vectors_hold(1025);
    memcpy(padded + 1, n.p, n.n);
    padded[0] = 0;
    even[n.n - 1] &= 0xfe;
    memset(huge, 0xff, 1025);
    const struct {
        cs_slice n, e;
        cs_err err;
    } rows[] = {
        {n, e, CS_OK},
        {n, CS_LIT("\xff\xff\xff\xff"), CS_OK},
        {n, CS_LIT("\3"), CS_ATT_KEY_WEAK},
        {n, CS_LIT("\xff\xff"), CS_ATT_KEY_WEAK},
        {n, CS_LIT("\1\0\2"), CS_ATT_KEY_WEAK},
        {n, CS_LIT("\1\0\0\0\1"), CS_ATT_KEY_WEAK},
        {n, CS_LIT("\0\1\0\1"), CS_BAD_PUBLIC_KEY},
        {n, CS_LIT(""), CS_BAD_PUBLIC_KEY},
        {n, CS_ABSENT, CS_BAD_PUBLIC_KEY},
        {CS_ABSENT, e, CS_BAD_PUBLIC_KEY},
        {cs_slice_of(padded, n.n + 1), e, CS_BAD_PUBLIC_KEY},
        {cs_slice_of(even, n.n), e, CS_BAD_PUBLIC_KEY},
        {cs_slice_of(huge, 1025), e, CS_ATT_KEY_WEAK},
        {number_of(weak, OSSL_PKEY_PARAM_RSA_N), e, CS_ATT_KEY_WEAK},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_pubkey *k = NULL;
        if (cs_pubkey_from_rsa(&k, rows[i].n, rows[i].e) != rows[i].err)
            fail_msg("row %zu", i);
        cs_pubkey_free(k);
    }
    /* Inside a SubjectPublicKeyInfo the number ends before the exponent, which stands at the end. */
    cs_buf spki = cs_buf_new(512);
    cs_pubkey *k = NULL, *same = open_key(key), *other = open_key(cert_key(CERT_RSA2048, 1)),
              *curve = open_key(cert_key(CERT_P256, 0));
    cs_buf n_again = cs_buf_new(1024), e_again = cs_buf_new(8);
    assert_int_equal(cs_pubkey_from_rsa(&k, n, e), CS_OK);
    assert_true(cs_pubkey_eq(k, same));
    assert_false(cs_pubkey_eq(k, other));
    assert_false(cs_pubkey_eq(k, curve));
    assert_int_equal(cs_pubkey_rsa(&n_again, &e_again, same), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&n_again), n));
    assert_true(cs_slice_eq(cs_buf_slice(&e_again), e));
    assert_int_equal(cs_pubkey_rsa(&n_again, &e_again, curve), CS_BAD_PUBLIC_KEY);
    cs_pubkey_free(k);
    assert_int_equal(cs_pubkey_spki(&spki, same), CS_OK);
    spki.p[spki.n - 6] &= 0xfe;
    assert_int_equal(cs_pubkey_from_spki(&k, cs_buf_slice(&spki)), CS_ATT_KEY_WEAK);
    cs_buf_free(&spki);
    cs_buf_free(&n_again);
    cs_buf_free(&e_again);
    cs_pubkey_free(same);
    cs_pubkey_free(other);
    cs_pubkey_free(curve);
    vectors_release();
}

static void ec_points(void **state)
{
    (void)state;
    static const struct {
        enum cert_kind kind;
        cs_prim curve;
        size_t n;
    } rows[] = {{CERT_P256, CS_P256, 64}, {CERT_P384, CS_P384, 96}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key = cert_key(rows[i].kind, 0);
        uint8_t point[97];
        size_t n = 0;
        cs_pubkey *k = NULL, *same = open_key(key);
        assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n), 1);
        assert_int_equal(n, rows[i].n + 1);
        cs_slice xy = cs_slice_of(point + 1, rows[i].n);
        assert_int_equal(cs_pubkey_from_ec_point(&k, rows[i].curve, xy), CS_OK);
        assert_true(cs_pubkey_eq(k, same));
        cs_pubkey_free(k);
        assert_int_equal(cs_pubkey_from_ec_point(&k, rows[1 - i].curve, xy), CS_BAD_PUBLIC_KEY);
        assert_int_equal(cs_pubkey_from_ec_point(&k, rows[i].curve, cs_slice_of(point, n)), CS_BAD_PUBLIC_KEY);
        assert_int_equal(cs_pubkey_from_ec_point(&k, rows[i].curve, cs_slice_sub(xy, 0, xy.n - 1)), CS_BAD_PUBLIC_KEY);
        assert_int_equal(cs_pubkey_from_ec_point(&k, CS_ED25519, xy), CS_BAD_PUBLIC_KEY);
        point[n - 1] ^= 1; /* not on the curve */
        assert_int_equal(cs_pubkey_from_ec_point(&k, rows[i].curve, xy), CS_BAD_PUBLIC_KEY);
        memset(point + 1, 0, rows[i].n);
        assert_int_equal(cs_pubkey_from_ec_point(&k, rows[i].curve, xy), CS_BAD_PUBLIC_KEY);
        assert_null(k);
        cs_pubkey_free(same);
    }
    vectors_release();
}

static void schemes(void **state)
{
    (void)state;
    const cs_slice m = CS_LIT("a message");
    EVP_PKEY *rsa = cert_key(CERT_RSA2048, 0), *p256 = cert_key(CERT_P256, 0), *p384 = cert_key(CERT_P384, 0);
    cs_slice der256 = sign(p256, "SHA256", 0, m), der384 = sign(p384, "SHA384", 0, m);
    const struct {
        EVP_PKEY *key;
        cs_slice sig;
        unsigned taken; /* bits of the schemes that take it */
    } rows[] = {
        {rsa, sign(rsa, "SHA256", 0, m), 1u << CS_SCHEME_RS256},
        {rsa, sign(rsa, "SHA384", 0, m), 0},
        {rsa, sign(rsa, "SHA1", 0, m), 0},
        {rsa, sign(rsa, "SHA384", 48, m), 1u << CS_SCHEME_PSS384},
        {rsa, sign(rsa, "SHA384", 32, m), 0},
        {rsa, sign(rsa, "SHA384", 47, m), 0},
        {rsa, sign(rsa, "SHA256", 32, m), 0},
        {rsa, sign(rsa, "SHA256", 48, m), 0},
        {p256, der256, 1u << CS_SCHEME_ES256_DER},
        {p256, raw_of(CS_P256, der256), 1u << CS_SCHEME_ES256_RAW},
        {p256, sign(p256, "SHA384", 0, m), 0},
        {p384, der384, 1u << CS_SCHEME_ES384_DER},
        {p384, raw_of(CS_P384, der384), 1u << CS_SCHEME_ES384_RAW},
        {p384, sign(p384, "SHA256", 0, m), 0},
        {p384, CS_ABSENT, 0},
        {rsa, CS_ABSENT, 0},
        {p384, cs_slice_of(vectors_copy(cs_slice_of((uint8_t[96]){0}, 96)), 96), 0},
        {rsa, cs_slice_of(vectors_copy(cs_slice_of((uint8_t[256]){0}, 256)), 256), 0},
        {cert_key(CERT_RSA2048, 1), sign(rsa, "SHA256", 0, m), 0},
        {cert_key(CERT_P384, 1), der384, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_pubkey *k = open_key(rows[i].key);
        for (unsigned s = 0; s <= CS_SCHEME_COUNT; s++) {
            cs_err err = cs_pubkey_verify(k, (cs_scheme)s, m, rows[i].sig);
            bool taken = s < CS_SCHEME_COUNT && (rows[i].taken >> s & 1) != 0;
            if (err != (taken ? CS_OK : CS_BAD_SIGNATURE))
                fail_msg("row %zu, scheme %u: %s", i, s, cs_err_name(err));
            if (taken)
                assert_int_equal(cs_pubkey_verify(k, (cs_scheme)s, CS_LIT("a massage"), rows[i].sig), CS_BAD_SIGNATURE);
        }
        cs_pubkey_free(k);
    }
    vectors_release();
}

/* A signature has one length: a zero before or behind it, or a leading zero left out, is another one. */
static void lengths(void **state)
{
    (void)state;
    const cs_slice m = CS_LIT("a message");
    EVP_PKEY *keys[] = {cert_key(CERT_RSA2048, 0), cert_key(CERT_P256, 0), cert_key(CERT_P384, 0),
                        cert_key(CERT_P256, 0), cert_key(CERT_P384, 0)};
    static const cs_scheme under[] = {CS_SCHEME_RS256, CS_SCHEME_ES256_RAW, CS_SCHEME_ES384_RAW, CS_SCHEME_ES256_DER,
                                      CS_SCHEME_ES384_DER};
    for (size_t i = 0; i < COUNT(under); i++) {
        cs_pubkey *k = open_key(keys[i]);
        cs_slice sig = sign(keys[i], i == 2 || i == 4 ? "SHA384" : "SHA256", 0, m);
        if (i == 1 || i == 2)
            sig = raw_of(i == 1 ? CS_P256 : CS_P384, sig);
        uint8_t *room = vectors_hold(sig.n + 2);
        memset(room, 0, sig.n + 2);
        memcpy(room + 1, sig.p, sig.n);
        assert_int_equal(cs_pubkey_verify(k, under[i], m, cs_slice_of(room + 1, sig.n)), CS_OK);
        assert_int_equal(cs_pubkey_verify(k, under[i], m, cs_slice_of(room, sig.n + 1)), CS_BAD_SIGNATURE);
        assert_int_equal(cs_pubkey_verify(k, under[i], m, cs_slice_of(room + 1, sig.n + 1)), CS_BAD_SIGNATURE);
        assert_int_equal(cs_pubkey_verify(k, under[i], m, cs_slice_of(room + 1, sig.n - 1)), CS_BAD_SIGNATURE);
        cs_pubkey_free(k);
    }
    vectors_release();
}

static int free_keys(void **state)
{
    (void)state;
    cert_keys_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_are_taken),
        cmocka_unit_test(rsa_numbers),
        cmocka_unit_test(ec_points),
        cmocka_unit_test(schemes),
        cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
