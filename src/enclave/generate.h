/* SPDX-License-Identifier: Apache-2.0 */
/* Birth of a key: both halves generated, sealed, opened again, tried, and attested. */
#ifndef CS_ENCLAVE_GENERATE_H
#define CS_ENCLAVE_GENERATE_H

#include "core/message.h"
#include "enclave/enclave.h"

typedef struct cs_newborn {
    cs_buf sealed;     /* the record */
    cs_buf public_key; /* mldsaPK ‖ tradPK */
    cs_buf document;   /* birth attestation */
    cs_slice key_release;
} cs_newborn;

cs_newborn cs_newborn_new(void);
void cs_newborn_free(cs_newborn *n);

/* What a record says of the key of a GenerateKey request, but for who wraps its data key. Borrows from both. */
cs_seal_fields cs_newborn_fields(const cs_request *r, const cs_digest *public_key_sha256);
/* What a newborn key signs once. */
#define CS_NEWBORN_CHECK CS_LIT("countersign/key-check/v1")
/* The birth attestation of the key that was opened from its record. */
CS_MUST_CHECK cs_err cs_newborn_attest(cs_newborn *out, cs_enclave *e, const cs_opened *key, cs_slice nonce);

/* Generates both halves and seals them: `sealed` and `public_key` of what org, key_id, alg, format and purpose of the
 * request say. Nothing is tried or attested yet. CS_TOO_LARGE, CS_RANDOM, CS_CRYPTO, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_newborn_seal(cs_newborn *out, const cs_kek *kek, const cs_request *r);

/* An ML-DSA key pair of somebody else. */
typedef struct cs_caller_key {
    cs_buf public_key;
    cs_buf private_key; /* seed or FIPS 204 secret key; wiped when it is freed */
} cs_caller_key;

cs_caller_key cs_caller_key_new(void);
void cs_caller_key_free(cs_caller_key *k);

/* Makes the key pair of a CallerKey request: nothing of it stays here, is sealed, counted or attested. It has signed
 * and verified before it is given out [FIPS 140-3 IG 10.3.A]. On error `out` is empty. CS_SELF_CHECK, CS_RANDOM,
 * CS_CRYPTO, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_generate_for_caller(cs_caller_key *out, const cs_request *request);

/* Makes the key of a GenerateKey request. All or nothing: on error `out` is empty. CS_SELF_CHECK if the key, opened
 * from its own record, makes no signature that verifies; CS_COUNTERS_FULL, CS_RANDOM, CS_CRYPTO, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_generate(cs_newborn *out, cs_enclave *e, const cs_request *request);

#endif
