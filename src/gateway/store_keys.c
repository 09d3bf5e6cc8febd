/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: keys and their lineages. */
#include "gateway/store_sql.h"

const char *cs_key_status_name(cs_key_status s)
{
    static const char *const names[] = {[CS_KEY_ACTIVE] = "active",
                                        [CS_KEY_SUPERSEDED] = "superseded",
                                        [CS_KEY_SUSPENDED] = "suspended",
                                        [CS_KEY_REVOKED] = "revoked"};
    return names[(unsigned)s <= CS_KEY_REVOKED ? s : CS_KEY_REVOKED];
}

cs_key_row cs_key_row_new(void)
{
    return (cs_key_row){.status = CS_KEY_REVOKED,
                        .public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                        .sealed = cs_buf_new(CS_MAX_SEALED),
                        .birth = cs_buf_new(CS_MAX_ATTESTATION),
                        .metadata = cs_buf_new(CS_MAX_METADATA)};
}

void cs_key_row_free(cs_key_row *k)
{
    cs_buf_free(&k->public_key);
    cs_buf_free(&k->sealed);
    cs_buf_free(&k->birth);
    cs_buf_free(&k->metadata);
}

cs_lineage_row cs_lineage_row_new(void)
{
    return (cs_lineage_row){.statement = cs_buf_new(CS_MAX_LEDGER_ENTRY),
                            .signature = cs_buf_new(CS_MAX_SIGNATURE),
                            .document = cs_buf_new(CS_MAX_ATTESTATION)};
}

void cs_lineage_row_free(cs_lineage_row *l)
{
    cs_buf_free(&l->statement);
    cs_buf_free(&l->signature);
    cs_buf_free(&l->document);
}

/* -- reads --------------------------------------------------------------------------------------------------------- */

static void read_key(cs_sql_call *q, void *out)
{
    cs_key_row *k = out;
    CS_SQL_GET_TEXT(q, k->id);
    CS_SQL_GET_TEXT(q, k->org);
    CS_SQL_GET_TEXT(q, k->name);
    k->alg = cs_alg_find(cs_sql_get(q));
    if (k->alg == NULL || !cs_format_by_name(&k->format, cs_sql_get(q)))
        cs_sql_spoilt(q);
    int64_t status = cs_sql_get_int(q);
    k->status = status >= CS_KEY_ACTIVE && status <= CS_KEY_REVOKED ? (cs_key_status)status : CS_KEY_REVOKED;
    CS_SQL_GET_TEXT(q, k->purpose);
    CS_SQL_GET_TEXT(q, k->environment);
    CS_SQL_GET_TEXT(q, k->kek_provider);
    CS_SQL_GET_TEXT(q, k->key_provider);
    CS_SQL_GET_TEXT(q, k->pq_provider);
    CS_SQL_GET_TEXT(q, k->key_release);
    CS_SQL_GET_TEXT(q, k->policy_id);
    k->birth_verified = cs_sql_get_int(q) != 0;
    cs_sql_get_hash(q, k->record_sha256);
    CS_SQL_GET_TEXT(q, k->predecessor);
    CS_SQL_GET_TEXT(q, k->successor);
    k->created_ms = cs_sql_get_int(q);
    k->last_used_ms = cs_sql_get_int(q);
    k->suspended_ms = cs_sql_get_int(q);
    k->revoked_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &k->public_key);
    cs_sql_get_buf(q, &k->sealed);
    cs_sql_get_buf(q, &k->birth);
    cs_sql_get_buf(q, &k->metadata);
}

static cs_err find_key(cs_store *s, cs_key_row *out, cs_statement id, cs_slice org, cs_slice ref)
{
    *out = cs_key_row_new();
    cs_sql_call q = cs_sql_ask(s, id);
    cs_sql_text(&q, org);
    cs_sql_text(&q, ref);
    cs_err err = cs_sql_one(&q, read_key, out);
    if (err != CS_OK)
        cs_key_row_free(out);
    return err;
}

cs_err cs_store_key(cs_store *s, cs_key_row *out, cs_slice org, cs_slice id)
{
    return find_key(s, out, CS_SQL_GET_KEY, org, id);
}

cs_err cs_store_key_by_name(cs_store *s, cs_key_row *out, cs_slice org, cs_slice name)
{
    return find_key(s, out, CS_SQL_GET_KEY_BY_NAME, org, name);
}

cs_err cs_store_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_key_row *k), void *context)
{
    int64_t given = 0;
    bool goes_on = true;
    cs_err err = CS_OK;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_KEYS);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_text(&q, page->filter);
    cs_sql_int(&q, page->with_revoked);
    cs_sql_int(&q, page->limit + 1);
    while (goes_on && (err = cs_sql_next(&q)) == CS_OK) {
        cs_key_row k = cs_key_row_new();
        read_key(&q, &k);
        err = q.err;
        goes_on = err == CS_OK && cs_sql_turn(page, &given, k.id);
        if (goes_on)
            each(context, &k);
        cs_key_row_free(&k);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static void read_link(cs_sql_call *q, cs_lineage_row *l)
{
    CS_SQL_GET_TEXT(q, l->predecessor);
    CS_SQL_GET_TEXT(q, l->successor);
    l->created_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &l->statement);
    cs_sql_get_buf(q, &l->signature);
    cs_sql_get_buf(q, &l->document);
}

