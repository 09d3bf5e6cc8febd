/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/judge.h"

#include "sys/clock.h"

#define IDENTITY_AGE_US (60 * 1000000LL)

static cs_err verify(cs_verdict *v, cs_call *c, const cs_policy *policy, const cs_answer *answer,
                     const cs_expect *expect)
{
    int64_t from = cs_tick_us();
    cs_call_compute(c);
    cs_err err = cs_attest_verify(v, answer->reply.document, policy, expect);
    cs_call_computed(c);
    cs_metrics_time(c->app->metrics, CS_STAGE_VERIFY, cs_tick_us() - from);
    return err;
}

/* Under the policy that the operator pins, else under the identity of the enclave whose it says to be. That may have
 * been restarted since that was asked for: then once more. */
static cs_err verify_unbound(cs_judgement *out, cs_call *c, const cs_answer *answer, const cs_expect *expect)
{
    static const int64_t ages_us[] = {IDENTITY_AGE_US, 0};
    const cs_policy *pinned = cs_introducer_pinned(c->app->introducer);
    cs_err err = CS_OK;
    if (pinned != NULL) {
        out->reason = verify(&out->details, c, pinned, answer, expect);
        return CS_OK;
    }
    for (size_t i = 0; i < sizeof ages_us / sizeof *ages_us && err == CS_OK && out->reason != CS_OK; i++) {
        cs_policy policy;
        err = cs_introducer_policy_for(c->app->introducer, &policy, answer->reply.document, ages_us[i], c->deadline_us);
        if (err == CS_OK)
            out->reason = verify(&out->details, c, &policy, answer, expect);
        cs_policy_free(&policy);
    }
    if (cs_err_class_of(err) != CS_CLASS_REFUSED)
        return err;
    out->reason = err; /* an enclave that cannot even introduce itself */
    return CS_OK;
}

cs_err cs_judge(cs_judgement *out, cs_call *c, const cs_policy *bound, cs_err usable, const cs_answer *answer,
                cs_expect *expect)
{
    *out = (cs_judgement){.reason = CS_INTERNAL, .verdict = "fail"};
    expect->allow_mock = c->app->allow_mock;
    expect->chains = c->app->chains;
    expect->clock = CS_CLOCK_LIVE;
    expect->now = cs_now_ms() / 1000;
    if (usable != CS_OK) {
        out->reason = usable;
        return CS_OK;
    }
    if (bound != NULL) {
        out->reason = verify(&out->details, c, bound, answer, expect);
    } else {
        cs_err err = verify_unbound(out, c, answer, expect);
        if (err != CS_OK)
            return err;
    }
    if (out->reason == CS_OK)
        out->reason = cs_signer_note_counter(c->app->signer, answer, out->details.epoch, out->details.counter);
    if (cs_err_class_of(out->reason) == CS_CLASS_INTERNAL)
        return out->reason;
    out->released = out->reason == CS_OK || (bound != NULL && !bound->enforce);
    if (out->reason == CS_OK)
        out->verdict = bound != NULL ? "pass" : "absent";
    return CS_OK;
}

cs_purpose cs_judge_purpose(const cs_key_row *k)
{
    cs_purpose purpose;
    /* A purpose that documents do not know is refused like the wrong one. */
    return cs_attest_purpose_by_name(&purpose, cs_slice_str(k->purpose)) ? purpose : CS_PURPOSE_SIGN;
}

void cs_judge_write(cs_jw *w, const cs_judgement *j, cs_slice document, const char *policy_id, int64_t policy_version)
{
    bool proven = j->reason == CS_OK;
    cs_jw_begin(w, "attestation");
    cs_jw_cstr(w, "vendor", cs_vendor_name(j->details.vendor));
    cs_jw_str(w, "imageHash", proven ? cs_slice_str(j->details.image_hash) : CS_ABSENT);
    if (proven)
        cs_jw_int(w, "counter", j->details.counter);
    else
        cs_jw_null(w, "counter");
    cs_jw_base64(w, "docB64", document);
    cs_jw_cstr(w, "verdict", j->verdict);
    if (!proven)
        cs_jw_cstr(w, "reason", cs_err_name(j->reason));
    if (policy_id != NULL) {
        cs_jw_cstr(w, "policyId", policy_id);
        cs_jw_int(w, "policyVersion", policy_version);
    } else {
        cs_jw_null(w, "policyId");
        cs_jw_null(w, "policyVersion");
    }
    cs_jw_end(w);
}
