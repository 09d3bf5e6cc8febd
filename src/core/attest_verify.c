/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a document. The checks stand in one table in the order of protocol/attestation.md; each reads what the checks
 * before it have established and gives its own reason. What is verified is the bytes received, never a re-encoding.
 */
#include "core/attest.h"

#include <string.h>

#include "core/clock.h"
#include "core/encode.h"
#include "core/json.h"

#define MAX_SECONDS 253402300799LL /* end of the year 9999 */
#define MAX_TEXT 128               /* characters of one textual claim */

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
    cs_claims claims;            /* texts borrowed from json, bytes from facts */
    cs_slice image;              /* the 32 bytes of claims.image_hash */
    uint8_t fact_memory[512];
    cs_buf facts;
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

static cs_err check_development_root(struct judgement *j)
{
    return j->policy->vendor == CS_VENDOR_MOCK && !j->expect->allow_mock ? CS_ATT_MOCK_REFUSED : CS_OK;
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

static cs_err check_header(struct judgement *j)
{
    if (j->policy->vendor != CS_VENDOR_MOCK || j->policy->evidence != CS_EVIDENCE_OPERATION)
        return CS_ATT_HEADER_MISMATCH;
    bool same = cs_slice_is(cs_jobj_str(&j->header, "alg", MAX_TEXT), CS_ATTEST_MOCK_ALG) &&
                cs_slice_is(cs_jobj_str(&j->header, "typ", MAX_TEXT), CS_ATTEST_MOCK_TYP);
    return same && cs_jobj_done(&j->header) == CS_OK ? CS_OK : CS_ATT_HEADER_MISMATCH;
}

static cs_err check_proof(struct judgement *j)
{
    cs_key *root = NULL;
    cs_err err = cs_key_open_public(&root, CS_ED25519, CS_ARRAY(j->policy->match.mock.root_public_key));
    if (err == CS_OK)
        err = cs_key_verify(root, j->parts.si, cs_buf_slice(&j->parts.proof), NULL);
    cs_key_free(root);
    j->verdict->proven = err == CS_OK;
    return reason_of(err, CS_ATT_PROOF_INVALID);
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
    j->claims.kind = j->verdict->kind = wanted;
    return known && cs_slice_is(kind, cs_attest_kind_name(wanted)) ? CS_OK : CS_ATT_KIND;
}

/* A text of 1 to `max` bytes without NUL. */
static cs_slice read_text(struct judgement *j, const char *name, size_t max)
{
    cs_slice text = cs_jobj_str(&j->object, name, max);
    if (text.n == 0)
        cs_jobj_fail(&j->object, CS_BAD_FIELD, name);
    return text;
}

/* Lower-case hex of exactly `n` bytes. */
static cs_slice read_hex(struct judgement *j, const char *name, cs_slice hex, size_t n)
{
    size_t from = j->facts.n;
    if (hex.n != 2 * n || cs_hex_decode(&j->facts, hex) != CS_OK) {
        cs_jobj_fail(&j->object, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    return cs_slice_sub(cs_buf_slice(&j->facts), from, n);
}

/* "sha256:<64 lower-case hex>": one value, one text. */
static cs_slice read_sha256(struct judgement *j, const char *name)
{
    const cs_slice prefix = CS_LIT("sha256:");
    cs_slice text = cs_jobj_str(&j->object, name, MAX_TEXT);
    if (!cs_slice_starts(text, prefix)) {
        cs_jobj_fail(&j->object, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    return read_hex(j, name, cs_slice_sub(text, prefix.n, text.n), CS_SHA256_LEN);
}

/* "<alg>:<hex>" under the pre-hash of the key's algorithm; only format composite has one. */
static void read_prehash(struct judgement *j)
{
    static const char name[] = "payloadPreHash";
    cs_slice text = cs_jobj_str(&j->object, name, 2 * CS_HASH_MAX + MAX_TEXT);
    const uint8_t *colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
    size_t alg_len = colon != NULL ? (size_t)(colon - text.p) : 0;
    cs_hash_id alg = cs_hash_by_name(cs_slice_sub(text, 0, alg_len));
    const cs_alg *key_alg = j->verdict->alg;
    if (alg == CS_HASH_NONE || key_alg == NULL || alg != key_alg->ph || j->verdict->format != CS_FORMAT_COMPOSITE) {
        cs_jobj_fail(&j->object, CS_BAD_FIELD, name);
        return;
    }
    j->claims.prehash_alg = alg;
    j->claims.prehash = read_hex(j, name, cs_slice_sub(text, alg_len + 1, text.n), cs_hash_len(alg));
}

static void read_sign_claims(struct judgement *j)
{
    cs_claims *c = &j->claims;
    bool hashed = cs_jobj_has(&j->object, "payloadSha256");
    if (hashed == cs_jobj_has(&j->object, "payloadPreHash"))
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "payloadSha256");
    else if (hashed)
        c->payload_sha256 = read_sha256(j, "payloadSha256");
    else
        read_prehash(j);
    c->sig_sha256 = read_sha256(j, "sigSha256");
    c->policy_id = cs_jobj_str_opt(&j->object, "policyId", CS_MAX_ID);
}

static void read_birth_claims(struct judgement *j)
{
    static const char *const releases[] = {"attested", "relayed", "agent-visible", "local"};
    bool known = false;
    j->claims.sealed_sha256 = read_sha256(j, "sealedSha256");
    j->claims.key_release = read_text(j, "keyRelease", MAX_TEXT);
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        known = known || cs_slice_is(j->claims.key_release, releases[i]);
    if (!known)
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "keyRelease");
}

/* Exactly `n` bytes into the verdict. */
static void read_ledger_key(cs_jobj *o, const char *name, uint8_t *out, size_t n)
{
    cs_buf bytes = cs_buf_over(out, n);
    (void)cs_jobj_base64(o, name, n, &bytes);
    if (bytes.n != n)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
}

static void read_boot_claims(struct judgement *j)
{
    cs_verdict *v = j->verdict;
    if (!cs_jobj_has(&j->object, "ledgerKeys"))
        return;
    cs_jobj o = cs_jobj_open(cs_jobj_object(&j->object, "ledgerKeys"));
    read_ledger_key(&o, "ed25519", v->ledger_ed25519, sizeof v->ledger_ed25519);
    read_ledger_key(&o, "mldsa44", v->ledger_mldsa44, sizeof v->ledger_mldsa44);
    v->ledger_keys = cs_jobj_done(&o) == CS_OK;
    if (!v->ledger_keys)
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "ledgerKeys");
}

static void read_key_claims(struct judgement *j)
{
    cs_claims *c = &j->claims;
    cs_verdict *v = j->verdict;
    c->key_counter = cs_jobj_int(&j->object, "keyCounter", 1, CS_JSON_INT_MAX);
    c->key_id = read_text(j, "keyId", CS_MAX_ID);
    c->algorithm = read_text(j, "algorithm", MAX_TEXT);
    c->signature_format = read_text(j, "signatureFormat", MAX_TEXT);
    c->public_key_sha256 = read_sha256(j, "publicKeySha256");
    v->alg = cs_alg_find(c->algorithm);
    if (v->alg == NULL)
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "algorithm");
    else if (!cs_format_by_name(&v->format, c->signature_format) || !cs_alg_offers(v->alg, v->format))
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "signatureFormat");
    c->purpose = read_text(j, "purpose", MAX_TEXT);
    if (!cs_attest_purpose_by_name(&v->purpose, c->purpose))
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "purpose");
}

