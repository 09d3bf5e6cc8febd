/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on stored attestations: one row for each thing that is changed in the answer, in the record, in the
 * countersignature or in what is pinned. */
#include "hybrid_proof_fixture.h"

#include "countersign/countersign.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum pin { USUAL, NO_LEDGER_KEY, PRODUCTION, OTHER_KEY_ID, OTHER_KEY, OTHER_POLICY, ANOTHER_IMAGE, DATED };

static const struct row {
    const char *name;
    struct proof_options options;
    cs_err want;
    enum pin pin;
} rows[] = {
    {"good", .want = CS_OK},
    {"without the envelope", {.bare = true}, CS_OK},
    {"without metadata", {.no_metadata = true}, CS_OK},
    {"without metadata, null", {.no_metadata = true, .member = "metadataText", .value = "null"}, CS_OK},
    {"bitcoin", {.chain = "bitcoin", .scheme = CS_HYBRID_SHA256D}, CS_OK},
    {"solana", {.chain = "solana", .scheme = CS_HYBRID_ED25519}, CS_OK},
    {"scheme as it was found", {.member = "ecdsaScheme", .value = "\"eip191\""}, CS_OK},
    {"signed without a policy", {.no_policy = true}, CS_OK},
    {"no ledger key is pinned", {.no_witness = true}, CS_OK, NO_LEDGER_KEY},
    {"record an age before", {.created_off = -300}, CS_OK},
    {"record a minute behind", {.created_off = 60}, CS_OK},

    {"no message", {.member = "message", .value = ""}, CS_HYBRID_FORMAT},
    {"odd hex", {.member = "message", .value = "\"0x4\""}, CS_HYBRID_FORMAT},
    {"no record", {.member = "record", .value = ""}, CS_HYBRID_FORMAT},
    {"record an object", {.member = "record", .value = "{}"}, CS_HYBRID_FORMAT},
    {"record null", {.member = "record", .value = "null"}, CS_HYBRID_FORMAT},
    {"metadata a number", {.member = "metadataText", .value = "7"}, CS_HYBRID_FORMAT},
    {"no ML-DSA key", {.member = "pqcPublicKey", .value = ""}, CS_HYBRID_FORMAT},
    {"unknown chain", {.member = "chain", .value = "\"base\""}, CS_HYBRID_FORMAT},
    {"unknown algorithm", {.member = "algorithm", .value = "\"ml-dsa-45\""}, CS_HYBRID_FORMAT},

    {"another message", {.member = "message", .value = "\"0x48656c6c6f20576f726c65\""}, CS_PQC_004},
    {"another scheme", {.member = "ecdsaScheme", .value = "\"sha256\""}, CS_PQC_004},
    {"no ECDSA signature", {.member = "ecdsaSignature", .value = "\"\""}, CS_PQC_004},
    {"no ML-DSA signature", {.member = "pqcSignature", .value = "\"0x\""}, CS_PQC_004},

    {"record empty", {.member = "record", .value = "\"\""}, CS_HYBRID_RECORD},
    {"record no JSON", {.member = "record", .value = "\"x\""}, CS_HYBRID_RECORD},
    {"record of nothing", {.member = "record", .value = "\"{}\""}, CS_HYBRID_RECORD},
    {"record with a blank", {.find = "\"chain\":", .put = "\"chain\": "}, CS_HYBRID_RECORD},
    {"record with another id, signed", {.find = "\"att_1\"", .put = "\"att_\\\"\""}, CS_HYBRID_RECORD},
    {"record of another algorithm", {.find = "ml-dsa-44", .put = "ml-dsa-65"}, CS_HYBRID_RECORD},
    {"record of another chain", {.find = "\"ethereum\"", .put = "\"polygon\""}, CS_HYBRID_RECORD},
    {"record of another scheme", {.find = "eip191", .put = "keccak256"}, CS_HYBRID_RECORD},
    {"record of another message", {.find = "a591a6d4", .put = "a591a6d5"}, CS_HYBRID_RECORD},
    {"record of another size", {.find = "\"messageSize\":11", .put = "\"messageSize\":12"}, CS_HYBRID_RECORD},
    {"record of another signer", {.find = "0x0479be", .put = "0x0479bf"}, CS_HYBRID_RECORD},
    {"record of another address", {.find = "0x7E5F", .put = "0x7e5f"}, CS_HYBRID_RECORD},
    {"record without the address",
     {.find = ",\"signerAddress\":\"0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf\"", .put = ""},
     CS_HYBRID_RECORD},
    {"record of another metadata",
     {.find = "\"metadataSha256\":\"sha256:", .put = "\"metadataSha256\":\"sha256:0"},
     CS_HYBRID_RECORD},
    {"record with a member more", {.find = "{\"algorithm\"", .put = "{\"a\":1,\"algorithm\""}, CS_HYBRID_RECORD},
    {"record with a member twice",
     {.find = "{\"algorithm\"", .put = "{\"algorithm\":\"ml-dsa-44\",\"algorithm\""},
     CS_HYBRID_RECORD},
    {"record without milliseconds", {.find = ":00.007Z", .put = ":00Z"}, CS_HYBRID_RECORD},
    {"metadata spelled otherwise", {.member = "metadataText", .value = "\"{}\""}, CS_HYBRID_RECORD},
    {"metadata null", {.member = "metadataText", .value = "null"}, CS_HYBRID_RECORD},
    {"metadata left out", {.member = "metadataText", .value = ""}, CS_HYBRID_RECORD},
    {"metadata added", {.no_metadata = true, .member = "metadataText", .value = "\"{}\""}, CS_HYBRID_RECORD},

    {"record with another id, unsigned", {.found_later = "\"att_1\"", .put_later = "\"att_2\""}, CS_BUNDLE_PAYLOAD},
    {"record of another registration, unsigned",
     {.found_later = "\"rk_1\"", .put_later = "\"rk_2\""},
     CS_BUNDLE_PAYLOAD},
    {"record of another time, unsigned", {.found_later = ":00.007Z", .put_later = ":00.008Z"}, CS_BUNDLE_PAYLOAD},
    {"signed without the prefix", {.prefix = ""}, CS_BUNDLE_PAYLOAD},
    {"signed with another prefix", {.prefix = "countersign/hybrid/v2\n"}, CS_BUNDLE_PAYLOAD},
    {"signed by a key of purpose sign", {.purpose = "sign"}, CS_ATT_PURPOSE_MISMATCH},
    {"recorded as a violation", {.violation = true}, CS_BUNDLE_VIOLATION},
    {"document too old", {.iat_off = -301}, CS_ATT_EXPIRED},
    {"record too old", {.created_off = -301}, CS_HYBRID_TIME},
    {"record too young", {.created_off = 61}, CS_HYBRID_TIME},
    {"record a year before", {.created_off = -31536000}, CS_HYBRID_TIME},
    {"production", .want = CS_ATT_MOCK_REFUSED, .pin = PRODUCTION},
    {"another key id is pinned", .want = CS_ATT_KEY_MISMATCH, .pin = OTHER_KEY_ID},
    {"another key is pinned", .want = CS_ATT_ALGORITHM_MISMATCH, .pin = OTHER_KEY},
    {"another policy is pinned", .want = CS_BUNDLE_POLICY, .pin = OTHER_POLICY},
    {"another image is pinned", {.no_policy = true}, .want = CS_ATT_IMAGE_NOT_ALLOWED, .pin = ANOTHER_IMAGE},
    {"a date is wanted, no witness", {.no_witness = true}, .want = CS_ATT_UNDATED, .pin = DATED},
};

