/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pq_signer.h"

#include <stdio.h>
#include <string.h>

#include "core/birth_verify.h"
#include "core/encode.h"
#include "core/nitro.h"
#include "gateway/ids.h"
#include "gateway/pq_envelope.h"
#include "gateway/pq_request.h"
#include "sys/clock.h"
#include "sys/log.h"

#define POLICY_MAX_AGE_US 60000000

/* A request under way. */
struct pq_turn {
    cs_call *call;
    cs_pq_request rq;
    char subject[16 + 2 * CS_SHA256_LEN]; /* in the ledger: the user_id's digest */
    cs_pq_key_record key;                 /* of a sign request */
    cs_answer answer;
};

/* -- who asks ------------------------------------------------------------------------------------------------------ */

bool cs_pq_by_certificate(const cs_call *c)
{
    return c->rq->peer_sha256[0] != '\0' && c->rq->authorization.p == NULL && c->rq->cookie.p == NULL;
}

cs_err cs_pq_admit_certificate(cs_call *c)
{
    c->caller = (cs_caller){0};
    if (c->app->pq.org[0] == '\0')
        return CS_UNAUTHENTICATED;
    (void)snprintf(c->caller.key_id, sizeof c->caller.key_id, "cert_%.32s", c->rq->peer_sha256);
    memcpy(c->caller.org, c->app->pq.org, sizeof c->caller.org);
    cs_id_realm(c->caller.realm, c->caller.org, true);
    if (cs_auth_is_suspended(&c->app->auth, c->caller.org))
        return CS_ACCOUNT_SUSPENDED;
    c->caller.live = true;
    c->caller.scopes = CS_SCOPE_PQ_SIGNER;
    return CS_OK;
}

/* -- what everything is judged under ------------------------------------------------------------------------------- */

/* The operator's pinned policy; for development, what the enclave told of itself will do. Freed by the caller. */
static cs_err find_policy(cs_policy *out, const cs_call *c)
{
    const cs_policy *pinned = cs_introducer_pinned(c->app->introducer);
    *out = (cs_policy){0};
    if (pinned != NULL) {
        *out = *pinned;
        cs_policy_hold(out);
        return CS_OK;
    }
    if (!c->app->allow_mock)
        return CS_CONFIG;
    return cs_introducer_policy(c->app->introducer, out, NULL, NULL, POLICY_MAX_AGE_US, c->deadline_us);
}

static cs_evidence_expect expectation(const cs_call *c)
{
    return (cs_evidence_expect){
        .allow_mock = c->app->allow_mock, .clock = CS_CLOCK_LIVE, .now = cs_now_ms() / 1000, .chains = c->app->chains};
}

/* Refusals of ours that the client does not see. */
static cs_err note(const cs_call *c, const char *what, cs_err err)
{
    if (err != CS_OK)
        cs_log(CS_LOG_WARN, c->rq->request_id, "%s: %s", what, cs_err_name(err));
    return err;
}

/* -- key_generation ------------------------------------------------------------------------------------------------ */

static cs_birth birth_of(const struct pq_turn *t)
{
    const cs_reply *r = &t->answer.reply;
    return (cs_birth){.alg = t->rq.alg->pq,
                      .user_id = cs_pq_request_user_id(&t->rq),
                      .public_key = r->public_key,
                      .wrapped_dk = r->wrapped,
                      .kms_key_arn = cs_slice_str(t->call->app->pq.kms_key_arn),
                      .created_at_ms = r->created_at_ms};
}

static cs_err judge_birth(const struct pq_turn *t)
{
    cs_policy policy;
    cs_verdict verdict;
    const cs_birth birth = birth_of(t);
    const cs_reply *r = &t->answer.reply;
    const cs_birth_rest rest = {r->enclave_version, r->key_release, r->sealed};
    cs_err err = find_policy(&policy, t->call);
    if (err == CS_OK) {
        const cs_evidence_expect expect = expectation(t->call);
        cs_call_compute(t->call);
        err = cs_birth_verify_live(&verdict, r->attestation, &policy, &birth, &rest, &expect);
        cs_call_computed(t->call);
    }
    cs_policy_free(&policy);
    return err;
}

