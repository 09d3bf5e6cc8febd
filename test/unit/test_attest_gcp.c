/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Confidential Space: both kinds by keys of the test, one thing changed in each row, and the public ones. */
#include "gcp_fixture.h"

#include "core/attest.h"
#include "core/evidence.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static cs_err read_policy(cs_policy *p, cs_fault *fault, const char *match, bool allow_mock)
{
    return cs_policy_parse(p, fault, cs_slice_str(gcp_policy(match)), allow_mock);
}

static cs_err verify(cs_verdict *v, const cs_policy *p, cs_slice token, const cs_evidence_expect *e)
{
    cs_err err = cs_evidence_verify(v, token, p, e);
    assert_int_equal(err, v->reason);
    return err;
}

static const cs_evidence_expect now_2000 = {.allow_mock = true, .now = 2000, .binding = CS_LIT(GCP_NONCE)};

static void one_claim_changed(void **state)
{
    (void)state;
    static const struct {
        const char *find, *put;
        cs_err err;
    } rows[] = {
        {"", "", CS_OK},
        {"googleapis.com\"", "googleapis.com/\"", CS_ATT_ISSUER_MISMATCH},
        {"https://conf", "http://conf", CS_ATT_ISSUER_MISMATCH},
        {"\"iss\"", "\"is\"", CS_ATT_ISSUER_MISMATCH},
        {"\"aud\":\"countersign\"", "\"aud\":\"Countersign\"", CS_ATT_AUDIENCE_MISMATCH},
        {"\"aud\":\"countersign\"", "\"aud\":\"countersign2\"", CS_ATT_AUDIENCE_MISMATCH},
        {"\"aud\":\"countersign\"", "\"aud\":[\"countersign\"]", CS_ATT_AUDIENCE_MISMATCH},
        {"\"aud\":\"countersign\"", "\"aud\":\"https://sts.googleapis.com\"", CS_ATT_AUDIENCE_MISMATCH},
        {"\"aud\"", "\"azp\"", CS_ATT_AUDIENCE_MISMATCH},
        {"\"nbf\":1000", "\"nbf\":2061", CS_ATT_TOKEN_NOT_YET_VALID},
        {"\"exp\":4600", "\"exp\":2000", CS_ATT_TOKEN_EXPIRED},
        {"\"iat\":1000,", "", CS_ATT_EVIDENCE_FORMAT},
        {"\"iat\":1000", "\"iat\":2061", CS_ATT_FROM_FUTURE},
        {"CONFIDENTIAL_SPACE", "GCE", CS_ATT_PLATFORM},
        {"\"swname\"", "\"sw\"", CS_ATT_EVIDENCE_FORMAT},
        {"disabled-since-boot", "enabled", CS_ATT_DEBUG},
        {"disabled-since-boot", "disabled", CS_ATT_DEBUG},
        {"\"dbgstat\"", "\"dbg\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"secboot\":true", "\"secboot\":false", CS_ATT_PLATFORM},
        {"\"secboot\":true,", "", CS_ATT_PLATFORM},
        {"\"secboot\":true", "\"secboot\":\"true\"", CS_ATT_EVIDENCE_FORMAT},
        {"GCP_INTEL_TDX", "GCP_SHIELDED_VM", CS_ATT_PLATFORM},
        {"GCP_INTEL_TDX", "GCP_AMD_SEV", CS_OK},
        {"GCP_INTEL_TDX", "GCP_AMD_SEV_ES", CS_OK},
        {"GCP_INTEL_TDX", "GCP_AMD_SEV_SNP", CS_ATT_PLATFORM},
        {"GCP_INTEL_TDX", "", CS_ATT_PLATFORM},
        {"\"hwmodel\"", "\"hw\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"LATEST\",\"STABLE\",\"USABLE\"", "\"USABLE\"", CS_ATT_PLATFORM},
        {"\"LATEST\",\"STABLE\",\"USABLE\"", "\"STABLE\"", CS_OK},
        {"\"support_attributes\"", "\"support\"", CS_ATT_PLATFORM},
        {"[\"LATEST\",\"STABLE\",\"USABLE\"]", "\"STABLE\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"confidential_space\"", "\"space\"", CS_ATT_PLATFORM},
        {"\"eat_nonce\":\"" GCP_NONCE "\"", "\"eat_nonce\":\"" GCP_HEX16("c5d7") "\"", CS_ATT_COMMITMENT_MISMATCH},
        {"\"eat_nonce\":\"" GCP_NONCE "\"", "\"eat_nonce\":\"" GCP_HEX16("C5D6") "\"", CS_ATT_COMMITMENT_MISMATCH},
        {"\"eat_nonce\":\"" GCP_NONCE "\"", "\"eat_nonce\":[\"" GCP_NONCE "\"]", CS_ATT_COMMITMENT_MISMATCH},
        {"\"eat_nonce\":\"" GCP_NONCE "\"", "\"eat_nonce\":[\"" GCP_NONCE "\",\"another nonce\"]",
         CS_ATT_COMMITMENT_MISMATCH},
        {"\"eat_nonce\"", "\"nonce\"", CS_ATT_COMMITMENT_MISMATCH},
        {"\"image_digest\":\"" GCP_IMAGE, "\"image_digest\":\"" GCP_OTHER_IMAGE, CS_ATT_IMAGE_NOT_ALLOWED},
        {"\"image_digest\":\"sha256:", "\"image_digest\":\"sha512:", CS_ATT_EVIDENCE_FORMAT},
        {"\"image_digest\":\"sha256:a", "\"image_digest\":\"sha256:A", CS_ATT_EVIDENCE_FORMAT},
        {"\"image_digest\":\"sha256:a", "\"image_digest\":\"sha256:", CS_ATT_EVIDENCE_FORMAT},
        {"\"image_digest\"", "\"image_reference2\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"env_override\":{}", "\"env_override\":{\"A\":\"b\"}", CS_ATT_OVERRIDE},
        {"\"env_override\":{}", "\"env_override\":[]", CS_OK},
        {"\"env_override\":{}", "\"env_override\":null", CS_ATT_OVERRIDE},
        {"\"env_override\":{}", "\"env_override\":\"\"", CS_ATT_OVERRIDE},
        {"\"env_override\":{}", "\"cmd_override\":[\"/bin/sh\"]", CS_ATT_OVERRIDE},
        {"\"env_override\":{}", "\"cmd_override\":[]", CS_OK},
        {"\"container\"", "\"containers\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"submods\"", "\"submod\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"UpToDate\"", "\"OutOfDate\"", CS_ATT_TCB},
        {"\"gcp_attester_tcb_status\"", "\"status\"", CS_ATT_TCB},
        {"\"tdx\":{\"gcp_attester_tcb_status\":\"UpToDate\"},", "", CS_ATT_TCB},
        {"{\"gcp_attester_tcb_status\":\"UpToDate\"}", "\"UpToDate\"", CS_ATT_EVIDENCE_FORMAT},
        {"\"p1\"", "\"p2\"", CS_ATT_WORKLOAD},
        {"\"project_id\"", "\"project\"", CS_ATT_WORKLOAD},
        {"\"gce\"", "\"gke\"", CS_ATT_WORKLOAD},
        {"[\"a@x\",\"b@x\"]", "[\"a@x\"]", CS_OK},
        {"[\"a@x\",\"b@x\"]", "[\"a@x\",\"c@x\"]", CS_ATT_WORKLOAD},
        {"[\"a@x\",\"b@x\"]", "[]", CS_ATT_WORKLOAD},
        {"[\"a@x\",\"b@x\"]", "[1]", CS_ATT_WORKLOAD},
        {",\"google_service_accounts\":[\"a@x\",\"b@x\"]", "", CS_ATT_WORKLOAD},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_verdict v;
        const char *more = ",\"projectIds\":[\"p0\",\"p1\"],\"serviceAccounts\":[\"b@x\",\"a@x\"]";
        assert_int_equal(read_policy(&p, NULL, gcp_oidc(more), false), CS_OK);
        cs_slice token =
            token_make(GCP_OIDC_HEADER, token_edit(GCP_CLAIMS, rows[i].find, rows[i].put), cert_key(CERT_RSA2048, 0));
        cs_err err = verify(&v, &p, token, &now_2000);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].put, cs_err_name(err));
        assert_false(v.hardware);
        if (i == 0)
            assert_string_equal(v.image_hash, GCP_IMAGE);
        cs_policy_free(&p);
        vectors_release();
    }
}

