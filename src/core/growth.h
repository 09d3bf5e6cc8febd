/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inclusion proofs of leaves that were just appended, from what was at hand when they were: the tree before, as its
 * frontier, and the new leaf hashes. Nothing of the older tree is read; 2 hashes are computed for each new leaf.
 */
#ifndef CS_CORE_GROWTH_H
#define CS_CORE_GROWTH_H

#include "core/merkle.h"

#define CS_MAX_GROWTH (1u << 16) /* leaves that one growth can have */

typedef struct cs_growth {
    cs_merkle before;
    uint64_t size; /* of the tree with the new leaves */
    cs_buf nodes;  /* owned: the new nodes of each level, level 0 (the leaves) first */
} cs_growth;

/* `leaves` are concatenated hashes, at least one. Freed by the caller, whatever was returned. CS_BAD_FIELD for a number
 * of leaves that is no growth, CS_CRYPTO, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_growth_make(cs_growth *out, const cs_merkle *before, cs_slice leaves);
void cs_growth_free(cs_growth *g);

/* Appends the proof of leaf `index` in the tree of g->size leaves [RFC 9162 §2.1.3.1]. CS_BAD_FIELD if it is none of
 * the new ones. */
CS_MUST_CHECK cs_err cs_growth_inclusion(cs_buf *proof, const cs_growth *g, uint64_t index);

#endif