static void change_pins(struct bundle_pins *p, cs_pair *other, enum pin pin)
{
    cs_bundle_expect *e = &p->expect;
    uint8_t seed[32] = {1};
    e->payload_sha256 = CS_ABSENT; /* the verifier makes them */
    e->message = (cs_message){.bytes = CS_ABSENT};
    if (pin == NO_LEDGER_KEY)
        e->ledger_key_count = 0;
    if (pin == PRODUCTION)
        e->allow_mock = false;
    if (pin == OTHER_KEY_ID)
        e->key_id = CS_LIT("key_2");
    if (pin == OTHER_KEY) {
        assert_int_equal(cs_pair_open_private(other, cs_alg_find(CS_LIT("mldsa65")), CS_FORMAT_PURE, CS_ARRAY(seed)),
                         CS_OK);
        e->key = other;
    }
    if (pin == OTHER_POLICY)
        p->pin.hash[0] ^= 1;
    if (pin == ANOTHER_IMAGE)
        p->pin.policy.match.mock.images[0][0] ^= 1;
    if (pin == DATED)
        p->pin.policy.require_dated = true;
}

static cs_err judge(cs_hybrid_report *report, const struct proof_made *m, const cs_bundle_expect *pinned)
{
    cs_hybrid_proof proof;
    cs_bundle bundle;
    *report = (cs_hybrid_report){.reason = CS_INTERNAL};
    cs_err err = cs_hybrid_proof_parse(&proof, NULL, cs_buf_slice(&m->attestation));
    assert_int_equal(cs_bundle_parse(&bundle, NULL, cs_buf_slice(&m->bundle)), CS_OK);
    if (err == CS_OK) {
        err = cs_hybrid_proof_verify(report, &proof, &bundle, pinned);
        assert_int_equal(err, report->reason);
    }
    cs_hybrid_proof_free(&proof);
    cs_bundle_free(&bundle);
    return err;
}

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct proof_made m;
        struct bundle_pins pins;
        cs_pair other = {0};
        cs_hybrid_report report;
        proof_make(&m, &rows[i].options);
        bundle_pins_make(&pins);
        change_pins(&pins, &other, rows[i].pin);
        cs_err err = judge(&report, &m, &pins.expect);
        if (err != rows[i].want)
            fail_msg("%s: %s", rows[i].name, cs_err_name(err));
        assert_int_equal(report.countersigned,
                         err == CS_OK || (err != CS_HYBRID_FORMAT && err != CS_PQC_004 && err != CS_HYBRID_RECORD));
        cs_pair_close(&other);
        cs_pin_free(&pins.pin);
        proof_free(&m);
    }
}

