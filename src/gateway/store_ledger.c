/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: ledgers: entries, what is kept beside them, trees, heads, checkpoints. */
#include <string.h>

#include "gateway/store_sql.h"

/* -- entries ------------------------------------------------------------------------------------------------------- */

cs_entry_record cs_entry_record_new(void)
{
    return (cs_entry_record){.subject_id = cs_buf_new(CS_MAX_LEDGER_ENTRY), .bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY)};
}

void cs_entry_record_free(cs_entry_record *e)
{
    cs_buf_free(&e->subject_id);
    cs_buf_free(&e->bytes);
}

void cs_sql_read_entry(cs_sql_call *q, void *out)
{
    cs_entry_record *e = out;
    CS_SQL_GET_TEXT(q, e->id);
    e->seq = (uint64_t)cs_sql_get_int(q);
    CS_SQL_GET_TEXT(q, e->event_type);
    CS_SQL_GET_TEXT(q, e->key_id);
    e->created_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &e->subject_id);
    cs_sql_get_buf(q, &e->bytes);
}

static void read_bytes(cs_sql_call *q, void *out)
{
    cs_sql_get_buf(q, out);
}

cs_err cs_store_entry(cs_store *s, cs_buf *out, cs_slice org, uint64_t seq)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_ENTRY);
    cs_sql_text(&q, org);
    cs_sql_int(&q, (int64_t)seq);
    return cs_sql_one(&q, read_bytes, out);
}

cs_err cs_store_entry_by_id(cs_store *s, cs_entry_record *out, cs_slice org, cs_slice id)
{
    *out = cs_entry_record_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_ENTRY_BY_ID);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    cs_err err = cs_sql_one(&q, cs_sql_read_entry, out);
    if (err != CS_OK)
        cs_entry_record_free(out);
    return err;
}

/* By the filter that leaves the fewest. */
static cs_statement listing(const cs_entry_query *q)
{
    cs_statement forwards = CS_SQL_LIST_ENTRIES;
    if (q->subject.p != NULL)
        forwards = CS_SQL_LIST_ENTRIES_OF_SUBJECT;
    else if (q->key_id.p != NULL)
        forwards = CS_SQL_LIST_ENTRIES_OF_KEY;
    else if (q->event_type.p != NULL)
        forwards = CS_SQL_LIST_ENTRIES_OF_TYPE;
    return q->descending ? forwards + 1 : forwards;
}

static int64_t seq_of(uint64_t n)
{
    return n <= INT64_MAX ? (int64_t)n : INT64_MAX;
}

cs_err cs_store_entries(cs_store *s, cs_entry_query *query, void (*each)(void *context, const cs_entry_record *e),
                        void *context)
{
    cs_err err = CS_OK;
    cs_sql_call q = cs_sql_ask(s, listing(query));
    cs_sql_text(&q, query->org);
    cs_sql_int(&q, seq_of(query->from));
    cs_sql_int(&q, seq_of(query->to));
    cs_sql_text(&q, query->event_type);
    cs_sql_text(&q, query->subject);
    cs_sql_text(&q, query->key_id);
    cs_sql_int(&q, query->limit + 1);
    query->more = false;
    for (int64_t given = 0; !query->more && (err = cs_sql_next(&q)) == CS_OK; given++) {
        cs_entry_record e = cs_entry_record_new();
        query->more = given == query->limit;
        cs_sql_read_entry(&q, &e);
        err = q.err;
        if (err == CS_OK && !query->more)
            each(context, &e);
        cs_entry_record_free(&e);
        if (err != CS_OK)
            break;
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_put_entry(cs_store *s, cs_slice org, const cs_entry_row *e, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_ENTRY);
    cs_sql_text(&q, org);
    cs_sql_int(&q, (int64_t)e->seq);
    cs_sql_str(&q, e->id);
    cs_sql_str(&q, e->event_type);
    cs_sql_text(&q, e->subject_id);
    cs_sql_filled(&q, e->key_id);
    cs_sql_int(&q, now_ms);
    cs_sql_blob(&q, e->bytes);
    return cs_sql_run(&q);
}

cs_err cs_store_has_entry(cs_store *s, bool *has, cs_slice org, const char *id)
{
    cs_sql_call q = cs_sql_ask_writer(s, CS_SQL_GET_ENTRY_BY_ID);
    cs_sql_text(&q, org);
    cs_sql_str(&q, id);
    cs_err err = cs_sql_next(&q);
    *has = err == CS_OK;
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

/* -- what is kept beside entries ----------------------------------------------------------------------------------- */

cs_note_record cs_note_record_new(void)
{
    return (cs_note_record){.message = cs_buf_new(CS_MAX_BODY), .data = cs_buf_new(CS_MAX_BODY)};
}

void cs_note_record_free(cs_note_record *n)
{
    cs_buf_free(&n->message);
    cs_buf_free(&n->data);
}

static void read_note(cs_sql_call *q, void *out)
{
    cs_note_record *n = out;
    CS_SQL_GET_TEXT(q, n->name);
    cs_sql_get_buf(q, &n->message);
    cs_sql_get_buf(q, &n->data);
}

cs_err cs_store_entry_note(cs_store *s, cs_note_record *out, cs_slice org, cs_slice entry_id)
{
    *out = cs_note_record_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_NOTE);
    cs_sql_text(&q, org);
    cs_sql_text(&q, entry_id);
    cs_err err = cs_sql_one(&q, read_note, out);
    if (err != CS_OK)
        cs_note_record_free(out);
    return err;
}

cs_err cs_store_put_note(cs_store *s, cs_slice org, const char *entry_id, const cs_entry_note *n)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_NOTE);
    cs_sql_text(&q, org);
    cs_sql_str(&q, entry_id);
    cs_sql_text(&q, n->name);
    cs_sql_filled(&q, n->message);
    cs_sql_filled(&q, n->data);
    return cs_sql_run(&q);
}

