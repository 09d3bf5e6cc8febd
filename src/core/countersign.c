/* SPDX-License-Identifier: Apache-2.0 */
/* The public library: plain C types outside, the verifiers of the programs inside. */
#include "countersign/countersign.h"

#include <string.h>

#include "core/attest.h"
#include "core/keytext.h"

/* Refusals are about what was judged; every other class is about the means of judging. */
static int result_of(const char **reason, cs_err err)
{
    if (reason != NULL)
        *reason = cs_err_name(err);
    if (err == CS_OK)
        return COUNTERSIGN_VERIFIED;
    return cs_err_class_of(err) == CS_CLASS_REFUSED ? COUNTERSIGN_REFUSED : COUNTERSIGN_ERROR;
}

const char *countersign_result_name(int result)
{
    switch (result) {
    case COUNTERSIGN_VERIFIED:
        return "verified";
    case COUNTERSIGN_REFUSED:
        return "refused";
    default:
        return "error";
    }
}

const char *countersign_reason_sentence(const char *reason)
{
    bool ok = reason != NULL && strcmp(reason, cs_err_name(CS_OK)) == 0;
    return cs_err_sentence(ok ? CS_OK : cs_err_by_name(reason != NULL ? reason : ""));
}

static cs_err open_public_key(cs_pair *out, const char *text, size_t n)
{
    cs_slice key = cs_slice_of(text, n);
    if (key.p == NULL || key.n == 0)
        return CS_BAD_PUBLIC_KEY;
    return key.p[0] == '{' ? cs_public_key_parse(out, NULL, key) : cs_public_key_from_pem(out, key);
}

static int verify_message(const char **reason, const char *public_key, size_t public_key_len, const cs_message *m,
                          cs_slice signature)
{
    cs_pair key = {0};
    cs_err err = open_public_key(&key, public_key, public_key_len);
    if (err != CS_OK)
        return result_of(reason, err);
    err = cs_pair_verify(NULL, &key, m, signature);
    cs_pair_close(&key);
    return result_of(reason, err);
}

int countersign_verify_signature(const char **reason, const char *public_key, size_t public_key_len,
                                 const uint8_t *payload, size_t payload_len, const uint8_t *signature,
                                 size_t signature_len)
{
    if ((payload == NULL && payload_len != 0) || signature == NULL)
        return result_of(reason, CS_MISSING_FIELD);
    cs_message m = {.bytes = payload != NULL ? cs_slice_of(payload, payload_len) : CS_LIT("")};
    return verify_message(reason, public_key, public_key_len, &m, cs_slice_of(signature, signature_len));
}

int countersign_verify_prehashed(const char **reason, const char *public_key, size_t public_key_len, const char *hash,
                                 const uint8_t *digest, size_t digest_len, const uint8_t *signature,
                                 size_t signature_len)
{
    cs_hash_id id = cs_hash_by_name(cs_slice_str(hash));
    if (digest == NULL || signature == NULL)
        return result_of(reason, CS_MISSING_FIELD);
    if (id == CS_HASH_NONE || digest_len != cs_hash_len(id))
        return result_of(reason, CS_PREHASH_ALGORITHM);
    cs_message m = {.bytes = cs_slice_of(digest, digest_len), .ph = id};
    return verify_message(reason, public_key, public_key_len, &m, cs_slice_of(signature, signature_len));
}

/* What the digests and the opened key live in while a document is judged. */
struct in_hand {
    cs_digest payload_sha256, prehash;
    cs_pair key;
    cs_buf public_bytes;
};

static cs_err expect_key(cs_expect *e, struct in_hand *h, const countersign_attestation *a)
{
    cs_err err = open_public_key(&h->key, a->public_key, a->public_key_len);
    if (err != CS_OK)
        return err;
    cs_pair_public(&h->public_bytes, &h->key);
    e->public_key = cs_buf_slice(&h->public_bytes);
    e->alg = h->key.alg;
    e->format = &h->key.format;
    return h->public_bytes.err;
}

