/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Whatever somebody does to a ledger in the file: the store is not opened, and the log says where it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>

#include "sys/log.h"

#include "ledger_fixture.h"

static struct store_fixture f;

static int open_all(void **state)
{
    (void)state;
    cs_log_open("test", CS_LOG_ERROR);
    store_fixture_open(&f);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

/* Changes the closed store behind the product's back. */
static void meddle(const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Opens the store and keeps what it logs. */
static cs_err open_caught(char log[4096])
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/log", f.folder);
    int saved = dup(2), fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, 2) >= 0);
    cs_err err = cs_store_open(&f.store, f.path);
    assert_true(dup2(saved, 2) >= 0);
    ssize_t n = pread(fd, log, 4095, 0);
    log[n > 0 ? n : 0] = '\0';
    (void)close(saved);
    (void)close(fd);
    (void)unlink(path);
    return err;
}

#define UNLOCK                                                                                                         \
    "DROP TRIGGER ledger_entry_stays; DROP TRIGGER ledger_entry_fixed; DROP TRIGGER ledger_node_stays;"                \
    "DROP TRIGGER ledger_node_fixed; DROP TRIGGER checkpoint_stays; DROP TRIGGER checkpoint_fixed;"
#define ENTRY(n) " WHERE org = 'org_test' AND seq = " #n ";"
#define NODE(level, n) " WHERE org = 'org_test' AND level = " #level " AND n = " #n ";"
#define FLIP(column, at)                                                                                               \
    column " = CAST(substr(" column ", 1, " at ") || x'58' || substr(" column ", " at " + 2) AS BLOB)"

/* 600 entries, 520 of them under a checkpoint. */
static void build(void)
{
    ledger_put_entries(f.store, ORG, 300);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    ledger_put_entries(f.store, "org_other", 2);
    ledger_put_entries(f.store, ORG, 220);
    ledger_put_checkpoint(f.store, "cp_2", ORG);
    ledger_put_entries(f.store, ORG, 80);
}

static void test_what_is_as_it_was_is_opened(void **state)
{
    (void)state;
    char log[4096];
    store_fixture_reopen(&f); /* nothing at all */
    ledger_put_checkpoint(f.store, "cp_0", ORG);
    store_fixture_reopen(&f); /* a checkpoint of nothing */
    build();
    cs_store_close(f.store);
    assert_int_equal(open_caught(log), CS_OK);
    assert_string_equal(log, "");
    ledger_put_checkpoint(f.store, "cp_3", ORG); /* nothing behind it */
    store_fixture_reopen(&f);
    ledger_put_entries(f.store, ORG, 424); /* 1,024: ends with a full subtree */
    store_fixture_reopen(&f);
}

