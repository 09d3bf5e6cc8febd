/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sign path, from top to bottom as it happens:
 *
 *     read → key → policies → enclave → judge → record → answer
 *
 * Every arrow can fail, and then no signature leaves. What is signed is recorded first: the signature's row and its
 * ledger entry are durable, in one transaction, before the client sees a byte of it. A signature that the key's policy
 * refuses is not recorded; that it was refused is.
 */
#include "gateway/flow.h"

#include <string.h>

#include "core/lineage.h"
#include "gateway/ids.h"
#include "gateway/judge.h"
#include "gateway/payload.h"
#include "gateway/rules.h"
#include "sys/clock.h"

#define OWN_NONCE 32
#define USUAL_ANSWER (24u << 10) /* bytes, so that the buffer does not grow by and by */

struct signing {
    cs_payload payload;
    char ref[CS_MAX_NAME + 1];             /* id or name of the key */
    uint8_t nonce_bytes[CS_MAX_NONCE + 4]; /* base64 comes in threes */
    cs_buf nonce;                          /* the client's, or ours: either way the document must carry it */
    cs_buf metadata;
    cs_live_key *key;
    bool announced;
    cs_answer answer;
    cs_judgement judgement;
    cs_rule_result rules;
    cs_buf violations;  /* what the second write says */
    cs_write writes[2]; /* the signature; the vault policies that were violated, if there are any */
};

static cs_err read_request(struct signing *s, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_slice ref = cs_jobj_str(&o, "keyId", CS_MAX_NAME);
        if (o.err == CS_OK && (ref.n == 0 || cs_slice_to_cstr(s->ref, sizeof s->ref, ref) != CS_OK))
            cs_jobj_fail(&o, CS_BAD_FIELD, "keyId");
        cs_payload_read(&s->payload, &o);
        if (cs_jobj_base64_opt(&o, "nonce", CS_MAX_NONCE, &s->nonce) && s->nonce.n < CS_MIN_NONCE)
            cs_jobj_fail(&o, CS_BAD_FIELD, "nonce");
        cs_call_metadata(&o, &s->metadata);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    if (err == CS_OK && s->nonce.n == 0) {
        err = cs_random(s->nonce_bytes, OWN_NONCE);
        cs_buf_grow(&s->nonce, OWN_NONCE);
    }
    return err;
}

/* From here on the key cannot be revoked without waiting for us. */
static cs_err take_key(struct signing *s, cs_call *c)
{
    cs_err err = cs_keyring_hold(&s->key, c->app->keyring, cs_call_org(c), cs_slice_str(s->ref));
    if (err == CS_OK && !cs_call_may_use(c, s->key->row.id))
        err = CS_NOT_FOUND;
    if (err == CS_OK)
        err = cs_keyring_sign(c->app->keyring, s->key);
    s->announced = err == CS_OK;
    if (s->announced)
        cs_commit_announce(c->app->commit);
    if (err == CS_OK && strcmp(s->key->row.purpose, "sign") != 0)
        err = CS_KEY_PURPOSE;
    if (err != CS_OK)
        return cs_call_fail(c, err, "keyId");
    if (s->payload.message.ph == CS_HASH_NONE && cs_lineage_reserves(s->payload.message.bytes))
        return cs_call_fail(c, CS_RESERVED_PAYLOAD, "payload");
    return cs_payload_fits(&s->payload, &c->fault, s->key->row.alg, s->key->row.format);
}

/* What vault policies demand of the key. */
static cs_err ask_policies(struct signing *s, cs_call *c)
{
    const cs_live_key *key = s->key;
    bool attested = key->bound && key->policy_err == CS_OK && key->policy.enforce;
    cs_rule_subject subject = cs_rules_of_key(CS_RULE_SIGN, &key->row, attested);
    cs_err err = cs_rules_check(&s->rules, c, &subject);
    return err == CS_POLICY_VIOLATED ? cs_rules_refuse(c, &s->rules, cs_slice_str(key->row.id)) : err;
}

