/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/identity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence.h"
#include "core/json.h"
#include "sys/clock.h"

#define NONCE_LEN 32

struct cs_introducer {
    cs_signer *signer; /* borrowed */
    bool allow_mock;
    pthread_mutex_t lock; /* of what follows; held while the enclave is asked, so that one thread asks for all */
    bool known;
    int64_t asked_us;
    cs_identity identity;
    cs_policy policy; /* accepts this enclave */
    cs_policy pinned;
    bool has_pinned;
    cs_buf document;
};

cs_err cs_introducer_open(cs_introducer **out, cs_signer *signer, bool allow_mock)
{
    cs_introducer *i = calloc(1, sizeof *i);
    *out = i;
    if (i == NULL)
        return CS_NO_MEMORY;
    i->signer = signer;
    i->allow_mock = allow_mock;
    i->document = cs_buf_new(CS_MAX_ATTESTATION);
    (void)pthread_mutex_init(&i->lock, NULL);
    return CS_OK;
}

void cs_introducer_close(cs_introducer *i)
{
    if (i == NULL)
        return;
    cs_buf_free(&i->document);
    cs_policy_free(&i->policy);
    cs_policy_free(&i->pinned);
    (void)pthread_mutex_destroy(&i->lock);
    free(i);
}

void cs_introducer_pin(cs_introducer *i, const cs_policy *policy)
{
    (void)pthread_mutex_lock(&i->lock);
    cs_policy_free(&i->pinned);
    i->pinned = *policy;
    cs_policy_hold(&i->pinned);
    i->has_pinned = true;
    i->known = false;
    (void)pthread_mutex_unlock(&i->lock);
}

const cs_policy *cs_introducer_pinned(const cs_introducer *i)
{
    return i->has_pinned ? &i->pinned : NULL;
}

/* A policy that the enclave of this reply satisfies: with the rules that its root of trust tells. */
static cs_err policy_of(cs_policy *p, const cs_reply *r)
{
    cs_json *rules = NULL;
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    *p = (cs_policy){0};
    cs_err err = cs_json_parse(&rules, r->match_rules, CS_MAX_POLICY); /* one value: it cannot add members of its own */
    if (err == CS_OK) {
        cs_jw w = cs_jw_on(&text);
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "name", "enclave");
        cs_jw_str(&w, "vendor", r->vendor);
        cs_jw_str(&w, "evidence", r->evidence);
        cs_jw_raw(&w, "matchRules", r->match_rules);
        cs_jw_end(&w);
        /* Development roots are read here and refused by the verifier, which has the reason for it. */
        err = text.err != CS_OK ? text.err : cs_policy_parse(p, NULL, cs_buf_slice(&text), true);
    }
    cs_json_free(rules);
    cs_buf_free(&text);
    if (err == CS_POLICY_VENDOR)
        return CS_ATT_VENDOR_MISMATCH;
    return err == CS_OK || err == CS_NO_MEMORY || err == CS_CRYPTO ? err : CS_ATT_CLAIMS;
}

