/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_sign.h"

#include <stdlib.h>
#include <string.h>

#include "core/hybrid.h"
#include "gateway/group.h"
#include "gateway/hybrid_cache.h"
#include "gateway/hybrid_countersign.h"
#include "gateway/hybrid_environment.h"
#include "gateway/hybrid_keys.h"
#include "gateway/hybrid_records.h"
#include "gateway/ids.h"
#include "sys/clock.h"

#define WRITES (1 + CS_SIGNING_WRITES)
#define USUAL_ANSWER 2048 /* bytes, besides what was sent, so that the buffer does not grow by and by */

/* A request on its way. */
struct attesting {
    cs_call *c;
    cs_jw *w;
    cs_err err; /* CS_OK: nothing has ended it yet */
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

static void init(struct attesting *a, cs_call *c, cs_jw *w)
{
    *a = (struct attesting){.c = c, .w = w, .record = cs_buf_new(CS_MAX_HYBRID_RECORD), .data = cs_buf_new(8192)};
    cs_hybrid_countersign_init(&a->countersigning);
}

static void release(struct attesting *a)
{
    cs_hybrid_countersign_free(&a->countersigning, a->c->app);
    cs_hybrid_cache_release(a->c->app->hybrid, a->held);
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

/* Without writes: no id could be made. */
static cs_call_change change_of(struct attesting *a)
{
    size_t n = 0;
    fill_row(a);
    if (a->countersigning.wanted)
        n = cs_signing_writes(&a->writes[1], &a->countersigning.signing, a->c);
    a->row.countersignature = a->countersigning.wanted ? a->countersigning.signing.id : NULL;
    write_entry(a, a->c);
    a->writes[0] = (cs_write){.event_type = "hybrid_attestation.created",
                              .subject_id = cs_slice_str(a->id),
                              .data = cs_buf_slice(&a->data),
                              .hybrid = &a->row};
    a->c->status = 201;
    return (cs_call_change){.call = a->c,
                            .w = a->w,
                            .writes = a->writes,
                            .n = n == 0 && a->countersigning.wanted ? 0 : 1 + n,
                            .answer = write_answer,
                            .context = a};
}

static void store(struct attesting *all, size_t n)
{
    cs_call_change changes[CS_FLOW_TOGETHER];
    struct attesting *of[CS_FLOW_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (all[i].err != CS_OK)
            continue;
        of[count] = &all[i];
        changes[count] = change_of(&all[i]);
        if (changes[count].n == 0)
            all[i].err = CS_RANDOM;
        else
            count++;
    }
    cs_call_commit_all(changes, count);
    for (size_t i = 0; i < count; i++)
        of[i]->err = changes[i].err;
}

/* Two documents had one counter, which only the store could see. */
static void store_again(struct attesting *a)
{
    a->err = cs_hybrid_countersign_again(&a->countersigning, a->c);
    if (a->err == CS_OK)
        store(a, 1);
}

static void stored(struct attesting *a)
{
    if (a->err == CS_COUNTER_NOT_FRESH)
        store_again(a);
    if (a->err != CS_PQC_005 || a->key == NULL)
        return;
    cs_hybrid_cache_forget(a->c->app->hybrid, a->key->id);
    a->err = cs_call_fail(a->c, a->err, "pqcPublicKey");
}

/* -- the path ------------------------------------------------------------------------------------------------------ */

/* Up to the enclave, which is asked only where the record is countersigned. */
static cs_err prepare(struct attesting *a)
{
    cs_err err = read_request(a, a->c);
    if (err == CS_OK)
        err = verify(a, a->c);
    if (err == CS_OK)
        err = find_key(a, a->c);
    if (err == CS_OK)
        err = make_record(a);
    return err == CS_OK ? cs_hybrid_countersign_begin(&a->countersigning, a->c, cs_buf_slice(&a->record)) : err;
}

static size_t ask(cs_group groups[CS_FLOW_TOGETHER], struct attesting *all, size_t n)
{
    cs_signing *signings[CS_FLOW_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (all[i].err == CS_OK && all[i].countersigning.wanted)
            signings[count++] = &all[i].countersigning.signing;
    return cs_group_ask(groups, signings, count, all[0].c->app->signer, all[0].c->deadline_us);
}

/* Each by itself; only the ways are shared. */
static void attest(struct attesting *all, size_t n)
{
    cs_group groups[CS_FLOW_TOGETHER];
    cs_commit *commit = all[0].c->app->commit;
    cs_commit_announce(commit);
    for (size_t i = 0; i < n; i++)
        all[i].err = prepare(&all[i]);
    size_t count = ask(groups, all, n);
    for (size_t i = 0; i < n; i++)
        if (all[i].err == CS_OK)
            all[i].err = cs_hybrid_countersign_end(&all[i].countersigning, all[i].c);
    store(all, n);
    for (size_t i = 0; i < n; i++)
        stored(&all[i]);
    cs_commit_withdraw(commit);
    for (size_t i = 0; i < n; i++)
        release(&all[i]);
    for (size_t i = 0; i < count; i++)
        cs_group_free(&groups[i]);
}

cs_err cs_hybrid_sign(cs_call *c, cs_jw *w)
{
    struct attesting a;
    init(&a, c, w);
    attest(&a, 1);
    return a.err;
}

void cs_hybrid_sign_together(cs_err *errs, cs_call *const *calls, cs_jw *const *answers, size_t n)
{
    struct attesting *all = calloc(n, sizeof *all);
    for (size_t i = 0; i < n; i++) {
        errs[i] = CS_NO_MEMORY;
        if (all != NULL)
            init(&all[i], calls[i], answers[i]);
    }
    if (all != NULL)
        attest(all, n);
    for (size_t i = 0; all != NULL && i < n; i++)
        errs[i] = all[i].err;
    free(all);
}
