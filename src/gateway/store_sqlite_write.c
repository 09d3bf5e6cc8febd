/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: what is written, by the one connection that writes. */
#include "gateway/store_sqlite.h"

#include "sys/log.h"

#define CHECKPOINT_PAGES 1000

bool cs_store_is_broken(const cs_store *s)
{
    return atomic_load(&s->broken);
}

/* The disk refused to confirm, or what it holds is no database: nothing that this process believes about the file can
 * be relied on. Everything else (no space, no memory, read-only) leaves the committed state as it was. */
static bool is_final(int rc)
{
    return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC || (rc & 0xff) == SQLITE_CORRUPT ||
           (rc & 0xff) == SQLITE_NOTADB;
}

static cs_err failed(cs_store *s, int rc)
{
    cs_err err = cs_sqlite_failed(s->writer.db, "write");
    if (is_final(rc) && !atomic_exchange(&s->broken, true))
        cs_log(CS_LOG_ERROR, NULL, "store: nothing more is acknowledged until this gateway is restarted");
    return err;
}

/* Runs a statement without result and gives it back. CS_CONFLICT for a violated constraint. */
static cs_err finish(cs_store *s, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    cs_err err = rc == SQLITE_DONE ? CS_OK : (rc & 0xff) == SQLITE_CONSTRAINT ? CS_CONFLICT : failed(s, rc);
    cs_sqlite_done(st);
    return err;
}

static cs_err run(cs_store *s, cs_statement id)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, id);
    return st != NULL ? finish(s, st) : CS_STORE_UNAVAILABLE;
}

cs_err cs_store_begin(cs_store *s)
{
    s->revoked = false;
    return cs_store_is_broken(s) ? CS_STORE_UNAVAILABLE : run(s, CS_SQL_BEGIN);
}

/* By our own hand, because SQLite would not tell of a failure. What was committed is safe in the log all the same; but
 * a write into the database that the disk has refused once is not believed a second time. After a revocation the log
 * is emptied: it still holds the pages of the destroyed record. That is an effort, not a promise. */
static void checkpoint(cs_store *s)
{
    if (!s->revoked && s->log_pages < CHECKPOINT_PAGES)
        return;
    int mode = s->revoked ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int rc = sqlite3_wal_checkpoint_v2(s->writer.db, NULL, mode, NULL, NULL);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        (void)failed(s, rc);
}

cs_err cs_store_commit(cs_store *s)
{
    cs_err err = run(s, CS_SQL_COMMIT);
    if (err != CS_OK) {
        cs_store_rollback(s);
        return CS_STORE_UNAVAILABLE;
    }
    checkpoint(s);
    return CS_OK;
}

void cs_store_rollback(cs_store *s)
{
    if (sqlite3_get_autocommit(s->writer.db) != 0)
        return; /* the failure itself has rolled back */
    if (run(s, CS_SQL_ROLLBACK) != CS_OK)
        atomic_store(&s->broken, true);
}

cs_err cs_store_mark(cs_store *s)
{
    return run(s, CS_SQL_MARK);
}

cs_err cs_store_keep(cs_store *s)
{
    return run(s, CS_SQL_KEEP);
}

cs_err cs_store_undo(cs_store *s)
{
    cs_err err = run(s, CS_SQL_UNDO);
    return err == CS_OK ? cs_store_keep(s) : err;
}

cs_err cs_store_put_org(cs_store *s, const char *id, cs_slice name, int64_t now_ms)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_PUT_ORG);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, cs_slice_str(id));
    cs_sqlite_bind(st, 2, name);
    cs_sqlite_bind_int(st, 3, now_ms);
    return finish(s, st);
}

cs_err cs_store_put_api_key(cs_store *s, const cs_api_key_row *k)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_PUT_API_KEY);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind_blob(st, 1, CS_ARRAY(k->hash));
    cs_sqlite_bind(st, 2, cs_slice_str(k->id));
    cs_sqlite_bind(st, 3, cs_slice_str(k->org));
    cs_sqlite_bind_int(st, 4, k->publishable);
    cs_sqlite_bind_int(st, 5, k->live);
    cs_sqlite_bind_int(st, 6, k->scopes);
    cs_sqlite_bind_int(st, 7, k->created_ms);
    return finish(s, st);
}

