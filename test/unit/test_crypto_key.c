/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/crypto_key.c; the ML-DSA collections are test_mldsa_vectors.c. */
#include <malloc.h>

#include "vectors.h"

#include "core/crypto.h"
#include "core/crypto_mldsa.h"
#include "core/ecdsa.h"

#define N256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define N256_PLUS_1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"
#define ZERO256 "0000000000000000000000000000000000000000000000000000000000000000"
#define RFC6979_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define RFC6979_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

static const cs_prim all[] = {CS_MLDSA44, CS_MLDSA65, CS_MLDSA87, CS_ED25519, CS_ED448, CS_P256, CS_P384};
#define ALL (sizeof all / sizeof *all)

static cs_slice hex(const char *digits)
{
    return vectors_from_hex(cs_slice_str(digits));
}

static cs_key *fresh_key(cs_prim prim)
{
    CS_SECRET(bytes);
    cs_key *key = NULL;
    assert_int_equal(cs_key_generate(&bytes, prim), CS_OK);
    assert_int_equal(bytes.n, cs_prim_private_len(prim));
    assert_int_equal(cs_key_open_private(&key, prim, cs_secret_slice(&bytes)), CS_OK);
    assert_int_equal(cs_key_prim(key), prim);
    return key;
}

static cs_key *public_half(const cs_key *k)
{
    cs_key *key = NULL;
    cs_buf bytes = cs_buf_new(4096);
    cs_key_public(&bytes, k);
    assert_int_equal(bytes.n, cs_prim_public_len(cs_key_prim(k)));
    assert_int_equal(cs_key_open_public(&key, cs_key_prim(k), cs_buf_slice(&bytes)), CS_OK);
    cs_buf_free(&bytes);
    return key;
}

#ifndef CS_SANITIZED /* their heap cannot be asked */
/* What a key says that it takes is about what it takes: budgets count on it. */
static void tells_its_bytes(void **state)
{
    enum { COUNT = 32 };
    (void)state;
    for (int i = 0; i < 4 * (int)ALL; i++) {
        cs_key *keys[COUNT];
        const bool is_public = i % 2 == 1;
        cs_engine_choose(i % 4 < 2 ? CS_ENGINE_NATIVE : CS_ENGINE_OPENSSL, NULL, 0);
        cs_key *one = fresh_key(all[i / 4]);
        cs_key_free(public_half(one)); /* whatever is made once */
        struct mallinfo2 before = mallinfo2();
        for (size_t n = 0; n < COUNT; n++)
            keys[n] = is_public ? public_half(one) : fresh_key(all[i / 4]);
        struct mallinfo2 after = mallinfo2();
        size_t taken = (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / COUNT;
        size_t told = cs_key_bytes(keys[0]);
        if (told < taken - taken / 4 || told > taken + taken / 2)
            fail_msg("%s %s, engine %s: %zu bytes, told %zu", cs_prim_name(all[i / 4]),
                     is_public ? "public" : "private", cs_engine_name(cs_engine_now().used), taken, told);
        for (size_t n = 0; n < COUNT; n++)
            cs_key_free(keys[n]);
        cs_key_free(one);
    }
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 1);
}
#endif

/* -- signatures known beforehand: RFC 8032 §7.1, §7.4; RFC 6979 A.2.5, A.2.6 ("sample") -------------------------- */

static const struct {
    cs_prim prim;
    const char *private_key, *public_key, *message, *sig; /* ECDSA: r‖s, no deterministic signing */
} known[] = {
    {CS_ED25519, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
     "655141438e7a100b"},
    {CS_ED448,
     "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95"
     "b",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe82561"
     "80",
     "",
     "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd39"
     "80ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e65"
     "2600"},
    {CS_P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", "04" RFC6979_X RFC6979_Y,
     "73616d706c65",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {CS_P384, "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
     "04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
     "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
     "73616d706c65",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
};

static void known_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        cs_key *key = NULL;
        cs_buf public_bytes = cs_buf_new(100), sig = cs_buf_new(120);
        cs_slice message = hex(known[i].message), want = hex(known[i].sig);
        assert_int_equal(cs_key_open_private(&key, known[i].prim, hex(known[i].private_key)), CS_OK);
        cs_key_public(&public_bytes, key);
        assert_true(cs_slice_eq(cs_buf_slice(&public_bytes), hex(known[i].public_key)));
        if (cs_prim_is_ecdsa(known[i].prim)) {
            assert_int_equal(cs_ecdsa_raw_to_der(&sig, known[i].prim, want), CS_OK);
        } else {
            assert_int_equal(cs_key_sign(&sig, key, message, NULL), CS_OK);
            assert_true(cs_slice_eq(cs_buf_slice(&sig), want));
        }
        /* Both of the ECDSA examples have a high s: they are accepted. */
        assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), NULL), CS_OK);
        cs_buf_free(&public_bytes);
        cs_buf_free(&sig);
        cs_key_free(key);
        vectors_release();
    }
}

