/* SPDX-License-Identifier: Apache-2.0 */
/* The kept nodes of a realm's tree, read from the store as core/tiles.h wants them. */
#ifndef CS_GATEWAY_NODES_H
#define CS_GATEWAY_NODES_H

#include "core/tiles.h"
#include "gateway/store.h"

typedef struct cs_nodes {
    cs_store *store;
    cs_slice org; /* the realm */
} cs_nodes;

/* A cs_node_reader; the context is a cs_nodes. CS_NOT_FOUND: the tree has not grown that far. */
cs_err cs_nodes_read(void *nodes, cs_buf *out, unsigned level, uint64_t first, size_t count);

/* Appends the inclusion proof of an entry in the tree of a signed checkpoint, after it was verified as a client will:
 * nothing that was changed in the store leaves with a proof. CS_INTERNAL, logged, where it was; CS_STORE_UNAVAILABLE,
 * CS_CRYPTO, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_nodes_prove(cs_buf *proof, cs_nodes *nodes, uint64_t seq, cs_slice entry, cs_slice checkpoint);

#endif
