/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Tests src/gateway/store_pq.c: a user_id is one key's for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/store.h"

#include "store_fixture.h"

static struct store_fixture f;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

static cs_pq_key_row row(const char *user_id)
{
    return (cs_pq_key_row){.user_id = cs_slice_str(user_id),
                           .algorithm = "ML-DSA-44",
                           .kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1",
                           .key_release = CS_LIT("relayed"),
                           .created_ms = 1768473000123,
                           .public_key = CS_LIT("public"),
                           .sealed = CS_LIT("sealed\0record"),
                           .enclave_version = CS_LIT("0.1.0"),
                           .wrapped = CS_LIT("wrapped"),
                           .birth = CS_LIT("\xd2\x84")};
}

static void test_is_read_back(void **state)
{
    (void)state;
    const cs_pq_key_row k = row("customer-wallet-123");
    cs_pq_key_record key;
    cs_pq_birth_record birth;
    WRITE(&f, cs_store_put_pq_key(f.store, CS_LIT(ORG), &k), CS_OK);
    assert_int_equal(cs_store_pq_key(f.store, &key, k.user_id), CS_OK);
    assert_string_equal(key.org, ORG);
    assert_string_equal(key.algorithm, k.algorithm);
    assert_string_equal(key.kms_key, k.kms_key);
    assert_string_equal(key.key_release, "relayed");
    assert_true(key.created_ms == k.created_ms);
    assert_true(cs_slice_eq(cs_buf_slice(&key.public_key), k.public_key));
    assert_true(cs_slice_eq(cs_buf_slice(&key.sealed), k.sealed));
    cs_pq_key_record_free(&key);
    assert_int_equal(cs_store_pq_birth(f.store, &birth, k.user_id), CS_OK);
    assert_string_equal(birth.enclave_version, "0.1.0");
    assert_true(cs_slice_eq(cs_buf_slice(&birth.wrapped), k.wrapped));
    assert_true(cs_slice_eq(cs_buf_slice(&birth.document), k.birth));
    cs_pq_birth_record_free(&birth);
}

static void test_a_user_id_is_taken_once(void **state)
{
    (void)state;
    cs_pq_key_row k = row("u");
    cs_pq_key_record key;
    WRITE(&f, cs_store_put_pq_key(f.store, CS_LIT(ORG), &k), CS_OK);
    k.sealed = CS_LIT("another");
    WRITE(&f, cs_store_put_pq_key(f.store, CS_LIT(ORG), &k), CS_CONFLICT);
    WRITE(&f, cs_store_put_pq_key(f.store, CS_LIT("org_other"), &k), CS_CONFLICT);
    assert_int_equal(cs_store_pq_key(f.store, &key, CS_LIT("u")), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&key.sealed), CS_LIT("sealed\0record")));
    cs_pq_key_record_free(&key);
}

/* Compared byte by byte: no two of these are the same user. */
static void test_user_ids_are_opaque(void **state)
{
    (void)state;
    static const char *const users[] = {
        "a", "A",  "a ", " a", "\xc3\xbc", "u\xcc\x88", "%", "_", "''", "a\x1f/b", "'; DROP TABLE pq_key; --",
        "1", "01", "1.0"};
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        const cs_pq_key_row k = row(users[i]);
        WRITE(&f, cs_store_put_pq_key(f.store, CS_LIT(ORG), &k), CS_OK);
    }
    static const char *const nobody[] = {"", "b", "a  ", "\xc3\x9c", "a%", "1."};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        cs_pq_key_record key;
        cs_pq_birth_record birth;
        assert_int_equal(cs_store_pq_key(f.store, &key, cs_slice_str(nobody[i])), CS_NOT_FOUND);
        assert_int_equal(cs_store_pq_birth(f.store, &birth, cs_slice_str(nobody[i])), CS_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_is_read_back, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_user_id_is_taken_once, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_user_ids_are_opaque, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