static cs_pq_key_row row_of(const struct pq_turn *t)
{
    const cs_reply *r = &t->answer.reply;
    return (cs_pq_key_row){.user_id = cs_pq_request_user_id(&t->rq),
                           .algorithm = t->rq.algorithm,
                           .kms_key = t->call->app->pq.kms_key_arn,
                           .key_release = r->key_release,
                           .created_ms = r->created_at_ms,
                           .public_key = r->public_key,
                           .sealed = r->sealed,
                           .enclave_version = r->enclave_version,
                           .wrapped = r->wrapped,
                           .birth = r->attestation};
}

static void write_born(void *context, cs_jw *w)
{
    const struct pq_turn *t = context;
    cs_jw_str(w, "user_id", cs_pq_request_user_id(&t->rq));
    cs_jw_base64(w, "mldsa_pubkey", t->answer.reply.public_key);
    cs_jw_base64(w, "birth_attestation", t->answer.reply.attestation);
    cs_jw_str(w, "enclave_version", t->answer.reply.enclave_version);
}

static void write_digest(cs_jw *w, const char *name, cs_slice bytes)
{
    cs_digest d;
    if (cs_hash(&d, CS_SHA256, bytes) == CS_OK)
        cs_jw_hex(w, name, "sha256:", cs_digest_slice(&d));
    else
        w->out->err = CS_CRYPTO;
}

/* The key's row, unless it has a place elsewhere already, and the entry. */
static cs_err record_birth(struct pq_turn *t, cs_call *c, cs_jw *w, const cs_pq_key_row *row)
{
    cs_buf data = cs_buf_new(4096);
    cs_jw d = cs_jw_on(&data);
    cs_jw_begin(&d, NULL);
    cs_jw_cstr(&d, "requestId", c->rq->request_id);
    cs_jw_cstr(&d, "algorithm", row->algorithm);
    cs_jw_str(&d, "keyRelease", row->key_release);
    cs_jw_cstr(&d, "kmsKeyArn", row->kms_key);
    write_digest(&d, "publicKeySha256", row->public_key);
    write_digest(&d, "sealedSha256", row->sealed);
    write_digest(&d, "birthSha256", row->birth);
    cs_jw_end(&d);
    cs_write write = {.event_type = "pq_signer.key_created",
                      .subject_id = cs_slice_str(t->subject),
                      .data = cs_buf_slice(&data),
                      .pq_key = c->app->pq.dynamo == NULL ? row : NULL};
    cs_err err = data.err == CS_OK ? cs_call_commit(c, w, &write, 1, write_born, t) : data.err;
    cs_buf_free(&data);
    return err;
}

/* What has no place in a record. */
static cs_err check_born(const struct pq_turn *t)
{
    const cs_reply *r = &t->answer.reply;
    size_t hot = t->rq.user_id_len + strlen(t->call->app->pq.kms_key_arn) + r->public_key.n + r->sealed.n + 256;
    bool fits = r->public_key.n == cs_prim_public_len(t->rq.alg->pq) && r->sealed.n > 0 && hot <= CS_MAX_PQ_RECORD &&
                r->enclave_version.n <= CS_MAX_WORD && r->key_release.n <= CS_MAX_WORD;
    return fits ? CS_OK : CS_ENCLAVE_UNAVAILABLE;
}

static cs_err exists(const struct pq_turn *t)
{
    cs_pq_key_record found;
    const cs_pq_door *door = &t->call->app->pq;
    cs_slice user_id = cs_pq_request_user_id(&t->rq);
    cs_err err = door->dynamo != NULL ? cs_dynamo_get(door->dynamo, &found, user_id, t->call->deadline_us)
                                      : cs_store_pq_key(t->call->app->store, &found, user_id);
    if (err == CS_OK)
        cs_pq_key_record_free(&found);
    return err == CS_OK ? CS_CONFLICT : err == CS_NOT_FOUND ? CS_OK : err;
}

