/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/birth.c: the commitment to a birth, byte for byte, and everything that is none. */
#include "core/birth.h"

#include "vectors.h"

#define CREATED 1768473000123LL
#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
#define ARN_AT_THE_EDGE 403 /* bytes of an ARN with which the commitment of the good birth has 512 */

/* The commitment to the good birth, and SHA-256 of the one whose ARN is a letter too long: computed by Python. */
static const char clear_hex[] =
    "435342318862c1508a5c082f43e02c17e49051fb1168b248d21b1d885ff2050bfc4dda9fa4ac02f17f679da2fe20e059"
    "cb5832311573833d1dc7c0920123f48f35ea23480013637573746f6d65722d77616c6c65742d313233004e61726e3a61"
    "77733a6b6d733a65752d63656e7472616c2d313a3131313132323232333333333a6b65792f31323334616263642d3132"
    "61622d333463642d353665662d313233343536373839306162094d4c2d4453412d34340000019bc13478bb";
static const char hashed_hex[] = "43534831af0bc7e742fd7afa7bffbd9b112ff92139fd7b4152611d3bc9547cc25e43053e";

static uint8_t public_bytes[2593], wrapped_bytes[CS_MAX_WRAPPED_DK + 1];
static char long_text[CS_MAX_KMS_KEY + 2];

static cs_birth good(void)
{
    memset(public_bytes, 0x11, sizeof public_bytes);
    memset(wrapped_bytes, 0x22, sizeof wrapped_bytes);
    memset(long_text, 'a', sizeof long_text);
    return (cs_birth){.alg = CS_MLDSA44,
                      .user_id = CS_LIT("customer-wallet-123"),
                      .public_key = cs_slice_of(public_bytes, 1312),
                      .wrapped_dk = cs_slice_of(wrapped_bytes, 184),
                      .kms_key_arn = CS_LIT(ARN),
                      .created_at_ms = CREATED};
}

static cs_slice commitment(cs_buf *out, const cs_birth *b)
{
    cs_buf_clear(out);
    assert_int_equal(cs_birth_user_data(out, b), CS_OK);
    return cs_buf_slice(out);
}

static void assert_slice(cs_slice got, cs_slice want)
{
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
}

static void to_the_byte(void **state)
{
    (void)state;
    uint8_t memory[CS_BIRTH_USER_DATA];
    cs_buf out = CS_BUF_OVER(memory);
    cs_birth_claims claims;
    cs_birth b = good();

    assert_slice(commitment(&out, &b), vectors_from_hex(cs_slice_str(clear_hex)));
    assert_int_equal(cs_birth_read(&claims, cs_buf_slice(&out)), CS_OK);
    assert_null(claims.hash.p);
    assert_slice(claims.user_id, b.user_id);
    assert_slice(claims.kms_key_arn, b.kms_key_arn);
    assert_int_equal(claims.alg, CS_MLDSA44);
    assert_int_equal(claims.created_at_ms, CREATED);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&out), &b), CS_OK);

    b.kms_key_arn = cs_slice_of(long_text, ARN_AT_THE_EDGE);
    assert_int_equal(commitment(&out, &b).n, CS_BIRTH_USER_DATA);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&out), &b), CS_OK);

    b.kms_key_arn.n++;
    assert_slice(commitment(&out, &b), vectors_from_hex(cs_slice_str(hashed_hex)));
    assert_int_equal(cs_birth_read(&claims, cs_buf_slice(&out)), CS_OK);
    assert_int_equal(claims.hash.n, CS_SHA256_LEN);
    assert_null(claims.user_id.p);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&out), &b), CS_OK);

    b.kms_key_arn.n = CS_MAX_KMS_KEY;
    b.user_id = cs_slice_of(long_text, CS_MAX_USER_ID);
    b.wrapped_dk.n = CS_MAX_WRAPPED_DK;
    assert_int_equal(commitment(&out, &b).n, CS_BIRTH_HASHED);
    vectors_release();
}