static void test_what_is_not_as_it_was_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *says;
    } cases[] = {
        /* entries */
        {"UPDATE ledger_entry SET " FLIP("bytes", "12") ENTRY(560), "org_test, entry 560: "},
        {"UPDATE ledger_entry SET " FLIP("bytes", "12") ENTRY(599), "org_test, entry 599: "},
        {"UPDATE ledger_entry SET " FLIP("bytes", "12") ENTRY(519), "org_test, entry 519: is not the one"},
        {"UPDATE ledger_entry SET bytes = x''" ENTRY(520), "org_test, entry 520: is no entry"},
        {"UPDATE ledger_entry SET event_type = 'custom.evenu'" ENTRY(530), "org_test, entry 530: its row"},
        {"UPDATE ledger_entry SET subject = 'x'" ENTRY(530), "org_test, entry 530: its row"},
        {"UPDATE ledger_entry SET created_ms = created_ms + 1" ENTRY(530), "org_test, entry 530: its row"},
        {"DELETE FROM ledger_entry" ENTRY(599), "org_test, entry 599: is missing"},
        {"DELETE FROM ledger_entry WHERE org = 'org_test' AND seq >= 520", "org_test, entry 520: is missing"},
        {"DELETE FROM ledger_entry WHERE org = 'org_test' AND seq >= 519", "org_test, entry 519: is missing"},
        {"DELETE FROM ledger_entry WHERE org = 'org_test' AND seq >= 9", "org_test, entry 9: is missing"},
        {"DELETE FROM ledger_entry" ENTRY(519), "org_test, entry 519: is missing"},
        {"DELETE FROM ledger_entry" ENTRY(520), "org_test, entry 520: is missing"},
        {"DELETE FROM ledger_entry" ENTRY(550), "org_test, entry 550: is missing"},
        {"DELETE FROM ledger_entry WHERE org = 'org_other'", "org_other, entry 0: is missing"},
        {"INSERT INTO ledger_entry VALUES ('org_test', 600, 'e', 'e', 's', NULL, 1, x'00')", "entry 600: is no entry"},
        {"INSERT INTO ledger_entry SELECT org, 600, 'e', event_type, subject, key, created_ms, bytes"
         " FROM ledger_entry" ENTRY(599),
         "org_test, entry 600: does not follow"},
        {"INSERT INTO ledger_entry VALUES ('org_other', 2, 'e', 'e', 's', NULL, 1, x'00')", "org_other, entry 2: "},
        {"UPDATE ledger_entry SET seq = 1000" ENTRY(540) "UPDATE ledger_entry SET seq = 540" ENTRY(
             541) "UPDATE ledger_entry SET seq = 541" ENTRY(1000),
         "org_test, entry 540: does not follow"},
        {"UPDATE ledger_entry SET org = 'org_x' WHERE org = 'org_other';"
         "UPDATE ledger_entry SET org = 'org_other' WHERE org = 'org_test' AND seq < 2",
         "org_other, entry 0: "},
        /* the tree */
        {"UPDATE ledger_node SET hash = zeroblob(32)" NODE(0, 560), "org_test, entry 560: is not the one"},
        {"DELETE FROM ledger_node" NODE(0, 560), "org_test, entry 560: is not the one"},
        {"UPDATE ledger_node SET hash = zeroblob(32)" NODE(0, 519), "org_test, entry 520: the tree before it"},
        {"DELETE FROM ledger_node" NODE(0, 519), "org_test, entry 520: hashes of the tree"},
        {"UPDATE ledger_node SET hash = zeroblob(32)" NODE(1, 1), "org_test, entry 520: the tree before it"},
        {"DELETE FROM ledger_node" NODE(1, 0), "org_test, entry 520: hashes of the tree"},
        {"UPDATE ledger_node SET hash = x'00'" NODE(0, 519), "org_test"},
        /* the head */
        {"DELETE FROM ledger_head WHERE org = 'org_test'", "org_test, entry 0: lies behind the head"},
        {"UPDATE ledger_head SET last = zeroblob(32) WHERE org = 'org_test'", "org_test, entry 600: the head"},
        {"UPDATE ledger_head SET last = x'00'", "org_other, entry 0: the head cannot be read"},
        {"UPDATE ledger_head SET tree = x'00'", "org_other, entry 0: the head cannot be read"},
        {"UPDATE ledger_head SET tree = CAST(substr(tree, 1, 39) || x'00' || substr(tree, 41) AS BLOB)"
         " WHERE org = 'org_test'",
         "org_test, entry 600: the head"},
        {"UPDATE ledger_head SET tree = (SELECT tree FROM ledger_head WHERE org = 'org_other')",
         "org_test, entry 2: lies behind the head"},
        /* checkpoints */
        {"UPDATE checkpoint SET root = zeroblob(32) WHERE id = 'cp_2'", "org_test, entry 520: the checkpoint"},
        {"UPDATE checkpoint SET size = 521 WHERE id = 'cp_2'", "org_test, entry 521: the checkpoint"},
        {"UPDATE checkpoint SET size = 601 WHERE id = 'cp_2'", "org_test, entry 600: is missing, with all others"},
        {"UPDATE checkpoint SET note = replace(note, 'log.example/', 'log.example2/')", "entry 520: the checkpoint"},
        {"UPDATE checkpoint SET note = replace(note, char(10) || '520' || char(10), char(10) || '519' || char(10))",
         "org_test, entry 520: the checkpoint"},
        {"UPDATE checkpoint SET note = ''", "org_test, entry 520: the checkpoint"},
        {"UPDATE checkpoint SET org = 'org_other' WHERE id = 'cp_2'", "org_other, entry 2: is missing"},
        {"UPDATE org SET host = 'other.example'", "org_test, entry 520: the checkpoint"},
    };
    build();
    store_fixture_reopen(&f);
    cs_store_close(f.store);
    f.store = NULL;
    char good[128], log[4096], command[512];
    (void)snprintf(good, sizeof good, "%s/good", f.folder);
    (void)snprintf(command, sizeof command, "cp %s %s", f.path, good);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[1024];
        (void)snprintf(command, sizeof command, "rm -f %s-wal %s-shm && cp %s %s", f.path, f.path, good, f.path);
        assert_int_equal(system(command), 0);
        (void)snprintf(sql, sizeof sql, UNLOCK "%s", cases[i].sql);
        meddle(sql);
        cs_err err = open_caught(log);
        if (err != CS_CONFIG || strstr(log, cases[i].says) == NULL)
            fail_msg("%s gives %d, %s", cases[i].sql, (int)err, log);
        cs_store_close(f.store);
        f.store = NULL;
    }
    (void)unlink(good);
}