static cs_err check_boot(cs_identity *out, cs_policy *policy, cs_introducer *i, const cs_answer *a, cs_slice nonce)
{
    cs_verdict verdict;
    cs_expect expect = {.kind = CS_ATTEST_BOOT, .allow_mock = i->allow_mock, .now = cs_now_ms() / 1000, .nonce = nonce};
    cs_err err = policy_of(policy, &a->reply);
    if (err == CS_OK)
        err = cs_attest_verify(&verdict, a->reply.document, policy, &expect);
    if (err == CS_OK && i->has_pinned)
        err = cs_attest_verify(&verdict, a->reply.document, &i->pinned, &expect);
    if (err == CS_OK &&
        (!cs_slice_is(a->reply.epoch, verdict.epoch) || !cs_slice_is(a->reply.image_hash, verdict.image_hash) ||
         !cs_slice_is(a->reply.enclave_version, verdict.enclave_version) || !verdict.ledger_keys ||
         !cs_slice_eq(a->reply.ledger_ed25519, CS_ARRAY(verdict.ledger_ed25519)) ||
         !cs_slice_eq(a->reply.ledger_mldsa44, CS_ARRAY(verdict.ledger_mldsa44))))
        err = CS_ATT_CLAIMS;
    if (err == CS_OK)
        err = cs_signer_note_counter(i->signer, a, verdict.epoch, verdict.counter);
    if (err != CS_OK)
        return err;
    out->vendor = verdict.vendor;
    out->evidence = verdict.evidence;
    out->hardware = verdict.hardware;
    out->development = cs_evidence_is_development(policy);
    out->iat = verdict.iat;
    memcpy(out->root_sha256, verdict.root_sha256, sizeof out->root_sha256);
    memcpy(out->image_hash, verdict.image_hash, sizeof out->image_hash);
    memcpy(out->version, verdict.enclave_version, sizeof out->version);
    memcpy(out->epoch, verdict.epoch, sizeof out->epoch);
    memcpy(out->ledger_ed25519, verdict.ledger_ed25519, sizeof out->ledger_ed25519);
    memcpy(out->ledger_mldsa44, verdict.ledger_mldsa44, sizeof out->ledger_mldsa44);
    out->disagreements = a->reply.disagreements;
    return cs_slice_to_cstr(out->mldsa_engine, sizeof out->mldsa_engine, a->reply.mldsa_engine);
}

static cs_err ask_enclave(cs_introducer *i, int64_t deadline_us)
{
    uint8_t nonce[NONCE_LEN];
    cs_answer answer = {0};
    cs_identity identity;
    cs_policy policy = {0};
    cs_err err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK)
        err = cs_signer_ask(i->signer, &answer, &(cs_request){.type = CS_MSG_BOOT, .nonce = CS_ARRAY(nonce)},
                            deadline_us);
    if (err == CS_OK)
        err = check_boot(&identity, &policy, i, &answer, CS_ARRAY(nonce));
    if (err == CS_OK) {
        cs_buf_clear(&i->document);
        cs_buf_add(&i->document, answer.reply.document);
        err = i->document.err;
    }
    if (err == CS_OK) {
        cs_policy_free(&i->policy);
        i->policy = policy;
        i->identity = identity;
        i->asked_us = cs_tick_us();
    } else {
        cs_policy_free(&policy);
    }
    i->known = err == CS_OK;
    cs_signer_free_answer(&answer);
    return err;
}

/* Under the lock. */
static cs_err ask_if_old(cs_introducer *i, int64_t max_age_us, int64_t deadline_us)
{
    return i->known && cs_tick_us() - i->asked_us <= max_age_us ? CS_OK : ask_enclave(i, deadline_us);
}

/* What is known, to those who want it. */
static cs_err tell(const cs_introducer *i, cs_identity *identity, cs_buf *document)
{
    if (identity != NULL)
        *identity = i->identity;
    if (document == NULL)
        return CS_OK;
    cs_buf_add(document, cs_buf_slice(&i->document));
    return document->err;
}

cs_err cs_introducer_ask(cs_introducer *i, cs_identity *out, cs_buf *document, int64_t max_age_us, int64_t deadline_us)
{
    (void)pthread_mutex_lock(&i->lock);
    cs_err err = ask_if_old(i, max_age_us, deadline_us);
    if (err == CS_OK)
        err = tell(i, out, document);
    (void)pthread_mutex_unlock(&i->lock);
    return err;
}

cs_err cs_introducer_policy(cs_introducer *i, cs_policy *policy, cs_identity *identity, cs_buf *document,
                            int64_t max_age_us, int64_t deadline_us)
{
    *policy = (cs_policy){0};
    (void)pthread_mutex_lock(&i->lock);
    cs_err err = ask_if_old(i, max_age_us, deadline_us);
    if (err == CS_OK) {
        *policy = i->policy;
        cs_policy_hold(policy);
        err = tell(i, identity, document);
    }
    (void)pthread_mutex_unlock(&i->lock);
    return err;
}

bool cs_introducer_recall(cs_introducer *i, cs_identity *out, cs_buf *document)
{
    if (pthread_mutex_trylock(&i->lock) != 0)
        return false;
    bool known = i->known && tell(i, out, document) == CS_OK;
    (void)pthread_mutex_unlock(&i->lock);
    return known;
}
