/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_keys.h"

#include <stdio.h>
#include <string.h>

#include "core/hybrid.h"
#include "core/name.h"
#include "gateway/access.h"
#include "gateway/hybrid_environment.h"
#include "gateway/ids.h"
#include "sys/clock.h"

#define ROUTE "keys"
#define CHALLENGE_LEN (32 + CS_CHALLENGE_RANDOM)
#define MAX_HEX(bytes) (2 + 2 * (bytes))

/* -- answers ------------------------------------------------------------------------------------------------------- */

void cs_hybrid_keys_write(cs_jw *w, const cs_registered_row *k, bool live)
{
    cs_jw_cstr(w, "id", k->id);
    cs_hybrid_write_hex(w, "publicKey", cs_slice_of(k->public_key, k->public_key_len));
    cs_jw_cstr(w, "algorithm", k->algorithm);
    cs_jw_cstr(w, "chain", k->chain);
    cs_jw_str(w, "label", k->label[0] != '\0' ? cs_slice_str(k->label) : CS_ABSENT);
    cs_jw_cstr(w, "status", k->revoked_ms == 0 ? "active" : "revoked");
    cs_jw_cstr(w, "origin", k->generated ? "generated" : "registered");
    cs_jw_cstr(w, "environment", live ? "live" : "test");
    cs_envelope_time(w, "createdAt", k->created_ms);
    cs_envelope_time(w, "revokedAt", k->revoked_ms);
}

void cs_hybrid_keys_entry(cs_buf *data, const cs_call *c, const cs_registered_row *k)
{
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "algorithm", k->algorithm);
    cs_jw_cstr(&w, "chain", k->chain);
    cs_jw_hex(&w, "publicKeySha256", "sha256:", CS_ARRAY(k->hash));
    cs_jw_cstr(&w, "origin", k->generated ? "generated" : "registered");
    cs_jw_end(&w);
}

/* -- challenges ---------------------------------------------------------------------------------------------------- */

static void write_challenge(void *context, cs_jw *w)
{
    const cs_challenge_row *row = context;
    uint8_t bytes[CHALLENGE_LEN];
    cs_buf challenge = CS_BUF_OVER(bytes);
    cs_buf_add(&challenge, CS_CHALLENGE_PREFIX);
    cs_buf_add(&challenge, CS_ARRAY(row->random));
    cs_jw_begin(w, "data");
    cs_hybrid_write_hex(w, "challenge", cs_buf_slice(&challenge));
    cs_envelope_time(w, "expiresAt", row->expires_ms);
    cs_jw_end(w);
}

cs_err cs_hybrid_keys_challenge(cs_call *c, cs_jw *w)
{
    cs_challenge_row row = {.expires_ms = cs_now_ms() + CS_CHALLENGE_MS};
    memcpy(row.org, c->caller.realm, sizeof row.org);
    memcpy(row.api_key_id, c->caller.key_id, sizeof row.api_key_id);
    cs_err err = cs_call_body_empty(c);
    if (err == CS_OK)
        err = cs_random(row.random, sizeof row.random);
    if (err != CS_OK)
        return err;
    cs_write write = {.challenge = &row};
    c->status = 201;
    return cs_call_commit(c, w, &write, 1, write_challenge, &row);
}

/* The random bytes of a challenge, from its hex. */
static void read_challenge(uint8_t random[CS_CHALLENGE_RANDOM], cs_jobj *o)
{
    uint8_t bytes[CHALLENGE_LEN];
    cs_buf challenge = CS_BUF_OVER(bytes);
    cs_slice text = cs_jobj_str(o, "challenge", MAX_HEX(CHALLENGE_LEN));
    cs_err err = o->err == CS_OK ? cs_hybrid_hex(&challenge, text, CHALLENGE_LEN) : CS_OK;
    if (err != CS_OK || (o->err == CS_OK && (challenge.n != CHALLENGE_LEN ||
                                             !cs_slice_starts(cs_buf_slice(&challenge), CS_CHALLENGE_PREFIX))))
        cs_jobj_fail(o, CS_BAD_CHALLENGE, "challenge");
    if (o->err != CS_OK)
        return;
    cs_slice behind = cs_slice_sub(cs_buf_slice(&challenge), CS_CHALLENGE_PREFIX.n, CS_CHALLENGE_RANDOM);
    memcpy(random, behind.p, behind.n);
}

/* -- registration -------------------------------------------------------------------------------------------------- */

