/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/cli/result.c (zone: cli). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/result.h"

struct row {
    const char *text;
    cs_err err;
    const char *field;
};

/* AQID and BAUG are the bytes 1 2 3 and 4 5 6. */
static const struct row rows[] = {
    {"{\"signature\":\"AQID\"}", CS_OK, ""},
    {"{\"signatureB64\":\"AQID\"}", CS_OK, ""},
    {"{\"signatureBase64\":\"AQID\"}", CS_OK, ""},
    {"{\"signature\":\"AQID\",\"signatureB64\":\"AQID\",\"signatureBase64\":\"AQID\"}", CS_OK, ""},
    {"{\"signature\":\"AQID\",\"of a newer server\":[1.5]}", CS_OK, ""},
    {"{\"success\":true,\"data\":{\"signature\":\"AQID\"}}", CS_OK, ""},
    {"{\"signature\":\"AQID\",\"attestation\":{\"docB64\":\"YS5iLmM=\",\"verdict\":\"pass\"}}", CS_OK, ""},

    {"", CS_BAD_JSON, ""},
    {"[]", CS_BAD_FIELD, ""},
    {"null", CS_BAD_FIELD, ""},
    {"{}", CS_MISSING_FIELD, "signature"},
    {"{\"signature\":\"\"}", CS_MISSING_FIELD, "signature"},
    {"{\"signature\":1}", CS_BAD_FIELD, "signature"},
    {"{\"signature\":null}", CS_BAD_FIELD, "signature"},
    {"{\"signature\":\"AQI\"}", CS_BAD_ENCODING, "signature"},
    {"{\"signature\":\"AQID\\n\"}", CS_BAD_ENCODING, "signature"},
    {"{\"signature\":\"AQID\",\"signatureB64\":\"BAUG\"}", CS_BAD_FIELD, "signatureB64"},
    {"{\"signature\":\"AQID\",\"signatureBase64\":\"\"}", CS_BAD_FIELD, "signatureBase64"},
    {"{\"signature\":\"AQID\",\"signature\":\"AQID\"}", CS_BAD_JSON, ""},
    {"{\"signature\":\"AQID\"} x", CS_BAD_JSON, ""},
    {"{\"signature\":\"AQID\",\"keyId\":7}", CS_BAD_FIELD, "keyId"},
    {"{\"signature\":\"AQID\",\"publicKey\":{}}", CS_BAD_FIELD, "publicKey"},
    {"{\"signature\":\"AQID\",\"algorithm\":[]}", CS_BAD_FIELD, "algorithm"},
    {"{\"signature\":\"AQID\",\"attestation\":null}", CS_BAD_FIELD, "attestation"},
    {"{\"signature\":\"AQID\",\"attestation\":\"x\"}", CS_BAD_FIELD, "attestation"},
    {"{\"signature\":\"AQID\",\"attestation\":{}}", CS_MISSING_FIELD, "attestation.docB64"},
    {"{\"signature\":\"AQID\",\"attestation\":{\"docB64\":\"*\"}}", CS_BAD_ENCODING, "attestation.docB64"},
    {"{\"success\":true,\"data\":{}}", CS_MISSING_FIELD, "signature"},
    {"{\"success\":true,\"data\":[]}", CS_MISSING_FIELD, "signature"},
    {"{\"success\":false,\"error\":\"no\"}", CS_MISSING_FIELD, "signature"},
    {"{\"data\":{\"signature\":\"AQID\"}}", CS_MISSING_FIELD, "signature"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_result r;
        cs_fault fault = {0};
        cs_err err = cs_result_parse(&r, &fault, cs_slice_str(rows[i].text));
        if (err != rows[i].err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s at \"%s\"", rows[i].text, cs_err_name(err), fault.field);
        if (err == CS_OK)
            assert_true(cs_slice_is(cs_buf_slice(&r.signature), "\x01\x02\x03"));
        cs_result_free(&r);
    }
}

static void test_members(void **state)
{
    (void)state;
    cs_result r;
    cs_slice text = CS_LIT("{\"keyId\":\"key_1\",\"algorithm\":\"mldsa65\",\"signatureFormat\":\"pure\",\"publicKey\":"
                           "\"{}\",\"signature\":\"AQID\",\"attestation\":{\"docB64\":\"YS5iLmM=\"}}");
    assert_int_equal(cs_result_parse(&r, NULL, text), CS_OK);
    assert_true(cs_slice_is(r.key_id, "key_1"));
    assert_true(cs_slice_is(r.algorithm, "mldsa65"));
    assert_true(cs_slice_is(r.signature_format, "pure"));
    assert_true(cs_slice_is(r.public_key, "{}"));
    assert_true(cs_slice_is(cs_buf_slice(&r.document), "a.b.c"));
    cs_result_free(&r);
    cs_result_free(&r); /* twice is fine */
}

static void test_absent_members(void **state)
{
    (void)state;
    cs_result r;
    assert_int_equal(cs_result_parse(&r, NULL, CS_LIT("{\"signature\":\"AQID\"}")), CS_OK);
    assert_null(r.key_id.p);
    assert_null(r.public_key.p);
    assert_int_equal(r.document.n, 0);
    cs_result_free(&r);
}

static void test_too_large(void **state)
{
    (void)state;
    cs_result r;
    cs_buf text = cs_buf_new(CS_MAX_RESULT + 64);
    cs_buf_add_str(&text, "{\"signature\":\"");
    while (text.n < 2 * CS_MAX_SIGNATURE)
        cs_buf_add_str(&text, "AAAA");
    cs_buf_add_str(&text, "\"}");
    assert_int_equal(cs_result_parse(&r, NULL, cs_buf_slice(&text)), CS_BAD_FIELD);
    cs_result_free(&r);
    cs_buf_clear(&text);
    cs_buf_add_str(&text, "{\"signature\":\"AQID\"}");
    while (text.n <= CS_MAX_RESULT)
        cs_buf_add_u8(&text, ' ');
    assert_int_equal(cs_result_parse(&r, NULL, cs_buf_slice(&text)), CS_TOO_LARGE);
    cs_result_free(&r);
    assert_int_equal(cs_result_read(&r, NULL, "/nonexistent"), CS_IO);
    cs_result_free(&r);
    cs_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_absent_members),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
