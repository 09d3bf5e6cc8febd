/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policies.h"

#include <stdio.h>
#include <string.h>

#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "gateway/pinned.h"
#include "sys/clock.h"

#define ROUTE "attestation-policies"

/* -- answers ------------------------------------------------------------------------------------------------------- */

/* The canonical members as they were hashed, with ours in front; a client can pin the whole object. */
static void write_policy(cs_jw *w, const char *name, const cs_policy_row *p)
{
    cs_slice canonical = cs_buf_slice(&p->canonical);
    cs_jw_begin(w, name);
    cs_jw_cstr(w, "id", p->id);
    cs_jw_int(w, "version", p->version);
    cs_jw_hex(w, "hash", "sha256:", CS_ARRAY(p->hash));
    cs_envelope_time(w, "createdAt", p->created_ms);
    cs_envelope_time(w, "updatedAt", p->updated_ms);
    cs_jw_raw(w, "metadata", p->metadata.n > 0 ? cs_buf_slice(&p->metadata) : CS_LIT("{}"));
    cs_buf_add_u8(w->out, ',');
    cs_buf_add(w->out, cs_slice_sub(canonical, 1, canonical.n - 2));
    cs_jw_end(w);
}

static void answer_policy(void *context, cs_jw *w)
{
    write_policy(w, "data", context);
}

cs_err cs_policies_get(cs_call *c, cs_jw *w)
{
    cs_policy_row row = cs_policy_row_new();
    cs_query q;
    cs_query_read(&q, c->rq->query);
    int64_t version = cs_query_int_or(&q, "version", 1, CS_JSON_INT_MAX, 0);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    err = version == 0 ? cs_store_policy(c->app->store, &row, cs_call_org(c), c->id)
                       : cs_store_policy_version(c->app->store, &row, cs_call_org(c), c->id, version);
    if (err == CS_OK)
        write_policy(w, "data", &row);
    cs_policy_row_free(&row);
    return err;
}

struct listing {
    cs_page page;
    cs_jw *w;
};

/* Key sets make policies of any size, so a page ends when half of what an answer may have is written. */
static void write_item(void *context, const cs_policy_row *p)
{
    struct listing *l = context;
    write_policy(l->w, NULL, p);
    l->page.full = l->w->out->n > CS_MAX_ANSWER / 2;
}

cs_err cs_policies_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    struct listing l = {.w = w};
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &l.page, before, ROUTE);
    l.page.filter = cs_query_text(&q, "vendor", CS_MAX_WORD);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_policies(c->app->store, &l.page, write_item, &l);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, &l.page, ROUTE);
    return err;
}

/* -- changes ------------------------------------------------------------------------------------------------------- */

/* Members that the server gives and a request therefore cannot bring along. */
static void refuse_ours(cs_jobj *o)
{
    static const char *const ours[] = {"id", "version", "createdAt", "updatedAt", "hash"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (cs_jobj_has(o, ours[i]))
            cs_jobj_fail(o, CS_UNKNOWN_FIELD, ours[i]);
}

/* Canonical form, hash and vendor of the policy that `text` is. */
static cs_err fill_row(cs_policy_row *row, cs_call *c, cs_slice text)
{
    cs_policy policy;
    cs_digest hash;
    cs_err err = cs_policy_parse(&policy, &c->fault, text, c->app->allow_mock);
    cs_buf_clear(&row->canonical);
    if (err == CS_OK)
        err = cs_policy_canonical(&row->canonical, &policy);
    if (err == CS_OK)
        err = cs_hash(&hash, CS_SHA256, cs_buf_slice(&row->canonical));
    cs_policy_free(&policy);
    if (err != CS_OK)
        return err;
    memcpy(row->hash, hash.b, sizeof row->hash);
    (void)snprintf(row->vendor, sizeof row->vendor, "%s", cs_vendor_name(policy.vendor));
    row->updated_ms = cs_now_ms();
    return CS_OK;
}

static void write_entry_data(cs_buf *data, const cs_call *c, const cs_policy_row *row)
{
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_hex(&w, "policyHash", "sha256:", CS_ARRAY(row->hash));
    cs_jw_int(&w, "policyVersion", row->version);
    cs_jw_cstr(&w, "vendor", row->vendor);
    cs_call_metadata_digest(&w, &row->metadata);
    cs_jw_end(&w);
}

/* `row` is the policy afterwards, or the one that is deleted. */
static cs_err commit(cs_call *c, cs_jw *w, cs_write *write, cs_policy_row *row, cs_answer_fn answer)
{
    cs_buf data = cs_buf_new(4096);
    write_entry_data(&data, c, row);
    write->subject_id = cs_slice_str(row->id);
    write->data = cs_buf_slice(&data);
    cs_err err = data.err == CS_OK ? cs_call_commit(c, w, write, 1, answer, row) : data.err;
    cs_buf_free(&data);
    cs_pinned_changed(c->app->pinned);
    return err;
}

static cs_err read_new(cs_policy_row *row, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_call_metadata(&o, &row->metadata);
        refuse_ours(&o);
        err = o.err == CS_OK ? CS_OK : cs_jobj_fault(&o, NULL, &c->fault);
    }
    cs_json_free(json);
    return err == CS_OK ? fill_row(row, c, c->rq->body) : err;
}

