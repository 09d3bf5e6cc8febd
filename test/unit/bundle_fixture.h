/* SPDX-License-Identifier: Apache-2.0 */
/* A signature with everything that a bundle holds, from fixed keys: what the service would have recorded. */
#ifndef CS_TEST_BUNDLE_FIXTURE_H
#define CS_TEST_BUNDLE_FIXTURE_H

#include <string.h>

#include "attest_fixture.h"
#include "core/bundle.h"
#include "core/checkpoint.h"
#include "core/entry.h"
#include "core/tiles.h"

#define ORIGIN "ledger.example/org/org_1"
#define OTHER_ORIGIN "ledger.example/org/org_2"
#define WITNESS "witness.example/w1"
#define SIGNATURE_ID "sig_1"
#define POLICY_ID "pol_1"
#define POLICY_VERSION 2
#define ENTRY_INDEX 5
#define TREE_SIZE 11

enum { LOG_ED, LOG_ML, WITNESS_ED, WITNESS_ML, SIGNERS };

/* What differs from a good one; zero is good. */
struct bundle_options {
    const char *event_type;        /* of the entry */
    const char *subject_id;        /* of the entry */
    const char *member, *value;    /* of the entry's data, instead of the right one, in JSON; value NULL: left out */
    int64_t seq_off;               /* of the entry, from its place */
    int64_t iat_off;               /* seconds from the entry's time, which is NOW */
    int64_t witness_off;           /* seconds from the entry's time */
    const char *origin;            /* of the checkpoint */
    const char *line_name;         /* on the log's lines */
    const char *payload, *purpose; /* of the key; NULL: PAYLOAD, "sign" */
    bool no_policy, no_witness, mldsa_missing, prehashed, require_dated;
    cs_slice signature, note; /* absent: made */
    bool witness_half;        /* no ML-DSA line of the witness */
    bool log_timed;           /* the log states the entry's time on its ML-DSA line */
};

struct bundle_made {
    struct bundle_options options;
    cs_pair pair;
    cs_buf public_bytes, public_text, signature, document, policy, entry, proof, note, digest;
    uint8_t leaves[TREE_SIZE][CS_SHA256_LEN];
    cs_bundle_parts parts;
};

static inline cs_slice bundle_payload(const struct bundle_made *m)
{
    return cs_slice_str(m->options.payload != NULL ? m->options.payload : PAYLOAD);
}

static inline cs_key *bundle_signer(size_t i)
{
    uint8_t seed[32] = {(uint8_t)i, 77};
    cs_key *key;
    bool mldsa = i == LOG_ML || i == WITNESS_ML;
    assert_int_equal(cs_key_open_private(&key, mldsa ? CS_MLDSA44 : CS_ED25519, CS_ARRAY(seed)), CS_OK);
    return key;
}

static inline cs_note_type bundle_signer_type(size_t i)
{
    return i == LOG_ED ? CS_NOTE_ED25519 : i == WITNESS_ED ? CS_NOTE_COSIG_ED25519 : CS_NOTE_MLDSA44;
}

static inline void bundle_vkey_of_type(cs_vkey *out, size_t i, cs_note_type type, const char *name)
{
    cs_buf public_key = cs_buf_new(CS_VKEY_PUBLIC_MAX);
    cs_key *key = bundle_signer(i);
    cs_key_public(&public_key, key);
    assert_int_equal(cs_vkey_make(out, cs_slice_str(name), type, cs_buf_slice(&public_key)), CS_OK);
    cs_key_free(key);
    cs_buf_free(&public_key);
}

static inline void bundle_vkey(cs_vkey *out, size_t i, const char *name)
{
    bundle_vkey_of_type(out, i, bundle_signer_type(i), name);
}

static inline void bundle_sha256(cs_buf *out, cs_slice bytes)
{
    cs_digest d;
    assert_int_equal(cs_hash(&d, CS_SHA256, bytes), CS_OK);
    cs_buf_add_str(out, "sha256:");
    cs_hex_encode(out, cs_digest_slice(&d));
}

