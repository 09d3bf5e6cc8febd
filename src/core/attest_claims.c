/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attest_claims.h"

#include <string.h>

#include "core/clock.h"
#include "core/encode.h"

#define MAX_TEXT 128 /* characters of one textual claim */

struct reading {
    cs_claims_in *in;
    cs_claims *claims; /* of it */
    cs_verdict *verdict;
    cs_jobj *object;
    cs_vendor vendor;
};

/* A text of 1 to `max` bytes without NUL. */
static cs_slice read_text(struct reading *r, const char *name, size_t max)
{
    cs_slice text = cs_jobj_str(r->object, name, max);
    if (text.n == 0)
        cs_jobj_fail(r->object, CS_BAD_FIELD, name);
    return text;
}

/* Lower-case hex of exactly `n` bytes. */
static cs_slice read_hex(struct reading *r, const char *name, cs_slice hex, size_t n)
{
    cs_buf *facts = &r->in->facts;
    size_t from = facts->n;
    if (hex.n != 2 * n || cs_hex_decode(facts, hex) != CS_OK) {
        cs_jobj_fail(r->object, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    return cs_slice_sub(cs_buf_slice(facts), from, n);
}

/* "sha256:<64 lower-case hex>": one value, one text. */
static cs_slice read_sha256(struct reading *r, const char *name)
{
    const cs_slice prefix = CS_LIT("sha256:");
    cs_slice text = cs_jobj_str(r->object, name, MAX_TEXT);
    if (!cs_slice_starts(text, prefix)) {
        cs_jobj_fail(r->object, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    return read_hex(r, name, cs_slice_sub(text, prefix.n, text.n), CS_SHA256_LEN);
}

/* "<alg>:<hex>" under the pre-hash of the key's algorithm; only format composite has one. */
static void read_prehash(struct reading *r)
{
    static const char name[] = "payloadPreHash";
    cs_slice text = cs_jobj_str(r->object, name, 2 * CS_HASH_MAX + MAX_TEXT);
    const uint8_t *colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
    size_t alg_len = colon != NULL ? (size_t)(colon - text.p) : 0;
    cs_hash_id alg = cs_hash_by_name(cs_slice_sub(text, 0, alg_len));
    const cs_alg *key_alg = r->verdict->alg;
    if (alg == CS_HASH_NONE || key_alg == NULL || alg != key_alg->ph || r->verdict->format != CS_FORMAT_COMPOSITE) {
        cs_jobj_fail(r->object, CS_BAD_FIELD, name);
        return;
    }
    r->claims->prehash_alg = alg;
    r->claims->prehash = read_hex(r, name, cs_slice_sub(text, alg_len + 1, text.n), cs_hash_len(alg));
}

static void read_sign_claims(struct reading *r)
{
    cs_claims *c = r->claims;
    bool hashed = cs_jobj_has(r->object, "payloadSha256");
    if (hashed == cs_jobj_has(r->object, "payloadPreHash"))
        cs_jobj_fail(r->object, CS_BAD_FIELD, "payloadSha256");
    else if (hashed)
        c->payload_sha256 = read_sha256(r, "payloadSha256");
    else
        read_prehash(r);
    c->sig_sha256 = read_sha256(r, "sigSha256");
    c->policy_id = cs_jobj_str_opt(r->object, "policyId", CS_MAX_ID);
}

static void read_birth_claims(struct reading *r)
{
    static const char *const releases[] = {"attested", "relayed", "agent-visible", "local"};
    bool known = false;
    r->claims->sealed_sha256 = read_sha256(r, "sealedSha256");
    r->claims->key_release = read_text(r, "keyRelease", MAX_TEXT);
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        known = known || cs_slice_is(r->claims->key_release, releases[i]);
    if (!known)
        cs_jobj_fail(r->object, CS_BAD_FIELD, "keyRelease");
}

/* Exactly `n` bytes into the verdict. */
static void read_ledger_key(cs_jobj *o, const char *name, uint8_t *out, size_t n)
{
    cs_buf bytes = cs_buf_over(out, n);
    (void)cs_jobj_base64(o, name, n, &bytes);
    if (bytes.n != n)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
}

static void read_boot_claims(struct reading *r)
{
    cs_verdict *v = r->verdict;
    if (!cs_jobj_has(r->object, "ledgerKeys"))
        return;
    cs_jobj o = cs_jobj_open(cs_jobj_object(r->object, "ledgerKeys"));
    read_ledger_key(&o, "ed25519", v->ledger_ed25519, sizeof v->ledger_ed25519);
    read_ledger_key(&o, "mldsa44", v->ledger_mldsa44, sizeof v->ledger_mldsa44);
    v->ledger_keys = cs_jobj_done(&o) == CS_OK;
    if (!v->ledger_keys)
        cs_jobj_fail(r->object, CS_BAD_FIELD, "ledgerKeys");
}

static void read_key_claims(struct reading *r)
{
    cs_claims *c = r->claims;
    cs_verdict *v = r->verdict;
    c->key_counter = cs_jobj_int(r->object, "keyCounter", 1, CS_JSON_INT_MAX);
    c->key_id = read_text(r, "keyId", CS_MAX_ID);
    c->algorithm = read_text(r, "algorithm", MAX_TEXT);
    c->signature_format = read_text(r, "signatureFormat", MAX_TEXT);
    c->public_key_sha256 = read_sha256(r, "publicKeySha256");
    v->alg = cs_alg_find(c->algorithm);
    if (v->alg == NULL)
        cs_jobj_fail(r->object, CS_BAD_FIELD, "algorithm");
    else if (!cs_format_by_name(&v->format, c->signature_format) || !cs_alg_offers(v->alg, v->format))
        cs_jobj_fail(r->object, CS_BAD_FIELD, "signatureFormat");
    c->purpose = read_text(r, "purpose", MAX_TEXT);
    if (!cs_attest_purpose_by_name(&v->purpose, c->purpose))
        cs_jobj_fail(r->object, CS_BAD_FIELD, "purpose");
}

static void read_common_claims(struct reading *r)
{
    cs_claims *c = r->claims;
    c->vendor = r->vendor;
    c->image_hash = read_text(r, "imageHash", CS_MAX_MEASUREMENT);
    /* Of hardware it is compared with what the evidence proves, text with text. */
    if (r->vendor == CS_VENDOR_MOCK)
        r->in->image = read_sha256(r, "imageHash");
    c->epoch = read_text(r, "epoch", MAX_TEXT);
    (void)read_hex(r, "epoch", c->epoch, 16);
    c->counter = cs_jobj_int(r->object, "counter", 1, CS_JSON_INT_MAX);
    cs_buf *facts = &r->in->facts;
    size_t from = facts->n;
    (void)cs_jobj_base64(r->object, "nonce", CS_MAX_NONCE, facts);
    c->nonce = cs_slice_sub(cs_buf_slice(facts), from, CS_MAX_NONCE);
    if (c->nonce.n < CS_MIN_NONCE)
        cs_jobj_fail(r->object, CS_BAD_FIELD, "nonce");
    c->iat = cs_jobj_int(r->object, "iat", 0, CS_MAX_SECONDS);
    c->enclave_version = read_text(r, "enclaveVersion", CS_MAX_ID);
}

/* For information: well formed, and used for nothing. */
static void read_mock_claims(struct reading *r)
{
    uint8_t root[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(root);
    (void)cs_jobj_base64(r->object, "rootPublicKeyB64", sizeof root, &spki);
    if (spki.n != sizeof root)
        cs_jobj_fail(r->object, CS_BAD_FIELD, "rootPublicKeyB64");
    (void)read_text(r, "rootKeyId", MAX_TEXT);
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

cs_err cs_attest_claims_read(cs_claims_in *in, cs_verdict *v, cs_jobj *object, cs_attest_kind kind, cs_vendor vendor)
{
    struct reading reading = {.in = in, .claims = &in->claims, .verdict = v, .object = object, .vendor = vendor};
    struct reading *r = &reading;
    in->claims = (cs_claims){.kind = kind};
    in->image = CS_ABSENT;
    in->facts = CS_BUF_OVER(in->memory);
    read_common_claims(r);
    if (kind != CS_ATTEST_BOOT)
        read_key_claims(r);
    if (kind == CS_ATTEST_SIGN)
        read_sign_claims(r);
    if (kind == CS_ATTEST_BIRTH)
        read_birth_claims(r);
    if (kind == CS_ATTEST_BOOT)
        read_boot_claims(r);
    if (vendor == CS_VENDOR_MOCK)
        read_mock_claims(r);
    cs_err err = object->err;
    if (err == CS_OK)
        err = show_claims(v, r->claims);
    if (err != CS_OK)
        v->alg = NULL;
    return err == CS_OK || err == CS_NO_MEMORY ? err : CS_ATT_CLAIMS;
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

bool cs_attest_claims_agree(const cs_claims *c, cs_jobj *object)
{
    char text[32];
    cs_buf issued_at = CS_BUF_OVER(text);
    cs_time_write(&issued_at, c->iat * 1000);
    cs_slice stated = cs_jobj_str(object, "issuedAt", MAX_TEXT);
    cs_jobj o = cs_jobj_open(cs_jobj_object(object, "claims"));
    bool agree = issued_at.err == CS_OK && cs_slice_eq(stated, cs_buf_slice(&issued_at)) &&
                 cs_slice_is(cs_jobj_str(&o, "kind", MAX_TEXT), cs_attest_kind_name(c->kind)) &&
                 cs_jobj_int(&o, "counter", 1, CS_JSON_INT_MAX) == c->counter &&
                 hex_agrees(&o, "payloadSha256", c->payload_sha256) && hex_agrees(&o, "sigSha256", c->sig_sha256);
    return agree && o.err == CS_OK && object->err == CS_OK;
}
