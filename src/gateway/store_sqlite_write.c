/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: transactions, the log, and what failures of writes mean. */
#include "gateway/store_sql.h"
#include "sys/log.h"
#include "sys/thread.h"

#define CHECKPOINT_PAGES 1000
#define LATEST_CHECKPOINT_PAGES 4000

/* The disk refused to confirm, or what it holds is no database: nothing that this process believes about the file can
 * be relied on. Everything else (no space, no memory, read-only) leaves the committed state as it was. */
static bool is_final(int rc)
{
    return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC || (rc & 0xff) == SQLITE_CORRUPT ||
           (rc & 0xff) == SQLITE_NOTADB;
}

cs_err cs_sqlite_writer_failed(cs_store *s, int rc)
{
    cs_err err = cs_sqlite_failed(s->writer.db, "write");
    atomic_store(&s->failed, true);
    if (is_final(rc) && !atomic_exchange(&s->broken, true))
        cs_log(CS_LOG_ERROR, NULL, "store: nothing more is acknowledged until this gateway is restarted");
    return err;
}

/* By our own hand, because SQLite would not tell of a failure. What was committed is safe in the log all the same; but
 * a write into the database that the disk has refused once is not believed a second time. */
static void checkpoint(cs_store *s, int mode)
{
    int rc = sqlite3_wal_checkpoint_v2(s->writer.db, NULL, mode, NULL, NULL);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        (void)cs_sqlite_writer_failed(s, rc);
    s->log_pages = 0; /* all are copied, but for those that a reader holds: the next commit counts them again */
}

/* Between transactions, with the one connection that writes: whoever wrote does not wait for it. */
static void make_checkpoints(void *store)
{
    cs_store *s = store;
    (void)pthread_mutex_lock(&s->writing);
    while (!s->closing) {
        if (s->log_pages >= CHECKPOINT_PAGES && !cs_store_is_broken(s))
            checkpoint(s, SQLITE_CHECKPOINT_PASSIVE);
        (void)pthread_cond_wait(&s->due, &s->writing);
    }
    (void)pthread_mutex_unlock(&s->writing);
}

void cs_sqlite_stop_checkpointing(cs_store *s)
{
    if (!s->checkpointing)
        return;
    (void)pthread_mutex_lock(&s->writing);
    s->closing = true;
    (void)pthread_cond_signal(&s->due);
    (void)pthread_mutex_unlock(&s->writing);
    (void)pthread_join(s->checkpointer, NULL);
    s->checkpointing = false;
}

/* After a commit. Where the thread does not get its turn between ever new transactions, one of them makes room. After a
 * revocation the log is emptied at once: it still holds the pages of the destroyed record. That is an effort, not a
 * promise. */
void cs_sqlite_committed(cs_store *s)
{
    if (s->revoked) {
        checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE);
        return;
    }
    if (s->log_pages < CHECKPOINT_PAGES)
        return;
    if (!s->checkpointing)
        s->checkpointing = cs_thread_start_joinable(&s->checkpointer, make_checkpoints, s) == CS_OK;
    if (!s->checkpointing || s->log_pages >= LATEST_CHECKPOINT_PAGES)
        checkpoint(s, SQLITE_CHECKPOINT_PASSIVE);
    else
        (void)pthread_cond_signal(&s->due);
}

cs_err cs_sqlite_begin(cs_store *s)
{
    return cs_sql_do(s, CS_SQL_BEGIN);
}

cs_err cs_sqlite_commit(cs_store *s)
{
    return cs_sql_do(s, CS_SQL_COMMIT) == CS_OK ? CS_OK : CS_STORE_UNAVAILABLE;
}

bool cs_sqlite_rollback(cs_store *s)
{
    /* The failure itself may have rolled back. */
    return sqlite3_get_autocommit(s->writer.db) != 0 || cs_sql_do(s, CS_SQL_ROLLBACK) == CS_OK;
}
