/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/auth.h"

#include "store_fixture.h"

static struct store_fixture f;
static cs_auth auth;
static char key_text[2][CS_API_KEY_LEN + 1]; /* secret, publishable */
static cs_api_key_row rows[2];
static int64_t now = 2000; /* when it is checked */

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    assert_int_equal(cs_auth_create_pepper(f.pepper), CS_OK);
    assert_int_equal(cs_auth_open(&auth, f.store, f.pepper), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    for (int i = 0; i < 2; i++) {
        CS_SECRET(text);
        rows[i] = (cs_api_key_row){.publishable = i == 1, .live = true, .org = ORG};
        assert_int_equal(cs_auth_mint(&text, &rows[i], &auth, 1000), CS_OK);
        assert_int_equal(text.n, CS_API_KEY_LEN);
        memcpy(key_text[i], text.b, text.n);
        assert_int_equal(cs_store_put_api_key(f.store, &rows[i]), CS_OK);
    }
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    cs_auth_close(&auth);
    store_fixture_close(&f);
    return 0;
}

static cs_err check(cs_caller *caller, const char *scheme, const char *text)
{
    char header[256];
    (void)snprintf(header, sizeof header, "%s%s", scheme, text);
    cs_credentials shown = {.authorization = cs_slice_str(header)};
    return cs_auth_check(caller, &auth, &shown, now);
}

static void test_accepted(void **state)
{
    (void)state;
    cs_caller caller;
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_OK);
    assert_string_equal(caller.org, ORG);
    assert_string_equal(caller.realm, ORG);
    assert_true(caller.live);
    assert_false(caller.publishable);
    assert_string_equal(caller.key_id, rows[0].id);
    assert_int_equal(caller.scopes, CS_SCOPES_SECRET);
    assert_int_equal(check(&caller, "bearer ", key_text[1]), CS_OK);
    assert_int_equal(caller.scopes, CS_SCOPE_VERIFY);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const schemes[] = {"", "Bearer", "Bearer  ", "Basic ", "Bearer\t", "xBearer ", "Bearer cs_sec_"};
    cs_caller caller;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        assert_int_equal(check(&caller, schemes[i], key_text[0]), CS_UNAUTHENTICATED);
    cs_credentials nothing = {0};
    assert_int_equal(cs_auth_check(&caller, &auth, &nothing, now), CS_UNAUTHENTICATED);
    assert_int_equal(check(&caller, "Bearer ", ""), CS_UNAUTHENTICATED);

    for (size_t i = 0; i < CS_API_KEY_LEN; i++) { /* each character counts */
        char touched[CS_API_KEY_LEN + 1];
        memcpy(touched, key_text[0], sizeof touched);
        touched[i] = touched[i] != 'a' ? 'a' : 'b';
        assert_int_equal(check(&caller, "Bearer ", touched), CS_UNAUTHENTICATED);
        touched[i] = '\0';
        assert_int_equal(check(&caller, "Bearer ", touched), CS_UNAUTHENTICATED);
    }
    char longer[CS_API_KEY_LEN + 2];
    (void)snprintf(longer, sizeof longer, "%s0", key_text[0]);
    assert_int_equal(check(&caller, "Bearer ", longer), CS_UNAUTHENTICATED);
    assert_string_equal(caller.org, "");
    assert_int_equal(caller.scopes, 0);
}

static uint64_t account(const char *scheme, const char *text)
{
    char header[256];
    (void)snprintf(header, sizeof header, "%s%s", scheme, text);
    return cs_auth_account(&auth, cs_slice_str(header));
}

