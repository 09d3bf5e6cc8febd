/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/inject.c: which calls a fault hits. */
#include "devkms/inject.h"

#include "vectors.h"

static void refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "none",
                                      "throttle,",
                                      ",throttle",
                                      "throttle,count",
                                      "throttle,count=",
                                      "throttle,count=0",
                                      "throttle,count=-1",
                                      "throttle,count=1x",
                                      "throttle,every=0",
                                      "throttle,ms=5",
                                      "latency",
                                      "latency,ms=0",
                                      "latency,ms=1000001",
                                      "throttle,op=",
                                      "throttle,op=a,op=b",
                                      "throttle,more=1",
                                      "throttle,throttle",
                                      "skip=1",
                                      "throttle,skip=99999999999999999999"};
    cs_inject_row row;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cs_inject_parse(&row, cs_slice_str(bad[i])) != CS_BAD_FIELD)
            fail_msg("taken: %s", bad[i]);
    for (int k = 0; k < CS_INJECT_KINDS; k++) {
        char text[64];
        assert_true(snprintf(text, sizeof text, "%s%s", cs_inject_name((cs_inject_kind)k),
                             k == CS_INJECT_LATENCY ? ",ms=1" : "") > 0);
        assert_int_equal(cs_inject_parse(&row, cs_slice_str(text)), CS_OK);
        assert_int_equal(row.kind, k);
    }
}

/* Which of eight calls of Decrypt are hit. */
static void calls(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *hit;
    } rows[] = {
        {"throttle", "11111111"},
        {"throttle,op=Decrypt", "11111111"},
        {"throttle,op=Encrypt", "00000000"},
        {"throttle,count=2", "11000000"},
        {"throttle,skip=3", "00011111"},
        {"throttle,every=3", "10010010"},
        {"throttle,skip=1,every=2,count=3,op=Decrypt", "01010100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_inject inject = {.lock = PTHREAD_MUTEX_INITIALIZER};
        cs_inject_row row;
        long ms;
        char hit[9] = "";
        assert_int_equal(cs_inject_parse(&row, cs_slice_str(rows[i].fault)), CS_OK);
        assert_int_equal(cs_inject_set(&inject, &row, 1), CS_OK);
        for (int n = 0; n < 8; n++) {
            unsigned got = cs_inject_take(&inject, &ms, "Decrypt");
            assert_true(got == 0 || got == 1u << CS_INJECT_THROTTLE);
            assert_int_equal(ms, 0);
            hit[n] = got != 0 ? '1' : '0';
        }
        assert_string_equal(hit, rows[i].hit);
    }
}

static void together(void **state)
{
    (void)state;
    cs_inject inject = {.lock = PTHREAD_MUTEX_INITIALIZER};
    cs_inject_row all[CS_INJECT_MAX + 1];
    long ms;
    for (size_t i = 0; i <= CS_INJECT_MAX; i++)
        assert_int_equal(cs_inject_parse(&all[i], i % 2 == 0 ? CS_LIT("latency,ms=3") : CS_LIT("cut")), CS_OK);
    assert_int_equal(cs_inject_set(&inject, all, CS_INJECT_MAX + 1), CS_TOO_LARGE);
    assert_int_equal(cs_inject_take(&inject, &ms, "x"), 0);
    assert_int_equal(cs_inject_set(&inject, all, 4), CS_OK);
    assert_int_equal(cs_inject_take(&inject, &ms, "x"), 1u << CS_INJECT_LATENCY | 1u << CS_INJECT_CUT);
    assert_int_equal(ms, 6);
    assert_int_equal(cs_inject_set(&inject, NULL, 0), CS_OK);
    assert_int_equal(cs_inject_take(&inject, &ms, "x"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refusals), cmocka_unit_test(calls), cmocka_unit_test(together)};
    return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
