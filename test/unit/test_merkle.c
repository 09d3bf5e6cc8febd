/* SPDX-License-Identifier: Apache-2.0 */
/* The tree against a plain recursion of RFC 6962 §2.1, the proofs against public cases and against every proof of small
 * trees with every hash and number changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/encode.h"
#include "core/json.h"
#include "core/merkle.h"
#include "sys/file.h"

#define LEAVES 33
#define MAX_VECTORS (4u << 20)

typedef uint8_t hash[CS_SHA256_LEN];

static void hash_children(hash out, const hash left, const hash right)
{
    uint8_t bytes[65] = {1};
    cs_digest d;
    memcpy(bytes + 1, left, 32);
    memcpy(bytes + 33, right, 32);
    assert_int_equal(cs_hash(&d, CS_SHA256, CS_ARRAY(bytes)), CS_OK);
    memcpy(out, d.b, 32);
}

static void make_leaf(hash out, size_t i)
{
    uint8_t entry[] = {'e', (uint8_t)i};
    assert_int_equal(cs_merkle_leaf(out, CS_ARRAY(entry)), CS_OK);
}

static size_t split_point(size_t n)
{
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

/* MTH of leaves [from, from + n), n > 0 [RFC 6962 §2.1] */
static void plain_root(hash out, size_t from, size_t n)
{
    hash left, right;
    if (n == 1) {
        make_leaf(out, from);
        return;
    }
    plain_root(left, from, split_point(n));
    plain_root(right, from + split_point(n), n - split_point(n));
    hash_children(out, left, right);
}

/* PATH(m, D[n]) [RFC 6962 §2.1.1] */
static void plain_path(cs_buf *out, size_t m, size_t from, size_t n)
{
    hash h;
    if (n == 1)
        return;
    size_t k = split_point(n);
    if (m < k) {
        plain_path(out, m, from, k);
        plain_root(h, from + k, n - k);
    } else {
        plain_path(out, m - k, from + k, n - k);
        plain_root(h, from, k);
    }
    cs_buf_add(out, CS_ARRAY(h));
}

/* SUBPROOF(m, D[n], b) [RFC 6962 §2.1.2] */
static void plain_subproof(cs_buf *out, size_t m, size_t from, size_t n, bool whole)
{
    hash h;
    if (m == n) {
        if (!whole) {
            plain_root(h, from, n);
            cs_buf_add(out, CS_ARRAY(h));
        }
        return;
    }
    size_t k = split_point(n);
    if (m <= k) {
        plain_subproof(out, m, from, k, whole);
        plain_root(h, from + k, n - k);
    } else {
        plain_subproof(out, m - k, from + k, n - k, false);
        plain_root(h, from, k);
    }
    cs_buf_add(out, CS_ARRAY(h));
}

static void frontier_gives_the_root(void **state)
{
    (void)state;
    static const uint8_t empty[32] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                      0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                      0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
    cs_merkle t = {0};
    hash root, want, leaf;
    assert_int_equal(cs_merkle_root(root, &t), CS_OK);
    assert_memory_equal(root, empty, 32);
    for (size_t n = 1; n <= 200; n++) {
        make_leaf(leaf, n - 1);
        assert_int_equal(cs_merkle_append(&t, leaf), CS_OK);
        assert_int_equal(t.size, n);
        assert_int_equal(cs_merkle_root(root, &t), CS_OK);
        plain_root(want, 0, n);
        assert_memory_equal(root, want, 32);
    }
}

/* The roots of the complete subtrees, just before their last leaf is appended. */
static void completed_subtrees(void **state)
{
    (void)state;
    cs_merkle t = {0};
    hash got, want, leaf;
    for (size_t n = 0; n < 130; n++) {
        make_leaf(leaf, n);
        for (unsigned height = 0; height < 10; height++) {
            size_t leaves = (size_t)1 << height;
            if ((n + 1) % leaves != 0) {
                assert_int_equal(cs_merkle_complete(got, &t, leaf, height), CS_BAD_FORMAT);
                continue;
            }
            assert_int_equal(cs_merkle_complete(got, &t, leaf, height), CS_OK);
            plain_root(want, n + 1 - leaves, leaves);
            assert_memory_equal(got, want, 32);
        }
        assert_int_equal(cs_merkle_append(&t, leaf), CS_OK);
    }
    assert_int_equal(cs_merkle_complete(got, &t, leaf, CS_MERKLE_LEVELS), CS_BAD_FORMAT);
    assert_int_equal(cs_merkle_complete(got, &t, leaf, 64), CS_BAD_FORMAT);
}

