/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/slice.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "core/slice.h"

static void slices(void **state)
{
    (void)state;
    cs_slice s = CS_LIT("abcdef");
    assert_int_equal(s.n, 6);
    assert_true(cs_slice_is(cs_slice_sub(s, 2, 3), "cde"));
    assert_true(cs_slice_is(cs_slice_sub(s, 4, 99), "ef"));
    assert_true(cs_slice_is(cs_slice_sub(s, 4, SIZE_MAX), "ef"));
    assert_int_equal(cs_slice_sub(s, 7, 1).n, 0);
    assert_int_equal(cs_slice_sub(s, SIZE_MAX, SIZE_MAX).n, 0);
    assert_non_null(cs_slice_sub(s, 6, 1).p);
    assert_null(cs_slice_sub(CS_ABSENT, 0, 1).p);
    assert_null(cs_slice_str(NULL).p);
    assert_non_null(cs_slice_str("").p);

    assert_true(cs_slice_eq(s, CS_LIT("abcdef")));
    assert_true(cs_slice_eq(CS_ABSENT, CS_LIT("")));
    assert_false(cs_slice_eq(s, CS_LIT("abcdeg")));
    assert_int_equal(cs_slice_cmp(s, CS_LIT("abcdef")), 0);
    assert_int_equal(cs_slice_cmp(CS_ABSENT, CS_LIT("")), 0);
    assert_true(cs_slice_cmp(s, CS_LIT("abcdeg")) < 0);
    assert_true(cs_slice_cmp(s, CS_LIT("abcde")) > 0);
    assert_true(cs_slice_cmp(CS_ABSENT, s) < 0);
    assert_true(cs_slice_cmp(CS_LIT("\x80"), CS_LIT("a")) > 0);
    assert_false(cs_slice_eq(s, CS_LIT("abcde")));
    assert_false(cs_slice_is(CS_LIT("abc\0"), "abc"));
    assert_true(cs_slice_starts(s, CS_LIT("abc")));
    assert_true(cs_slice_starts(s, CS_LIT("")));
    assert_true(cs_slice_starts(s, s));
    assert_true(cs_slice_starts(CS_LIT(""), CS_LIT("")));
    assert_false(cs_slice_starts(s, CS_LIT("b")));
    assert_false(cs_slice_starts(s, CS_LIT("abcdefg")));
    assert_false(cs_slice_starts(CS_ABSENT, CS_LIT("a")));
}

static void to_c_string(void **state)
{
    (void)state;
    char out[4] = "xxx";
    assert_int_equal(cs_slice_to_cstr(out, sizeof out, CS_LIT("abc")), CS_OK);
    assert_string_equal(out, "abc");
    assert_int_equal(cs_slice_to_cstr(out, sizeof out, CS_LIT("d")), CS_OK);
    assert_string_equal(out, "d");
    assert_int_equal(cs_slice_to_cstr(out, sizeof out, CS_LIT("")), CS_OK);
    assert_string_equal(out, "");
    static const cs_slice refused[] = {CS_LIT("abcd"), CS_LIT("a\0b"), CS_LIT("\0"), CS_ABSENT};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        out[0] = 'x';
        assert_int_equal(cs_slice_to_cstr(out, sizeof out, refused[i]), CS_BAD_FIELD);
        assert_string_equal(out, "");
    }
    out[0] = 'x';
    assert_int_equal(cs_slice_to_cstr(out, 0, CS_LIT("")), CS_BAD_FIELD);
    assert_int_equal(out[0], 'x');
}

