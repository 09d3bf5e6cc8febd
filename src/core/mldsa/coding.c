/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mldsa/coding.h"

#include <string.h>

/* Eight coefficients are `bits` bytes: with a constant number of bits all shifts are constants. */
static inline __attribute__((always_inline)) void pack(uint8_t *out, const cs_poly *p, const unsigned bits,
                                                       int32_t offset)
{
    for (int i = 0; i < CS_MLDSA_N; i += 8, out += bits) {
        uint64_t word = 0;
        unsigned have = 0, at = 0;
        UNROLL
        for (int k = 0; k < 8; k++) {
            int32_t v = p->c[i + k];
            word |= (uint64_t)(uint32_t)(offset != 0 ? offset - v : v) << have;
            have += bits;
            if (have >= 32) {
                memcpy(out + at, &word, 4); /* little-endian, as the sponge demands already */
                at += 4;
                have -= 32;
                word >>= 32;
            }
        }
        memcpy(out + at, &word, bits - at);
    }
}

void cs_coding_pack(uint8_t *out, const cs_poly *p, unsigned bits, int32_t offset)
{
    switch (bits) {
    case 3:
        pack(out, p, 3, offset);
        break;
    case 4:
        pack(out, p, 4, offset);
        break;
    case 10:
        pack(out, p, 10, offset);
        break;
    case CS_MLDSA_D:
        pack(out, p, CS_MLDSA_D, offset);
        break;
    case 18:
        pack(out, p, 18, offset);
        break;
    default:
        pack(out, p, 20, offset);
        break;
    }
}

void cs_coding_unpack_t1(cs_poly *p, const uint8_t *in)
{
    for (int i = 0; i < CS_MLDSA_N; i += 4, in += 5) {
        p->c[i] = (in[0] | in[1] << 8) & 0x3ff;
        p->c[i + 1] = (in[1] >> 2 | in[2] << 6) & 0x3ff;
        p->c[i + 2] = (in[2] >> 4 | in[3] << 4) & 0x3ff;
        p->c[i + 3] = (in[3] >> 6 | in[4] << 2) & 0x3ff;
    }
}

void cs_coding_pack_hint(uint8_t *out, const cs_mldsa_set *set, const uint8_t (*hint)[CS_MLDSA_N])
{
    unsigned n = 0;
    memset(out, 0, set->omega + set->k);
    for (unsigned row = 0; row < set->k; row++) {
        for (unsigned i = 0; i < CS_MLDSA_N; i++)
            if (hint[row][i] != 0 && n < set->omega)
                out[n++] = (uint8_t)i;
        out[set->omega + row] = (uint8_t)n;
    }
}

bool cs_coding_unpack_hint(uint8_t (*hint)[CS_MLDSA_N], const cs_mldsa_set *set, const uint8_t *in)
{
    unsigned n = 0;
    memset(hint, 0, (size_t)set->k * CS_MLDSA_N);
    for (unsigned row = 0; row < set->k; row++) {
        unsigned end = in[set->omega + row];
        if (end < n || end > set->omega)
            return false;
        for (unsigned first = n; n < end; n++) {
            if (n > first && in[n - 1] >= in[n])
                return false; /* places rise within a row */
            hint[row][in[n]] = 1;
        }
    }
    for (; n < set->omega; n++)
        if (in[n] != 0)
            return false;
    return true;
}
