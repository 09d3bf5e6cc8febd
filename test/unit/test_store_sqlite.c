/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "gateway/store.h"

#include "store_fixture.h"

static struct store_fixture f;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

static void put_key(const char *id, const char *name, const char *algorithm)
{
    cs_key_row k = key_row(id, name);
    k.alg = cs_alg_find(cs_slice_str(algorithm));
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_key_row_free(&k);
}

static cs_policy_row policy_row(const char *id, int64_t version)
{
    cs_policy_row p = cs_policy_row_new();
    (void)snprintf(p.id, sizeof p.id, "%s", id);
    (void)snprintf(p.org, sizeof p.org, "%s", ORG);
    (void)snprintf(p.vendor, sizeof p.vendor, "mock");
    p.version = version;
    p.created_ms = p.updated_ms = 9;
    p.hash[31] = (uint8_t)version;
    cs_buf_printf(&p.canonical, "{\"v\":%d}", (int)version);
    return p;
}

static void put_policy(const char *id, int64_t version)
{
    cs_policy_row p = policy_row(id, version);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_policy(f.store, &p), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_policy_row_free(&p);
}

static void test_a_key_comes_back_as_it_went(void **state)
{
    (void)state;
    put_policy("pol_1", 1);
    cs_key_row k = key_row("key_1", "näme"), back;
    (void)snprintf(k.policy_id, sizeof k.policy_id, "pol_1");
    k.birth_verified = true;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    store_fixture_reopen(&f);
    for (int by_name = 0; by_name < 2; by_name++) {
        assert_int_equal(by_name ? cs_store_key_by_name(f.store, &back, CS_LIT(ORG), CS_LIT("näme"))
                                 : cs_store_key(f.store, &back, CS_LIT(ORG), CS_LIT("key_1")),
                         CS_OK);
        assert_string_equal(back.id, k.id);
        assert_string_equal(back.org, k.org);
        assert_string_equal(back.name, k.name);
        assert_ptr_equal(back.alg, k.alg);
        assert_int_equal(back.format, k.format);
        assert_int_equal(back.status, CS_KEY_ACTIVE);
        assert_string_equal(back.purpose, k.purpose);
        assert_string_equal(back.environment, k.environment);
        assert_string_equal(back.kek_provider, k.kek_provider);
        assert_string_equal(back.key_provider, k.key_provider);
        assert_string_equal(back.pq_provider, k.pq_provider);
        assert_string_equal(back.key_release, k.key_release);
        assert_string_equal(back.policy_id, k.policy_id);
        assert_true(back.birth_verified);
        assert_memory_equal(back.record_sha256, k.record_sha256, CS_SHA256_LEN);
        assert_int_equal(back.created_ms, 5);
        assert_int_equal(back.last_used_ms, 0);
        assert_int_equal(back.revoked_ms, 0);
        assert_true(cs_slice_is(cs_buf_slice(&back.public_key), "public"));
        assert_true(cs_slice_is(cs_buf_slice(&back.sealed), "sealed"));
        assert_true(cs_slice_is(cs_buf_slice(&back.birth), "birth"));
        assert_true(cs_slice_is(cs_buf_slice(&back.metadata), "{\"a\":1}"));
        cs_key_row_free(&back);
    }
    cs_key_row_free(&k);
}

