/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both operations have the same two parts: the connection's own thread waits for the KMS, then the crew computes. So a
 * KMS that is slow keeps nobody from signing who needs none.
 */
#include "enclave/pq.h"

#include "core/birth.h"
#include "enclave/release.h"
#include "sys/clock.h"

#define DOOR "pq-signer"
#define PURPOSE "sign"

cs_pq_born cs_pq_born_new(void)
{
    return (cs_pq_born){.sealed = cs_buf_new(CS_MAX_SEALED),
                        .public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                        .attestation = cs_buf_new(CS_MAX_COSE),
                        .wrapped = cs_buf_new(CS_MAX_WRAPPED_DK)};
}

void cs_pq_born_free(cs_pq_born *b)
{
    cs_buf_free(&b->sealed);
    cs_buf_free(&b->public_key);
    cs_buf_free(&b->attestation);
    cs_buf_free(&b->wrapped);
}

cs_pq_signed cs_pq_signed_new(void)
{
    return (cs_pq_signed){.signature = cs_buf_new(CS_MAX_SIGNATURE),
                          .public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                          .attestation = cs_buf_new(CS_MAX_COSE)};
}

void cs_pq_signed_free(cs_pq_signed *s)
{
    cs_buf_free(&s->signature);
    cs_buf_free(&s->public_key);
    cs_buf_free(&s->attestation);
}

/* What the crew is given: one of the two, with the data key or, where the key is opened already, without. */
struct work {
    cs_enclave *enclave;
    const cs_request *request;
    cs_secret dek;
    cs_opened *key;
    cs_pq_born *born;
    cs_pq_signed *result;
    cs_err err;
};

/* -- a key is born ------------------------------------------------------------------------------------------------- */

static cs_err seal_pair(cs_pq_born *out, const cs_enclave *e, const cs_request *r, cs_slice dek, cs_slice private_bytes)
{
    cs_digest public_key_sha256;
    cs_err err = cs_hash(&public_key_sha256, CS_SHA256, cs_buf_slice(&out->public_key));
    if (err != CS_OK)
        return err;
    cs_seal_fields fields = {
        .door = CS_LIT(DOOR),
        .org = r->org,
        .key_id = r->user_id,
        .purpose = CS_LIT(PURPOSE),
        .algorithm = cs_slice_str(r->alg->name),
        .format = cs_slice_str(cs_format_name(CS_FORMAT_PURE)),
        .kek_provider = CS_RELEASE_PROVIDER,
        .kek_resource = r->kms_key,
        .key_release = cs_release_name(e),
        .trad_ref = CS_LIT(""),
        .pq_ref = CS_LIT(""),
        .public_key_sha256 = cs_digest_slice(&public_key_sha256),
    };
    return cs_seal_with(&out->sealed, dek, cs_buf_slice(&out->wrapped), &fields, private_bytes);
}

static cs_err make_pair(cs_pq_born *out, const cs_enclave *e, const cs_request *r, cs_slice dek)
{
    CS_SECRET(private_bytes);
    cs_pair pair = {0};
    cs_err err = cs_pair_generate(&private_bytes, r->alg);
    if (err == CS_OK)
        err = cs_pair_open_private(&pair, r->alg, CS_FORMAT_PURE, cs_secret_slice(&private_bytes));
    if (err == CS_OK) {
        cs_pair_public(&out->public_key, &pair);
        err = out->public_key.err;
    }
    if (err == CS_OK)
        err = seal_pair(out, e, r, dek, cs_secret_slice(&private_bytes));
    cs_pair_close(&pair);
    return err;
}

/* A signature of the key as it will be used: opened from its record. */
static cs_err try_record(const cs_pq_born *born, cs_slice dek)
{
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_opened *key = NULL;
    cs_message message = {.bytes = CS_LIT("countersign/key-check/v1")};
    cs_err err = cs_opened_with(&key, dek, cs_buf_slice(&born->sealed));
    if (err == CS_OK)
        err = cs_pair_sign(&signature, &key->pair, &message);
    if (err == CS_OK && cs_pair_verify(NULL, &key->pair, &message, cs_buf_slice(&signature)) != CS_OK)
        err = CS_SELF_CHECK;
    cs_wipe(bytes, sizeof bytes);
    cs_opened_release(key);
    return err;
}

static cs_err attest_birth(cs_pq_born *out, cs_enclave *e, const cs_request *r)
{
    uint8_t bytes[CS_BIRTH_USER_DATA];
    cs_buf user_data = CS_BUF_OVER(bytes);
    const cs_birth birth = {
        .alg = r->alg->pq,
        .user_id = r->user_id,
        .public_key = cs_buf_slice(&out->public_key),
        .wrapped_dk = cs_buf_slice(&out->wrapped),
        .kms_key_arn = r->kms_key,
        .created_at_ms = out->created_at_ms,
    };
    const cs_birth_rest rest = {CS_LIT(CS_VERSION), cs_release_name(e), cs_buf_slice(&out->sealed)};
    cs_digest nonce;
    cs_err err = cs_birth_user_data(&user_data, &birth);
    if (err == CS_OK)
        err = cs_birth_nonce(&nonce, &rest);
    if (err != CS_OK)
        return err;
    return cs_rot_attest(&e->rot, &out->attestation, cs_buf_slice(&user_data), cs_digest_slice(&nonce), CS_ABSENT);
}

