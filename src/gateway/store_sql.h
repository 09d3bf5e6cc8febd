/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the stores on SQL share: connections, their statements, and statements under way. Nobody else
 * includes it.
 *
 * Exactly one connection writes and checkpoints. Readers are opened read-only and never checkpoint, also not when they
 * close: versions before 3.51.3 can corrupt the database when two connections reset the log.
 */
#ifndef CS_GATEWAY_STORE_SQL_H
#define CS_GATEWAY_STORE_SQL_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "gateway/store.h"

#define CS_STORE_READERS 8
#define CS_STORE_VERSION 4               /* PRAGMA user_version */
#define CS_STORE_OLDEST 2                /* that can be brought up to it */
#define CS_SQLITE_APPLICATION 0x4353746f /* PRAGMA application_id: "CSto" */

typedef enum cs_statement {
    CS_SQL_PING,
    CS_SQL_GET_ORG,
    CS_SQL_LIST_ORGS,
    CS_SQL_GET_API_KEY,
    CS_SQL_GET_API_KEY_BY_ID,
    CS_SQL_LIST_API_KEYS,
    CS_SQL_GET_SESSION,
    CS_SQL_GET_SETTINGS,
    CS_SQL_GET_IDEMPOTENCY,
    CS_SQL_GET_KEY,
    CS_SQL_GET_KEY_BY_NAME,
    CS_SQL_LIST_KEYS,
    CS_SQL_LIST_LINEAGE,
    CS_SQL_COUNT_KEYS,
    CS_SQL_GET_POLICY,
    CS_SQL_GET_POLICY_VERSION,
    CS_SQL_LIST_POLICIES,
    CS_SQL_PINNING_POLICIES,
    CS_SQL_GET_RULE,
    CS_SQL_LIST_RULES,
    CS_SQL_ALL_RULES,
    CS_SQL_COUNT_POLICIES,
    CS_SQL_GET_SIGNATURE,
    CS_SQL_LIST_SIGNATURES,
    CS_SQL_LIST_SIGNATURES_OF_KEY,
    CS_SQL_LIST_SIGNATURES_OF_POLICY,
    CS_SQL_LIST_SIGNATURES_OF_VERDICT,
    CS_SQL_COUNT_SIGNATURES,
    CS_SQL_LAST_COUNTER,
    CS_SQL_GET_ENTRY,
    CS_SQL_GET_ENTRY_BY_ID,
    /* in pairs: forwards, backwards */
    CS_SQL_LIST_ENTRIES,
    CS_SQL_LIST_ENTRIES_BACK,
    CS_SQL_LIST_ENTRIES_OF_TYPE,
    CS_SQL_LIST_ENTRIES_OF_TYPE_BACK,
    CS_SQL_LIST_ENTRIES_OF_SUBJECT,
    CS_SQL_LIST_ENTRIES_OF_SUBJECT_BACK,
    CS_SQL_LIST_ENTRIES_OF_KEY,
    CS_SQL_LIST_ENTRIES_OF_KEY_BACK,
    CS_SQL_GET_NOTE,
    CS_SQL_LIST_NODES,
    CS_SQL_GET_HEAD,
    CS_SQL_HOLD_HEAD,
    CS_SQL_GET_CHECKPOINT,
    CS_SQL_LAST_CHECKPOINT,
    CS_SQL_COVERING_CHECKPOINT,
    CS_SQL_LIST_CHECKPOINTS,
    CS_SQL_ALL_CHECKPOINTS,
    CS_SQL_COUNT_CHECKPOINTS,
    CS_SQL_LIST_LEDGERS,
    CS_SQL_REVOKED_ALIVE,
    CS_SQL_REVOKED_API_KEY_ALIVE,
    CS_SQL_REVOKED_REGISTERED_ALIVE,
    CS_SQL_GET_REGISTERED,
    CS_SQL_GET_REGISTERED_BY_HASH,
    CS_SQL_LIST_REGISTERED,
    CS_SQL_COUNT_REGISTERED,
    CS_SQL_NEWEST_CHALLENGE,
    CS_SQL_GET_HYBRID,
    CS_SQL_LIST_HYBRID,
    CS_SQL_LIST_HYBRID_OF_KEY,
    CS_SQL_COUNT_HYBRID,
    CS_SQL_COUNTERSIGNING_KEY,
    CS_SQL_GET_PQ_KEY,
    CS_SQL_GET_PQ_BIRTH,
    CS_SQL_BEGIN,
    CS_SQL_COMMIT,
    CS_SQL_ROLLBACK,
    CS_SQL_MARK,
    CS_SQL_KEEP,
    CS_SQL_UNDO,
    CS_SQL_PROBE,
    CS_SQL_PUT_ORG,
    CS_SQL_PUT_API_KEY,
    CS_SQL_REVOKE_API_KEY,
    CS_SQL_EXPIRE_API_KEY,
    CS_SQL_TRIM_SESSIONS,
    CS_SQL_PUT_SESSION,
    CS_SQL_END_SESSION,
    CS_SQL_PURGE_SESSIONS,
    CS_SQL_PUT_SETTINGS,
    CS_SQL_DELETE_SETTINGS,
    CS_SQL_SET_PUBLISH,
    CS_SQL_PUT_IDEMPOTENCY,
    CS_SQL_PURGE_IDEMPOTENCY,
    CS_SQL_PUT_KEY,
    CS_SQL_PUT_MATERIAL,
    CS_SQL_SUPERSEDE_KEY,
    CS_SQL_PUT_LINEAGE,
    CS_SQL_REVOKE_KEY,
    CS_SQL_DESTROY_SEALED,
    CS_SQL_SUSPEND_KEY,
    CS_SQL_RESUME_KEY,
    CS_SQL_TOUCH_KEY,
    CS_SQL_PUT_POLICY,
    CS_SQL_CHANGE_POLICY,
    CS_SQL_PUT_POLICY_VERSION,
    CS_SQL_POLICY_IS_BOUND,
    CS_SQL_DELETE_POLICY,
    CS_SQL_PUT_RULE,
    CS_SQL_CHANGE_RULE,
    CS_SQL_DELETE_RULE,
    CS_SQL_PUT_SIGNATURE,
    CS_SQL_ADD_SIGNATURE,
    CS_SQL_PUT_ENTRY,
    CS_SQL_PUT_NOTE,
    CS_SQL_PUT_NODE,
    CS_SQL_PUT_HEAD,
    CS_SQL_ROOT_OF_SIZE,
    CS_SQL_PUT_CHECKPOINT,
    CS_SQL_UPDATE_CHECKPOINT,
    CS_SQL_PUT_REGISTERED,
    CS_SQL_REVOKE_REGISTERED,
    CS_SQL_TRIM_CHALLENGES,
    CS_SQL_PUT_CHALLENGE,
    CS_SQL_USE_CHALLENGE,
    CS_SQL_PURGE_CHALLENGES,
    CS_SQL_PUT_HYBRID,
    CS_SQL_ADD_HYBRID,
    CS_SQL_PUT_PQ_KEY,
    CS_SQL_PUT_PQ_BIRTH,
    CS_SQL_COUNT
} cs_statement;

