/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of cloud resources: which texts can be one. The settings take no other, so nothing that a request names is
 * ever an address of its own choice: the hosts that are called follow from these names and a list that is built in.
 *
 * All are judged by form; whether the resource exists only its provider knows.
 */
#ifndef CS_GATEWAY_CLOUD_NAME_H
#define CS_GATEWAY_CLOUD_NAME_H

#include "core/slice.h"

#define CS_MAX_ARN 2048
#define CS_MAX_CLOUD_NAME 512

/* arn:aws|aws-cn|aws-us-gov:kms:REGION:ACCOUNT:key/ID or :alias/NAME. `region` (may be NULL) gets the region. */
bool cs_cloud_is_kms_arn(cs_slice *region, cs_slice s);
/* The same, and no alias: it names one key for ever. */
bool cs_cloud_is_kms_key(cs_slice s);
/* arn:…:iam::ACCOUNT:role/NAME, with a path or without */
bool cs_cloud_is_role_arn(cs_slice s);
/* two letters, words, a number: "eu-central-1" */
bool cs_cloud_is_aws_region(cs_slice s);
/* 2 to 1,224 characters of letters, digits and _+=,.@:/- */
bool cs_cloud_is_external_id(cs_slice s);

/* https://NAME.DOMAIN with a domain of Azure Key Vault or Managed HSM; no port, path, user, or slash at the end */
bool cs_cloud_is_vault_url(cs_slice s);
/* 1 to 127 letters, digits and hyphens */
bool cs_cloud_is_azure_key(cs_slice s);
/* 8-4-4-4-12 hex digits */
bool cs_cloud_is_guid(cs_slice s);

/* projects/P/locations/L/keyRings/R */
bool cs_cloud_is_key_ring(cs_slice s);
/* … /cryptoKeys/K, without a version */
bool cs_cloud_is_crypto_key(cs_slice s);

#endif
