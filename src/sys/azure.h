/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where tokens for Azure Key Vault come from; the first source that is set up counts, and no later one takes its place
 * if it fails:
 *
 *   1. AZURE_CLIENT_SECRET with AZURE_TENANT_ID and AZURE_CLIENT_ID
 *   2. AZURE_FEDERATED_TOKEN_FILE with the same: the file's token is given for ours, and read again each time
 *   3. IDENTITY_ENDPOINT with IDENTITY_HEADER: the managed identity of an App Service
 *   4. the machine's metadata service (AZURE_POD_IDENTITY_AUTHORITY_HOST): its managed identity, of AZURE_CLIENT_ID
 *      where that is set
 *
 * The first two are asked for at AZURE_AUTHORITY_HOST (https://login.microsoftonline.com). Certificates and what the
 * command line tools of Azure keep are not read.
 */
#ifndef CS_SYS_AZURE_H
#define CS_SYS_AZURE_H

#include "sys/bearer.h"

/* A cs_bearer_source; `resource` is "https://vault.azure.net" or another of cs_azure_resource. Every error is
 * CS_CLOUD_CREDENTIALS. */
CS_MUST_CHECK cs_err cs_azure_source(cs_bearer_token *out, const char *resource, int64_t deadline_us);

#define CS_AZURE_RESOURCES 6
/* The i-th: a domain of vaults with "https://" in front, which is what tokens for them name as their resource. */
const char *cs_azure_resource(size_t i);
/* The number of the one that `host` (NAME.DOMAIN, in small letters) is under; CS_AZURE_RESOURCES if there is none. No
 * token goes to any other host. */
size_t cs_azure_resource_of(cs_slice host);

#endif
