/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-512 [FIPS 180-4 §6.4] of eight messages at once with AVX-512: for Ed25519, which hashes what it signs twice. Only
 * lengths decide what is computed, and in which order.
 */
#ifndef CS_CORE_SHA512_LANES_H
#define CS_CORE_SHA512_LANES_H

#include "core/slice.h"

#define CS_SHA512_LANES 8
#define CS_SHA512_BYTES 64
#define CS_SHA512_PARTS 3

/* One message, in parts that may be absent. */
typedef struct cs_sha512_input {
    cs_slice part[CS_SHA512_PARTS];
} cs_sha512_input;

/* Whether this processor can; else the next function gives nothing but zeros. */
bool cs_sha512_lanes_run(void);

/* n <= CS_SHA512_LANES. What it leaves on the stack is the caller's to wipe, if a message is secret. */
void cs_sha512_lanes(uint8_t (*out)[CS_SHA512_BYTES], const cs_sha512_input *in, size_t n);

#endif
