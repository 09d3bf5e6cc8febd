/* SPDX-License-Identifier: Apache-2.0 */
/* The samplers of ML-DSA [FIPS 204 §7.3]. */
#ifndef CS_CORE_MLDSA_SAMPLE_H
#define CS_CORE_MLDSA_SAMPLE_H

#include "core/mldsa/mldsa.h"

/* ExpandA [algorithm 32]: k·l polynomials behind the transform, in the backend's order. `rho` has 32 bytes. */
void cs_sample_matrix(cs_poly *a, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const uint8_t rho[32]);
/* ExpandS [algorithm 33]: s1 (l polynomials) and behind it s2 (k). */
void cs_sample_secrets(cs_poly *s, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const uint8_t *seed);
/* What an attempt's mask is made of. */
typedef struct cs_sample_mask {
    const uint8_t *seed; /* 64 bytes */
    unsigned nonce;      /* of the first polynomial */
} cs_sample_mask;
/* ExpandMask [algorithm 34] for n attempts: n·l polynomials. Whole groups of lanes are written: `y` has room for n·l
 * rounded up to the backend's lanes. */
void cs_sample_masks(cs_poly *y, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const cs_sample_mask *of,
                     unsigned n);
/* SampleInBall [algorithm 29]. */
void cs_sample_challenge(cs_poly *c, const cs_mldsa_set *set, const uint8_t *challenge);

#endif