void cs_hybrid_keys_read(cs_registered_row *k, cs_call *c, cs_jobj *o)
{
    cs_slice algorithm = cs_jobj_str(o, "algorithm", CS_MAX_WORD);
    cs_prim prim = cs_hybrid_algorithm(algorithm);
    if (o->err == CS_OK && prim == CS_PRIM_NONE)
        cs_jobj_fail(o, CS_PQC_001, "algorithm");
    cs_slice chain = cs_jobj_str_opt(o, "chain", CS_MAX_WORD);
    const cs_hybrid_chain *known = cs_hybrid_chain_find(chain.p != NULL ? chain : CS_LIT("ethereum"));
    if (known == NULL)
        cs_jobj_fail(o, CS_BAD_FIELD, "chain");
    cs_slice label = cs_jobj_str_opt(o, "label", CS_MAX_NAME);
    if (label.p != NULL &&
        (cs_name_check(label) != CS_OK || cs_slice_to_cstr(k->label, sizeof k->label, label) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, "label");
    cs_hybrid_environment_read(o, c);
    if (o->err != CS_OK || known == NULL)
        return;
    (void)snprintf(k->algorithm, sizeof k->algorithm, "%s", cs_hybrid_algorithm_name(prim));
    (void)snprintf(k->chain, sizeof k->chain, "%s", known->name);
}

cs_err cs_hybrid_keys_complete(cs_registered_row *k, const cs_call *c)
{
    cs_digest d;
    memcpy(k->org, c->caller.realm, sizeof k->org);
    k->created_ms = cs_now_ms();
    cs_err err = cs_hash(&d, CS_SHA256, cs_slice_of(k->public_key, k->public_key_len));
    if (err != CS_OK)
        return err;
    memcpy(k->hash, d.b, sizeof k->hash);
    return cs_id_new(k->id, CS_ID_REGISTERED, k->created_ms);
}

struct registering {
    const cs_call *call;
    cs_registered_row row;
    uint8_t random[CS_CHALLENGE_RANDOM];
    bool challenge_given;
    uint8_t proof_bytes[CS_MAX_SIGNATURE];
    cs_buf proof;
};

static void read_public_key(cs_registered_row *k, cs_jobj *o)
{
    cs_buf bytes = CS_BUF_OVER(k->public_key);
    cs_slice text = cs_jobj_str(o, "publicKey", MAX_HEX(CS_MAX_BODY));
    size_t want = cs_prim_public_len(cs_hybrid_algorithm(cs_slice_str(k->algorithm)));
    if (o->err != CS_OK)
        return;
    if (cs_hybrid_hex(&bytes, text, sizeof k->public_key) != CS_OK || bytes.n != want)
        cs_jobj_fail(o, CS_PQC_002, "publicKey");
    k->public_key_len = bytes.n;
}

static cs_err read_registration(struct registering *r, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_hybrid_keys_read(&r->row, c, &o);
        read_public_key(&r->row, &o);
        cs_slice proof = cs_jobj_str(&o, "proof", MAX_HEX(CS_MAX_BODY));
        if (o.err == CS_OK && cs_hybrid_hex(&r->proof, proof, sizeof r->proof_bytes) != CS_OK)
            cs_jobj_fail(&o, CS_BAD_ENCODING, "proof");
        r->challenge_given = cs_jobj_has(&o, "challenge");
        if (r->challenge_given)
            read_challenge(r->random, &o);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

static cs_err check_proof(struct registering *r, cs_call *c)
{
    uint8_t bytes[CHALLENGE_LEN];
    cs_buf challenge = CS_BUF_OVER(bytes);
    cs_key *key = NULL;
    cs_buf_add(&challenge, CS_CHALLENGE_PREFIX);
    cs_buf_add(&challenge, CS_ARRAY(r->random));
    cs_call_compute(c);
    cs_err err = cs_key_open_public(&key, cs_hybrid_algorithm(cs_slice_str(r->row.algorithm)),
                                    cs_slice_of(r->row.public_key, r->row.public_key_len));
    if (err == CS_BAD_PUBLIC_KEY)
        err = cs_call_fail(c, CS_PQC_002, "publicKey");
    else if (err == CS_OK)
        err = cs_key_verify(key, cs_buf_slice(&challenge), cs_buf_slice(&r->proof), NULL);
    cs_call_computed(c);
    cs_key_free(key);
    return err == CS_BAD_SIGNATURE ? cs_call_fail(c, CS_PQC_004, "proof") : err;
}

static void write_registered(void *context, cs_jw *w)
{
    const struct registering *r = context;
    cs_jw_begin(w, "data");
    cs_hybrid_keys_write(w, &r->row, r->call->caller.live);
    cs_jw_end(w);
}

static cs_err commit_registered(struct registering *r, cs_call *c, cs_jw *w)
{
    cs_buf data = cs_buf_new(4096);
    cs_registration registration = {.key = &r->row, .challenge = r->random};
    cs_hybrid_keys_entry(&data, c, &r->row);
    cs_write write = {.event_type = "hybrid_attestation.key_registered",
                      .subject_id = cs_slice_str(r->row.id),
                      .data = cs_buf_slice(&data),
                      .registration = &registration};
    c->status = 201;
    cs_err err = cs_call_commit(c, w, &write, 1, write_registered, r);
    cs_buf_free(&data);
    if (err == CS_BAD_CHALLENGE)
        return cs_call_fail(c, err, "challenge");
    return err == CS_ALREADY_REGISTERED ? cs_call_fail(c, err, "publicKey") : err;
}

cs_err cs_hybrid_keys_register(cs_call *c, cs_jw *w)
{
    struct registering r = {.call = c};
    r.proof = CS_BUF_OVER(r.proof_bytes);
    cs_err err = read_registration(&r, c);
    if (err == CS_OK && !r.challenge_given) {
        err = cs_store_newest_challenge(c->app->store, r.random, cs_call_org(c), c->caller.key_id, cs_now_ms());
        if (err == CS_NOT_FOUND)
            err = cs_call_fail(c, CS_BAD_CHALLENGE, "challenge");
    }
    if (err == CS_OK)
        err = check_proof(&r, c);
    if (err == CS_OK)
        err = cs_hybrid_keys_complete(&r.row, c);
    return err == CS_OK ? commit_registered(&r, c, w) : err;
}

/* -- finding ------------------------------------------------------------------------------------------------------- */

static cs_err find(cs_registered_row *out, cs_call *c)
{
    char other[CS_MAX_ID + 1];
    if (!cs_id_is(c->id, CS_ID_REGISTERED))
        return CS_NOT_FOUND;
    cs_err err = cs_store_registered(c->app->store, out, cs_call_org(c), c->id);
    if (err != CS_NOT_FOUND)
        return err;
    cs_hybrid_environment_other(other, c);
    err = cs_store_registered(c->app->store, out, cs_slice_str(other), c->id);
    return err == CS_OK ? cs_access_wrong_environment(c) : err;
}

cs_err cs_hybrid_keys_find(cs_registered_row *out, cs_call *c, cs_slice public_key)
{
    char other[CS_MAX_ID + 1];
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, public_key);
    if (err == CS_OK)
        err = cs_store_registered_by_hash(c->app->store, out, cs_call_org(c), d.b);
    if (err == CS_OK && out->revoked_ms != 0)
        return cs_call_fail(c, CS_PQC_005, "pqcPublicKey");
    if (err != CS_NOT_FOUND)
        return err;
    cs_hybrid_environment_other(other, c);
    err = cs_store_registered_by_hash(c->app->store, out, cs_slice_str(other), d.b);
    if (err == CS_OK)
        return cs_call_fail(c, cs_access_wrong_environment(c), "pqcPublicKey");
    return err == CS_NOT_FOUND ? cs_call_fail(c, CS_PQC_005, "pqcPublicKey") : err;
}

cs_err cs_hybrid_keys_get(cs_call *c, cs_jw *w)
{
    cs_registered_row row;
    cs_err err = find(&row, c);
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    cs_hybrid_keys_write(w, &row, c->caller.live);
    cs_jw_end(w);
    return CS_OK;
}

struct listing {
    const cs_call *call;
    cs_jw *w;
};

static void write_item(void *context, const cs_registered_row *k)
{
    const struct listing *l = context;
    cs_jw_begin(l->w, NULL);
    cs_hybrid_keys_write(l->w, k, l->call->caller.live);
    cs_jw_end(l->w);
}

cs_err cs_hybrid_keys_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    struct listing l = {.call = c, .w = w};
    cs_call_page(c, &q, &page, before, ROUTE);
    page.filter = cs_query_text(&q, "algorithm", CS_MAX_WORD);
    page.chain = cs_query_text(&q, "chain", CS_MAX_WORD);
    page.with_revoked = cs_query_flag(&q, "includeRevoked");
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK && page.filter.p != NULL && cs_hybrid_algorithm(page.filter) == CS_PRIM_NONE)
        err = cs_call_fail(c, CS_PQC_001, "algorithm");
    if (err == CS_OK && page.chain.p != NULL && cs_hybrid_chain_find(page.chain) == NULL)
        err = cs_call_fail(c, CS_BAD_FIELD, "chain");
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_registered_keys(c->app->store, &page, write_item, &l);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    return err;
}

/* -- revocation ---------------------------------------------------------------------------------------------------- */

static cs_err commit_revoked(cs_call *c, const cs_registered_row *k)
{
    cs_buf data = cs_buf_new(4096);
    cs_hybrid_keys_entry(&data, c, k);
    cs_write write = {.event_type = "hybrid_attestation.key_revoked",
                      .subject_id = cs_slice_str(k->id),
                      .data = cs_buf_slice(&data),
                      .revoke_registered = k->id};
    cs_err err = cs_call_commit(c, NULL, &write, 1, NULL, NULL);
    cs_buf_free(&data);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster */
}

cs_err cs_hybrid_keys_revoke(cs_call *c, cs_jw *w)
{
    cs_registered_row row;
    cs_err err = find(&row, c);
    if (err == CS_OK && row.revoked_ms == 0)
        err = commit_revoked(c, &row);
    if (err == CS_OK)
        err = find(&row, c); /* when it was is for the store to say */
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "id", row.id);
    cs_envelope_time(w, "revokedAt", row.revoked_ms);
    cs_jw_end(w);
    return CS_OK;
}