static cs_err generate(struct pq_turn *t, cs_call *c, cs_jw *w)
{
    const cs_request request = {.type = CS_MSG_PQ_GENERATE,
                                .org = cs_call_org(c),
                                .alg = t->rq.alg,
                                .user_id = cs_pq_request_user_id(&t->rq),
                                .kms_key = cs_slice_str(c->app->pq.kms_key_arn)};
    if (c->app->pq.kms_key_arn == NULL)
        return note(c, "no --kms-key-arn", CS_CONFIG);
    cs_err err = exists(t); /* spares the enclave and the KMS the work; who wins is decided where it is stored */
    if (err == CS_OK)
        err = cs_signer_ask(c->app->signer, &t->answer, &request, c->deadline_us);
    if (err == CS_OK)
        err = note(c, "the new key", check_born(t));
    if (err == CS_OK)
        err = note(c, "the birth attestation", judge_birth(t));
    if (err != CS_OK)
        return err;
    const cs_pq_key_row row = row_of(t);
    if (c->app->pq.dynamo != NULL)
        err = cs_dynamo_put(c->app->pq.dynamo, cs_call_org(c), &row, c->deadline_us);
    return err == CS_OK ? record_birth(t, c, w, &row) : err;
}

/* -- sign ---------------------------------------------------------------------------------------------------------- */

/* The record of this realm's key. Another realm's is none. */
static cs_err find_key(struct pq_turn *t)
{
    const cs_call *c = t->call;
    cs_slice user_id = cs_pq_request_user_id(&t->rq);
    cs_err err = c->app->pq.dynamo != NULL ? cs_dynamo_get(c->app->pq.dynamo, &t->key, user_id, c->deadline_us)
                                           : cs_store_pq_key(c->app->store, &t->key, user_id);
    if (err != CS_OK) {
        t->key = (cs_pq_key_record){0};
        return err;
    }
    if (!cs_slice_is(cs_call_org(c), t->key.org))
        return note(c, "the key is another realm's", CS_NOT_FOUND);
    return strcmp(t->key.algorithm, t->rq.algorithm) == 0 ? CS_OK : CS_PQ_ALGORITHM;
}

/* The signature verifies under the public key that was stored at birth, which the enclave names as its own. */
static cs_err check_signature(const struct pq_turn *t)
{
    cs_key *key = NULL;
    const cs_reply *r = &t->answer.reply;
    if (!cs_slice_eq(r->public_key, cs_buf_slice(&t->key.public_key)))
        return CS_BAD_SIGNATURE;
    cs_call_compute(t->call);
    cs_err err = cs_key_open_public(&key, t->rq.alg->pq, cs_buf_slice(&t->key.public_key));
    if (err == CS_OK)
        err = cs_key_verify(key, cs_pq_request_message(&t->rq), r->signature, NULL);
    cs_key_free(key);
    cs_call_computed(t->call);
    return err;
}

/* The document that was asked for is about this signature and this message, and of an enclave that the policy allows.
 */
static cs_err check_attestation(const struct pq_turn *t)
{
    const cs_reply *r = &t->answer.reply;
    cs_policy policy;
    cs_verdict verdict;
    cs_digest signature, message;
    if (!t->rq.attest)
        return r->attestation.p == NULL ? CS_OK : CS_FRAME_TYPE;
    cs_err err = find_policy(&policy, t->call);
    if (err == CS_OK)
        err = cs_hash(&signature, CS_SHA256, r->signature);
    if (err == CS_OK)
        err = cs_hash(&message, CS_SHA256, cs_pq_request_message(&t->rq));
    if (err == CS_OK) {
        cs_evidence_expect expect = expectation(t->call);
        expect.binding = cs_digest_slice(&signature);
        expect.nonce = cs_digest_slice(&message);
        cs_call_compute(t->call);
        err = cs_evidence_verify(&verdict, r->attestation, &policy, &expect);
        cs_call_computed(t->call);
    }
    cs_policy_free(&policy);
    return err;
}

