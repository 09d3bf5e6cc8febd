/* SPDX-License-Identifier: Apache-2.0 */
#include "core/evidence.h"

#include <string.h>

#include "core/attest_claims.h"

cs_root_kind cs_evidence_root(uint8_t sha256[CS_SHA256_LEN], const cs_policy *policy)
{
    const cs_vendor_ops *ops = cs_vendor_find(policy->vendor);
    const void *rules = cs_policy_rules(policy);
    memset(sha256, 0, CS_SHA256_LEN);
    return ops != NULL && rules != NULL ? ops->root(sha256, rules) : CS_ROOT_FOREIGN;
}

bool cs_evidence_is_development(const cs_policy *policy)
{
    uint8_t ignored[CS_SHA256_LEN];
    return policy->vendor == CS_VENDOR_MOCK || cs_evidence_root(ignored, policy) == CS_ROOT_FOREIGN;
}

/* A vendor's file gives reasons, or says that the verifier itself failed; anything else is no proof. */
static cs_err reason_of(cs_err err)
{
    cs_err_class class = cs_err_class_of(err);
    return err == CS_OK || class == CS_CLASS_REFUSED || class == CS_CLASS_INTERNAL ? err : CS_ATT_PROOF_INVALID;
}

static cs_err prove(cs_proven *out, const cs_policy *policy, cs_slice evidence, const cs_prove_at *at, cs_slice binding)
{
    const cs_vendor_ops *ops = cs_vendor_find(policy->vendor);
    const void *rules = cs_policy_rules(policy);
    *out = (cs_proven){.time = -1};
    if (ops == NULL)
        return CS_ATT_VENDOR_MISMATCH;
    if (rules == NULL)
        return CS_ATT_ALLOWLIST_EMPTY; /* a policy that no parser made */
    return reason_of(ops->prove(out, rules, evidence, at, binding));
}

cs_err cs_evidence_prove(cs_proven *out, const cs_policy *policy, cs_slice evidence, const cs_prove_at *at,
                         cs_slice commitment)
{
    uint8_t bytes[128];
    cs_buf binding = CS_BUF_OVER(bytes);
    const cs_vendor_ops *ops = cs_vendor_find(policy->vendor);
    *out = (cs_proven){.time = -1};
    cs_err err = ops != NULL ? ops->binding(&binding, commitment) : CS_ATT_VENDOR_MISMATCH;
    if (err == CS_OK && binding.n == 0)
        err = CS_INTERNAL; /* nothing to compare with is not a binding */
    return err == CS_OK ? prove(out, policy, evidence, at, cs_buf_slice(&binding)) : err;
}

cs_err cs_evidence_allow(const cs_policy *policy, const cs_proven *proven)
{
    const cs_vendor_ops *ops = cs_vendor_find(policy->vendor);
    if (proven->debug)
        return CS_ATT_DEBUG;
    return ops != NULL ? reason_of(ops->allow(cs_policy_rules(policy), proven)) : CS_ATT_VENDOR_MISMATCH;
}

static cs_err check_age(const cs_proven *proven, const cs_policy *policy, const cs_evidence_expect *e)
{
    bool stored = e->clock == CS_CLOCK_STORED;
    int64_t at = stored ? e->entry_time : e->now, time = proven->time;
    if (time > CS_MAX_SECONDS || (time >= 0 && time - CS_MAX_CLOCK_SKEW_SECONDS > at))
        return CS_ATT_FROM_FUTURE;
    if (time >= 0 && time + policy->max_doc_age_seconds < at)
        return CS_ATT_EXPIRED;
    return stored && policy->require_dated && !e->dated ? CS_ATT_UNDATED : CS_OK;
}

static cs_err judge(cs_verdict *v, cs_proven *proven, cs_slice evidence, const cs_policy *policy,
                    const cs_evidence_expect *e)
{
    bool stored = e->clock == CS_CLOCK_STORED;
    cs_prove_at at = {.stored = stored,
                      .now = stored ? e->entry_time : e->now,
                      .nonce = e->nonce,
                      .public_key = e->public_key,
                      .chains = e->chains};
    if (cs_evidence_is_development(policy) && !e->allow_mock)
        return CS_ATT_MOCK_REFUSED;
    if (evidence.n > CS_MAX_ATTESTATION)
        return CS_ATT_TOO_LARGE;
    cs_err err = prove(proven, policy, evidence, &at, e->binding);
    if (err != CS_OK)
        return err;
    cs_verdict_show(v, proven);
    memcpy(v->image_hash, proven->measurement, sizeof v->image_hash);
    v->proven = true;
    err = cs_evidence_allow(policy, proven);
    return err == CS_OK ? check_age(proven, policy, e) : err;
}

cs_err cs_evidence_verify(cs_verdict *verdict, cs_slice evidence, const cs_policy *policy,
                          const cs_evidence_expect *expect)
{
    cs_proven proven = {.time = -1};
    cs_err err = cs_verdict_begin(verdict, policy, &(cs_expect){.clock = expect->clock, .dated = expect->dated});
    verdict->raw = true;
    if (err == CS_OK)
        err = judge(verdict, &proven, evidence, policy, expect);
    verdict->reason = err;
    cs_proven_free(&proven, policy->vendor);
    return err;
}
