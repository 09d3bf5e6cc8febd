/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/ids.h"

static void test_form(void **state)
{
    (void)state;
    char id[CS_MAX_ID + 1];
    static const char *const prefixes[] = {CS_ID_ORG,    CS_ID_API_KEY,   CS_ID_KEY,
                                           CS_ID_POLICY, CS_ID_SIGNATURE, CS_ID_ENTRY};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        assert_int_equal(cs_id_new(id, prefixes[i], 1700000000000), CS_OK);
        assert_int_equal(strlen(id), strlen(prefixes[i]) + 26);
        for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++)
            assert_int_equal(cs_id_is(cs_slice_str(id), prefixes[k]), i == k);
    }
}

static void test_time_is_in_front(void **state)
{
    (void)state;
    char id[CS_MAX_ID + 1];
    static const struct {
        int64_t ms;
        const char *front; /* 48 bits, two zero bits before them: ten characters */
    } cases[] = {
        {0, "0000000000"},
        {1, "0000000001"},
        {31, "000000000z"},
        {32, "0000000010"},
        {1469918176385, "01aryz6s41"},
        {(INT64_C(1) << 48) - 1, "7zzzzzzzzz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(cs_id_new(id, "", cases[i].ms), CS_OK);
        assert_memory_equal(id, cases[i].front, 10);
    }
}

static void test_none_twice(void **state)
{
    (void)state;
    char ids[200][CS_MAX_ID + 1];
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(cs_id_new(ids[i], CS_ID_KEY, 7), CS_OK);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "key_",
                                        "key_0123456789abcdefghjkmnpqr",
                                        "key_0123456789abcdefghjkmnpqrst",
                                        "key_0123456789abcdefghjkmnpqrU",
                                        "key_0123456789abcdefghjkmnpqri",
                                        "key_0123456789abcdefghjkmnpqr-",
                                        "Key_0123456789abcdefghjkmnpqrs",
                                        "pol_0123456789abcdefghjkmnpqrs"};
    assert_true(cs_id_is(CS_LIT("key_0123456789abcdefghjkmnpqrs"), CS_ID_KEY));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(cs_id_is(cs_slice_str(texts[i]), CS_ID_KEY));
    assert_false(cs_id_is(CS_LIT("key_0123456789abcdefghjkmnpqr\0"), CS_ID_KEY));
    assert_false(cs_id_is(CS_ABSENT, CS_ID_KEY));
}

/* However long the org: what tells its realms apart stays. */
static void test_realms(void **state)
{
    (void)state;
    char realm[CS_MAX_ID + 1], longest[CS_MAX_ID + 1];
    cs_id_realm(realm, "org_a", true);
    assert_string_equal(realm, "org_a");
    cs_id_realm(realm, "org_a", false);
    assert_string_equal(realm, "org_a_test");
    memset(longest, 'x', CS_MAX_ID);
    longest[CS_MAX_ID] = '\0';
    cs_id_realm(realm, longest, false);
    assert_int_equal(strlen(realm), CS_MAX_ID);
    assert_string_equal(realm + CS_MAX_ID - 5, "_test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),    cmocka_unit_test(test_time_is_in_front), cmocka_unit_test(test_none_twice),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_realms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
