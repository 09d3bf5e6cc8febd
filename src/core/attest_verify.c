/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a document. The checks stand in one table in the order of protocol/attestation.md; each reads what the checks
 * before it have established and gives its own reason. What is verified is the bytes received, never a re-encoding.
 */
#include <string.h>

#include "core/attest_claims.h"
#include "core/encode.h"
#include "core/evidence.h"

#define MAX_TEXT 128 /* characters of one textual claim */

/* The three parts of a document, decoded. */
struct parts {
    cs_slice si; /* signing input, as received */
    cs_buf header, payload, proof;
};

struct judgement {
    cs_verdict *verdict;
    const cs_policy *policy;
    const cs_expect *expect;
    cs_slice doc;
    struct parts parts;
    cs_json *header_json, *json; /* of header and payload */
    cs_jobj header, object;      /* their roots */
    cs_claims_in in;
    /* hardware */
    cs_proven proven;
    cs_slice session_epoch; /* of the header of a session's document, borrowed from header_json */
    uint8_t session_spki[CS_ROOT_SPKI_LEN];
    cs_buf session_evidence;
};

/* The check's own reason, unless the failure is ours and says nothing about the document. */
static cs_err reason_of(cs_err err, cs_err reason)
{
    return err == CS_OK || err == CS_NO_MEMORY || err == CS_CRYPTO ? err : reason;
}

static cs_err decode_part(cs_buf *out, cs_slice text)
{
    return text.n == 0 ? CS_ATT_SHAPE : reason_of(cs_base64url_decode(out, text), CS_ATT_SHAPE);
}

/* Size and shape. `parts` must be freed in any case. */
static cs_err split(struct parts *parts, cs_slice doc)
{
    parts->header = parts->payload = parts->proof = cs_buf_new(CS_MAX_ATTESTATION);
    if (doc.n > CS_MAX_ATTESTATION)
        return CS_ATT_TOO_LARGE;
    const uint8_t *dot1 = doc.n > 0 ? memchr(doc.p, '.', doc.n) : NULL;
    if (dot1 == NULL)
        return CS_ATT_SHAPE;
    size_t header_len = (size_t)(dot1 - doc.p);
    cs_slice rest = cs_slice_sub(doc, header_len + 1, doc.n);
    const uint8_t *dot2 = rest.n > 0 ? memchr(rest.p, '.', rest.n) : NULL;
    if (dot2 == NULL)
        return CS_ATT_SHAPE;
    size_t payload_len = (size_t)(dot2 - rest.p);

    /* A third dot is no base64url character. */
    parts->si = cs_slice_sub(doc, 0, header_len + 1 + payload_len);
    cs_err err = decode_part(&parts->header, cs_slice_sub(doc, 0, header_len));
    if (err == CS_OK)
        err = decode_part(&parts->payload, cs_slice_sub(rest, 0, payload_len));
    if (err == CS_OK)
        err = decode_part(&parts->proof, cs_slice_sub(rest, payload_len + 1, rest.n));
    return err;
}

static void parts_free(struct parts *parts)
{
    cs_buf_free(&parts->header);
    cs_buf_free(&parts->payload);
    cs_buf_free(&parts->proof);
}

static cs_err parse_object(cs_json **json, cs_jobj *object, cs_slice text)
{
    cs_err err = reason_of(cs_json_parse(json, text, CS_MAX_ATTESTATION), CS_ATT_JSON);
    if (err != CS_OK)
        return err;
    *object = cs_jobj_open(cs_json_root(*json));
    return reason_of(object->err, CS_ATT_JSON);
}

static bool is_hardware(const struct judgement *j)
{
    return j->policy->vendor != CS_VENDOR_MOCK;
}

static bool is_stored(const struct judgement *j)
{
    return j->expect->clock == CS_CLOCK_STORED;
}

/* The evaluation time. */
static int64_t time_of(const struct judgement *j)
{
    return is_stored(j) ? j->expect->entry_time : j->expect->now;
}

static cs_err check_development_root(struct judgement *j)
{
    return cs_evidence_is_development(j->policy) && !j->expect->allow_mock ? CS_ATT_MOCK_REFUSED : CS_OK;
}

