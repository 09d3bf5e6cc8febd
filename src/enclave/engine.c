/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/engine.h"

#include <stdlib.h>

#include "core/crypto_mldsa.h"
#include "enclave/attested_sign.h"
#include "enclave/attester.h"
#include "enclave/away.h"
#include "enclave/generate.h"
#include "enclave/pq.h"
#include "enclave/release.h"
#include "sys/clock.h"
#include "sys/log.h"

static cs_err answer_boot(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    cs_claims claims = {.kind = CS_ATTEST_BOOT,
                        .ledger_ed25519 = CS_ARRAY(e->notary.ed25519),
                        .ledger_mldsa44 = CS_ARRAY(e->notary.mldsa44)};
    const cs_engine_state mldsa = cs_engine_now();
    if (r->enclave > 1)
        return CS_NOT_FOUND; /* whoever asks without an agent in between asks the only one */
    cs_buf document = cs_buf_new(CS_MAX_ATTESTATION);
    cs_err err = cs_attester_document(&document, &claims, e, NULL, r->nonce);
    if (err == CS_OK)
        err = cs_reply_write(reply, &(cs_reply){.type = CS_MSG_BOOT,
                                                .vendor = cs_slice_str(cs_vendor_name(e->rot.kind->vendor)),
                                                .image_hash = cs_slice_str(e->rot.image_hash),
                                                .enclave_version = CS_LIT(CS_VERSION),
                                                .epoch = cs_slice_str(e->counters.epoch),
                                                .evidence = cs_slice_str(cs_evidence_name(e->evidence)),
                                                .match_rules = cs_buf_slice(&e->rot.match_rules),
                                                .ledger_ed25519 = CS_ARRAY(e->notary.ed25519),
                                                .ledger_mldsa44 = CS_ARRAY(e->notary.mldsa44),
                                                .mldsa_engine = cs_slice_str(cs_engine_label()),
                                                .disagreements = (int64_t)mldsa.disagreements,
                                                .document = cs_buf_slice(&document)});
    cs_buf_free(&document);
    return err;
}

static cs_err write_newborn(cs_buf *reply, const cs_newborn *n)
{
    return cs_reply_write(reply, &(cs_reply){.type = CS_MSG_GENERATE_KEY,
                                             .sealed = cs_buf_slice(&n->sealed),
                                             .public_key = cs_buf_slice(&n->public_key),
                                             .key_release = n->key_release,
                                             .document = cs_buf_slice(&n->document)});
}

static cs_err answer_generate_key(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    cs_newborn n = cs_newborn_new();
    cs_err err = cs_generate(&n, e, r);
    if (err == CS_OK)
        err = write_newborn(reply, &n);
    cs_newborn_free(&n);
    return err;
}

static cs_err answer_generate_away(cs_buf *reply, cs_enclave *e, cs_host *host, const cs_request *r)
{
    cs_newborn n = cs_newborn_new();
    cs_err err = cs_away_generate(&n, e, host, r);
    if (err == CS_OK)
        err = write_newborn(reply, &n);
    cs_newborn_free(&n);
    return err;
}

static cs_err write_attested(cs_buf *reply, const cs_attested *a)
{
    return cs_reply_write(reply, &(cs_reply){.type = CS_MSG_SIGN,
                                             .signature = cs_buf_slice(&a->signature),
                                             .counter = a->counter,
                                             .document = cs_buf_slice(&a->document)});
}

static cs_err answer_sign(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    cs_attested a = cs_attested_new();
    cs_err err = cs_attested_sign(&a, e, r);
    if (err == CS_OK)
        err = write_attested(reply, &a);
    cs_attested_free(&a);
    return err;
}

static cs_err answer_sign_away(cs_buf *reply, cs_enclave *e, cs_host *host, const cs_request *r)
{
    cs_attested a = cs_attested_new();
    cs_err err = cs_away_sign(&a, e, host, r);
    if (err == CS_OK)
        err = write_attested(reply, &a);
    cs_attested_free(&a);
    return err;
}

static cs_err answer_caller_key(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    (void)e; /* nothing of such a key stays */
    cs_caller_key k = cs_caller_key_new();
    cs_err err = cs_generate_for_caller(&k, r);
    if (err == CS_OK)
        err = cs_reply_write(reply, &(cs_reply){.type = CS_MSG_CALLER_KEY,
                                                .public_key = cs_buf_slice(&k.public_key),
                                                .private_key = cs_buf_slice(&k.private_key)});
    cs_caller_key_free(&k);
    return err;
}