static cs_err expect_payload(cs_expect *e, struct in_hand *h, const countersign_attestation *a)
{
    cs_err err = CS_OK;
    cs_slice payload = cs_slice_of(a->payload, a->payload_len);
    if (a->payload != NULL) {
        err = cs_hash(&h->payload_sha256, CS_SHA256, payload);
        e->payload_sha256 = cs_digest_slice(&h->payload_sha256);
    } else {
        e->payload_sha256 = cs_slice_of(a->payload_sha256, a->payload_sha256 != NULL ? CS_SHA256_LEN : 0);
    }
    if (a->prehash != NULL) {
        e->prehash_alg = cs_hash_by_name(cs_slice_str(a->prehash_alg));
        e->prehash = cs_slice_of(a->prehash, a->prehash_len);
    } else if (err == CS_OK && a->payload != NULL && e->alg != NULL && e->alg->ph != CS_HASH_NONE) {
        err = cs_hash(&h->prehash, e->alg->ph, payload);
        e->prehash_alg = e->alg->ph;
        e->prehash = cs_digest_slice(&h->prehash);
    }
    return err;
}

static bool usable(const countersign_attestation *a)
{
    bool payload = a->payload != NULL || a->payload_sha256 != NULL || a->prehash != NULL;
    bool twice = a->payload != NULL && a->payload_sha256 != NULL;
    return a->document != NULL && a->policy != NULL && a->signature != NULL && payload && !twice &&
           (a->prehash == NULL || cs_hash_by_name(cs_slice_str(a->prehash_alg)) != CS_HASH_NONE);
}

static cs_err judge(cs_buf *verdict_json, const countersign_attestation *a)
{
    struct in_hand hand = {.public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY)};
    cs_policy policy;
    cs_verdict verdict;
    cs_expect e = {.kind = CS_ATTEST_SIGN,
                   .allow_mock = a->allow_mock != 0,
                   .clock = a->stored != 0 ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                   .now = a->now,
                   .entry_time = a->entry_time,
                   .dated = a->dated != 0,
                   .nonce = cs_slice_of(a->nonce, a->nonce != NULL ? a->nonce_len : 0),
                   .signature = cs_slice_of(a->signature, a->signature_len),
                   .key_id = cs_slice_str(a->key_id)};

    cs_err err = usable(a) ? CS_OK : CS_MISSING_FIELD;
    /* A pinned mock policy is read in any case: that it is not accepted is a verdict on the document. */
    if (err == CS_OK)
        err = cs_policy_parse(&policy, NULL, cs_slice_of(a->policy, a->policy_len), true);
    if (err == CS_OK && a->public_key != NULL)
        err = expect_key(&e, &hand, a);
    if (err == CS_OK)
        err = expect_payload(&e, &hand, a);
    if (err == CS_OK) {
        err = cs_attest_verify(&verdict, cs_slice_of(a->document, a->document_len), &policy, &e);
        cs_verdict_json(verdict_json, &verdict);
    }
    cs_pair_close(&hand.key);
    cs_buf_free(&hand.public_bytes);
    return err;
}

int countersign_verify_attestation(const char **reason, char *verdict, size_t verdict_size,
                                   const countersign_attestation *attestation)
{
    char text[COUNTERSIGN_VERDICT_MAX];
    cs_buf json = CS_BUF_OVER(text);
    if (verdict != NULL && verdict_size > 0)
        verdict[0] = '\0';
    cs_err err = judge(&json, attestation);
    if (verdict != NULL && json.n > 0 && (json.err != CS_OK || json.n >= verdict_size))
        return result_of(reason, CS_TOO_LARGE);
    if (verdict != NULL && json.n > 0) {
        memcpy(verdict, text, json.n);
        verdict[json.n] = '\0';
    }
    return result_of(reason, err);
}
