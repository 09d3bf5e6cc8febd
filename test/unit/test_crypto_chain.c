/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate chains: those of the vendors as they are, and of our own making with one thing wrong in each. */
#include "vectors.h"

#include "core/crypto_x509.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SCHEME(s) (1u << (s))

#define MILAN "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"
#define GENOA "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1"
#define INTEL "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"
#define GOOGLE "148b293821bb0c6a317f413c8ba475814091cb22d49b9e3c94198db8e8f86c39"

/* A certificate by file and place: "snp/a.der", "snp/b.pem:1"; the PEM block may stand behind other bytes. */
static cs_slice certificate(const char *where)
{
    char name[256];
    assert_true(snprintf(name, sizeof name, "attestation/%s", where) < (int)sizeof name);
    char *colon = strchr(name, ':');
    size_t place = colon != NULL ? (size_t)(colon[1] - '0') : 0;
    if (colon != NULL)
        *colon = '\0';
    cs_buf file = vectors_public_file(name);
    cs_slice bytes = cs_slice_of(vectors_copy(cs_buf_slice(&file)), file.n);
    cs_buf_free(&file);
    if (colon == NULL)
        return bytes;
    const uint8_t *from = memmem(bytes.p, bytes.n, "-----BEGIN", 10);
    assert_non_null(from);
    size_t n = (size_t)(bytes.p + bytes.n - from), count = 0;
    n -= from[n - 1] == '\0';
    cs_slice found[CS_MAX_CHAIN];
    cs_buf ders = cs_buf_over(vectors_hold(16384), 16384);
    assert_int_equal(cs_pem_certificates(&ders, found, &count, COUNT(found), cs_slice_of(from, n)), CS_OK);
    assert_true(place < count);
    return found[place];
}

static void vendors_chains(void **state)
{
    (void)state;
    static const struct {
        const char *leaf, *issuer, *root, *pin;
        int64_t at;
        cs_scheme scheme;
        cs_err err;
    } rows[] = {
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1674583106,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1674583105,
         CS_SCHEME_PSS384, CS_ATT_CERT_NOT_YET_VALID},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1895507906,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1895507907,
         CS_SCHEME_PSS384, CS_ATT_CERT_EXPIRED},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", GENOA, 1700000000,
         CS_SCHEME_PSS384, CS_ATT_ROOT_MISMATCH},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_RS256, CS_ATT_CHAIN},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:2", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-v2-vcek.der", "snp/genoa-ask.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-vcek-tampered.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN,
         1700000000, CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-v3-vlek.der", "snp/milan-ask-ark-asvk.pem:2", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1740000000,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v3-vlek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1740000000,
         CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-v3-vlek.der", "snp/milan-ask-ark-asvk.pem:2", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1800000000,
         CS_SCHEME_PSS384, CS_ATT_CERT_EXPIRED},
        {"snp/genoa-v3-vcek.pem:0", "snp/genoa-ask.pem:0", "snp/genoa-ark.pem:0", GENOA, 1790000000, CS_SCHEME_PSS384,
         CS_OK},
        {"snp/genoa-v5-vcek.der", "snp/genoa-ask.pem:0", "snp/genoa-ark.pem:0", GENOA, 1790000000, CS_SCHEME_PSS384,
         CS_OK},
        {"azure/hcl-report-snp-certs.pem:0", "azure/hcl-report-snp-certs.pem:1", "azure/hcl-report-snp-certs.pem:2",
         MILAN, 1700000000, CS_SCHEME_PSS384, CS_OK},
        {"tdx/quote-v5-a.dat:0", "tdx/quote-v5-a.dat:1", "tdx/quote-v5-a.dat:2", INTEL, 1750000000, CS_SCHEME_ES256_DER,
         CS_OK},
        {"tdx/quote-v4-a.dat:0", "tdx/quote-v4-a.dat:1", "tdx/intel-sgx-root-ca.pem:0", INTEL, 1750000000,
         CS_SCHEME_ES256_DER, CS_OK},
        {"tdx/quote-v4-a.dat:0", "tdx/quote-v4-a.dat:1", "tdx/intel-sgx-root-ca.pem:0", INTEL, 1750000000,
         CS_SCHEME_ES384_DER, CS_ATT_CHAIN},
        {"tdx/quote-v4-a.dat:0", "tdx/intel-sgx-root-ca.pem:0", "tdx/quote-v4-a.dat:1", INTEL, 1750000000,
         CS_SCHEME_ES256_DER, CS_ATT_ROOT_MISMATCH},
        {"tdx/quote-v4-a.dat:1", "tdx/quote-v4-a.dat:0", "tdx/intel-sgx-root-ca.pem:0", INTEL, 1750000000,
         CS_SCHEME_ES256_DER, CS_ATT_CHAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cs_slice ders[] = {certificate(rows[i].leaf), certificate(rows[i].issuer), certificate(rows[i].root)};
        uint8_t pin[1][CS_SHA256_LEN];
        memcpy(pin[0], vectors_from_hex(cs_slice_str(rows[i].pin)).p, CS_SHA256_LEN);
        const cs_chain_rule rule = {
            (const uint8_t(*)[CS_SHA256_LEN])pin, 1, rows[i].at, SCHEME(rows[i].scheme), true, false};
        cs_chain *c = NULL;
        assert_int_equal(cs_chain_open(&c, NULL, ders, COUNT(ders)), CS_OK);
        cs_err err = cs_chain_verify(c, &rule);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].leaf, cs_err_name(err));
        cs_chain_free(c);
        vectors_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vendors_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
