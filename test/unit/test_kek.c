/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/kek.c. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/kek.h"
#include "sys/file.h"

#define RAW "0123456789abcdef0123456789abcdef"
#define TEXT "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" /* its base64 */

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-kek-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/kek", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void from_files(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        unsigned mode;
        cs_err expect;
    } rows[] = {
        {"raw", RAW, 0600, CS_OK},
        {"raw, read only", RAW, 0400, CS_OK},
        {"base64", TEXT, 0600, CS_OK},
        {"base64 and line end", TEXT "\n", 0600, CS_OK},
        {"empty", "", 0600, CS_KEK_UNUSABLE},
        {"short", "0123456789abcdef0123456789abcde", 0600, CS_KEK_UNUSABLE},
        {"long", RAW "x", 0600, CS_KEK_UNUSABLE},
        {"raw and line end", RAW "\n", 0600, CS_KEK_UNUSABLE},
        {"two line ends", TEXT "\n\n", 0600, CS_KEK_UNUSABLE},
        {"line end of another system", TEXT "\r\n", 0600, CS_KEK_UNUSABLE},
        {"blank in front", " " TEXT, 0600, CS_KEK_UNUSABLE},
        {"no padding", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", 0600, CS_KEK_UNUSABLE},
        {"16 bytes in base64", "MDEyMzQ1Njc4OWFiY2RlZg==", 0600, CS_KEK_UNUSABLE},
        {"hex", "3031323334353637383961626364656630313233343536373839616263646566", 0600, CS_KEK_UNUSABLE},
        {"far too long", TEXT TEXT TEXT TEXT TEXT TEXT TEXT, 0600, CS_KEK_UNUSABLE},
        {"readable by the group", RAW, 0640, CS_KEK_UNUSABLE},
        {"readable by all", RAW, 0644, CS_KEK_UNUSABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_kek k;
        assert_int_equal(cs_file_write(path, cs_slice_str(rows[i].text), rows[i].mode, true), CS_OK);
        cs_err err = cs_kek_load(&k, path);
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(k.key.n, err == CS_OK ? 32 : 0);
        if (err == CS_OK)
            assert_memory_equal(k.key.b, RAW, 32);
        cs_kek_wipe(&k);
    }
    (void)unlink(path);
    cs_kek k;
    assert_int_equal(cs_kek_load(&k, path), CS_KEK_UNUSABLE);
}

static void from_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        cs_err expect;
    } rows[] = {
        {TEXT, CS_OK}, {TEXT "\n", CS_OK}, {"", CS_KEK_UNUSABLE}, {RAW, CS_KEK_UNUSABLE}, {"MTIz", CS_KEK_UNUSABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_kek k;
        assert_int_equal(setenv(CS_KEK_ENV, rows[i].value, 1), 0);
        const char *memory = getenv(CS_KEK_ENV);
        assert_int_equal(cs_kek_load(&k, NULL), rows[i].expect);
        assert_null(getenv(CS_KEK_ENV));
        for (size_t b = 0; b < strlen(rows[i].value); b++) /* unsetenv leaves the memory of the variable alone */
            assert_int_equal(memory[b], 0);
        cs_kek_wipe(&k);
    }
    cs_kek k;
    assert_int_equal(cs_kek_load(&k, NULL), CS_KEK_UNUSABLE);
}

/* The file counts, and the variable is gone all the same. */
static void file_and_environment(void **state)
{
    (void)state;
    cs_kek k;
    assert_int_equal(cs_file_write(path, CS_LIT("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"), 0600, true), CS_OK);
    assert_int_equal(setenv(CS_KEK_ENV, TEXT, 1), 0);
    assert_int_equal(cs_kek_load(&k, path), CS_OK);
    assert_memory_equal(k.key.b, "kkkkkkkk", 8);
    assert_null(getenv(CS_KEK_ENV));
    cs_kek_wipe(&k);
}

