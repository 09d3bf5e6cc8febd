/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests src/core/ed25519.c: its equation against OpenSSL's verdict, on the public collections and on keys and changes
 * of our own. What the rule says about points of small order is test_ed25519_rule.c.
 */
#include "vectors.h"

#include <sodium.h>

#include "core/crypto.h"
#include "core/crypto_ed25519.h"
#include "core/crypto_mldsa.h"
#include "core/ed25519_lanes.h"

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

/* In a lane that goes round, beside others that add up nothing. */
static bool holds_in_a_lane(const uint8_t k[32], cs_slice sig)
{
    static size_t lane;
    const cs_ed25519_multiples *keys[CS_ED25519_LANES];
    uint8_t s[CS_ED25519_LANES][32] = {{0}}, all_k[CS_ED25519_LANES][32] = {{0}}, sums[CS_ED25519_LANES][32];
    static const uint8_t neutral[32] = {1};
    lane = (lane + 1) % CS_ED25519_LANES;
    for (size_t i = 0; i < CS_ED25519_LANES; i++)
        keys[i] = i == lane ? &minus_a : &base;
    memcpy(s[lane], sig.p + 32, 32);
    memcpy(all_k[lane], k, 32);
    cs_ed25519_lanes_sum(sums, &base, keys, s, all_k);
    for (size_t i = 0; i < CS_ED25519_LANES; i++)
        assert_true(i == lane || memcmp(sums[i], neutral, 32) == 0);
    return memcmp(sums[lane], sig.p, 32) == 0;
}

