/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/file.c on a temporary folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-file-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/f", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* fails if a temporary file was left */
}

static void put(cs_slice bytes, unsigned mode)
{
    assert_int_equal(cs_file_write(path, bytes, mode, true), CS_OK);
}

static int names_in_folder(void)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void reads_whole_files_only(void **state)
{
    (void)state;
    static const struct {
        size_t size, max;
        cs_err expect;
    } rows[] = {
        {0, 0, CS_OK},         {0, 10, CS_OK},         {1, 0, CS_TOO_LARGE},    {10, 10, CS_OK},
        {10, 9, CS_TOO_LARGE}, {11, 10, CS_TOO_LARGE}, {600000, 600000, CS_OK}, {600000, 599999, CS_TOO_LARGE},
    };
    static uint8_t bytes[600000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put(cs_slice_of(bytes, rows[i].size), 0644);
        cs_buf out = cs_buf_new(3 + rows[i].max);
        cs_buf_add_str(&out, "old");
        assert_int_equal(cs_file_read(&out, path), rows[i].expect);
        assert_int_equal(out.n, 3 + (rows[i].expect == CS_OK ? rows[i].size : 0));
        assert_memory_equal(out.p, "old", 3);
        if (rows[i].expect == CS_OK && rows[i].size > 0)
            assert_memory_equal(out.p + 3, bytes, rows[i].size);
        cs_buf_free(&out);
    }
}

static void cannot_read(void **state)
{
    (void)state;
    cs_buf out = cs_buf_new(100);
    assert_int_equal(cs_file_read(&out, "/nowhere/f"), CS_IO);
    assert_int_equal(cs_file_read(&out, folder), CS_IO);
    assert_int_equal(out.n, 0);
    cs_buf_free(&out);
}

static void secrets_are_private(void **state)
{
    (void)state;
    static const struct {
        unsigned mode;
        cs_err expect;
    } rows[] = {
        {0600, CS_OK},     {0400, CS_OK},     {0700, CS_OK},     {0640, CS_CONFIG}, {0604, CS_CONFIG},
        {0620, CS_CONFIG}, {0602, CS_CONFIG}, {0601, CS_CONFIG}, {0644, CS_CONFIG}, {0666, CS_CONFIG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CS_SECRET(s);
        put(CS_LIT("0123456789"), rows[i].mode);
        if (cs_file_read_secret(&s, path) != rows[i].expect)
            fail_msg("mode %o", rows[i].mode);
        assert_int_equal(s.n, rows[i].expect == CS_OK ? 10 : 0);
    }
}

static void secrets_of_other_owners(void **state)
{
    (void)state;
    CS_SECRET(s);
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    put(CS_LIT("0123456789"), 0600);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(cs_file_read_secret(&s, path), CS_CONFIG);
    assert_int_equal(s.n, 0);
}

static void secrets_are_files(void **state)
{
    (void)state;
    CS_SECRET(s);
    assert_int_equal(cs_file_read_secret(&s, "/nowhere/f"), CS_IO);
    assert_int_equal(cs_file_read_secret(&s, folder), CS_CONFIG);
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(cs_file_read_secret(&s, path), CS_CONFIG);
    assert_int_equal(s.n, 0);
}

static void secrets_have_a_limit(void **state)
{
    (void)state;
    static uint8_t bytes[CS_SECRET_CAP + 1];
    CS_SECRET(s);
    put(cs_slice_of(bytes, CS_SECRET_CAP), 0600);
    assert_int_equal(cs_file_read_secret(&s, path), CS_OK);
    assert_int_equal(s.n, CS_SECRET_CAP);
    put(CS_ARRAY(bytes), 0600);
    assert_int_equal(cs_file_read_secret(&s, path), CS_TOO_LARGE);
    assert_int_equal(s.n, 0);
}

static void writes_with_mode(void **state)
{
    (void)state;
    struct stat st;
    (void)unlink(path);
    (void)umask(0);
    assert_int_equal(cs_file_write(path, CS_LIT("one"), 0600, false), CS_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(cs_file_write(path, CS_LIT("two"), 0600, false), CS_CONFLICT);
    cs_buf out = cs_buf_new(100);
    assert_int_equal(cs_file_read(&out, path), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&out), "one"));
    cs_buf_clear(&out);
    assert_int_equal(cs_file_write(path, CS_LIT("three"), 0644, true), CS_OK);
    assert_int_equal(cs_file_read(&out, path), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&out), "three"));
    cs_buf_free(&out);
    assert_int_equal(names_in_folder(), 1);
}

