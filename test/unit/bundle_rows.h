/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles that are good, and those in which one fact is changed: in the bundle, in the ledger, or in what is pinned.
 * test_bundle_verify.c judges them, test_bundle_cases.c writes the corpus of them.
 */
#ifndef CS_TEST_BUNDLE_ROWS_H
#define CS_TEST_BUNDLE_ROWS_H

#include <stdio.h>

#include "bundle_fixture.h"

/* What is changed in a bundle, or in what its verifier has. */
enum change {
    NOTHING,
    NO_LEDGER_KEY,
    ED_ONLY,
    ML_ONLY,
    TWO_ED_KEYS,
    FOREIGN_ED_KEY,
    OTHER_LEDGER_NAME,
    NO_WITNESS_KEY,
    ED_WITNESS,
    ML_WITNESS,
    FOREIGN_WITNESS,
    LEDGER_AS_WITNESS,
    WITNESS_LINE_CHANGED,
    LOG_LINE_CHANGED,
    ROOT_CHANGED,
    PIN_AGE,
    PIN_ID,
    PIN_OTHER_ID,
    PIN_VERSION,
    PIN_OTHER_VERSION,
    PIN_IMAGE,
    PRODUCTION,
    OTHER_PAYLOAD,
    OTHER_PREHASH,
    DIGEST_CHANGED,
    SIGNATURE_CHANGED,
    OTHER_SIGNATURE,
    OTHER_SIGNATURE_ID,
    OTHER_KEY_ID,
    EXPECT_KEY,
    EXPECT_OTHER_KEY,
    EXPECT_OTHER_ALGORITHM,
    EXPECT_KEY_ID,
    EXPECT_OTHER_KEY_ID,
    EXPECT_NONCE,
    DOCUMENT_CHANGED,
    POLICY_DROPPED,
    POLICY_VERSION_CHANGED,
    POLICY_ID_CHANGED,
    ENTRY_CHANGED,
    ENTRY_SPACED,
    ENTRY_GARBAGE,
    INDEX_CHANGED,
    PROOF_CHANGED,
    PROOF_SHORT,
    PROOF_LONG,
    NO_NOTE,
    NOTE_TEXT_ONLY
};

struct row {
    const char *name;
    enum change change;
    struct bundle_options options;
    cs_err want;
    bool dated;
};

#define MEMBER(m, v) .options = {.member = (m), .value = (v)}