/* A group on its way: its requests, the replies to them, and the shares that the crew works on. */
struct group {
    cs_enclave *enclave;
    const cs_request *requests;
    cs_reply replies[CS_MAX_SIGN_GROUP];
    cs_attested attested[CS_MAX_SIGN_GROUP];
    cs_attested_job jobs[CS_MAX_SIGN_GROUP];
};

struct share {
    struct group *group;
    size_t from, n;
};

static void sign_share(void *arg)
{
    const struct share *s = arg;
    cs_attested_job *jobs[CS_SIGN_TOGETHER] = {NULL};
    size_t count = 0;
    for (size_t i = s->from; i < s->from + s->n; i++)
        if (s->group->requests[i].err == CS_OK)
            jobs[count++] = &s->group->jobs[i];
    cs_attested_sign_many(jobs, count, s->group->enclave);
}

/* In shares of equal size, as many as it takes; where the crew has nothing else to do, one for each of its threads. */
static void sign_all(struct group *g, size_t n)
{
    struct share shares[CS_MAX_SIGN_GROUP];
    void *args[CS_MAX_SIGN_GROUP];
    size_t width = (size_t)g->enclave->crew.width, count = (n + CS_SIGN_TOGETHER - 1) / CS_SIGN_TOGETHER;
    if (count < width && cs_crew_is_idle(&g->enclave->crew))
        count = n < width ? n : width;
    for (size_t i = 0, from = 0; i < count; i++) {
        size_t to = n * (i + 1) / count;
        shares[i] = (struct share){g, from, to - from};
        args[i] = &shares[i];
        from = to;
    }
    cs_crew_do_all(&g->enclave->crew, sign_share, args, count);
}

/* Each by itself: an error is that of its request. */
static cs_err answer_sign_group(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    struct group *g = malloc(sizeof *g); /* 350 KiB, of which each item writes what it needs */
    if (g == NULL)
        return CS_NO_MEMORY;
    g->enclave = e;
    g->requests = r->items;
    for (size_t i = 0; i < r->item_count; i++) {
        g->attested[i] = cs_attested_new();
        g->jobs[i].request = &r->items[i];
        g->jobs[i].out = &g->attested[i];
        g->jobs[i].err = r->items[i].err;
    }
    sign_all(g, r->item_count);
    for (size_t i = 0; i < r->item_count; i++) {
        g->replies[i] = (cs_reply){.type = CS_MSG_SIGN,
                                   .signature = cs_buf_slice(&g->attested[i].signature),
                                   .counter = g->attested[i].counter,
                                   .document = cs_buf_slice(&g->attested[i].document),
                                   .err = g->jobs[i].err};
        if (g->jobs[i].err != CS_OK)
            cs_log(CS_LOG_WARN, NULL, "Sign refused: %s", cs_err_name(g->jobs[i].err));
    }
    cs_err err =
        cs_reply_write(reply, &(cs_reply){.type = CS_MSG_SIGN_GROUP, .items = g->replies, .item_count = r->item_count});
    for (size_t i = 0; i < r->item_count; i++)
        cs_attested_free(&g->attested[i]);
    free(g);
    return err;
}

static cs_err answer_forget(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    cs_digest index = {.n = CS_SHA256_LEN};
    cs_buf bytes = CS_BUF_OVER(index.b);
    cs_buf_add(&bytes, r->record_sha256);
    if (bytes.n != CS_SHA256_LEN)
        return CS_BAD_FIELD;
    cs_cache_forget(&e->cache, &index);
    cs_cache_forget(&e->kms_cache, &index);
    return cs_reply_write(reply, &(cs_reply){.type = CS_MSG_FORGET});
}

static cs_err answer_ledger_sign(cs_buf *reply, cs_enclave *e, const cs_request *r)
{
    cs_notary_signed s;
    cs_err err = cs_notary_sign(&s, &e->notary, r, cs_now_ms() / 1000);
    if (err == CS_OK)
        err = cs_reply_write(reply, &(cs_reply){.type = CS_MSG_LEDGER_SIGN,
                                                .note = cs_buf_slice(&s.note),
                                                .size = s.tree.size,
                                                .stale = s.stale});
    cs_buf_free(&s.note);
    return err;
}

