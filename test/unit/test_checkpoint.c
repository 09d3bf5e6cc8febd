/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a checkpoint: one that is well formed, one row for each way not to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/checkpoint.h"
#include "core/limits.h"

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define GOOD "example.com/behind-the-sofa\n20852163\n" ROOT "\n"

static void read_and_written_again(void **state)
{
    (void)state;
    static const char *const good[] = {GOOD, "o\n0\n" ROOT "\n", "o\n9223372036854775807\n" ROOT "\n"};
    static const uint64_t sizes[] = {20852163, 0, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        cs_checkpoint c;
        char text[512];
        cs_buf again = CS_BUF_OVER(text);
        assert_int_equal(cs_checkpoint_parse(&c, cs_slice_str(good[i])), CS_OK);
        assert_int_equal(c.size, sizes[i]);
        assert_int_equal(c.root[0], 0x0a);
        assert_int_equal(cs_checkpoint_write(&again, &c), CS_OK);
        assert_true(cs_slice_is(cs_buf_slice(&again), good[i]));
    }
}

static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "\n",
        "o\n",
        "o\n1\n",
        "o\n1\n" ROOT,
        "\n1\n" ROOT "\n",
        "o\n\n" ROOT "\n",
        "o\n1\n\n",
        "o\n1\n" ROOT "\n\n",
        "o\n1\n" ROOT "\nextension\n",
        "a b\n1\n" ROOT "\n",
        "a+b\n1\n" ROOT "\n",
        "o\n01\n" ROOT "\n",
        "o\n00\n" ROOT "\n",
        "o\n-1\n" ROOT "\n",
        "o\n+1\n" ROOT "\n",
        "o\n1 \n" ROOT "\n",
        "o\n1.0\n" ROOT "\n",
        "o\n0x1\n" ROOT "\n",
        "o\n9223372036854775808\n" ROOT "\n",
        "o\n18446744073709551616\n" ROOT "\n",
        "o\n99999999999999999999999999\n" ROOT "\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Jo\n",
        "o\n1\n0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cs_checkpoint c = {.size = 5};
        if (cs_checkpoint_parse(&c, cs_slice_str(bad[i])) != CS_NOTE_FORMAT || c.size != 0 || c.origin.p != NULL)
            fail_msg("%s", bad[i]);
    }
}

static void writing_refuses(void **state)
{
    (void)state;
    char text[1024], origin[CS_MAX_NOTE_NAME + 1];
    cs_buf out = CS_BUF_OVER(text);
    memset(origin, 'o', sizeof origin);
    cs_checkpoint c = {.origin = cs_slice_of(origin, sizeof origin), .size = 1};
    assert_int_equal(cs_checkpoint_write(&out, &c), CS_BAD_FIELD);
    c.origin = CS_LIT("a b");
    assert_int_equal(cs_checkpoint_write(&out, &c), CS_BAD_FIELD);
    c.origin = CS_LIT("o");
    c.size = UINT64_C(1) << 63;
    assert_int_equal(cs_checkpoint_write(&out, &c), CS_BAD_FIELD);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_and_written_again),
        cmocka_unit_test(malformed),
        cmocka_unit_test(writing_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