/* `name` with the value, unless the options say otherwise. */
static inline void bundle_member(cs_buf *data, const struct bundle_options *o, const char *name, cs_slice json)
{
    bool changed = o->member != NULL && strcmp(o->member, name) == 0;
    if (changed && o->value == NULL)
        return;
    if (data->n > 1)
        cs_buf_add_u8(data, ',');
    cs_buf_printf(data, "\"%s\":", name);
    cs_buf_add(data, changed ? cs_slice_str(o->value) : json);
}

static inline void bundle_text_member(cs_buf *data, const struct bundle_options *o, const char *name, cs_slice text)
{
    cs_buf quoted = cs_buf_new(4096);
    cs_jw w = cs_jw_on(&quoted);
    cs_jw_str(&w, NULL, text);
    bundle_member(data, o, name, cs_buf_slice(&quoted));
    cs_buf_free(&quoted);
}

static inline void bundle_hash_member(cs_buf *data, const struct bundle_options *o, const char *name, cs_slice bytes)
{
    cs_buf text = cs_buf_new(128);
    bundle_sha256(&text, bytes);
    bundle_text_member(data, o, name, cs_buf_slice(&text));
    cs_buf_free(&text);
}

static inline void bundle_entry(struct bundle_made *m)
{
    const struct bundle_options *o = &m->options;
    cs_buf data = cs_buf_new(8192);
    cs_buf_add_u8(&data, '{');
    bundle_text_member(&data, o, "keyId", CS_LIT(KEY_ID));
    bundle_text_member(&data, o, "algorithm", CS_LIT("mldsa65+ed25519"));
    bundle_text_member(&data, o, "signatureFormat", CS_LIT("composite"));
    bundle_text_member(&data, o, o->prehashed ? "payloadPreHash" : "payloadSha256", cs_buf_slice(&m->digest));
    bundle_hash_member(&data, o, "sigSha256", cs_buf_slice(&m->signature));
    bundle_hash_member(&data, o, "documentSha256", cs_buf_slice(&m->document));
    if (!o->no_policy) {
        bundle_text_member(&data, o, "policyId", CS_LIT(POLICY_ID));
        bundle_member(&data, o, "policyVersion", CS_LIT("2"));
        bundle_hash_member(&data, o, "policyHash", cs_buf_slice(&m->policy));
    }
    if (o->member != NULL && strcmp(o->member, "other digest") == 0)
        cs_buf_add_str(&data, ",\"payloadPreHash\":\"sha512:00\"");
    cs_buf_add_u8(&data, '}');
    cs_entry entry = {
        .seq = (uint64_t)(ENTRY_INDEX + o->seq_off),
        .time_ms = NOW * INT64_C(1000) + 5,
        .event_type = cs_slice_str(o->event_type != NULL ? o->event_type
                                   : o->no_policy        ? "signature.issued"
                                                         : "signature.attested"),
        .actor_id = CS_LIT("ak_1"),
        .subject_id = cs_slice_str(o->subject_id != NULL ? o->subject_id : SIGNATURE_ID),
        .data = cs_buf_slice(&data),
    };
    assert_int_equal(cs_entry_write(&m->entry, &entry), CS_OK);
    cs_buf_free(&data);
}

static inline void bundle_document(struct bundle_made *m)
{
    static const uint8_t nonce[32] = {9, 8, 7};
    cs_digest payload, prehash, signature, public_key;
    assert_int_equal(cs_hash(&payload, CS_SHA256, bundle_payload(m)), CS_OK);
    assert_int_equal(cs_hash(&prehash, CS_SHA512, bundle_payload(m)), CS_OK);
    assert_int_equal(cs_hash(&signature, CS_SHA256, cs_buf_slice(&m->signature)), CS_OK);
    assert_int_equal(cs_hash(&public_key, CS_SHA256, cs_buf_slice(&m->public_bytes)), CS_OK);
    bool prehashed = m->options.prehashed;
    cs_claims claims = {.kind = CS_ATTEST_SIGN,
                        .vendor = CS_VENDOR_MOCK,
                        .image_hash = CS_LIT("sha256:" IMAGE),
                        .epoch = CS_LIT(EPOCH),
                        .counter = 17,
                        .key_counter = 3,
                        .nonce = CS_ARRAY(nonce),
                        .iat = NOW + m->options.iat_off,
                        .enclave_version = CS_LIT("0.1.0"),
                        .key_id = CS_LIT(KEY_ID),
                        .algorithm = CS_LIT("mldsa65+ed25519"),
                        .signature_format = CS_LIT("composite"),
                        .purpose = cs_slice_str(m->options.purpose != NULL ? m->options.purpose : "sign"),
                        .public_key_sha256 = cs_digest_slice(&public_key),
                        .payload_sha256 = prehashed ? CS_ABSENT : cs_digest_slice(&payload),
                        .prehash_alg = prehashed ? CS_SHA512 : CS_HASH_NONE,
                        .prehash = prehashed ? cs_digest_slice(&prehash) : CS_ABSENT,
                        .sig_sha256 = cs_digest_slice(&signature)};
    cs_key *root = fixture_root(0);
    assert_int_equal(cs_attest_mock_document(&m->document, &claims, root), CS_OK);
    cs_key_free(root);
}

