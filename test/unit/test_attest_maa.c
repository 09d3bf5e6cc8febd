/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Azure Attestation: one of each shape by a key of the test, then one thing changed in each row. */
#include "token_fixture.h"

#include "core/attest_maa.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ISSUER "https://test.eus.attest.azure.net"
#define HEADER "{\"alg\":\"RS256\",\"jku\":\"" ISSUER "/certs\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define HEX8(h) h h h h h h h h
#define HEX16(h) HEX8(h) HEX8(h)
#define LAUNCH HEX16("a1b2c3")
#define USER_DATA HEX16("0A1B2C3D")
#define TIMES "\"iat\":1000,\"nbf\":1000,\"exp\":29800,\"iss\":\"" ISSUER "\""
#define RUNTIME                                                                                                        \
    "\"x-ms-runtime\":{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"HCLAkPub\",\"e\":\"AQAB\",\"n\":\"@N@\"}],"                \
    "\"user-data\":\"" USER_DATA "\",\"vm-configuration\":{\"secure-boot\":true}}"
#define SNP                                                                                                            \
    "\"x-ms-attestation-type\":\"sevsnpvm\",\"x-ms-compliance-status\":\"azure-compliant-cvm\"," RUNTIME               \
    ",\"x-ms-sevsnpvm-is-debuggable\":false,\"x-ms-sevsnpvm-migration-allowed\":false,\"x-ms-sevsnpvm-vmpl\":0,"       \
    "\"x-ms-sevsnpvm-launchmeasurement\":\"" LAUNCH "\",\"x-ms-sevsnpvm-bootloader-svn\":10,"                          \
    "\"x-ms-sevsnpvm-tee-svn\":0,\"x-ms-sevsnpvm-snpfw-svn\":27,\"x-ms-sevsnpvm-microcode-svn\":88,"                   \
    "\"x-ms-sevsnpvm-guestsvn\":65549"
#define DIRECT "{" TIMES "," SNP "}"
#define GUEST                                                                                                          \
    "{" TIMES ",\"x-ms-attestation-type\":\"azurevm\",\"x-ms-azurevm-bootdebug-enabled\":false,"                       \
    "\"x-ms-azurevm-kerneldebug-enabled\":false,\"x-ms-azurevm-hypervisordebug-enabled\":false,"                       \
    "\"x-ms-isolation-tee\":{" SNP "},\"x-ms-runtime\":{\"client-payload\":{\"nonce\":\"QURFMDEwMQ==\"}}}"
#define TDX                                                                                                            \
    "{" TIMES ",\"x-ms-attestation-type\":\"tdxvm\",\"x-ms-compliance-status\":\"azure-compliant-cvm\"," RUNTIME       \
    ",\"attester_tcb_status\":\"UpToDate\",\"dbgstat\":\"disabled\",\"tdx_td_attributes_debug\":false,"                \
    "\"tdx_mrtd\":\"" LAUNCH "\"}"

