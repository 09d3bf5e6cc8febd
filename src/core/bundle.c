/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: writing and reading. What they are worth is bundle_verify.c. */
#include "core/bundle.h"

#include <string.h>

#include "core/encode.h"
#include "core/keytext.h"

#define VERSION 1
#define MAX_DIGEST (16 + 2 * CS_HASH_MAX)

static void write_policy(cs_jw *w, const cs_bundle_parts *p)
{
    cs_digest hash;
    if (p->policy_id.p == NULL)
        return;
    if (cs_hash(&hash, CS_SHA256, p->policy) != CS_OK)
        w->out->err = CS_CRYPTO;
    cs_jw_begin(w, "policy");
    cs_jw_str(w, "id", p->policy_id);
    cs_jw_int(w, "version", p->policy_version);
    cs_jw_hex(w, "hash", "sha256:", cs_digest_slice(&hash));
    cs_jw_raw(w, "policy", p->policy);
    cs_jw_end(w);
}

static void write_inclusion(cs_jw *w, const cs_bundle_parts *p)
{
    cs_jw_begin(w, "inclusion");
    cs_jw_int(w, "leafIndex", (int64_t)p->index);
    cs_jw_begin_array(w, "proofHex");
    for (size_t at = 0; at < p->proof.n; at += CS_SHA256_LEN)
        cs_jw_hex(w, NULL, "", cs_slice_sub(p->proof, at, CS_SHA256_LEN));
    cs_jw_end_array(w);
    cs_jw_end(w);
}

cs_err cs_bundle_write(cs_buf *out, const cs_bundle_parts *p)
{
    if (p->proof.n % CS_SHA256_LEN != 0 || p->index > CS_JSON_INT_MAX)
        return CS_BAD_FIELD;
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "mediaType", CS_BUNDLE_MEDIA_TYPE);
    cs_jw_int(&w, "version", VERSION);
    cs_jw_str(&w, "signatureId", p->signature_id);
    cs_jw_str(&w, p->prehashed ? "payloadPreHash" : "payloadSha256", p->payload_digest);
    cs_jw_str(&w, "keyId", p->key_id);
    cs_jw_str(&w, "publicKey", p->public_key);
    cs_jw_base64(&w, "signature", p->signature);
    cs_jw_base64(&w, "docB64", p->document);
    write_policy(&w, p);
    cs_jw_str(&w, "entry", p->entry);
    write_inclusion(&w, p);
    cs_jw_str(&w, "checkpoint", p->checkpoint);
    cs_jw_end(&w);
    if (out->err == CS_OK && out->n > CS_MAX_BUNDLE)
        out->err = CS_TOO_LARGE;
    return out->err;
}

/* -- the pinned policy ------------------------------------------------------------------------------------------- */

static cs_err hash_policy(uint8_t out[CS_SHA256_LEN], const cs_policy *policy)
{
    cs_buf canonical = cs_buf_new(CS_MAX_POLICY);
    cs_digest d;
    cs_err err = cs_policy_canonical(&canonical, policy);
    if (err == CS_OK)
        err = cs_hash(&d, CS_SHA256, cs_buf_slice(&canonical));
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    cs_buf_free(&canonical);
    return err;
}

/* True if `text` is "sha256:" and the hex of `hash`. */
static bool states_hash(cs_slice text, const uint8_t hash[CS_SHA256_LEN])
{
    char memory[MAX_DIGEST];
    cs_buf own = CS_BUF_OVER(memory);
    cs_buf_add_str(&own, "sha256:");
    cs_hex_encode(&own, cs_slice_of(hash, CS_SHA256_LEN));
    return cs_slice_eq(text, cs_buf_slice(&own));
}

static cs_err read_told(cs_pin *out, cs_fault *fault, cs_slice json)
{
    cs_json *doc = NULL;
    cs_err err = cs_json_parse(&doc, json, CS_MAX_POLICY);
    if (err != CS_OK)
        return cs_fault_set(fault, err, NULL);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_slice id = cs_jobj_str_opt(&o, "id", CS_MAX_ID), hash = cs_jobj_str_opt(&o, "hash", MAX_DIGEST);
    out->version = cs_jobj_int_or(&o, "version", 1, CS_JSON_INT_MAX, 0);
    if (id.p != NULL && cs_slice_to_cstr(out->id, sizeof out->id, id) != CS_OK)
        cs_jobj_fail(&o, CS_BAD_FIELD, "id");
    if (hash.p != NULL && !states_hash(hash, out->hash))
        cs_jobj_fail(&o, CS_POLICY_HASH, "hash");
    err = cs_jobj_done_open(&o);
    (void)cs_jobj_fault(&o, NULL, fault);
    cs_json_free(doc);
    return err;
}

cs_err cs_pin_parse(cs_pin *out, cs_fault *fault, cs_slice json, bool allow_mock)
{
    *out = (cs_pin){.version = 0};
    cs_err err = cs_policy_parse(&out->policy, fault, json, allow_mock);
    if (err == CS_OK)
        err = cs_fault_set(fault, hash_policy(out->hash, &out->policy), NULL);
    if (err == CS_OK)
        err = read_told(out, fault, json);
    if (err != CS_OK) {
        cs_pin_free(out);
        *out = (cs_pin){.version = 0};
    }
    return err;
}

void cs_pin_free(cs_pin *pin)
{
    cs_policy_free(&pin->policy);
}

/* -- reading ----------------------------------------------------------------------------------------------------- */

/* Of vendor mock too: whether that is accepted is for the verdict. */
static cs_err policy_of(cs_policy *out, cs_jval v)
{
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    cs_err err = cs_json_canonical(&text, v);
    if (err == CS_OK)
        err = cs_policy_parse(out, NULL, cs_buf_slice(&text), true);
    cs_buf_free(&text);
    return err;
}

