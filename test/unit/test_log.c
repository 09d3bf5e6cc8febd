/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/log.c: stderr is a file meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "sys/log.h"

static char written[8192];

/* Runs one call of cs_log and leaves what it wrote in `written`. */
static void log_one(cs_log_level level, const char *request_id, const char *text)
{
    char name[] = "/tmp/cs-log-XXXXXX";
    int fd = mkstemp(name), saved = dup(STDERR_FILENO);
    assert_true(fd >= 0 && saved >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    cs_log(level, request_id, "%s", text);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    memset(written, 0, sizeof written);
    assert_true(pread(fd, written, sizeof written - 1, 0) >= 0);
    (void)close(saved);
    (void)close(fd);
    (void)unlink(name);
}

static void has_the_documented_form(void **state)
{
    (void)state;
    cs_log_open("prog", CS_LOG_INFO);
    log_one(CS_LOG_WARN, "req-1", "something");
    assert_int_equal(written[4], '-'); /* 2026-01-15T10:30:00.000Z */
    assert_int_equal(written[10], 'T');
    assert_string_equal(written + 23, "Z WARN prog req-1 something\n");
    log_one(CS_LOG_ERROR, NULL, "something");
    assert_string_equal(written + 23, "Z ERROR prog - something\n");
}

static void respects_the_level(void **state)
{
    (void)state;
    cs_log_open("prog", CS_LOG_WARN);
    log_one(CS_LOG_INFO, NULL, "x");
    assert_string_equal(written, "");
    log_one(CS_LOG_DEBUG, NULL, "x");
    assert_string_equal(written, "");
    log_one(CS_LOG_WARN, NULL, "x");
    assert_string_not_equal(written, "");
}

static void no_peer_forges_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } rows[] = {
        {"a\nb", "a\\x0ab\n"},       {"a\r\nb", "a\\x0d\\x0ab\n"}, {"\x1b[2J", "\\x1b[2J\n"},
        {"\x7f", "\\x7f\n"},         {"\x80\xff", "\\x80\\xff\n"}, {"\xc3\xa4", "\\xc3\\xa4\n"},
        {"a\\x0ab", "a\\x5cx0ab\n"}, {"a\tb", "a\\x09b\n"},        {"~ plain !", "~ plain !\n"},
    };
    cs_log_open("prog", CS_LOG_INFO);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        log_one(CS_LOG_INFO, NULL, rows[i].text);
        assert_string_equal(written + 23 + strlen("Z INFO prog - "), rows[i].line);
        log_one(CS_LOG_INFO, rows[i].text, "");
        assert_ptr_equal(strchr(written, '\n'), written + strlen(written) - 1);
    }
}

/* A request id is the client's own, and what stands behind it is ours. */
static void no_peer_forges_a_member(void **state)
{
    (void)state;
    cs_log_open("prog", CS_LOG_INFO);
    log_one(CS_LOG_INFO, "a GET /b 200", "text of ours");
    assert_string_equal(written + 23, "Z INFO prog a\\x20GET\\x20/b\\x20200 text of ours\n");
}

static void cuts_long_lines(void **state)
{
    (void)state;
    static char text[5000];
    cs_log_open("prog", CS_LOG_INFO);
    for (char c = 'x';; c = '\n') {
        memset(text, c, sizeof text - 1);
        log_one(CS_LOG_INFO, NULL, text);
        assert_in_range(strlen(written), 1000, 1024);
        assert_ptr_equal(strchr(written, '\n'), written + strlen(written) - 1);
        if (c == '\n')
            break;
    }
    log_one(CS_LOG_INFO, text, text);
    assert_in_range(strlen(written), 1000, 1024);
}

/* -- JSON, as the strict parser reads it ------------------------------------------------------------------------- */

static int log_as_options_say(const cs_args *args)
{
    cs_log_open_options("prog", args);
    return 0;
}

static void open_log(const char *format, const char *level)
{
    static const cs_option options[] = {CS_LOG_OPTIONS, {"quiet", CS_OPT_FLAG, false, NULL, "", 0, 0}};
    static const cs_command only[] = {{"", "", options, 3, NULL, log_as_options_say}};
    static const cs_program program = {"prog", "", only, 1, NULL, 0, false};
    const char *const argv[] = {"prog", "--log-format", format, "--log-level", level, "--quiet"};
    bool quiet = strcmp(level, "quiet") == 0;
    const char *words[6];
    memcpy(words, argv, sizeof words);
    words[4] = quiet ? "debug" : level;
    assert_int_equal(cs_program_run(&program, quiet ? 6 : 5, (char **)(uintptr_t)words), 0);
}

