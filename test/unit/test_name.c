/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/name.h"

/* `c` in UTF-8 within other characters. */
static size_t write_around(uint8_t out[16], uint32_t c)
{
    size_t n = 0;
    out[n++] = 'a';
    if (c < 0x80) {
        out[n++] = (uint8_t)c;
    } else if (c < 0x800) {
        out[n++] = (uint8_t)(0xc0 | c >> 6);
        out[n++] = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out[n++] = (uint8_t)(0xe0 | c >> 12);
        out[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[n++] = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        out[n++] = (uint8_t)(0xf0 | c >> 18);
        out[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        out[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[n++] = (uint8_t)(0x80 | (c & 0x3f));
    }
    out[n++] = 'z';
    return n;
}

static bool is_accepted(uint32_t c)
{
    uint8_t text[16];
    return cs_name_check(cs_slice_of(text, write_around(text, c))) == CS_OK;
}

static void test_what_shows_nothing_is_refused(void **state)
{
    (void)state;
    static const uint32_t refused[] = {
        0x00,    0x09,    0x0a,    0x1f,    0x7f,    0x80,    0x85,    0x9b,    0x9f,    0xad,    0x34f,
        0x61c,   0x115f,  0x1160,  0x17b4,  0x17b5,  0x180b,  0x180e,  0x180f,  0x200b,  0x200c,  0x200d,
        0x200e,  0x200f,  0x2028,  0x2029,  0x202a,  0x202b,  0x202c,  0x202d,  0x202e,  0x2060,  0x2061,
        0x2064,  0x2065,  0x2066,  0x2067,  0x2068,  0x2069,  0x206a,  0x206f,  0x3164,  0xfdd0,  0xfdef,
        0xfe00,  0xfe0f,  0xfeff,  0xffa0,  0xfff0,  0xfff9,  0xfffb,  0xfffe,  0xffff,  0x1bca0, 0x1d173,
        0x1d17a, 0x1fffe, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xe01ef, 0xe0fff, 0x10ffff};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (is_accepted(refused[i]))
            fail_msg("U+%04X is accepted", refused[i]);
}

/* The neighbours of what is refused, and letters from everywhere. */
static void test_what_shows_is_accepted(void **state)
{
    (void)state;
    static const uint32_t accepted[] = {' ',    '~',    0xa0,   0xac,    0xae,    0xe4,    0x34e,   0x350,   0x61b,
                                        0x5d0,  0x627,  0x115e, 0x1161,  0x200a,  0x2010,  0x2027,  0x202f,  0x205f,
                                        0x2070, 0x3042, 0x4e2d, 0xd7ff,  0xe000,  0xfdcf,  0xfdf0,  0xfdff,  0xfe10,
                                        0xffef, 0xfffc, 0xfffd, 0x10000, 0x1f600, 0x1bc9f, 0xdfffd, 0xe1000, 0x10fffd};
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        if (!is_accepted(accepted[i]))
            fail_msg("U+%04X is refused", accepted[i]);
}

static void test_broken_text_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "\x80",             /* nothing leads it */
        "a\xbf",            /* the same */
        "\xc3",             /* cut */
        "\xe2\x82",         /* cut */
        "\xf0\x9f\x98",     /* cut */
        "\xc3(",            /* not continued */
        "\xe2\x82(",        /* not continued */
        "\xc1\xa1",         /* two bytes for 'a' */
        "\xe0\x83\xa4",     /* three for two */
        "\xf0\x82\x82\xac", /* four for three */
        "\xed\xa0\x80",     /* half of a surrogate pair */
        "\xed\xbf\xbf",     /* the other half */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf8\x88\x80\x80\x80",
        "\xff",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        if (cs_name_check(cs_slice_str(broken[i])) != CS_BAD_FIELD)
            fail_msg("case %zu is accepted", i);
    assert_int_equal(cs_name_check(CS_ABSENT), CS_BAD_FIELD);
}

/* The limit counts bytes. */
static void test_length(void **state)
{
    (void)state;
    char text[CS_MAX_NAME + 2];
    memset(text, 'x', sizeof text);
    assert_int_equal(cs_name_check(cs_slice_of(text, 1)), CS_OK);
    assert_int_equal(cs_name_check(cs_slice_of(text, CS_MAX_NAME)), CS_OK);
    assert_int_equal(cs_name_check(cs_slice_of(text, CS_MAX_NAME + 1)), CS_BAD_FIELD);
    memcpy(text + CS_MAX_NAME - 1, "\xc3\xa4", 2);
    assert_int_equal(cs_name_check(cs_slice_of(text, CS_MAX_NAME + 1)), CS_BAD_FIELD);
    assert_int_equal(cs_name_check(cs_slice_of(text, CS_MAX_NAME)), CS_BAD_FIELD); /* cut in the character */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_shows_nothing_is_refused),
        cmocka_unit_test(test_what_shows_is_accepted),
        cmocka_unit_test(test_broken_text_is_refused),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
