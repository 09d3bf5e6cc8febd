/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rotation, in this order:
 *
 *     predecessor → successor's birth → statement → predecessor signs → judge both → one write → answer
 *
 * The statement is signed like any payload, in the attested sign step, so a verifier learns who signed it and in which
 * program. Nothing is stored before both documents were judged; then key, lineage, name and entry change together.
 */
#include <string.h>

#include "core/lineage.h"
#include "gateway/vault.h"
#include "gateway/vault_birth.h"
#include "gateway/vault_key.h"

#define NONCE_LEN 32

struct rotation {
    cs_call *call;
    cs_jw *w;
    cs_live_key *old;
    bool announced;
    cs_policy policy;
    cs_policy_row policy_row;
    cs_key_row key; /* the successor */
    cs_vault_places places;
    cs_judgement birth;   /* of its birth attestation */
    cs_judgement signed_; /* of the document with the predecessor's signature */
    cs_rule_result rules; /* what vault policies say of a key like that */
    cs_lineage_row link;
    cs_buf lineage; /* as the answer shows it */
};

static cs_err read_request(struct rotation *r)
{
    cs_call *c = r->call;
    cs_json *json = NULL;
    cs_jobj o;
    memcpy(r->key.name, r->old->row.name, sizeof r->key.name);
    cs_err err = cs_call_body_opt(c, &json, &o);
    if (err == CS_OK) {
        if (cs_jobj_has(&o, "name"))
            cs_vault_read_name(r->key.name, &o);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

/* From here on the predecessor cannot be revoked without waiting for us. */
static cs_err take_key(struct rotation *r)
{
    cs_call *c = r->call;
    cs_keyring *ring = c->app->keyring;
    cs_key_row row;
    cs_err err = cs_vault_find(&row, c);
    cs_key_row_free(&row);
    if (err == CS_OK)
        err = cs_keyring_hold(&r->old, ring, cs_call_org(c), c->id);
    if (err == CS_OK && cs_keyring_status(ring, r->old) != CS_KEY_ACTIVE)
        err = CS_KEY_NOT_ACTIVE;
    if (err == CS_OK)
        err = cs_keyring_sign(ring, r->old);
    r->announced = err == CS_OK;
    return err;
}

static void copy(char *out, const char *from)
{
    memcpy(out, from, strlen(from) + 1);
}

static void inherit(struct rotation *r)
{
    const cs_key_row *old = &r->old->row;
    cs_key_row *k = &r->key;
    k->alg = old->alg;
    k->format = old->format;
    copy(k->org, old->org);
    copy(k->purpose, old->purpose);
    copy(k->environment, old->environment);
    copy(k->kek_provider, old->kek_provider);
    copy(k->key_provider, old->key_provider);
    copy(k->pq_provider, old->pq_provider);
    copy(k->policy_id, old->policy_id);
    copy(k->predecessor, old->id);
    cs_buf_add(&k->metadata, cs_buf_slice(&old->metadata));
}

static cs_err find_places(struct rotation *r)
{
    cs_settings_defaults defaults;
    cs_err err = cs_settings_read_defaults(&defaults, r->call);
    if (err == CS_OK)
        err = cs_vault_place_inherit(&r->places, &r->key, &defaults);
    if (err == CS_PROVIDER_NOT_AVAILABLE)
        r->call->reason = r->places.why;
    return err;
}

/* A successor is a key that is created; asked before it is made, and again with how its data key was released. */
static cs_err check_rules(struct rotation *r)
{
    if (r->key.key_release[0] == '\0')
        copy(r->key.key_release, cs_vault_place_best_release(&r->key));
    cs_rule_subject subject = cs_rules_of_key(CS_RULE_KEY_CREATE, &r->key, r->old->bound && r->policy.enforce);
    cs_err err = cs_rules_check(&r->rules, r->call, &subject);
    return err == CS_POLICY_VIOLATED ? cs_rules_refuse(r->call, &r->rules, cs_slice_str(r->old->row.id)) : err;
}

/* -- the predecessor's signature --------------------------------------------------------------------------------------
 */

static cs_err judge_statement(struct rotation *r, const cs_answer *answer, cs_slice nonce)
{
    const cs_live_key *old = r->old;
    cs_digest statement;
    cs_err err = cs_hash(&statement, CS_SHA256, cs_buf_slice(&r->link.statement));
    cs_expect expect = {.kind = CS_ATTEST_SIGN,
                        .nonce = nonce,
                        .payload_sha256 = cs_digest_slice(&statement),
                        .signature = answer->reply.signature,
                        .key_id = cs_slice_str(old->row.id),
                        .alg = old->row.alg,
                        .format = &old->row.format,
                        .public_key = cs_buf_slice(&old->row.public_key),
                        .purpose = cs_judge_purpose(&old->row)};
    if (err == CS_OK)
        err = cs_judge(&r->signed_, r->call, old->bound ? &old->policy : NULL, old->policy_err, answer, &expect);
    return err;
}

/* What everybody will verify is verified once here, before it is recorded for ever. */
static cs_err check_signature(struct rotation *r)
{
    cs_call *c = r->call;
    const cs_pair *public_key;
    cs_halves halves;
    cs_message message = {.bytes = cs_buf_slice(&r->link.statement)};
    cs_call_compute(c);
    cs_err err = cs_keyring_public(&public_key, c->app->keyring, r->old);
    if (err == CS_OK)
        err = cs_pair_verify(&halves, public_key, &message, cs_buf_slice(&r->link.signature));
    cs_call_computed(c);
    return err == CS_BAD_SIGNATURE ? CS_SELF_CHECK : err;
}

static cs_err sign_statement(struct rotation *r)
{
    cs_call *c = r->call;
    const cs_key_row *old = &r->old->row;
    uint8_t nonce[NONCE_LEN];
    cs_answer answer = {0};
    cs_succession succession = {.predecessor = cs_slice_str(old->id),
                                .successor = cs_slice_str(r->key.id),
                                .predecessor_public_key = cs_buf_slice(&old->public_key),
                                .successor_public_key = cs_buf_slice(&r->key.public_key),
                                .alg = r->key.alg,
                                .format = r->key.format};
    cs_err err = cs_lineage_statement(&r->link.statement, &succession);
    if (err == CS_OK)
        err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK) {
        cs_request request = {.type = CS_MSG_SIGN,
                              .org = cs_call_org(c),
                              .key_id = cs_slice_str(old->id),
                              .sealed = cs_buf_slice(&old->sealed),
                              .message = {.bytes = cs_buf_slice(&r->link.statement)},
                              .policy_id = r->old->bound ? cs_slice_str(old->policy_id) : CS_ABSENT,
                              .nonce = CS_ARRAY(nonce)};
        err = cs_signer_ask(c->app->signer, &answer, &request, c->deadline_us);
    }
    if (err == CS_OK)
        err = judge_statement(r, &answer, CS_ARRAY(nonce));
    if (err == CS_OK) {
        cs_buf_add(&r->link.signature, answer.reply.signature);
        cs_buf_add(&r->link.document, answer.reply.document);
        err = r->link.signature.err != CS_OK ? r->link.signature.err : r->link.document.err;
    }
    cs_signer_free_answer(&answer);
    return err == CS_OK && r->signed_.released ? check_signature(r) : err;
}

/* -- the record ---------------------------------------------------------------------------------------------------- */

static void write_digest(cs_jw *w, const char *name, const cs_buf *bytes)
{
    cs_digest d;
    if (cs_hash(&d, CS_SHA256, cs_buf_slice(bytes)) == CS_OK)
        cs_jw_hex(w, name, "sha256:", cs_digest_slice(&d));
}

static void write_entry(cs_buf *data, const struct rotation *r)
{
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", r->call->rq->request_id);
    cs_jw_cstr(&w, "predecessor", r->old->row.id);
    cs_jw_cstr(&w, "successor", r->key.id);
    cs_vault_birth_members(&w, &r->key, &r->birth, &r->policy_row);
    write_digest(&w, "predecessorPublicKeySha256", &r->old->row.public_key);
    write_digest(&w, "statementSha256", &r->link.statement);
    write_digest(&w, "statementSigSha256", &r->link.signature);
    write_digest(&w, "statementDocumentSha256", &r->link.document);
    cs_jw_cstr(&w, "statementVerdict", r->signed_.verdict);
    cs_jw_end(&w);
}

/* The old links, then the new one. */
static cs_err write_lineage(struct rotation *r)
{
    cs_err err = cs_vault_key_lineage(&r->lineage, r->call, &r->old->row);
    if (err != CS_OK)
        return err;
    bool first = r->lineage.n == 2; /* "[]" */
    r->lineage.n--;
    cs_jw w = cs_jw_on(&r->lineage);
    w.comma = !first;
    err = cs_vault_key_link(&w, &r->link, &r->key);
    cs_jw_end_array(&w);
    return err == CS_OK ? r->lineage.err : err;
}

static void write_answer(void *context, cs_jw *w)
{
    const struct rotation *r = context;
    cs_vault_key_write(w, &r->key, cs_buf_slice(&r->lineage), &r->rules);
}

static cs_err commit(void *context)
{
    struct rotation *r = context;
    cs_buf data = cs_buf_new(8192), violations = cs_buf_new(8192);
    cs_rotation rotation = {.successor = &r->key, .link = &r->link};
    write_entry(&data, r);
    cs_write writes[2] = {{.event_type = "key.rotated",
                           .subject_id = cs_slice_str(r->key.id),
                           .key_id = cs_slice_str(r->old->row.id),
                           .data = cs_buf_slice(&data),
                           .rotation = &rotation}};
    size_t n = 1 + cs_rules_entry(&writes[1], &violations, &r->rules, r->call, cs_slice_str(r->key.id));
    cs_err err = cs_call_commit(r->call, r->w, writes, n, write_answer, r);
    cs_buf_free(&violations);
    cs_buf_free(&data);
    return err == CS_NAME_TAKEN ? cs_call_fail(r->call, err, "name") : err;
}

static cs_err record(struct rotation *r)
{
    const cs_judgement *refused = !r->birth.released ? &r->birth : !r->signed_.released ? &r->signed_ : NULL;
    if (refused != NULL)
        return cs_vault_birth_refuse(r->call, &r->key, refused, &r->policy_row);
    copy(r->link.predecessor, r->old->row.id);
    copy(r->link.successor, r->key.id);
    r->link.created_ms = r->key.created_ms;
    cs_err err = write_lineage(r);
    return err == CS_OK ? cs_keyring_change(r->call->app->keyring, r->old, CS_KEY_SUPERSEDED, commit, r) : err;
}

cs_err cs_vault_rotate(cs_call *c, cs_jw *w)
{
    struct rotation r = {.call = c,
                         .w = w,
                         .policy_row = cs_policy_row_new(),
                         .key = cs_key_row_new(),
                         .link = cs_lineage_row_new(),
                         .lineage = cs_buf_new(CS_MAX_ANSWER / 2)};
    cs_err err = take_key(&r);
    if (err == CS_OK)
        err = read_request(&r);
    if (err == CS_OK)
        err = cs_vault_check_name(c, r.key.name, r.old->row.id);
    if (err == CS_OK)
        inherit(&r);
    if (err == CS_OK)
        err = find_places(&r);
    if (err == CS_OK && r.old->bound)
        err = cs_vault_birth_policy(&r.policy, &r.policy_row, c, &r.key);
    if (err == CS_OK)
        err = check_rules(&r);
    if (err == CS_OK)
        err = cs_vault_birth(&r.birth, &r.key, c, r.old->bound ? &r.policy : NULL, &r.places);
    if (err == CS_OK && cs_rules_is_away(&r.key))
        err = check_rules(&r);
    if (err == CS_OK && r.birth.released)
        err = sign_statement(&r);
    if (err == CS_OK)
        err = record(&r);
    if (r.announced)
        cs_keyring_signed(c->app->keyring, r.old);
    cs_keyring_release(c->app->keyring, r.old);
    cs_lineage_row_free(&r.link);
    cs_key_row_free(&r.key);
    cs_policy_free(&r.policy);
    cs_policy_row_free(&r.policy_row);
    cs_buf_free(&r.lineage);
    return err;
}
