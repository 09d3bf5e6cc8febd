/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sign path, from top to bottom as it happens:
 *
 *     read → key → vault policies → enclave → judge → record → answer
 *
 * Every arrow can fail, and then no signature leaves. What is signed is recorded first: the signature's row and its
 * ledger entry are durable, in one transaction, before the client sees a byte of it. A signature that the key's policy
 * refuses is not recorded; that it was refused is.
 */
#include "gateway/flow.h"

#include <string.h>

#include "core/lineage.h"
#include "gateway/access.h"
#include "gateway/dry_run.h"
#include "sys/clock.h"

#define USUAL_ANSWER (24u << 10) /* bytes, so that the buffer does not grow by and by */

static cs_err read_request(cs_signing *s, bool *dry_run, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_signing_read(s, &o);
        *dry_run = cs_jobj_bool_or(&o, "dryRun", false);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

cs_err cs_flow_find_key(cs_signing *s, cs_call *c)
{
    cs_err err = cs_keyring_hold(&s->key, c->app->keyring, cs_call_org(c), cs_slice_str(s->ref));
    if (err == CS_NOT_FOUND)
        cs_access_missed(c, cs_slice_str(s->ref));
    if (err == CS_OK && !cs_call_may_use(c, s->key->row.id))
        err = CS_NOT_FOUND;
    return err == CS_OK ? CS_OK : cs_call_fail(c, err, "keyId");
}

static cs_err check_active(cs_signing *s, cs_call *c)
{
    cs_key_status status = cs_keyring_status(c->app->keyring, s->key);
    return status == CS_KEY_ACTIVE || status == CS_KEY_SUPERSEDED ? CS_OK : cs_call_fail(c, CS_KEY_NOT_ACTIVE, "keyId");
}

static cs_err check_purpose(cs_signing *s, cs_call *c)
{
    return strcmp(s->key->row.purpose, cs_attest_purpose_name(s->purpose)) == 0
               ? CS_OK
               : cs_call_fail(c, CS_KEY_PURPOSE, "keyId");
}

/* The enclave signs statements of lineage, but only a rotation makes them. */
static cs_err check_payload(cs_signing *s, cs_call *c)
{
    if (s->payload.message.ph == CS_HASH_NONE && cs_lineage_reserves(s->payload.message.bytes))
        return cs_call_fail(c, CS_RESERVED_PAYLOAD, "payload");
    return cs_payload_fits(&s->payload, &c->fault, s->key->row.alg, s->key->row.format);
}

static cs_err check_rules(cs_signing *s, cs_call *c)
{
    const cs_live_key *k = s->key;
    bool attested = k->bound && k->policy_err == CS_OK && k->policy.enforce;
    cs_rule_subject subject = cs_rules_of_key(CS_RULE_SIGN, &k->row, attested);
    return cs_rules_check(&s->rules, c, &subject);
}

const cs_flow_check cs_flow_checks[CS_FLOW_CHECKS] = {check_active, check_purpose, check_payload, check_rules};

cs_err cs_flow_admit(cs_signing *s, cs_call *c)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < CS_FLOW_CHECKS; i++)
        err = cs_flow_checks[i](s, c);
    if (err != CS_OK)
        return err;
    err = cs_keyring_sign(c->app->keyring, s->key);
    s->announced = err == CS_OK;
    return err == CS_OK ? cs_signing_nonce(s) : cs_call_fail(c, err, "keyId");
}

cs_request cs_flow_request(const cs_signing *s)
{
    const cs_key_row *key = &s->key->row;
    return (cs_request){
        .type = CS_MSG_SIGN,
        .org = cs_slice_str(key->org),
        .key_id = cs_slice_str(key->id),
        .sealed = cs_buf_slice(&key->sealed),
        .message = s->payload.message,
        .policy_id = s->key->bound ? cs_slice_str(key->policy_id) : CS_ABSENT,
        .nonce = cs_buf_slice(&s->nonce),
    };
}