/* What a database does for a statement under way. */
typedef struct cs_sql_call cs_sql_call;
typedef struct cs_sql_driver {
    void (*prepare)(cs_sql_call *q, cs_statement id);
    void (*prepare_text)(cs_sql_call *q, const char *sql);  /* for this once */
    void (*bind)(cs_sql_call *q, cs_slice s, bool is_text); /* absent is NULL */
    void (*bind_int)(cs_sql_call *q, int64_t v);
    void (*bind_null_int)(cs_sql_call *q);
    cs_err (*next)(cs_sql_call *q); /* CS_OK: a row; CS_NOT_FOUND: no more */
    cs_err (*run)(cs_sql_call *q);  /* sets q->changes; CS_CONFLICT for a violated constraint */
    void (*end)(cs_sql_call *q);
    cs_slice (*column)(const cs_sql_call *q, int at); /* absent: NULL */
    int64_t (*column_int)(const cs_sql_call *q, int at);
    /* the writer's transactions */
    cs_err (*begin)(cs_store *s);
    void (*hurry)(cs_store *s); /* NULL: it makes no difference */
    cs_err (*commit)(cs_store *s);
    bool (*rollback)(cs_store *s);  /* false: nobody knows what became of it */
    void (*committed)(cs_store *s); /* between two of them */
    void (*close)(cs_store *s);
} cs_sql_driver;

/* A connection, of one kind or the other. */
typedef struct cs_sql_conn {
    const cs_sql_driver *driver;
    sqlite3 *db;
    sqlite3_stmt *statements[CS_SQL_COUNT]; /* prepared when first used */
    struct cs_postgres *pg;
} cs_sql_conn;

/* What a transaction needs to do only once for many signatures, as long as nothing is taken back alone. */
typedef struct cs_sql_once {
    bool marked; /* something may be: each does it for itself */
    /* counted, and not yet written; n 0: nothing is */
    cs_statement counting;
    char org[CS_MAX_ID + 1], verdict[CS_MAX_WORD + 1]; /* the latter empty where there is none */
    int64_t n;
    /* the key that was found able to sign last, and is marked as used then; empty: none */
    char key_org[CS_MAX_ID + 1], key_id[CS_MAX_ID + 1];
    int64_t used_ms;
} cs_sql_once;

