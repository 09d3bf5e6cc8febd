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

/* Two keys of a log, one of each type; a new Ed25519 key; a log of another name. */
enum { ED, ML, NEW_ED, OTHER, KEYS };

static cs_key *keys[KEYS];
static cs_vkey vkeys[KEYS];

static int make_keys(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < KEYS; i++) {
        const uint8_t seed[32] = {i, 9};
        cs_buf public_key = cs_buf_new(CS_VKEY_PUBLIC_MAX);
        assert_int_equal(cs_key_open_private(&keys[i], i == ML ? CS_MLDSA44 : CS_ED25519, CS_ARRAY(seed)), CS_OK);
        cs_key_public(&public_key, keys[i]);
        assert_int_equal(cs_vkey_make(&vkeys[i], cs_slice_str(i == OTHER ? "other" : "log"),
                                      i == ML ? CS_NOTE_MLDSA44 : CS_NOTE_ED25519, cs_buf_slice(&public_key)),
                         CS_OK);
        cs_buf_free(&public_key);
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        cs_key_free(keys[i]);
    return 0;
}

/* `signers` and `pinned` have a bit for each key. */
static cs_err verify(cs_checkpoint *c, const char *text, unsigned signers, unsigned pinned)
{
    cs_vkey pins[KEYS];
    cs_note note;
    size_t n = 0;
    static uint8_t memory[CS_MAX_NOTE];
    cs_buf bytes = CS_BUF_OVER(memory);
    assert_int_equal(cs_note_begin(&bytes, cs_slice_str(text)), CS_OK);
    for (size_t i = 0; i < KEYS; i++) {
        if (signers >> i & 1)
            assert_int_equal(
                cs_note_sign(&bytes, cs_slice_str(text), cs_slice_str(vkeys[i].name), vkeys[i].type, keys[i], 0),
                CS_OK);
        if (pinned >> i & 1)
            pins[n++] = vkeys[i];
    }
    return cs_checkpoint_verify(c, &note, cs_buf_slice(&bytes), pins, n);
}

static void who_must_have_signed(void **state)
{
    (void)state;
    static const struct {
        unsigned signers, pinned;
        cs_err want;
    } rows[] = {
        {1 << ED | 1 << ML, 1 << ED | 1 << ML, CS_OK},
        {1 << ED | 1 << ML, 1 << ED, CS_OK},
        {1 << ED | 1 << ML, 1 << ML, CS_OK},
        {1 << ED | 1 << ML, 1 << ED | 1 << NEW_ED | 1 << ML, CS_OK},
        {1 << ED | 1 << NEW_ED | 1 << ML, 1 << ED | 1 << NEW_ED | 1 << ML, CS_OK},
        {1 << ED | 1 << ML | 1 << OTHER, 1 << ED | 1 << ML, CS_OK},
        {1 << ED, 1 << ED | 1 << ML, CS_NOTE_UNSIGNED},
        {1 << ML, 1 << ED | 1 << ML, CS_NOTE_UNSIGNED},
        {1 << ML, 1 << ED | 1 << NEW_ED | 1 << ML, CS_NOTE_UNSIGNED},
        {1 << ED | 1 << ML, 1 << NEW_ED, CS_NOTE_UNSIGNED},
        {1 << ED | 1 << ML, 0, CS_NOTE_UNSIGNED},
        {1 << ED | 1 << ML, 1 << OTHER, CS_NOTE_UNSIGNED},
        {1 << ED | 1 << OTHER, 1 << OTHER, CS_NOTE_ORIGIN},
        {1 << ED | 1 << OTHER, 1 << ED | 1 << OTHER, CS_NOTE_ORIGIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_checkpoint c;
        cs_err err = verify(&c, "log\n5\n" ROOT "\n", rows[i].signers, rows[i].pinned);
        if (err != rows[i].want)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_int_equal(c.size, 5);
    }
}

static void what_is_no_checkpoint(void **state)
{
    (void)state;
    cs_checkpoint c;
    cs_note note;
    cs_vkey many[CS_MAX_VKEYS + 1];
    assert_int_equal(verify(&c, "log\n5\n" ROOT "\nmore\n", 1 << ED, 1 << ED), CS_NOTE_FORMAT);
    assert_int_equal(cs_checkpoint_verify(&c, &note, CS_LIT(GOOD), vkeys, 1), CS_NOTE_FORMAT);
    assert_int_equal(
        cs_checkpoint_verify(&c, &note, CS_LIT(GOOD "\n\xe2\x80\x94 a AAAAAAE=\n"), many, CS_MAX_VKEYS + 1),
        CS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_and_written_again), cmocka_unit_test(malformed),
        cmocka_unit_test(writing_refuses),        cmocka_unit_test(who_must_have_signed),
        cmocka_unit_test(what_is_no_checkpoint),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
