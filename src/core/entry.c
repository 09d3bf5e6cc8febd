/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entry.h"

#include "core/clock.h"
#include "core/encode.h"
#include "core/limits.h"

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