/* NULL instead of nothing. */
static cs_slice or_null(cs_slice s)
{
    return s.n > 0 ? s : CS_ABSENT;
}

static cs_err put_material(cs_store *s, const cs_key_row *k)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_PUT_MATERIAL);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, cs_slice_str(k->id));
    cs_sqlite_bind_blob(st, 2, cs_buf_slice(&k->public_key));
    cs_sqlite_bind_blob(st, 3, cs_buf_slice(&k->sealed));
    cs_sqlite_bind(st, 4, cs_buf_slice(&k->birth));
    cs_sqlite_bind(st, 5, or_null(cs_buf_slice(&k->metadata)));
    return finish(s, st);
}

cs_err cs_store_put_key(cs_store *s, const cs_key_row *k)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_PUT_KEY);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    const char *const texts[] = {
        k->id,          k->org,        k->name,        k->alg->name,    cs_format_name(k->format),
        NULL,           k->purpose,    k->environment, k->kek_provider, k->key_provider,
        k->pq_provider, k->key_release};
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
        if (texts[i] != NULL)
            cs_sqlite_bind(st, i + 1, cs_slice_str(texts[i]));
    cs_sqlite_bind_int(st, 6, k->status);
    cs_sqlite_bind(st, 13, or_null(cs_slice_str(k->policy_id)));
    cs_sqlite_bind_int(st, 14, k->birth_verified);
    cs_sqlite_bind_blob(st, 15, CS_ARRAY(k->record_sha256));
    cs_sqlite_bind_int(st, 16, k->created_ms);
    cs_err err = finish(s, st);
    if (err == CS_OK && sqlite3_changes(s->writer.db) == 0)
        return CS_NOT_FOUND;
    if (err == CS_CONFLICT)
        return CS_NAME_TAKEN;
    return err == CS_OK ? put_material(s, k) : err;
}

cs_err cs_store_revoke_key(cs_store *s, cs_slice org, const char *id, int64_t now_ms)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_REVOKE_KEY);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, org);
    cs_sqlite_bind(st, 2, cs_slice_str(id));
    cs_sqlite_bind_int(st, 3, now_ms);
    cs_err err = finish(s, st);
    if (err != CS_OK)
        return err;
    if (sqlite3_changes(s->writer.db) == 0)
        return CS_KEY_NOT_ACTIVE;
    st = cs_sqlite_ready(&s->writer, CS_SQL_DESTROY_SEALED);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    s->revoked = true;
    cs_sqlite_bind(st, 1, cs_slice_str(id));
    return finish(s, st);
}

cs_err cs_store_put_policy(cs_store *s, const cs_policy_row *p)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_PUT_POLICY);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, cs_slice_str(p->id));
    cs_sqlite_bind_int(st, 2, p->version);
    cs_sqlite_bind(st, 3, cs_slice_str(p->org));
    cs_sqlite_bind(st, 4, cs_slice_str(p->vendor));
    cs_sqlite_bind(st, 5, cs_buf_slice(&p->canonical));
    cs_sqlite_bind_blob(st, 6, CS_ARRAY(p->hash));
    cs_sqlite_bind(st, 7, or_null(cs_buf_slice(&p->metadata)));
    cs_sqlite_bind_int(st, 8, p->created_ms);
    return finish(s, st);
}

/* The key is still active, in the very transaction that stores the signature. */
static cs_err touch_key(cs_store *s, cs_slice org, const char *key_id, int64_t now_ms)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_TOUCH_KEY);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, org);
    cs_sqlite_bind(st, 2, cs_slice_str(key_id));
    cs_sqlite_bind_int(st, 3, now_ms);
    cs_err err = finish(s, st);
    return err == CS_OK && sqlite3_changes(s->writer.db) != 1 ? CS_KEY_NOT_ACTIVE : err;
}