/* -- every primitive -------------------------------------------------------------------------------------------- */

static void refuses_all_lengths_but_its_own(const cs_key *key, cs_slice message, cs_slice sig)
{
    static const size_t ends[] = {0, 1, 2, 8, 31, 32, 63, 64, 65, 113, 2419, 2420, 2421, 3308, 3309, 4626};
    uint8_t *longer = vectors_hold(sig.n + 1);
    memcpy(longer, sig.p, sig.n);
    longer[sig.n] = 0;
    assert_int_equal(cs_key_verify(key, message, cs_slice_of(longer, sig.n + 1), NULL), CS_BAD_SIGNATURE);
    assert_int_equal(cs_key_verify(key, message, cs_slice_sub(sig, 0, sig.n - 1), NULL), CS_BAD_SIGNATURE);
    for (size_t i = 0; i < sizeof ends / sizeof *ends && ends[i] < sig.n; i++)
        assert_int_equal(cs_key_verify(key, message, cs_slice_sub(sig, 0, ends[i]), NULL), CS_BAD_SIGNATURE);
}

static void signs_and_refuses(void **state)
{
    (void)state;
    const cs_slice message = CS_LIT("a message"), other_message = CS_LIT("a messagf");
    for (size_t i = 0; i < ALL; i++) {
        cs_key *key = fresh_key(all[i]), *public_key = public_half(key), *other = fresh_key(all[i]);
        cs_buf sig = cs_buf_new(5000);
        assert_int_equal(cs_key_sign(&sig, key, message, NULL), CS_OK);
        assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), NULL), CS_OK);
        assert_int_equal(cs_key_verify(public_key, message, cs_buf_slice(&sig), NULL), CS_OK);
        assert_int_equal(cs_key_verify(other, message, cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
        assert_int_equal(cs_key_verify(key, other_message, cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
        assert_int_equal(cs_key_verify(key, CS_LIT(""), cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
        refuses_all_lengths_but_its_own(public_key, message, cs_buf_slice(&sig));
        for (size_t at = 0; at < sig.n; at += sig.n / 16) {
            sig.p[at] ^= 1;
            assert_int_equal(cs_key_verify(public_key, message, cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
            sig.p[at] ^= 1;
        }
        cs_buf_clear(&sig);
        assert_int_equal(cs_key_sign(&sig, public_key, message, NULL), CS_CRYPTO);
        assert_int_equal(sig.n, 0);
        cs_buf_free(&sig);
        cs_key_free(key);
        cs_key_free(public_key);
        cs_key_free(other);
        vectors_release();
    }
}

static void signs_the_empty_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        cs_key *key = fresh_key(all[i]);
        cs_buf sig = cs_buf_new(5000);
        assert_int_equal(cs_key_sign(&sig, key, CS_ABSENT, NULL), CS_OK);
        assert_int_equal(cs_key_verify(key, CS_LIT(""), cs_buf_slice(&sig), NULL), CS_OK);
        assert_int_equal(cs_key_verify(key, CS_LIT("\0"), cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
        cs_buf_free(&sig);
        cs_key_free(key);
    }
}

static void no_room_no_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        cs_key *key = fresh_key(all[i]);
        uint8_t memory[32];
        cs_buf sig = CS_BUF_OVER(memory);
        assert_int_equal(cs_key_sign(&sig, key, CS_LIT("m"), NULL), CS_TOO_LARGE);
        assert_null(cs_buf_slice(&sig).p);
        cs_key_free(key);
    }
}

static void lengths_are_those_of_the_standards(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t private_len, public_len, sig_len;
    } rows[CS_PRIM_COUNT + 1] = {
        [CS_PRIM_NONE] = {"none", 0, 0, 0},
        [CS_MLDSA44] = {"ML-DSA-44", 32, 1312, 2420},
        [CS_MLDSA65] = {"ML-DSA-65", 32, 1952, 3309},
        [CS_MLDSA87] = {"ML-DSA-87", 32, 2592, 4627},
        [CS_ED25519] = {"Ed25519", 32, 32, 64},
        [CS_ED448] = {"Ed448", 57, 57, 114},
        [CS_P256] = {"P-256", 32, 65, 72},
        [CS_P384] = {"P-384", 48, 97, 104},
        [CS_PRIM_COUNT] = {"none", 0, 0, 0},
    };
    for (int p = CS_PRIM_NONE; p <= CS_PRIM_COUNT; p++) {
        assert_string_equal(cs_prim_name((cs_prim)p), rows[p].name);
        assert_int_equal(cs_prim_private_len((cs_prim)p), rows[p].private_len);
        assert_int_equal(cs_prim_public_len((cs_prim)p), rows[p].public_len);
        assert_int_equal(cs_prim_sig_len((cs_prim)p), rows[p].sig_len);
        assert_int_equal(cs_prim_is_mldsa((cs_prim)p), p >= CS_MLDSA44 && p <= CS_MLDSA87);
        assert_int_equal(cs_prim_is_ecdsa((cs_prim)p), p == CS_P256 || p == CS_P384);
    }
}

static void lengths_and_keys_of_others(void **state)
{
    (void)state;
    static const uint8_t zeros[5000];
    for (size_t i = 0; i < ALL; i++) {
        cs_key *key = NULL;
        size_t own = cs_prim_private_len(all[i]), public_own = cs_prim_public_len(all[i]);
        for (size_t n = 0; n < 100; n++)
            if (n != own)
                assert_int_equal(cs_key_open_private(&key, all[i], cs_slice_of(zeros, n)), CS_BAD_PRIVATE_KEY);
        for (size_t k = 0; k < ALL; k++)
            if (cs_prim_public_len(all[k]) != public_own)
                assert_int_equal(cs_key_open_public(&key, all[i], cs_slice_of(zeros, cs_prim_public_len(all[k]))),
                                 CS_BAD_PUBLIC_KEY);
        assert_int_equal(cs_key_open_public(&key, all[i], cs_slice_of(zeros, public_own - 1)), CS_BAD_PUBLIC_KEY);
        assert_int_equal(cs_key_open_public(&key, all[i], cs_slice_of(zeros, public_own + 1)), CS_BAD_PUBLIC_KEY);
        assert_null(key);
    }
    cs_key *key = NULL;
    assert_int_equal(cs_key_open_private(&key, CS_PRIM_NONE, CS_LIT("")), CS_BAD_PRIVATE_KEY);
    assert_int_equal(cs_key_open_public(&key, CS_PRIM_NONE, CS_LIT("")), CS_BAD_PUBLIC_KEY);
    assert_int_equal(cs_key_open_public(&key, CS_PRIM_COUNT, CS_LIT("")), CS_BAD_PUBLIC_KEY);
    cs_key_free(NULL);
}

static void scalars_and_points(void **state)
{
    (void)state;
    static const char *const bad_scalars[] = {ZERO256, N256, N256_PLUS_1,
                                              "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    static const char *const bad_points[] = {
        "04" RFC6979_Y RFC6979_X,                                                    /* not on the curve */
        "04" ZERO256 ZERO256,                                                        /* nor this */
        "06" RFC6979_X RFC6979_Y,                                                    /* hybrid form */
        "07" RFC6979_X RFC6979_Y,                                                    /* hybrid form, right parity */
        "00" RFC6979_X RFC6979_Y,                                                    /* no form */
        "03" RFC6979_X,                                                              /* compressed */
        "00",                                                                        /* infinity */
        "04" N256 RFC6979_Y,                                                         /* another x */
        "04ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" ZERO256 /* x beyond the field */
    };
    cs_key *key = NULL;
    for (size_t i = 0; i < sizeof bad_scalars / sizeof *bad_scalars; i++)
        assert_int_equal(cs_key_open_private(&key, CS_P256, hex(bad_scalars[i])), CS_BAD_PRIVATE_KEY);
    for (size_t i = 0; i < sizeof bad_points / sizeof *bad_points; i++)
        assert_int_equal(cs_key_open_public(&key, CS_P256, hex(bad_points[i])), CS_BAD_PUBLIC_KEY);
    assert_null(key);
    assert_int_equal(cs_key_open_public(&key, CS_P256, hex("04" RFC6979_X RFC6979_Y)), CS_OK);
    cs_key_free(key);
    vectors_release();
}

/* -- options of ML-DSA ------------------------------------------------------------------------------------------ */

static void contexts(void **state)
{
    (void)state;
    static const uint8_t bytes[256];
    const cs_slice message = CS_LIT("m");
    cs_key *key = fresh_key(CS_MLDSA44), *ed = fresh_key(CS_ED25519);
    cs_buf sig = cs_buf_new(5000);
    cs_mldsa_options o = {.context = cs_slice_of(bytes, 255)}, shorter = {.context = cs_slice_of(bytes, 254)};
    assert_int_equal(cs_key_sign(&sig, key, message, &o), CS_OK);
    assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), &o), CS_OK);
    assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), &shorter), CS_BAD_SIGNATURE);
    assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
    o.context.n = 256;
    assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), &o), CS_BAD_CONTEXT);
    cs_buf_clear(&sig);
    assert_int_equal(cs_key_sign(&sig, key, message, &o), CS_BAD_CONTEXT);
    assert_int_equal(cs_key_sign(&sig, ed, message, &shorter), CS_CRYPTO);
    assert_int_equal(sig.n, 0);
    cs_buf_free(&sig);
    cs_key_free(key);
    cs_key_free(ed);
}

