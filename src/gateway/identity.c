/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/identity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence.h"
#include "core/json.h"
#include "sys/clock.h"

#define NONCE_LEN 32
#define ONE_OF_MANY_US 1500000 /* what one enclave may take while there are others */
#define SILENT_US 2000000      /* so long one of several that did not answer is not asked again */

/* An enclave, by its place: which agent's, which of them. */
struct seat {
    size_t agent;
    int64_t enclave;  /* from 1 */
    bool met;         /* it has told who it is at some time … */
    bool known;       /* … and the last time: */
    int64_t asked_us; /* when it was asked last */
    cs_err err;       /* and how that went */
    cs_identity identity;
    cs_policy policy; /* accepts this enclave */
    cs_buf document;
};

struct cs_introducer {
    cs_signer *signer; /* borrowed */
    bool allow_mock;
    pthread_mutex_t lock; /* of what follows; held while enclaves are asked, so that one thread asks for all */
    struct seat seats[CS_MAX_INTRODUCED];
    size_t count;
    cs_policy pinned;
    bool has_pinned;
};

cs_err cs_introducer_open(cs_introducer **out, cs_signer *signer, bool allow_mock)
{
    cs_introducer *i = calloc(1, sizeof *i);
    *out = i;
    if (i == NULL)
        return CS_NO_MEMORY;
    i->signer = signer;
    i->allow_mock = allow_mock;
    (void)pthread_mutex_init(&i->lock, NULL);
    return CS_OK;
}

static void clear(struct seat *t)
{
    cs_buf_free(&t->document);
    cs_policy_free(&t->policy);
    *t = (struct seat){0};
}

void cs_introducer_close(cs_introducer *i)
{
    if (i == NULL)
        return;
    for (size_t n = 0; n < i->count; n++)
        clear(&i->seats[n]);
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

/* -- the fleet ----------------------------------------------------------------------------------------------------- */

/* All below under the lock. */
static cs_err ask_seat(cs_introducer *i, struct seat *t, int64_t deadline_us)
{
    uint8_t nonce[NONCE_LEN];
    cs_answer answer = {0};
    cs_identity identity;
    cs_policy policy = {0};
    const cs_request request = {.type = CS_MSG_BOOT, .nonce = CS_ARRAY(nonce), .enclave = t->enclave};
    cs_err err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK)
        err = cs_signer_ask_agent(i->signer, &answer, &request, t->agent, deadline_us);
    if (err == CS_OK)
        err = check_boot(&identity, &policy, i, &answer, CS_ARRAY(nonce));
    cs_buf_free(&t->document);
    t->document = cs_buf_new(CS_MAX_ATTESTATION);
    cs_policy_free(&t->policy);
    t->policy = policy;
    if (err == CS_OK) {
        t->identity = identity;
        cs_buf_add(&t->document, answer.reply.document);
        err = t->document.err;
    }
    t->known = err == CS_OK;
    t->met = t->met || t->known;
    t->err = err;
    t->asked_us = cs_tick_us();
    cs_signer_free_answer(&answer);
    return err;
}

static struct seat *seat_at(cs_introducer *i, size_t agent, int64_t enclave)
{
    for (size_t n = 0; n < i->count; n++)
        if (i->seats[n].agent == agent && i->seats[n].enclave == enclave)
            return &i->seats[n];
    if (i->count == CS_MAX_INTRODUCED)
        return NULL;
    struct seat *t = &i->seats[i->count++];
    *t = (struct seat){.agent = agent, .enclave = enclave, .err = CS_ENCLAVE_UNAVAILABLE};
    return t;
}

/* Nobody sits there, nor behind it. */
static void remove_seats(cs_introducer *i, size_t agent, int64_t from)
{
    for (size_t n = i->count; n-- > 0;) {
        struct seat *t = &i->seats[n];
        if (t->agent < agent || (t->agent == agent && t->enclave < from))
            continue;
        if (t->agent > agent && from > 1)
            continue; /* another agent's */
        clear(t);
        *t = i->seats[--i->count];
        i->seats[i->count] = (struct seat){0};
    }
}

/* What is known of the seat, at most that old. One of several that has just been silent is not asked again. */
static cs_err look_at(cs_introducer *i, struct seat *t, int64_t max_age_us, int64_t deadline_us)
{
    int64_t now = cs_tick_us(), soon = now + ONE_OF_MANY_US;
    if (t->known && now - t->asked_us <= max_age_us)
        return CS_OK;
    if (i->count == 1)
        return ask_seat(i, t, deadline_us);
    if ((t->err == CS_ENCLAVE_UNAVAILABLE || t->err == CS_REMOTE_UNREACHABLE) && t->asked_us != 0 &&
        now - t->asked_us < SILENT_US)
        return t->err;
    return ask_seat(i, t, soon < deadline_us ? soon : deadline_us);
}

struct search {
    cs_introducer_match match; /* NULL: any will do */
    void *context;
    int64_t max_age_us, deadline_us;
    struct seat *found;
    size_t answered;
    cs_err err; /* what kept the first one from answering */
};

