/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signing.h"

#include <string.h>

#include "gateway/ids.h"
#include "sys/clock.h"

#define OWN_NONCE 32
#define USUAL_DATA 1024 /* bytes of what the ledger gets, so that the buffer does not grow by and by */

void cs_signing_init(cs_signing *s)
{
    *s = (cs_signing){.purpose = CS_PURPOSE_SIGN,
                      .metadata = cs_buf_new(CS_MAX_METADATA),
                      .data = cs_buf_new(8192),
                      .rules_data = cs_buf_new(8192),
                      .asked = CS_INTERNAL,
                      .judgement = {.reason = CS_INTERNAL}};
    s->nonce = CS_BUF_OVER(s->nonce_bytes);
    s->digest = CS_BUF_OVER(s->digest_text);
}

void cs_signing_free(cs_signing *s, cs_app *app)
{
    if (s->announced)
        cs_keyring_signed(app->keyring, s->key);
    cs_keyring_release(app->keyring, s->key);
    cs_signer_free_answer(&s->answer);
    cs_payload_free(&s->payload);
    cs_buf_free(&s->metadata);
    cs_buf_free(&s->data);
    cs_buf_free(&s->rules_data);
}

/* -- the request --------------------------------------------------------------------------------------------------- */

void cs_signing_read(cs_signing *s, cs_jobj *o)
{
    cs_slice ref = cs_jobj_str(o, "keyId", CS_MAX_NAME);
    if (o->err == CS_OK && (ref.n == 0 || cs_slice_to_cstr(s->ref, sizeof s->ref, ref) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, "keyId");
    cs_payload_read(&s->payload, o);
    if (cs_jobj_base64_opt(o, "nonce", CS_MAX_NONCE, &s->nonce) && s->nonce.n < CS_MIN_NONCE)
        cs_jobj_fail(o, CS_BAD_FIELD, "nonce");
    cs_call_metadata(o, &s->metadata);
    cs_payload_digest(&s->digest, &s->payload);
}

cs_err cs_signing_nonce(cs_signing *s)
{
    if (s->nonce.n > 0)
        return CS_OK;
    cs_err err = cs_random_public(s->nonce_bytes, OWN_NONCE);
    if (err == CS_OK)
        cs_buf_grow(&s->nonce, OWN_NONCE);
    return err;
}

cs_request cs_signing_request(const cs_signing *s)
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

/* -- the record ---------------------------------------------------------------------------------------------------- */

/* What the ledger says about it: digests, ids, numbers. */
static void write_entry_data(cs_signing *s, const cs_call *c)
{
    const cs_live_key *key = s->key;
    const cs_judgement *j = &s->judgement;
    cs_digest d;
    cs_buf_clear(&s->data);
    (void)cs_buf_reserve(&s->data, USUAL_DATA);
    cs_jw w = cs_jw_on(&s->data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "keyId", key->row.id);
    cs_jw_cstr(&w, "algorithm", key->row.alg->name);
    cs_jw_cstr(&w, "signatureFormat", cs_format_name(key->row.format));
    cs_jw_str(&w, cs_payload_digest_name(&s->payload), cs_buf_slice(&s->digest));
    cs_jw_int(&w, "payloadSize", s->payload.size);
    cs_jw_cstr(&w, "verdict", j->verdict);
    if (j->reason != CS_OK)
        cs_jw_cstr(&w, "reason", cs_err_name(j->reason));
    if (j->released)
        cs_jw_hex(&w, "sigSha256", "sha256:", cs_digest_slice(&s->signature_sha256));
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

static void fill_row(cs_signing *s)
{
    const cs_live_key *key = s->key;
    const cs_judgement *j = &s->judgement;
    s->row = (cs_signature_row){
        .id = s->id,
        .key_id = key->row.id,
        .policy_id = key->bound ? key->row.policy_id : NULL,
        .policy_version = key->policy_version,
        .policy_hash = key->policy_hash,
        .payload_digest = cs_buf_slice(&s->digest),
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

size_t cs_signing_writes(cs_write out[CS_SIGNING_WRITES], cs_signing *s, const cs_call *c)
{
    const cs_judgement *j = &s->judgement;
    cs_slice key_id = cs_slice_str(s->key->row.id);
    if (cs_id_new(s->id, CS_ID_SIGNATURE, cs_now_ms()) != CS_OK)
        return 0;
    write_entry_data(s, c);
    fill_row(s);
    out[0] = (cs_write){
        .event_type = j->reason != CS_OK ? "attestation.violation"
                      : s->key->bound    ? "signature.attested"
                                         : "signature.issued",
        .subject_id = j->released ? cs_slice_str(s->id) : key_id,
        .key_id = key_id,
        .data = cs_buf_slice(&s->data),
        .signature = j->released ? &s->row : NULL,
    };
    cs_buf_clear(&s->rules_data);
    return 1 + cs_rules_entry(&out[1], &s->rules_data, &s->rules, c, key_id);
}

/* -- the answer ---------------------------------------------------------------------------------------------------- */

void cs_signing_answer(cs_jw *w, const cs_signing *s, const cs_write *written, bool synonyms)
{
    static const char *const signature_names[] = {"signature", "signatureB64", "signatureBase64"};
    const cs_live_key *key = s->key;
    cs_buf signature = cs_buf_new(2 * CS_MAX_SIGNATURE); /* as JSON: made once for its three names */
    cs_jw quoted = cs_jw_on(&signature);
    cs_jw_base64(&quoted, NULL, s->answer.reply.signature);
    cs_jw_cstr(w, "signatureId", s->id);
    cs_jw_cstr(w, "keyId", key->row.id);
    cs_jw_cstr(w, "algorithm", key->row.alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(key->row.format));
    for (size_t i = 0; i < (synonyms ? sizeof signature_names / sizeof *signature_names : 1); i++)
        cs_jw_raw(w, signature_names[i], cs_buf_slice(&signature));
    cs_jw_raw(w, "publicKey", cs_buf_slice(&key->public_json));
    cs_jw_str(w, cs_payload_digest_name(&s->payload), cs_buf_slice(&s->digest));
    cs_jw_int(w, "payloadSize", s->payload.size);
    cs_judge_write(w, &s->judgement, s->answer.reply.document, key->bound ? key->row.policy_id : NULL,
                   key->policy_version);
    cs_jw_begin(w, "ledger");
    cs_jw_int(w, "seq", (int64_t)written->seq);
    cs_jw_cstr(w, "entryId", written->entry_id);
    cs_jw_end(w);
    cs_rules_answer(w, &s->rules);
    cs_buf_free(&signature);
}
