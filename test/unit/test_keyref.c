/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/keyref.c. zone: enclave */
#include "core/keyref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/limits.h"
#include "enclave/seal.h"

#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

static const uint8_t public_bytes[2592];
static const uint8_t long_name[CS_MAX_KMS_KEY + 1];

static void references_come_back(void **state)
{
    (void)state;
    static const cs_prim prims[] = {CS_P256, CS_ED25519, CS_MLDSA44, CS_MLDSA65, CS_MLDSA87};
    for (size_t i = 0; i < sizeof prims / sizeof *prims; i++) {
        cs_buf text = cs_buf_new(8192);
        cs_keyref r;
        const cs_keyref w = {CS_LIT("aws-kms"), CS_LIT(ARN), cs_slice_of(public_bytes, cs_prim_public_len(prims[i]))};
        cs_keyref_write(&text, &w);
        cs_slice all = cs_buf_slice(&text);
        assert_int_equal(cs_keyref_read(&r, prims[i], all), CS_OK);
        assert_true(cs_slice_eq(r.provider, w.provider) && cs_slice_eq(r.resource, w.resource));
        assert_true(cs_slice_eq(r.public_key, w.public_key));
        for (size_t cut = 1; cut < all.n; cut++) {
            assert_int_equal(cs_keyref_read(&r, prims[i], cs_slice_sub(all, 0, cut)), CS_SEAL_BROKEN);
            assert_true(r.provider.p == NULL && r.public_key.p == NULL);
        }
        for (int p = CS_PRIM_NONE; p < CS_PRIM_COUNT; p++)
            if (cs_prim_public_len((cs_prim)p) != cs_prim_public_len(prims[i]) || p == CS_PRIM_NONE)
                assert_int_equal(cs_keyref_read(&r, (cs_prim)p, all), CS_SEAL_BROKEN);
        cs_buf_add_u8(&text, 0);
        assert_int_equal(cs_keyref_read(&r, prims[i], cs_buf_slice(&text)), CS_SEAL_BROKEN);
        cs_buf_free(&text);
    }
}

static void bad_references(void **state)
{
    (void)state;
    const cs_slice key = cs_slice_of(public_bytes, 32);
    const cs_keyref rows[] = {
        {CS_LIT(""), CS_LIT(ARN), key},
        {CS_LIT("aws-kms"), CS_LIT(""), key},
        {CS_LIT("aws-kms"), CS_LIT(ARN), CS_LIT("")},
        {CS_LIT("aws-kms"), CS_LIT(ARN), cs_slice_of(public_bytes, 31)},
        {CS_LIT("aws-kms"), CS_LIT(ARN), cs_slice_of(public_bytes, 33)},
        {CS_LIT("aws-kms"), CS_ARRAY(long_name), key},
        {cs_slice_of(long_name, CS_MAX_ID + 1), CS_LIT(ARN), key},
    };
    cs_keyref r;
    assert_int_equal(cs_keyref_read(&r, CS_ED25519, CS_LIT("")), CS_OK); /* it is in the record */
    assert_null(r.provider.p);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf text = cs_buf_new(8192);
        cs_keyref_write(&text, &rows[i]);
        assert_int_equal(cs_keyref_read(&r, CS_ED25519, cs_buf_slice(&text)), CS_SEAL_BROKEN);
        cs_buf_free(&text);
    }
}

/* What the gateway shows is what the enclave seals. */
static void of_a_record(void **state)
{
    (void)state;
    uint8_t trad_bytes[4096], pq_bytes[4096], hash[32] = {1}, dek[32] = {2};
    cs_buf trad = CS_BUF_OVER(trad_bytes), pq = CS_BUF_OVER(pq_bytes), record = cs_buf_new(CS_MAX_SEALED);
    cs_keyref_write(&trad, &(cs_keyref){CS_LIT("aws-kms"), CS_LIT(ARN "-c"), cs_slice_of(public_bytes, 32)});
    cs_keyref_write(&pq, &(cs_keyref){CS_LIT("aws-kms"), CS_LIT(ARN "-p"), cs_slice_of(public_bytes, 2592)});
    cs_seal_fields fields = {.door = CS_LIT("vault"),
                             .org = CS_LIT("org"),
                             .key_id = CS_LIT("key"),
                             .purpose = CS_LIT("sign"),
                             .algorithm = CS_LIT("mldsa87+ed25519"),
                             .format = CS_LIT("composite"),
                             .kek_provider = CS_LIT("aws-kms"),
                             .kek_resource = CS_LIT(ARN),
                             .key_release = CS_LIT("attested"),
                             .trad_ref = cs_buf_slice(&trad),
                             .pq_ref = cs_buf_slice(&pq),
                             .public_key_sha256 = CS_ARRAY(hash)};
    cs_keyrefs refs;
    assert_int_equal(cs_seal_with(&record, CS_ARRAY(dek), CS_LIT("wrapped"), &fields, CS_LIT("")), CS_OK);
    assert_int_equal(cs_keyrefs_of_record(&refs, cs_buf_slice(&record)), CS_OK);
    assert_true(cs_slice_is(refs.kek.provider, "aws-kms") && cs_slice_is(refs.kek.resource, ARN));
    assert_true(cs_slice_is(refs.trad.resource, ARN "-c") && cs_slice_is(refs.pq.resource, ARN "-p"));
    assert_int_equal(refs.pq.public_key.n, 2592);
    for (size_t cut = 0; cut < trad.n; cut++)
        assert_int_equal(cs_keyrefs_of_record(&refs, cs_slice_sub(cs_buf_slice(&record), 0, cut)), CS_SEAL_BROKEN);
    static const char *const algorithms[] = {"mldsa65+ed25519", "mldsa87", "mldsa87+ecdsa-p256", "none", ""};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        cs_buf_clear(&record);
        fields.algorithm = cs_slice_str(algorithms[i]);
        assert_int_equal(cs_seal_with(&record, CS_ARRAY(dek), CS_LIT("wrapped"), &fields, CS_LIT("")), CS_OK);
        assert_int_equal(cs_keyrefs_of_record(&refs, cs_buf_slice(&record)), CS_SEAL_BROKEN);
        assert_null(refs.kek.provider.p);
    }
    cs_buf_free(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_come_back),
        cmocka_unit_test(bad_references),
        cmocka_unit_test(of_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
