/* SPDX-License-Identifier: Apache-2.0 */
#include "core/merkle.h"

#include <string.h>

typedef uint8_t node[CS_SHA256_LEN];

cs_err cs_merkle_node(uint8_t out[CS_SHA256_LEN], const uint8_t left[CS_SHA256_LEN], const uint8_t right[CS_SHA256_LEN])
{
    uint8_t bytes[1 + 2 * CS_SHA256_LEN] = {1};
    cs_digest d;
    memcpy(bytes + 1, left, CS_SHA256_LEN);
    memcpy(bytes + 1 + CS_SHA256_LEN, right, CS_SHA256_LEN);
    cs_err err = cs_hash(&d, CS_SHA256, CS_ARRAY(bytes));
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    return err;
}

static size_t node_count(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

cs_err cs_merkle_leaf(uint8_t out[CS_SHA256_LEN], cs_slice entry)
{
    cs_hasher *h = NULL;
    cs_digest d;
    cs_err err = cs_hasher_new(&h, CS_SHA256);
    if (err == CS_OK)
        err = cs_hasher_add(h, cs_slice_of("\0", 1));
    if (err == CS_OK)
        err = cs_hasher_add(h, entry);
    if (err == CS_OK)
        err = cs_hasher_end(h, &d);
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    cs_hasher_free(h);
    return err;
}

/* Each trailing 1 of the size is a complete subtree that the new leaf completes to one of twice its size. */
cs_err cs_merkle_append(cs_merkle *t, const uint8_t leaf[CS_SHA256_LEN])
{
    if (t->size >= (UINT64_C(1) << CS_MERKLE_LEVELS) - 1)
        return CS_TOO_LARGE;
    size_t count = node_count(t->size);
    node merged;
    memcpy(merged, leaf, sizeof merged);
    for (uint64_t rest = t->size; rest & 1; rest >>= 1) {
        cs_err err = cs_merkle_node(merged, t->node[--count], merged);
        if (err != CS_OK)
            return err;
    }
    memcpy(t->node[count], merged, sizeof merged);
    t->size++;
    return CS_OK;
}

cs_err cs_merkle_complete(uint8_t out[CS_SHA256_LEN], const cs_merkle *t, const uint8_t leaf[CS_SHA256_LEN],
                          unsigned height)
{
    uint64_t leaves = height < CS_MERKLE_LEVELS ? UINT64_C(1) << height : 0;
    if (leaves == 0 || ((t->size + 1) & (leaves - 1)) != 0)
        return CS_BAD_FORMAT;
    size_t count = node_count(t->size);
    node merged;
    memcpy(merged, leaf, sizeof merged);
    for (unsigned i = 0; i < height; i++) {
        cs_err err = cs_merkle_node(merged, t->node[--count], merged);
        if (err != CS_OK)
            return err;
    }
    memcpy(out, merged, sizeof merged);
    return CS_OK;
}

cs_err cs_merkle_root(uint8_t out[CS_SHA256_LEN], const cs_merkle *t)
{
    size_t count = node_count(t->size);
    cs_err err = CS_OK;
    if (count == 0) {
        cs_digest d;
        err = cs_hash(&d, CS_SHA256, CS_LIT(""));
        if (err == CS_OK)
            memcpy(out, d.b, CS_SHA256_LEN);
        return err;
    }
    node root;
    memcpy(root, t->node[--count], sizeof root);
    while (err == CS_OK && count > 0)
        err = cs_merkle_node(root, t->node[--count], root);
    if (err == CS_OK)
        memcpy(out, root, sizeof root);
    return err;
}

void cs_merkle_write(cs_buf *out, const cs_merkle *t)
{
    cs_buf_add_u64(out, t->size);
    cs_buf_add(out, cs_slice_of(t->node, node_count(t->size) * CS_SHA256_LEN));
}

cs_err cs_merkle_read(cs_merkle *t, cs_slice bytes)
{
    cs_reader r = cs_reader_of(bytes);
    *t = (cs_merkle){0};
    uint64_t size = cs_read_u64(&r);
    if (size >> CS_MERKLE_LEVELS != 0)
        return CS_BAD_FORMAT;
    cs_slice nodes = cs_read_bytes(&r, node_count(size) * CS_SHA256_LEN);
    cs_err err = cs_read_end(&r);
    if (err != CS_OK)
        return err;
    t->size = size;
    if (nodes.n > 0)
        memcpy(t->node, nodes.p, nodes.n);
    return CS_OK;
}

static bool is_node(const node a, const node b)
{
    return memcmp(a, b, CS_SHA256_LEN) == 0;
}

/* One level up, and on to the next one at which node fn has a sibling. fn is the node's number at its level, sn that of
 * the last node there; `right` says that the node was a right child or had none beside it. */
static void climb(uint64_t *fn, uint64_t *sn, bool right)
{
    while (right && !(*fn & 1) && *fn != 0) {
        *fn >>= 1;
        *sn >>= 1;
    }
    *fn >>= 1;
    *sn >>= 1;
}

cs_err cs_merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[CS_SHA256_LEN], cs_slice proof,
                                  const uint8_t root[CS_SHA256_LEN])
{
    if (index >= size || proof.n % CS_SHA256_LEN != 0)
        return CS_BAD_FORMAT;
    uint64_t fn = index, sn = size - 1;
    node r;
    memcpy(r, leaf, sizeof r);
    for (size_t at = 0; at < proof.n; at += CS_SHA256_LEN) {
        const uint8_t *p = proof.p + at;
        if (sn == 0)
            return CS_BAD_SIGNATURE;
        bool right = (fn & 1) || fn == sn;
        cs_err err = right ? cs_merkle_node(r, p, r) : cs_merkle_node(r, r, p);
        if (err != CS_OK)
            return err;
        climb(&fn, &sn, right);
    }
    return sn == 0 && is_node(r, root) ? CS_OK : CS_BAD_SIGNATURE;
}

