/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Tests src/gateway/pq_request.c: the members of a request of the PQ Signer door, as document 3 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/pq_request.h"

#define X16 "0123456789abcdef"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16
#define SIGN(members) "{\"request_type\":\"sign\",\"payload\":{\"alg\":\"ML-DSA-44\"," members "}}"
#define MAKE(members) "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ML-DSA-44\"" members "}}"
#define USER "\"user_id\":\"u\","
/* 64 and 65 zero bytes */
#define A21 "AAAAAAAAAAAAAAAAAAAAA"
#define B64 A21 A21 A21 A21 "AA=="
#define B65 A21 A21 A21 A21 "AAA="

static const struct row {
    const char *what, *text;
    cs_err expect;
    const char *field; /* "" for one that is accepted */
} rows[] = {
    {"a key", MAKE(""), CS_OK, ""},
    {"a key with an empty user_id", MAKE(",\"user_id\":\"\""), CS_OK, ""},
    {"a key with 256 bytes of user_id", MAKE(",\"user_id\":\"" X256 "\""), CS_OK, ""},
    {"a key with 257", MAKE(",\"user_id\":\"" X256 "x\""), CS_BAD_FIELD, "payload.user_id"},
    {"257 bytes in fewer characters",
     MAKE(",\"user_id\":\"" X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 "0123456789abcde\xc3\xa9\""),
     CS_BAD_FIELD, "payload.user_id"},
    {"a key with user_id null", MAKE(",\"user_id\":null"), CS_BAD_FIELD, "payload.user_id"},
    {"a key with a message", MAKE(",\"message\":\"\""), CS_UNKNOWN_FIELD, "payload.message"},
    {"a key with an ECDSA key", MAKE(",\"ecdsa_pubkey\":\"AA==\""), CS_UNKNOWN_FIELD, "payload.ecdsa_pubkey"},
    {"a signature", SIGN(USER "\"message\":\"aGVsbG8=\""), CS_OK, ""},
    {"an empty message", SIGN(USER "\"message\":\"\""), CS_OK, ""},
    {"64 bytes", SIGN(USER "\"message\":\"" B64 "\""), CS_OK, ""},
    {"65 bytes", SIGN(USER "\"message\":\"" B65 "\""), CS_BAD_FIELD, "payload.message"},
    {"an attested signature", SIGN(USER "\"message\":\"\",\"request_attestation\":true"), CS_OK, ""},
    {"one that is not", SIGN(USER "\"message\":\"\",\"request_attestation\":false"), CS_OK, ""},
    {"request_attestation null", SIGN(USER "\"message\":\"\",\"request_attestation\":null"), CS_BAD_FIELD,
     "payload.request_attestation"},
    {"request_attestation 0", SIGN(USER "\"message\":\"\",\"request_attestation\":0"), CS_BAD_FIELD,
     "payload.request_attestation"},
    {"no message", SIGN("\"user_id\":\"u\""), CS_MISSING_FIELD, "payload.message"},
    {"no user_id", SIGN("\"message\":\"\""), CS_MISSING_FIELD, "payload.user_id"},
    {"an empty user_id", SIGN("\"user_id\":\"\",\"message\":\"\""), CS_BAD_FIELD, "payload.user_id"},
    {"base64 without padding", SIGN(USER "\"message\":\"aGVsbG8\""), CS_BAD_ENCODING, "payload.message"},
    {"base64url", SIGN(USER "\"message\":\"-_-_\""), CS_BAD_ENCODING, "payload.message"},
    {"base64 that is not canonical", SIGN(USER "\"message\":\"aGVsbG9=\""), CS_BAD_ENCODING, "payload.message"},
    {"base64 with a line end", SIGN(USER "\"message\":\"aGVs\\nbG8=\""), CS_BAD_ENCODING, "payload.message"},
    {"an ECDSA signature", SIGN(USER "\"message\":\"\",\"ecdsa_signature\":\"AA==\""), CS_UNKNOWN_FIELD,
     "payload.ecdsa_signature"},
    {"another algorithm", "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ML-DSA-45\"}}",
     CS_UNKNOWN_ALGORITHM, "payload.alg"},
    {"ML-DSA-65", "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ML-DSA-65\"}}", CS_OK, ""},
    {"ML-DSA-87", "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ML-DSA-87\"}}", CS_OK, ""},
    {"small letters", "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ml-dsa-44\"}}", CS_UNKNOWN_ALGORITHM,
     "payload.alg"},
    {"no algorithm", "{\"request_type\":\"key_generation\",\"payload\":{}}", CS_MISSING_FIELD, "payload.alg"},
    {"algorithm null", "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":null}}", CS_BAD_FIELD, "payload.alg"},
    {"no request_type", "{\"payload\":{\"alg\":\"ML-DSA-44\"}}", CS_MISSING_FIELD, "request_type"},
    {"another request_type", "{\"request_type\":\"verify\",\"payload\":{\"alg\":\"ML-DSA-44\"}}", CS_BAD_FIELD,
     "request_type"},
    {"request_type in capitals", "{\"request_type\":\"Sign\",\"payload\":{\"alg\":\"ML-DSA-44\"}}", CS_BAD_FIELD,
     "request_type"},
    {"no payload", "{\"request_type\":\"sign\"}", CS_MISSING_FIELD, "payload"},
    {"payload null", "{\"request_type\":\"sign\",\"payload\":null}", CS_BAD_FIELD, "payload"},
    {"payload an array", "{\"request_type\":\"sign\",\"payload\":[]}", CS_BAD_FIELD, "payload"},
    {"a member more", "{\"request_type\":\"key_generation\",\"payload\":{\"alg\":\"ML-DSA-44\"},\"user_id\":\"u\"}",
     CS_UNKNOWN_FIELD, "user_id"},
};

