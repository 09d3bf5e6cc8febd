/* SPDX-License-Identifier: Apache-2.0 */
/* For processors that ed25519_lanes.c is not for. */
#include "core/ed25519_lanes.h"

#include <string.h>

bool cs_ed25519_lanes_run(void)
{
    return false;
}

void cs_ed25519_lanes_sum(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                          const cs_ed25519_multiples *const minus_a[CS_ED25519_LANES],
                          const uint8_t s[CS_ED25519_LANES][32], const uint8_t k[CS_ED25519_LANES][32])
{
    (void)base;
    (void)minus_a;
    (void)s;
    (void)k;
    memset(out, 0xff, CS_ED25519_LANES * sizeof *out); /* no point */
}

void cs_ed25519_lanes_multiply(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                               const uint8_t s[CS_ED25519_LANES][32])
{
    (void)base;
    (void)s;
    memset(out, 0xff, CS_ED25519_LANES * sizeof *out);
}
