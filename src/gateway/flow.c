/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sign path, from top to bottom as it happens:
 *
 *     read → key → vault policies → enclave → judge → record → answer
 *
 * Every arrow can fail, and then no signature leaves. What is signed is recorded first: the signature's row and its
 * ledger entry are durable, in one transaction, before the client sees a byte of it. A signature that the key's policy
 * refuses is not recorded; that it was refused is.
 *
 * Requests that come at the same time go the same way side by side, up to CS_FLOW_TOGETHER of them: one frame to the
 * enclave, one visit to the store. Nobody waits for others to come, and what ends one does not end the others.
 */
#include "gateway/flow.h"

#include <stdlib.h>
#include <string.h>

#include "core/lineage.h"
#include "gateway/access.h"
#include "gateway/dry_run.h"
#include "gateway/group.h"
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

cs_err cs_flow_judge(cs_signing *s, cs_call *c)
{
    const cs_live_key *key = s->key;
    bool hashed = s->payload.message.ph != CS_HASH_NONE;
    const cs_slice signature = s->answer.reply.signature;
    cs_err err = cs_hash(&s->signature_sha256, CS_SHA256, signature);
    cs_expect expect = {
        .kind = CS_ATTEST_SIGN,
        .purpose = s->purpose,
        .nonce = cs_buf_slice(&s->nonce),
        .payload_sha256 = hashed ? CS_ABSENT : cs_digest_slice(&s->payload.sha256),
        .prehash_alg = s->payload.message.ph,
        .prehash = hashed ? s->payload.message.bytes : CS_ABSENT,
        .signature_sha256 = signature.p != NULL ? cs_digest_slice(&s->signature_sha256) : CS_ABSENT,
        .key_id = cs_slice_str(key->row.id),
        .alg = key->row.alg,
        .format = &key->row.format,
        .public_key_sha256 = cs_digest_slice(&key->public_key_sha256),
    };
    return err != CS_OK
               ? err
               : cs_judge(&s->judgement, c, key->bound ? &key->policy : NULL, key->policy_err, &s->answer, &expect);
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

/* -- together ------------------------------------------------------------------------------------------------------ */

/* A request on its way. */
struct turn {
    cs_call *c;
    cs_jw *w;
    cs_err err;
    bool goes_on; /* nothing has ended it yet */
    cs_signing signing;
    struct written written;
};

static void end(struct turn *t, cs_err err)
{
    t->err = err;
    t->goes_on = false;
}

static void step(struct turn *t, cs_err err)
{
    if (err != CS_OK)
        end(t, err);
}

/* Up to the enclave. */
static void prepare(struct turn *t)
{
    bool dry_run = false;
    cs_signing *s = &t->signing;
    cs_err err = read_request(s, &dry_run, t->c);
    if (err == CS_OK)
        err = cs_flow_find_key(s, t->c);
    if (err == CS_OK && dry_run) {
        end(t, cs_dry_run(s, t->c, t->w));
        return;
    }
    if (err == CS_OK)
        err = cs_flow_admit(s, t->c);
    if (err == CS_POLICY_VIOLATED)
        err = cs_rules_refuse(t->c, &s->rules, cs_slice_str(s->key->row.id));
    step(t, err);
}

static size_t ask(cs_group groups[CS_FLOW_TOGETHER], struct turn *turns, size_t n)
{
    cs_signing *signings[CS_FLOW_TOGETHER] = {NULL};
    size_t count = 0;
    const cs_call *first = turns[0].c;
    for (size_t i = 0; i < n; i++)
        if (turns[i].goes_on)
            signings[count++] = &turns[i].signing;
    count = cs_group_ask(groups, signings, count, first->app->signer, first->deadline_us);
    for (size_t i = 0; i < n; i++)
        if (turns[i].goes_on)
            step(&turns[i], turns[i].signing.asked);
    return count;
}

static cs_call_change change_of(struct turn *t)
{
    cs_signing *s = &t->signing;
    t->written.signing = s;
    return (cs_call_change){.call = t->c,
                            .w = t->w,
                            .writes = t->written.writes,
                            .n = cs_signing_writes(t->written.writes, s, t->c),
                            .answer = s->judgement.released ? write_answer : NULL,
                            .context = &t->written};
}

/* What came of recording: what must not leave has only been recorded. */
static void recorded(struct turn *t, cs_err err)
{
    if (err == CS_OK && !t->signing.judgement.released) {
        t->c->reason = t->signing.judgement.reason;
        err = CS_ATTESTATION_REJECTED;
    }
    end(t, err);
}

/* The store sees two documents with one counter even where both were under way at the same time. */
static void record_again(struct turn *t)
{
    cs_flow_judge_counter(&t->signing);
    cs_call_change change = change_of(t);
    cs_call_commit_all(&change, 1);
    recorded(t, change.err);
}

/* Signature and entry and then the answer; or, if the signature must not leave, the entry that says so. */
static void record(struct turn *turns, size_t n)
{
    cs_call_change changes[CS_FLOW_TOGETHER];
    struct turn *of[CS_FLOW_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!turns[i].goes_on)
            continue;
        of[count] = &turns[i];
        changes[count] = change_of(&turns[i]);
        if (changes[count].n == 0)
            end(&turns[i], CS_RANDOM);
        else
            count++;
    }
    cs_call_commit_all(changes, count);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].err == CS_COUNTER_NOT_FRESH)
            record_again(of[i]);
        else
            recorded(of[i], changes[i].err);
    }
}