static cs_err read_rules(cs_maa_rules *rules, cs_fault *fault, const char *match, bool allow_mock)
{
    cs_json *doc = NULL;
    assert_int_equal(cs_json_parse(&doc, cs_slice_str(match), CS_MAX_POLICY), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_err err = cs_maa_rules_read(rules, &o, allow_mock);
    assert_int_equal(err, CS_OK);
    err = cs_jobj_done(&o);
    (void)cs_jobj_fault(&o, NULL, fault);
    cs_json_free(doc);
    return err;
}

/* {"issuers":[…],"jwks":{"keys":[k1: key 0]}<more>} */
static const char *match_rules(const char *issuer, const char *more)
{
    return token_join("{\"issuers\":[\"", issuer, "\"],\"jwks\":{\"keys\":[",
                      token_jwk("k1", cert_key(CERT_RSA2048, 0), ""), "]}", more, "}", (const char *)NULL);
}

/* The claims with the test's attestation key in them. */
static const char *claims_of(const char *text)
{
    return token_edit(text, "@N@", token_number(cert_key(CERT_RSA2048, 2), OSSL_PKEY_PARAM_RSA_N));
}

static cs_err judge(cs_maa *m, const cs_maa_rules *rules, cs_slice token, int64_t now)
{
    const cs_prove_at at = {.now = now};
    cs_err err = cs_maa_prove(m, rules, token, &at);
    if (err == CS_OK && m->debuggable)
        err = CS_ATT_DEBUG;
    return err != CS_OK ? err : cs_maa_allow(rules, m);
}

static void whole(void **state)
{
    (void)state;
    static const char *const shapes[] = {DIRECT, GUEST, TDX};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        cs_maa_rules rules;
        cs_maa m;
        cs_pubkey *ak = NULL;
        assert_int_equal(read_rules(&rules, NULL, match_rules(ISSUER, ""), false), CS_OK);
        cs_slice token = token_make(HEADER, claims_of(shapes[i]), cert_key(CERT_RSA2048, 0));
        assert_int_equal(judge(&m, &rules, token, 2000), CS_OK);
        assert_int_equal(m.guest, i == 1);
        assert_int_equal(m.tdx, i == 2);
        assert_int_equal(m.times.iat, 1000);
        assert_int_equal(m.user_data.n, 64);
        assert_int_equal(m.user_data.p[3], 0x3d);
        assert_true(i == 1 ? cs_slice_is(m.nonce, "ADE0101") : m.nonce.p == NULL);
        assert_memory_equal(m.launch, vectors_from_hex(CS_LIT(LAUNCH)).p, sizeof m.launch);
        assert_int_equal(m.svn[CS_MAA_SVN_SNP], i == 2 ? 0 : 27);
        assert_int_equal(m.svn[CS_MAA_SVN_GUEST], i == 2 ? 0 : 65549);
        unsigned char *der = NULL;
        int n = i2d_PUBKEY(cert_key(CERT_RSA2048, 2), &der);
        assert_int_equal(cs_pubkey_from_spki(&ak, cs_slice_of(der, (size_t)n)), CS_OK);
        assert_true(cs_pubkey_eq(ak, m.ak));
        assert_true(cs_maa_carries(&m, m.user_data));
        assert_false(cs_maa_carries(&m, cs_slice_sub(m.user_data, 0, 63)));
        assert_false(cs_maa_carries(&m, CS_ABSENT));
        assert_int_equal(cs_maa_carries(&m, CS_LIT("ADE0101")), i == 1);
        OPENSSL_free(der);
        cs_pubkey_free(ak);
        cs_maa_free(&m);
        cs_maa_rules_free(&rules);
        vectors_release();
    }
}

/* Fewer bytes than user data has are followed by zeros there. */
static void carries_padded(void **state)
{
    (void)state;
    uint8_t data[64] = {1, 2, 3};
    const cs_maa m = {.user_data = CS_ARRAY(data)};
    assert_true(cs_maa_carries(&m, cs_slice_of(data, 3)));
    assert_true(cs_maa_carries(&m, cs_slice_of(data, 64)));
    assert_false(cs_maa_carries(&m, cs_slice_of(data, 2)));
    assert_false(cs_maa_carries(&m, CS_LIT("\1\2\4")));
    assert_false(cs_maa_carries(&m, CS_LIT("")));
}