static void test_a_checkpoint_of_another_tree(void **state)
{
    (void)state;
    char log[4096];
    build();
    cs_head head = {0};
    assert_int_equal(cs_store_head(f.store, &head, CS_LIT(ORG)), CS_OK);
    head.tree.node[0][0] ^= 1;
    WRITE(&f, cs_store_put_head(f.store, CS_LIT(ORG), &head), CS_OK);
    ledger_put_checkpoint(f.store, "cp_3", ORG);
    head.tree.node[0][0] ^= 1;
    WRITE(&f, cs_store_put_head(f.store, CS_LIT(ORG), &head), CS_OK);
    cs_store_close(f.store);
    assert_int_equal(open_caught(log), CS_CONFIG);
    assert_non_null(strstr(log, "org_test, entry 600: the tree before it has another root"));
}

/* What the product itself would do wrong. */
static void test_nothing_of_a_ledger_can_be_changed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "DELETE FROM ledger_entry",
        "UPDATE ledger_entry SET subject = 'x'",
        "DELETE FROM ledger_node",
        "UPDATE ledger_node SET n = 9999",
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET size = 7",
        "UPDATE checkpoint SET root = x'00'",
    };
    build();
    cs_store_close(f.store);
    f.store = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    assert_int_equal(cs_store_open(&f.store, f.path), CS_OK);
}

/* The row of a revoked key as it was before, from a backup perhaps: the ledger knows better, however long ago it was.
 */
static void test_a_revoked_key_that_is_back(void **state)
{
    (void)state;
    char log[4096];
    cs_key_row k = key_row("key_1", "one");
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
    ledger_put_entry(f.store, ORG, "key.created", "key_1", CS_LIT("key_1"));
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 9), CS_OK);
    ledger_put_entry(f.store, ORG, "key.revoked", "key_1", CS_LIT("key_1"));
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_key_row_free(&k);
    build();
    store_fixture_reopen(&f);
    cs_store_close(f.store);
    f.store = NULL;
    meddle("UPDATE hybrid_key SET status = 0, revoked_ms = 0; UPDATE key_material SET sealed = x'00'");
    assert_int_equal(open_caught(log), CS_CONFIG);
    assert_non_null(strstr(log, "org_test, entry 1: revoked a key that the store has not revoked"));
}

static void test_a_revoked_api_key_that_is_back(void **state)
{
    (void)state;
    char log[4096];
    cs_api_key_row k = {.id = "ak_1", .org = ORG, .name = "one", .live = true, .scopes = 1, .created_ms = 7};
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_api_key(f.store, &k), CS_OK);
    ledger_put_entry(f.store, ORG, "apikey.created", "ak_1", CS_ABSENT);
    assert_int_equal(cs_store_revoke_api_key(f.store, "ak_1", 9), CS_OK);
    ledger_put_entry(f.store, ORG, "apikey.revoked", "ak_1", CS_ABSENT);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    store_fixture_reopen(&f);
    cs_store_close(f.store);
    f.store = NULL;
    meddle("UPDATE api_key SET revoked_ms = 0");
    assert_int_equal(open_caught(log), CS_CONFIG);
    assert_non_null(strstr(log, "org_test, entry 1: revoked an API key that the store has not revoked"));
}

/* What lies before the last checkpoint is not read again: its time does not grow with the ledger. */
static void test_the_past_is_not_read_again(void **state)
{
    (void)state;
    build();
    cs_store_close(f.store);
    f.store = NULL;
    meddle(UNLOCK "UPDATE ledger_entry SET bytes = x'00'" ENTRY(300) "DELETE FROM ledger_entry" ENTRY(1));
    assert_int_equal(cs_store_open(&f.store, f.path), CS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_as_it_was_is_opened, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_is_not_as_it_was_is_refused, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_checkpoint_of_another_tree, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_nothing_of_a_ledger_can_be_changed, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_revoked_api_key_that_is_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_revoked_key_that_is_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_the_past_is_not_read_again, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
