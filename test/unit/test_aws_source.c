/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/sys/aws_source.c reads; that it asks in the right order and manner is test/flow/kms_credentials.py.
 * zone: net */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sys/aws_source.h"

#define NOW 1795284000000 /* 2026-11-21T18:00:00Z */
#define MINUTE 60000

static void profiles(void **state)
{
    (void)state;
    static const struct {
        const char *text, *profile, *id, *secret, *token;
        cs_err expect;
    } rows[] = {
        {"[default]\naws_access_key_id = A\naws_secret_access_key = b\n", "default", "A", "b", "", CS_OK},
        {"[a]\naws_access_key_id=A\naws_secret_access_key=b\naws_session_token=c/+=", "a", "A", "b", "c/+=", CS_OK},
        {"; x\n\n# y\r\n[ a ]\r\naws_access_key_id = A\r\naws_secret_access_key = b\r\nregion = r\r\n", "a", "A", "b",
         "", CS_OK},
        {"[a]\naws_access_key_id=A\naws_secret_access_key=b\n[b]\naws_access_key_id=C\naws_secret_access_key=d\n", "b",
         "C", "d", "", CS_OK},
        {"[a]\naws_access_key_id=A\naws_secret_access_key=b\n", "b", NULL, NULL, NULL, CS_NOT_FOUND},
        {"aws_access_key_id=A\naws_secret_access_key=b\n", "default", NULL, NULL, NULL, CS_NOT_FOUND},
        {"", "default", NULL, NULL, NULL, CS_NOT_FOUND},
        {"[a\naws_access_key_id=A\naws_secret_access_key=b\n", "a", NULL, NULL, NULL, CS_NOT_FOUND},
        {"[a]\naws_access_key_id=A\n", "a", NULL, NULL, NULL, CS_BAD_FORMAT},
        {"[a]\naws_secret_access_key=b\n", "a", NULL, NULL, NULL, CS_BAD_FORMAT},
        {"[a]\naws_access_key_id=\naws_secret_access_key=b\n", "a", NULL, NULL, NULL, CS_BAD_FORMAT},
        {"[a]\naws_access_key_id=A\naws_secret_access_key=b c\n", "a", NULL, NULL, NULL, CS_BAD_FORMAT},
        {"[a]\naws_access_key_id=A\naws_secret_access_key=b\n[b]\n", "b", NULL, NULL, NULL, CS_BAD_FORMAT},
        {"[a]\naws_access_key_id=\xc3\xa4\naws_secret_access_key=b\n", "a", NULL, NULL, NULL, CS_BAD_FORMAT},
        {"[]\n[", "", NULL, NULL, NULL, CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_aws_credentials c;
        print_message("row %zu\n", i);
        assert_int_equal(cs_aws_source_profile(&c, cs_slice_str(rows[i].text), cs_slice_str(rows[i].profile)),
                         rows[i].expect);
        if (rows[i].expect == CS_OK) {
            assert_string_equal(c.access_key_id, rows[i].id);
            assert_true(cs_secret_eq(cs_secret_slice(&c.secret_access_key), cs_slice_str(rows[i].secret)));
            assert_string_equal(cs_buf_cstr(&c.session_token), rows[i].token);
            assert_true(c.expires_ms == INT64_MAX);
        } else {
            assert_int_equal(c.secret_access_key.n, 0);
        }
        cs_aws_credentials_wipe(&c);
    }
}

static void answers_of_services(void **state)
{
    (void)state;
#define MEMBERS "\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"b\",\"Token\":\"c\","
    static const struct {
        const char *text;
        cs_err expect;
        int64_t expires_ms, renew_ms;
    } rows[] = {
        {"{" MEMBERS "\"Expiration\":\"2026-11-21T19:00:00Z\",\"Code\":\"Success\"}", CS_OK, NOW + 60 * MINUTE,
         NOW + 55 * MINUTE},
        {"{" MEMBERS "\"Expiration\":\"2026-11-21T18:04:00Z\"}", CS_OK, NOW + 4 * MINUTE, NOW + 2 * MINUTE},
        {"{" MEMBERS "\"Expiration\":\"2026-11-21T18:00:00Z\"}", CS_CONFLICT},
        {"{" MEMBERS "\"Expiration\":\"1999-11-21T18:00:00Z\"}", CS_CONFLICT},
        {"{" MEMBERS "\"Expiration\":\"tomorrow\"}", CS_BAD_FORMAT},
        {"{" MEMBERS "\"Expiration\":null}", CS_BAD_FORMAT},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"b\",\"Expiration\":\"2026-11-21T19:00:00Z\"}", CS_BAD_FORMAT},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"b\",\"Token\":\"\",\"Expiration\":\"2026-11-21T19:00:00Z\"}",
         CS_BAD_FORMAT},
        {"{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"b\",\"Token\":\"c\",\"Expiration\":\"2026-11-21T19:00:00Z\"}",
         CS_BAD_FORMAT},
        {"{\"AccessKeyId\":\"A\",\"AccessKeyId\":\"B\",\"SecretAccessKey\":\"b\",\"Token\":\"c\","
         "\"Expiration\":\"2026-11-21T19:00:00Z\"}",
         CS_BAD_FORMAT},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"b\",\"Token\":\"c\\nX: "
         "y\",\"Expiration\":\"2026-11-21T19:00:00Z\"}",
         CS_BAD_FORMAT},
        {"", CS_BAD_FORMAT},
        {"[]", CS_BAD_FORMAT},
        {"<html>", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_aws_credentials c;
        print_message("row %zu\n", i);
        assert_int_equal(cs_aws_source_json(&c, cs_slice_str(rows[i].text), NOW), rows[i].expect);
        assert_true(c.expires_ms == rows[i].expires_ms && c.renew_ms == rows[i].renew_ms);
        assert_int_equal(c.secret_access_key.n, rows[i].expect == CS_OK ? 1 : 0);
        cs_aws_credentials_wipe(&c);
    }
}