static const struct row rows[] = {
    {"good", NOTHING, .dated = true},
    {"pre-hashed", NOTHING, .options = {.prehashed = true}, .dated = true},
    {"signed without a policy", NOTHING, .options = {.no_policy = true}, .dated = true},
    {"no witness signed", NOTHING, .options = {.no_witness = true}},
    {"no ledger key is pinned", NO_LEDGER_KEY, .dated = true},
    {"Ed25519 key of the ledger alone", ED_ONLY, .dated = true},
    {"ML-DSA-44 key of the ledger alone", ML_ONLY, .dated = true},
    {"a new and an old key of one type", TWO_ED_KEYS, .dated = true},
    {"no witness is pinned", NO_WITNESS_KEY},
    {"a witness in Ed25519", ED_WITNESS, .dated = true},
    {"a witness in ML-DSA-44", ML_WITNESS, .dated = true},
    {"another witness is pinned", FOREIGN_WITNESS},
    {"half of the witness's signatures", NOTHING, .options = {.witness_half = true}},
    {"half of them, and that half is pinned", ED_WITNESS, .options = {.witness_half = true}, .dated = true},
    {"the ledger is pinned as its own witness", LEDGER_AS_WITNESS, .options = {.log_timed = true}},
    {"witness at the earliest", NOTHING, .options = {.witness_off = -60}, .dated = true},
    {"witness too early", NOTHING, .options = {.witness_off = -61}},
    {"witness at the latest", NOTHING, .options = {.witness_off = 300}, .dated = true},
    {"witness too late", NOTHING, .options = {.witness_off = 301}},
    {"wanted date is there", NOTHING, .options = {.require_dated = true}, .dated = true},
    {"policy with its id", PIN_ID, .dated = true},
    {"policy with its version", PIN_VERSION, .dated = true},
    {"expected key", EXPECT_KEY, .dated = true},
    {"expected key id", EXPECT_KEY_ID, .dated = true},

    {"wanted date, no witness", NOTHING, .options = {.require_dated = true, .no_witness = true},
     .want = CS_ATT_UNDATED},
    {"wanted date, witness too late", NOTHING, .options = {.require_dated = true, .witness_off = 301},
     .want = CS_ATT_UNDATED},
    {"wanted date, no ledger key is pinned", NO_LEDGER_KEY, .options = {.require_dated = true},
     .want = CS_BUNDLE_NOT_PINNED},
    {"policy with another age", PIN_AGE, .want = CS_BUNDLE_POLICY},
    {"policy with another id", PIN_OTHER_ID, .want = CS_BUNDLE_POLICY},
    {"policy with another version", PIN_OTHER_VERSION, .want = CS_BUNDLE_POLICY},
    {"policy with another image", PIN_IMAGE, .want = CS_BUNDLE_POLICY},
    {"policy with another image, none in the bundle", PIN_IMAGE, .options = {.no_policy = true},
     .want = CS_ATT_IMAGE_NOT_ALLOWED},
    {"production", PRODUCTION, .want = CS_ATT_MOCK_REFUSED},
    {"another payload", OTHER_PAYLOAD, .want = CS_BUNDLE_PAYLOAD},
    {"another payload, pre-hashed", OTHER_PREHASH, .options = {.prehashed = true}, .want = CS_BUNDLE_PAYLOAD},
    {"another payload under the right hash", OTHER_PREHASH, .want = CS_BAD_SIGNATURE},
    {"another digest in the bundle", DIGEST_CHANGED, .want = CS_BUNDLE_PAYLOAD},
    {"a bit of the signature", SIGNATURE_CHANGED, .want = CS_BAD_SIGNATURE},
    {"another signature of the same payload", OTHER_SIGNATURE, .want = CS_BUNDLE_ENTRY},
    {"another signature id", OTHER_SIGNATURE_ID, .want = CS_BUNDLE_ENTRY},
    {"another key id", OTHER_KEY_ID, .want = CS_BUNDLE_ENTRY},
    {"expected another key", EXPECT_OTHER_KEY, .want = CS_ATT_KEY_MISMATCH},
    {"expected another algorithm", EXPECT_OTHER_ALGORITHM, .want = CS_ATT_ALGORITHM_MISMATCH},
    {"expected another key id", EXPECT_OTHER_KEY_ID, .want = CS_ATT_KEY_MISMATCH},
    {"expected another nonce", EXPECT_NONCE, .want = CS_ATT_NONCE_MISMATCH},
    {"a byte of the document", DOCUMENT_CHANGED, .want = CS_BUNDLE_ENTRY},
    {"policy left out", POLICY_DROPPED, .want = CS_BUNDLE_ENTRY},
    {"policy's version in the bundle", POLICY_VERSION_CHANGED, .want = CS_BUNDLE_ENTRY},
    {"policy's id in the bundle", POLICY_ID_CHANGED, .want = CS_BUNDLE_ENTRY},

    {"entry of another signature", MEMBER("sigSha256", "\"sha256:00\""), .want = CS_BUNDLE_ENTRY},
    {"entry without a signature", MEMBER("sigSha256", NULL), .want = CS_BUNDLE_ENTRY},
    {"entry of another document", MEMBER("documentSha256", "\"sha256:00\""), .want = CS_BUNDLE_ENTRY},
    {"entry of another payload", MEMBER("payloadSha256", "\"sha256:00\""), .want = CS_BUNDLE_ENTRY},
    {"entry with both digests", MEMBER("other digest", NULL), .want = CS_BUNDLE_ENTRY},
    {"entry of another key", MEMBER("keyId", "\"key_2\""), .want = CS_BUNDLE_ENTRY},
    {"entry with a key id that is none", MEMBER("keyId", "7"), .want = CS_BUNDLE_ENTRY},
    {"entry of another algorithm", MEMBER("algorithm", "\"mldsa44\""), .want = CS_BUNDLE_ENTRY},
    {"entry of another format", MEMBER("signatureFormat", "\"concat\""), .want = CS_BUNDLE_ENTRY},
    {"entry under another policy", MEMBER("policyId", "\"pol_2\""), .want = CS_BUNDLE_ENTRY},
    {"entry under another version", MEMBER("policyVersion", "3"), .want = CS_BUNDLE_ENTRY},
    {"entry under a changed policy", MEMBER("policyHash", "\"sha256:00\""), .want = CS_BUNDLE_ENTRY},
    {"entry about another subject", .options = {.subject_id = "sig_2"}, .want = CS_BUNDLE_ENTRY},
    {"entry of another event", .options = {.event_type = "custom.event"}, .want = CS_BUNDLE_ENTRY},
    {"attested entry recorded as issued", .options = {.event_type = "signature.issued"}, .want = CS_BUNDLE_ENTRY},
    {"entry of a violation", .options = {.event_type = "attestation.violation"}, .want = CS_BUNDLE_VIOLATION},
    {"entry with another seq", .options = {.seq_off = 1}, .want = CS_BUNDLE_POSITION},
    {"entry changed behind the tree", ENTRY_CHANGED, .want = CS_BUNDLE_INCLUSION},
    {"entry written differently", ENTRY_SPACED, .want = CS_BUNDLE_ENTRY},
    {"no entry", ENTRY_GARBAGE, .want = CS_BUNDLE_ENTRY},
    {"another place", INDEX_CHANGED, .want = CS_BUNDLE_POSITION},
    {"a bit of the proof", PROOF_CHANGED, .want = CS_BUNDLE_INCLUSION},
    {"a hash less", PROOF_SHORT, .want = CS_BUNDLE_INCLUSION},
    {"a hash more", PROOF_LONG, .want = CS_BUNDLE_INCLUSION},
    {"another root", ROOT_CHANGED, .want = CS_BUNDLE_INCLUSION},
    {"no note", NO_NOTE, .want = CS_NOTE_FORMAT},
    {"a note without signatures", NOTE_TEXT_ONLY, .want = CS_NOTE_FORMAT},
    {"checkpoint of another ledger under our name", ED_ONLY,
     .options = {.origin = OTHER_ORIGIN, .line_name = ORIGIN, .mldsa_missing = true}, .want = CS_NOTE_ORIGIN},
    {"checkpoint of another ledger", .options = {.origin = OTHER_ORIGIN}, .want = CS_NOTE_UNSIGNED},
    {"half of the ledger's signatures", .options = {.mldsa_missing = true}, .want = CS_NOTE_UNSIGNED},
    {"signed by another ledger key", FOREIGN_ED_KEY, .want = CS_NOTE_UNSIGNED},
    {"pinned under another name", OTHER_LEDGER_NAME, .want = CS_NOTE_UNSIGNED},
    {"a bit of the log's signature", LOG_LINE_CHANGED, .want = CS_NOTE_SIGNATURE},
    {"a bit of the witness's signature", WITNESS_LINE_CHANGED, .want = CS_BUNDLE_WITNESS},
    {"document older than allowed", .options = {.iat_off = -301}, .want = CS_ATT_EXPIRED},
    {"document at the oldest", .options = {.iat_off = -300}, .dated = true},
    {"document after the entry", .options = {.iat_off = 61}, .want = CS_ATT_FROM_FUTURE},
};

