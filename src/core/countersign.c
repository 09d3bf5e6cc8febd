/* SPDX-License-Identifier: Apache-2.0 */
/* The public library: plain C types outside, the verifiers of the programs inside. */
#include "countersign/countersign.h"

#include <string.h>

#include "core/bundle.h"
#include "core/checkpoint.h"
#include "core/countersign_result.h"
#include "core/hybrid_proof.h"
#include "core/keytext.h"
#include "core/merkle.h"

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
        return cs_countersign_result(reason, err);
    err = cs_pair_verify(NULL, &key, m, signature);
    cs_pair_close(&key);
    return cs_countersign_result(reason, err);
}

int countersign_verify_signature(const char **reason, const char *public_key, size_t public_key_len,
                                 const uint8_t *payload, size_t payload_len, const uint8_t *signature,
                                 size_t signature_len)
{
    if ((payload == NULL && payload_len != 0) || signature == NULL)
        return cs_countersign_result(reason, CS_MISSING_FIELD);
    cs_message m = {.bytes = payload != NULL ? cs_slice_of(payload, payload_len) : CS_LIT("")};
    return verify_message(reason, public_key, public_key_len, &m, cs_slice_of(signature, signature_len));
}

int countersign_verify_prehashed(const char **reason, const char *public_key, size_t public_key_len, const char *hash,
                                 const uint8_t *digest, size_t digest_len, const uint8_t *signature,
                                 size_t signature_len)
{
    cs_hash_id id = cs_hash_by_name(cs_slice_str(hash));
    if (digest == NULL || signature == NULL)
        return cs_countersign_result(reason, CS_MISSING_FIELD);
    if (id == CS_HASH_NONE || digest_len != cs_hash_len(id))
        return cs_countersign_result(reason, CS_PREHASH_ALGORITHM);
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
    cs_policy policy = {.enforce = true};
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
    if (err == CS_OK && a->purpose != NULL && !cs_attest_purpose_by_name(&e.purpose, cs_slice_str(a->purpose)))
        err = CS_BAD_FIELD;
    if (err == CS_OK && a->public_key != NULL)
        err = expect_key(&e, &hand, a);
    if (err == CS_OK)
        err = expect_payload(&e, &hand, a);
    if (err == CS_OK) {
        err = cs_attest_verify(&verdict, cs_slice_of(a->document, a->document_len), &policy, &e);
        cs_verdict_json(verdict_json, &verdict);
    }
    cs_policy_free(&policy);
    cs_pair_close(&hand.key);
    cs_buf_free(&hand.public_bytes);
    return err;
}

int countersign_verify_attestation(const char **reason, char *verdict, size_t verdict_size,
                                   const countersign_attestation *attestation)
{
    char text[COUNTERSIGN_VERDICT_MAX];
    cs_buf json = CS_BUF_OVER(text);
    cs_err err = judge(&json, attestation);
    return cs_countersign_result(reason, cs_countersign_give(verdict, verdict_size, &json) ? err : CS_TOO_LARGE);
}

/* -- bundles, proofs, checkpoints -------------------------------------------------------------------------------- */

static cs_err read_vkeys(cs_vkey *out, const char *const *texts, size_t n)
{
    cs_err err = n > CS_MAX_VKEYS ? CS_TOO_LARGE : n > 0 && texts == NULL ? CS_MISSING_FIELD : CS_OK;
    for (size_t i = 0; err == CS_OK && i < n; i++)
        err = cs_vkey_parse(&out[i], cs_slice_str(texts[i]));
    return err;
}

/* What a bundle is judged by, and what that lives in. */
struct pinned {
    cs_pin pin;
    cs_vkey ledger[CS_MAX_VKEYS], witness[CS_MAX_VKEYS];
    cs_pair key;
    cs_digest payload_sha256, prehash;
    cs_bundle_expect expect;
};

static cs_err read_pinned(struct pinned *p, const countersign_bundle *b)
{
    if (b->bundle == NULL || b->policy == NULL || (b->payload == NULL && b->payload_len != 0))
        return CS_MISSING_FIELD;
    p->expect = (cs_bundle_expect){.pin = &p->pin,
                                   .allow_mock = b->allow_mock != 0,
                                   .ledger_keys = p->ledger,
                                   .ledger_key_count = b->ledger_key_count,
                                   .witness_keys = p->witness,
                                   .witness_key_count = b->witness_key_count,
                                   .key_id = cs_slice_str(b->key_id),
                                   .nonce = cs_slice_of(b->nonce, b->nonce != NULL ? b->nonce_len : 0)};
    /* As above: a mock policy is read in any case. */
    cs_err err = cs_pin_parse(&p->pin, NULL, cs_slice_of(b->policy, b->policy_len), true);
    if (err == CS_OK)
        err = read_vkeys(p->ledger, b->ledger_keys, b->ledger_key_count);
    if (err == CS_OK)
        err = read_vkeys(p->witness, b->witness_keys, b->witness_key_count);
    if (err == CS_OK && b->public_key != NULL) {
        err = open_public_key(&p->key, b->public_key, b->public_key_len);
        p->expect.key = &p->key;
    }
    return err;
}

/* The payload as the bundle's key signs it. */
static cs_err hash_payload(struct pinned *p, const cs_bundle *bundle, const countersign_bundle *b)
{
    cs_slice payload = b->payload_len > 0 ? cs_slice_of(b->payload, b->payload_len) : CS_LIT("");
    cs_hash_id ph = bundle->key.format == CS_FORMAT_COMPOSITE ? bundle->key.alg->ph : CS_HASH_NONE;
    cs_err err = cs_hash(&p->payload_sha256, CS_SHA256, payload);
    if (err == CS_OK && ph != CS_HASH_NONE)
        err = cs_hash(&p->prehash, ph, payload);
    p->expect.payload_sha256 = cs_digest_slice(&p->payload_sha256);
    p->expect.message = (cs_message){.bytes = ph != CS_HASH_NONE ? cs_digest_slice(&p->prehash) : payload, .ph = ph};
    return err;
}

