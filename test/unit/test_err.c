/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/err.c and the rows of src/core/err_table.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/err.h"

static void rows_are_whole(void **state)
{
    (void)state;
    for (int e = 0; e < CS_ERR_COUNT; e++) {
        const char *name = cs_err_name((cs_err)e), *sentence = cs_err_sentence((cs_err)e);
        assert_true(name[0] != '\0' && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name));
        assert_true(strlen(sentence) > 4);
        for (int other = 0; other < e; other++)
            assert_string_not_equal(name, cs_err_name((cs_err)other));
        assert_int_equal(cs_err_http_status((cs_err)e) == 200, e == CS_OK);
        assert_int_equal(cs_err_class_of((cs_err)e) == CS_CLASS_OK, e == CS_OK);
    }
}

static void statuses(void **state)
{
    (void)state;
    static const struct {
        cs_err err;
        int status;
    } rows[] = {
        {CS_OK, 200},         {CS_BAD_JSON, 400},           {CS_UNAUTHENTICATED, 401}, {CS_FORBIDDEN, 403},
        {CS_NOT_FOUND, 404},  {CS_METHOD_NOT_ALLOWED, 405}, {CS_REQUEST_TIMEOUT, 408}, {CS_CONFLICT, 409},
        {CS_TOO_LARGE, 413},  {CS_BAD_MEDIA_TYPE, 415},     {CS_BAD_SIGNATURE, 422},   {CS_INTERNAL, 500},
        {CS_OVERLOADED, 503},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(cs_err_http_status(rows[i].err), rows[i].status);
}

/* A code that is none is an internal error, never a success. */
static void codes_that_are_none(void **state)
{
    (void)state;
    static const int codes[] = {-1, CS_ERR_COUNT, CS_ERR_COUNT + 1, 1 << 20};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        assert_string_equal(cs_err_name((cs_err)codes[i]), "INTERNAL");
        assert_int_equal(cs_err_http_status((cs_err)codes[i]), 500);
    }
}

static void by_name(void **state)
{
    (void)state;
    static const char *const none[] = {"", "OK", "ok", "BAD_JSO", "BAD_JSONS", "bad_json", "CS_BAD_JSON", " BAD_JSON"};
    for (int e = 1; e < CS_ERR_COUNT; e++)
        assert_int_equal(cs_err_by_name(cs_err_name((cs_err)e)), e);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(cs_err_by_name(none[i]), CS_INTERNAL);
}

static void faults(void **state)
{
    (void)state;
    cs_fault f = {0};
    char longest[CS_FIELD_MAX], longer[CS_FIELD_MAX + 8];
    assert_int_equal(cs_fault_set(&f, CS_BAD_FIELD, "name"), CS_BAD_FIELD);
    assert_int_equal(f.err, CS_BAD_FIELD);
    assert_string_equal(f.field, "name");
    assert_int_equal(cs_fault_set(&f, CS_OK, NULL), CS_OK);
    assert_string_equal(f.field, "");
    assert_int_equal(cs_fault_set(NULL, CS_BAD_JSON, "name"), CS_BAD_JSON);

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    (void)cs_fault_set(&f, CS_BAD_FIELD, longest);
    assert_string_equal(f.field, longest);
    memset(longer, 'b', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    (void)cs_fault_set(&f, CS_BAD_FIELD, longer);
    assert_int_equal(strlen(f.field), CS_FIELD_MAX - 1);
    /* A character of four bytes over the end is left out whole. */
    memcpy(longer + CS_FIELD_MAX - 4, "\xf0\x9f\x94\x91", 4);
    (void)cs_fault_set(&f, CS_BAD_FIELD, longer);
    assert_int_equal(strlen(f.field), CS_FIELD_MAX - 4);
    /* One that ends with the room stays. */
    memset(longer, 'b', sizeof longer - 1);
    memcpy(longer + CS_FIELD_MAX - 5, "\xf0\x9f\x94\x91", 4);
    (void)cs_fault_set(&f, CS_BAD_FIELD, longer);
    assert_int_equal(strlen(f.field), CS_FIELD_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole), cmocka_unit_test(statuses), cmocka_unit_test(codes_that_are_none),
        cmocka_unit_test(by_name),        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