static void rules_decide(void **state)
{
    (void)state;
    static const struct {
        const char *more, *find, *put;
        cs_err err;
    } rows[] = {
        {"", "", "", CS_OK},
        {"", "[\"a@x\",\"b@x\"]", "[]", CS_OK},
        {",\"allowEnvOverride\":true", "\"env_override\":{}", "\"env_override\":{\"A\":\"b\"}", CS_OK},
        {",\"allowEnvOverride\":true", "\"env_override\":{}", "\"cmd_override\":[\"/bin/sh\"]", CS_ATT_OVERRIDE},
        {",\"hwmodels\":[\"GCP_INTEL_TDX\"]", "", "", CS_OK},
        {",\"hwmodels\":[\"GCP_AMD_SEV\"]", "", "", CS_ATT_PLATFORM},
        {",\"hwmodels\":[\"GCP_INTEL_TDX\"]", "GCP_INTEL_TDX", "GCP_AMD_SEV", CS_ATT_PLATFORM},
        {",\"projectIds\":[\"P1\"]", "", "", CS_ATT_WORKLOAD},
        {",\"serviceAccounts\":[\"a@x\"]", "", "", CS_ATT_WORKLOAD},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_verdict v;
        assert_int_equal(read_policy(&p, NULL, gcp_oidc(rows[i].more), false), CS_OK);
        cs_slice token =
            token_make(GCP_OIDC_HEADER, token_edit(GCP_CLAIMS, rows[i].find, rows[i].put), cert_key(CERT_RSA2048, 0));
        cs_err err = verify(&v, &p, token, &now_2000);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].more, cs_err_name(err));
        cs_policy_free(&p);
        vectors_release();
    }
}

