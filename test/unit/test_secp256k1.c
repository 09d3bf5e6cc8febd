/* SPDX-License-Identifier: Apache-2.0 */
#include "core/secp256k1.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "core/crypto.h"
#include "core/keccak.h"
#include "vectors.h"

static cs_slice hex(const char *text)
{
    return vectors_from_hex(cs_slice_str(text));
}

/* A member "0x…". */
static cs_slice hex_member(yyjson_val *object, const char *name)
{
    cs_slice text = vectors_text(object, name);
    return vectors_from_hex(cs_slice_sub(text, 2, text.n));
}

/* The public key of a private one, made by the library itself: ours has no private keys. */
static cs_secp256k1_key key_of(cs_slice scalar)
{
    cs_secp256k1_key out;
    secp256k1_pubkey key;
    uint8_t bytes[65];
    size_t n = sizeof bytes;
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    assert_int_equal(scalar.n, 32);
    assert_int_equal(secp256k1_ec_pubkey_create(c, &key, scalar.p), 1);
    assert_int_equal(secp256k1_ec_pubkey_serialize(c, bytes, &n, &key, SECP256K1_EC_UNCOMPRESSED), 1);
    secp256k1_context_destroy(c);
    assert_int_equal(cs_secp256k1_key_read(&out, CS_ARRAY(bytes)), CS_OK);
    return out;
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

#define GX "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define GY "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define FIELD "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"

static const struct {
    const char *what, *key;
    cs_err expected;
} keys[] = {
    {"uncompressed", "04" GX GY, CS_OK},
    {"compressed, y even", "02" GX, CS_OK},
    {"coordinates", GX GY, CS_OK},
    {"nothing", "", CS_BAD_PUBLIC_KEY},
    {"hybrid form, y even", "06" GX GY, CS_BAD_PUBLIC_KEY},
    {"hybrid form, y odd", "07" GX GY, CS_BAD_PUBLIC_KEY},
    {"uncompressed with the prefix of the other form", "02" GX GY, CS_BAD_PUBLIC_KEY},
    {"compressed with the prefix of the other form", "04" GX, CS_BAD_PUBLIC_KEY},
    {"infinity", "00", CS_BAD_PUBLIC_KEY},
    {"infinity, padded", "00" GX, CS_BAD_PUBLIC_KEY},
    {"x alone", GX, CS_BAD_PUBLIC_KEY},
    {"one byte less", "04" GX "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4", CS_BAD_PUBLIC_KEY},
    {"one byte more", "04" GX GY "00", CS_BAD_PUBLIC_KEY},
    {"beside the curve", "04" GX ONE, CS_BAD_PUBLIC_KEY},
    {"beside the curve, coordinates", GX ONE, CS_BAD_PUBLIC_KEY},
    {"zero", "04" ZERO ZERO, CS_BAD_PUBLIC_KEY},
    {"x that no point has",
     "0200000000000000000000000000000000000000000000000000000000000000"
     "05",
     CS_BAD_PUBLIC_KEY},
    {"x = p", "02" FIELD, CS_BAD_PUBLIC_KEY},
    {"y = p", "04" GX FIELD, CS_BAD_PUBLIC_KEY},
};

static void test_key_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cs_secp256k1_key key;
        cs_err err = cs_secp256k1_key_read(&key, hex(keys[i].key));
        if (err != keys[i].expected)
            fail_msg("%s: %s", keys[i].what, cs_err_name(err));
        cs_slice one_form = err == CS_OK ? hex("04" GX GY) : hex("00" ZERO ZERO);
        assert_true(cs_slice_eq(CS_ARRAY(key.b), one_form));
    }
    vectors_release();
}

/* An odd y is the other point of the same x. */
static void test_compressed_keys_differ(void **state)
{
    (void)state;
    cs_secp256k1_key even, odd;
    assert_int_equal(cs_secp256k1_key_read(&even, hex("02" GX)), CS_OK);
    assert_int_equal(cs_secp256k1_key_read(&odd, hex("03" GX)), CS_OK);
    assert_memory_equal(even.b, odd.b, 33);
    assert_memory_not_equal(even.b + 33, odd.b + 33, 32);
    vectors_release();
}

