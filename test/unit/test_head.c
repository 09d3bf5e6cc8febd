/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/head.c: heads that are served, and one row for each way to be none. */
#include "devkms/head.h"

#include "vectors.h"

#define HEAD                                                                                                           \
    "POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nCONTENT-length:\t12 \r\nX: 1\r\nx: 2\r\n"                                  \
    "Empty:\r\nConnection: close\r\n\r\n"

static void good(void **state)
{
    (void)state;
    static const char text[] = HEAD, with_body[] = HEAD "body";
    cs_head h;
    assert_int_equal(cs_head_end(cs_slice_of(with_body, sizeof with_body - 1)), strlen(text));
    assert_int_equal(cs_head_parse(&h, cs_slice_str(text)), CS_OK);
    assert_true(cs_slice_is(h.method, "POST") && cs_slice_is(h.path, "/a/b") && cs_slice_is(h.query, "c=d&e"));
    assert_int_equal(h.content_length, 12);
    assert_true(h.close);
    assert_true(cs_slice_is(cs_head_value(&h, "hOST"), "x"));
    assert_null(cs_head_value(&h, "x").p); /* there are two */
    assert_null(cs_head_value(&h, "y").p);
    assert_non_null(cs_head_value(&h, "empty").p);
    assert_int_equal(cs_head_parse(&h, CS_LIT("GET / HTTP/1.1\r\n\r\n")), CS_OK);
    assert_true(h.query.p == NULL && !h.close && h.content_length == 0 && h.count == 0);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        cs_err err;
        const char *text;
    } rows[] = {
        {CS_BAD_REQUEST, ""},
        {CS_BAD_REQUEST, "\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.0\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1 \r\n\r\n"},
        {CS_BAD_REQUEST, "GET  / HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET /\r\n\r\n"},
        {CS_BAD_REQUEST, "GET a HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET ?a HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET /#a HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET /\xc3\xbc HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, "G(T / HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, " / HTTP/1.1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\n\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\n\r\nmore"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nHost: x\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nHost : x\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nHost\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\n: x\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nA: x\r\n y\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nA: x\x01\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nA: x\ry\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"},
        {CS_BAD_REQUEST, "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"},
        {CS_BODY_TOO_LARGE, "GET / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n"},
        {CS_BODY_TOO_LARGE, "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999999\r\n\r\n"},
    };
    cs_head h;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cs_head_parse(&h, cs_slice_str(rows[i].text)) != rows[i].err)
            fail_msg("%s", rows[i].text);
    assert_int_equal(cs_head_parse(&h, CS_LIT("GET / HTTP/1.1\r\nA: \0\r\n\r\n")), CS_BAD_REQUEST);
    assert_int_equal(cs_head_end(CS_LIT("GET / HTTP/1.1\r\n\r")), 0);
}

static void too_many_fields(void **state)
{
    (void)state;
    cs_head h;
    for (size_t n = CS_MAX_HEADER_FIELDS; n <= CS_MAX_HEADER_FIELDS + 1; n++) {
        cs_buf text = cs_buf_new(CS_MAX_HEAD);
        cs_buf_add_str(&text, "GET / HTTP/1.1\r\n");
        for (size_t i = 0; i < n; i++)
            cs_buf_printf(&text, "A%zu: x\r\n", i);
        cs_buf_add_str(&text, "\r\n");
        assert_int_equal(cs_head_parse(&h, cs_buf_slice(&text)), n == CS_MAX_HEADER_FIELDS ? CS_OK : CS_BAD_REQUEST);
        cs_buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(refusals),
                                       cmocka_unit_test(too_many_fields)};
    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
