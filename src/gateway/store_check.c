/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stores on SQL: whether its ledgers are what they were.
 *
 * At each start the tree at the last checkpoint is computed from the stored hashes and compared with the root that was
 * signed; the entries since then are read, hashed and chained, and must end where the head says. That costs what came
 * since the last checkpoint, however long the ledger is. The whole check begins with the first entry instead and meets
 * every checkpoint on its way.
 */
#include <inttypes.h>
#include <string.h>

#include "core/checkpoint.h"
#include "core/entry.h"
#include "core/note.h"
#include "core/tiles.h"
#include "gateway/store_sql.h"
#include "sys/log.h"

#define READ_AT_ONCE 1000 /* entries that a database may have to hold at once */

/* A ledger under check. */
struct ledger {
    cs_sql_conn *c;
    cs_org_row org;
    cs_head head;    /* as stored */
    uint64_t stored; /* entries, by the number of the last one */
    /* where the check stands: as the head should be */
    cs_head at;
    cs_sql_call checkpoints; /* of the whole check: the next one is read from it … */
    cs_checkpoint_row next;  /* … and held here, size UINT64_MAX behind the last */
};

static cs_err wrong(const struct ledger *l, uint64_t seq, const char *what)
{
    cs_log(CS_LOG_ERROR, NULL, "store: ledger of %s, entry %" PRIu64 ": %s", l->org.id, seq, what);
    return CS_CONFIG;
}

/* -- hashes that are kept of the tree ---------------------------------------------------------------------------------
 */

static cs_err read_nodes(void *context, cs_buf *out, unsigned level, uint64_t first, size_t count)
{
    struct ledger *l = context;
    cs_sql_call q = cs_sql_ask_on(l->c, CS_SQL_LIST_NODES);
    cs_err err = cs_sql_read_nodes(&q, out, cs_slice_str(l->org.id), level, first, count);
    cs_sql_end(&q);
    return err;
}

static cs_err check_node(struct ledger *l, unsigned level, uint64_t n, const uint8_t hash[CS_SHA256_LEN])
{
    uint8_t stored[CS_SHA256_LEN];
    cs_buf out = CS_BUF_OVER(stored);
    cs_err err = read_nodes(l, &out, level, n, 1);
    if (err == CS_NOT_FOUND || (err == CS_OK && memcmp(stored, hash, sizeof stored) != 0))
        return wrong(l, l->at.tree.size, "is not the one that the tree was made of");
    return err;
}

/* The leaf, and the root of each subtree of 256, 65,536 … leaves that it completes. */
static cs_err check_nodes(struct ledger *l, const uint8_t leaf[CS_SHA256_LEN])
{
    uint64_t n = l->at.tree.size;
    cs_err err = check_node(l, 0, n, leaf);
    for (unsigned level = 1; err == CS_OK && (n & 0xff) == 0xff; level++) {
        uint8_t root[CS_SHA256_LEN];
        n >>= CS_TILE_HEIGHT;
        err = cs_merkle_complete(root, &l->at.tree, leaf, CS_TILE_HEIGHT * level);
        if (err == CS_OK)
            err = check_node(l, level, n, root);
    }
    return err;
}

/* -- checkpoints --------------------------------------------------------------------------------------------------- */

/* The row says what the signed text says. */
static cs_err check_text(const struct ledger *l, const cs_checkpoint_row *p)
{
    char origin[CS_MAX_ORIGIN + 1];
    cs_note note;
    cs_checkpoint text;
    cs_org_origin(origin, &l->org);
    if (cs_note_parse(&note, cs_buf_slice(&p->note)) != CS_OK || cs_checkpoint_parse(&text, note.text) != CS_OK ||
        !cs_slice_is(text.origin, origin) || text.size != p->size || memcmp(text.root, p->root, sizeof p->root) != 0)
        return wrong(l, p->size, "the checkpoint before it does not say what was signed");
    return CS_OK;
}

static cs_err check_root(const struct ledger *l, const cs_checkpoint_row *p)
{
    uint8_t root[CS_SHA256_LEN];
    cs_err err = cs_merkle_root(root, &l->at.tree);
    if (err == CS_OK && memcmp(root, p->root, sizeof root) != 0)
        err = wrong(l, p->size, "the tree before it has another root than the one that was signed");
    return err;
}

