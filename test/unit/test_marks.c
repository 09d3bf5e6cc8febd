/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "gateway/marks.h"

static const char a[] = "00000000000000000000000000000000", b[] = "11111111111111111111111111111111";

static void test_counters(void **state)
{
    (void)state;
    static const struct {
        const char *before; /* epoch that had been seen when the request went out … */
        int64_t counter;    /* … up to here */
        const char *epoch;  /* and what the document says */
        int64_t is;
        cs_err want;
    } cases[] = {
        {NULL, 0, a, 1, CS_OK},
        {a, 1, a, 2, CS_OK},
        {a, 1, a, 9, CS_OK},
        {a, 5, b, 1, CS_OK},
        {a, 5, a, 6, CS_OK},
        {a, 5, a, 5, CS_COUNTER_NOT_FRESH},
        {a, 5, a, 4, CS_COUNTER_NOT_FRESH},
        {a, 5, a, 1, CS_COUNTER_NOT_FRESH},
        {b, 2, b, 2, CS_COUNTER_NOT_FRESH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_marks m;
        cs_marks_init(&m);
        cs_marks_view view = cs_marks_look(&m);
        if (cases[i].before != NULL)
            assert_int_equal(cs_marks_note(&m, &view, cases[i].before, cases[i].counter), CS_OK);
        view = cs_marks_look(&m);
        assert_int_equal(cs_marks_note(&m, &view, cases[i].epoch, cases[i].is), cases[i].want);
        cs_marks_free(&m);
    }
}

/* The highest counts, whatever order the answers came in; and of what had been seen when the request went out. */
static void test_order(void **state)
{
    (void)state;
    static const int64_t counters[] = {5, 7, 6};
    cs_marks m;
    cs_marks_init(&m);
    cs_marks_view early = cs_marks_look(&m);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cs_marks_note(&m, &early, a, counters[i]), CS_OK);
    cs_marks_view late = cs_marks_look(&m);
    assert_int_equal(cs_marks_note(&m, &late, a, 7), CS_COUNTER_NOT_FRESH);
    assert_int_equal(cs_marks_note(&m, &early, a, 7), CS_OK); /* two at once: the store tells them apart */
    cs_marks_free(&m);
}

/* Enclaves answer in turn; none makes the others' counters forgotten. */
static void test_many_epochs(void **state)
{
    (void)state;
    char epoch[2 * CS_MARKS][33];
    cs_marks m;
    cs_marks_init(&m);
    cs_marks_view view = cs_marks_look(&m);
    for (int i = 0; i < CS_MARKS; i++) {
        (void)snprintf(epoch[i], sizeof epoch[i], "%032d", i);
        assert_int_equal(cs_marks_note(&m, &view, epoch[i], 10 + i), CS_OK);
    }
    view = cs_marks_look(&m);
    for (int i = 0; i < CS_MARKS; i++) {
        assert_int_equal(cs_marks_note(&m, &view, epoch[i], 10 + i), CS_COUNTER_NOT_FRESH);
        assert_int_equal(cs_marks_note(&m, &view, epoch[i], 11 + i), CS_OK);
    }
    /* One more takes the place of the one that was quiet for longest, whose mark says nothing about it. */
    assert_int_equal(cs_marks_note(&m, &view, b, 1), CS_OK);
    assert_int_equal(cs_marks_note(&m, &view, b, 1), CS_OK);
    view = cs_marks_look(&m);
    assert_int_equal(cs_marks_note(&m, &view, b, 1), CS_COUNTER_NOT_FRESH);
    assert_int_equal(cs_marks_note(&m, &view, epoch[1], 12), CS_COUNTER_NOT_FRESH);
    assert_int_equal(cs_marks_note(&m, &view, epoch[0], 1), CS_OK);
    cs_marks_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counters), cmocka_unit_test(test_order),
                                       cmocka_unit_test(test_many_epochs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
