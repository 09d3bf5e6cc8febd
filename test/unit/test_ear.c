/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/ear.c: which part of the trust a refusal takes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ear.h"

#define POLICY                                                                                                         \
    "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{\"pcrs\":{\"0\":[\""                             \
    "121212121212121212121212121212121212121212121212121212121212121212121212121212121212121212121212\"]}}}"

static const struct row {
    cs_err reason;
    bool proven, hardware;
    const char *vector;
} rows[] = {
    {CS_OK, true, true, "\"configuration\":2,\"executables\":3,\"hardware\":2,\"runtime-opaque\":2"},
    {CS_OK, true, false, "\"configuration\":2,\"executables\":3"},
    {CS_ATT_TCB, true, false, "\"configuration\":2,\"executables\":3,\"hardware\":96"},
    {CS_ATT_IMAGE_NOT_ALLOWED, true, true,
     "\"configuration\":2,\"executables\":96,\"hardware\":2,\"runtime-opaque\":2"},
    {CS_ATT_REGISTER_MISSING, true, true, "\"configuration\":2,\"executables\":96,\"hardware\":2,\"runtime-opaque\":2"},
    {CS_ATT_IMAGE_MISMATCH, true, true, "\"configuration\":2,\"executables\":96,\"hardware\":2,\"runtime-opaque\":2"},
    {CS_ATT_TCB, true, true, "\"configuration\":2,\"executables\":3,\"hardware\":96,\"runtime-opaque\":2"},
    {CS_ATT_DEBUG, true, true, "\"configuration\":96,\"executables\":3,\"hardware\":2,\"runtime-opaque\":96"},
    {CS_ATT_PLATFORM, true, true, "\"configuration\":96,\"executables\":3,\"hardware\":2,\"runtime-opaque\":2"},
    {CS_ATT_EXPIRED, true, true,
     "\"configuration\":2,\"executables\":3,\"hardware\":2,\"runtime-opaque\":2,\"sourced-data\":96"},
    {CS_ATT_PAYLOAD_MISMATCH, true, true,
     "\"configuration\":2,\"executables\":3,\"hardware\":2,\"runtime-opaque\":2,\"sourced-data\":96"},
    {CS_ATT_PROOF_INVALID, false, false,
     "\"configuration\":99,\"executables\":99,\"hardware\":99,\"runtime-opaque\":99,\"sourced-data\":99"},
    {CS_ATT_MOCK_REFUSED, false, true,
     "\"configuration\":99,\"executables\":99,\"hardware\":99,\"runtime-opaque\":99,\"sourced-data\":99"},
};

static void vectors_and_status(void **state)
{
    (void)state;
    cs_policy policy;
    assert_int_equal(cs_policy_parse(&policy, NULL, CS_LIT(POLICY), false), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cs_verdict v = {.reason = rows[i].reason,
                              .vendor = CS_VENDOR_AWS_NITRO,
                              .proven = rows[i].proven,
                              .hardware = rows[i].hardware};
        cs_buf out = cs_buf_new(4096), want = cs_buf_new(4096);
        cs_buf_printf(
            &want,
            "{\"eat_profile\":\"tag:github.com,2023:veraison/ear\",\"iat\":1768473000,\"ear.verifier-id\":"
            "{\"developer\":\"countersign\",\"build\":\"" CS_VERSION
            "\"},\"submods\":{\"aws-nitro-enclave\":{\"ear.status\":\"%s\",\"ear.trustworthiness-vector\":{%s},"
            "\"ear.appraisal-policy-id\":\"urn:countersign:policy:sha256:",
            rows[i].reason == CS_OK ? "affirming" : "contraindicated", rows[i].vector);
        assert_int_equal(cs_ear_write(&out, &v, &policy, 1768473000), CS_OK);
        if (!cs_slice_starts(cs_buf_slice(&out), cs_buf_slice(&want)))
            fail_msg("%s: %s", cs_err_name(rows[i].reason), cs_buf_cstr(&out));
        cs_buf_clear(&want);
        cs_buf_printf(&want, "\",\"countersign.reason\":\"%s\"}}}", cs_err_name(rows[i].reason));
        assert_true(cs_slice_eq(cs_slice_sub(cs_buf_slice(&out), out.n - want.n, want.n), cs_buf_slice(&want)));
        cs_buf_free(&out);
        cs_buf_free(&want);
    }
    cs_policy_free(&policy);
}

static void no_room(void **state)
{
    (void)state;
    cs_policy policy;
    const cs_verdict v = {.vendor = CS_VENDOR_AWS_NITRO};
    uint8_t few[100];
    cs_buf out = CS_BUF_OVER(few);
    assert_int_equal(cs_policy_parse(&policy, NULL, CS_LIT(POLICY), false), CS_OK);
    assert_int_equal(cs_ear_write(&out, &v, &policy, 0), CS_TOO_LARGE);
    cs_policy_free(&policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_and_status), cmocka_unit_test(no_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