static void hedged_unless_told(void **state)
{
    (void)state;
    const cs_mldsa_options deterministic = {.deterministic = true};
    const cs_mldsa_options mu = {.external_mu = true};
    cs_key *key = fresh_key(CS_MLDSA44);
    cs_buf a = cs_buf_new(5000), b = cs_buf_new(5000);
    assert_int_equal(cs_key_sign(&a, key, CS_LIT("m"), NULL), CS_OK);
    assert_int_equal(cs_key_sign(&b, key, CS_LIT("m"), NULL), CS_OK);
    assert_false(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)));
    cs_buf_clear(&a);
    cs_buf_clear(&b);
    assert_int_equal(cs_key_sign(&a, key, CS_LIT("m"), &deterministic), CS_OK);
    assert_int_equal(cs_key_sign(&b, key, CS_LIT("m"), &deterministic), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)));
    assert_int_equal(cs_key_sign(&a, key, CS_LIT("not 64 bytes"), &mu), CS_CRYPTO);
    cs_buf_free(&a);
    cs_buf_free(&b);
    cs_key_free(key);
}

static void ecdsa_comes_out_low(void **state)
{
    (void)state;
    for (int i = 0; i < 64; i++) {
        cs_prim prim = i % 2 == 0 ? CS_P256 : CS_P384;
        cs_key *key = fresh_key(prim);
        cs_buf sig = cs_buf_new(110), low = cs_buf_new(110);
        assert_int_equal(cs_key_sign(&sig, key, CS_LIT("m"), NULL), CS_OK);
        assert_int_equal(cs_ecdsa_low_s(&low, prim, cs_buf_slice(&sig)), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&sig), cs_buf_slice(&low)));
        cs_buf_free(&sig);
        cs_buf_free(&low);
        cs_key_free(key);
    }
}

