/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/vault_policies.h"

#include <stdio.h>
#include <string.h>

#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "gateway/rules.h"
#include "sys/clock.h"

#define ROUTE "policies"

/* -- answers ------------------------------------------------------------------------------------------------------- */

static bool is_damaged(const cs_rule_row *row)
{
    cs_rule rule;
    return cs_rule_parse_stored(&rule, cs_buf_slice(&row->text)) != CS_OK;
}

/* A damaged policy is shown, so that it can be deleted. */
static void write_rule(cs_jw *w, const char *name, const cs_rule_row *row)
{
    cs_slice text = cs_buf_slice(&row->text);
    cs_jw_begin(w, name);
    cs_jw_cstr(w, "id", row->id);
    cs_envelope_time(w, "createdAt", row->created_ms);
    cs_envelope_time(w, "updatedAt", row->updated_ms);
    if (is_damaged(row)) {
        cs_jw_bool(w, "damaged", true);
    } else {
        cs_buf_add_u8(w->out, ',');
        cs_buf_add(w->out, cs_slice_sub(text, 1, text.n - 2));
    }
    cs_jw_end(w);
}

static void answer_rule(void *context, cs_jw *w)
{
    write_rule(w, "data", context);
}

cs_err cs_vault_policies_get(cs_call *c, cs_jw *w)
{
    cs_rule_row row = cs_rule_row_new();
    cs_err err = cs_store_rule(c->app->store, &row, cs_call_org(c), c->id);
    if (err == CS_OK)
        write_rule(w, "data", &row);
    cs_rule_row_free(&row);
    return err;
}

static void write_item(void *context, const cs_rule_row *row)
{
    write_rule(context, NULL, row);
}

cs_err cs_vault_policies_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &page, before, ROUTE);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_rules(c->app->store, &page, write_item, w);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    return err;
}

/* -- changes ------------------------------------------------------------------------------------------------------- */

/* Reads the policy that `text` is, into the row's canonical form and the columns beside it. */
static cs_err fill_row(cs_rule_row *row, cs_call *c, cs_slice text)
{
    cs_rule rule;
    cs_err err = cs_rule_parse(&rule, &c->fault, text);
    cs_buf_clear(&row->text);
    if (err == CS_OK)
        err = cs_rule_canonical(&row->text, &rule);
    if (err != CS_OK)
        return err;
    (void)snprintf(row->name, sizeof row->name, "%s", rule.name);
    (void)snprintf(row->action, sizeof row->action, "%s", cs_rule_action_name(rule.action));
    row->enabled = rule.enabled;
    row->updated_ms = cs_now_ms();
    return CS_OK;
}

/* The entry of a change; `row` is the policy afterwards, or the one that is deleted. */
static cs_err commit(cs_call *c, cs_jw *w, cs_write *write, cs_rule_row *row, cs_answer_fn answer, void *context)
{
    cs_buf data = cs_buf_new(4096);
    cs_digest hash;
    cs_err err = cs_hash(&hash, CS_SHA256, cs_buf_slice(&row->text));
    cs_jw entry = cs_jw_on(&data);
    cs_jw_begin(&entry, NULL);
    cs_jw_cstr(&entry, "requestId", c->rq->request_id);
    cs_jw_cstr(&entry, "action", row->action);
    cs_jw_bool(&entry, "enabled", row->enabled);
    if (err == CS_OK)
        cs_jw_hex(&entry, "policyHash", "sha256:", cs_digest_slice(&hash));
    cs_jw_end(&entry);
    write->subject_id = cs_slice_str(row->id);
    write->data = cs_buf_slice(&data);
    if (err == CS_OK)
        err = data.err;
    if (err == CS_OK)
        err = cs_call_commit(c, w, write, 1, answer, context);
    cs_buf_free(&data);
    /* Whatever became of it: what is in memory may be old now. */
    cs_rules_changed(c->app->rules, cs_call_org(c));
    return err;
}

