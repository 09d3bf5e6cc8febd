/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: rows, and what is read. */
#include "gateway/store_sqlite.h"

#include <string.h>

#include "sys/log.h"

/* -- statements and columns -------------------------------------------------------------------------------------- */

sqlite3_stmt *cs_sqlite_ready(cs_sqlite *c, cs_statement id)
{
    sqlite3_stmt **st = &c->statements[id];
    if (*st == NULL &&
        sqlite3_prepare_v3(c->db, cs_sqlite_statements[id], -1, SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK)
        (void)cs_sqlite_failed(c->db, cs_sqlite_statements[id]);
    return *st;
}

void cs_sqlite_done(sqlite3_stmt *st)
{
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
}

/* What is bound stays where it is until the statement is done. A failed binding leaves NULL, which the tables refuse
 * wherever a value is needed. */
void cs_sqlite_bind(sqlite3_stmt *st, int at, cs_slice s)
{
    (void)sqlite3_bind_text64(st, at, (const char *)s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}

void cs_sqlite_bind_blob(sqlite3_stmt *st, int at, cs_slice s)
{
    (void)sqlite3_bind_blob64(st, at, s.p, s.n, SQLITE_STATIC);
}

void cs_sqlite_bind_int(sqlite3_stmt *st, int at, int64_t v)
{
    (void)sqlite3_bind_int64(st, at, v);
}

cs_slice cs_sqlite_column(sqlite3_stmt *st, int at)
{
    if (sqlite3_column_type(st, at) == SQLITE_NULL)
        return CS_ABSENT;
    const void *p = sqlite3_column_type(st, at) == SQLITE_BLOB ? sqlite3_column_blob(st, at)
                                                               : (const void *)sqlite3_column_text(st, at);
    return cs_slice_of(p != NULL ? p : "", (size_t)sqlite3_column_bytes(st, at));
}

/* A row that we wrote ourselves and cannot read any more: the store is not what it was. */
static cs_err spoilt(const char *what)
{
    cs_log(CS_LOG_ERROR, NULL, "store: a row of %s cannot be read", what);
    return CS_STORE_UNAVAILABLE;
}

static cs_err column_cstr(char *out, size_t size, sqlite3_stmt *st, int at)
{
    cs_slice s = cs_sqlite_column(st, at);
    return s.p == NULL ? CS_BAD_FIELD : cs_slice_to_cstr(out, size, s);
}

static cs_err column_hash(uint8_t out[CS_SHA256_LEN], sqlite3_stmt *st, int at)
{
    cs_slice s = cs_sqlite_column(st, at);
    if (s.n != CS_SHA256_LEN)
        return CS_BAD_FIELD;
    memcpy(out, s.p, CS_SHA256_LEN);
    return CS_OK;
}

static cs_err column_buf(cs_buf *out, sqlite3_stmt *st, int at)
{
    cs_buf_add(out, cs_sqlite_column(st, at));
    return out->err;
}

cs_err cs_sqlite_head(cs_head *out, sqlite3_stmt *st, int at)
{
    *out = (cs_head){0};
    if (cs_sqlite_column(st, at).p == NULL)
        return CS_OK; /* nothing has happened in this org yet */
    cs_err err = column_hash(out->last, st, at);
    return err == CS_OK ? cs_merkle_read(&out->tree, cs_sqlite_column(st, at + 1)) : err;
}

/* -- rows ---------------------------------------------------------------------------------------------------------- */

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

cs_policy_row cs_policy_row_new(void)
{
    return (cs_policy_row){.canonical = cs_buf_new(CS_MAX_POLICY), .metadata = cs_buf_new(CS_MAX_METADATA)};
}

void cs_policy_row_free(cs_policy_row *p)
{
    cs_buf_free(&p->canonical);
    cs_buf_free(&p->metadata);
}

static cs_err key_from(cs_key_row *k, sqlite3_stmt *st)
{
    const struct {
        char *p;
        size_t size;
    } texts[] = {
        {k->id, sizeof k->id},
        {k->org, sizeof k->org},
        {k->name, sizeof k->name},
        {NULL, 0}, /* algorithm, format, status: below */
        {NULL, 0},
        {NULL, 0},
        {k->purpose, sizeof k->purpose},
        {k->environment, sizeof k->environment},
        {k->kek_provider, sizeof k->kek_provider},
        {k->key_provider, sizeof k->key_provider},
        {k->pq_provider, sizeof k->pq_provider},
        {k->key_release, sizeof k->key_release},
    };
    cs_err err = CS_OK;
    for (int i = 0; err == CS_OK && i < (int)(sizeof texts / sizeof *texts); i++)
        if (texts[i].p != NULL)
            err = column_cstr(texts[i].p, texts[i].size, st, i);
    k->alg = cs_alg_find(cs_sqlite_column(st, 3));
    if (k->alg == NULL || !cs_format_by_name(&k->format, cs_sqlite_column(st, 4)))
        err = CS_BAD_FIELD;
    int status = sqlite3_column_int(st, 5);
    k->status = status >= CS_KEY_ACTIVE && status <= CS_KEY_REVOKED ? (cs_key_status)status : CS_KEY_REVOKED;
    if (err == CS_OK && cs_sqlite_column(st, 12).p != NULL)
        err = column_cstr(k->policy_id, sizeof k->policy_id, st, 12);
    k->birth_verified = sqlite3_column_int(st, 13) != 0;
    if (err == CS_OK)
        err = column_hash(k->record_sha256, st, 14);
    k->created_ms = sqlite3_column_int64(st, 15);
    k->last_used_ms = sqlite3_column_int64(st, 16);
    k->revoked_ms = sqlite3_column_int64(st, 17);
    cs_buf *const parts[] = {&k->public_key, &k->sealed, &k->birth, &k->metadata};
    for (int i = 0; err == CS_OK && i < 4; i++)
        err = column_buf(parts[i], st, 18 + i);
    return err == CS_OK || err == CS_NO_MEMORY ? err : spoilt("hybrid_key");
}

static cs_err policy_from(cs_policy_row *p, sqlite3_stmt *st)
{
    cs_err err = column_cstr(p->id, sizeof p->id, st, 0);
    if (err == CS_OK)
        err = column_cstr(p->org, sizeof p->org, st, 1);
    if (err == CS_OK)
        err = column_cstr(p->vendor, sizeof p->vendor, st, 2);
    p->version = sqlite3_column_int64(st, 3);
    p->created_ms = sqlite3_column_int64(st, 4);
    if (err == CS_OK)
        err = column_hash(p->hash, st, 5);
    if (err == CS_OK)
        err = column_buf(&p->canonical, st, 6);
    if (err == CS_OK)
        err = column_buf(&p->metadata, st, 7);
    return err == CS_OK || err == CS_NO_MEMORY ? err : spoilt("attestation_policy");
}

/* -- reads --------------------------------------------------------------------------------------------------------- */

/* A reader for one question; waits for one if all are in use. */
static cs_sqlite *borrow(cs_store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->idle_count == 0)
        (void)pthread_cond_wait(&s->returned, &s->lock);
    cs_sqlite *c = s->idle[--s->idle_count];
    (void)pthread_mutex_unlock(&s->lock);
    return c;
}

static void give_back(cs_store *s, cs_sqlite *c)
{
    (void)pthread_mutex_lock(&s->lock);
    s->idle[s->idle_count++] = c;
    (void)pthread_cond_signal(&s->returned);
    (void)pthread_mutex_unlock(&s->lock);
}

/* One question that is being asked. */
struct question {
    cs_store *store;
    cs_sqlite *reader;
    sqlite3_stmt *st; /* NULL: it cannot even be asked */
};

static struct question begin_question(cs_store *s, cs_statement id)
{
    cs_sqlite *c = borrow(s);
    return (struct question){.store = s, .reader = c, .st = cs_sqlite_ready(c, id)};
}

/* CS_OK: there is a row; CS_NOT_FOUND: there is none (any more). */
static cs_err next_row(struct question *q)
{
    int rc = q->st != NULL ? sqlite3_step(q->st) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        return CS_OK;
    return rc == SQLITE_DONE ? CS_NOT_FOUND : cs_sqlite_failed(q->reader->db, "read");
}

static void end_question(struct question *q)
{
    if (q->st != NULL)
        cs_sqlite_done(q->st);
    give_back(q->store, q->reader);
}

cs_err cs_store_ping(cs_store *s)
{
    struct question q = begin_question(s, CS_SQL_PING);
    cs_err err = next_row(&q);
    end_question(&q);
    return err;
}

cs_err cs_store_api_key(cs_store *s, cs_api_key_row *out, const uint8_t hash[CS_SHA256_LEN])
{
    *out = (cs_api_key_row){.revoked = true};
    struct question q = begin_question(s, CS_SQL_GET_API_KEY);
    cs_sqlite_bind_blob(q.st, 1, cs_slice_of(hash, CS_SHA256_LEN));
    cs_err err = next_row(&q);
    if (err == CS_OK) {
        if (column_cstr(out->id, sizeof out->id, q.st, 0) != CS_OK ||
            column_cstr(out->org, sizeof out->org, q.st, 1) != CS_OK)
            err = spoilt("api_key");
        memcpy(out->hash, hash, sizeof out->hash);
        out->publishable = sqlite3_column_int(q.st, 2) != 0;
        out->live = sqlite3_column_int(q.st, 3) != 0;
        out->scopes = (uint32_t)sqlite3_column_int64(q.st, 4);
        out->created_ms = sqlite3_column_int64(q.st, 5);
        out->revoked = sqlite3_column_int(q.st, 6) != 0;
    }
    end_question(&q);
    return err;
}

static cs_err find_key(cs_store *s, cs_key_row *out, cs_statement id, cs_slice org, cs_slice ref)
{
    *out = cs_key_row_new();
    struct question q = begin_question(s, id);
    cs_sqlite_bind(q.st, 1, org);
    cs_sqlite_bind(q.st, 2, ref);
    cs_err err = next_row(&q);
    if (err == CS_OK)
        err = key_from(out, q.st);
    end_question(&q);
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

cs_err cs_store_policy(cs_store *s, cs_policy_row *out, cs_slice org, cs_slice id)
{
    *out = cs_policy_row_new();
    struct question q = begin_question(s, CS_SQL_GET_POLICY);
    cs_sqlite_bind(q.st, 1, org);
    cs_sqlite_bind(q.st, 2, id);
    cs_err err = next_row(&q);
    if (err == CS_OK)
        err = policy_from(out, q.st);
    end_question(&q);
    if (err != CS_OK)
        cs_policy_row_free(out);
    return err;
}

cs_err cs_store_entry(cs_store *s, cs_buf *out, cs_slice org, uint64_t seq)
{
    struct question q = begin_question(s, CS_SQL_GET_ENTRY);
    cs_sqlite_bind(q.st, 1, org);
    cs_sqlite_bind_int(q.st, 2, (int64_t)seq);
    cs_err err = next_row(&q);
    if (err == CS_OK)
        err = column_buf(out, q.st, 0);
    end_question(&q);
    return err;
}

cs_err cs_store_head(cs_store *s, cs_head *out, cs_slice org)
{
    *out = (cs_head){0};
    struct question q = begin_question(s, CS_SQL_GET_HEAD);
    cs_sqlite_bind(q.st, 1, org);
    cs_err err = next_row(&q);
    if (err == CS_OK && cs_sqlite_head(out, q.st, 0) != CS_OK)
        err = spoilt("ledger_head");
    end_question(&q);
    return err;
}

cs_err cs_store_last_counter(cs_store *s, char epoch[33], int64_t *counter)
{
    *epoch = '\0';
    struct question q = begin_question(s, CS_SQL_LAST_COUNTER);
    cs_err err = next_row(&q);
    if (err == CS_OK && cs_sqlite_column(q.st, 0).p == NULL)
        err = CS_NOT_FOUND;
    if (err == CS_OK && column_cstr(epoch, 33, q.st, 0) != CS_OK)
        err = spoilt("signature");
    *counter = err == CS_OK ? sqlite3_column_int64(q.st, 1) : 0;
    end_question(&q);
    return err;
}

/* Notes that a row was given, or that there is one too many. False: enough. */
static bool turn_page(cs_page *page, int64_t *given, sqlite3_stmt *st)
{
    page->more = *given == page->limit;
    if (page->more)
        return false;
    (*given)++;
    return column_cstr(page->last, sizeof page->last, st, 0) == CS_OK;
}

cs_err cs_store_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_key_row *k), void *context)
{
    int64_t given = 0;
    struct question q = begin_question(s, CS_SQL_LIST_KEYS);
    cs_sqlite_bind(q.st, 1, page->org);
    cs_sqlite_bind(q.st, 2, page->before);
    cs_sqlite_bind(q.st, 3, page->filter);
    cs_sqlite_bind_int(q.st, 4, page->with_revoked);
    cs_sqlite_bind_int(q.st, 5, page->limit + 1);
    cs_err err;
    while ((err = next_row(&q)) == CS_OK && turn_page(page, &given, q.st)) {
        cs_key_row k = cs_key_row_new();
        err = key_from(&k, q.st);
        if (err == CS_OK)
            each(context, &k);
        cs_key_row_free(&k);
        if (err != CS_OK)
            break;
    }
    end_question(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_store_policies(cs_store *s, cs_page *page, void (*each)(void *context, const cs_policy_row *p), void *context)
{
    int64_t given = 0;
    struct question q = begin_question(s, CS_SQL_LIST_POLICIES);
    cs_sqlite_bind(q.st, 1, page->org);
    cs_sqlite_bind(q.st, 2, page->before);
    cs_sqlite_bind(q.st, 3, page->filter);
    cs_sqlite_bind_int(q.st, 4, page->limit + 1);
    cs_err err;
    while ((err = next_row(&q)) == CS_OK && turn_page(page, &given, q.st)) {
        cs_policy_row p = cs_policy_row_new();
        err = policy_from(&p, q.st);
        if (err == CS_OK)
            each(context, &p);
        cs_policy_row_free(&p);
        if (err != CS_OK)
            break;
    }
    end_question(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}
