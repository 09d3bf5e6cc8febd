/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/cli/payload.c (zone: cli). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/payload.h"

static char path[] = "/tmp/test_payload.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* What is read of a file of `size` bytes is what hashing its bytes gives. */
static void check_size(size_t size, cs_hash_id id)
{
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);

    cs_digest sha256, prehash;
    cs_payload p;
    assert_int_equal(cs_hash(&sha256, CS_SHA256, cs_slice_of(bytes, size)), CS_OK);
    assert_int_equal(cs_payload_read(&p, path, id), CS_OK);
    assert_int_equal(p.size, size);
    assert_true(cs_slice_eq(cs_digest_slice(&sha256), cs_digest_slice(&p.sha256)));
    if (id != CS_HASH_NONE) {
        assert_int_equal(cs_hash(&prehash, id, cs_slice_of(bytes, size)), CS_OK);
        assert_true(cs_slice_eq(cs_digest_slice(&prehash), cs_digest_slice(&p.prehash)));
    }
    assert_int_equal(p.is_inline, size <= CS_MAX_PAYLOAD);
    if (p.is_inline)
        assert_true(cs_slice_eq(cs_buf_slice(&p.bytes), cs_slice_of(bytes, size)));
    cs_payload_free(&p);
    free(bytes);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 1, 262143, 262144, 262145, CS_MAX_PAYLOAD - 1, CS_MAX_PAYLOAD, CS_MAX_PAYLOAD + 1, 3000001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_size(sizes[i], CS_HASH_NONE);
        check_size(sizes[i], CS_SHA512);
        check_size(sizes[i], CS_SHAKE256_64);
    }
}

/* Composite keys sign a digest of any length; the other formats the bytes, whole or not at all. */
static void test_messages(void **state)
{
    (void)state;
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa65+ed25519"));
    cs_message m;
    cs_payload p;

    assert_int_equal(cs_payload_prehash_of(alg, CS_FORMAT_COMPOSITE), alg->ph);
    assert_int_equal(cs_payload_prehash_of(alg, CS_FORMAT_CONCAT), CS_HASH_NONE);
    assert_int_equal(cs_payload_prehash_of(cs_alg_find(CS_LIT("mldsa65")), CS_FORMAT_PURE), CS_HASH_NONE);

    check_size(CS_MAX_PAYLOAD + 1, CS_HASH_NONE); /* leaves the file */
    assert_int_equal(cs_payload_read(&p, path, alg->ph), CS_OK);
    assert_int_equal(cs_payload_message(&m, &p, alg, CS_FORMAT_COMPOSITE), CS_OK);
    assert_int_equal(m.ph, alg->ph);
    assert_true(cs_slice_eq(m.bytes, cs_digest_slice(&p.prehash)));
    assert_int_equal(cs_payload_message(&m, &p, alg, CS_FORMAT_CONCAT), CS_INTERNAL); /* read for another format */
    cs_payload_free(&p);

    assert_int_equal(cs_payload_read(&p, path, CS_HASH_NONE), CS_OK);
    assert_int_equal(cs_payload_message(&m, &p, alg, CS_FORMAT_CONCAT), CS_PAYLOAD_TOO_LARGE);
    assert_int_equal(cs_payload_message(&m, &p, alg, CS_FORMAT_ENVELOPE), CS_PAYLOAD_TOO_LARGE);
    cs_payload_free(&p);

    check_size(0, CS_HASH_NONE);
    assert_int_equal(cs_payload_read(&p, path, CS_HASH_NONE), CS_OK);
    assert_int_equal(cs_payload_message(&m, &p, alg, CS_FORMAT_CONCAT), CS_OK);
    assert_non_null(m.bytes.p); /* empty, not absent */
    assert_int_equal(m.bytes.n, 0);
    cs_payload_free(&p);
}

static void test_unreadable(void **state)
{
    (void)state;
    cs_payload p;
    assert_int_equal(cs_payload_read(&p, "/nonexistent", CS_SHA512), CS_IO);
    assert_int_equal(cs_payload_read(&p, "/", CS_SHA512), CS_IO); /* opens, and does not read */
    assert_null(p.bytes.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
