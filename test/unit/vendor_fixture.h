/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a vendor's evidence under a policy that a test writes down. */
#ifndef CS_TEST_VENDOR_FIXTURE_H
#define CS_TEST_VENDOR_FIXTURE_H

#include "core/evidence.h"
#include "vectors.h"

/* matchRules of a policy, read with `allow_mock`. */
static inline cs_err vendor_policy(cs_policy *out, cs_vendor vendor, const char *rules, bool allow_mock)
{
    cs_buf json = cs_buf_new(CS_MAX_POLICY);
    cs_fault fault;
    cs_buf_add_str(&json, "{\"name\":\"p\",\"vendor\":\"");
    cs_buf_add_str(&json, cs_vendor_name(vendor));
    cs_buf_add_str(&json, "\",\"matchRules\":");
    cs_buf_add_str(&json, rules);
    cs_buf_add_str(&json, "}");
    cs_err err = cs_policy_parse(out, &fault, cs_buf_slice(&json), allow_mock);
    cs_buf_free(&json);
    return err;
}

static inline cs_verdict vendor_judge_with(cs_vendor vendor, const char *rules, cs_slice evidence,
                                           const cs_evidence_expect *expect)
{
    cs_policy policy;
    cs_verdict verdict;
    cs_err err = vendor_policy(&policy, vendor, rules, true);
    if (err != CS_OK)
        print_message("policy: %s\n", cs_err_name(err));
    assert_int_equal(err, CS_OK);
    err = cs_evidence_verify(&verdict, evidence, &policy, expect);
    assert_int_equal(err, verdict.reason);
    cs_policy_free(&policy);
    return verdict;
}

static inline cs_verdict vendor_judge(cs_vendor vendor, const char *rules, cs_slice evidence, int64_t now)
{
    return vendor_judge_with(vendor, rules, evidence, &(cs_evidence_expect){.allow_mock = true, .now = now});
}

/* The description as JSON text, which must be strict JSON; free with cs_buf_free. */
static inline cs_buf vendor_describe(cs_vendor vendor, cs_slice evidence)
{
    cs_buf out = cs_buf_new(1u << 20);
    cs_json *doc = NULL;
    assert_int_equal(cs_evidence_describe(&out, vendor, evidence), CS_OK);
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&out), 1u << 20), CS_OK);
    cs_json_free(doc);
    return out;
}

#endif
