/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight sums of multiples at once, for processors with AVX-512 IFMA; for crypto_ed25519.c alone. What each lane gives
 * is what ed25519.h would. Elsewhere ed25519_lanes_any.c stands here, and says that it does not run.
 */
#ifndef CS_CORE_ED25519_LANES_H
#define CS_CORE_ED25519_LANES_H

#include "core/ed25519.h"
#include "core/secret.h"

#define CS_ED25519_LANES 8

bool cs_ed25519_lanes_run(void);

/* Writes [s]B - [k]A of each lane. All of it is public. Scalars are below the group's order. */
void cs_ed25519_lanes_sum(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                          const cs_ed25519_multiples *const minus_a[CS_ED25519_LANES],
                          const uint8_t s[CS_ED25519_LANES][32], const uint8_t k[CS_ED25519_LANES][32]);

/* Writes [s]B of each lane. The scalars are secret, below 2^255: neither branches nor addresses depend on them. */
void cs_ed25519_lanes_multiply(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                               const uint8_t s[CS_ED25519_LANES][32]);

#endif