/* No bit of the countersignature, and no answer of another attestation. */
static void another_countersignature(void **state)
{
    (void)state;
    const struct proof_options good = {.chain = NULL}, other = {.no_metadata = true};
    struct proof_made m, o;
    struct bundle_pins pins;
    cs_hybrid_report report;
    bundle_pins_make(&pins);
    proof_make(&m, &good);
    proof_make(&o, &other);
    cs_buf kept = m.bundle;
    m.bundle = o.bundle;
    assert_int_equal(judge(&report, &m, &pins.expect), CS_BUNDLE_PAYLOAD);
    assert_true(report.recorded && report.pair.ecdsa_valid && report.pair.pqc_valid);
    m.bundle = kept;
    assert_int_equal(judge(&report, &m, &pins.expect), CS_OK);
    proof_free(&m);
    proof_free(&o);
    cs_pin_free(&pins.pin);
}

/* Cut anywhere, the answer is no attestation. */
static void truncations(void **state)
{
    (void)state;
    const struct proof_options good = {.chain = NULL};
    struct proof_made m;
    proof_make(&m, &good);
    cs_slice whole = cs_buf_slice(&m.attestation);
    for (size_t n = 0; n < whole.n; n += 7) {
        cs_hybrid_proof proof;
        cs_fault fault = {0};
        assert_int_equal(cs_hybrid_proof_parse(&proof, &fault, cs_slice_sub(whole, 0, n)), CS_HYBRID_FORMAT);
        assert_int_equal(fault.err, CS_HYBRID_FORMAT);
        assert_null(proof.json);
    }
    proof_free(&m);
}

