/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Every statement fits the tables, and none of those that requests run reads or sorts a whole table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/store_sql.h"

static sqlite3 *db;

static int open_all(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (int version = CS_STORE_OLDEST; version <= CS_STORE_VERSION; version++)
        assert_int_equal(sqlite3_exec(db, cs_sql_versions[version], NULL, NULL, NULL), SQLITE_OK);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return 0;
}

static void test_each_can_be_prepared(void **state)
{
    (void)state;
    for (int i = 0; i < CS_SQL_COUNT; i++) {
        sqlite3_stmt *st = NULL;
        assert_non_null(cs_sql_statements[i]);
        if (sqlite3_prepare_v2(db, cs_sql_statements[i], -1, &st, NULL) != SQLITE_OK)
            fail_msg("%s: %s", cs_sql_statements[i], sqlite3_errmsg(db));
        assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    }
}

/* Orgs are few, and are read when a gateway starts or makes checkpoints; the newest counter is met at once, from the
 * end; a lineage is short, and put in order; whose pinned keys end soon is read through at long intervals. */
static bool may_scan(int id)
{
    return id == CS_SQL_PING || id == CS_SQL_LIST_ORGS || id == CS_SQL_LIST_LEDGERS || id == CS_SQL_LAST_COUNTER ||
           id == CS_SQL_LIST_LINEAGE || id == CS_SQL_PINNING_POLICIES;
}

static void expect_no_scan(int id)
{
    sqlite3_stmt *st = NULL;
    char sql[4096];
    (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", cs_sql_statements[id]);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(st, 3);
        bool scans = strncmp(step, "SCAN", 4) == 0 && strstr(step, "CONSTANT") == NULL;
        if (strstr(step, "TEMP B-TREE") != NULL || scans)
            fail_msg("%s: %s", sql, step);
    }
    assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
}

static void test_none_reads_a_whole_table(void **state)
{
    (void)state;
    for (int id = 0; id < CS_SQL_COUNT; id++)
        if (!may_scan(id) && (id < CS_SQL_BEGIN || id > CS_SQL_UNDO))
            expect_no_scan(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_can_be_prepared, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_none_reads_a_whole_table, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
