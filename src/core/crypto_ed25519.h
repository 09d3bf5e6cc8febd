/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 in less time than OpenSSL takes. For crypto_key.c alone.
 *
 * libsodium signs what comes alone, and verifies for public keys that are seldom seen, if the one that is installed
 * keeps to our rule; several signatures at once are made and checked in lanes (ed25519_lanes.h). Of those that come
 * again and again (the root of every document, keys in use) multiples are kept, with which our own code verifies
 * (ed25519.h): what is kept is public, of the CS_ED25519_KEPT keys that were used last, 30 KiB each.
 *
 * The rule of protocol/signature.md §6 stays OpenSSL's: whatever is accepted here it accepts too, and what is refused
 * here is put before OpenSSL, which takes points of small order where the equation holds.
 */
#ifndef CS_CORE_CRYPTO_ED25519_H
#define CS_CORE_CRYPTO_ED25519_H

#include "core/crypto.h"

#define CS_ED25519_SIG 64
#define CS_ED25519_KEPT 64

/* False if the library does not start; then it is not used. */
bool cs_ed25519_ready(void);

/* The private key as the library wants it, from the 32 bytes of RFC 8032 §5.1.5; its last 32 bytes are the public
 * key. */
CS_MUST_CHECK cs_err cs_ed25519_expand(cs_secret *expanded, cs_slice private_bytes);
/* The signature of RFC 8032 §5.1.6, which is the only one: every library makes the same bytes. */
CS_MUST_CHECK cs_err cs_ed25519_sign(uint8_t sig[CS_ED25519_SIG], const cs_secret *expanded, cs_slice message);
/* The same for several at once, in less time where the processor has lanes for them. */
typedef struct cs_ed25519_job {
    uint8_t *sig; /* CS_ED25519_SIG bytes */
    const cs_secret *expanded;
    cs_slice message;
    cs_err err; /* out */
} cs_ed25519_job;
void cs_ed25519_sign_many(cs_ed25519_job *jobs, size_t n);
/*
 * Verifies several signatures at once and keeps, for this thread, the last CS_ED25519_AHEAD that hold: each key, the
 * challenge (which stands for the message) and the signature, in full. The next cs_ed25519_accepts of one of them in
 * this thread finds it there instead of computing the equation again, once. It decides nothing by itself.
 */
#define CS_ED25519_AHEAD 32
typedef struct cs_ed25519_check {
    cs_slice public_key, message, sig;
} cs_ed25519_check;
void cs_ed25519_verify_ahead(const cs_ed25519_check *checks, size_t n);
/* `public_key` has 32 bytes, `sig` 64. */
bool cs_ed25519_accepts(cs_slice public_key, cs_slice message, cs_slice sig);

#endif
