/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to a key, as its ledger entries tell it. Nothing is kept for this beside the ledger. */
#include <stdio.h>
#include <string.h>

#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "gateway/vault.h"

#define ROUTE "hybrid-keys/audit"

/* What an event is called here. */
static const char *operation_of(const char *event_type, cs_jobj *data)
{
    static const struct {
        const char *event_type, *operation;
    } rows[] = {{"key.created", "create"},      {"key.rotated", "rotate"},       {"key.suspended", "suspend"},
                {"key.resumed", "resume"},      {"key.revoked", "revoke"},       {"signature.issued", "sign"},
                {"signature.attested", "sign"}, {"signature.verified", "verify"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].event_type, event_type) == 0)
            return rows[i].operation;
    if (strcmp(event_type, "attestation.violation") == 0)
        return cs_jobj_has(data, "payloadSize") ? "sign" : "create";
    return event_type;
}

/* Whether the attestation of the operation, or the signature that was looked at, held; null where neither was there. */
static void write_verified(cs_jw *w, cs_jobj *data)
{
    cs_slice verdict = cs_jobj_str_opt(data, "verdict", CS_MAX_WORD);
    if (cs_jobj_has(data, "ok"))
        cs_jw_bool(w, "verified", cs_jobj_bool_or(data, "ok", false));
    else if (cs_slice_is(verdict, "pass") || cs_slice_is(verdict, "fail"))
        cs_jw_bool(w, "verified", cs_slice_is(verdict, "pass"));
    else
        cs_jw_null(w, "verified");
}

struct audit {
    cs_jw *w;
    int64_t count;
    uint64_t last; /* seq */
    cs_err err;
};

static cs_err write_entry(cs_jw *w, const cs_entry_record *e, cs_jobj *entry)
{
    cs_jval inside = cs_jobj_object(entry, "data");
    cs_jobj data = cs_jobj_open(inside);
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "id", e->id);
    cs_jw_cstr(w, "operation", operation_of(e->event_type, &data));
    cs_jw_str(w, "payloadSha256", cs_jobj_str_opt(&data, "payloadSha256", CS_MAX_LEDGER_ENTRY));
    int64_t size = cs_jobj_int_or(&data, "payloadSize", 0, CS_JSON_INT_MAX, -1);
    if (size >= 0)
        cs_jw_int(w, "payloadSize", size);
    else
        cs_jw_null(w, "payloadSize");
    write_verified(w, &data);
    cs_jw_begin(w, "metadata");
    cs_jw_cstr(w, "eventType", e->event_type);
    cs_jw_int(w, "seq", (int64_t)e->seq);
    cs_jw_str(w, "actorId", cs_jobj_str(entry, "actorId", CS_MAX_LEDGER_ENTRY));
    cs_jw_str(w, "subjectId", cs_jobj_str(entry, "subjectId", CS_MAX_LEDGER_ENTRY));
    cs_buf text = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_err err = cs_json_canonical(&text, inside);
    cs_jw_raw(w, "data", cs_buf_slice(&text));
    cs_buf_free(&text);
    cs_jw_end(w);
    cs_envelope_time(w, "createdAt", e->created_ms);
    cs_jw_end(w);
    if (err == CS_OK)
        err = cs_jobj_done_open(&data);
    return err == CS_OK ? cs_jobj_done_open(entry) : err;
}

/* The bytes are ours and were strict when they were appended: what does not read is damage. */
static void each(void *context, const cs_entry_record *e)
{
    struct audit *a = context;
    cs_json *json = NULL;
    if (a->err != CS_OK)
        return;
    cs_err err = cs_json_parse(&json, cs_buf_slice(&e->bytes), CS_MAX_LEDGER_ENTRY);
    if (err == CS_OK) {
        cs_jobj entry = cs_jobj_open(cs_json_root(json));
        err = write_entry(a->w, e, &entry);
    }
    cs_json_free(json);
    a->last = e->seq;
    a->count++;
    a->err = err == CS_OK ? CS_OK : CS_INTERNAL;
}

/* The cursor of a ledger is a seq. */
static cs_err set_end(cs_entry_query *query, cs_slice before)
{
    if (before.p == NULL)
        return CS_OK;
    query->to = 0;
    for (size_t i = 0; i < before.n; i++) {
        if (before.p[i] < '0' || before.p[i] > '9' || query->to > CS_JSON_INT_MAX / 10)
            return CS_BAD_CURSOR;
        query->to = query->to * 10 + (before.p[i] - '0');
    }
    return CS_OK;
}

/* A successor's first entry is that of the rotation, which is kept with its predecessor: it ends the last page. */
static cs_err list_birth(cs_call *c, cs_entry_query *query, struct audit *a, const cs_key_row *key)
{
    cs_entry_query birth = {.org = query->org, .to = query->to, .subject = cs_slice_str(key->id), .limit = 1};
    if (query->more || key->predecessor[0] == '\0')
        return CS_OK;
    query->more = a->count == query->limit;
    return query->more ? CS_OK : cs_store_entries(c->app->store, &birth, each, a);
}

cs_err cs_vault_audit(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    cs_key_row key;
    char before[CS_MAX_ID + 1];
    cs_err err = cs_vault_find(&key, c);
    cs_call_page(c, &q, &page, before, ROUTE);
    if (err == CS_OK)
        err = cs_query_done(&q, &c->fault);
    struct audit audit = {.w = w};
    cs_entry_query query = {
        .org = page.org, .to = UINT64_MAX, .key_id = cs_slice_str(key.id), .descending = true, .limit = page.limit};
    if (err == CS_OK)
        err = set_end(&query, page.before);
    if (err == CS_OK) {
        cs_jw_begin_array(w, "data");
        err = cs_store_entries(c->app->store, &query, each, &audit);
        if (err == CS_OK)
            err = list_birth(c, &query, &audit, &key);
        cs_jw_end_array(w);
    }
    if (err == CS_OK)
        err = audit.err;
    page.more = query.more;
    (void)snprintf(page.last, sizeof page.last, "%llu", (unsigned long long)audit.last);
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    cs_key_row_free(&key);
    return err;
}