/* Those of one agent. CS_NOT_FOUND: there is no such agent. */
static cs_err search_agent(struct search *s, cs_introducer *i, size_t agent)
{
    for (int64_t enclave = 1; enclave <= CS_BALANCE_MAX; enclave++) {
        int64_t from = cs_tick_us();
        struct seat *t = from < s->deadline_us ? seat_at(i, agent, enclave) : NULL;
        if (t == NULL)
            return CS_OK;
        cs_err err = look_at(i, t, s->max_age_us, s->deadline_us);
        if (err == CS_NOT_FOUND) {
            remove_seats(i, agent, enclave);
            return enclave == 1 ? CS_NOT_FOUND : CS_OK;
        }
        s->answered += err == CS_OK;
        if (err != CS_OK && enclave > 1 && !t->met) {
            /* Nobody has ever been seen there: perhaps there is no such enclave, and only the way to it is broken. */
            remove_seats(i, agent, enclave);
            s->err = s->err != CS_OK ? s->err : CS_ENCLAVE_UNAVAILABLE;
            return CS_OK;
        }
        if (err == CS_OK && (s->match == NULL || s->match(s->context, &t->identity))) {
            s->found = t;
            return CS_OK;
        }
        if (err != CS_OK && s->err == CS_OK)
            s->err = err == CS_REMOTE_UNREACHABLE ? CS_ENCLAVE_UNAVAILABLE : err;
        if (err == CS_REMOTE_UNREACHABLE || cs_tick_us() - from >= ONE_OF_MANY_US)
            return CS_OK; /* nobody there, or silent; what is behind it is looked at the next time */
    }
    return CS_OK;
}

/* The first enclave, in the order of agents and of their enclaves, that is wanted. CS_NOT_FOUND: all have answered, and
 * it was none of them; else what kept one from answering. */
static cs_err search(struct seat **out, cs_introducer *i, cs_introducer_match match, void *context, int64_t max_age_us,
                     int64_t deadline_us)
{
    struct search s = {.match = match, .context = context, .max_age_us = max_age_us, .deadline_us = deadline_us};
    cs_err err = CS_OK;
    for (size_t agent = 0; agent < CS_BALANCE_MAX && err == CS_OK && s.found == NULL; agent++)
        err = search_agent(&s, i, agent);
    *out = s.found;
    if (s.found != NULL)
        return CS_OK;
    if (s.err == CS_OK && cs_tick_us() >= deadline_us)
        s.err = CS_ENCLAVE_UNAVAILABLE;
    return s.err != CS_OK ? s.err : s.answered > 0 ? CS_NOT_FOUND : CS_ENCLAVE_UNAVAILABLE;
}

/* What is known, to those who want it. */
static cs_err tell(const struct seat *t, cs_policy *policy, cs_identity *identity, cs_buf *document)
{
    if (policy != NULL) {
        *policy = t->policy;
        cs_policy_hold(policy);
    }
    if (identity != NULL)
        *identity = t->identity;
    if (document == NULL)
        return CS_OK;
    cs_buf_add(document, cs_buf_slice(&t->document));
    return document->err;
}

cs_err cs_introducer_find(cs_introducer *i, cs_identity *out, cs_introducer_match match, void *context,
                          int64_t max_age_us, int64_t deadline_us)
{
    struct seat *t;
    (void)pthread_mutex_lock(&i->lock);
    cs_err err = search(&t, i, match, context, max_age_us, deadline_us);
    if (err == CS_OK)
        err = tell(t, NULL, out, NULL);
    (void)pthread_mutex_unlock(&i->lock);
    return err;
}

cs_err cs_introducer_ask(cs_introducer *i, cs_identity *out, cs_buf *document, int64_t max_age_us, int64_t deadline_us)
{
    return cs_introducer_policy(i, NULL, out, document, max_age_us, deadline_us);
}

cs_err cs_introducer_policy(cs_introducer *i, cs_policy *policy, cs_identity *identity, cs_buf *document,
                            int64_t max_age_us, int64_t deadline_us)
{
    struct seat *t;
    if (policy != NULL)
        *policy = (cs_policy){0};
    (void)pthread_mutex_lock(&i->lock);
    cs_err err = search(&t, i, NULL, NULL, max_age_us, deadline_us);
    if (err == CS_OK)
        err = tell(t, policy, identity, document);
    (void)pthread_mutex_unlock(&i->lock);
    return err;
}

/* -- whose document it is ------------------------------------------------------------------------------------------ */

static bool has_epoch(void *context, const cs_identity *identity)
{
    return strcmp(context, identity->epoch) == 0;
}

/* What an untrusted document says of its epoch; "" if nothing. */
static void read_epoch(char epoch[33], cs_slice document)
{
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    cs_json *json = NULL;
    epoch[0] = '\0';
    if (cs_attest_payload_json(&text, document) == CS_OK &&
        cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_ATTESTATION) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice said = cs_jobj_str(&o, "epoch", CS_ATTEST_EPOCH);
        if (o.err != CS_OK || cs_slice_to_cstr(epoch, 33, said) != CS_OK)
            epoch[0] = '\0';
    }
    cs_json_free(json);
    cs_buf_free(&text);
}

cs_err cs_introducer_policy_for(cs_introducer *i, cs_policy *policy, cs_slice document, int64_t max_age_us,
                                int64_t deadline_us)
{
    char epoch[33];
    struct seat *t;
    *policy = (cs_policy){0};
    read_epoch(epoch, document);
    (void)pthread_mutex_lock(&i->lock);
    cs_err err = search(&t, i, has_epoch, epoch, max_age_us, deadline_us);
    if (err == CS_NOT_FOUND) /* nobody's: the verdict under the first one's policy says why */
        err = search(&t, i, NULL, NULL, INT64_MAX, deadline_us);
    if (err == CS_OK)
        err = tell(t, policy, NULL, NULL);
    (void)pthread_mutex_unlock(&i->lock);
    return err;
}

bool cs_introducer_recall(cs_introducer *i, cs_identity *out, cs_buf *document)
{
    if (pthread_mutex_trylock(&i->lock) != 0)
        return false;
    bool told = false;
    for (size_t n = 0; n < i->count && !told; n++)
        told = i->seats[n].known && tell(&i->seats[n], NULL, out, document) == CS_OK;
    (void)pthread_mutex_unlock(&i->lock);
    return told;
}
