/* SPDX-License-Identifier: Apache-2.0 */
/* The sponge is ML-DSA's (core/mldsa/sponge.h); only the padding is another one. */
#include "core/keccak.h"

#include "core/mldsa/sponge.h"

#define RATE 136       /* 1600 - 2 * 256 bits */
#define FIRST_BIT 0x01 /* of the padding, directly behind the message: no suffix tells domains apart */
#define LAST_BIT 0x80

void cs_keccak256(uint8_t out[CS_KECCAK256_LEN], cs_slice head, cs_slice bytes)
{
    cs_sponge sponge;
    cs_sponge_open(&sponge, RATE);
    cs_sponge_absorb(&sponge, head);
    cs_sponge_absorb(&sponge, bytes);
    uint8_t *s = (uint8_t *)sponge.s;
    s[sponge.at] ^= FIRST_BIT;
    s[RATE - 1] ^= LAST_BIT;
    sponge.at = RATE; /* full: squeezing begins with the permutation */
    cs_sponge_squeeze(&sponge, out, CS_KECCAK256_LEN);
}
