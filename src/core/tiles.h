/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roots and proofs of an RFC 6962 tree from the hashes that are kept of it.
 *
 * Kept are the leaf hashes (level 0) and, at level L, the roots of the complete subtrees of 256^L leaves: the hashes of
 * the full tiles of C2SP tlog-tiles. Everything between is computed, at most 255 nodes from one level for a hash of a
 * proof. Pure: where the hashes lie is for the reader that the caller brings.
 */
#ifndef CS_CORE_TILES_H
#define CS_CORE_TILES_H

#include "core/merkle.h"

#define CS_TILE_HEIGHT 8
#define CS_TILE_WIDTH 256 /* hashes of a full tile */

/* Appends the hashes `first` … `first` + `count` - 1 of `level`, 32 bytes each; 1 <= count <= 128. Any error ends the
 * computation and is returned; fewer or more bytes than asked for are CS_INTERNAL. */
typedef cs_err (*cs_node_reader)(void *context, cs_buf *out, unsigned level, uint64_t first, size_t count);

/* Root of the first `size` leaves; of none SHA-256(""). Errors of all four: the reader's, CS_CRYPTO, CS_NO_MEMORY, and
 * CS_BAD_FIELD where the numbers do not fit together or a size is 2^63 or more. */
CS_MUST_CHECK cs_err cs_tiles_root(uint8_t out[CS_SHA256_LEN], uint64_t size, cs_node_reader read, void *context);

/* Appends the inclusion proof of leaf `index` < size as concatenated hashes, leaf to root [RFC 9162 §2.1.3.1]. */
CS_MUST_CHECK cs_err cs_tiles_inclusion(cs_buf *proof, uint64_t index, uint64_t size, cs_node_reader read,
                                        void *context);

/* Appends the consistency proof from the tree of size1 leaves to that of size2, 1 <= size1 <= size2; nothing for equal
 * sizes [RFC 9162 §2.1.4.1]. */
CS_MUST_CHECK cs_err cs_tiles_consistency(cs_buf *proof, uint64_t size1, uint64_t size2, cs_node_reader read,
                                          void *context);

/* The tree of `size` leaves, ready to be appended to. */
CS_MUST_CHECK cs_err cs_tiles_frontier(cs_merkle *out, uint64_t size, cs_node_reader read, void *context);

#endif