static void report_text(void **state)
{
    (void)state;
    const struct proof_options good = {.chain = NULL}, bad = {.find = "ml-dsa-44", .put = "ml-dsa-65"};
    struct proof_made m;
    struct bundle_pins pins;
    cs_hybrid_report report;
    cs_buf text = cs_buf_new(COUNTERSIGN_HYBRID_VERDICT_MAX);
    bundle_pins_make(&pins);
    proof_make(&m, &good);
    assert_int_equal(judge(&report, &m, &pins.expect), CS_OK);
    cs_hybrid_report_json(&text, &report);
    static const char begin[] = "{\"ok\":true,\"reason\":\"OK\",\"ecdsaValid\":true,\"pqcValid\":true,"
                                "\"ecdsaScheme\":\"eip191\","
                                "\"signerAddress\":\"0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf\",\"id\":\"att_1\","
                                "\"pqcKeyId\":\"rk_1\",\"createdAt\":\"2026-01-15T10:30:00.007Z\","
                                "\"recordSha256\":\"sha256:";
    assert_true(cs_slice_starts(cs_buf_slice(&text), cs_slice_str(begin)));
    assert_non_null(strstr(cs_buf_cstr(&text), "\",\"countersignature\":{\"ok\":true,\"reason\":\"OK\","));
    assert_non_null(strstr(cs_buf_cstr(&text), "\"purpose\":\"hybrid\""));
    proof_free(&m);
    proof_make(&m, &bad);
    cs_buf_clear(&text);
    assert_int_equal(judge(&report, &m, &pins.expect), CS_HYBRID_RECORD);
    cs_hybrid_report_json(&text, &report);
    assert_string_equal(cs_buf_cstr(&text),
                        "{\"ok\":false,\"reason\":\"HYBRID_RECORD\",\"ecdsaValid\":true,\"pqcValid\":true,"
                        "\"ecdsaScheme\":\"eip191\","
                        "\"signerAddress\":\"0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf\",\"id\":null,"
                        "\"pqcKeyId\":null,\"createdAt\":null,\"recordSha256\":null,\"countersignature\":null}");
    proof_free(&m);
    cs_pin_free(&pins.pin);
    cs_buf_free(&text);
}

/* -- the library --------------------------------------------------------------------------------------------------- */

static int ask(const char **reason, char *verdict, const struct proof_made *m, countersign_hybrid *h)
{
    static char policy_text[4096], ledger[2][CS_MAX_VKEY + 1];
    static const char *keys[2] = {ledger[0], ledger[1]};
    cs_buf policy = CS_BUF_OVER(policy_text);
    fixture_policy_text(&policy);
    for (size_t i = 0; i < 2; i++) {
        cs_vkey key;
        cs_buf text = cs_buf_new(CS_MAX_VKEY);
        bundle_vkey(&key, LOG_ED + i, ORIGIN);
        cs_vkey_write(&text, &key);
        assert_int_equal(cs_slice_to_cstr(ledger[i], sizeof ledger[i], cs_buf_slice(&text)), CS_OK);
        cs_buf_free(&text);
    }
    h->attestation = (const char *)m->attestation.p;
    h->attestation_len = m->attestation.n;
    h->countersignature.bundle = (const char *)m->bundle.p;
    h->countersignature.bundle_len = m->bundle.n;
    h->countersignature.policy = policy_text;
    h->countersignature.policy_len = policy.n;
    h->countersignature.ledger_keys = keys;
    h->countersignature.ledger_key_count = 2;
    return countersign_verify_hybrid(reason, verdict, COUNTERSIGN_HYBRID_VERDICT_MAX, h);
}

