/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_sign.h"

#include <string.h>

#include "core/hybrid.h"
#include "gateway/hybrid_cache.h"
#include "gateway/hybrid_countersign.h"
#include "gateway/hybrid_environment.h"
#include "gateway/hybrid_keys.h"
#include "gateway/hybrid_records.h"
#include "gateway/ids.h"
#include "sys/clock.h"

#define WRITES (1 + CS_SIGNING_WRITES)
#define USUAL_ANSWER 2048 /* bytes, besides what was sent, so that the buffer does not grow by and by */

struct attesting {
    cs_hybrid pair;
    cs_hybrid_result result;
    cs_caller_key *held;          /* the registered key, if it is in memory … */
    cs_registered_row row_of_key; /* … else from the store */
    const cs_registered_row *key;
    cs_slice metadata; /* in the body; absent: none */
    char id[CS_MAX_ID + 1];
    int64_t created_ms;
    cs_buf record, data;
    cs_countersigning countersigning;
    cs_hybrid_row row;
    cs_write writes[WRITES]; /* the attestation, then the countersignature */
};

static void init(struct attesting *a)
{
    *a = (struct attesting){.record = cs_buf_new(CS_MAX_HYBRID_RECORD), .data = cs_buf_new(8192)};
    cs_hybrid_countersign_init(&a->countersigning);
}

static void release(struct attesting *a, cs_app *app)
{
    cs_hybrid_countersign_free(&a->countersigning, app);
    cs_hybrid_cache_release(app->hybrid, a->held);
    cs_hybrid_free(&a->pair);
    cs_buf_free(&a->record);
    cs_buf_free(&a->data);
}

static void read_metadata(struct attesting *a, cs_jobj *o, cs_slice body)
{
    if (cs_jobj_object_opt(o, "metadata").v == NULL)
        return;
    a->metadata = cs_jobj_source(o, "metadata", body);
    if (a->metadata.n > CS_MAX_METADATA)
        cs_jobj_fail(o, CS_BAD_FIELD, "metadata");
}