static void one_claim_changed(void **state)
{
    (void)state;
    static const struct {
        const char *claims, *find, *put;
        cs_err err;
    } rows[] = {
        {DIRECT, "", "", CS_OK},
        {DIRECT, ",\"iss\":\"" ISSUER "\"", "", CS_ATT_ISSUER_MISMATCH},
        {DIRECT, "https://test.", "https://evil.", CS_ATT_ISSUER_MISMATCH},
        {DIRECT, ".azure.net\"", ".azure.net/\"", CS_ATT_ISSUER_MISMATCH},
        {DIRECT, "\"iss\":\"" ISSUER "\"", "\"iss\":[\"" ISSUER "\"]", CS_ATT_ISSUER_MISMATCH},
        {DIRECT, "\"nbf\":1000", "\"nbf\":2061", CS_ATT_TOKEN_NOT_YET_VALID},
        {DIRECT, "\"exp\":29800", "\"exp\":2000", CS_ATT_TOKEN_EXPIRED},
        {DIRECT, "\"exp\":29800,", "", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"sevsnpvm\"", "\"sgx\"", CS_ATT_PLATFORM},
        {DIRECT, "\"sevsnpvm\"", "\"tdxvm\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"sevsnpvm\"", "\"azurevm\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"x-ms-attestation-type\"", "\"x-ms-attestation-typ\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "azure-compliant-cvm", "azure-compliant-uvm", CS_ATT_PLATFORM},
        {DIRECT, "\"x-ms-compliance-status\"", "\"x-ms-compliance\"", CS_ATT_PLATFORM},
        {DIRECT, "\"azure-compliant-cvm\"", "1", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "debuggable\":false", "debuggable\":true", CS_ATT_DEBUG},
        {DIRECT, "debuggable\":false", "debuggable\":\"false\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"x-ms-sevsnpvm-is-debuggable\":false,", "", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "migration-allowed\":false", "migration-allowed\":true", CS_ATT_PLATFORM},
        {DIRECT, "\"x-ms-sevsnpvm-migration-allowed\":false,", "", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "vmpl\":0", "vmpl\":1", CS_ATT_PLATFORM},
        {DIRECT, "vmpl\":0", "vmpl\":4", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"x-ms-sevsnpvm-vmpl\":0,", "", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "launchmeasurement\":\"a1", "launchmeasurement\":\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "launchmeasurement\":\"a1", "launchmeasurement\":\"zz", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "launchmeasurement\":\"a1", "launchmeasurement\":\"a2", CS_ATT_IMAGE_NOT_ALLOWED},
        {DIRECT, "bootloader-svn\":10", "bootloader-svn\":9", CS_ATT_TCB},
        {DIRECT, "snpfw-svn\":27", "snpfw-svn\":26", CS_ATT_TCB},
        {DIRECT, "microcode-svn\":88", "microcode-svn\":87", CS_ATT_TCB},
        {DIRECT, "guestsvn\":65549", "guestsvn\":65548", CS_ATT_TCB},
        {DIRECT, "guestsvn\":65549", "guestsvn\":-1", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "tee-svn\":0,", "tee-svn\":\"0\",", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"x-ms-sevsnpvm-tee-svn\":0,", "", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"user-data\":\"0A", "\"user-data\":\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"user-data\":\"0A", "\"user-data\":\"0a", CS_OK},
        {DIRECT, "\"user-data\"", "\"user\"", CS_OK},
        {DIRECT, "\"x-ms-runtime\"", "\"x-ms-run\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"HCLAkPub\"", "\"HCLEkPub\"", CS_OK},
        {DIRECT, "\"kty\":\"RSA\"", "\"kty\":\"EC\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"e\":\"AQAB\"", "\"e\":\"Aw\"", CS_ATT_KEY_WEAK},
        {DIRECT, "\"e\":\"AQAB\"", "\"e\":\"AQAB=\"", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"keys\":[", "\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\"},", CS_ATT_EVIDENCE_FORMAT},
        {DIRECT, "\"keys\":[", "\"keys\":[1,", CS_OK},
        {DIRECT, "\"keys\":[", "\"keys\":[" HEX16("1,1,1,1,"), CS_ATT_EVIDENCE_FORMAT}, /* 65 of them */
        {GUEST, "", "", CS_OK},
        {GUEST, "bootdebug-enabled\":false", "bootdebug-enabled\":true", CS_ATT_DEBUG},
        {GUEST, "kerneldebug-enabled\":false", "kerneldebug-enabled\":true", CS_ATT_DEBUG},
        {GUEST, "hypervisordebug-enabled\":false", "hypervisordebug-enabled\":true", CS_ATT_DEBUG},
        {GUEST, "kerneldebug-enabled\":false", "kerneldebug-enabled\":0", CS_ATT_EVIDENCE_FORMAT},
        {GUEST, "kerneldebug-enabled\":false", "debuggersdisabled\":true", CS_OK},
        {GUEST, "kerneldebug-enabled\":false", "debuggersdisabled\":false", CS_ATT_DEBUG},
        {GUEST, "kerneldebug-enabled\":false", "debuggersdisabled\":\"false\"", CS_ATT_EVIDENCE_FORMAT},
        {GUEST, "debuggable\":false", "debuggable\":true", CS_ATT_DEBUG},
        {GUEST, "x-ms-isolation-tee", "x-ms-isolation", CS_ATT_EVIDENCE_FORMAT},
        {GUEST, "\"sevsnpvm\"", "\"azurevm\"", CS_ATT_PLATFORM},
        {GUEST, "azure-compliant-cvm", "azure", CS_ATT_PLATFORM},
        {GUEST, "QURFMDEwMQ==", "QURFMDEwMQ", CS_ATT_EVIDENCE_FORMAT},
        {TDX, "", "", CS_ATT_TCB}, /* the floors are of SEV-SNP, and it has none of them */
        {TDX, "attributes_debug\":false", "attributes_debug\":true", CS_ATT_DEBUG},
        {TDX, "\"tdx_td_attributes_debug\":false,", "", CS_ATT_EVIDENCE_FORMAT},
        {TDX, "\"dbgstat\":\"disabled\"", "\"dbgstat\":\"enabled\"", CS_ATT_DEBUG},
        {TDX, "UpToDate", "OutOfDate", CS_ATT_TCB},
        {TDX, "\"tdx_mrtd\":\"a1", "\"tdx_mrtd\":\"a2", CS_ATT_IMAGE_NOT_ALLOWED},
        {TDX, "azure-compliant-cvm", "azure", CS_ATT_PLATFORM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_maa_rules rules;
        cs_maa m;
        const char *more = ",\"launchMeasurements\":[\"" LAUNCH "\"],\"minSvn\":{\"bootloader\":10,\"snp\":27,"
                           "\"microcode\":88,\"guest\":65549}";
        assert_int_equal(read_rules(&rules, NULL, match_rules(ISSUER, more), false), CS_OK);
        const char *claims = token_edit(claims_of(rows[i].claims), rows[i].find, rows[i].put);
        cs_err err = judge(&m, &rules, token_make(HEADER, claims, cert_key(CERT_RSA2048, 0)), 2000);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].put, cs_err_name(err));
        cs_maa_free(&m);
        cs_maa_rules_free(&rules);
        vectors_release();
    }
}