static void expectations(void **state)
{
    (void)state;
    cs_policy p;
    cs_verdict v;
    assert_int_equal(read_policy(&p, NULL, gcp_oidc(""), false), CS_OK);
    cs_slice token = token_make(GCP_OIDC_HEADER, GCP_CLAIMS, cert_key(CERT_RSA2048, 0));
    const cs_slice nonce_bytes = vectors_from_hex(CS_LIT(GCP_NONCE));
    const struct {
        cs_evidence_expect e;
        cs_err err;
    } rows[] = {
        {{.now = 2000}, CS_OK},
        {{.now = 2000, .nonce = CS_LIT(GCP_NONCE)}, CS_OK},
        {{.now = 2000, .nonce = CS_LIT("another")}, CS_ATT_NONCE_MISMATCH},
        {{.now = 2000, .nonce = CS_LIT("")}, CS_ATT_NONCE_MISMATCH},
        {{.now = 2000, .nonce = nonce_bytes}, CS_OK},
        {{.now = 2000, .binding = nonce_bytes}, CS_OK},
        {{.now = 2000, .binding = cs_slice_sub(nonce_bytes, 0, 31)}, CS_ATT_COMMITMENT_MISMATCH},
        {{.now = 2000, .binding = CS_LIT("")}, CS_ATT_COMMITMENT_MISMATCH},
        {{.now = 2000, .public_key = CS_LIT("k")}, CS_ATT_PUBLIC_KEY_MISMATCH},
        {{.now = 2000, .public_key = CS_LIT("k"), .binding = CS_LIT("")}, CS_ATT_PUBLIC_KEY_MISMATCH},
        {{.now = 939}, CS_ATT_TOKEN_NOT_YET_VALID},
        {{.now = 940}, CS_OK},
        {{.now = 4599}, CS_OK},
        {{.now = 4600}, CS_ATT_TOKEN_EXPIRED},
        {{.clock = CS_CLOCK_STORED, .entry_time = 4600}, CS_OK},
        {{.clock = CS_CLOCK_STORED, .entry_time = 4601}, CS_ATT_EXPIRED},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (verify(&v, &p, token, &rows[i].e) != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(v.reason));
    cs_policy_free(&p);
    vectors_release();
}

static void oidc_keys(void **state)
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
        {"\"k1\"", "\"k2\"", key, CS_ATT_KEY_UNKNOWN},
        {"\"kid\":\"k1\",", "", key, CS_ATT_KEY_UNKNOWN},
        {"\"kid\":\"k1\"", "\"kid\":1", key, CS_ATT_EVIDENCE_FORMAT},
        {"\"typ\"", "\"x5c\":[\"AAAA\"],\"typ\"", key, CS_ATT_KEY_UNKNOWN},
        {"\"typ\"", "\"jwk\":{\"kty\":\"RSA\"},\"jku\":\"https://evil.example\",\"typ\"", key, CS_OK},
        {"RS256", "HS256", key, CS_ATT_EVIDENCE_ALGORITHM},
        {"RS256", "none", key, CS_ATT_EVIDENCE_ALGORITHM},
        {"\"typ\"", "\"crit\":[\"x\"],\"typ\"", key, CS_ATT_EVIDENCE_ALGORITHM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_verdict v;
        assert_int_equal(read_policy(&p, NULL, gcp_oidc(""), false), CS_OK);
        cs_slice token = token_make(token_edit(GCP_OIDC_HEADER, rows[i].find, rows[i].put), GCP_CLAIMS, rows[i].key);
        if (verify(&v, &p, token, &now_2000) != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].put, cs_err_name(v.reason));
        cs_policy_free(&p);
        vectors_release();
    }
}

/* What a set says of a key's time counts here as it does for Azure. */
static void oidc_key_times(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        cs_evidence_expect e;
        cs_err err;
    } rows[] = {
        {",\"nbf\":2000,\"exp\":2000", {.now = 2000}, CS_OK},
        {",\"nbf\":2001,\"exp\":3000", {.now = 2000}, CS_ATT_CERT_NOT_YET_VALID},
        {",\"exp\":1999", {.now = 2000}, CS_ATT_CERT_EXPIRED},
        {",\"exp\":1999", {.clock = CS_CLOCK_STORED, .entry_time = 2000}, CS_OK}, /* iat is 1000 */
        {",\"exp\":999", {.clock = CS_CLOCK_STORED, .entry_time = 2000}, CS_ATT_CERT_EXPIRED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_verdict v;
        const char *key = token_jwk("k1", cert_key(CERT_RSA2048, 0), rows[i].more);
        const char *match = token_join(GCP_RULES ",\"jwks\":{\"keys\":[", key, "]}", (const char *)NULL);
        assert_int_equal(read_policy(&p, NULL, match, false), CS_OK);
        cs_slice token = token_make(GCP_OIDC_HEADER, GCP_CLAIMS, cert_key(CERT_RSA2048, 0));
        if (verify(&v, &p, token, &rows[i].e) != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(v.reason));
        cs_policy_free(&p);
        vectors_release();
    }
}

/* -- PKI tokens: leaf (key 1), intermediate (key 2), root (key 3) ----------------------------------------------------
 */