/* -- signatures ---------------------------------------------------------------------------------------------------- */

/* The first case of the public RFC 6979 collection: d = 1. */
#define DIGEST "06ef2b193b83b3d701f765f1db34672ab84897e1252343cc2197829af3a30456"
#define R "33a69cd2065432a30f3d1ce4eb0d59b8ab58c74f27c41a7fdb5696ad4e6108c9"
#define S "6f807982866f785d3f6418d24163ddae117b7db4d5fdf0071de069fa54342262"
#define HIGH_S "907f867d799087a2c09be72dbe9c2250a9335f31d94ab034a1f1f4927c021edf" /* n - s */
#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define DER "30440220" R "0220" S

static const struct {
    const char *what, *sig;
    cs_err expected;
} signatures[] = {
    {"r and s", R S, CS_OK},
    {"DER", DER, CS_OK},
    {"with v = 0", R S "00", CS_OK},
    {"with v = 27", R S "1b", CS_OK},
    {"nothing", "", CS_BAD_SIGNATURE},
    {"v of the other key", R S "01", CS_BAD_SIGNATURE},
    {"v of the other key, as Ethereum counts", R S "1c", CS_BAD_SIGNATURE},
    {"v = 2", R S "02", CS_BAD_SIGNATURE},
    {"v = 3", R S "03", CS_BAD_SIGNATURE},
    {"v = 26", R S "1a", CS_BAD_SIGNATURE},
    {"v = 29", R S "1d", CS_BAD_SIGNATURE},
    {"v = 37, of a transaction", R S "25", CS_BAD_SIGNATURE},
    {"v = 255", R S "ff", CS_BAD_SIGNATURE},
    {"high s", R HIGH_S, CS_BAD_SIGNATURE},
    {"high s, DER", "30450220" R "022100" HIGH_S, CS_BAD_SIGNATURE},
    {"high s, recoverable, its own v", R HIGH_S "01", CS_BAD_SIGNATURE},
    {"high s, recoverable, the old v", R HIGH_S "00", CS_BAD_SIGNATURE},
    {"r = 0", ZERO S, CS_BAD_SIGNATURE},
    {"s = 0", R ZERO, CS_BAD_SIGNATURE},
    {"r = s = 0", ZERO ZERO, CS_BAD_SIGNATURE},
    {"r = s = 0, recoverable", ZERO ZERO "00", CS_BAD_SIGNATURE},
    {"r = n", ORDER S, CS_BAD_SIGNATURE},
    {"s = n", R ORDER, CS_BAD_SIGNATURE},
    {"r and s swapped", S R, CS_BAD_SIGNATURE},
    {"one byte less", "33a69cd2065432a30f3d1ce4eb0d59b8ab58c74f27c41a7fdb5696ad4e6108" S, CS_BAD_SIGNATURE},
    {"two bytes more", R S "0000", CS_BAD_SIGNATURE},
    {"DER with a byte behind", DER "00", CS_BAD_SIGNATURE},
    {"DER cut",
     "30440220" R "0220"
     "6f807982866f785d3f6418d24163ddae117b7db4d5fdf0071de069fa543422",
     CS_BAD_SIGNATURE},
    {"DER, length in two bytes", "3081440220" R "0220" S, CS_BAD_SIGNATURE},
    {"BER, indefinite length", "30800220" R "0220" S "0000", CS_BAD_SIGNATURE},
    {"DER, needless zero before r", "3045022100" R "0220" S, CS_BAD_SIGNATURE},
    {"DER, needless zero before s", "30450220" R "022100" S, CS_BAD_SIGNATURE},
    {"DER, missing zero before a high s", "30440220" R "0220" HIGH_S, CS_BAD_SIGNATURE},
    {"DER, a third number", "30470220" R "0220" S "020101", CS_BAD_SIGNATURE},
    {"DER, a set", "31440220" R "0220" S, CS_BAD_SIGNATURE},
    {"DER, s = 0", "30250220" R "020100", CS_BAD_SIGNATURE},
    {"DER, r = n", "3045022100" ORDER "0220" S, CS_BAD_SIGNATURE},
    {"DER in front of v", DER "1b", CS_BAD_SIGNATURE},
};

