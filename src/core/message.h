/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames between the zones: message types, their members, and the one place where each is written and read
 * (protocol/frames.md). Both peers use these functions, so a frame has one definition.
 *
 * A frame is u32be(length) ‖ JSON, length 1..CS_MAX_FRAME. Every request gets exactly one reply: the reply of its
 * type, or an Error frame. Strings and bytes are borrowed from the parsed frame.
 */
#ifndef CS_CORE_MESSAGE_H
#define CS_CORE_MESSAGE_H

#include "core/balance.h"
#include "core/composite.h"
#include "core/framing.h"
#include "core/limits.h"

typedef enum cs_message_type {
    CS_MSG_BOOT,         /* who are you: vendor, measurement, root, epoch, boot attestation */
    CS_MSG_GENERATE_KEY, /* make and seal a key */
    CS_MSG_SIGN,         /* the attested sign step */
    CS_MSG_SIGN_GROUP,   /* the same for several requests, each by itself */
    CS_MSG_FORGET,       /* drop a cached opened key */
    CS_MSG_LEDGER_SIGN,  /* sign the next checkpoint of a ledger */
    CS_MSG_CALLER_KEY,   /* make an ML-DSA key pair for a caller, who gets the private key; nothing of it is kept */
    CS_MSG_SEAL_SECRET,  /* seal a secret of the settings; the agent answers it, the enclave never sees it */
    CS_MSG_PQ_GENERATE,  /* PQ Signer door: make a key whose data key a KMS releases */
    CS_MSG_PQ_SIGN,      /* PQ Signer door: sign with such a key */
    CS_MSG_COUNT
} cs_message_type;

/* "Boot", "GenerateKey", "Sign", … */
const char *cs_message_type_name(cs_message_type t);
/* Longest JSON of a request of this type; agent and enclave close the connection above it. */
size_t cs_message_limit(cs_message_type t);

/* Where a part of a key is to lie that is not the enclave's: under a key of the provider that exists, or, where only a
 * region is named, under a new one. All absent: it is the enclave's. */
typedef struct cs_place {
    cs_slice provider, key_id, region;
} cs_place;

typedef struct cs_request {
    cs_message_type type;
    cs_err err; /* of an item of a SignGroup that was read: what is wrong with it; the others are not concerned */
    /* GenerateKey, Sign, PqGenerateKey and PqSign: what the gateway believes the key to be. The enclave checks it
     * against the sealed record and attests only what the record says. */
    cs_slice org, key_id;
    /* GenerateKey */
    const cs_alg *alg;
    cs_format format;
    bool expanded; /* CallerKey, with `alg`, which is pure ML-DSA: the FIPS 204 secret key is wanted, not the seed */
    bool request_attestation; /* PqSign */
    cs_slice purpose;         /* "sign" | "hybrid" */
    cs_place kek;             /* whose key wraps the data key; always one that exists */
    cs_place trad, pq;
    /* Sign */
    cs_slice sealed;    /* sealed key record */
    cs_message message; /* payload or pre-hash */
    cs_slice policy_id; /* optional */
    /* GenerateKey, Sign and Boot: caller's nonce, 8..64 bytes, or absent */
    cs_slice nonce;
    /* Boot: the n-th of the agent's enclaves, 1..CS_BALANCE_MAX; 0: any. For the agent, which passes it on without. */
    int64_t enclave;
    /* Forget */
    cs_slice record_sha256; /* 32 bytes */
    /* LedgerSign; `org` is the realm */
    cs_slice origin;   /* first line of the note */
    cs_slice old_note; /* the last note that the caller has; absent: none */
    uint64_t new_size; /* 1..2^53 - 1 */
    cs_slice new_root; /* 32 bytes */
    cs_slice proof;    /* from the old size to the new one, concatenated hashes; may be empty */
    /* SealSecret; with `org` and `name` */
    cs_slice name;
    cs_slice secret; /* 1..CS_SECRET_CAP bytes */
    /* PqGenerateKey: with `alg`, which is pure ML-DSA. PqSign: with `alg`, `sealed` and `message`, which has at most
     * CS_MAX_PQ_MESSAGE bytes and no pre-hash. */
    cs_slice user_id; /* 1..CS_MAX_USER_ID bytes */
    cs_slice kms_key; /* ARN */
    /* SignGroup: 1..CS_MAX_SIGN_GROUP requests of type Sign */
    const struct cs_request *items;
    size_t item_count;
} cs_request;

typedef struct cs_reply {
    cs_message_type type;
    /* Boot, GenerateKey, Sign: the attestation document, ASCII */
    cs_slice document;
    /* Boot */
    cs_slice vendor, evidence, image_hash, enclave_version, epoch;
    cs_slice match_rules;    /* JSON text: of a policy that this enclave satisfies and no other */
    cs_slice ledger_ed25519; /* public keys of the ledger: 32 … */
    cs_slice ledger_mldsa44; /* … and 1,312 bytes */
    cs_slice mldsa_engine;   /* who computes ML-DSA now: "native/avx512", "openssl"; [a-z0-9/] */
    int64_t disagreements;   /* of the two engines in this epoch */
    /* GenerateKey; SealSecret: `sealed` alone */
    cs_slice sealed, public_key, key_release;
    /* Sign */
    cs_slice signature;
    int64_t counter;
    /* CallerKey; with `public_key` */
    cs_slice private_key; /* seed or FIPS 204 secret key */
    /* LedgerSign */
    cs_slice note; /* body, Ed25519 line, ML-DSA-44 line */
    uint64_t size; /* of the tree that the note is about */
    bool stale;    /* it is not the one that was asked for: this epoch has signed a later one than old_note says */
    /* PqGenerateKey; with `sealed`, `public_key`, `key_release` and `enclave_version`. PqSign: with `signature` and
     * `public_key`. */
    cs_slice attestation;  /* Nitro document; absent in a reply to PqSign for which none was wanted */
    cs_slice wrapped;      /* data key as the KMS wrapped it; it is in `sealed`, too */
    int64_t created_at_ms; /* as the attestation says */
    /* SignGroup: for each request, in their order, its reply of type Sign, or its error in `err` */
    const struct cs_reply *items;
    size_t item_count;
    cs_err err;
} cs_reply;

/* How much of a group's frame a request takes, about: never less. */
size_t cs_request_weight(const cs_request *r);
/* Append the complete frame (length and JSON). A SealSecret frame holds its secret: it is in one piece of memory, which
 * the caller wipes. The reply to CallerKey holds a private key: `out` wipes itself. */
CS_MUST_CHECK cs_err cs_request_write(cs_buf *out, const cs_request *r);
CS_MUST_CHECK cs_err cs_reply_write(cs_buf *out, const cs_reply *r);
/* Read the JSON of one frame. cs_reply_read gives the peer's error if it is an Error frame, CS_FRAME_TYPE if the
 * reply is not of type `expected`. */
CS_MUST_CHECK cs_err cs_request_read(cs_request *r, cs_frame_in *in, cs_slice json);
CS_MUST_CHECK cs_err cs_reply_read(cs_reply *r, cs_frame_in *in, cs_slice json, cs_message_type expected);

/* Reads the type of a request frame without the rest (the agent's frame table). CS_FRAME_TYPE. */
CS_MUST_CHECK cs_err cs_request_type(cs_message_type *type, cs_slice json);

#endif