/* Of an org, once one of its API keys was looked up, and for as long; nobody else has one. */
static void test_accounts(void **state)
{
    (void)state;
    cs_caller caller;
    char touched[CS_API_KEY_LEN + 1];
    assert_int_equal(account("Bearer ", key_text[0]), 0);
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_OK);
    uint64_t of_org = account("Bearer ", key_text[0]);
    assert_int_not_equal(of_org, 0);
    assert_int_equal(account("Bearer ", key_text[1]), 0);
    assert_int_equal(check(&caller, "bearer ", key_text[1]), CS_OK);
    assert_true(account("bearer ", key_text[1]) == of_org);
    cs_auth_forget_all(&auth);
    assert_true(account("Bearer ", key_text[0]) == of_org);
    memcpy(touched, key_text[0], sizeof touched);
    touched[20] = touched[20] != 'a' ? 'a' : 'b';
    assert_int_equal(account("Bearer ", touched), 0);
    assert_int_equal(account("Basic ", key_text[0]), 0);
    assert_int_equal(account("", ""), 0);
    assert_int_equal(cs_auth_account(&auth, CS_ABSENT), 0);
    CS_SECRET(text);
    cs_api_key_row other = {.live = true, .org = "org_other"};
    char other_text[CS_API_KEY_LEN + 1] = {0};
    assert_int_equal(cs_auth_mint(&text, &other, &auth, 1000), CS_OK);
    memcpy(other_text, text.b, text.n);
    assert_int_equal(check(&caller, "Bearer ", other_text), CS_UNAUTHENTICATED);
    assert_int_equal(account("Bearer ", other_text), 0); /* in no store */
}

/* Well formed, and not in the store. */
static void test_unknown(void **state)
{
    (void)state;
    cs_caller caller;
    char text[CS_API_KEY_LEN + 1] = {0};
    CS_SECRET(minted);
    cs_api_key_row row = {.live = true};
    assert_int_equal(cs_auth_mint(&minted, &row, &auth, 1000), CS_OK);
    memcpy(text, minted.b, minted.n);
    assert_int_equal(check(&caller, "Bearer ", text), CS_UNAUTHENTICATED);
}

static void test_another_pepper_knows_no_key(void **state)
{
    (void)state;
    cs_caller caller;
    char path[128];
    (void)snprintf(path, sizeof path, "%s.pepper", f.path);
    cs_auth_close(&auth);
    assert_int_equal(cs_auth_create_pepper(f.pepper), CS_CONFLICT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cs_auth_create_pepper(f.pepper), CS_OK);
    assert_int_equal(cs_auth_open(&auth, f.store, f.pepper), CS_OK);
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_UNAUTHENTICATED);
}

static void test_publishable_rows_cannot_hold_more(void **state)
{
    (void)state;
    cs_caller caller;
    char text[CS_API_KEY_LEN + 1] = {0};
    CS_SECRET(minted);
    cs_api_key_row row = {.live = true, .publishable = true, .org = ORG};
    assert_int_equal(cs_auth_mint(&minted, &row, &auth, 1000), CS_OK);
    memcpy(text, minted.b, minted.n);
    row.scopes = CS_SCOPES_SECRET;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_api_key(f.store, &row), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(check(&caller, "Bearer ", text), CS_OK);
    assert_int_equal(caller.scopes, CS_SCOPES_PUBLISHABLE);
}

static void put(const cs_api_key_row *k)
{
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_api_key(f.store, k), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
}

/* A test key works in the org's other realm, and may be restricted to some keys. */
static void test_realm_and_keys(void **state)
{
    (void)state;
    cs_caller caller;
    char text[CS_API_KEY_LEN + 1] = {0};
    CS_SECRET(minted);
    cs_api_key_row row = {
        .org = "org_other", .scopes = CS_SCOPE_SIGN, .key_id_count = 2, .key_ids = {"key_1", "key_2"}};
    assert_int_equal(cs_auth_mint(&minted, &row, &auth, 1000), CS_OK);
    memcpy(text, minted.b, minted.n);
    assert_memory_equal(text, "cs_sec_test_", 12);
    put(&row);
    assert_int_equal(check(&caller, "Bearer ", text), CS_OK);
    assert_string_equal(caller.org, "org_other");
    assert_string_equal(caller.realm, "org_other_test");
    assert_false(caller.live);
    assert_int_equal(caller.scopes, CS_SCOPE_SIGN);
    assert_true(cs_caller_may_use(&caller, "key_1"));
    assert_true(cs_caller_may_use(&caller, "key_2"));
    assert_false(cs_caller_may_use(&caller, "key_3"));
    assert_false(cs_caller_may_use(&caller, "key_"));
    assert_false(cs_caller_may_use(&caller, ""));
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_OK);
    assert_true(cs_caller_may_use(&caller, "key_3"));
}

