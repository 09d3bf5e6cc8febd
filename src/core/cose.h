/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Sign1: one signature over one payload, both inside [RFC 9052 §4.2].
 *
 * Takes apart and puts together; who may sign, and with which algorithm, the caller decides and compares. External
 * authenticated data is always empty. What is signed are the bytes received, never a re-encoding.
 */
#ifndef CS_CORE_COSE_H
#define CS_CORE_COSE_H

#include "core/crypto.h"
#include "core/limits.h"

#define CS_COSE_ES384 (-35) /* ECDSA with SHA-384 [RFC 9053 §2.1] */
#define CS_COSE_TAG 18
#define CS_COSE_ES384_SIG 96 /* r || s */

/* Slices point into the bytes that were parsed. */
typedef struct cs_cose {
    cs_slice protected_header; /* content of its byte string */
    int64_t alg;               /* the one thing that it says */
    cs_slice payload;
    cs_slice signature; /* of any length */
} cs_cose;

/*
 * Takes apart an array of four, bare or under tag 18: a protected header that is exactly {1: algorithm}, an unprotected
 * header that is empty, a payload inside, a signature. An algorithm that stands in the unprotected header is refused
 * with it. Errors: CS_TOO_LARGE above CS_MAX_COSE, CS_BAD_FORMAT, CS_NO_MEMORY; *out is zeroed then.
 */
CS_MUST_CHECK cs_err cs_cose_parse(cs_cose *out, cs_slice bytes);

/* Appends what the signature is made over: ["Signature1", protected header, h'', payload] [RFC 9052 §4.4]. */
void cs_cose_sig_structure(cs_buf *out, const cs_cose *c);

/* Appends the untagged message of `payload` signed under ES384. CS_BAD_PRIVATE_KEY unless `key` is one of P-384. */
CS_MUST_CHECK cs_err cs_cose_sign1(cs_buf *out, cs_slice payload, const cs_key *key);

#endif
