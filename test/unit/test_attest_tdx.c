/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor intel-tdx: the real quotes under Intel's root at their clocks; under a root of the test one row for each field
 * of quote, quoting enclave, certificates and rules; every bit and every truncation of a real one.
 */
#include "core/attest_tdx.h"

#include "flip_fixture.h"
#include "tdx_fixture.h"
#include "vendor_fixture.h"

#define V4 "attestation/tdx/quote-v4-a.dat"
#define V5 "attestation/tdx/quote-v5-a.dat"
#define AT 1740000000

/* Rules that allow MRTD of a body at `at`, and its run-time registers. */
static const char *allow_body(const uint8_t *body, const char *more)
{
    static char text[2048];
    cs_buf out = cs_buf_over(text, sizeof text);
    cs_buf_add_str(&out, "{\"mrtd\":[\"");
    cs_hex_encode(&out, cs_slice_of(body + 136, 48));
    cs_buf_add_str(&out, "\"]");
    cs_buf_add_str(&out, more);
    cs_buf_add_str(&out, "}");
    return cs_buf_cstr(&out);
}

/* -- the real ones ------------------------------------------------------------------------------------------------- */

static void real_quotes(void **state)
{
    (void)state;
    cs_buf v4 = vectors_public_file(V4), v5 = vectors_public_file(V5);
    const char *rules = allow_body(v4.p + 48, "");
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&v4), AT).reason, CS_ATT_DEBUG);
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&v4), 1600000000).reason,
                     CS_ATT_CERT_NOT_YET_VALID);
    rules = allow_body(v5.p + 54, "");
    cs_verdict v = vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&v5), AT);
    assert_int_equal(v.reason, CS_OK);
    assert_true(v.hardware && v.proven);
    assert_non_null(strstr(v.note, "TCB not evaluated"));
    assert_non_null(strstr(v.note, "no RTMR judged"));
    assert_int_equal(v.evidence_time, -1);

    cs_digest d;
    char measurement[128];
    uint8_t registers[5 * 48];
    cs_buf text = CS_BUF_OVER(measurement);
    memcpy(registers, v5.p + 54 + 136, 48);
    memcpy(registers + 48, v5.p + 54 + 328, 4 * 48);
    assert_int_equal(cs_hash(&d, CS_SHA384, CS_ARRAY(registers)), CS_OK);
    cs_buf_add_str(&text, "sha384:");
    cs_hex_encode(&text, cs_digest_slice(&d));
    assert_string_equal(v.image_hash, cs_buf_cstr(&text));

    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&v5), 1700000000).reason,
                     CS_ATT_CERT_NOT_YET_VALID);
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&v5), 2000000000).reason,
                     CS_ATT_CERT_EXPIRED);
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, allow_body(v4.p + 48, ""), cs_buf_slice(&v5), AT).reason,
                     CS_ATT_IMAGE_NOT_ALLOWED);
    cs_buf_free(&v4);
    cs_buf_free(&v5);
}

static char v5_rules[2048];

static bool v5_accepted(cs_slice document)
{
    return vendor_judge(CS_VENDOR_INTEL_TDX, v5_rules, document, AT).reason == CS_OK;
}

/* But for what no signature covers and nobody reads: nothing. */
static void every_bit_of_a_quote(void **state)
{
    (void)state;
    cs_buf v5 = vectors_public_file(V5);
    (void)snprintf(v5_rules, sizeof v5_rules, "%s", allow_body(v5.p + 54, ""));
    flip_document(cs_buf_slice(&v5), v5_accepted);
    cs_buf_free(&v5);
}

static void described(void **state)
{
    (void)state;
    cs_buf v5 = vectors_public_file(V5);
    cs_buf json = vendor_describe(CS_VENDOR_INTEL_TDX, cs_buf_slice(&v5));
    const char *text = cs_buf_cstr(&json);
    assert_non_null(strstr(text, "\"quoteVersion\":5"));
    assert_non_null(
        strstr(text, "\"tdAttributes\":{\"debug\":false,\"migratable\":false,\"bits\":\"0000000010000000\"}"));
    assert_non_null(strstr(text, "\"productId\":2,\"svn\":6"));
    assert_non_null(strstr(text, "CN=Intel SGX Root CA"));
    cs_buf_free(&json);
    cs_buf_free(&v5);
}

