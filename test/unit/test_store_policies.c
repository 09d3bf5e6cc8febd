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

/* -- attestation policies ------------------------------------------------------------------------------------------ */

static cs_err put(const char *id, const char *org, int64_t version)
{
    cs_policy_row p = cs_policy_row_new();
    (void)snprintf(p.id, sizeof p.id, "%s", id);
    (void)snprintf(p.org, sizeof p.org, "%s", org);
    (void)snprintf(p.vendor, sizeof p.vendor, "mock");
    p.version = version;
    p.created_ms = 10;
    p.updated_ms = 10 * version;
    p.hash[0] = (uint8_t)version;
    cs_buf_printf(&p.canonical, "{\"v\":%d}", (int)version);
    if (version == 2)
        cs_buf_add_str(&p.metadata, "{\"m\":2}");
    cs_err err = cs_store_put_policy(f.store, &p);
    cs_policy_row_free(&p);
    return err;
}

static cs_err put_bound_key(const char *id, const char *policy_id)
{
    cs_key_row k = key_row(id, id);
    (void)snprintf(k.policy_id, sizeof k.policy_id, "%s", policy_id);
    cs_err err = cs_store_put_key(f.store, &k);
    cs_key_row_free(&k);
    return err;
}

static void test_versions(void **state)
{
    (void)state;
    cs_policy_row p;
    WRITE(&f, put("pol_1", ORG, 2), CS_CONFLICT);
    WRITE(&f, put("pol_1", ORG, 1), CS_OK);
    WRITE(&f, put("pol_1", ORG, 1), CS_CONFLICT);
    WRITE(&f, put("pol_1", ORG, 3), CS_CONFLICT);
    WRITE(&f, put("pol_1", "org_other", 2), CS_CONFLICT);
    WRITE(&f, put("pol_1", ORG, 2), CS_OK);
    WRITE(&f, put("pol_1", ORG, 2), CS_CONFLICT); /* two changes at once: one of them */
    WRITE(&f, put("pol_1", ORG, 3), CS_OK);
    for (int64_t v = 1; v <= 3; v++) {
        assert_int_equal(cs_store_policy_version(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1"), v), CS_OK);
        assert_int_equal(p.version, v);
        assert_int_equal(p.hash[0], v);
        assert_int_equal(p.created_ms, 10);
        assert_int_equal(p.updated_ms, 10 * v);
        assert_int_equal(p.deleted_ms, 0);
        assert_int_equal(p.metadata.n > 0, v == 2);
        cs_policy_row_free(&p);
    }
    assert_int_equal(cs_store_policy(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1")), CS_OK);
    assert_int_equal(p.version, 3);
    assert_int_equal(p.updated_ms, 30);
    cs_policy_row_free(&p);
    assert_int_equal(cs_store_policy_version(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1"), 0), CS_NOT_FOUND);
    assert_int_equal(cs_store_policy_version(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1"), 4), CS_NOT_FOUND);
    assert_int_equal(cs_store_policy_version(f.store, &p, CS_LIT("org_other"), CS_LIT("pol_1"), 1), CS_NOT_FOUND);
}

static void count_policy(void *context, const cs_policy_row *p)
{
    (void)p;
    ++*(int *)context;
}

static void test_a_deleted_policy_is_gone_but_for_its_versions(void **state)
{
    (void)state;
    cs_policy_row p;
    int count = 0;
    cs_page page = {.org = CS_LIT(ORG), .limit = 8};
    WRITE(&f, put("pol_1", ORG, 1), CS_OK);
    WRITE(&f, put("pol_1", ORG, 2), CS_OK);
    WRITE(&f, put("pol_2", ORG, 1), CS_OK);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT("org_other"), "pol_1", 99), CS_NOT_FOUND);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_3", 99), CS_NOT_FOUND);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_1", 99), CS_OK);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_1", 99), CS_NOT_FOUND);
    assert_int_equal(cs_store_policy(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_policies(f.store, &page, count_policy, &count), CS_OK);
    assert_int_equal(count, 1);
    WRITE(&f, put("pol_1", ORG, 3), CS_CONFLICT);
    WRITE(&f, put("pol_1", ORG, 1), CS_CONFLICT);
    WRITE(&f, put_bound_key("key_1", "pol_1"), CS_NOT_FOUND);
    assert_int_equal(cs_store_policy_version(f.store, &p, CS_LIT(ORG), CS_LIT("pol_1"), 2), CS_OK);
    assert_int_equal(p.deleted_ms, 99);
    cs_policy_row_free(&p);
}

static void test_a_bound_policy_stays(void **state)
{
    (void)state;
    WRITE(&f, put("pol_1", ORG, 1), CS_OK);
    WRITE(&f, put("pol_2", ORG, 1), CS_OK);
    WRITE(&f, put_bound_key("key_1", "pol_1"), CS_OK);
    WRITE(&f, put_bound_key("key_2", "pol_1"), CS_OK);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_1", 9), CS_POLICY_BOUND);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT("org_other"), "pol_1", 9), CS_NOT_FOUND);
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 9), CS_OK);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_1", 9), CS_POLICY_BOUND);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_2", 9), CS_OK);
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_1", 9), CS_OK);
    /* a binding that the same transaction makes counts, too */
    WRITE(&f, put("pol_4", ORG, 1), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(put_bound_key("key_4", "pol_4"), CS_OK);
    assert_int_equal(cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_4", 9), CS_POLICY_BOUND);
    cs_store_rollback(f.store);
}

/* -- vault policies ------------------------------------------------------------------------------------------------ */

static cs_err put_rule(const char *id, const char *org, int64_t version, bool enabled)
{
    cs_rule_row r = cs_rule_row_new();
    (void)snprintf(r.id, sizeof r.id, "%s", id);
    (void)snprintf(r.org, sizeof r.org, "%s", org);
    (void)snprintf(r.name, sizeof r.name, "rule %d", (int)version);
    (void)snprintf(r.action, sizeof r.action, "warn");
    r.version = version;
    r.enabled = enabled;
    r.created_ms = 10;
    r.updated_ms = 10 * version;
    cs_buf_printf(&r.text, "{\"v\":%d}", (int)version);
    cs_err err = cs_store_put_rule(f.store, &r);
    cs_rule_row_free(&r);
    return err;
}

static void list_rule(void *context, const cs_rule_row *r)
{
    cs_buf_printf(context, "%s.%d ", r->id + 5, (int)r->version);
}

static void test_rules_come_back_as_they_went(void **state)
{
    (void)state;
    cs_rule_row r;
    WRITE(&f, put_rule("vpol_1", ORG, 2, true), CS_CONFLICT);
    WRITE(&f, put_rule("vpol_1", ORG, 1, true), CS_OK);
    WRITE(&f, put_rule("vpol_1", ORG, 1, true), CS_CONFLICT);
    WRITE(&f, put_rule("vpol_1", ORG, 3, true), CS_CONFLICT);
    WRITE(&f, put_rule("vpol_1", "org_other", 2, true), CS_CONFLICT);
    WRITE(&f, put_rule("vpol_1", ORG, 2, false), CS_OK);
    assert_int_equal(cs_store_rule(f.store, &r, CS_LIT(ORG), CS_LIT("vpol_1")), CS_OK);
    assert_string_equal(r.id, "vpol_1");
    assert_string_equal(r.org, ORG);
    assert_int_equal(r.version, 2);
    assert_string_equal(r.name, "rule 2");
    assert_string_equal(r.action, "warn");
    assert_false(r.enabled);
    assert_int_equal(r.created_ms, 10);
    assert_int_equal(r.updated_ms, 20);
    assert_true(cs_slice_is(cs_buf_slice(&r.text), "{\"v\":2}"));
    cs_rule_row_free(&r);
    assert_int_equal(cs_store_rule(f.store, &r, CS_LIT("org_other"), CS_LIT("vpol_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_rule(f.store, &r, CS_LIT(ORG), CS_LIT("vpol_2")), CS_NOT_FOUND);
}

static void test_lists_of_rules(void **state)
{
    (void)state;
    char text[128];
    cs_buf got = CS_BUF_OVER(text);
    WRITE(&f, put_rule("vpol_1", ORG, 1, true), CS_OK);
    WRITE(&f, put_rule("vpol_2", ORG, 1, false), CS_OK);
    WRITE(&f, put_rule("vpol_3", "org_other", 1, true), CS_OK);
    WRITE(&f, put_rule("vpol_4", ORG, 1, true), CS_OK);
    WRITE(&f, put_rule("vpol_5", ORG, 1, true), CS_OK);
    WRITE(&f, put_rule("vpol_1", ORG, 2, true), CS_OK);
    WRITE(&f, cs_store_delete_rule(f.store, CS_LIT("org_other"), "vpol_5", 9), CS_NOT_FOUND);
    WRITE(&f, cs_store_delete_rule(f.store, CS_LIT(ORG), "vpol_5", 9), CS_OK);
    WRITE(&f, cs_store_delete_rule(f.store, CS_LIT(ORG), "vpol_5", 9), CS_NOT_FOUND);
    WRITE(&f, put_rule("vpol_5", ORG, 2, true), CS_CONFLICT);
    assert_int_equal(cs_store_all_rules(f.store, list_rule, &got, CS_LIT(ORG)), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "1.2 4.1 ");
    cs_buf_clear(&got);
    cs_page page = {.org = CS_LIT(ORG), .limit = 2};
    assert_int_equal(cs_store_rules(f.store, &page, list_rule, &got), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "4.1 2.1 ");
    assert_true(page.more);
    assert_string_equal(page.last, "vpol_2");
    cs_buf_clear(&got);
    page.before = CS_LIT("vpol_2");
    assert_int_equal(cs_store_rules(f.store, &page, list_rule, &got), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "1.2 ");
    assert_false(page.more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_versions, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_deleted_policy_is_gone_but_for_its_versions, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_bound_policy_stays, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_rules_come_back_as_they_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_lists_of_rules, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