static void pki_chains(void **state)
{
    (void)state;
    const struct cert leaf = gcp_leaf(), inter = gcp_inter(), root = gcp_root();
    struct cert late = leaf, early = leaf, sha384 = leaf, foreign = root, authority = leaf, no_sign = inter,
                no_usage = inter;
    late.from = 2001;
    early.to = 1999;
    sha384.md = "SHA384";
    foreign.key = foreign.issuer_key = cert_key(CERT_RSA2048, 4);
    authority.constraints = "critical,CA:TRUE";
    no_sign.usage = "critical,digitalSignature";
    no_usage.usage = NULL;
    const char *match = gcp_pki(&root, "");
    EVP_PKEY *key = cert_key(CERT_RSA2048, 1);
    const struct {
        const char *header;
        EVP_PKEY *key;
        cs_err err;
    } rows[] = {
        {gcp_pki_header(&leaf, &inter, &root), key, CS_OK},
        {gcp_pki_header(&leaf, &inter, &root), cert_key(CERT_RSA2048, 0), CS_ATT_PROOF_INVALID},
        {gcp_pki_header(&leaf, &inter, &root), cert_key(CERT_RSA2048, 3), CS_ATT_PROOF_INVALID},
        {gcp_pki_header(&leaf, &inter, NULL), key, CS_ATT_ROOT_MISMATCH},
        {gcp_pki_header(&leaf, &inter, &foreign), key, CS_ATT_ROOT_MISMATCH},
        {gcp_pki_header(&leaf, &root, NULL), key, CS_ATT_CHAIN},
        {gcp_pki_header(&root, NULL, NULL), cert_key(CERT_RSA2048, 3), CS_ATT_CHAIN},
        {gcp_pki_header(&inter, &leaf, &root), key, CS_ATT_CHAIN},
        {gcp_pki_header(&late, &inter, &root), key, CS_ATT_CERT_NOT_YET_VALID},
        {gcp_pki_header(&early, &inter, &root), key, CS_ATT_CERT_EXPIRED},
        {gcp_pki_header(&sha384, &inter, &root), key, CS_ATT_CHAIN},
        {gcp_pki_header(&authority, &inter, &root), key, CS_ATT_CHAIN},
        {gcp_pki_header(&leaf, &no_sign, &root), key, CS_ATT_CHAIN},
        {gcp_pki_header(&leaf, &no_usage, &root), key, CS_ATT_CHAIN},
        {gcp_pki_header(NULL, NULL, NULL), key, CS_ATT_KEY_UNKNOWN},
        {GCP_OIDC_HEADER, cert_key(CERT_RSA2048, 0), CS_ATT_KEY_UNKNOWN},
        {token_edit(GCP_OIDC_HEADER, "\"typ\"", "\"x5c\":\"AAAA\",\"typ\""), key, CS_ATT_EVIDENCE_FORMAT},
        {token_edit(GCP_OIDC_HEADER, "\"typ\"", "\"x5c\":[\"AAAA\"],\"typ\""), key, CS_ATT_EVIDENCE_FORMAT},
        {token_edit(GCP_OIDC_HEADER, "\"typ\"", "\"x5c\":[\"AAAA\",1],\"typ\""), key, CS_ATT_EVIDENCE_FORMAT},
        {token_edit(GCP_OIDC_HEADER, "\"typ\"", "\"x5c\":[\"\",\"\",\"\",\"\",\"\"],\"typ\""), key,
         CS_ATT_EVIDENCE_FORMAT},
    };
    cs_policy p;
    cs_verdict v;
    cs_fault fault;
    assert_int_equal(read_policy(&p, &fault, match, false), CS_POLICY_FOREIGN_ROOT);
    assert_string_equal(fault.field, "matchRules.rootCertificatePem");
    assert_int_equal(read_policy(&p, NULL, match, true), CS_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (verify(&v, &p, token_make(rows[i].header, GCP_CLAIMS, rows[i].key), &now_2000) != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(v.reason));
        assert_false(v.hardware);
    }
    cs_evidence_expect production = now_2000;
    production.allow_mock = false;
    cs_slice good = token_make(rows[0].header, GCP_CLAIMS, key);
    assert_int_equal(verify(&v, &p, good, &production), CS_ATT_MOCK_REFUSED);

    /* Stored: the certificates are judged at the token's own time, which is 1000. */
    const cs_evidence_expect stored = {.allow_mock = true, .clock = CS_CLOCK_STORED, .entry_time = 2100};
    assert_int_equal(verify(&v, &p, token_make(gcp_pki_header(&early, &inter, &root), GCP_CLAIMS, key), &stored),
                     CS_OK);
    assert_int_equal(verify(&v, &p, token_make(gcp_pki_header(&late, &inter, &root), GCP_CLAIMS, key), &stored),
                     CS_ATT_CERT_NOT_YET_VALID);
    cs_policy_free(&p);

    /* And under a policy of the other kind its key is unknown, whatever the header calls it. */
    assert_int_equal(read_policy(&p, NULL, gcp_oidc(""), false), CS_OK);
    assert_int_equal(verify(&v, &p, good, &now_2000), CS_ATT_KEY_UNKNOWN);
    cs_policy_free(&p);
    vectors_release();
}

/* -- policies --------------------------------------------------------------------------------------------------------
 */

