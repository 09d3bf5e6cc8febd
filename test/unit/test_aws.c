/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/aws.c against a service that says what it is told; signatures are judged by test/flow/kms_moto.py and
 * kms_credentials.py. zone: net */
#include "service_fixture.h"

#include "sys/aws.h"
#include "sys/clock.h"
#include "sys/log.h"

static void regions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"us-east-1", true},
        {"eu-central-1", true},
        {"cn-north-1", true},
        {"x", true},
        {"", false},
        {"-", false},
        {"us-east-1-", false},
        {"US-EAST-1", false},
        {"us.east.1", false},
        {"us/east", false},
        {"us east", false},
        {"us-east-1:443", false},
        {"us-east-1#", false},
        {"us-east-1@evil", false},
        {"a23456789-123456789-123456789-123", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_aws *a;
        print_message("%s\n", rows[i].name);
        assert_int_equal(cs_aws_is_region(cs_slice_str(rows[i].name)), rows[i].good);
        if (rows[i].name[0] == '\0')
            continue; /* none was given */
        assert_int_equal(cs_aws_open(&a, rows[i].name), rows[i].good ? CS_OK : CS_CONFIG);
        cs_aws_close(a);
    }
    char text[64];
    cs_buf host = CS_BUF_OVER(text);
    cs_aws_host(&host, "kms", "eu-central-1");
    assert_string_equal(cs_buf_cstr(&host), "kms.eu-central-1.amazonaws.com");
    cs_buf_clear(&host);
    cs_aws_host(&host, "kms", "cn-north-1");
    assert_string_equal(cs_buf_cstr(&host), "kms.cn-north-1.amazonaws.com.cn");
}

static void endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool here, anywhere;
    } rows[] = {
        {"https://kms.example", true, true},
        {"https://kms.example:8443/", true, true},
        {"http://127.0.0.1:1", true, true},
        {"http://devkms:1", false, true},
        {"https://kms.example/path", false, false},
        {"https://kms.example//", false, false},
        {"https://kms.example?q", false, false},
        {"https://kms.example#f", false, false},
        {"https://a@kms.example", false, false},
        {"https://", false, false},
        {"kms.example", false, false},
        {"ftp://kms.example", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].url);
        assert_int_equal(cs_aws_is_endpoint(rows[i].url, false), rows[i].here);
        assert_int_equal(cs_aws_is_endpoint(rows[i].url, true), rows[i].anywhere);
    }
}