static void keys_and_headers(void **state)
{
    (void)state;
    EVP_PKEY *key = cert_key(CERT_RSA2048, 0), *other = cert_key(CERT_RSA2048, 1);
    const struct {
        const char *find, *put;
        EVP_PKEY *key;
        cs_err err;
    } rows[] = {
        {"", "", key, CS_OK},
        {"", "", other, CS_ATT_PROOF_INVALID},
        {"\"kid\":\"k1\"", "\"kid\":\"k2\"", key, CS_ATT_KEY_UNKNOWN},
        {"\"kid\":\"k1\"", "\"kid\":\"K1\"", key, CS_ATT_KEY_UNKNOWN},
        {"\"kid\":\"k1\",", "", key, CS_ATT_KEY_UNKNOWN},
        {"\"kid\":\"k1\"", "\"kid\":\"k1 \"", key, CS_ATT_KEY_UNKNOWN},
        {"RS256", "RS384", key, CS_ATT_EVIDENCE_ALGORITHM},
        {"RS256", "none", key, CS_ATT_EVIDENCE_ALGORITHM},
        {"\"typ\":\"JWT\"", "\"typ\":\"JWT\",\"crit\":[]", key, CS_ATT_EVIDENCE_ALGORITHM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_maa_rules rules;
        cs_maa m;
        assert_int_equal(read_rules(&rules, NULL, match_rules(ISSUER, ""), false), CS_OK);
        cs_slice token = token_make(token_edit(HEADER, rows[i].find, rows[i].put), claims_of(DIRECT), rows[i].key);
        cs_err err = judge(&m, &rules, token, 2000);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].put, cs_err_name(err));
        cs_maa_free(&m);
        cs_maa_rules_free(&rules);
        vectors_release();
    }
}

