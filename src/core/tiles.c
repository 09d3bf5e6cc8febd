/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tiles.h"

#include <string.h>

typedef uint8_t node[CS_SHA256_LEN];

struct source {
    cs_node_reader read;
    void *context;
};

/* Leaves [from, from + count) */
struct range {
    uint64_t from, count;
};

/* Siblings on the way from the root down to a leaf or to the end of the older tree. */
struct path {
    struct range range[2 * CS_MERKLE_LEVELS];
    size_t n;
};

static bool is_size(uint64_t size)
{
    return size >> CS_MERKLE_LEVELS == 0;
}

/* Largest power of two smaller than n, for n > 1. */
static uint64_t split_point(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* Root of a complete subtree of 2^height leaves: 2^(height mod 8) hashes of the level below it, joined pair by pair. */
static cs_err complete_root(node out, uint64_t from, unsigned height, struct source s)
{
    uint8_t bytes[CS_TILE_WIDTH / 2 * CS_SHA256_LEN];
    cs_buf nodes = CS_BUF_OVER(bytes);
    unsigned level = height / CS_TILE_HEIGHT;
    size_t count = (size_t)1 << height % CS_TILE_HEIGHT;
    cs_err err = s.read(s.context, &nodes, level, from >> CS_TILE_HEIGHT * level, count);
    if (err == CS_OK && (nodes.err != CS_OK || nodes.n != count * CS_SHA256_LEN))
        err = CS_INTERNAL;
    for (; err == CS_OK && count > 1; count /= 2)
        for (size_t i = 0; err == CS_OK && i < count / 2; i++)
            err = cs_merkle_node(bytes + i * CS_SHA256_LEN, bytes + 2 * i * CS_SHA256_LEN,
                                 bytes + (2 * i + 1) * CS_SHA256_LEN);
    if (err == CS_OK)
        memcpy(out, bytes, CS_SHA256_LEN);
    return err;
}

/* The complete subtrees of a range, largest first: one for each bit set in its count. */
static cs_err complete_roots(node *out, struct range r, struct source s)
{
    cs_err err = CS_OK;
    for (unsigned height = CS_MERKLE_LEVELS; err == CS_OK && height-- > 0;) {
        uint64_t leaves = UINT64_C(1) << height;
        if (!(r.count & leaves))
            continue;
        err = complete_root(*out++, r.from, height, s);
        r.from += leaves;
    }
    return err;
}

/* Appends the root of a range, which begins where a subtree of that size can. */
static cs_err add_root(cs_buf *out, struct range r, struct source s)
{
    node roots[CS_MERKLE_LEVELS];
    size_t n = (size_t)__builtin_popcountll(r.count);
    cs_err err = complete_roots(roots, r, s);
    while (err == CS_OK && --n > 0)
        err = cs_merkle_node(roots[n - 1], roots[n - 1], roots[n]);
    if (err == CS_OK) {
        cs_buf_add(out, CS_ARRAY(roots[0]));
        err = out->err;
    }
    return err;
}

/* A proof lists the siblings from below. */
static cs_err add_path(cs_buf *proof, struct path *path, struct source s)
{
    cs_err err = CS_OK;
    while (err == CS_OK && path->n > 0)
        err = add_root(proof, path->range[--path->n], s);
    return err;
}

cs_err cs_tiles_root(uint8_t out[CS_SHA256_LEN], uint64_t size, cs_node_reader read, void *context)
{
    cs_merkle tree;
    cs_err err = cs_tiles_frontier(&tree, size, read, context);
    return err == CS_OK ? cs_merkle_root(out, &tree) : err;
}

cs_err cs_tiles_frontier(cs_merkle *out, uint64_t size, cs_node_reader read, void *context)
{
    *out = (cs_merkle){0};
    if (!is_size(size))
        return CS_BAD_FIELD;
    cs_err err = complete_roots(out->node, (struct range){.count = size}, (struct source){read, context});
    out->size = err == CS_OK ? size : 0;
    return err;
}

cs_err cs_tiles_inclusion(cs_buf *proof, uint64_t index, uint64_t size, cs_node_reader read, void *context)
{
    struct path path = {.n = 0};
    if (!is_size(size) || index >= size)
        return CS_BAD_FIELD;
    for (struct range r = {.count = size}; r.count > 1;) {
        uint64_t k = split_point(r.count);
        if (index < r.from + k) {
            path.range[path.n++] = (struct range){r.from + k, r.count - k};
            r.count = k;
        } else {
            path.range[path.n++] = (struct range){r.from, k};
            r = (struct range){r.from + k, r.count - k};
        }
    }
    return add_path(proof, &path, (struct source){read, context});
}

cs_err cs_tiles_consistency(cs_buf *proof, uint64_t size1, uint64_t size2, cs_node_reader read, void *context)
{
    struct path path = {.n = 0};
    struct range r = {.count = size2};
    if (!is_size(size2) || size1 == 0 || size1 > size2)
        return CS_BAD_FIELD;
    /* Down to the subtree that ends where the older tree ends. */
    while (r.from + r.count != size1) {
        uint64_t k = split_point(r.count);
        if (size1 <= r.from + k) {
            path.range[path.n++] = (struct range){r.from + k, r.count - k};
            r.count = k;
        } else {
            path.range[path.n++] = (struct range){r.from, k};
            r = (struct range){r.from + k, r.count - k};
        }
    }
    /* The whole older tree is known to the verifier as its root. */
    if (r.from != 0)
        path.range[path.n++] = r;
    return add_path(proof, &path, (struct source){read, context});
}
