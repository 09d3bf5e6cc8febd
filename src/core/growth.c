/* SPDX-License-Identifier: Apache-2.0 */
#include "core/growth.h"

#include <string.h>

/* The new nodes of a level: numbers first … last. A node without a sibling to its right stands for itself one level
 * up, which is what the hash of an incomplete subtree comes to [RFC 9162 §2.1.1]. */
struct level {
    uint64_t first, last;
    size_t at; /* offset of the first in `nodes` */
};

static struct level leaf_level(const cs_growth *g)
{
    return (struct level){.first = g->before.size, .last = g->size - 1};
}

static struct level level_above(const struct level *l)
{
    return (struct level){
        .first = l->first >> 1, .last = l->last >> 1, .at = l->at + (size_t)(l->last - l->first + 1) * CS_SHA256_LEN};
}

/* The complete subtree of 2^height leaves at the right end of the older tree, which has one if that bit is set. */
static const uint8_t *older(const cs_growth *g, unsigned height)
{
    return g->before.node[__builtin_popcountll(g->before.size >> height) - 1];
}

static const uint8_t *newer(const cs_growth *g, const struct level *l, uint64_t number)
{
    return g->nodes.p + l->at + (size_t)(number - l->first) * CS_SHA256_LEN;
}

/* Adds the level above `l`, which is `height` levels above the leaves. */
static cs_err add_level(cs_growth *g, const struct level *l, unsigned height)
{
    cs_err err = g->nodes.err;
    for (uint64_t n = l->first >> 1; err == CS_OK && n <= l->last >> 1; n++) {
        uint8_t node[CS_SHA256_LEN];
        const uint8_t *left = 2 * n < l->first ? older(g, height) : newer(g, l, 2 * n);
        if (2 * n + 1 > l->last)
            memcpy(node, left, sizeof node);
        else
            err = cs_merkle_node(node, left, newer(g, l, 2 * n + 1));
        if (err == CS_OK)
            cs_buf_add(&g->nodes, CS_ARRAY(node));
        if (err == CS_OK)
            err = g->nodes.err;
    }
    return err;
}

cs_err cs_growth_make(cs_growth *out, const cs_merkle *before, cs_slice leaves)
{
    size_t n = leaves.n / CS_SHA256_LEN;
    *out = (cs_growth){.before = *before,
                       .size = before->size + n,
                       .nodes = cs_buf_new((2 * (size_t)CS_MAX_GROWTH + 2 * CS_MERKLE_LEVELS) * CS_SHA256_LEN)};
    if (n == 0 || n > CS_MAX_GROWTH || leaves.n % CS_SHA256_LEN != 0 || out->size >> CS_MERKLE_LEVELS != 0)
        return CS_BAD_FIELD;
    (void)cs_buf_reserve(&out->nodes, 2 * leaves.n + (size_t)2 * CS_MERKLE_LEVELS * CS_SHA256_LEN);
    cs_buf_add(&out->nodes, leaves);
    cs_err err = out->nodes.err;
    struct level l = leaf_level(out);
    for (unsigned height = 0; err == CS_OK && l.last > 0; height++) {
        err = add_level(out, &l, height);
        l = level_above(&l);
    }
    return err;
}

void cs_growth_free(cs_growth *g)
{
    cs_buf_free(&g->nodes);
}

cs_err cs_growth_inclusion(cs_buf *proof, const cs_growth *g, uint64_t index)
{
    if (index < g->before.size || index >= g->size)
        return CS_BAD_FIELD;
    struct level l = leaf_level(g);
    for (unsigned height = 0; l.last > 0; height++, index >>= 1, l = level_above(&l)) {
        uint64_t sibling = index ^ 1;
        if (sibling <= l.last)
            cs_buf_add(proof, cs_slice_of(sibling < l.first ? older(g, height) : newer(g, &l, sibling), CS_SHA256_LEN));
    }
    return proof->err;
}