cs_err cs_policies_create(cs_call *c, cs_jw *w)
{
    cs_policy_row row = cs_policy_row_new();
    cs_err err = read_new(&row, c);
    row.version = 1;
    row.created_ms = row.updated_ms;
    if (err == CS_OK)
        err = cs_id_new(row.id, CS_ID_POLICY, row.created_ms);
    if (err == CS_OK)
        err = cs_slice_to_cstr(row.org, sizeof row.org, cs_call_org(c));
    if (err == CS_OK) {
        cs_write write = {.event_type = "attestation_policy.created", .policy = &row};
        err = commit(c, w, &write, &row, answer_policy);
    }
    cs_policy_row_free(&row);
    return err;
}

/* Appends the newest version with the members of the body; its metadata, if there are any, go to the row. */
static cs_err merge(cs_buf *out, cs_policy_row *row, cs_call *c)
{
    cs_json *body = NULL, *stored = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &body, &o);
    if (err == CS_OK)
        err = cs_json_parse(&stored, cs_buf_slice(&row->canonical), CS_MAX_POLICY);
    if (err == CS_OK) {
        if (cs_jobj_has(&o, "metadata"))
            cs_buf_clear(&row->metadata);
        cs_call_metadata(&o, &row->metadata);
        refuse_ours(&o);
        cs_slice vendor = cs_jobj_str_opt(&o, "vendor", CS_MAX_NAME);
        if (vendor.p != NULL && !cs_slice_is(vendor, row->vendor))
            cs_jobj_fail(&o, CS_CONFLICT, "vendor");
        err = o.err == CS_OK ? CS_OK : cs_jobj_fault(&o, NULL, &c->fault);
    }
    if (err == CS_OK)
        err = cs_json_overlay(out, cs_json_root(stored), cs_json_root(body));
    cs_json_free(stored);
    cs_json_free(body);
    return err;
}

cs_err cs_policies_update(cs_call *c, cs_jw *w)
{
    cs_policy_row row = cs_policy_row_new();
    cs_buf text = cs_buf_new(CS_MAX_BODY + CS_MAX_POLICY);
    cs_err err = cs_store_policy(c->app->store, &row, cs_call_org(c), c->id);
    if (err == CS_OK)
        err = merge(&text, &row, c);
    if (err == CS_OK)
        err = fill_row(&row, c, cs_buf_slice(&text));
    if (err == CS_OK) {
        row.version++;
        cs_write write = {.event_type = "attestation_policy.updated", .policy = &row};
        err = commit(c, w, &write, &row, answer_policy);
        cs_keyring_policy_changed(c->app->keyring, cs_call_org(c), cs_slice_str(row.id));
    }
    cs_buf_free(&text);
    cs_policy_row_free(&row);
    return err;
}

static void answer_deletion(void *context, cs_jw *w)
{
    const cs_policy_row *row = context;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "id", row->id);
    cs_jw_bool(w, "deleted", true);
    cs_jw_end(w);
}

cs_err cs_policies_delete(cs_call *c, cs_jw *w)
{
    cs_policy_row row = cs_policy_row_new();
    cs_err err = cs_store_policy(c->app->store, &row, cs_call_org(c), c->id);
    if (err == CS_OK) {
        cs_write write = {.event_type = "attestation_policy.deleted", .drop_policy = row.id};
        err = commit(c, w, &write, &row, answer_deletion);
    }
    cs_policy_row_free(&row);
    return err;
}
