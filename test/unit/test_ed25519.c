/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests src/core/ed25519.c: its equation against OpenSSL's verdict, on the public collections and on keys and changes
 * of our own. What the rule says about points of small order is test_ed25519_rule.c.
 */
#include "vectors.h"

#include <sodium.h>

#include "core/crypto.h"
#include "core/crypto_mldsa.h"
#include "core/ed25519.h"

static cs_ed25519_multiples base, minus_a;

/* SHA-512(R ‖ A ‖ message) modulo the group's order. */
static void challenge(uint8_t k[32], cs_slice key, cs_slice message, cs_slice sig)
{
    cs_digest d;
    cs_buf text = cs_buf_new(1u << 20);
    cs_buf_add(&text, cs_slice_sub(sig, 0, 32));
    cs_buf_add(&text, key);
    cs_buf_add(&text, message);
    assert_int_equal(cs_hash(&d, CS_SHA512, cs_buf_slice(&text)), CS_OK);
    crypto_core_ed25519_scalar_reduce(k, d.b);
    cs_buf_free(&text);
}

static bool ours(cs_slice key, cs_slice message, cs_slice sig)
{
    uint8_t k[32];
    if (sig.n != 64 || !cs_ed25519_is_scalar(sig.p + 32) || !cs_ed25519_of_key(&minus_a, key.p))
        return false;
    challenge(k, key, message, sig);
    return cs_ed25519_holds(&base, &minus_a, sig.p + 32, k, sig.p);
}

/* The engine is OpenSSL here, and so is Ed25519. */
static bool theirs(cs_slice key, cs_slice message, cs_slice sig)
{
    cs_key *k = NULL;
    assert_int_equal(cs_key_open_public(&k, CS_ED25519, key), CS_OK);
    cs_err err = cs_key_verify(k, message, sig, NULL);
    cs_key_free(k);
    return err == CS_OK;
}

static int setup(void **state)
{
    (void)state;
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    cs_ed25519_of_base(&base);
    return 0;
}

static void wycheproof(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("wycheproof/ed25519_test.json");
    size_t g, i, max, most;
    yyjson_val *group, *test;
    int accepted = 0, refused = 0;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), g, max, group)
    {
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), i, most, test)
        {
            cs_slice key = vectors_hex(yyjson_obj_get(group, "publicKey"), "pk");
            bool good = ours(key, vectors_hex(test, "msg"), vectors_hex(test, "sig"));
            if (good != (strcmp(yyjson_get_str(yyjson_obj_get(test, "result")), "valid") == 0))
                fail_msg("case %d", yyjson_get_int(yyjson_obj_get(test, "tcId")));
            *(good ? &accepted : &refused) += 1;
            vectors_release();
        }
    }
    assert_true(accepted > 50 && refused > 30);
    yyjson_doc_free(doc);
}

/* Never more than OpenSSL; the same where the key is written in its one form. */
static void edge_cases(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("cctv/ed25519vectors.json");
    size_t i, max;
    yyjson_val *test;
    int accepted = 0, other = 0;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, test)
    {
        cs_slice key = vectors_hex(test, "key"), message = vectors_text(test, "msg"), sig = vectors_hex(test, "sig");
        bool good = ours(key, message, sig), wanted = theirs(key, message, sig);
        if (good != wanted && (good || !vectors_flag(test, "non_canonical_A")))
            fail_msg("case %d", yyjson_get_int(yyjson_obj_get(test, "number")));
        accepted += good;
        other += good != wanted;
        vectors_release();
    }
    print_message("%d accepted, %d left to OpenSSL\n", accepted, other);
    assert_true(accepted > 50 && other > 0);
    yyjson_doc_free(doc);
}