/* The proof rebuilds both roots, fr and sr, from the last complete subtree of the older tree. */
static cs_err walk_consistency(node fr, node sr, uint64_t fn, uint64_t *sn, cs_slice proof)
{
    for (size_t at = 0; at < proof.n; at += CS_SHA256_LEN) {
        const uint8_t *c = proof.p + at;
        cs_err err;
        if (*sn == 0)
            return CS_BAD_SIGNATURE;
        bool right = (fn & 1) || fn == *sn;
        if (right) {
            err = cs_merkle_node(fr, c, fr);
            if (err == CS_OK)
                err = cs_merkle_node(sr, c, sr);
        } else {
            err = cs_merkle_node(sr, sr, c);
        }
        if (err != CS_OK)
            return err;
        climb(&fn, sn, right);
    }
    return CS_OK;
}

cs_err cs_merkle_verify_consistency(uint64_t size1, uint64_t size2, cs_slice proof, const uint8_t root1[CS_SHA256_LEN],
                                    const uint8_t root2[CS_SHA256_LEN])
{
    if (size1 == 0 || size1 > size2 || proof.n % CS_SHA256_LEN != 0)
        return CS_BAD_FORMAT;
    if (size1 == size2)
        return proof.n == 0 && is_node(root1, root2) ? CS_OK : CS_BAD_SIGNATURE;

    uint64_t fn = size1 - 1, sn = size2 - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    /* fn 0: the older tree is itself that subtree, and the proof leaves it out. */
    node fr, sr;
    const uint8_t *first = root1;
    if (fn != 0) {
        if (proof.n == 0)
            return CS_BAD_SIGNATURE;
        first = proof.p;
        proof = cs_slice_sub(proof, CS_SHA256_LEN, proof.n);
    }
    memcpy(fr, first, sizeof fr);
    memcpy(sr, first, sizeof sr);
    cs_err err = walk_consistency(fr, sr, fn, &sn, proof);
    if (err != CS_OK)
        return err;
    return sn == 0 && is_node(fr, root1) && is_node(sr, root2) ? CS_OK : CS_BAD_SIGNATURE;
}
