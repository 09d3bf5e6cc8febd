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

static void list_org(void *context, const cs_org_row *o)
{
    cs_buf_printf(context, "%s %s %s %d %d;", o->id, o->name, o->host, (int)o->created_ms, o->publish);
}

static void test_orgs(void **state)
{
    (void)state;
    char text[256], origin[CS_MAX_ORIGIN + 1];
    cs_buf got = CS_BUF_OVER(text);
    cs_org_row o;
    assert_int_equal(cs_store_orgs(f.store, list_org, &got), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "org_other other log.example 2 1;org_test test log.example 1 0;");
    assert_int_equal(cs_store_org(f.store, &o, CS_LIT(ORG)), CS_OK);
    assert_string_equal(o.name, "test");
    assert_false(o.publish);
    cs_org_origin(origin, &o);
    assert_string_equal(origin, "log.example/org/org_test");
    assert_int_equal(cs_store_org(f.store, &o, CS_LIT("org_none")), CS_NOT_FOUND);
    (void)snprintf(o.id, sizeof o.id, ORG);
    WRITE(&f, cs_store_put_org(f.store, &o), CS_CONFLICT);
}

static void test_the_longest_origin(void **state)
{
    (void)state;
    cs_org_row o = {.created_ms = 1};
    char origin[CS_MAX_ORIGIN + 1];
    memset(o.id, 'i', CS_MAX_ID);
    memset(o.host, 'h', CS_MAX_HOST);
    cs_org_origin(origin, &o);
    assert_int_equal(strlen(origin), CS_MAX_ORIGIN);
    assert_int_equal(origin[CS_MAX_ORIGIN - 1], 'i');
}

/* -- API keys ------------------------------------------------------------------------------------------------------ */

static cs_api_key_row api_key(const char *id, const char *org, bool live)
{
    cs_api_key_row k = {.live = live, .publishable = !live, .scopes = 0x80000001u, .created_ms = 7};
    (void)snprintf(k.id, sizeof k.id, "%s", id);
    (void)snprintf(k.org, sizeof k.org, "%s", org);
    (void)snprintf(k.name, sizeof k.name, "näme of %s", id);
    k.hash[0] = (uint8_t)id[3];
    k.hash[31] = 1;
    return k;
}

static void put_api_key(const char *id, const char *org, bool live)
{
    cs_api_key_row k = api_key(id, org, live);
    WRITE(&f, cs_store_put_api_key(f.store, &k), CS_OK);
}

static void test_an_api_key_comes_back_as_it_went(void **state)
{
    (void)state;
    for (size_t count = 0; count <= CS_MAX_KEY_IDS; count += count == 0 ? 1 : CS_MAX_KEY_IDS - 1) {
        char id[8];
        (void)snprintf(id, sizeof id, "ak_%c", (int)('a' + count));
        cs_api_key_row k = api_key(id, ORG, count == 1), back;
        k.key_id_count = count;
        for (size_t i = 0; i < count; i++) {
            memset(k.key_ids[i], 'k', CS_MAX_ID); /* as long as ids get */
            k.key_ids[i][0] = (char)('a' + i);
        }
        k.expires_ms = (int64_t)count * 1000;
        WRITE(&f, cs_store_put_api_key(f.store, &k), CS_OK);
        for (int by_id = 0; by_id < 2; by_id++) {
            assert_int_equal(by_id ? cs_store_api_key_by_id(f.store, &back, CS_LIT(ORG), cs_slice_str(id))
                                   : cs_store_api_key(f.store, &back, k.hash),
                             CS_OK);
            assert_string_equal(back.id, id);
            assert_string_equal(back.org, ORG);
            assert_string_equal(back.name, k.name);
            assert_memory_equal(back.hash, k.hash, sizeof k.hash);
            assert_int_equal(back.live, count == 1);
            assert_int_equal(back.publishable, count != 1);
            assert_int_equal(back.scopes, 0x80000001u);
            assert_int_equal(back.created_ms, 7);
            assert_int_equal(back.expires_ms, count * 1000);
            assert_int_equal(back.revoked_ms, 0);
            assert_int_equal(back.key_id_count, count);
            for (size_t i = 0; i < count; i++)
                assert_string_equal(back.key_ids[i], k.key_ids[i]);
        }
        assert_int_equal(cs_store_api_key_by_id(f.store, &back, CS_LIT("org_other"), cs_slice_str(id)), CS_NOT_FOUND);
    }
}

