/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/proofs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint.h"
#include "core/encode.h"
#include "gateway/checkpoints.h"
#include "gateway/entries.h"
#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "gateway/nodes.h"
#include "sys/clock.h"

#define CHECKPOINTS "ledger/checkpoints"
#define BUNDLE "ledger/bundle"
#define BUNDLE_VERSION 1
#define BUNDLE_ENTRIES 100
#define BUNDLE_BYTES (CS_MAX_ANSWER / 2) /* of either part */
#define KEY_AGE_US 300000000
#define MAX_SIZE ((INT64_C(1) << 53) - 1)

/* -- checkpoints --------------------------------------------------------------------------------------------------- */

/* The Ed25519 signature by itself, out of the first line of the log's own. */
static void write_signature(cs_jw *w, const cs_note *note, const char *key_id)
{
    uint8_t bytes[4 + 64 + 4];
    cs_buf raw = CS_BUF_OVER(bytes);
    for (size_t i = 0; i < note->count; i++) {
        char id[9];
        (void)snprintf(id, sizeof id, "%08x", note->line[i].id);
        if (strcmp(id, key_id) == 0 && cs_base64_decode(&raw, note->line[i].base64) == CS_OK)
            break;
    }
    cs_jw_base64(w, "signatureBase64", cs_slice_sub(cs_buf_slice(&raw), 4, raw.n));
}

static cs_err write_checkpoint(cs_jw *w, const cs_checkpoint_row *row)
{
    cs_note note;
    cs_err err = cs_note_parse(&note, cs_buf_slice(&row->note));
    if (err != CS_OK)
        return CS_INTERNAL; /* it was parsed before it was stored */
    cs_jw_cstr(w, "id", row->id);
    cs_jw_int(w, "treeSize", (int64_t)row->size);
    cs_jw_hex(w, "merkleRootHex", "", CS_ARRAY(row->root));
    write_signature(w, &note, row->key_id);
    cs_jw_str(w, "note", cs_buf_slice(&row->note));
    cs_jw_cstr(w, "signingKeyId", row->key_id);
    cs_jw_raw(w, "publishedTo", row->published.n > 0 ? cs_buf_slice(&row->published) : CS_LIT("[]"));
    cs_envelope_time(w, "createdAt", row->created_ms);
    return CS_OK;
}

struct listing {
    cs_jw *w;
    cs_err err;
};

static void write_item(void *context, const cs_checkpoint_row *row)
{
    struct listing *l = context;
    cs_jw_begin(l->w, NULL);
    if (l->err == CS_OK)
        l->err = write_checkpoint(l->w, row);
    cs_jw_end(l->w);
}

cs_err cs_proofs_checkpoints(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    struct listing l = {.w = w};
    cs_call_page(c, &q, &page, before, CHECKPOINTS);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_checkpoints(c->app->store, &page, write_item, &l);
    cs_jw_end_array(w);
    cs_call_pagination(c, w, &page, CHECKPOINTS);
    return err == CS_OK ? l.err : err;
}

static cs_err write_answer(cs_jw *w, const cs_checkpoint_row *row, const bool *fresh)
{
    cs_jw_begin(w, "data");
    cs_err err = write_checkpoint(w, row);
    if (fresh != NULL)
        cs_jw_bool(w, "fresh", *fresh);
    cs_jw_end(w);
    return err;
}

cs_err cs_proofs_latest(cs_call *c, cs_jw *w)
{
    cs_checkpoint_row row = cs_checkpoint_row_new();
    cs_err err = cs_store_last_checkpoint(c->app->store, &row, cs_call_org(c));
    if (err == CS_OK)
        err = write_answer(w, &row, NULL);
    cs_checkpoint_row_free(&row);
    return err;
}

cs_err cs_proofs_seal(cs_call *c, cs_jw *w)
{
    cs_checkpoint_row row = cs_checkpoint_row_new();
    bool fresh = false;
    cs_err err = cs_call_body_empty(c);
    if (err == CS_OK)
        err = cs_checkpoints_seal(c->app->checkpoints, &row, &fresh, cs_call_org(c), c->deadline_us);
    if (err == CS_OK)
        err = write_answer(w, &row, &fresh);
    cs_checkpoint_row_free(&row);
    return err;
}

