/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles: everything about one signature in one file, verified offline (protocol/bundle.md).
 *
 * A bundle brings signature, public key, attestation document, ledger entry, inclusion proof and checkpoint. Nothing in
 * it is trusted: the policy, the ledger's keys and the witnesses' keys are pinned by whoever verifies, the payload is
 * in hand, and every fact of the bundle is compared with these or with another fact that is. The document is judged in
 * stored mode, at the time of the ledger entry.
 */
#ifndef CS_CORE_BUNDLE_H
#define CS_CORE_BUNDLE_H

#include "core/attest.h"
#include "core/json.h"
#include "core/note.h"

#define CS_BUNDLE_MEDIA_TYPE "application/vnd.countersign.bundle+json; version=1"

/* What a bundle is written from. Everything is borrowed. */
typedef struct cs_bundle_parts {
    cs_slice signature_id;   /* "sig_…" */
    cs_slice payload_digest; /* "sha256:<hex>", or "<alg>:<hex>" of the pre-hash, as the ledger entry has it */
    bool prehashed;          /* which of the two it is */
    cs_slice key_id;
    cs_slice public_key; /* as text (keytext.h) */
    cs_slice signature, document;
    cs_slice policy_id; /* absent: signed without a policy, the next two mean nothing then */
    int64_t policy_version;
    cs_slice policy;     /* canonical text of that version */
    cs_slice entry;      /* bytes */
    uint64_t index;      /* of its leaf */
    cs_slice proof;      /* concatenated hashes, to the root of `checkpoint` */
    cs_slice checkpoint; /* signed note; witnesses' cosignatures are among its lines */
} cs_bundle_parts;

/* Appends the bundle, JSON without white space. CS_TOO_LARGE above CS_MAX_BUNDLE, CS_BAD_FIELD for a proof that is no
 * list of hashes. */
CS_MUST_CHECK cs_err cs_bundle_write(cs_buf *out, const cs_bundle_parts *parts);

/* -- verifying --------------------------------------------------------------------------------------------------- */

/* A pinned policy with what the service told about it. */
typedef struct cs_pin {
    cs_policy policy;
    uint8_t hash[CS_SHA256_LEN]; /* of its canonical form, computed */
    char id[CS_MAX_ID + 1];      /* empty: not told */
    int64_t version;             /* 0: not told */
} cs_pin;

/* Reads a policy as cs_policy_parse does, and its `id`, `version` and `hash`. CS_POLICY_HASH for a stated hash that is
 * not the policy's own. */
CS_MUST_CHECK cs_err cs_pin_parse(cs_pin *out, cs_fault *fault, cs_slice json, bool allow_mock);
void cs_pin_free(cs_pin *pin); /* twice is fine */

/* A bundle that was read. Free it, whatever was returned. */
typedef struct cs_bundle {
    cs_json *json;
    cs_slice signature_id, key_id;
    cs_pair key; /* the bundle's own public key: algorithm and format say how the payload is to be hashed */
    cs_slice digest_name, payload_digest; /* "payloadSha256" or "payloadPreHash", and its text */
    cs_buf public_key, signature, document, proof;
    cs_slice policy_id; /* absent: signed without a policy */
    int64_t policy_version;
    uint8_t policy_hash[CS_SHA256_LEN]; /* computed from the policy in the bundle */
    cs_slice entry, checkpoint;
    uint64_t index;
} cs_bundle;

/* Reads a bundle strictly; other members than those of version 1 are refused. CS_BUNDLE_FORMAT with the member in
 * `fault` (may be NULL), or CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_bundle_parse(cs_bundle *out, cs_fault *fault, cs_slice text);
void cs_bundle_free(cs_bundle *b);

/* What is in hand and pinned. */
typedef struct cs_bundle_expect {
    const cs_pin *pin;
    bool allow_mock;
    cs_slice payload_sha256;    /* 32 bytes: of the payload in hand */
    cs_message message;         /* the payload as the bundle's key signs it: its bytes, or its pre-hash where that is
                                 * composite (composite.h); both must be of the payload in hand */
    const cs_vkey *ledger_keys; /* none: the checkpoint's signer is not known, and the report says so */
    size_t ledger_key_count;    /* <= CS_MAX_VKEYS */
    const cs_vkey *witness_keys;
    size_t witness_key_count; /* <= CS_MAX_VKEYS */
    const cs_pair *key;       /* NULL, or the key that must have signed */
    cs_slice key_id;          /* likewise; may be absent */
    cs_slice nonce;           /* the nonce that was sent; may be absent */
    cs_purpose purpose;       /* of the key that signed */
} cs_bundle_expect;

/* What was found, as far as the checks got. */
typedef struct cs_bundle_report {
    cs_err reason;          /* CS_OK: fully verified */
    cs_verdict attestation; /* its `reason` is that of the whole */
    bool ledger_pinned;     /* a pinned ledger key signed the checkpoint */
    bool included;          /* the entry is in the tree of the checkpoint */
    char origin[CS_MAX_NOTE_NAME + 1];
    uint64_t seq, tree_size;
    int64_t entry_ms;                   /* time of the entry */
    char witness[CS_MAX_NOTE_NAME + 1]; /* who dates it; empty: nobody */
    int64_t witness_time;               /* seconds */
} cs_bundle_report;

/*
 * Judges a bundle; returns report->reason. Order and reasons:
 *   pinned policy is the bundle's              CS_BUNDLE_POLICY
 *   payload is the one in hand                 CS_BUNDLE_PAYLOAD
 *   signature under the bundle's key           CS_BAD_SIGNATURE (and CS_ATT_KEY_MISMATCH for another key than expected)
 *   entry is of this signature                 CS_BUNDLE_ENTRY; CS_BUNDLE_VIOLATION if it records a violation
 *   entry is the one at that place             CS_BUNDLE_POSITION
 *   inclusion                                  CS_BUNDLE_INCLUSION
 *   checkpoint's signatures                    CS_NOTE_*, CS_NOTE_ORIGIN; of every type that is pinned one must be
 * there witnesses' cosignatures                    CS_BUNDLE_WITNESS if one of a pinned witness does not verify a
 * policy that wants a date                 CS_BUNDLE_NOT_PINNED without a ledger key document, in stored mode CS_ATT_*
 */
CS_MUST_CHECK cs_err cs_bundle_verify(cs_bundle_report *report, const cs_bundle *b, const cs_bundle_expect *e);

/* Appends the verdict of the document (attest.h) with one more member, `ledger`. */
void cs_bundle_report_json(cs_buf *out, const cs_bundle_report *report);

#endif
