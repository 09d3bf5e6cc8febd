/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs over kept hashes: verified against the tree that was appended leaf by leaf, for every pair of small sizes and
 * for sizes around the borders of tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/tiles.h"

#define LEAVES 66000 /* more than 256^2: level 2 has a node */
#define SMALL 70

typedef uint8_t hash[CS_SHA256_LEN];

/* What is kept, and every root that the tree had. */
static struct kept {
    hash *level[3];
    size_t count[3];
    hash *root;
    unsigned reads;
    size_t longest;
    cs_err fail;
    size_t short_by;
} kept;

static cs_err read_kept(void *context, cs_buf *out, unsigned level, uint64_t first, size_t count)
{
    struct kept *k = context;
    k->reads++;
    if (count > k->longest)
        k->longest = count;
    if (k->fail != CS_OK)
        return k->fail;
    assert_true(level < 3 && count > 0);
    if (first + count > k->count[level])
        return CS_NOT_FOUND;
    cs_buf_add(out, cs_slice_of(k->level[level] + first, count * CS_SHA256_LEN - k->short_by));
    return CS_OK;
}

static int make_tree(void **state)
{
    (void)state;
    cs_merkle tree = {0}, part[3] = {{0}};
    for (size_t l = 0; l < 3; l++)
        kept.level[l] = calloc(LEAVES + 1, sizeof(hash));
    kept.root = calloc(LEAVES + 1, sizeof(hash));
    for (uint32_t i = 0; i < LEAVES; i++) {
        hash leaf;
        assert_int_equal(cs_merkle_leaf(leaf, cs_slice_of(&i, sizeof i)), CS_OK);
        memcpy(kept.level[0][kept.count[0]++], leaf, sizeof leaf);
        assert_int_equal(cs_merkle_append(&tree, leaf), CS_OK);
        assert_int_equal(cs_merkle_root(kept.root[i + 1], &tree), CS_OK);
        for (size_t l = 1; l < 3; l++) {
            assert_int_equal(cs_merkle_append(&part[l], leaf), CS_OK);
            if (part[l].size != (l == 1 ? 256 : 65536))
                continue;
            assert_int_equal(cs_merkle_root(kept.level[l][kept.count[l]++], &part[l]), CS_OK);
            part[l] = (cs_merkle){0};
        }
    }
    assert_int_equal(kept.count[1], LEAVES / 256);
    assert_int_equal(kept.count[2], 1);
    return 0;
}

static int free_tree(void **state)
{
    (void)state;
    for (size_t l = 0; l < 3; l++)
        free(kept.level[l]);
    free(kept.root);
    return 0;
}

static const uint64_t sizes[] = {127, 128, 129, 255, 256, 257, 511, 512, 513, 1000, 4096, 65535, 65536, 65537, LEAVES};
#define SIZE_COUNT (sizeof sizes / sizeof *sizes)

static void check_inclusion(uint64_t index, uint64_t size)
{
    cs_buf proof = cs_buf_new(4096);
    assert_int_equal(cs_tiles_inclusion(&proof, index, size, read_kept, &kept), CS_OK);
    assert_int_equal(
        cs_merkle_verify_inclusion(index, size, kept.level[0][index], cs_buf_slice(&proof), kept.root[size]), CS_OK);
    cs_buf_free(&proof);
}

static void check_consistency(uint64_t size1, uint64_t size2)
{
    cs_buf proof = cs_buf_new(8192);
    assert_int_equal(cs_tiles_consistency(&proof, size1, size2, read_kept, &kept), CS_OK);
    assert_int_equal(
        cs_merkle_verify_consistency(size1, size2, cs_buf_slice(&proof), kept.root[size1], kept.root[size2]), CS_OK);
    cs_buf_free(&proof);
}

static void every_small_tree(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= SMALL; n++)
        for (uint64_t m = 0; m < n; m++) {
            check_inclusion(m, n);
            check_consistency(m + 1, n);
        }
}