struct setup {
    struct bundle_made made;
    struct bundle_pins pins;
    cs_buf policy; /* text of the pinned one */
    cs_buf spare;  /* bytes of a changed part */
    cs_pair other;
    cs_digest digest;
};

static inline void change_byte(struct setup *s, cs_slice *part, size_t at, uint8_t by)
{
    cs_buf_add(&s->spare, *part);
    s->spare.p[at] ^= by;
    *part = cs_buf_slice(&s->spare);
}

/* The character becomes another one of base64. */
static inline void change_base64(struct setup *s, cs_slice *part, size_t at)
{
    change_byte(s, part, at, 0);
    s->spare.p[at] = s->spare.p[at] == 'A' ? 'B' : 'A';
}

/* A character of the signature in the first signature line of `name`. */
static inline size_t in_line(cs_slice note, const char *name)
{
    char start[256];
    assert_true(snprintf(start, sizeof start, "\xe2\x80\x94 %s ", name) < (int)sizeof start);
    const uint8_t *at = memmem(note.p, note.n, start, strlen(start));
    assert_non_null(at);
    return (size_t)(at - note.p) + strlen(start) + 40;
}

/* What stands behind `from` in the pinned policy becomes `to`; of the same length, or more. */
static inline void put_in_policy(struct setup *s, const char *from, const char *to)
{
    cs_buf changed = cs_buf_new(CS_MAX_POLICY);
    const char *text = cs_buf_cstr(&s->policy), *at = strstr(text, from);
    assert_non_null(at);
    cs_buf_add(&changed, cs_slice_of(text, (size_t)(at - text)));
    cs_buf_add_str(&changed, to);
    cs_buf_add_str(&changed, at + strlen(from));
    cs_buf_free(&s->policy);
    s->policy = changed;
}