/* -- trees and heads ----------------------------------------------------------------------------------------------- */

cs_err cs_store_nodes(cs_store *s, cs_buf *out, cs_slice org, unsigned level, uint64_t first, size_t count)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_NODES);
    cs_err err = cs_sql_read_nodes(&q, out, org, level, first, count);
    cs_sql_end(&q);
    return err;
}

cs_err cs_sql_read_nodes(cs_sql_call *q, cs_buf *out, cs_slice org, unsigned level, uint64_t first, size_t count)
{
    size_t before = out->n;
    cs_err err = CS_OK;
    cs_sql_text(q, org);
    cs_sql_int(q, level);
    cs_sql_int(q, seq_of(first));
    cs_sql_int(q, (int64_t)count);
    for (size_t i = 0; err == CS_OK && i < count; i++) {
        uint8_t hash[CS_SHA256_LEN];
        err = cs_sql_next(q);
        if (err != CS_OK)
            break;
        if (cs_sql_get_int(q) != seq_of(first + i))
            err = CS_NOT_FOUND;
        cs_sql_get_hash(q, hash);
        if (err == CS_OK)
            err = q->err;
        if (err == CS_OK)
            cs_buf_add(out, CS_ARRAY(hash));
    }
    if (err == CS_OK)
        err = out->err;
    if (err != CS_OK)
        out->n = before;
    return err;
}

cs_err cs_store_put_node(cs_store *s, cs_slice org, unsigned level, uint64_t n, const uint8_t hash[CS_SHA256_LEN])
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_NODE);
    cs_sql_text(&q, org);
    cs_sql_int(&q, level);
    cs_sql_int(&q, seq_of(n));
    cs_sql_blob(&q, cs_slice_of(hash, CS_SHA256_LEN));
    return cs_sql_run(&q);
}

static void read_head(cs_sql_call *q, void *out)
{
    cs_sql_get_head(q, out);
}

cs_err cs_store_head(cs_store *s, cs_head *out, cs_slice org)
{
    *out = (cs_head){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_HEAD);
    cs_sql_text(&q, org);
    return cs_sql_one(&q, read_head, out);
}

cs_err cs_store_get_head(cs_store *s, cs_head *out, cs_slice org)
{
    *out = (cs_head){0};
    cs_sql_call q = cs_sql_ask_writer(s, CS_SQL_HOLD_HEAD);
    cs_sql_text(&q, org);
    cs_err err = cs_sql_one(&q, read_head, out);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_put_head(cs_store *s, cs_slice org, const cs_head *h)
{
    uint8_t bytes[sizeof(uint64_t) + sizeof h->tree.node];
    cs_buf tree = CS_BUF_OVER(bytes);
    cs_merkle_write(&tree, &h->tree);
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_HEAD);
    cs_sql_text(&q, org);
    cs_sql_blob(&q, CS_ARRAY(h->last));
    cs_sql_blob(&q, cs_buf_slice(&tree));
    return cs_sql_run(&q);
}

