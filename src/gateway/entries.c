/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/encode.h"
#include "core/entry.h"
#include "core/name.h"
#include "gateway/envelope.h"

#define ROUTE "ledger/entries"
#define CUSTOM "custom.event"
#define DEFAULT_LIMIT 50
#define MAX_DIGITS 16

/* -- one entry --------------------------------------------------------------------------------------------------- */

/* What an entry says of itself, in front of its chain. */
struct facts {
    cs_slice id, event_type, subject_id, actor_id, prev_hex;
    uint64_t seq;
    int64_t time_ms;
};

static void write_facts(cs_jw *w, const struct facts *f, cs_slice hash, cs_slice payload)
{
    cs_jw_str(w, "id", f->id);
    cs_jw_int(w, "seq", (int64_t)f->seq);
    cs_jw_str(w, "prevHashHex", f->prev_hex);
    cs_jw_hex(w, "entryHashHex", "", hash);
    cs_jw_raw(w, "payload", payload);
    cs_jw_str(w, "eventType", f->event_type);
    cs_jw_str(w, "subjectId", f->subject_id);
    cs_jw_str(w, "actorId", f->actor_id);
    cs_envelope_time(w, "createdAt", f->time_ms);
}

static void write_note(cs_jw *w, cs_slice name, cs_slice message, cs_slice data)
{
    cs_jw_begin(w, "custom");
    cs_jw_str(w, "name", name);
    cs_jw_str(w, "message", message.n > 0 ? message : CS_ABSENT);
    cs_jw_raw(w, "data", data.n > 0 ? data : CS_LIT("null"));
    cs_jw_end(w);
}

cs_err cs_entries_write(cs_jw *w, const char *name, cs_store *store, cs_slice org, const cs_entry_record *e)
{
    cs_slice bytes = cs_buf_slice(&e->bytes);
    cs_note_record note = cs_note_record_new();
    cs_json *json = NULL;
    cs_digest hash;
    bool custom = strcmp(e->event_type, CUSTOM) == 0;
    cs_err err = cs_hash(&hash, CS_SHA256, bytes);
    if (err == CS_OK)
        err = cs_json_parse(&json, bytes, CS_MAX_LEDGER_ENTRY);
    if (err == CS_OK && custom)
        err = cs_store_entry_note(store, &note, org, cs_slice_str(e->id));
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        struct facts f = {.id = cs_slice_str(e->id),
                          .event_type = cs_slice_str(e->event_type),
                          .subject_id = cs_jobj_str(&o, "subjectId", CS_MAX_LEDGER_ENTRY),
                          .actor_id = cs_jobj_str(&o, "actorId", CS_MAX_LEDGER_ENTRY),
                          .prev_hex = cs_jobj_str(&o, "prev", 2 * CS_SHA256_LEN),
                          .seq = e->seq,
                          .time_ms = e->created_ms};
        cs_jw_begin(w, name);
        write_facts(w, &f, cs_digest_slice(&hash), bytes);
        if (custom)
            write_note(w, cs_slice_str(note.name), cs_buf_slice(&note.message), cs_buf_slice(&note.data));
        cs_jw_end(w);
        err = o.err;
    }
    cs_json_free(json);
    cs_note_record_free(&note);
    return err;
}

/* -- listing ------------------------------------------------------------------------------------------------------ */

struct reading {
    cs_entry_batch *batch;
    size_t room, bytes;
    bool cut;
    cs_err err;
};

static void copy_entry(void *context, const cs_entry_record *e)
{
    struct reading *r = context;
    r->cut = r->cut || r->bytes > r->room;
    if (r->err != CS_OK || r->cut)
        return;
    cs_entry_record *copy = &r->batch->of[r->batch->n++];
    *copy = *e;
    copy->subject_id = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    copy->bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_buf_add(&copy->subject_id, cs_buf_slice(&e->subject_id));
    cs_buf_add(&copy->bytes, cs_buf_slice(&e->bytes));
    r->err = copy->subject_id.err != CS_OK ? copy->subject_id.err : copy->bytes.err;
    r->bytes += e->bytes.n;
}

cs_err cs_entries_read(cs_entry_batch *out, cs_store *store, cs_entry_query *q, size_t max_bytes)
{
    struct reading r = {.batch = out, .room = max_bytes};
    *out = (cs_entry_batch){.of = calloc((size_t)q->limit, sizeof *out->of)};
    if (out->of == NULL)
        return CS_NO_MEMORY;
    cs_err err = cs_store_entries(store, q, copy_entry, &r);
    q->more = q->more || r.cut;
    return err == CS_OK ? r.err : err;
}

