/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/agent/kms_rest.c makes of questions; its exchange is test/flow/kms_clouds.py. zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/kms_rest.h"

#define PAIR(n, v)                                                                                                     \
    {                                                                                                                  \
        CS_LIT(n), CS_LIT(v)                                                                                           \
    }

static void contexts(void **state)
{
    (void)state;
    static const struct {
        cs_kms_request r;
        const char *text; /* NULL: refused */
        size_t n;
    } rows[] = {
        {{.context_count = 0}, "", 0},
        {{.context = {PAIR("a", "x")}, .context_count = 1}, "\0\1a\0\1x", 6},
        {{.context = {PAIR("org", "o"), PAIR("key_id", "k")}, .context_count = 2}, "\0\6key_id\0\1k\0\3org\0\1o", 19},
        {{.context = {PAIR("key_id", "k"), PAIR("org", "o")}, .context_count = 2}, "\0\6key_id\0\1k\0\3org\0\1o", 19},
        {{.context = {PAIR("ab", "x"), PAIR("a", "bx")}, .context_count = 2}, "\0\1a\0\2bx\0\2ab\0\1x", 14},
        {{.context = {PAIR("a", "x"), PAIR("a", "x")}, .context_count = 2}, NULL, 0},
        {{.context = {PAIR("a", "x"), PAIR("b", "x"), PAIR("a", "y")}, .context_count = 3}, NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t memory[CS_KMS_REST_CONTEXT];
        cs_buf out = CS_BUF_OVER(memory);
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_rest_context(&out, &rows[i].r), rows[i].text != NULL ? CS_OK : CS_BAD_FIELD);
        if (rows[i].text != NULL)
            assert_true(cs_slice_eq(cs_buf_slice(&out), cs_slice_of(rows[i].text, rows[i].n)));
    }
}

static void questions(void **state)
{
    (void)state;
    static const struct {
        cs_kms_request r;
        cs_err expect;
    } rows[] = {
        {{.type = CS_KMS_GENERATE_DATA_KEY}, CS_OK},
        {{.type = CS_KMS_DECRYPT_DATA_KEY}, CS_OK},
        {{.type = CS_KMS_PUBLIC_KEY}, CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_P256, .message = CS_LIT("m")}, CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_MLDSA65, .mu = CS_LIT("m")}, CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_MLDSA65, .message = CS_LIT("m")}, CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_GENERATE_DATA_KEY, .recipient = CS_LIT("d")}, CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_DECRYPT_DATA_KEY, .recipient = CS_LIT("d")}, CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_TUNNEL}, CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_COUNT}, CS_PROVIDER_NOT_AVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_rest_check("a cloud", &rows[i].r), rows[i].expect);
    }
}

static void data_keys(void **state)
{
    (void)state;
    cs_buf bytes = cs_buf_new_wiped(1u << 16), other = cs_buf_new_wiped(1u << 16), little = cs_buf_new_wiped(100);
    cs_slice one, two, three;
    assert_int_equal(cs_kms_rest_data_key(&one, &bytes), CS_OK);
    assert_int_equal(cs_kms_rest_data_key(&two, &other), CS_OK);
    assert_int_equal(one.n, 32);
    assert_false(cs_slice_eq(one, two));
    for (int i = 0; i < 8000; i++)
        cs_buf_add_u8(&bytes, 0);
    assert_ptr_equal(one.p, bytes.p); /* the memory has not moved */
    assert_int_equal(cs_kms_rest_data_key(&three, &little), CS_NO_MEMORY);
    cs_buf_free(&bytes);
    cs_buf_free(&other);
    cs_buf_free(&little);
}

static void digests(void **state)
{
    (void)state;
    cs_digest memory, expect;
    cs_slice digest;
    const cs_kms_request message = {.message = CS_LIT("m")}, given = {.digest = CS_LIT("0123456789abcdef")};
    assert_int_equal(cs_hash(&expect, CS_SHA256, CS_LIT("m")), CS_OK);
    assert_int_equal(cs_kms_rest_digest(&digest, &memory, &message), CS_OK);
    assert_true(cs_slice_eq(digest, cs_digest_slice(&expect)));
    assert_int_equal(cs_kms_rest_digest(&digest, &memory, &given), CS_OK);
    assert_true(cs_slice_eq(digest, given.digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(contexts), cmocka_unit_test(questions),
                                       cmocka_unit_test(data_keys), cmocka_unit_test(digests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