static void names_of_errors(void **state)
{
    (void)state;
    static const struct {
        const char *header, *body, *code;
    } rows[] = {
        {"", "{\"__type\":\"NotFoundException\"}", "NotFoundException"},
        {"", "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\"}",
         "ConditionalCheckFailedException"},
        {"DisabledException:http://internal.amazon.com/", "{\"__type\":\"Other\"}", "DisabledException"},
        {"a#B", "", "B"},
        {"", "{\"code\":\"SignatureDoesNotMatch\"}", "SignatureDoesNotMatch"},
        {"", "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", "AccessDenied"},
        {"", "{\"__type\":5}", "Unknown"},
        {"", "{\"__type\":\"\"}", "Unknown"},
        {"", "{\"__type\":\"a b\"}", "Unknown"},
        {"", "{\"__type\":\"x\\ny\"}", "Unknown"},
        {"", "{\"__type\":\"#\"}", "Unknown"},
        {"", "{\"__type\":\"A2345678901234567890123456789012345678901234567890123456789012345\"}", "Unknown"},
        {"", "<Code>a</Code><Code>b</Code>", "Unknown"},
        {"", "<html>", "Unknown"},
        {"", "", "Unknown"},
        {"bad name", "", "Unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char code[CS_AWS_MAX_CODE + 1];
        print_message("row %zu\n", i);
        cs_aws_error_code(code, rows[i].header, cs_slice_str(rows[i].body));
        assert_string_equal(code, rows[i].code);
    }
}

static void what_may_be_asked_again(void **state)
{
    (void)state;
    static const struct {
        cs_aws_answer answer;
        bool transient;
    } rows[] = {
        {{.status = 400, .code = "ThrottlingException"}, true},
        {{.status = 400, .code = "ProvisionedThroughputExceededException"}, true},
        {{.status = 429, .code = "Unknown"}, true},
        {{.status = 500, .code = "Unknown"}, true},
        {{.status = 503, .code = ""}, true},
        {{.status = 200, .code = ""}, false},
        {{.status = 400, .code = "AccessDeniedException"}, false},
        {{.status = 400, .code = "ConditionalCheckFailedException"}, false},
        {{.status = 400, .code = "Throttling Exception"}, false},
        {{.status = 404, .code = "Unknown"}, false},
        {{.status = 302, .code = ""}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cs_aws_is_transient(&rows[i].answer), rows[i].transient);
}

static cs_err ask(cs_aws_answer *out, const service *s, cs_aws *a, const char *region)
{
    cs_fetch *f;
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);
    const cs_aws_request r = {.service = "dynamodb",
                              .region = region,
                              .endpoint = s->url,
                              .target = "DynamoDB_20120810.GetItem",
                              .content_type = "application/x-amz-json-1.0",
                              .body = CS_LIT("{}"),
                              .max_answer = 1000,
                              .deadline_us = cs_tick_us() + 20 * 1000000};
    cs_err err = cs_aws_call(out, a, f, &r);
    cs_fetch_close(f);
    return err;
}

static void one_call(void **state)
{
    (void)state;
    const char *const answers[] = {service_answer("200 OK", "x-amzn-RequestId: q-1\r\n", "{\"Item\":{}}"),
                                   service_answer("400 Bad", "", "{\"__type\":\"a#XException\"}"), NULL};
    service s;
    cs_aws *a;
    cs_aws_answer answer;
    service_start(&s, answers);
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "sesame", 1), 0);
    assert_int_equal(setenv("AWS_SESSION_TOKEN", "token", 1), 0);
    assert_int_equal(cs_aws_open(&a, "eu-central-1"), CS_OK);

    assert_int_equal(ask(&answer, &s, a, NULL), CS_OK);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.code, "");
    assert_string_equal(answer.request_id, "q-1");
    assert_true(cs_slice_is(cs_buf_slice(&answer.body), "{\"Item\":{}}"));
    cs_aws_answer_free(&answer);
    char host[64];
    (void)snprintf(host, sizeof host, "\r\nHost: %s\r\n", s.host);
    assert_non_null(strstr(s.requests[0], host));
    assert_non_null(strstr(s.requests[0], "\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\n"));
    assert_non_null(strstr(s.requests[0], "\r\nX-Amz-Security-Token: token\r\n"));
    assert_non_null(strstr(s.requests[0], "/eu-central-1/dynamodb/aws4_request, SignedHeaders="
                                          "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;"
                                          "x-amz-target, Signature="));
    assert_null(strstr(s.requests[0], "sesame"));

    assert_int_equal(ask(&answer, &s, a, "us-east-1"), CS_OK);
    assert_int_equal(answer.status, 400);
    assert_string_equal(answer.code, "XException");
    cs_aws_answer_free(&answer);
    assert_non_null(strstr(s.requests[1], "/us-east-1/dynamodb/aws4_request"));

    assert_int_equal(ask(&answer, &s, a, "no region"), CS_CONFIG);
    cs_aws_answer_free(&answer);
    cs_aws_close(a);
    service_stop(&s);
    assert_int_equal(s.asked, 2);
}

static void nothing_without_credentials(void **state)
{
    (void)state;
    service s;
    cs_aws *a;
    cs_aws_answer answer;
    const char *const answers[] = {service_answer("200 OK", "", ""), NULL};
    service_start(&s, answers);
    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID"), 0);
    assert_int_equal(cs_aws_open(&a, "eu-central-1"), CS_OK);
    assert_int_equal(ask(&answer, &s, a, NULL), CS_CLOUD_CREDENTIALS); /* half of them is not none */
    cs_aws_answer_free(&answer);
    cs_aws_close(a);
    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
    assert_int_equal(setenv("HOME", "/nonexistent", 1), 0);
    assert_int_equal(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
    assert_int_equal(cs_aws_open(&a, "eu-central-1"), CS_OK);
    assert_int_equal(ask(&answer, &s, a, NULL), CS_CLOUD_CREDENTIALS);
    cs_aws_answer_free(&answer);
    cs_aws_close(a);
    assert_int_equal(cs_aws_open(&a, NULL), CS_OK);
    assert_string_equal(cs_aws_region(a), "");
    assert_int_equal(ask(&answer, &s, a, NULL), CS_CONFIG);
    cs_aws_answer_free(&answer);
    cs_aws_close(a);
    service_stop(&s);
    assert_int_equal(s.asked, 0);
}

static int set_up(void **state)
{
    (void)state;
    cs_log_open("test", CS_LOG_ERROR);
    for (char **e = environ; *e != NULL;) {
        char name[128] = "";
        size_t n = strcspn(*e, "=");
        if (strncmp(*e, "AWS_", 4) != 0 || n >= sizeof name) {
            e++;
            continue;
        }
        memcpy(name, *e, n);
        (void)unsetenv(name);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions),         cmocka_unit_test(endpoints),
        cmocka_unit_test(names_of_errors), cmocka_unit_test(what_may_be_asked_again),
        cmocka_unit_test(one_call),        cmocka_unit_test(nothing_without_credentials),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
