/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/ids.h"

#include "ledger_fixture.h"

static struct store_fixture f;
static const uint8_t policy_hash[CS_SHA256_LEN] = {9, 8, 7};

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    for (int i = 0; i < 3; i++) {
        static const char *const ids[] = {"key_1", "key_2", "key_other"};
        cs_key_row k = key_row(ids[i], ids[i]);
        (void)snprintf(k.org, sizeof k.org, "%s", i < 2 ? ORG : "org_other");
        WRITE(&f, cs_store_put_key(f.store, &k), CS_OK);
        cs_key_row_free(&k);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

/* An id with this number in it, made at `at`. */
static void make_id(char id[CS_MAX_ID + 1], int number, int64_t at)
{
    cs_id_lowest(id, CS_ID_SIGNATURE, at);
    id[strlen(id) - 1] = (char)('0' + number);
}

/* With its entry, as a commit does it. */
static void put(const char *org, int number, const char *key, const char *policy, const char *verdict, int64_t at)
{
    cs_head head;
    char id[CS_MAX_ID + 1];
    make_id(id, number, at - 5);
    cs_signature_row g = signature_row(id, key, NULL, 0);
    g.verdict = verdict;
    g.policy_id = policy;
    g.policy_version = 3;
    g.policy_hash = policy_hash;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_get_head(f.store, &head, cs_slice_str(org)), CS_OK);
    assert_int_equal(cs_store_put_signature(f.store, cs_slice_str(org), &g, head.tree.size, at), CS_OK);
    ledger_put_entry(f.store, org, "signature.attested", id, cs_slice_str(key));
    assert_int_equal(cs_store_commit(f.store), CS_OK);
}

static void test_a_signature_comes_back_as_it_went(void **state)
{
    (void)state;
    static const char epoch[] = "00112233445566778899aabbccddeeff";
    cs_signature_row rows[] = {signature_row("sig_1", "key_1", NULL, 0), signature_row("sig_2", "key_1", epoch, 77)};
    cs_signature_row *full = &rows[1];
    full->policy_id = "pol_1";
    full->policy_version = 4;
    full->policy_hash = policy_hash;
    full->prehashed = true;
    full->payload_digest = CS_LIT("sha512:abc");
    full->payload_size = INT64_C(5) << 30;
    full->verdict = "fail";
    full->reason = "ATT_IMAGE_NOT_ALLOWED";
    full->metadata = CS_LIT("{\"m\":1}");
    for (size_t i = 0; i < 2; i++) {
        cs_signature_record g;
        assert_int_equal(cs_store_begin(f.store), CS_OK);
        assert_int_equal(cs_store_put_signature(f.store, CS_LIT(ORG), &rows[i], i, 500), CS_OK);
        ledger_put_entry(f.store, ORG, "signature.issued", rows[i].id, CS_LIT("key_1"));
        assert_int_equal(cs_store_commit(f.store), CS_OK);
        assert_int_equal(cs_store_signature(f.store, &g, CS_LIT(ORG), cs_slice_str(rows[i].id)), CS_OK);
        assert_string_equal(g.id, rows[i].id);
        assert_string_equal(g.org, ORG);
        assert_string_equal(g.key_id, "key_1");
        assert_string_equal(g.policy_id, i == 0 ? "" : "pol_1");
        assert_int_equal(g.policy_version, i == 0 ? 0 : 4);
        assert_int_equal(g.policy_hash[0], i == 0 ? 0 : 9);
        assert_string_equal(g.payload_digest, i == 0 ? "sha256:00" : "sha512:abc");
        assert_int_equal(g.prehashed, i);
        assert_int_equal(g.payload_size, rows[i].payload_size);
        assert_string_equal(g.verdict, i == 0 ? "absent" : "fail");
        assert_string_equal(g.reason, i == 0 ? "" : "ATT_IMAGE_NOT_ALLOWED");
        assert_string_equal(g.epoch, i == 0 ? "" : epoch);
        assert_int_equal(g.counter, i == 0 ? 0 : 77);
        assert_int_equal(g.seq, i);
        assert_string_equal(g.entry_id, i == 0 ? "ent_org_test_00000" : "ent_org_test_00001");
        assert_int_equal(g.created_ms, 500);
        assert_true(cs_slice_is(cs_buf_slice(&g.signature), "signature"));
        assert_true(cs_slice_is(cs_buf_slice(&g.document), "document"));
        assert_true(cs_slice_is(cs_buf_slice(&g.nonce), "nonce..."));
        assert_true(cs_slice_is(cs_buf_slice(&g.metadata), i == 0 ? "" : "{\"m\":1}"));
        cs_signature_record_free(&g);
        assert_int_equal(cs_store_signature(f.store, &g, CS_LIT("org_other"), cs_slice_str(rows[i].id)), CS_NOT_FOUND);
        assert_null(g.signature.p);
    }
    full->id = "sig_3";
    WRITE(&f, cs_store_put_signature(f.store, CS_LIT(ORG), full, 2, 501), CS_COUNTER_NOT_FRESH);
    WRITE(&f, cs_store_put_signature(f.store, CS_LIT("org_other"), full, 2, 501), CS_KEY_NOT_ACTIVE);
}