static void test_not_found(void **state)
{
    (void)state;
    cs_key_row k;
    cs_policy_row p;
    cs_api_key_row a;
    cs_head h;
    char epoch[33];
    int64_t counter;
    uint8_t hash[CS_SHA256_LEN] = {0};
    put_key("key_1", "one", "mldsa65");
    put_policy("pol_1", 1);
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT("org_other"), CS_LIT("key_1")), CS_NOT_FOUND);
    assert_null(k.public_key.p);
    assert_int_equal(cs_store_key_by_name(f.store, &k, CS_LIT("org_other"), CS_LIT("one")), CS_NOT_FOUND);
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), CS_LIT("one")), CS_NOT_FOUND);
    assert_int_equal(cs_store_key_by_name(f.store, &k, CS_LIT(ORG), CS_LIT("key_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_key_by_name(f.store, &k, CS_LIT(ORG), CS_LIT("ONE")), CS_NOT_FOUND);
    assert_int_equal(cs_store_key_by_name(f.store, &k, CS_LIT(ORG), CS_LIT("one\0")), CS_NOT_FOUND);
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), CS_LIT("%")), CS_NOT_FOUND);
    assert_int_equal(cs_store_policy(f.store, &p, CS_LIT("org_other"), CS_LIT("pol_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_api_key(f.store, &a, hash), CS_NOT_FOUND);
    assert_int_equal(cs_store_head(f.store, &h, CS_LIT(ORG)), CS_NOT_FOUND);
    assert_int_equal(h.tree.size, 0);
    assert_int_equal(cs_store_last_counter(f.store, epoch, &counter), CS_NOT_FOUND);
}

static void test_a_key_needs_a_policy_of_its_org(void **state)
{
    (void)state;
    put_policy("pol_1", 1);
    cs_key_row k = key_row("key_1", "one");
    (void)snprintf(k.policy_id, sizeof k.policy_id, "pol_2");
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_NOT_FOUND);
    (void)snprintf(k.policy_id, sizeof k.policy_id, "pol_1");
    (void)snprintf(k.org, sizeof k.org, "org_other");
    assert_int_equal(cs_store_put_key(f.store, &k), CS_NOT_FOUND);
    cs_store_rollback(f.store);
    cs_key_row_free(&k);
}

static void test_the_newest_policy_version_counts(void **state)
{
    (void)state;
    cs_policy_row p;
    put_policy("pol_1", 1);
    put_policy("pol_1", 2);
    put_policy("pol_1", 3);
    assert_int_equal(cs_store_policy(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1")), CS_OK);
    assert_int_equal(p.version, 3);
    assert_int_equal(p.hash[31], 3);
    assert_true(cs_slice_is(cs_buf_slice(&p.canonical), "{\"v\":3}"));
    cs_policy_row_free(&p);
}

static void test_revocation(void **state)
{
    (void)state;
    cs_key_row k;
    put_key("key_1", "one", "mldsa65");
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT("org_other"), "key_1", 77), CS_KEY_NOT_ACTIVE);
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 77), CS_OK);
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 78), CS_KEY_NOT_ACTIVE);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(cs_store_key_by_name(f.store, &k, CS_LIT(ORG), CS_LIT("one")), CS_NOT_FOUND);
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), CS_LIT("key_1")), CS_OK);
    assert_int_equal(k.status, CS_KEY_REVOKED);
    assert_int_equal(k.revoked_ms, 77);
    assert_int_equal(k.sealed.n, 0);
    assert_true(cs_slice_is(cs_buf_slice(&k.public_key), "public"));
    cs_key_row_free(&k);
    put_key("key_2", "one", "mldsa65"); /* the name is free */
}

struct list {
    size_t n;
    char ids[8][CS_MAX_ID + 1];
};

static void list_key(void *context, const cs_key_row *k)
{
    struct list *l = context;
    (void)snprintf(l->ids[l->n++], sizeof l->ids[0], "%s", k->id);
}

static void list_policy(void *context, const cs_policy_row *p)
{
    struct list *l = context;
    cs_buf id = CS_BUF_OVER(l->ids[l->n++]);
    cs_buf_printf(&id, "%s.%d", p->id, (int)p->version);
    (void)cs_buf_cstr(&id);
}

