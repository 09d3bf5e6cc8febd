/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to libsecp256k1: ECDSA signatures on secp256k1, verified only. No private key is ever here.
 *
 * Decides which encodings of keys and signatures count. Knows digests only: what was hashed and how is hybrid.h's.
 */
#ifndef CS_CORE_SECP256K1_H
#define CS_CORE_SECP256K1_H

#include "core/slice.h"

#define CS_SECP256K1_KEY 65 /* 04 ‖ x ‖ y */
#define CS_SECP256K1_DIGEST 32

/* The one form that a public key is compared, shown and recorded in. */
typedef struct cs_secp256k1_key {
    uint8_t b[CS_SECP256K1_KEY]; /* 04 ‖ x ‖ y */
} cs_secp256k1_key;

/* Reads a key of 65 bytes (04 ‖ x ‖ y), 33 (02 or 03 ‖ x) or 64 (x ‖ y). CS_BAD_PUBLIC_KEY for any other form, the
 * hybrid ones 06 and 07 included, and for a point that is not on the curve. */
CS_MUST_CHECK cs_err cs_secp256k1_key_read(cs_secp256k1_key *out, cs_slice bytes);

/*
 * Verifies a signature over a digest. `sig` is strict DER, r ‖ s (64 bytes), or r ‖ s ‖ v (65 bytes; v 0, 1, 27 or 28),
 * where the key that v recovers must be `key`. r and s in [1, n − 1], s <= (n − 1) / 2. CS_OK, or CS_BAD_SIGNATURE for
 * anything else.
 */
CS_MUST_CHECK cs_err cs_secp256k1_verify(const cs_secp256k1_key *key, const uint8_t digest[CS_SECP256K1_DIGEST],
                                         cs_slice sig);

/* The Ethereum address of a key with its checksum [EIP-55]: "0x" and 40 hex digits, NUL-terminated. */
#define CS_ETHEREUM_ADDRESS 42
void cs_secp256k1_address(char out[CS_ETHEREUM_ADDRESS + 1], const cs_secp256k1_key *key);

#endif
