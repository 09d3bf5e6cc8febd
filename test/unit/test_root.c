/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/root.c and src/enclave/measure.c. zone: enclave */
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

#include "enclave/measure.h"
#include "enclave/root.h"
#include "sys/file.h"

static char folder[64], state_dir[96], path[128];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-root-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(state_dir, sizeof state_dir, "%s/state", folder);
    (void)snprintf(path, sizeof path, "%s/attestation-root.key", state_dir);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(state_dir) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void made_once(void **state)
{
    (void)state;
    cs_root first, second;
    struct stat st;
    assert_int_equal(cs_root_open(&first, state_dir), CS_OK);
    assert_int_equal(stat(state_dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(cs_root_open(&second, state_dir), CS_OK);
    assert_memory_equal(first.public_key, second.public_key, 32);
    cs_root_close(&first);
    cs_root_close(&second);
}

static void never_replaced(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        unsigned mode;
        cs_err expect;
    } rows[] = {
        {32, 0600, CS_OK},     {32, 0400, CS_OK},     {0, 0600, CS_CONFIG},  {31, 0600, CS_CONFIG},
        {33, 0600, CS_CONFIG}, {32, 0640, CS_CONFIG}, {32, 0604, CS_CONFIG}, {1000, 0600, CS_TOO_LARGE},
    };
    static const uint8_t bytes[1000] = {1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_root r;
        cs_buf after = cs_buf_new(2000);
        assert_int_equal(cs_file_write(path, cs_slice_of(bytes, rows[i].n), rows[i].mode, true), CS_OK);
        assert_int_equal(cs_root_open(&r, state_dir), rows[i].expect);
        assert_int_equal(r.key != NULL, rows[i].expect == CS_OK);
        assert_int_equal(cs_file_read(&after, path), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&after), cs_slice_of(bytes, rows[i].n)));
        cs_buf_free(&after);
        cs_root_close(&r);
    }
}

static void no_place_for_it(void **state)
{
    (void)state;
    cs_root r;
    assert_int_equal(cs_root_open(&r, "/nowhere/state"), CS_IO);
    assert_int_equal(cs_root_open(&r, "/dev/null"), CS_IO);
    assert_null(r.key);
}

static void measures_itself(void **state)
{
    (void)state;
    cs_measurement a, b;
    assert_int_equal(cs_measure_self(&a), CS_OK);
    assert_int_equal(cs_measure_self(&b), CS_OK);
    assert_string_equal(a.image_hash, b.image_hash);
    assert_int_equal(strlen(a.image_hash), 71);
    assert_int_equal(strncmp(a.image_hash, "sha256:", 7), 0);
    assert_int_equal(strspn(a.image_hash + 7, "0123456789abcdef"), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_once),
        cmocka_unit_test(never_replaced),
        cmocka_unit_test(no_place_for_it),
        cmocka_unit_test(measures_itself),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