static void test_signature_forms(void **state)
{
    (void)state;
    cs_secp256k1_key key = key_of(hex(ONE));
    cs_slice digest = hex(DIGEST);
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        cs_err err = cs_secp256k1_verify(&key, digest.p, hex(signatures[i].sig));
        if (err != signatures[i].expected)
            fail_msg("%s: %s", signatures[i].what, cs_err_name(err));
    }
    assert_int_equal(cs_secp256k1_verify(&key, digest.p, CS_ABSENT), CS_BAD_SIGNATURE);
    vectors_release();
}

/* No one-bit change of signature, digest or key passes, in any of the three forms. */
static void test_flips(void **state)
{
    (void)state;
    static const char *const forms[] = {R S, R S "1b", DER};
    cs_secp256k1_key key = key_of(hex(ONE));
    uint8_t digest[32], sig[72];
    memcpy(digest, hex(DIGEST).p, sizeof digest);
    for (size_t f = 0; f < 3; f++) {
        cs_slice good = hex(forms[f]);
        memcpy(sig, good.p, good.n);
        for (size_t bit = 0; bit < 8 * good.n; bit++) {
            sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(cs_secp256k1_verify(&key, digest, cs_slice_of(sig, good.n)), CS_BAD_SIGNATURE);
            sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * sizeof digest; bit++) {
            digest[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(cs_secp256k1_verify(&key, digest, good), CS_BAD_SIGNATURE);
            digest[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 8 * sizeof key.b; bit++) {
            key.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(cs_secp256k1_verify(&key, digest, good), CS_BAD_SIGNATURE);
            key.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_int_equal(cs_secp256k1_verify(&key, digest, cs_slice_of(sig, good.n)), CS_OK);
    }
    vectors_release();
}

/* A point whose x is beyond n has a small r, and v 2 or 3 to tell it: such a v is not taken, the signature itself is.
 */
static void test_small_r(void **state)
{
    (void)state;
    const secp256k1_context *c = secp256k1_context_static;
    uint8_t sig[65] = {0}, digest[32] = {7};
    cs_secp256k1_key key = {{0}};
    bool found = false;
    sig[63] = 1; /* s */
    for (uint8_t r = 1; !found && r < 100; r++) {
        secp256k1_ecdsa_recoverable_signature parsed;
        secp256k1_pubkey recovered;
        size_t n = sizeof key.b;
        sig[31] = r;
        assert_int_equal(secp256k1_ecdsa_recoverable_signature_parse_compact(c, &parsed, sig, 2), 1);
        found = secp256k1_ecdsa_recover(c, &recovered, &parsed, digest) == 1 &&
                secp256k1_ec_pubkey_serialize(c, key.b, &n, &recovered, SECP256K1_EC_UNCOMPRESSED) == 1;
    }
    assert_true(found);
    assert_int_equal(cs_secp256k1_verify(&key, digest, cs_slice_of(sig, 64)), CS_OK);
    for (int v = 0; v < 256; v++) {
        sig[64] = (uint8_t)v;
        assert_int_equal(cs_secp256k1_verify(&key, digest, CS_ARRAY(sig)), CS_BAD_SIGNATURE);
    }
}

/* -- public collections -------------------------------------------------------------------------------------------- */

/* s <= (n - 1) / 2, read off the bytes: what Wycheproof accepts in the files without Bitcoin's rule may be high. */
static bool is_high(cs_slice s)
{
    static const char half[] = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
    return memcmp(s.p, hex(half).p, 32) > 0;
}

/* The 32 bytes of s in a signature that is valid. */
static cs_slice s_of(cs_slice sig, bool der)
{
    if (!der)
        return cs_slice_sub(sig, 32, 32);
    uint8_t *padded = vectors_hold(32);
    size_t r = sig.p[3], n = sig.p[5 + r];
    cs_slice s = cs_slice_sub(sig, 6 + r, n);
    if (s.n == 33)
        s = cs_slice_sub(s, 1, 32);
    memset(padded, 0, 32);
    memcpy(padded + 32 - s.n, s.p, s.n);
    return cs_slice_of(padded, 32);
}

static void check_wycheproof(const char *file, bool der, size_t cases, size_t accepted)
{
    yyjson_doc *doc = vectors_public_json(file);
    size_t i, max, k, kmax, seen = 0, good = 0;
    yyjson_val *group, *test;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), i, max, group)
    {
        cs_secp256k1_key key;
        cs_err err = cs_secp256k1_key_read(&key, vectors_hex(yyjson_obj_get(group, "publicKey"), "uncompressed"));
        assert_int_equal(err, CS_OK);
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), k, kmax, test)
        {
            cs_digest digest;
            cs_slice sig = vectors_hex(test, "sig");
            bool valid = vectors_is(test, "result", "valid") && !is_high(s_of(sig, der));
            assert_int_equal(cs_hash(&digest, CS_SHA256, vectors_hex(test, "msg")), CS_OK);
            err = cs_secp256k1_verify(&key, digest.b, sig);
            if (err != (valid ? CS_OK : CS_BAD_SIGNATURE))
                fail_msg("%s %d: %s", file, yyjson_get_int(yyjson_obj_get(test, "tcId")), cs_err_name(err));
            good += err == CS_OK;
            seen++;
            vectors_release();
        }
    }
    yyjson_doc_free(doc);
    assert_int_equal(seen, cases);
    assert_int_equal(good, accepted);
}