/* Fresh keys and messages; then each part changed by one bit. */
static void agrees_on_changes(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        CS_SECRET(seed);
        uint8_t sig_bytes[64], key_bytes[32], message[99];
        cs_buf sig = CS_BUF_OVER(sig_bytes), key_out = CS_BUF_OVER(key_bytes);
        cs_key *k = NULL;
        assert_int_equal(cs_key_generate(&seed, CS_ED25519), CS_OK);
        assert_int_equal(cs_key_open_private(&k, CS_ED25519, cs_secret_slice(&seed)), CS_OK);
        assert_int_equal(cs_random(message, sizeof message), CS_OK);
        cs_slice text = cs_slice_of(message, (size_t)round % sizeof message);
        assert_int_equal(cs_key_sign(&sig, k, text, NULL), CS_OK);
        cs_key_public(&key_out, k);
        cs_key_free(k);
        assert_true(ours(CS_ARRAY(key_bytes), text, CS_ARRAY(sig_bytes)));
        uint8_t *const parts[] = {sig_bytes, sig_bytes + 32, key_bytes};
        for (size_t p = 0; p < 3; p++) {
            parts[p][round % 32] ^= (uint8_t)(1 << round % 8);
            assert_int_equal(ours(CS_ARRAY(key_bytes), text, CS_ARRAY(sig_bytes)),
                             theirs(CS_ARRAY(key_bytes), text, CS_ARRAY(sig_bytes)));
            assert_false(ours(CS_ARRAY(key_bytes), text, CS_ARRAY(sig_bytes)));
            parts[p][round % 32] ^= (uint8_t)(1 << round % 8);
        }
        message[0] ^= 1;
        assert_int_equal(ours(CS_ARRAY(key_bytes), text, CS_ARRAY(sig_bytes)), text.n == 0);
    }
}

/* Scalars whose digits are all at an end of their range: [s]B is what libsodium makes of it. */
static void extreme_scalars(void **state)
{
    (void)state;
    static const uint8_t fill[] = {0x00, 0x01, 0x07, 0x08, 0x70, 0x77, 0x78, 0x80, 0x87, 0x88, 0x89, 0x98, 0x99, 0xff};
    uint8_t s[32], r[32];
    static const uint8_t zero[32] = {0};
    uint8_t b[32];
    memset(b, 0x66, sizeof b);
    b[0] = 0x58;
    assert_true(cs_ed25519_of_key(&minus_a, b));
    for (size_t i = 0; i < sizeof fill; i++) {
        memset(s, fill[i], sizeof s);
        s[31] &= 0x0f;
        assert_true(cs_ed25519_is_scalar(s));
        if (i == 0) {
            memset(r, 0, sizeof r);
            r[0] = 1;
        } else {
            assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(r, s), 0);
        }
        assert_true(cs_ed25519_holds(&base, &minus_a, s, zero, r));
        uint8_t turned[32];
        memcpy(turned, r, sizeof r);
        turned[31] ^= i == 0 ? 0 : 0x80; /* [s]B and -[s]B */
        assert_true(cs_ed25519_holds(&base, &minus_a, zero, s, turned));
        r[0] ^= 2;
        assert_false(cs_ed25519_holds(&base, &minus_a, s, zero, r));
    }
}

static void scalars_and_keys_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
    } scalars[] =
        {
            {"0000000000000000000000000000000000000000000000000000000000000000", true},
            {"ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", true},
            {"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", false},
            {"eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", false},
            {"0000000000000000000000000000000000000000000000000000000000000020", false},
            {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
        },
      keys[] = {
          {"5866666666666666666666666666666666666666666666666666666666666666", true},
          {"0100000000000000000000000000000000000000000000000000000000000000", true},
          {"0100000000000000000000000000000000000000000000000000000000000080", false}, /* -0 */
          {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false}, /* p + 1 */
          {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false}, /* p */
          {"0200000000000000000000000000000000000000000000000000000000000000", false}, /* no x */
          {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
      };
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        assert_int_equal(cs_ed25519_is_scalar(vectors_from_hex(cs_slice_str(scalars[i].hex)).p), scalars[i].good);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (cs_ed25519_of_key(&minus_a, vectors_from_hex(cs_slice_str(keys[i].hex)).p) != keys[i].good)
            fail_msg("%s", keys[i].hex);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wycheproof),
        cmocka_unit_test(edge_cases),
        cmocka_unit_test(agrees_on_changes),
        cmocka_unit_test(extreme_scalars),
        cmocka_unit_test(scalars_and_keys_have_one_form),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