/* -- under a root of the test -------------------------------------------------------------------------------------- */

static struct tdx_machine machine;

static int make(void **state)
{
    (void)state;
    tdx_machine_make(&machine);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tdx_machine_free(&machine);
    vectors_release();
    return 0;
}

static const char *test_rules(const char *more)
{
    static char text[8192];
    struct tdx_quote usual;
    cs_buf pem = cs_buf_new(4096), rest = cs_buf_new(4096), out = CS_BUF_OVER(text);
    tdx_usual_quote(&usual);
    cs_issue_pem(&pem, machine.root);
    cs_jw w = cs_jw_on(&rest);
    cs_buf_add_str(&rest, ",\"rootPem\":");
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    cs_buf_add_str(&rest, more);
    cs_buf_add_str(&out, allow_body(usual.body, cs_buf_cstr(&rest)));
    cs_buf_free(&pem);
    cs_buf_free(&rest);
    return cs_buf_cstr(&out);
}

static cs_verdict judge(struct tdx_quote *q, const char *more)
{
    cs_buf quote = tdx_make_quote(q, &machine);
    cs_verdict v = vendor_judge(CS_VENDOR_INTEL_TDX, test_rules(more), cs_buf_slice(&quote), TDX_NOW);
    cs_buf_free(&quote);
    return v;
}

#define R(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define RTMR(i, c) "\"" #i "\":[\"" R(c) "\"]"

enum part { HEADER, BODY, QE };
static const struct {
    const char *name;
    enum part part;
    size_t offset;
    uint8_t xor ;
    const char *more;
    cs_err reason;
} rows[] = {
    {"as it is", HEADER, 0, 0, "", CS_OK},
    {"another key type", HEADER, 2, 1, "", CS_ATT_EVIDENCE_ALGORITHM},
    {"SGX", HEADER, 4, 0x81, "", CS_ATT_EVIDENCE_FORMAT},
    {"another vendor's enclave", HEADER, 12, 1, "", CS_ATT_EVIDENCE_FORMAT},
    {"user data", HEADER, 28, 1, "", CS_OK},
    {"TCB", BODY, 0, 1, "", CS_OK},
    {"TDX module", BODY, 16, 1, "", CS_OK},
    {"a module that is not Intel's", BODY, 64, 1, "", CS_ATT_PLATFORM},
    {"its last byte", BODY, 111, 1, "", CS_ATT_PLATFORM},
    {"attributes of the module", BODY, 112, 1, "", CS_ATT_PLATFORM},
    {"debug", BODY, 120, 1, "", CS_ATT_DEBUG},
    {"kept for more like debug", BODY, 120, 0x80, "", CS_ATT_DEBUG},
    {"SEPT_VE_DISABLE off", BODY, 123, 0x10, "", CS_OK},
    {"migratable", BODY, 123, 0x20, "", CS_ATT_PLATFORM},
    {"performance monitoring", BODY, 127, 0x80, "", CS_OK},
    {"MRTD", BODY, 136, 1, "", CS_ATT_IMAGE_NOT_ALLOWED},
    {"MRTD's end", BODY, 183, 1, "", CS_ATT_IMAGE_NOT_ALLOWED},
    {"MRCONFIGID", BODY, 184, 1, "", CS_OK},
    {"RTMR0 that nobody names", BODY, 328, 1, "", CS_OK},
    {"all registers", HEADER, 0, 0,
     ",\"rtmr\":{" RTMR(0, "41") "," RTMR(1, "42") "," RTMR(2, "43") "," RTMR(3, "44") "}", CS_OK},
    {"RTMR0", BODY, 328, 1, ",\"rtmr\":{" RTMR(0, "41") "}", CS_ATT_IMAGE_NOT_ALLOWED},
    {"RTMR1 where RTMR0 is named", BODY, 376, 1, ",\"rtmr\":{" RTMR(0, "41") "}", CS_OK},
    {"RTMR3's end", BODY, 519, 1, ",\"rtmr\":{" RTMR(3, "44") "}", CS_ATT_IMAGE_NOT_ALLOWED},
    {"another register's value", HEADER, 0, 0, ",\"rtmr\":{" RTMR(1, "41") "}", CS_ATT_IMAGE_NOT_ALLOWED},
    {"report data", BODY, 520, 1, "", CS_OK},
    {"measurement of a service TD", BODY, 600, 1, "", CS_OK},
    {"QE that is not initialised", QE, 48, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE under a debugger", QE, 48, 2, "", CS_ATT_REPORT_MISMATCH},
    {"QE of another signer", QE, 128, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE of another signer, last byte", QE, 159, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE's measurement", QE, 64, 1, "", CS_OK},
    {"QE of another product", QE, 256, 3, "", CS_ATT_REPORT_MISMATCH},
    {"QE of another product, high byte", QE, 257, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE vouches for another hash", QE, 320, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE vouches for another hash, its end", QE, 351, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE says more than the hash", QE, 352, 1, "", CS_ATT_REPORT_MISMATCH},
    {"QE says more than the hash, its end", QE, 383, 1, "", CS_ATT_REPORT_MISMATCH},
};

static void one_field_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tdx_quote q;
        tdx_usual_quote(&q);
        uint8_t *bytes = rows[i].part == HEADER ? q.header : rows[i].part == BODY ? q.body : q.qe;
        bytes[rows[i].offset] ^= rows[i].xor ;
        cs_verdict v = judge(&q, rows[i].more);
        if (v.reason != rows[i].reason)
            print_message("%s: %s\n", rows[i].name, cs_err_name(v.reason));
        assert_int_equal(v.reason, rows[i].reason);
        assert_false(v.hardware);
        if (v.reason == CS_OK)
            assert_int_equal(strstr(v.note, "no RTMR judged") == NULL, rows[i].more[0] != '\0');
    }
}