static cs_err answer_pq_generate(cs_buf *reply, cs_enclave *e, cs_host *host, const cs_request *r)
{
    cs_pq_born b = cs_pq_born_new();
    cs_err err = cs_pq_generate(&b, e, host, r);
    if (err == CS_OK)
        err = cs_reply_write(reply, &(cs_reply){.type = CS_MSG_PQ_GENERATE,
                                                .sealed = cs_buf_slice(&b.sealed),
                                                .public_key = cs_buf_slice(&b.public_key),
                                                .attestation = cs_buf_slice(&b.attestation),
                                                .enclave_version = CS_LIT(CS_VERSION),
                                                .wrapped = cs_buf_slice(&b.wrapped),
                                                .created_at_ms = b.created_at_ms,
                                                .key_release = cs_release_name(e)});
    cs_pq_born_free(&b);
    return err;
}

static cs_err answer_pq_sign(cs_buf *reply, cs_enclave *e, cs_host *host, const cs_request *r)
{
    cs_pq_signed s = cs_pq_signed_new();
    cs_err err = cs_pq_sign(&s, e, host, r);
    if (err == CS_OK)
        err = cs_reply_write(
            reply, &(cs_reply){.type = CS_MSG_PQ_SIGN,
                               .signature = cs_buf_slice(&s.signature),
                               .public_key = cs_buf_slice(&s.public_key),
                               .attestation = r->request_attestation ? cs_buf_slice(&s.attestation) : CS_ABSENT});
    cs_pq_signed_free(&s);
    return err;
}

/* Types that are not here are not for the enclave. */
static const struct {
    bool heavy; /* computes for a while: done by the crew */
    cs_err (*answer)(cs_buf *reply, cs_enclave *e, const cs_request *r);
    /* In its place, or for keys that are not whole in the enclave beside it: one that asks the agent in between. It
     * goes to the crew itself. */
    cs_err (*converse)(cs_buf *reply, cs_enclave *e, cs_host *host, const cs_request *r);
} operations[CS_MSG_COUNT] = {
    [CS_MSG_BOOT] = {true, answer_boot},
    [CS_MSG_GENERATE_KEY] = {true, answer_generate_key, answer_generate_away},
    [CS_MSG_SIGN] = {true, answer_sign, answer_sign_away},
    [CS_MSG_SIGN_GROUP] = {false, answer_sign_group}, /* goes to the crew itself, in shares */
    [CS_MSG_FORGET] = {false, answer_forget},
    [CS_MSG_CALLER_KEY] = {true, answer_caller_key},
    [CS_MSG_LEDGER_SIGN] = {true, answer_ledger_sign},
    [CS_MSG_PQ_GENERATE] = {false, NULL, answer_pq_generate},
    [CS_MSG_PQ_SIGN] = {false, NULL, answer_pq_sign},
};

struct operation {
    cs_buf *reply;
    cs_enclave *enclave;
    const cs_request *request;
    cs_err err;
};

static void run(void *arg)
{
    struct operation *o = arg;
    cs_err (*answer)(cs_buf * reply, cs_enclave * e, const cs_request *r) = operations[o->request->type].answer;
    o->err =
        answer != NULL ? answer(o->reply, o->enclave, o->request) : CS_INTERNAL; /* who converses is not run here */
}

static cs_err perform(cs_buf *reply, cs_enclave *e, cs_host *host, const cs_request *r)
{
    bool away = operations[r->type].answer == NULL || cs_away_concerns(r);
    if (operations[r->type].converse != NULL && away)
        return operations[r->type].converse(reply, e, host, r);
    struct operation o = {reply, e, r, CS_INTERNAL};
    if (operations[r->type].heavy)
        cs_crew_do(&e->crew, run, &o);
    else
        run(&o);
    return o.err;
}

cs_err cs_engine_answer(cs_buf *reply, cs_enclave *e, cs_host *host, cs_slice json)
{
    cs_request request;
    cs_frame_in in;
    cs_buf_clear(reply);
    cs_err err = cs_request_read(&request, &in, json);
    if (request.type == CS_MSG_COUNT)
        goto out; /* not even a type */
    if (operations[request.type].answer == NULL && operations[request.type].converse == NULL) {
        err = CS_FRAME_TYPE;
        goto out;
    }
    if (json.n > cs_message_limit(request.type)) {
        err = CS_TOO_LARGE;
        goto out;
    }
    if (err == CS_OK)
        err = perform(reply, e, host, &request);
    if (host != NULL && host->broken != CS_OK) {
        err = host->broken;
        cs_buf_clear(reply);
    } else if (err != CS_OK) {
        cs_log(CS_LOG_WARN, NULL, "%s refused: %s", cs_message_type_name(request.type), cs_err_name(err));
        cs_buf_clear(reply);
        err = cs_error_write(reply, err);
    }
out:
    cs_frame_in_free(&in);
    return err;
}
