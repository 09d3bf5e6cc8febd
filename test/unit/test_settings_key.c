/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/agent/settings_key.c. zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/settings_key.h"
#include "core/limits.h"
#include "sys/file.h"

#define ORG CS_LIT("org_1")
#define NAME CS_LIT("azure.clientSecret")
#define SECRET CS_LIT("what only the agent may read")
#define OVERHEAD (4 + 12 + 16)

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-settings-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/agent.key", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void made_once(void **state)
{
    (void)state;
    cs_settings_key first, second;
    struct stat st;
    assert_int_equal(cs_settings_key_open(&first, path), CS_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(cs_settings_key_open(&second, path), CS_OK);
    assert_true(cs_secret_eq(cs_secret_slice(&first.key), cs_secret_slice(&second.key)));
    cs_settings_key_close(&first);
    assert_int_equal(first.key.n, 0);
    cs_settings_key_close(&second);
}

static void never_replaced(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        unsigned mode;
        cs_err expect;
    } rows[] = {{31, 0600, CS_CONFIG}, {33, 0600, CS_CONFIG}, {0, 0600, CS_CONFIG}, {300, 0600, CS_CONFIG},
                {32, 0640, CS_CONFIG}, {32, 0604, CS_CONFIG}, {32, 0400, CS_OK},    {32, 0600, CS_OK}};
    static const uint8_t bytes[300] = {1, 2, 3};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_settings_key k;
        cs_buf after = cs_buf_new(sizeof bytes);
        assert_int_equal(cs_file_write(path, cs_slice_of(bytes, rows[i].n), rows[i].mode, true), CS_OK);
        assert_int_equal(cs_settings_key_open(&k, path), rows[i].expect);
        assert_int_equal(k.key.n, rows[i].expect == CS_OK ? 32 : 0);
        assert_int_equal(cs_file_read(&after, path), CS_OK);
        assert_int_equal(after.n, rows[i].n);
        cs_buf_free(&after);
        cs_settings_key_close(&k);
    }
    cs_settings_key k;
    assert_int_equal(cs_settings_key_open(&k, "/nowhere/agent.key"), CS_IO);
}

static void open_with(cs_settings_key *k, uint8_t first)
{
    uint8_t bytes[32] = {first};
    *k = (cs_settings_key){0};
    assert_int_equal(cs_secret_set(&k->key, CS_ARRAY(bytes)), CS_OK);
}

static void bound_to_org_name_and_key(void **state)
{
    (void)state;
    cs_settings_key k, other;
    CS_SECRET(opened);
    open_with(&k, 1);
    open_with(&other, 2);
    cs_buf sealed = cs_buf_new(1024), again = cs_buf_new(1024);
    assert_int_equal(cs_settings_key_seal(&sealed, &k, ORG, NAME, SECRET), CS_OK);
    assert_int_equal(cs_settings_key_seal(&again, &k, ORG, NAME, SECRET), CS_OK);
    assert_int_equal(sealed.n, SECRET.n + OVERHEAD);
    assert_false(cs_slice_eq(cs_buf_slice(&sealed), cs_buf_slice(&again))); /* a nonce each */
    assert_null(memmem(sealed.p, sealed.n, SECRET.p, 8));
    const struct {
        const cs_settings_key *key;
        cs_slice org, name;
        cs_err expect;
    } rows[] = {
        {&k, ORG, NAME, CS_OK},
        {&other, ORG, NAME, CS_SEAL_BROKEN},
        {&k, CS_LIT("org_2"), NAME, CS_SEAL_BROKEN},
        {&k, CS_LIT("org_1_test"), NAME, CS_SEAL_BROKEN},
        {&k, ORG, CS_LIT("azure.clientSecre"), CS_SEAL_BROKEN},
        {&k, CS_LIT("org_1azure"), CS_LIT(".clientSecret"), CS_SEAL_BROKEN},
        {&k, CS_LIT(""), NAME, CS_SEAL_BROKEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_err err = cs_settings_key_unseal(&opened, rows[i].key, rows[i].org, rows[i].name, cs_buf_slice(&sealed));
        assert_int_equal(err, rows[i].expect);
        assert_true(err == CS_OK ? cs_secret_eq(cs_secret_slice(&opened), SECRET) : opened.n == 0);
    }
    cs_buf_free(&sealed);
    cs_buf_free(&again);
}

static void changed_bytes(void **state)
{
    (void)state;
    cs_settings_key k;
    CS_SECRET(opened);
    open_with(&k, 1);
    cs_buf sealed = cs_buf_new(1024);
    assert_int_equal(cs_settings_key_seal(&sealed, &k, ORG, NAME, SECRET), CS_OK);
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] ^= 1;
        assert_int_equal(cs_settings_key_unseal(&opened, &k, ORG, NAME, cs_buf_slice(&sealed)), CS_SEAL_BROKEN);
        sealed.p[i] ^= 1;
        assert_int_equal(cs_settings_key_unseal(&opened, &k, ORG, NAME, cs_slice_sub(cs_buf_slice(&sealed), 0, i)),
                         CS_SEAL_BROKEN);
        assert_int_equal(opened.n, 0);
    }
    cs_buf_add_u8(&sealed, 0);
    assert_int_equal(cs_settings_key_unseal(&opened, &k, ORG, NAME, cs_buf_slice(&sealed)), CS_SEAL_BROKEN);
    cs_buf_free(&sealed);
}

static void lengths(void **state)
{
    (void)state;
    static const uint8_t long_name[CS_MAX_ID + 1];
    static const uint8_t longest[CS_SECRET_CAP] = {7};
    cs_settings_key k;
    CS_SECRET(opened);
    open_with(&k, 1);
    cs_buf sealed = cs_buf_new(1024);
    assert_int_equal(cs_settings_key_seal(&sealed, &k, CS_ARRAY(long_name), CS_ARRAY(long_name), SECRET), CS_TOO_LARGE);
    assert_int_equal(sealed.n, 0);
    assert_int_equal(cs_settings_key_unseal(&opened, &k, CS_ARRAY(long_name), CS_ARRAY(long_name), CS_ARRAY(longest)),
                     CS_SEAL_BROKEN);
    assert_int_equal(cs_settings_key_seal(&sealed, &k, ORG, NAME, CS_ARRAY(longest)), CS_OK);
    assert_int_equal(cs_settings_key_unseal(&opened, &k, ORG, NAME, cs_buf_slice(&sealed)), CS_OK);
    assert_int_equal(opened.n, CS_SECRET_CAP);
    cs_buf_free(&sealed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_once),     cmocka_unit_test(never_replaced), cmocka_unit_test(bound_to_org_name_and_key),
        cmocka_unit_test(changed_bytes), cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
