/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/agent/kms_azure.c writes and what it takes as an answer; its exchange is test/flow/kms_clouds.py.
 * zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/kms_azure.h"
#include "core/encode.h"

#define VERSION "0123456789abcdef0123456789abcdef"
#define PATH "/keys/k-1/" VERSION
#define KEY "https://v.vault.azure.net" PATH
#define ZEROS32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* base64url of 32 bytes */
#define ONES64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ"

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {KEY, true},
        {"https://h.managedhsm.azure.net" PATH, true},
        {"", false},
        {"https://v.vault.azure.net", false},
        {"https://v.vault.azure.net/keys/k-1", false},
        {"https://v.vault.azure.net/keys/k-1/", false},
        {"https://v.vault.azure.net/keys//" VERSION, false},
        {"https://v.vault.azure.net/keys/k_1/" VERSION, false},
        {"https://v.vault.azure.net/secrets/k/" VERSION, false},
        {"https://v.vault.azure.net//keys/k/" VERSION, false},
        {KEY "/", false},
        {KEY "0", false},
        {KEY "?x", false},
        {KEY "/sign", false},
        {"https://v.vault.azure.net/keys/k/0123456789ABCDEF0123456789ABCDEF", false},
        {"http://v.vault.azure.net" PATH, false},
        {"https://v.vault.azure.net:443" PATH, false},
        {"https://v.example.com" PATH, false},
        {"https://v.vault.azure.net.example.com" PATH, false},
        {"https://a@v.vault.azure.net" PATH, false},
        {"v.vault.azure.net" PATH, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_kms_azure_key key;
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_azure_name(&key, cs_slice_str(rows[i].name)), rows[i].good ? CS_OK : CS_BAD_FORMAT);
        if (rows[i].good)
            assert_true(cs_slice_is(key.path, PATH));
    }
}

static void requests(void **state)
{
    (void)state;
    static const struct {
        cs_kms_request r;
        const char *operation, *body;
        cs_err expect;
    } rows[] = {
        {{.type = CS_KMS_SIGN, .algorithm = CS_P256, .message = CS_LIT("abc")},
         "sign",
         "{\"alg\":\"ES256\",\"value\":\"ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0\"}",
         CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_P256, .digest = CS_LIT("\xfb\xff")},
         "sign",
         "{\"alg\":\"ES256\",\"value\":\"-_8\"}",
         CS_OK},
        {{.type = CS_KMS_DECRYPT_DATA_KEY, .wrapped = CS_LIT("\xfb\xff")},
         "unwrapkey",
         "{\"alg\":\"RSA-OAEP-256\",\"value\":\"-_8\"}",
         CS_OK},
        /* the data key, and SHA-256 of no context */
        {{.type = CS_KMS_GENERATE_DATA_KEY},
         "wrapkey",
         "{\"alg\":\"RSA-OAEP-256\",\"value\":"
         "\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDHjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ\"}",
         CS_OK},
        {{.type = CS_KMS_PUBLIC_KEY}, "", "", CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_ED25519, .message = CS_LIT("m")}, "sign", "", CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_SIGN, .algorithm = CS_P384, .message = CS_LIT("m")}, "sign", "", CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_SIGN, .algorithm = CS_MLDSA44, .mu = CS_LIT("m")}, "sign", "", CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_SIGN, .algorithm = CS_MLDSA87, .mu = CS_LIT("m")}, "sign", "", CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_TUNNEL}, "", "", CS_PROVIDER_NOT_AVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char memory[512];
        const char *operation;
        cs_buf body = CS_BUF_OVER(memory);
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_azure_write(&body, &operation, &rows[i].r, CS_LIT("01234567890123456789012345678901")),
                         rows[i].expect);
        assert_string_equal(operation, rows[i].operation);
        assert_string_equal(cs_buf_cstr(&body), rows[i].body);
    }
}

struct row {
    const char *body;
    cs_err expect;
};

static void read_rows(cs_kms_type type, const struct row *rows, size_t count)
{
    const cs_kms_request r = {.type = type, .key_id = CS_LIT(KEY), .algorithm = CS_P256};
    for (size_t i = 0; i < count; i++) {
        cs_kms_reply reply;
        cs_slice data_key;
        cs_buf bytes = cs_buf_new_wiped(1u << 16);
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_rest_data_key(&data_key, &bytes), CS_OK);
        assert_int_equal(cs_kms_azure_read(&reply, &bytes, &r, cs_slice_str(rows[i].body), false), rows[i].expect);
        assert_int_equal(reply.type, rows[i].expect == CS_OK ? type : CS_KMS_COUNT);
        assert_ptr_equal(bytes.p, data_key.p);
        cs_buf_free(&bytes);
    }
}
#define READ_ROWS(type, rows) read_rows(type, rows, sizeof(rows) / sizeof *(rows))

static void signatures(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"kid\":\"" KEY "\",\"value\":\"" ONES64 "\"}", CS_OK},
        {"{\"kid\":\"" KEY "\",\"value\":\"" ONES64 "\",\"more\":{}}", CS_OK},
        {"{\"kid\":\"https://v.vault.azure.net/keys/k-1/0123456789abcdef0123456789abcde0\",\"value\":\"" ONES64 "\"}",
         CS_KMS_ANSWER},
        {"{\"kid\":\"https://v.vault.azure.net/keys/k-1\",\"value\":\"" ONES64 "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"https://w.vault.azure.net" PATH "\",\"value\":\"" ONES64 "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"\",\"value\":\"" ONES64 "\"}", CS_KMS_ANSWER},
        {"{\"value\":\"" ONES64 "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":\"\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":null}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":\"" ZEROS32 "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":\"" ZEROS32 ZEROS32 "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":\"" ONES64 "==\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":\"" ONES64 "\",\"value\":\"" ONES64 "\"}", CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\",\"value\":\"" ONES64 "\"", CS_KMS_ANSWER},
        {"[]", CS_KMS_ANSWER},
        {"", CS_KMS_ANSWER},
        {"<html>", CS_KMS_ANSWER},
    };
    READ_ROWS(CS_KMS_SIGN, rows);
}

