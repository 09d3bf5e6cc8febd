/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_verify.h"

#include <string.h>

#include "core/hybrid.h"
#include "gateway/access.h"
#include "gateway/hybrid_envelope.h"
#include "gateway/hybrid_records.h"
#include "sys/clock.h"

bool cs_hybrid_verify_is_of(const cs_jobj *o)
{
    static const char *const members[] = {"attestationId",  "message",      "ecdsaSignature",
                                          "ecdsaPublicKey", "pqcSignature", "pqcPublicKey"};
    cs_jobj probe = *o;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (cs_jobj_has(&probe, members[i]))
            return true;
    return false;
}

bool cs_hybrid_verify_is_asked(cs_slice body)
{
    cs_json *json = NULL;
    bool ours = false;
    if (cs_json_parse(&json, body, CS_MAX_BODY) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        ours = cs_hybrid_verify_is_of(&o);
    }
    cs_json_free(json);
    return ours;
}

struct checking {
    cs_hybrid pair;
    cs_hybrid_result result;
    char id[CS_MAX_ID + 1]; /* empty: the request brought the pair */
    bool intact;            /* a stored pair: it is the one of its record */
    int64_t at_ms;
};

/* -- a stored pair ------------------------------------------------------------------------------------------------- */

/* What is stored, as a request would bring it. */
static void write_pair(cs_buf *out, const cs_hybrid_record_row *r)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_hybrid_write_hex(&w, "message", cs_buf_slice(&r->message));
    cs_hybrid_write_hex(&w, "ecdsaSignature", cs_buf_slice(&r->ecdsa_signature));
    cs_hybrid_write_hex(&w, "ecdsaPublicKey", cs_buf_slice(&r->ecdsa_public_key));
    cs_hybrid_write_hex(&w, "pqcSignature", cs_buf_slice(&r->pqc_signature));
    cs_hybrid_write_hex(&w, "pqcPublicKey", cs_buf_slice(&r->pqc_public_key));
    cs_jw_cstr(&w, "algorithm", r->algorithm);
    cs_jw_cstr(&w, "chain", r->chain);
    if (strcmp(r->chain, "solana") != 0)
        cs_jw_cstr(&w, "ecdsaScheme", r->scheme);
    cs_jw_end(&w);
}

static cs_err read_pair(cs_hybrid *out, const cs_hybrid_record_row *r)
{
    cs_buf text = cs_buf_new(CS_MAX_BODY);
    cs_json *json = NULL;
    write_pair(&text, r);
    cs_err err = text.err == CS_OK ? cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_BODY) : text.err;
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        err = cs_hybrid_read(out, NULL, &o);
    }
    cs_json_free(json);
    cs_buf_free(&text);
    return err;
}

/* The record that the pair makes now is the one that was stored. */
static bool is_record(const struct checking *v, const cs_hybrid_record_row *r)
{
    cs_buf record = cs_buf_new(CS_MAX_HYBRID_RECORD);
    cs_hybrid_facts facts = {.id = cs_slice_str(r->id),
                             .pqc_key_id = cs_slice_str(r->key_id),
                             .created_ms = r->created_ms,
                             .metadata = r->metadata.n > 0 ? cs_buf_slice(&r->metadata) : CS_ABSENT};
    bool same = cs_hybrid_record(&record, &v->pair, &v->result, &facts) == CS_OK &&
                cs_slice_eq(cs_buf_slice(&record), cs_buf_slice(&r->record));
    cs_buf_free(&record);
    return same;
}

static cs_err check_pair(struct checking *v, cs_call *c)
{
    cs_call_compute(c);
    cs_err err = cs_hybrid_verify(&v->result, &v->pair, NULL);
    cs_call_computed(c);
    return err == CS_PQC_004 ? CS_OK : err;
}

static cs_err check_stored(struct checking *v, cs_call *c, cs_slice id)
{
    cs_hybrid_record_row r;
    cs_err err = cs_hybrid_records_find(&r, c, id);
    if (err == CS_OK) {
        memcpy(v->id, r.id, sizeof v->id);
        err = read_pair(&v->pair, &r);
    } else if (err == CS_NOT_FOUND) {
        err = cs_call_fail(c, err, "attestationId");
    }
    if (err == CS_OK)
        err = check_pair(v, c);
    if (err == CS_OK)
        v->intact = is_record(v, &r);
    cs_hybrid_record_row_free(&r);
    return err;
}

/* -- the request --------------------------------------------------------------------------------------------------- */

static cs_err check_request(struct checking *v, cs_call *c, cs_jobj *o)
{
    if (cs_jobj_has(o, "attestationId")) {
        cs_slice id = cs_jobj_str(o, "attestationId", CS_MAX_ID);
        cs_err err = cs_call_body_done(c, o);
        return err == CS_OK ? check_stored(v, c, id) : err;
    }
    v->intact = true;
    cs_err err = cs_hybrid_read(&v->pair, &c->fault, o);
    if (err == CS_OK)
        err = cs_call_body_done(c, o);
    return err == CS_OK ? check_pair(v, c) : err;
}

static void write_answer(void *context, cs_jw *w)
{
    const struct checking *v = context;
    const cs_hybrid_result *r = &v->result;
    const char *scheme = cs_hybrid_scheme_name(r->scheme);
    cs_jw_begin(w, "data");
    cs_jw_bool(w, "valid", r->ecdsa_valid && r->pqc_valid && v->intact);
    cs_jw_bool(w, "ecdsaValid", r->ecdsa_valid);
    cs_jw_bool(w, "pqcValid", r->pqc_valid);
    cs_jw_str(w, "attestationId", v->id[0] != '\0' ? cs_slice_str(v->id) : CS_ABSENT);
    cs_jw_cstr(w, "algorithm", cs_hybrid_algorithm_name(v->pair.algorithm));
    cs_jw_str(w, "chain", v->pair.chain != NULL ? cs_slice_str(v->pair.chain->name) : CS_ABSENT);
    cs_jw_str(w, "ecdsaScheme", r->ecdsa_valid ? cs_slice_str(scheme) : CS_ABSENT);
    cs_jw_str(w, "signerAddress", r->ecdsa_valid && r->address[0] != '\0' ? cs_slice_str(r->address) : CS_ABSENT);
    cs_envelope_time(w, "verifiedAt", v->at_ms);
    cs_jw_end(w);
}

cs_err cs_hybrid_verify_request(cs_call *c, cs_jw *w, cs_jobj *o)
{
    struct checking v = {.at_ms = cs_now_ms()};
    c->hybrid = true;
    cs_buf_clear(&c->rs->body);
    *w = cs_hybrid_envelope_begin(&c->rs->body);
    cs_err err = cs_access_scope(c, CS_SCOPE_HYBRID);
    if (err == CS_OK)
        err = check_request(&v, c, o);
    if (err == CS_OK && c->claim != NULL)
        err = cs_call_commit(c, w, &(cs_write){0}, 1, write_answer, &v); /* nothing but the answer is kept */
    else if (err == CS_OK)
        write_answer(&v, w);
    cs_hybrid_free(&v.pair);
    return err;
}
