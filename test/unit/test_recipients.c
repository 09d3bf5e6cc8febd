/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/recipients.c: who gets which key, and that none outlives its time. zone: enclave */
#include "enclave/recipients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)

static cs_recipients all;

static cs_recipient_key *take(int64_t now_us)
{
    cs_recipient_key *k = NULL;
    assert_int_equal(cs_recipients_take(&k, &all, now_us), CS_OK);
    assert_non_null(k);
    assert_true(k->spki.n > 256);
    return k;
}

static bool same(const cs_recipient_key *a, const cs_recipient_key *b)
{
    return cs_slice_eq(cs_buf_slice(&a->spki), cs_buf_slice(&b->spki));
}

static void a_fresh_one_each_time(void **state)
{
    (void)state;
    cs_recipient_key *keys[CS_RECIPIENTS_READY / 2];
    enum { COUNT = CS_RECIPIENTS_READY / 2 };
    assert_int_equal(cs_recipients_open(&all, 0), CS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        keys[i] = take(0);
        assert_int_equal(atomic_load(&keys[i]->holders), 1); /* nobody else has it */
        for (size_t j = 0; j < i; j++)
            assert_false(same(keys[i], keys[j]));
    }
    for (size_t i = 0; i < COUNT; i++)
        cs_recipient_key_release(keys[i]);
    cs_recipients_close(&all);
}

static void nothing_is_made_before_it_is_wanted(void **state)
{
    (void)state;
    assert_int_equal(cs_recipients_open(&all, 0), CS_OK);
    assert_false(all.asked);
    assert_int_equal(all.count, 0);
    cs_recipients_close(&all);
    assert_int_equal(all.count, 0);
}

static size_t ready(void)
{
    (void)pthread_mutex_lock(&all.lock);
    size_t n = all.count;
    (void)pthread_mutex_unlock(&all.lock);
    return n;
}

/* After the first the others are made beforehand, and not more than is right. */
static void made_beforehand(void **state)
{
    (void)state;
    assert_int_equal(cs_recipients_open(&all, 0), CS_OK);
    cs_recipient_key_release(take(0));
    while (ready() < CS_RECIPIENTS_READY)
        (void)usleep(10000);
    cs_recipient_key *first = all.ready[CS_RECIPIENTS_READY - 1], *k = take(0);
    assert_ptr_equal(k, first);
    cs_recipient_key_release(k);
    cs_recipients_close(&all);
}

static void one_for_a_while(void **state)
{
    (void)state;
    assert_int_equal(cs_recipients_open(&all, 10 * SECOND), CS_OK);
    cs_recipient_key *first = take(0), *second = take(10 * SECOND - 1);
    assert_ptr_equal(first, second);
    cs_recipient_key *third = take(10 * SECOND);
    assert_ptr_not_equal(first, third);
    assert_false(same(first, third));
    assert_int_equal(atomic_load(&first->holders), 2); /* the two of us; its place is taken */
    cs_recipient_key_release(first);
    cs_recipient_key_release(second);
    /* Time that nobody uses it ends, too. */
    assert_int_equal(atomic_load(&third->holders), 2);
    cs_recipients_sweep(&all, 20 * SECOND - 1);
    assert_int_equal(atomic_load(&third->holders), 2);
    cs_recipients_sweep(&all, 20 * SECOND);
    assert_int_equal(atomic_load(&third->holders), 1);
    assert_null(all.current);
    cs_recipient_key_release(third);
    cs_recipients_close(&all);
}

/* A key in use outlives the closing; after that nobody shares another. */
static void closing(void **state)
{
    (void)state;
    assert_int_equal(cs_recipients_open(&all, 10 * SECOND), CS_OK);
    cs_recipient_key *k = take(0);
    cs_recipients_close(&all);
    assert_int_equal(atomic_load(&k->holders), 1);
    assert_null(all.current);
    cs_recipient_key_release(k);
    cs_recipients_close(&all);
    cs_recipients_sweep(&all, 0);
    k = take(0);
    assert_null(all.current);
    cs_recipient_key_release(k);
    cs_recipient_key_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_one_each_time),
        cmocka_unit_test(nothing_is_made_before_it_is_wanted),
        cmocka_unit_test(made_beforehand),
        cmocka_unit_test(one_for_a_while),
        cmocka_unit_test(closing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
