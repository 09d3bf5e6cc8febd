/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "gateway/dashboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "gateway/routes.h"
#include "sys/clock.h"
#include "sys/log.h"

static cs_app app;

/* Freed by the caller. */
static cs_http_response ask(const char *method, const char *path, const char *accept, const char *tag)
{
    cs_http_response rs = {
        .status = 500, .body = cs_buf_new(CS_MAX_ANSWER), .headers = cs_buf_new(CS_MAX_ANSWER_FIELDS)};
    cs_http_request rq = {.method = cs_slice_str(method),
                          .path = cs_slice_str(path),
                          .body = CS_LIT(""),
                          .request_id = "request-1",
                          .arrived_us = cs_tick_us()};
    if (accept != NULL)
        rq.accept_encoding = cs_slice_str(accept);
    if (tag != NULL)
        rq.if_none_match = cs_slice_str(tag);
    cs_routes_handle(&app, &rq, &rs);
    return rs;
}

static void release(cs_http_response *rs)
{
    cs_buf_free(&rs->body);
    cs_buf_free(&rs->headers);
}

static bool has_field(const cs_http_response *rs, const char *line)
{
    cs_buf text = cs_buf_new(CS_MAX_ANSWER_FIELDS + 1);
    cs_buf_add(&text, cs_buf_slice(&rs->headers));
    bool found = strstr(cs_buf_cstr(&text), line) != NULL;
    cs_buf_free(&text);
    return found;
}

/* The first file whose type begins so. */
static const cs_dashboard_file *file_of_type(const char *type)
{
    for (size_t i = 0; i < cs_dashboard_file_count; i++)
        if (strncmp(cs_dashboard_files[i].content_type, type, strlen(type)) == 0)
            return &cs_dashboard_files[i];
    fail_msg("the dashboard has no %s", type);
    return NULL;
}

static void every_file_is_served(void **state)
{
    (void)state;
    app.dashboard = true;
    assert_true(cs_dashboard_file_count > 3);
    for (size_t i = 0; i < cs_dashboard_file_count; i++) {
        const cs_dashboard_file *f = &cs_dashboard_files[i];
        cs_http_response rs = ask("GET", f->path, NULL, NULL);
        assert_int_equal(rs.status, 200);
        assert_true(cs_slice_eq(cs_buf_slice(&rs.body), f->plain));
        assert_string_equal(rs.content_type, f->content_type);
        assert_false(has_field(&rs, "Content-Encoding"));
        release(&rs);
        rs = ask("HEAD", f->path, NULL, NULL); /* the server leaves the body out */
        assert_int_equal(rs.status, 200);
        assert_int_equal(rs.body.n, f->plain.n);
        release(&rs);
    }
}

static void digests_are_those_of_the_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < cs_dashboard_file_count; i++) {
        cs_digest d;
        char memory[2 * CS_SHA256_LEN + 1];
        cs_buf text = CS_BUF_OVER(memory);
        assert_int_equal(cs_hash(&d, CS_SHA256, cs_dashboard_files[i].plain), CS_OK);
        cs_hex_encode(&text, cs_digest_slice(&d));
        assert_string_equal(cs_buf_cstr(&text), cs_dashboard_files[i].digest);
    }
}

static void names_with_a_hash_are_kept_for_ever_and_the_page_is_not(void **state)
{
    (void)state;
    app.dashboard = true;
    cs_http_response page = ask("GET", "/", NULL, NULL),
                     script = ask("GET", file_of_type("text/javascript")->path, NULL, NULL);
    assert_string_equal(page.cache_control, "no-cache");
    assert_string_equal(script.cache_control, "public, max-age=31536000, immutable");
    release(&page);
    release(&script);
    for (size_t i = 0; i < cs_dashboard_file_count; i++)
        assert_int_equal(cs_dashboard_files[i].hashed, strncmp(cs_dashboard_files[i].path, "/assets/", 8) == 0);
}

