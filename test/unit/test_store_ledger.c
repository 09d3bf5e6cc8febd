/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ledger_fixture.h"

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

/* -- entries ------------------------------------------------------------------------------------------------------- */

static void test_an_entry_comes_back_as_it_went(void **state)
{
    (void)state;
    cs_entry_record e;
    cs_entry_row row = {
        .id = "ent_x", .seq = 0, .event_type = "custom.event", .subject_id = CS_LIT(""), .bytes = CS_LIT("{}")};
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    ledger_put_entry(f.store, ORG, "key.created", "key_1", CS_LIT("key_1"));
    ledger_put_entry(f.store, ORG, "custom.event", "", CS_ABSENT);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(cs_store_entry_by_id(f.store, &e, CS_LIT(ORG), CS_LIT("ent_org_test_00000")), CS_OK);
    assert_string_equal(e.id, "ent_org_test_00000");
    assert_int_equal(e.seq, 0);
    assert_string_equal(e.event_type, "key.created");
    assert_string_equal(e.key_id, "key_1");
    assert_true(cs_slice_is(cs_buf_slice(&e.subject_id), "key_1"));
    assert_int_equal(e.created_ms, 1000);
    cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    assert_int_equal(cs_store_entry(f.store, &bytes, CS_LIT(ORG), 0), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&bytes), cs_buf_slice(&e.bytes)));
    cs_buf_free(&bytes);
    cs_entry_record_free(&e);
    assert_int_equal(cs_store_entry_by_id(f.store, &e, CS_LIT(ORG), CS_LIT("ent_org_test_00001")), CS_OK);
    assert_string_equal(e.key_id, "");
    assert_int_equal(e.seq, 1);
    cs_entry_record_free(&e);
    assert_int_equal(cs_store_entry_by_id(f.store, &e, CS_LIT("org_other"), CS_LIT("ent_org_test_00001")),
                     CS_NOT_FOUND);
    assert_int_equal(cs_store_entry(f.store, &bytes, CS_LIT("org_other"), 0), CS_NOT_FOUND);
    WRITE(&f, cs_store_put_entry(f.store, CS_LIT(ORG), &row, 1), CS_CONFLICT); /* one entry for each seq */
    row.seq = 2;
    (void)snprintf(row.id, sizeof row.id, "ent_org_test_00001");
    WRITE(&f, cs_store_put_entry(f.store, CS_LIT(ORG), &row, 1), CS_CONFLICT); /* and for each id */
}

static void list_entry(void *context, const cs_entry_record *e)
{
    cs_buf_printf(context, "%d ", (int)e->seq);
}

