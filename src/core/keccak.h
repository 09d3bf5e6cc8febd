/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-256 as Ethereum pads it: the sponge of SHA3-256 with the padding that was proposed before the standard, so it
 * is another function than SHA3-256. For public bytes only. */
#ifndef CS_CORE_KECCAK_H
#define CS_CORE_KECCAK_H

#include "core/slice.h"

#define CS_KECCAK256_LEN 32

/* Hashes `head`, then `bytes`; either may be empty. */
void cs_keccak256(uint8_t out[CS_KECCAK256_LEN], cs_slice head, cs_slice bytes);

#endif