static void test_wycheproof_bitcoin(void **state)
{
    (void)state;
    check_wycheproof("wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json", true, 311, 108);
}

static void test_wycheproof_der(void **state)
{
    (void)state;
    check_wycheproof("wycheproof/ecdsa_secp256k1_sha256_test.json", true, 318, 66);
}

static void test_wycheproof_raw(void **state)
{
    (void)state;
    check_wycheproof("wycheproof/ecdsa_secp256k1_sha256_p1363_test.json", false, 170, 61);
}

static void test_rfc6979(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("ethereum/secp256k1-rfc6979.json");
    size_t i, max;
    yyjson_val *test, *root = yyjson_doc_get_root(doc);
    yyjson_arr_foreach(yyjson_obj_get(root, "valid"), i, max, test)
    {
        cs_secp256k1_key key = key_of(vectors_hex(test, "d"));
        uint8_t *digest = vectors_copy(vectors_hex(test, "m"));
        cs_slice sig = vectors_hex(test, "signature");
        assert_int_equal(cs_secp256k1_verify(&key, digest, sig), CS_OK);
        digest[31] ^= 1;
        assert_int_equal(cs_secp256k1_verify(&key, digest, sig), CS_BAD_SIGNATURE);
        vectors_release();
    }
    assert_int_equal(max, 400);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_obj_get(root, "invalid"), "verify"), i, max, test)
    {
        cs_secp256k1_key key;
        cs_slice digest = vectors_hex(test, "m");
        if (cs_secp256k1_key_read(&key, vectors_hex(test, "Q")) == CS_OK && digest.n == 32)
            assert_int_equal(cs_secp256k1_verify(&key, digest.p, vectors_hex(test, "signature")), CS_BAD_SIGNATURE);
        vectors_release();
    }
    assert_true(max > 0);
    yyjson_doc_free(doc);
}

static void test_addresses(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("ethereum/accounts.json");
    size_t i, max;
    yyjson_val *test;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, test)
    {
        char address[CS_ETHEREUM_ADDRESS + 1];
        cs_secp256k1_key key = key_of(hex_member(test, "privateKey"));
        cs_secp256k1_address(address, &key);
        assert_string_equal(address, yyjson_get_str(yyjson_obj_get(test, "address")));
        vectors_release();
    }
    assert_int_equal(max, 173);
    yyjson_doc_free(doc);
}

/* The signature of a transaction as r ‖ s ‖ v, its numbers padded; v of a legacy chain id is odd for the first key. */
static cs_slice transaction_signature(yyjson_val *signature)
{
    uint8_t *out = vectors_hold(65);
    static const char *const names[] = {"r", "s"};
    memset(out, 0, 65);
    for (size_t i = 0; i < 2; i++) {
        cs_slice number = hex_member(signature, names[i]);
        memcpy(out + 32 * i + 32 - number.n, number.p, number.n);
    }
    cs_slice text = vectors_text(signature, "v");
    uint64_t v = strtoull((const char *)text.p, NULL, 16);
    out[64] = (uint8_t)(v <= 1 ? v : (v + 1) % 2);
    return cs_slice_of(out, 65);
}

