/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/ecdsa.c. */
#include "vectors.h"

#include "core/crypto.h"
#include "core/ecdsa.h"

#define N256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define N256_LESS_1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define HALF256 "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8"
#define HALF256_PLUS_1 "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9"
#define ZERO256 "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE256 "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO256 "0000000000000000000000000000000000000000000000000000000000000002"
#define N384 "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
#define ONE384 "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"

static cs_slice hex(const char *digits)
{
    return vectors_from_hex(cs_slice_str(digits));
}

/* DER and its raw form under P-256; refused where `raw` is NULL. */
static const struct der_row {
    const char *what, *der, *raw;
} der_rows[] = {
    {"least values", "3006020101020102", ONE256 TWO256},
    {"greatest values", "3046022100" N256_LESS_1 "022100" N256_LESS_1, N256_LESS_1 N256_LESS_1},
    {"one zero before the high bit", "300702020080020101",
     "0000000000000000000000000000000000000000000000000000000000000080" ONE256},
    {"nothing", "", NULL},
    {"only the tag", "30", NULL},
    {"other tag", "3106020101020102", NULL},
    {"empty sequence", "3000", NULL},
    {"s is missing", "3003020101", NULL},
    {"three integers", "3009020101020102020103", NULL},
    {"byte behind the sequence", "300602010102010200", NULL},
    {"byte inside the sequence", "300702010102010200", NULL},
    {"length too long by one", "3007020101020102", NULL},
    {"length too short by one", "3005020101020102", NULL},
    {"length in two bytes", "308106020101020102", NULL},
    {"indefinite length", "30800201010201020000", NULL},
    {"integer length in two bytes", "300702810101020102", NULL},
    {"r is empty", "30050200020102", NULL},
    {"s is empty", "30050201010200", NULL},
    {"r is zero", "3006020100020101", NULL},
    {"s is zero", "3006020101020100", NULL},
    {"r is negative", "3006020180020101", NULL},
    {"s is negative", "30060201010201ff", NULL},
    {"r with a zero too much", "300702020001020101", NULL},
    {"s with a zero too much", "300702010102020001", NULL},
    {"r is n", "3026022100" N256 "020101", NULL},
    {"s is n", "3026020101022100" N256, NULL},
    {"r of 33 bytes", "3026022101" ZERO256 "020101", NULL},
    {"r is no integer", "3006030101020102", NULL},
    {"s is no integer", "3006020101040102", NULL},
};

static void der_to_raw(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof der_rows / sizeof *der_rows; i++) {
        const struct der_row *row = &der_rows[i];
        cs_slice der = cs_slice_of(vectors_copy(hex(row->der)), strlen(row->der) / 2);
        uint8_t memory[64];
        cs_buf raw = CS_BUF_OVER(memory), again = cs_buf_new(80);
        cs_err err = cs_ecdsa_der_to_raw(&raw, CS_P256, der);
        if (err != (row->raw != NULL ? CS_OK : CS_BAD_SIGNATURE))
            fail_msg("%s: %s", row->what, cs_err_name(err));
        if (row->raw != NULL) {
            assert_true(cs_slice_eq(cs_buf_slice(&raw), hex(row->raw)));
            assert_int_equal(cs_ecdsa_raw_to_der(&again, CS_P256, cs_buf_slice(&raw)), CS_OK);
            assert_true(cs_slice_eq(cs_buf_slice(&again), der));
        } else {
            assert_int_equal(raw.n, 0);
        }
        cs_buf_free(&again);
        vectors_release();
    }
}

static void every_truncation(void **state)
{
    (void)state;
    cs_slice der = hex("3046022100" N256_LESS_1 "022100" N256_LESS_1);
    for (size_t n = 0; n < der.n; n++) {
        uint8_t memory[64];
        cs_buf raw = CS_BUF_OVER(memory);
        assert_int_equal(cs_ecdsa_der_to_raw(&raw, CS_P256, cs_slice_sub(der, 0, n)), CS_BAD_SIGNATURE);
    }
    vectors_release();
}

static void raw_to_der(void **state)
{
    (void)state;
    static const struct {
        const char *what, *raw, *der;
        cs_prim prim;
    } rows[] = {
        {"P-256", ONE256 TWO256, "3006020101020102", CS_P256},
        {"P-384", ONE384 ONE384, "3006020101020101", CS_P384},
        {"nothing", "", NULL, CS_P256},
        {"one byte short", ONE256 "00000000000000000000000000000000000000000000000000000000000002", NULL, CS_P256},
        {"one byte more", ONE256 TWO256 "00", NULL, CS_P256},
        {"r is zero", ZERO256 ONE256, NULL, CS_P256},
        {"s is zero", ONE256 ZERO256, NULL, CS_P256},
        {"r is n", N256 ONE256, NULL, CS_P256},
        {"s is n", ONE256 N256, NULL, CS_P256},
        {"s is n of P-384", ONE384 N384, NULL, CS_P384},
        {"the other curve", ONE256 ONE256, NULL, CS_P384},
        {"no ECDSA", ONE256 ONE256, NULL, CS_ED25519},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf der = cs_buf_new(110);
        cs_err err = cs_ecdsa_raw_to_der(&der, rows[i].prim, hex(rows[i].raw));
        if (err != (rows[i].der != NULL ? CS_OK : CS_BAD_SIGNATURE))
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        if (rows[i].der != NULL)
            assert_true(cs_slice_eq(cs_buf_slice(&der), hex(rows[i].der)));
        cs_buf_free(&der);
        vectors_release();
    }
}