static void versions(void **state)
{
    (void)state;
    struct tdx_quote q;
    tdx_usual_quote(&q);
    q.body_len = CS_TDX_BODY_10;
    assert_int_equal(judge(&q, "").reason, CS_OK);
    q.header[0] = 4;
    assert_int_equal(judge(&q, "").reason, CS_OK);
    q.body_len = CS_TDX_BODY_15;
    assert_int_equal(judge(&q, "").reason, CS_ATT_EVIDENCE_FORMAT);
}

static void attestation_key(void **state)
{
    (void)state;
    struct tdx_quote q;
    tdx_usual_quote(&q);
    q.other_key = true;
    assert_int_equal(judge(&q, "").reason, CS_ATT_REPORT_MISMATCH);
    /* The key's owner is not the one who signed. */
    q.other_key = false;
    cs_buf quote = tdx_make_quote(&q, &machine);
    const char *rules = test_rules("");
    quote.p[54 + 200] ^= 1;
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&quote), TDX_NOW).reason,
                     CS_ATT_PROOF_INVALID);
    quote.p[54 + 200] ^= 1;
    quote.p[54 + 648 + 4 + 64] ^= 1; /* no point of the curve */
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, rules, cs_buf_slice(&quote), TDX_NOW).reason,
                     CS_ATT_PROOF_INVALID);
    cs_buf_free(&quote);
}

static cs_err judge_chain(const cs_slice *chain, size_t n)
{
    struct tdx_quote q;
    tdx_usual_quote(&q);
    q.chain = chain;
    q.chain_len = n;
    return judge(&q, "").reason;
}

static cs_err judge_pck(const struct x509_spec *pck)
{
    const cs_slice chain[] = {x509_make(pck), machine.ca, machine.root};
    return judge_chain(chain, 3);
}

