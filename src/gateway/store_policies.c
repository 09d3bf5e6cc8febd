/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: attestation policies with all their versions, vault policies. */
#include "gateway/store_sql.h"

/* -- attestation policies ------------------------------------------------------------------------------------------ */

cs_policy_row cs_policy_row_new(void)
{
    return (cs_policy_row){.canonical = cs_buf_new(CS_MAX_POLICY), .metadata = cs_buf_new(CS_MAX_METADATA)};
}

void cs_policy_row_free(cs_policy_row *p)
{
    cs_buf_free(&p->canonical);
    cs_buf_free(&p->metadata);
}

static void read_policy(cs_sql_call *q, void *out)
{
    cs_policy_row *p = out;
    CS_SQL_GET_TEXT(q, p->id);
    CS_SQL_GET_TEXT(q, p->org);
    CS_SQL_GET_TEXT(q, p->vendor);
    p->version = cs_sql_get_int(q);
    p->created_ms = cs_sql_get_int(q);
    p->updated_ms = cs_sql_get_int(q);
    p->deleted_ms = cs_sql_get_int(q);
    cs_sql_get_hash(q, p->hash);
    cs_sql_get_buf(q, &p->canonical);
    cs_sql_get_buf(q, &p->metadata);
}

static cs_err find_policy(cs_sql_call *q, cs_policy_row *out)
{
    *out = cs_policy_row_new();
    cs_err err = cs_sql_one(q, read_policy, out);
    if (err != CS_OK)
        cs_policy_row_free(out);
    return err;
}

cs_err cs_store_policy(cs_store *s, cs_policy_row *out, cs_slice org, cs_slice id)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_POLICY);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    return find_policy(&q, out);
}

cs_err cs_store_policy_version(cs_store *s, cs_policy_row *out, cs_slice org, cs_slice id, int64_t version)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_POLICY_VERSION);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    cs_sql_int(&q, version);
    return find_policy(&q, out);
}

cs_err cs_store_policies(cs_store *s, cs_page *page, void (*each)(void *context, const cs_policy_row *p), void *context)
{
    int64_t given = 0;
    bool goes_on = true;
    cs_err err = CS_OK;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_POLICIES);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_text(&q, page->filter);
    cs_sql_int(&q, page->limit + 1);
    while (goes_on && (err = cs_sql_next(&q)) == CS_OK) {
        cs_policy_row p = cs_policy_row_new();
        read_policy(&q, &p);
        err = q.err;
        goes_on = err == CS_OK && cs_sql_turn(page, &given, p.id);
        if (goes_on)
            each(context, &p);
        cs_policy_row_free(&p);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_pinning_policies(cs_store *s, void (*each)(void *context, const cs_policy_row *p), void *context)
{
    cs_err err = CS_OK;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_PINNING_POLICIES);
    while (err == CS_OK && (err = cs_sql_next(&q)) == CS_OK) {
        cs_policy_row p = cs_policy_row_new();
        read_policy(&q, &p);
        err = q.err;
        if (err == CS_OK)
            each(context, &p);
        cs_policy_row_free(&p);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

/* The row that all versions belong to: made with the first, moved on by exactly one by the others. */
static cs_err put_policy_id(cs_store *s, const cs_policy_row *p)
{
    cs_sql_call q = cs_sql_tell(s, p->version == 1 ? CS_SQL_PUT_POLICY : CS_SQL_CHANGE_POLICY);
    cs_sql_str(&q, p->id);
    cs_sql_str(&q, p->org);
    cs_sql_int(&q, p->version == 1 ? p->created_ms : p->version);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? CS_CONFLICT : err;
}

cs_err cs_store_put_policy(cs_store *s, const cs_policy_row *p)
{
    cs_err err = put_policy_id(s, p);
    if (err != CS_OK)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_POLICY_VERSION);
    cs_sql_str(&q, p->id);
    cs_sql_int(&q, p->version);
    cs_sql_str(&q, p->vendor);
    cs_sql_blob(&q, CS_ARRAY(p->hash));
    cs_sql_int(&q, p->updated_ms);
    cs_sql_text(&q, cs_buf_slice(&p->canonical));
    cs_sql_filled(&q, cs_buf_slice(&p->metadata));
    return cs_sql_run(&q);
}

static cs_err delete_by_id(cs_store *s, cs_statement statement, cs_slice org, const char *id, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, statement);
    cs_sql_text(&q, org);
    cs_sql_str(&q, id);
    cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? CS_NOT_FOUND : err;
}