/* What the next entry must have as its `prev`, where the check does not begin with the first. */
static cs_err read_last(struct ledger *l)
{
    cs_digest hash;
    uint8_t leaf[CS_SHA256_LEN];
    uint64_t last = l->at.tree.size - 1;
    cs_sql_call q = cs_sql_ask_on(l->c, CS_SQL_GET_ENTRY);
    cs_sql_str(&q, l->org.id);
    cs_sql_int(&q, (int64_t)last);
    cs_err err = cs_sql_next(&q);
    if (err == CS_NOT_FOUND)
        err = wrong(l, last, "is missing");
    if (err == CS_OK) {
        cs_slice bytes = cs_sql_get(&q);
        err = cs_hash(&hash, CS_SHA256, bytes);
        if (err == CS_OK)
            err = cs_merkle_leaf(leaf, bytes);
    }
    cs_sql_end(&q);
    if (err != CS_OK)
        return err;
    memcpy(l->at.last, hash.b, sizeof l->at.last);
    uint8_t stored[CS_SHA256_LEN];
    cs_buf out = CS_BUF_OVER(stored);
    err = read_nodes(l, &out, 0, last, 1);
    if (err == CS_OK && memcmp(stored, leaf, sizeof leaf) != 0)
        err = wrong(l, last, "is not the one that the tree was made of");
    return err;
}

static cs_err stand_at(struct ledger *l, const cs_checkpoint_row *p)
{
    if (p->size > l->stored)
        return wrong(l, l->stored, "is missing, with all others up to a signed checkpoint");
    cs_err err = check_text(l, p);
    if (err == CS_OK)
        err = cs_tiles_frontier(&l->at.tree, p->size, read_nodes, l);
    if (err == CS_NOT_FOUND)
        err = wrong(l, p->size, "hashes of the tree before it are missing");
    if (err == CS_OK)
        err = check_root(l, p);
    return err == CS_OK && p->size > 0 ? read_last(l) : err;
}

static cs_err begin_at_last_checkpoint(struct ledger *l)
{
    cs_checkpoint_row p = cs_checkpoint_row_new();
    cs_sql_call q = cs_sql_ask_on(l->c, CS_SQL_LAST_CHECKPOINT);
    cs_sql_str(&q, l->org.id);
    cs_err err = cs_sql_one(&q, cs_sql_read_checkpoint, &p);
    if (err == CS_OK)
        err = stand_at(l, &p);
    else if (err == CS_NOT_FOUND)
        err = CS_OK;
    cs_checkpoint_row_free(&p);
    return err;
}

static cs_err next_checkpoint(struct ledger *l)
{
    cs_checkpoint_row_free(&l->next);
    l->next = cs_checkpoint_row_new();
    cs_err err = cs_sql_next(&l->checkpoints);
    if (err == CS_OK) {
        cs_sql_read_checkpoint(&l->checkpoints, &l->next);
        err = l->checkpoints.err;
    } else if (err == CS_NOT_FOUND) {
        l->next.size = UINT64_MAX;
        return CS_OK;
    }
    return err == CS_OK ? check_text(l, &l->next) : err;
}

/* In the whole check: the checkpoints of the tree as it stands now. */
static cs_err meet_checkpoints(struct ledger *l)
{
    cs_err err = CS_OK;
    while (err == CS_OK && l->next.size == l->at.tree.size) {
        err = check_root(l, &l->next);
        if (err == CS_OK)
            err = next_checkpoint(l);
    }
    return err;
}

/* -- entries ------------------------------------------------------------------------------------------------------- */

static cs_err check_entry(struct ledger *l, const cs_entry_record *e)
{
    uint64_t seq = l->at.tree.size;
    uint8_t leaf[CS_SHA256_LEN];
    cs_digest hash;
    cs_entry_in in;
    if (e->seq != seq)
        return wrong(l, seq, "is missing");
    cs_slice bytes = cs_buf_slice(&e->bytes);
    cs_err err = cs_entry_read(&in, bytes);
    if (err == CS_OK && memcmp(in.prev, l->at.last, sizeof in.prev) != 0)
        err = wrong(l, seq, "does not follow the entry before it");
    else if (err == CS_OK && (in.seq != seq || !cs_slice_is(in.event_type, e->event_type) ||
                              !cs_slice_eq(in.subject_id, cs_buf_slice(&e->subject_id)) || in.time_ms != e->created_ms))
        err = wrong(l, seq, "its row says something else than its bytes");
    else if (err == CS_BAD_FORMAT)
        err = wrong(l, seq, "is no entry");
    cs_entry_in_free(&in);
    if (err == CS_OK)
        err = cs_merkle_leaf(leaf, bytes);
    if (err == CS_OK)
        err = cs_hash(&hash, CS_SHA256, bytes);
    if (err == CS_OK)
        err = check_nodes(l, leaf);
    if (err == CS_OK)
        err = cs_merkle_append(&l->at.tree, leaf);
    if (err == CS_OK)
        memcpy(l->at.last, hash.b, sizeof l->at.last);
    return err;
}

