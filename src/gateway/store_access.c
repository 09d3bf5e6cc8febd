/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: orgs, API keys, sessions, settings, and what idempotency keys stand for. */
#include <string.h>

#include "gateway/store_sql.h"

/* -- orgs ---------------------------------------------------------------------------------------------------------- */

void cs_org_origin(char origin[CS_MAX_ORIGIN + 1], const cs_org_row *o)
{
    cs_buf text = cs_buf_over(origin, CS_MAX_ORIGIN + 1);
    cs_buf_printf(&text, "%s/org/%s", o->host, o->id);
    (void)cs_buf_cstr(&text);
}

void cs_sql_read_org(cs_sql_call *q, void *out)
{
    cs_org_row *o = out;
    CS_SQL_GET_TEXT(q, o->id);
    CS_SQL_GET_TEXT(q, o->name);
    CS_SQL_GET_TEXT(q, o->host);
    o->publish = cs_sql_get_int(q) != 0;
    o->created_ms = cs_sql_get_int(q);
}

cs_err cs_store_org(cs_store *s, cs_org_row *out, cs_slice org)
{
    *out = (cs_org_row){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_ORG);
    cs_sql_text(&q, org);
    return cs_sql_one(&q, cs_sql_read_org, out);
}

cs_err cs_store_orgs(cs_store *s, void (*each)(void *context, const cs_org_row *o), void *context)
{
    cs_err err;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_ORGS);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        cs_org_row o = {0};
        cs_sql_read_org(&q, &o);
        if ((err = q.err) != CS_OK)
            break;
        each(context, &o);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_put_org(cs_store *s, const cs_org_row *o)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_ORG);
    cs_sql_str(&q, o->id);
    cs_sql_str(&q, o->name);
    cs_sql_str(&q, o->host);
    cs_sql_int(&q, o->publish);
    cs_sql_int(&q, o->created_ms);
    return cs_sql_run(&q);
}

/* -- API keys ------------------------------------------------------------------------------------------------------ */

/* The keys that it is restricted to lie in one column, separated by spaces, which no id has. */
static void read_key_ids(cs_sql_call *q, cs_api_key_row *k)
{
    cs_slice rest = cs_sql_get(q);
    while (rest.n > 0 && k->key_id_count < CS_MAX_KEY_IDS) {
        const uint8_t *space = memchr(rest.p, ' ', rest.n);
        size_t n = space != NULL ? (size_t)(space - rest.p) : rest.n;
        if (cs_slice_to_cstr(k->key_ids[k->key_id_count++], CS_MAX_ID + 1, cs_slice_sub(rest, 0, n)) != CS_OK)
            cs_sql_spoilt(q);
        rest = cs_slice_sub(rest, n + 1, rest.n);
    }
    if (rest.n > 0)
        cs_sql_spoilt(q);
}

static void read_api_key(cs_sql_call *q, void *out)
{
    cs_api_key_row *k = out;
    CS_SQL_GET_TEXT(q, k->id);
    CS_SQL_GET_TEXT(q, k->org);
    CS_SQL_GET_TEXT(q, k->name);
    cs_sql_get_hash(q, k->hash);
    k->publishable = cs_sql_get_int(q) != 0;
    k->live = cs_sql_get_int(q) != 0;
    k->scopes = (uint32_t)cs_sql_get_int(q);
    read_key_ids(q, k);
    k->created_ms = cs_sql_get_int(q);
    k->expires_ms = cs_sql_get_int(q);
    k->revoked_ms = cs_sql_get_int(q);
}

cs_err cs_store_api_key(cs_store *s, cs_api_key_row *out, const uint8_t hash[CS_SHA256_LEN])
{
    *out = (cs_api_key_row){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_API_KEY);
    cs_sql_blob(&q, cs_slice_of(hash, CS_SHA256_LEN));
    return cs_sql_one(&q, read_api_key, out);
}

cs_err cs_store_api_key_by_id(cs_store *s, cs_api_key_row *out, cs_slice org, cs_slice id)
{
    *out = (cs_api_key_row){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_API_KEY_BY_ID);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    return cs_sql_one(&q, read_api_key, out);
}

cs_err cs_store_api_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_api_key_row *k),
                         void *context)
{
    int64_t given = 0;
    cs_err err;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_API_KEYS);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_text(&q, page->filter);
    cs_sql_int(&q, page->limit + 1);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        cs_api_key_row k = {0};
        read_api_key(&q, &k);
        if ((err = q.err) != CS_OK || !cs_sql_turn(page, &given, k.id))
            break;
        each(context, &k);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_put_api_key(cs_store *s, const cs_api_key_row *k)
{
    char text[CS_MAX_KEY_IDS * (CS_MAX_ID + 1) + 1];
    cs_buf key_ids = CS_BUF_OVER(text);
    for (size_t i = 0; i < k->key_id_count && i < CS_MAX_KEY_IDS; i++)
        cs_buf_printf(&key_ids, "%s%s", i > 0 ? " " : "", k->key_ids[i]);
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_API_KEY);
    cs_sql_str(&q, k->id);
    cs_sql_str(&q, k->org);
    cs_sql_str(&q, k->name);
    cs_sql_blob(&q, CS_ARRAY(k->hash));
    cs_sql_int(&q, k->publishable);
    cs_sql_int(&q, k->live);
    cs_sql_int(&q, k->scopes);
    cs_sql_filled(&q, cs_buf_slice(&key_ids));
    cs_sql_int(&q, k->created_ms);
    cs_sql_int(&q, k->expires_ms);
    cs_sql_int(&q, k->revoked_ms);
    return cs_sql_run(&q);
}