static inline void change_policy(struct setup *s, enum change change)
{
    switch (change) {
    case PIN_AGE:
        put_in_policy(s, "\"maxDocAgeSeconds\":300", "\"maxDocAgeSeconds\":301");
        break;
    case PIN_ID:
        put_in_policy(s, "{", "{\"id\":\"" POLICY_ID "\",");
        break;
    case PIN_OTHER_ID:
        put_in_policy(s, "{", "{\"id\":\"pol_2\",");
        break;
    case PIN_VERSION:
        put_in_policy(s, "{", "{\"version\":2,");
        break;
    case PIN_OTHER_VERSION:
        put_in_policy(s, "{", "{\"version\":3,");
        break;
    case PIN_IMAGE:
        put_in_policy(s, "sha256:" IMAGE, "sha256:" OTHER_IMAGE);
        break;
    default:
        break;
    }
}

static inline void change_pins(struct setup *s, enum change change)
{
    struct bundle_pins *p = &s->pins;
    cs_bundle_expect *e = &p->expect;
    switch (change) {
    case NO_LEDGER_KEY:
        e->ledger_key_count = 0;
        break;
    case ML_ONLY:
        e->ledger_keys++;
        /* fallthrough */
    case ED_ONLY:
        e->ledger_key_count = 1;
        break;
    case TWO_ED_KEYS:
        bundle_vkey(&p->ledger[1], LOG_ED, ORIGIN);
        bundle_vkey_of_type(&p->ledger[0], WITNESS_ED, CS_NOTE_ED25519, ORIGIN);
        break;
    case FOREIGN_ED_KEY:
        bundle_vkey_of_type(&p->ledger[0], WITNESS_ED, CS_NOTE_ED25519, ORIGIN);
        break;
    case OTHER_LEDGER_NAME:
        bundle_vkey(&p->ledger[0], LOG_ED, OTHER_ORIGIN);
        break;
    case NO_WITNESS_KEY:
        e->witness_key_count = 0;
        break;
    case ML_WITNESS:
        e->witness_keys++;
        /* fallthrough */
    case ED_WITNESS:
        e->witness_key_count = 1;
        break;
    case FOREIGN_WITNESS:
        bundle_vkey(&p->witness[0], WITNESS_ED, "witness.example/w2");
        e->witness_key_count = 1;
        break;
    case LEDGER_AS_WITNESS:
        bundle_vkey(&p->witness[0], LOG_ML, ORIGIN);
        e->witness_key_count = 1;
        break;
    case PRODUCTION:
        e->allow_mock = false;
        break;
    case OTHER_PAYLOAD:
        p->payload_sha256.b[0] ^= 1;
        break;
    case OTHER_PREHASH:
        p->prehash.b[0] ^= 1;
        break;
    case EXPECT_KEY:
        e->key = &s->made.pair;
        break;
    case EXPECT_OTHER_KEY:
    case EXPECT_OTHER_ALGORITHM:
        e->key = &s->other;
        break;
    case EXPECT_KEY_ID:
        e->key_id = CS_LIT(KEY_ID);
        break;
    case EXPECT_OTHER_KEY_ID:
        e->key_id = CS_LIT("key_2");
        break;
    case EXPECT_NONCE:
        e->nonce = CS_LIT("another nonce");
        break;
    default:
        break;
    }
}