void cs_entries_free(cs_entry_batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        cs_entry_record_free(&b->of[i]);
    free(b->of);
    *b = (cs_entry_batch){0};
}

struct listing {
    cs_call *c;
    cs_entry_query q;
    cs_entry_batch batch;
};

static void take_time(void *context, const cs_entry_record *e)
{
    *(int64_t *)context = e->created_ms;
}

/* The first entry at or after a time. The clock may have been set back between two entries; then it is one of those
 * around. */
static cs_err find_time(uint64_t *seq, cs_store *store, cs_slice org, int64_t since_ms)
{
    cs_head head;
    cs_err err = cs_store_head(store, &head, org);
    uint64_t from = 0, to = err == CS_OK ? head.tree.size : 0;
    if (err == CS_NOT_FOUND)
        err = CS_OK;
    while (err == CS_OK && from < to) {
        uint64_t middle = from + (to - from) / 2;
        int64_t time_ms = 0;
        cs_entry_query q = {.org = org, .from = middle, .to = middle + 1, .limit = 1};
        err = cs_store_entries(store, &q, take_time, &time_ms);
        if (time_ms < since_ms)
            from = middle + 1;
        else
            to = middle;
    }
    *seq = from;
    return err;
}

static bool read_number(uint64_t *out, cs_slice text)
{
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return text.n > 0 && text.n <= MAX_DIGITS;
}

/* `since` is a time, or the number of an entry. */
static cs_err read_since(struct listing *l, cs_slice since)
{
    int64_t ms;
    l->q.descending = since.p == NULL;
    if (since.p == NULL || read_number(&l->q.from, since))
        return CS_OK;
    if (cs_time_read(&ms, since) != CS_OK)
        return cs_call_fail(l->c, CS_BAD_FIELD, "since");
    return find_time(&l->q.from, l->c->app->store, l->q.org, ms);
}

/* A cursor says in which direction it goes on, and from where. */
static cs_err read_cursor(struct listing *l, cs_slice cursor)
{
    char at[CS_MAX_ID + 1];
    uint64_t seq = 0;
    cs_err err = cs_cursor_read(at, &l->c->app->auth, l->q.org, ROUTE, cursor);
    if (err == CS_OK && !read_number(&seq, cs_slice_str(at + 1)))
        err = CS_BAD_CURSOR;
    if (err != CS_OK)
        return cs_call_fail(l->c, err, "cursor");
    l->q.descending = at[0] == '<';
    if (l->q.descending)
        l->q.to = seq;
    else
        l->q.from = seq;
    return CS_OK;
}

static void write_pagination(cs_jw *w, const struct listing *l)
{
    char at[CS_MAX_ID + 1], text[4 * CS_MAX_ID];
    cs_buf cursor = CS_BUF_OVER(text);
    bool more = l->q.more && l->batch.n > 0;
    if (more) {
        uint64_t last = l->batch.of[l->batch.n - 1].seq;
        (void)snprintf(at, sizeof at, "%c%llu", l->q.descending ? '<' : '>',
                       (unsigned long long)(l->q.descending ? last : last + 1));
        cs_cursor_write(&cursor, &l->c->app->auth, l->q.org, ROUTE, cs_slice_str(at));
    }
    cs_jw_begin(w, "pagination");
    cs_jw_int(w, "limit", l->q.limit);
    cs_jw_str(w, "nextCursor", more ? cs_buf_slice(&cursor) : CS_ABSENT);
    cs_jw_end(w);
}

cs_err cs_entries_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    struct listing l = {.c = c, .q = {.org = cs_call_org(c), .to = UINT64_MAX}};
    cs_query_read(&q, c->rq->query);
    cs_slice since = cs_query_text(&q, "since", CS_MAX_ID), cursor = cs_query_text(&q, "cursor", 4 * CS_MAX_ID);
    l.q.event_type = cs_query_text(&q, "eventType", CS_MAX_EVENT_TYPE);
    l.q.limit = cs_query_int_or(&q, "limit", 1, CS_MAX_PAGE, DEFAULT_LIMIT);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK)
        err = cursor.p != NULL ? read_cursor(&l, cursor) : read_since(&l, since);
    if (err != CS_OK)
        return err;
    err = cs_entries_read(&l.batch, c->app->store, &l.q, CS_MAX_ANSWER / 2);
    cs_jw_begin_array(w, "data");
    for (size_t i = 0; err == CS_OK && i < l.batch.n; i++)
        err = cs_entries_write(w, NULL, c->app->store, l.q.org, &l.batch.of[i]);
    cs_jw_end_array(w);
    write_pagination(w, &l);
    cs_entries_free(&l.batch);
    return err;
}

/* -- custom entries ------------------------------------------------------------------------------------------------ */