static void test_pages(void **state)
{
    (void)state;
    static const struct {
        const char *before, *filter;
        bool with_revoked;
        int64_t limit;
        const char *want; /* ids, then + if there are more */
    } cases[] = {
        {NULL, NULL, true, 8, "4 3 2 1 "}, {NULL, NULL, false, 8, "4 2 1 "},   {NULL, NULL, true, 4, "4 3 2 1 "},
        {NULL, NULL, true, 3, "4 3 2 +"},  {"key_3", NULL, true, 1, "2 +"},    {"key_3", NULL, true, 8, "2 1 "},
        {"key_1", NULL, true, 8, ""},      {NULL, "mldsa44", true, 8, "3 1 "}, {NULL, "mldsa44", false, 8, "1 "},
        {NULL, "mldsa87", true, 8, ""},
    };
    put_key("key_1", "one", "mldsa44");
    put_key("key_2", "two", "mldsa65");
    put_key("key_3", "three", "mldsa44");
    put_key("key_4", "four", "mldsa65");
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT(ORG), "key_3", 1), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct list l = {0};
        char got[64];
        cs_buf b = CS_BUF_OVER(got);
        cs_page page = {.org = CS_LIT(ORG),
                        .before = cases[i].before != NULL ? cs_slice_str(cases[i].before) : CS_ABSENT,
                        .filter = cases[i].filter != NULL ? cs_slice_str(cases[i].filter) : CS_ABSENT,
                        .with_revoked = cases[i].with_revoked,
                        .limit = cases[i].limit};
        assert_int_equal(cs_store_keys(f.store, &page, list_key, &l), CS_OK);
        for (size_t k = 0; k < l.n; k++)
            cs_buf_printf(&b, "%s ", l.ids[k] + 4);
        if (page.more)
            cs_buf_add_str(&b, "+");
        assert_string_equal(cs_buf_cstr(&b), cases[i].want);
        assert_true(l.n == 0 || strcmp(page.last, l.ids[l.n - 1]) == 0);
    }
    struct list none = {0};
    cs_page page = {.org = CS_LIT("org_other"), .with_revoked = true, .limit = 8};
    assert_int_equal(cs_store_keys(f.store, &page, list_key, &none), CS_OK);
    assert_int_equal(none.n, 0);
}

static void test_policy_pages(void **state)
{
    (void)state;
    struct list l = {0};
    cs_page page = {.org = CS_LIT(ORG), .limit = 2};
    put_policy("pol_1", 1);
    put_policy("pol_1", 2);
    put_policy("pol_2", 1);
    put_policy("pol_3", 1);
    assert_int_equal(cs_store_policies(f.store, &page, list_policy, &l), CS_OK);
    assert_true(page.more);
    page.before = cs_slice_str(page.last);
    char before[CS_MAX_ID + 1];
    (void)snprintf(before, sizeof before, "%s", page.last);
    page.before = cs_slice_str(before);
    assert_int_equal(cs_store_policies(f.store, &page, list_policy, &l), CS_OK);
    assert_false(page.more);
    assert_int_equal(l.n, 3);
    assert_string_equal(l.ids[0], "pol_3.1");
    assert_string_equal(l.ids[1], "pol_2.1");
    assert_string_equal(l.ids[2], "pol_1.2");
    struct list none = {0};
    page = (cs_page){.org = CS_LIT(ORG), .limit = 2, .filter = CS_LIT("aws-nitro-enclave")};
    assert_int_equal(cs_store_policies(f.store, &page, list_policy, &none), CS_OK);
    assert_int_equal(none.n, 0);
}

