/* SPDX-License-Identifier: Apache-2.0 */
/* SHAKE128 and SHAKE256 [FIPS 202 §6.2]: one sponge, or as many as the backend runs at once. */
#ifndef CS_CORE_MLDSA_SPONGE_H
#define CS_CORE_MLDSA_SPONGE_H

#include "core/mldsa/backend.h"
#include "core/slice.h"

#define CS_SHAKE128_RATE 168
#define CS_SHAKE256_RATE 136

typedef struct cs_sponge {
    uint64_t s[25];
    size_t rate, at; /* bytes of the block that were absorbed or squeezed */
} cs_sponge;

void cs_sponge_open(cs_sponge *p, size_t rate);
void cs_sponge_absorb(cs_sponge *p, cs_slice bytes);
void cs_sponge_finish(cs_sponge *p);
void cs_sponge_squeeze(cs_sponge *p, uint8_t *out, size_t n);

/* Equal lengths in each lane. */
typedef struct cs_sponges {
    const cs_mldsa_backend *backend;
    size_t rate;
    alignas(64) uint64_t s[25 * CS_MLDSA_LANES];
} cs_sponges;

/* Absorbs in[0 … lanes - 1], n bytes each, as whole messages. */
void cs_sponges_open(cs_sponges *p, const cs_mldsa_backend *backend, size_t rate, const uint8_t *const *in, size_t n);
/* Squeezes the next block of each lane: n <= rate bytes to out[lane]. */
void cs_sponges_next(cs_sponges *p, uint8_t *const *out, size_t n);

#endif
