/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Tests src/gateway/pq_envelope.c: what each code of the table is to a client of the PQ Signer door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/pq_envelope.h"

static const struct row {
    cs_err err;
    bool looked_up;
    const char *error;
    int status;
} rows[] = {
    {CS_BAD_JSON, false, "malformed-request", 400},
    {CS_MISSING_FIELD, false, "malformed-request", 400},
    {CS_UNKNOWN_FIELD, false, "malformed-request", 400},
    {CS_UNKNOWN_ALGORITHM, false, "malformed-request", 400},
    {CS_TOO_LARGE, false, "malformed-request", 400},
    {CS_BAD_MEDIA_TYPE, false, "malformed-request", 400},
    {CS_IDEMPOTENCY_MISMATCH, false, "malformed-request", 400},
    {CS_BODY_TOO_LARGE, false, "malformed-request", 413},
    {CS_UNAUTHENTICATED, false, "malformed-request", 401},
    {CS_ACCOUNT_SUSPENDED, false, "malformed-request", 401},
    {CS_METHOD_NOT_ALLOWED, false, "malformed-request", 405},
    {CS_REQUEST_TIMEOUT, false, "malformed-request", 408},
    {CS_RATE_LIMITED, false, "malformed-request", 429},
    {CS_FORBIDDEN, false, "signing-failed", 403},
    {CS_CSRF, false, "signing-failed", 403},
    {CS_RANDOM, false, "internal-error", 503},
    {CS_OVERLOADED, false, "internal-error", 503},
    {CS_STORE_UNAVAILABLE, false, "internal-error", 503},
    {CS_NOT_FOUND, true, "signing-failed", 403},
    {CS_CONFLICT, true, "signing-failed", 403},
    {CS_PQ_ALGORITHM, true, "signing-failed", 403},
    {CS_SEAL_BROKEN, true, "signing-failed", 403},
    {CS_KMS_DENIED, true, "signing-failed", 403},
    {CS_KMS_PLAINTEXT, true, "signing-failed", 403},
    {CS_KMS_RECIPIENT, true, "signing-failed", 403},
    {CS_BAD_SIGNATURE, true, "signing-failed", 403},
    {CS_BIRTH_USER, true, "signing-failed", 403},
    {CS_ATT_IMAGE_NOT_ALLOWED, true, "signing-failed", 403},
    {CS_KMS_UNAVAILABLE, true, "internal-error", 503},
    {CS_ENCLAVE_UNAVAILABLE, true, "internal-error", 503},
    {CS_STORE_UNAVAILABLE, true, "internal-error", 503},
    {CS_CLOUD_CREDENTIALS, true, "internal-error", 503},
    {CS_CONFIG, true, "internal-error", 503},
    {CS_CRYPTO, true, "internal-error", 503},
    {CS_SELF_CHECK, true, "internal-error", 503},
};

static void test_what_clients_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        const char *name = cs_pq_class_name(cs_pq_class_of(r->err, r->looked_up));
        if (strcmp(name, r->error) != 0 || cs_pq_status_of(r->err, r->looked_up) != r->status)
            fail_msg("%s: %s %d", cs_err_name(r->err), name, cs_pq_status_of(r->err, r->looked_up));
    }
}

/* After the look-up there are two answers, whatever the table will hold. */
static void test_every_code_is_one_of_two(void **state)
{
    (void)state;
    for (int code = 1; code < CS_ERR_COUNT; code++) {
        int status = cs_pq_status_of((cs_err)code, true);
        assert_true(status == 403 || status == 503);
        assert_int_equal(status == 403, cs_pq_class_of((cs_err)code, true) == CS_PQ_SIGNING_FAILED);
    }
}

static void test_the_body_has_two_members(void **state)
{
    (void)state;
    char text[256];
    cs_buf out = CS_BUF_OVER(text);
    cs_pq_envelope_error(&out, CS_PQ_SIGNING_FAILED, "id\"1");
    assert_string_equal(cs_buf_cstr(&out), "{\"error\":\"signing-failed\",\"request_id\":\"id\\\"1\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_clients_are_told),
        cmocka_unit_test(test_every_code_is_one_of_two),
        cmocka_unit_test(test_the_body_has_two_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