static void read_policy(cs_bundle *b, cs_jobj *parent)
{
    cs_policy policy = {.enforce = true};
    cs_jval v = cs_jobj_object_opt(parent, "policy");
    if (v.v == NULL)
        return;
    cs_jobj o = cs_jobj_open(v);
    b->policy_id = cs_jobj_str(&o, "id", CS_MAX_ID);
    b->policy_version = cs_jobj_int(&o, "version", 1, CS_JSON_INT_MAX);
    cs_slice hash = cs_jobj_str(&o, "hash", MAX_DIGEST);
    cs_jval text = cs_jobj_object(&o, "policy");
    cs_err err = cs_jobj_done(&o);
    if (err == CS_OK && b->policy_id.n == 0)
        err = CS_BAD_FIELD;
    if (err == CS_OK)
        err = policy_of(&policy, text);
    if (err == CS_OK)
        err = hash_policy(b->policy_hash, &policy);
    if (err == CS_OK && !states_hash(hash, b->policy_hash))
        err = CS_BAD_FIELD;
    cs_policy_free(&policy);
    if (err != CS_OK)
        cs_jobj_fail(parent, err, "policy");
}

static void read_inclusion(cs_bundle *b, cs_jobj *parent)
{
    cs_jobj o = cs_jobj_open(cs_jobj_object(parent, "inclusion"));
    b->index = (uint64_t)cs_jobj_int(&o, "leafIndex", 0, CS_JSON_INT_MAX);
    cs_jval proof = cs_jobj_array(&o, "proofHex");
    size_t n = cs_jarr_len(proof);
    cs_err err = cs_jobj_done(&o);
    if (err == CS_OK && n > CS_MAX_INCLUSION_PROOF)
        err = CS_BAD_FIELD;
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        cs_slice hex = cs_jval_str(cs_jarr_at(proof, i));
        err = hex.n == (size_t)2 * CS_SHA256_LEN ? cs_hex_decode(&b->proof, hex) : CS_BAD_FIELD;
    }
    if (err != CS_OK)
        cs_jobj_fail(parent, err, "inclusion");
}

static void read_key(cs_bundle *b, cs_jobj *o)
{
    cs_slice text = cs_jobj_str(o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
    b->key_id = cs_jobj_str(o, "keyId", CS_MAX_ID);
    if (o->err != CS_OK)
        return;
    cs_err err = cs_public_key_parse(&b->key, NULL, text);
    if (err == CS_OK) {
        cs_pair_public(&b->public_key, &b->key);
        err = b->public_key.err;
    }
    if (err != CS_OK)
        cs_jobj_fail(o, err, "publicKey");
}

static void read_digest(cs_bundle *b, cs_jobj *o)
{
    bool prehashed = cs_jobj_has(o, "payloadPreHash");
    const char *name = prehashed ? "payloadPreHash" : "payloadSha256";
    if (prehashed && cs_jobj_has(o, "payloadSha256"))
        cs_jobj_fail(o, CS_BAD_FIELD, "payloadSha256");
    b->digest_name = cs_slice_str(name);
    b->payload_digest = cs_jobj_str(o, name, MAX_DIGEST);
}

static void read_members(cs_bundle *b, cs_jobj *o)
{
    if (!cs_slice_is(cs_jobj_str(o, "mediaType", sizeof CS_BUNDLE_MEDIA_TYPE), CS_BUNDLE_MEDIA_TYPE))
        cs_jobj_fail(o, CS_BAD_FIELD, "mediaType");
    (void)cs_jobj_int(o, "version", VERSION, VERSION);
    b->signature_id = cs_jobj_str(o, "signatureId", CS_MAX_ID);
    read_digest(b, o);
    read_key(b, o);
    (void)cs_jobj_base64(o, "signature", CS_MAX_SIGNATURE, &b->signature);
    (void)cs_jobj_base64(o, "docB64", CS_MAX_ATTESTATION, &b->document);
    read_policy(b, o);
    b->entry = cs_jobj_str(o, "entry", CS_MAX_LEDGER_ENTRY);
    read_inclusion(b, o);
    b->checkpoint = cs_jobj_str(o, "checkpoint", CS_MAX_NOTE);
}

cs_err cs_bundle_parse(cs_bundle *out, cs_fault *fault, cs_slice text)
{
    *out = (cs_bundle){.public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                       .signature = cs_buf_new(CS_MAX_SIGNATURE),
                       .document = cs_buf_new(CS_MAX_ATTESTATION),
                       .proof = cs_buf_new((size_t)CS_MAX_INCLUSION_PROOF * CS_SHA256_LEN)};
    cs_err err = cs_json_parse(&out->json, text, CS_MAX_BUNDLE);
    (void)cs_fault_set(fault, err, NULL);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(out->json));
        read_members(out, &o);
        err = cs_jobj_done(&o);
        (void)cs_jobj_fault(&o, NULL, fault);
    }
    /* What exactly is malformed is in the fault's member; a bundle that cannot be read is one that is refused. */
    if (err != CS_OK && cs_err_class_of(err) != CS_CLASS_INTERNAL)
        err = CS_BUNDLE_FORMAT;
    if (fault != NULL)
        fault->err = err;
    return err;
}

void cs_bundle_free(cs_bundle *b)
{
    cs_json_free(b->json);
    cs_pair_close(&b->key);
    cs_buf_free(&b->public_key);
    cs_buf_free(&b->signature);
    cs_buf_free(&b->document);
    cs_buf_free(&b->proof);
    *b = (cs_bundle){.index = 0};
}