static void list_signature(void *context, const cs_signature_record *g)
{
    cs_buf_printf(context, "%c ", g->id[strlen(g->id) - 1]);
}

static void test_pages(void **state)
{
    (void)state;
    /* made in minutes 1 to 7; 4 is another org's */
    static const struct {
        int number;
        const char *key, *policy, *verdict;
    } rows[] = {{1, "key_1", NULL, "absent"},   {2, "key_1", "pol_1", "pass"}, {3, "key_2", "pol_1", "fail"},
                {4, "key_other", NULL, "pass"}, {5, "key_2", "pol_2", "pass"}, {6, "key_1", "pol_1", "pass"},
                {7, "key_2", NULL, "absent"}};
    static const struct {
        int before;
        const char *key, *policy, *verdict;
        int since; /* minute */
        int64_t limit;
        const char *want;
    } cases[] = {
        {0, NULL, NULL, NULL, 0, 10, "7 6 5 3 2 1 "},
        {0, NULL, NULL, NULL, 0, 6, "7 6 5 3 2 1 "},
        {0, NULL, NULL, NULL, 0, 5, "7 6 5 3 2 +"},
        {5, NULL, NULL, NULL, 0, 10, "3 2 1 "},
        {1, NULL, NULL, NULL, 0, 10, ""},
        {0, "key_1", NULL, NULL, 0, 10, "6 2 1 "},
        {6, "key_1", NULL, NULL, 0, 1, "2 +"},
        {0, "key_other", NULL, NULL, 0, 10, ""},
        {0, NULL, "pol_1", NULL, 0, 10, "6 3 2 "},
        {0, NULL, "pol_3", NULL, 0, 10, ""},
        {0, NULL, NULL, "pass", 0, 10, "6 5 2 "},
        {0, NULL, NULL, "fail", 0, 10, "3 "},
        {0, NULL, NULL, "absent", 0, 10, "7 1 "},
        {0, "key_1", "pol_1", NULL, 0, 10, "6 2 "},
        {0, "key_2", NULL, "pass", 0, 10, "5 "},
        {0, NULL, "pol_1", "pass", 0, 10, "6 2 "},
        {0, "key_2", "pol_1", "pass", 0, 10, ""},
        {0, NULL, NULL, NULL, 5, 10, "7 6 5 "},
        {0, NULL, NULL, NULL, 8, 10, ""},
        {7, NULL, NULL, NULL, 3, 10, "6 5 3 "},
        {0, "key_1", NULL, NULL, 2, 10, "6 2 "},
        {0, NULL, NULL, "absent", 2, 10, "7 "},
    };
    const int64_t base = INT64_C(1700000000000), minute = 60000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put(rows[i].number == 4 ? "org_other" : ORG, rows[i].number, rows[i].key, rows[i].policy, rows[i].verdict,
            base + rows[i].number * minute);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64], before[CS_MAX_ID + 1];
        cs_buf got = CS_BUF_OVER(text);
        make_id(before, cases[i].before, base + cases[i].before * minute - 5);
        cs_page page = {.org = CS_LIT(ORG),
                        .before = cases[i].before > 0 ? cs_slice_str(before) : CS_ABSENT,
                        .key_id = cases[i].key != NULL ? cs_slice_str(cases[i].key) : CS_ABSENT,
                        .policy_id = cases[i].policy != NULL ? cs_slice_str(cases[i].policy) : CS_ABSENT,
                        .verdict = cases[i].verdict != NULL ? cs_slice_str(cases[i].verdict) : CS_ABSENT,
                        .since_ms = cases[i].since > 0 ? base + cases[i].since * minute : 0,
                        .limit = cases[i].limit};
        assert_int_equal(cs_store_signatures(f.store, &page, list_signature, &got), CS_OK);
        cs_buf_add_str(&got, page.more ? "+" : "");
        if (strcmp(cs_buf_cstr(&got), cases[i].want) != 0)
            fail_msg("case %zu gives %s", i, text);
    }
}

