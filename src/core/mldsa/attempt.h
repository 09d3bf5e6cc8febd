/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt at a signature [FIPS 204 algorithm 7, lines 11 to 30]: commitment, challenge, response, hints. */
#ifndef CS_CORE_MLDSA_ATTEMPT_H
#define CS_CORE_MLDSA_ATTEMPT_H

#include "core/mldsa/mldsa.h"

#define CS_MLDSA_HIGH_BYTES 1024 /* packed w1 of ML-DSA-87, the longest */

/* A commitment and what is needed to try it. */
typedef struct cs_attempt {
    const cs_mldsa_key *key;
    cs_poly *y;                                           /* l */
    cs_poly *high, *low;                                  /* of w: k each */
    uint8_t committed[CS_MLDSA_MU + CS_MLDSA_HIGH_BYTES]; /* mu, put there by the caller, and w1 */
    uint8_t challenge[CS_MLDSA_MAX_CHALLENGE];
} cs_attempt;

/* Where attempts are worked on, one after the other. */
typedef struct cs_attempt_room {
    uint8_t hint[CS_MLDSA_MAX_K][CS_MLDSA_N];
    cs_poly *z, *c, *t; /* l; one; one */
} cs_attempt_room;

/* From y to high, low and w1. */
void cs_attempt_commit(cs_attempt *a, cs_attempt_room *room);
/* The challenges of n attempts of one parameter set and backend, n at most its lanes. */
void cs_attempt_challenge(cs_attempt *a, unsigned n);
/* True if the attempt passes all checks: `sig` is written then. */
bool cs_attempt_try(uint8_t *sig, cs_attempt *a, cs_attempt_room *room);

#endif
