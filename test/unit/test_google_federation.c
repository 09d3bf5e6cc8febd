/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/sys/google_federation.c reads; what it asks is test/flow/kms_clouds.py. zone: net */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/google_federation.h"

#define NOW 1795284000000 /* 2026-11-21T18:00:00Z */
#define MINUTE 60000
#define STS "https://sts.googleapis.com/v1/token"
#define IAM "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateAccessToken"
#define FILE_OF(type, url, more, source)                                                                               \
    "{\"type\":\"" type "\",\"audience\":\"//iam.googleapis.com/x\",\"subject_token_type\":\"t\",\"token_url\":\"" url \
    "\"," more "\"universe_domain\":\"googleapis.com\",\"credential_source\":" source "}"
#define BEHIND(url) "\"service_account_impersonation_url\":\"" url "\","
#define EXTERNAL "external_account"
#define PLAIN "{\"file\":\"/t\"}"

static void files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err expect;
        const char *field, *behind;
    } rows[] = {
        {FILE_OF(EXTERNAL, STS, "", PLAIN), CS_OK, "", ""},
        {FILE_OF(EXTERNAL, STS, BEHIND(IAM), PLAIN), CS_OK, "", IAM},
        {FILE_OF(EXTERNAL, STS, "", "{\"file\":\"/t\",\"format\":{\"type\":\"text\"}}"), CS_OK, "", ""},
        {FILE_OF(EXTERNAL, STS, "",
                 "{\"file\":\"/t\",\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"id\"}}"),
         CS_OK, "id", ""},
        {FILE_OF("service_account", STS, "", PLAIN), CS_BAD_FORMAT},
        {FILE_OF("external_account_authorized_user", STS, "", PLAIN), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, "http://sts.googleapis.com/v1/token", "", PLAIN), CS_CONFIG},
        {FILE_OF(EXTERNAL, "http://10.0.0.1/", "", PLAIN), CS_CONFIG},
        {FILE_OF(EXTERNAL, "", "", PLAIN), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, BEHIND("http://iamcredentials.googleapis.com/"), PLAIN), CS_CONFIG},
        {FILE_OF(EXTERNAL, STS, BEHIND("file:///x"), PLAIN), CS_CONFIG},
        {FILE_OF(EXTERNAL, STS, "\"service_account_impersonation_url\":5,", PLAIN), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, BEHIND(""), PLAIN), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "\"service_account_impersonation_url\":null,", PLAIN), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"url\":\"http://169.254.169.254/\"}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"file\":\"/t\",\"url\":\"http://x/\"}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"executable\":{\"command\":\"/bin/x\"}}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"environment_id\":\"aws1\"}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"file\":\"\"}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"file\":\"/t\\u0000x\"}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"file\":\"/t\",\"format\":{\"type\":\"xml\"}}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "{\"file\":\"/t\",\"format\":{\"type\":\"json\"}}"), CS_BAD_FORMAT},
        {FILE_OF(EXTERNAL, STS, "", "[]"), CS_BAD_FORMAT},
        {"{\"type\":\"" EXTERNAL "\"}", CS_BAD_FORMAT},
        {"[]", CS_BAD_FORMAT},
        {"", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_google_federation f;
        print_message("row %zu\n", i);
        assert_int_equal(cs_google_federation_read(&f, cs_slice_str(rows[i].text)), rows[i].expect);
        if (rows[i].expect == CS_OK) {
            assert_string_equal(f.file, "/t");
            assert_string_equal(f.token_url, STS);
            assert_string_equal(f.field, rows[i].field);
            assert_string_equal(f.impersonation_url, rows[i].behind);
        }
    }
}

static void subjects(void **state)
{
    (void)state;
    static const struct {
        const char *field, *text, *token; /* NULL: refused */
    } rows[] = {
        {"", "a.b.c", "a.b.c"},
        {"id", "{\"id\":\"a.b.c\",\"more\":1}", "a.b.c"},
        {"", "", NULL},
        {"id", "a.b.c", NULL},
        {"id", "{\"id\":\"\"}", NULL},
        {"id", "{\"id\":5}", NULL},
        {"id", "{\"other\":\"a.b.c\"}", NULL},
        {"id", "{\"id\":\"a\",\"id\":\"b\"}", NULL},
        {"id", "[]", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_google_federation f = {0};
        cs_buf out = cs_buf_new_wiped(64);
        print_message("row %zu\n", i);
        assert_int_equal(cs_slice_to_cstr(f.field, sizeof f.field, cs_slice_str(rows[i].field)), CS_OK);
        assert_int_equal(cs_google_federation_subject(&out, &f, cs_slice_str(rows[i].text)),
                         rows[i].token != NULL ? CS_OK : CS_BAD_FORMAT);
        if (rows[i].token != NULL)
            assert_string_equal(cs_buf_cstr(&out), rows[i].token);
        cs_buf_free(&out);
    }
}

static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err expect;
    } rows[] = {
        {"{\"accessToken\":\"a.b\",\"expireTime\":\"2026-11-21T19:00:00Z\"}", CS_OK},
        {"{\"accessToken\":\"a.b\",\"expireTime\":\"2026-11-21T18:00:00Z\"}", CS_CONFLICT},
        {"{\"accessToken\":\"a.b\",\"expireTime\":\"soon\"}", CS_BAD_FORMAT},
        {"{\"accessToken\":\"a.b\"}", CS_BAD_FORMAT},
        {"{\"accessToken\":\"\",\"expireTime\":\"2026-11-21T19:00:00Z\"}", CS_BAD_FORMAT},
        {"{\"accessToken\":\"a\\nb\",\"expireTime\":\"2026-11-21T19:00:00Z\"}", CS_BAD_FORMAT},
        {"{\"expireTime\":\"2026-11-21T19:00:00Z\"}", CS_BAD_FORMAT},
        {"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_bearer_token t;
        print_message("row %zu\n", i);
        assert_int_equal(cs_google_federation_answer(&t, cs_slice_str(rows[i].text), NOW), rows[i].expect);
        assert_int_equal(t.text.n, rows[i].expect == CS_OK ? 3 : 0);
        if (rows[i].expect == CS_OK)
            assert_true(t.expires_ms == NOW + 60 * MINUTE && t.renew_ms == NOW + 55 * MINUTE);
        cs_bearer_token_wipe(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files), cmocka_unit_test(subjects), cmocka_unit_test(answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
