/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys of vendors: RSA from 2,048 to 8,192 bits, P-256 and P-384. They only verify.
 *
 * Decides which keys are strong enough and what a signature must look like to the byte; which key and which scheme are
 * the right ones is the caller's, who has them from a pin or from a chain that was verified.
 */
#ifndef CS_CORE_CRYPTO_PUBKEY_H
#define CS_CORE_CRYPTO_PUBKEY_H

#include "core/crypto.h"

/* RAW is r || s, big-endian, each of the field's size; DER is the strict form of certificates. */
typedef enum cs_scheme {
    CS_SCHEME_RS256,     /* RSASSA-PKCS1-v1_5, SHA-256 [RFC 8017 §8.2] */
    CS_SCHEME_PSS384,    /* RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt of 48 bytes [RFC 8017 §8.1] */
    CS_SCHEME_ES256_RAW, /* ECDSA P-256, SHA-256 [FIPS 186-5 §6] */
    CS_SCHEME_ES384_RAW, /* ECDSA P-384, SHA-384 */
    CS_SCHEME_ES256_DER,
    CS_SCHEME_ES384_DER,
    CS_SCHEME_COUNT
} cs_scheme;

/* An opened key; several threads may verify with it at once. */
typedef struct cs_pubkey cs_pubkey;

/* From a SubjectPublicKeyInfo, DER, nothing behind it. CS_BAD_PUBLIC_KEY, CS_ATT_KEY_WEAK (RSA below 2,048 bits or with
 * an exponent below 65,537, or a kind of key that is not taken here). */
CS_MUST_CHECK cs_err cs_pubkey_from_spki(cs_pubkey **out, cs_slice der);
/* From modulus and exponent, big-endian without leading zero. The same errors. */
CS_MUST_CHECK cs_err cs_pubkey_from_rsa(cs_pubkey **out, cs_slice n, cs_slice e);
/* From x || y of a point of CS_P256 (64 bytes) or CS_P384 (96 bytes), which must be on the curve. */
CS_MUST_CHECK cs_err cs_pubkey_from_ec_point(cs_pubkey **out, cs_prim curve, cs_slice point);
void cs_pubkey_free(cs_pubkey *k);

/* Bits of the modulus or of the curve. */
int cs_pubkey_bits(const cs_pubkey *k);
/* CS_P256, CS_P384, or CS_PRIM_NONE for RSA. */
cs_prim cs_pubkey_curve(const cs_pubkey *k);
/* Appends the SubjectPublicKeyInfo, DER. */
CS_MUST_CHECK cs_err cs_pubkey_spki(cs_buf *out, const cs_pubkey *k);
/* Appends modulus and exponent without leading zero; CS_BAD_PUBLIC_KEY for another kind of key. */
CS_MUST_CHECK cs_err cs_pubkey_rsa(cs_buf *n, cs_buf *e, const cs_pubkey *k);
/* True if both are the same key. */
bool cs_pubkey_eq(const cs_pubkey *a, const cs_pubkey *b);

/* CS_OK, or CS_BAD_SIGNATURE: also for a key of another kind than the scheme's and for a signature of another length
 * than the key's (RSA: the modulus; RAW: twice the field; DER: strict). */
CS_MUST_CHECK cs_err cs_pubkey_verify(const cs_pubkey *k, cs_scheme scheme, cs_slice message, cs_slice sig);

#endif
