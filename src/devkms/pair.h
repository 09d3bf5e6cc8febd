/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key pairs of the development KMS, all of them OpenSSL's: its ML-DSA, not ours, makes the signatures that our code
 * verifies. A door to OpenSSL.
 */
#ifndef CS_DEVKMS_PAIR_H
#define CS_DEVKMS_PAIR_H

#include "core/slice.h"

#define CS_PAIR_PKCS8_MAX 16384
#define CS_PAIR_MU 64

typedef enum cs_pair_kind {
    CS_PAIR_NONE,
    CS_PAIR_P256,
    CS_PAIR_ED25519,
    CS_PAIR_MLDSA44,
    CS_PAIR_MLDSA65,
    CS_PAIR_MLDSA87,
    CS_PAIR_RSA2048,
    CS_PAIR_RSA3072,
    CS_PAIR_RSA4096,
    CS_PAIR_KINDS
} cs_pair_kind;

/* What is signed, and how. ECDSA signatures are DER. */
typedef enum cs_pair_scheme {
    CS_PAIR_ECDSA_SHA256,  /* the message */
    CS_PAIR_ECDSA_DIGEST,  /* its SHA-256, 32 bytes */
    CS_PAIR_EDDSA,         /* Ed25519 of the message */
    CS_PAIR_EDDSA_PREHASH, /* Ed25519ph of what is given, which is hashed once more */
    CS_PAIR_MLDSA,         /* pure, empty context, hedged */
    CS_PAIR_MLDSA_MU,      /* the 64-byte mu */
    CS_PAIR_RS256,         /* RSASSA-PKCS1-v1_5 with SHA-256 of the message */
    CS_PAIR_SCHEMES
} cs_pair_scheme;

typedef struct cs_pair cs_pair;

CS_MUST_CHECK cs_err cs_pair_generate(cs_pair **out, cs_pair_kind kind);
/* PKCS#8, DER. CS_BAD_PRIVATE_KEY unless it is one of `kind`. */
CS_MUST_CHECK cs_err cs_pair_open(cs_pair **out, cs_pair_kind kind, cs_slice pkcs8);
/* A SubjectPublicKeyInfo, DER: a pair that verifies only. CS_BAD_PUBLIC_KEY unless it is one of the kinds above. */
CS_MUST_CHECK cs_err cs_pair_open_public(cs_pair **out, cs_slice spki);
void cs_pair_free(cs_pair *p);
cs_pair_kind cs_pair_kind_of(const cs_pair *p);

/* Appends PKCS#8, DER; `out` wipes itself. */
CS_MUST_CHECK cs_err cs_pair_private(cs_buf *out, const cs_pair *p);
/* Appends the SubjectPublicKeyInfo, DER. */
CS_MUST_CHECK cs_err cs_pair_public(cs_buf *out, const cs_pair *p);
/* Appends the raw public key: of ML-DSA and Ed25519 its bytes, of P-256 04 || x || y. CS_BAD_PUBLIC_KEY for RSA. */
CS_MUST_CHECK cs_err cs_pair_raw_public(cs_buf *out, const cs_pair *p);
/* Appends modulus and exponent, big-endian without leading zero. CS_BAD_PUBLIC_KEY for another kind. */
CS_MUST_CHECK cs_err cs_pair_rsa(cs_buf *n, cs_buf *e, const cs_pair *p);

/* CS_BAD_FIELD if the scheme does not go with the kind, or the length with the scheme. */
CS_MUST_CHECK cs_err cs_pair_sign(cs_buf *sig, const cs_pair *p, cs_pair_scheme scheme, cs_slice message);
/* CS_OK, CS_BAD_SIGNATURE, CS_BAD_FIELD as above. */
CS_MUST_CHECK cs_err cs_pair_verify(const cs_pair *p, cs_pair_scheme scheme, cs_slice message, cs_slice sig);

/* An ECDSA signature of P-256 as r || s, 64 bytes, and back as DER. CS_BAD_SIGNATURE. */
CS_MUST_CHECK cs_err cs_pair_ecdsa_raw(cs_buf *raw, cs_slice der);
CS_MUST_CHECK cs_err cs_pair_ecdsa_der(cs_buf *der, cs_slice raw);

/* RSAES-OAEP with SHA-256 and MGF1 with SHA-256, no label. Opening gives CS_SEAL_BROKEN for every failure; `plain`
 * wipes itself. */
CS_MUST_CHECK cs_err cs_pair_wrap(cs_buf *out, const cs_pair *p, cs_slice plain);
CS_MUST_CHECK cs_err cs_pair_unwrap(cs_buf *plain, const cs_pair *p, cs_slice wrapped);

#endif
