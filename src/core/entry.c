/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entry.h"

#include "core/clock.h"
#include "core/encode.h"
#include "core/limits.h"

#define USUAL_REST 400 /* bytes of an entry without its data */

/* Alone, so that it cannot close the entry's own object and go on behind it. */
static cs_err check_data(cs_slice data)
{
    cs_json *doc = NULL;
    cs_err err = cs_json_parse(&doc, data, CS_MAX_LEDGER_ENTRY);
    if (err == CS_OK && cs_jobj_open(cs_json_root(doc)).err != CS_OK)
        err = CS_BAD_JSON;
    cs_json_free(doc);
    return err;
}

static cs_err write_members(cs_buf *out, const cs_entry *e)
{
    char time_text[32];
    cs_buf time = CS_BUF_OVER(time_text);
    cs_time_write(&time, e->time_ms);
    if (time.err != CS_OK || e->seq > CS_JSON_INT_MAX || e->event_type.n == 0 || e->actor_id.n == 0 ||
        e->subject_id.p == NULL)
        return CS_BAD_FIELD;

    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "actorId", e->actor_id);
    cs_jw_raw(&w, "data", e->data);
    cs_jw_str(&w, "eventType", e->event_type);
    cs_jw_hex(&w, "prev", "", CS_ARRAY(e->prev));
    cs_jw_int(&w, "seq", (int64_t)e->seq);
    cs_jw_str(&w, "subjectId", e->subject_id);
    cs_jw_str(&w, "time", cs_buf_slice(&time));
    cs_jw_end(&w);
    return out->err;
}

/* The text is read back by the strict door before it is fixed, so every entry that is chained can be read again. */
cs_err cs_entry_write(cs_buf *out, const cs_entry *e)
{
    cs_buf text = cs_buf_new(2 * CS_MAX_LEDGER_ENTRY), canonical = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_json *doc = NULL;
    cs_err err = check_data(e->data);
    const size_t usual = e->data.n + USUAL_REST;
    if (usual <= CS_MAX_LEDGER_ENTRY) { /* so that they do not grow by and by */
        (void)cs_buf_reserve(&text, usual);
        (void)cs_buf_reserve(&canonical, usual);
    }
    if (err == CS_OK)
        err = write_members(&text, e);
    if (err == CS_OK)
        err = cs_json_parse(&doc, cs_buf_slice(&text), text.max);
    if (err == CS_OK)
        err = cs_json_canonical(&canonical, cs_json_root(doc));
    if (err == CS_OK) {
        cs_buf_add(out, cs_buf_slice(&canonical));
        err = out->err;
    }
    cs_json_free(doc);
    cs_buf_free(&canonical);
    cs_buf_free(&text);
    return err;
}

/* Members that are not there leave the error in the reader. */
static cs_err read_members(cs_entry_in *out)
{
    cs_jobj o = cs_jobj_open(cs_json_root(out->json));
    cs_buf prev = CS_BUF_OVER(out->prev);
    out->actor_id = cs_jobj_str(&o, "actorId", CS_MAX_LEDGER_ENTRY);
    out->data = cs_jobj_object(&o, "data");
    out->event_type = cs_jobj_str(&o, "eventType", CS_MAX_LEDGER_ENTRY);
    cs_slice prev_text = cs_jobj_str(&o, "prev", 2 * CS_SHA256_LEN);
    out->seq = (uint64_t)cs_jobj_int(&o, "seq", 0, CS_JSON_INT_MAX);
    out->subject_id = cs_jobj_str(&o, "subjectId", CS_MAX_LEDGER_ENTRY);
    cs_slice time = cs_jobj_str(&o, "time", 32);
    if (cs_jobj_done(&o) != CS_OK || out->event_type.n == 0 || out->actor_id.n == 0)
        return CS_BAD_FORMAT;
    if (cs_hex_decode(&prev, prev_text) != CS_OK || prev.n != CS_SHA256_LEN)
        return CS_BAD_FORMAT;
    return cs_time_read_exact(&out->time_ms, time);
}

cs_err cs_entry_read(cs_entry_in *out, cs_slice bytes)
{
    cs_buf canonical = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    *out = (cs_entry_in){.seq = 0};
    cs_err err = cs_json_parse(&out->json, bytes, CS_MAX_LEDGER_ENTRY);
    if (err == CS_OK)
        err = read_members(out);
    if (err == CS_OK)
        err = cs_json_canonical(&canonical, cs_json_root(out->json));
    if (err == CS_OK && !cs_slice_eq(cs_buf_slice(&canonical), bytes))
        err = CS_BAD_FORMAT;
    cs_buf_free(&canonical);
    return err == CS_OK || err == CS_NO_MEMORY ? err : CS_BAD_FORMAT;
}

void cs_entry_in_free(cs_entry_in *e)
{
    cs_json_free(e->json);
    *e = (cs_entry_in){.seq = 0};
}
