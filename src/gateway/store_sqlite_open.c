/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: making it, opening it for one process, copying it, closing it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/store_sql.h"
#include "sys/log.h"

static const char common_settings[] = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                                      "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
                                      "PRAGMA busy_timeout = 5000;";
static const char writer_settings[] = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                                      "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192;";
/* Of a new store. A ledger entry of a signature fits into a page with others; in one of 4,096 bytes it would have a
 * page of its own behind it. */
static const char page_setting[] = "PRAGMA page_size = 8192;";
static const char reader_settings[] = "PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = ON;"
                                      "PRAGMA cache_size = -512;";

cs_err cs_sqlite_failed(sqlite3 *db, const char *what)
{
    cs_log(CS_LOG_ERROR, NULL, "store: %s: %s (%d)", what, sqlite3_errmsg(db), sqlite3_extended_errcode(db));
    return CS_STORE_UNAVAILABLE;
}

static cs_err run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? CS_OK : cs_sqlite_failed(db, "settings");
}

/* The first value of a one-row answer. */
static cs_err ask(cs_slice *out, sqlite3_stmt **st, sqlite3 *db, const char *sql)
{
    if (sqlite3_prepare_v2(db, sql, -1, st, NULL) != SQLITE_OK || sqlite3_step(*st) != SQLITE_ROW)
        return cs_sqlite_failed(db, "question");
    *out = cs_sqlite_column(*st, 0);
    return CS_OK;
}

static cs_err expect(sqlite3 *db, const char *sql, const char *answer)
{
    sqlite3_stmt *st = NULL;
    cs_slice is;
    cs_err err = ask(&is, &st, db, sql);
    if (err == CS_OK && !cs_slice_is(is, answer)) {
        cs_log(CS_LOG_ERROR, NULL, "store: %s does not answer %s", sql, answer);
        err = CS_CONFIG;
    }
    (void)sqlite3_finalize(st);
    return err;
}

static cs_err open_connection(cs_sql_conn *c, const char *path, int flags, const char *settings)
{
    const char *vfs = (flags & SQLITE_OPEN_READWRITE) != 0 ? cs_sqlite_log_vfs() : NULL;
    c->driver = &cs_sqlite_driver;
    if (sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs) != SQLITE_OK)
        return c->db != NULL ? cs_sqlite_failed(c->db, "open") : CS_NO_MEMORY;
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    cs_err err = run(c->db, common_settings);
    return err == CS_OK ? run(c->db, settings) : err;
}

static cs_err open_reader(cs_sql_conn *c, const char *path)
{
    cs_err err = open_connection(c, path, SQLITE_OPEN_READONLY, reader_settings);
    if (err == CS_OK)
        (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    return err;
}

static void close_connection(cs_sql_conn *c)
{
    for (size_t i = 0; i < CS_SQL_COUNT; i++)
        (void)sqlite3_finalize(c->statements[i]);
    (void)sqlite3_close(c->db);
    *c = (cs_sql_conn){0};
}

/* What the versions behind `from` add, in the transaction of the caller. */
static cs_err add_versions(sqlite3 *db, int from)
{
    char text[64];
    cs_buf stamp = CS_BUF_OVER(text);
    cs_err err = CS_OK;
    for (int version = from + 1; err == CS_OK && version <= CS_STORE_VERSION; version++)
        err = run(db, cs_sql_versions[version]);
    cs_buf_printf(&stamp, "PRAGMA user_version = %d;", CS_STORE_VERSION);
    return err == CS_OK ? run(db, cs_buf_cstr(&stamp)) : err;
}

cs_err cs_sqlite_create(const char *path)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? CS_CONFLICT : CS_IO;
    (void)close(fd);

    cs_sql_conn c = {0};
    char stamp[128];
    cs_buf sql = CS_BUF_OVER(stamp);
    cs_buf_printf(&sql, "PRAGMA application_id = %d; COMMIT;", CS_SQLITE_APPLICATION);
    cs_err err = open_connection(&c, path, SQLITE_OPEN_READWRITE, writer_settings);
    if (err == CS_OK)
        err = run(c.db, page_setting);
    if (err == CS_OK)
        err = expect(c.db, "PRAGMA journal_mode = WAL", "wal");
    if (err == CS_OK)
        err = run(c.db, "BEGIN IMMEDIATE");
    if (err == CS_OK)
        err = add_versions(c.db, CS_STORE_OLDEST - 1);
    if (err == CS_OK)
        err = run(c.db, cs_buf_cstr(&sql));
    close_connection(&c);
    if (err != CS_OK)
        (void)unlink(path);
    return err;
}

/* The lock lies on the database file itself, so that two names of one file do not make two stores, on a byte that
 * SQLite's own locks never cover. The descriptor is closed only after SQLite's: closing one takes the process's POSIX
 * locks on the file away. */
static cs_err take_lock(cs_store *s, const char *path)
{
    s->lock_fd = open(path, O_RDWR | O_CLOEXEC);
    if (s->lock_fd < 0) {
        cs_log(CS_LOG_ERROR, NULL, "store: %s: %s", path, strerror(errno));
        return CS_CONFIG;
    }
    struct flock first_byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    if (fcntl(s->lock_fd, F_OFD_SETLK, &first_byte) == 0)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "store: %s is in use by another gateway", path);
    return CS_CONFLICT;
}

