/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attested sign step, from top to bottom as it happens:
 *
 *     open the sealed key → compare the request with what the record says → sign with both halves →
 *     verify our own result → bind the payload and the signature → count, add the nonce → attest → release
 *
 * Every arrow can fail, and a failure anywhere releases nothing. What the document says of the key comes from the
 * opened record; what it says of the payload and the signature is computed here from the bytes themselves.
 */
#include "enclave/attested_sign.h"

#include "core/hybrid.h"
#include "core/lineage.h"
#include "enclave/attester.h"
#include "sys/clock.h"

cs_attested cs_attested_new(void)
{
    return (cs_attested){.signature = cs_buf_new(CS_MAX_SIGNATURE), .document = cs_buf_new(CS_MAX_ATTESTATION)};
}

void cs_attested_free(cs_attested *a)
{
    cs_buf_free(&a->signature);
    cs_buf_free(&a->document);
}

/* The opened key of a record, from the cache if it is there. The caller releases it. */
static cs_err open_key(cs_opened **key, cs_enclave *e, cs_slice record)
{
    cs_digest index;
    uint64_t forgets;
    cs_err err = cs_hash(&index, CS_SHA256, record);
    if (err != CS_OK)
        return err;
    *key = cs_cache_find(&e->cache, &index, cs_tick_us(), &forgets);
    if (*key != NULL)
        return CS_OK;
    err = cs_opened_from(key, &e->kek, record);
    if (err == CS_OK)
        cs_cache_add(&e->cache, *key, cs_tick_us(), forgets);
    return err;
}

/*
 * What a key is for. Keys of purpose hybrid countersign records of Hybrid Attest, which they see whole; keys of purpose
 * sign must not imitate that, as far as the enclave sees the bytes: behind a pre-hash it does not, and the document
 * then says so. When it is rotated, a key of either purpose signs for its successor.
 */
static cs_err check_purpose(const cs_seal_fields *is, const cs_message *message)
{
    bool seen = message->ph == CS_HASH_NONE;
    bool record = seen && cs_slice_starts(message->bytes, CS_HYBRID_PREFIX);
    bool lineage = seen && cs_lineage_reserves(message->bytes);
    if (cs_slice_is(is->purpose, "sign"))
        return record ? CS_RESERVED_PAYLOAD : CS_OK;
    if (cs_slice_is(is->purpose, "hybrid"))
        return record || lineage ? CS_OK : CS_KEY_PURPOSE;
    return CS_SEAL_BROKEN;
}

/* A record that belongs to somebody else, or to something else, counts as one that does not open. */
cs_err cs_attested_check(const cs_request *r, const cs_seal_fields *is)
{
    bool same = cs_slice_is(is->door, "vault") && cs_slice_eq(is->org, r->org) && cs_slice_eq(is->key_id, r->key_id);
    return same ? check_purpose(is, &r->message) : CS_SEAL_BROKEN;
}

static void begin(cs_attested_job *j, cs_enclave *e)
{
    j->key = NULL;
    j->signature = (cs_buf)CS_BUF_OVER(j->bytes);
    j->err = open_key(&j->key, e, j->request->sealed);
    if (j->err == CS_OK)
        j->err = cs_attested_check(j->request, &j->key->fields);
    if (j->err == CS_OK && !cs_opened_is_whole(j->key))
        j->err = CS_KMS_UNAVAILABLE; /* nobody can be asked here (away.h) */
}

/* Verifies our own result, both halves, as a stranger would, and binds exactly these bytes. Where only a pre-hash was
 * seen, the document says so and names no payload hash. */