/* The token brings the attacker's key in every place that exists for one. None is looked at. */
static void embedded_keys_mean_nothing(void **state)
{
    (void)state;
    EVP_PKEY *evil = cert_key(CERT_RSA2048, 1);
    const struct cert own = {.subject = ISSUER, .issuer = ISSUER, .key = evil, .issuer_key = evil, .md = "SHA256"};
    const char *header = token_join(
        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":\"https://evil.example\",\"x5u\":\"https://evil.example\","
        "\"jwk\":",
        token_jwk("k1", evil, ""), ",\"x5c\":[\"", token_base64(cert_make(&own)), "\"]}", (const char *)NULL);
    cs_maa_rules rules;
    cs_maa m;
    assert_int_equal(read_rules(&rules, NULL, match_rules(ISSUER, ""), false), CS_OK);
    assert_int_equal(judge(&m, &rules, token_make(header, claims_of(DIRECT), evil), 2000), CS_ATT_PROOF_INVALID);
    cs_maa_free(&m);
    const cs_maa_rules none = {0};
    assert_int_equal(judge(&m, &none, token_make(header, claims_of(DIRECT), evil), 2000), CS_ATT_KEY_UNKNOWN);
    cs_maa_free(&m);
    cs_maa_rules_free(&rules);
    vectors_release();
}

/* Two keys of the name would leave it to the reader which one signs quotes. */
static void one_attestation_key(void **state)
{
    (void)state;
    cs_maa_rules rules;
    cs_maa m;
    const char *second = token_jwk("HCLAkPub", cert_key(CERT_RSA2048, 1), "");
    const char *keys = token_join("\"keys\":[", second, ",", (const char *)NULL);
    const char *claims = token_edit(claims_of(DIRECT), "\"keys\":[", keys);
    assert_int_equal(read_rules(&rules, NULL, match_rules(ISSUER, ""), false), CS_OK);
    assert_int_equal(judge(&m, &rules, token_make(HEADER, claims, cert_key(CERT_RSA2048, 0)), 2000),
                     CS_ATT_EVIDENCE_FORMAT);
    cs_maa_free(&m);
    cs_maa_rules_free(&rules);
    vectors_release();
}

static void live_and_stored(void **state)
{
    (void)state;
    cs_maa_rules rules;
    cs_maa m;
    assert_int_equal(read_rules(&rules, NULL, match_rules(ISSUER, ""), false), CS_OK);
    const struct {
        const char *claims;
        cs_prove_at at;
        cs_err err;
    } rows[] = {
        {DIRECT, {.now = 29799}, CS_OK},
        {DIRECT, {.now = 29800}, CS_ATT_TOKEN_EXPIRED},
        {DIRECT, {.now = 939}, CS_ATT_TOKEN_NOT_YET_VALID},
        {DIRECT, {.now = 4000000000, .stored = true}, CS_OK},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_slice token = token_make(HEADER, claims_of(rows[i].claims), cert_key(CERT_RSA2048, 0));
        if (cs_maa_prove(&m, &rules, token, &rows[i].at) != rows[i].err)
            fail_msg("row %zu", i);
        cs_maa_free(&m);
    }
    cs_maa_rules_free(&rules);
    vectors_release();
}

/* Keys of two issuers in one policy: each signs for its own. A key from a certificate lives as long as that. */
static void keys_belong_to_issuers(void **state)
{
    (void)state;
    static const char other[] = "https://other.weu.attest.azure.net";
    EVP_PKEY *key = cert_key(CERT_RSA2048, 0);
    const struct cert own = {
        .subject = other, .issuer = other, .key = key, .issuer_key = key, .md = "SHA256", .from = 1500, .to = 2500};
    const char *match = token_join("{\"issuers\":[\"" ISSUER "\",\"", other,
                                   "\"],\"jwks\":{\"keys\":[{\"kty\":\"RSA\","
                                   "\"kid\":\"k1\",\"x5c\":[\"",
                                   token_base64(cert_make(&own)), "\"]}]}}", (const char *)NULL);
    const char *claims = claims_of(DIRECT), *theirs = token_edit(claims, ISSUER, other);
    const struct {
        const char *claims;
        cs_prove_at at;
        cs_err err;
    } rows[] = {
        {theirs, {.now = 2000}, CS_OK},
        {claims, {.now = 2000}, CS_ATT_ISSUER_MISMATCH},
        {theirs, {.now = 1499}, CS_ATT_CERT_NOT_YET_VALID},
        {theirs, {.now = 2500}, CS_OK},
        {theirs, {.now = 2501}, CS_ATT_CERT_EXPIRED},
        {theirs, {.now = 2000, .stored = true}, CS_ATT_CERT_NOT_YET_VALID}, /* iat is 1000 */
    };
    cs_maa_rules rules;
    cs_maa m;
    assert_int_equal(read_rules(&rules, NULL, match, false), CS_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (cs_maa_prove(&m, &rules, token_make(HEADER, rows[i].claims, key), &rows[i].at) != rows[i].err)
            fail_msg("row %zu", i);
        cs_maa_free(&m);
    }
    cs_maa_rules_free(&rules);
    vectors_release();
}

