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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_documented_form),
        cmocka_unit_test(respects_the_level),
        cmocka_unit_test(no_peer_forges_a_line),
        cmocka_unit_test(cuts_long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