struct cs_store {
    int lock_fd; /* holds the lock that keeps other processes out; -1: there is none */
    bool shared; /* other gateways write into it, too */
    struct cs_postgres_shared *postgres;
    bool again;   /* the transaction failed for a reason that the next may not have */
    bool unknown; /* its commit was sent, and no answer came */
    cs_sql_conn writer;
    pthread_mutex_t writing;          /* held during a transaction: of the next five */
    cs_sql_once once;                 /* for its signatures */
    bool in_transaction;              /* there is one, of the thread that holds `writing` */
    bool revoked;                     /* it destroys a sealed record */
    bool keys_changed;                /* it changes keys */
    bool remembered;                  /* it changes something that gateways remember */
    int log_pages;                    /* in the log after the last commit or checkpoint */
    pthread_cond_t due;               /* a checkpoint is, or the store is to close */
    pthread_t checkpointer;           /* the thread that makes them between transactions … */
    bool checkpointing, closing;      /* … if there is one; it is to end */
    atomic_bool broken;               /* for good */
    atomic_uint_fast64_t key_changes; /* transactions that changed keys */
    atomic_bool failed;               /* the last write was not done */
    atomic_int_fast64_t tried;        /* when one was tried to find out, by the steady clock */
    pthread_mutex_t lock;             /* of idle */
    pthread_cond_t returned;
    cs_sql_conn *idle[CS_STORE_READERS];
    size_t idle_count;
    cs_sql_conn readers[CS_STORE_READERS];
};

/* store_schema.c: what each version adds to the one before, from CS_STORE_OLDEST on. */
extern const char *const cs_sql_versions[CS_STORE_VERSION + 1];
extern const char *const cs_sql_statements[CS_SQL_COUNT]; /* store_statements.c */

extern const cs_sql_driver cs_sqlite_driver;
/* store_postgres_open.c, as the two of SQLite */
CS_MUST_CHECK cs_err cs_postgres_create(const char *url);
CS_MUST_CHECK cs_err cs_postgres_open(cs_store **out, const char *url);
/* A store to migrate into: new, or one that a migration has left unfinished, for which it is kept from all others until
 * it is released. CS_CONFLICT: it is there already. */
CS_MUST_CHECK cs_err cs_postgres_open_target(cs_store **out, const char *url);
CS_MUST_CHECK cs_err cs_postgres_release_target(cs_store *s);
/* The writer waits for answers as long as counting a large table takes; nothing for a store of another kind. */
void cs_postgres_be_patient(cs_store *s);
CS_MUST_CHECK cs_err cs_postgres_look(cs_store *s, cs_store_view *out);
/* store_sql.c: a store without connections; NULL: no memory. Ends with cs_store_close. */
cs_store *cs_sql_store_new(const cs_sql_driver *driver);

/* store_sqlite_open.c */
cs_err cs_sqlite_failed(sqlite3 *db, const char *what); /* logs; CS_STORE_UNAVAILABLE */
/* The name of the VFS for a connection that writes, with synchronous = FULL (store_sqlite_log.c). */
const char *cs_sqlite_log_vfs(void);
CS_MUST_CHECK cs_err cs_sqlite_create(const char *path);
CS_MUST_CHECK cs_err cs_sqlite_copy(const char *to, const char *from);
/* As cs_store_open; what `out` gets is closed by the caller whatever was returned. */
CS_MUST_CHECK cs_err cs_sqlite_open(cs_store **out, const char *path);
/* The one connection of a store that is read back; the lock is held as by cs_store_open. Ends with cs_store_close. */
CS_MUST_CHECK cs_err cs_sqlite_open_unchecked(cs_store **out, const char *path);

/* store_check.c: all ledgers, from their last checkpoints on or from the first entry. Logs the first thing that
 * is wrong with each, and counts the ledgers. */
CS_MUST_CHECK cs_err cs_sql_check_ledgers(cs_sql_conn *c, bool whole, uint64_t *wrong);

/* store_sqlite_write.c */
CS_MUST_CHECK cs_err cs_sqlite_begin(cs_store *s);
CS_MUST_CHECK cs_err cs_sqlite_commit(cs_store *s);
bool cs_sqlite_rollback(cs_store *s);
void cs_sqlite_committed(cs_store *s);
void cs_sqlite_close(cs_store *s); /* store_sqlite_open.c: connections and lock */
/* Ends the thread that makes checkpoints. */
void cs_sqlite_stop_checkpointing(cs_store *s);
/* Logs a failure of the writer, and notes one after which nothing can be believed any more. */
cs_err cs_sqlite_writer_failed(cs_store *s, int rc);

/* -- statements under way: store_sql.c ------------------------------------------------------------------------------
 */