static void policies_are_strict(void **state)
{
    (void)state;
    const char *set =
        token_join("\"jwks\":{\"keys\":[", token_jwk("k1", cert_key(CERT_RSA2048, 0), ""), "]}", (const char *)NULL);
    const struct cert root = gcp_root();
    const char *both = gcp_pki(&root, token_join(",", set, (const char *)NULL));
    const struct {
        const char *match;
        cs_err err;
        const char *field;
    } rows[] = {
        {GCP_RULES, CS_OK, ""},
        {"\"audience\":\"a\"", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.imageDigests"},
        {"\"audience\":\"a\",\"imageDigests\":[]", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.imageDigests"},
        {"\"audience\":\"a\",\"imageDigests\":[\"sha256:a1\"]", CS_POLICY_HASH, "matchRules.imageDigests"},
        {"\"audience\":\"a\",\"imageDigests\":[\"sha384:" GCP_HEX16("a1b2") "\"]", CS_POLICY_HASH,
         "matchRules.imageDigests"},
        {"\"audience\":\"a\",\"imageDigests\":[\"" GCP_HEX16("0000") "\"]", CS_POLICY_HASH, "matchRules.imageDigests"},
        {"\"imageDigests\":[\"" GCP_IMAGE "\"]", CS_MISSING_FIELD, "matchRules.audience"},
        {"\"audience\":\"\",\"imageDigests\":[\"" GCP_IMAGE "\"]", CS_BAD_FIELD, "matchRules.audience"},
        {"\"audience\":[\"a\"],\"imageDigests\":[\"" GCP_IMAGE "\"]", CS_BAD_FIELD, "matchRules.audience"},
        {"\"audience\":\"https://sts.googleapis.com\",\"imageDigests\":[\"" GCP_IMAGE "\"]", CS_BAD_FIELD,
         "matchRules.audience"},
        {GCP_RULES ",\"jwks\":{}", CS_POLICY_KEYS, "matchRules.jwks"},
        {GCP_RULES ",\"jwks\":{\"keys\":[]}", CS_POLICY_KEYS, "matchRules.jwks"},
        {GCP_RULES ",\"jwks\":1", CS_BAD_FIELD, "matchRules.jwks"},
        {both, CS_BAD_FIELD, "matchRules.rootCertificatePem"},
        {GCP_RULES ",\"rootCertificatePem\":\"x\"", CS_POLICY_ROOT, "matchRules.rootCertificatePem"},
        {GCP_RULES ",\"serviceAccounts\":[]", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.serviceAccounts"},
        {GCP_RULES ",\"serviceAccounts\":[\"\"]", CS_BAD_FIELD, "matchRules.serviceAccounts"},
        {GCP_RULES ",\"serviceAccounts\":\"a@x\"", CS_BAD_FIELD, "matchRules.serviceAccounts"},
        {GCP_RULES ",\"projectIds\":[]", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.projectIds"},
        {GCP_RULES ",\"projectIds\":[\"p\",null]", CS_BAD_FIELD, "matchRules.projectIds"},
        {GCP_RULES ",\"hwmodels\":[]", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.hwmodels"},
        {GCP_RULES ",\"hwmodels\":[\"GCP_SHIELDED_VM\"]", CS_BAD_FIELD, "matchRules.hwmodels"},
        {GCP_RULES ",\"hwmodels\":[\"GCP_AMD_SEV\",\"x\"]", CS_BAD_FIELD, "matchRules.hwmodels"},
        {GCP_RULES ",\"allowEnvOverride\":1", CS_BAD_FIELD, "matchRules.allowEnvOverride"},
        {GCP_RULES ",\"allowCmdOverride\":true", CS_UNKNOWN_FIELD, "matchRules.allowCmdOverride"},
        {GCP_RULES ",\"imageReferences\":[\"r\"]", CS_UNKNOWN_FIELD, "matchRules.imageReferences"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_fault fault;
        cs_err err = read_policy(&p, &fault, rows[i].match, true);
        if (err != rows[i].err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("row %zu, %s: %s in %s", i, rows[i].match, cs_err_name(err), fault.field);
        cs_policy_free(&p);
    }
    vectors_release();
}

static void policies_have_one_form(void **state)
{
    (void)state;
    const struct cert root = gcp_root();
    const char *const matches[] = {
        gcp_oidc(",\"hwmodels\":[\"GCP_INTEL_TDX\",\"GCP_AMD_SEV\"],\"projectIds\":[\"p\"],\"allowEnvOverride\":true"),
        gcp_pki(&root, ",\"serviceAccounts\":[\"a\"]"),
        GCP_RULES,
    };
    for (size_t i = 0; i < COUNT(matches); i++) {
        cs_policy p, again;
        cs_json *doc = NULL;
        cs_buf one = token_buf(), two = token_buf(), sorted = token_buf();
        assert_int_equal(read_policy(&p, NULL, matches[i], true), CS_OK);
        assert_int_equal(cs_policy_canonical(&one, &p), CS_OK);
        assert_int_equal(cs_policy_parse(&again, NULL, cs_buf_slice(&one), true), CS_OK);
        assert_int_equal(cs_policy_canonical(&two, &again), CS_OK);
        assert_string_equal(cs_buf_cstr(&one), cs_buf_cstr(&two));
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&one), CS_MAX_POLICY), CS_OK);
        assert_int_equal(cs_json_canonical(&sorted, cs_json_root(doc)), CS_OK);
        assert_string_equal(cs_buf_cstr(&one), cs_buf_cstr(&sorted));
        assert_non_null(strstr(cs_buf_cstr(&one), i == 0 ? "\"hwmodels\":[\"GCP_AMD_SEV\",\"GCP_INTEL_TDX\"]"
                                                         : "\"allowEnvOverride\":false,"));
        cs_json_free(doc);
        cs_policy_free(&p);
        cs_policy_free(&again);
    }
    vectors_release();
}

/* -- the public tokens ------------------------------------------------------------------------------------------------
 */

static const char *public_text(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "attestation/gcp/%s", name);
    cs_buf file = vectors_public_file(path);
    const char *text = (char *)memcpy(vectors_hold(file.n + 1), cs_buf_cstr(&file), file.n + 1);
    cs_buf_free(&file);
    return text;
}

#define SEV_DIGEST "sha256:b1c058a8092d56dd77ec351b9e00b2565fba5e413d0cb08d260a1e40e64ca46e"
#define TDX_DIGEST "sha256:e2e5e3672f416ac9ca71aa639abf86db0b713729a48c125a925af6c808b20b5d"
#define SEV_RULES "\"audience\":\"pca-attestation\",\"imageDigests\":[\"" SEV_DIGEST "\"],\"jwks\":@"
#define TDX_RULES "\"audience\":\"z08381475938604996746\",\"imageDigests\":[\"" TDX_DIGEST "\"]"
#define PROD "cs-oidc-sev-prod-2026-10-08.jwt"
#define DEBUG "cs-oidc-sev-debug-2026-10-08.jwt"
#define PKI "cs-pki-tdx-prod-2025-09-05.jwt"

static const char *with_public_keys(const char *match)
{
    return strchr(match, '@') != NULL ? token_edit(match, "@", public_text("cs-oidc-jwks-2026-10-08.json")) : match;
}

static void public_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *name, *match;
        cs_evidence_expect e;
        cs_err err;
    } rows[] = {
        {PROD, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1791496644}, CS_OK},
        {PROD, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1791500243}, CS_OK},
        {PROD, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1791500244}, CS_ATT_TOKEN_EXPIRED},
        {PROD, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1791496583}, CS_ATT_TOKEN_NOT_YET_VALID},
        {PROD, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1900000000}, CS_ATT_TOKEN_EXPIRED},
        {PROD, SEV_RULES, {.now = 1791497000}, CS_ATT_OVERRIDE},
        {PROD, SEV_RULES ",\"allowEnvOverride\":true,\"projectIds\":[\"p\"]", {.now = 1791497000}, CS_ATT_WORKLOAD},
        {PROD,
         "\"audience\":\"other\",\"imageDigests\":[\"" SEV_DIGEST "\"],\"jwks\":@",
         {.now = 1791497000},
         CS_ATT_AUDIENCE_MISMATCH},
        {PROD,
         "\"audience\":\"pca-attestation\",\"imageDigests\":[\"" TDX_DIGEST "\"],\"jwks\":@",
         {.now = 1791497000},
         CS_ATT_IMAGE_NOT_ALLOWED},
        {PROD, TDX_RULES, {.now = 1791497000}, CS_ATT_KEY_UNKNOWN}, /* no certificates */
        {PROD,
         SEV_RULES ",\"allowEnvOverride\":true",
         {.now = 1791497000, .binding = CS_LIT("8bbd16f5b103edde017ba6f3d953a781165a0d512dc97adaad905321444fad19")},
         CS_OK},
        {PROD,
         SEV_RULES ",\"allowEnvOverride\":true",
         {.now = 1791497000, .binding = CS_LIT("00")},
         CS_ATT_COMMITMENT_MISMATCH},
        {DEBUG, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1791497000}, CS_ATT_DEBUG},
        {DEBUG, SEV_RULES ",\"allowEnvOverride\":true", {.now = 1900000000}, CS_ATT_TOKEN_EXPIRED},
        {PKI, TDX_RULES, {.now = 1757060250}, CS_OK},
        {PKI, TDX_RULES, {.now = 1757063849}, CS_OK},
        {PKI, TDX_RULES, {.now = 1757063850}, CS_ATT_TOKEN_EXPIRED},
        {PKI, TDX_RULES, {.now = 1757060189}, CS_ATT_TOKEN_NOT_YET_VALID},
        {PKI, TDX_RULES, {.now = 1762160000}, CS_ATT_CERT_EXPIRED},
        {PKI, TDX_RULES, {.clock = CS_CLOCK_STORED, .entry_time = 1757060300}, CS_OK},
        {PKI, TDX_RULES, {.clock = CS_CLOCK_STORED, .entry_time = 1800000000}, CS_ATT_EXPIRED},
        {PKI, TDX_RULES ",\"hwmodels\":[\"GCP_AMD_SEV\"]", {.now = 1757060250}, CS_ATT_PLATFORM},
        {PKI,
         "\"audience\":\"z08381475938604996746\",\"imageDigests\":[\"" TDX_DIGEST "\"],\"jwks\":@",
         {.now = 1757060250},
         CS_ATT_KEY_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_verdict v;
        assert_int_equal(read_policy(&p, NULL, with_public_keys(rows[i].match), false), CS_OK);
        cs_err err = verify(&v, &p, cs_slice_str(public_text(rows[i].name)), &rows[i].e);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].name, cs_err_name(err));
        if (err == CS_OK) {
            assert_int_equal(v.hardware, strcmp(rows[i].name, PKI) == 0);
            assert_string_equal(v.image_hash, strcmp(rows[i].name, PKI) == 0 ? TDX_DIGEST : SEV_DIGEST);
        }
        cs_policy_free(&p);
        vectors_release();
    }
}

