/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging evidence alone: what is the same for every vendor. The vendors' own rows: test_attest_<vendor>.c and
 * attest_rows_<vendor>.h.
 */
#include "attest_fixture.h"
#include "nitro_fixture.h"
#include "vendor_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define RULES "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}"

static cs_err judge(cs_verdict *v, const cs_policy *policy, const struct nitro_change *change,
                    const cs_evidence_expect *e)
{
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    nitro_document(&doc, change);
    cs_err err = cs_evidence_verify(v, cs_buf_slice(&doc), policy, e);
    assert_int_equal(err, v->reason);
    assert_true(v->raw);
    cs_buf_free(&doc);
    vectors_release();
    return err;
}

static void age_and_date(void **state)
{
    (void)state;
    static const struct {
        int64_t at;
        bool stored, dated, any_date;
        cs_err reason;
    } rows[] = {
        {NITRO_TIME, false, false, false, CS_OK},
        {NITRO_TIME - 60, false, false, false, CS_OK},
        {NITRO_TIME + 300, false, false, false, CS_OK},
        {NITRO_TIME + 300, true, true, false, CS_OK},
        {NITRO_TIME, true, false, true, CS_OK},
        {NITRO_TIME - 61, false, false, false, CS_ATT_FROM_FUTURE},
        {NITRO_TIME - 61, true, true, false, CS_ATT_FROM_FUTURE},
        {NITRO_TIME + 301, false, false, false, CS_ATT_EXPIRED},
        {NITRO_TIME + 301, true, true, false, CS_ATT_EXPIRED},
        {NITRO_TIME + 301, true, false, false, CS_ATT_EXPIRED},
        {NITRO_TIME, true, false, false, CS_ATT_UNDATED},
        {INT64_MIN, true, true, false, CS_ATT_FROM_FUTURE},
        {INT64_MAX, true, true, false, CS_ATT_EXPIRED},
    };
    const struct nitro_change early = {.at = NITRO_LEAF + 1, .from = NITRO_TIME - 1000};
    cs_policy policy;
    nitro_policy(&policy, RULES);
    assert_true(policy.require_dated);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_verdict v;
        cs_policy p = policy;
        p.require_dated = !rows[i].any_date;
        const cs_evidence_expect e = {.allow_mock = true,
                                      .clock = rows[i].stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                                      .now = rows[i].stored ? 0 : rows[i].at,
                                      .entry_time = rows[i].at,
                                      .dated = rows[i].dated};
        cs_err err = judge(&v, &p, &early, &e);
        if (err != rows[i].reason)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_int_equal(v.evidence_time, NITRO_TIME);
    }
    cs_policy_free(&policy);
}

/* What comes before the vendor's own checks, and which vendor it is, follows from the policy. */
static void policies_decide(void **state)
{
    (void)state;
    const struct nitro_change good = {.at = 0};
    cs_evidence_expect e = {.allow_mock = true, .now = NITRO_TIME};
    cs_policy nitro, mock;
    cs_verdict v;
    nitro_policy(&nitro, RULES);
    fixture_policy(&mock);
    assert_int_equal(judge(&v, &nitro, &good, &e), CS_OK);
    assert_int_equal(judge(&v, &mock, &good, &e), CS_ATT_VENDOR_MISMATCH);
    for (cs_vendor vendor = CS_VENDOR_AWS_NITRO; vendor <= CS_VENDOR_COUNT; vendor++) {
        const cs_policy unread = {.vendor = vendor, .max_doc_age_seconds = 300};
        cs_err err = judge(&v, &unread, &good, &e);
        assert_int_equal(err, vendor == CS_VENDOR_COUNT ? CS_ATT_VENDOR_MISMATCH : CS_ATT_ALLOWLIST_EMPTY);
        assert_false(v.proven);
    }
    e.allow_mock = false;
    assert_int_equal(judge(&v, &mock, &good, &e), CS_ATT_MOCK_REFUSED);
    assert_int_equal(judge(&v, &nitro, &good, &e), CS_ATT_MOCK_REFUSED); /* a root of the test */
    e.allow_mock = true;
    cs_buf huge = cs_buf_new(CS_MAX_ATTESTATION + 1);
    while (huge.n <= CS_MAX_ATTESTATION)
        cs_buf_add_u8(&huge, 0x84);
    assert_int_equal(cs_evidence_verify(&v, cs_buf_slice(&huge), &nitro, &e), CS_ATT_TOO_LARGE);
    cs_buf_free(&huge);
    cs_policy_free(&nitro);
}