static void bear(void *arg)
{
    struct work *w = arg;
    cs_slice dek = cs_secret_slice(&w->dek);
    w->err = make_pair(w->born, w->enclave, w->request, dek);
    if (w->err == CS_OK)
        w->err = try_record(w->born, dek);
    if (w->err == CS_OK)
        w->err = attest_birth(w->born, w->enclave, w->request);
}

/* The time of birth is the root's: its clock is the one that will date the attestation, too. */
cs_err cs_pq_generate(cs_pq_born *out, cs_enclave *e, cs_host *h, const cs_request *r)
{
    struct work w = {.enclave = e, .request = r, .born = out, .err = CS_INTERNAL};
    const cs_release release = cs_release_of_user(r->kms_key, r->user_id);
    cs_err err = cs_release_generate(&w.dek, &out->wrapped, &out->created_at_ms, e, h, &release);
    if (err == CS_OK) {
        cs_crew_do(&e->crew, bear, &w);
        err = w.err;
    }
    cs_secret_wipe(&w.dek);
    if (err != CS_OK) {
        cs_pq_born_free(out);
        *out = cs_pq_born_new();
    }
    return err;
}

/* -- a key signs --------------------------------------------------------------------------------------------------- */

/* A record that belongs to somebody else, or to something else, counts as one that does not open. */
static cs_err check_record(const cs_request *r, const cs_seal_fields *is)
{
    bool same = cs_slice_is(is->door, DOOR) && cs_slice_eq(is->org, r->org) && cs_slice_eq(is->key_id, r->user_id) &&
                cs_slice_is(is->purpose, PURPOSE) && cs_slice_is(is->algorithm, r->alg->name) &&
                cs_slice_is(is->format, "pure") && cs_slice_eq(is->kek_provider, CS_RELEASE_PROVIDER);
    return same ? CS_OK : CS_SEAL_BROKEN;
}

/* The data key of a record. It is compared with the request before the KMS is troubled; what counts is done again once
 * it is open. An answer that does not open must look like a record that does not (crypto_cms.h). */
static cs_err release_for(cs_secret *dek, cs_enclave *e, cs_host *h, const cs_request *r)
{
    cs_sealed sealed;
    cs_err err = cs_seal_read(&sealed, r->sealed);
    if (err == CS_OK)
        err = check_record(r, &sealed.fields);
    if (err == CS_OK) {
        const cs_release release = cs_release_of_user(sealed.fields.kek_resource, sealed.fields.key_id);
        err = cs_release_decrypt(dek, e, h, &release, sealed.wrapped);
    }
    return err == CS_KMS_ANSWER || err == CS_KMS_RECIPIENT ? CS_SEAL_BROKEN : err;
}

static cs_err attest_signature(cs_pq_signed *out, cs_enclave *e, cs_slice message)
{
    cs_digest signature_sha256, message_sha256;
    cs_err err = cs_hash(&signature_sha256, CS_SHA256, cs_buf_slice(&out->signature));
    if (err == CS_OK)
        err = cs_hash(&message_sha256, CS_SHA256, message);
    if (err == CS_OK)
        err = cs_rot_attest(&e->rot, &out->attestation, cs_digest_slice(&signature_sha256),
                            cs_digest_slice(&message_sha256), CS_ABSENT);
    return err;
}

/* Verifies our own result as a stranger would, before it is anybody else's. */
static cs_err sign_with(cs_pq_signed *out, const cs_opened *key, const cs_message *message)
{
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_err err = cs_pair_sign(&signature, &key->pair, message);
    if (err == CS_OK && cs_pair_verify(NULL, &key->pair, message, cs_buf_slice(&signature)) != CS_OK)
        err = CS_SELF_CHECK;
    if (err == CS_OK) {
        cs_buf_add(&out->signature, cs_buf_slice(&signature));
        cs_pair_public(&out->public_key, &key->pair);
        err = out->signature.err != CS_OK ? out->signature.err : out->public_key.err;
    }
    cs_wipe(bytes, sizeof bytes); /* a faulty signature can betray the key that made it */
    return err;
}

static void sign(void *arg)
{
    struct work *w = arg;
    w->err = CS_OK;
    if (w->key == NULL)
        w->err = cs_opened_with(&w->key, cs_secret_slice(&w->dek), w->request->sealed);
    cs_secret_wipe(&w->dek);
    if (w->err == CS_OK)
        w->err = check_record(w->request, &w->key->fields);
    if (w->err == CS_OK)
        w->err = sign_with(w->result, w->key, &w->request->message);
    if (w->err == CS_OK && w->request->request_attestation)
        w->err = attest_signature(w->result, w->enclave, w->request->message.bytes);
}

cs_err cs_pq_sign(cs_pq_signed *out, cs_enclave *e, cs_host *h, const cs_request *r)
{
    struct work w = {.enclave = e, .request = r, .result = out, .err = CS_INTERNAL};
    cs_digest index;
    uint64_t forgets = 0;
    cs_err err = cs_hash(&index, CS_SHA256, r->sealed);
    if (err != CS_OK)
        return err;
    w.key = cs_cache_find(&e->kms_cache, &index, cs_tick_us(), &forgets);
    bool kept = w.key != NULL;
    if (!kept)
        err = release_for(&w.dek, e, h, r);
    if (err == CS_OK) {
        cs_crew_do(&e->crew, sign, &w);
        err = w.err;
    }
    if (err == CS_OK && !kept)
        cs_cache_add(&e->kms_cache, w.key, cs_tick_us(), forgets);
    if (err != CS_OK) {
        cs_pq_signed_free(out);
        *out = cs_pq_signed_new();
    }
    cs_secret_wipe(&w.dek);
    cs_opened_release(w.key);
    return err;
}