/* Parameters are bound one after the other, columns are read one after the other. What is bound stays where it is until
 * the statement has ended. */
struct cs_sql_call {
    cs_store *store;
    cs_sql_conn *on;
    sqlite3_stmt *st;      /* NULL: it cannot be prepared (logged) */
    bool once;             /* it ends with the call */
    struct cs_pg_call *pg; /* the same of PostgreSQL */
    cs_statement id;
    int parameter; /* the last that was bound */
    int column;    /* the next to be read */
    cs_err err;    /* sticky, of a row: CS_OK, CS_NO_MEMORY, or CS_STORE_UNAVAILABLE for one that cannot be read */
    int changes;   /* rows that cs_sql_run changed */
};

/* A question to a connection that is free; to the writer, which sees what its transaction has written so far; or to one
 * that the caller has. Ended with cs_sql_end. */
cs_sql_call cs_sql_ask(cs_store *s, cs_statement id);
cs_sql_call cs_sql_ask_writer(cs_store *s, cs_statement id);
cs_sql_call cs_sql_ask_on(cs_sql_conn *c, cs_statement id);
/* The same for SQL that is in no table, as SQLite has it, and that nobody outside has written. `sql` outlives the call.
 */
cs_sql_call cs_sql_ask_text(cs_sql_conn *c, const char *sql);
cs_sql_call cs_sql_tell_text(cs_store *s, const char *sql);
void cs_sql_null_int(cs_sql_call *q);
/* CS_OK: there is a row; CS_NOT_FOUND: there is none, or no more. */
CS_MUST_CHECK cs_err cs_sql_next(cs_sql_call *q);
void cs_sql_end(cs_sql_call *q);

/* A statement that changes something. */
cs_sql_call cs_sql_tell(cs_store *s, cs_statement id);
/* Runs and ends it. CS_CONFLICT for a violated constraint. */
CS_MUST_CHECK cs_err cs_sql_run(cs_sql_call *q);
/* One without parameters. */
CS_MUST_CHECK cs_err cs_sql_do(cs_store *s, cs_statement id);
/* Counts one more of an org with CS_SQL_ADD_SIGNATURE or CS_SQL_ADD_HYBRID (verdict ""), before the transaction ends.
 */
CS_MUST_CHECK cs_err cs_sql_count(cs_store *s, cs_statement id, cs_slice org, const char *verdict);

void cs_sql_text(cs_sql_call *q, cs_slice s);   /* absent is NULL */
void cs_sql_str(cs_sql_call *q, const char *s); /* NULL is NULL */
void cs_sql_filled(cs_sql_call *q, cs_slice s); /* text; absent and empty are NULL */
void cs_sql_blob(cs_sql_call *q, cs_slice s);
void cs_sql_int(cs_sql_call *q, int64_t v);

cs_slice cs_sqlite_column(sqlite3_stmt *st, int at); /* of TEXT or BLOB, until the statement is stepped or ended */
bool cs_sql_is_null(const cs_sql_call *q);           /* the column that is read next */
cs_slice cs_sql_get(cs_sql_call *q);
void cs_sql_get_text(cs_sql_call *q, char *out, size_t size); /* NULL gives "" */
void cs_sql_get_hash(cs_sql_call *q, uint8_t out[CS_SHA256_LEN]);
void cs_sql_get_buf(cs_sql_call *q, cs_buf *out); /* NULL gives nothing */
int64_t cs_sql_get_int(cs_sql_call *q);           /* NULL gives 0 */
#define CS_SQL_GET_TEXT(q, array) cs_sql_get_text((q), (array), sizeof(array))
/* A row that we wrote ourselves and cannot read any more: the store is not what it was. */
void cs_sql_spoilt(cs_sql_call *q);
/* Reads a head; of NULL the one of an empty ledger. */
void cs_sql_get_head(cs_sql_call *q, cs_head *out);
/* Reads the only row of a question into `out`, and ends it. Its error, or CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_sql_one(cs_sql_call *q, void (*read)(cs_sql_call *q, void *out), void *out);

/* For the check as well. Of CS_SQL_LIST_NODES: as cs_store_nodes; the caller ends it. */
CS_MUST_CHECK cs_err cs_sql_read_nodes(cs_sql_call *q, cs_buf *out, cs_slice org, unsigned level, uint64_t first,
                                       size_t count);
void cs_sql_read_org(cs_sql_call *q, void *out);
void cs_sql_read_entry(cs_sql_call *q, void *out);
void cs_sql_read_checkpoint(cs_sql_call *q, void *out);

/* In a listing: notes that a row with this id is given now; false if it is one too many. */
bool cs_sql_turn(cs_page *page, int64_t *given, const char *id);

#endif