static void algorithms(void **state)
{
    (void)state;
    static const char *const none[] = {"", "ML-DSA-4", "ML-DSA-445", "ml-dsa-44", "mldsa44", "ML-DSA-44 ", "Ed25519"};
    uint8_t memory[CS_BIRTH_USER_DATA];
    cs_buf out = CS_BUF_OVER(memory);
    const struct {
        const char *name;
        cs_prim prim;
    } rows[] = {{"ML-DSA-44", CS_MLDSA44}, {"ML-DSA-65", CS_MLDSA65}, {"ML-DSA-87", CS_MLDSA87}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_birth b = good();
        cs_birth_claims claims;
        assert_int_equal(cs_birth_alg(cs_slice_str(rows[i].name)), rows[i].prim);
        b.alg = rows[i].prim;
        b.public_key.n = cs_prim_public_len(b.alg);
        assert_int_equal(cs_birth_read(&claims, commitment(&out, &b)), CS_OK);
        assert_int_equal(claims.alg, rows[i].prim);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(cs_birth_alg(cs_slice_str(none[i])), CS_PRIM_NONE);
}

/* -- births that are none ------------------------------------------------------------------------------------------ */

static const struct {
    const char *what, *field;
    cs_err err;
    const char *user_id, *arn; /* NULL: as in the good one */
    size_t user_n, public_n, wrapped_n, arn_n;
    cs_prim alg;
    int64_t created;
} none_rows[] = {
    {"no user", "user_id", CS_BAD_FIELD, .user_id = ""},
    {"a user of 257 bytes", "user_id", CS_BAD_FIELD, .user_n = 257},
    {"half a character", "user_id", CS_BAD_FIELD, .user_id = "caf\xc3"},
    {"a long form of a character", "user_id", CS_BAD_FIELD, .user_id = "\xc0\xaf"},
    {"a surrogate", "user_id", CS_BAD_FIELD, .user_id = "\xed\xa0\x80"},
    {"Ed25519", "alg", CS_UNKNOWN_ALGORITHM, .alg = CS_ED25519},
    {"no algorithm", "alg", CS_UNKNOWN_ALGORITHM, .alg = CS_PRIM_COUNT},
    {"a key of another algorithm", "mldsa_pubkey", CS_BAD_PUBLIC_KEY, .alg = CS_MLDSA65},
    {"a byte of the key missing", "mldsa_pubkey", CS_BAD_PUBLIC_KEY, .public_n = 1311},
    {"a byte of the key too many", "mldsa_pubkey", CS_BAD_PUBLIC_KEY, .public_n = 1313},
    {"a wrapped key of 1025 bytes", "wrapped_dk", CS_BAD_FIELD, .wrapped_n = CS_MAX_WRAPPED_DK + 1},
    {"no wrapped key", "wrapped_dk", CS_BAD_FIELD, .wrapped_n = SIZE_MAX},
    {"no ARN", "kms_key_arn", CS_BAD_FIELD, .arn = ""},
    {"an ARN of 2049 bytes", "kms_key_arn", CS_BAD_FIELD, .arn_n = CS_MAX_KMS_KEY + 1},
    {"a space in the ARN", "kms_key_arn", CS_BAD_FIELD, .arn = "arn:aws:kms key"},
    {"a newline in the ARN", "kms_key_arn", CS_BAD_FIELD, .arn = "arn:aws:kms\n"},
    {"an ARN beyond ASCII", "kms_key_arn", CS_BAD_FIELD, .arn = "arn:caf\xc3\xa9"},
    {"no time", "created_at_ms", CS_BAD_FIELD, .created = INT64_MIN},
    {"a time before 1970", "created_at_ms", CS_BAD_FIELD, .created = -1},
    {"the year 10000", "created_at_ms", CS_BAD_FIELD, .created = CS_MAX_BIRTH_MS + 1},
};

static void births_that_are_none(void **state)
{
    (void)state;
    uint8_t memory[CS_BIRTH_USER_DATA];
    for (size_t i = 0; i < sizeof none_rows / sizeof *none_rows; i++) {
        cs_fault fault = {0};
        cs_birth b = good();
        cs_buf out = CS_BUF_OVER(memory);
        if (none_rows[i].user_id != NULL)
            b.user_id = cs_slice_str(none_rows[i].user_id);
        if (none_rows[i].user_n > 0)
            b.user_id = cs_slice_of(long_text, none_rows[i].user_n);
        if (none_rows[i].arn != NULL)
            b.kms_key_arn = cs_slice_str(none_rows[i].arn);
        if (none_rows[i].arn_n > 0)
            b.kms_key_arn = cs_slice_of(long_text, none_rows[i].arn_n);
        if (none_rows[i].alg != CS_PRIM_NONE)
            b.alg = none_rows[i].alg;
        if (none_rows[i].public_n > 0)
            b.public_key.n = none_rows[i].public_n;
        if (none_rows[i].wrapped_n > 0)
            b.wrapped_dk.n = none_rows[i].wrapped_n == SIZE_MAX ? 0 : none_rows[i].wrapped_n;
        if (none_rows[i].created != 0)
            b.created_at_ms = none_rows[i].created == INT64_MIN ? 0 : none_rows[i].created;
        if (cs_birth_check(&fault, &b) != none_rows[i].err || strcmp(fault.field, none_rows[i].field) != 0)
            fail_msg("%s: %s in %s", none_rows[i].what, cs_err_name(fault.err), fault.field);
        assert_int_equal(cs_birth_user_data(&out, &b), none_rows[i].err);
        assert_int_equal(out.n, 0);
        assert_int_equal(cs_birth_compare(vectors_from_hex(cs_slice_str(clear_hex)), &b), none_rows[i].err);
        vectors_release();
    }
}

/* -- commitments that are none ------------------------------------------------------------------------------------- */

static void every_prefix(void **state)
{
    (void)state;
    static const char *const hexes[] = {clear_hex, hashed_hex};
    for (size_t i = 0; i < sizeof hexes / sizeof *hexes; i++) {
        cs_birth_claims claims;
        cs_slice whole = vectors_from_hex(cs_slice_str(hexes[i]));
        uint8_t *copy = vectors_hold(whole.n + 1);
        memcpy(copy, whole.p, whole.n);
        copy[whole.n] = 0;
        assert_int_equal(cs_birth_read(&claims, whole), CS_OK);
        assert_int_equal(cs_birth_read(&claims, cs_slice_of(copy, whole.n + 1)), CS_BIRTH_FORMAT);
        for (size_t n = 0; n < whole.n; n++) {
            assert_int_equal(cs_birth_read(&claims, cs_slice_of(copy, n)), CS_BIRTH_FORMAT);
            assert_null(claims.user_id.p);
        }
        vectors_release();
    }
}

/* Whatever bit is another one, the commitment is not the one to the birth, and the reason is that of its member. */
static void every_bit(void **state)
{
    (void)state;
    const struct {
        size_t until;
        cs_err reason; /* or CS_BIRTH_FORMAT, where the bit makes it no commitment */
    } members[] = {
        {4, CS_BIRTH_FORMAT},   {36, CS_BIRTH_PUBLIC_KEY}, {68, CS_BIRTH_WRAPPED_DK}, {70, CS_BIRTH_FORMAT},
        {89, CS_BIRTH_USER},    {91, CS_BIRTH_FORMAT},     {169, CS_BIRTH_KMS_KEY},   {170, CS_BIRTH_FORMAT},
        {179, CS_BIRTH_FORMAT}, {187, CS_BIRTH_CREATED},
    };
    cs_birth b = good();
    cs_slice whole = vectors_from_hex(cs_slice_str(clear_hex));
    uint8_t *copy = vectors_copy(whole);
    size_t member = 0, named = 0;
    for (size_t bit = 0; bit < 8 * whole.n; bit++) {
        while (bit / 8 >= members[member].until)
            member++;
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cs_err err = cs_birth_compare(cs_slice_of(copy, whole.n), &b);
        if (err != members[member].reason && err != CS_BIRTH_FORMAT)
            fail_msg("bit %zu: %s", bit, cs_err_name(err));
        named += err != CS_BIRTH_FORMAT;
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(named > 8 * 64); /* both hashes alone have as many */
    assert_int_equal(cs_birth_compare(cs_slice_of(copy, whole.n), &b), CS_OK);
    vectors_release();
}

/* Each member in the place of another birth's. */
static void swapped_members(void **state)
{
    (void)state;
    uint8_t memory[CS_BIRTH_USER_DATA], other_key[1952];
    cs_buf out = CS_BUF_OVER(memory);
    const struct {
        const char *what;
        size_t member;
        cs_err reason;
    } rows[] = {
        {"public key", 0, CS_BIRTH_PUBLIC_KEY},
        {"wrapped key", 1, CS_BIRTH_WRAPPED_DK},
        {"a wrapped key that is shorter", 2, CS_BIRTH_WRAPPED_DK},
        {"user", 3, CS_BIRTH_USER},
        {"the user in upper case", 4, CS_BIRTH_USER},
        {"KMS key", 5, CS_BIRTH_KMS_KEY},
        {"an alias of it", 6, CS_BIRTH_KMS_KEY},
        {"time", 7, CS_BIRTH_CREATED},
        {"a millisecond less", 8, CS_BIRTH_CREATED},
        {"keys", 9, CS_BIRTH_PUBLIC_KEY},
        {"another algorithm", 10, CS_BIRTH_PUBLIC_KEY},
    };
    memset(other_key, 0x33, sizeof other_key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_birth b = good();
        commitment(&out, &b);
        switch (rows[i].member) {
        case 0:
            b.public_key.p = other_key;
            break;
        case 1:
            b.wrapped_dk.p = other_key;
            break;
        case 2:
            b.wrapped_dk.n--;
            break;
        case 3:
            b.user_id = CS_LIT("customer-wallet-124");
            break;
        case 4:
            b.user_id = CS_LIT("CUSTOMER-WALLET-123");
            break;
        case 5:
            b.kms_key_arn.n--;
            break;
        case 6:
            b.kms_key_arn = CS_LIT("alias/pq-signer");
            break;
        case 7:
            b.created_at_ms = 1;
            break;
        case 8:
            b.created_at_ms--;
            break;
        case 9:
            b.wrapped_dk = b.public_key, b.wrapped_dk.n = 184, b.public_key.p = other_key;
            break;
        default:
            b.alg = CS_MLDSA65, b.public_key = CS_ARRAY(other_key);
            break;
        }
        cs_err err = cs_birth_compare(cs_buf_slice(&out), &b);
        if (err != rows[i].reason)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
    }
}

/* An algorithm that another name has, in a commitment that is right otherwise. */
static void other_algorithm(void **state)
{
    (void)state;
    cs_birth b = good();
    cs_slice whole = vectors_from_hex(cs_slice_str(clear_hex));
    uint8_t *copy = vectors_copy(whole);
    memcpy(copy + 177, "65", 2);
    assert_int_equal(cs_birth_compare(cs_slice_of(copy, whole.n), &b), CS_BIRTH_ALGORITHM);
    memcpy(copy + 177, "66", 2);
    assert_int_equal(cs_birth_compare(cs_slice_of(copy, whole.n), &b), CS_BIRTH_FORMAT);
    vectors_release();
}

/* The end of one member cannot become the beginning of the next: without lengths both would commit to the same. */
static void borders(void **state)
{
    (void)state;
    uint8_t first[CS_BIRTH_USER_DATA], second[CS_BIRTH_USER_DATA];
    cs_buf a = CS_BUF_OVER(first), b = CS_BUF_OVER(second);
    cs_birth one = good(), two = good();
    one.user_id = CS_LIT("wallet-1arn:");
    one.kms_key_arn = CS_LIT("aws:kms:x");
    two.user_id = CS_LIT("wallet-1");
    two.kms_key_arn = CS_LIT("arn:aws:kms:x");
    commitment(&a, &one);
    commitment(&b, &two);
    assert_int_equal(a.n, b.n);
    assert_memory_not_equal(first, second, a.n);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&a), &two), CS_BIRTH_USER);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&b), &one), CS_BIRTH_USER);
}

