/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/sys/bearer.c reads and keeps; what it asks is test/flow/kms_clouds.py. zone: net */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sys/bearer.h"
#include "sys/clock.h"

#define NOW 1795284000000 /* 2026-11-21T18:00:00Z */
#define NOW_S "1795284000"
#define MINUTE 60000
#define TOKEN "{\"access_token\":\"a.b\",\"token_type\":\"Bearer\","

static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err expect;
        int64_t expires_ms, renew_ms;
    } rows[] = {
        {TOKEN "\"expires_in\":3600}", CS_OK, NOW + 60 * MINUTE, NOW + 55 * MINUTE},
        {TOKEN "\"expires_in\":\"3600\",\"more\":[1.5]}", CS_OK, NOW + 60 * MINUTE, NOW + 55 * MINUTE},
        {TOKEN "\"expires_in\":240}", CS_OK, NOW + 4 * MINUTE, NOW + 2 * MINUTE},
        {TOKEN "\"expires_on\":\"1795287600\"}", CS_OK, NOW + 60 * MINUTE, NOW + 55 * MINUTE},
        {TOKEN "\"expires_in\":\"3600\",\"expires_on\":\"1\"}", CS_OK, NOW + 60 * MINUTE, NOW + 55 * MINUTE},
        {TOKEN "\"expires_on\":" NOW_S "}", CS_CONFLICT},
        {TOKEN "\"expires_on\":\"7\"}", CS_CONFLICT},
        {TOKEN "\"expires_on\":\"9795287600\"}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":0}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":-5}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":1.5}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":\"\"}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":\"-1\"}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":\"1h\"}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":604801}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":\"99999999999999999999\"}", CS_BAD_FORMAT},
        {TOKEN "\"expires_in\":null}", CS_BAD_FORMAT},
        {TOKEN "\"x\":1}", CS_BAD_FORMAT},
        {"{\"access_token\":\"\",\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"access_token\":\"a b\",\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"access_token\":5,\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"access_token\":\"a\",\"token_type\":\"mac\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"access_token\":\"a\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\",\"expires_in\":9}", CS_BAD_FORMAT},
        {"", CS_BAD_FORMAT},
        {"[]", CS_BAD_FORMAT},
        {"<html>", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_bearer_token t;
        print_message("row %zu\n", i);
        assert_int_equal(cs_bearer_read(&t, cs_slice_str(rows[i].text), NOW), rows[i].expect);
        assert_true(t.expires_ms == rows[i].expires_ms && t.renew_ms == rows[i].renew_ms);
        assert_int_equal(t.text.n, rows[i].expect == CS_OK ? 3 : 0);
        cs_bearer_token_wipe(&t);
    }
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"https://login.microsoftonline.com/t/oauth2/v2.0/token", true},
        {"http://127.0.0.1:5/token", true},
        {"http://169.254.169.254/metadata/identity/oauth2/token", true},
        {"http://metadata.google.internal/computeMetadata/v1", true},
        {"http://login.microsoftonline.com/", false},
        {"http://169.254.169.254.example.com/", false},
        {"http://169.254.169.254@example.com/", false},
        {"http://169.254.169.254:80/", false},
        {"http://metadata.google.internal.example.com/", false},
        {"http://10.0.0.1/", false},
        {"https://a:b@example.com/", false},
        {"ftp://127.0.0.1/", false},
        {"127.0.0.1", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %zu\n", i);
        assert_true(cs_bearer_url_allowed(rows[i].url) == rows[i].allowed);
    }
}

static void forms(void **state)
{
    (void)state;
    char memory[128];
    cs_buf form = CS_BUF_OVER(memory);
    cs_bearer_form(&form, "a", CS_LIT("x y&z=\xc3\xa4+~-_."));
    cs_bearer_form(&form, "b", CS_LIT(""));
    assert_string_equal(cs_buf_cstr(&form), "a=x%20y%26z%3D%C3%A4%2B~-_.&b=");
}

/* -- loans -- */

static int asked;
static int64_t life_ms, early_ms;
static cs_err told;

static cs_err source(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    (void)deadline_us;
    assert_string_equal(resource, "r");
    asked++;
    *out = (cs_bearer_token){.text = cs_buf_new_wiped(16),
                             .expires_ms = cs_now_ms() + life_ms,
                             .renew_ms = cs_now_ms() + life_ms - early_ms};
    cs_buf_printf(&out->text, "t%d", asked);
    return told;
}

static void lend(cs_bearer *b, cs_err expect, const char *text)
{
    char memory[32];
    cs_buf out = CS_BUF_OVER(memory);
    assert_int_equal(cs_bearer_lend(&out, b, cs_tick_us() + 1000000), expect);
    assert_string_equal(cs_buf_cstr(&out), text);
}

static void loans(void **state)
{
    (void)state;
    cs_bearer *b;
    asked = 0;
    told = CS_OK;
    life_ms = 1000 * MINUTE;
    early_ms = MINUTE;
    assert_int_equal(cs_bearer_open(&b, source, "r"), CS_OK);
    assert_int_equal(asked, 0);
    lend(b, CS_OK, "Bearer t1");
    lend(b, CS_OK, "Bearer t1");
    cs_bearer_distrust(b, CS_LIT("Bearer t0")); /* somebody else's, of before */
    lend(b, CS_OK, "Bearer t1");
    cs_bearer_distrust(b, CS_LIT("Bearer t1"));
    lend(b, CS_OK, "Bearer t2");
    told = CS_CLOUD_CREDENTIALS;
    cs_bearer_distrust(b, CS_LIT("Bearer t2"));
    lend(b, CS_OK, "Bearer t2"); /* it has not ended */
    assert_int_equal(asked, 3);
    lend(b, CS_OK, "Bearer t2"); /* and the source is left alone for a second */
    assert_int_equal(asked, 3);
    cs_bearer_close(b);
}

static void loans_without(void **state)
{
    (void)state;
    cs_bearer *b;
    asked = 0;
    told = CS_CLOUD_CREDENTIALS;
    assert_int_equal(cs_bearer_open(&b, source, "r"), CS_OK);
    lend(b, CS_CLOUD_CREDENTIALS, "");
    lend(b, CS_CLOUD_CREDENTIALS, "");
    assert_int_equal(asked, 1);
    cs_bearer_close(b);
    told = CS_OK;
    life_ms = early_ms = 1000 * MINUTE; /* due at once, and good */
    assert_int_equal(cs_bearer_open(&b, source, "r"), CS_OK);
    lend(b, CS_OK, "Bearer t2");
    lend(b, CS_OK, "Bearer t3");
    life_ms = -MINUTE; /* one that has ended is not given */
    lend(b, CS_CLOUD_CREDENTIALS, "");
    cs_bearer_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(addresses), cmocka_unit_test(forms),
                                       cmocka_unit_test(loans), cmocka_unit_test(loans_without)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