static cs_slice str_or_null(const char *text)
{
    return text != NULL ? cs_slice_str(text) : CS_ABSENT;
}

cs_err cs_store_put_signature(cs_store *s, cs_slice org, const cs_signature_row *g, uint64_t seq, int64_t now_ms)
{
    cs_err err = touch_key(s, org, g->key_id, now_ms);
    sqlite3_stmt *st = err == CS_OK ? cs_sqlite_ready(&s->writer, CS_SQL_PUT_SIGNATURE) : NULL;
    if (st == NULL)
        return err != CS_OK ? err : CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, cs_slice_str(g->id));
    cs_sqlite_bind(st, 2, org);
    cs_sqlite_bind(st, 3, cs_slice_str(g->key_id));
    if (g->policy_id != NULL) {
        cs_sqlite_bind(st, 4, cs_slice_str(g->policy_id));
        cs_sqlite_bind_int(st, 5, g->policy_version);
        cs_sqlite_bind_blob(st, 6, cs_slice_of(g->policy_hash, CS_SHA256_LEN));
    }
    cs_sqlite_bind_int(st, 7, (int64_t)seq);
    cs_sqlite_bind(st, 8, g->payload_digest);
    cs_sqlite_bind_int(st, 9, g->prehashed);
    cs_sqlite_bind_int(st, 10, g->payload_size);
    cs_sqlite_bind_blob(st, 11, g->signature);
    cs_sqlite_bind(st, 12, g->document);
    cs_sqlite_bind_blob(st, 13, g->nonce);
    cs_sqlite_bind(st, 14, cs_slice_str(g->verdict));
    cs_sqlite_bind(st, 15, str_or_null(g->reason));
    if (g->epoch != NULL) {
        cs_sqlite_bind(st, 16, cs_slice_str(g->epoch));
        cs_sqlite_bind_int(st, 17, g->counter);
    }
    cs_sqlite_bind(st, 18, g->metadata);
    cs_sqlite_bind_int(st, 19, now_ms);
    err = finish(s, st);
    return err == CS_CONFLICT ? CS_COUNTER_NOT_FRESH : err;
}

cs_err cs_store_put_entry(cs_store *s, cs_slice org, const cs_entry_row *e, int64_t now_ms)
{
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_PUT_ENTRY);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, org);
    cs_sqlite_bind_int(st, 2, (int64_t)e->seq);
    cs_sqlite_bind(st, 3, cs_slice_str(e->id));
    cs_sqlite_bind(st, 4, cs_slice_str(e->event_type));
    cs_sqlite_bind(st, 5, e->subject_id);
    cs_sqlite_bind_int(st, 6, now_ms);
    cs_sqlite_bind_blob(st, 7, e->bytes);
    return finish(s, st);
}

cs_err cs_store_get_head(cs_store *s, cs_head *out, cs_slice org)
{
    *out = (cs_head){0};
    sqlite3_stmt *st = cs_sqlite_ready(&s->writer, CS_SQL_GET_HEAD);
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, org);
    int rc = sqlite3_step(st);
    cs_err err = rc == SQLITE_ROW ? cs_sqlite_head(out, st, 0) : rc == SQLITE_DONE ? CS_OK : failed(s, rc);
    cs_sqlite_done(st);
    return err == CS_OK ? CS_OK : CS_STORE_UNAVAILABLE;
}

cs_err cs_store_put_head(cs_store *s, cs_slice org, const cs_head *h)
{
    uint8_t bytes[sizeof(uint64_t) + sizeof h->tree.node];
    cs_buf tree = CS_BUF_OVER(bytes);
    cs_merkle_write(&tree, &h->tree);
    sqlite3_stmt *st = tree.err == CS_OK ? cs_sqlite_ready(&s->writer, CS_SQL_PUT_HEAD) : NULL;
    if (st == NULL)
        return CS_STORE_UNAVAILABLE;
    cs_sqlite_bind(st, 1, org);
    cs_sqlite_bind_blob(st, 2, CS_ARRAY(h->last));
    cs_sqlite_bind_blob(st, 3, cs_buf_slice(&tree));
    return finish(s, st);
}