static cs_err bind(cs_attested_job *j, const cs_opened *key, cs_slice signature)
{
    const cs_message *message = &j->request->message;
    bool inline_payload = message->ph == CS_HASH_NONE;
    if (cs_pair_verify(NULL, &key->pair, message, signature) != CS_OK)
        return CS_SELF_CHECK;
    cs_err err = cs_hash(&j->sig_sha256, CS_SHA256, signature);
    if (err == CS_OK && inline_payload)
        err = cs_hash(&j->payload_sha256, CS_SHA256, message->bytes);
    j->claims = (cs_claims){
        .kind = CS_ATTEST_SIGN,
        .key_id = key->fields.key_id,
        .algorithm = key->fields.algorithm,
        .signature_format = key->fields.format,
        .purpose = key->fields.purpose,
        .public_key_sha256 = key->fields.public_key_sha256,
        .payload_sha256 = inline_payload ? cs_digest_slice(&j->payload_sha256) : CS_ABSENT,
        .prehash_alg = message->ph,
        .prehash = inline_payload ? CS_ABSENT : message->bytes,
        .sig_sha256 = cs_digest_slice(&j->sig_sha256),
        .policy_id = j->request->policy_id,
    };
    return err;
}

/* From here on the signature exists for others; or nothing of it does. */
static void let_out(cs_attested_job *j, cs_slice signature)
{
    cs_attested *out = j->out;
    if (j->err == CS_OK) {
        cs_buf_add(&out->signature, signature);
        out->counter = j->claims.counter;
        j->err = out->signature.err;
    }
    if (j->err != CS_OK) {
        cs_buf_clear(&out->signature);
        cs_buf_clear(&out->document);
    }
}

/* Verify, bind, count, attest, release. A counter that is taken here is never given back. */
static void release(cs_attested_job *const *jobs, size_t n, cs_enclave *e)
{
    cs_attester_job attesting[CS_SIGN_TOGETHER];
    for (size_t i = 0; i < n; i++) {
        cs_attested_job *j = jobs[i];
        if (j->err == CS_OK)
            j->err = bind(j, j->key, cs_buf_slice(&j->signature));
        attesting[i] = (cs_attester_job){&j->out->document, &j->claims, j->key, j->request->nonce, j->err};
    }
    cs_attester_documents(attesting, n, e);
    for (size_t i = 0; i < n; i++) {
        jobs[i]->err = attesting[i].err;
        let_out(jobs[i], cs_buf_slice(&jobs[i]->signature));
    }
}

void cs_attested_sign_many(cs_attested_job *const *jobs, size_t n, cs_enclave *e)
{
    cs_pair_job *pairs[CS_SIGN_TOGETHER] = {NULL};
    cs_attested_job *signing[CS_SIGN_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        cs_attested_job *j = jobs[i];
        begin(j, e);
        if (j->err != CS_OK)
            continue;
        j->pair.pair = &j->key->pair;
        j->pair.message = &j->request->message;
        j->pair.sig = &j->signature;
        j->pair.err = CS_OK;
        signing[count] = j;
        pairs[count++] = &j->pair;
    }
    cs_pair_sign_many(pairs, count);
    for (size_t i = 0; i < count; i++)
        signing[i]->err = pairs[i]->err;
    release(jobs, n, e);
    for (size_t i = 0; i < n; i++) {
        cs_wipe(jobs[i]->bytes, sizeof jobs[i]->bytes); /* a faulty signature can betray the key that made it */
        cs_wipe(jobs[i]->pair.pq, sizeof jobs[i]->pair.pq);
        cs_wipe(jobs[i]->pair.trad, sizeof jobs[i]->pair.trad);
        cs_opened_release(jobs[i]->key);
    }
}

cs_err cs_attested_sign(cs_attested *out, cs_enclave *e, const cs_request *request)
{
    cs_attested_job job, *jobs[1] = {&job};
    job.request = request;
    job.out = out;
    cs_attested_sign_many(jobs, 1, e);
    return job.err;
}

cs_err cs_attested_release(cs_attested *out, cs_enclave *e, const cs_request *request, const cs_opened *key,
                           cs_slice signature)
{
    cs_attested_job job;
    job.request = request;
    job.out = out;
    job.err = bind(&job, key, signature);
    if (job.err == CS_OK)
        job.err = cs_attester_document(&out->document, &job.claims, e, key, request->nonce);
    let_out(&job, signature);
    return job.err;
}