static void stored_form(void **state)
{
    (void)state;
    cs_merkle t = {0}, back;
    hash leaf, root, root_back;
    for (size_t n = 0; n <= LEAVES; n++) {
        cs_buf out = cs_buf_new(4096);
        cs_merkle_write(&out, &t);
        assert_int_equal(out.n, 8 + 32 * (size_t)__builtin_popcountll(n));
        assert_int_equal(cs_merkle_read(&back, cs_buf_slice(&out)), CS_OK);
        assert_int_equal(cs_merkle_root(root, &t), CS_OK);
        assert_int_equal(cs_merkle_root(root_back, &back), CS_OK);
        assert_memory_equal(root, root_back, 32);
        for (size_t cut = 0; cut < out.n; cut++) {
            assert_int_equal(cs_merkle_read(&back, cs_slice_of(out.p, cut)), CS_BAD_FORMAT);
            assert_int_equal(back.size, 0);
        }
        cs_buf_add_u8(&out, 0);
        assert_int_equal(cs_merkle_read(&back, cs_buf_slice(&out)), CS_BAD_FORMAT);
        cs_buf_free(&out);
        make_leaf(leaf, n);
        assert_int_equal(cs_merkle_append(&t, leaf), CS_OK);
    }
    static const uint8_t too_big[8] = {0x80};
    assert_int_equal(cs_merkle_read(&back, CS_ARRAY(too_big)), CS_BAD_FORMAT);
}

static void full_tree_takes_no_leaf(void **state)
{
    (void)state;
    cs_merkle t = {.size = (UINT64_C(1) << CS_MERKLE_LEVELS) - 1};
    const hash leaf = {0};
    assert_int_equal(cs_merkle_append(&t, leaf), CS_TOO_LARGE);
    assert_int_equal(t.size, (UINT64_C(1) << CS_MERKLE_LEVELS) - 1);
}

static void refuse_changed_inclusion(size_t m, size_t n, hash leaf, cs_slice proof, hash root)
{
    uint8_t copy[64 * 32];
    memcpy(copy, proof.p, proof.n);
    for (size_t i = 0; i < proof.n; i += 7) {
        copy[i] ^= 1;
        assert_int_equal(cs_merkle_verify_inclusion(m, n, leaf, cs_slice_of(copy, proof.n), root), CS_BAD_SIGNATURE);
        copy[i] ^= 1;
    }
    for (size_t cut = 0; cut < proof.n; cut++)
        assert_int_not_equal(cs_merkle_verify_inclusion(m, n, leaf, cs_slice_of(copy, cut), root), CS_OK);
    memcpy(copy + proof.n, root, 32);
    assert_int_equal(cs_merkle_verify_inclusion(m, n, leaf, cs_slice_of(copy, proof.n + 32), root), CS_BAD_SIGNATURE);
    for (size_t other = 0; other < n + 2; other++)
        if (other != m)
            assert_int_not_equal(cs_merkle_verify_inclusion(other, n, leaf, proof, root), CS_OK);
    leaf[0] ^= 1;
    assert_int_equal(cs_merkle_verify_inclusion(m, n, leaf, proof, root), CS_BAD_SIGNATURE);
    leaf[0] ^= 1;
    root[31] ^= 1;
    assert_int_equal(cs_merkle_verify_inclusion(m, n, leaf, proof, root), CS_BAD_SIGNATURE);
    root[31] ^= 1;
}

static void inclusion_of_every_leaf(void **state)
{
    (void)state;
    for (size_t n = 1; n <= LEAVES; n++) {
        hash root, leaf;
        plain_root(root, 0, n);
        for (size_t m = 0; m < n; m++) {
            cs_buf proof = cs_buf_new(4096);
            plain_path(&proof, m, 0, n);
            make_leaf(leaf, m);
            assert_int_equal(cs_merkle_verify_inclusion(m, n, leaf, cs_buf_slice(&proof), root), CS_OK);
            refuse_changed_inclusion(m, n, leaf, cs_buf_slice(&proof), root);
            cs_buf_free(&proof);
        }
    }
}

