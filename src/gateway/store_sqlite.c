/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite does for a statement. */
#include "gateway/store_sql.h"

#include "sys/log.h"

static void prepare(cs_sql_call *q, cs_statement id)
{
    sqlite3_stmt **st = &q->on->statements[id];
    q->id = id;
    if (*st == NULL &&
        sqlite3_prepare_v3(q->on->db, cs_sql_statements[id], -1, SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK)
        (void)cs_sqlite_failed(q->on->db, cs_sql_statements[id]);
    q->st = *st;
}

static void prepare_text(cs_sql_call *q, const char *sql)
{
    if (sqlite3_prepare_v2(q->on->db, sql, -1, &q->st, NULL) != SQLITE_OK)
        (void)cs_sqlite_failed(q->on->db, sql);
}

static void bind_null_int(cs_sql_call *q)
{
    (void)sqlite3_bind_null(q->st, q->parameter);
}

static void bind(cs_sql_call *q, cs_slice s, bool is_text)
{
    if (is_text)
        (void)sqlite3_bind_text64(q->st, q->parameter, (const char *)s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
    else
        (void)sqlite3_bind_blob64(q->st, q->parameter, s.p, s.n, SQLITE_STATIC);
}

static void bind_int(cs_sql_call *q, int64_t v)
{
    (void)sqlite3_bind_int64(q->st, q->parameter, v);
}

static cs_err next(cs_sql_call *q)
{
    int rc = q->st != NULL ? sqlite3_step(q->st) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        return CS_OK;
    if (rc == SQLITE_DONE)
        return CS_NOT_FOUND;
    if (q->store != NULL && q->on == &q->store->writer)
        return cs_sqlite_writer_failed(q->store, rc);
    return cs_sqlite_failed(q->on->db, "read");
}

static cs_err run(cs_sql_call *q)
{
    if (q->st == NULL)
        return CS_STORE_UNAVAILABLE;
    int rc = sqlite3_step(q->st);
    cs_err err = rc == SQLITE_DONE                  ? CS_OK
                 : (rc & 0xff) == SQLITE_CONSTRAINT ? CS_CONFLICT
                                                    : cs_sqlite_writer_failed(q->store, rc);
    q->changes = err == CS_OK ? sqlite3_changes(q->on->db) : 0;
    return err;
}

static void end(cs_sql_call *q)
{
    if (q->once) {
        (void)sqlite3_finalize(q->st);
        q->st = NULL;
    }
    if (q->st == NULL)
        return;
    (void)sqlite3_reset(q->st);
    (void)sqlite3_clear_bindings(q->st);
}

cs_slice cs_sqlite_column(sqlite3_stmt *st, int at)
{
    if (sqlite3_column_type(st, at) == SQLITE_NULL)
        return CS_ABSENT;
    const void *p = sqlite3_column_type(st, at) == SQLITE_BLOB ? sqlite3_column_blob(st, at)
                                                               : (const void *)sqlite3_column_text(st, at);
    return cs_slice_of(p != NULL ? p : "", (size_t)sqlite3_column_bytes(st, at));
}

static cs_slice column(const cs_sql_call *q, int at)
{
    return cs_sqlite_column(q->st, at);
}

static int64_t column_int(const cs_sql_call *q, int at)
{
    return sqlite3_column_int64(q->st, at);
}

const cs_sql_driver cs_sqlite_driver = {.prepare = prepare,
                                        .prepare_text = prepare_text,
                                        .bind = bind,
                                        .bind_int = bind_int,
                                        .bind_null_int = bind_null_int,
                                        .next = next,
                                        .run = run,
                                        .end = end,
                                        .column = column,
                                        .column_int = column_int,
                                        .begin = cs_sqlite_begin,
                                        .commit = cs_sqlite_commit,
                                        .rollback = cs_sqlite_rollback,
                                        .committed = cs_sqlite_committed,
                                        .close = cs_sqlite_close};