cs_err cs_flow_judge(cs_signing *s, cs_call *c)
{
    const cs_live_key *key = s->key;
    bool hashed = s->payload.message.ph != CS_HASH_NONE;
    cs_expect expect = {
        .kind = CS_ATTEST_SIGN,
        .purpose = s->purpose,
        .nonce = cs_buf_slice(&s->nonce),
        .payload_sha256 = hashed ? CS_ABSENT : cs_digest_slice(&s->payload.sha256),
        .prehash_alg = s->payload.message.ph,
        .prehash = hashed ? s->payload.message.bytes : CS_ABSENT,
        .signature = s->answer.reply.signature,
        .key_id = cs_slice_str(key->row.id),
        .alg = key->row.alg,
        .format = &key->row.format,
        .public_key = cs_buf_slice(&key->row.public_key),
    };
    return cs_judge(&s->judgement, c, key->bound ? &key->policy : NULL, key->policy_err, &s->answer, &expect);
}

void cs_flow_judge_counter(cs_signing *s)
{
    s->judgement.reason = CS_COUNTER_NOT_FRESH;
    s->judgement.verdict = "fail";
    s->judgement.released = s->key->bound && !s->key->policy.enforce;
}

struct written {
    const cs_signing *signing;
    cs_write writes[CS_SIGNING_WRITES];
};

static void write_answer(void *context, cs_jw *w)
{
    const struct written *r = context;
    (void)cs_buf_reserve(w->out, USUAL_ANSWER);
    cs_jw_begin(w, "data");
    cs_signing_answer(w, r->signing, &r->writes[0], true);
    cs_jw_end(w);
}

/* Signature and entry and then the answer; or, if the signature must not leave, the entry that says so. */
static cs_err record_once(cs_signing *s, cs_call *c, cs_jw *w)
{
    struct written r = {.signing = s};
    size_t n = cs_signing_writes(r.writes, s, c);
    if (n == 0)
        return CS_RANDOM;
    return cs_call_commit(c, w, r.writes, n, s->judgement.released ? write_answer : NULL, &r);
}

/* The store sees two documents with one counter even where both were under way at the same time. */
static cs_err record(cs_signing *s, cs_call *c, cs_jw *w)
{
    cs_err err = record_once(s, c, w);
    if (err == CS_COUNTER_NOT_FRESH) {
        cs_flow_judge_counter(s);
        err = record_once(s, c, w);
    }
    if (err == CS_OK && !s->judgement.released) {
        c->reason = s->judgement.reason;
        err = CS_ATTESTATION_REJECTED;
    }
    return err;
}

/* The key is held and may sign; the rest of the path. */
static cs_err sign(cs_signing *s, cs_call *c, cs_jw *w)
{
    cs_err err = cs_flow_admit(s, c);
    if (err == CS_POLICY_VIOLATED)
        return cs_rules_refuse(c, &s->rules, cs_slice_str(s->key->row.id));
    if (err != CS_OK)
        return err;
    cs_commit_announce(c->app->commit);
    cs_request request = cs_flow_request(s);
    err = cs_signer_ask(c->app->signer, &s->answer, &request, c->deadline_us);
    if (err == CS_OK)
        err = cs_flow_judge(s, c);
    if (err == CS_OK)
        err = record(s, c, w);
    cs_commit_withdraw(c->app->commit);
    return err;
}

cs_err cs_flow_sign(cs_call *c, cs_jw *w)
{
    cs_signing s;
    bool dry_run = false;
    cs_signing_init(&s);
    cs_err err = read_request(&s, &dry_run, c);
    if (err == CS_OK)
        err = cs_flow_find_key(&s, c);
    if (err == CS_OK)
        err = dry_run ? cs_dry_run(&s, c, w) : sign(&s, c, w);
    cs_signing_free(&s, c->app);
    return err;
}
