/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workload identity federation of Google [RFC 8693; Google AIP-4117]: the token of another platform, read from a file
 * each time, is given for one of Google's, and that, where the file of the account names a service account, for the
 * service account's. Tokens from addresses, programs and AWS are not read.
 */
#ifndef CS_SYS_GOOGLE_FEDERATION_H
#define CS_SYS_GOOGLE_FEDERATION_H

#include "sys/bearer.h"

/* What the file of an "external_account" says. Texts are ended by a NUL. */
typedef struct cs_google_federation {
    char token_url[CS_FETCH_URL];
    char impersonation_url[CS_FETCH_URL]; /* "": none */
    char file[1024];
    char field[65]; /* of the JSON in the file; "": the file is the token */
    char audience[513];
    char token_type[129];
} cs_google_federation;

/* CS_BAD_FORMAT for another kind of account or source; CS_CONFIG for an address that is not allowed. */
CS_MUST_CHECK cs_err cs_google_federation_read(cs_google_federation *out, cs_slice file);

/* The token in the text of such a file, appended. CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_google_federation_subject(cs_buf *out, const cs_google_federation *f, cs_slice text);

/* {"accessToken", "expireTime"} of generateAccessToken. CS_BAD_FORMAT; CS_CONFLICT if it has ended. */
CS_MUST_CHECK cs_err cs_google_federation_answer(cs_bearer_token *out, cs_slice json, int64_t now_ms);

/* The whole way from the account's file to a token for `scope`. The errors of the parts and of cs_bearer_send. */
CS_MUST_CHECK cs_err cs_google_federation_ask(cs_bearer_token *out, cs_slice file, const char *scope,
                                              int64_t deadline_us);

#endif
