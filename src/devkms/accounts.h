/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call as a client of Azure and of Google: one application, and one service account, made at the first start
 * and kept in STATE/azure-account.json and STATE/google-account.json. STATE/azure.json tells a client of ours all that
 * it needs; STATE/google.json is what GOOGLE_APPLICATION_CREDENTIALS names. Both are written at each start, for they
 * hold the address. All of mode 0600.
 */
#ifndef CS_DEVKMS_ACCOUNTS_H
#define CS_DEVKMS_ACCOUNTS_H

#include "core/secret.h"
#include "devkms/pair.h"

typedef struct cs_azure_account {
    char tenant[37], client[37];
    cs_secret client_secret;
} cs_azure_account;

typedef struct cs_google_account {
    char email[128];
    char key_id[41];
    cs_pair *pair; /* of the service account, RSA-2048 */
} cs_google_account;

/* CS_CONFIG for a file that is not what was written there, or that others can read; the reason is logged. */
CS_MUST_CHECK cs_err cs_accounts_open_azure(cs_azure_account *out, const char *state);
CS_MUST_CHECK cs_err cs_accounts_open_google(cs_google_account *out, const char *state);
CS_MUST_CHECK cs_err cs_accounts_tell_azure(const cs_azure_account *a, const char *state, const char *url);
CS_MUST_CHECK cs_err cs_accounts_tell_google(const cs_google_account *a, const char *state, const char *url);

/* "8-4-4-4-12" hex digits of 16 random bytes, version 4. */
CS_MUST_CHECK cs_err cs_accounts_uuid(char out[37]);

#endif