static void building(void **state)
{
    (void)state;
    cs_buf b = cs_buf_new(64);
    assert_non_null(cs_buf_slice(&b).p);
    assert_string_equal(cs_buf_cstr(&b), "");
    cs_buf_add_u8(&b, 0x01);
    cs_buf_add_u16(&b, 0x0203);
    cs_buf_add_u32(&b, 0x04050607);
    cs_buf_add_u64(&b, 0x08090a0b0c0d0e0f);
    cs_buf_add_lp16(&b, CS_LIT("xy"));
    cs_buf_add_lp16(&b, CS_ABSENT);
    cs_buf_add_str(&b, "z");
    cs_buf_printf(&b, "%d%s", 42, "!");
    static const uint8_t want[] = "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\0\2xy\0\0z42!";
    assert_true(cs_slice_eq(cs_buf_slice(&b), cs_slice_of(want, sizeof want - 1)));
    assert_memory_equal(cs_buf_cstr(&b), want, sizeof want);
    cs_buf_clear(&b);
    assert_int_equal(cs_buf_slice(&b).n, 0);
    cs_buf_add_str(&b, "short");
    assert_string_equal(cs_buf_cstr(&b), "short");
    uint8_t *to = cs_buf_reserve(&b, 3);
    assert_non_null(to);
    memcpy(to, "ish", 3);
    assert_string_equal(cs_buf_cstr(&b), "short");
    assert_true(cs_slice_is(cs_buf_slice(&b), "short"));
    memcpy(cs_buf_reserve(&b, 3), "ish", 3);
    cs_buf_grow(&b, 3);
    assert_string_equal(cs_buf_cstr(&b), "shortish");
    cs_buf_printf(&b, "%s", "");
    assert_int_equal(b.err, CS_OK);
    cs_buf_free(&b);
    /* A freed buffer takes nothing any more. */
    cs_buf_add_u8(&b, 1);
    assert_null(cs_buf_slice(&b).p);
    assert_int_equal(b.err, CS_INTERNAL);
}

/* The first error stays, nothing is added behind it, and no part of what was built can be taken for the whole. */
static void building_past_the_end(void **state)
{
    (void)state;
    uint8_t memory[8];
    cs_buf bufs[] = {CS_BUF_OVER(memory), cs_buf_new(8)};
    for (size_t i = 0; i < 2; i++) {
        cs_buf *b = &bufs[i];
        cs_buf_add(b, CS_LIT("12345678"));
        assert_int_equal(b->err, CS_OK);
        assert_null(cs_buf_reserve(b, 1));
        assert_int_equal(b->err, CS_TOO_LARGE);
        assert_null(cs_buf_slice(b).p);
        assert_string_equal(cs_buf_cstr(b), "");
        cs_buf_add(b, CS_ABSENT);
        cs_buf_grow(b, 5);
        assert_int_equal(b->n, 8);
        cs_buf_clear(b);
        cs_buf_add_u32(b, 1);
        cs_buf_add_u64(b, 1);
        assert_int_equal(b->err, CS_TOO_LARGE);
        cs_buf_clear(b);
        assert_null(cs_buf_reserve(b, SIZE_MAX));
        assert_int_equal(b->err, CS_TOO_LARGE);
        cs_buf_free(b);
    }
}

static void building_with_lengths(void **state)
{
    (void)state;
    static const uint8_t bytes[UINT16_MAX + 1];
    cs_buf b = cs_buf_new(100000);
    cs_buf_add_lp16(&b, cs_slice_of(bytes, UINT16_MAX));
    assert_int_equal(b.n, 2 + UINT16_MAX);
    cs_buf_add_lp16(&b, cs_slice_of(bytes, UINT16_MAX + 1));
    assert_int_equal(b.err, CS_TOO_LARGE);
    cs_buf_clear(&b);
    cs_buf_printf(&b, "%1023d", 1);
    assert_int_equal(b.err, CS_OK);
    assert_int_equal(b.n, 1023);
    cs_buf_printf(&b, "%1024d", 1);
    assert_int_equal(b.err, CS_TOO_LARGE);
    cs_buf_free(&b);
}

static void c_string_of_full_memory(void **state)
{
    (void)state;
    char memory[3];
    cs_buf b = CS_BUF_OVER(memory);
    cs_buf_add_str(&b, "ab");
    assert_string_equal(cs_buf_cstr(&b), "ab");
    cs_buf_add_str(&b, "c");
    assert_int_equal(b.err, CS_OK);
    assert_string_equal(cs_buf_cstr(&b), ""); /* no room for the NUL */
}

