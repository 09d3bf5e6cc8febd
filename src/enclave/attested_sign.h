/* SPDX-License-Identifier: Apache-2.0 */
/* The attested sign step: the only way from a payload to a signature. Start reading here. */
#ifndef CS_ENCLAVE_ATTESTED_SIGN_H
#define CS_ENCLAVE_ATTESTED_SIGN_H

#include "core/attest.h"
#include "core/message.h"
#include "enclave/enclave.h"

/* What leaves the enclave: the signature and the document that proves it, always together. */
typedef struct cs_attested {
    cs_buf signature;
    cs_buf document;
    int64_t counter;
} cs_attested;

cs_attested cs_attested_new(void);
void cs_attested_free(cs_attested *a);

/* A request on its way through the step, in memory of the caller's. */
typedef struct cs_attested_job {
    const cs_request *request;
    cs_attested *out;
    cs_err err; /* out */
    /* its own */
    cs_opened *key;
    cs_pair_job pair;
    cs_buf signature;
    cs_digest payload_sha256, sig_sha256;
    cs_claims claims; /* borrows from the two above */
    uint8_t bytes[CS_MAX_SIGNATURE];
} cs_attested_job;
/* cs_attested_sign for up to CS_SIGN_TOGETHER requests at once; each ends by itself. */
void cs_attested_sign_many(cs_attested_job *const *jobs, size_t n, cs_enclave *e);

/*
 * Signs the message of a Sign request and attests what was signed. All or nothing: on error `out` is empty.
 * CS_SEAL_BROKEN (also for a record of another org or key than the request names, or of the ledger), CS_KEY_PURPOSE
 * (bytes that are not for a key of purpose hybrid), CS_KEK_UNUSABLE, CS_PREHASH_NOT_OFFERED, CS_PREHASH_ALGORITHM,
 * CS_RESERVED_PREFIX, CS_RESERVED_PAYLOAD, CS_SELF_CHECK, CS_COUNTERS_FULL, CS_RANDOM, CS_CRYPTO, CS_NO_MEMORY.
 */
CS_MUST_CHECK cs_err cs_attested_sign(cs_attested *out, cs_enclave *e, const cs_request *request);

/* Whether a record of these fields is the one that a Sign request names, and is for such a message. Errors as above. */
CS_MUST_CHECK cs_err cs_attested_check(const cs_request *request, const cs_seal_fields *is);

/*
 * The second half of the step: releases `signature` if, and only if, it verifies under `key` for the request's message.
 * Whatever was done to the signature before (a fault in the processor, in memory, in the library) is caught here:
 * CS_SELF_CHECK, and nothing is counted or attested.
 */
CS_MUST_CHECK cs_err cs_attested_release(cs_attested *out, cs_enclave *e, const cs_request *request,
                                         const cs_opened *key, cs_slice signature);

#endif
