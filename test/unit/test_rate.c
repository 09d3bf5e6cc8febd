/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "gateway/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define S 1000000

static void a_bucket_empties_and_fills(void **state)
{
    static const struct {
        int64_t now_us;
        cs_err err;
        int64_t remaining;
    } rows[] = {
        {10 * S, CS_OK, 2},
        {10 * S, CS_OK, 1},
        {10 * S, CS_OK, 0},
        {10 * S, CS_RATE_LIMITED, 0},
        {10 * S + 333333, CS_RATE_LIMITED, 0}, /* a third of a second brings a token, less does not */
        {10 * S + 333334, CS_OK, 0},
        {10 * S + 333335, CS_RATE_LIMITED, 0},
        {9 * S, CS_RATE_LIMITED, 0}, /* a clock of another thread that is a little behind */
        {11 * S + 333334, CS_OK, 2}, /* never more than a second's worth */
        {4000LL * 365 * 86400 * S, CS_OK, 2},
    };
    cs_rate *r;
    (void)state;
    assert_int_equal(cs_rate_open(&r, 3), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_rate_state out;
        cs_err err = cs_rate_take(&out, r, "ak_a", rows[i].now_us);
        if (err != rows[i].err || out.remaining != rows[i].remaining)
            fail_msg("row %zu: %s, %d left", i, cs_err_name(err), (int)out.remaining);
        assert_int_equal(out.limit, 3);
        assert_int_equal(out.reset_seconds, 1);
    }
    cs_rate_close(r);
}

static void keys_have_buckets_of_their_own(void **state)
{
    cs_rate *r;
    cs_rate_state out;
    (void)state;
    assert_int_equal(cs_rate_open(&r, 1), CS_OK);
    assert_int_equal(cs_rate_take(&out, r, "ak_a", S), CS_OK);
    assert_int_equal(cs_rate_take(&out, r, "ak_a", S), CS_RATE_LIMITED);
    assert_int_equal(cs_rate_take(&out, r, "ak_b", S), CS_OK);
    assert_int_equal(cs_rate_take(&out, r, "ak_b", S), CS_RATE_LIMITED);
    cs_rate_close(r);
}

/* More keys than places: each is served, and one that is busy keeps its bucket among them. */
static void the_table_is_bounded(void **state)
{
    cs_rate *r;
    cs_rate_state out;
    int let_through = 0;
    (void)state;
    assert_int_equal(cs_rate_open(&r, 5), CS_OK);
    for (int i = 0; i < 20000; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "ak_%d", i);
        assert_int_equal(cs_rate_take(&out, r, id, S + i), CS_OK);
        let_through += cs_rate_take(&out, r, "ak_busy", S + i) == CS_OK;
    }
    assert_int_equal(let_through, 5);
    cs_rate_close(r);
}

static void the_limit_can_change_and_be_none(void **state)
{
    cs_rate *r;
    cs_rate_state out;
    (void)state;
    assert_int_equal(cs_rate_open(&r, CS_MAX_RATE + 1), CS_CONFIG);
    assert_int_equal(cs_rate_open(&r, -1), CS_CONFIG);
    assert_int_equal(cs_rate_open(&r, 0), CS_OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(cs_rate_take(&out, r, "ak_a", S), CS_OK);
    assert_int_equal(out.limit, 0);
    cs_rate_set(r, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cs_rate_take(&out, r, "ak_a", S), CS_OK);
    assert_int_equal(cs_rate_take(&out, r, "ak_a", S), CS_RATE_LIMITED);
    cs_rate_set(r, CS_MAX_RATE);
    assert_int_equal(cs_rate_take(&out, r, "ak_a", 2 * S), CS_OK);
    assert_int_equal(out.remaining, CS_MAX_RATE - 1);
    cs_rate_set(r, 1); /* what the bucket holds more than that is gone */
    assert_int_equal(cs_rate_take(&out, r, "ak_a", 2 * S + 1), CS_OK);
    assert_int_equal(cs_rate_take(&out, r, "ak_a", 2 * S + 2), CS_RATE_LIMITED);
    cs_rate_close(r);
    cs_rate_close(NULL);
}

static void the_client_is_told(void **state)
{
    cs_rate *r;
    cs_http_response rs = {.headers = cs_buf_new(CS_MAX_ANSWER_FIELDS)};
    (void)state;
    assert_int_equal(cs_rate_open(&r, 1), CS_OK);
    assert_int_equal(cs_rate_admit(&rs, r, "ak_a"), CS_OK);
    assert_string_equal(cs_buf_cstr(&rs.headers),
                        "X-RateLimit-Limit: 1\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1\r\n");
    assert_int_equal(rs.retry_after, 0);
    cs_err err = CS_OK;
    for (int i = 0; i < 1000 && err == CS_OK; i++) /* all of them in one second, whatever the machine does else */
        err = cs_rate_admit(&rs, r, "ak_a");
    assert_int_equal(err, CS_RATE_LIMITED);
    assert_int_equal(rs.retry_after, 1);
    cs_buf_clear(&rs.headers);
    cs_rate_set(r, 0);
    assert_int_equal(cs_rate_admit(&rs, r, "ak_a"), CS_OK);
    assert_int_equal(cs_rate_admit(&rs, NULL, "ak_a"), CS_OK);
    assert_int_equal(rs.headers.n, 0);
    cs_buf_free(&rs.headers);
    cs_rate_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_empties_and_fills), cmocka_unit_test(keys_have_buckets_of_their_own),
        cmocka_unit_test(the_table_is_bounded),       cmocka_unit_test(the_limit_can_change_and_be_none),
        cmocka_unit_test(the_client_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
