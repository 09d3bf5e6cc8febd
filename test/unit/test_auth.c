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

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    assert_int_equal(cs_auth_create_pepper(f.path), CS_OK);
    assert_int_equal(cs_auth_open(&auth, f.store, f.path), CS_OK);
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
    return cs_auth_check(caller, &auth, cs_slice_str(header));
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
    assert_int_equal(cs_auth_check(&caller, &auth, CS_ABSENT), CS_UNAUTHENTICATED);
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
    assert_int_equal(cs_auth_create_pepper(f.path), CS_CONFLICT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cs_auth_create_pepper(f.path), CS_OK);
    assert_int_equal(cs_auth_open(&auth, f.store, f.path), CS_OK);
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
    assert_int_equal(cs_auth_open(&other, f.store, f.path), CS_CONFIG);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(cs_auth_open(&other, f.store, f.path), CS_CONFIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cs_auth_open(&other, f.store, f.path), CS_IO);
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
        cmocka_unit_test_setup_teardown(test_unknown, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_another_pepper_knows_no_key, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_publishable_rows_cannot_hold_more, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_pepper_is_private, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_cursors, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
