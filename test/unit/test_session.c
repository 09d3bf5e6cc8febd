/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/session.h"

#include "store_fixture.h"

#define NOW 5000
#define AK "ak_1"

static struct store_fixture f;
static cs_auth auth;
static char token[CS_SESSION_TOKEN_LEN + 1], csrf[CS_SESSION_TOKEN_LEN + 1];
static cs_session_row row;

static cs_api_key_row api_key(const char *id, uint8_t hash)
{
    cs_api_key_row k = {.live = true, .scopes = CS_SCOPE_SIGN | CS_SCOPE_ADMIN, .created_ms = 1};
    (void)snprintf(k.id, sizeof k.id, "%s", id);
    (void)snprintf(k.org, sizeof k.org, "%s", ORG);
    (void)snprintf(k.name, sizeof k.name, "key");
    k.hash[0] = hash;
    return k;
}

static void to_text(char out[CS_SESSION_TOKEN_LEN + 1], const cs_secret *s)
{
    assert_int_equal(s->n, CS_SESSION_TOKEN_LEN);
    memcpy(out, s->b, s->n);
    out[s->n] = '\0';
}

static int open_all(void **state)
{
    (void)state;
    CS_SECRET(secret);
    cs_caller caller = {.key_id = AK, .org = ORG};
    cs_api_key_row k = api_key(AK, 1);
    store_fixture_open(&f);
    assert_int_equal(cs_auth_create_pepper(f.path), CS_OK);
    assert_int_equal(cs_auth_open(&auth, f.store, f.path), CS_OK);
    assert_int_equal(cs_session_mint(&secret, &row, &auth, &caller, NOW), CS_OK);
    to_text(token, &secret);
    assert_int_equal(cs_session_csrf(&secret, &auth, cs_slice_str(token)), CS_OK);
    to_text(csrf, &secret);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_api_key(f.store, &k), CS_OK);
    assert_int_equal(cs_store_put_session(f.store, &row), CS_OK);
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

static cs_err check_at(cs_caller *out, const char *cookie, const char *csrf_token, bool reads, int64_t now)
{
    cs_credentials shown = {.cookie = cs_slice_str(cookie),
                            .csrf = csrf_token != NULL ? cs_slice_str(csrf_token) : CS_ABSENT,
                            .reads = reads};
    return cs_auth_check(out, &auth, &shown, now);
}

static char cookie_text[256];

static const char *cookie_of(const char *before, const char *value, const char *behind)
{
    (void)snprintf(cookie_text, sizeof cookie_text, "%s" CS_SESSION_COOKIE "=%s%s", before, value, behind);
    return cookie_text;
}

static void test_a_session_speaks_for_its_api_key(void **state)
{
    (void)state;
    cs_caller caller;
    assert_int_equal(check_at(&caller, cookie_of("", token, ""), NULL, true, NOW), CS_OK);
    assert_string_equal(caller.key_id, AK);
    assert_string_equal(caller.realm, ORG);
    assert_int_equal(caller.scopes, CS_SCOPE_SIGN | CS_SCOPE_ADMIN);
    assert_true(caller.by_session);
    assert_memory_equal(caller.session, row.hash, sizeof row.hash);
    assert_int_equal(check_at(&caller, cookie_of("a=b; ", token, "; c=d"), csrf, false, NOW), CS_OK);
    assert_int_equal(check_at(&caller, cookie_of("a=b;", token, ""), csrf, true, NOW), CS_OK);
    assert_int_equal(row.expires_ms, NOW + 8 * 3600 * 1000);
}

