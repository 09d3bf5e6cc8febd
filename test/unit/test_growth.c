/* SPDX-License-Identifier: Apache-2.0 */
/* Each proof of each small growth of each small tree, verified as anybody would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/growth.h"

#define MOST 70

typedef uint8_t hash[CS_SHA256_LEN];

static hash leaves[2 * MOST];

static int make_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * MOST; i++) {
        uint8_t entry[] = {'e', (uint8_t)i};
        if (cs_merkle_leaf(leaves[i], CS_ARRAY(entry)) != CS_OK)
            return 1;
    }
    return 0;
}

static cs_merkle tree_of(size_t n)
{
    cs_merkle t = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(cs_merkle_append(&t, leaves[i]), CS_OK);
    return t;
}

static void proofs_of_new_leaves(void **state)
{
    (void)state;
    for (size_t before = 0; before < MOST; before++) {
        for (size_t n = 1; n < MOST; n += 1 + n / 20) {
            cs_merkle old = tree_of(before), new = tree_of(before + n);
            cs_growth g;
            hash root;
            assert_int_equal(cs_merkle_root(root, &new), CS_OK);
            assert_int_equal(cs_growth_make(&g, &old, cs_slice_of(leaves[before], n * sizeof(hash))), CS_OK);
            for (size_t i = before; i < before + n; i++) {
                cs_buf proof = cs_buf_new(CS_MERKLE_LEVELS * sizeof(hash));
                assert_int_equal(cs_growth_inclusion(&proof, &g, i), CS_OK);
                assert_int_equal(cs_merkle_verify_inclusion(i, before + n, leaves[i], cs_buf_slice(&proof), root),
                                 CS_OK);
                cs_buf_free(&proof);
            }
            cs_growth_free(&g);
        }
    }
}

static void what_is_no_growth(void **state)
{
    (void)state;
    cs_merkle old = tree_of(5), huge = {.size = (UINT64_C(1) << CS_MERKLE_LEVELS) - 1};
    cs_buf proof = cs_buf_new(CS_MERKLE_LEVELS * sizeof(hash));
    const struct {
        const cs_merkle *before;
        cs_slice leaves;
    } rows[] = {
        {&old, CS_ABSENT},
        {&old, CS_LIT("")},
        {&old, cs_slice_of(leaves, 31)},
        {&old, cs_slice_of(leaves, 33)},
        {&huge, cs_slice_of(leaves, 32)},
    };
    cs_growth g;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(cs_growth_make(&g, rows[i].before, rows[i].leaves), CS_BAD_FIELD);
        cs_growth_free(&g);
    }
    assert_int_equal(cs_growth_make(&g, &old, cs_slice_of(leaves[5], 3 * sizeof(hash))), CS_OK);
    assert_int_equal(cs_growth_inclusion(&proof, &g, 4), CS_BAD_FIELD);
    assert_int_equal(cs_growth_inclusion(&proof, &g, 8), CS_BAD_FIELD);
    assert_int_equal(proof.n, 0);
    cs_growth_free(&g);
    cs_buf_free(&proof);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs_of_new_leaves),
        cmocka_unit_test(what_is_no_growth),
    };
    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