#define JWK(kid, kty, crv, x, y)                                                                                       \
    "{\"key\":{\"kid\":\"" kid "\",\"kty\":\"" kty "\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\"},"          \
    "\"attributes\":{\"enabled\":true}}"

static void public_keys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {JWK(KEY, "EC", "P-256", ZEROS32, ZEROS32), CS_OK},
        {JWK(KEY, "EC-HSM", "P-256", ZEROS32, ZEROS32), CS_OK},
        {JWK(KEY, "RSA", "P-256", ZEROS32, ZEROS32), CS_KMS_ANSWER},
        {JWK(KEY, "EC", "P-256K", ZEROS32, ZEROS32), CS_KMS_ANSWER},
        {JWK(KEY, "EC", "P-384", ZEROS32, ZEROS32), CS_KMS_ANSWER},
        {JWK(KEY, "EC", "P-256", "AAAA", ZEROS32), CS_KMS_ANSWER},
        {JWK(KEY, "EC", "P-256", ZEROS32, ""), CS_KMS_ANSWER},
        {JWK(KEY, "EC", "P-256", ZEROS32, ONES64), CS_KMS_ANSWER},
        {JWK("https://v.vault.azure.net/keys/k-2/" VERSION, "EC", "P-256", ZEROS32, ZEROS32), CS_KMS_ANSWER},
        {"{\"kid\":\"" KEY "\"}", CS_KMS_ANSWER},
        {"{\"key\":null}", CS_KMS_ANSWER},
        {"{\"key\":[]}", CS_KMS_ANSWER},
    };
    READ_ROWS(CS_KMS_PUBLIC_KEY, rows);
}

/* What was wrapped for one context is given out for that one alone. */
static void data_keys(void **state)
{
    (void)state;
    static const cs_kms_request asked = {.type = CS_KMS_DECRYPT_DATA_KEY,
                                         .key_id = CS_LIT(KEY),
                                         .context = {{CS_LIT("org"), CS_LIT("o")}},
                                         .context_count = 1};
    for (int change = 0; change < 4; change++) {
        uint8_t plain_memory[128], text_memory[256], context_memory[64];
        char body_memory[512];
        cs_buf plain = CS_BUF_OVER(plain_memory), text = CS_BUF_OVER(text_memory), body = CS_BUF_OVER(body_memory);
        cs_buf context = CS_BUF_OVER(context_memory), bytes = cs_buf_new_wiped(1u << 16);
        cs_kms_request r = asked;
        cs_digest hash;
        cs_kms_reply reply;
        if (change == 1)
            r.context[0].value = CS_LIT("p");
        assert_int_equal(cs_kms_rest_context(&context, &r), CS_OK);
        assert_int_equal(cs_hash(&hash, CS_SHA256, cs_buf_slice(&context)), CS_OK);
        cs_buf_add(&plain, CS_LIT("01234567890123456789012345678901"));
        cs_buf_add(&plain, change == 2 ? CS_ABSENT : cs_digest_slice(&hash)); /* no context behind it */
        if (change == 3)
            cs_buf_add_u8(&plain, 0);
        cs_base64url_encode(&text, cs_buf_slice(&plain));
        cs_buf_printf(&body, "{\"kid\":\"" KEY "\",\"value\":\"%s\"}", cs_buf_cstr(&text));
        print_message("change %d\n", change);
        assert_int_equal(cs_kms_azure_read(&reply, &bytes, &asked, cs_buf_slice(&body), false), change == 0 ? CS_OK
                                                                                                : change == 1
                                                                                                    ? CS_KMS_DENIED
                                                                                                    : CS_KMS_ANSWER);
        if (change == 0)
            assert_true(cs_slice_is(reply.data_key, "01234567890123456789012345678901"));
        else
            assert_null(reply.data_key.p);
        cs_buf_free(&bytes);
    }
}

static void emulators(void **state)
{
    (void)state;
    const cs_kms_request r = {.type = CS_KMS_GENERATE_DATA_KEY, .key_id = CS_LIT(KEY)};
    static const char *const kids[] = {"http://127.0.0.1:5" PATH, "http://127.0.0.1:5/keys/k-2/" VERSION, PATH};
    for (size_t i = 0; i < sizeof kids / sizeof *kids; i++) {
        char memory[256];
        cs_buf body = CS_BUF_OVER(memory), bytes = cs_buf_new_wiped(1u << 16);
        cs_kms_reply reply;
        cs_buf_printf(&body, "{\"kid\":\"%s\",\"value\":\"AAAA\"}", kids[i]);
        assert_int_equal(cs_kms_azure_read(&reply, &bytes, &r, cs_buf_slice(&body), true),
                         i == 0 ? CS_OK : CS_KMS_ANSWER);
        assert_int_equal(cs_kms_azure_read(&reply, &bytes, &r, cs_buf_slice(&body), false), CS_KMS_ANSWER);
        cs_buf_free(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names),      cmocka_unit_test(requests),
                                       cmocka_unit_test(signatures), cmocka_unit_test(public_keys),
                                       cmocka_unit_test(data_keys),  cmocka_unit_test(emulators)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