static cs_err check_shape(struct judgement *j)
{
    return split(&j->parts, j->doc);
}

static cs_err check_json(struct judgement *j)
{
    cs_err err = parse_object(&j->header_json, &j->header, cs_buf_slice(&j->parts.header));
    return err != CS_OK ? err : parse_object(&j->json, &j->object, cs_buf_slice(&j->parts.payload));
}

/* The policy implies the one acceptable vendor and header; the document chooses nothing. */
static cs_err check_vendor(struct judgement *j)
{
    cs_slice vendor = cs_jobj_str(&j->object, "vendor", MAX_TEXT);
    return cs_slice_is(vendor, cs_vendor_name(j->policy->vendor)) ? CS_OK : CS_ATT_VENDOR_MISMATCH;
}

/* What a session key brings: the vendor's evidence for it, the key, and the epoch that it was born in. */
static void read_session(struct judgement *j)
{
    uint8_t bytes[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(j->session_spki), same = CS_BUF_OVER(bytes);
    j->session_evidence = cs_buf_new(CS_MAX_ATTESTATION);
    (void)cs_jobj_base64(&j->header, "evidence", CS_MAX_ATTESTATION, &j->session_evidence);
    (void)cs_jobj_base64(&j->header, "spki", sizeof j->session_spki, &spki);
    j->session_epoch = cs_jobj_str(&j->header, "epoch", CS_ATTEST_EPOCH);
    cs_policy_root_spki(&same, cs_slice_sub(CS_ARRAY(j->session_spki), CS_ROOT_SPKI_LEN - 32, CS_ROOT_SPKI_LEN));
    if (spki.n != sizeof j->session_spki || !cs_slice_eq(cs_buf_slice(&spki), cs_buf_slice(&same)))
        cs_jobj_fail(&j->header, CS_BAD_FIELD, "spki"); /* no Ed25519 key */
}

static cs_err check_header(struct judgement *j)
{
    const cs_vendor_ops *ops = cs_vendor_find(j->policy->vendor);
    bool session = j->policy->evidence == CS_EVIDENCE_SESSION;
    const char *alg = CS_ATTEST_MOCK_ALG, *typ = CS_ATTEST_MOCK_TYP;
    if (is_hardware(j) ? ops == NULL : session)
        return CS_ATT_HEADER_MISMATCH;
    if (is_hardware(j)) {
        alg = session ? CS_ATTEST_SESSION_ALG : ops->operation_alg;
        typ = session ? CS_ATTEST_SESSION_TYP : CS_ATTEST_OPERATION_TYP;
    }
    bool same = cs_slice_is(cs_jobj_str(&j->header, "alg", MAX_TEXT), alg) &&
                cs_slice_is(cs_jobj_str(&j->header, "typ", MAX_TEXT), typ);
    if (same && session)
        read_session(j);
    cs_err err = cs_jobj_done(&j->header);
    return same ? reason_of(err, CS_ATT_HEADER_MISMATCH) : CS_ATT_HEADER_MISMATCH;
}

/* The third part is the Ed25519 signature of this key over the signing input. */
static cs_err verify_proof(const struct judgement *j, cs_slice public_key)
{
    cs_key *key = NULL;
    cs_err err = cs_key_open_public(&key, CS_ED25519, public_key);
    if (err == CS_OK)
        err = cs_key_verify(key, j->parts.si, cs_buf_slice(&j->parts.proof), NULL);
    cs_key_free(key);
    return reason_of(err, CS_ATT_PROOF_INVALID);
}

/* Evidence per operation is the third part itself; a session's stands in the header, and its key made the third part.
 */
static cs_err prove_hardware(struct judgement *j)
{
    uint8_t bytes[CS_COMMITMENT_LEN];
    cs_buf commitment = CS_BUF_OVER(bytes);
    cs_slice spki = CS_ARRAY(j->session_spki);
    bool session = j->policy->evidence == CS_EVIDENCE_SESSION;
    cs_prove_at at = {.stored = is_stored(j), .now = time_of(j), .session = session, .chains = j->expect->chains};
    cs_err err = session ? cs_attest_session_commitment(&commitment, spki, j->session_epoch)
                         : cs_attest_commitment(&commitment, j->parts.si);
    if (err != CS_OK)
        return reason_of(err, CS_ATT_HEADER_MISMATCH);
    err = cs_evidence_prove(&j->proven, j->policy, cs_buf_slice(session ? &j->session_evidence : &j->parts.proof), &at,
                            cs_buf_slice(&commitment));
    if (err == CS_OK && session)
        err = verify_proof(j, cs_slice_sub(spki, CS_ROOT_SPKI_LEN - 32, CS_ROOT_SPKI_LEN));
    if (err == CS_OK)
        cs_verdict_show(j->verdict, &j->proven);
    return err;
}

static cs_err check_proof(struct judgement *j)
{
    cs_err err = is_hardware(j) ? prove_hardware(j) : verify_proof(j, CS_ARRAY(j->policy->match.mock.root_public_key));
    j->verdict->proven = err == CS_OK;
    return err;
}

static cs_err check_profile(struct judgement *j)
{
    return cs_slice_is(cs_jobj_str(&j->object, "profile", MAX_TEXT), CS_ATTEST_PROFILE) ? CS_OK : CS_ATT_PROFILE;
}

static cs_err check_kind(struct judgement *j)
{
    cs_attest_kind wanted = j->expect->kind;
    bool known = wanted == CS_ATTEST_SIGN || wanted == CS_ATTEST_BIRTH || wanted == CS_ATTEST_BOOT;
    cs_slice kind = cs_jobj_str(&j->object, "kind", MAX_TEXT);
    j->verdict->kind = wanted;
    return known && cs_slice_is(kind, cs_attest_kind_name(wanted)) ? CS_OK : CS_ATT_KIND;
}

static cs_err check_claims(struct judgement *j)
{
    return cs_attest_claims_read(&j->in, j->verdict, &j->object, j->expect->kind, j->policy->vendor);
}

static cs_err check_compat(struct judgement *j)
{
    return is_hardware(j) || cs_attest_claims_agree(&j->in.claims, &j->object) ? CS_OK : CS_ATT_COMPAT_CLAIMS;
}

/* The enclave's word for its image is worth nothing; the evidence's is. */
static cs_err check_image(struct judgement *j)
{
    bool same = !is_hardware(j) || cs_slice_is(j->in.claims.image_hash, j->proven.measurement);
    return same ? CS_OK : CS_ATT_IMAGE_MISMATCH;
}

static cs_err check_measurement(struct judgement *j)
{
    const cs_policy_mock *m = &j->policy->match.mock;
    j->proven.enclave_version = j->in.claims.enclave_version;
    if (is_hardware(j))
        return cs_evidence_allow(j->policy, &j->proven);
    if (m->image_count == 0 || m->image_count > CS_MAX_ALLOWED_IMAGES)
        return CS_ATT_ALLOWLIST_EMPTY;
    for (size_t i = 0; i < m->image_count; i++)
        if (cs_slice_eq(j->in.image, CS_ARRAY(m->images[i])))
            return CS_OK;
    return CS_ATT_IMAGE_NOT_ALLOWED;
}

static cs_err check_session(struct judgement *j)
{
    bool session = j->policy->evidence == CS_EVIDENCE_SESSION;
    return !session || cs_slice_eq(j->session_epoch, j->in.claims.epoch) ? CS_OK : CS_ATT_SESSION_EPOCH;
}

static cs_err check_nonce(struct judgement *j)
{
    const cs_expect *e = j->expect;
    return e->nonce.p == NULL || cs_secret_eq(e->nonce, j->in.claims.nonce) ? CS_OK : CS_ATT_NONCE_MISMATCH;
}

/* Both times are within [0, CS_MAX_SECONDS], so no side of a comparison overflows. */
static cs_err check_time(const struct judgement *j, int64_t stated)
{
    int64_t at = time_of(j);
    if (stated - CS_MAX_CLOCK_SKEW_SECONDS > at)
        return CS_ATT_FROM_FUTURE;
    return stated + j->policy->max_doc_age_seconds < at ? CS_ATT_EXPIRED : CS_OK;
}

/* The vendor's time counts where there is one. A session's evidence is older than its operations, whose own age is the
 * enclave's word; how old the evidence may be is a rule of its own, and evidence without a time cannot keep it. */
static cs_err check_hardware_time(const struct judgement *j)
{
    const cs_policy *p = j->policy;
    int64_t at = time_of(j), iat = j->in.claims.iat, time = j->proven.time;
    bool session = p->evidence == CS_EVIDENCE_SESSION;
    if (time < 0)
        return session ? CS_ATT_SESSION_EXPIRED : check_time(j, iat);
    if (time > CS_MAX_SECONDS || time - CS_MAX_CLOCK_SKEW_SECONDS > at)
        return CS_ATT_FROM_FUTURE;
    if (iat < time - CS_MAX_CLOCK_SKEW_SECONDS || iat - CS_MAX_CLOCK_SKEW_SECONDS > at)
        return CS_ATT_TIME_MISMATCH;
    if (session && time + p->max_session_age_seconds < at)
        return CS_ATT_SESSION_EXPIRED;
    return check_time(j, session ? iat : time);
}

static cs_err check_age(struct judgement *j)
{
    cs_err err = is_hardware(j) ? check_hardware_time(j) : check_time(j, j->in.claims.iat);
    if (err != CS_OK)
        return err;
    return is_stored(j) && j->policy->require_dated && !j->expect->dated ? CS_ATT_UNDATED : CS_OK;
}

static bool is_bytes(cs_slice claimed, cs_slice in_hand)
{
    return claimed.p != NULL && in_hand.p != NULL && cs_slice_eq(claimed, in_hand);
}

static cs_err check_payload(struct judgement *j)
{
    const cs_claims *c = &j->in.claims;
    const cs_expect *e = j->expect;
    if (c->kind != CS_ATTEST_SIGN)
        return CS_OK;
    if (c->prehash_alg == CS_HASH_NONE)
        return is_bytes(c->payload_sha256, e->payload_sha256) ? CS_OK : CS_ATT_PAYLOAD_MISMATCH;
    return e->prehash_alg == c->prehash_alg && is_bytes(c->prehash, e->prehash) ? CS_OK : CS_ATT_PREHASH_MISMATCH;
}

/* CS_OK if `bytes` are there and hash to `claimed`, or if there is what they hash to, `hash`. */
static cs_err check_sha256(cs_slice claimed, cs_slice bytes, cs_slice hash, cs_err reason)
{
    cs_digest d;
    if (hash.p != NULL)
        return hash.n == CS_SHA256_LEN && is_bytes(claimed, hash) ? CS_OK : reason;
    if (bytes.p == NULL)
        return reason;
    cs_err err = cs_hash(&d, CS_SHA256, bytes);
    return err == CS_OK && !is_bytes(claimed, cs_digest_slice(&d)) ? reason : err;
}

static cs_err check_signature(struct judgement *j)
{
    if (j->in.claims.kind != CS_ATTEST_SIGN)
        return CS_OK;
    return check_sha256(j->in.claims.sig_sha256, j->expect->signature, j->expect->signature_sha256,
                        CS_ATT_SIGNATURE_MISMATCH);
}

static cs_err check_key(struct judgement *j)
{
    const cs_expect *e = j->expect;
    if (e->key_id.p != NULL && !is_bytes(j->in.claims.key_id, e->key_id))
        return CS_ATT_KEY_MISMATCH;
    if (e->public_key.p == NULL && e->public_key_sha256.p == NULL)
        return CS_OK;
    return check_sha256(j->in.claims.public_key_sha256, e->public_key, e->public_key_sha256, CS_ATT_KEY_MISMATCH);
}

static cs_err check_algorithm(struct judgement *j)
{
    const cs_expect *e = j->expect;
    const cs_verdict *v = j->verdict;
    if (e->alg != NULL && v->alg != e->alg)
        return CS_ATT_ALGORITHM_MISMATCH;
    if (e->format != NULL && (v->alg == NULL || v->format != *e->format))
        return CS_ATT_ALGORITHM_MISMATCH;
    return CS_OK;
}

/* Last, so that a document of the wrong key altogether is not taken for one of the wrong purpose. */
static cs_err check_purpose(struct judgement *j)
{
    cs_purpose wanted = j->expect->purpose;
    bool fits = wanted == CS_PURPOSE_ANY || j->verdict->purpose == wanted;
    return j->in.claims.kind == CS_ATTEST_BOOT || fits ? CS_OK : CS_ATT_PURPOSE_MISMATCH;
}

static cs_err (*const checks[])(struct judgement *) = {
    check_development_root, check_shape,   check_json,   check_vendor,  check_header,    check_proof,
    check_profile,          check_kind,    check_claims, check_compat,  check_image,     check_measurement,
    check_session,          check_nonce,   check_age,    check_payload, check_signature, check_key,
    check_algorithm,        check_purpose,
};

cs_err cs_attest_verify(cs_verdict *verdict, cs_slice doc, const cs_policy *policy, const cs_expect *expect)
{
    struct judgement j = {.verdict = verdict, .policy = policy, .expect = expect, .doc = doc};
    cs_err err = cs_verdict_begin(verdict, policy, expect);
    for (size_t i = 0; err == CS_OK && i < sizeof checks / sizeof *checks; i++)
        err = checks[i](&j);
    verdict->reason = err;
    cs_proven_free(&j.proven, policy->vendor);
    cs_buf_free(&j.session_evidence);
    cs_json_free(j.header_json);
    cs_json_free(j.json);
    parts_free(&j.parts);
    return err;
}

/* Appends a part of a document, which must be a JSON object if it is not the proof. */
static cs_err copy_part(cs_buf *out, cs_slice doc, size_t of)
{
    struct parts parts;
    cs_json *json = NULL;
    cs_jobj ignored;
    cs_err err = split(&parts, doc);
    cs_slice part = cs_buf_slice((const cs_buf *const[]){&parts.header, &parts.payload, &parts.proof}[of]);
    if (err == CS_OK && of < 2)
        err = parse_object(&json, &ignored, part);
    if (err == CS_OK) {
        cs_buf_add(out, part);
        err = out->err;
    }
    cs_json_free(json);
    parts_free(&parts);
    return err;
}

cs_err cs_attest_header_json(cs_buf *out, cs_slice doc)
{
    return copy_part(out, doc, 0);
}

cs_err cs_attest_payload_json(cs_buf *out, cs_slice doc)
{
    return copy_part(out, doc, 1);
}

cs_err cs_attest_proof(cs_buf *out, cs_slice doc)
{
    return copy_part(out, doc, 2);
}

void cs_attest_verify_ahead(const cs_slice *docs, const cs_policy *const *policies, size_t n)
{
    cs_key *keys[CS_SIGN_TOGETHER] = {NULL};
    cs_verify_job jobs[CS_SIGN_TOGETHER] = {{0}};
    uint8_t proofs[CS_SIGN_TOGETHER][66]; /* base64 comes in threes */
    size_t count = 0;
    for (size_t i = 0; i < n && i < CS_SIGN_TOGETHER; i++) {
        const uint8_t *dot = docs[i].n > 0 ? memrchr(docs[i].p, '.', docs[i].n) : NULL;
        cs_buf proof = CS_BUF_OVER(proofs[count]);
        if (policies[i]->vendor != CS_VENDOR_MOCK || dot == NULL)
            continue;
        size_t si = (size_t)(dot - docs[i].p);
        if (cs_base64url_decode(&proof, cs_slice_sub(docs[i], si + 1, docs[i].n)) != CS_OK ||
            cs_key_open_public(&keys[count], CS_ED25519, CS_ARRAY(policies[i]->match.mock.root_public_key)) != CS_OK)
            continue;
        jobs[count] = (cs_verify_job){keys[count], cs_slice_sub(docs[i], 0, si), cs_buf_slice(&proof)};
        count++;
    }
    cs_key_verify_ahead(jobs, count);
    for (size_t i = 0; i < count; i++)
        cs_key_free(keys[i]);
}