static inline void change_parts(struct setup *s, enum change change)
{
    cs_bundle_parts *p = &s->made.parts;
    cs_message message = {.bytes = CS_LIT(PAYLOAD)};
    switch (change) {
    case WITNESS_LINE_CHANGED:
        change_base64(s, &p->checkpoint, in_line(p->checkpoint, WITNESS));
        break;
    case LOG_LINE_CHANGED:
        change_base64(s, &p->checkpoint, in_line(p->checkpoint, ORIGIN));
        break;
    case ROOT_CHANGED:
        change_base64(s, &p->checkpoint, sizeof ORIGIN + 5);
        break;
    case DIGEST_CHANGED:
        change_byte(s, &p->payload_digest, 10, 1);
        break;
    case SIGNATURE_CHANGED:
        change_byte(s, &p->signature, 77, 1);
        break;
    case OTHER_SIGNATURE:
        assert_int_equal(cs_pair_sign(&s->spare, &s->made.pair, &message), CS_OK);
        p->signature = cs_buf_slice(&s->spare);
        break;
    case OTHER_SIGNATURE_ID:
        p->signature_id = CS_LIT("sig_2");
        break;
    case OTHER_KEY_ID:
        p->key_id = CS_LIT("key_2");
        break;
    case DOCUMENT_CHANGED:
        change_byte(s, &p->document, 200, 1);
        break;
    case POLICY_DROPPED:
        p->policy_id = CS_ABSENT;
        break;
    case POLICY_VERSION_CHANGED:
        p->policy_version++;
        break;
    case POLICY_ID_CHANGED:
        p->policy_id = CS_LIT("pol_2");
        break;
    case ENTRY_CHANGED:
        change_byte(s, &p->entry, sizeof "{\"actorId\":\"ak_" - 1, 3);
        break;
    case ENTRY_SPACED:
        cs_buf_add_str(&s->spare, " ");
        cs_buf_add(&s->spare, p->entry);
        p->entry = cs_buf_slice(&s->spare);
        break;
    case ENTRY_GARBAGE:
        p->entry = CS_LIT("{}");
        break;
    case INDEX_CHANGED:
        p->index++;
        break;
    case PROOF_CHANGED:
        change_byte(s, &p->proof, 40, 1);
        break;
    case PROOF_SHORT:
        p->proof.n -= CS_SHA256_LEN;
        break;
    case PROOF_LONG:
        cs_buf_add(&s->spare, p->proof);
        cs_buf_add(&s->spare, CS_ARRAY(s->made.leaves[0]));
        p->proof = cs_buf_slice(&s->spare);
        break;
    case NO_NOTE:
        p->checkpoint = CS_LIT("");
        break;
    case NOTE_TEXT_ONLY:
        p->checkpoint = cs_slice_sub(p->checkpoint, 0, sizeof ORIGIN + 3 + 45);
        break;
    default:
        break;
    }
}

static inline void make_setup(struct setup *s, const struct bundle_options *o, enum change change)
{
    uint8_t serialized[64] = {1};
    *s = (struct setup){.spare = cs_buf_new(CS_MAX_BUNDLE)};
    bundle_make(&s->made, o);
    bundle_pins_make(&s->pins);
    s->policy = cs_buf_new(CS_MAX_POLICY);
    cs_buf_add(&s->policy, cs_buf_slice(&s->made.policy));
    change_policy(s, change);
    cs_pin_free(&s->pins.pin);
    assert_int_equal(cs_pin_parse(&s->pins.pin, NULL, cs_buf_slice(&s->policy), true), CS_OK);
    const char *other = change == EXPECT_OTHER_ALGORITHM ? "mldsa44+ed25519" : "mldsa65+ed25519";
    assert_int_equal(
        cs_pair_open_private(&s->other, cs_alg_find(cs_slice_str(other)), CS_FORMAT_COMPOSITE, CS_ARRAY(serialized)),
        CS_OK);
    change_pins(s, change);
    change_parts(s, change);
    s->pins.expect.payload_sha256 = cs_digest_slice(&s->pins.payload_sha256);
}

static inline void free_setup(struct setup *s)
{
    bundle_free(&s->made);
    cs_pair_close(&s->other);
    cs_buf_free(&s->spare);
    cs_buf_free(&s->policy);
    cs_pin_free(&s->pins.pin);
}

#endif
