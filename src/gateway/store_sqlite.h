/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the SQLite store share: connections, their statements, binding and reading columns. Nobody else
 * includes it.
 *
 * Exactly one connection writes and checkpoints. Readers are opened read-only and never checkpoint, also not when they
 * close: versions before 3.51.3 can corrupt the database when two connections reset the log.
 */
#ifndef CS_GATEWAY_STORE_SQLITE_H
#define CS_GATEWAY_STORE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "gateway/store.h"

#define CS_SQLITE_READERS 8
#define CS_SQLITE_VERSION 1              /* PRAGMA user_version */
#define CS_SQLITE_APPLICATION 0x4353746f /* PRAGMA application_id: "CSto" */

typedef enum cs_statement {
    CS_SQL_PING,
    CS_SQL_GET_API_KEY,
    CS_SQL_GET_KEY,
    CS_SQL_GET_KEY_BY_NAME,
    CS_SQL_LIST_KEYS,
    CS_SQL_GET_POLICY,
    CS_SQL_LIST_POLICIES,
    CS_SQL_GET_ENTRY,
    CS_SQL_GET_HEAD,
    CS_SQL_LAST_COUNTER,
    CS_SQL_LIST_HEADS,
    CS_SQL_BEGIN,
    CS_SQL_COMMIT,
    CS_SQL_ROLLBACK,
    CS_SQL_MARK,
    CS_SQL_KEEP,
    CS_SQL_UNDO,
    CS_SQL_PUT_ORG,
    CS_SQL_PUT_API_KEY,
    CS_SQL_PUT_KEY,
    CS_SQL_PUT_MATERIAL,
    CS_SQL_REVOKE_KEY,
    CS_SQL_DESTROY_SEALED,
    CS_SQL_PUT_POLICY,
    CS_SQL_TOUCH_KEY,
    CS_SQL_PUT_SIGNATURE,
    CS_SQL_PUT_ENTRY,
    CS_SQL_PUT_HEAD,
    CS_SQL_COUNT
} cs_statement;

typedef struct cs_sqlite {
    sqlite3 *db;
    sqlite3_stmt *statements[CS_SQL_COUNT]; /* prepared when first used */
} cs_sqlite;

struct cs_store {
    int lock_fd; /* holds the lock that keeps other processes out */
    cs_sqlite writer;
    bool revoked;  /* the open transaction destroys a sealed record */
    int log_pages; /* in the log after the last commit */
    atomic_bool broken;
    pthread_mutex_t lock; /* of idle */
    pthread_cond_t returned;
    cs_sqlite *idle[CS_SQLITE_READERS];
    size_t idle_count;
    cs_sqlite readers[CS_SQLITE_READERS];
};

extern const char *const cs_sqlite_schema;
extern const char *const cs_sqlite_statements[CS_SQL_COUNT];

/* store_sqlite_open.c */
cs_err cs_sqlite_failed(sqlite3 *db, const char *what); /* logs; CS_STORE_UNAVAILABLE */

/* store_sqlite.c. A statement ready to be bound; NULL if it cannot be prepared (logged). It is given back with
 * cs_sqlite_done. */
sqlite3_stmt *cs_sqlite_ready(cs_sqlite *c, cs_statement id);
void cs_sqlite_done(sqlite3_stmt *st);
void cs_sqlite_bind(sqlite3_stmt *st, int at, cs_slice s);      /* TEXT; absent is NULL */
void cs_sqlite_bind_blob(sqlite3_stmt *st, int at, cs_slice s); /* BLOB; absent is NULL */
void cs_sqlite_bind_int(sqlite3_stmt *st, int at, int64_t v);
cs_slice cs_sqlite_column(sqlite3_stmt *st, int at); /* of TEXT or BLOB, until the statement is stepped or done */
/* Reads a head from its two columns, from `at` on. */
cs_err cs_sqlite_head(cs_head *out, sqlite3_stmt *st, int at);

#endif
