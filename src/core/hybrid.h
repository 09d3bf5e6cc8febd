/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: one message that its owner signed twice, by ECDSA and by ML-DSA (protocol/hybrid.md).
 *
 * Decides how a pair is read, what each half signs, and what the record of a verified pair says. Does not know who may
 * ask, which keys are registered, or who countersigns.
 *
 * ECDSA is on secp256k1; the chain `solana` has Ed25519 in its place, and the members keep their names. ML-DSA is pure
 * with an empty context. Both sign the message itself; ECDSA under a digest scheme, below.
 */
#ifndef CS_CORE_HYBRID_H
#define CS_CORE_HYBRID_H

#include "core/crypto.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/secp256k1.h"

#define CS_HYBRID_PROFILE "countersign/hybrid/v1"
/* What stands in front of a record that is countersigned; the enclave signs such bytes with keys of purpose hybrid
 * alone, and nothing else with these. */
#define CS_HYBRID_PREFIX CS_LIT(CS_HYBRID_PROFILE "\n")

/* What of the message the first half signs. */
typedef enum cs_hybrid_scheme {
    CS_HYBRID_BY_CHAIN,  /* of a request: what the chain has; never a result */
    CS_HYBRID_EIP191,    /* keccak256(19 ‖ "Ethereum Signed Message:\n" ‖ decimal length ‖ message) [EIP-191] */
    CS_HYBRID_KECCAK256, /* keccak256(message) */
    CS_HYBRID_EIP712_DIGEST, /* the message is the 32-byte digest itself [EIP-712] */
    CS_HYBRID_SHA256,        /* sha256(message) */
    CS_HYBRID_SHA256D,       /* sha256(sha256(message)) */
    CS_HYBRID_ED25519,       /* the message, by Ed25519 */
    CS_HYBRID_SCHEME_COUNT
} cs_hybrid_scheme;
/* "eip191", "keccak256", "eip712-digest", "sha256", "sha256d", "ed25519"; "" for CS_HYBRID_BY_CHAIN. */
const char *cs_hybrid_scheme_name(cs_hybrid_scheme s);
/* False for an unknown name. */
CS_MUST_CHECK bool cs_hybrid_scheme_by_name(cs_hybrid_scheme *out, cs_slice name);

typedef struct cs_hybrid_chain {
    const char *name; /* "ethereum", "polygon", "avalanche", "bitcoin", "solana" */
    cs_hybrid_scheme
        schemes[2];   /* tried in this order where the request names none; the second may be BY_CHAIN: none */
    bool has_address; /* signers have an Ethereum address */
} cs_hybrid_chain;
/* NULL for an unknown chain; the default is "ethereum". */
const cs_hybrid_chain *cs_hybrid_chain_find(cs_slice name);

/* "ml-dsa-44", "ml-dsa-65", "ml-dsa-87": the names of this door. CS_PRIM_NONE for any other. */
cs_prim cs_hybrid_algorithm(cs_slice name);
const char *cs_hybrid_algorithm_name(cs_prim prim);

/* Appends the bytes of hex of either case, with or without "0x". CS_BAD_ENCODING (nothing is appended), CS_TOO_LARGE
 * above `max` bytes. */
CS_MUST_CHECK cs_err cs_hybrid_hex(cs_buf *out, cs_slice text, size_t max);
/* Writes "0x" and lower-case hex. */
void cs_hybrid_write_hex(cs_jw *w, const char *name, cs_slice bytes);

/* -- the pair ---------------------------------------------------------------------------------------------------- */

/* A pair as it was read, not verified. Slices are borrowed from `bytes`. Free it, whatever was returned. */
typedef struct cs_hybrid {
    const cs_hybrid_chain *chain;
    cs_hybrid_scheme scheme;          /* that was asked for; CS_HYBRID_BY_CHAIN: none */
    cs_prim algorithm;                /* of the second half */
    cs_slice message;                 /* 0 … CS_MAX_HYBRID_MESSAGE bytes */
    cs_slice ecdsa_signature;         /* any bytes up to CS_MAX_ECDSA_SIGNATURE */
    cs_slice ecdsa_public_key;        /* in the form that was given: 65, 33 or 64 bytes; Ed25519 32 */
    uint8_t signer[CS_SECP256K1_KEY]; /* the same key in its one form: 04 ‖ x ‖ y, or 32 bytes of Ed25519 */
    size_t signer_len;
    cs_slice pqc_signature;  /* any bytes up to CS_MAX_SIGNATURE */
    cs_slice pqc_public_key; /* of the algorithm's length */
    cs_buf bytes;
} cs_hybrid;

/*
 * Reads the members message, ecdsaSignature, ecdsaPublicKey, pqcSignature, pqcPublicKey, algorithm, chain? and
 * ecdsaScheme? of an object that the caller has opened, reads the rest of, and ends. Nothing is verified here.
 * CS_GEN_001: a member is missing, no string, no hex or too long, the chain or scheme is unknown, the scheme is not one
 * of the chain's curve, or a digest that is no 32 bytes. CS_PQC_001: unknown algorithm. CS_PQC_002: one of the two keys
 * is no hex, has another length than keys of its kind, or is no point of secp256k1; of Ed25519, no canonical point of
 * prime order. CS_NO_MEMORY. `fault` (may be NULL) names the member.
 */
CS_MUST_CHECK cs_err cs_hybrid_read(cs_hybrid *out, cs_fault *fault, cs_jobj *o);
void cs_hybrid_free(cs_hybrid *h);

/* What was found. */
typedef struct cs_hybrid_result {
    bool ecdsa_valid, pqc_valid;
    cs_hybrid_scheme scheme;               /* that verified; CS_HYBRID_BY_CHAIN if none did */
    char address[CS_ETHEREUM_ADDRESS + 1]; /* of the signer, on chains that have such; else "" */
} cs_hybrid_result;

/* Verifies both halves, always both. CS_OK if both are good; CS_PQC_004 if one is not; else the library failed. `pqc`
 * is h->pqc_public_key opened before, or NULL. */
CS_MUST_CHECK cs_err cs_hybrid_verify(cs_hybrid_result *out, const cs_hybrid *h, const cs_key *pqc);

/* -- the record -------------------------------------------------------------------------------------------------- */

/* What the server adds to a pair. Everything is borrowed. */
typedef struct cs_hybrid_facts {
    cs_slice id;         /* "att_…" */
    cs_slice pqc_key_id; /* of the registration of pqcPublicKey */
    int64_t created_ms;
    cs_slice metadata; /* JSON text as it was given; absent: none */
} cs_hybrid_facts;

/*
 * Appends the record of a verified pair, RFC 8785 JSON:
 *     {"algorithm","chain","createdAt","ecdsaPublicKey","ecdsaScheme","ecdsaSignatureSha256","id","messageSha256",
 *      "messageSize","metadataSha256"?,"pqcKeyId","pqcPublicKeySha256","pqcSignatureSha256","signerAddress"?}
 * Digests are "sha256:<hex>" of the bytes, the metadata's of its text; ecdsaPublicKey is h->signer in hex. Its SHA-256
 * is what the ledger has. CS_BAD_FIELD if `result` is not that of two good halves or an id is empty or too long.
 */
CS_MUST_CHECK cs_err cs_hybrid_record(cs_buf *out, const cs_hybrid *h, const cs_hybrid_result *result,
                                      const cs_hybrid_facts *facts);

/* Appends what is countersigned: CS_HYBRID_PREFIX ‖ record. */
void cs_hybrid_countersigned(cs_buf *out, cs_slice record);

#endif
