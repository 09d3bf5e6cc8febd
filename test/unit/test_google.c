/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/sys/google.c makes of a service account's file; how it asks is test/flow/kms_clouds.py. zone: net */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/encode.h"
#include "rs256_fixture.h"
#include "sys/google.h"

#define NOW 1795284000000 /* 2026-11-21T18:00:00Z */
#define FILE_OF(type, email, uri, key)                                                                                 \
    "{\"type\":\"" type "\",\"project_id\":\"p\",\"private_key_id\":\"k1\",\"private_key\":\"" key                     \
    "\",\"client_email\":\"" email "\",\"token_uri\":\"" uri "\"}"
#define URI "https://oauth2.googleapis.com/token"
#define KEY RS256_KEY("\\n")

static void asserts(void **state)
{
    (void)state;
    char url[CS_FETCH_URL];
    cs_buf form = cs_buf_new_wiped(16384), part = cs_buf_new(4096), one = cs_buf_new(4096);
    assert_int_equal(
        cs_google_assert(&form, url, CS_LIT(FILE_OF("service_account", "a@b", URI, KEY)), CS_GOOGLE_SCOPE, NOW), CS_OK);
    assert_string_equal(url, URI);
    static const char head[] = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    assert_true(cs_slice_starts(cs_buf_slice(&form), cs_slice_str(head)));
    cs_buf_add(&part, cs_slice_sub(cs_buf_slice(&form), sizeof head - 1, form.n));
    const char *jwt = cs_buf_cstr(&part), *dot = strchr(jwt, '.'), *second = dot != NULL ? strchr(dot + 1, '.') : NULL;
    assert_non_null(second);
    assert_null(strchr(second + 1, '.'));
    assert_int_equal(cs_base64url_decode(&one, cs_slice_of(jwt, (size_t)(dot - jwt))), CS_OK);
    assert_string_equal(cs_buf_cstr(&one), "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}");
    cs_buf_clear(&one);
    assert_int_equal(cs_base64url_decode(&one, cs_slice_of(dot + 1, (size_t)(second - dot) - 1)), CS_OK);
    assert_string_equal(cs_buf_cstr(&one), "{\"iss\":\"a@b\",\"scope\":\"" CS_GOOGLE_SCOPE "\",\"aud\":\"" URI
                                           "\",\"iat\":1795284000,\"exp\":1795287600}");
    cs_buf_free(&form);
    cs_buf_free(&part);
    cs_buf_free(&one);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        cs_err expect;
    } rows[] = {
        {FILE_OF("authorized_user", "a@b", URI, KEY), CS_BAD_FORMAT},
        {FILE_OF("external_account", "a@b", URI, KEY), CS_BAD_FORMAT},
        {FILE_OF("service_account", "a@b", "http://oauth2.googleapis.com/token", KEY), CS_CONFIG},
        {FILE_OF("service_account", "a@b", "http://10.0.0.1/token", KEY), CS_CONFIG},
        {FILE_OF("service_account", "a@b", "file:///etc/passwd", KEY), CS_CONFIG},
        {FILE_OF("service_account", "a@b", "", KEY), CS_CONFIG},
        {FILE_OF("service_account", "a@b", URI, ""), CS_BAD_PRIVATE_KEY},
        {FILE_OF("service_account", "a@b", URI, "x"), CS_BAD_PRIVATE_KEY},
        {"{\"type\":\"service_account\"}", CS_BAD_FORMAT},
        {"{\"type\":\"service_account\",\"private_key_id\":\"k\",\"private_key\":5,\"client_email\":\"a\","
         "\"token_uri\":\"" URI "\"}",
         CS_BAD_FORMAT},
        {"[]", CS_BAD_FORMAT},
        {"", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char url[CS_FETCH_URL];
        cs_buf form = cs_buf_new_wiped(16384);
        print_message("row %zu\n", i);
        assert_int_equal(cs_google_assert(&form, url, cs_slice_str(rows[i].file), CS_GOOGLE_SCOPE, NOW),
                         rows[i].expect);
        assert_int_equal(form.n, 0);
        cs_buf_free(&form);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asserts), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
