/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/counters.c. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/counters.h"
#include "sys/thread.h"

static void from_one_without_gaps(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int64_t operation, count;
    } rows[] = {
        {NULL, 1, 0}, {"a", 2, 1}, {"a", 3, 2}, {"b", 4, 1}, {NULL, 5, 0}, {"a", 6, 3}, {"", 7, 1}, {"b", 8, 2},
    };
    cs_counters c;
    cs_count count;
    assert_int_equal(cs_counters_open(&c, 4), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(cs_counters_next(&count, &c, cs_slice_str(rows[i].key)), CS_OK);
        assert_int_equal(count.operation, rows[i].operation);
        assert_int_equal(count.key, rows[i].count);
    }
    cs_counters_close(&c);
}

static void a_full_table_takes_nothing(void **state)
{
    (void)state;
    cs_counters c;
    cs_count count;
    char key[16];
    assert_int_equal(cs_counters_open(&c, 100), CS_OK);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_int_equal(cs_counters_next(&count, &c, cs_slice_str(key)), CS_OK);
        assert_int_equal(count.key, 1);
    }
    assert_int_equal(cs_counters_next(&count, &c, CS_LIT("one more")), CS_COUNTERS_FULL);
    assert_int_equal(count.operation, 0);
    assert_int_equal(count.key, 0);
    for (int i = 0; i < 100; i++) { /* the keys that are known go on, and no operation number was lost */
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_int_equal(cs_counters_next(&count, &c, cs_slice_str(key)), CS_OK);
        assert_int_equal(count.operation, 101 + i);
        assert_int_equal(count.key, 2);
    }
    assert_int_equal(cs_counters_next(&count, &c, CS_ABSENT), CS_OK);
    assert_int_equal(count.operation, 201);
    cs_counters_close(&c);
}

static void epochs_differ(void **state)
{
    (void)state;
    cs_counters a, b;
    assert_int_equal(cs_counters_open(&a, 1), CS_OK);
    assert_int_equal(cs_counters_open(&b, 1), CS_OK);
    assert_int_equal(strlen(a.epoch), 32);
    assert_int_equal(strspn(a.epoch, "0123456789abcdef"), 32);
    assert_string_not_equal(a.epoch, b.epoch);
    cs_counters_close(&a);
    cs_counters_close(&b);
}

#define THREADS 8
#define EACH 2000

struct taker {
    cs_counters *c;
    int64_t taken[EACH];
};

static void take(void *arg)
{
    struct taker *t = arg;
    for (size_t i = 0; i < EACH; i++) {
        cs_count count;
        t->taken[i] = cs_counters_next(&count, t->c, CS_LIT("shared")) == CS_OK ? count.operation : -1;
        if (count.operation != count.key)
            t->taken[i] = -1;
    }
}

static void no_value_is_given_twice(void **state)
{
    (void)state;
    static struct taker takers[THREADS];
    static char seen[THREADS * EACH + 1];
    cs_counters c;
    pthread_t threads[THREADS];
    assert_int_equal(cs_counters_open(&c, 1), CS_OK);
    for (size_t t = 0; t < THREADS; t++) {
        takers[t].c = &c;
        assert_int_equal(cs_thread_start_joinable(&threads[t], take, &takers[t]), CS_OK);
    }
    for (size_t t = 0; t < THREADS; t++)
        (void)pthread_join(threads[t], NULL);
    for (size_t t = 0; t < THREADS; t++) {
        for (size_t i = 0; i < EACH; i++) {
            assert_in_range(takers[t].taken[i], 1, THREADS * EACH);
            assert_int_equal(seen[takers[t].taken[i]], 0);
            seen[takers[t].taken[i]] = 1;
        }
    }
    cs_counters_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_one_without_gaps),
        cmocka_unit_test(a_full_table_takes_nothing),
        cmocka_unit_test(epochs_differ),
        cmocka_unit_test(no_value_is_given_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
