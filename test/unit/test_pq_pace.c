/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Tests src/gateway/pq_pace.c: the floor follows the successes of its kind, or is the operator's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/pq_pace.h"
#include "sys/clock.h"

static void test_before_there_was_a_success(void **state)
{
    (void)state;
    cs_pq_pace p;
    cs_pq_pace_init(&p, -1);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), CS_PQ_PACE_FIRST_US);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_KEY_GENERATION), CS_PQ_PACE_FIRST_US);
}

static void test_follows_what_successes_took(void **state)
{
    (void)state;
    cs_pq_pace p;
    cs_pq_pace_init(&p, -1);
    cs_pq_pace_note(&p, CS_PQ_SIGN, 700);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), 700);
    for (int us = 100; us > 0; us--) /* in no order that helps */
        cs_pq_pace_note(&p, CS_PQ_SIGN, us);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), 96); /* of 101, all but the five slowest */
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_KEY_GENERATION), CS_PQ_PACE_FIRST_US);
    for (int i = 0; i < CS_PQ_PACE_SEEN; i++)
        cs_pq_pace_note(&p, CS_PQ_SIGN, 5000);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), 5000); /* the old ones are forgotten */
    for (int i = 0; i < CS_PQ_PACE_SEEN; i++)
        cs_pq_pace_note(&p, CS_PQ_SIGN, INT64_C(1) << 40);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), CS_PQ_PACE_LONGEST_US);
}

static void test_the_operator_has_the_word(void **state)
{
    (void)state;
    cs_pq_pace p;
    cs_pq_pace_init(&p, 30000);
    cs_pq_pace_note(&p, CS_PQ_SIGN, 700);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), 30000);
    cs_pq_pace_init(&p, 0);
    assert_int_equal(cs_pq_pace_floor(&p, CS_PQ_SIGN), 0);
}

static void test_waits_from_the_arrival_on(void **state)
{
    (void)state;
    cs_pq_pace p;
    cs_pq_pace_init(&p, 20000);
    int64_t arrived = cs_tick_us();
    cs_pq_pace_wait(&p, CS_PQ_SIGN, arrived);
    assert_true(cs_tick_us() - arrived >= 20000);
    cs_pq_pace_init(&p, CS_PQ_PACE_LONGEST_US);
    int64_t from = cs_tick_us();
    cs_pq_pace_wait(&p, CS_PQ_SIGN, from - 2 * CS_PQ_PACE_LONGEST_US); /* it took longer by itself */
    assert_true(cs_tick_us() - from < CS_PQ_PACE_LONGEST_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_there_was_a_success),
        cmocka_unit_test(test_follows_what_successes_took),
        cmocka_unit_test(test_the_operator_has_the_word),
        cmocka_unit_test(test_waits_from_the_arrival_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