static void write_signed(void *context, cs_jw *w)
{
    const struct pq_turn *t = context;
    cs_jw_base64(w, "mldsa_signature", t->answer.reply.signature);
    cs_jw_base64(w, "mldsa_public_key", t->answer.reply.public_key);
    if (t->rq.attest)
        cs_jw_base64(w, "attestation", t->answer.reply.attestation);
}

static cs_err record_signature(struct pq_turn *t, cs_call *c, cs_jw *w)
{
    cs_buf data = cs_buf_new(4096);
    cs_jw d = cs_jw_on(&data);
    cs_jw_begin(&d, NULL);
    cs_jw_cstr(&d, "requestId", c->rq->request_id);
    cs_jw_cstr(&d, "algorithm", t->rq.algorithm);
    write_digest(&d, "publicKeySha256", t->answer.reply.public_key);
    write_digest(&d, "payloadSha256", cs_pq_request_message(&t->rq));
    write_digest(&d, "sigSha256", t->answer.reply.signature);
    if (t->rq.attest)
        write_digest(&d, "documentSha256", t->answer.reply.attestation);
    cs_jw_end(&d);
    cs_write write = {
        .event_type = "pq_signer.signed", .subject_id = cs_slice_str(t->subject), .data = cs_buf_slice(&data)};
    cs_err err = data.err == CS_OK ? cs_call_commit(c, w, &write, 1, write_signed, t) : data.err;
    cs_buf_free(&data);
    return err;
}

static cs_err sign(struct pq_turn *t, cs_call *c, cs_jw *w)
{
    cs_err err = find_key(t);
    const cs_request request = {.type = CS_MSG_PQ_SIGN,
                                .org = cs_call_org(c),
                                .alg = t->rq.alg,
                                .user_id = cs_pq_request_user_id(&t->rq),
                                .sealed = cs_buf_slice(&t->key.sealed),
                                .message = {.bytes = cs_pq_request_message(&t->rq)},
                                .request_attestation = t->rq.attest};
    if (err == CS_OK)
        err = cs_signer_ask(c->app->signer, &t->answer, &request, c->deadline_us);
    if (err == CS_OK)
        err = note(c, "the signature", check_signature(t));
    if (err == CS_OK)
        err = note(c, "the attestation", check_attestation(t));
    return err == CS_OK ? record_signature(t, c, w) : err;
}

/* -- both ---------------------------------------------------------------------------------------------------------- */

static cs_err read_request(struct pq_turn *t, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_digest digest;
    cs_buf subject = CS_BUF_OVER(t->subject);
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK)
        err = cs_pq_request_read(&t->rq, &c->fault, &o, c->app->pq.max_message);
    cs_json_free(json);
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA256, cs_pq_request_user_id(&t->rq));
    if (err != CS_OK)
        return err;
    cs_buf_add_str(&subject, "sha256:");
    cs_hex_encode(&subject, cs_digest_slice(&digest));
    c->pq_kind = (int)t->rq.kind;
    return cs_buf_cstr(&subject) != NULL ? CS_OK : CS_INTERNAL;
}

cs_err cs_pq_signer(cs_call *c, cs_jw *w)
{
    struct pq_turn t = {.call = c};
    cs_err err = read_request(&t, c);
    if (err == CS_OK) {
        c->looked_up = true;
        err = t.rq.kind == CS_PQ_SIGN ? sign(&t, c, w) : generate(&t, c, w);
    }
    if (err == CS_OK)
        cs_pq_pace_note(&c->app->pq.pace, t.rq.kind, cs_tick_us() - c->rq->arrived_us);
    cs_signer_free_answer(&t.answer);
    cs_pq_key_record_free(&t.key);
    return err;
}

void cs_pq_refuse(cs_call *c, cs_err err)
{
    cs_pq_class class = cs_pq_class_of(err, c->looked_up);
    cs_pq_envelope_error(&c->rs->body, class, c->rq->request_id);
    cs_metrics_failure(c->app->metrics, cs_pq_class_name(class), cs_err_name(err));
    if (class != CS_PQ_MALFORMED)
        cs_pq_pace_wait(&c->app->pq.pace, (cs_pq_kind)c->pq_kind, c->rq->arrived_us);
}
