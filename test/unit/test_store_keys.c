/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

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

static cs_err put(const char *id, const char *name, const char *org)
{
    cs_key_row k = key_row(id, name);
    (void)snprintf(k.org, sizeof k.org, "%s", org);
    cs_err err = cs_store_put_key(f.store, &k);
    cs_key_row_free(&k);
    return err;
}

static cs_err rotate(const char *from, const char *to, const char *name, const char *org)
{
    cs_key_row k = key_row(to, name);
    cs_lineage_row l = cs_lineage_row_new();
    (void)snprintf(k.org, sizeof k.org, "%s", org);
    (void)snprintf(k.predecessor, sizeof k.predecessor, "%s", from);
    (void)snprintf(l.predecessor, sizeof l.predecessor, "%s", from);
    (void)snprintf(l.successor, sizeof l.successor, "%s", to);
    l.created_ms = 33;
    cs_buf_printf(&l.statement, "%s signs %s", from, to);
    cs_buf_add_str(&l.signature, "signature");
    cs_buf_add_str(&l.document, "document");
    cs_err err = cs_store_rotate_key(f.store, &k, &l);
    cs_key_row_free(&k);
    cs_lineage_row_free(&l);
    return err;
}

static cs_err sign(const char *key)
{
    static int count;
    char id[16];
    (void)snprintf(id, sizeof id, "sig_%d", count++);
    cs_signature_row g = signature_row(id, key, NULL, 0);
    return cs_store_put_signature(f.store, CS_LIT(ORG), &g, (uint64_t)count, 50);
}

/* Status of the key, by its id. */
static void expect_key(const char *id, cs_key_status status, const char *predecessor, const char *successor)
{
    cs_key_row k;
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), cs_slice_str(id)), CS_OK);
    assert_int_equal(k.status, status);
    assert_string_equal(k.predecessor, predecessor);
    assert_string_equal(k.successor, successor);
    cs_key_row_free(&k);
}

/* "" if nobody has the name. */
static void expect_name(const char *name, const char *id)
{
    cs_key_row k;
    cs_err err = cs_store_key_by_name(f.store, &k, CS_LIT(ORG), cs_slice_str(name));
    assert_int_equal(err, id[0] != '\0' ? CS_OK : CS_NOT_FOUND);
    if (err == CS_OK)
        assert_string_equal(k.id, id);
    cs_key_row_free(&k);
}

static void test_names_are_unique_among_those_who_hold_them(void **state)
{
    (void)state;
    WRITE(&f, put("key_1", "one", ORG), CS_OK);
    WRITE(&f, put("key_2", "one", ORG), CS_NAME_TAKEN);
    WRITE(&f, put("key_2", "one", "org_other"), CS_OK); /* each org has its own */
    WRITE(&f, put("key_1", "another", ORG), CS_NAME_TAKEN);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_1", 7), CS_OK);
    WRITE(&f, put("key_3", "one", ORG), CS_NAME_TAKEN);
    expect_name("one", "key_1");
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 8), CS_OK);
    expect_name("one", "");
    WRITE(&f, put("key_3", "one", ORG), CS_OK);
    expect_name("one", "key_3");
}

static void test_rotation_hands_the_name_on(void **state)
{
    (void)state;
    WRITE(&f, put("key_1", "one", ORG), CS_OK);
    WRITE(&f, put("key_9", "nine", ORG), CS_OK);
    WRITE(&f, rotate("key_1", "key_2", "one", ORG), CS_OK);
    expect_key("key_1", CS_KEY_SUPERSEDED, "", "key_2");
    expect_key("key_2", CS_KEY_ACTIVE, "key_1", "");
    expect_name("one", "key_2");
    WRITE(&f, rotate("key_2", "key_3", "new", ORG), CS_OK); /* under another name: the old one is free */
    expect_name("one", "");
    expect_name("new", "key_3");
    WRITE(&f, put("key_4", "one", ORG), CS_OK);
    expect_name("one", "key_4");
}

static void test_what_cannot_be_rotated(void **state)
{
    (void)state;
    WRITE(&f, put("key_1", "one", ORG), CS_OK);
    WRITE(&f, put("key_9", "nine", ORG), CS_OK);
    WRITE(&f, rotate("key_0", "key_2", "two", ORG), CS_KEY_NOT_ACTIVE);
    WRITE(&f, rotate("key_1", "key_2", "one", "org_other"), CS_KEY_NOT_ACTIVE);
    WRITE(&f, rotate("key_1", "key_2", "nine", ORG), CS_NAME_TAKEN); /* the name of a stranger */
    WRITE(&f, rotate("key_1", "key_9", "one", ORG), CS_NAME_TAKEN);  /* an id that is there */
    expect_key("key_1", CS_KEY_ACTIVE, "", "");                      /* all of it or nothing */
    expect_name("one", "key_1");
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_1", 7), CS_OK);
    WRITE(&f, rotate("key_1", "key_2", "one", ORG), CS_KEY_NOT_ACTIVE);
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_1"), CS_OK);
    WRITE(&f, rotate("key_1", "key_2", "one", ORG), CS_OK);
    WRITE(&f, rotate("key_1", "key_3", "one", ORG), CS_KEY_NOT_ACTIVE); /* one successor */
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_2", 7), CS_OK);
    WRITE(&f, rotate("key_2", "key_3", "one", ORG), CS_KEY_NOT_ACTIVE);
}