static void test_revoked_and_rotated_api_keys(void **state)
{
    (void)state;
    cs_api_key_row next = api_key("ak_n", ORG, true), foreign = api_key("ak_f", "org_other", true), back;
    put_api_key("ak_1", ORG, true);
    put_api_key("ak_2", ORG, true);
    WRITE(&f, cs_store_put_api_key(f.store, &(cs_api_key_row){.id = "ak_1", .org = ORG}), CS_CONFLICT);
    WRITE(&f, cs_store_revoke_api_key(f.store, "ak_2", 55), CS_OK);
    WRITE(&f, cs_store_revoke_api_key(f.store, "ak_2", 56), CS_CONFLICT);
    WRITE(&f, cs_store_revoke_api_key(f.store, "ak_9", 56), CS_CONFLICT);
    assert_int_equal(cs_store_api_key_by_id(f.store, &back, CS_LIT(ORG), CS_LIT("ak_2")), CS_OK);
    assert_int_equal(back.revoked_ms, 55);
    WRITE(&f, cs_store_rotate_api_key(f.store, &next, "ak_2", 100), CS_CONFLICT);
    WRITE(&f, cs_store_rotate_api_key(f.store, &foreign, "ak_1", 100), CS_CONFLICT);
    WRITE(&f, cs_store_rotate_api_key(f.store, &next, "ak_1", 100), CS_OK);
    assert_int_equal(cs_store_api_key_by_id(f.store, &back, CS_LIT(ORG), CS_LIT("ak_1")), CS_OK);
    assert_int_equal(back.expires_ms, 100);
    assert_int_equal(cs_store_api_key_by_id(f.store, &back, CS_LIT(ORG), CS_LIT("ak_n")), CS_OK);
    assert_int_equal(back.expires_ms, 0);
    next.id[3] = 'm';
    next.hash[0] = 'm';
    WRITE(&f, cs_store_rotate_api_key(f.store, &next, "ak_1", 200), CS_CONFLICT); /* one successor */
    WRITE(&f, cs_store_revoke_api_key(f.store, "ak_1", 60), CS_OK);               /* before it ends by itself */
}

static void list_api_key(void *context, const cs_api_key_row *k)
{
    cs_buf_printf(context, "%s ", k->id + 3);
}

static void test_pages_of_api_keys(void **state)
{
    (void)state;
    static const struct {
        const char *before, *filter;
        int64_t limit;
        const char *want;
    } cases[] = {{NULL, NULL, 8, "5 4 2 1 "}, {NULL, "live", 8, "4 1 "}, {NULL, "test", 8, "5 2 "},
                 {NULL, NULL, 3, "5 4 2 +"},  {"ak_4", NULL, 8, "2 1 "}, {"ak_4", "live", 8, "1 "},
                 {NULL, "test", 1, "5 +"},    {"ak_1", NULL, 8, ""}};
    for (int i = 1; i <= 5; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "ak_%d", i);
        put_api_key(id, i == 3 ? "org_other" : ORG, i == 1 || i == 4);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        cs_buf got = CS_BUF_OVER(text);
        cs_page page = {.org = CS_LIT(ORG),
                        .before = cases[i].before != NULL ? cs_slice_str(cases[i].before) : CS_ABSENT,
                        .filter = cases[i].filter != NULL ? cs_slice_str(cases[i].filter) : CS_ABSENT,
                        .limit = cases[i].limit};
        assert_int_equal(cs_store_api_keys(f.store, &page, list_api_key, &got), CS_OK);
        cs_buf_add_str(&got, page.more ? "+" : "");
        assert_string_equal(cs_buf_cstr(&got), cases[i].want);
    }
}

/* -- the rest ------------------------------------------------------------------------------------------------------ */

static void test_sessions(void **state)
{
    (void)state;
    cs_session_row n = {.hash = {1}, .api_key_id = "ak_1", .org = ORG, .expires_ms = 100}, later = n, back;
    later.hash[0] = 2;
    later.expires_ms = 101;
    WRITE(&f, cs_store_put_session(f.store, &n), CS_OK);
    WRITE(&f, cs_store_put_session(f.store, &n), CS_CONFLICT);
    WRITE(&f, cs_store_put_session(f.store, &later), CS_OK);
    assert_int_equal(cs_store_session(f.store, &back, n.hash), CS_OK);
    assert_memory_equal(&back.hash, &n.hash, sizeof n.hash);
    assert_string_equal(back.api_key_id, "ak_1");
    assert_string_equal(back.org, ORG);
    assert_int_equal(back.expires_ms, 100);
    WRITE(&f, cs_store_purge_sessions(f.store, 99), CS_OK);
    assert_int_equal(cs_store_session(f.store, &back, n.hash), CS_OK);
    WRITE(&f, cs_store_purge_sessions(f.store, 100), CS_OK);
    assert_int_equal(cs_store_session(f.store, &back, n.hash), CS_NOT_FOUND);
    assert_int_equal(cs_store_session(f.store, &back, later.hash), CS_OK);
    WRITE(&f, cs_store_end_session(f.store, later.hash), CS_OK);
    WRITE(&f, cs_store_end_session(f.store, later.hash), CS_OK);
    assert_int_equal(cs_store_session(f.store, &back, later.hash), CS_NOT_FOUND);
}

