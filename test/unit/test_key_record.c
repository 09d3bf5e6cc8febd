/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/key_record.c: the record of a key, and everything that is none. */
#include "core/key_record.h"

#include "vectors.h"

#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1"

/* What is different from a good record: a member's JSON text, "" to leave it out. */
static const struct {
    const char *what;
    const char *member, *text;
    cs_err err;
    const char *field;
} rows[] = {
    {"good", NULL, NULL, CS_OK, ""},
    {"a user of characters beyond ASCII", "user_id", "\"caf\\u00e9 \\uD83D\\uDD11\"", CS_OK, ""},
    {"no user", "user_id", "", CS_MISSING_FIELD, "user_id"},
    {"an empty user", "user_id", "\"\"", CS_BAD_FIELD, "user_id"},
    {"a number", "user_id", "7", CS_BAD_FIELD, "user_id"},
    {"half a surrogate pair", "user_id", "\"\\uD83D\"", CS_BAD_JSON, ""},
    {"a NUL", "user_id", "\"a\\u0000\"", CS_BAD_JSON, ""},
    {"no algorithm", "alg", "", CS_MISSING_FIELD, "alg"},
    {"another name of it", "alg", "\"mldsa44\"", CS_UNKNOWN_ALGORITHM, "alg"},
    {"another algorithm than the key's", "alg", "\"ML-DSA-65\"", CS_BAD_PUBLIC_KEY, "mldsa_pubkey"},
    {"no key", "mldsa_pubkey", "", CS_MISSING_FIELD, "mldsa_pubkey"},
    {"a short key", "mldsa_pubkey", "\"AAAA\"", CS_BAD_PUBLIC_KEY, "mldsa_pubkey"},
    {"a key without padding", "mldsa_pubkey", "\"AAA\"", CS_BAD_ENCODING, "mldsa_pubkey"},
    {"no wrapped key", "wrapped_dk", "", CS_MISSING_FIELD, "wrapped_dk"},
    {"an empty one", "wrapped_dk", "\"\"", CS_BAD_FIELD, "wrapped_dk"},
    {"base64url", "wrapped_dk", "\"_-8=\"", CS_BAD_ENCODING, "wrapped_dk"},
    {"no ARN", "kms_key_arn", "", CS_MISSING_FIELD, "kms_key_arn"},
    {"an ARN with a blank", "kms_key_arn", "\"arn aws\"", CS_BAD_FIELD, "kms_key_arn"},
    {"no time", "created_at_ms", "", CS_MISSING_FIELD, "created_at_ms"},
    {"time zero", "created_at_ms", "0", CS_BAD_FIELD, "created_at_ms"},
    {"a fraction", "created_at_ms", "1768473000123.5", CS_BAD_FIELD, "created_at_ms"},
    {"text", "created_at_ms", "\"1768473000123\"", CS_BAD_FIELD, "created_at_ms"},
    {"2^63", "created_at_ms", "9223372036854775808", CS_BAD_FIELD, "created_at_ms"},
    {"one member more", "note", "1", CS_UNKNOWN_FIELD, "note"},
};

static void write_row(cs_buf *out, const char *member, const char *text)
{
    static const char *const names[] = {"user_id",     "alg",           "mldsa_pubkey", "wrapped_dk",
                                        "kms_key_arn", "created_at_ms", "note"};
    static const char *const good[] = {
        "\"customer-wallet-123\"", "\"ML-DSA-44\"", NULL, "\"AAEC/w==\"", "\"" ARN "\"", "1768473000123", ""};
    uint8_t key[1312];
    memset(key, 0x11, sizeof key);
    cs_buf_add_str(out, "{");
    for (size_t i = 0, n = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = member != NULL && strcmp(member, names[i]) == 0 ? text : good[i];
        if (value != NULL && value[0] == '\0')
            continue;
        cs_buf_printf(out, "%s\"%s\":%s", n++ > 0 ? "," : "", names[i], value != NULL ? value : "\"");
        if (value == NULL) {
            cs_base64_encode(out, CS_ARRAY(key));
            cs_buf_add_str(out, "\"");
        }
    }
    cs_buf_add_str(out, "}");
    assert_int_equal(out->err, CS_OK);
}

static void records(void **state)
{
    (void)state;
    static cs_key_record r;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_fault fault = {0};
        cs_buf json = cs_buf_new(8192), again = cs_buf_new(8192);
        write_row(&json, rows[i].member, rows[i].text);
        cs_err err = cs_key_record_parse(&r, &fault, cs_buf_slice(&json));
        if (err != rows[i].err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s in %s", rows[i].what, cs_err_name(err), fault.field);
        assert_int_equal(r.birth.user_id.p != NULL, err == CS_OK);
        assert_int_equal(cs_key_record_write(&again, &r.birth), err == CS_OK ? CS_OK : CS_BAD_FIELD);
        if (i == 0)
            assert_string_equal(cs_buf_cstr(&again), cs_buf_cstr(&json));
        cs_buf_free(&json);
        cs_buf_free(&again);
    }
}

/* Every member as long as it may be. */
static void largest(void **state)
{
    (void)state;
    static cs_key_record r;
    static char text[CS_MAX_KMS_KEY];
    static uint8_t bytes[CS_MAX_REGISTERED_KEY];
    memset(text, 'a', sizeof text);
    const cs_birth birth = {.alg = CS_MLDSA87,
                            .user_id = cs_slice_of(text, CS_MAX_USER_ID),
                            .public_key = CS_ARRAY(bytes),
                            .wrapped_dk = cs_slice_of(bytes, CS_MAX_WRAPPED_DK),
                            .kms_key_arn = CS_ARRAY(text),
                            .created_at_ms = CS_MAX_BIRTH_MS};
    cs_buf json = cs_buf_new(CS_MAX_KEY_RECORD);
    assert_int_equal(cs_key_record_write(&json, &birth), CS_OK);
    assert_int_equal(cs_key_record_parse(&r, NULL, cs_buf_slice(&json)), CS_OK);
    assert_true(cs_slice_eq(r.birth.kms_key_arn, birth.kms_key_arn));
    assert_true(cs_slice_eq(r.birth.public_key, birth.public_key));
    assert_true(cs_slice_eq(r.birth.wrapped_dk, birth.wrapped_dk));
    assert_int_equal(r.birth.created_at_ms, CS_MAX_BIRTH_MS);
    cs_buf_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(largest)};
    return cmocka_run_group_tests_name("key_record", tests, NULL, NULL);
}
