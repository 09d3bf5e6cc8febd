/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/cli/talk.c (zone: cli): exit codes and what reaches a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/talk.h"

/* Every code of the table leads to a failing exit code, and only refusals to 2. */
static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(cs_talk_exit_code(CS_OK), 0);
    for (int e = CS_OK + 1; e < CS_ERR_COUNT; e++) {
        cs_err err = (cs_err)e;
        int expected = cs_err_class_of(err) == CS_CLASS_REFUSED ? 2 : 1;
        assert_int_equal(cs_talk_exit_code(err), expected);
        if (strncmp(cs_err_name(err), "ATT_", 4) == 0)
            assert_int_equal(cs_talk_exit_code(err), 2);
        bool verdict = err == CS_POLICY_VIOLATED; /* the others say that the policy itself is no good */
        if ((strncmp(cs_err_name(err), "POLICY_", 7) == 0 && !verdict) || strncmp(cs_err_name(err), "BAD_JSON", 8) == 0)
            assert_int_equal(cs_talk_exit_code(err), 1);
    }
    assert_int_equal(cs_talk_exit_code(CS_BAD_SIGNATURE), 2);
    assert_int_equal(cs_talk_exit_code(CS_BAD_PUBLIC_KEY), 1);
    assert_int_equal(cs_talk_exit_code(CS_PAYLOAD_TOO_LARGE), 1);
    assert_int_equal(cs_talk_exit_code(CS_INTERNAL), 1);
}

static void test_clean(void **state)
{
    (void)state;
    static const struct {
        const char *text, *clean;
    } rows[] = {
        {"plain text", "plain text"},
        {"Schl\xc3\xbcssel \xe2\x80\x93 \xf0\x9f\x94\x91", "Schl\xc3\xbcssel \xe2\x80\x93 \xf0\x9f\x94\x91"},
        {"a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"},
        {"\x1b[31mred", "\\x1b[31mred"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"}, /* U+009B begins a control sequence */
        {"\x9b"
         "31m",
         "\\x9b31m"},
        {"\xe2\x80\x93\x93", "\xe2\x80\x93\\x93"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128] = "";
        FILE *f = fmemopen(text, sizeof text, "w");
        assert_non_null(f);
        cs_talk_clean(f, cs_slice_str(rows[i].text));
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, rows[i].clean);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exit_codes), cmocka_unit_test(test_clean)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