static void refuse_changed_consistency(size_t m, size_t n, cs_slice proof, hash root1, hash root2)
{
    uint8_t copy[64 * 32];
    memcpy(copy, proof.p, proof.n);
    for (size_t i = 0; i < proof.n; i += 7) {
        copy[i] ^= 1;
        assert_int_equal(cs_merkle_verify_consistency(m, n, cs_slice_of(copy, proof.n), root1, root2),
                         CS_BAD_SIGNATURE);
        copy[i] ^= 1;
    }
    for (size_t cut = 0; cut < proof.n; cut++)
        assert_int_not_equal(cs_merkle_verify_consistency(m, n, cs_slice_of(copy, cut), root1, root2), CS_OK);
    memcpy(copy + proof.n, root2, 32);
    assert_int_not_equal(cs_merkle_verify_consistency(m, n, cs_slice_of(copy, proof.n + 32), root1, root2), CS_OK);
    root1[0] ^= 1;
    assert_int_equal(cs_merkle_verify_consistency(m, n, proof, root1, root2), CS_BAD_SIGNATURE);
    root1[0] ^= 1;
    root2[0] ^= 1;
    assert_int_equal(cs_merkle_verify_consistency(m, n, proof, root1, root2), CS_BAD_SIGNATURE);
    root2[0] ^= 1;
    if (m != n)
        assert_int_equal(cs_merkle_verify_consistency(n, m, proof, root2, root1), CS_BAD_FORMAT);
    assert_int_equal(cs_merkle_verify_consistency(0, n, proof, root1, root2), CS_BAD_FORMAT);
}

static void consistency_of_every_pair(void **state)
{
    (void)state;
    for (size_t n = 1; n <= LEAVES; n++) {
        hash root1, root2;
        plain_root(root2, 0, n);
        for (size_t m = 1; m <= n; m++) {
            cs_buf proof = cs_buf_new(4096);
            plain_root(root1, 0, m);
            plain_subproof(&proof, m, 0, n, true);
            assert_int_equal(cs_merkle_verify_consistency(m, n, cs_buf_slice(&proof), root1, root2), CS_OK);
            refuse_changed_consistency(m, n, cs_buf_slice(&proof), root1, root2);
            cs_buf_free(&proof);
        }
    }
}

/* A hash of a public case; those of another length ("garbage") are cut or filled to 32 bytes, equal ones alike. */
static void read_hash(cs_buf *out, cs_slice text)
{
    uint8_t bytes[64] = {0};
    cs_buf decoded = CS_BUF_OVER(bytes);
    assert_int_equal(cs_base64_decode(&decoded, text), CS_OK);
    cs_buf_add(out, cs_slice_of(bytes, 32));
}

/* Numbers past 2^53 - 1 stand for an index below zero. */
static uint64_t read_number(cs_jval v, const char *name)
{
    cs_jobj o = cs_jobj_open(v);
    int64_t n = cs_jobj_int(&o, name, 0, CS_JSON_INT_MAX);
    return o.err == CS_OK ? (uint64_t)n : UINT64_MAX;
}

/* `hashes`: leafHash and root, or root1 and root2; the proof follows. */
static void read_case(cs_buf *hashes, bool *refuse, cs_jval v, const char *first, const char *second)
{
    cs_jobj o = cs_jobj_open(v);
    read_hash(hashes, cs_jobj_str(&o, first, 64));
    read_hash(hashes, cs_jobj_str(&o, second, 64));
    *refuse = cs_jobj_bool_or(&o, "wantErr", true);
    assert_int_equal(o.err, CS_OK);
    cs_jval proof = cs_jobj_array_opt(&o, "proof"); /* null where there is none */
    for (size_t i = 0; i < cs_jarr_len(proof); i++)
        read_hash(hashes, cs_jval_str(cs_jarr_at(proof, i)));
}

static cs_err run_case(cs_jval v, bool inclusion, bool *refuse)
{
    cs_buf hashes = cs_buf_new(4096);
    read_case(&hashes, refuse, v, inclusion ? "leafHash" : "root1", inclusion ? "root" : "root2");
    assert_int_equal(hashes.err, CS_OK);
    cs_slice proof = cs_slice_sub(cs_buf_slice(&hashes), 64, hashes.n);
    uint64_t a = read_number(v, inclusion ? "leafIdx" : "size1"), b = read_number(v, inclusion ? "treeSize" : "size2");
    cs_err err = inclusion ? cs_merkle_verify_inclusion(a, b, hashes.p, proof, hashes.p + 32)
                           : cs_merkle_verify_consistency(a, b, proof, hashes.p, hashes.p + 32);
    cs_buf_free(&hashes);
    return err;
}