/* The next of them; `any` is false behind the last one. */
static cs_err check_some_entries(struct ledger *l, bool *any)
{
    cs_err err;
    cs_sql_call q = cs_sql_ask_on(l->c, CS_SQL_LIST_ENTRIES);
    cs_sql_str(&q, l->org.id);
    cs_sql_int(&q, (int64_t)l->at.tree.size);
    cs_sql_int(&q, INT64_MAX);
    for (int i = 0; i < 3; i++)
        cs_sql_text(&q, CS_ABSENT);
    cs_sql_int(&q, READ_AT_ONCE);
    *any = false;
    while ((err = cs_sql_next(&q)) == CS_OK) {
        cs_entry_record e = cs_entry_record_new();
        *any = true;
        cs_sql_read_entry(&q, &e);
        err = q.err;
        if (err == CS_OK)
            err = check_entry(l, &e);
        cs_entry_record_free(&e);
        if (err == CS_OK)
            err = meet_checkpoints(l);
        if (err != CS_OK)
            break;
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static cs_err check_entries(struct ledger *l)
{
    bool any = true;
    cs_err err = CS_OK;
    while (err == CS_OK && any)
        err = check_some_entries(l, &any);
    return err;
}

static cs_err check_head(const struct ledger *l)
{
    uint8_t stored[CS_SHA256_LEN], computed[CS_SHA256_LEN];
    if (l->head.tree.size != l->at.tree.size)
        return wrong(l, l->at.tree.size < l->head.tree.size ? l->at.tree.size : l->head.tree.size,
                     l->at.tree.size < l->head.tree.size ? "is missing" : "lies behind the head");
    cs_err err = cs_merkle_root(stored, &l->head.tree);
    if (err == CS_OK)
        err = cs_merkle_root(computed, &l->at.tree);
    if (err == CS_OK &&
        (memcmp(stored, computed, sizeof stored) != 0 || memcmp(l->head.last, l->at.last, sizeof l->head.last) != 0))
        err = wrong(l, l->at.tree.size, "the head before it is not that of the entries");
    return err;
}

/* A row of the time before a revocation does not bring the key back. */
static cs_err check_revoked(const struct ledger *l, cs_statement alive, const char *what)
{
    cs_sql_call q = cs_sql_ask_on(l->c, alive);
    cs_sql_str(&q, l->org.id);
    cs_err err = cs_sql_next(&q);
    if (err == CS_OK)
        err = wrong(l, (uint64_t)cs_sql_get_int(&q), what);
    else if (err == CS_NOT_FOUND)
        err = CS_OK;
    cs_sql_end(&q);
    return err;
}

static cs_err check_ledger(struct ledger *l, bool whole)
{
    cs_err err = CS_OK;
    l->next = cs_checkpoint_row_new();
    l->next.size = UINT64_MAX;
    if (whole) {
        l->checkpoints = cs_sql_ask_on(l->c, CS_SQL_ALL_CHECKPOINTS);
        cs_sql_str(&l->checkpoints, l->org.id);
        err = next_checkpoint(l);
        if (err == CS_OK)
            err = meet_checkpoints(l);
    } else {
        err = begin_at_last_checkpoint(l);
    }
    if (err == CS_OK)
        err = check_entries(l);
    if (err == CS_OK && l->next.size != UINT64_MAX)
        err = wrong(l, l->at.tree.size, "is missing, with all others up to a signed checkpoint");
    if (err == CS_OK)
        err = check_head(l);
    if (err == CS_OK)
        err = check_revoked(l, CS_SQL_REVOKED_ALIVE, "revoked a key that the store has not revoked");
    if (err == CS_OK)
        err = check_revoked(l, CS_SQL_REVOKED_API_KEY_ALIVE, "revoked an API key that the store has not revoked");
    if (err == CS_OK)
        err = check_revoked(l, CS_SQL_REVOKED_REGISTERED_ALIVE,
                            "revoked a registered key that the store has not revoked");
    if (whole)
        cs_sql_end(&l->checkpoints);
    cs_checkpoint_row_free(&l->next);
    return err == CS_STORE_UNAVAILABLE ? wrong(l, l->at.tree.size, "cannot be read, or what belongs to it") : err;
}

static void read_ledger(cs_sql_call *q, struct ledger *l)
{
    cs_sql_read_org(q, &l->org);
    cs_sql_get_head(q, &l->head);
    bool empty = cs_sql_is_null(q);
    l->stored = empty ? 0 : (uint64_t)cs_sql_get_int(q) + 1;
}

cs_err cs_sql_check_ledgers(cs_sql_conn *c, bool whole, uint64_t *wrong_count)
{
    cs_err err;
    *wrong_count = 0;
    cs_sql_call q = cs_sql_ask_on(c, CS_SQL_LIST_LEDGERS);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        struct ledger l = {.c = c};
        read_ledger(&q, &l);
        err = q.err == CS_OK ? check_ledger(&l, whole) : wrong(&l, 0, "the head cannot be read");
        if (err == CS_CONFIG)
            (*wrong_count)++;
        else if (err != CS_OK)
            break;
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}