/* Remembers the keys that wait for a KMS. False if there are no others: what they write may come late, and nobody
 * should wait for it. */
static bool note_away(struct turn *turns, size_t n)
{
    bool others = false;
    for (size_t i = 0; i < n; i++) {
        const cs_signing *s = &turns[i].signing;
        bool away = s->key != NULL && cs_rules_is_away(&s->key->row);
        if (away)
            cs_away_keys_note(&turns[i].c->app->away, cs_slice_str(s->ref));
        others |= !away;
    }
    return others;
}

/* Each by itself; only the ways are shared. */
static void sign(struct turn *turns, size_t n)
{
    cs_group groups[CS_FLOW_TOGETHER];
    cs_commit *commit = turns[0].c->app->commit;
    for (size_t i = 0; i < n; i++) {
        cs_signing_init(&turns[i].signing);
        turns[i].goes_on = true;
        prepare(&turns[i]);
    }
    bool soon = note_away(turns, n);
    if (soon)
        cs_commit_announce(commit);
    size_t count = ask(groups, turns, n);
    for (size_t i = 0; i < n; i++)
        if (turns[i].goes_on)
            step(&turns[i], cs_flow_judge(&turns[i].signing, turns[i].c));
    record(turns, n);
    if (soon)
        cs_commit_withdraw(commit);
    for (size_t i = 0; i < n; i++)
        cs_signing_free(&turns[i].signing, turns[i].c->app);
    for (size_t i = 0; i < count; i++)
        cs_group_free(&groups[i]);
}

cs_err cs_flow_sign(cs_call *c, cs_jw *w)
{
    struct turn t = {.c = c, .w = w};
    sign(&t, 1);
    return t.err;
}

void cs_flow_sign_together(cs_err *errs, cs_call *const *calls, cs_jw *const *answers, size_t n)
{
    struct turn *turns = calloc(n, sizeof *turns);
    for (size_t i = 0; i < n; i++) {
        errs[i] = CS_NO_MEMORY;
        if (turns == NULL)
            continue;
        turns[i].c = calls[i];
        turns[i].w = answers[i];
    }
    if (turns != NULL)
        sign(turns, n);
    for (size_t i = 0; turns != NULL && i < n; i++)
        errs[i] = turns[i].err;
    free(turns);
}
