/* SPDX-License-Identifier: Apache-2.0 */
/* The attester: signs what the enclave did, with who the enclave is, under the root of trust. */
#ifndef CS_ENCLAVE_ATTESTER_H
#define CS_ENCLAVE_ATTESTER_H

#include "core/attest.h"
#include "enclave/enclave.h"

/*
 * Appends the attestation document of one operation. The caller has filled in `claims` what was done (kind, key,
 * hashes); this adds the identity of the enclave, the time, the nonce (`nonce`, or 32 random bytes if it is absent) and
 * the next counter values, which are used up whatever happens afterwards, so that no two documents ever share one.
 * `key` is the key that the operation concerns, or NULL. The counter is left in claims->counter.
 */
CS_MUST_CHECK cs_err cs_attester_document(cs_buf *doc, cs_claims *claims, cs_enclave *e, const cs_opened *key,
                                          cs_slice nonce);

/* The same for several operations at once, each by itself; n <= CS_SIGN_TOGETHER. */
typedef struct cs_attester_job {
    cs_buf *doc;
    cs_claims *claims;
    const cs_opened *key;
    cs_slice nonce;
    cs_err err; /* out; going in, anything but CS_OK leaves this one out */
} cs_attester_job;
void cs_attester_documents(cs_attester_job *jobs, size_t n, cs_enclave *e);

#endif
