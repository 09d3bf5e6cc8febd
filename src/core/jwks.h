/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of public keys that a policy pins for tokens of a cloud verifier [RFC 7517].
 *
 * What a set is read from is what the issuer publishes: RSA keys as `n` and `e`, or only as a certificate in `x5c`.
 * What is kept is small and has one form: `{"keys":[{e, exp?, issuer?, kid, kty, n, nbf?}, …]}`, sorted by kid.
 */
#ifndef CS_CORE_JWKS_H
#define CS_CORE_JWKS_H

#include "core/crypto_pubkey.h"
#include "core/json.h"
#include "core/limits.h"

typedef struct cs_jwk {
    char kid[CS_MAX_KID + 1];
    char issuer[CS_MAX_ISSUER + 1]; /* the one that it may sign for; empty: any that the policy pins */
    int64_t nbf, exp;               /* of its certificate, seconds; 0: it has none */
    cs_pubkey *key;
} cs_jwk;

typedef struct cs_jwks cs_jwks;

/*
 * Reads `set` for tokens of `issuers`, which the policy pins. A key is kept out if it is not for RS256 signatures (kty,
 * alg, use) or too weak; old sets have such keys. With x5c the key is the one of its first certificate, and n and e, if
 * they are there too, must be the same. A certificate that stands alone must be signed by its own key and be named by
 * its common name for an issuer: the key then signs for this one only, while the certificate is valid. One that comes
 * with a chain, or a key without certificate, signs for the issuer; where several are pinned it must say for which
 * (`issuer`). CS_POLICY_KEYS: not such a set, no key left, a kid twice, a private key, a certificate that breaks these
 * rules.
 */
CS_MUST_CHECK cs_err cs_jwks_read(cs_jwks **out, cs_jval set, const cs_slice *issuers, size_t issuer_count);
void cs_jwks_free(cs_jwks *s);
size_t cs_jwks_count(const cs_jwks *s);
/* In the order of kid; NULL behind the last. */
const cs_jwk *cs_jwks_at(const cs_jwks *s, size_t i);
/* By kid, compared as text; NULL if there is none. */
const cs_jwk *cs_jwks_find(const cs_jwks *s, cs_slice kid);

/* When the next key ends by its certificate's word, as seen at `now` (seconds); in the past: an issuer has no other key
 * left. INT64_MAX: no key has an end. */
int64_t cs_jwks_until(const cs_jwks *s, int64_t now);
/* Whether the key may sign at `at`, by its certificate: CS_OK, CS_ATT_CERT_NOT_YET_VALID or CS_ATT_CERT_EXPIRED. */
CS_MUST_CHECK cs_err cs_jwk_check_time(const cs_jwk *k, int64_t at);

/* Writes one key in the form that it has in a set; `issuer` for one that is not bound to any, "" for none. */
void cs_jwk_write(cs_jw *w, const char *name, const cs_jwk *k, const char *issuer);
/* Writes the one form. */
void cs_jwks_write(cs_jw *w, const char *name, const cs_jwks *s);
/* SHA-256 of the one form: what a verdict names as root. */
CS_MUST_CHECK cs_err cs_jwks_sha256(uint8_t out[CS_SHA256_LEN], const cs_jwks *s);

#endif