static void chains(void **state)
{
    (void)state;
    const cs_slice whole[] = {machine.pck, machine.ca, machine.root, machine.root};
    const cs_slice swapped[] = {machine.ca, machine.pck, machine.root};
    assert_int_equal(judge_chain(whole, 3), CS_OK);
    assert_int_equal(judge_chain(whole, 2), CS_OK); /* the root is in the policy */
    assert_int_equal(judge_chain(whole, 1), CS_ATT_ROOT_MISMATCH);
    assert_int_equal(judge_chain(whole, 4), CS_ATT_EVIDENCE_FORMAT);
    assert_int_equal(judge_chain(swapped, 3), CS_ATT_CHAIN);

    struct x509_spec s = tdx_usual_pck(&machine);
    assert_int_equal(judge_pck(&s), CS_OK);
    s.subject = "Intel SGX TCB Signing";
    assert_int_equal(judge_pck(&s), CS_ATT_CHAIN);
    s = tdx_usual_pck(&machine);
    s.usage = "critical,keyAgreement";
    assert_int_equal(judge_pck(&s), CS_ATT_CHAIN);
    s = tdx_usual_pck(&machine);
    s.constraints = "critical,CA:TRUE";
    assert_int_equal(judge_pck(&s), CS_ATT_CHAIN);
    s = tdx_usual_pck(&machine);
    s.from = TDX_NOW + 1;
    assert_int_equal(judge_pck(&s), CS_ATT_CERT_NOT_YET_VALID);
    s = tdx_usual_pck(&machine);
    s.to = TDX_NOW - 1;
    assert_int_equal(judge_pck(&s), CS_ATT_CERT_EXPIRED);
    s = tdx_usual_pck(&machine);
    s.key = machine.attestation_key;
    assert_int_equal(judge_pck(&s), CS_ATT_PROOF_INVALID);
    s = tdx_usual_pck(&machine);
    s.issuer_key = machine.root_key;
    assert_int_equal(judge_pck(&s), CS_ATT_CHAIN);

    /* Intel's root, and no other, where none is named. */
    struct tdx_quote q;
    tdx_usual_quote(&q);
    cs_buf quote = tdx_make_quote(&q, &machine);
    assert_int_equal(vendor_judge(CS_VENDOR_INTEL_TDX, allow_body(q.body, ""), cs_buf_slice(&quote), TDX_NOW).reason,
                     CS_ATT_ROOT_MISMATCH);
    cs_buf_free(&quote);
}