static inline cs_err bundle_nodes(void *context, cs_buf *out, unsigned level, uint64_t first, size_t count)
{
    struct bundle_made *m = context;
    assert_int_equal(level, 0);
    cs_buf_add(out, cs_slice_of(m->leaves[first], count * CS_SHA256_LEN));
    return CS_OK;
}

/* The entry among others, and the checkpoint of them all with its signatures. */
static inline void bundle_ledger(struct bundle_made *m)
{
    const struct bundle_options *o = &m->options;
    const char *origin = o->origin != NULL ? o->origin : ORIGIN, *line = o->line_name != NULL ? o->line_name : origin;
    cs_checkpoint c = {.origin = cs_slice_str(origin), .size = TREE_SIZE};
    cs_buf text = cs_buf_new(1024);
    cs_buf_add(&m->note, o->note);
    for (uint8_t i = 0; i < TREE_SIZE; i++)
        assert_int_equal(cs_merkle_leaf(m->leaves[i], i == ENTRY_INDEX ? cs_buf_slice(&m->entry) : cs_slice_of(&i, 1)),
                         CS_OK);
    assert_int_equal(cs_tiles_inclusion(&m->proof, ENTRY_INDEX, TREE_SIZE, bundle_nodes, m), CS_OK);
    assert_int_equal(cs_tiles_root(c.root, TREE_SIZE, bundle_nodes, m), CS_OK);
    assert_int_equal(cs_checkpoint_write(&text, &c), CS_OK);
    if (o->note.p == NULL)
        assert_int_equal(cs_note_begin(&m->note, cs_buf_slice(&text)), CS_OK);
    for (size_t i = 0; i < SIGNERS && o->note.p == NULL; i++) {
        bool witness = i >= WITNESS_ED;
        if ((witness && o->no_witness) || (i == LOG_ML && o->mldsa_missing) || (i == WITNESS_ML && o->witness_half))
            continue;
        int64_t time = witness ? NOW + o->witness_off : o->log_timed && i == LOG_ML ? NOW : 0;
        cs_key *key = bundle_signer(i);
        assert_int_equal(cs_note_sign(&m->note, cs_buf_slice(&text), cs_slice_str(witness ? WITNESS : line),
                                      bundle_signer_type(i), key, time),
                         CS_OK);
        cs_key_free(key);
    }
    cs_buf_free(&text);
}

static inline void bundle_sign(struct bundle_made *m)
{
    uint8_t serialized[64];
    cs_digest prehash;
    cs_message message = {.bytes = bundle_payload(m)};
    for (uint8_t i = 0; i < sizeof serialized; i++)
        serialized[i] = (uint8_t)(0x80 + i);
    assert_int_equal(cs_pair_open_private(&m->pair, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE,
                                          CS_ARRAY(serialized)),
                     CS_OK);
    cs_pair_public(&m->public_bytes, &m->pair);
    assert_int_equal(cs_public_key_json(&m->public_text, m->pair.alg, m->pair.format, cs_buf_slice(&m->public_bytes)),
                     CS_OK);
    if (m->options.signature.p != NULL)
        cs_buf_add(&m->signature, m->options.signature);
    else
        assert_int_equal(cs_pair_sign(&m->signature, &m->pair, &message), CS_OK);
    assert_int_equal(cs_hash(&prehash, CS_SHA512, bundle_payload(m)), CS_OK);
    if (m->options.prehashed) {
        cs_buf_add_str(&m->digest, "sha512:");
        cs_hex_encode(&m->digest, cs_digest_slice(&prehash));
    } else {
        bundle_sha256(&m->digest, bundle_payload(m));
    }
}