static void test_counts(void **state)
{
    (void)state;
    cs_counts n;
    assert_int_equal(cs_store_counts(f.store, &n, CS_LIT(ORG)), CS_OK);
    assert_int_equal(n.keys[CS_KEY_ACTIVE], 2);
    assert_int_equal(n.entries, 0);
    put(ORG, 1, "key_1", NULL, "absent", 1000);
    put(ORG, 2, "key_1", "pol_1", "pass", 1001);
    put(ORG, 3, "key_2", "pol_1", "pass", 1002);
    put(ORG, 4, "key_2", "pol_1", "fail", 1003);
    put("org_other", 5, "key_other", NULL, "absent", 1004);
    WRITE(&f, cs_store_revoke_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    cs_policy_row p = cs_policy_row_new();
    (void)snprintf(p.org, sizeof p.org, ORG);
    p.version = 1;
    cs_buf_add_str(&p.canonical, "{}");
    cs_rule_row r = cs_rule_row_new();
    (void)snprintf(r.org, sizeof r.org, ORG);
    r.version = 1;
    cs_buf_add_str(&r.text, "{}");
    for (int i = 0; i < 3; i++) {
        (void)snprintf(p.id, sizeof p.id, "pol_%d", i);
        WRITE(&f, cs_store_put_policy(f.store, &p), CS_OK);
        (void)snprintf(r.id, sizeof r.id, "vpol_%d", i);
        WRITE(&f, cs_store_put_rule(f.store, &r), CS_OK);
    }
    cs_policy_row_free(&p);
    cs_rule_row_free(&r);
    WRITE(&f, cs_store_delete_policy(f.store, CS_LIT(ORG), "pol_0", 9), CS_OK);
    WRITE(&f, cs_store_delete_rule(f.store, CS_LIT(ORG), "vpol_0", 9), CS_OK);
    WRITE(&f, cs_store_delete_rule(f.store, CS_LIT(ORG), "vpol_1", 9), CS_OK);

    assert_int_equal(cs_store_counts(f.store, &n, CS_LIT(ORG)), CS_OK);
    assert_int_equal(n.keys[CS_KEY_ACTIVE], 1);
    assert_int_equal(n.keys[CS_KEY_SUPERSEDED], 0);
    assert_int_equal(n.keys[CS_KEY_SUSPENDED], 0);
    assert_int_equal(n.keys[CS_KEY_REVOKED], 1);
    assert_int_equal(n.passed, 2);
    assert_int_equal(n.failed, 1);
    assert_int_equal(n.absent, 1);
    assert_int_equal(n.entries, 4);
    assert_int_equal(n.checkpoints, 1);
    assert_int_equal(n.policies, 2);
    assert_int_equal(n.rules, 1);
    assert_int_equal(cs_store_counts(f.store, &n, CS_LIT("org_other")), CS_OK);
    assert_int_equal(n.absent, 1);
    assert_int_equal(n.passed + n.failed + n.policies + n.rules + n.checkpoints, 0);
    assert_int_equal(n.entries, 1);
}

/* One that is refused or undone does not count. */
static void test_only_what_is_there_counts(void **state)
{
    (void)state;
    cs_counts n;
    cs_signature_row g = signature_row("sig_1", "key_1", NULL, 0);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_mark(f.store), CS_OK);
    assert_int_equal(cs_store_put_signature(f.store, CS_LIT(ORG), &g, 0, 1), CS_OK);
    assert_int_equal(cs_store_undo(f.store), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(cs_store_counts(f.store, &n, CS_LIT(ORG)), CS_OK);
    assert_int_equal(n.absent, 0);
}

static cs_err add(int number, const char *key, const char *verdict)
{
    char id[CS_MAX_ID + 1];
    make_id(id, number, 1);
    cs_signature_row g = signature_row(id, key, NULL, 0);
    g.verdict = verdict;
    return cs_store_put_signature(f.store, CS_LIT(ORG), &g, (uint64_t)number, 1);
}

/* What is done once for many signatures is done, and stands for none that are refused or undone. */
static void test_many_in_one_transaction(void **state)
{
    cs_counts n;
    cs_key_row k;
    (void)state;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(add(0, "key_1", "absent"), CS_OK);
    assert_int_equal(add(1, "key_1", "pass"), CS_OK);
    assert_int_equal(add(2, "key_2", "pass"), CS_OK);
    assert_int_equal(add(3, "key_1", "pass"), CS_OK);
    assert_int_equal(add(4, "key_other", "pass"), CS_KEY_NOT_ACTIVE); /* of another org */
    assert_int_equal(cs_store_mark(f.store), CS_OK);
    assert_int_equal(add(5, "key_1", "pass"), CS_OK);
    assert_int_equal(add(6, "key_1", "fail"), CS_OK);
    assert_int_equal(cs_store_undo(f.store), CS_OK);
    assert_int_equal(add(7, "key_1", "fail"), CS_OK);
    assert_int_equal(add(8, "key_1", "fail"), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(cs_store_counts(f.store, &n, CS_LIT(ORG)), CS_OK);
    assert_int_equal(n.absent, 1);
    assert_int_equal(n.passed, 3);
    assert_int_equal(n.failed, 2);
    for (int i = 1; i <= 2; i++) {
        char id[] = "key_0";
        id[4] = (char)('0' + i);
        assert_int_equal(cs_store_key(f.store, &k, CS_LIT(ORG), cs_slice_str(id)), CS_OK);
        assert_int_equal(k.last_used_ms, 1);
        cs_key_row_free(&k);
    }
}

/* Also for one that signed a moment ago. */
static void test_a_key_that_was_just_revoked_signs_nothing(void **state)
{
    (void)state;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(add(0, "key_1", "pass"), CS_OK);
    assert_int_equal(add(1, "key_1", "pass"), CS_OK);
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT(ORG), "key_1", 1), CS_OK);
    assert_int_equal(add(2, "key_1", "pass"), CS_KEY_NOT_ACTIVE);
    assert_int_equal(add(3, "key_2", "pass"), CS_OK);
    assert_int_equal(cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 1), CS_OK);
    assert_int_equal(add(4, "key_2", "pass"), CS_KEY_NOT_ACTIVE);
    cs_store_rollback(f.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_signature_comes_back_as_it_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_pages, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_counts, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_only_what_is_there_counts, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_in_one_transaction, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_key_that_was_just_revoked_signs_nothing, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
