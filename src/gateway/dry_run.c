/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/dry_run.h"

#include "gateway/flow.h"

/* What can be said of the attestation before there is one. */
struct forecast {
    const char *expected;
    cs_err reason; /* of "fail" */
};

/* Whether the policy accepts the enclave that told its identity last: its boot document, as if it were of this moment.
 */
static cs_err judge_enclave(const cs_policy *p, const cs_identity *i, cs_slice document, bool allow_mock)
{
    cs_verdict verdict;
    const cs_expect expect = {.kind = CS_ATTEST_BOOT, .allow_mock = allow_mock, .now = i->iat};
    return cs_attest_verify(&verdict, document, p, &expect);
}

static struct forecast foretell(const cs_signing *s, const cs_call *c)
{
    const cs_live_key *k = s->key;
    cs_identity identity;
    if (!k->bound)
        return (struct forecast){"absent", CS_OK};
    if (k->policy_err != CS_OK)
        return (struct forecast){"fail", k->policy_err};
    cs_buf document = cs_buf_new(CS_MAX_ATTESTATION);
    struct forecast f = {"unknown", CS_OK};
    if (cs_introducer_recall(c->app->introducer, &identity, &document)) {
        f.reason = judge_enclave(&k->policy, &identity, cs_buf_slice(&document), c->app->allow_mock);
        f.expected = f.reason == CS_OK ? "pass" : "fail";
    }
    cs_buf_free(&document);
    return f;
}

static void write_attestation(cs_jw *w, const cs_live_key *k, const struct forecast *f)
{
    cs_jw_begin(w, "attestation");
    cs_jw_str(w, "policyId", k->bound ? cs_slice_str(k->row.policy_id) : CS_ABSENT);
    if (k->bound)
        cs_jw_int(w, "policyVersion", k->policy_version);
    else
        cs_jw_null(w, "policyVersion");
    cs_jw_bool(w, "enforce", k->bound && (k->policy_err != CS_OK || k->policy.enforce));
    cs_jw_cstr(w, "expected", f->expected);
    if (f->reason != CS_OK)
        cs_jw_cstr(w, "reason", cs_err_name(f->reason));
    cs_jw_end(w);
}

static void write_refusal(cs_jw *w, cs_err err, cs_err reason, const cs_rule_violation *v)
{
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "code", cs_err_name(err));
    cs_jw_cstr(w, "error", cs_err_sentence(err));
    if (reason != CS_OK)
        cs_jw_cstr(w, "reason", cs_err_name(reason));
    if (v != NULL) {
        cs_jw_cstr(w, "policyId", v->policy_id);
        cs_jw_cstr(w, "rule", v->rule);
    }
    cs_jw_end(w);
}

/* Those of one check; a vault policy may have more than one. */
static void write_refusals(cs_jw *w, const cs_signing *s, cs_err err)
{
    if (err != CS_POLICY_VIOLATED) {
        write_refusal(w, err, CS_OK, NULL);
        return;
    }
    for (size_t i = 0; i < s->rules.listed; i++)
        if (s->rules.violations[i].action == CS_RULE_ENFORCE)
            write_refusal(w, err, CS_OK, &s->rules.violations[i]);
}

/* An error that says nothing about the request but that nothing can be said. */
static bool is_outage(cs_err err)
{
    cs_err_class class = cs_err_class_of(err);
    return class == CS_CLASS_INTERNAL || class == CS_CLASS_UNAVAILABLE;
}

cs_err cs_dry_run(cs_signing *s, cs_call *c, cs_jw *w)
{
    const cs_live_key *k = s->key;
    struct forecast f = foretell(s, c);
    bool rejected = k->bound && f.reason != CS_OK && (k->policy_err != CS_OK || k->policy.enforce);
    bool refused = rejected;
    cs_jw_begin(w, "data");
    cs_jw_bool(w, "dryRun", true);
    cs_jw_cstr(w, "keyId", k->row.id);
    cs_jw_cstr(w, "algorithm", k->row.alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(k->row.format));
    cs_jw_str(w, cs_payload_digest_name(&s->payload), cs_buf_slice(&s->digest));
    cs_jw_int(w, "payloadSize", s->payload.size);
    write_attestation(w, k, &f);
    cs_jw_begin_array(w, "refusals");
    for (size_t i = 0; i < CS_FLOW_CHECKS; i++) {
        cs_err err = cs_flow_checks[i](s, c);
        if (is_outage(err))
            return err;
        if (err != CS_OK)
            write_refusals(w, s, err);
        refused = refused || err != CS_OK;
    }
    if (rejected)
        write_refusal(w, CS_ATTESTATION_REJECTED, f.reason, NULL);
    cs_jw_end_array(w);
    cs_jw_bool(w, "wouldSign", !refused);
    cs_rules_answer(w, &s->rules);
    cs_jw_end(w);
    c->fault = (cs_fault){0}; /* those of the checks are told */
    return CS_OK;
}