#define XML(id, secret, token, end)                                                                                    \
    "<R><Credentials><AccessKeyId>" id "</AccessKeyId><SecretAccessKey>" secret                                        \
    "</SecretAccessKey><SessionToken>" token "</SessionToken><Expiration>" end "</Expiration></Credentials></R>"
#define END "2026-11-21T19:00:00Z"

static void answers_of_the_sts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err expect;
    } rows[] = {
        {XML("A", "b", "c", END), CS_OK},
        {XML("A", "b/+=", "c", "2026-11-21T19:00:00.123Z"), CS_OK},
        {XML("A", "b", "c", "2026-11-21T17:00:00Z"), CS_CONFLICT},
        {XML("", "b", "c", END), CS_BAD_FORMAT},
        {XML("A", "", "c", END), CS_BAD_FORMAT},
        {XML("A", "b", "", END), CS_BAD_FORMAT},
        {XML("A", "b", "c", ""), CS_BAD_FORMAT},
        {XML("A", "b&amp;", "c", END), CS_BAD_FORMAT},
        {XML("A", "<b>x</b>", "c", END), CS_BAD_FORMAT},
        {XML("A", "b", "c</SessionToken><SessionToken>d", END), CS_BAD_FORMAT},
        {XML("A", "b\n", "c", END), CS_BAD_FORMAT},
        {"<AccessKeyId>A", CS_BAD_FORMAT},
        {"</AccessKeyId><AccessKeyId>", CS_BAD_FORMAT},
        {"{}", CS_BAD_FORMAT},
        {"", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_aws_credentials c;
        print_message("row %zu\n", i);
        assert_int_equal(cs_aws_source_sts(&c, cs_slice_str(rows[i].text), NOW), rows[i].expect);
        cs_aws_credentials_wipe(&c);
    }
}

static void where_credentials_come_from(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"https://sts.eu-central-1.amazonaws.com/", true},
        {"http://169.254.169.254/latest", true},
        {"http://169.254.170.2/v2/credentials", true},
        {"http://169.254.170.23:80/v1", true},
        {"http://[fd00:ec2::23]/v1", true},
        {"http://[fd00:ec2::254]/latest", true},
        {"http://127.0.0.1:9/x", true},
        {"http://localhost/x", true},
        {"http://169.254.170.24/v1", false},
        {"http://169.254.170.2.example/", false},
        {"http://169.254.170.2@192.0.2.1/", false},
        {"http://169.254.170.2:80@192.0.2.1/", false},
        {"http://169.254.170.2#@192.0.2.1/", false},
        {"http://192.0.2.1/169.254.170.2/", false},
        {"http://sts.amazonaws.com/", false},
        {"file:///etc/passwd", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].url);
        assert_int_equal(cs_aws_source_url_allowed(rows[i].url), rows[i].allowed);
    }
}

static void copies_are_whole(void **state)
{
    (void)state;
    cs_aws_credentials c, copy;
    assert_int_equal(cs_aws_source_sts(&c, cs_slice_str(XML("A", "b", "c", END)), NOW), CS_OK);
    assert_int_equal(cs_aws_credentials_copy(&copy, &c), CS_OK);
    cs_aws_credentials_wipe(&c);
    assert_int_equal(c.secret_access_key.n + c.session_token.n, 0);
    assert_string_equal(copy.access_key_id, "A");
    assert_true(cs_secret_eq(cs_secret_slice(&copy.secret_access_key), CS_LIT("b")));
    assert_string_equal(cs_buf_cstr(&copy.session_token), "c");
    assert_true(copy.expires_ms == NOW + 60 * MINUTE && copy.renew_ms == NOW + 55 * MINUTE);
    cs_aws_credentials_wipe(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles),           cmocka_unit_test(answers_of_services),
        cmocka_unit_test(answers_of_the_sts), cmocka_unit_test(where_credentials_come_from),
        cmocka_unit_test(copies_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