/* A login too many costs the API key its oldest session, and nobody else one. */
static void test_sessions_are_bounded(void **state)
{
    (void)state;
    cs_session_row n = {.api_key_id = "ak_1", .org = ORG}, other = {.hash = {255}, .api_key_id = "ak_2", .org = ORG};
    cs_session_row back;
    other.expires_ms = 1;
    WRITE(&f, cs_store_put_session(f.store, &other), CS_OK);
    for (int i = 0; i < CS_MAX_SESSIONS + 2; i++) {
        n.hash[0] = (uint8_t)i;
        n.expires_ms = 1000 - i; /* the later ones end first */
        if (i == CS_MAX_SESSIONS + 1)
            n.expires_ms = 2000;
        WRITE(&f, cs_store_put_session(f.store, &n), CS_OK);
    }
    for (int i = 0; i < CS_MAX_SESSIONS + 2; i++) {
        bool gone = i == CS_MAX_SESSIONS - 1 || i == CS_MAX_SESSIONS;
        n.hash[0] = (uint8_t)i;
        assert_int_equal(cs_store_session(f.store, &back, n.hash), gone ? CS_NOT_FOUND : CS_OK);
    }
    assert_int_equal(cs_store_session(f.store, &back, other.hash), CS_OK);
}

static void test_settings(void **state)
{
    (void)state;
    char text[64];
    cs_buf got = CS_BUF_OVER(text);
    cs_settings_row one = {CS_LIT("{\"a\":1}")}, two = {CS_LIT("{\"a\":2}")};
    assert_int_equal(cs_store_settings(f.store, &got, CS_LIT(ORG)), CS_NOT_FOUND);
    WRITE(&f, cs_store_put_settings(f.store, CS_LIT(ORG), &one, 1), CS_OK);
    WRITE(&f, cs_store_put_settings(f.store, CS_LIT(ORG), &two, 2), CS_OK);
    assert_int_equal(cs_store_settings(f.store, &got, CS_LIT(ORG)), CS_OK);
    assert_string_equal(cs_buf_cstr(&got), "{\"a\":2}");
    cs_buf_clear(&got);
    assert_int_equal(cs_store_settings(f.store, &got, CS_LIT("org_other")), CS_NOT_FOUND);
    WRITE(&f, cs_store_delete_settings(f.store, CS_LIT("org_other")), CS_OK);
    assert_int_equal(cs_store_settings(f.store, &got, CS_LIT(ORG)), CS_OK);
    WRITE(&f, cs_store_delete_settings(f.store, CS_LIT(ORG)), CS_OK);
    cs_buf_clear(&got);
    assert_int_equal(cs_store_settings(f.store, &got, CS_LIT(ORG)), CS_NOT_FOUND);
}

static cs_err put_answer(uint8_t scope, int64_t at, bool secret, const char *answer)
{
    cs_idempotency_row i = cs_idempotency_row_new();
    i.scope[0] = scope;
    i.body[5] = 9;
    i.status = 200;
    i.created_ms = at;
    i.secret = secret;
    cs_buf_add_str(&i.answer, answer);
    cs_err err = cs_store_put_idempotency(f.store, &i);
    cs_idempotency_row_free(&i);
    return err;
}

static void expect_answer(uint8_t scope, int64_t at, const char *answer)
{
    cs_idempotency_row i;
    uint8_t key[CS_SHA256_LEN] = {scope};
    cs_err err = cs_store_get_idempotency(f.store, &i, key);
    assert_int_equal(err, answer != NULL ? CS_OK : CS_NOT_FOUND);
    if (err == CS_OK) {
        assert_int_equal(i.scope[0], scope);
        assert_int_equal(i.body[5], 9);
        assert_int_equal(i.status, 200);
        assert_int_equal(i.created_ms, at);
        assert_true(cs_slice_is(cs_buf_slice(&i.answer), answer));
        assert_int_equal(i.secret, answer[0] == '\0');
    }
    cs_idempotency_row_free(&i);
}

static void test_answers_are_kept_for_a_day(void **state)
{
    (void)state;
    const int64_t day = CS_KEPT_ANSWER_MS;
    WRITE(&f, put_answer(1, 5, false, "one"), CS_OK);
    WRITE(&f, put_answer(1, 6, false, "two"), CS_CONFLICT);
    WRITE(&f, put_answer(1, day + 5, false, "two"), CS_CONFLICT);
    expect_answer(1, 5, "one");
    WRITE(&f, put_answer(1, day + 6, false, "two"), CS_OK); /* what is a day old is as good as gone */
    expect_answer(1, day + 6, "two");
    WRITE(&f, put_answer(2, 7, true, "a secret"), CS_OK);
    expect_answer(2, 7, ""); /* a secret is not kept */
    WRITE(&f, cs_store_purge_idempotency(f.store, 7), CS_OK);
    expect_answer(2, 7, "");
    WRITE(&f, cs_store_purge_idempotency(f.store, 8), CS_OK);
    expect_answer(2, 0, NULL);
    expect_answer(1, day + 6, "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_orgs, open_all, close_all),
        cmocka_unit_test(test_the_longest_origin),
        cmocka_unit_test_setup_teardown(test_an_api_key_comes_back_as_it_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_revoked_and_rotated_api_keys, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_pages_of_api_keys, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_sessions, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_sessions_are_bounded, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_settings, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_answers_are_kept_for_a_day, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
