/* SPDX-License-Identifier: Apache-2.0 */
/* The table of vendors is whole, and the roots that are compiled in are those of the public files. */
#include "x509_fixture.h"

#include "core/vendor.h"

static void every_vendor_has_a_whole_row(void **state)
{
    (void)state;
    const char *algs[CS_VENDOR_COUNT] = {NULL};
    assert_null(cs_vendor_find(CS_VENDOR_MOCK));
    assert_null(cs_vendor_find(CS_VENDOR_COUNT));
    assert_null(cs_vendor_find((cs_vendor)-1));
    for (cs_vendor v = CS_VENDOR_AWS_NITRO; v < CS_VENDOR_COUNT; v++) {
        const cs_vendor_ops *ops = cs_vendor_find(v);
        assert_non_null(ops);
        assert_true(ops->operation_alg != NULL && ops->rules_read != NULL && ops->rules_write != NULL &&
                    ops->rules_free != NULL && ops->root != NULL && ops->binding != NULL && ops->prove != NULL &&
                    ops->allow != NULL && ops->describe != NULL);
        algs[v] = ops->operation_alg;
        for (int i = 1; i < (int)v; i++)
            assert_string_not_equal(algs[i], algs[v]); /* a header names one vendor */
        assert_string_not_equal(ops->operation_alg, "EdDSA");
    }
    assert_string_equal(cs_vendor_name(CS_VENDOR_COUNT), "unknown");
}

/* Two commitments never give the same binding, and none gives an empty one. */
static void bindings_tell_commitments_apart(void **state)
{
    (void)state;
    for (cs_vendor v = CS_VENDOR_AWS_NITRO; v < CS_VENDOR_COUNT; v++) {
        uint8_t bytes[2][128], commitment[36] = "CSO1";
        cs_buf binding[2];
        for (int i = 0; i < 2; i++) {
            commitment[35] = (uint8_t)i;
            binding[i] = cs_buf_over(bytes[i], sizeof bytes[i]);
            assert_int_equal(cs_vendor_find(v)->binding(&binding[i], CS_ARRAY(commitment)), CS_OK);
            assert_true(binding[i].n >= 32);
        }
        assert_int_equal(binding[0].n, binding[1].n);
        assert_memory_not_equal(bytes[0], bytes[1], binding[0].n);
    }
}

static void roots_are_those_of_the_public_files(void **state)
{
    (void)state;
    static const struct {
        cs_vendor vendor;
        const char *file;
        size_t at; /* in the file */
        const char *name;
    } rows[] = {
        {CS_VENDOR_AWS_NITRO, "attestation/nitro/aws-nitro-root-g1.pem", 0, "AWS Nitro Enclaves Root-G1"},
        {CS_VENDOR_GCP_CS, "attestation/gcp/confidential-space-root.pem", 0, "Google Confidential Space Root CA"},
        {CS_VENDOR_AMD_SNP, "attestation/snp/milan-ask-ark-asvk.pem", 1, "AMD ARK-Milan"},
        {CS_VENDOR_AMD_SNP, "attestation/snp/genoa-ark.pem", 0, "AMD ARK-Genoa"},
        {CS_VENDOR_AZURE_CVM, "attestation/snp/genoa-ark.pem", 0, "AMD ARK-Genoa"},
        {CS_VENDOR_INTEL_TDX, "attestation/tdx/intel-sgx-root-ca.pem", 0, "Intel SGX Root CA"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_slice certificates[4];
        cs_digest d;
        assert_true(x509_public_file(certificates, 4, rows[i].file) > rows[i].at);
        assert_int_equal(cs_hash(&d, CS_SHA256, certificates[rows[i].at]), CS_OK);
        const cs_anchor *root = cs_vendor_root_find(rows[i].vendor, d.b);
        assert_non_null(root);
        assert_string_equal(root->name, rows[i].name);
        for (cs_vendor v = CS_VENDOR_MOCK; v <= CS_VENDOR_COUNT; v++) {
            bool amd = rows[i].vendor == CS_VENDOR_AMD_SNP || rows[i].vendor == CS_VENDOR_AZURE_CVM;
            bool shared = amd && (v == CS_VENDOR_AMD_SNP || v == CS_VENDOR_AZURE_CVM);
            assert_true((cs_vendor_root_find(v, d.b) != NULL) == (v == rows[i].vendor || shared));
        }
        d.b[31] ^= 1;
        assert_null(cs_vendor_root_find(rows[i].vendor, d.b));
    }
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vendor_has_a_whole_row),
        cmocka_unit_test(bindings_tell_commitments_apart),
        cmocka_unit_test(roots_are_those_of_the_public_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