static void library(void **state)
{
    (void)state;
    static const struct {
        struct proof_options options;
        const char *reason;
        int result;
    } cases[] = {
        {{.chain = NULL}, "OK", COUNTERSIGN_VERIFIED},
        {{.member = "message", .value = "\"0x\""}, "PQC_004", COUNTERSIGN_REFUSED},
        {{.member = "record", .value = "0"}, "HYBRID_FORMAT", COUNTERSIGN_REFUSED},
        {{.find = "eip191", .put = "keccak256"}, "HYBRID_RECORD", COUNTERSIGN_REFUSED},
        {{.purpose = "sign"}, "ATT_PURPOSE_MISMATCH", COUNTERSIGN_REFUSED},
        {{.created_off = 61}, "HYBRID_TIME", COUNTERSIGN_REFUSED},
    };
    char verdict[COUNTERSIGN_HYBRID_VERDICT_MAX], start[64];
    const char *reason;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct proof_made m;
        countersign_hybrid h = {.countersignature = {.allow_mock = 1}};
        proof_make(&m, &cases[i].options);
        assert_int_equal(ask(&reason, verdict, &m, &h), cases[i].result);
        assert_string_equal(reason, cases[i].reason);
        (void)snprintf(start, sizeof start, "{\"ok\":%s,\"reason\":\"%s\",", i == 0 ? "true" : "false", reason);
        assert_memory_equal(verdict, start, strlen(start));
        proof_free(&m);
    }
}

/* Not judged, or judged and malformed. */
static void library_arguments(void **state)
{
    (void)state;
    const struct proof_options good = {.chain = NULL};
    struct proof_made m;
    char verdict[COUNTERSIGN_HYBRID_VERDICT_MAX];
    const char *reason;
    countersign_hybrid h = {.countersignature = {.allow_mock = 0}};
    proof_make(&m, &good);
    assert_int_equal(ask(&reason, verdict, &m, &h), COUNTERSIGN_REFUSED);
    assert_string_equal(reason, "ATT_MOCK_REFUSED");
    countersign_hybrid bad = h;
    bad.attestation = NULL;
    assert_int_equal(countersign_verify_hybrid(&reason, verdict, sizeof verdict, &bad), COUNTERSIGN_ERROR);
    assert_string_equal(verdict, "");
    bad = h;
    bad.countersignature.payload = (const uint8_t *)"x";
    assert_int_equal(countersign_verify_hybrid(&reason, verdict, sizeof verdict, &bad), COUNTERSIGN_ERROR);
    bad = h;
    bad.countersignature.bundle = NULL;
    assert_int_equal(countersign_verify_hybrid(&reason, verdict, sizeof verdict, &bad), COUNTERSIGN_ERROR);
    bad = h;
    bad.countersignature.policy_len--;
    assert_int_equal(countersign_verify_hybrid(&reason, verdict, sizeof verdict, &bad), COUNTERSIGN_ERROR);
    bad = h;
    bad.countersignature.bundle_len--;
    assert_int_equal(countersign_verify_hybrid(&reason, verdict, sizeof verdict, &bad), COUNTERSIGN_REFUSED);
    assert_string_equal(reason, "BUNDLE_FORMAT");
    bad = h;
    bad.attestation_len--;
    assert_int_equal(countersign_verify_hybrid(NULL, NULL, 0, &bad), COUNTERSIGN_REFUSED);
    h.countersignature.allow_mock = 1;
    assert_int_equal(countersign_verify_hybrid(&reason, NULL, 0, &h), COUNTERSIGN_VERIFIED);
    assert_int_equal(countersign_verify_hybrid(&reason, verdict, 40, &h), COUNTERSIGN_ERROR);
    assert_string_equal(reason, "TOO_LARGE");
    proof_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),    cmocka_unit_test(another_countersignature),
        cmocka_unit_test(truncations), cmocka_unit_test(report_text),
        cmocka_unit_test(library),     cmocka_unit_test(library_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
