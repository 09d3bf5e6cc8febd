/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ML-DSA [FIPS 204], our own: keys that stay expanded, signing and verifying with them.
 *
 * An opened key holds what every operation would otherwise compute anew: the matrix A, and s1, s2, t0 (or t1) behind
 * the transform. It takes about 36, 56 or 90 KiB (a public one 23, 39 or 67) and is one block of memory that the caller
 * provides, aligned to 64 bytes, locks and wipes. Nothing here allocates, and everything secret on the stack is wiped.
 *
 * Time depends on the seed and on what is signed in the one way that FIPS 204 allows: how many attempts a signature
 * takes, which check ended an attempt, and how many candidates the samplers refuse.
 */
#ifndef CS_CORE_MLDSA_MLDSA_H
#define CS_CORE_MLDSA_MLDSA_H

#include "core/err.h"
#include "core/mldsa/backend.h"
#include "core/slice.h"

#define CS_MLDSA_SEED 32
#define CS_MLDSA_RND 32
#define CS_MLDSA_MU 64
#define CS_MLDSA_MAX_K 8
#define CS_MLDSA_MAX_L 7
#define CS_MLDSA_MAX_OMEGA 80
#define CS_MLDSA_MAX_PUBLIC 2592
#define CS_MLDSA_MAX_SIG 4627
#define CS_MLDSA_MAX_CHALLENGE 64 /* bytes of c~ */

/* A parameter set [FIPS 204 tables 1 and 2]. */
typedef struct cs_mldsa_set {
    const char *name;                             /* "ML-DSA-65" */
    unsigned k, l;                                /* rows and columns of A */
    int32_t eta;                                  /* coefficients of s1 and s2 are within ±eta */
    unsigned tau;                                 /* ±1's of the challenge */
    int32_t beta;                                 /* tau·eta */
    unsigned mask_bits;                           /* gamma1 = 2^(mask_bits - 1) */
    int32_t gamma2;                               /* (q - 1)/88 or (q - 1)/32 */
    unsigned high_bits;                           /* of a coefficient of w1: 6 or 4 */
    unsigned omega;                               /* most 1's of a hint */
    size_t challenge;                             /* bytes of c~ */
    size_t public_bytes, secret_bytes, sig_bytes; /* encoded, the secret one expanded */
} cs_mldsa_set;

extern const cs_mldsa_set cs_mldsa_44, cs_mldsa_65, cs_mldsa_87;

/* An opened key. What follows the struct in memory: A (k·l), then for a private key s1 (l), s2 (k), t0 (k), for a
 * public one -t1·2^13 (k); all behind the transform, in the backend's order. */
typedef struct cs_mldsa_key {
    const cs_mldsa_set *set;
    const cs_mldsa_backend *backend;
    bool is_private;
    uint8_t secret_k[32]; /* K: what hedges the mask; zeros in a public key */
    uint8_t tr[64];       /* SHAKE256(public key) */
    uint8_t public_key[CS_MLDSA_MAX_PUBLIC];
    cs_poly polys[];
} cs_mldsa_key;

/* Bytes of an opened key. */
size_t cs_mldsa_key_bytes(const cs_mldsa_set *set, bool is_private);

/* KeyGen_internal [FIPS 204 algorithm 6]: opens the private key of a seed of CS_MLDSA_SEED bytes; `key` has
 * cs_mldsa_key_bytes(set, true). */
void cs_mldsa_open_private(cs_mldsa_key *key, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                           const uint8_t *seed);
/* Opens a public key of set->public_bytes bytes; each such string is one. `key` has cs_mldsa_key_bytes(set, false). */
void cs_mldsa_open_public(cs_mldsa_key *key, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                          const uint8_t *public_key);
/* skEncode [algorithm 24] of the key of a seed, set->secret_bytes long: for comparison with an imported one. */
void cs_mldsa_secret_key(uint8_t *out, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const uint8_t *seed);

/* mu = SHAKE256(tr ‖ 00 ‖ |context| ‖ context ‖ message) [algorithm 2 and 7]; the context has at most 255 bytes. */
void cs_mldsa_mu(uint8_t mu[CS_MLDSA_MU], const cs_mldsa_key *key, cs_slice context, cs_slice message);
/* mu of the internal interface: the message is M' [algorithm 7]. */
void cs_mldsa_mu_internal(uint8_t mu[CS_MLDSA_MU], const cs_mldsa_key *key, cs_slice message);

/* Sign_internal from mu on; `rnd` is fresh randomness, or zeros for the deterministic variant. Writes set->sig_bytes.
 * CS_CRYPTO after more attempts than chance allows [appendix C]; `sig` is zeros then. */
CS_MUST_CHECK cs_err cs_mldsa_sign(uint8_t *sig, const cs_mldsa_key *key, const uint8_t mu[CS_MLDSA_MU],
                                   const uint8_t rnd[CS_MLDSA_RND]);

/* Verify_internal from mu on [algorithm 8]. CS_OK or CS_BAD_SIGNATURE. */
CS_MUST_CHECK cs_err cs_mldsa_verify(const cs_mldsa_key *key, const uint8_t mu[CS_MLDSA_MU], cs_slice sig);

#endif
