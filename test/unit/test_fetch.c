/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/fetch.c against a service that says what it is told. zone: net */
#include "service_fixture.h"

#include "sys/clock.h"
#include "sys/fetch.h"

#define SOON (cs_tick_us() + 20 * 1000000)

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool here, anywhere;
    } rows[] = {
        {"https://kms.eu-central-1.amazonaws.com/", true, true},
        {"https://127.0.0.1:4433/x?y=z", true, true},
        {"http://127.0.0.1:80/", true, true},
        {"http://127.9.9.9/", true, true},
        {"http://localhost:1/", true, true},
        {"http://[::1]:1/", true, true},
        {"http://128.0.0.1/", false, true},
        {"http://169.254.169.254/latest", false, true},
        {"http://kms.example/", false, true},
        {"http://localhost.example/", false, true},
        {"http://127.0.0.1.example/", false, true},
        {"http://127.0.0.1@kms.example/", false, false},
        {"https://user@kms.example/", false, false},
        {"https://user:word@kms.example/", false, false},
        {"https://kms.example/#part", false, false},
        {"ftp://127.0.0.1/", false, false},
        {"file:///etc/passwd", false, false},
        {"gopher://127.0.0.1/", false, false},
        {"https://", false, false},
        {"//kms.example/", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %zu %s\n", i, rows[i].url);
        assert_int_equal(cs_fetch_url_allowed(rows[i].url, false), rows[i].here);
        assert_int_equal(cs_fetch_url_allowed(rows[i].url, true), rows[i].anywhere);
    }
}

static cs_err post(cs_fetch_answer *a, cs_fetch *f, const service *s, cs_slice body, size_t max)
{
    char url[96];
    (void)snprintf(url, sizeof url, "%s/a?b=c", s->url);
    const cs_fetch_request r = {
        .method = "POST",
        .url = url,
        .headers = {{"X-Secret", CS_LIT("sesame")}, {"X-None", CS_ABSENT}, {"X-Empty", CS_LIT("")}},
        .body = body,
        .max_answer = max,
        .deadline_us = SOON};
    return cs_fetch_send(a, f, &r);
}

static void one_connection_for_all(void **state)
{
    (void)state;
    const char *const answers[] = {
        service_answer("200 OK", "Date: Sat, 21 Nov 2026 18:00:00 GMT\r\nx-amzn-RequestId: ab-12\r\n", "one"),
        service_answer("400 Bad", "x-amzn-ErrorType: NotFoundException:http://x/\r\nx-amzn-RequestId: a b\r\n", "two"),
        service_answer("302 Found", "Location: http://127.0.0.1:1/\r\n", ""), NULL};
    service s;
    cs_fetch *f;
    cs_fetch_answer a;
    service_start(&s, answers);
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);

    assert_int_equal(post(&a, f, &s, CS_LIT("hello"), 100), CS_OK);
    assert_int_equal(a.status, 200);
    assert_true(cs_slice_is(cs_buf_slice(&a.body), "one"));
    assert_true(a.date_ms == 1795284000000);
    assert_string_equal(a.request_id, "ab-12");
    assert_string_equal(a.type, "");
    cs_fetch_answer_free(&a);

    assert_int_equal(post(&a, f, &s, CS_ABSENT, 100), CS_OK);
    assert_int_equal(a.status, 400);
    assert_string_equal(a.type, "NotFoundException:http://x/");
    assert_string_equal(a.request_id, ""); /* no blanks in our log */
    assert_int_equal(a.date_ms, 0);
    cs_fetch_answer_free(&a);

    assert_int_equal(post(&a, f, &s, CS_ABSENT, 100), CS_OK); /* it goes nowhere else */
    assert_int_equal(a.status, 302);
    cs_fetch_answer_free(&a);

    cs_fetch_close(f);
    service_stop(&s);
    assert_int_equal(s.asked, 3);
    assert_true(s.connection_of[2] < 3); /* on a busy machine libcurl may give one up, but not each time */
}

static void says_what_it_was_told(void **state)
{
    (void)state;
    const char *const answers[] = {service_answer("200 OK", "", ""), service_answer("200 OK", "", ""), NULL};
    char url[96];
    service s;
    cs_fetch *f;
    cs_fetch_answer a;
    service_start(&s, answers);
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1/", 1), 0);
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);
    assert_int_equal(post(&a, f, &s, CS_LIT("hello"), 100), CS_OK);
    cs_fetch_answer_free(&a);
    (void)snprintf(url, sizeof url, "%s/token", s.url);
    const cs_fetch_request put = {.method = "PUT", .url = url, .max_answer = 10, .deadline_us = SOON};
    assert_int_equal(cs_fetch_send(&a, f, &put), CS_OK);
    cs_fetch_answer_free(&a);
    const char *first = s.requests[0], *second = s.requests[1];
    assert_memory_equal(first, "POST /a?b=c HTTP/1.1\r\n", 22);
    assert_non_null(strstr(first, "\r\nX-Secret: sesame\r\n"));
    assert_non_null(strstr(first, "\r\nX-Empty:\r\n"));
    assert_null(strstr(first, "X-None"));
    assert_null(strstr(first, "Expect"));
    assert_non_null(strstr(first, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(first, "\r\n\r\nhello"));
    assert_memory_equal(second, "PUT /token HTTP/1.1\r\n", 21);
    assert_null(strstr(second, "sesame"));
    assert_non_null(strstr(second, "\r\nContent-Length: 0\r\n"));
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("ALL_PROXY"), 0);
    cs_fetch_close(f);
    service_stop(&s);
}