static void cannot_write(void **state)
{
    (void)state;
    assert_int_equal(cs_file_write("/nowhere/f", CS_LIT("x"), 0600, true), CS_IO);
    assert_int_equal(cs_file_write(folder, CS_LIT("x"), 0600, true), CS_IO); /* a folder is not replaced */
    char beside[128];
    (void)snprintf(beside, sizeof beside, "%.60s.", folder);
    DIR *d = opendir("/tmp");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        assert_int_not_equal(strncmp(e->d_name, beside + 5, strlen(beside + 5)), 0);
    (void)closedir(d);
}

static void copies_whole_files(void **state)
{
    (void)state;
    static uint8_t bytes[600000], read[600001];
    char to[160];
    struct stat st;
    (void)snprintf(to, sizeof to, "%s/to", folder);
    memset(bytes, 7, sizeof bytes);
    for (size_t n = 0; n <= sizeof bytes; n += 300000) {
        cs_buf back = CS_BUF_OVER(read);
        put(cs_slice_of(bytes, n), 0644);
        assert_int_equal(cs_file_copy(to, path, 0600), CS_OK);
        assert_int_equal(cs_file_copy(to, path, 0600), CS_CONFLICT);
        assert_int_equal(stat(to, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(cs_file_read(&back, to), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&back), cs_slice_of(bytes, n)));
        assert_int_equal(unlink(to), 0);
    }
    assert_int_equal(cs_file_copy(to, "/nowhere/f", 0600), CS_IO);
    assert_int_equal(cs_file_copy(to, folder, 0600), CS_IO);
    assert_int_equal(cs_file_copy(to, "/dev/zero", 0600), CS_IO); /* no file, and without end */
    assert_int_equal(cs_file_copy("/nowhere/f", path, 0600), CS_IO);
    assert_int_equal(cs_file_publish("/nowhere/f", to), CS_IO);
    assert_int_equal(cs_file_publish(path, path), CS_CONFLICT);
    assert_int_equal(names_in_folder(), 1);
    assert_int_equal(cs_file_publish(path, to), CS_OK);
    assert_int_equal(names_in_folder(), 1);
    assert_int_equal(rename(to, path), 0);
}

static void hashes_in_one_pass(void **state)
{
    (void)state;
    static uint8_t bytes[300000];
    const cs_hash_id ids[] = {CS_SHA256, CS_SHA512, CS_SHAKE256_64};
    cs_digest got[3], want;
    uint64_t size = 0;
    for (size_t n = 0; n <= sizeof bytes; n += 150000) {
        put(cs_slice_of(bytes, n), 0600);
        assert_int_equal(cs_file_hash(got, ids, 3, &size, path), CS_OK);
        assert_int_equal(size, n);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(cs_hash(&want, ids[i], cs_slice_of(bytes, n)), CS_OK);
            assert_true(cs_slice_eq(cs_digest_slice(&got[i]), cs_digest_slice(&want)));
        }
    }
    assert_int_equal(cs_file_hash(got, ids, 3, &size, "/nowhere/f"), CS_IO);
    assert_int_equal(cs_file_hash(got, ids, 3, &size, folder), CS_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_whole_files_only), cmocka_unit_test(cannot_read),
        cmocka_unit_test(secrets_are_private),    cmocka_unit_test(secrets_of_other_owners),
        cmocka_unit_test(secrets_are_files),      cmocka_unit_test(secrets_have_a_limit),
        cmocka_unit_test(writes_with_mode),       cmocka_unit_test(cannot_write),
        cmocka_unit_test(copies_whole_files),     cmocka_unit_test(hashes_in_one_pass),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
