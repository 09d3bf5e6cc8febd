/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation documents: making the signing input, and judging a document (protocol/attestation.md).
 *
 * The verifier takes the acceptable header, root and measurements from the policy only. CS_OK means that every check
 * passed; each failure has its own reason code, and the checks run in the documented order.
 */
#ifndef CS_CORE_ATTEST_H
#define CS_CORE_ATTEST_H

#include "core/composite.h"
#include "core/json.h"
#include "core/policy.h"
#include "core/vendor.h"

#define CS_ATTEST_PROFILE "countersign/attestation/v1"
/* The one header of mock documents: these two members and no other. */
#define CS_ATTEST_MOCK_ALG "EdDSA"
#define CS_ATTEST_MOCK_TYP "PostQ-Attestation-Mock"
#define CS_ATTEST_MOCK_HEADER "{\"alg\":\"" CS_ATTEST_MOCK_ALG "\",\"typ\":\"" CS_ATTEST_MOCK_TYP "\"}"

typedef enum cs_attest_kind { CS_ATTEST_SIGN, CS_ATTEST_BIRTH, CS_ATTEST_BOOT } cs_attest_kind;
const char *cs_attest_kind_name(cs_attest_kind k);

/* What the attested key is for. A key of purpose hybrid signs what Hybrid Attest countersigns, and nothing for clients.
 * CS_PURPOSE_ANY only as an expectation. */
typedef enum cs_purpose { CS_PURPOSE_SIGN, CS_PURPOSE_HYBRID, CS_PURPOSE_ANY } cs_purpose;
/* "sign", "hybrid", "any". */
const char *cs_attest_purpose_name(cs_purpose p);
/* False for an unknown name, and for "any". */
CS_MUST_CHECK bool cs_attest_purpose_by_name(cs_purpose *out, cs_slice name);

/* The facts of a document. Slices are borrowed; absent where a kind has no such claim. */
typedef struct cs_claims {
    cs_attest_kind kind;
    cs_vendor vendor;
    cs_slice image_hash; /* "sha256:<hex>" or "sha384:<hex>" */
    cs_slice epoch;      /* 32 hex digits */
    int64_t counter;     /* from 1, per epoch */
    int64_t key_counter; /* from 1, per key and epoch; 0 for boot */
    cs_slice nonce;      /* raw bytes, 8..64 */
    int64_t iat;         /* seconds since 1970 */
    cs_slice enclave_version;
    /* sign and birth */
    cs_slice key_id, algorithm, signature_format;
    cs_slice purpose;           /* "sign" or "hybrid" */
    cs_slice public_key_sha256; /* 32 raw bytes: hash of mldsaPK ‖ tradPK */
    /* sign */
    cs_slice payload_sha256; /* 32 raw bytes, or absent: then the pre-hash */
    cs_hash_id prehash_alg;  /* CS_HASH_NONE if payload_sha256 is present */
    cs_slice prehash;
    cs_slice sig_sha256; /* 32 raw bytes */
    cs_slice policy_id;  /* optional, as told */
    /* birth */
    cs_slice sealed_sha256;
    cs_slice key_release;
    /* boot: public keys of the ledger, 32 and 1,312 bytes; both or neither */
    cs_slice ledger_ed25519, ledger_mldsa44;
    /* mock only, information */
    cs_slice root_public_key; /* raw 32 bytes */
} cs_claims;

/* -- what hardware evidence commits to (protocol/attestation.md §1) ------------------------------------------------ */

#define CS_ATTEST_OPERATION_TYP "countersign-operation"
#define CS_ATTEST_SESSION_ALG "EdDSA"
#define CS_ATTEST_SESSION_TYP "countersign-session"
#define CS_ATTEST_EPOCH 32 /* hex digits */

/* Appends "CSO1" ‖ SHA-256(SI): the commitment of evidence that is made for one operation. */
CS_MUST_CHECK cs_err cs_attest_commitment(cs_buf *out, cs_slice si);
/* Appends "CSS1" ‖ SHA-256(SPKI ‖ epoch), the epoch as its 32 hex digits: the commitment of evidence for a session key.
 * CS_BAD_FIELD for an SPKI that has not 44 bytes, or an epoch that has not 32. */