static void rules_are_strict(void **state)
{
    (void)state;
    const char *jwks =
        token_join("\"jwks\":{\"keys\":[", token_jwk("k1", cert_key(CERT_RSA2048, 0), ""), "]}", (const char *)NULL);
    const struct {
        const char *issuers, *jwks, *more;
        bool allow_mock;
        cs_err err;
        const char *field;
    } rows[] = {
        {"\"issuers\":[\"" ISSUER "\"],", jwks, "", false, CS_OK, ""},
        {"", "", "", false, CS_OK, ""},
        {"", jwks, "", false, CS_MISSING_FIELD, "issuers"},
        {"\"issuers\":[\"" ISSUER "\"]", "", "", false, CS_MISSING_FIELD, "jwks"},
        {"\"issuers\":[],", jwks, "", false, CS_POLICY_ALLOWLIST_EMPTY, "issuers"},
        {"\"issuers\":\"" ISSUER "\",", jwks, "", false, CS_BAD_FIELD, "issuers"},
        {"\"issuers\":[1],", jwks, "", false, CS_BAD_FIELD, "issuers"},
        {"\"issuers\":[\"http://test.eus.attest.azure.net\"],", jwks, "", true, CS_BAD_FIELD, "issuers"},
        {"\"issuers\":[\"https://issuer.example\"],", jwks, "", true, CS_OK, ""},
        {"\"issuers\":[\"https://issuer.example\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT, "issuers"},
        {"\"issuers\":[\"" ISSUER "/\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT, "issuers"},
        {"\"issuers\":[\"https://.attest.azure.net\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT, "issuers"},
        {"\"issuers\":[\"https://evil.example/.attest.azure.net\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT,
         "issuers"},
        {"\"issuers\":[\"https://evil.example?.attest.azure.net\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT,
         "issuers"},
        {"\"issuers\":[\"https://evil@x.attest.azure.net\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT, "issuers"},
        {"\"issuers\":[\"https://x.attest.azure.net.example\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT, "issuers"},
        {"\"issuers\":[\"https://xattest.azure.net\"],", jwks, "", false, CS_POLICY_FOREIGN_ROOT, "issuers"},
        {"\"issuers\":[\"" ISSUER "\"],", "\"jwks\":{\"keys\":[]}", "", false, CS_POLICY_KEYS, "jwks"},
        {"\"issuers\":[\"" ISSUER "\",\"https://b.attest.azure.net\"],", jwks, "", false, CS_POLICY_KEYS, "jwks"},
        {"\"issuers\":[\"" ISSUER "\"],", "\"jwks\":[]", "", false, CS_BAD_FIELD, "jwks"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"launchMeasurements\":[]", false, CS_POLICY_ALLOWLIST_EMPTY,
         "launchMeasurements"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"launchMeasurements\":[\"a1\"]", false, CS_POLICY_HASH,
         "launchMeasurements"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"minSvn\":{}", false, CS_BAD_FIELD, "minSvn"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"minSvn\":{\"snp\":0}", false, CS_BAD_FIELD, "minSvn"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"minSvn\":{\"snp\":\"1\"}", false, CS_BAD_FIELD, "minSvn"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"minSvn\":{\"snpfw\":1}", false, CS_UNKNOWN_FIELD, "minSvn"},
        {"\"issuers\":[\"" ISSUER "\"],", jwks, ",\"minSvn\":[]", false, CS_BAD_FIELD, "minSvn"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_maa_rules rules;
        cs_fault fault;
        const char *text = token_join("{", rows[i].issuers, rows[i].jwks, rows[i].more, "}", (const char *)NULL);
        cs_err err = read_rules(&rules, &fault, text, rows[i].allow_mock);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        if (err != CS_OK)
            assert_string_equal(fault.field, rows[i].field);
        cs_maa_rules_free(&rules);
    }
    vectors_release();
}

static void rules_have_one_form(void **state)
{
    (void)state;
    cs_maa_rules rules;
    const char *match =
        match_rules(ISSUER, ",\"minSvn\":{\"tee\":1,\"bootloader\":2},\"launchMeasurements\":[\"sha384:" LAUNCH "\"]");
    assert_int_equal(read_rules(&rules, NULL, match, false), CS_OK);
    cs_buf out = token_buf();
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_maa_rules_write(&w, &rules);
    cs_jw_end(&w);
    const char *expected =
        token_join("{\"issuers\":[\"" ISSUER "\"],\"jwks\":{\"keys\":[{\"e\":\"AQAB\",\"kid\":\"k1\",\"kty\":\"RSA\","
                   "\"n\":\"",
                   token_number(cert_key(CERT_RSA2048, 0), OSSL_PKEY_PARAM_RSA_N),
                   "\"}]},\"launchMeasurements\":[\"sha384:" LAUNCH "\"],\"minSvn\":{\"bootloader\":2,\"tee\":1}}",
                   (const char *)NULL);
    assert_string_equal(cs_buf_cstr(&out), expected);
    cs_maa_rules_free(&rules);
    vectors_release();
}

static const char *public_text(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "attestation/azure/%s", name);
    cs_buf file = vectors_public_file(path);
    const char *text = (char *)memcpy(vectors_hold(file.n + 1), cs_buf_cstr(&file), file.n + 1);
    cs_buf_free(&file);
    return text;
}

static void public_tokens(void **state)
{
    (void)state;
    static const char sevsnp[] = "maa-sevsnpvm-eus-2026-10-09.jwt", guest[] = "maa-azurevm-guest-weu-2023-03-30.jwt";
    static const char eus[] = "https://sharedeus.eus.attest.azure.net",
                      weu[] = "https://sharedweu.weu.attest.azure.net";
    static const struct {
        const char *token, *issuer;
        int64_t now;
        cs_err err;
    } rows[] = {
        {sevsnp, eus, 1791503157, CS_OK},
        {sevsnp, eus, 1791531956, CS_OK},
        {sevsnp, eus, 1791531957, CS_ATT_TOKEN_EXPIRED},
        {sevsnp, eus, 1791503096, CS_ATT_TOKEN_NOT_YET_VALID},
        {sevsnp, eus, 1900000000, CS_ATT_TOKEN_EXPIRED},
        {sevsnp, weu, 1791510000, CS_ATT_ISSUER_MISMATCH},
        {guest, weu, 1680180000, CS_ATT_KEY_UNKNOWN}, /* its key is in no set that is known; nothing is fetched */
        {guest, eus, 1680180000, CS_ATT_KEY_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_maa_rules rules;
        cs_maa m;
        const char *match =
            token_join("{\"issuers\":[\"", rows[i].issuer, "\"],\"jwks\":", public_text("maa-jwks-eus-2026-10-08.json"),
                       "}", (const char *)NULL);
        assert_int_equal(read_rules(&rules, NULL, match, false), CS_OK);
        cs_err err = judge(&m, &rules, cs_slice_str(public_text(rows[i].token)), rows[i].now);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        if (err == CS_OK) {
            assert_int_equal(m.user_data.p[0], 0xfb);
            assert_int_equal(m.svn[CS_MAA_SVN_MICROCODE], 88);
            assert_non_null(m.ak);
        }
        cs_maa_free(&m);
        cs_maa_rules_free(&rules);
        vectors_release();
    }
}

/* No bit of a good token can change, and no end can be missing. */
static void every_flip_and_cut(void **state)
{
    (void)state;
    cs_maa_rules rules;
    cs_maa m;
    const char *match = token_join("{\"issuers\":[\"https://sharedeus.eus.attest.azure.net\"],\"jwks\":",
                                   public_text("maa-jwks-eus-2026-10-08.json"), "}", (const char *)NULL);
    assert_int_equal(read_rules(&rules, NULL, match, false), CS_OK);
    cs_slice token = cs_slice_str(public_text("maa-sevsnpvm-eus-2026-10-09.jwt"));
    uint8_t *copy = vectors_copy(token);
    for (size_t bit = 0; bit <= 8 * token.n; bit++) {
        bool whole = bit == 8 * token.n;
        if (!whole)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if ((judge(&m, &rules, cs_slice_of(copy, token.n), 1791510000) == CS_OK) != whole)
            fail_msg("bit %zu", bit);
        cs_maa_free(&m);
        if (!whole)
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < token.n; n++) {
        assert_int_not_equal(judge(&m, &rules, cs_slice_sub(token, 0, n), 1791510000), CS_OK);
        cs_maa_free(&m);
    }
    cs_maa_rules_free(&rules);
    vectors_release();
}

static void described(void **state)
{
    (void)state;
    static const struct {
        const char *token, *parts[8];
    } rows[] = {
        {"maa-sevsnpvm-eus-2026-10-09.jwt",
         {"{\"token\":\"direct attestation\",\"issuer\":\"https://sharedeus.eus.attest.azure.net\"",
          "\"issued\":\"2026-10-08T23:45:57.000Z\"", "\"hardwareType\":\"AMD SEV-SNP\"", "\"vmpl\":0",
          "\"launchMeasurement\":\"sha384:aa7c9da5", "\"userData\":\"fb36348b",
          "\"attestationKey\":{\"key\":\"RSA-2048\"", "\"claims\":{"}},
        {"maa-azurevm-guest-weu-2023-03-30.jwt",
         {"{\"token\":\"guest attestation\"", "\"keyId\":\"dRKh+hBcWUfQimSl3Iv6ZhStW3TSOt0ThwiTgUUqZAo=\"",
          "\"expires\":\"2023-03-30T18:49:34.000Z\"", "\"debuggable\":false", "\"nonce\":\"QURFMDEwMQ==\"",
          "\"x-ms-azurevm-osdistro\":\"Microsoft\"", "\"microcode\":115", "\"migrationAllowed\":false"}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_buf out = token_buf();
        cs_json *doc = NULL;
        cs_jw w = cs_jw_on(&out);
        cs_jw_begin(&w, NULL);
        assert_int_equal(cs_maa_describe(&w, cs_slice_str(public_text(rows[i].token))), CS_OK);
        cs_jw_end(&w);
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&out), TOKEN_MAX), CS_OK);
        cs_json_free(doc);
        for (size_t p = 0; p < COUNT(rows[i].parts); p++)
            if (strstr(cs_buf_cstr(&out), rows[i].parts[p]) == NULL)
                fail_msg("%s is not in %s", rows[i].parts[p], cs_buf_cstr(&out));
        vectors_release();
    }
    cs_buf out = token_buf();
    cs_jw w = cs_jw_on(&out);
    assert_int_equal(cs_maa_describe(&w, CS_LIT("a.b.c")), CS_ATT_EVIDENCE_FORMAT);
    vectors_release();
}

static int free_keys(void **state)
{
    (void)state;
    cert_keys_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(carries_padded),
        cmocka_unit_test(one_claim_changed),
        cmocka_unit_test(keys_and_headers),
        cmocka_unit_test(embedded_keys_mean_nothing),
        cmocka_unit_test(one_attestation_key),
        cmocka_unit_test(live_and_stored),
        cmocka_unit_test(keys_belong_to_issuers),
        cmocka_unit_test(rules_are_strict),
        cmocka_unit_test(rules_have_one_form),
        cmocka_unit_test(public_tokens),
        cmocka_unit_test(every_flip_and_cut),
        cmocka_unit_test(described),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