/* -- proofs -------------------------------------------------------------------------------------------------------- */

static void write_hashes(cs_jw *w, const char *name, const cs_buf *hashes)
{
    cs_jw_begin_array(w, name);
    for (size_t at = 0; at < hashes->n; at += CS_SHA256_LEN)
        cs_jw_hex(w, NULL, "", cs_slice_of(hashes->p + at, CS_SHA256_LEN));
    cs_jw_end_array(w);
}

/* The oldest checkpoint that has the entry, or a fresh one. */
static cs_err find_checkpoint(cs_checkpoint_row *out, cs_call *c, uint64_t seq)
{
    bool fresh;
    cs_err err = cs_store_checkpoint_covering(c->app->store, out, cs_call_org(c), seq + 1);
    if (err == CS_NOT_FOUND)
        err = cs_checkpoints_seal(c->app->checkpoints, out, &fresh, cs_call_org(c), c->deadline_us);
    return err;
}

static cs_err write_inclusion(cs_jw *w, cs_call *c, const cs_entry_record *entry, const cs_checkpoint_row *row)
{
    cs_nodes nodes = {.store = c->app->store, .org = cs_call_org(c)};
    uint8_t leaf[CS_SHA256_LEN];
    cs_buf proof = cs_buf_new(CS_MERKLE_LEVELS * CS_SHA256_LEN);
    cs_err err = cs_merkle_leaf(leaf, cs_buf_slice(&entry->bytes));
    if (err == CS_OK)
        err = cs_nodes_prove(&proof, &nodes, entry->seq, cs_buf_slice(&entry->bytes), cs_buf_slice(&row->note));
    if (err == CS_OK) {
        cs_jw_begin(w, "data");
        cs_jw_cstr(w, "entryId", entry->id);
        cs_jw_int(w, "leafIndex", (int64_t)entry->seq);
        cs_jw_hex(w, "leafHashHex", "", CS_ARRAY(leaf));
        cs_jw_begin(w, "checkpoint");
        err = write_checkpoint(w, row);
        cs_jw_end(w);
        write_hashes(w, "proofHex", &proof);
        cs_jw_end(w);
    }
    cs_buf_free(&proof);
    return err;
}

cs_err cs_proofs_inclusion(cs_call *c, cs_jw *w)
{
    cs_entry_record entry = cs_entry_record_new();
    cs_checkpoint_row row = cs_checkpoint_row_new();
    cs_err err = cs_id_is(c->id, CS_ID_ENTRY) ? CS_OK : CS_NOT_FOUND;
    if (err == CS_OK)
        err = cs_store_entry_by_id(c->app->store, &entry, cs_call_org(c), c->id);
    if (err == CS_OK)
        err = find_checkpoint(&row, c, entry.seq);
    if (err == CS_OK)
        err = write_inclusion(w, c, &entry, &row);
    cs_checkpoint_row_free(&row);
    cs_entry_record_free(&entry);
    return err;
}

static cs_err write_consistency(cs_jw *w, cs_call *c, uint64_t from, uint64_t to)
{
    cs_nodes nodes = {.store = c->app->store, .org = cs_call_org(c)};
    uint8_t from_root[CS_SHA256_LEN], to_root[CS_SHA256_LEN];
    cs_buf proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF);
    cs_err err = cs_tiles_consistency(&proof, from, to, cs_nodes_read, &nodes);
    if (err == CS_OK)
        err = cs_tiles_root(from_root, from, cs_nodes_read, &nodes);
    if (err == CS_OK)
        err = cs_tiles_root(to_root, to, cs_nodes_read, &nodes);
    if (err == CS_OK) {
        cs_jw_begin(w, "data");
        cs_jw_int(w, "from", (int64_t)from);
        cs_jw_int(w, "to", (int64_t)to);
        cs_jw_hex(w, "fromRootHex", "", CS_ARRAY(from_root));
        cs_jw_hex(w, "toRootHex", "", CS_ARRAY(to_root));
        write_hashes(w, "proofHex", &proof);
        cs_jw_end(w);
    }
    cs_buf_free(&proof);
    return err;
}