static void count_one(void *context, const cs_rule_row *row)
{
    (void)row;
    ++*(size_t *)context;
}

static cs_err check_room(cs_call *c)
{
    size_t n = 0;
    cs_page page = {.org = cs_call_org(c), .limit = CS_MAX_RULES};
    cs_err err = cs_store_rules(c->app->store, &page, count_one, &n);
    return err == CS_OK && n >= CS_MAX_RULES ? CS_RULES_FULL : err;
}

cs_err cs_vault_policies_create(cs_call *c, cs_jw *w)
{
    cs_rule_row row = cs_rule_row_new();
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o); /* that it is JSON at all */
    cs_json_free(json);
    if (err == CS_OK)
        err = fill_row(&row, c, c->rq->body);
    row.version = 1;
    row.created_ms = row.updated_ms;
    if (err == CS_OK)
        err = cs_id_new(row.id, CS_ID_RULE, row.created_ms);
    if (err == CS_OK)
        err = cs_slice_to_cstr(row.org, sizeof row.org, cs_call_org(c));
    cs_rules_begin_change(c->app->rules);
    if (err == CS_OK)
        err = check_room(c);
    if (err == CS_OK) {
        cs_write write = {.event_type = "policy.created", .rule = &row};
        err = commit(c, w, &write, &row, answer_rule, &row);
    }
    cs_rules_end_change(c->app->rules);
    cs_rule_row_free(&row);
    return err;
}

/* The stored policy with the members of the body. */
static cs_err merge(cs_buf *out, cs_call *c, const cs_rule_row *row)
{
    cs_json *body = NULL, *stored = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &body, &o);
    if (err == CS_OK)
        err = cs_json_parse(&stored, cs_buf_slice(&row->text), CS_MAX_RULE);
    if (err == CS_OK)
        err = cs_json_overlay(out, cs_json_root(stored), cs_json_root(body));
    cs_json_free(stored);
    cs_json_free(body);
    return err;
}

static cs_err update(cs_call *c, cs_jw *w, cs_rule_row *row)
{
    cs_buf text = cs_buf_new(CS_MAX_BODY + CS_MAX_RULE);
    cs_err err = is_damaged(row) ? CS_CONFLICT : merge(&text, c, row);
    if (err == CS_OK)
        err = fill_row(row, c, cs_buf_slice(&text));
    cs_buf_free(&text);
    if (err != CS_OK)
        return err;
    row->version++;
    cs_write write = {.event_type = "policy.updated", .rule = row};
    return commit(c, w, &write, row, answer_rule, row);
}

cs_err cs_vault_policies_update(cs_call *c, cs_jw *w)
{
    cs_rule_row row = cs_rule_row_new();
    cs_rules_begin_change(c->app->rules);
    cs_err err = cs_store_rule(c->app->store, &row, cs_call_org(c), c->id);
    if (err == CS_OK)
        err = update(c, w, &row);
    cs_rules_end_change(c->app->rules);
    cs_rule_row_free(&row);
    return err;
}

struct deletion {
    const char *id;
    const cs_write *write;
};

static void answer_deletion(void *context, cs_jw *w)
{
    const struct deletion *d = context;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "id", d->id);
    cs_envelope_time(w, "deletedAt", d->write->time_ms);
    cs_jw_end(w);
}

cs_err cs_vault_policies_delete(cs_call *c, cs_jw *w)
{
    cs_rule_row row = cs_rule_row_new();
    cs_rules_begin_change(c->app->rules);
    cs_err err = cs_store_rule(c->app->store, &row, cs_call_org(c), c->id);
    if (err == CS_OK) {
        cs_write write = {.event_type = "policy.deleted", .drop_rule = row.id};
        struct deletion d = {.id = row.id, .write = &write};
        err = commit(c, w, &write, &row, answer_deletion, &d);
    }
    cs_rules_end_change(c->app->rules);
    cs_rule_row_free(&row);
    return err;
}