static inline void bundle_make(struct bundle_made *m, const struct bundle_options *options)
{
    cs_policy policy;
    *m = (struct bundle_made){.options = *options,
                              .public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY),
                              .public_text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON),
                              .signature = cs_buf_new(CS_MAX_SIGNATURE),
                              .document = cs_buf_new(CS_MAX_ATTESTATION),
                              .policy = cs_buf_new(CS_MAX_POLICY),
                              .entry = cs_buf_new(CS_MAX_LEDGER_ENTRY),
                              .proof = cs_buf_new(4096),
                              .note = cs_buf_new(CS_MAX_NOTE),
                              .digest = cs_buf_new(256)};
    fixture_policy(&policy);
    policy.require_dated = options->require_dated;
    assert_int_equal(cs_policy_canonical(&m->policy, &policy), CS_OK);
    bundle_sign(m);
    bundle_document(m);
    bundle_entry(m);
    bundle_ledger(m);
    m->parts = (cs_bundle_parts){.signature_id = CS_LIT(SIGNATURE_ID),
                                 .payload_digest = cs_buf_slice(&m->digest),
                                 .prehashed = options->prehashed,
                                 .key_id = CS_LIT(KEY_ID),
                                 .public_key = cs_buf_slice(&m->public_text),
                                 .signature = cs_buf_slice(&m->signature),
                                 .document = cs_buf_slice(&m->document),
                                 .policy_id = options->no_policy ? CS_ABSENT : CS_LIT(POLICY_ID),
                                 .policy_version = POLICY_VERSION,
                                 .policy = cs_buf_slice(&m->policy),
                                 .entry = cs_buf_slice(&m->entry),
                                 .index = ENTRY_INDEX,
                                 .proof = cs_buf_slice(&m->proof),
                                 .checkpoint = cs_buf_slice(&m->note)};
}

static inline void bundle_free(struct bundle_made *m)
{
    cs_pair_close(&m->pair);
    cs_buf_free(&m->public_bytes);
    cs_buf_free(&m->public_text);
    cs_buf_free(&m->signature);
    cs_buf_free(&m->document);
    cs_buf_free(&m->policy);
    cs_buf_free(&m->entry);
    cs_buf_free(&m->proof);
    cs_buf_free(&m->note);
    cs_buf_free(&m->digest);
}

/* What a verifier has pinned and in hand. */
struct bundle_pins {
    cs_pin pin;
    cs_vkey ledger[2], witness[2];
    cs_digest payload_sha256, prehash;
    cs_bundle_expect expect;
};

static inline void bundle_pins_make(struct bundle_pins *p)
{
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    fixture_policy_text(&text);
    assert_int_equal(cs_pin_parse(&p->pin, NULL, cs_buf_slice(&text), true), CS_OK);
    cs_buf_free(&text);
    for (size_t i = 0; i < 2; i++) {
        bundle_vkey(&p->ledger[i], LOG_ED + i, ORIGIN);
        bundle_vkey(&p->witness[i], WITNESS_ED + i, WITNESS);
    }
    assert_int_equal(cs_hash(&p->payload_sha256, CS_SHA256, CS_LIT(PAYLOAD)), CS_OK);
    assert_int_equal(cs_hash(&p->prehash, CS_SHA512, CS_LIT(PAYLOAD)), CS_OK);
    p->expect = (cs_bundle_expect){.pin = &p->pin,
                                   .allow_mock = true,
                                   .payload_sha256 = cs_digest_slice(&p->payload_sha256),
                                   .message = {.bytes = cs_digest_slice(&p->prehash), .ph = CS_SHA512},
                                   .ledger_keys = p->ledger,
                                   .ledger_key_count = 2,
                                   .witness_keys = p->witness,
                                   .witness_key_count = 2};
}

#endif
