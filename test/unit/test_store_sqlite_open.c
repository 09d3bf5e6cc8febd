/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* A store of an older version gets what it lacks when it is opened, all of it or, if something happens meanwhile,
 * nothing. The older stores are ones that gateways of those versions made (vectors/store-v2.sql, store-v3.sql). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/slice.h"
#include "sys/log.h"

#include "store_fixture.h"

static struct store_fixture f;

static void read_text(cs_buf *out, const char *path)
{
    char chunk[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        cs_buf_add(out, cs_slice_of(chunk, n));
    assert_int_equal(fclose(file), 0);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail_msg("%s", problem);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t ask_number(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(st, 0);
    assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

#define NEWEST 4

/* In the place of the fixture's own store. */
static int open_version(int version)
{
    char path[256];
    cs_buf sql = cs_buf_new(1 << 20);
    cs_log_open("test", CS_LOG_ERROR);
    store_fixture_open(&f);
    cs_store_close(f.store);
    f.store = NULL;
    assert_int_equal(unlink(f.path), 0);
    (void)snprintf(path, sizeof path, "%s/store-v%d.sql", CS_VECTORS, version);
    read_text(&sql, path);
    run_sql(f.path, cs_buf_cstr(&sql));
    cs_buf_free(&sql);
    assert_int_equal(ask_number(f.path, "PRAGMA user_version"), version);
    return 0;
}

static int open_old(void **state)
{
    (void)state;
    return open_version(2);
}

static int open_last(void **state)
{
    (void)state;
    return open_version(3);
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

/* All that the database says of its tables, one line each. */
static void read_tables(cs_buf *out, const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name", -1, &st, NULL),
        SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW)
        cs_buf_printf(out, "%s %s %s\n", (const char *)sqlite3_column_text(st, 0),
                      (const char *)sqlite3_column_text(st, 1),
                      sqlite3_column_text(st, 2) != NULL ? (const char *)sqlite3_column_text(st, 2) : "");
    assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(out->err, CS_OK);
}

static void test_an_older_store_gets_what_it_lacks(void **state)
{
    (void)state;
    struct store_fixture fresh;
    cs_buf theirs = cs_buf_new(1 << 20), ours = cs_buf_new(1 << 20);
    store_fixture_reopen(&f);
    cs_store_close(f.store);
    f.store = NULL;
    assert_int_equal(ask_number(f.path, "PRAGMA user_version"), NEWEST);
    store_fixture_open(&fresh);
    read_tables(&theirs, f.path);
    read_tables(&ours, fresh.path);
    store_fixture_close(&fresh);
    assert_string_equal(cs_buf_cstr(&theirs), cs_buf_cstr(&ours));
    cs_buf_free(&theirs);
    cs_buf_free(&ours);
}

struct found {
    char org[CS_MAX_ID + 1];
};

static void note_org(void *context, const cs_org_row *o)
{
    struct found *found = context;
    if (strstr(o->id, "_test") == NULL)
        memcpy(found->org, o->id, sizeof found->org);
}

static void test_what_it_had_is_there(void **state)
{
    (void)state;
    struct found found = {0};
    cs_counts counts;
    cs_store_tally tally;
    char id[CS_MAX_ID + 1];
    cs_key_row key;
    store_fixture_reopen(&f);
    assert_int_equal(cs_store_orgs(f.store, note_org, &found), CS_OK);
    assert_int_equal(cs_store_counts(f.store, &counts, cs_slice_str(found.org)), CS_OK);
    assert_int_equal(counts.keys[CS_KEY_ACTIVE], 2);
    assert_int_equal(counts.keys[CS_KEY_REVOKED], 1);
    assert_int_equal(counts.passed, 2);
    assert_int_equal(counts.entries, 8);
    assert_int_equal(counts.checkpoints, 1);
    assert_int_equal(counts.registered_keys, 0);
    assert_int_equal(counts.hybrid_attestations, 0);
    assert_int_equal(cs_store_countersigning_key(f.store, id, cs_slice_str(found.org)), CS_OK);
    assert_int_equal(cs_store_key(f.store, &key, cs_slice_str(found.org), cs_slice_str(id)), CS_OK);
    assert_string_equal(key.purpose, "hybrid");
    cs_key_row_free(&key);
    cs_store_close(f.store);
    f.store = NULL;
    assert_int_equal(cs_store_verify(&tally, f.path), CS_OK);
    assert_int_equal(tally.problems, 0);
    assert_int_equal(tally.signatures, 2);
}

static void test_what_version_3_had_is_there(void **state)
{
    (void)state;
    struct found found = {0};
    cs_counts counts;
    cs_store_tally tally;
    cs_pq_key_record none;
    store_fixture_reopen(&f);
    assert_int_equal(cs_store_orgs(f.store, note_org, &found), CS_OK);
    assert_int_equal(cs_store_counts(f.store, &counts, cs_slice_str(found.org)), CS_OK);
    assert_int_equal(counts.keys[CS_KEY_ACTIVE], 2);
    assert_int_equal(counts.keys[CS_KEY_REVOKED], 1);
    assert_int_equal(counts.passed, 1);
    assert_int_equal(counts.entries, 9);
    assert_int_equal(counts.registered_keys, 1);
    assert_int_equal(counts.hybrid_attestations, 1);
    assert_int_equal(cs_store_pq_key(f.store, &none, CS_LIT("customer-wallet-123")), CS_NOT_FOUND);
    cs_store_close(f.store);
    f.store = NULL;
    assert_int_equal(cs_store_verify(&tally, f.path), CS_OK);
    assert_int_equal(tally.problems, 0);
}

static void test_a_store_of_the_future_is_not_touched(void **state)
{
    (void)state;
    run_sql(f.path, "PRAGMA user_version = 5");
    assert_int_equal(cs_store_open(&f.store, f.path), CS_CONFIG);
    assert_int_equal(ask_number(f.path, "PRAGMA user_version"), 5);
    assert_int_equal(ask_number(f.path, "SELECT count(*) FROM sqlite_schema WHERE name = 'challenge'"), 0);
    run_sql(f.path, "PRAGMA user_version = 1");
    assert_int_equal(cs_store_open(&f.store, f.path), CS_CONFIG);
    assert_int_equal(ask_number(f.path, "PRAGMA user_version"), 1);
}

/* A copy of an old store is an old store; it is brought up where it is opened. */
static void test_an_older_store_is_copied_as_it_is(void **state)
{
    (void)state;
    char copy[128];
    cs_store_tally tally;
    (void)snprintf(copy, sizeof copy, "%s/copy", f.folder);
    assert_int_equal(cs_store_copy(copy, f.path), CS_OK);
    assert_int_equal(ask_number(copy, "PRAGMA user_version"), 2);
    assert_int_equal(ask_number(f.path, "PRAGMA user_version"), 2);
    assert_int_equal(cs_store_verify(&tally, copy), CS_OK);
    assert_int_equal(tally.problems, 0);
    assert_int_equal(ask_number(copy, "PRAGMA user_version"), NEWEST);
    assert_int_equal(unlink(copy), 0);
    (void)snprintf(copy, sizeof copy, "%s/copy-wal", f.folder);
    (void)unlink(copy);
    (void)snprintf(copy, sizeof copy, "%s/copy-shm", f.folder);
    (void)unlink(copy);
}

/* The kernel kills whoever writes behind that place of any file. True if it came to that. */
static bool opened_and_killed(rlim_t place)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_dump = {0, 0}, limit = {place, place};
        cs_store *s = NULL;
        (void)setrlimit(RLIMIT_CORE, &no_dump);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        _exit(cs_store_open(&s, f.path) == CS_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGXFSZ : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void test_killed_in_between(void **state)
{
    (void)state;
    int killed = 0;
    cs_store_tally tally;
    for (rlim_t place = 1; opened_and_killed(place); place += 1500) {
        int64_t version = ask_number(f.path, "PRAGMA user_version");
        assert_true(version == 2 || version == NEWEST);
        assert_int_equal(ask_number(f.path, "SELECT count(*) FROM sqlite_schema WHERE name IN ('registered_key',"
                                            " 'challenge', 'hybrid_attestation', 'hybrid_key_countersigning', 'pq_key',"
                                            " 'pq_birth')"),
                         version == 2 ? 0 : 6);
        killed++;
    }
    assert_true(killed > 10);
    assert_int_equal(cs_store_verify(&tally, f.path), CS_OK);
    assert_int_equal(tally.problems, 0);
    assert_int_equal(ask_number(f.path, "PRAGMA user_version"), NEWEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_older_store_gets_what_it_lacks, open_old, close_all),
        cmocka_unit_test_setup_teardown(test_an_older_store_gets_what_it_lacks, open_last, close_all),
        cmocka_unit_test_setup_teardown(test_what_it_had_is_there, open_old, close_all),
        cmocka_unit_test_setup_teardown(test_what_version_3_had_is_there, open_last, close_all),
        cmocka_unit_test_setup_teardown(test_a_store_of_the_future_is_not_touched, open_old, close_all),
        cmocka_unit_test_setup_teardown(test_an_older_store_is_copied_as_it_is, open_old, close_all),
        cmocka_unit_test_setup_teardown(test_killed_in_between, open_old, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
