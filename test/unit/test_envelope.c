/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/envelope.h"

static void test_success(void **state)
{
    (void)state;
    cs_buf b = cs_buf_new(1000);
    cs_jw w = cs_envelope_begin(&b);
    cs_jw_begin(&w, "data");
    cs_envelope_time(&w, "at", 1);
    cs_envelope_time(&w, "never", 0);
    cs_jw_end(&w);
    cs_envelope_end(&w);
    assert_string_equal(cs_buf_cstr(&b),
                        "{\"success\":true,\"data\":{\"at\":\"1970-01-01T00:00:00.001Z\",\"never\":null}}");
    cs_buf_free(&b);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        cs_err err;
        const char *field;
        cs_err reason;
        const char *want;
        cs_violated violated;
    } cases[] = {
        {CS_NOT_FOUND, NULL, CS_OK,
         "{\"success\":false,\"error\":\"No such thing.\",\"code\":\"NOT_FOUND\",\"requestId\":\"r\",\"details\":{}}"},
        {CS_MISSING_FIELD, "keyId", CS_OK,
         "{\"success\":false,\"error\":\"keyId: A required member is missing.\",\"code\":\"MISSING_FIELD\","
         "\"requestId\":\"r\",\"details\":{\"field\":\"keyId\"}}"},
        {CS_ATTESTATION_REJECTED, NULL, CS_ATT_KIND,
         "{\"success\":false,\"error\":\"The attestation does not satisfy the policy; no signature was made. The "
         "document "
         "attests another kind of operation.\",\"code\":\"ATTESTATION_REJECTED\",\"requestId\":\"r\",\"details\":{"
         "\"reason\":\"ATT_KIND\"}}"},
        {CS_UNKNOWN_FIELD, "a\"b\n", CS_OK,
         "{\"success\":false,\"error\":\"a\\\"b\\n: The request has a member that this version does not know.\","
         "\"code\":\"UNKNOWN_FIELD\",\"requestId\":\"r\",\"details\":{\"field\":\"a\\\"b\\n\"}}"},
        {CS_POLICY_VIOLATED,
         NULL,
         CS_OK,
         "{\"success\":false,\"error\":\"A vault policy refuses this.\",\"code\":\"POLICY_VIOLATED\","
         "\"requestId\":\"r\",\"details\":{\"policyId\":\"vpol_1\",\"rule\":\"minTier\"}}",
         {"vpol_1", "minTier"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_buf b = cs_buf_new(1000);
        cs_fault fault;
        (void)cs_fault_set(&fault, cases[i].err, cases[i].field);
        cs_envelope_error(&b, &fault, cases[i].reason, &cases[i].violated, "r");
        assert_string_equal(cs_buf_cstr(&b), cases[i].want);
        cs_buf_free(&b);
    }
}

static void test_a_cut_character_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *field, *want; /* what remains */
    } cases[] = {
        {"a", "a"},
        {"\xc3\xa4", "\xc3\xa4"},
        {"a\xc3", "a"},
        {"\xc3", NULL},
        {"a\xe2\x82\xac", "a\xe2\x82\xac"},
        {"a\xe2\x82", "a"},
        {"a\xe2", "a"},
        {"a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80"},
        {"a\xf0\x9f\x98", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_buf b = cs_buf_new(1000);
        cs_fault fault;
        (void)cs_fault_set(&fault, CS_UNKNOWN_FIELD, cases[i].field);
        cs_envelope_error(&b, &fault, CS_OK, NULL, "r");
        cs_json *json = NULL;
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&b), 1000), CS_OK);
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_jobj details = cs_jobj_open(cs_jobj_object(&o, "details"));
        cs_slice field = cs_jobj_str_opt(&details, "field", 100);
        assert_true(cases[i].want != NULL ? cs_slice_is(field, cases[i].want) : field.p == NULL);
        cs_json_free(json);
        cs_buf_free(&b);
    }
}

/* Every row of the table fits, with the longest field in front. */
static void test_no_sentence_is_lost(void **state)
{
    (void)state;
    for (unsigned e = 1; e < CS_ERR_COUNT; e++) {
        cs_buf b = cs_buf_new(2000);
        cs_fault fault;
        (void)cs_fault_set(&fault, (cs_err)e, "123456789012345678901234567890123456789012345678901234567890123");
        cs_envelope_error(&b, &fault, (cs_err)e, NULL, "r");
        cs_json *json = NULL;
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&b), 2000), CS_OK);
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        assert_true(cs_jobj_str(&o, "error", 1000).n > 64);
        cs_json_free(json);
        cs_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_a_cut_character_is_left_out),
        cmocka_unit_test(test_no_sentence_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
