/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/tails.h"

#include <stdlib.h>
#include <string.h>

struct cs_tails {
    uint64_t transaction;
    size_t last; /* found by the last search */
    cs_tail of[CS_MAX_TAILS];
};

cs_err cs_tails_new(cs_tails **out)
{
    cs_tails *t = calloc(1, sizeof *t);
    *out = t;
    if (t == NULL)
        return CS_NO_MEMORY;
    for (size_t i = 0; i < CS_MAX_TAILS; i++)
        t->of[i].leaves = cs_buf_new((size_t)CS_MAX_GROWTH * CS_SHA256_LEN);
    return CS_OK;
}

void cs_tails_free(cs_tails *t)
{
    for (size_t i = 0; t != NULL && i < CS_MAX_TAILS; i++) {
        cs_buf_free(&t->of[i].leaves);
        cs_growth_free(&t->of[i].growth);
    }
    free(t);
}

void cs_tails_begin(cs_tails *t)
{
    t->transaction++;
}

/* The tail of that org, or the place for it: the one that was used longest ago. */
static cs_tail *search(cs_tails *t, cs_slice org)
{
    cs_tail *oldest = &t->of[0];
    if (cs_slice_is(org, t->of[t->last].org))
        return &t->of[t->last];
    for (size_t i = 0; i < CS_MAX_TAILS; i++) {
        if (cs_slice_is(org, t->of[i].org)) {
            t->last = i;
            return &t->of[i];
        }
        if (t->of[i].used < oldest->used)
            oldest = &t->of[i];
    }
    if (oldest->used == t->transaction)
        return NULL;
    oldest->org[0] = '\0';
    return oldest;
}

/* The first time that this transaction has to do with it. */
static void begin(cs_tail *tail, uint64_t transaction)
{
    tail->used = transaction;
    tail->before = tail->head.tree;
    tail->grown = false;
    cs_buf_clear(&tail->leaves);
    cs_growth_free(&tail->growth);
}

cs_err cs_tails_find(cs_tail **out, cs_tails *t, cs_store *store, cs_slice org)
{
    cs_tail *tail = org.n > 0 ? search(t, org) : NULL;
    *out = tail;
    if (tail == NULL)
        return CS_INTERNAL; /* of no ledger, or of more than a round has */
    bool first = tail->used != t->transaction;
    if (tail->org[0] == '\0' || (first && cs_store_is_shared(store))) {
        cs_err err = cs_store_get_head(store, &tail->head, org);
        if (err == CS_OK)
            err = cs_slice_to_cstr(tail->org, sizeof tail->org, org);
        if (err != CS_OK)
            return err;
        tail->used = 0;
    }
    if (tail->used != t->transaction)
        begin(tail, t->transaction);
    return CS_OK;
}

cs_err cs_tails_put(cs_tails *t, cs_store *store)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < CS_MAX_TAILS; i++) {
        const cs_tail *tail = &t->of[i];
        if (tail->org[0] != '\0' && tail->used == t->transaction && tail->head.tree.size != tail->before.size)
            err = cs_store_put_head(store, cs_slice_str(tail->org), &tail->head);
    }
    return err;
}

void cs_tails_forget(cs_tails *t)
{
    for (size_t i = 0; i < CS_MAX_TAILS; i++)
        if (t->of[i].used == t->transaction)
            t->of[i].org[0] = '\0';
}

/* The leaf, and the root of each subtree of 256, 65,536 … leaves that it completes. */
static cs_err put_nodes(cs_store *store, cs_slice org, const cs_merkle *tree, const uint8_t leaf[CS_SHA256_LEN])
{
    uint64_t n = tree->size;
    cs_err err = cs_store_put_node(store, org, 0, n, leaf);
    for (unsigned level = 1; err == CS_OK && (n & 0xff) == 0xff; level++) {
        uint8_t root[CS_SHA256_LEN];
        n >>= 8;
        err = cs_merkle_complete(root, tree, leaf, 8 * level);
        if (err == CS_OK)
            err = cs_store_put_node(store, org, level, n, root);
    }
    return err;
}

/* Leaves of entries that were taken back stand behind the end and are written over. */
static cs_err keep_leaf(cs_tail *tail, const uint8_t leaf[CS_SHA256_LEN])
{
    tail->leaves.n = (size_t)(tail->head.tree.size - tail->before.size) * CS_SHA256_LEN;
    cs_buf_add(&tail->leaves, cs_slice_of(leaf, CS_SHA256_LEN));
    return tail->leaves.err;
}

cs_err cs_tails_append(cs_tail *tail, uint8_t hash[CS_SHA256_LEN], cs_store *store, cs_entry *entry, cs_entry_row *row)
{
    cs_slice org = cs_slice_str(tail->org);
    cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    uint8_t leaf[CS_SHA256_LEN];
    cs_digest digest;
    cs_merkle next = tail->head.tree;
    entry->seq = next.size;
    memcpy(entry->prev, tail->head.last, sizeof entry->prev);
    cs_err err = cs_entry_write(&bytes, entry);
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA256, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = cs_merkle_leaf(leaf, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = keep_leaf(tail, leaf);
    if (err == CS_OK)
        err = put_nodes(store, org, &next, leaf);
    if (err == CS_OK)
        err = cs_merkle_append(&next, leaf);
    if (err == CS_OK) {
        row->seq = entry->seq;
        row->subject_id = entry->subject_id;
        row->bytes = cs_buf_slice(&bytes);
        err = cs_store_put_entry(store, org, row, entry->time_ms);
        row->bytes = CS_ABSENT;
    }
    if (err == CS_OK) {
        tail->head.tree = next;
        memcpy(tail->head.last, digest.b, sizeof tail->head.last);
        memcpy(hash, digest.b, CS_SHA256_LEN);
    }
    cs_buf_free(&bytes);
    return err;
}

cs_err cs_tails_inclusion(cs_buf *proof, cs_tail *tail, uint64_t seq)
{
    cs_err err = CS_OK;
    if (!tail->grown) {
        size_t n = (size_t)(tail->head.tree.size - tail->before.size) * CS_SHA256_LEN;
        err = cs_growth_make(&tail->growth, &tail->before, cs_slice_of(tail->leaves.p, n));
        tail->grown = err == CS_OK;
    }
    return err == CS_OK ? cs_growth_inclusion(proof, &tail->growth, seq) : err;
}
