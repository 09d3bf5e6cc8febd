/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call to Google Cloud KMS [Cloud KMS API v1]: a question of the enclave, and the answer read strictly. Whether to
 * call again is kms.c's to decide.
 *
 *   - A data key is made here and encrypted there, with the encryption context (kms_rest.h) as
 *     additionalAuthenticatedData.
 *   - What is sent has its CRC-32C, the answer must say that it was checked, and what comes back is checked against its
 *     own: bytes that were damaged on the way are asked for again and never used.
 *   - A key that wraps is named without its version, a key that signs with it; an answer must name the same. ML-DSA
 * keys are those of the EXTERNAL_MU algorithms alone.
 */
#ifndef CS_AGENT_KMS_GCP_H
#define CS_AGENT_KMS_GCP_H

#include "agent/kms_rest.h"
#include "sys/google.h"

#define CS_KMS_GCP_LABEL "Google Cloud KMS"
#define CS_KMS_GCP_ENDPOINT "https://cloudkms.googleapis.com"

/* CRC-32C (Castagnoli), reflected [RFC 3720 §12.1]. */
uint32_t cs_kms_gcp_crc32c(cs_slice bytes);

/* Whether it is projects/P/locations/L/keyRings/R/cryptoKeys/K, or with `version` that and /cryptoKeyVersions/V. */
bool cs_kms_gcp_is_key(cs_slice name, bool version);

/* Appends the JSON of the request; `data_key` is what GenerateDataKey encrypts. *method is "encrypt", "decrypt" or
 * "asymmetricSign"; "" is a GET without a body. CS_PROVIDER_NOT_AVAILABLE if Google has nothing of the kind. */
CS_MUST_CHECK cs_err cs_kms_gcp_write(cs_buf *body, const char **method, const cs_kms_request *r, cs_slice data_key);

/* Reads an answer of status 200 into `bytes`, whose memory cs_kms_rest_data_key has settled. CS_KMS_ANSWER if a member
 * is missing or malformed or it is about another key; *again is true if a checksum is wrong or was not looked at.
 * CS_PROVIDER_NOT_AVAILABLE (logged) for the public key of an algorithm that is not used here. */
CS_MUST_CHECK cs_err cs_kms_gcp_read(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_request *r,
                                     cs_slice body);

/* How it is reached by one thread. */
typedef struct cs_kms_gcp {
    cs_bearer *bearer;
    cs_fetch *connection;
    const char *endpoint; /* NULL: Google's own */
} cs_kms_gcp;

/* The whole exchange. The errors of the parts and of cs_kms_rest_call. */
CS_MUST_CHECK cs_err cs_kms_gcp_call(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_gcp *k,
                                     const cs_kms_request *r, int64_t deadline_us);

#endif
