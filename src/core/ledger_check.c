/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger_check.h"

#include <string.h>

#include "core/entry.h"
#include "core/limits.h"

static bool same_hash(const uint8_t a[CS_SHA256_LEN], const uint8_t b[CS_SHA256_LEN])
{
    return memcmp(a, b, CS_SHA256_LEN) == 0;
}

void cs_ledger_check_begin(cs_ledger_check *c, const cs_vkey *keys, size_t key_count)
{
    *c = (cs_ledger_check){.keys = keys, .key_count = key_count, .suspect_bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY)};
}

void cs_ledger_check_free(cs_ledger_check *c)
{
    cs_buf_free(&c->suspect_bytes);
}

uint64_t cs_ledger_check_size(const cs_ledger_check *c)
{
    return c->fed;
}

uint64_t cs_ledger_check_covered(const cs_ledger_check *c)
{
    return c->sound;
}

/* -- checkpoints ------------------------------------------------------------------------------------------------- */

static cs_err compare_root(cs_ledger_check *c, const cs_ledger_root *told)
{
    uint8_t root[CS_SHA256_LEN];
    cs_err err = cs_merkle_root(root, &c->tree);
    if (err != CS_OK)
        return err;
    if (same_hash(root, told->root)) {
        c->sound = told->size;
    } else if (!c->has_wrong) {
        c->has_wrong = true;
        c->wrong = *told;
        c->wrong_from = c->sound;
    }
    return CS_OK;
}

/* Those that wait for the tree to have their size. */
static cs_err compare_reached(cs_ledger_check *c)
{
    cs_err err = CS_OK;
    size_t kept = 0;
    for (size_t i = 0; err == CS_OK && i < c->ahead_count; i++) {
        if (c->ahead[i].size == c->tree.size)
            err = compare_root(c, &c->ahead[i]);
        else
            c->ahead[kept++] = c->ahead[i];
    }
    c->ahead_count = kept;
    return err;
}

static cs_err read_checkpoint(cs_checkpoint *out, const cs_ledger_check *c, cs_slice bytes)
{
    cs_note note;
    cs_err err = cs_checkpoint_verify(out, &note, bytes, c->keys, c->key_count);
    /* Nobody pinned a key: the text counts for what it says. */
    return err == CS_NOTE_UNSIGNED && c->key_count == 0 ? CS_OK : err;
}

cs_err cs_ledger_check_checkpoint(cs_ledger_check *c, cs_slice bytes)
{
    cs_checkpoint told;
    cs_err err = read_checkpoint(&told, c, bytes);
    if (err != CS_OK)
        return err;
    if (c->origin[0] == '\0')
        err = cs_slice_to_cstr(c->origin, sizeof c->origin, told.origin);
    else if (!cs_slice_is(told.origin, c->origin))
        err = CS_NOTE_ORIGIN;
    if (err != CS_OK || c->chain.err != CS_OK)
        return err;
    cs_ledger_root root = {.size = told.size};
    memcpy(root.root, told.root, sizeof root.root);
    if (told.size < c->tree.size)
        return CS_BAD_FIELD;
    if (told.size == c->tree.size)
        return compare_root(c, &root);
    /* Where entries are missing, the checkpoints behind them pile up; those that are kept are enough to say so. */
    if (c->ahead_count == CS_MAX_KEPT_CHECKPOINTS)
        c->crowded = true;
    else
        c->ahead[c->ahead_count++] = root;
    return CS_OK;
}

/* -- the chain --------------------------------------------------------------------------------------------------- */

static cs_err read_facts(cs_ledger_link *out, cs_slice bytes)
{
    cs_entry_in entry;
    cs_digest d;
    *out = (cs_ledger_link){.seq = 0};
    cs_err err = cs_hash(&d, CS_SHA256, bytes);
    if (err != CS_OK)
        return err;
    memcpy(out->hash, d.b, CS_SHA256_LEN);
    err = cs_entry_read(&entry, bytes);
    out->readable = err == CS_OK;
    out->seq = entry.seq;
    memcpy(out->prev, entry.prev, CS_SHA256_LEN);
    cs_entry_in_free(&entry);
    return err == CS_NO_MEMORY ? err : CS_OK;
}

static cs_err accept(cs_ledger_check *c, const cs_ledger_link *f, cs_slice bytes)
{
    uint8_t leaf[CS_SHA256_LEN];
    cs_err err = cs_merkle_leaf(leaf, bytes);
    if (err == CS_OK)
        err = cs_merkle_append(&c->tree, leaf);
    c->last = *f;
    return err == CS_OK ? compare_reached(c) : err;
}

static void find(cs_ledger_check *c, cs_err err, uint64_t seq)
{
    c->chain = (cs_ledger_finding){err, seq, seq};
}

/* The suspect says its own place, but not the entry before it. `next` is NULL at the end. */
static void judge_prev(cs_ledger_check *c, const cs_ledger_link *next)
{
    const cs_ledger_link *s = &c->suspect;
    uint64_t place = c->tree.size;
    bool committed = next != NULL && next->readable && same_hash(next->prev, s->hash);
    bool replaced = next != NULL && next->readable && next->seq == place && same_hash(next->prev, c->last.hash);
    if (replaced)
        find(c, CS_LEDGER_ADDED, place);
    else if (place > 0 && (committed || next == NULL))
        find(c, CS_LEDGER_CHANGED, place - 1);
    else
        find(c, CS_LEDGER_CHANGED, place);
}

