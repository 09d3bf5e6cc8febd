/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/auth.h"
#include "gateway/backup.h"
#include "sys/file.h"

#include "ledger_fixture.h"

static struct store_fixture f;
static char copy[128], back[128];

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    (void)snprintf(copy, sizeof copy, "%s/copy.db", f.folder);
    (void)snprintf(back, sizeof back, "%s/back.db", f.folder);
    assert_int_equal(cs_auth_create_pepper(f.pepper), CS_OK);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    char command[512];
    (void)snprintf(command, sizeof command, "rm -f %s* %s*", copy, back);
    assert_int_equal(system(command), 0);
    store_fixture_close(&f);
    return 0;
}

/* Files of the folder whose name begins with `prefix`; each must be private. */
static int count_files(const char *prefix)
{
    int count = 0;
    struct stat st;
    DIR *dir = opendir(f.folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
            continue;
        assert_int_equal(fstatat(dirfd(dir), e->d_name, &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        count++;
    }
    (void)closedir(dir);
    return count;
}

static void write_file(const char *path, const char *text)
{
    assert_int_equal(cs_file_write(path, cs_slice_str(text), 0600, true), CS_OK);
}

static void test_there_and_back(void **state)
{
    (void)state;
    cs_store_tally found;
    cs_head head;
    cs_secret one = {0}, two = {0};
    ledger_put_entries(f.store, ORG, 300);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    ledger_put_entries(f.store, ORG, 5); /* in the log, perhaps */
    assert_int_equal(cs_backup_make(copy, f.path), CS_OK);
    ledger_put_entries(f.store, ORG, 5); /* not in the copy */
    assert_int_equal(count_files("copy"), 2);
    assert_int_equal(cs_backup_restore(&found, back, copy, true), CS_OK);
    assert_int_equal(found.entries, 305);
    assert_int_equal(count_files("back"), 2);
    assert_int_equal(count_files("copy"), 2);
    char path[160];
    (void)snprintf(path, sizeof path, "%s.pepper", f.path);
    assert_int_equal(cs_file_read_secret(&one, path), CS_OK);
    (void)snprintf(path, sizeof path, "%s.pepper", back);
    assert_int_equal(cs_file_read_secret(&two, path), CS_OK);
    assert_true(cs_secret_eq(cs_secret_slice(&one), cs_secret_slice(&two)));
    cs_store *restored = NULL;
    assert_int_equal(cs_store_open(&restored, back), CS_OK);
    assert_int_equal(cs_store_head(restored, &head, CS_LIT(ORG)), CS_OK);
    assert_int_equal(head.tree.size, 305);
    cs_store_close(restored);
}

static void test_nothing_is_overwritten(void **state)
{
    (void)state;
    char pepper[160];
    (void)snprintf(pepper, sizeof pepper, "%s.pepper", copy);
    write_file(copy, "mine");
    assert_int_equal(cs_backup_make(copy, f.path), CS_CONFLICT);
    assert_int_equal(count_files("copy"), 1);
    assert_int_equal(unlink(copy), 0);
    write_file(pepper, "mine");
    assert_int_equal(cs_backup_make(copy, f.path), CS_CONFLICT);
    assert_int_equal(unlink(pepper), 0);
    assert_int_equal(cs_backup_make(copy, f.path), CS_OK);
    assert_int_equal(cs_backup_restore(NULL, f.path, copy, false), CS_CONFLICT);
    assert_int_equal(cs_backup_restore(NULL, copy, copy, false), CS_CONFLICT);
}

static void test_what_cannot_be_copied(void **state)
{
    (void)state;
    char path[160];
    assert_int_equal(cs_backup_make(copy, "/nowhere/store.db"), CS_CONFIG);
    assert_int_equal(cs_backup_make("/nowhere/copy.db", f.path), CS_IO);
    (void)snprintf(path, sizeof path, "%s.pepper", f.path);
    assert_int_equal(cs_backup_make(copy, path), CS_CONFIG); /* no store */
    assert_int_equal(chmod(path, 0644), 0);                  /* a pepper that others can read */
    assert_int_equal(cs_backup_make(copy, f.path), CS_CONFIG);
    assert_int_equal(unlink(path), 0); /* no pepper at all */
    assert_int_equal(cs_backup_make(copy, f.path), CS_CONFIG);
    assert_int_equal(count_files("copy"), 0);
}

static void test_what_cannot_be_restored(void **state)
{
    (void)state;
    cs_store_tally found;
    char path[160], log[160];
    ledger_put_entries(f.store, ORG, 9);
    (void)snprintf(path, sizeof path, "%s.pepper", copy);
    (void)snprintf(log, sizeof log, "%s-wal", copy);
    assert_int_equal(cs_backup_restore(NULL, back, copy, false), CS_IO); /* there is none */
    assert_int_equal(cs_backup_make(copy, f.path), CS_OK);
    write_file(log, "");
    assert_int_equal(cs_backup_restore(NULL, back, copy, false), CS_CONFIG);
    assert_int_equal(unlink(log), 0);
    for (int whole = 0; whole < 2; whole++) {
        assert_int_equal(rename(path, log), 0);
        assert_int_equal(cs_backup_restore(&found, back, copy, whole), CS_CONFIG);
        assert_int_equal(rename(log, path), 0);
    }
    assert_int_equal(count_files("back"), 0);
    assert_int_equal(cs_backup_restore(NULL, back, copy, false), CS_OK);
}

/* Damage that a start does not see is found by reading everything back; what a start sees, both see. */
static void test_a_damaged_copy(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        cs_err at_start;
    } cases[] = {{"DROP TRIGGER ledger_entry_stays; DELETE FROM ledger_entry WHERE seq = 1", CS_OK},
                 {"UPDATE ledger_head SET last = zeroblob(32)", CS_BAD_FORMAT},
                 {"PRAGMA user_version = 1", CS_BAD_FORMAT}};
    ledger_put_entries(f.store, ORG, 9);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    for (size_t i = 0; i < 3; i++) {
        cs_store_tally found;
        sqlite3 *db = NULL;
        assert_int_equal(cs_backup_make(copy, f.path), CS_OK);
        assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_int_equal(cs_backup_restore(&found, back, copy, true), CS_BAD_FORMAT);
        assert_true(found.problems > 0);
        assert_int_equal(count_files("back"), 0);
        assert_int_equal(cs_backup_restore(NULL, back, copy, false), cases[i].at_start);
        char command[512];
        (void)snprintf(command, sizeof command, "rm -f %s* %s*", copy, back);
        assert_int_equal(system(command), 0);
    }
}

static atomic_bool enough;

static void *write_on(void *context)
{
    (void)context;
    while (!atomic_load(&enough))
        ledger_put_entries(f.store, ORG, 3);
    return NULL;
}

/* Copies that are taken while somebody writes are of one moment each: three entries came with each transaction. */
static void test_while_it_is_written(void **state)
{
    (void)state;
    pthread_t writer;
    uint64_t last = 0;
    atomic_store(&enough, false);
    ledger_put_entries(f.store, ORG, 300);
    assert_int_equal(pthread_create(&writer, NULL, write_on, NULL), 0);
    for (int i = 0; i < 10; i++) {
        cs_store_tally found;
        char command[512];
        assert_int_equal(cs_backup_make(copy, f.path), CS_OK);
        assert_int_equal(cs_backup_restore(&found, back, copy, true), CS_OK);
        assert_int_equal(found.entries % 3, 0);
        assert_true(found.entries >= last);
        last = found.entries;
        (void)snprintf(command, sizeof command, "rm -f %s* %s*", copy, back);
        assert_int_equal(system(command), 0);
    }
    atomic_store(&enough, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
    store_fixture_reopen(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_nothing_is_overwritten, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_copied, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_restored, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_damaged_copy, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_while_it_is_written, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