static void what_was_compressed_is_sent_to_who_takes_it(void **state)
{
    (void)state;
    app.dashboard = true;
    const cs_dashboard_file *f = file_of_type("text/javascript");
    cs_http_response rs = ask("GET", f->path, "br, gzip", NULL);
    assert_true(f->gzip.n > 18 && f->gzip.n < f->plain.n && f->gzip.p[0] == 0x1f && f->gzip.p[1] == 0x8b);
    assert_true(cs_slice_eq(cs_buf_slice(&rs.body), f->gzip));
    assert_true(has_field(&rs, "Content-Encoding: gzip\r\n"));
    assert_true(has_field(&rs, "Vary: Accept-Encoding\r\n"));
    assert_true(has_field(&rs, "-gzip\"\r\n"));
    release(&rs);
}

static void nothing_else_is_a_file(void **state)
{
    static const char *const paths[] = {
        "/index.html",
        "/assets",
        "/assets/",
        "/assets/x.js",
        "/assets/..",
        "/assets/%2e%2e/",
        "/assets/../../",
        "/assets/../index.html",
        "/..",
        "/licenses.txt/",
        "/assets/index.html",
        "/assets//",
        "/%2f",
        "//",
        "/web/dist/index.html",
        "/etc/passwd",
        "/assets/%00",
        "/LICENSES.TXT",
        "/assets/index.js.gz",
        "",
    };
    (void)state;
    app.dashboard = true;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        cs_http_response rs = ask("GET", paths[i], NULL, NULL);
        assert_int_equal(rs.status, 404);
        assert_null(rs.content_type); /* an error of the API */
        release(&rs);
    }
    /* A name is the whole of it. */
    char longer[256];
    const cs_dashboard_file *f = file_of_type("text/css");
    (void)snprintf(longer, sizeof longer, "%sx", f->path);
    assert_null(cs_dashboard_find(cs_slice_str(longer)));
    longer[strlen(f->path) - 1] = '\0';
    assert_null(cs_dashboard_find(cs_slice_str(longer)));
    assert_null(cs_dashboard_find(CS_ABSENT));
}

static void other_methods_are_refused(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "get"};
    (void)state;
    app.dashboard = true;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        cs_http_response rs = ask(methods[i], "/", NULL, NULL);
        assert_int_equal(rs.status, 405);
        assert_string_equal(rs.allow, "GET, HEAD");
        release(&rs);
        rs = ask(methods[i], file_of_type("text/css")->path, NULL, NULL);
        assert_int_equal(rs.status, 405);
        release(&rs);
    }
}

static void without_a_dashboard_there_is_nothing(void **state)
{
    (void)state;
    app.dashboard = false;
    for (size_t i = 0; i < cs_dashboard_file_count; i++) {
        cs_http_response rs = ask("GET", cs_dashboard_files[i].path, "gzip", NULL);
        assert_int_equal(rs.status, 404);
        assert_false(has_field(&rs, "ETag"));
        release(&rs);
    }
}

static void every_answer_says_what_a_page_may_do(void **state)
{
    (void)state;
    app.dashboard = true;
    const char *const paths[] = {"/", file_of_type("text/javascript")->path};
    for (size_t i = 0; i < 4; i++) {
        char tag[100];
        (void)snprintf(tag, sizeof tag, "\"%s\"", cs_dashboard_find(cs_slice_str(paths[i % 2]))->digest);
        cs_http_response rs = ask("GET", paths[i % 2], NULL, i < 2 ? NULL : tag); /* 304 as well */
        assert_int_equal(rs.status, i < 2 ? 200 : 304);
        assert_true(
            has_field(&rs, "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "));
        assert_true(has_field(&rs, "; frame-ancestors 'none';"));
        assert_true(has_field(&rs, "; base-uri 'none';"));
        assert_false(has_field(&rs, "unsafe"));
        assert_false(has_field(&rs, "http"));
        assert_true(has_field(&rs, "X-Frame-Options: DENY\r\n"));
        assert_true(has_field(&rs, "Referrer-Policy: no-referrer\r\n"));
        assert_int_equal(rs.headers.err, CS_OK);
        release(&rs);
    }
}