cs_err cs_store_lineage(cs_store *s, void (*each)(void *context, const cs_lineage_row *l), void *context, cs_slice org,
                        cs_slice key_id)
{
    cs_err err;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_LINEAGE);
    cs_sql_text(&q, org);
    cs_sql_text(&q, key_id);
    cs_sql_int(&q, CS_MAX_LINEAGE);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        cs_lineage_row l = cs_lineage_row_new();
        read_link(&q, &l);
        err = q.err;
        if (err == CS_OK)
            each(context, &l);
        cs_lineage_row_free(&l);
        if (err != CS_OK)
            break;
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

/* -- writes -------------------------------------------------------------------------------------------------------- */

static cs_err put_material(cs_store *s, const cs_key_row *k)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_MATERIAL);
    cs_sql_str(&q, k->id);
    cs_sql_blob(&q, cs_buf_slice(&k->public_key));
    cs_sql_blob(&q, cs_buf_slice(&k->sealed));
    cs_sql_text(&q, cs_buf_slice(&k->birth));
    cs_sql_filled(&q, cs_buf_slice(&k->metadata));
    return cs_sql_run(&q);
}

cs_err cs_store_put_key(cs_store *s, const cs_key_row *k)
{
    s->keys_changed = true;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_KEY);
    cs_sql_str(&q, k->id);
    cs_sql_str(&q, k->org);
    cs_sql_str(&q, k->name);
    cs_sql_str(&q, k->alg->name);
    cs_sql_str(&q, cs_format_name(k->format));
    cs_sql_int(&q, k->status);
    cs_sql_str(&q, k->purpose);
    cs_sql_str(&q, k->environment);
    cs_sql_str(&q, k->kek_provider);
    cs_sql_str(&q, k->key_provider);
    cs_sql_str(&q, k->pq_provider);
    cs_sql_str(&q, k->key_release);
    cs_sql_filled(&q, cs_slice_str(k->policy_id));
    cs_sql_int(&q, k->birth_verified);
    cs_sql_blob(&q, CS_ARRAY(k->record_sha256));
    cs_sql_filled(&q, cs_slice_str(k->predecessor));
    cs_sql_int(&q, k->created_ms);
    cs_err err = cs_sql_run(&q);
    if (err == CS_OK && q.changes == 0)
        return CS_NOT_FOUND;
    if (err == CS_CONFLICT)
        return CS_NAME_TAKEN;
    return err == CS_OK ? put_material(s, k) : err;
}

/* A change of one key by its id; `refused` if the key is in no state for it. */
static cs_err change_key(cs_store *s, cs_statement id, cs_slice org, const char *key_id, int64_t now_ms, cs_err refused)
{
    cs_sql_call q = cs_sql_tell(s, id);
    cs_sql_text(&q, org);
    cs_sql_str(&q, key_id);
    if (id != CS_SQL_RESUME_KEY)
        cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes == 0 ? refused : err;
}

static cs_err put_link(cs_store *s, cs_slice org, const cs_lineage_row *l)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_LINEAGE);
    cs_sql_str(&q, l->predecessor);
    cs_sql_str(&q, l->successor);
    cs_sql_text(&q, org);
    cs_sql_int(&q, l->created_ms);
    cs_sql_text(&q, cs_buf_slice(&l->statement));
    cs_sql_blob(&q, cs_buf_slice(&l->signature));
    cs_sql_text(&q, cs_buf_slice(&l->document));
    return cs_sql_run(&q);
}

cs_err cs_store_rotate_key(cs_store *s, const cs_key_row *successor, const cs_lineage_row *link)
{
    s->keys_changed = true;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_SUPERSEDE_KEY);
    cs_sql_str(&q, successor->org);
    cs_sql_str(&q, link->predecessor);
    cs_sql_str(&q, successor->id);
    cs_err err = cs_sql_run(&q);
    if (err == CS_OK && q.changes == 0)
        err = CS_KEY_NOT_ACTIVE;
    if (err == CS_OK)
        err = cs_store_put_key(s, successor);
    return err == CS_OK ? put_link(s, cs_slice_str(successor->org), link) : err;
}

cs_err cs_store_revoke_key(cs_store *s, cs_slice org, const char *id, int64_t now_ms)
{
    s->keys_changed = true;
    cs_err err = change_key(s, CS_SQL_REVOKE_KEY, org, id, now_ms, CS_KEY_NOT_ACTIVE);
    if (err != CS_OK)
        return err;
    s->revoked = true;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_DESTROY_SEALED);
    cs_sql_str(&q, id);
    return cs_sql_run(&q);
}

cs_err cs_store_suspend_key(cs_store *s, cs_slice org, const char *id, int64_t now_ms)
{
    s->keys_changed = true;
    return change_key(s, CS_SQL_SUSPEND_KEY, org, id, now_ms, CS_KEY_NOT_ACTIVE);
}

cs_err cs_store_resume_key(cs_store *s, cs_slice org, const char *id)
{
    s->keys_changed = true;
    return change_key(s, CS_SQL_RESUME_KEY, org, id, 0, CS_CONFLICT);
}