CS_MUST_CHECK cs_err cs_attest_session_commitment(cs_buf *out, cs_slice spki, cs_slice epoch);

/* Appends the header of a document with evidence of its own: `alg` is the vendor's (cs_vendor_ops). */
void cs_attest_operation_header(cs_buf *out, const char *alg);
/* Appends the header of a document that a session key signs; `evidence` is the vendor's proof for that key. */
void cs_attest_session_header(cs_buf *out, cs_slice evidence, cs_slice spki, cs_slice epoch);

/* -- making -------------------------------------------------------------------------------------------------------- */

/* Who gives a document its header and its third part. */
typedef struct cs_prover {
    cs_slice header; /* JSON, as it will stand in the document */
    /* Appends the proof over the signing input `si`. */
    cs_err (*prove)(void *context, cs_buf *proof, cs_slice si);
    void *context;
    const cs_key *key; /* NULL, or the proof is this key's signature over SI, and `prove` is not asked */
} cs_prover;

/* Appends the signing input SI = b64u(header) "." b64u(payload) of a document with these claims. CS_BAD_FIELD if a
 * fact that the kind or the vendor needs is absent or has the wrong length. */
CS_MUST_CHECK cs_err cs_attest_input(cs_buf *si, const cs_claims *claims, cs_slice header);
/* Appends SI "." b64u(proof). Errors of cs_attest_input and of the prover; nothing is appended then. */
CS_MUST_CHECK cs_err cs_attest_document(cs_buf *doc, const cs_claims *claims, const cs_prover *prover);
/* Several documents at once; each ends by itself. n <= CS_SIGN_TOGETHER. */
typedef struct cs_attest_job {
    cs_buf *doc;
    const cs_claims *claims;
    const cs_prover *prover;
    cs_err err; /* out; going in, anything but CS_OK leaves this one out */
} cs_attest_job;
void cs_attest_documents(cs_attest_job *jobs, size_t n);
/* A document of vendor mock, whose proof is the root's Ed25519 signature over SI. It names that root's public key;
 * `claims->root_public_key` is not read. */
CS_MUST_CHECK cs_err cs_attest_mock_document(cs_buf *doc, const cs_claims *claims, cs_key *root);

typedef enum cs_clock_mode { CS_CLOCK_LIVE, CS_CLOCK_STORED } cs_clock_mode;

/* What the verifier expects. Absent slices and NULL pointers: not checked, except where said. */
typedef struct cs_expect {
    cs_attest_kind kind;
    bool allow_mock; /* false: production; vendor mock and roots that are not the vendor's own are refused */
    cs_clock_mode clock;
    int64_t now;             /* seconds: live evaluation time */
    int64_t entry_time;      /* stored: time of the ledger entry */
    bool dated;              /* stored: a pinned witness dates the entry */
    cs_slice nonce;          /* the caller's nonce */
    cs_slice payload_sha256; /* 32 raw bytes: hash of the payload in hand */
    /* digests of the payload in hand for documents that carry a pre-hash; absent: such a document is refused */
    cs_hash_id prehash_alg;
    cs_slice prehash;
    cs_slice signature;        /* the complete signature bytes; they or their hash are required for kind sign */
    cs_slice signature_sha256; /* instead of them, of who has hashed exactly those bytes: 32 bytes */
    cs_slice key_id;
    const cs_alg *alg;
    const cs_format *format;
    cs_slice public_key;        /* mldsaPK ‖ tradPK */
    cs_slice public_key_sha256; /* instead of it */
    cs_purpose purpose;         /* of the key, for kinds sign and birth: sign, unless another is asked for */
    cs_chain_cache *chains;     /* of who verifies often; NULL: certificate chains are verified anew */
} cs_expect;

