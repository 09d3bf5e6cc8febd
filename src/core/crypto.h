/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to OpenSSL: hashes, AEAD, MAC, and one opened key of one primitive, whoever computes with it.
 *
 * Decides encodings (raw keys, strict DER for ECDSA, low-s on output) and options (ML-DSA hedged, pure, context);
 * decides nothing about composites (composite.h). In core/ only crypto*.c and secret.c include its headers.
 */
#ifndef CS_CORE_CRYPTO_H
#define CS_CORE_CRYPTO_H

#include "core/secret.h"
#include "core/slice.h"

#define CS_SHA256_LEN 32
#define CS_HASH_MAX 64

typedef enum cs_hash_id { CS_HASH_NONE, CS_SHA256, CS_SHA384, CS_SHA512, CS_SHAKE256_64 } cs_hash_id;

/* Output length in bytes; SHAKE256 is used with 64 [LAMPS composite §7]. */
size_t cs_hash_len(cs_hash_id id);
/* "sha256", "sha384", "sha512", "shake256": the names of preHash.alg and of hash prefixes. */
const char *cs_hash_name(cs_hash_id id);
/* CS_HASH_NONE for an unknown name. */
cs_hash_id cs_hash_by_name(cs_slice name);

typedef struct cs_digest {
    size_t n;
    uint8_t b[CS_HASH_MAX];
} cs_digest;

cs_slice cs_digest_slice(const cs_digest *d);
CS_MUST_CHECK cs_err cs_hash(cs_digest *out, cs_hash_id id, cs_slice bytes);
/* Of parts, one behind the other. */
CS_MUST_CHECK cs_err cs_hash_parts(cs_digest *out, cs_hash_id id, const cs_slice *parts, size_t n);

/* Hashing of a stream. */
typedef struct cs_hasher cs_hasher;
CS_MUST_CHECK cs_err cs_hasher_new(cs_hasher **out, cs_hash_id id);
CS_MUST_CHECK cs_err cs_hasher_add(cs_hasher *h, cs_slice bytes);
/* Gives the digest; the hasher can only be freed then. */
CS_MUST_CHECK cs_err cs_hasher_end(cs_hasher *h, cs_digest *out);
void cs_hasher_free(cs_hasher *h);

CS_MUST_CHECK cs_err cs_hmac_sha256(cs_digest *out, cs_slice key, cs_slice bytes);

/* Fills out[n] from the library's DRBG; CS_RANDOM if it cannot. */
CS_MUST_CHECK cs_err cs_random(void *out, size_t n);
/* The same for what nobody may foresee and everybody may know as soon as it is used, such as ids and nonces: drawn in
 * blocks that wait in the thread's memory, which a child process would share. No secrets. */
CS_MUST_CHECK cs_err cs_random_public(void *out, size_t n);
/* Mixes entropy of the caller into the DRBG. */
void cs_random_mix(cs_slice bytes);

/* AES-256-GCM with a 12-byte nonce; out = ciphertext || 16-byte tag, appended. */
#define CS_AEAD_KEY 32
#define CS_AEAD_NONCE 12
#define CS_AEAD_TAG 16
CS_MUST_CHECK cs_err cs_aead_seal(cs_buf *out, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice plain);
/* CS_SEAL_BROKEN if the tag does not match; `plain` is empty then. */
CS_MUST_CHECK cs_err cs_aead_open(cs_secret *plain, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice sealed);

/* Primitives that sign. */
typedef enum cs_prim {
    CS_PRIM_NONE,
    CS_MLDSA44,
    CS_MLDSA65,
    CS_MLDSA87,
    CS_ED25519,
    CS_ED448,
    CS_P256,
    CS_P384,
    CS_PRIM_COUNT
} cs_prim;

/* Public keys that travel alone: of the attestation root and of the ledger. */
#define CS_ED25519_PUBLIC 32
#define CS_MLDSA44_PUBLIC 1312

/* Lengths in bytes: private = seed (ML-DSA 32), raw key (EdDSA 32 / 57), big-endian scalar (EC 32 / 48); public =
 * FIPS 204 pk, raw EdDSA point, uncompressed EC point; sig = exact for ML-DSA and EdDSA, longest DER for ECDSA. */
size_t cs_prim_private_len(cs_prim p);
size_t cs_prim_public_len(cs_prim p);
size_t cs_prim_sig_len(cs_prim p);
bool cs_prim_is_mldsa(cs_prim p);
bool cs_prim_is_ecdsa(cs_prim p);
/* "ML-DSA-65", "Ed25519", "P-256" … */
const char *cs_prim_name(cs_prim p);

/* An opened key of one primitive: private (signs and verifies) or public (verifies). Safe to use from several
 * threads at once. The library's copies are cleansed by cs_key_free. */