/* One birth has one form: the hash of a commitment that would have fitted is none, and no clear one is longer. */
static void forms(void **state)
{
    (void)state;
    uint8_t memory[CS_BIRTH_USER_DATA], hashed[CS_BIRTH_HASHED] = "CSH1";
    cs_buf out = CS_BUF_OVER(memory);
    cs_digest digest;
    cs_birth_claims claims;
    cs_birth b = good(), longer = good();
    commitment(&out, &b);
    assert_int_equal(cs_hash(&digest, CS_SHA256, cs_buf_slice(&out)), CS_OK);
    memcpy(hashed + 4, digest.b, CS_SHA256_LEN);
    assert_int_equal(cs_birth_read(&claims, CS_ARRAY(hashed)), CS_OK);
    assert_int_equal(cs_birth_compare(CS_ARRAY(hashed), &b), CS_BIRTH_FORMAT);

    longer.kms_key_arn = cs_slice_of(long_text, ARN_AT_THE_EDGE + 1);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&out), &longer), CS_BIRTH_FORMAT);
    assert_int_equal(cs_birth_compare(CS_ARRAY(hashed), &longer), CS_BIRTH_HASH);
    commitment(&out, &longer);
    longer.kms_key_arn.n++;
    assert_int_equal(cs_birth_compare(cs_buf_slice(&out), &longer), CS_BIRTH_HASH);
    assert_int_equal(cs_birth_compare(cs_buf_slice(&out), &b), CS_BIRTH_FORMAT);

    /* 513 bytes that have the form of a commitment */
    cs_buf big = cs_buf_new(1024);
    cs_slice whole = vectors_from_hex(cs_slice_str(clear_hex));
    cs_buf_add(&big, cs_slice_sub(whole, 0, 89));
    cs_buf_add_lp16(&big, cs_slice_of(long_text, ARN_AT_THE_EDGE + 1));
    cs_buf_add(&big, cs_slice_sub(whole, 169, whole.n));
    assert_int_equal(big.n, CS_BIRTH_USER_DATA + 1);
    assert_int_equal(cs_birth_read(&claims, cs_buf_slice(&big)), CS_BIRTH_FORMAT);
    cs_buf_free(&big);
    assert_int_equal(cs_birth_compare(CS_ABSENT, &b), CS_BIRTH_FORMAT);
    vectors_release();
}

