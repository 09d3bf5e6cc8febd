/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Birth attestations of the PQ Signer door (protocol/pq-birth.md): what a Nitro document says of a key that was born.
 *
 * A document commits in its user_data to the key pair, the data key that wraps it, whose it is, the KMS key, the
 * algorithm and the time. Decides these bytes and reads them strictly: one birth has one text. Who signed the document
 * is judged in birth_verify.h.
 *
 *   "CSB1" || SHA-256(public key) || SHA-256(wrapped data key) || u16be length || user_id || u16be length || KMS key
 * ARN
 *          || u8 length || algorithm || u64be milliseconds since 1970
 *
 * and, where that is longer than CS_BIRTH_USER_DATA, "CSH1" || SHA-256(of the above) in its place, never otherwise.
 */
#ifndef CS_CORE_BIRTH_H
#define CS_CORE_BIRTH_H

#include "core/crypto.h"
#include "core/limits.h"

#define CS_BIRTH_USER_DATA 512 /* bytes that AWS's own text allows for user_data */
#define CS_BIRTH_HASHED 36     /* "CSH1", SHA-256 */

/* A birth as its key record has it; slices are borrowed. */
typedef struct cs_birth {
    cs_prim alg;           /* CS_MLDSA44, CS_MLDSA65 or CS_MLDSA87 */
    cs_slice user_id;      /* UTF-8, 1 to CS_MAX_USER_ID bytes */
    cs_slice public_key;   /* FIPS 204, of the algorithm's length */
    cs_slice wrapped_dk;   /* the data key as the KMS wrapped it, 1 to CS_MAX_WRAPPED_DK bytes */
    cs_slice kms_key_arn;  /* printable ASCII, 1 to CS_MAX_KMS_KEY bytes */
    int64_t created_at_ms; /* since 1970, 1 to CS_MAX_BIRTH_MS */
} cs_birth;

/* "ML-DSA-44" … as the door names them; CS_PRIM_NONE for any other text. */
cs_prim cs_birth_alg(cs_slice name);

/* CS_OK if every member is within its bounds; else CS_UNKNOWN_ALGORITHM, CS_BAD_PUBLIC_KEY or CS_BAD_FIELD, and the
 * member's name as key-record.json has it in `fault` (may be NULL). */
CS_MUST_CHECK cs_err cs_birth_check(cs_fault *fault, const cs_birth *birth);

/* Appends user_data, at most CS_BIRTH_USER_DATA bytes. The errors of cs_birth_check, CS_CRYPTO. */
CS_MUST_CHECK cs_err cs_birth_user_data(cs_buf *out, const cs_birth *birth);

/* What user_data says. Slices point into it; of the hashed form there is nothing but `hash`. */
typedef struct cs_birth_claims {
    cs_slice hash;              /* 32 bytes; absent where the members follow */
    cs_slice public_key_sha256; /* 32 bytes */
    cs_slice wrapped_dk_sha256; /* 32 bytes */
    cs_slice user_id;
    cs_slice kms_key_arn;
    cs_prim alg;
    int64_t created_at_ms;
} cs_birth_claims;

/* Takes user_data apart; CS_BIRTH_FORMAT for anything that the builder could not have made. */
CS_MUST_CHECK cs_err cs_birth_read(cs_birth_claims *out, cs_slice user_data);

/*
 * Compares user_data with the birth that it should be of, member by member:
 *   CS_BIRTH_FORMAT       not a commitment; or hashed although it need not be, or the reverse
 *   CS_BIRTH_PUBLIC_KEY, CS_BIRTH_WRAPPED_DK, CS_BIRTH_USER, CS_BIRTH_KMS_KEY, CS_BIRTH_ALGORITHM, CS_BIRTH_CREATED
 *                         the first member that differs
 *   CS_BIRTH_HASH         the hashed form, and anything of it differs
 * and the errors of cs_birth_check for a birth that is none.
 */
CS_MUST_CHECK cs_err cs_birth_compare(cs_slice user_data, const cs_birth *birth);

/* What else an enclave says when a key is born. It passes the agent, so the document's nonce commits to it. */
typedef struct cs_birth_rest {
    cs_slice enclave_version, key_release; /* up to CS_MAX_ID bytes */
    cs_slice sealed;                       /* the sealed key record, up to CS_MAX_SEALED bytes */
} cs_birth_rest;

/* The nonce of the document: SHA-256("CSN1" ‖ lp16(enclave_version) ‖ lp16(key_release) ‖ sealed). CS_TOO_LARGE. */
CS_MUST_CHECK cs_err cs_birth_nonce(cs_digest *out, const cs_birth_rest *rest);

#endif
