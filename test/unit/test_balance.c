/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/balance.h"

#define SECOND 1000000

static cs_balance with(size_t n)
{
    cs_balance b = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(cs_balance_add(&b), i);
    return b;
}

static void fewest_under_way(void **state)
{
    (void)state;
    cs_balance b = with(3);
    assert_int_equal(cs_balance_enter(&b, 0), 1); /* in turn */
    assert_int_equal(cs_balance_enter(&b, 0), 2);
    assert_int_equal(cs_balance_enter(&b, 0), 0);
    assert_false(cs_balance_leave(&b, 2, false, 0));
    assert_int_equal(cs_balance_enter(&b, 0), 2);
    assert_int_equal(cs_balance_enter(&b, 1 << 0), 1); /* whose turn it is has been tried */
    assert_int_equal(cs_balance_enter(&b, 7), CS_BALANCE_NOBODY);
    assert_int_equal(cs_balance_under_way(&b), 4);
    cs_balance_enter_at(&b, 1);
    assert_int_equal(b.place[1].under_way, 3);
    b = with(0);
    assert_int_equal(cs_balance_enter(&b, 0), CS_BALANCE_NOBODY);
}

static void who_fails_rests(void **state)
{
    (void)state;
    cs_balance b = with(2);
    size_t first = cs_balance_enter(&b, 0);
    cs_balance_enter_at(&b, first);
    assert_true(cs_balance_leave(&b, first, true, SECOND));
    assert_false(cs_balance_leave(&b, first, true, SECOND)); /* under way before: no news */
    for (int i = 0; i < 5; i++)
        assert_int_equal(cs_balance_enter(&b, 0), 1 - first);
    assert_int_equal(cs_balance_due(&b, SECOND + CS_BALANCE_REST_US - 1), CS_BALANCE_NOBODY);
    int64_t rest = CS_BALANCE_REST_US, now = SECOND;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(cs_balance_due(&b, now + rest - 1), CS_BALANCE_NOBODY);
        now += rest;
        assert_int_equal(cs_balance_due(&b, now), first);
        assert_int_equal(cs_balance_due(&b, now), CS_BALANCE_NOBODY); /* once */
        cs_balance_probed(&b, first, false, now);
        rest = 2 * rest < CS_BALANCE_MAX_REST_US ? 2 * rest : CS_BALANCE_MAX_REST_US;
    }
    now += rest;
    assert_int_equal(cs_balance_due(&b, now), first);
    cs_balance_probed(&b, first, true, now);
    assert_int_equal(cs_balance_enter(&b, 0), first);
}

/* Requests go on to be tried, first where the rest ends first. */
static void all_rest(void **state)
{
    (void)state;
    cs_balance b = with(2);
    cs_balance_enter_at(&b, 0);
    cs_balance_enter_at(&b, 1);
    assert_true(cs_balance_leave(&b, 1, true, 1));
    assert_true(cs_balance_leave(&b, 0, true, 2));
    assert_int_equal(cs_balance_enter(&b, 0), 1);
    assert_int_equal(cs_balance_enter(&b, 1 << 1), 0);
    assert_false(cs_balance_leave(&b, 0, false, 3)); /* it answered */
    assert_int_equal(cs_balance_enter(&b, 0), 0);
    assert_int_equal(cs_balance_enter(&b, 0), 0);
}

static void one_alone(void **state)
{
    (void)state;
    cs_balance b = with(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cs_balance_enter(&b, 0), 0);
        assert_int_equal(cs_balance_leave(&b, 0, true, SECOND), i == 0);
        assert_int_equal(cs_balance_due(&b, 100 * SECOND), CS_BALANCE_NOBODY);
    }
}

static void who_leaves(void **state)
{
    (void)state;
    cs_balance b = with(CS_BALANCE_MAX);
    assert_int_equal(cs_balance_add(&b), CS_BALANCE_NOBODY);
    assert_int_equal(cs_balance_count(&b), CS_BALANCE_MAX);
    cs_balance_enter_at(&b, 3);
    cs_balance_remove(&b, 3);
    cs_balance_remove(&b, 5); /* had nothing to do */
    assert_int_equal(cs_balance_count(&b), CS_BALANCE_MAX - 2);
    assert_int_equal(cs_balance_nth(&b, 3), 4);
    assert_int_equal(cs_balance_nth(&b, 4), 6);
    assert_int_equal(cs_balance_nth(&b, CS_BALANCE_MAX - 2), CS_BALANCE_NOBODY);
    for (int i = 0; i < CS_BALANCE_MAX - 2; i++) {
        size_t at = cs_balance_enter(&b, 0);
        assert_true(at != 3 && at != 5);
    }
    assert_int_equal(cs_balance_add(&b), 5);
    assert_int_equal(cs_balance_add(&b), CS_BALANCE_NOBODY); /* place 3 still has a request */
    assert_true(cs_balance_leave(&b, 3, true, 1));
    assert_int_equal(cs_balance_add(&b), 3);
    assert_int_equal(b.place[3].failures, 0);
    /* One that is being probed keeps its place, too. */
    b = with(2);
    cs_balance_enter_at(&b, 0);
    assert_true(cs_balance_leave(&b, 0, true, 0));
    assert_int_equal(cs_balance_due(&b, SECOND), 0);
    cs_balance_remove(&b, 0);
    assert_int_equal(cs_balance_add(&b), 2);
    cs_balance_probed(&b, 0, true, SECOND);
    assert_int_equal(cs_balance_add(&b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewest_under_way), cmocka_unit_test(who_fails_rests), cmocka_unit_test(all_rest),
        cmocka_unit_test(one_alone),        cmocka_unit_test(who_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