static void test_transactions(void **state)
{
    (void)state;
    static const char *const kinds[] = {"Legacy", "Eip155", "Berlin", "London"};
    yyjson_doc *doc = vectors_public_json("ethereum/tx-signatures.json");
    size_t i, max, checked = 0;
    yyjson_val *test;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, test)
    {
        cs_secp256k1_key key = key_of(hex_member(test, "privateKey"));
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            uint8_t digest[CS_KECCAK256_LEN];
            yyjson_val *kind = yyjson_obj_get(test, kinds[k]);
            if (kind == NULL)
                continue;
            cs_keccak256(digest, CS_ABSENT, hex_member(kind, "unsigned"));
            cs_slice sig = transaction_signature(yyjson_obj_get(kind, "signature"));
            assert_int_equal(cs_secp256k1_verify(&key, digest, sig), CS_OK);
            assert_int_equal(cs_secp256k1_verify(&key, digest, cs_slice_sub(sig, 0, 64)), CS_OK);
            checked++;
        }
        vectors_release();
    }
    assert_true(checked >= 200);
    yyjson_doc_free(doc);
}

/* The key that a signature recovers to, by the library itself; false if there is none. */
static bool recover(cs_secp256k1_key *key, cs_slice digest, cs_slice v, cs_slice rs)
{
    secp256k1_ecdsa_recoverable_signature sig;
    secp256k1_pubkey found;
    size_t n = sizeof key->b;
    for (size_t i = 0; i < 31; i++)
        if (v.p[i] != 0)
            return false;
    const secp256k1_context *c = secp256k1_context_static;
    return secp256k1_ecdsa_recoverable_signature_parse_compact(c, &sig, rs.p, v.p[31] - 27) == 1 &&
           secp256k1_ecdsa_recover(c, &found, &sig, digest.p) == 1 &&
           secp256k1_ec_pubkey_serialize(c, key->b, &n, &found, SECP256K1_EC_UNCOMPRESSED) == 1;
}

/* What Ethereum's own recovery is tested with. It takes the high s of its good case, which we do not. */
static void test_ecrecover(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("ethereum/ecrecover.json");
    size_t i, max, recovered = 0;
    yyjson_val *test;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, test)
    {
        cs_secp256k1_key key;
        secp256k1_ecdsa_signature sig, low;
        uint8_t raw[64];
        char address[CS_ETHEREUM_ADDRESS + 1];
        cs_slice input = vectors_hex(test, "Input"), expected = vectors_hex(test, "Expected");
        cs_slice digest = cs_slice_sub(input, 0, 32), rs = cs_slice_sub(input, 64, 64);
        assert_int_equal(recover(&key, digest, cs_slice_sub(input, 32, 32), rs), expected.n > 0);
        if (expected.n == 0)
            continue;
        cs_secp256k1_address(address, &key);
        assert_true(cs_slice_eq(hex(address + 2), cs_slice_sub(expected, 12, 20)));
        assert_int_equal(cs_secp256k1_verify(&key, digest.p, rs), CS_BAD_SIGNATURE);
        assert_int_equal(secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &sig, rs.p), 1);
        assert_int_equal(secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &low, &sig), 1);
        assert_int_equal(secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, raw, &low), 1);
        assert_int_equal(cs_secp256k1_verify(&key, digest.p, CS_ARRAY(raw)), CS_OK);
        recovered++;
    }
    vectors_release();
    assert_int_equal(recovered, 1);
    yyjson_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_forms),       cmocka_unit_test(test_compressed_keys_differ),
        cmocka_unit_test(test_signature_forms), cmocka_unit_test(test_flips),
        cmocka_unit_test(test_small_r),         cmocka_unit_test(test_wycheproof_bitcoin),
        cmocka_unit_test(test_wycheproof_der),  cmocka_unit_test(test_wycheproof_raw),
        cmocka_unit_test(test_rfc6979),         cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_transactions),    cmocka_unit_test(test_ecrecover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