/* No bit of a good token can change, and no end can be missing. */
static void every_flip_and_cut(void **state)
{
    (void)state;
    static const char *const names[] = {PROD, PKI};
    cs_chain_cache *chains = NULL; /* as who verifies often has it: what it keeps must not help a changed token */
    assert_int_equal(cs_chain_cache_new(&chains, 4), CS_OK);
    for (size_t i = 0; i < COUNT(names); i++) {
        cs_policy p;
        cs_verdict v;
        const cs_evidence_expect e = {.now = i == 0 ? 1791497000 : 1757060300, .chains = chains};
        const char *match = with_public_keys(i == 0 ? SEV_RULES ",\"allowEnvOverride\":true" : TDX_RULES);
        assert_int_equal(read_policy(&p, NULL, match, false), CS_OK);
        cs_slice token = cs_slice_str(public_text(names[i]));
        assert_int_equal(verify(&v, &p, token, &e), CS_OK);
        uint8_t *copy = vectors_copy(token);
        for (size_t bit = 0; bit < 8 * token.n; bit++) {
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (verify(&v, &p, cs_slice_of(copy, token.n), &e) == CS_OK)
                fail_msg("%s: bit %zu", names[i], bit);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t n = 0; n < token.n; n++)
            assert_int_not_equal(verify(&v, &p, cs_slice_sub(token, 0, n), &e), CS_OK);
        assert_int_equal(verify(&v, &p, cs_slice_of(copy, token.n), &e), CS_OK);
        cs_policy_free(&p);
        vectors_release();
    }
    cs_chain_cache_free(chains);
}