static cs_err judge_bundle(cs_buf *verdict, struct pinned *p, const countersign_bundle *b)
{
    cs_bundle bundle;
    cs_bundle_report report = {.reason = CS_INTERNAL};
    cs_expect stored = {.clock = CS_CLOCK_STORED};
    cs_err err = cs_bundle_parse(&bundle, NULL, cs_slice_of(b->bundle, b->bundle_len));
    if (err == CS_OK)
        err = hash_payload(p, &bundle, b);
    if (err == CS_OK)
        err = cs_bundle_verify(&report, &bundle, &p->expect);
    else if (err == CS_BUNDLE_FORMAT && cs_verdict_begin(&report.attestation, &p->pin.policy, &stored) == CS_OK)
        report.reason = report.attestation.reason = err;
    if (report.reason == err)
        cs_bundle_report_json(verdict, &report);
    cs_bundle_free(&bundle);
    return err;
}

int countersign_verify_bundle(const char **reason, char *verdict, size_t verdict_size, const countersign_bundle *bundle)
{
    char text[COUNTERSIGN_BUNDLE_VERDICT_MAX];
    cs_buf json = CS_BUF_OVER(text);
    struct pinned pinned = {.key = {0}};
    cs_err err = read_pinned(&pinned, bundle);
    if (err == CS_OK)
        err = judge_bundle(&json, &pinned, bundle);
    cs_pin_free(&pinned.pin);
    cs_pair_close(&pinned.key);
    return cs_countersign_result(reason, cs_countersign_give(verdict, verdict_size, &json) ? err : CS_TOO_LARGE);
}

/* A part that is malformed was judged: the report says which by its reason. */
static cs_err judge_hybrid(cs_buf *verdict, struct pinned *p, const countersign_hybrid *h)
{
    const countersign_bundle *b = &h->countersignature;
    cs_hybrid_proof proof;
    cs_bundle bundle = {.json = NULL};
    cs_hybrid_report report = {.reason = CS_INTERNAL};
    cs_err err = cs_hybrid_proof_parse(&proof, NULL, cs_slice_of(h->attestation, h->attestation_len));
    if (err == CS_OK)
        err = cs_bundle_parse(&bundle, NULL, cs_slice_of(b->bundle, b->bundle_len));
    if (err == CS_OK)
        err = cs_hybrid_proof_verify(&report, &proof, &bundle, &p->expect);
    else if (cs_err_class_of(err) == CS_CLASS_REFUSED)
        report.reason = err;
    if (report.reason == err)
        cs_hybrid_report_json(verdict, &report);
    cs_bundle_free(&bundle);
    cs_hybrid_proof_free(&proof);
    return err;
}

int countersign_verify_hybrid(const char **reason, char *verdict, size_t verdict_size, const countersign_hybrid *hybrid)
{
    char text[COUNTERSIGN_HYBRID_VERDICT_MAX];
    cs_buf json = CS_BUF_OVER(text);
    struct pinned pinned = {.key = {0}};
    bool usable = hybrid->attestation != NULL && hybrid->countersignature.payload == NULL;
    cs_err err = usable ? read_pinned(&pinned, &hybrid->countersignature) : CS_MISSING_FIELD;
    if (err == CS_OK)
        err = judge_hybrid(&json, &pinned, hybrid);
    cs_pair_close(&pinned.key);
    cs_pin_free(&pinned.pin);
    return cs_countersign_result(reason, cs_countersign_give(verdict, verdict_size, &json) ? err : CS_TOO_LARGE);
}

int countersign_verify_inclusion(const char **reason, uint64_t index, uint64_t size, const uint8_t *entry,
                                 size_t entry_len, const uint8_t *proof, size_t proof_len, const uint8_t root[32])
{
    uint8_t leaf[CS_SHA256_LEN];
    if ((entry == NULL && entry_len != 0) || (proof == NULL && proof_len != 0) || root == NULL)
        return cs_countersign_result(reason, CS_MISSING_FIELD);
    cs_err err = cs_merkle_leaf(leaf, entry_len > 0 ? cs_slice_of(entry, entry_len) : CS_LIT(""));
    if (err == CS_OK)
        err = cs_merkle_verify_inclusion(index, size, leaf, cs_slice_of(proof, proof_len), root);
    return cs_countersign_result(reason, err == CS_BAD_FORMAT || err == CS_BAD_SIGNATURE ? CS_BUNDLE_INCLUSION : err);
}

int countersign_verify_checkpoint(const char **reason, countersign_checkpoint *checkpoint, const char *note,
                                  size_t note_len, const char *const *keys, size_t count)
{
    cs_vkey pinned[CS_MAX_VKEYS];
    cs_checkpoint found;
    cs_note parsed;
    if (checkpoint != NULL)
        memset(checkpoint, 0, sizeof *checkpoint);
    cs_err err = note == NULL || count == 0 ? CS_MISSING_FIELD : read_vkeys(pinned, keys, count);
    if (err == CS_OK)
        err = cs_checkpoint_verify(&found, &parsed, cs_slice_of(note, note_len), pinned, count);
    if (err == CS_OK && checkpoint != NULL) {
        err = cs_slice_to_cstr(checkpoint->origin, sizeof checkpoint->origin, found.origin);
        checkpoint->size = found.size;
        memcpy(checkpoint->root, found.root, sizeof checkpoint->root);
    }
    return cs_countersign_result(reason, err);
}