static void around_the_borders_of_tiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        const uint64_t indexes[] = {0, 1, sizes[i] / 2, sizes[i] - 2, sizes[i] - 1};
        for (size_t j = 0; j < sizeof indexes / sizeof *indexes; j++)
            check_inclusion(indexes[j], sizes[i]);
        for (size_t j = 0; j <= i; j++)
            check_consistency(sizes[j], sizes[i]);
    }
}

static void roots_and_frontiers(void **state)
{
    (void)state;
    hash root;
    cs_merkle tree;
    for (uint64_t n = 0; n <= SMALL + SIZE_COUNT - 1; n++) {
        uint64_t size = n < SMALL ? n : sizes[n - SMALL];
        cs_merkle plain = {0};
        if (size == 0)
            assert_int_equal(cs_merkle_root(kept.root[0], &plain), CS_OK);
        assert_int_equal(cs_tiles_root(root, size, read_kept, &kept), CS_OK);
        assert_memory_equal(root, kept.root[size], sizeof root);
        assert_int_equal(cs_tiles_frontier(&tree, size, read_kept, &kept), CS_OK);
        assert_int_equal(tree.size, size);
        if (size == LEAVES)
            continue;
        assert_int_equal(cs_merkle_append(&tree, kept.level[0][size]), CS_OK);
        assert_int_equal(cs_merkle_root(root, &tree), CS_OK);
        assert_memory_equal(root, kept.root[size + 1], sizeof root);
    }
}

/* One read a hash or complete subtree, of at most half a tile. */
static void few_reads(void **state)
{
    (void)state;
    cs_buf proof = cs_buf_new(4096);
    kept.reads = 0;
    kept.longest = 0;
    assert_int_equal(cs_tiles_inclusion(&proof, 12345, LEAVES, read_kept, &kept), CS_OK);
    assert_int_equal(proof.n, 17 * CS_SHA256_LEN);
    assert_true(kept.reads <= 17 + 16);
    assert_int_equal(kept.longest, 128);
    cs_buf_free(&proof);
}

static void refusals(void **state)
{
    (void)state;
    const uint64_t too_big = UINT64_C(1) << 63;
    hash root;
    cs_merkle tree;
    cs_buf proof = cs_buf_new(4096);
    assert_int_equal(cs_tiles_inclusion(&proof, 5, 5, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_inclusion(&proof, 0, 0, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_inclusion(&proof, 0, too_big, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_consistency(&proof, 0, 5, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_consistency(&proof, 6, 5, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_consistency(&proof, 1, too_big, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_root(root, too_big, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(cs_tiles_frontier(&tree, UINT64_MAX, read_kept, &kept), CS_BAD_FIELD);
    assert_int_equal(proof.n, 0);
    assert_int_equal(cs_tiles_inclusion(&proof, 0, LEAVES + 1, read_kept, &kept), CS_NOT_FOUND);
    kept.fail = CS_STORE_UNAVAILABLE;
    assert_int_equal(cs_tiles_root(root, 5, read_kept, &kept), CS_STORE_UNAVAILABLE);
    assert_int_equal(cs_tiles_frontier(&tree, 5, read_kept, &kept), CS_STORE_UNAVAILABLE);
    assert_int_equal(tree.size, 0);
    kept.fail = CS_OK;
    kept.short_by = 1;
    assert_int_equal(cs_tiles_root(root, 5, read_kept, &kept), CS_INTERNAL);
    kept.short_by = 0;
    cs_buf_free(&proof);
    uint8_t little[CS_SHA256_LEN];
    proof = CS_BUF_OVER(little);
    assert_int_equal(cs_tiles_inclusion(&proof, 0, 3, read_kept, &kept), CS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_tree),
        cmocka_unit_test(around_the_borders_of_tiles),
        cmocka_unit_test(roots_and_frontiers),
        cmocka_unit_test(few_reads),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, make_tree, free_tree);
}