/* Between two sizes; without `to`, to the last checkpoint's. */
cs_err cs_proofs_consistency(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_head head;
    cs_query_read(&q, c->rq->query);
    int64_t from = cs_query_int_or(&q, "from", 1, MAX_SIZE, 0), to = cs_query_int_or(&q, "to", 1, MAX_SIZE, 0);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK && from == 0)
        err = cs_call_fail(c, CS_MISSING_FIELD, "from");
    if (err == CS_OK && to == 0) {
        cs_checkpoint_row row = cs_checkpoint_row_new();
        err = cs_store_last_checkpoint(c->app->store, &row, cs_call_org(c));
        to = (int64_t)row.size;
        cs_checkpoint_row_free(&row);
    }
    if (err == CS_OK)
        err = cs_store_head(c->app->store, &head, cs_call_org(c));
    if (err == CS_OK && (uint64_t)to > head.tree.size)
        err = cs_call_fail(c, CS_BAD_FIELD, "to");
    if (err == CS_OK && from > to)
        err = cs_call_fail(c, CS_BAD_FIELD, "from");
    return err == CS_OK ? write_consistency(w, c, (uint64_t)from, (uint64_t)to) : err;
}

/* -- the bundle ---------------------------------------------------------------------------------------------------- */

struct bundle {
    cs_call *c;
    cs_slice org;
    cs_entry_query q;
    cs_entry_batch batch;
    size_t n;           /* entries that this page has */
    cs_buf checkpoints; /* JSON text of those at its entries */
    cs_vkey keys[CS_LEDGER_KEYS];
};

static cs_err read_bundle_query(struct bundle *b)
{
    char at[CS_MAX_ID + 1];
    cs_call *c = b->c;
    cs_query q;
    cs_query_read(&q, c->rq->query);
    cs_slice cursor = cs_query_text(&q, "cursor", 4 * CS_MAX_ID);
    b->q = (cs_entry_query){.org = b->org, .to = UINT64_MAX};
    b->q.limit = cs_query_int_or(&q, "limit", 1, CS_MAX_PAGE, BUNDLE_ENTRIES);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK || cursor.p == NULL)
        return err;
    err = cs_cursor_read(at, &c->app->auth, b->org, BUNDLE, cursor);
    if (err == CS_OK) {
        char *end;
        b->q.from = strtoull(at, &end, 10);
        err = end != at && *end == '\0' ? CS_OK : CS_BAD_CURSOR;
    }
    return err == CS_OK ? CS_OK : cs_call_fail(c, err, "cursor");
}

