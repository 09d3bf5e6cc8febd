/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `countersign dev --pq-signer` needs beside the three programs: an internal authority for the link between
 * gateway and agent, a key in the development KMS, what to pin, and the table of an emulator. All of it is in the state
 * directory, which is the working directory:
 *
 *   pki/           ca.pem, agent.pem, agent.key, gateway.pem, gateway.key; the authority's own key is kept nowhere
 *   kms/           the development KMS; its credentials are the agent's
 *   pq-signer/     key-policy.json, kms-key-arn, enclave-policy.json, measurement-manifest.json
 *
 * Every function says on stderr what went wrong and returns an exit code.
 */
#ifndef CS_CLI_DEV_PQ_H
#define CS_CLI_DEV_PQ_H

#include "core/limits.h"
#include "core/slice.h"

#define CS_DEV_KMS_STATE "kms"
#define CS_DEV_PKI "pki/"
#define CS_DEV_POLICY_FILE "pq-signer/enclave-policy.json"
#define CS_DEV_MANIFEST_FILE "pq-signer/measurement-manifest.json"
#define CS_DEV_TABLE "countersign-pq-keys"

/* Makes the authority and both ends' certificates, for 127.0.0.1 and localhost, unless they are there. */
CS_MUST_CHECK int cs_dev_make_pki(void);
/* The ARN of the wrapping key, made in the KMS's state at the first start. */
CS_MUST_CHECK int cs_dev_kms_key(char arn[CS_MAX_KMS_KEY + 1]);
/* Writes the policy for the gateway, and the manifest for pq-attest: `image_hash` is "sha384:<hex>". */
CS_MUST_CHECK int cs_dev_write_pins(cs_slice policy, const char *image_hash, cs_slice root_pem);
/* A TCP port of this machine that is free now. */
CS_MUST_CHECK int cs_dev_free_port(int *port);
/* Makes the table of key records at an emulator of DynamoDB, unless it has one. */
CS_MUST_CHECK int cs_dev_make_table(const char *endpoint, const char *table);

/* What the next child finds in its environment: the agent the KMS's credentials, the gateway those for the emulator
 * (the user's own AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else made-up ones), the others none. */
typedef enum cs_dev_role { CS_DEV_NOBODY, CS_DEV_AGENT, CS_DEV_GATEWAY } cs_dev_role;
CS_MUST_CHECK int cs_dev_become(cs_dev_role role);

#endif