static void test_queries(void **state)
{
    (void)state;
    static const struct {
        const char *type, *subject, *key;
    } rows[] = {{"key.created", "key_1", "key_1"},        {"signature.issued", "sig_1", "key_1"},
                {"signature.issued", "sig_2", "key_2"},   {"custom.event", "key_1", NULL},
                {"signature.attested", "sig_3", "key_1"}, {"signature.issued", "sig_4", "key_1"},
                {"key.revoked", "key_1", "key_1"}};
    static const struct {
        uint64_t from, to;
        const char *type, *subject, *key;
        bool descending;
        int64_t limit;
        const char *want;
    } cases[] = {
        {0, UINT64_MAX, NULL, NULL, NULL, false, 10, "0 1 2 3 4 5 6 "},
        {0, UINT64_MAX, NULL, NULL, NULL, true, 10, "6 5 4 3 2 1 0 "},
        {0, UINT64_MAX, NULL, NULL, NULL, false, 7, "0 1 2 3 4 5 6 "},
        {0, UINT64_MAX, NULL, NULL, NULL, false, 6, "0 1 2 3 4 5 +"},
        {0, UINT64_MAX, NULL, NULL, NULL, true, 2, "6 5 +"},
        {2, 5, NULL, NULL, NULL, false, 10, "2 3 4 "},
        {2, 5, NULL, NULL, NULL, true, 10, "4 3 2 "},
        {2, 5, NULL, NULL, NULL, false, 2, "2 3 +"},
        {7, UINT64_MAX, NULL, NULL, NULL, false, 10, ""},
        {3, 3, NULL, NULL, NULL, false, 10, ""},
        {0, 0, NULL, NULL, NULL, true, 10, ""},
        {UINT64_MAX, UINT64_MAX, NULL, NULL, NULL, false, 10, ""},
        {0, UINT64_MAX, "signature.issued", NULL, NULL, false, 10, "1 2 5 "},
        {0, UINT64_MAX, "signature.issued", NULL, NULL, true, 10, "5 2 1 "},
        {2, UINT64_MAX, "signature.issued", NULL, NULL, false, 1, "2 +"},
        {0, UINT64_MAX, "signature", NULL, NULL, false, 10, ""},
        {0, UINT64_MAX, NULL, "key_1", NULL, false, 10, "0 3 6 "},
        {0, UINT64_MAX, NULL, "key_1", NULL, true, 10, "6 3 0 "},
        {0, UINT64_MAX, NULL, NULL, "key_1", false, 10, "0 1 4 5 6 "},
        {0, UINT64_MAX, NULL, NULL, "key_1", true, 3, "6 5 4 +"},
        {0, 5, NULL, NULL, "key_1", true, 10, "4 1 0 "},
        {0, UINT64_MAX, "signature.issued", NULL, "key_1", false, 10, "1 5 "},
        {0, UINT64_MAX, "key.revoked", "key_1", "key_1", true, 10, "6 "},
        {0, UINT64_MAX, "custom.event", "key_1", NULL, false, 10, "3 "},
        {0, UINT64_MAX, NULL, NULL, "key_3", false, 10, ""},
    };
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ledger_put_entry(f.store, ORG, rows[i].type, rows[i].subject,
                         rows[i].key != NULL ? cs_slice_str(rows[i].key) : CS_ABSENT);
    ledger_put_entry(f.store, "org_other", "key.created", "key_1", CS_LIT("key_1"));
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        cs_buf got = CS_BUF_OVER(text);
        cs_entry_query q = {.org = CS_LIT(ORG),
                            .from = cases[i].from,
                            .to = cases[i].to,
                            .event_type = cases[i].type != NULL ? cs_slice_str(cases[i].type) : CS_ABSENT,
                            .subject = cases[i].subject != NULL ? cs_slice_str(cases[i].subject) : CS_ABSENT,
                            .key_id = cases[i].key != NULL ? cs_slice_str(cases[i].key) : CS_ABSENT,
                            .descending = cases[i].descending,
                            .limit = cases[i].limit};
        assert_int_equal(cs_store_entries(f.store, &q, list_entry, &got), CS_OK);
        cs_buf_add_str(&got, q.more ? "+" : "");
        if (strcmp(cs_buf_cstr(&got), cases[i].want) != 0)
            fail_msg("case %zu gives %s", i, text);
    }
}

