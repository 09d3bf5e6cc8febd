/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PQ Signer door inside the enclave: ML-DSA keys whose data key a KMS releases, and signatures with them.
 *
 * A record is opened for one signature and wiped, unless the operator lets opened keys stay for some seconds. Whose key
 * it is and of which algorithm is what the opened record says; the request must say the same.
 */
#ifndef CS_ENCLAVE_PQ_H
#define CS_ENCLAVE_PQ_H

#include "core/message.h"
#include "enclave/enclave.h"
#include "enclave/host.h"

typedef struct cs_pq_born {
    cs_buf sealed, public_key, attestation, wrapped;
    int64_t created_at_ms;
} cs_pq_born;
cs_pq_born cs_pq_born_new(void);
void cs_pq_born_free(cs_pq_born *b);

/*
 * Makes a key: a data key from the KMS, a key pair, the record, which is opened again and signs once; then the birth
 * attestation. Errors of cs_release_generate, cs_seal_with and cs_birth_user_data; CS_SELF_CHECK. Nothing is in `out`
 * then.
 */
CS_MUST_CHECK cs_err cs_pq_generate(cs_pq_born *out, cs_enclave *e, cs_host *h, const cs_request *r);

typedef struct cs_pq_signed {
    cs_buf signature, public_key, attestation;
} cs_pq_signed;
cs_pq_signed cs_pq_signed_new(void);
void cs_pq_signed_free(cs_pq_signed *s);

/*
 * Signs: release, open, compare, sign, verify our own result, attest if that was asked for, wipe. CS_SEAL_BROKEN for a
 * record that is not this user's of this door, that does not open, or whose data key the KMS's answer does not give;
 * errors of the KMS as cs_host_ask has them; CS_RESERVED_PREFIX; CS_SELF_CHECK.
 */
CS_MUST_CHECK cs_err cs_pq_sign(cs_pq_signed *out, cs_enclave *e, cs_host *h, const cs_request *r);

#endif
