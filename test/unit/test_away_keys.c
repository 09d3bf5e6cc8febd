/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/gateway/away_keys.c. zone: gateway */
#include "gateway/away_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static cs_away_keys keys;

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool in;
    } rows[] = {
        {"{\"keyId\":\"away\",\"payload\":\"\"}", true},
        {"{\"keyId\" : \n\t\"away\"}", true},
        {"{\"payload\":\"\",\"keyId\":\"key_1\"}", true},
        {"{\"keyId\":\"here\"}", false},
        {"{\"keyId\":\"away", false},
        {"{\"keyId\":\"awa\"}", false},
        {"{\"keyId\":\"aways\"}", false},
        {"{\"keyId\":\"\"}", false},
        {"{\"keyId\":", false},
        {"{\"keyId\"", false},
        {"{\"keyId\":7}", false},
        {"{\"name\":\"away\"}", false},
        {"{\"keyid\":\"away\"}", false},
        {"", false},
    };
    memset(&keys, 0, sizeof keys);
    assert_false(cs_away_keys_in(&keys, cs_slice_str(rows[0].body)));
    cs_away_keys_note(&keys, CS_LIT("away"));
    cs_away_keys_note(&keys, CS_LIT("key_1"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cs_away_keys_in(&keys, cs_slice_str(rows[i].body)) != rows[i].in)
            fail_msg("%s", rows[i].body);
}

/* A long payload in front or behind. */
static void long_bodies(void **state)
{
    (void)state;
    static char body[100000];
    const char member[] = "\"keyId\":\"away\"";
    memset(&keys, 0, sizeof keys);
    cs_away_keys_note(&keys, CS_LIT("away"));
    for (int where = 0; where < 3; where++) {
        memset(body, 'A', sizeof body);
        memcpy(body + (where == 0   ? 1
                       : where == 1 ? sizeof body - sizeof member
                                    : sizeof body / 2),
               member, sizeof member - 1);
        assert_int_equal(cs_away_keys_in(&keys, CS_ARRAY(body)), where != 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(long_bodies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