static void read_common_claims(struct judgement *j)
{
    cs_claims *c = &j->claims;
    c->vendor = j->policy->vendor;
    c->image_hash = read_text(j, "imageHash", MAX_TEXT);
    j->image = read_sha256(j, "imageHash");
    c->epoch = read_text(j, "epoch", MAX_TEXT);
    (void)read_hex(j, "epoch", c->epoch, 16);
    c->counter = cs_jobj_int(&j->object, "counter", 1, CS_JSON_INT_MAX);
    size_t from = j->facts.n;
    (void)cs_jobj_base64(&j->object, "nonce", CS_MAX_NONCE, &j->facts);
    c->nonce = cs_slice_sub(cs_buf_slice(&j->facts), from, CS_MAX_NONCE);
    if (c->nonce.n < CS_MIN_NONCE)
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "nonce");
    c->iat = cs_jobj_int(&j->object, "iat", 0, MAX_SECONDS);
    c->enclave_version = read_text(j, "enclaveVersion", CS_MAX_ID);
}

/* For information: well formed, and used for nothing. */
static void read_mock_claims(struct judgement *j)
{
    uint8_t root[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(root);
    (void)cs_jobj_base64(&j->object, "rootPublicKeyB64", sizeof root, &spki);
    if (spki.n != sizeof root)
        cs_jobj_fail(&j->object, CS_BAD_FIELD, "rootPublicKeyB64");
    (void)read_text(j, "rootKeyId", MAX_TEXT);
}

/* Copies the claims that a verdict shows. */
static cs_err show_claims(cs_verdict *v, const cs_claims *c)
{
    v->counter = c->counter;
    v->key_counter = c->key_counter;
    v->iat = c->iat;
    cs_err err = cs_slice_to_cstr(v->image_hash, sizeof v->image_hash, c->image_hash);
    if (err == CS_OK)
        err = cs_slice_to_cstr(v->epoch, sizeof v->epoch, c->epoch);
    if (err == CS_OK)
        err = cs_slice_to_cstr(v->enclave_version, sizeof v->enclave_version, c->enclave_version);
    if (err == CS_OK && c->key_id.p != NULL)
        err = cs_slice_to_cstr(v->key_id, sizeof v->key_id, c->key_id);
    return err;
}

static cs_err check_claims(struct judgement *j)
{
    read_common_claims(j);
    if (j->claims.kind != CS_ATTEST_BOOT)
        read_key_claims(j);
    if (j->claims.kind == CS_ATTEST_SIGN)
        read_sign_claims(j);
    if (j->claims.kind == CS_ATTEST_BIRTH)
        read_birth_claims(j);
    if (j->claims.kind == CS_ATTEST_BOOT)
        read_boot_claims(j);
    read_mock_claims(j);
    cs_err err = j->object.err;
    if (err == CS_OK)
        err = show_claims(j->verdict, &j->claims);
    if (err != CS_OK)
        j->verdict->alg = NULL;
    return reason_of(err, CS_ATT_CLAIMS);
}

/* The member is the bare hex of `want`, or absent with it. */
static bool hex_agrees(cs_jobj *o, const char *name, cs_slice want)
{
    char text[2 * CS_SHA256_LEN];
    cs_buf hex = CS_BUF_OVER(text);
    if (want.p == NULL)
        return !cs_jobj_has(o, name);
    cs_hex_encode(&hex, want);
    return cs_slice_eq(cs_jobj_str(o, name, MAX_TEXT), cs_buf_slice(&hex));
}

static cs_err check_compat(struct judgement *j)
{
    const cs_claims *c = &j->claims;
    char text[32];
    cs_buf issued_at = CS_BUF_OVER(text);
    cs_time_write(&issued_at, c->iat * 1000);
    cs_slice stated = cs_jobj_str(&j->object, "issuedAt", MAX_TEXT);
    cs_jobj o = cs_jobj_open(cs_jobj_object(&j->object, "claims"));
    bool agree = issued_at.err == CS_OK && cs_slice_eq(stated, cs_buf_slice(&issued_at)) &&
                 cs_slice_is(cs_jobj_str(&o, "kind", MAX_TEXT), cs_attest_kind_name(c->kind)) &&
                 cs_jobj_int(&o, "counter", 1, CS_JSON_INT_MAX) == c->counter &&
                 hex_agrees(&o, "payloadSha256", c->payload_sha256) && hex_agrees(&o, "sigSha256", c->sig_sha256);
    return agree && o.err == CS_OK && j->object.err == CS_OK ? CS_OK : CS_ATT_COMPAT_CLAIMS;
}

static cs_err check_measurement(struct judgement *j)
{
    const cs_policy_mock *m = &j->policy->match.mock;
    if (m->image_count == 0 || m->image_count > CS_MAX_ALLOWED_IMAGES)
        return CS_ATT_ALLOWLIST_EMPTY;
    for (size_t i = 0; i < m->image_count; i++)
        if (cs_slice_eq(j->image, CS_ARRAY(m->images[i])))
            return CS_OK;
    return CS_ATT_IMAGE_NOT_ALLOWED;
}

static cs_err check_nonce(struct judgement *j)
{
    const cs_expect *e = j->expect;
    return e->nonce.p == NULL || cs_secret_eq(e->nonce, j->claims.nonce) ? CS_OK : CS_ATT_NONCE_MISMATCH;
}

static cs_err check_age(struct judgement *j)
{
    bool stored = j->expect->clock == CS_CLOCK_STORED;
    int64_t at = stored ? j->expect->entry_time : j->expect->now;
    /* iat is within [0, MAX_SECONDS], so neither side overflows. */
    if (j->claims.iat - CS_MAX_CLOCK_SKEW_SECONDS > at)
        return CS_ATT_FROM_FUTURE;
    if (j->claims.iat + j->policy->max_doc_age_seconds < at)
        return CS_ATT_EXPIRED;
    return stored && j->policy->require_dated && !j->expect->dated ? CS_ATT_UNDATED : CS_OK;
}

static bool is_bytes(cs_slice claimed, cs_slice in_hand)
{
    return claimed.p != NULL && in_hand.p != NULL && cs_slice_eq(claimed, in_hand);
}

static cs_err check_payload(struct judgement *j)
{
    const cs_claims *c = &j->claims;
    const cs_expect *e = j->expect;
    if (c->kind != CS_ATTEST_SIGN)
        return CS_OK;
    if (c->prehash_alg == CS_HASH_NONE)
        return is_bytes(c->payload_sha256, e->payload_sha256) ? CS_OK : CS_ATT_PAYLOAD_MISMATCH;
    return e->prehash_alg == c->prehash_alg && is_bytes(c->prehash, e->prehash) ? CS_OK : CS_ATT_PREHASH_MISMATCH;
}

/* CS_OK if `bytes` are there and hash to `claimed`. */
static cs_err check_sha256(cs_slice claimed, cs_slice bytes, cs_err reason)
{
    cs_digest d;
    if (bytes.p == NULL)
        return reason;
    cs_err err = cs_hash(&d, CS_SHA256, bytes);
    return err == CS_OK && !is_bytes(claimed, cs_digest_slice(&d)) ? reason : err;
}

static cs_err check_signature(struct judgement *j)
{
    if (j->claims.kind != CS_ATTEST_SIGN)
        return CS_OK;
    return check_sha256(j->claims.sig_sha256, j->expect->signature, CS_ATT_SIGNATURE_MISMATCH);
}

static cs_err check_key(struct judgement *j)
{
    const cs_expect *e = j->expect;
    if (e->key_id.p != NULL && !is_bytes(j->claims.key_id, e->key_id))
        return CS_ATT_KEY_MISMATCH;
    return e->public_key.p == NULL ? CS_OK
                                   : check_sha256(j->claims.public_key_sha256, e->public_key, CS_ATT_KEY_MISMATCH);
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
    return j->claims.kind == CS_ATTEST_BOOT || fits ? CS_OK : CS_ATT_PURPOSE_MISMATCH;
}

static cs_err (*const checks[])(struct judgement *) = {
    check_development_root,
    check_shape,
    check_json,
    check_vendor,
    check_header,
    check_proof,
    check_profile,
    check_kind,
    check_claims,
    check_compat,
    check_measurement,
    check_nonce,
    check_age,
    check_payload,
    check_signature,
    check_key,
    check_algorithm,
    check_purpose,
};

static cs_err root_sha256(uint8_t out[CS_SHA256_LEN], const cs_policy *policy)
{
    uint8_t bytes[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(bytes);
    cs_digest d;
    cs_policy_root_spki(&spki, CS_ARRAY(policy->match.mock.root_public_key));
    cs_err err = cs_hash(&d, CS_SHA256, cs_buf_slice(&spki));
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    return err;
}

cs_err cs_verdict_begin(cs_verdict *verdict, const cs_policy *policy, const cs_expect *expect)
{
    bool stored = expect->clock == CS_CLOCK_STORED;
    *verdict = (cs_verdict){.reason = CS_INTERNAL,
                            .vendor = policy->vendor,
                            .evidence = policy->evidence,
                            .stored = stored,
                            .witnessed = stored && expect->dated};
    return root_sha256(verdict->root_sha256, policy);
}

cs_err cs_attest_verify(cs_verdict *verdict, cs_slice doc, const cs_policy *policy, const cs_expect *expect)
{
    struct judgement j = {.verdict = verdict, .policy = policy, .expect = expect, .doc = doc};
    j.facts = CS_BUF_OVER(j.fact_memory);
    cs_err err = cs_verdict_begin(verdict, policy, expect);
    for (size_t i = 0; err == CS_OK && i < sizeof checks / sizeof *checks; i++)
        err = checks[i](&j);
    verdict->reason = err;
    cs_json_free(j.header_json);
    cs_json_free(j.json);
    parts_free(&j.parts);
    return err;
}

cs_err cs_attest_payload_json(cs_buf *out, cs_slice doc)
{
    struct parts parts;
    cs_json *json = NULL;
    cs_jobj ignored;
    cs_err err = split(&parts, doc);
    if (err == CS_OK)
        err = parse_object(&json, &ignored, cs_buf_slice(&parts.payload));
    if (err == CS_OK) {
        cs_buf_add(out, cs_buf_slice(&parts.payload));
        err = out->err;
    }
    cs_json_free(json);
    parts_free(&parts);
    return err;
}
