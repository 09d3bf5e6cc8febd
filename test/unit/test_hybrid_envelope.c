/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/hybrid_envelope.h"

#define META "\"meta\":{\"requestId\":\"r\",\"timestamp\":\"1970-01-01T00:00:00.001Z\"}}"

static void test_success(void **state)
{
    (void)state;
    cs_buf b = cs_buf_new(1000);
    cs_jw w = cs_hybrid_envelope_begin(&b);
    cs_jw_begin(&w, "data");
    cs_jw_int(&w, "n", 1);
    cs_jw_end(&w);
    cs_hybrid_envelope_end(&w, "r", 1);
    assert_string_equal(cs_buf_cstr(&b), "{\"data\":{\"n\":1}," META);
    cs_buf_clear(&b);
    w = cs_hybrid_envelope_begin(&b); /* an answer that was kept */
    cs_jw_members(&w, CS_LIT("\"data\":{}"));
    cs_hybrid_envelope_end(&w, "r", 1);
    assert_string_equal(cs_buf_cstr(&b), "{\"data\":{}," META);
    cs_buf_free(&b);
}

/* The table of the specification, and what is not in it. */
static void test_codes(void **state)
{
    (void)state;
    static const struct {
        cs_err err;
        bool shown;
        const char *code;
        int status;
    } cases[] = {
        {CS_UNAUTHENTICATED, false, "AUTH_001", 401},
        {CS_UNAUTHENTICATED, true, "AUTH_002", 401},
        {CS_CSRF, true, "AUTH_002", 401},
        {CS_FORBIDDEN, true, "AUTH_003", 403},
        {CS_WRONG_ENVIRONMENT, true, "AUTH_004", 403},
        {CS_ACCOUNT_SUSPENDED, true, "AUTH_005", 401},
        {CS_RATE_LIMITED, false, "RATE_001", 429},
        {CS_PQC_001, true, "PQC_001", 400},
        {CS_PQC_002, true, "PQC_002", 400},
        {CS_PQC_003, true, "PQC_003", 400},
        {CS_PQC_004, true, "PQC_004", 422},
        {CS_PQC_005, true, "PQC_005", 422},
        {CS_GEN_001, true, "GEN_001", 400},
        {CS_BAD_JSON, true, "GEN_001", 400},
        {CS_UNKNOWN_FIELD, true, "GEN_001", 400},
        {CS_BAD_CHALLENGE, true, "GEN_001", 400},
        {CS_NOT_FOUND, true, "GEN_001", 404},
        {CS_METHOD_NOT_ALLOWED, false, "GEN_001", 405},
        {CS_REQUEST_TIMEOUT, false, "GEN_001", 408},
        {CS_ALREADY_REGISTERED, true, "GEN_001", 409},
        {CS_SECRET_NOT_REPLAYABLE, true, "GEN_001", 409},
        {CS_BODY_TOO_LARGE, false, "GEN_001", 413},
        {CS_BAD_MEDIA_TYPE, true, "GEN_001", 415},
        {CS_POLICY_VIOLATED, true, "GEN_001", 422},
        {CS_ATTESTATION_REJECTED, true, "GEN_002", 500},
        {CS_INTERNAL, true, "GEN_002", 500},
        {CS_OVERLOADED, false, "GEN_002", 503},
        {CS_STORE_UNAVAILABLE, true, "GEN_002", 503},
        {CS_ENCLAVE_UNAVAILABLE, true, "GEN_002", 503},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_buf b = cs_buf_new(1000), want = cs_buf_new(1000);
        cs_fault fault;
        (void)cs_fault_set(&fault, cases[i].err, NULL);
        int status =
            cs_hybrid_envelope_error(&b, &(cs_hybrid_failure){.fault = &fault, .shown = cases[i].shown}, "r", 1);
        assert_int_equal(status, cases[i].status);
        cs_buf_printf(&want, "{\"error\":{\"code\":\"%s\",\"message\":\"", cases[i].code);
        assert_true(cs_slice_starts(cs_buf_slice(&b), cs_buf_slice(&want)));
        cs_buf_clear(&want);
        cs_buf_printf(&want, "\",\"details\":{\"reason\":\"%s\"}}," META, cs_err_name(cases[i].err));
        assert_non_null(strstr(cs_buf_cstr(&b), cs_buf_cstr(&want)));
        cs_buf_free(&b);
        cs_buf_free(&want);
    }
}

static void test_details(void **state)
{
    (void)state;
    cs_buf b = cs_buf_new(1000);
    cs_fault fault;
    (void)cs_fault_set(&fault, CS_PQC_004, "ecdsaSignature");
    (void)cs_hybrid_envelope_error(&b, &(cs_hybrid_failure){.fault = &fault, .shown = true}, "r", 1);
    assert_non_null(strstr(cs_buf_cstr(&b), "\"message\":\"ecdsaSignature: A signature of the pair does not verify.\","
                                            "\"details\":{\"reason\":\"PQC_004\",\"field\":\"ecdsaSignature\"}"));
    cs_buf_clear(&b);
    (void)cs_fault_set(&fault, CS_ATTESTATION_REJECTED, NULL);
    (void)cs_hybrid_envelope_error(&b, &(cs_hybrid_failure){.fault = &fault, .reason = CS_ATT_KIND}, "r", 1);
    assert_non_null(strstr(cs_buf_cstr(&b), "\"details\":{\"reason\":\"ATT_KIND\"}"));
    cs_buf_clear(&b);
    cs_violated violated = {"vpol_1", "minTier"};
    (void)cs_fault_set(&fault, CS_POLICY_VIOLATED, NULL);
    (void)cs_hybrid_envelope_error(&b, &(cs_hybrid_failure){.fault = &fault, .violated = &violated}, "r", 1);
    assert_non_null(strstr(
        cs_buf_cstr(&b), "\"details\":{\"reason\":\"POLICY_VIOLATED\",\"policyId\":\"vpol_1\",\"rule\":\"minTier\"}"));
    cs_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_details),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
