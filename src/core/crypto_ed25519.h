/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 by libsodium, which is quicker than OpenSSL's. For crypto_key.c alone.
 *
 * The rule of protocol/signature.md §6 stays OpenSSL's: whatever libsodium accepts it accepts too, and what libsodium
 * refuses is put before OpenSSL, which takes points of small order where the equation holds.
 */
#ifndef CS_CORE_CRYPTO_ED25519_H
#define CS_CORE_CRYPTO_ED25519_H

#include "core/crypto.h"

#define CS_ED25519_SIG 64

/* False if the library does not start; then it is not used. */
bool cs_ed25519_ready(void);

/* The private key as the library wants it, from the 32 bytes of RFC 8032 §5.1.5. */
CS_MUST_CHECK cs_err cs_ed25519_expand(cs_secret *expanded, cs_slice private_bytes);
/* The signature of RFC 8032 §5.1.6, which is the only one: every library makes the same bytes. */
CS_MUST_CHECK cs_err cs_ed25519_sign(uint8_t sig[CS_ED25519_SIG], const cs_secret *expanded, cs_slice message);
/* `public_key` has 32 bytes, `sig` 64. */
bool cs_ed25519_accepts(cs_slice public_key, cs_slice message, cs_slice sig);

#endif
