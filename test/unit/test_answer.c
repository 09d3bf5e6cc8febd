/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "gateway/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 784111777 /* the date of RFC 9110 §5.6.7 */

static void the_head_is_exact(void **state)
{
    uint8_t memory[CS_MAX_ANSWER_HEAD];
    cs_buf out = CS_BUF_OVER(memory), body = cs_buf_new(100);
    (void)state;
    cs_buf_add_str(&body, "{}");
    cs_http_response rs = {.status = 201, .body = body};
    cs_answer_head(&out, &rs, "id", NOW, false);
    assert_string_equal(cs_buf_cstr(&out), "HTTP/1.1 201 Created\r\n"
                                           "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                           "Content-Type: application/json\r\n"
                                           "Content-Length: 2\r\n"
                                           "X-Request-Id: id\r\n"
                                           "Cache-Control: no-store\r\n"
                                           "X-Content-Type-Options: nosniff\r\n"
                                           "\r\n");
    cs_buf_free(&body);
}

static void optional_fields_are_added(void **state)
{
    uint8_t memory[CS_MAX_ANSWER_HEAD];
    cs_buf out = CS_BUF_OVER(memory);
    cs_http_response rs = {.status = 405, .content_type = "text/plain", .retry_after = 3, .allow = "GET, POST"};
    (void)state;
    cs_answer_head(&out, &rs, "id", NOW, true);
    const char *text = cs_buf_cstr(&out);
    static const char *const want[] = {"HTTP/1.1 405 Method Not Allowed\r\n", "\r\nContent-Type: text/plain\r\n",
                                       "\r\nRetry-After: 3\r\n", "\r\nAllow: GET, POST\r\n",
                                       "\r\nConnection: close\r\n\r\n"};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_non_null(strstr(text, want[i]));
}

static void what_is_not_sent_again_has_no_length(void **state)
{
    uint8_t memory[CS_MAX_ANSWER_HEAD];
    cs_buf out = CS_BUF_OVER(memory);
    cs_http_response rs = {.status = 304, .content_type = "text/html", .cache_control = "no-cache"};
    (void)state;
    cs_answer_head(&out, &rs, "id", NOW, false);
    assert_string_equal(cs_buf_cstr(&out), "HTTP/1.1 304 Not Modified\r\n"
                                           "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                           "X-Request-Id: id\r\n"
                                           "Cache-Control: no-cache\r\n"
                                           "X-Content-Type-Options: nosniff\r\n"
                                           "\r\n");
}

static void the_longest_head_fits(void **state)
{
    uint8_t memory[CS_MAX_ANSWER_HEAD];
    cs_buf out = CS_BUF_OVER(memory);
    char id[CS_MAX_REQUEST_ID + 1];
    cs_http_response rs = {.status = 503, .content_type = "application/json; charset=utf-8", .retry_after = 2147483647};
    (void)state;
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    memset(rs.allow, 'A', sizeof rs.allow - 1);
    rs.headers = cs_buf_new(CS_MAX_ANSWER_FIELDS);
    while (rs.headers.n < CS_MAX_ANSWER_FIELDS)
        cs_buf_add_u8(&rs.headers, 'h');
    cs_answer_head(&out, &rs, id, 253402300799, true);
    assert_int_equal(out.err, CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&out), "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"));
    assert_non_null(strstr(cs_buf_cstr(&out), "nosniff\r\nhhh"));
    cs_buf_free(&rs.headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_is_exact),
        cmocka_unit_test(optional_fields_are_added),
        cmocka_unit_test(what_is_not_sent_again_has_no_length),
        cmocka_unit_test(the_longest_head_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