static void test_what_is_kept_beside_an_entry(void **state)
{
    (void)state;
    cs_note_record n;
    cs_entry_note full = {CS_LIT("näme"), CS_LIT("message"), CS_LIT("{\"d\":1}")},
                  bare = {CS_LIT("bare"), CS_ABSENT, CS_ABSENT};
    WRITE(&f, cs_store_put_note(f.store, CS_LIT(ORG), "ent_1", &full), CS_OK);
    WRITE(&f, cs_store_put_note(f.store, CS_LIT(ORG), "ent_1", &bare), CS_CONFLICT);
    WRITE(&f, cs_store_put_note(f.store, CS_LIT(ORG), "ent_2", &bare), CS_OK);
    assert_int_equal(cs_store_entry_note(f.store, &n, CS_LIT(ORG), CS_LIT("ent_1")), CS_OK);
    assert_string_equal(n.name, "näme");
    assert_true(cs_slice_is(cs_buf_slice(&n.message), "message"));
    assert_true(cs_slice_is(cs_buf_slice(&n.data), "{\"d\":1}"));
    cs_note_record_free(&n);
    assert_int_equal(cs_store_entry_note(f.store, &n, CS_LIT(ORG), CS_LIT("ent_2")), CS_OK);
    assert_int_equal(n.message.n + n.data.n, 0);
    cs_note_record_free(&n);
    assert_int_equal(cs_store_entry_note(f.store, &n, CS_LIT("org_other"), CS_LIT("ent_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_entry_note(f.store, &n, CS_LIT(ORG), CS_LIT("ent_3")), CS_NOT_FOUND);
}

/* -- trees --------------------------------------------------------------------------------------------------------- */

static void test_nodes(void **state)
{
    (void)state;
    static const struct {
        unsigned level;
        uint64_t first;
        size_t count;
        cs_err want;
    } cases[] = {{0, 0, 5, CS_OK},        {0, 2, 3, CS_OK},        {0, 4, 1, CS_OK},        {1, 0, 1, CS_OK},
                 {0, 7, 1, CS_OK},        {0, 4, 2, CS_NOT_FOUND}, {0, 5, 1, CS_NOT_FOUND}, {0, 5, 3, CS_NOT_FOUND},
                 {0, 0, 6, CS_NOT_FOUND}, {1, 1, 1, CS_NOT_FOUND}, {2, 0, 1, CS_NOT_FOUND}, {0, 0, 0, CS_OK},
                 {0, 8, 1, CS_NOT_FOUND}};
    uint8_t hash[CS_SHA256_LEN] = {0};
    for (uint8_t n = 0; n < 8; n++) {
        hash[0] = n;
        if (n != 5 && n != 6)
            WRITE(&f, cs_store_put_node(f.store, CS_LIT(ORG), 0, n, hash), CS_OK);
    }
    hash[0] = 100;
    WRITE(&f, cs_store_put_node(f.store, CS_LIT(ORG), 1, 0, hash), CS_OK);
    WRITE(&f, cs_store_put_node(f.store, CS_LIT(ORG), 0, 0, hash), CS_CONFLICT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_buf out = cs_buf_new(4096);
        cs_buf_add_str(&out, "x");
        assert_int_equal(cs_store_nodes(f.store, &out, CS_LIT(ORG), cases[i].level, cases[i].first, cases[i].count),
                         cases[i].want);
        assert_int_equal(out.n, 1 + (cases[i].want == CS_OK ? CS_SHA256_LEN * cases[i].count : 0));
        for (size_t k = 0; cases[i].want == CS_OK && k < cases[i].count; k++)
            assert_int_equal(out.p[1 + CS_SHA256_LEN * k], cases[i].level == 1 ? 100 : cases[i].first + k);
        cs_buf_free(&out);
    }
    cs_buf out = cs_buf_new(4096);
    assert_int_equal(cs_store_nodes(f.store, &out, CS_LIT("org_other"), 0, 0, 1), CS_NOT_FOUND);
    cs_buf_free(&out);
}

/* -- checkpoints --------------------------------------------------------------------------------------------------- */

static void list_checkpoint(void *context, const cs_checkpoint_row *p)
{
    cs_buf_printf(context, "%s=%d ", p->id + 3, (int)p->size);
}

static void test_checkpoints(void **state)
{
    (void)state;
    cs_checkpoint_row p;
    assert_int_equal(cs_store_last_checkpoint(f.store, &p, CS_LIT(ORG)), CS_NOT_FOUND);
    ledger_put_entries(f.store, ORG, 3);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    ledger_put_entries(f.store, ORG, 4);
    ledger_put_checkpoint(f.store, "cp_2", ORG);
    ledger_put_entries(f.store, "org_other", 5);
    ledger_put_checkpoint(f.store, "cp_3", "org_other");
    cs_checkpoint_row want = ledger_checkpoint(f.store, "cp_2", ORG);
    assert_int_equal(cs_store_last_checkpoint(f.store, &p, CS_LIT(ORG)), CS_OK);
    assert_string_equal(p.id, "cp_2");
    assert_string_equal(p.org, ORG);
    assert_int_equal(p.size, 7);
    assert_memory_equal(p.root, want.root, sizeof p.root);
    assert_int_equal(p.created_ms, want.created_ms);
    assert_string_equal(p.key_id, "0badf00d");
    assert_true(cs_slice_eq(cs_buf_slice(&p.note), cs_buf_slice(&want.note)));
    assert_true(cs_slice_is(cs_buf_slice(&p.published), "[]"));
    cs_checkpoint_row_free(&p);
    cs_checkpoint_row_free(&want);
    assert_int_equal(cs_store_checkpoint(f.store, &p, CS_LIT(ORG), CS_LIT("cp_1")), CS_OK);
    assert_int_equal(p.size, 3);
    cs_checkpoint_row_free(&p);
    assert_int_equal(cs_store_checkpoint(f.store, &p, CS_LIT(ORG), CS_LIT("cp_3")), CS_NOT_FOUND);

    static const struct {
        uint64_t size;
        const char *id;
    } covering[] = {{0, "cp_1"}, {3, "cp_1"}, {4, "cp_2"}, {7, "cp_2"}, {8, NULL}, {UINT64_MAX, NULL}};
    for (size_t i = 0; i < sizeof covering / sizeof *covering; i++) {
        cs_err err = cs_store_checkpoint_covering(f.store, &p, CS_LIT(ORG), covering[i].size);
        assert_int_equal(err, covering[i].id != NULL ? CS_OK : CS_NOT_FOUND);
        if (err == CS_OK)
            assert_string_equal(p.id, covering[i].id);
        cs_checkpoint_row_free(&p);
    }
}

static void test_one_root_for_each_size(void **state)
{
    (void)state;
    cs_checkpoint_row back;
    ledger_put_entries(f.store, ORG, 3);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    cs_checkpoint_row p = ledger_checkpoint(f.store, "cp_2", ORG);
    WRITE(&f, cs_store_put_checkpoint(f.store, &p), CS_OK); /* the same again: the first stays */
    assert_int_equal(cs_store_checkpoint(f.store, &back, CS_LIT(ORG), CS_LIT("cp_2")), CS_NOT_FOUND);
    p.root[31] ^= 1;
    WRITE(&f, cs_store_put_checkpoint(f.store, &p), CS_CONFLICT);
    p.size = 4;
    (void)snprintf(p.id, sizeof p.id, "cp_1");
    WRITE(&f, cs_store_put_checkpoint(f.store, &p), CS_CONFLICT); /* an id that is there */
    cs_checkpoint_row_free(&p);
}

static void test_cosignatures_come_later(void **state)
{
    (void)state;
    cs_checkpoint_row p;
    ledger_put_entries(f.store, ORG, 3);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    cs_slice note = CS_LIT("note with more"), names = CS_LIT("[\"w\"]");
    WRITE(&f, cs_store_update_checkpoint_note(f.store, CS_LIT(ORG), "cp_2", note, names), CS_NOT_FOUND);
    WRITE(&f, cs_store_update_checkpoint_note(f.store, CS_LIT("org_other"), "cp_1", note, names), CS_NOT_FOUND);
    WRITE(&f, cs_store_update_checkpoint_note(f.store, CS_LIT(ORG), "cp_1", note, names), CS_OK);
    assert_int_equal(cs_store_checkpoint(f.store, &p, CS_LIT(ORG), CS_LIT("cp_1")), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&p.note), note));
    assert_true(cs_slice_eq(cs_buf_slice(&p.published), names));
    assert_int_equal(p.size, 3);
    cs_checkpoint_row_free(&p);
    WRITE(&f, cs_store_update_checkpoint_note(f.store, CS_LIT(ORG), "cp_1", CS_ABSENT, names), CS_CONFLICT);
}

static void test_pages_of_checkpoints(void **state)
{
    (void)state;
    char text[64];
    cs_buf got = CS_BUF_OVER(text);
    for (int i = 1; i <= 4; i++) {
        char id[8];
        ledger_put_entries(f.store, ORG, 1);
        (void)snprintf(id, sizeof id, "cp_%d", 9 - i); /* ids need not sort */
        ledger_put_checkpoint(f.store, id, ORG);
    }
    cs_page page = {.org = CS_LIT(ORG), .limit = 3};
    assert_int_equal(cs_store_checkpoints(f.store, &page, list_checkpoint, &got), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "5=4 6=3 7=2 ");
    assert_true(page.more);
    assert_string_equal(page.last, "cp_7");
    cs_buf_clear(&got);
    page.before = CS_LIT("cp_7");
    assert_int_equal(cs_store_checkpoints(f.store, &page, list_checkpoint, &got), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "8=1 ");
    assert_false(page.more);
    cs_buf_clear(&got);
    page.org = CS_LIT("org_other");
    assert_int_equal(cs_store_checkpoints(f.store, &page, list_checkpoint, &got), CS_OK);
    assert_int_equal(got.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_entry_comes_back_as_it_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_queries, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_is_kept_beside_an_entry, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_nodes, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_checkpoints, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_one_root_for_each_size, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_cosignatures_come_later, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_pages_of_checkpoints, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
