/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/rot.c, rot_mock.c and measure.c. zone: enclave */
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
#include "enclave/rot_mock.h"
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
    cs_rot first, second;
    struct stat st;
    assert_int_equal(cs_rot_open(&first, &cs_rot_mock, &(cs_rot_options){.state_dir = state_dir}), CS_OK);
    assert_int_equal(stat(state_dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(cs_rot_open(&second, &cs_rot_mock, &(cs_rot_options){.state_dir = state_dir}), CS_OK);
    assert_memory_equal(first.root_public_key, second.root_public_key, 32);
    cs_rot_close(&first);
    cs_rot_close(&second);
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
        cs_rot r;
        cs_buf after = cs_buf_new(2000);
        assert_int_equal(cs_file_write(path, cs_slice_of(bytes, rows[i].n), rows[i].mode, true), CS_OK);
        assert_int_equal(cs_rot_open(&r, &cs_rot_mock, &(cs_rot_options){.state_dir = state_dir}), rows[i].expect);
        assert_int_equal(r.own != NULL, rows[i].expect == CS_OK);
        assert_int_equal(cs_file_read(&after, path), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&after), cs_slice_of(bytes, rows[i].n)));
        cs_buf_free(&after);
        cs_rot_close(&r);
    }
}

static void no_place_for_it(void **state)
{
    (void)state;
    cs_rot r;
    assert_int_equal(cs_rot_open(&r, &cs_rot_mock, &(cs_rot_options){.state_dir = "/nowhere/state"}), CS_IO);
    assert_int_equal(cs_rot_open(&r, &cs_rot_mock, &(cs_rot_options){.state_dir = "/dev/null"}), CS_IO);
    assert_null(r.own);
}

static void measures_itself(void **state)
{
    (void)state;
    char memory[2][128];
    cs_buf a = CS_BUF_OVER(memory[0]), b = CS_BUF_OVER(memory[1]);
    assert_int_equal(cs_measure_self(&a, CS_SHA256), CS_OK);
    assert_int_equal(cs_measure_self(&b, CS_SHA256), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)));
    assert_int_equal(a.n, 71);
    assert_int_equal(strncmp(cs_buf_cstr(&a), "sha256:", 7), 0);
    assert_int_equal(strspn(cs_buf_cstr(&a) + 7, "0123456789abcdef"), 64);
    cs_buf_clear(&b);
    assert_int_equal(cs_measure_self(&b, CS_SHA384), CS_OK);
    assert_int_equal(b.n, 7 + 96);
    assert_int_equal(strncmp(cs_buf_cstr(&b), "sha384:", 7), 0);
}

static void found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(cs_rot_find("mock"), &cs_rot_mock);
    assert_ptr_equal(cs_rot_find("softnsm"), &cs_rot_softnsm);
    assert_ptr_equal(cs_rot_find("nsm"), &cs_rot_nsm);
    assert_ptr_equal(cs_rot_find("gcp"), &cs_rot_gcp);
    assert_ptr_equal(cs_rot_find("azure"), &cs_rot_azure);
    assert_null(cs_rot_find(""));
    assert_null(cs_rot_find("Mock"));
    assert_null(cs_rot_find("mock "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_once),       cmocka_unit_test(never_replaced), cmocka_unit_test(no_place_for_it),
        cmocka_unit_test(measures_itself), cmocka_unit_test(found_by_name),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