static void run_public_cases(const char *path, bool inclusion)
{
    cs_buf text = cs_buf_new(MAX_VECTORS);
    cs_json *doc = NULL;
    if (cs_file_read(&text, path) != CS_OK) {
        print_message("%s is not here\n", path);
        cs_buf_free(&text);
        skip();
    }
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), MAX_VECTORS), CS_OK);
    size_t n = cs_jarr_len(cs_json_root(doc));
    assert_int_equal(n, 66);
    for (size_t i = 0; i < n; i++) {
        bool refuse;
        cs_err err = run_case(cs_jarr_at(cs_json_root(doc), i), inclusion, &refuse);
        if ((err != CS_OK) != refuse)
            fail_msg("case %zu of %s: %s", i, path, cs_err_name(err));
    }
    cs_json_free(doc);
    cs_buf_free(&text);
}

static void public_inclusion_cases(void **state)
{
    (void)state;
    run_public_cases(CS_SHARED_VECTORS "/merkle/inclusion.json", true);
}

static void public_consistency_cases(void **state)
{
    (void)state;
    run_public_cases(CS_SHARED_VECTORS "/merkle/consistency.json", false);
}

/* A subtree [start, end) is a tree of its own where it begins at a multiple of a power of two that it does not exceed;
 * the others, and empty ones, are refused by who takes them apart, before our verifiers are asked. */
static bool is_subtree(uint64_t start, uint64_t end)
{
    uint64_t width = 1;
    while (start < end && width < end - start && width < UINT64_C(1) << 62)
        width *= 2;
    return start < end && start % width == 0;
}

/* No bytes instead of a hash: cannot be asked here, where hashes have 32. */
static bool lacks_hash(cs_jval v, const char *name)
{
    cs_jobj o = cs_jobj_open(v);
    return cs_jobj_str_opt(&o, name, 64).n == 0;
}

/* A leaf of a subtree is a leaf of that tree; a subtree that begins at 0 is consistent as an older tree is. */
static bool run_subtree_case(cs_jval v, bool inclusion, bool *refuse, cs_err *err)
{
    uint64_t start = read_number(v, "start"), end = read_number(v, "end"), leaf = read_number(v, "leafIdx");
    if (!is_subtree(start, end) || (!inclusion && start != 0) || (inclusion && leaf < start) ||
        lacks_hash(v, inclusion ? "leafHash" : "root1"))
        return false;
    cs_buf hashes = cs_buf_new(4096);
    read_case(&hashes, refuse, v, inclusion ? "leafHash" : "root1", inclusion ? "root" : "root2");
    assert_int_equal(hashes.err, CS_OK);
    cs_slice proof = cs_slice_sub(cs_buf_slice(&hashes), 64, hashes.n);
    *err = inclusion ? cs_merkle_verify_inclusion(leaf - start, end - start, hashes.p, proof, hashes.p + 32)
                     : cs_merkle_verify_consistency(end, read_number(v, "size"), proof, hashes.p, hashes.p + 32);
    cs_buf_free(&hashes);
    return true;
}

static void run_subtree_cases(const char *path, bool inclusion, size_t cases, size_t that_apply)
{
    cs_buf text = cs_buf_new(MAX_VECTORS);
    cs_json *doc = NULL;
    if (cs_file_read(&text, path) != CS_OK) {
        print_message("%s is not here\n", path);
        cs_buf_free(&text);
        skip();
    }
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), MAX_VECTORS), CS_OK);
    size_t ran = 0;
    assert_int_equal(cs_jarr_len(cs_json_root(doc)), cases);
    for (size_t i = 0; i < cases; i++) {
        bool refuse;
        cs_err err;
        if (!run_subtree_case(cs_jarr_at(cs_json_root(doc), i), inclusion, &refuse, &err))
            continue;
        if ((err != CS_OK) != refuse)
            fail_msg("case %zu of %s: %s", i, path, cs_err_name(err));
        ran++;
    }
    assert_int_equal(ran, that_apply);
    cs_json_free(doc);
    cs_buf_free(&text);
}

static void public_subtree_cases(void **state)
{
    (void)state;
    run_subtree_cases(CS_SHARED_VECTORS "/merkle/subtreeinclusion.json", true, 136, 119);
    run_subtree_cases(CS_SHARED_VECTORS "/merkle/subtreeconsistency.json", false, 79, 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frontier_gives_the_root),
        cmocka_unit_test(completed_subtrees),
        cmocka_unit_test(stored_form),
        cmocka_unit_test(full_tree_takes_no_leaf),
        cmocka_unit_test(inclusion_of_every_leaf),
        cmocka_unit_test(consistency_of_every_pair),
        cmocka_unit_test(public_inclusion_cases),
        cmocka_unit_test(public_consistency_cases),
        cmocka_unit_test(public_subtree_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