/* The checkpoints whose trees end in this page; where they become too many, the page ends earlier. */
static cs_err read_checkpoints(struct bundle *b)
{
    cs_jw w = cs_jw_on(&b->checkpoints);
    cs_err err = CS_OK;
    b->n = b->batch.n;
    uint64_t first = b->n > 0 ? b->batch.of[0].seq : 0, size = first + 1;
    while (err == CS_OK && b->n > 0 && size <= first + b->n) {
        cs_checkpoint_row row = cs_checkpoint_row_new();
        err = cs_store_checkpoint_covering(b->c->app->store, &row, b->org, size);
        if (err == CS_OK && row.size <= first + b->n) {
            cs_jw_begin(&w, NULL);
            err = write_checkpoint(&w, &row);
            cs_jw_end(&w);
        }
        if (b->checkpoints.n > BUNDLE_BYTES && row.size < first + b->n)
            b->n = (size_t)(row.size - first);
        size = row.size + 1;
        cs_checkpoint_row_free(&row);
    }
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static void write_keys(cs_jw *w, const struct bundle *b)
{
    cs_jw_begin_array(w, "signingKeys");
    for (size_t i = 0; i < CS_LEDGER_KEYS; i++) {
        char text[CS_MAX_VKEY + 1], id[9];
        cs_buf vkey = CS_BUF_OVER(text);
        cs_vkey_write(&vkey, &b->keys[i]);
        (void)snprintf(id, sizeof id, "%08x", b->keys[i].id);
        cs_jw_begin(w, NULL);
        cs_jw_cstr(w, "id", id);
        cs_jw_cstr(w, "algorithm", b->keys[i].type == CS_NOTE_ED25519 ? "ed25519" : "mldsa44");
        cs_jw_base64(w, "publicKeyBase64", cs_slice_of(b->keys[i].public_key, b->keys[i].public_len));
        cs_jw_str(w, "vkey", cs_buf_slice(&vkey));
        cs_jw_end(w);
    }
    cs_jw_end_array(w);
}

static cs_err write_bundle(cs_jw *w, const struct bundle *b, const cs_org_row *org)
{
    char text[4 * CS_MAX_ID], at[CS_MAX_ID + 1], origin[CS_MAX_ORIGIN + 1];
    cs_buf cursor = CS_BUF_OVER(text);
    bool more = b->q.more || b->n < b->batch.n;
    cs_err err = CS_OK;
    cs_org_origin(origin, org);
    cs_jw_begin(w, "data");
    cs_jw_int(w, "version", BUNDLE_VERSION);
    cs_jw_str(w, "org", b->org);
    cs_jw_cstr(w, "origin", origin);
    cs_envelope_time(w, "generatedAt", cs_now_ms());
    cs_jw_begin_array(w, "entries");
    for (size_t i = 0; err == CS_OK && i < b->n; i++)
        err = cs_entries_write(w, NULL, b->c->app->store, b->org, &b->batch.of[i]);
    cs_jw_end_array(w);
    cs_jw_begin_array(w, "checkpoints");
    cs_buf_add(w->out, cs_buf_slice(&b->checkpoints));
    cs_jw_end_array(w);
    write_keys(w, b);
    cs_jw_end(w);
    if (more) {
        (void)snprintf(at, sizeof at, "%llu", (unsigned long long)(b->batch.of[0].seq + b->n));
        cs_cursor_write(&cursor, &b->c->app->auth, b->org, BUNDLE, cs_slice_str(at));
    }
    cs_jw_begin(w, "pagination");
    cs_jw_int(w, "limit", b->q.limit);
    cs_jw_str(w, "nextCursor", more ? cs_buf_slice(&cursor) : CS_ABSENT);
    cs_jw_end(w);
    return err != CS_OK ? err : b->checkpoints.err;
}

cs_err cs_proofs_bundle(cs_call *c, cs_jw *w)
{
    struct bundle b = {.c = c, .org = cs_call_org(c), .checkpoints = cs_buf_new(CS_MAX_ANSWER)};
    cs_checkpoint_row last = cs_checkpoint_row_new();
    char origin[CS_MAX_ORIGIN + 1];
    cs_org_row org;
    cs_err err = read_bundle_query(&b);
    if (err == CS_OK)
        err = cs_store_org(c->app->store, &org, b.org);
    if (err == CS_OK) {
        cs_org_origin(origin, &org);
        err = cs_store_last_checkpoint(c->app->store, &last, b.org);
        if (err == CS_OK || err == CS_NOT_FOUND)
            err = cs_checkpoints_keys(c->app->checkpoints, b.keys, cs_slice_str(origin), last.key_id, KEY_AGE_US,
                                      c->deadline_us);
        cs_checkpoint_row_free(&last);
    }
    if (err == CS_OK)
        err = cs_entries_read(&b.batch, c->app->store, &b.q, BUNDLE_BYTES);
    if (err == CS_OK)
        err = read_checkpoints(&b);
    if (err == CS_OK)
        err = write_bundle(w, &b, &org);
    cs_entries_free(&b.batch);
    cs_buf_free(&b.checkpoints);
    return err;
}