/* That nothing stays behind is for a whole process to show; here, that nothing gets lost. */
static void building_in_wiped_memory(void **state)
{
    (void)state;
    char want[301] = "";
    cs_buf b = cs_buf_new_wiped(300);
    for (int i = 0; i < 100; i++) {
        cs_buf_printf(&b, "%03d", i);
        (void)snprintf(want + (size_t)i * 3, 4, "%03d", i);
        assert_string_equal(cs_buf_cstr(&b), want);
    }
    cs_buf_add_u8(&b, 0);
    assert_int_equal(b.err, CS_TOO_LARGE);
    cs_buf_free(&b);
    assert_true(b.wiped && b.p == NULL);
}

static void reading(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\0\2xyz";
    cs_reader r = cs_reader_of(cs_slice_of(bytes, sizeof bytes - 1));
    assert_int_equal(cs_read_u8(&r), 0x01);
    assert_int_equal(cs_read_u16(&r), 0x0203);
    assert_int_equal(cs_read_u32(&r), 0x04050607);
    assert_true(cs_read_u64(&r) == 0x08090a0b0c0d0e0f);
    assert_true(cs_slice_is(cs_read_lp16(&r), "xy"));
    assert_true(cs_slice_is(cs_read_bytes(&r, 1), "z"));
    assert_int_equal(cs_read_end(&r), CS_OK);
}

static void reading_little_endian(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {2, 1, 6, 5, 4, 3, 14, 13, 12, 11, 10, 9, 8, 7, 0, 0, 0, 1};
    cs_reader r = cs_reader_of(CS_ARRAY(bytes));
    assert_int_equal(cs_read_le16(&r), 0x0102);
    assert_int_equal(cs_read_le32(&r), 0x03040506);
    assert_true(cs_read_le64(&r) == 0x0708090a0b0c0d0e);
    cs_read_zeros(&r, 3);
    assert_int_equal(r.err, CS_OK);
    cs_read_zeros(&r, 1);
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT);

    r = cs_reader_of(CS_ARRAY(bytes));
    (void)cs_read_bytes(&r, 14);
    cs_read_zeros(&r, 5); /* past the end */
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT);
    assert_int_equal(cs_read_le16(&r), 0);

    assert_true(cs_slice_all_zero(cs_slice_of(bytes + 14, 3)));
    assert_false(cs_slice_all_zero(cs_slice_of(bytes + 14, 4)));
    assert_true(cs_slice_all_zero(CS_ABSENT));
}

static void reading_past_the_end(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 3, 'x', 'y'};
    cs_reader r = cs_reader_of(CS_ARRAY(bytes));
    assert_null(cs_read_lp16(&r).p);
    assert_int_equal(r.err, CS_BAD_FORMAT);
    assert_int_equal(cs_read_u8(&r), 0); /* not even what is there */
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT);

    r = cs_reader_of(CS_ARRAY(bytes));
    assert_true(cs_read_u64(&r) == 0);
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT);

    r = cs_reader_of(CS_ARRAY(bytes));
    assert_int_equal(cs_read_u16(&r), 3);
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT); /* bytes left */

    r = cs_reader_of(CS_ARRAY(bytes));
    assert_null(cs_read_bytes(&r, SIZE_MAX).p);
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT);

    r = cs_reader_of(CS_ABSENT);
    assert_int_equal(cs_read_end(&r), CS_OK);
    assert_int_equal(cs_read_u8(&r), 0);
    assert_int_equal(cs_read_end(&r), CS_BAD_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),
        cmocka_unit_test(to_c_string),
        cmocka_unit_test(building),
        cmocka_unit_test(building_past_the_end),
        cmocka_unit_test(building_with_lengths),
        cmocka_unit_test(building_in_wiped_memory),
        cmocka_unit_test(c_string_of_full_memory),
        cmocka_unit_test(reading),
        cmocka_unit_test(reading_little_endian),
        cmocka_unit_test(reading_past_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