static void bindings(void **state)
{
    (void)state;
    struct tdx_quote q;
    uint8_t data[64] = {0};
    memset(data, 0x5a, 32);
    tdx_usual_quote(&q);
    cs_buf quote = tdx_make_quote(&q, &machine);
    cs_slice e = cs_buf_slice(&quote);
    cs_evidence_expect expect = {.allow_mock = true, .now = TDX_NOW, .binding = CS_ARRAY(data)};
    const char *rules = test_rules("");
    assert_int_equal(vendor_judge_with(CS_VENDOR_INTEL_TDX, rules, e, &expect).reason, CS_OK);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] ^= 1;
        assert_int_equal(vendor_judge_with(CS_VENDOR_INTEL_TDX, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
        data[i] ^= 1;
    }
    expect.binding.n = 32;
    assert_int_equal(vendor_judge_with(CS_VENDOR_INTEL_TDX, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
    expect.binding = CS_ABSENT;
    expect.nonce = CS_LIT("a nonce");
    assert_int_equal(vendor_judge_with(CS_VENDOR_INTEL_TDX, rules, e, &expect).reason, CS_ATT_NONCE_MISMATCH);
    expect.binding = CS_LIT("another"); /* the first mismatch in the order of the page counts */
    assert_int_equal(vendor_judge_with(CS_VENDOR_INTEL_TDX, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
    expect.public_key = CS_LIT("a key");
    assert_int_equal(vendor_judge_with(CS_VENDOR_INTEL_TDX, rules, e, &expect).reason, CS_ATT_PUBLIC_KEY_MISMATCH);
    cs_buf_free(&quote);
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

#define M "{\"mrtd\":[\"" R("3c") "\"]"

static const struct {
    const char *rules;
    cs_err err;
} rule_rows[] = {
    {M "}", CS_OK},
    {M ",\"rtmr\":{" RTMR(3, "41") "}}", CS_OK},
    {"{}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"mrtd\":[]}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"mrtd\":[\"" R("00") "\"]}", CS_POLICY_HASH},
    {"{\"mrtd\":[\"" R("3C") "\"]}", CS_POLICY_HASH},
    {"{\"rtmr\":{" RTMR(1, "41") "}}", CS_POLICY_ALLOWLIST_EMPTY},
    {M ",\"rtmr\":{}}", CS_POLICY_ALLOWLIST_EMPTY},
    {M ",\"rtmr\":{\"0\":[]}}", CS_POLICY_ALLOWLIST_EMPTY},
    {M ",\"rtmr\":{" RTMR(4, "41") "}}", CS_UNKNOWN_FIELD},
    {M ",\"rtmr\":{" RTMR(0, "41") "," RTMR(4, "41") "}}", CS_UNKNOWN_FIELD},
    {M ",\"rtmr\":{" RTMR(00, "41") "}}", CS_UNKNOWN_FIELD},
    {M ",\"rtmr\":[]}", CS_BAD_FIELD},
    {M ",\"rtmr\":{\"0\":[\"41\"]}}", CS_POLICY_HASH},
    {M ",\"rtmr\":{" RTMR(0, "00") "}}", CS_POLICY_HASH},
    {M ",\"rootPem\":\"x\"}", CS_POLICY_ROOT},
    {M ",\"collateral\":{}}", CS_MISSING_FIELD},
};

static void rules_are_strict(void **state)
{
    (void)state;
    cs_policy p;
    for (size_t i = 0; i < sizeof rule_rows / sizeof *rule_rows; i++) {
        cs_err err = vendor_policy(&p, CS_VENDOR_INTEL_TDX, rule_rows[i].rules, true);
        if (err != rule_rows[i].err)
            print_message("%s: %s\n", rule_rows[i].rules, cs_err_name(err));
        assert_int_equal(err, rule_rows[i].err);
        cs_policy_free(&p);
    }
    assert_int_equal(vendor_policy(&p, CS_VENDOR_INTEL_TDX, test_rules(""), false), CS_POLICY_FOREIGN_ROOT);
}

static void canonical_rules(void **state)
{
    (void)state;
    cs_policy p;
    cs_buf first = cs_buf_new(CS_MAX_POLICY), sorted = cs_buf_new(CS_MAX_POLICY);
    cs_json *doc = NULL;
    assert_int_equal(
        vendor_policy(&p, CS_VENDOR_INTEL_TDX, test_rules(",\"rtmr\":{" RTMR(2, "41") "," RTMR(0, "42") "}"), true),
        CS_OK);
    assert_int_equal(cs_policy_canonical(&first, &p), CS_OK);
    cs_policy_free(&p);
    assert_non_null(strstr(cs_buf_cstr(&first), "\"rtmr\":{\"0\":[\"sha384:42"));
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&first), CS_MAX_POLICY), CS_OK);
    assert_int_equal(cs_json_canonical(&sorted, cs_json_root(doc)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
    cs_json_free(doc);
    cs_buf_clear(&sorted);
    assert_int_equal(cs_policy_parse(&p, NULL, cs_buf_slice(&first), true), CS_OK);
    assert_int_equal(cs_policy_canonical(&sorted, &p), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
    cs_policy_free(&p);
    cs_buf_free(&first);
    cs_buf_free(&sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_changed), cmocka_unit_test(versions),
        cmocka_unit_test(attestation_key),   cmocka_unit_test(chains),
        cmocka_unit_test(bindings),          cmocka_unit_test(rules_are_strict),
        cmocka_unit_test(canonical_rules),
    };
    const struct CMUnitTest public_tests[] = {
        cmocka_unit_test(real_quotes),
        cmocka_unit_test(described),
        cmocka_unit_test(every_bit_of_a_quote),
    };
    int failed = cmocka_run_group_tests_name("made here", tests, make, end);
    return cmocka_run_group_tests_name("public", public_tests, NULL, NULL) + failed;
}
