/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings of ML-DSA [FIPS 204 §7.1, §7.2]. */
#ifndef CS_CORE_MLDSA_CODING_H
#define CS_CORE_MLDSA_CODING_H

#include "core/mldsa/mldsa.h"

/* SimpleBitPack and BitPack [algorithms 16 and 17]: each writes offset - c[i] (or c[i], with `offset` 0 meaning just
 * that) in `bits` = 3, 4, 10, 13, 18 or 20 bits, 32·bits bytes in all. Values are in range already. Secret. */
void cs_coding_pack(uint8_t *out, const cs_poly *p, unsigned bits, int32_t offset);
/* The way back for t1: 10 bits [algorithm 18]. */
void cs_coding_unpack_t1(cs_poly *p, const uint8_t *in);

/* HintBitPack [algorithm 20]: `hint` is k times 256 bytes of 0 or 1 with at most omega 1's; writes omega + k bytes. */
void cs_coding_pack_hint(uint8_t *out, const cs_mldsa_set *set, const uint8_t (*hint)[CS_MLDSA_N]);
/* HintBitUnpack [algorithm 21]; false for every encoding that packing does not make. */
CS_MUST_CHECK bool cs_coding_unpack_hint(uint8_t (*hint)[CS_MLDSA_N], const cs_mldsa_set *set, const uint8_t *in);

#endif