/* -- public collections ----------------------------------------------------------------------------------------- */

static void run_wycheproof(const char *name, cs_prim prim, const char *key_member, int expected)
{
    yyjson_doc *doc = vectors_public_json(name);
    size_t i, j, max, most;
    yyjson_val *group, *test;
    int cases = 0;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), i, max, group)
    {
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), j, most, test)
        {
            cs_key *key = NULL;
            cs_slice bytes = vectors_hex(yyjson_obj_get(group, "publicKey"), key_member);
            assert_int_equal(cs_key_open_public(&key, prim, bytes), CS_OK);
            cs_err err = cs_key_verify(key, vectors_hex(test, "msg"), vectors_hex(test, "sig"), NULL);
            if (err != (vectors_is(test, "result", "valid") ? CS_OK : CS_BAD_SIGNATURE))
                fail_msg("case %d: %s", yyjson_get_int(yyjson_obj_get(test, "tcId")), cs_err_name(err));
            cs_key_free(key);
            vectors_release();
            cases++;
        }
    }
    assert_int_equal(cases, expected);
    yyjson_doc_free(doc);
}

/* Only a private ML-DSA key has the expanded form. */
static void few_keys_expand(void **state)
{
    (void)state;
    static const uint8_t seed[32] = {1};
    cs_key *key = NULL, *public_key = NULL;
    uint8_t bytes[1312];
    cs_buf public_bytes = CS_BUF_OVER(bytes), out = cs_buf_new_wiped(4896);
    assert_int_equal(cs_key_open_private(&key, CS_MLDSA44, CS_ARRAY(seed)), CS_OK);
    cs_key_public(&public_bytes, key);
    assert_int_equal(cs_key_open_public(&public_key, CS_MLDSA44, cs_buf_slice(&public_bytes)), CS_OK);
    assert_int_equal(cs_key_expanded(&out, public_key), CS_BAD_PRIVATE_KEY);
    cs_key_free(public_key);
    assert_int_equal(cs_key_expanded(&out, key), CS_OK);
    assert_int_equal(out.n, 2560);
    cs_key_free(key);
    cs_buf_free(&out);
    for (int prim = CS_ED25519; prim <= CS_P256; prim += CS_P256 - CS_ED25519) {
        assert_int_equal(cs_key_open_private(&key, (cs_prim)prim, CS_ARRAY(seed)), CS_OK);
        assert_int_equal(cs_key_expanded(&out, key), CS_BAD_PRIVATE_KEY);
        assert_int_equal(out.n, 0);
        cs_key_free(key);
    }
}