cs_err cs_store_delete_policy(cs_store *s, cs_slice org, const char *id, int64_t now_ms)
{
    cs_sql_call q = cs_sql_ask_writer(s, CS_SQL_POLICY_IS_BOUND);
    cs_sql_text(&q, org);
    cs_sql_str(&q, id);
    cs_err err = cs_sql_next(&q);
    cs_sql_end(&q);
    if (err == CS_OK)
        return CS_POLICY_BOUND;
    return err == CS_NOT_FOUND ? delete_by_id(s, CS_SQL_DELETE_POLICY, org, id, now_ms) : err;
}

/* -- vault policies ------------------------------------------------------------------------------------------------ */

cs_rule_row cs_rule_row_new(void)
{
    return (cs_rule_row){.text = cs_buf_new(CS_MAX_RULE)};
}

void cs_rule_row_free(cs_rule_row *r)
{
    cs_buf_free(&r->text);
}

static void read_rule(cs_sql_call *q, void *out)
{
    cs_rule_row *r = out;
    CS_SQL_GET_TEXT(q, r->id);
    CS_SQL_GET_TEXT(q, r->org);
    r->version = cs_sql_get_int(q);
    CS_SQL_GET_TEXT(q, r->name);
    CS_SQL_GET_TEXT(q, r->action);
    r->enabled = cs_sql_get_int(q) != 0;
    r->created_ms = cs_sql_get_int(q);
    r->updated_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &r->text);
}

cs_err cs_store_rule(cs_store *s, cs_rule_row *out, cs_slice org, cs_slice id)
{
    *out = cs_rule_row_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_RULE);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    cs_err err = cs_sql_one(&q, read_rule, out);
    if (err != CS_OK)
        cs_rule_row_free(out);
    return err;
}

/* Gives the rows of a question; those of a page if there is one. */
static cs_err give_rules(cs_sql_call *q, cs_page *page, void (*each)(void *context, const cs_rule_row *r),
                         void *context)
{
    int64_t given = 0;
    bool goes_on = true;
    cs_err err = CS_OK;
    while (goes_on && (err = cs_sql_next(q)) == CS_OK) {
        cs_rule_row r = cs_rule_row_new();
        read_rule(q, &r);
        err = q->err;
        goes_on = err == CS_OK && (page == NULL || cs_sql_turn(page, &given, r.id));
        if (goes_on)
            each(context, &r);
        cs_rule_row_free(&r);
    }
    cs_sql_end(q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_rules(cs_store *s, cs_page *page, void (*each)(void *context, const cs_rule_row *r), void *context)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_RULES);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_int(&q, page->limit + 1);
    return give_rules(&q, page, each, context);
}

cs_err cs_store_all_rules(cs_store *s, void (*each)(void *context, const cs_rule_row *r), void *context, cs_slice org)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_ALL_RULES);
    cs_sql_text(&q, org);
    return give_rules(&q, NULL, each, context);
}

cs_err cs_store_put_rule(cs_store *s, const cs_rule_row *r)
{
    cs_sql_call q = cs_sql_tell(s, r->version == 1 ? CS_SQL_PUT_RULE : CS_SQL_CHANGE_RULE);
    cs_sql_str(&q, r->id);
    cs_sql_str(&q, r->org);
    cs_sql_int(&q, r->version);
    cs_sql_str(&q, r->name);
    cs_sql_str(&q, r->action);
    cs_sql_int(&q, r->enabled);
    cs_sql_int(&q, r->created_ms);
    cs_sql_int(&q, r->updated_ms);
    cs_sql_text(&q, cs_buf_slice(&r->text));
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? CS_CONFLICT : err;
}

cs_err cs_store_delete_rule(cs_store *s, cs_slice org, const char *id, int64_t now_ms)
{
    return delete_by_id(s, CS_SQL_DELETE_RULE, org, id, now_ms);
}