/* Suspended keys and revoked ones do not sign, not even in the transaction in which they are. */
static void test_which_keys_sign(void **state)
{
    (void)state;
    WRITE(&f, put("key_1", "one", ORG), CS_OK);
    WRITE(&f, sign("key_1"), CS_OK);
    WRITE(&f, sign("key_2"), CS_KEY_NOT_ACTIVE);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_1", 7), CS_OK);
    WRITE(&f, sign("key_1"), CS_KEY_NOT_ACTIVE);
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_1"), CS_OK);
    WRITE(&f, sign("key_1"), CS_OK);
    WRITE(&f, rotate("key_1", "key_2", "one", ORG), CS_OK);
    WRITE(&f, sign("key_1"), CS_OK); /* by its id */
    WRITE(&f, sign("key_2"), CS_OK);
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 9), CS_OK);
    WRITE(&f, sign("key_1"), CS_KEY_NOT_ACTIVE);
    WRITE(&f, sign("key_2"), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    assert_int_equal(sign("key_2"), CS_KEY_NOT_ACTIVE);
    cs_store_rollback(f.store);
}

static void test_suspend_and_resume(void **state)
{
    (void)state;
    cs_key_row k;
    WRITE(&f, put("key_1", "one", ORG), CS_OK);
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_1"), CS_CONFLICT);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT("org_other"), "key_1", 7), CS_KEY_NOT_ACTIVE);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_1", 7), CS_OK);
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), CS_LIT("key_1")), CS_OK);
    assert_int_equal(k.suspended_ms, 7);
    assert_true(cs_slice_is(cs_buf_slice(&k.sealed), "sealed"));
    cs_key_row_free(&k);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_1", 8), CS_KEY_NOT_ACTIVE);
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT("org_other"), "key_1"), CS_CONFLICT);
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_1"), CS_OK);
    assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), CS_LIT("key_1")), CS_OK);
    assert_int_equal(k.suspended_ms, 0);
    cs_key_row_free(&k);
    /* a superseded key comes back as one */
    WRITE(&f, rotate("key_1", "key_2", "one", ORG), CS_OK);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_1", 9), CS_OK);
    expect_key("key_1", CS_KEY_SUSPENDED, "", "key_2");
    expect_name("one", "key_2");
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_1"), CS_OK);
    expect_key("key_1", CS_KEY_SUPERSEDED, "", "key_2");
    /* a revoked one does not come back */
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_2"), CS_CONFLICT);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 9), CS_KEY_NOT_ACTIVE);
}

static void list_link(void *context, const cs_lineage_row *l)
{
    cs_buf *b = context;
    assert_int_equal(l->created_ms, 33);
    assert_true(cs_slice_is(cs_buf_slice(&l->signature), "signature"));
    assert_true(cs_slice_is(cs_buf_slice(&l->document), "document"));
    char statement[2 * CS_MAX_ID + 16];
    (void)snprintf(statement, sizeof statement, "%s signs %s", l->predecessor, l->successor);
    assert_true(cs_slice_is(cs_buf_slice(&l->statement), statement));
    cs_buf_printf(b, "%s>%s ", l->predecessor + 4, l->successor + 4);
}

static void expect_lineage(const char *org, const char *id, const char *want)
{
    cs_buf got = cs_buf_new(4096);
    assert_int_equal(cs_store_lineage(f.store, list_link, &got, cs_slice_str(org), cs_slice_str(id)), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), want);
    cs_buf_free(&got);
}

static void test_lineages(void **state)
{
    (void)state;
    WRITE(&f, put("key_1", "one", ORG), CS_OK);
    WRITE(&f, put("key_8", "eight", ORG), CS_OK);
    expect_lineage(ORG, "key_1", "");
    WRITE(&f, rotate("key_1", "key_2", "one", ORG), CS_OK);
    WRITE(&f, rotate("key_8", "key_9", "eight", ORG), CS_OK);
    WRITE(&f, rotate("key_2", "key_3", "one", ORG), CS_OK);
    WRITE(&f, rotate("key_3", "key_4", "one", ORG), CS_OK);
    for (int i = 1; i <= 4; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "key_%d", i);
        expect_lineage(ORG, id, "1>2 2>3 3>4 ");
    }
    expect_lineage(ORG, "key_9", "8>9 ");
    expect_lineage(ORG, "key_5", "");
    expect_lineage("org_other", "key_2", "");
}

static void count_link(void *context, const cs_lineage_row *l)
{
    (void)l;
    ++*(int *)context;
}

static void test_a_long_lineage_is_cut_around_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int want;
    } cases[] = {{"key_000", 64}, {"key_010", 74}, {"key_080", 128}, {"key_150", 64}};
    WRITE(&f, put("key_000", "one", ORG), CS_OK);
    for (int i = 0; i < 150; i++) {
        char from[8], to[8];
        (void)snprintf(from, sizeof from, "key_%03d", i);
        (void)snprintf(to, sizeof to, "key_%03d", i + 1);
        WRITE(&f, rotate(from, to, "one", ORG), CS_OK);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int count = 0;
        assert_int_equal(cs_store_lineage(f.store, count_link, &count, CS_LIT(ORG), cs_slice_str(cases[i].id)), CS_OK);
        assert_int_equal(count, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_are_unique_among_those_who_hold_them, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_rotation_hands_the_name_on, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_rotated, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_which_keys_sign, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_suspend_and_resume, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_lineages, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_long_lineage_is_cut_around_the_key, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