static void described(void **state)
{
    (void)state;
    static const struct {
        const char *name, *parts[6];
    } rows[] = {
        {PROD,
         {"{\"vendor\":\"gcp-confidential-space\",\"token\":\"OIDC (key by its id)\"",
          "\"audience\":\"pca-attestation\"", "\"issued\":\"2026-10-08T21:57:24.000Z\"", "\"hardware\":\"GCP_AMD_SEV\"",
          "\"imageDigest\":\"" SEV_DIGEST "\"", "\"claims\":{"}},
        {PKI,
         {"\"token\":\"PKI (certificates in the header)\"", "\"expires\":\"2025-09-05T09:17:30.000Z\"",
          "\"debug\":\"disabled-since-boot\"",
          "\"certificates\":[{\"subject\":\"CN=Confidential Space Leaf Certificate,",
          "\"project\":\"oak-examples-477357\"", "\"notAfter\":\"2034-01-16T22:10:49.000Z\""}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_buf out = token_buf();
        cs_json *doc = NULL;
        assert_int_equal(cs_evidence_describe(&out, CS_VENDOR_GCP_CS, cs_slice_str(public_text(rows[i].name))), CS_OK);
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&out), TOKEN_MAX), CS_OK);
        cs_json_free(doc);
        for (size_t n = 0; n < COUNT(rows[i].parts); n++)
            if (strstr(cs_buf_cstr(&out), rows[i].parts[n]) == NULL)
                fail_msg("%s is not in %s", rows[i].parts[n], cs_buf_cstr(&out));
        vectors_release();
    }
    cs_buf out = token_buf();
    assert_int_equal(cs_evidence_describe(&out, CS_VENDOR_GCP_CS, CS_LIT("x")), CS_ATT_EVIDENCE_FORMAT);
    vectors_release();
}

/* -- inside documents of ours ----------------------------------------------------------------------------------------
 */

#define EPOCH "00112233445566778899aabbccddeeff"

/* A launcher that gives tokens for a nonce; what it does to the claims first. */
struct launcher {
    const char *find, *put;
    bool wrong; /* it was asked for another nonce */
};

static cs_slice token_for(const struct launcher *l, cs_slice commitment)
{
    char hex[2 * CS_COMMITMENT_LEN + 1];
    cs_buf nonce = CS_BUF_OVER(hex);
    cs_hex_encode(&nonce, commitment);
    if (l->wrong)
        hex[9] ^= 1;
    const char *claims = token_edit(GCP_CLAIMS, GCP_NONCE, cs_buf_cstr(&nonce));
    return token_make(GCP_OIDC_HEADER, token_edit(claims, l->find, l->put), cert_key(CERT_RSA2048, 0));
}

static cs_err prove_operation(void *context, cs_buf *proof, cs_slice si)
{
    uint8_t bytes[CS_COMMITMENT_LEN];
    cs_buf commitment = CS_BUF_OVER(bytes);
    assert_int_equal(cs_attest_commitment(&commitment, si), CS_OK);
    cs_buf_add(proof, token_for(context, cs_buf_slice(&commitment)));
    return proof->err;
}

