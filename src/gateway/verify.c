/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify.h"

#include "core/keytext.h"
#include "gateway/access.h"
#include "gateway/hybrid_verify.h"
#include "gateway/payload.h"
#include "gateway/rules.h"

struct verifying {
    cs_payload payload;
    cs_buf signature;
    char ref[CS_MAX_NAME + 1]; /* id or name of a key of the vault; empty: the request brought a public key */
    cs_live_key *key;
    cs_pair brought;
    const cs_pair *pair;
    cs_rule_result rules;
    cs_halves halves;
    bool ok;
};

static void read_key(struct verifying *v, cs_call *c, cs_jobj *o)
{
    bool named = cs_jobj_has(o, "keyId");
    if (named && cs_jobj_has(o, "publicKey")) {
        cs_jobj_fail(o, CS_BAD_FIELD, "publicKey");
    } else if (named) {
        cs_slice ref = cs_jobj_str(o, "keyId", CS_MAX_NAME);
        if (ref.n == 0 || cs_slice_to_cstr(v->ref, sizeof v->ref, ref) != CS_OK)
            cs_jobj_fail(o, CS_BAD_FIELD, "keyId");
    } else {
        cs_slice text = cs_jobj_str(o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
        cs_call_compute(c);
        cs_err err = o->err == CS_OK ? cs_public_key_parse(&v->brought, NULL, text) : CS_OK;
        cs_call_computed(c);
        if (err != CS_OK)
            cs_jobj_fail(o, err, "publicKey");
        v->pair = &v->brought;
    }
}

static cs_err read_request(struct verifying *v, cs_call *c, cs_jobj *o)
{
    cs_payload_read(&v->payload, o);
    (void)cs_jobj_base64(o, "signature", CS_MAX_SIGNATURE, &v->signature);
    read_key(v, c, o);
    return cs_call_body_done(c, o);
}

/* Revoked keys too: what they signed stays signed. */
static cs_err take_key(struct verifying *v, cs_call *c)
{
    if (v->ref[0] != '\0') {
        cs_err err = cs_keyring_hold(&v->key, c->app->keyring, cs_call_org(c), cs_slice_str(v->ref));
        if (err == CS_NOT_FOUND)
            cs_access_missed(c, cs_slice_str(v->ref));
        if (err == CS_OK && !cs_call_may_use(c, v->key->row.id))
            err = CS_NOT_FOUND;
        if (err != CS_OK)
            return cs_call_fail(c, err, "keyId");
        cs_call_compute(c);
        err = cs_keyring_public(&v->pair, c->app->keyring, v->key);
        cs_call_computed(c);
        if (err != CS_OK)
            return err;
    }
    return cs_payload_fits(&v->payload, &c->fault, v->pair->alg, v->pair->format);
}

/* What vault policies say. Of a key that the request brought, only the algorithm is known. */
static cs_err check_rules(struct verifying *v, cs_call *c)
{
    const cs_live_key *k = v->key;
    cs_rule_subject subject = {.operation = CS_RULE_VERIFY, .alg = v->pair->alg};
    if (k != NULL)
        subject = cs_rules_of_key(CS_RULE_VERIFY, &k->row, k->bound && k->policy_err == CS_OK && k->policy.enforce);
    cs_err err = cs_rules_check(&v->rules, c, &subject);
    return err == CS_POLICY_VIOLATED ? cs_rules_refuse(c, &v->rules, k != NULL ? cs_slice_str(k->row.id) : CS_ABSENT)
                                     : err;
}

static cs_err check(struct verifying *v, cs_call *c)
{
    cs_call_compute(c);
    cs_err err = cs_pair_verify(&v->halves, v->pair, &v->payload.message, cs_buf_slice(&v->signature));
    cs_call_computed(c);
    v->ok = err == CS_OK;
    return err == CS_BAD_SIGNATURE ? CS_OK : err;
}

static void write_entry_data(cs_buf *data, const struct verifying *v, const cs_call *c)
{
    char digest_text[16 + 2 * CS_HASH_MAX];
    cs_buf digest = CS_BUF_OVER(digest_text), public_key = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_digest d;
    cs_payload_digest(&digest, &v->payload);
    cs_pair_public(&public_key, v->pair);
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_bool(&w, "ok", v->ok);
    cs_jw_cstr(&w, "algorithm", v->pair->alg->name);
    cs_jw_str(&w, cs_payload_digest_name(&v->payload), cs_buf_slice(&digest));
    cs_jw_int(&w, "payloadSize", v->payload.size);
    if (cs_hash(&d, CS_SHA256, cs_buf_slice(&v->signature)) == CS_OK)
        cs_jw_hex(&w, "sigSha256", "sha256:", cs_digest_slice(&d));
    if (cs_hash(&d, CS_SHA256, cs_buf_slice(&public_key)) == CS_OK)
        cs_jw_hex(&w, "publicKeySha256", "sha256:", cs_digest_slice(&d));
    cs_jw_end(&w);
    cs_buf_free(&public_key);
}

static void write_answer(cs_jw *w, const struct verifying *v, bool recorded)
{
    cs_jw_begin(w, "data");
    cs_jw_bool(w, "ok", v->ok);
    cs_jw_cstr(w, "algorithm", v->pair->alg->name);
    cs_jw_bool(w, "classicalOk", v->halves.trad_ok);
    cs_jw_bool(w, "pqOk", v->halves.pq_ok);
    cs_jw_bool(w, "recorded", recorded);
    cs_rules_answer(w, &v->rules);
    cs_jw_end(w);
}

static void write_recorded(void *context, cs_jw *w)
{
    write_answer(w, context, true);
}

/* The verification, and what vault policies have to say about it; it is answered even where it cannot be recorded. */
static void record(struct verifying *v, cs_call *c, cs_jw *w)
{
    cs_buf data = cs_buf_new(4096), violations = cs_buf_new(8192);
    cs_slice key_id = v->key != NULL ? cs_slice_str(v->key->row.id) : CS_LIT("");
    write_entry_data(&data, v, c);
    cs_write writes[2] = {{.event_type = "signature.verified",
                           .subject_id = key_id,
                           .key_id = v->key != NULL ? key_id : CS_ABSENT,
                           .data = cs_buf_slice(&data)}};
    size_t n = 1 + cs_rules_entry(&writes[1], &violations, &v->rules, c, writes[0].key_id);
    if (cs_call_commit(c, w, writes, n, write_recorded, v) != CS_OK)
        write_answer(w, v, false);
    cs_buf_free(&violations);
    cs_buf_free(&data);
}

static cs_err verify_signature(cs_call *c, cs_jw *w, cs_jobj *o)
{
    struct verifying v = {.signature = cs_buf_new(CS_MAX_SIGNATURE + 4)};
    cs_err err = cs_access_scope(c, CS_SCOPE_VERIFY);
    if (err == CS_OK)
        err = read_request(&v, c, o);
    if (err == CS_OK)
        err = take_key(&v, c);
    if (err == CS_OK)
        err = check_rules(&v, c);
    if (err == CS_OK)
        err = check(&v, c);
    if (err == CS_OK)
        record(&v, c, w);
    cs_keyring_release(c->app->keyring, v.key);
    cs_pair_close(&v.brought);
    cs_payload_free(&v.payload);
    cs_buf_free(&v.signature);
    return err;
}

cs_err cs_verify_either(cs_call *c, cs_jw *w)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK)
        err = cs_hybrid_verify_is_of(&o) ? cs_hybrid_verify_request(c, w, &o) : verify_signature(c, w, &o);
    cs_json_free(json);
    return err;
}