/* -- checkpoints --------------------------------------------------------------------------------------------------- */

cs_checkpoint_row cs_checkpoint_row_new(void)
{
    return (cs_checkpoint_row){.note = cs_buf_new(CS_MAX_NOTE), .published = cs_buf_new(CS_MAX_PUBLISHED)};
}

void cs_checkpoint_row_free(cs_checkpoint_row *p)
{
    cs_buf_free(&p->note);
    cs_buf_free(&p->published);
}

void cs_sql_read_checkpoint(cs_sql_call *q, void *out)
{
    cs_checkpoint_row *p = out;
    CS_SQL_GET_TEXT(q, p->id);
    CS_SQL_GET_TEXT(q, p->org);
    p->size = (uint64_t)cs_sql_get_int(q);
    cs_sql_get_hash(q, p->root);
    p->created_ms = cs_sql_get_int(q);
    CS_SQL_GET_TEXT(q, p->key_id);
    cs_sql_get_buf(q, &p->note);
    cs_sql_get_buf(q, &p->published);
}

static cs_err find_checkpoint(cs_sql_call *q, cs_checkpoint_row *out)
{
    *out = cs_checkpoint_row_new();
    cs_err err = cs_sql_one(q, cs_sql_read_checkpoint, out);
    if (err != CS_OK)
        cs_checkpoint_row_free(out);
    return err;
}

cs_err cs_store_checkpoint(cs_store *s, cs_checkpoint_row *out, cs_slice org, cs_slice id)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_CHECKPOINT);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    return find_checkpoint(&q, out);
}

cs_err cs_store_last_checkpoint(cs_store *s, cs_checkpoint_row *out, cs_slice org)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LAST_CHECKPOINT);
    cs_sql_text(&q, org);
    return find_checkpoint(&q, out);
}

cs_err cs_store_checkpoint_covering(cs_store *s, cs_checkpoint_row *out, cs_slice org, uint64_t size)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_COVERING_CHECKPOINT);
    cs_sql_text(&q, org);
    cs_sql_int(&q, seq_of(size));
    return find_checkpoint(&q, out);
}

cs_err cs_store_checkpoints(cs_store *s, cs_page *page, void (*each)(void *context, const cs_checkpoint_row *p),
                            void *context)
{
    int64_t given = 0;
    bool goes_on = true;
    cs_err err = CS_OK;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_CHECKPOINTS);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_int(&q, page->limit + 1);
    while (goes_on && (err = cs_sql_next(&q)) == CS_OK) {
        cs_checkpoint_row p = cs_checkpoint_row_new();
        cs_sql_read_checkpoint(&q, &p);
        err = q.err;
        goes_on = err == CS_OK && cs_sql_turn(page, &given, p.id);
        if (goes_on)
            each(context, &p);
        cs_checkpoint_row_free(&p);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static void read_root(cs_sql_call *q, void *out)
{
    cs_sql_get_hash(q, out);
}

cs_err cs_store_put_checkpoint(cs_store *s, const cs_checkpoint_row *p)
{
    uint8_t root[CS_SHA256_LEN];
    cs_sql_call there = cs_sql_ask_writer(s, CS_SQL_ROOT_OF_SIZE);
    cs_sql_str(&there, p->org);
    cs_sql_int(&there, seq_of(p->size));
    cs_err err = cs_sql_one(&there, read_root, root);
    if (err == CS_OK)
        return memcmp(root, p->root, sizeof root) == 0 ? CS_OK : CS_CONFLICT;
    if (err != CS_NOT_FOUND)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_CHECKPOINT);
    cs_sql_str(&q, p->id);
    cs_sql_str(&q, p->org);
    cs_sql_int(&q, seq_of(p->size));
    cs_sql_blob(&q, CS_ARRAY(p->root));
    cs_sql_int(&q, p->created_ms);
    cs_sql_str(&q, p->key_id);
    cs_sql_text(&q, cs_buf_slice(&p->note));
    cs_sql_text(&q, cs_buf_slice(&p->published));
    return cs_sql_run(&q);
}

cs_err cs_store_update_checkpoint_note(cs_store *s, cs_slice org, const char *id, cs_slice note, cs_slice published)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_UPDATE_CHECKPOINT);
    cs_sql_text(&q, org);
    cs_sql_str(&q, id);
    cs_sql_text(&q, note);
    cs_sql_text(&q, published);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? CS_NOT_FOUND : err;
}
