/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"

static const struct {
    int64_t ms;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {999, "1970-01-01T00:00:00.999Z"},
    {68169600000, "1972-02-29T00:00:00.000Z"},
    {951782399000, "2000-02-28T23:59:59.000Z"},
    {951782400000, "2000-02-29T00:00:00.000Z"},
    {951868800000, "2000-03-01T00:00:00.000Z"},
    {978307199999, "2000-12-31T23:59:59.999Z"},
    {1768473000000, "2026-01-15T10:30:00.000Z"},
    {4107542399000, "2100-02-28T23:59:59.000Z"},
    {4107542400000, "2100-03-01T00:00:00.000Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
};

static void known_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[32];
        int64_t ms = -1;
        cs_buf out = CS_BUF_OVER(text);
        cs_time_write(&out, times[i].ms);
        assert_string_equal(cs_buf_cstr(&out), times[i].text);
        assert_int_equal(cs_time_read(&ms, cs_slice_str(times[i].text)), CS_OK);
        assert_int_equal(ms, times[i].ms);
        assert_int_equal(cs_time_read_exact(&ms, cs_slice_str(times[i].text)), CS_OK);
        assert_int_equal(ms, times[i].ms);
    }
}

/* Every day of the range, and a moment in each. */
static void every_day_reads_back(void **state)
{
    (void)state;
    for (int64_t day = 0; day <= 2932896; day++) {
        char text[32];
        int64_t ms = -1, want = day * 86400000 + day * 29 % 86400000;
        cs_buf out = CS_BUF_OVER(text);
        cs_time_write(&out, want);
        assert_int_equal(cs_time_read(&ms, cs_buf_slice(&out)), CS_OK);
        assert_int_equal(ms, want);
    }
}

static void other_accepted_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"2026-01-15T10:30:00Z", 1768473000000},
        {"2026-01-15T10:30:00.5Z", 1768473000500},
        {"2026-01-15T10:30:00.25Z", 1768473000250},
        {"0", 0},
        {"1768473000", 1768473000000},
        {"253402300799", 253402300799000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_int_equal(cs_time_read(&ms, cs_slice_str(rows[i].text)), CS_OK);
        assert_int_equal(ms, rows[i].ms);
        assert_int_equal(cs_time_read_exact(&ms, cs_slice_str(rows[i].text)), CS_BAD_FORMAT);
        assert_int_equal(ms, 0);
    }
}

static void refused_texts(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        "-1",
        "+1",
        "01",
        "1.5",
        "1e3",
        "0x10",
        "1768473000 ",
        "253402300800",
        "9999999999999",
        "1969-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "2026-00-15T10:30:00Z",
        "2026-13-15T10:30:00Z",
        "2026-01-00T10:30:00Z",
        "2026-01-32T10:30:00Z",
        "2026-04-31T10:30:00Z",
        "2026-02-29T10:30:00Z",
        "2100-02-29T10:30:00Z",
        "2026-01-15T24:00:00Z",
        "2026-01-15T10:60:00Z",
        "2026-01-15T10:30:60Z",
        "2026-01-15T10:30:00",
        "2026-01-15T10:30:00z",
        "2026-01-15t10:30:00Z",
        "2026-01-15 10:30:00Z",
        "2026-01-15T10:30:00+00:00",
        "2026-01-15T10:30:00.Z",
        "2026-01-15T10:30:00.1234Z",
        "2026-01-15T10:30:00,5Z",
        "2026-01-15T10:30:00ZZ",
        "2026-01-15T10:30:00Z\n",
        "2026-1-15T10:30:00Z",
        "2026-01-15",
        "20260115T103000Z",
        "2026-01-15T-1:30:00Z",
        "2026-01-15T10:30: 0Z",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        if (cs_time_read(&ms, cs_slice_str(rows[i])) != CS_BAD_FORMAT || ms != 0)
            fail_msg("accepted '%s'", rows[i]);
    }
    int64_t ms = -1;
    assert_int_equal(cs_time_read(&ms, CS_ABSENT), CS_BAD_FORMAT);
    assert_int_equal(cs_time_read(&ms, CS_LIT("2026-01-15T10:30:00\0Z")), CS_BAD_FORMAT);
}

static void times_out_of_range_are_not_written(void **state)
{
    (void)state;
    static const int64_t rows[] = {INT64_MIN, -1, 253402300800000, INT64_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        cs_buf out = CS_BUF_OVER(text);
        cs_time_write(&out, rows[i]);
        assert_int_equal(out.err, CS_TOO_LARGE);
        assert_int_equal(out.n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times),
        cmocka_unit_test(every_day_reads_back),
        cmocka_unit_test(refused_texts),
        cmocka_unit_test(other_accepted_texts),
        cmocka_unit_test(times_out_of_range_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