/* The suspect says another place. */
static void judge_seq(cs_ledger_check *c, const cs_ledger_link *next)
{
    const cs_ledger_link *s = &c->suspect;
    uint64_t place = c->tree.size;
    bool next_says = next != NULL && next->readable;
    if (same_hash(s->prev, c->last.hash)) {
        find(c, CS_LEDGER_CHANGED, place); /* it follows the one before: only what it says of its place is wrong */
    } else if (s->seq < place) {
        bool stands_for_it = (next_says && next->seq == place + 1) || (next == NULL && c->ahead_count > 0);
        find(c, stands_for_it ? CS_LEDGER_CHANGED : CS_LEDGER_ADDED, place);
    } else if (next_says && next->seq == place) {
        find(c, CS_LEDGER_REORDERED, place);
    } else {
        find(c, next_says && next->seq == place + 1 ? CS_LEDGER_CHANGED : CS_LEDGER_REMOVED, place);
        c->searching = true;
    }
}

static void judge_suspect(cs_ledger_check *c, const cs_ledger_link *next)
{
    const cs_ledger_link *s = &c->suspect;
    uint64_t place = c->tree.size;
    c->suspected = false;
    if (!s->readable) {
        bool added = next != NULL && next->readable && next->seq == place && same_hash(next->prev, c->last.hash);
        find(c, added ? CS_LEDGER_ADDED : CS_LEDGER_CHANGED, place);
    } else if (s->seq == place) {
        judge_prev(c, next);
    } else {
        judge_seq(c, next);
    }
}

cs_err cs_ledger_check_entry(cs_ledger_check *c, cs_slice bytes)
{
    cs_ledger_link f;
    if (bytes.n > CS_MAX_LEDGER_ENTRY)
        return CS_TOO_LARGE;
    cs_err err = read_facts(&f, bytes);
    if (err != CS_OK)
        return err;
    c->fed++;
    if (c->chain.err != CS_OK) {
        if (c->searching && f.readable && f.seq == c->chain.seq)
            find(c, CS_LEDGER_REORDERED, c->chain.seq);
        return CS_OK;
    }
    if (c->suspected) {
        judge_suspect(c, &f);
        if (c->searching && f.readable && f.seq == c->chain.seq)
            find(c, CS_LEDGER_REORDERED, c->chain.seq);
        return CS_OK;
    }
    if (f.readable && f.seq == c->tree.size && same_hash(f.prev, c->last.hash))
        return accept(c, &f, bytes);
    c->suspect = f;
    c->suspected = true;
    cs_buf_clear(&c->suspect_bytes);
    cs_buf_add(&c->suspect_bytes, bytes);
    return c->suspect_bytes.err;
}

/* -- the end ----------------------------------------------------------------------------------------------------- */

/* The suspect as it would be behind the entry that is there: does that give a root that was signed? */
static cs_err only_prev_is_wrong(bool *yes, cs_ledger_check *c)
{
    cs_entry_in in;
    cs_buf data = cs_buf_new(CS_MAX_LEDGER_ENTRY), bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_merkle tree = c->tree;
    uint8_t hash[CS_SHA256_LEN];
    *yes = false;
    cs_err err = cs_entry_read(&in, cs_buf_slice(&c->suspect_bytes));
    if (err == CS_OK)
        err = cs_json_canonical(&data, in.data);
    cs_entry e = {.seq = in.seq,
                  .time_ms = in.time_ms,
                  .event_type = in.event_type,
                  .actor_id = in.actor_id,
                  .subject_id = in.subject_id,
                  .data = cs_buf_slice(&data)};
    memcpy(e.prev, c->last.hash, sizeof e.prev);
    if (err == CS_OK)
        err = cs_entry_write(&bytes, &e);
    if (err == CS_OK)
        err = cs_merkle_leaf(hash, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = cs_merkle_append(&tree, hash);
    if (err == CS_OK)
        err = cs_merkle_root(hash, &tree);
    for (size_t i = 0; err == CS_OK && i < c->ahead_count; i++)
        *yes = *yes || (c->ahead[i].size == tree.size && same_hash(c->ahead[i].root, hash));
    cs_entry_in_free(&in);
    cs_buf_free(&data);
    cs_buf_free(&bytes);
    return err;
}

static cs_err judge_last(cs_ledger_check *c)
{
    bool only_prev = false;
    cs_err err = CS_OK;
    if (c->suspect.readable && c->suspect.seq == c->tree.size)
        err = only_prev_is_wrong(&only_prev, c);
    if (err != CS_OK)
        return err;
    if (only_prev)
        find(c, CS_LEDGER_CHANGED, c->tree.size);
    else
        judge_suspect(c, NULL);
    return CS_OK;
}

/* What a root that is not the signed one means for a chain that is whole up to there. */
static cs_ledger_finding judge_roots(const cs_ledger_check *c)
{
    bool other_history = c->sound >= c->wrong.size || c->wrong.size < c->tree.size;
    if (other_history)
        return (cs_ledger_finding){CS_LEDGER_FORK, c->wrong_from, c->wrong_from};
    return (cs_ledger_finding){CS_LEDGER_CHANGED, c->wrong.size - 1, c->wrong_from};
}

cs_err cs_ledger_check_end(cs_ledger_finding *out, cs_ledger_check *c)
{
    *out = (cs_ledger_finding){.err = CS_INTERNAL};
    cs_err err = c->suspected ? judge_last(c) : CS_OK;
    if (err != CS_OK)
        return err;
    /* The checkpoint before a break in the chain covers what the break is about, or something earlier. */
    if (c->has_wrong && (c->chain.err == CS_OK || c->chain.seq >= c->wrong.size))
        *out = judge_roots(c);
    else if (c->chain.err == CS_OK && c->ahead_count > 0)
        *out = (cs_ledger_finding){CS_LEDGER_TRUNCATED, c->tree.size, c->tree.size};
    else
        *out = c->chain;
    if (out->err == CS_OK && c->crowded) {
        out->err = CS_INTERNAL;
        return CS_TOO_LARGE;
    }
    return CS_OK;
}