static cs_err read_request(struct attesting *a, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK)
        err = cs_hybrid_read(&a->pair, &c->fault, &o);
    if (err == CS_OK) {
        read_metadata(a, &o, c->rq->body);
        cs_hybrid_environment_read(&o, c);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

static cs_err verify(struct attesting *a, cs_call *c)
{
    a->held = cs_hybrid_cache_hold(c->app->hybrid, cs_call_org(c), a->pair.pqc_public_key);
    cs_call_compute(c);
    cs_err err = cs_hybrid_verify(&a->result, &a->pair, a->held != NULL ? a->held->key : NULL);
    cs_call_computed(c);
    if (err != CS_PQC_004)
        return err;
    return cs_call_fail(c, err, a->result.ecdsa_valid ? "pqcSignature" : "ecdsaSignature");
}

static cs_err find_key(struct attesting *a, cs_call *c)
{
    a->key = a->held != NULL ? &a->held->row : &a->row_of_key;
    if (a->held != NULL)
        return CS_OK;
    cs_err err = cs_hybrid_keys_find(&a->row_of_key, c, a->pair.pqc_public_key);
    if (err == CS_OK)
        cs_hybrid_cache_keep(c->app->hybrid, &a->row_of_key, a->pair.algorithm);
    return err;
}

static cs_err make_record(struct attesting *a)
{
    a->created_ms = cs_now_ms();
    cs_err err = cs_id_new(a->id, CS_ID_ATTESTATION, a->created_ms);
    if (err != CS_OK)
        return err;
    cs_hybrid_facts facts = {.id = cs_slice_str(a->id),
                             .pqc_key_id = cs_slice_str(a->key->id),
                             .created_ms = a->created_ms,
                             .metadata = a->metadata};
    return cs_hybrid_record(&a->record, &a->pair, &a->result, &facts);
}

/* -- storing ------------------------------------------------------------------------------------------------------- */

/* The record goes in as its digest, and lies beside the entry. */
static void write_entry(struct attesting *a, const cs_call *c)
{
    cs_digest d;
    cs_buf_clear(&a->data);
    cs_jw w = cs_jw_on(&a->data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "algorithm", a->key->algorithm);
    cs_jw_cstr(&w, "chain", a->row.chain);
    cs_jw_cstr(&w, "pqcKeyId", a->key->id);
    if (cs_hash(&d, CS_SHA256, cs_buf_slice(&a->record)) == CS_OK)
        cs_jw_hex(&w, "recordSha256", "sha256:", cs_digest_slice(&d));
    if (a->row.countersignature != NULL)
        cs_jw_cstr(&w, "countersignatureId", a->row.countersignature);
    cs_jw_end(&w);
}

static cs_slice or_empty(cs_slice s)
{
    return s.p != NULL ? s : CS_LIT("");
}

static void fill_row(struct attesting *a)
{
    const cs_hybrid *h = &a->pair;
    a->row = (cs_hybrid_row){
        .id = a->id,
        .key_id = a->key->id,
        .chain = h->chain->name,
        .scheme = cs_hybrid_scheme_name(a->result.scheme),
        .signer = a->result.address[0] != '\0' ? a->result.address : NULL,
        .countersignature = a->countersigning.wanted ? a->countersigning.signing.id : NULL,
        .created_ms = a->created_ms,
        .record = cs_buf_slice(&a->record),
        .message = or_empty(h->message),
        .ecdsa_signature = or_empty(h->ecdsa_signature),
        .ecdsa_public_key = h->ecdsa_public_key,
        .pqc_signature = or_empty(h->pqc_signature),
        .metadata = a->metadata,
    };
}

static void write_answer(void *context, cs_jw *w)
{
    const struct attesting *a = context;
    cs_hybrid_view view = {.algorithm = a->key->algorithm,
                           .pqc_public_key = a->pair.pqc_public_key,
                           .row = &a->row,
                           .seq = a->writes[0].seq,
                           .entry_id = a->writes[0].entry_id};
    (void)cs_buf_reserve(w->out, USUAL_ANSWER + 2 * (a->pair.bytes.n - a->pair.pqc_signature.n) + a->metadata.n);
    cs_jw_begin(w, "data");
    cs_hybrid_records_write(w, &view);
    cs_jw_end(w);
}

static cs_err store_once(struct attesting *a, cs_call *c, cs_jw *w)
{
    size_t n = 0;
    if (a->countersigning.wanted) {
        n = cs_signing_writes(&a->writes[1], &a->countersigning.signing, c);
        if (n == 0)
            return CS_RANDOM;
    }
    fill_row(a);
    write_entry(a, c);
    a->writes[0] = (cs_write){.event_type = "hybrid_attestation.created",
                              .subject_id = cs_slice_str(a->id),
                              .data = cs_buf_slice(&a->data),
                              .hybrid = &a->row};
    c->status = 201;
    return cs_call_commit(c, w, a->writes, 1 + n, write_answer, a);
}

static cs_err store(struct attesting *a, cs_call *c, cs_jw *w)
{
    cs_err err = store_once(a, c, w);
    if (err == CS_COUNTER_NOT_FRESH) {
        err = cs_hybrid_countersign_again(&a->countersigning, c);
        if (err == CS_OK)
            err = store_once(a, c, w);
    }
    if (err != CS_PQC_005)
        return err;
    cs_hybrid_cache_forget(c->app->hybrid, a->key->id);
    return cs_call_fail(c, err, "pqcPublicKey");
}

cs_err cs_hybrid_sign(cs_call *c, cs_jw *w)
{
    struct attesting a;
    init(&a);
    cs_err err = read_request(&a, c);
    cs_commit_announce(c->app->commit);
    if (err == CS_OK)
        err = verify(&a, c);
    if (err == CS_OK)
        err = find_key(&a, c);
    if (err == CS_OK)
        err = make_record(&a);
    if (err == CS_OK)
        err = cs_hybrid_countersign(&a.countersigning, c, cs_buf_slice(&a.record));
    if (err == CS_OK)
        err = store(&a, c, w);
    cs_commit_withdraw(c->app->commit);
    release(&a, c->app);
    return err;
}