/* `version` gets that of the store, which this program can work with or bring up to its own. */
static cs_err check_version(int *version, sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    char application[16];
    cs_slice is;
    cs_buf a = CS_BUF_OVER(application);
    cs_buf_printf(&a, "%d", CS_SQLITE_APPLICATION);
    *version = 0;
    cs_err err = expect(db, "PRAGMA application_id", cs_buf_cstr(&a));
    if (err == CS_OK)
        err = ask(&is, &st, db, "PRAGMA user_version");
    if (err == CS_OK)
        *version = sqlite3_column_int(st, 0);
    (void)sqlite3_finalize(st);
    if (err == CS_OK && (*version < CS_STORE_OLDEST || *version > CS_STORE_VERSION)) {
        cs_log(CS_LOG_ERROR, NULL, "store: it is of version %d; this program works with %d to %d", *version,
               CS_STORE_OLDEST, CS_STORE_VERSION);
        err = CS_CONFIG;
    }
    return err == CS_OK ? expect(db, "PRAGMA journal_mode", "wal") : err;
}

/* In one transaction: whatever happens meanwhile, the store is of the old version or of this one. Programs of the old
 * version refuse it from then on. */
static cs_err bring_up(sqlite3 *db, int version)
{
    if (version == CS_STORE_VERSION)
        return CS_OK;
    cs_log(CS_LOG_INFO, NULL, "store: from version %d to %d", version, CS_STORE_VERSION);
    cs_err err = run(db, "BEGIN IMMEDIATE");
    if (err == CS_OK)
        err = add_versions(db, version);
    if (err == CS_OK)
        return run(db, "COMMIT");
    (void)run(db, "ROLLBACK");
    return err;
}

static int note_log_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    cs_store *s = context;
    (void)db;
    (void)name;
    s->log_pages = pages;
    return SQLITE_OK;
}

static cs_err open_writer(cs_store *s, const char *path)
{
    int version;
    cs_err err = open_connection(&s->writer, path, SQLITE_OPEN_READWRITE, writer_settings);
    if (err == CS_OK)
        err = check_version(&version, s->writer.db);
    /* What an earlier process left in the log, perhaps behind a write that the disk never confirmed, is copied and
     * synced before anything is built on it. */
    if (err == CS_OK &&
        sqlite3_wal_checkpoint_v2(s->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        err = cs_sqlite_failed(s->writer.db, "checkpoint");
    if (err == CS_OK)
        err = bring_up(s->writer.db, version);
    (void)sqlite3_wal_hook(s->writer.db, note_log_pages, s);
    return err;
}

cs_err cs_sqlite_open_unchecked(cs_store **out, const char *path)
{
    *out = NULL;
    cs_store *s = cs_sql_store_new(&cs_sqlite_driver);
    if (s == NULL)
        return CS_NO_MEMORY;
    cs_err err = take_lock(s, path);
    if (err == CS_OK)
        err = open_writer(s, path);
    if (err != CS_OK) {
        cs_store_close(s);
        return err == CS_STORE_UNAVAILABLE ? CS_CONFIG : err;
    }
    *out = s;
    return CS_OK;
}

static cs_err open_readers(cs_store *s, const char *path)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < CS_STORE_READERS; i++) {
        cs_sql_conn *reader = &s->readers[i];
        err = open_reader(reader, path);
        s->idle[s->idle_count++] = reader;
    }
    return err;
}

cs_err cs_sqlite_open(cs_store **out, const char *path)
{
    uint64_t wrong = 0;
    cs_err err = cs_sqlite_open_unchecked(out, path);
    if (err == CS_OK)
        err = cs_sql_check_ledgers(&(*out)->writer, false, &wrong);
    if (err == CS_OK && wrong > 0)
        err = CS_CONFIG;
    return err == CS_OK ? open_readers(*out, path) : err;
}

/* -- copying ---------------------------------------------------------------------------------------------------------
 */

/* One read transaction: what is written meanwhile is not in the copy, and waits for nothing. */
static cs_err copy_pages(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (b == NULL)
        return cs_sqlite_failed(to, "copy");
    int rc = sqlite3_backup_step(b, -1);
    (void)sqlite3_backup_finish(b);
    if (rc == SQLITE_DONE)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "store: copy: %s", sqlite3_errstr(rc));
    return CS_IO;
}

static bool sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

cs_err cs_sqlite_copy(const char *to, const char *from)
{
    cs_sql_conn source = {0}, copy = {0};
    int version;
    cs_err err = open_reader(&source, from);
    if (err == CS_OK)
        err = check_version(&version, source.db);
    if (err != CS_OK) {
        close_connection(&source);
        return err == CS_STORE_UNAVAILABLE ? CS_CONFIG : err;
    }
    int fd = open(to, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    err = fd >= 0 ? CS_OK : errno == EEXIST ? CS_CONFLICT : CS_IO;
    if (fd >= 0)
        (void)close(fd);
    if (err == CS_OK) {
        err = open_connection(&copy, to, SQLITE_OPEN_READWRITE, writer_settings);
        if (err == CS_OK)
            err = copy_pages(copy.db, source.db);
        close_connection(&copy);
        if (err == CS_OK && !sync_file(to))
            err = CS_IO;
        if (err != CS_OK)
            (void)unlink(to);
    }
    close_connection(&source);
    return err == CS_STORE_UNAVAILABLE ? CS_IO : err;
}

/* -- the end ---------------------------------------------------------------------------------------------------------
 */

void cs_sqlite_close(cs_store *s)
{
    cs_sqlite_stop_checkpointing(s);
    for (size_t i = 0; i < CS_STORE_READERS; i++)
        close_connection(&s->readers[i]);
    close_connection(&s->writer);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
}
