/* SPDX-License-Identifier: Apache-2.0 */
#include "core/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) text, sizeof(text) - 1

static const struct row {
    const char *name, *bytes;
    size_t n;
    bool sound;
} rows[] = {
    {"an empty SEQUENCE", BYTES("\x30\x00"), true},
    {"elements inside one another", BYTES("\x30\x05\x31\x03\x02\x01\x05"), true},
    {"a context tag around an element", BYTES("\xa0\x03\x02\x01\x02"), true},
    {"a string is not looked into", BYTES("\x04\x02\xff\xff"), true},
    {"TRUE and FALSE", BYTES("\x30\x06\x01\x01\xff\x01\x01\x00"), true},
    {"an INTEGER that needs its zero", BYTES("\x02\x02\x00\x80"), true},
    {"a BIT STRING with unused bits", BYTES("\x03\x02\x07\x80"), true},
    {"an empty BIT STRING", BYTES("\x03\x01\x00"), true},
    {"an object identifier", BYTES("\x06\x03\x55\x1d\x13"), true},
    {"NULL", BYTES("\x05\x00"), true},
    {"nothing", BYTES(""), false},
    {"half a header", BYTES("\x30"), false},
    {"cut short", BYTES("\x30\x02\x05"), false},
    {"a byte behind", BYTES("\x05\x00\x00"), false},
    {"two elements", BYTES("\x05\x00\x05\x00"), false},
    {"an inner element that is longer than the outer one", BYTES("\x30\x02\x04\x01\x00"), false},
    {"a length of two octets for one", BYTES("\x04\x81\x01\x00"), false},
    {"a length that begins with zero", BYTES("\x04\x82\x00\x80"), false},
    {"an indefinite length", BYTES("\x30\x80\x00\x00"), false},
    {"a length of four octets", BYTES("\x04\x84\x00\x00\x00\x01\x00"), false},
    {"a tag of two bytes", BYTES("\x1f\x20\x00"), false},
    {"end of contents", BYTES("\x00\x00"), false},
    {"a SEQUENCE that is primitive", BYTES("\x10\x00"), false},
    {"a SET that is primitive", BYTES("\x11\x00"), false},
    {"a string in parts", BYTES("\x24\x03\x04\x01\x00"), false},
    {"a BOOLEAN of 1", BYTES("\x01\x01\x01"), false},
    {"a BOOLEAN of two bytes", BYTES("\x01\x02\xff\xff"), false},
    {"an empty INTEGER", BYTES("\x02\x00"), false},
    {"an INTEGER with a zero too many", BYTES("\x02\x02\x00\x7f"), false},
    {"an INTEGER with a sign too many", BYTES("\x02\x02\xff\x80"), false},
    {"an ENUMERATED with a zero too many", BYTES("\x0a\x02\x00\x01"), false},
    {"a BIT STRING without its first byte", BYTES("\x03\x00"), false},
    {"a BIT STRING with eight unused bits", BYTES("\x03\x02\x08\x00"), false},
    {"unused bits that are set", BYTES("\x03\x02\x01\x01"), false},
    {"unused bits of nothing", BYTES("\x03\x01\x01"), false},
    {"a NULL that is not empty", BYTES("\x05\x01\x00"), false},
    {"an empty object identifier", BYTES("\x06\x00"), false},
    {"an arc that does not end", BYTES("\x06\x02\x55\x9d"), false},
    {"an arc that begins with nothing", BYTES("\x06\x03\x55\x80\x13"), false},
};

static void only_der_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cs_der_is_sound(cs_slice_of((const uint8_t *)rows[i].bytes, rows[i].n)) != rows[i].sound)
            fail_msg("%s", rows[i].name);
}

static void depth_has_an_end(void **state)
{
    (void)state;
    for (size_t depth = 14; depth <= 17; depth++) {
        uint8_t bytes[64];
        for (size_t i = 0; i < depth; i++) {
            bytes[2 * i] = 0x30;
            bytes[2 * i + 1] = (uint8_t)(2 * (depth - 1 - i));
        }
        assert_int_equal(cs_der_is_sound(cs_slice_of(bytes, 2 * depth)), depth <= 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_der_is_sound),
        cmocka_unit_test(depth_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