static void low_s(void **state)
{
    (void)state;
    static const struct {
        const char *s, *low;
    } rows[] = {
        {ONE256, ONE256},
        {HALF256, HALF256},
        {HALF256_PLUS_1, HALF256},
        {N256_LESS_1, ONE256},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t in_memory[64], out_memory[64];
        cs_buf in = CS_BUF_OVER(in_memory), der = cs_buf_new(80), low = cs_buf_new(80), out = CS_BUF_OVER(out_memory);
        cs_buf_add(&in, hex(TWO256));
        cs_buf_add(&in, hex(rows[i].s));
        assert_int_equal(cs_ecdsa_raw_to_der(&der, CS_P256, cs_buf_slice(&in)), CS_OK);
        assert_int_equal(cs_ecdsa_low_s(&low, CS_P256, cs_buf_slice(&der)), CS_OK);
        assert_int_equal(cs_ecdsa_der_to_raw(&out, CS_P256, cs_buf_slice(&low)), CS_OK);
        assert_memory_equal(out_memory, hex(TWO256).p, 32);
        assert_memory_equal(out_memory + 32, hex(rows[i].low).p, 32);
        der.p[0] ^= 1;
        assert_int_equal(cs_ecdsa_low_s(&low, CS_P256, cs_buf_slice(&der)), CS_BAD_SIGNATURE);
        cs_buf_free(&der);
        cs_buf_free(&low);
        vectors_release();
    }
}

static void ec_private_key(void **state)
{
    (void)state;
    static const struct {
        cs_prim prim;
        const char *scalar;
        size_t len; /* of the DER; 0: refused */
    } rows[] = {
        {CS_P256, ONE256, 51}, {CS_P256, N256_LESS_1, 51}, {CS_P384, ONE384, 64}, {CS_P256, ZERO256, 0},
        {CS_P256, N256, 0},    {CS_P256, ONE384, 0},       {CS_P384, N384, 0},    {CS_P384, ONE256, 0},
        {CS_P256, "", 0},      {CS_ED25519, ONE256, 0},
    };
    /* The same outputs for all rows: whatever the last one left is gone, on errors too. */
    CS_SECRET(der);
    CS_SECRET(scalar);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_err err = cs_ec_private_der(&der, rows[i].prim, hex(rows[i].scalar));
        assert_int_equal(err, rows[i].len > 0 ? CS_OK : CS_BAD_PRIVATE_KEY);
        assert_int_equal(der.n, rows[i].len);
        if (rows[i].len > 0) {
            assert_int_equal(cs_ec_private_scalar(&scalar, rows[i].prim, cs_secret_slice(&der)), CS_OK);
            assert_true(cs_slice_eq(cs_secret_slice(&scalar), hex(rows[i].scalar)));
        }
        vectors_release();
    }
}

/* Only the one form is read: any byte changed outside the scalar, any length but its own, is refused. */
static void ec_private_key_has_one_form(void **state)
{
    (void)state;
    CS_SECRET(der);
    CS_SECRET(scalar);
    assert_int_equal(cs_ec_private_der(&der, CS_P256, hex(TWO256)), CS_OK);
    for (size_t i = 0; i < der.n; i++) {
        bool inside = i >= 7 && i < 39;
        der.b[i] ^= 0x04;
        assert_int_equal(cs_ec_private_scalar(&scalar, CS_P256, cs_secret_slice(&der)),
                         inside ? CS_OK : CS_BAD_PRIVATE_KEY);
        assert_int_equal(scalar.n, inside ? 32 : 0);
        der.b[i] ^= 0x04;
    }
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(cs_ec_private_scalar(&scalar, CS_P256, cs_slice_of(der.b, n)), CS_BAD_PRIVATE_KEY);
    assert_int_equal(cs_ec_private_scalar(&scalar, CS_P256, cs_slice_of(der.b, der.n + 1)), CS_BAD_PRIVATE_KEY);
    assert_int_equal(cs_ec_private_scalar(&scalar, CS_P384, cs_secret_slice(&der)), CS_BAD_PRIVATE_KEY);
    vectors_release();
}

/* Wycheproof's raw signatures reach the verifier through DER. */
static void wycheproof_raw(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json");
    size_t i, j, max, most;
    yyjson_val *group, *test;
    int cases = 0;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), i, max, group)
    {
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), j, most, test)
        {
            cs_key *key = NULL;
            cs_buf der = cs_buf_new(80);
            cs_slice point = vectors_hex(yyjson_obj_get(group, "publicKey"), "uncompressed");
            assert_int_equal(cs_key_open_public(&key, CS_P256, point), CS_OK);
            cs_err err = cs_ecdsa_raw_to_der(&der, CS_P256, vectors_hex(test, "sig"));
            if (err == CS_OK)
                err = cs_key_verify(key, vectors_hex(test, "msg"), cs_buf_slice(&der), NULL);
            assert_int_equal(err, vectors_is(test, "result", "valid") ? CS_OK : CS_BAD_SIGNATURE);
            cs_buf_free(&der);
            cs_key_free(key);
            vectors_release();
            cases++;
        }
    }
    assert_int_equal(cases, 173);
    yyjson_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(der_to_raw),     cmocka_unit_test(every_truncation),
        cmocka_unit_test(raw_to_der),     cmocka_unit_test(low_s),
        cmocka_unit_test(ec_private_key), cmocka_unit_test(ec_private_key_has_one_form),
        cmocka_unit_test(wycheproof_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