static void ids_tell_keys_apart(void **state)
{
    (void)state;
    cs_kek a, b;
    assert_int_equal(cs_kek_set(&a, CS_LIT(RAW)), CS_OK);
    assert_int_equal(cs_kek_set(&b, CS_LIT("0123456789abcdef0123456789abcdeg")), CS_OK);
    assert_int_equal(strlen(a.id), 32);
    assert_string_not_equal(a.id, b.id);
    assert_int_equal(cs_kek_set(&b, CS_LIT(RAW)), CS_OK);
    assert_string_equal(a.id, b.id);
    assert_int_equal(cs_kek_set(&b, CS_LIT("short")), CS_KEK_UNUSABLE);
    assert_int_equal(b.key.n, 0);
    assert_string_equal(b.id, "");
}

/* Two wrappings of one data key: under one KEK a nonce is never used again. The id is bound, not only compared. */
static void nonces_and_ids_are_bound(void **state)
{
    (void)state;
    const cs_slice dek = CS_LIT("dddddddddddddddddddddddddddddddd");
    cs_kek k, renamed;
    cs_digest aad = {.n = 32, .b = {1}};
    CS_SECRET(found);
    uint8_t one_bytes[CS_WRAPPED_LEN], two_bytes[CS_WRAPPED_LEN];
    cs_buf one = CS_BUF_OVER(one_bytes), two = CS_BUF_OVER(two_bytes);
    assert_int_equal(cs_kek_set(&k, CS_LIT(RAW)), CS_OK);
    assert_int_equal(cs_kek_wrap(&one, &k, dek, &aad), CS_OK);
    assert_int_equal(cs_kek_wrap(&two, &k, dek, &aad), CS_OK);
    assert_memory_not_equal(one_bytes, two_bytes, CS_AEAD_NONCE);
    renamed = k;
    renamed.id[0] ^= 1;
    assert_int_equal(cs_kek_unwrap(&found, &renamed, cs_buf_slice(&one), &aad), CS_SEAL_BROKEN);
    assert_int_equal(cs_kek_unwrap(&found, &k, cs_buf_slice(&one), &aad), CS_OK);
}

static void wraps(void **state)
{
    (void)state;
    cs_kek k, other;
    cs_digest aad = {.n = 32, .b = {1}}, another = {.n = 32, .b = {2}};
    CS_SECRET(dek);
    uint8_t bytes[CS_WRAPPED_LEN];
    cs_buf wrapped = CS_BUF_OVER(bytes);
    assert_int_equal(cs_kek_set(&k, CS_LIT(RAW)), CS_OK);
    assert_int_equal(cs_kek_set(&other, CS_LIT("oooooooooooooooooooooooooooooooo")), CS_OK);
    assert_int_equal(cs_kek_wrap(&wrapped, &k, CS_LIT("dddddddddddddddddddddddddddddddd"), &aad), CS_OK);
    assert_int_equal(wrapped.n, CS_WRAPPED_LEN);
    assert_int_equal(cs_kek_unwrap(&dek, &k, cs_buf_slice(&wrapped), &aad), CS_OK);
    assert_true(cs_slice_is(cs_secret_slice(&dek), "dddddddddddddddddddddddddddddddd"));
    assert_int_equal(cs_kek_unwrap(&dek, &k, cs_buf_slice(&wrapped), &another), CS_SEAL_BROKEN);
    assert_int_equal(dek.n, 0);
    assert_int_equal(cs_kek_unwrap(&dek, &other, cs_buf_slice(&wrapped), &aad), CS_SEAL_BROKEN);
    for (size_t n = 0; n < wrapped.n; n++)
        assert_int_equal(cs_kek_unwrap(&dek, &k, cs_slice_of(bytes, n), &aad), CS_SEAL_BROKEN);
    for (size_t bit = 0; bit < wrapped.n * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(cs_kek_unwrap(&dek, &k, cs_buf_slice(&wrapped), &aad), CS_SEAL_BROKEN);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_files),
        cmocka_unit_test(from_the_environment),
        cmocka_unit_test(file_and_environment),
        cmocka_unit_test(ids_tell_keys_apart),
        cmocka_unit_test(nonces_and_ids_are_bound),
        cmocka_unit_test(wraps),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