static void test_the_last_counter(void **state)
{
    (void)state;
    static const char first[] = "00112233445566778899aabbccddeeff", second[] = "ff112233445566778899aabbccddeeff";
    static const struct {
        const char *epoch;
        int64_t counter;
        int64_t highest;
    } cases[] = {{first, 5, 5},  {first, 9, 9},  {first, 7, 9}, {NULL, 0, 9},
                 {second, 1, 1}, {second, 2, 2}, {NULL, 0, 2}};
    put_key("key_1", "one", "mldsa65");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[16], epoch[33];
        int64_t counter;
        (void)snprintf(id, sizeof id, "sig_%zu", i);
        cs_signature_row g = signature_row(id, "key_1", cases[i].epoch, cases[i].counter);
        assert_int_equal(cs_store_begin(f.store), CS_OK);
        assert_int_equal(cs_store_put_signature(f.store, CS_LIT(ORG), &g, i, 100 + (int64_t)i), CS_OK);
        assert_int_equal(cs_store_commit(f.store), CS_OK);
        assert_int_equal(cs_store_last_counter(f.store, epoch, &counter), CS_OK);
        assert_string_equal(epoch, i < 4 ? first : second);
        assert_int_equal(counter, cases[i].highest);
    }
    cs_key_row k;
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), CS_LIT("key_1")), CS_OK);
    assert_int_equal(k.last_used_ms, 106);
    cs_key_row_free(&k);
}

/* What is undone or rolled back was never there. */
static void test_parts_of_a_transaction(void **state)
{
    (void)state;
    cs_key_row k = key_row("key_1", "one"), back;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_mark(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
    assert_int_equal(cs_store_undo(f.store), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(cs_store_key(f.store, &back, CS_LIT(ORG), CS_LIT("key_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
    cs_store_rollback(f.store);
    assert_int_equal(cs_store_key(f.store, &back, CS_LIT(ORG), CS_LIT("key_1")), CS_NOT_FOUND);
    cs_key_row_free(&k);
}

static cs_err open_in_child(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        cs_store *s = NULL;
        _exit(cs_store_open(&s, path) == CS_CONFLICT ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CS_CONFLICT : CS_OK;
}

static void test_one_process_at_a_time(void **state)
{
    (void)state;
    char alias[128];
    cs_store *second = NULL;
    struct stat st;
    (void)snprintf(alias, sizeof alias, "%s/alias", f.folder);
    assert_int_equal(symlink(f.path, alias), 0);
    assert_int_equal(open_in_child(f.path), CS_CONFLICT);
    assert_int_equal(open_in_child(alias), CS_CONFLICT);
    assert_int_equal(cs_store_open(&second, f.path), CS_CONFLICT);
    assert_null(second);
    assert_int_equal(cs_store_create(f.path), CS_CONFLICT);
    assert_int_equal(unlink(alias), 0);
    assert_int_equal(stat(f.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(cs_store_ping(f.store), CS_OK);
}

/* Changes the closed store behind the product's back. */
static void meddle(const char *sql)
{
    sqlite3 *db = NULL;
    cs_store_close(f.store);
    f.store = NULL;
    assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_another_version_is_not_served(void **state)
{
    (void)state;
    static const char *const changes[] = {"PRAGMA user_version = 1", "PRAGMA user_version = 99",
                                          "PRAGMA application_id = 2", "PRAGMA journal_mode = DELETE"};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        store_fixture_reopen(&f);
        meddle(changes[i]);
        assert_int_equal(cs_store_open(&f.store, f.path), CS_CONFIG);
        store_fixture_close(&f);
        store_fixture_open(&f);
    }
}

static void test_what_is_no_store(void **state)
{
    (void)state;
    char path[128];
    cs_store *s = NULL;
    (void)snprintf(path, sizeof path, "%s/other", f.folder);
    assert_int_equal(cs_store_open(&s, path), CS_CONFIG);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("no database at all, but long enough for one: ................................", file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(cs_store_open(&s, path), CS_CONFIG);
    assert_null(s);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cs_store_create("/nowhere/store.db"), CS_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_key_comes_back_as_it_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_not_found, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_key_needs_a_policy_of_its_org, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_the_newest_policy_version_counts, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_revocation, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_pages, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_policy_pages, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_the_last_counter, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_parts_of_a_transaction, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_one_process_at_a_time, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_another_version_is_not_served, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_is_no_store, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
