/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "gateway/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/limits.h"

#define HOST "Host: a.example\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"
#define FIELD(line) "GET /x HTTP/1.1\r\n" HOST line "\r\n\r\n"
#define POST(fields, body) "POST /x HTTP/1.1\r\n" HOST fields "\r\n" body

typedef struct guard_case {
    const char *name;
    cs_slice bytes;
    cs_err err; /* CS_OK: one complete request */
} guard_case;

#define CASE(name, err, literal)                                                                                       \
    {                                                                                                                  \
        name, {(const uint8_t *)("" literal), sizeof(literal) - 1}, err                                                \
    }

/* clang-format off */
static const guard_case cases[] = {
    /* What is a request */
    CASE("plain GET", CS_OK, GET("/x")),
    CASE("root", CS_OK, GET("/")),
    CASE("query", CS_OK, GET("/x?a=b&c=%20d/?:@")),
    CASE("empty query", CS_OK, GET("/x?")),
    CASE("escapes", CS_OK, GET("/%41%c3%a4")),
    CASE("dots inside a segment", CS_OK, GET("/a..b/.c/...")),
    CASE("slash at the end", CS_OK, GET("/x/")),
    CASE("host with port", CS_OK, "GET /x HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n"),
    CASE("lists in several lines", CS_OK,
         FIELD("Accept-Encoding: gzip\r\nAccept-Encoding: br\r\nIf-None-Match: \"a\"\r\nIf-None-Match: *")),
    CASE("field name in any case", CS_OK, "GET /x HTTP/1.1\r\nhOST:a\r\n\r\n"),
    CASE("empty field value", CS_OK, FIELD("X-Empty:")),
    CASE("GET with length 0", CS_OK, FIELD("Content-Length: 0")),
    CASE("HEAD", CS_OK, "HEAD /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("DELETE with a body", CS_OK, "DELETE /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na"),
    CASE("PATCH", CS_OK, "PATCH /x HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"),
    CASE("DELETE without length", CS_OK, "DELETE /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("POST with length", CS_OK, POST("Content-Length: 3\r\n", "abc")),
    CASE("POST with length 0", CS_OK, POST("Content-Length: 0\r\n", "")),
    CASE("PUT", CS_OK, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n\n"),
    CASE("body of control bytes", CS_OK, POST("Content-Length: 4\r\n", "\0\r\n\xff")),
    CASE("Expect: 100-continue", CS_OK, POST("Content-Length: 1\r\nExpect: 100-Continue\r\n", "a")),
    CASE("Connection: close in a list", CS_OK, FIELD("Connection: TE , Close,")),

    /* Line ends and forbidden bytes */
    CASE("bare LF everywhere", CS_BAD_REQUEST, "GET /x HTTP/1.1\nHost: a\n\n"),
    CASE("bare LF behind the request line", CS_BAD_REQUEST, "GET /x HTTP/1.1\nHost: a\r\n\r\n"),
    CASE("bare LF behind a field", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\nHost: a\n\r\n"),
    CASE("bare LF as the empty line", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\nHost: a\r\n\n"),
    CASE("bare LF inside a value", CS_BAD_REQUEST, FIELD("X: a\nContent-Length: 3")),
    CASE("bare CR inside a value", CS_BAD_REQUEST, FIELD("X: a\rb")),
    CASE("CR CR LF", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\r\nHost: a\r\n\r\n"),
    CASE("leading CRLF", CS_BAD_REQUEST, "\r\n" GET("/x")),
    CASE("leading LF", CS_BAD_REQUEST, "\n" GET("/x")),
    CASE("leading blank", CS_BAD_REQUEST, " " GET("/x")),
    CASE("NUL in a value", CS_BAD_REQUEST, FIELD("X: a\0b")),
    CASE("NUL in a name", CS_BAD_REQUEST, FIELD("X\0: a")),
    CASE("NUL in the target", CS_BAD_REQUEST, GET("/x\0y")),
    CASE("tab in a value", CS_BAD_REQUEST, FIELD("X:\ta")),
    CASE("DEL in a value", CS_BAD_REQUEST, FIELD("X: a\x7f")),
    CASE("8-bit byte in a value", CS_BAD_REQUEST, FIELD("X: caf\xc3\xa9")),
    CASE("a TLS ClientHello", CS_BAD_REQUEST, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),

    /* The request line */
    CASE("HTTP/0.9", CS_BAD_REQUEST, "GET /x\r\n"),
    CASE("HTTP/0.9 with version", CS_BAD_REQUEST, "GET /x HTTP/0.9\r\n\r\n"),
    CASE("HTTP/1.0", CS_BAD_REQUEST, "GET /x HTTP/1.0\r\n" HOST "\r\n"),
    CASE("HTTP/1.9", CS_BAD_REQUEST, "GET /x HTTP/1.9\r\n" HOST "\r\n"),
    CASE("HTTP/1.10", CS_BAD_REQUEST, "GET /x HTTP/1.10\r\n" HOST "\r\n"),
    CASE("HTTP/2.0", CS_BAD_REQUEST, "GET /x HTTP/2.0\r\n" HOST "\r\n"),
    CASE("HTTP/2 preface", CS_BAD_REQUEST, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    CASE("version in lower case", CS_BAD_REQUEST, "GET /x http/1.1\r\n" HOST "\r\n"),
    CASE("two blanks before the target", CS_BAD_REQUEST, "GET  /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("two blanks behind the target", CS_BAD_REQUEST, "GET /x  HTTP/1.1\r\n" HOST "\r\n"),
    CASE("blank at the end of the line", CS_BAD_REQUEST, "GET /x HTTP/1.1 \r\n" HOST "\r\n"),
    CASE("tab as separator", CS_BAD_REQUEST, "GET\t/x\tHTTP/1.1\r\n" HOST "\r\n"),
    CASE("blank in the target", CS_BAD_REQUEST, GET("/a b")),
    CASE("no target", CS_BAD_REQUEST, "GET HTTP/1.1\r\n" HOST "\r\n"),
    CASE("empty target", CS_BAD_REQUEST, "GET  HTTP/1.1\r\n" HOST "\r\n"),
    CASE("no method", CS_BAD_REQUEST, " /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("method is no token", CS_BAD_REQUEST, "GE(T /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("unknown method", CS_METHOD_NOT_ALLOWED, "BREW /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("method in lower case", CS_METHOD_NOT_ALLOWED, "get /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("TRACE", CS_METHOD_NOT_ALLOWED, "TRACE /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("OPTIONS", CS_METHOD_NOT_ALLOWED, "OPTIONS /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("OPTIONS *", CS_BAD_REQUEST, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
    CASE("CONNECT", CS_BAD_REQUEST, "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n"),

    /* The target */
    CASE("absolute target", CS_BAD_REQUEST, GET("http://a.example/x")),
    CASE("target without slash", CS_BAD_REQUEST, GET("x")),
    CASE("two slashes in front", CS_BAD_REQUEST, GET("//x")),
    CASE("two slashes inside", CS_BAD_REQUEST, GET("/a//x")),
    CASE("dot-dot", CS_BAD_REQUEST, GET("/a/../x")),
    CASE("dot-dot at the end", CS_BAD_REQUEST, GET("/a/..")),
    CASE("dot", CS_BAD_REQUEST, GET("/./x")),
    CASE("dot-dot in escapes", CS_BAD_REQUEST, GET("/a/%2e%2E/x")),
    CASE("dot-dot half in escapes", CS_BAD_REQUEST, GET("/a/.%2e")),
    CASE("fragment", CS_BAD_REQUEST, GET("/x#f")),
    CASE("fragment behind the query", CS_BAD_REQUEST, GET("/x?a#f")),
    CASE("8-bit bytes in the target", CS_BAD_REQUEST, GET("/caf\xc3\xa9")),
    CASE("%00", CS_BAD_REQUEST, GET("/a%00b")),
    CASE("%00 in the query", CS_BAD_REQUEST, GET("/a?b=%00")),
    CASE("escaped line end", CS_BAD_REQUEST, GET("/a%0d%0aX:y")),
    CASE("%zz", CS_BAD_REQUEST, GET("/%zz")),
    CASE("cut escape", CS_BAD_REQUEST, GET("/%4")),
    CASE("cut escape before the query", CS_BAD_REQUEST, GET("/%4?1")),
    CASE("backslash", CS_BAD_REQUEST, GET("/a\\..\\x")),
    CASE("quotes", CS_BAD_REQUEST, GET("/\"x\"")),
    CASE("angle brackets in the query", CS_BAD_REQUEST, GET("/x?<a>")),

    /* Fields */
    CASE("folded line", CS_BAD_REQUEST, FIELD("X: a\r\n b")),
    CASE("fold before the first field", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\n " HOST "\r\n"),
    CASE("line without colon", CS_BAD_REQUEST, FIELD("X")),
    CASE("empty name", CS_BAD_REQUEST, FIELD(": a")),
    CASE("name with parentheses", CS_BAD_REQUEST, FIELD("X(y): a")),
    CASE("name with a blank inside", CS_BAD_REQUEST, FIELD("X y: a")),
    CASE("blank before the colon", CS_BAD_REQUEST, FIELD("X : a")),
    CASE("no Host", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\nX: a\r\n\r\n"),
    CASE("no field at all", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\n\r\n"),
    CASE("two Host", CS_BAD_REQUEST, FIELD("host: b.example")),
    CASE("empty Host", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\nHost:\r\n\r\n"),
    CASE("Host with user", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    CASE("Host with path", CS_BAD_REQUEST, "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    CASE("two Authorization", CS_BAD_REQUEST, FIELD("Authorization: Bearer a\r\nAuthorization: Bearer b")),
    CASE("two Cookie", CS_BAD_REQUEST, FIELD("Cookie: a=1\r\nCookie: b=2")),
    CASE("two X-CSRF-Token", CS_BAD_REQUEST, FIELD("X-CSRF-Token: a\r\nx-csrf-token: a")),
    CASE("two Last-Event-ID", CS_BAD_REQUEST, FIELD("Last-Event-ID: 1\r\nLast-Event-ID: 1")),
    CASE("PATCH without length", CS_BAD_REQUEST, "PATCH /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("DELETE with chunks", CS_BAD_REQUEST,
         "DELETE /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    CASE("two Idempotency-Key", CS_BAD_REQUEST, FIELD("Idempotency-Key: a\r\nidempotency-key: a")),
    CASE("Expect: something else", CS_BAD_REQUEST, POST("Content-Length: 1\r\nExpect: junk\r\n", "a")),

    /* The length of the body: smuggling */
    CASE("Transfer-Encoding: chunked", CS_BAD_REQUEST, POST("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")),
    CASE("chunked with bare LF", CS_BAD_REQUEST, POST("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n")),
    CASE("chunk size 0x3", CS_BAD_REQUEST, POST("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n")),
    CASE("chunk size +3", CS_BAD_REQUEST, POST("Transfer-Encoding: chunked\r\n", "+3\r\nabc\r\n0\r\n\r\n")),
    CASE("chunk trailer", CS_BAD_REQUEST, POST("Transfer-Encoding: chunked\r\n", "0\r\nX: a\r\n\r\n")),
    CASE("Transfer-Encoding: gzip", CS_BAD_REQUEST, POST("Transfer-Encoding: gzip\r\n", GET("/y"))),
    CASE("Transfer-Encoding: gzip, chunked", CS_BAD_REQUEST, POST("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    CASE("Transfer-Encoding: identity", CS_BAD_REQUEST, FIELD("transfer-ENCODING: identity")),
    CASE("length and chunks", CS_BAD_REQUEST, POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    CASE("chunks and length", CS_BAD_REQUEST, POST("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")),
    CASE("Transfer-Encoding with a blank", CS_BAD_REQUEST,
         POST("Content-Length: 3\r\nTransfer-Encoding : chunked\r\n", "abc")),
    CASE("two lengths that differ", CS_BAD_REQUEST, POST("Content-Length: 3\r\nContent-Length: 4\r\n", "abc")),
    CASE("two equal lengths", CS_BAD_REQUEST, POST("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")),
    CASE("list of lengths", CS_BAD_REQUEST, POST("Content-Length: 3, 3\r\n", "abc")),
    CASE("length +3", CS_BAD_REQUEST, POST("Content-Length: +3\r\n", "abc")),
    CASE("length -1", CS_BAD_REQUEST, POST("Content-Length: -1\r\n", "")),
    CASE("length 0x3", CS_BAD_REQUEST, POST("Content-Length: 0x3\r\n", "abc")),
    CASE("length 03", CS_BAD_REQUEST, POST("Content-Length: 03\r\n", "abc")),
    CASE("length 3.0", CS_BAD_REQUEST, POST("Content-Length: 3.0\r\n", "abc")),
    CASE("length 1 2", CS_BAD_REQUEST, POST("Content-Length: 1 2\r\n", "abc")),
    CASE("empty length", CS_BAD_REQUEST, POST("Content-Length:\r\n", "abc")),
    CASE("length with a blank before the colon", CS_BAD_REQUEST, POST("Content-Length : 3\r\n", "abc")),
    CASE("length over 2^64", CS_BODY_TOO_LARGE, POST("Content-Length: 18446744073709551619\r\n", "abc")),
    CASE("length over the limit", CS_BODY_TOO_LARGE, POST("Content-Length: 1048577\r\n", "")),
    CASE("length over the limit, Expect", CS_BODY_TOO_LARGE,
         POST("Content-Length: 1048577\r\nExpect: 100-continue\r\n", "")),
    CASE("POST without length", CS_BAD_REQUEST, POST("", "")),
    CASE("PATCH without length", CS_BAD_REQUEST, "PATCH /x HTTP/1.1\r\n" HOST "\r\n"),
    CASE("GET with a body", CS_BAD_REQUEST, FIELD("Content-Length: 3") "abc"),
    CASE("GET with chunks", CS_BAD_REQUEST, FIELD("Transfer-Encoding: chunked") "0\r\n\r\n"),

    /* Pipelining */
    CASE("two requests", CS_BAD_REQUEST, GET("/x") GET("/y")),
    CASE("a byte behind a GET", CS_BAD_REQUEST, GET("/x") "a"),
    CASE("CRLF behind a body", CS_BAD_REQUEST, POST("Content-Length: 3\r\n", "abc\r\n")),
    CASE("request behind a body", CS_BAD_REQUEST, POST("Content-Length: 3\r\n", "abc" GET("/y"))),
};
/* clang-format on */

/* Feeds an exact copy of bytes[from, to), so that a read past the end is seen by the sanitizers. */
static void feed(cs_guard *g, cs_slice bytes, size_t from, size_t to)
{
    uint8_t *copy = malloc(to - from + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.p + from, to - from);
    for (size_t at = 0; at < to - from && g->step != CS_GUARD_REFUSED;) {
        size_t n = cs_guard_feed(g, cs_slice_of(copy + at, to - from - at));
        assert_true(n <= to - from - at);
        assert_true(n > 0 || g->step == CS_GUARD_REFUSED);
        at += n;
    }
    free(copy);
}

static void expect_outcome(cs_guard *g, const guard_case *c, const char *how)
{
    cs_guard_step step = c->err == CS_OK ? CS_GUARD_COMPLETE : CS_GUARD_REFUSED;
    if (g->step != step || g->err != c->err)
        fail_msg("%s, %s: step %d, %s instead of %s", c->name, how, (int)g->step, cs_err_name(g->err),
                 cs_err_name(c->err));
    cs_guard_free(g);
}

static void every_case_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_guard g = cs_guard_new();
        feed(&g, cases[i].bytes, 0, cases[i].bytes.n);
        expect_outcome(&g, &cases[i], "whole");
    }
}

static void every_case_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_guard g = cs_guard_new();
        for (size_t at = 0; at < cases[i].bytes.n; at++)
            feed(&g, cases[i].bytes, at, at + 1);
        expect_outcome(&g, &cases[i], "byte by byte");
    }
}

static void every_case_in_two_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t at = 1; at < cases[i].bytes.n; at++) {
            cs_guard g = cs_guard_new();
            feed(&g, cases[i].bytes, 0, at);
            feed(&g, cases[i].bytes, at, cases[i].bytes.n);
            expect_outcome(&g, &cases[i], "in two parts");
        }
    }
}

static void no_proper_prefix_is_a_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].err != CS_OK)
            continue;
        for (size_t n = 0; n < cases[i].bytes.n; n++) {
            cs_guard g = cs_guard_new();
            feed(&g, cases[i].bytes, 0, n);
            assert_true(g.step == CS_GUARD_HEAD || g.step == CS_GUARD_BODY);
            cs_guard_free(&g);
        }
    }
}

static void refusals_outnumber_requests(void **state)
{
    (void)state;
    size_t refused = 0, total = sizeof cases / sizeof *cases;
    for (size_t i = 0; i < total; i++)
        refused += cases[i].err != CS_OK;
    assert_true(total >= 78);
    assert_true(refused > total - refused);
}

static void assert_slice(cs_slice got, const char *want)
{
    if (want == NULL)
        assert_null(got.p);
    else
        assert_true(got.p != NULL && cs_slice_is(got, want));
}

static void the_parts_are_handed_over(void **state)
{
    (void)state;
    static const char text[] = "POST /v1/sign?a=%20&b HTTP/1.1\r\nHost: a\r\nauthorization:Bearer k \r\n"
                               "Content-Type:   application/json\r\nX-Request-Id: r 1\r\nContent-Length: 2\r\n"
                               "Expect: 100-continue\r\nConnection: close\r\nX-Other: o\r\n\r\n{}";
    cs_guard g = cs_guard_new();
    feed(&g, cs_slice_str(text), 0, sizeof text - 1);
    assert_int_equal(g.step, CS_GUARD_COMPLETE);
    assert_slice(g.method, "POST");
    assert_slice(g.path, "/v1/sign");
    assert_slice(g.query, "a=%20&b");
    assert_slice(g.authorization, "Bearer k");
    assert_slice(g.content_type, "application/json");
    assert_slice(g.request_id, "r 1");
    assert_slice(g.idempotency_key, NULL);
    assert_slice(cs_buf_slice(&g.body), "{}");
    assert_true(g.expects_continue);
    assert_true(g.wants_close);
    cs_guard_free(&g);

    g = cs_guard_new();
    feed(&g, CS_LIT(FIELD("Idempotency-Key:")), 0, sizeof(FIELD("Idempotency-Key:")) - 1);
    assert_int_equal(g.step, CS_GUARD_COMPLETE);
    assert_slice(g.query, NULL);
    assert_slice(g.idempotency_key, "");
    assert_false(g.wants_close);
    cs_guard_free(&g);
}

/* A GET with `fields` further fields of `size` bytes each (line end included). */
static cs_buf head_of(size_t fields, size_t size)
{
    cs_buf b = cs_buf_new(1 << 20);
    cs_buf_add_str(&b, "GET /x HTTP/1.1\r\n" HOST);
    for (size_t i = 0; i < fields; i++) {
        cs_buf_add_str(&b, "X:");
        for (size_t n = 4; n < size; n++)
            cs_buf_add_u8(&b, 'a');
        cs_buf_add_str(&b, "\r\n");
    }
    cs_buf_add_str(&b, "\r\n");
    assert_int_equal(b.err, CS_OK);
    return b;
}

static void check_head(cs_buf b, size_t pieces, cs_err want)
{
    cs_guard g = cs_guard_new();
    for (size_t at = 0; at < b.n; at += pieces)
        feed(&g, cs_buf_slice(&b), at, at + pieces < b.n ? at + pieces : b.n);
    guard_case c = {"limits", {b.p, b.n}, want};
    expect_outcome(&g, &c, "in pieces");
    cs_buf_free(&b);
}

static void heads_are_limited(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 7, 4096, 1 << 20};
    size_t fixed = sizeof("GET /x HTTP/1.1\r\n" HOST "\r\n") - 1;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        check_head(head_of(CS_MAX_HEADER_FIELDS - 1, 10), pieces[i], CS_OK);
        check_head(head_of(CS_MAX_HEADER_FIELDS, 10), pieces[i], CS_TOO_LARGE);
        check_head(head_of(200, 10), pieces[i], CS_TOO_LARGE);
        check_head(head_of(1, CS_MAX_HEAD - fixed), pieces[i], CS_OK);
        check_head(head_of(1, CS_MAX_HEAD - fixed + 1), pieces[i], CS_TOO_LARGE);
        check_head(head_of(1, 200000), pieces[i], CS_TOO_LARGE);
    }
}

static void the_largest_body_is_read(void **state)
{
    (void)state;
    cs_buf b = cs_buf_new(2 << 20);
    cs_buf_printf(&b, "POST /x HTTP/1.1\r\n" HOST "Content-Length: %u\r\n\r\n", CS_MAX_BODY);
    for (size_t i = 0; i < CS_MAX_BODY; i++)
        cs_buf_add_u8(&b, (uint8_t)(i * 7));
    assert_int_equal(b.err, CS_OK);
    cs_guard g = cs_guard_new();
    feed(&g, cs_buf_slice(&b), 0, b.n - 1);
    assert_int_equal(g.step, CS_GUARD_BODY);
    feed(&g, cs_buf_slice(&b), b.n - 1, b.n);
    assert_int_equal(g.step, CS_GUARD_COMPLETE);
    assert_true(cs_slice_eq(cs_buf_slice(&g.body), cs_slice_of(b.p + b.n - CS_MAX_BODY, CS_MAX_BODY)));
    cs_guard_free(&g);
    cs_buf_free(&b);
}

/* The announced length alone costs nothing: memory grows with what arrives. */
static void a_promised_body_takes_no_memory(void **state)
{
    (void)state;
    static const char head[] = "POST /x HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\na";
    cs_guard g = cs_guard_new();
    feed(&g, cs_slice_str(head), 0, sizeof head - 1);
    assert_int_equal(g.step, CS_GUARD_BODY);
    assert_true(g.body.cap < 4096);
    cs_guard_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_whole),
        cmocka_unit_test(every_case_byte_by_byte),
        cmocka_unit_test(every_case_in_two_parts),
        cmocka_unit_test(no_proper_prefix_is_a_request),
        cmocka_unit_test(refusals_outnumber_requests),
        cmocka_unit_test(the_parts_are_handed_over),
        cmocka_unit_test(heads_are_limited),
        cmocka_unit_test(the_largest_body_is_read),
        cmocka_unit_test(a_promised_body_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