static void verdict_of_evidence_alone(void **state)
{
    (void)state;
    cs_policy policy;
    cs_verdict v;
    cs_buf text = cs_buf_new(4096);
    nitro_policy(&policy, RULES);
    const cs_evidence_expect e = {.allow_mock = true, .now = NITRO_TIME};
    assert_int_equal(judge(&v, &policy, &(struct nitro_change){.at = 0}, &e), CS_OK);
    cs_verdict_json(&text, &v);
    const char *json = cs_buf_cstr(&text);
    assert_non_null(strstr(json, "\"evidence\":\"raw\",\"imageHash\":\"sha384:1010"));
    assert_non_null(strstr(json, "\",\"counter\":null,\"rootSha256\":\"sha256:"));
    assert_non_null(strstr(json, "\"hardware\":false,\"evidenceTime\":1768473000,\"claims\":null}"));
    assert_string_equal(cs_verdict_caution(&v), "DEVELOPMENT ROOT – NOT HARDWARE");
    v.development = false;
    assert_string_equal(cs_verdict_caution(&v), "vouched for by the pinned keys");
    v.hardware = true;
    assert_null(cs_verdict_caution(&v));

    /* Refused for its image: what was proven is shown all the same. */
    cs_policy other;
    nitro_policy(&other, "\"pcrs\":{\"0\":[\"" NITRO_PCR8 "\"]}");
    cs_buf_clear(&text);
    assert_int_equal(judge(&v, &other, &(struct nitro_change){.at = 0}, &e), CS_ATT_IMAGE_NOT_ALLOWED);
    cs_verdict_json(&text, &v);
    assert_non_null(strstr(cs_buf_cstr(&text), "\"imageHash\":\"sha384:1010"));
    cs_policy_free(&other);
    cs_policy_free(&policy);
    cs_buf_free(&text);
}

static void description(void **state)
{
    (void)state;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), out = cs_buf_new(1u << 20);
    nitro_document(&doc, &(struct nitro_change){.at = 0});
    cs_buf text = vendor_describe(CS_VENDOR_AWS_NITRO, cs_buf_slice(&doc));
    assert_true(cs_slice_starts(cs_buf_slice(&text), CS_LIT("{\"vendor\":\"aws-nitro-enclave\",")));
    cs_buf_free(&text);
    assert_int_equal(cs_evidence_describe(&out, CS_VENDOR_MOCK, cs_buf_slice(&doc)), CS_POLICY_VENDOR);
    assert_int_equal(cs_evidence_describe(&out, CS_VENDOR_COUNT, cs_buf_slice(&doc)), CS_POLICY_VENDOR);
    for (cs_vendor vendor = CS_VENDOR_AWS_NITRO; vendor < CS_VENDOR_COUNT; vendor++) {
        assert_int_not_equal(cs_evidence_describe(&out, vendor, CS_LIT("")), CS_OK);
        assert_int_not_equal(cs_evidence_describe(&out, vendor, CS_LIT("junk")), CS_OK);
    }
    cs_buf_free(&out);
    cs_buf_free(&doc);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(age_and_date),
        cmocka_unit_test(policies_decide),
        cmocka_unit_test(verdict_of_evidence_alone),
        cmocka_unit_test(description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