static cs_err ask_enclave(struct signing *s, cs_call *c)
{
    const cs_key_row *key = &s->key->row;
    cs_request request = {
        .type = CS_MSG_SIGN,
        .org = cs_slice_str(key->org),
        .key_id = cs_slice_str(key->id),
        .sealed = cs_buf_slice(&key->sealed),
        .message = s->payload.message,
        .policy_id = s->key->bound ? cs_slice_str(key->policy_id) : CS_ABSENT,
        .nonce = cs_buf_slice(&s->nonce),
    };
    return cs_signer_ask(c->app->signer, &s->answer, &request, c->deadline_us);
}

static cs_err judge(struct signing *s, cs_call *c)
{
    const cs_live_key *key = s->key;
    bool hashed = s->payload.message.ph != CS_HASH_NONE;
    cs_expect expect = {
        .kind = CS_ATTEST_SIGN,
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

/* What the ledger says about it: digests, ids, numbers. */
static void write_entry_data(cs_buf *data, const struct signing *s, const cs_call *c, cs_slice payload_digest)
{
    const cs_live_key *key = s->key;
    const cs_judgement *j = &s->judgement;
    cs_digest d;
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "keyId", key->row.id);
    cs_jw_cstr(&w, "algorithm", key->row.alg->name);
    cs_jw_cstr(&w, "signatureFormat", cs_format_name(key->row.format));
    cs_jw_str(&w, cs_payload_digest_name(&s->payload), payload_digest);
    cs_jw_int(&w, "payloadSize", s->payload.size);
    cs_jw_cstr(&w, "verdict", j->verdict);
    if (j->reason != CS_OK)
        cs_jw_cstr(&w, "reason", cs_err_name(j->reason));
    if (j->released && cs_hash(&d, CS_SHA256, s->answer.reply.signature) == CS_OK)
        cs_jw_hex(&w, "sigSha256", "sha256:", cs_digest_slice(&d));
    if (cs_hash(&d, CS_SHA256, s->answer.reply.document) == CS_OK)
        cs_jw_hex(&w, "documentSha256", "sha256:", cs_digest_slice(&d));
    if (j->reason == CS_OK) {
        cs_jw_cstr(&w, "imageHash", j->details.image_hash);
        cs_jw_cstr(&w, "epoch", j->details.epoch);
        cs_jw_int(&w, "counter", j->details.counter);
        cs_jw_int(&w, "keyCounter", j->details.key_counter);
    }
    if (key->bound) {
        cs_jw_cstr(&w, "policyId", key->row.policy_id);
        cs_jw_int(&w, "policyVersion", key->policy_version);
        cs_jw_hex(&w, "policyHash", "sha256:", CS_ARRAY(key->policy_hash));
    }
    cs_call_metadata_digest(&w, &s->metadata);
    cs_jw_end(&w);
}

static cs_signature_row signature_row(const struct signing *s, const char *id, cs_slice payload_digest)
{
    const cs_live_key *key = s->key;
    const cs_judgement *j = &s->judgement;
    return (cs_signature_row){
        .id = id,
        .key_id = key->row.id,
        .policy_id = key->bound ? key->row.policy_id : NULL,
        .policy_version = key->policy_version,
        .policy_hash = key->policy_hash,
        .payload_digest = payload_digest,
        .prehashed = s->payload.message.ph != CS_HASH_NONE,
        .payload_size = s->payload.size,
        .signature = s->answer.reply.signature,
        .document = s->answer.reply.document,
        .nonce = cs_buf_slice(&s->nonce),
        .verdict = j->verdict,
        .reason = j->reason != CS_OK ? cs_err_name(j->reason) : NULL,
        .epoch = j->reason == CS_OK ? j->details.epoch : NULL,
        .counter = j->details.counter,
        .metadata = s->metadata.n > 0 ? cs_buf_slice(&s->metadata) : CS_ABSENT,
    };
}

/* Signature and entry, or, if the signature must not leave, the entry that says so. */
static cs_err record_once(struct signing *s, cs_call *c, size_t n)
{
    char id[CS_MAX_ID + 1], digest_text[16 + 2 * CS_HASH_MAX];
    const cs_judgement *j = &s->judgement;
    cs_buf digest = CS_BUF_OVER(digest_text), data = cs_buf_new(8192);
    cs_err err = cs_id_new(id, CS_ID_SIGNATURE, cs_now_ms());
    cs_payload_digest(&digest, &s->payload);
    write_entry_data(&data, s, c, cs_buf_slice(&digest));
    cs_signature_row row = signature_row(s, id, cs_buf_slice(&digest));
    s->writes[0] = (cs_write){
        .event_type = j->reason != CS_OK ? "attestation.violation"
                      : s->key->bound    ? "signature.attested"
                                         : "signature.issued",
        .subject_id = cs_slice_str(j->released ? id : s->key->row.id),
        .key_id = cs_slice_str(s->key->row.id),
        .data = cs_buf_slice(&data),
        .signature = j->released ? &row : NULL,
    };
    if (err == CS_OK)
        err = cs_call_commit(c, NULL, s->writes, n, NULL, NULL);
    if (err == CS_OK)
        err = s->writes[0].err;
    cs_buf_free(&data);
    return err;
}

/* The store sees two documents with one counter even where both were under way at the same time. */
static cs_err record(struct signing *s, cs_call *c)
{
    size_t violated = cs_rules_entry(&s->writes[1], &s->violations, &s->rules, c, cs_slice_str(s->key->row.id));
    cs_err err = record_once(s, c, 1 + violated);
    if (err == CS_COUNTER_NOT_FRESH) {
        s->judgement.reason = err;
        s->judgement.verdict = "fail";
        s->judgement.released = s->key->bound && !s->key->policy.enforce;
        err = record_once(s, c, 1); /* the violations are recorded */
    }
    if (err == CS_OK && !s->judgement.released) {
        c->reason = s->judgement.reason;
        err = CS_ATTESTATION_REJECTED;
    }
    return err;
}

static void write_answer(cs_jw *w, const struct signing *s)
{
    static const char *const signature_names[] = {"signature", "signatureB64", "signatureBase64"};
    const cs_live_key *key = s->key;
    cs_buf signature = cs_buf_new(2 * CS_MAX_SIGNATURE); /* as JSON: made once for its three names */
    char digest_text[16 + 2 * CS_HASH_MAX];
    cs_buf digest = CS_BUF_OVER(digest_text);
    cs_payload_digest(&digest, &s->payload);
    cs_jw quoted = cs_jw_on(&signature);
    cs_jw_base64(&quoted, NULL, s->answer.reply.signature);
    (void)cs_buf_reserve(w->out, USUAL_ANSWER);
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "keyId", key->row.id);
    cs_jw_cstr(w, "algorithm", key->row.alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(key->row.format));
    for (size_t i = 0; i < sizeof signature_names / sizeof *signature_names; i++)
        cs_jw_raw(w, signature_names[i], cs_buf_slice(&signature));
    cs_jw_raw(w, "publicKey", cs_buf_slice(&key->public_json));
    cs_jw_str(w, cs_payload_digest_name(&s->payload), cs_buf_slice(&digest));
    cs_jw_int(w, "payloadSize", s->payload.size);
    cs_judge_write(w, &s->judgement, s->answer.reply.document, key->bound ? key->row.policy_id : NULL,
                   key->policy_version);
    cs_jw_begin(w, "ledger");
    cs_jw_int(w, "seq", (int64_t)s->writes[0].seq);
    cs_jw_cstr(w, "entryId", s->writes[0].entry_id);
    cs_jw_end(w);
    cs_rules_answer(w, &s->rules);
    cs_jw_end(w);
    cs_buf_free(&signature);
}

cs_err cs_flow_sign(cs_call *c, cs_jw *w)
{
    struct signing s = {.metadata = cs_buf_new(CS_MAX_METADATA), .violations = cs_buf_new(8192)};
    s.nonce = CS_BUF_OVER(s.nonce_bytes);
    cs_err err = read_request(&s, c);
    if (err == CS_OK)
        err = take_key(&s, c);
    if (err == CS_OK)
        err = ask_policies(&s, c);
    if (err == CS_OK)
        err = ask_enclave(&s, c);
    if (err == CS_OK)
        err = judge(&s, c);
    if (err == CS_OK)
        err = record(&s, c);
    if (err == CS_OK)
        write_answer(w, &s);

    if (s.announced) {
        cs_commit_withdraw(c->app->commit);
        cs_keyring_signed(c->app->keyring, s.key);
    }
    cs_keyring_release(c->app->keyring, s.key);
    cs_signer_free_answer(&s.answer);
    cs_payload_free(&s.payload);
    cs_buf_free(&s.metadata);
    cs_buf_free(&s.violations);
    return err;
}