static void wycheproof_ed25519(void **state)
{
    (void)state;
    run_wycheproof("wycheproof/ed25519_test.json", CS_ED25519, "pk", 102);
}

static void wycheproof_p256(void **state)
{
    (void)state;
    run_wycheproof("wycheproof/ecdsa_secp256r1_sha256_test.json", CS_P256, "uncompressed", 325);
}

/* The rule of protocol/signature.md: R must be the canonical encoding of SB - kA, without a cofactor; so exactly the
 * cases with a non-canonical R or with a residue of low order are refused. */
static void ed25519_edge_cases(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("cctv/ed25519vectors.json");
    size_t i, max;
    yyjson_val *test;
    int accepted = 0, refused = 0;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, test)
    {
        bool refuse = vectors_flag(test, "non_canonical_R") || vectors_flag(test, "low_order_residue");
        cs_key *key = NULL;
        assert_int_equal(cs_key_open_public(&key, CS_ED25519, vectors_hex(test, "key")), CS_OK);
        cs_err err = cs_key_verify(key, vectors_text(test, "msg"), vectors_hex(test, "sig"), NULL);
        if (err != (refuse ? CS_BAD_SIGNATURE : CS_OK))
            fail_msg("case %d: %s", yyjson_get_int(yyjson_obj_get(test, "number")), cs_err_name(err));
        *(refuse ? &refused : &accepted) += 1;
        cs_key_free(key);
        vectors_release();
    }
    assert_true(accepted > 0 && refused > accepted);
    yyjson_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_signatures),
        cmocka_unit_test(signs_and_refuses),
        cmocka_unit_test(signs_the_empty_message),
        cmocka_unit_test(no_room_no_signature),
        cmocka_unit_test(lengths_are_those_of_the_standards),
        cmocka_unit_test(lengths_and_keys_of_others),
        cmocka_unit_test(scalars_and_points),
        cmocka_unit_test(contexts),
        cmocka_unit_test(hedged_unless_told),
        cmocka_unit_test(ecdsa_comes_out_low),
        cmocka_unit_test(few_keys_expand),
        cmocka_unit_test(wycheproof_ed25519),
        cmocka_unit_test(wycheproof_p256),
        cmocka_unit_test(ed25519_edge_cases),
#ifndef CS_SANITIZED
        cmocka_unit_test(tells_its_bytes),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
