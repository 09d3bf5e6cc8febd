/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/blob.c and context.c: what a ciphertext is bound to, bit by bit. */
#include "devkms/blob.h"

#include "devkms/cipher.h"
#include "devkms/context.h"
#include "vectors.h"

#define ID "0f0e0d0c-0b0a-4908-8706-050403020100"
static const uint8_t key[32] = {1, 2, 3};

static void ids(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "0f0e0d0c-0b0a-4908-8706-05040302010",
                                      ID "0",
                                      "0f0e0d0c0b0a-4908-8706--050403020100",
                                      "0F0e0d0c-0b0a-4908-8706-050403020100",
                                      "0g0e0d0c-0b0a-4908-8706-050403020100"};
    uint8_t id[CS_BLOB_KEY_ID];
    assert_true(cs_blob_key_id(id, CS_LIT(ID)));
    assert_memory_equal(id, "\x0f\x0e\x0d\x0c\x0b\x0a\x49\x08\x87\x06\x05\x04\x03\x02\x01\x00", sizeof id);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cs_blob_key_id(id, cs_slice_str(bad[i])));
}

static cs_err opens(const uint8_t *id, cs_slice with, cs_slice bound, cs_slice blob)
{
    cs_buf plain = cs_buf_new_wiped(256);
    cs_err err = cs_blob_open(&plain, id, with, bound, blob);
    if (err == CS_OK)
        assert_true(cs_slice_is(cs_buf_slice(&plain), "plain"));
    else
        assert_int_equal(plain.n, 0);
    cs_buf_free(&plain);
    return err;
}

static void bindings(void **state)
{
    (void)state;
    uint8_t id[CS_BLOB_KEY_ID], other_id[CS_BLOB_KEY_ID], other_key[32] = {0};
    cs_buf blob = cs_buf_new(256);
    assert_true(cs_blob_key_id(id, CS_LIT(ID)));
    memcpy(other_id, id, sizeof id);
    other_id[15] ^= 1;
    assert_int_equal(cs_blob_seal(&blob, id, CS_ARRAY(key), CS_LIT("bound"), CS_LIT("plain")), CS_OK);
    assert_int_equal(blob.n, CS_BLOB_OVERHEAD + 5);
    cs_slice good = cs_buf_slice(&blob);
    assert_true(cs_slice_eq(cs_blob_made_by(good), CS_ARRAY(id)));
    assert_int_equal(opens(id, CS_ARRAY(key), CS_LIT("bound"), good), CS_OK);
    assert_int_equal(opens(id, CS_ARRAY(key), CS_LIT("Bound"), good), CS_SEAL_BROKEN);
    assert_int_equal(opens(id, CS_ARRAY(key), CS_LIT(""), good), CS_SEAL_BROKEN);
    assert_int_equal(opens(id, CS_ARRAY(other_key), CS_LIT("bound"), good), CS_SEAL_BROKEN);
    assert_int_equal(opens(other_id, CS_ARRAY(key), CS_LIT("bound"), good), CS_SEAL_BROKEN);
    for (size_t bit = 0; bit < 8 * blob.n; bit++) {
        blob.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(opens(id, CS_ARRAY(key), CS_LIT("bound"), good), CS_SEAL_BROKEN);
        blob.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < blob.n; n++)
        assert_int_equal(opens(id, CS_ARRAY(key), CS_LIT("bound"), cs_slice_sub(good, 0, n)), CS_SEAL_BROKEN);
    assert_int_equal(opens(id, CS_ARRAY(key), CS_LIT("bound"), good), CS_OK);
    cs_buf_free(&blob);
}

/* Appends the bytes of the context of a JSON text. */
static cs_err context_of(cs_buf *out, const char *json)
{
    cs_json *doc = NULL;
    cs_context c;
    if (cs_json_parse(&doc, cs_slice_str(json), 65536) != CS_OK)
        fail_msg("%.100s", json);
    cs_err err = cs_context_read(&c, cs_json_root(doc));
    if (err == CS_OK)
        cs_context_bytes(out, &c);
    cs_json_free(doc);
    return err;
}

static void contexts(void **state)
{
    (void)state;
    static const struct {
        bool same;
        const char *a, *b;
    } pairs[] = {
        {true, "{\"a\":\"1\",\"b\":\"2\"}", "{\"b\":\"2\",\"a\":\"1\"}"},
        {true, "{\"ab\":\"\",\"a\":\"\"}", "{\"a\":\"\",\"ab\":\"\"}"},
        {true, "{\"\\u00e4\":\"1\"}", "{\"\xc3\xa4\":\"1\"}"},
        {false, "{\"a\":\"1\"}", "{\"A\":\"1\"}"},
        {false, "{\"a\":\"1\"}", "{\"a\":\"1\",\"b\":\"\"}"},
        {false, "{\"a\":\"bc\"}", "{\"ab\":\"c\"}"},
        {false, "{\"a\":\"1\",\"b\":\"2\"}", "{\"a\":\"2\",\"b\":\"1\"}"},
        {false, "{\"a\":\"1b2\"}", "{\"a\":\"1\",\"b\":\"2\"}"},
        {false, "{\"a\":\"1\"}", "{\"a\":\"1 \"}"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        cs_buf a = cs_buf_new(1024), b = cs_buf_new(1024);
        assert_int_equal(context_of(&a, pairs[i].a), CS_OK);
        assert_int_equal(context_of(&b, pairs[i].b), CS_OK);
        assert_int_equal(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)), pairs[i].same);
        cs_buf_free(&a);
        cs_buf_free(&b);
    }
    static const char *const bad[] = {"1",         "\"a\"",        "[]",         "null",
                                      "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}", "{\"\":\"a\"}"};
    cs_buf none = cs_buf_new(1024);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(context_of(&none, bad[i]), CS_BAD_FIELD);
    cs_buf many = cs_buf_new(65536);
    cs_buf_add_str(&many, "{\"0\":\"0\"");
    for (int i = 1; i <= CS_CONTEXT_PAIRS; i++)
        cs_buf_printf(&many, ",\"%d\":\"\"", i);
    cs_buf_add_str(&many, "}");
    assert_int_equal(context_of(&none, cs_buf_cstr(&many)), CS_TOO_LARGE);
    cs_buf_clear(&many);
    cs_buf_add_str(&many, "{\"a\":\"");
    for (int i = 0; i < CS_CONTEXT_BYTES; i++)
        cs_buf_add_u8(&many, 'x');
    cs_buf_add_str(&many, "\"}");
    assert_int_equal(context_of(&none, cs_buf_cstr(&many)), CS_TOO_LARGE);
    cs_buf_free(&many);
    cs_buf_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids), cmocka_unit_test(bindings), cmocka_unit_test(contexts)};
    return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
