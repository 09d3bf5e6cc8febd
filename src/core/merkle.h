/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6962 Merkle tree over SHA-256, kept as its frontier: the roots of the complete subtrees, largest first.
 */
#ifndef CS_CORE_MERKLE_H
#define CS_CORE_MERKLE_H

#include "core/crypto.h"

#define CS_MERKLE_LEVELS 63

typedef struct cs_merkle {
    uint64_t size;                                 /* leaves */
    uint8_t node[CS_MERKLE_LEVELS][CS_SHA256_LEN]; /* one per bit set in size, highest bit first */
} cs_merkle;

/* SHA-256(00 ‖ entry) [RFC 6962 §2.1] */
CS_MUST_CHECK cs_err cs_merkle_leaf(uint8_t out[CS_SHA256_LEN], cs_slice entry);
/* SHA-256(01 ‖ left ‖ right); `out` may be one of the two. [RFC 6962 §2.1] */
CS_MUST_CHECK cs_err cs_merkle_node(uint8_t out[CS_SHA256_LEN], const uint8_t left[CS_SHA256_LEN],
                                    const uint8_t right[CS_SHA256_LEN]);
/* Adds a leaf hash. */
CS_MUST_CHECK cs_err cs_merkle_append(cs_merkle *t, const uint8_t leaf[CS_SHA256_LEN]);
/* Root of the complete subtree of 2^height leaves that `leaf`, appended next, would end. CS_BAD_FORMAT if the tree has
 * no such place next. */
CS_MUST_CHECK cs_err cs_merkle_complete(uint8_t out[CS_SHA256_LEN], const cs_merkle *t,
                                        const uint8_t leaf[CS_SHA256_LEN], unsigned height);
/* Root; of the empty tree SHA-256(""). */
CS_MUST_CHECK cs_err cs_merkle_root(uint8_t out[CS_SHA256_LEN], const cs_merkle *t);

/* Storage form: u64be size, then the nodes. */
void cs_merkle_write(cs_buf *out, const cs_merkle *t);
CS_MUST_CHECK cs_err cs_merkle_read(cs_merkle *t, cs_slice bytes);

/* Inclusion and consistency [RFC 9162 §2.1.3.2, §2.1.4.2]; proof = concatenated 32-byte hashes. CS_BAD_FORMAT or
 * CS_BAD_SIGNATURE if the proof is malformed or does not lead to the root. A consistency proof from size 0 is
 * refused. */
CS_MUST_CHECK cs_err cs_merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[CS_SHA256_LEN],
                                                cs_slice proof, const uint8_t root[CS_SHA256_LEN]);
CS_MUST_CHECK cs_err cs_merkle_verify_consistency(uint64_t size1, uint64_t size2, cs_slice proof,
                                                  const uint8_t root1[CS_SHA256_LEN],
                                                  const uint8_t root2[CS_SHA256_LEN]);

#endif