static bool ours(cs_slice key, cs_slice message, cs_slice sig)
{
    uint8_t k[32];
    if (sig.n != 64 || !cs_ed25519_is_scalar(sig.p + 32) || !cs_ed25519_of_key(&minus_a, key.p))
        return false;
    challenge(k, key, message, sig);
    bool good = cs_ed25519_holds(&base, &minus_a, sig.p + 32, k, sig.p);
    assert_true(!cs_ed25519_lanes_run() || holds_in_a_lane(k, sig) == good);
    return good;
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

/* Each lane against the equation by itself; digits at the ends of their range among them. */
static void lanes_agree_with_one_at_a_time(void **state)
{
    (void)state;
    static cs_ed25519_multiples of[CS_ED25519_LANES];
    const cs_ed25519_multiples *keys[CS_ED25519_LANES];
    static const uint8_t fill[] = {0x00, 0x77, 0x78, 0x87, 0x88, 0x89, 0x98, 0xff};
    static const uint8_t zero[32] = {0};
    if (!cs_ed25519_lanes_run())
        skip();
    for (size_t i = 0; i < CS_ED25519_LANES; i++) {
        CS_SECRET(seed);
        uint8_t bytes[32];
        cs_buf public_key = CS_BUF_OVER(bytes);
        cs_key *k = NULL;
        assert_int_equal(cs_key_generate(&seed, CS_ED25519), CS_OK);
        assert_int_equal(cs_key_open_private(&k, CS_ED25519, cs_secret_slice(&seed)), CS_OK);
        cs_key_public(&public_key, k);
        cs_key_free(k);
        assert_true(cs_ed25519_of_key(&of[i], bytes));
        keys[i] = &of[i];
    }
    for (int round = 0; round < 300; round++) {
        uint8_t s[CS_ED25519_LANES][32], k[CS_ED25519_LANES][32], sums[CS_ED25519_LANES][32],
            products[CS_ED25519_LANES][32];
        for (size_t i = 0; i < CS_ED25519_LANES; i++) {
            uint8_t wide[64];
            assert_int_equal(cs_random(wide, sizeof wide), CS_OK);
            crypto_core_ed25519_scalar_reduce(s[i], wide);
            assert_int_equal(cs_random(wide, sizeof wide), CS_OK);
            crypto_core_ed25519_scalar_reduce(k[i], wide);
            if (round % 3 == 1)
                memset(s[i], fill[(i + (size_t)round) % sizeof fill], 31);
            if (round % 3 == 2)
                memset(k[i], fill[(i + (size_t)round) % sizeof fill], 31);
            s[i][31] &= 0x0f;
            k[i][31] &= 0x0f;
        }
        cs_ed25519_lanes_sum(sums, &base, keys, s, k);
        cs_ed25519_lanes_multiply(products, &base, s);
        for (size_t i = 0; i < CS_ED25519_LANES; i++) {
            assert_true(cs_ed25519_holds(&base, keys[i], s[i], k[i], sums[i]));
            assert_true(cs_ed25519_holds(&base, keys[i], s[i], zero, products[i]));
            sums[i][round % 31] ^= 1;
            assert_false(cs_ed25519_holds(&base, keys[i], s[i], k[i], sums[i]));
        }
    }
}

enum { MANY = 19 };
struct many {
    cs_secret expanded[MANY];
    uint8_t message[MANY][40], sig[MANY][64];
};

static void make_many(struct many *m, size_t n)
{
    cs_ed25519_job jobs[MANY];
    assert_true(cs_ed25519_ready());
    for (size_t i = 0; i < n; i++) {
        CS_SECRET(seed);
        assert_int_equal(cs_key_generate(&seed, CS_ED25519), CS_OK);
        assert_int_equal(cs_ed25519_expand(&m->expanded[i], cs_secret_slice(&seed)), CS_OK);
        assert_int_equal(cs_random(m->message[i], sizeof m->message[i]), CS_OK);
        jobs[i] = (cs_ed25519_job){m->sig[i], &m->expanded[i], cs_slice_of(m->message[i], i * 2), CS_INTERNAL};
    }
    cs_ed25519_sign_many(jobs, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(jobs[i].err, CS_OK);
}

/* There is one signature of a message under a key: whoever makes it, however many beside each other. */
static void many_are_signed_as_one(void **state)
{
    (void)state;
    static struct many m;
    for (size_t n = 1; n <= MANY; n++) {
        make_many(&m, n);
        for (size_t i = 0; i < n; i++) {
            uint8_t alone[64];
            assert_int_equal(cs_ed25519_sign(alone, &m.expanded[i], cs_slice_of(m.message[i], i * 2)), CS_OK);
            assert_memory_equal(alone, m.sig[i], sizeof alone);
        }
    }
    CS_SECRET(none);
    uint8_t sig[2][64];
    cs_ed25519_job bad[2] = {{sig[0], &none, CS_LIT("x"), CS_OK}, {sig[1], &m.expanded[0], CS_LIT("x"), CS_INTERNAL}};
    cs_ed25519_sign_many(bad, 2);
    assert_int_equal(bad[0].err, CS_CRYPTO);
    assert_int_equal(bad[1].err, CS_OK);
}

/* What was verified ahead is found once, and only for exactly that key, message and signature. */
static void ahead_is_no_verdict(void **state)
{
    (void)state;
    static struct many m;
    cs_ed25519_check checks[MANY];
    make_many(&m, MANY);
    for (size_t i = 0; i < MANY; i++)
        checks[i] = (cs_ed25519_check){cs_slice_of(m.expanded[i].b + 32, 32), cs_slice_of(m.message[i], i * 2),
                                       CS_ARRAY(m.sig[i])};
    for (int times = 0; times < 4; times++) { /* so that their multiples are kept */
        m.sig[3][40] ^= 1;
        m.sig[4][2] ^= 1;
        cs_ed25519_verify_ahead(checks, MANY);
        for (size_t i = 0; i < MANY; i++) {
            const cs_ed25519_check *c = &checks[i];
            uint8_t other[64];
            memcpy(other, c->sig.p, sizeof other);
            other[times * 20] ^= 4;
            assert_false(cs_ed25519_accepts(c->public_key, c->message, CS_ARRAY(other)));
            assert_false(cs_ed25519_accepts(checks[(i + 1) % MANY].public_key, c->message, c->sig));
            assert_false(cs_ed25519_accepts(c->public_key, CS_LIT("another message"), c->sig));
            for (int again = 0; again < 2; again++)
                assert_int_equal(cs_ed25519_accepts(c->public_key, c->message, c->sig), i != 3 && i != 4);
        }
        m.sig[3][40] ^= 1;
        m.sig[4][2] ^= 1;
    }
    cs_ed25519_verify_ahead(checks, 0);
    cs_ed25519_verify_ahead(&(cs_ed25519_check){CS_LIT("short"), CS_LIT(""), CS_LIT("short")}, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wycheproof),
        cmocka_unit_test(edge_cases),
        cmocka_unit_test(agrees_on_changes),
        cmocka_unit_test(extreme_scalars),
        cmocka_unit_test(scalars_and_keys_have_one_form),
        cmocka_unit_test(lanes_agree_with_one_at_a_time),
        cmocka_unit_test(many_are_signed_as_one),
        cmocka_unit_test(ahead_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