/* What happened tells whether the other side can have done it. */
static void failures(void **state)
{
    (void)state;
    const char *const answers[] = {"", service_answer("200 OK", "", "0123456789"),
                                   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhalf",
                                   "no HTTP at all\r\n\r\nConnection: close", NULL};
    service s;
    cs_fetch *f;
    cs_fetch_answer a;
    service_start(&s, answers);
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);
    assert_int_equal(post(&a, f, &s, CS_LIT("x"), 100), CS_REMOTE_SILENT);
    cs_fetch_answer_free(&a);
    assert_int_equal(post(&a, f, &s, CS_LIT("x"), 9), CS_TOO_LARGE);
    cs_fetch_answer_free(&a);
    assert_int_equal(post(&a, f, &s, CS_LIT("x"), 100), CS_REMOTE_SILENT);
    cs_fetch_answer_free(&a);
    assert_int_equal(post(&a, f, &s, CS_LIT("x"), 100), CS_REMOTE_SILENT);
    cs_fetch_answer_free(&a);
    cs_fetch_close(f);
    service_stop(&s);
    assert_int_equal(s.asked, 4);

    char long_value[20000];
    memset(long_value, 'a', sizeof long_value);
    const struct {
        cs_fetch_request r;
        cs_err expect;
    } rows[] = {
        {{.url = s.url, .deadline_us = SOON}, CS_REMOTE_UNREACHABLE}, /* nobody listens any more */
        {{.url = s.url, .deadline_us = cs_tick_us() - 1}, CS_REMOTE_UNREACHABLE},
        {{.url = "https://no-such-host.invalid/", .deadline_us = SOON}, CS_REMOTE_UNREACHABLE},
        {{.url = "http://192.0.2.1/", .deadline_us = SOON}, CS_CONFIG},
        {{.url = "file:///etc/passwd", .deadline_us = SOON}, CS_CONFIG},
        {{.url = s.url, .headers = {{"X-A", CS_LIT("b\r\nX-C: d")}}, .deadline_us = SOON}, CS_CONFIG},
        {{.url = s.url, .headers = {{"X-A", CS_LIT("b\0c")}}, .deadline_us = SOON}, CS_CONFIG},
        {{.url = s.url, .headers = {{"X-A", CS_LIT("\xc3\xa4")}}, .deadline_us = SOON}, CS_CONFIG},
        {{.url = s.url, .headers = {{"X-A", CS_ARRAY(long_value)}}, .deadline_us = SOON}, CS_CONFIG},
    };
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_fetch_request r = rows[i].r;
        r.method = "GET";
        print_message("row %zu\n", i);
        assert_int_equal(cs_fetch_send(&a, f, &r), rows[i].expect);
        cs_fetch_answer_free(&a);
    }
    cs_fetch_close(f);
}

/* The deadline holds for a service that takes the request and says nothing. */
static void silent_service(void **state)
{
    (void)state;
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "never", NULL};
    service s;
    cs_fetch *f;
    cs_fetch_answer a;
    service_start(&s, answers); /* then it waits for another request instead of closing */
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);
    const cs_fetch_request r = {.method = "GET", .url = s.url, .max_answer = 100, .deadline_us = cs_tick_us() + 200000};
    assert_int_equal(cs_fetch_send(&a, f, &r), CS_REMOTE_SILENT);
    cs_fetch_answer_free(&a);
    cs_fetch_close(f);
    service_stop(&s);
}

/* A kept connection that the service has closed meanwhile is no failure. */
static void stale_connection(void **state)
{
    (void)state;
    const char *const answers[] = {service_answer("200 OK", "", "one"), "", service_answer("200 OK", "", "two"), NULL};
    service s;
    cs_fetch *f;
    cs_fetch_answer a;
    service_start(&s, answers);
    assert_int_equal(cs_fetch_open(&f, NULL), CS_OK);
    assert_int_equal(post(&a, f, &s, CS_LIT("x"), 100), CS_OK);
    cs_fetch_answer_free(&a);
    assert_int_equal(post(&a, f, &s, CS_LIT("x"), 100), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&a.body), "two"));
    cs_fetch_answer_free(&a);
    cs_fetch_close(f);
    service_stop(&s);
    assert_int_equal(s.connection_of[2], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(one_connection_for_all), cmocka_unit_test(says_what_it_was_told),
        cmocka_unit_test(failures),  cmocka_unit_test(silent_service),         cmocka_unit_test(stale_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
