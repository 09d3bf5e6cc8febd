/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and verifying with both halves: the composite construction and the two separable formats.
 *
 * Decides what each half signs and how the halves are joined. A signature verifies only if both halves do; which one
 * failed is reported to the caller for its own log and must not be told to an attacker [LAMPS composite §10].
 */
#ifndef CS_CORE_COMPOSITE_H
#define CS_CORE_COMPOSITE_H

#include "core/alg.h"
#include "core/limits.h"

/* "CompositeAlgorithmSignatures2025" [LAMPS composite §2.2] */
extern const cs_slice cs_composite_prefix;

/* An opened key: both halves. Private (signs) or public (verifies); usable from several threads at once. */
typedef struct cs_pair {
    const cs_alg *alg;
    cs_format format;
    cs_key *pq;
    cs_key *trad; /* NULL for pure */
} cs_pair;

/* What is signed: the bytes, or (composite only) their pre-hash made by the caller. */
typedef struct cs_message {
    cs_slice bytes;
    cs_hash_id ph;    /* CS_HASH_NONE: `bytes` is the message; else `bytes` is its digest under this hash */
    cs_slice context; /* application context, 0..255 bytes; absent or empty in the service */
} cs_message;

/* LAMPS private key serialization: seed(32) ‖ Ed25519 raw | Ed448 raw | ECPrivateKey DER without public key
 * [LAMPS composite §4]; for pure ML-DSA the seed. */
CS_MUST_CHECK cs_err cs_pair_generate(cs_secret *serialized, const cs_alg *alg);
CS_MUST_CHECK cs_err cs_pair_open_private(cs_pair *out, const cs_alg *alg, cs_format format, cs_slice serialized);
/* From mldsaPK ‖ tradPK. CS_BAD_PUBLIC_KEY, CS_FORMAT_NOT_OFFERED. */
CS_MUST_CHECK cs_err cs_pair_open_public(cs_pair *out, const cs_alg *alg, cs_format format, cs_slice public_bytes);
void cs_pair_close(cs_pair *k);

/* A half that lies elsewhere is public here: its signatures come from where it lies. */
typedef struct cs_away {
    cs_slice pq, trad; /* public bytes of such a half; absent: the half is here */
} cs_away;
/* Private bytes of the halves that are here, as cs_pair_generate gives them; empty if there are none. */
CS_MUST_CHECK cs_err cs_pair_generate_here(cs_secret *serialized, const cs_alg *alg, const cs_away *away);
/* The errors of cs_pair_open_private and cs_pair_open_public. */
CS_MUST_CHECK cs_err cs_pair_open_here(cs_pair *out, const cs_alg *alg, cs_format format, cs_slice serialized,
                                       const cs_away *away);
/* The memory that the opened halves take (cs_key_bytes). */
size_t cs_pair_bytes(const cs_pair *k);
/* Appends mldsaPK ‖ tradPK. */
void cs_pair_public(cs_buf *out, const cs_pair *k);

/* Appends M' = prefix ‖ label ‖ len(ctx) ‖ ctx ‖ PH(message) [LAMPS composite §2.2].
 * CS_BAD_CONTEXT, CS_PREHASH_ALGORITHM (a pre-hash that is not the algorithm's own or has another length). */
CS_MUST_CHECK cs_err cs_composite_message(cs_buf *mprime, const cs_alg *alg, const cs_message *m);

/* What the two halves of a key sign in its format, and under which ML-DSA context. */
typedef struct cs_pair_input {
    cs_slice message;
    cs_mldsa_options mldsa;
    uint8_t mprime[CS_MAX_MPRIME];
} cs_pair_input;

/* What both halves are to sign; `out` refers to itself and to the message. The errors of cs_pair_sign, before anything
 * is signed. */
CS_MUST_CHECK cs_err cs_pair_prepare(cs_pair_input *out, const cs_pair *k, const cs_message *m);
/* What an ML-DSA half that takes no more than 64 bytes signs in its place [FIPS 204 §6.2, algorithm 7 line 6]. */
CS_MUST_CHECK cs_err cs_pair_mu(cs_digest *mu, const cs_pair *k, const cs_pair_input *in);
/* Appends the signature that the halves' signatures make, each as cs_key_sign gives it; nothing is verified. */
CS_MUST_CHECK cs_err cs_pair_join(cs_buf *sig, const cs_pair *k, cs_slice pq, cs_slice trad);

/* A signature among others: what cs_pair_sign does, in memory of the caller's. */
typedef struct cs_pair_job {
    const cs_pair *pair;
    const cs_message *message;
    cs_buf *sig; /* appended to */
    cs_err err;  /* out; going in, anything but CS_OK leaves this one out */
    /* its own */
    cs_pair_input input;
    uint8_t pq[CS_MAX_SIGNATURE], trad[128];
} cs_pair_job;
/* cs_pair_sign for up to CS_SIGN_TOGETHER at once, in less time than one after the other. */
void cs_pair_sign_many(cs_pair_job *const *jobs, size_t n);

/* Appends the signature in the key's format. ML-DSA is hedged.
 * CS_PREHASH_NOT_OFFERED, CS_PREHASH_ALGORITHM, CS_BAD_CONTEXT (a context with a format that has none),
 * CS_RESERVED_PREFIX (a payload that begins with the composite prefix under pure, concat, envelope). */
CS_MUST_CHECK cs_err cs_pair_sign(cs_buf *sig, const cs_pair *k, const cs_message *m);

/* CS_OK only if both halves verify. The details are for logs and for `classicalOk`, `pqOk` of the owner's answer;
 * both halves are always evaluated when the shape allows it. pq_ok is pure ML-DSA's verdict, trad_ok true there. */
typedef struct cs_halves {
    bool pq_ok;
    bool trad_ok;
} cs_halves;
CS_MUST_CHECK cs_err cs_pair_verify(cs_halves *halves /* may be NULL */, const cs_pair *k, const cs_message *m,
                                    cs_slice sig);

#endif
