/* SPDX-License-Identifier: Apache-2.0 */
/* The first and the last character of each length, and what is next to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/utf8.h"

static void characters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t character;
    } rows[] = {
        {"\x01", 0x01},
        {"\x7f", 0x7f},
        {"\xc2\x80", 0x80},
        {"\xdf\xbf", 0x7ff},
        {"\xe0\xa0\x80", 0x800},
        {"\xed\x9f\xbf", 0xd7ff},
        {"\xee\x80\x80", 0xe000},
        {"\xef\xbf\xbf", 0xffff},
        {"\xf0\x90\x80\x80", 0x10000},
        {"\xf4\x8f\xbf\xbf", 0x10ffff},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t c = 0;
        cs_slice text = cs_slice_str(rows[i].bytes);
        assert_true(cs_utf8_take(&c, &text));
        assert_int_equal(c, rows[i].character);
        assert_int_equal(text.n, 0);
    }
    uint32_t c;
    cs_slice two = CS_LIT("\xe2\x82\xac!");
    assert_true(cs_utf8_take(&c, &two));
    assert_true(cs_slice_is(two, "!"));
    cs_slice nul = CS_LIT("\0");
    assert_true(cs_utf8_take(&c, &nul));
    assert_int_equal(c, 0);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80",
        "\xff",
        "\xfe",
        "\xc2",
        "\xe2\x82",
        "\xf0\x90\x80",
        "\xc2!",
        "\xe2\x82!",
        "\xf0\x90\x80!",
        "\xc2\xc2",
        "\xe2!\xac",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t c;
        cs_slice text = cs_slice_str(rows[i]);
        if (cs_utf8_take(&c, &text))
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
