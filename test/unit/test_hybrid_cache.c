/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/hybrid_cache.h"

#include "store_fixture.h"

static struct store_fixture f;
static cs_hybrid_cache *cache;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    assert_int_equal(cs_hybrid_cache_open(&cache, f.store), CS_OK);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    cs_hybrid_cache_close(cache);
    store_fixture_close(&f);
    return 0;
}

/* A key pair's public half, as a row. */
static cs_registered_row fresh_row(const char *id, const char *org)
{
    cs_registered_row row = {.public_key_len = cs_prim_public_len(CS_MLDSA44)};
    CS_SECRET(seed);
    cs_key *key = NULL;
    cs_buf bytes = CS_BUF_OVER(row.public_key);
    (void)snprintf(row.id, sizeof row.id, "%s", id);
    (void)snprintf(row.org, sizeof row.org, "%s", org);
    assert_int_equal(cs_key_generate(&seed, CS_MLDSA44), CS_OK);
    assert_int_equal(cs_key_open_private(&key, CS_MLDSA44, cs_secret_slice(&seed)), CS_OK);
    cs_key_public(&bytes, key);
    cs_key_free(key);
    assert_int_equal(bytes.n, row.public_key_len);
    return row;
}

static cs_slice bytes_of(const cs_registered_row *row)
{
    return cs_slice_of(row->public_key, row->public_key_len);
}

static bool is_held(const cs_registered_row *row, const char *realm)
{
    cs_caller_key *k = cs_hybrid_cache_hold(cache, cs_slice_str(realm), bytes_of(row));
    bool same = k != NULL && memcmp(&k->row, row, sizeof *row) == 0 && cs_key_prim(k->key) == CS_MLDSA44;
    assert_true(k == NULL || same);
    cs_hybrid_cache_release(cache, k);
    return same;
}

static void test_keys_by_realm_and_bytes(void **state)
{
    (void)state;
    cs_registered_row row = fresh_row("pqk_1", ORG), other = fresh_row("pqk_2", ORG);
    assert_false(is_held(&row, ORG));
    cs_hybrid_cache_keep(cache, &row, CS_MLDSA44);
    assert_true(is_held(&row, ORG));
    assert_false(is_held(&row, "org_other"));
    other.public_key[0] = row.public_key[0]; /* the same place */
    assert_false(is_held(&other, ORG));
    assert_null(cs_hybrid_cache_hold(cache, CS_LIT(ORG), CS_ABSENT));
    assert_null(cs_hybrid_cache_hold(cache, CS_LIT(ORG), cs_slice_sub(bytes_of(&row), 0, 100)));
    cs_hybrid_cache_keep(cache, &other, CS_MLDSA44);
    assert_true(is_held(&other, ORG));
    assert_false(is_held(&row, ORG));
    cs_hybrid_cache_forget(cache, "pqk_1");
    assert_true(is_held(&other, ORG));
    cs_hybrid_cache_forget(cache, "pqk_2");
    assert_false(is_held(&other, ORG));
}

static void test_what_is_not_kept(void **state)
{
    (void)state;
    cs_registered_row revoked = fresh_row("pqk_1", ORG), longer = fresh_row("pqk_2", ORG);
    revoked.revoked_ms = 1;
    cs_hybrid_cache_keep(cache, &revoked, CS_MLDSA44);
    assert_false(is_held(&revoked, ORG));
    cs_hybrid_cache_keep(cache, &longer, CS_MLDSA65); /* of another length */
    assert_false(is_held(&longer, ORG));
}

/* Whoever holds a key has it until it is given back, whatever becomes of its place. */
static void test_a_held_key_stays(void **state)
{
    (void)state;
    cs_registered_row row = fresh_row("pqk_1", ORG), next = fresh_row("pqk_2", ORG);
    next.public_key[0] = row.public_key[0];
    cs_hybrid_cache_keep(cache, &row, CS_MLDSA44);
    cs_caller_key *held = cs_hybrid_cache_hold(cache, CS_LIT(ORG), bytes_of(&row));
    assert_non_null(held);
    cs_hybrid_cache_keep(cache, &next, CS_MLDSA44);
    cs_hybrid_cache_forget(cache, "pqk_2");
    assert_string_equal(held->row.id, "pqk_1");
    assert_int_equal(cs_key_prim(held->key), CS_MLDSA44);
    cs_hybrid_cache_release(cache, held);
}

static void expect_countersigner(const char *want)
{
    char id[CS_MAX_ID + 1];
    for (int i = 0; i < 2; i++) { /* from the store, then from memory */
        assert_int_equal(cs_hybrid_cache_countersigner(cache, id, CS_LIT(ORG)), *want != '\0' ? CS_OK : CS_NOT_FOUND);
        assert_string_equal(id, want);
        assert_int_equal(cs_hybrid_cache_countersigner(cache, id, CS_LIT("org_other")), CS_NOT_FOUND);
    }
}

static void test_every_change_of_keys_is_noticed(void **state)
{
    (void)state;
    cs_key_row one = key_row("key_1", "one"), two = key_row("key_2", "two"), plain = key_row("key_3", "plain");
    cs_key_row next = key_row("key_4", "two");
    cs_lineage_row link = cs_lineage_row_new();
    cs_key_row *hybrid[] = {&one, &two, &next};
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(hybrid[i]->purpose, sizeof hybrid[i]->purpose, "hybrid");
    expect_countersigner("");
    WRITE(&f, cs_store_put_key(f.store, &plain), CS_OK);
    expect_countersigner("");
    WRITE(&f, cs_store_put_key(f.store, &one), CS_OK);
    expect_countersigner("key_1");
    WRITE(&f, cs_store_put_key(f.store, &two), CS_OK);
    expect_countersigner("key_2");
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    expect_countersigner("key_1");
    WRITE(&f, cs_store_resume_key(f.store, CS_LIT(ORG), "key_2"), CS_OK);
    expect_countersigner("key_2");
    (void)snprintf(link.predecessor, sizeof link.predecessor, "key_2");
    (void)snprintf(link.successor, sizeof link.successor, "key_4");
    cs_buf_add(&link.statement, CS_LIT("s"));
    cs_buf_add(&link.signature, CS_LIT("s"));
    cs_buf_add(&link.document, CS_LIT("d"));
    WRITE(&f, cs_store_rotate_key(f.store, &next, &link), CS_OK);
    expect_countersigner("key_4");
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_4", 9), CS_OK);
    expect_countersigner("key_1");
    cs_lineage_row_free(&link);
    cs_key_row_free(&one);
    cs_key_row_free(&two);
    cs_key_row_free(&plain);
    cs_key_row_free(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys_by_realm_and_bytes, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_is_not_kept, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_held_key_stays, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_every_change_of_keys_is_noticed, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