typedef struct cs_key cs_key;

/* From the private bytes above. ML-DSA: the seed, expanded here (as dear as a verification: keep the key open).
 * CS_BAD_PRIVATE_KEY for a wrong length or a scalar outside [1, n − 1]. */
CS_MUST_CHECK cs_err cs_key_open_private(cs_key **out, cs_prim prim, cs_slice private_bytes);
/* From the public bytes above; points must be on the curve and uncompressed. CS_BAD_PUBLIC_KEY. */
CS_MUST_CHECK cs_err cs_key_open_public(cs_key **out, cs_prim prim, cs_slice public_bytes);
void cs_key_free(cs_key *k);
cs_prim cs_key_prim(const cs_key *k);
/* The memory that it takes: exact for our own ML-DSA, an estimate for what OpenSSL holds. */
size_t cs_key_bytes(const cs_key *k);
/* Appends the public bytes. */
void cs_key_public(cs_buf *out, const cs_key *k);
/* True if the FIPS 204 secret key of an ML-DSA key opened from its seed is `expanded` [RFC 9881 §6]. */
bool cs_key_expands_to(const cs_key *k, cs_slice expanded);
/* Appends the FIPS 204 secret key [algorithm 24] of an ML-DSA key opened from its seed; `out` wipes itself
 * (cs_buf_new_wiped). CS_BAD_PRIVATE_KEY for any other key. */
CS_MUST_CHECK cs_err cs_key_expanded(cs_buf *out, const cs_key *k);
/* Fresh private bytes from the DRBG. */
CS_MUST_CHECK cs_err cs_key_generate(cs_secret *private_bytes, cs_prim prim);

/* Options of ML-DSA signing. NULL means: hedged, empty context. */
typedef struct cs_mldsa_options {
    cs_slice context;   /* <= 255 bytes */
    bool deterministic; /* tests and vectors only */
    cs_slice rnd;       /* 32 bytes instead of fresh randomness; vectors only */
    bool external_mu;   /* the message is the 64-byte mu */
    bool internal;      /* Sign_internal / Verify_internal [FIPS 204 §6.2]; vectors only */
} cs_mldsa_options;

/* Appends the signature of `message` (ML-DSA and EdDSA pure; P-256 with SHA-256, P-384 with SHA-384, strict DER,
 * low-s). `options` only for ML-DSA. */
CS_MUST_CHECK cs_err cs_key_sign(cs_buf *sig, const cs_key *k, cs_slice message, const cs_mldsa_options *options);
/* A signature among others. */
typedef struct cs_sign_job {
    cs_buf *sig; /* appended to */
    const cs_key *key;
    cs_slice message;
    const cs_mldsa_options *options;
    cs_err err; /* out; going in, anything but CS_OK leaves this one out */
} cs_sign_job;
#define CS_SIGN_TOGETHER 8
/* cs_key_sign for up to CS_SIGN_TOGETHER at once: what of it our own ML-DSA makes shares vector lanes, so all together
 * take less time than one after the other. */
void cs_key_sign_many(cs_sign_job *jobs, size_t n);
/* A verification that this thread will soon ask for. */
typedef struct cs_verify_job {
    const cs_key *key;
    cs_slice message, sig;
} cs_verify_job;
/* Does work of several verifications beforehand, side by side where that takes less time. It gives no verdict: each
 * signature is verified as ever by cs_key_verify, which then has less to do, in this thread. n <= CS_SIGN_TOGETHER. */
void cs_key_verify_ahead(const cs_verify_job *jobs, size_t n);
/* CS_OK or CS_BAD_SIGNATURE (wrong length and malformed DER included). ECDSA: strict DER, r and s in [1, n − 1],
 * high-s accepted. Ed25519: cofactorless, canonical S, small-order A and R as OpenSSL has it (protocol/signature.md).
 */
CS_MUST_CHECK cs_err cs_key_verify(const cs_key *k, cs_slice message, cs_slice sig, const cs_mldsa_options *options);
/* Whether an Ed25519 public key is the canonical encoding of a point of prime order, as every key is that was made from
 * a private one. For a point of small order anybody can sign. */
CS_MUST_CHECK bool cs_ed25519_is_signer(const uint8_t public_key[CS_ED25519_PUBLIC]);

/* ECDSA signature forms: DER <-> r‖s padded to the field size. CS_BAD_SIGNATURE if malformed. */
CS_MUST_CHECK cs_err cs_ecdsa_der_to_raw(cs_buf *raw, cs_prim prim, cs_slice der);
CS_MUST_CHECK cs_err cs_ecdsa_raw_to_der(cs_buf *der, cs_prim prim, cs_slice raw);

#endif
