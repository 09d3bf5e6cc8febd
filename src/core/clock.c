/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#define MAX_SECONDS 253402300799LL /* 9999-12-31T23:59:59Z */
#define DAY_SECONDS 86400

struct date {
    int year, month, day;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first day of `year`. */
static int64_t days_before(int year)
{
    int64_t y = year - 1;
    return (int64_t)(year - 1970) * 365 + (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static struct date date_of(int64_t days)
{
    struct date d = {.year = (int)(1970 + days / 366), .month = 1}; /* never past the day's year */
    while (days_before(d.year + 1) <= days)
        d.year++;
    int rest = (int)(days - days_before(d.year));
    while (rest >= days_in(d.year, d.month))
        rest -= days_in(d.year, d.month++);
    d.day = rest + 1;
    return d;
}

void cs_time_write(cs_buf *out, int64_t ms)
{
    if (ms < 0 || ms > MAX_SECONDS * 1000 + 999) {
        if (out->err == CS_OK)
            out->err = CS_TOO_LARGE;
        return;
    }
    int64_t seconds = ms / 1000;
    int of_day = (int)(seconds % DAY_SECONDS);
    struct date d = date_of(seconds / DAY_SECONDS);
    cs_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day, of_day / 3600, of_day / 60 % 60,
                  of_day % 60, (int)(ms % 1000));
}

/* Exactly `digits` decimal digits; anything else sets the reader's error. */
static int read_number(cs_reader *r, int digits)
{
    int v = 0;
    for (int i = 0; i < digits; i++) {
        uint8_t c = cs_read_u8(r);
        if (c < '0' || c > '9')
            r->err = CS_BAD_FORMAT;
        v = v * 10 + (c - '0');
    }
    return r->err == CS_OK ? v : 0;
}

static void read_mark(cs_reader *r, uint8_t mark)
{
    if (cs_read_u8(r) != mark)
        r->err = CS_BAD_FORMAT;
}

static int read_fraction(cs_reader *r)
{
    if (r->err != CS_OK || r->rest.n == 0 || r->rest.p[0] != '.')
        return 0;
    read_mark(r, '.');
    size_t digits = r->rest.n > 0 ? r->rest.n - 1 : 0; /* what is left is the digits and the Z */
    if (digits < 1 || digits > 3) {
        r->err = CS_BAD_FORMAT;
        return 0;
    }
    int v = read_number(r, (int)digits);
    for (size_t i = digits; i < 3; i++)
        v *= 10;
    return v;
}

static cs_err read_rfc3339(int64_t *ms, cs_slice text)
{
    cs_reader r = cs_reader_of(text);
    int year = read_number(&r, 4);
    read_mark(&r, '-');
    int month = read_number(&r, 2);
    read_mark(&r, '-');
    int day = read_number(&r, 2);
    read_mark(&r, 'T');
    int hour = read_number(&r, 2);
    read_mark(&r, ':');
    int minute = read_number(&r, 2);
    read_mark(&r, ':');
    int second = read_number(&r, 2);
    int fraction = read_fraction(&r);
    read_mark(&r, 'Z');
    if (cs_read_end(&r) != CS_OK || year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return CS_BAD_FORMAT;

    int64_t days = days_before(year) + day - 1;
    for (int m = 1; m < month; m++)
        days += days_in(year, m);
    *ms = (days * DAY_SECONDS + hour * 3600 + minute * 60 + second) * 1000 + fraction;
    return CS_OK;
}

static cs_err read_seconds(int64_t *ms, cs_slice text)
{
    int64_t v = 0;
    if (text.n > 12 || (text.n > 1 && text.p[0] == '0'))
        return CS_BAD_FORMAT;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return CS_BAD_FORMAT;
        v = v * 10 + (text.p[i] - '0');
    }
    if (v > MAX_SECONDS)
        return CS_BAD_FORMAT;
    *ms = v * 1000;
    return CS_OK;
}

cs_err cs_time_read(int64_t *ms, cs_slice text)
{
    *ms = 0;
    if (text.n == 0)
        return CS_BAD_FORMAT;
    return text.n > 4 && text.p[4] == '-' ? read_rfc3339(ms, text) : read_seconds(ms, text);
}

cs_err cs_time_read_exact(int64_t *ms, cs_slice text)
{
    char memory[32];
    cs_buf again = CS_BUF_OVER(memory);
    cs_err err = cs_time_read(ms, text);
    if (err == CS_OK)
        cs_time_write(&again, *ms);
    if (err == CS_OK && !cs_slice_eq(text, cs_buf_slice(&again))) {
        *ms = 0;
        err = CS_BAD_FORMAT;
    }
    return err;
}