static cs_err read_text(cs_pq_request *out, cs_fault *fault, const char *text, size_t max_message)
{
    cs_json *json;
    assert_int_equal(cs_json_parse(&json, cs_slice_str(text), CS_MAX_BODY), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_err err = cs_pq_request_read(out, fault, &o, max_message);
    cs_json_free(json);
    return err;
}

static void test_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_pq_request r;
        cs_fault fault = {0};
        cs_err err = read_text(&r, &fault, rows[i].text, 64);
        if (err != rows[i].expect || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s %s", rows[i].what, cs_err_name(err), fault.field);
    }
}

static void test_what_is_read(void **state)
{
    (void)state;
    cs_pq_request r;
    cs_fault fault = {0};
    assert_int_equal(read_text(&r, &fault,
                               SIGN("\"user_id\":\" \xc3\xbc\\u0001\",\"message\":\"aGVsbG8=\","
                                    "\"request_attestation\":true"),
                               5),
                     CS_OK);
    assert_int_equal(r.kind, CS_PQ_SIGN);
    assert_string_equal(r.algorithm, "ML-DSA-44");
    assert_int_equal(r.alg->pq, CS_MLDSA44);
    assert_true(cs_slice_eq(cs_pq_request_user_id(&r), CS_LIT(" \xc3\xbc\x01")));
    assert_true(cs_slice_is(cs_pq_request_message(&r), "hello"));
    assert_true(r.attest);
    assert_int_equal(read_text(&r, &fault, SIGN(USER "\"message\":\"aGVsbG8=\""), 4), CS_BAD_FIELD);
}

/* xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx [RFC 9562 §5.4], and never the same twice. */
static void test_a_user_id_is_minted(void **state)
{
    (void)state;
    cs_pq_request first, r;
    cs_fault fault = {0};
    assert_int_equal(read_text(&first, &fault, MAKE(""), 64), CS_OK);
    for (int round = 0; round < 200; round++) {
        assert_int_equal(read_text(&r, &fault, MAKE(",\"user_id\":\"\""), 64), CS_OK);
        assert_int_equal(r.user_id_len, 36);
        for (size_t i = 0; i < 36; i++) {
            const char *allowed = i == 8 || i == 13 || i == 18 || i == 23 ? "-"
                                  : i == 14                               ? "4"
                                  : i == 19                               ? "89ab"
                                                                          : "0123456789abcdef";
            assert_non_null(strchr(allowed, r.user_id[i]));
        }
        assert_false(cs_slice_eq(cs_pq_request_user_id(&r), cs_pq_request_user_id(&first)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_what_is_read),
        cmocka_unit_test(test_a_user_id_is_minted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