/* Known from memory or not: a revoked API key counts for nothing once it was forgotten, and says why to the log. */
static void test_revoked(void **state)
{
    (void)state;
    cs_caller caller;
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_revoke_api_key(f.store, rows[0].id, 1500), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_auth_forget(&auth, rows[0].id);
    for (int i = 0; i < 2; i++) { /* from the store, then from memory */
        assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_UNAUTHENTICATED);
        assert_string_equal(caller.refused, "revoked");
        assert_string_equal(caller.key_id, rows[0].id);
        assert_int_equal(caller.scopes, 0);
    }
    assert_int_equal(check(&caller, "Bearer ", key_text[1]), CS_OK);
}

static void test_expires(void **state)
{
    (void)state;
    cs_caller caller;
    CS_SECRET(minted);
    cs_api_key_row successor = {.live = true, .org = ORG};
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_OK);
    assert_int_equal(cs_auth_mint(&minted, &successor, &auth, 1000), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_rotate_api_key(f.store, &successor, rows[0].id, now + 1), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_auth_forget(&auth, rows[0].id);
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_OK);
    assert_int_equal(cs_auth_check_text(&caller, &auth, cs_slice_str(key_text[0]), now + 1), CS_UNAUTHENTICATED);
    assert_string_equal(caller.refused, "expired");
    assert_int_equal(cs_auth_check_text(&caller, &auth, cs_secret_slice(&minted), now + 1), CS_OK);
    assert_string_equal(caller.key_id, successor.id);
}

/* Both kinds of API keys of a suspended org count for nothing, from memory as from the store, until it is off the list.
 */
static void test_suspended(void **state)
{
    (void)state;
    cs_caller caller;
    static const char *const orgs[] = {"org_other", ORG};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(check(&caller, "Bearer ", key_text[i]), CS_OK);
        cs_auth_suspend(&auth, orgs, 1);
        assert_int_equal(check(&caller, "Bearer ", key_text[i]), CS_OK);
        cs_auth_suspend(&auth, orgs, 2);
        assert_int_equal(check(&caller, "Bearer ", key_text[i]), CS_ACCOUNT_SUSPENDED);
        assert_string_equal(caller.refused, "suspended");
        assert_string_equal(caller.key_id, rows[i].id);
        assert_int_equal(caller.scopes, 0);
        cs_auth_suspend(&auth, NULL, 0);
        assert_int_equal(check(&caller, "Bearer ", key_text[i]), CS_OK);
    }
    cs_auth_suspend(&auth, orgs, 2);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_revoke_api_key(f.store, rows[0].id, 1500), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_auth_forget(&auth, rows[0].id);
    assert_int_equal(check(&caller, "Bearer ", key_text[0]), CS_UNAUTHENTICATED); /* what ends for good is said first */
}