cs_err cs_store_revoke_api_key(cs_store *s, const char *id, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_REVOKE_API_KEY);
    cs_sql_str(&q, id);
    cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? CS_CONFLICT : err;
}

cs_err cs_store_rotate_api_key(cs_store *s, const cs_api_key_row *successor, const char *predecessor,
                               int64_t expires_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_EXPIRE_API_KEY);
    cs_sql_str(&q, successor->org);
    cs_sql_str(&q, predecessor);
    cs_sql_int(&q, expires_ms);
    cs_err err = cs_sql_run(&q);
    if (err == CS_OK && q.changes == 0)
        err = CS_CONFLICT;
    return err == CS_OK ? cs_store_put_api_key(s, successor) : err;
}

/* -- sessions ------------------------------------------------------------------------------------------------------ */

static void read_session(cs_sql_call *q, void *out)
{
    cs_session_row *n = out;
    cs_sql_get_hash(q, n->hash);
    CS_SQL_GET_TEXT(q, n->api_key_id);
    CS_SQL_GET_TEXT(q, n->org);
    n->expires_ms = cs_sql_get_int(q);
}

cs_err cs_store_session(cs_store *s, cs_session_row *out, const uint8_t hash[CS_SHA256_LEN])
{
    *out = (cs_session_row){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_SESSION);
    cs_sql_blob(&q, cs_slice_of(hash, CS_SHA256_LEN));
    return cs_sql_one(&q, read_session, out);
}

/* Leaves room for one more session of the API key. */
static cs_err trim_sessions(cs_store *s, const char *api_key_id)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_TRIM_SESSIONS);
    cs_sql_str(&q, api_key_id);
    cs_sql_int(&q, CS_MAX_SESSIONS - 1);
    return cs_sql_run(&q);
}

cs_err cs_store_put_session(cs_store *s, const cs_session_row *n)
{
    cs_err err = trim_sessions(s, n->api_key_id);
    if (err != CS_OK)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_SESSION);
    cs_sql_blob(&q, CS_ARRAY(n->hash));
    cs_sql_str(&q, n->api_key_id);
    cs_sql_str(&q, n->org);
    cs_sql_int(&q, n->expires_ms);
    return cs_sql_run(&q);
}

cs_err cs_store_end_session(cs_store *s, const uint8_t hash[CS_SHA256_LEN])
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_END_SESSION);
    cs_sql_blob(&q, cs_slice_of(hash, CS_SHA256_LEN));
    return cs_sql_run(&q);
}

cs_err cs_store_purge_sessions(cs_store *s, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PURGE_SESSIONS);
    cs_sql_int(&q, now_ms);
    return cs_sql_run(&q);
}

/* -- settings ------------------------------------------------------------------------------------------------------ */

static void read_text(cs_sql_call *q, void *out)
{
    cs_sql_get_buf(q, out);
}

cs_err cs_store_settings(cs_store *s, cs_buf *out, cs_slice org)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_SETTINGS);
    cs_sql_text(&q, org);
    return cs_sql_one(&q, read_text, out);
}

static cs_err set_publish(cs_store *s, cs_slice org, bool publish)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_SET_PUBLISH);
    cs_sql_text(&q, org);
    cs_sql_int(&q, publish);
    return cs_sql_run(&q);
}

cs_err cs_store_put_settings(cs_store *s, cs_slice org, const cs_settings_row *t, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_SETTINGS);
    cs_sql_text(&q, org);
    cs_sql_text(&q, t->text);
    cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK ? set_publish(s, org, t->publish) : err;
}

cs_err cs_store_delete_settings(cs_store *s, cs_slice org)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_DELETE_SETTINGS);
    cs_sql_text(&q, org);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK ? set_publish(s, org, false) : err;
}

/* -- idempotency keys ---------------------------------------------------------------------------------------------- */

cs_idempotency_row cs_idempotency_row_new(void)
{
    return (cs_idempotency_row){.answer = cs_buf_new(CS_MAX_KEPT_ANSWER)};
}

void cs_idempotency_row_free(cs_idempotency_row *i)
{
    cs_buf_free(&i->answer);
}

static void read_idempotency(cs_sql_call *q, void *out)
{
    cs_idempotency_row *i = out;
    cs_sql_get_hash(q, i->scope);
    cs_sql_get_hash(q, i->body);
    i->secret = cs_sql_get_int(q) != 0;
    i->status = (int)cs_sql_get_int(q);
    i->created_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &i->answer);
}

cs_err cs_store_get_idempotency(cs_store *s, cs_idempotency_row *out, const uint8_t scope[CS_SHA256_LEN])
{
    *out = cs_idempotency_row_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_IDEMPOTENCY);
    cs_sql_blob(&q, cs_slice_of(scope, CS_SHA256_LEN));
    cs_err err = cs_sql_one(&q, read_idempotency, out);
    if (err != CS_OK)
        cs_idempotency_row_free(out);
    return err;
}

cs_err cs_store_put_idempotency(cs_store *s, const cs_idempotency_row *i)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_IDEMPOTENCY);
    cs_sql_blob(&q, CS_ARRAY(i->scope));
    cs_sql_blob(&q, CS_ARRAY(i->body));
    cs_sql_int(&q, i->secret);
    cs_sql_int(&q, i->status);
    cs_sql_int(&q, i->created_ms);
    cs_sql_blob(&q, i->secret ? CS_ABSENT : cs_buf_slice(&i->answer));
    cs_sql_int(&q, i->created_ms - CS_KEPT_ANSWER_MS);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? CS_CONFLICT : err;
}

cs_err cs_store_purge_idempotency(cs_store *s, int64_t before_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PURGE_IDEMPOTENCY);
    cs_sql_int(&q, before_ms);
    return cs_sql_run(&q);
}
