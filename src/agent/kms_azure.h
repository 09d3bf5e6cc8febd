/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call to Azure Key Vault or Managed HSM [Azure Key Vault REST API 7.4]: a question of the enclave, and the answer
 * read strictly. Whether to call again is kms.c's to decide.
 *
 *   - A data key is made here and wrapped there under RSA-OAEP-256, with SHA-256 of the encryption context behind it:
 *     it is given out for the same context alone.
 *   - P-256 signs a digest; r ‖ s becomes DER. Azure has neither Ed25519 nor ML-DSA.
 *   - Keys are named with their version, and an answer must name the same.
 */
#ifndef CS_AGENT_KMS_AZURE_H
#define CS_AGENT_KMS_AZURE_H

#include "agent/kms_rest.h"
#include "sys/azure.h"

#define CS_KMS_AZURE_LABEL "Azure Key Vault"

/* A key's name taken apart: https://NAME.DOMAIN/keys/KEY/VERSION. */
typedef struct cs_kms_azure_key {
    cs_slice host, path; /* "NAME.DOMAIN", "/keys/KEY/VERSION" */
    size_t resource;     /* cs_azure_resource */
} cs_kms_azure_key;
/* CS_BAD_FORMAT, also without a version or with a domain that is none of Azure's. */
CS_MUST_CHECK cs_err cs_kms_azure_name(cs_kms_azure_key *out, cs_slice key_id);

/* Appends the JSON of the request; `data_key` is what GenerateDataKey wraps. *operation is "wrapkey", "unwrapkey" or
 * "sign"; "" is a GET without a body. CS_PROVIDER_NOT_AVAILABLE if Azure has nothing of the kind. */
CS_MUST_CHECK cs_err cs_kms_azure_write(cs_buf *body, const char **operation, const cs_kms_request *r,
                                        cs_slice data_key);

/* Reads an answer of status 200 into `bytes`, whose memory cs_kms_rest_data_key has settled. `elsewhere`: it comes from
 * an emulator, whose own host stands in names. CS_KMS_ANSWER if a member is missing or malformed or it is about another
 * key; CS_KMS_DENIED if the data key is for another context. */
CS_MUST_CHECK cs_err cs_kms_azure_read(cs_kms_reply *out, cs_buf *bytes, const cs_kms_request *r, cs_slice body,
                                       bool elsewhere);

/* How it is reached by one thread. */
typedef struct cs_kms_azure {
    cs_bearer *const *bearers; /* CS_AZURE_RESOURCES */
    cs_fetch *connection;
    const char *endpoint; /* NULL: the key's own host */
} cs_kms_azure;

/* The whole exchange. The errors of the parts and of cs_kms_rest_call. */
CS_MUST_CHECK cs_err cs_kms_azure_call(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_azure *k,
                                       const cs_kms_request *r, int64_t deadline_us);

#endif
