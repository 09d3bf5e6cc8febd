/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The equation of an Ed25519 verification, for a public key that verifies often: [S]B = R + [k]A, without the factor 8
 * [RFC 8032 §5.1.7]. Multiples of B and of -A are computed once; a verification then only adds some of them up.
 *
 * All that comes in is public and no time is constant. Whoever calls decides about hashing and about keys and
 * signatures that are not in their one form; for crypto_ed25519.c alone.
 */
#ifndef CS_CORE_ED25519_H
#define CS_CORE_ED25519_H

#include <stdbool.h>
#include <stdint.h>

#define CS_ED25519_WINDOWS 32 /* of eight bits of a scalar */
#define CS_ED25519_DIGITS 8   /* multiples of each: a digit is within -8 … 8 */

/* An element of the field of 2^255 - 19 in five limbs of 51 bits, which may run over a little (ed25519.c). */
typedef struct cs_ed25519_field {
    uint64_t v[5];
} cs_ed25519_field;

/* A point as additions want it: y + x, y - x, 2dxy. */
typedef struct cs_ed25519_addend {
    cs_ed25519_field sum, difference, product;
} cs_ed25519_addend;

/* [n * 256^i]P for n in 1 … 8: 30 KiB. */
typedef struct cs_ed25519_multiples {
    cs_ed25519_addend of[CS_ED25519_WINDOWS][CS_ED25519_DIGITS];
} cs_ed25519_multiples;

/* The multiples of the base point. */
void cs_ed25519_of_base(cs_ed25519_multiples *out);
/* Those of -A. False for 32 bytes that are no point, or one not in its only form [RFC 8032 §5.1.3]. */
bool cs_ed25519_of_key(cs_ed25519_multiples *out, const uint8_t public_key[32]);

/* Whether `s` is below the group's order. */
bool cs_ed25519_is_scalar(const uint8_t s[32]);
/* Whether [s]B - [k]A is written as the 32 bytes `r`; both scalars are below the group's order. */
bool cs_ed25519_holds(const cs_ed25519_multiples *base, const cs_ed25519_multiples *minus_a, const uint8_t s[32],
                      const uint8_t k[32], const uint8_t r[32]);

#endif