/* What was found. Filled as far as the checks got; `claims` only from a document whose proof verified. */
typedef struct cs_verdict {
    cs_err reason; /* CS_OK: fully verified */
    cs_vendor vendor;
    cs_evidence evidence;
    bool raw;         /* of a vendor's evidence alone (evidence.h): no claims, no counter */
    bool hardware;    /* true only for vendor roots that are compiled in */
    bool development; /* the policy pins a root for development */
    bool stored;      /* evaluated in stored mode */
    bool witnessed;   /* datedBy: witness */
    char image_hash[CS_MAX_MEASUREMENT + 1];
    int64_t counter;
    int64_t key_counter;
    int64_t iat;
    char epoch[33];
    char key_id[CS_MAX_ID + 1];
    /* Of the pinned root: mock, its SPKI DER; hardware, its certificate's DER, or the canonical JWK set. All zero until
     * evidence is proven, where the policy leaves the choice among roots that are compiled in. */
    uint8_t root_sha256[CS_SHA256_LEN];
    int64_t evidence_time; /* hardware: seconds, of the vendor; -1: none, or nothing is proven */
    const char *note;      /* a static sentence on what was not judged, or NULL */
    bool proven;           /* the proof verified: the claims may be shown, as far as they are filled */
    cs_attest_kind kind;
    const cs_alg *alg; /* NULL where there is none */
    cs_format format;
    cs_purpose purpose;
    char enclave_version[CS_MAX_ID + 1];
    bool ledger_keys; /* of a boot document that names them */
    uint8_t ledger_ed25519[CS_ED25519_PUBLIC];
    uint8_t ledger_mldsa44[CS_MLDSA44_PUBLIC];
} cs_verdict;

/*
 * Judges `doc` (the ASCII document, not its base64) under `policy` for `expect`. Returns verdict->reason.
 * Order: development root, size, shape, strict JSON, vendor and header, proof, profile and kind, claims, image and
 * what else the policy allows, session, freshness, payload, signature, key.
 * Stored: the vendor's certificates and tokens are judged at the vendor's time in the evidence, ages at entry_time.
 * A document of kind sign verifies only against the payload it names (its hash, or the pre-hash if the document carries
 * that) and against `expect->signature` or its hash: both absent is a mismatch, not a check left out.
 */
CS_MUST_CHECK cs_err cs_attest_verify(cs_verdict *verdict, cs_slice doc, const cs_policy *policy,
                                      const cs_expect *expect);

/* The verdict before anything was judged: what follows from policy and expectation, reason CS_INTERNAL. */
CS_MUST_CHECK cs_err cs_verdict_begin(cs_verdict *verdict, const cs_policy *policy, const cs_expect *expect);

/* Appends the verdict as JSON: {ok, reason, vendor, evidence, imageHash, counter, rootSha256, hardware, datedBy?,
 * claims}. The reason of a success is "OK"; imageHash, counter and claims are null unless the proof verified and the
 * claims were read. datedBy only in stored mode; evidenceTime and note, before it, only where there are any. */
void cs_verdict_json(cs_buf *out, const cs_verdict *verdict);
/* What a person must know about the root: "DEVELOPMENT ROOT – NOT HARDWARE", or that pinned keys vouch and no root that
 * is compiled in. NULL for hardware. */
const char *cs_verdict_caution(const cs_verdict *verdict);
/* Its members alone, into an object that goes on. */
void cs_verdict_write(cs_jw *w, const cs_verdict *verdict);

/* Appends the claims of a document, strict JSON as it stands there, without judging anything: for `attest inspect`.
 * The text is untrusted. CS_ATT_TOO_LARGE, CS_ATT_SHAPE, CS_ATT_JSON. */
CS_MUST_CHECK cs_err cs_attest_payload_json(cs_buf *out, cs_slice doc);
/* Appends the header likewise. */
CS_MUST_CHECK cs_err cs_attest_header_json(cs_buf *out, cs_slice doc);
/* Appends the third part, decoded: evidence of the vendor, or a signature. CS_ATT_TOO_LARGE, CS_ATT_SHAPE. */
CS_MUST_CHECK cs_err cs_attest_proof(cs_buf *out, cs_slice doc);

/* Work for documents that this thread will soon verify under these policies (cs_key_verify_ahead); no verdict.
 * n <= CS_SIGN_TOGETHER. */
void cs_attest_verify_ahead(const cs_slice *docs, const cs_policy *const *policies, size_t n);

#endif