static void test_cookies_that_are_none(void **state)
{
    (void)state;
    char text[256], other[CS_SESSION_TOKEN_LEN + 1];
    cs_caller caller;
    for (size_t i = 0; i < CS_SESSION_TOKEN_LEN; i++) { /* each character counts */
        memcpy(other, token, sizeof other);
        other[i] = other[i] != 'A' ? 'A' : 'B';
        assert_int_equal(check_at(&caller, cookie_of("", other, ""), csrf, true, NOW), CS_UNAUTHENTICATED);
    }
    assert_int_equal(check_at(&caller, "", csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_int_equal(check_at(&caller, "cs_session", csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_int_equal(check_at(&caller, "cs_session=", csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_int_equal(check_at(&caller, cookie_of("x", token, ""), csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_int_equal(check_at(&caller, cookie_of("", token, "A"), csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_int_equal(check_at(&caller, cookie_of("", token, " "), csrf, true, NOW), CS_UNAUTHENTICATED);
    (void)snprintf(text, sizeof text, "cs_session=%s; cs_session=%s", token, token); /* which one is meant? */
    assert_int_equal(check_at(&caller, text, csrf, true, NOW), CS_UNAUTHENTICATED);
    (void)snprintf(text, sizeof text, "Cs_Session=%s", token);
    assert_int_equal(check_at(&caller, text, csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_string_equal(caller.key_id, "");
    assert_int_equal(caller.scopes, 0);
}

/* What changes something needs the token; nothing else will do. */
static void test_csrf(void **state)
{
    (void)state;
    cs_caller caller;
    char other[CS_SESSION_TOKEN_LEN + 1];
    const char *cookie = cookie_of("", token, "");
    assert_int_equal(check_at(&caller, cookie, NULL, false, NOW), CS_CSRF);
    assert_string_equal(caller.key_id, AK);
    assert_int_equal(caller.scopes, 0);
    assert_non_null(caller.refused);
    assert_int_equal(check_at(&caller, cookie, "", false, NOW), CS_CSRF);
    assert_int_equal(check_at(&caller, cookie, token, false, NOW), CS_CSRF);
    for (size_t i = 0; i < CS_SESSION_TOKEN_LEN; i++) {
        memcpy(other, csrf, sizeof other);
        other[i] = other[i] != 'A' ? 'A' : 'B';
        assert_int_equal(check_at(&caller, cookie, other, false, NOW), CS_CSRF);
    }
    assert_int_equal(check_at(&caller, cookie, csrf, false, NOW), CS_OK);
    assert_string_not_equal(csrf, token);
}

static void test_it_ends(void **state)
{
    (void)state;
    cs_caller caller;
    const char *cookie = cookie_of("", token, "");
    assert_int_equal(check_at(&caller, cookie, csrf, true, row.expires_ms - 1), CS_OK);
    assert_int_equal(check_at(&caller, cookie, csrf, true, row.expires_ms), CS_UNAUTHENTICATED);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_end_session(f.store, row.hash), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(check_at(&caller, cookie, csrf, true, NOW), CS_UNAUTHENTICATED);
}

static void test_it_dies_with_its_api_key(void **state)
{
    (void)state;
    cs_caller caller;
    const char *cookie = cookie_of("", token, "");
    assert_int_equal(check_at(&caller, cookie, csrf, true, NOW), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_revoke_api_key(f.store, AK, NOW), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(check_at(&caller, cookie, csrf, true, NOW), CS_UNAUTHENTICATED);
    assert_string_equal(caller.refused, "revoked");
}

/* A session lasts no longer than an API key that is being replaced. */
static void test_it_expires_with_its_api_key(void **state)
{
    (void)state;
    cs_caller caller;
    cs_api_key_row successor = api_key("ak_2", 2);
    const char *cookie = cookie_of("", token, "");
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_rotate_api_key(f.store, &successor, AK, NOW + 10), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(check_at(&caller, cookie, csrf, true, NOW + 9), CS_OK);
    assert_int_equal(check_at(&caller, cookie, csrf, true, NOW + 10), CS_UNAUTHENTICATED);
    assert_string_equal(caller.refused, "expired");
}

/* An Authorization header decides alone, even a useless one. */
static void test_a_header_wins(void **state)
{
    (void)state;
    cs_caller caller;
    static const char *const headers[] = {"Bearer x", "Bearer ", "Basic eDp5", ""};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        cs_credentials shown = {.authorization = cs_slice_str(headers[i]),
                                .cookie = cs_slice_str(cookie_of("", token, "")),
                                .csrf = cs_slice_str(csrf),
                                .reads = true};
        assert_int_equal(cs_auth_check(&caller, &auth, &shown, NOW), CS_UNAUTHENTICATED);
    }
}

/* The store alone does not give a session away, nor does another pepper know it. */
static void test_the_token_is_not_stored(void **state)
{
    (void)state;
    char path[128];
    cs_caller caller;
    cs_digest plain;
    assert_int_equal(cs_hash(&plain, CS_SHA256, cs_slice_str(token)), CS_OK);
    assert_memory_not_equal(plain.b, row.hash, sizeof row.hash);
    (void)snprintf(path, sizeof path, "%s.pepper", f.path);
    cs_auth_close(&auth);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cs_auth_create_pepper(f.path), CS_OK);
    assert_int_equal(cs_auth_open(&auth, f.store, f.path), CS_OK);
    assert_int_equal(check_at(&caller, cookie_of("", token, ""), csrf, true, NOW), CS_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_session_speaks_for_its_api_key, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_cookies_that_are_none, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_csrf, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_it_ends, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_it_dies_with_its_api_key, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_it_expires_with_its_api_key, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_header_wins, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_the_token_is_not_stored, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
