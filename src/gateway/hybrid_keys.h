/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: the ML-DSA public keys of callers.
 *
 * A public key is registered by whoever signs a challenge of ours with the private one, or comes to be with it in the
 * enclave. It belongs to a realm; a pair that is to be attested needs one (PQC_005). One that was revoked stays so.
 * The private key of a generated pair is given to its owner once and kept by nobody.
 *
 * An id of the org's other environment is answered with AUTH_004, and recorded (access.h).
 */
#ifndef CS_GATEWAY_HYBRID_KEYS_H
#define CS_GATEWAY_HYBRID_KEYS_H

#include "gateway/call.h"

/* What is signed to prove the possession of a private key: this, then CS_CHALLENGE_RANDOM random bytes. */
#define CS_CHALLENGE_PREFIX CS_LIT("countersign/key-registration/v1\n")

CS_MUST_CHECK cs_err cs_hybrid_keys_challenge(cs_call *c, cs_jw *w);
/* {publicKey, algorithm, chain?, label?, proof, challenge?, environment?}; without `challenge` it is the newest of the
 * API key. */
CS_MUST_CHECK cs_err cs_hybrid_keys_register(cs_call *c, cs_jw *w);
/* ?algorithm&chain&includeRevoked&limit&cursor */
CS_MUST_CHECK cs_err cs_hybrid_keys_list(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_hybrid_keys_get(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_hybrid_keys_revoke(cs_call *c, cs_jw *w);

/* The registration of a public key in the caller's realm. CS_PQC_005: there is none that is in force;
 * CS_WRONG_ENVIRONMENT: there is one in the org's other environment. */
CS_MUST_CHECK cs_err cs_hybrid_keys_find(cs_registered_row *out, cs_call *c, cs_slice public_key);

/* Algorithm, chain and label of a key that is to be registered. */
void cs_hybrid_keys_read(cs_registered_row *k, cs_call *c, cs_jobj *o);
/* Fills in id, realm, hash and time of a row that has its public key. */
CS_MUST_CHECK cs_err cs_hybrid_keys_complete(cs_registered_row *k, const cs_call *c);
/* What the ledger says of it. */
void cs_hybrid_keys_entry(cs_buf *data, const cs_call *c, const cs_registered_row *k);
/* The members of the answer. */
void cs_hybrid_keys_write(cs_jw *w, const cs_registered_row *k, bool live);

#endif
