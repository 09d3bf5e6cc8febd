/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates and their chains up to a pinned root, judged at a given time [RFC 5280].
 *
 * The rules stand in one loop and nowhere else: no trust store, no network, no defaults of a library. Revocation is not
 * judged: the vendors' evidence certificates live for hours or are bound to a TCB version, and a verifier has no
 * network. Vendor public keys: crypto_pubkey.h.
 */
#ifndef CS_CORE_CRYPTO_X509_H
#define CS_CORE_CRYPTO_X509_H

#include "core/crypto_pubkey.h"
#include "core/json.h"
#include "core/limits.h"

/* One certificate, never changed after it was read. What is borrowed from it lives as long as it. */
typedef struct cs_cert cs_cert;

/* Reads one certificate, DER, nothing behind it, at most CS_MAX_CERTIFICATE bytes, which are copied. Refuses what no
 * rule could judge: another version than 3, an extension twice, times that are not UTC, a signature algorithm inside
 * that is not the one outside. CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_cert_parse(cs_cert **out, cs_slice der);
void cs_cert_free(cs_cert *c);
cs_slice cs_cert_der(const cs_cert *c);
/* 32 bytes: of the DER. */
cs_slice cs_cert_sha256(const cs_cert *c);
/* Seconds since 1970; valid from the first to the last, both included. */
int64_t cs_cert_not_before(const cs_cert *c);
int64_t cs_cert_not_after(const cs_cert *c);
/* The subject's one common name, UTF-8, at most 255 bytes; absent if there is none, or more than one. */
cs_slice cs_cert_common_name(const cs_cert *c);
/* The value of an extension ("1.3.6.1.4.1.3704.1.4"): what is inside its OCTET STRING. Absent if it is not there. */
cs_slice cs_cert_extension(const cs_cert *c, const char *oid);
/* NULL if the key is one that cs_pubkey_from_spki refuses. */
const cs_pubkey *cs_cert_public_key(const cs_cert *c);
/* CS_OK if the certificate is signed by its own key, under RS256, PSS384 or ECDSA: then whoever has the key made it.
 * That is no trust. CS_ATT_KEY_WEAK, CS_ATT_CHAIN. */
CS_MUST_CHECK cs_err cs_cert_self_signed(const cs_cert *c);
/* Writes {subject, issuer, notBefore, notAfter, key, sha256}, unjudged; `name` NULL in arrays. */
void cs_cert_describe(cs_jw *w, const char *name, const cs_cert *c);

/* Decodes the PEM certificates of `text` into `ders` and sets out[0 … *n - 1], borrowed from it. Between them only
 * white space. CS_BAD_FORMAT: none, more than `max`, or anything else in the text. */
CS_MUST_CHECK cs_err cs_pem_certificates(cs_buf *ders, cs_slice *out, size_t *n, size_t max, cs_slice text);

/* Chains: certificates in order, the leaf first, the root last. Shared with the cache they came from; never changed but
 * for the note that their signatures hold. Safe to use from several threads. */
typedef struct cs_chain cs_chain;

/* Keeps chains whose signatures hold, so that the next document with the same certificates does not read and verify
 * them again; everything else is judged each time. Keeps the `entries` last used. Safe to use from several threads. */
typedef struct cs_chain_cache cs_chain_cache;
CS_MUST_CHECK cs_err cs_chain_cache_new(cs_chain_cache **out, size_t entries);
void cs_chain_cache_free(cs_chain_cache *cache);

/* Opens the chain of `n` certificates (1 to CS_MAX_CHAIN), DER. `cache` may be NULL. CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_chain_open(cs_chain **out, cs_chain_cache *cache, const cs_slice *ders, size_t n);
void cs_chain_free(cs_chain *c);
size_t cs_chain_len(const cs_chain *c);
/* Borrowed from the chain. */
const cs_cert *cs_chain_at(const cs_chain *c, size_t i);

typedef struct cs_chain_rule {
    const uint8_t (*roots)[CS_SHA256_LEN]; /* SHA-256 of the DER of each root that is pinned */
    size_t root_count;
    int64_t at; /* seconds: when every certificate must be valid */
    unsigned
        schemes; /* 1u << scheme of each that a certificate may be signed under: RS256, PSS384, ES256_DER, ES384_DER */
    bool ca_key_usage;           /* a CA without keyUsage is refused; with keyUsage it must have keyCertSign always */
    bool leaf_digital_signature; /* the same for the leaf and digitalSignature */
} cs_chain_rule;

/*
 * Judges a chain:
 *   CS_ATT_ROOT_MISMATCH       the last certificate is not a pinned root (none pinned: none is)
 * then each certificate, from the leaf up:
 *   CS_ATT_KEY_WEAK            a key that crypto_pubkey.h refuses
 *   CS_ATT_CHAIN               a signature algorithm that the rule does not take; an issuer that is not the next one's
 *                              subject; a CA without critical basicConstraints CA, whose path length is exceeded, or
 *                              without keyCertSign; a leaf that is a CA or without digitalSignature; a critical
 *                              extension that is none of these; a certificate that stands there twice [RFC 5280 §6.1]
 *   CS_ATT_CERT_NOT_YET_VALID, CS_ATT_CERT_EXPIRED
 * and from the root down:
 *   CS_ATT_CHAIN               a signature that does not verify
 * A root alone is no chain (CS_ATT_CHAIN). Its own signature says nothing and is not verified. CS_OK: all of it holds.
 */
CS_MUST_CHECK cs_err cs_chain_verify(cs_chain *c, const cs_chain_rule *rule);

#endif
