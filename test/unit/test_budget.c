/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/agent/budget.c with a clock of its own. zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "agent/budget.h"

#define SECOND 1000000
#define A CS_LIT("key a")
#define B CS_LIT("key b")

static cs_budget budget;

static int fresh(void **state)
{
    (void)state;
    cs_budget_init(&budget);
    return 0;
}

/* One call that takes no time; whether it was let in. */
static bool call(cs_slice key, cs_budget_outcome outcome, int64_t at)
{
    cs_budget_call c;
    cs_err err = cs_budget_enter(&c, &budget, key, at);
    if (err == CS_OK)
        (void)cs_budget_leave(&budget, &c, outcome, at);
    else
        assert_int_equal(err, CS_KMS_UNAVAILABLE);
    return err == CS_OK;
}

static void failures(cs_slice key, int times, int64_t at)
{
    for (int i = 0; i < times; i++)
        assert_true(call(key, CS_BUDGET_FAILED, at));
}

static void rests_after_failures(void **state)
{
    (void)state;
    int64_t t = SECOND;
    failures(A, CS_BUDGET_FAILURES - 1, t);
    assert_true(call(A, CS_BUDGET_ANSWERED, t)); /* one answer, and they are forgotten */
    failures(A, CS_BUDGET_FAILURES, t);
    assert_false(call(A, CS_BUDGET_ANSWERED, t));
    assert_false(call(A, CS_BUDGET_ANSWERED, t + SECOND - 1));
    assert_true(call(B, CS_BUDGET_ANSWERED, t));
    assert_true(call(A, CS_BUDGET_ANSWERED, t + SECOND));
    failures(A, CS_BUDGET_FAILURES - 1, t + SECOND); /* as many as ever */
    assert_true(call(A, CS_BUDGET_ANSWERED, t + SECOND));
}

static void rests_longer_each_time(void **state)
{
    (void)state;
    static const int64_t rests[] = {1, 2, 4, 8, 16, 30, 30, 30};
    int64_t t = SECOND;
    failures(A, CS_BUDGET_FAILURES, t);
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        assert_false(call(A, CS_BUDGET_FAILED, t + rests[i] * SECOND - 1));
        t += rests[i] * SECOND;
        assert_true(call(A, CS_BUDGET_FAILED, t));
    }
}

static void one_tries(void **state)
{
    (void)state;
    cs_budget_call first, second;
    int64_t t = SECOND;
    failures(A, CS_BUDGET_FAILURES, t);
    t += SECOND;
    assert_int_equal(cs_budget_enter(&first, &budget, A, t), CS_OK);
    assert_int_equal(cs_budget_enter(&second, &budget, A, t), CS_KMS_UNAVAILABLE);
    assert_false(cs_budget_leave(&budget, &first, CS_BUDGET_UNTOLD, t)); /* it came to nothing: another may try */
    assert_int_equal(cs_budget_enter(&first, &budget, A, t), CS_OK);
    assert_int_equal(cs_budget_enter(&second, &budget, A, t), CS_KMS_UNAVAILABLE);
    assert_false(cs_budget_leave(&budget, &first, CS_BUDGET_ANSWERED, t));
    assert_int_equal(cs_budget_enter(&first, &budget, A, t), CS_OK);
    assert_int_equal(cs_budget_enter(&second, &budget, A, t), CS_OK);
}

/* Sixteen calls fail together: that is five failures and a rest of a second, not of half a minute. */
static void failures_of_one_moment(void **state)
{
    (void)state;
    cs_budget_call calls[16];
    int64_t t = SECOND;
    int began = 0;
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(cs_budget_enter(&calls[i], &budget, A, t), CS_OK);
    for (size_t i = 0; i < 16; i++)
        began += cs_budget_leave(&budget, &calls[i], CS_BUDGET_FAILED, t);
    assert_int_equal(began, 1);
    assert_false(call(A, CS_BUDGET_ANSWERED, t + SECOND - 1));
    assert_true(call(A, CS_BUDGET_ANSWERED, t + SECOND));
}

static void those_that_hang_are_few(void **state)
{
    (void)state;
    cs_budget_call calls[CS_BUDGET_CALLS], more;
    int64_t t = SECOND;
    for (size_t i = 0; i < CS_BUDGET_STALLED; i++)
        assert_int_equal(cs_budget_enter(&calls[i], &budget, A, t), CS_OK);
    assert_true(call(A, CS_BUDGET_UNTOLD, t + CS_BUDGET_STALL_US)); /* not yet */
    assert_false(call(A, CS_BUDGET_UNTOLD, t + CS_BUDGET_STALL_US + 1));
    assert_true(call(B, CS_BUDGET_UNTOLD, t + CS_BUDGET_STALL_US + 1));
    assert_false(cs_budget_leave(&budget, &calls[3], CS_BUDGET_ANSWERED, t + 2 * SECOND));
    assert_int_equal(cs_budget_enter(&calls[3], &budget, A, t + 2 * SECOND), CS_OK);
    assert_int_equal(cs_budget_enter(&more, &budget, A, t + 3 * SECOND), CS_OK); /* seven are late, one is young */
    assert_int_equal(cs_budget_enter(&more, &budget, A, t + 3 * SECOND + 1), CS_KMS_UNAVAILABLE);

    cs_budget_init(&budget);
    for (size_t i = 0; i < CS_BUDGET_CALLS; i++)
        assert_int_equal(cs_budget_enter(&calls[i], &budget, A, t), CS_OK);
    assert_int_equal(cs_budget_enter(&more, &budget, A, t), CS_KMS_UNAVAILABLE);
}

/* Keys beyond the table take the place of the one that has been idle for longest, never of one that works. */
static void more_keys_than_are_remembered(void **state)
{
    (void)state;
    cs_budget_call busy[CS_BUDGET_KEYS], more;
    char name[16];
    int64_t t = SECOND;
    failures(A, CS_BUDGET_FAILURES, t);
    failures(B, CS_BUDGET_FAILURES, t + 1);
    for (int i = 0; i < CS_BUDGET_KEYS - 2; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        assert_int_equal(cs_budget_enter(&busy[i], &budget, cs_slice_str(name), t + 2), CS_OK);
    }
    assert_false(call(A, CS_BUDGET_ANSWERED, t + 3));
    assert_int_equal(cs_budget_enter(&busy[CS_BUDGET_KEYS - 2], &budget, CS_LIT("one"), t + 3), CS_OK);
    assert_false(call(B, CS_BUDGET_ANSWERED, t + 3)); /* it has taken A's place, not B's */
    assert_int_equal(cs_budget_enter(&busy[CS_BUDGET_KEYS - 1], &budget, CS_LIT("two"), t + 3), CS_OK);
    assert_int_equal(cs_budget_enter(&more, &budget, A, t + 3), CS_KMS_UNAVAILABLE); /* all work */
    assert_false(cs_budget_leave(&budget, &busy[0], CS_BUDGET_ANSWERED, t + 3));
    assert_true(call(A, CS_BUDGET_ANSWERED, t + 3)); /* forgotten meanwhile */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rests_after_failures, fresh),
        cmocka_unit_test_setup(rests_longer_each_time, fresh),
        cmocka_unit_test_setup(one_tries, fresh),
        cmocka_unit_test_setup(failures_of_one_moment, fresh),
        cmocka_unit_test_setup(those_that_hang_are_few, fresh),
        cmocka_unit_test_setup(more_keys_than_are_remembered, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