/* SHA-256 of what another program has put together. */
static void what_else_is_said(void **state)
{
    (void)state;
    static const uint8_t much[CS_MAX_SEALED + 1];
    cs_digest d;
    cs_birth_rest rest = {CS_LIT("0.1.0"), CS_LIT("relayed"), CS_LIT("record")};
    assert_int_equal(cs_birth_nonce(&d, &rest), CS_OK);
    assert_true(
        cs_slice_eq(cs_digest_slice(&d),
                    vectors_from_hex(CS_LIT("16a56088d15cf7773c2fe4f89076eeb579ad91938c50bd5dec29a01f6a7461bf"))));
    rest.sealed = cs_slice_of(much, CS_MAX_SEALED);
    rest.key_release = rest.enclave_version = cs_slice_of(much, CS_MAX_ID);
    assert_int_equal(cs_birth_nonce(&d, &rest), CS_OK);
    rest.sealed.n++;
    assert_int_equal(cs_birth_nonce(&d, &rest), CS_TOO_LARGE);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_the_byte),       cmocka_unit_test(algorithms), cmocka_unit_test(births_that_are_none),
        cmocka_unit_test(every_prefix),      cmocka_unit_test(every_bit),  cmocka_unit_test(swapped_members),
        cmocka_unit_test(other_algorithm),   cmocka_unit_test(borders),    cmocka_unit_test(forms),
        cmocka_unit_test(what_else_is_said),
    };
    return cmocka_run_group_tests_name("birth", tests, NULL, NULL);
}
