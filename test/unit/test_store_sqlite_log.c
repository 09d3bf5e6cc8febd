/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* The log in large writes reads like any file, has everything on the disk once it is synced, and never syncs what could
 * not be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/store_sql.h"

#define ROOM (1u << 20)
#define PIECE 4096

static struct log_fixture {
    char folder[64], database[96], path[96];
    sqlite3_file *file;
} f;

static uint8_t model[ROOM], bytes[ROOM];

static const sqlite3_io_methods *on(void)
{
    return f.file->pMethods;
}

static int open_log(void **state)
{
    int fd;
    sqlite3_vfs *vfs = sqlite3_vfs_find(cs_sqlite_log_vfs());
    (void)state;
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/cs-log-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    (void)snprintf(f.database, sizeof f.database, "%s/db", f.folder); /* SQLite looks there for the mode */
    (void)snprintf(f.path, sizeof f.path, "%s/db-wal", f.folder);
    assert_true((fd = open(f.database, O_CREAT | O_RDWR | O_CLOEXEC, 0600)) >= 0);
    (void)close(fd);
    assert_non_null(vfs);
    f.file = calloc(1, (size_t)vfs->szOsFile);
    assert_non_null(f.file);
    assert_int_equal(
        vfs->xOpen(vfs, f.path, f.file, SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    for (size_t i = 0; i < ROOM; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    memset(model, 0, sizeof model);
    return 0;
}

static int close_log(void **state)
{
    (void)state;
    assert_int_equal(on()->xClose(f.file), SQLITE_OK);
    free(f.file);
    (void)unlink(f.path);
    (void)unlink(f.database);
    (void)rmdir(f.folder);
    return 0;
}

static size_t size_on_disk(void)
{
    struct stat st;
    assert_int_equal(stat(f.path, &st), 0);
    return (size_t)st.st_size;
}

/* What another connection reads. */
static void expect_on_disk(size_t n)
{
    static uint8_t is[ROOM];
    int fd = open(f.path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, is, sizeof is), n);
    (void)close(fd);
    assert_memory_equal(is, model, n);
}

static int write_piece(size_t at, size_t n)
{
    return on()->xWrite(f.file, bytes + at, (int)n, (sqlite3_int64)at);
}

static void pieces_in_a_row_are_written_at_the_sync(void **state)
{
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        const size_t more = i % 2 == 0 ? 24 : PIECE;
        assert_int_equal(write_piece(n, more), SQLITE_OK);
        n += more;
    }
    assert_int_equal(size_on_disk(), 0);
    assert_int_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    memcpy(model, bytes, n);
    assert_int_equal(size_on_disk(), n);
    expect_on_disk(n);
}

static void whatever_is_written_is_read_back(void **state)
{
    static uint8_t got[3 * PIECE];
    uint32_t dice = 12345;
    size_t end = 0, at = 0;
    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        dice = dice * 1664525u + 1013904223u;
        const size_t n = 1 + (dice >> 8) % sizeof got;
        if ((dice >> 28) == 0) {
            at = (dice >> 4) % (end + 1);
        } else if ((dice >> 28) == 1 && end > n) {
            assert_int_equal(on()->xRead(f.file, got, (int)n, (sqlite3_int64)(end - n)), SQLITE_OK);
            assert_memory_equal(got, model + end - n, n);
        } else if ((dice >> 28) == 2) {
            sqlite3_int64 size;
            assert_int_equal(on()->xFileSize(f.file, &size), SQLITE_OK);
            assert_int_equal(size, end);
        }
        if (at + n > ROOM) {
            at = end = PIECE;
            assert_int_equal(on()->xTruncate(f.file, PIECE), SQLITE_OK);
        }
        assert_int_equal(write_piece(at, n), SQLITE_OK);
        memcpy(model + at, bytes + at, n);
        at += n;
        end = at > end ? at : end;
    }
    assert_int_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    expect_on_disk(end);
}

static void limit_files(rlim_t n)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = n;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Told once, by whatever comes first: the transaction ends with it. */
static void what_cannot_be_written_fails_the_sync(void **state)
{
    uint8_t got[PIECE];
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(write_piece(0, PIECE), SQLITE_OK);
    assert_int_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    limit_files(PIECE);
    assert_int_equal(write_piece(PIECE, PIECE), SQLITE_OK);
    assert_int_not_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);

    assert_int_equal(write_piece(PIECE, PIECE), SQLITE_OK);
    assert_int_not_equal(on()->xRead(f.file, got, PIECE, PIECE), SQLITE_OK);
    assert_int_equal(on()->xRead(f.file, got, PIECE, 0), SQLITE_OK);
    assert_memory_equal(got, bytes, PIECE);
    assert_int_not_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);

    assert_int_equal(write_piece(PIECE, PIECE), SQLITE_OK);
    assert_int_not_equal(write_piece(8 * PIECE, PIECE), SQLITE_OK); /* it does not follow */
    limit_files(RLIM_INFINITY);
    assert_int_equal(write_piece(PIECE, 2 * PIECE), SQLITE_OK);
    assert_int_equal(on()->xSync(f.file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    memcpy(model, bytes, (size_t)3 * PIECE);
    expect_on_disk((size_t)3 * PIECE);
}

/* A transaction that does not fit into memory goes into the log before it is committed, and nobody else sees it. */
static void a_transaction_larger_than_the_memory_is_whole_or_not_there(void **state)
{
    sqlite3 *writer, *reader;
    char path[128];
    static const char insert[] = "WITH RECURSIVE i (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 300)"
                                 " INSERT INTO t SELECT randomblob(5000) FROM i;";
    static const char count[] = "SELECT count(*) + 0 * sum(length(b)) FROM t";
    (void)state;
    (void)snprintf(path, sizeof path, "%s/whole", f.folder);
    assert_int_equal(sqlite3_open_v2(path, &writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, cs_sqlite_log_vfs()),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer,
                                  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 10;"
                                  "CREATE TABLE t (b BLOB);",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_open(path, &reader), SQLITE_OK);
    for (int round = 0; round < 4; round++) {
        sqlite3_stmt *st;
        assert_int_equal(sqlite3_exec(writer, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_exec(writer, insert, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_exec(writer, "UPDATE t SET b = zeroblob(4000) WHERE rowid % 3 = 0", NULL, NULL, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_exec(writer, round % 2 == 0 ? "ROLLBACK" : "COMMIT", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(reader, count, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(st, 0), 300 * ((round + 1) / 2));
        assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(reader, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
        assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    }
    assert_int_equal(sqlite3_close(reader), SQLITE_OK);
    assert_int_equal(sqlite3_close(writer), SQLITE_OK);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_in_a_row_are_written_at_the_sync, open_log, close_log),
        cmocka_unit_test_setup_teardown(whatever_is_written_is_read_back, open_log, close_log),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_fails_the_sync, open_log, close_log),
        cmocka_unit_test_setup_teardown(a_transaction_larger_than_the_memory_is_whole_or_not_there, open_log,
                                        close_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