static cs_key *session_key(void)
{
    cs_key *k = NULL;
    static const uint8_t seed[32] = {7};
    assert_int_equal(cs_key_open_private(&k, CS_ED25519, CS_ARRAY(seed)), CS_OK);
    return k;
}

static cs_err prove_session(void *context, cs_buf *proof, cs_slice si)
{
    (void)context;
    cs_key *k = session_key();
    cs_err err = cs_key_sign(proof, k, si, NULL);
    cs_key_free(k);
    return err;
}

static void session_header(cs_buf *out, const struct launcher *l)
{
    uint8_t raw[32], spki_bytes[CS_ROOT_SPKI_LEN], bytes[CS_COMMITMENT_LEN];
    cs_buf point = CS_BUF_OVER(raw), spki = CS_BUF_OVER(spki_bytes), commitment = CS_BUF_OVER(bytes);
    cs_key *k = session_key();
    cs_key_public(&point, k);
    cs_key_free(k);
    cs_policy_root_spki(&spki, cs_buf_slice(&point));
    assert_int_equal(cs_attest_session_commitment(&commitment, cs_buf_slice(&spki), CS_LIT(EPOCH)), CS_OK);
    cs_attest_session_header(out, token_for(l, cs_buf_slice(&commitment)), cs_buf_slice(&spki), CS_LIT(EPOCH));
}

static void documents(void **state)
{
    (void)state;
    static const struct {
        struct launcher launcher;
        bool session;
        const char *image;
        int64_t iat, at;
        cs_err err;
    } rows[] = {
        {{"", ""}, false, GCP_IMAGE, 1000, 1100, CS_OK},
        {{"", ""}, true, GCP_IMAGE, 1200, 1250, CS_OK},
        {{"", "", .wrong = true}, false, GCP_IMAGE, 1000, 1100, CS_ATT_COMMITMENT_MISMATCH},
        {{"", "", .wrong = true}, true, GCP_IMAGE, 1200, 1250, CS_ATT_COMMITMENT_MISMATCH},
        {{"\"eat_nonce\":", "\"eat_nonce\":[\"another nonce\"],\"x\":"},
         false,
         GCP_IMAGE,
         1000,
         1100,
         CS_ATT_COMMITMENT_MISMATCH},
        {{"disabled-since-boot", "enabled"}, false, GCP_IMAGE, 1000, 1100, CS_ATT_DEBUG},
        {{"GCP_INTEL_TDX", "GCP_SHIELDED_VM"}, true, GCP_IMAGE, 1200, 1250, CS_ATT_PLATFORM},
        {{"", ""}, false, GCP_OTHER_IMAGE, 1000, 1100, CS_ATT_IMAGE_MISMATCH},
        {{"", ""}, false, GCP_IMAGE, 939, 1100, CS_ATT_TIME_MISMATCH},
        {{"", ""}, false, GCP_IMAGE, 1000, 4600, CS_ATT_TOKEN_EXPIRED},
        {{"", ""}, false, GCP_IMAGE, 1000, 939, CS_ATT_TOKEN_NOT_YET_VALID},
        {{"", ""}, true, GCP_IMAGE, 4500, 4600, CS_ATT_TOKEN_EXPIRED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct launcher launcher = rows[i].launcher;
        cs_policy p;
        cs_verdict v;
        cs_buf header = token_buf(), doc = token_buf();
        const char *policy = gcp_policy(gcp_oidc(""));
        if (rows[i].session)
            policy = token_edit(policy, "\"name\"", "\"evidence\":\"session\",\"name\"");
        assert_int_equal(cs_policy_parse(&p, NULL, cs_slice_str(policy), false), CS_OK);
        if (rows[i].session)
            session_header(&header, &launcher);
        else
            cs_attest_operation_header(&header, "gcs-jwt");
        const cs_prover prover = {cs_buf_slice(&header), rows[i].session ? prove_session : prove_operation, &launcher};
        static const uint8_t nonce[32] = {1};
        const cs_claims claims = {.kind = CS_ATTEST_BOOT,
                                  .vendor = CS_VENDOR_GCP_CS,
                                  .image_hash = cs_slice_str(rows[i].image),
                                  .epoch = CS_LIT(EPOCH),
                                  .counter = 1,
                                  .nonce = CS_ARRAY(nonce),
                                  .iat = rows[i].iat,
                                  .enclave_version = CS_LIT("0.1.0")};
        assert_int_equal(cs_attest_document(&doc, &claims, &prover), CS_OK);
        const cs_expect expect = {.kind = CS_ATTEST_BOOT, .now = rows[i].at};
        cs_err err = cs_attest_verify(&v, cs_buf_slice(&doc), &p, &expect);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        cs_policy_free(&p);
        vectors_release();
    }
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
        cmocka_unit_test(one_claim_changed),   cmocka_unit_test(rules_decide),
        cmocka_unit_test(expectations),        cmocka_unit_test(oidc_keys),
        cmocka_unit_test(oidc_key_times),      cmocka_unit_test(pki_chains),
        cmocka_unit_test(policies_are_strict), cmocka_unit_test(policies_have_one_form),
        cmocka_unit_test(public_tokens),       cmocka_unit_test(every_flip_and_cut),
        cmocka_unit_test(described),           cmocka_unit_test(documents),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