/* Whether there was anything to judge, which one door tells apart. */
static void test_shown(void **state)
{
    (void)state;
    cs_caller caller;
    char other[CS_API_KEY_LEN + 1];
    memcpy(other, key_text[0], sizeof other);
    other[20] = other[20] == 'a' ? 'b' : 'a';
    static const struct {
        const char *scheme;
        bool known;
        bool shown;
    } cases[] = {{"Bearer ", true, true}, {"Bearer ", false, false}, {"Basic ", true, false}, {"", true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_err err = check(&caller, cases[i].scheme, cases[i].known ? key_text[0] : other);
        assert_int_equal(err, i == 0 ? CS_OK : CS_UNAUTHENTICATED);
        assert_int_equal(caller.shown, cases[i].shown);
    }
    cs_credentials nothing = {0};
    assert_int_equal(cs_auth_check(&caller, &auth, &nothing, now), CS_UNAUTHENTICATED);
    assert_false(caller.shown);
    cs_credentials cookie = {.cookie = CS_LIT("cs_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")};
    assert_int_equal(cs_auth_check(&caller, &auth, &cookie, now), CS_UNAUTHENTICATED);
    assert_true(caller.shown);
}

static void test_scopes_have_names(void **state)
{
    (void)state;
    static const char *const none[] = {"", "key", "keys ", "KEYS", "all"};
    for (uint32_t bit = 1; bit <= CS_SCOPES_SECRET; bit <<= 1) {
        assert_non_null(cs_scope_name(bit));
        assert_int_equal(cs_scope_by_name(cs_slice_str(cs_scope_name(bit))), bit);
    }
    assert_null(cs_scope_name(0));
    assert_null(cs_scope_name(CS_SCOPES_SECRET + 1));
    assert_null(cs_scope_name(CS_SCOPE_KEYS | CS_SCOPE_SIGN));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(cs_scope_by_name(cs_slice_str(none[i])), 0);
    assert_int_equal(cs_scope_by_name(CS_ABSENT), 0);
}

/* One record an hour for an API key, and so many API keys; who comes later waits until one is an hour old. */
static void test_refusals_are_noted(void **state)
{
    (void)state;
    char id[CS_MAX_ID + 1];
    assert_true(cs_auth_note_refusal(&auth, "ak_a", 1));
    assert_false(cs_auth_note_refusal(&auth, "ak_a", CS_REFUSAL_MS));
    assert_true(cs_auth_note_refusal(&auth, "ak_a", CS_REFUSAL_MS + 1));
    assert_false(cs_auth_note_refusal(&auth, "ak_a", CS_REFUSAL_MS + 2));
    for (int i = 1; i < CS_NOTED_REFUSALS; i++) {
        (void)snprintf(id, sizeof id, "ak_%d", i);
        assert_true(cs_auth_note_refusal(&auth, id, CS_REFUSAL_MS + 2));
    }
    assert_false(cs_auth_note_refusal(&auth, "ak_b", CS_REFUSAL_MS + 3));
    assert_true(cs_auth_note_refusal(&auth, "ak_b", 2 * CS_REFUSAL_MS + 1)); /* in the place of ak_a */
    assert_false(cs_auth_note_refusal(&auth, "ak_1", 2 * CS_REFUSAL_MS + 1));
}

static void test_pepper_is_private(void **state)
{
    (void)state;
    char path[128];
    cs_auth other;
    struct stat st;
    (void)snprintf(path, sizeof path, "%s.pepper", f.path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(cs_auth_open(&other, f.store, f.pepper), CS_CONFIG);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(cs_auth_open(&other, f.store, f.pepper), CS_CONFIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cs_auth_open(&other, f.store, f.pepper), CS_IO);
    assert_int_equal(other.api_key_key.n, 0);
}

static void test_cursors(void **state)
{
    (void)state;
    char text[256], id[CS_MAX_ID + 1];
    cs_buf b = CS_BUF_OVER(text);
    cs_slice org = CS_LIT(ORG);
    cs_cursor_write(&b, &auth, org, "keys", CS_LIT("key_1"));
    cs_slice cursor = cs_buf_slice(&b);
    assert_int_equal(cs_cursor_read(id, &auth, org, "keys", cursor), CS_OK);
    assert_string_equal(id, "key_1");
    assert_int_equal(cs_cursor_read(id, &auth, org, "policies", cursor), CS_BAD_CURSOR);
    assert_int_equal(cs_cursor_read(id, &auth, CS_LIT("org_other"), "keys", cursor), CS_BAD_CURSOR);
    for (size_t i = 0; i < cursor.n; i++) {
        char kept = text[i];
        text[i] = kept != 'A' ? 'A' : 'B';
        assert_int_equal(cs_cursor_read(id, &auth, org, "keys", cursor), CS_BAD_CURSOR);
        assert_string_equal(id, "");
        text[i] = kept;
        assert_int_equal(cs_cursor_read(id, &auth, org, "keys", cs_slice_sub(cursor, 0, i)), CS_BAD_CURSOR);
    }
    assert_int_equal(cs_cursor_read(id, &auth, org, "keys", CS_ABSENT), CS_BAD_CURSOR);
    memset(text, 'A', sizeof text);
    assert_int_equal(cs_cursor_read(id, &auth, org, "keys", CS_ARRAY(text)), CS_BAD_CURSOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_accepted, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_refused, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_accounts, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_unknown, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_suspended, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_shown, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_another_pepper_knows_no_key, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_publishable_rows_cannot_hold_more, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_realm_and_keys, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_revoked, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_expires, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_scopes_have_names, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_refusals_are_noted, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_pepper_is_private, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_cursors, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
