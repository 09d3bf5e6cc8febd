/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/core/crypto_key.c: the one rule for Ed25519 (protocol/signature.md §6), on points of small order.
 *
 * With A and R of small order and S = 0 the equation is arithmetic modulo 8, so the verdict of every combination is
 * known: R = -[k]A, and R in its canonical encoding.
 */
#include "vectors.h"

#include <openssl/bn.h>

#include "core/crypto.h"
#include "engines.h"

/* Each encoding of a multiple of the point T of order 8 that c7…7a is. */
static const struct {
    const char *hex;
    int multiple;
    bool canonical;
} points[] = {
    {"0100000000000000000000000000000000000000000000000000000000000000", 0, true},
    {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", 1, true},
    {"0000000000000000000000000000000000000000000000000000000000000080", 2, true},
    {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", 3, true},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", 4, true},
    {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", 5, true},
    {"0000000000000000000000000000000000000000000000000000000000000000", 6, true},
    {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", 7, true},
    /* x = -0, y >= p, or both */
    {"0100000000000000000000000000000000000000000000000000000000000080", 0, false},
    {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", 0, false},
    {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0, false},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 2, false},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 4, false},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", 6, false},
};
#define POINT_COUNT (sizeof points / sizeof *points)

/* The group order of the base point, little-endian. */
#define ORDER "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

/* k = SHA-512(R ‖ A ‖ message) mod L, modulo 8. */
static int k_mod_8(cs_slice r, cs_slice a, cs_slice message)
{
    cs_digest d;
    cs_buf text = cs_buf_new(256);
    cs_buf_add(&text, r);
    cs_buf_add(&text, a);
    cs_buf_add(&text, message);
    assert_int_equal(cs_hash(&d, CS_SHA512, cs_buf_slice(&text)), CS_OK);
    cs_slice order = vectors_from_hex(CS_LIT(ORDER));
    BIGNUM *k = BN_lebin2bn(d.b, (int)d.n, NULL), *l = BN_lebin2bn(order.p, (int)order.n, NULL);
    BN_CTX *ctx = BN_CTX_new();
    assert_int_equal(BN_nnmod(k, k, l, ctx), 1);
    int rest = (int)BN_mod_word(k, 8);
    BN_free(k);
    BN_free(l);
    BN_CTX_free(ctx);
    cs_buf_free(&text);
    return rest;
}

static cs_err verify(cs_slice a, cs_slice r, cs_slice s, cs_slice message)
{
    uint8_t sig[64];
    cs_key *key = NULL;
    memcpy(sig, r.p, 32);
    memcpy(sig + 32, s.p, 32);
    assert_int_equal(cs_key_open_public(&key, CS_ED25519, a), CS_OK);
    cs_err err = cs_key_verify(key, message, CS_ARRAY(sig), NULL);
    cs_key_free(key);
    return err;
}

static void small_order_follows_the_equation(void **state)
{
    (void)state;
    static const uint8_t zero[32];
    int accepted = 0, refused = 0;
    for (size_t i = 0; i < POINT_COUNT * POINT_COUNT * 8; i++) {
        size_t at_a = i / 8 / POINT_COUNT, at_r = i / 8 % POINT_COUNT;
        cs_slice a = vectors_from_hex(cs_slice_str(points[at_a].hex));
        cs_slice r = vectors_from_hex(cs_slice_str(points[at_r].hex));
        const uint8_t message[] = {(uint8_t)i, (uint8_t)(i >> 8)};
        int left = points[at_r].multiple + k_mod_8(r, a, CS_ARRAY(message)) * points[at_a].multiple;
        bool good = left % 8 == 0 && points[at_r].canonical;
        if (verify(a, r, CS_ARRAY(zero), CS_ARRAY(message)) != (good ? CS_OK : CS_BAD_SIGNATURE))
            fail_msg("A %s R %s message %zu", points[at_a].hex, points[at_r].hex, i);
        *(good ? &accepted : &refused) += 1;
        vectors_release();
    }
    print_message("%d accepted, %d refused\n", accepted, refused);
    assert_true(accepted > 100 && refused > accepted);
}

/* With A and R the neutral element any S that is a multiple of L would satisfy the equation; only 0 is below L. */
static void s_is_below_the_order(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        cs_err want;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", CS_OK},
        {ORDER, CS_BAD_SIGNATURE},
        {"daa7ebb934c624b0ac39ef45bdf3bd2900000000000000000000000000000020", CS_BAD_SIGNATURE}, /* 2L */
        {"b44fd773698c49605973de8b7ae77b5300000000000000000000000000000040", CS_BAD_SIGNATURE}, /* 4L */
        {"689faee7d21893c0b2e6bc17f5cef7a600000000000000000000000000000080", CS_BAD_SIGNATURE}, /* 8L */
        {"0100000000000000000000000000000000000000000000000000000000000000", CS_BAD_SIGNATURE},
        {"ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", CS_BAD_SIGNATURE}, /* L - 1 */
        {"0000000000000000000000000000000000000000000000000000000000000080", CS_BAD_SIGNATURE},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", CS_BAD_SIGNATURE},
    };
    cs_slice neutral = vectors_from_hex(cs_slice_str(points[0].hex));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(verify(neutral, neutral, vectors_from_hex(cs_slice_str(rows[i].s)), CS_LIT("message")),
                         rows[i].want);
    vectors_release();
}

/* The twin of a real signature, S + L, and keys that are no point. */
static void real_signatures_have_one_s(void **state)
{
    (void)state;
    uint8_t seed[32], sig[64], twin[64], public_bytes[32];
    cs_buf out = CS_BUF_OVER(sig), key_bytes = CS_BUF_OVER(public_bytes);
    cs_key *key = NULL;
    cs_slice order = vectors_from_hex(CS_LIT(ORDER));
    memset(seed, 0x33, sizeof seed);
    assert_int_equal(cs_key_open_private(&key, CS_ED25519, CS_ARRAY(seed)), CS_OK);
    assert_int_equal(cs_key_sign(&out, key, CS_LIT("message"), NULL), CS_OK);
    cs_key_public(&key_bytes, key);
    memcpy(twin, sig, sizeof twin);
    for (unsigned round = 1, carry = 0; round <= 8; round++, carry = 0) {
        for (size_t i = 0; i < 32; i++) {
            carry += (unsigned)twin[32 + i] + order.p[i];
            twin[32 + i] = (uint8_t)carry;
            carry >>= 8;
        }
        assert_int_equal(cs_key_verify(key, CS_LIT("message"), CS_ARRAY(twin), NULL), CS_BAD_SIGNATURE);
    }
    assert_int_equal(cs_key_verify(key, CS_LIT("message"), CS_ARRAY(sig), NULL), CS_OK);
    cs_key_free(key);
    /* y = 2: x^2 is no square. */
    cs_slice no_point = vectors_from_hex(CS_LIT("0200000000000000000000000000000000000000000000000000000000000000"));
    assert_int_equal(verify(no_point, cs_slice_of(sig, 32), cs_slice_of(sig + 32, 32), CS_LIT("message")),
                     CS_BAD_SIGNATURE);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_order_follows_the_equation),
        cmocka_unit_test(s_is_below_the_order),
        cmocka_unit_test(real_signatures_have_one_s),
    };
    return ENGINES_RUN(tests);
}
