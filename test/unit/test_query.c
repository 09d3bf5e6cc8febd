/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/query.h"

static void test_values(void **state)
{
    (void)state;
    cs_query q;
    cs_fault fault;
    cs_query_read(&q, CS_LIT("limit=7&cursor=a%2Bb+c%20d&verbose&%66lag=false"));
    assert_int_equal(cs_query_int_or(&q, "limit", 1, 10, 5), 7);
    assert_true(cs_slice_is(cs_query_text(&q, "cursor", 16), "a+b+c d"));
    assert_true(cs_query_flag(&q, "verbose"));
    assert_false(cs_query_flag(&q, "flag"));
    assert_false(cs_query_flag(&q, "absent"));
    assert_int_equal(cs_query_int_or(&q, "absent", 1, 10, 5), 5);
    assert_null(cs_query_text(&q, "absent", 16).p);
    assert_int_equal(cs_query_done(&q, &fault), CS_OK);

    cs_query_read(&q, CS_ABSENT);
    assert_int_equal(cs_query_done(&q, &fault), CS_OK);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        cs_err err;
        const char *field;
    } cases[] = {
        {"limit=0", CS_BAD_FIELD, "limit"},
        {"limit=11", CS_BAD_FIELD, "limit"},
        {"limit=", CS_BAD_FIELD, "limit"},
        {"limit", CS_BAD_FIELD, "limit"},
        {"limit=+5", CS_BAD_FIELD, "limit"},
        {"limit=-5", CS_BAD_FIELD, "limit"},
        {"limit=5.0", CS_BAD_FIELD, "limit"},
        {"limit=0x5", CS_BAD_FIELD, "limit"},
        {"limit=99999999999999999999", CS_BAD_FIELD, "limit"},
        {"limit=5&limit=5", CS_BAD_FIELD, "limit"},
        {"limit=5&l%69mit=5", CS_BAD_FIELD, "limit"},
        {"text=", CS_BAD_FIELD, "text"},
        {"text=123456789", CS_BAD_FIELD, "text"},
        {"text=%4", CS_BAD_FIELD, "text"},
        {"text=%", CS_BAD_FIELD, "text"},
        {"text=%zz", CS_BAD_FIELD, "text"},
        {"text=%00", CS_BAD_FIELD, "text"},
        {"text=%0a", CS_BAD_FIELD, "text"},
        {"text=%c3%a4", CS_BAD_FIELD, "text"},
        {"%ff=1", CS_BAD_FIELD, "%ff"},
        {"%c3%a4%c3=1", CS_BAD_FIELD, "%c3%a4%c3"},
        {"flag=1", CS_BAD_FIELD, "flag"},
        {"flag=TRUE", CS_BAD_FIELD, "flag"},
        {"other=1", CS_UNKNOWN_FIELD, "other"},
        {"Limit=5", CS_UNKNOWN_FIELD, "Limit"},
        {"limit=5&other", CS_UNKNOWN_FIELD, "other"},
        {"=5", CS_BAD_FIELD, ""},
        {"limit=5&&flag", CS_BAD_FIELD, ""},
        {"&", CS_BAD_FIELD, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_query q;
        cs_fault fault;
        cs_query_read(&q, cs_slice_str(cases[i].raw));
        (void)cs_query_int_or(&q, "limit", 1, 10, 5);
        (void)cs_query_text(&q, "text", 8);
        (void)cs_query_flag(&q, "flag");
        assert_int_equal(cs_query_done(&q, &fault), cases[i].err);
        assert_int_equal(fault.err, cases[i].err);
        assert_string_equal(fault.field, cases[i].field);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    char many[64] = "", large[2 * CS_MAX_QUERY];
    cs_query q;
    cs_fault fault;
    for (char c = 'a'; c <= 'a' + CS_MAX_PARAMETERS; c++) {
        const char next[] = {c, '&', '\0'};
        memcpy(many + strlen(many), next, sizeof next);
    }
    cs_query_read(&q, cs_slice_str(many));
    assert_int_equal(q.n, CS_MAX_PARAMETERS);
    assert_int_equal(cs_query_done(&q, &fault), CS_BAD_FIELD);
    memset(large, 'x', sizeof large);
    cs_query_read(&q, CS_ARRAY(large));
    assert_int_equal(cs_query_done(&q, &fault), CS_BAD_FIELD);
    assert_int_equal(strlen(fault.field), CS_FIELD_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
