/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mldsa/coding.h"

#include <string.h>

void cs_coding_pack(uint8_t *out, const cs_poly *p, unsigned bits, int32_t offset)
{
    uint64_t word = 0;
    unsigned have = 0;
    for (int i = 0; i < CS_MLDSA_N; i++) {
        word |= (uint64_t)(uint32_t)(offset != 0 ? offset - p->c[i] : p->c[i]) << have;
        for (have += bits; have >= 8; have -= 8, word >>= 8)
            *out++ = (uint8_t)word;
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