struct custom {
    const cs_call *c;
    char name[CS_MAX_NAME + 1];
    cs_buf message, subject, data;
    cs_buf entry_data; /* their digests */
    cs_write write;
    cs_entry_note note;
};

static cs_err read_custom(struct custom *e, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_slice name = cs_jobj_str(&o, "name", CS_MAX_NAME);
        if (o.err == CS_OK &&
            (cs_name_check(name) != CS_OK || cs_slice_to_cstr(e->name, sizeof e->name, name) != CS_OK))
            cs_jobj_fail(&o, CS_BAD_FIELD, "name");
        cs_buf_add(&e->message, cs_jobj_str_opt(&o, "message", CS_MAX_CUSTOM_MESSAGE));
        cs_buf_add(&e->subject, cs_jobj_str_opt(&o, "subjectId", CS_MAX_ID));
        cs_jval data = cs_jobj_object_opt(&o, "data");
        cs_err json_err = data.v != NULL ? cs_json_canonical(&e->data, data) : CS_OK;
        if (json_err != CS_OK)
            cs_jobj_fail(&o, json_err, "data");
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

static void write_digest(cs_jw *w, const char *name, cs_slice text)
{
    cs_digest d;
    if (text.n > 0 && cs_hash(&d, CS_SHA256, text) == CS_OK)
        cs_jw_hex(w, name, "sha256:", cs_digest_slice(&d));
}

static void write_entry_data(struct custom *e)
{
    cs_jw w = cs_jw_on(&e->entry_data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", e->c->rq->request_id);
    write_digest(&w, "nameSha256", cs_slice_str(e->name));
    write_digest(&w, "messageSha256", cs_buf_slice(&e->message));
    write_digest(&w, "dataSha256", cs_buf_slice(&e->data));
    cs_jw_end(&w);
}

/* The entry's bytes come out the same a second time: they are canonical. */
static void write_custom(void *context, cs_jw *w)
{
    struct custom *e = context;
    const cs_write *written = &e->write;
    char prev_hex[2 * CS_SHA256_LEN + 1];
    cs_buf prev = CS_BUF_OVER(prev_hex), bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_entry entry = {.seq = written->seq,
                      .time_ms = written->time_ms,
                      .event_type = cs_slice_str(written->event_type),
                      .actor_id = written->actor_id,
                      .subject_id = written->subject_id,
                      .data = written->data};
    memcpy(entry.prev, written->prev, sizeof entry.prev);
    cs_hex_encode(&prev, CS_ARRAY(written->prev));
    cs_err err = cs_entry_write(&bytes, &entry);
    struct facts f = {.id = cs_slice_str(written->entry_id),
                      .event_type = entry.event_type,
                      .subject_id = entry.subject_id,
                      .actor_id = entry.actor_id,
                      .prev_hex = cs_buf_slice(&prev),
                      .seq = written->seq,
                      .time_ms = written->time_ms};
    cs_jw_begin(w, "data");
    write_facts(w, &f, CS_ARRAY(written->hash), cs_buf_slice(&bytes));
    write_note(w, e->note.name, e->note.message, e->note.data);
    cs_jw_end(w);
    if (err != CS_OK && w->out->err == CS_OK)
        w->out->err = err;
    cs_buf_free(&bytes);
}

cs_err cs_entries_create(cs_call *c, cs_jw *w)
{
    struct custom e = {.c = c,
                       .message = cs_buf_new(CS_MAX_CUSTOM_MESSAGE),
                       .subject = cs_buf_new(CS_MAX_ID),
                       .data = cs_buf_new(CS_MAX_METADATA),
                       .entry_data = cs_buf_new(4096)};
    cs_err err = read_custom(&e, c);
    if (err == CS_OK) {
        write_entry_data(&e);
        e.note = (cs_entry_note){.name = cs_slice_str(e.name),
                                 .message = e.message.n > 0 ? cs_buf_slice(&e.message) : CS_ABSENT,
                                 .data = e.data.n > 0 ? cs_buf_slice(&e.data) : CS_ABSENT};
        e.write = (cs_write){.event_type = CUSTOM,
                             .subject_id = e.subject.n > 0 ? cs_buf_slice(&e.subject) : CS_LIT(""),
                             .data = cs_buf_slice(&e.entry_data),
                             .note = &e.note};
        err = e.entry_data.err;
    }
    if (err == CS_OK)
        err = cs_call_commit(c, w, &e.write, 1, write_custom, &e);
    cs_buf_free(&e.message);
    cs_buf_free(&e.subject);
    cs_buf_free(&e.data);
    cs_buf_free(&e.entry_data);
    return err;
}