static void the_page_has_nothing_inline_and_asks_nobody_else(void **state)
{
    (void)state;
    cs_buf page = cs_buf_new(CS_MAX_ANSWER);
    cs_buf_add(&page, cs_dashboard_find(CS_LIT("/"))->plain);
    const char *text = cs_buf_cstr(&page);
    assert_non_null(strstr(text, "<script type=\"module\" crossorigin src=\"./assets/"));
    assert_null(strstr(text, "<style"));
    assert_null(strstr(text, " on"));
    assert_null(strstr(text, "//"));
    for (const char *at = strstr(text, "<script"); at != NULL; at = strstr(at + 1, "<script"))
        assert_non_null(strstr(at, "></script>"));
    cs_buf_free(&page);
}

static void tags_are_compared(void **state)
{
    static const struct {
        const char *field;
        bool has;
    } rows[] = {
        {"\"abc\"", true},
        {"W/\"abc\"", true},
        {"\"x\", \"abc\"", true},
        {"\"x\",W/\"abc\" , \"y\"", true},
        {"*", true},
        {" * ", true},
        {"abc", false},
        {"\"ab\"", false},
        {"\"abcd\"", false},
        {"\"ABC\"", false},
        {"w/\"abc\"", false},
        {"W/abc", false},
        {"\"abc", false},
        {"abc\"", false},
        {"", false},
        {",", false},
        {"\"\"", false},
        {"W/", false},
        {"\"abc-gzip\"", false},
        {"**", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cs_dashboard_has_tag(cs_slice_str(rows[i].field), "abc"), rows[i].has);
    assert_false(cs_dashboard_has_tag(CS_ABSENT, "abc"));
}

static void an_unchanged_file_is_not_sent_again(void **state)
{
    (void)state;
    app.dashboard = true;
    const cs_dashboard_file *f = cs_dashboard_find(CS_LIT("/"));
    char plain[100], packed[100];
    (void)snprintf(plain, sizeof plain, "\"%s\"", f->digest);
    (void)snprintf(packed, sizeof packed, "\"%s-gzip\"", f->digest);
    const struct {
        const char *accept, *tag;
        int status;
    } rows[] = {
        {NULL, plain, 304},   {"gzip", packed, 304},        {"gzip", "*", 304}, {NULL, packed, 200},
        {"gzip", plain, 200}, {NULL, "\"something\"", 200}, {NULL, "", 200},    {NULL, f->digest, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_http_response rs = ask("GET", "/", rows[i].accept, rows[i].tag);
        assert_int_equal(rs.status, rows[i].status);
        assert_int_equal(rs.body.n > 0, rows[i].status == 200);
        assert_true(has_field(&rs, "ETag: \""));
        release(&rs);
    }
}

static void gzip_is_taken_where_it_is_asked_for(void **state)
{
    static const struct {
        const char *field;
        bool takes;
    } rows[] = {
        {"gzip", true},         {"GZIP", true},      {"deflate, gzip;q=0.5, br", true},
        {"gzip ; q=1", true},   {"*", true},         {"br;q=1, *;q=0.1", true},
        {"gzip;q=0.001", true}, {"", false},         {"identity", false},
        {"br", false},          {"gzip;q=0", false}, {"gzip; q=0.000", false},
        {"gzip;Q=0.0", false},  {"*;q=0", false},    {"gzip;q=0, *", false},
        {"xgzip", false},       {"gzipx", false},    {";", false},
        {",", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cs_dashboard_takes_gzip(cs_slice_str(rows[i].field)), rows[i].takes);
    assert_false(cs_dashboard_takes_gzip(CS_ABSENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_served),
        cmocka_unit_test(digests_are_those_of_the_files),
        cmocka_unit_test(names_with_a_hash_are_kept_for_ever_and_the_page_is_not),
        cmocka_unit_test(what_was_compressed_is_sent_to_who_takes_it),
        cmocka_unit_test(nothing_else_is_a_file),
        cmocka_unit_test(other_methods_are_refused),
        cmocka_unit_test(without_a_dashboard_there_is_nothing),
        cmocka_unit_test(every_answer_says_what_a_page_may_do),
        cmocka_unit_test(the_page_has_nothing_inline_and_asks_nobody_else),
        cmocka_unit_test(tags_are_compared),
        cmocka_unit_test(an_unchanged_file_is_not_sent_again),
        cmocka_unit_test(gzip_is_taken_where_it_is_asked_for),
    };
    cs_log_open("test", CS_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
