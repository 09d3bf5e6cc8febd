/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/secret.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/secret.h"

static void assert_wiped(const cs_secret *s)
{
    assert_int_equal(s->n, 0);
    for (size_t i = 0; i < sizeof s->b; i++)
        assert_int_equal(s->b[i], 0);
}

static void set_and_add(void **state)
{
    (void)state;
    static const uint8_t bytes[CS_SECRET_CAP + 1] = {1};
    CS_SECRET(s);
    assert_wiped(&s);
    assert_int_equal(cs_secret_set(&s, CS_LIT("secret")), CS_OK);
    assert_int_equal(cs_secret_add(&s, CS_LIT(" more")), CS_OK);
    assert_int_equal(cs_secret_add(&s, CS_ABSENT), CS_OK);
    assert_true(cs_slice_is(cs_secret_slice(&s), "secret more"));
    assert_int_equal(cs_secret_add(&s, cs_slice_of(bytes, CS_SECRET_CAP - 10)), CS_TOO_LARGE);
    assert_true(cs_slice_is(cs_secret_slice(&s), "secret more"));
    assert_int_equal(cs_secret_set(&s, cs_slice_of(bytes, CS_SECRET_CAP)), CS_OK);
    assert_int_equal(s.n, CS_SECRET_CAP);
    assert_int_equal(cs_secret_add(&s, CS_LIT("x")), CS_TOO_LARGE);
    assert_int_equal(cs_secret_set(&s, CS_ARRAY(bytes)), CS_TOO_LARGE);
    assert_wiped(&s);
    assert_int_equal(cs_secret_set(&s, CS_LIT("long one")), CS_OK);
    assert_int_equal(cs_secret_set(&s, CS_LIT("x")), CS_OK);
    assert_int_equal(s.b[1], 0); /* nothing of the longer one is left */
}

/* What the attribute of CS_SECRET calls at the end of a scope. */
static void wiping(void **state)
{
    (void)state;
    cs_secret s = {0};
    char line[16] = "0123456789abcde";
    assert_int_equal(cs_secret_set(&s, CS_LIT("secret")), CS_OK);
    cs_secret_wipe(&s);
    assert_wiped(&s);
    cs_wipe(line, sizeof line);
    for (size_t i = 0; i < sizeof line; i++)
        assert_int_equal(line[i], 0);
}

static void equality(void **state)
{
    (void)state;
    assert_true(cs_secret_eq(CS_LIT("same"), CS_LIT("same")));
    assert_true(cs_secret_eq(CS_LIT(""), CS_LIT("")));
    assert_false(cs_secret_eq(CS_LIT("same"), CS_LIT("samf")));
    assert_false(cs_secret_eq(CS_LIT("same"), CS_LIT("tame")));
    assert_false(cs_secret_eq(CS_LIT("same"), CS_LIT("sam")));
    assert_false(cs_secret_eq(CS_LIT("same"), CS_LIT("")));
    assert_false(cs_secret_eq(CS_LIT("sam\0"), CS_LIT("sam")));
    assert_false(cs_secret_eq(CS_ABSENT, CS_LIT("s")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_and_add),
        cmocka_unit_test(wiping),
        cmocka_unit_test(equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