/* The object of the line just written; text members in `want` in the order of the names. */
static void expect_members(const char *const (*want)[2], size_t n)
{
    cs_json *json = NULL;
    size_t length = strlen(written);
    assert_true(length > 0 && written[length - 1] == '\n');
    assert_int_equal(cs_json_parse(&json, cs_slice_of(written, length - 1), sizeof written), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    (void)cs_jobj_str(&o, "time", 24);
    for (size_t i = 0; i < n; i++) {
        if (want[i][1][0] == '#') {
            int64_t number = cs_jobj_int(&o, want[i][0], INT64_MIN / 2, INT64_MAX / 2);
            assert_int_equal(number, strtoll(want[i][1] + 1, NULL, 10));
            continue;
        }
        cs_slice text = cs_jobj_str(&o, want[i][0], 4096);
        if (!cs_slice_is(text, want[i][1]))
            fail_msg("%s in %s", want[i][0], written);
    }
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    cs_json_free(json);
}

static void json_lines_have_members(void **state)
{
    static const char *const texts[][2] = {
        {"plain", "plain"},
        {"a \"quoted\" word", "a \"quoted\" word"},
        {"a\nb", "a\\x0ab"},
        {"\\", "\\x5c"},
        {"\",\"level\":\"x", "\",\"level\":\"x"},
        {"\xc3\xa4\x7f", "\\xc3\\xa4\\x7f"},
        {"</script>", "</script>"},
    };
    (void)state;
    open_log("json", "info");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *const want[][2] = {
            {"level", "WARN"}, {"program", "prog"}, {"requestId", texts[i][1]}, {"message", texts[i][1]}};
        log_one(CS_LOG_WARN, texts[i][0], texts[i][0]);
        expect_members(want, 4);
    }
    const char *const without[][2] = {{"level", "ERROR"}, {"program", "prog"}, {"message", ""}};
    log_one(CS_LOG_ERROR, NULL, "");
    expect_members(without, 3);
    static char text[5000];
    const char fills[] = {'x', '"', '\n'};
    for (size_t i = 0; i < sizeof fills; i++) {
        cs_json *json = NULL;
        memset(text, fills[i], sizeof text - 1);
        log_one(CS_LOG_INFO, text, text);
        assert_in_range(strlen(written), 900, 1100);
        assert_int_equal(cs_json_parse(&json, cs_slice_of(written, strlen(written) - 1), sizeof written), CS_OK);
        cs_json_free(json);
    }
}

static void answer_one(const cs_log_request *r)
{
    char name[] = "/tmp/cs-log-XXXXXX";
    int fd = mkstemp(name), saved = dup(STDERR_FILENO);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    cs_log_answer(r);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    memset(written, 0, sizeof written);
    assert_true(pread(fd, written, sizeof written - 1, 0) >= 0);
    (void)close(saved);
    (void)close(fd);
    (void)unlink(name);
}

static void requests_have_a_line(void **state)
{
    cs_log_request r = {.request_id = "id-1",
                        .method = CS_LIT("GET"),
                        .path = CS_LIT("/v1/x\"y"),
                        .status = 404,
                        .code = "NOT_FOUND",
                        .api_key_id = "ak_1",
                        .peer_sha256 = "",
                        .duration_us = 1234};
    static char path[20000];
    (void)state;
    open_log("text", "info");
    answer_one(&r);
    assert_string_equal(written + 23, "Z INFO prog id-1 GET /v1/x\"y 404 NOT_FOUND ak_1 1234 us\n");
    r.code = NULL;
    r.api_key_id = "";
    r.peer_sha256 = "abcd";
    answer_one(&r);
    assert_string_equal(written + 23, "Z INFO prog id-1 GET /v1/x\"y 404 - - abcd 1234 us\n");

    open_log("json", "info");
    const char *const few[][2] = {{"level", "INFO"},      {"program", "prog"},    {"requestId", "id-1"},
                                  {"message", "request"}, {"method", "GET"},      {"path", "/v1/x\"y"},
                                  {"status", "#404"},     {"peerSha256", "abcd"}, {"durationUs", "#1234"}};
    answer_one(&r);
    expect_members(few, 9);
    r.code = "NOT_FOUND";
    r.api_key_id = "ak_1";
    const char *const all[][2] = {{"level", "INFO"},      {"program", "prog"},    {"requestId", "id-1"},
                                  {"message", "request"}, {"method", "GET"},      {"path", "/v1/x\"y"},
                                  {"status", "#404"},     {"peerSha256", "abcd"}, {"durationUs", "#1234"},
                                  {"code", "NOT_FOUND"},  {"apiKeyId", "ak_1"}};
    answer_one(&r);
    expect_members(all, 11);

    memset(path, '"', sizeof path);
    r.path = CS_ARRAY(path);
    answer_one(&r);
    assert_in_range(strlen(written), 500, 1500);
    cs_json *json = NULL;
    assert_int_equal(cs_json_parse(&json, cs_slice_of(written, strlen(written) - 1), sizeof written), CS_OK);
    cs_json_free(json);
    open_log("json", "warn");
    answer_one(&r);
    assert_string_equal(written, "");
}

static void options_choose_the_level(void **state)
{
    static const struct {
        const char *option;
        int written;
    } rows[] = {{"error", 1}, {"warn", 2}, {"info", 3}, {"debug", 4}, {"quiet", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int n = 0;
        open_log("text", rows[i].option);
        for (int level = CS_LOG_ERROR; level <= CS_LOG_DEBUG; level++) {
            log_one((cs_log_level)level, NULL, "x");
            n += written[0] != '\0';
        }
        assert_int_equal(n, rows[i].written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_documented_form), cmocka_unit_test(respects_the_level),
        cmocka_unit_test(no_peer_forges_a_line),   cmocka_unit_test(no_peer_forges_a_member),
        cmocka_unit_test(cuts_long_lines),         cmocka_unit_test(json_lines_have_members),
        cmocka_unit_test(requests_have_a_line),    cmocka_unit_test(options_choose_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
