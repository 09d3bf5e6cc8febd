/* SPDX-License-Identifier: Apache-2.0 */
/* Pinned roots: a vendor's own as PEM, a foreign one, none; what is no certificate. */
#include "core/root_pin.h"

#include "core/crypto_issue.h"
#include "vectors.h"

static cs_err read_pin(cs_root_pin *out, cs_slice pem, cs_vendor vendor, bool allow_mock)
{
    cs_buf text = cs_buf_new(1u << 20);
    cs_json *doc = NULL;
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    if (pem.p != NULL)
        cs_jw_str(&w, "pem", pem);
    cs_jw_end(&w);
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), 1u << 20), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_root_pin_read(out, &o, "pem", vendor, allow_mock);
    cs_err err = cs_jobj_done(&o);
    cs_json_free(doc);
    cs_buf_free(&text);
    return err;
}

static void no_root_is_any_of_the_vendors(void **state)
{
    (void)state;
    cs_root_pin pin;
    uint8_t sha256[CS_SHA256_LEN], hashes[CS_ROOT_PIN_MAX][CS_SHA256_LEN];
    assert_int_equal(read_pin(&pin, CS_ABSENT, CS_VENDOR_AMD_SNP, false), CS_OK);
    assert_int_equal(cs_root_pin_kind(sha256, &pin), CS_ROOT_COMPILED_IN);
    assert_true(cs_slice_all_zero(CS_ARRAY(sha256)));
    assert_int_equal(cs_root_pin_hashes(hashes, &pin), 3);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(hashes[i], cs_vendor_root(CS_VENDOR_AMD_SNP, i)->sha256, CS_SHA256_LEN);
    assert_null(cs_root_pin_der(&pin).p);
    cs_root_pin_free(&pin);
}

static void the_vendors_own(void **state)
{
    (void)state;
    cs_root_pin pin;
    uint8_t sha256[CS_SHA256_LEN], hashes[CS_ROOT_PIN_MAX][CS_SHA256_LEN];
    cs_buf pem = vectors_public_file("attestation/tdx/intel-sgx-root-ca.pem");
    assert_int_equal(read_pin(&pin, cs_buf_slice(&pem), CS_VENDOR_INTEL_TDX, false), CS_OK);
    assert_int_equal(cs_root_pin_kind(sha256, &pin), CS_ROOT_COMPILED_IN);
    assert_memory_equal(sha256, cs_vendor_root(CS_VENDOR_INTEL_TDX, 0)->sha256, CS_SHA256_LEN);
    assert_int_equal(cs_root_pin_hashes(hashes, &pin), 1);
    assert_memory_equal(hashes[0], sha256, CS_SHA256_LEN);

    /* Written again it is the same certificate. */
    cs_buf out = cs_buf_new(1u << 16);
    cs_json *doc = NULL;
    cs_root_pin again;
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_root_pin_write(&w, "pem", &pin);
    cs_jw_end(&w);
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&out), 1u << 16), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_root_pin_read(&again, &o, "pem", CS_VENDOR_INTEL_TDX, false);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    assert_true(cs_slice_eq(cs_root_pin_der(&pin), cs_root_pin_der(&again)));
    cs_json_free(doc);
    cs_buf_free(&out);
    cs_root_pin_free(&again);
    cs_root_pin_free(&pin);

    /* Another vendor's root is a foreign one. */
    assert_int_equal(read_pin(&pin, cs_buf_slice(&pem), CS_VENDOR_AMD_SNP, false), CS_POLICY_FOREIGN_ROOT);
    cs_root_pin_free(&pin);
    assert_int_equal(read_pin(&pin, cs_buf_slice(&pem), CS_VENDOR_AMD_SNP, true), CS_OK);
    assert_int_equal(cs_root_pin_kind(sha256, &pin), CS_ROOT_FOREIGN);
    cs_root_pin_free(&pin);

    /* Two of them are no root, and neither is what stands behind one. */
    cs_buf more = cs_buf_new(1u << 16);
    cs_buf_add(&more, cs_buf_slice(&pem));
    cs_buf_add(&more, cs_buf_slice(&pem));
    assert_int_equal(read_pin(&pin, cs_buf_slice(&more), CS_VENDOR_INTEL_TDX, true), CS_POLICY_ROOT);
    cs_root_pin_free(&pin);
    cs_buf_clear(&more);
    cs_buf_add(&more, cs_buf_slice(&pem));
    cs_buf_add_str(&more, "x");
    assert_int_equal(read_pin(&pin, cs_buf_slice(&more), CS_VENDOR_INTEL_TDX, true), CS_POLICY_ROOT);
    cs_root_pin_free(&pin);
    cs_buf_free(&more);
    cs_buf_free(&pem);
}

static void no_certificate(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cs_root_pin pin;
        assert_int_equal(read_pin(&pin, cs_slice_str(texts[i]), CS_VENDOR_AMD_SNP, true), CS_POLICY_ROOT);
        assert_false(pin.given);
        cs_root_pin_free(&pin);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_root_is_any_of_the_vendors),
        cmocka_unit_test(the_vendors_own),
        cmocka_unit_test(no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
