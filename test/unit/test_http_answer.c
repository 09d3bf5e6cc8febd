/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/http_answer.c: one good answer, cut at every byte, and one row for each way to differ from it. */
#include "core/http_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MAX_BODY 64
#define OK "HTTP/1.1 200 OK\r\n"
#define LEN "Content-Length: 2\r\n"
#define GOOD OK "x-amzn-RequestId: 1\r\nContent-Type: application/x-amz-json-1.1\r\n" LEN "\r\n{}"

static void a_good_one(void **state)
{
    (void)state;
    cs_http_answer a;
    bool complete;
    const cs_slice whole = CS_LIT(GOOD);
    for (size_t n = 0; n < whole.n; n++) {
        assert_int_equal(cs_http_answer_read(&a, &complete, cs_slice_sub(whole, 0, n), MAX_BODY), CS_OK);
        assert_false(complete);
        assert_int_equal(a.status, 0);
    }
    assert_int_equal(cs_http_answer_read(&a, &complete, whole, MAX_BODY), CS_OK);
    assert_true(complete && a.status == 200 && cs_slice_is(a.body, "{}"));
}

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err expect;
        int status; /* 0: there is more to come */
    } all[] = {
        {OK LEN "\r\n{}", CS_OK, 200},
        {"HTTP/1.1 400 Bad Request\r\n" LEN "\r\n{}", CS_OK, 400},
        {"HTTP/1.1 503 \r\n" LEN "\r\n{}", CS_OK, 503},
        {OK "content-length:2\r\n\r\n{}", CS_OK, 200},
        {OK "CONTENT-LENGTH: \t 2 \t\r\n\r\n{}", CS_OK, 200},
        {OK "Content-Length: 0\r\n\r\n", CS_OK, 200},
        {OK "Content-Length: 00000002\r\n\r\n{}", CS_OK, 200},
        {OK "Content-Length: 64\r\n\r\n", CS_OK, 0},
        {OK, CS_OK, 0},
        {"HTTP/1.1 200 O", CS_OK, 0},

        {"HTTP/1.0 200 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/2 200 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"http/1.1 200 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1  200 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 20 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 2000 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 2x0 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 200\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 100 Continue\r\n\r\n" OK LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 199 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 600 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 -20 OK\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 200 \x01\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 200 \xc3\xa4\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"\r\n" OK LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"", CS_OK, 0},
        {"\n", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 200 OK\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {"HTTP/1.1 200 OK\r" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 2\n\n{}", CS_BAD_FORMAT, 0},
        {OK "\r\n{}", CS_BAD_FORMAT, 0},
        {OK LEN LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK LEN "content-length: 3\r\n\r\n{} ", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 2, 2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: +2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: -2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 0x2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 2 2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length:\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 000000002\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 18446744073709551618\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 65\r\n\r\n", CS_TOO_LARGE, 0},
        {OK "Content-Length : 2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK " Content-Length: 2\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Content-Length: 2\r\n folded\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK ": 2\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK "no colon\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK "x\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK "x: \x7f\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK "x: a\rb\r\n" LEN "\r\n{}", CS_BAD_FORMAT, 0},
        {OK "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", CS_BAD_FORMAT, 0},
        {OK LEN "transfer-encoding: identity\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK LEN "Content-Encoding: gzip\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK LEN "Trailer: x\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK LEN "Upgrade: h2c\r\n\r\n{}", CS_BAD_FORMAT, 0},
        {OK LEN "\r\n{}x", CS_BAD_FORMAT, 0},
        {OK LEN "\r\n{}\r\n", CS_BAD_FORMAT, 0},
        {GOOD GOOD, CS_BAD_FORMAT, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cs_http_answer a;
        bool complete;
        cs_err err = cs_http_answer_read(&a, &complete, cs_slice_str(all[i].text), MAX_BODY);
        if (err != all[i].expect || a.status != all[i].status || complete != (all[i].status != 0))
            fail_msg("%s: %s, %d", all[i].text, cs_err_name(err), a.status);
        assert_int_equal(a.body.p != NULL, complete);
    }
    cs_http_answer a;
    bool complete;
    assert_int_equal(cs_http_answer_read(&a, &complete, CS_LIT(OK "x: \0\r\n" LEN "\r\n{}"), MAX_BODY), CS_BAD_FORMAT);
}

static void limits(void **state)
{
    (void)state;
    static uint8_t bytes[2 * CS_HTTP_ANSWER_HEAD];
    static const struct {
        size_t fields, field_n;
        cs_err expect;
    } all[] = {{CS_HTTP_ANSWER_FIELDS - 1, 1, CS_OK},
               {CS_HTTP_ANSWER_FIELDS, 1, CS_TOO_LARGE},
               {1, CS_HTTP_ANSWER_HEAD - 64, CS_OK},
               {1, CS_HTTP_ANSWER_HEAD, CS_TOO_LARGE}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cs_http_answer a;
        bool complete;
        cs_buf text = CS_BUF_OVER(bytes);
        cs_buf_add_str(&text, OK LEN);
        for (size_t f = 0; f < all[i].fields; f++) {
            cs_buf_add_str(&text, "x:");
            for (size_t n = 0; n < all[i].field_n; n++)
                cs_buf_add_u8(&text, 'v');
            cs_buf_add_str(&text, "\r\n");
        }
        cs_buf_add_str(&text, "\r\n{}");
        assert_int_equal(cs_http_answer_read(&a, &complete, cs_buf_slice(&text), MAX_BODY), all[i].expect);
        assert_int_equal(complete, all[i].expect == CS_OK);
    }
    /* A head that does not end is not waited for for ever. */
    cs_http_answer a;
    bool complete;
    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes, OK, strlen(OK));
    assert_int_equal(cs_http_answer_read(&a, &complete, cs_slice_of(bytes, CS_HTTP_ANSWER_HEAD - 2), MAX_BODY), CS_OK);
    assert_int_equal(cs_http_answer_read(&a, &complete, cs_slice_of(bytes, CS_HTTP_ANSWER_HEAD), MAX_BODY),
                     CS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one),
        cmocka_unit_test(rows),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
