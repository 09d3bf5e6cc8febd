/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policies.h"

#include <stdio.h>
#include <string.h>

#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "sys/clock.h"

#define ROUTE "attestation-policies"

/* The canonical members as they were hashed, with ours in front; a client can pin the whole object. */
static void write_policy(cs_jw *w, const char *name, const cs_policy_row *p)
{
    cs_slice canonical = cs_buf_slice(&p->canonical);
    cs_jw_begin(w, name);
    cs_jw_cstr(w, "id", p->id);
    cs_jw_int(w, "version", p->version);
    cs_jw_hex(w, "hash", "sha256:", CS_ARRAY(p->hash));
    cs_envelope_time(w, "createdAt", p->created_ms);
    cs_jw_raw(w, "metadata", p->metadata.n > 0 ? cs_buf_slice(&p->metadata) : CS_LIT("{}"));
    cs_buf_add_u8(w->out, ',');
    cs_buf_add(w->out, cs_slice_sub(canonical, 1, canonical.n - 2));
    cs_jw_end(w);
}

/* Members that the server gives and a new policy therefore cannot bring along. */
static cs_err check_members(cs_call *c, cs_buf *metadata)
{
    static const char *const ours[] = {"id", "version", "createdAt", "updatedAt", "hash"};
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_call_metadata(&o, metadata);
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (cs_jobj_has(&o, ours[i]))
                cs_jobj_fail(&o, CS_UNKNOWN_FIELD, ours[i]);
        err = o.err == CS_OK ? CS_OK : cs_jobj_fault(&o, NULL, &c->fault);
    }
    cs_json_free(json);
    return err;
}

static cs_err fill_row(cs_policy_row *row, cs_call *c)
{
    cs_policy policy;
    cs_digest hash;
    cs_err err = cs_policy_parse(&policy, &c->fault, c->rq->body, c->app->allow_mock);
    if (err == CS_OK)
        err = cs_policy_canonical(&row->canonical, &policy);
    if (err == CS_OK)
        err = cs_hash(&hash, CS_SHA256, cs_buf_slice(&row->canonical));
    row->created_ms = row->updated_ms = cs_now_ms();
    if (err == CS_OK)
        err = cs_id_new(row->id, CS_ID_POLICY, row->created_ms);
    if (err != CS_OK)
        return err;
    memcpy(row->hash, hash.b, sizeof row->hash);
    row->version = 1;
    (void)snprintf(row->org, sizeof row->org, "%s", c->caller.realm);
    (void)snprintf(row->vendor, sizeof row->vendor, "%s", cs_vendor_name(policy.vendor));
    return CS_OK;
}

static cs_err commit_policy(cs_call *c, const cs_policy_row *row)
{
    cs_buf data = cs_buf_new(4096);
    cs_jw w = cs_jw_on(&data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_hex(&w, "policyHash", "sha256:", CS_ARRAY(row->hash));
    cs_jw_int(&w, "policyVersion", row->version);
    cs_jw_cstr(&w, "vendor", row->vendor);
    cs_call_metadata_digest(&w, &row->metadata);
    cs_jw_end(&w);
    cs_write write = {.event_type = "attestation_policy.created",
                      .subject_id = cs_slice_str(row->id),
                      .data = cs_buf_slice(&data),
                      .policy = row};
    cs_err err = cs_call_commit(c, NULL, &write, 1, NULL, NULL);
    cs_buf_free(&data);
    return err;
}

cs_err cs_policies_create(cs_call *c, cs_jw *w)
{
    cs_policy_row row = cs_policy_row_new();
    cs_err err = check_members(c, &row.metadata);
    if (err == CS_OK)
        err = fill_row(&row, c);
    if (err == CS_OK)
        err = commit_policy(c, &row);
    if (err == CS_OK)
        write_policy(w, "data", &row);
    cs_policy_row_free(&row);
    return err;
}

cs_err cs_policies_get(cs_call *c, cs_jw *w)
{
    cs_policy_row row;
    cs_err err = cs_store_policy(c->app->store, &row, cs_call_org(c), c->id);
    if (err != CS_OK)
        return err;
    write_policy(w, "data", &row);
    cs_policy_row_free(&row);
    return CS_OK;
}

static void write_item(void *context, const cs_policy_row *p)
{
    write_policy(context, NULL, p);
}

cs_err cs_policies_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &page, before, ROUTE);
    page.filter = cs_query_text(&q, "vendor", CS_MAX_WORD);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_policies(c->app->store, &page, write_item, w);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    return err;
}
