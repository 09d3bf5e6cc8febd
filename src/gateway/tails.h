/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each ledger ends, and what an entry adds there: its bytes, its leaf, and the tree's nodes that it completes.
 *
 * The tails of the ledgers that were written last stay in memory, so a round of the group commit does not read them
 * again. Only its leader uses them (commit.h). What a transaction has moved is forgotten if that fails.
 */
#ifndef CS_GATEWAY_TAILS_H
#define CS_GATEWAY_TAILS_H

#include "core/entry.h"
#include "core/growth.h"
#include "gateway/store.h"

#define CS_MAX_TAILS 128 /* more than the ledgers of one round */

/* The end of one ledger. A caller reads `head` and may put back what it was. */
typedef struct cs_tail {
    cs_head head; /* as the transaction sees it */
    char org[CS_MAX_ID + 1];
    uint64_t used;    /* number of the last transaction that had to do with it */
    cs_merkle before; /* the tree when that began */
    cs_buf leaves;    /* leaf hashes that it has appended */
    cs_growth growth; /* made of them when somebody wants a proof */
    bool grown;
} cs_tail;

typedef struct cs_tails cs_tails;

CS_MUST_CHECK cs_err cs_tails_new(cs_tails **out);
void cs_tails_free(cs_tails *t); /* NULL is fine */

/* A new transaction begins. */
void cs_tails_begin(cs_tails *t);
/* The tail of a ledger, valid until the next transaction begins. */
CS_MUST_CHECK cs_err cs_tails_find(cs_tail **out, cs_tails *t, cs_store *store, cs_slice org);
/* Writes the moved heads into the transaction. */
CS_MUST_CHECK cs_err cs_tails_put(cs_tails *t, cs_store *store);
/* The transaction failed. */
void cs_tails_forget(cs_tails *t);

/* Appends an entry. `entry` brings all but seq and prev, `row` id, event type and key; they get the rest, and
 * row->bytes is absent again afterwards. `hash` gets that of the entry. Errors: those of cs_entry_write and of the
 * store. */
CS_MUST_CHECK cs_err cs_tails_append(cs_tail *tail, uint8_t hash[CS_SHA256_LEN], cs_store *store, cs_entry *entry,
                                     cs_entry_row *row);

/* Appends the inclusion proof of an entry that this transaction has appended, in the tree of tail->head. */
CS_MUST_CHECK cs_err cs_tails_inclusion(cs_buf *proof, cs_tail *tail, uint64_t seq);

#endif
