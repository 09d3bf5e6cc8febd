/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where tokens for Google Cloud KMS come from; the first source that is set up counts, and no later one takes its place
 * if it fails:
 *
 *   1. GOOGLE_APPLICATION_CREDENTIALS: the file of an account, read again each time. For a service account an assertion
 *      under RS256 is given for the token at the file's token_uri; for an external account see google_federation.h.
 *   2. the machine's metadata service (GCE_METADATA_HOST): the service account of machine, container or function
 *
 * Not read: files of users, and what the command line tools of Google keep.
 */
#ifndef CS_SYS_GOOGLE_H
#define CS_SYS_GOOGLE_H

#include "sys/bearer.h"

/* What the token may be used for, no more. */
#define CS_GOOGLE_SCOPE "https://www.googleapis.com/auth/cloudkms"

/* A cs_bearer_source; `resource` is the scope. Every error is CS_CLOUD_CREDENTIALS. */
CS_MUST_CHECK cs_err cs_google_source(cs_bearer_token *out, const char *resource, int64_t deadline_us);

/* The form that is posted to `url` for a token: from the text of a service account's file, at this time. `form` wipes
 * itself. CS_BAD_FORMAT for another kind of file; CS_BAD_PRIVATE_KEY; CS_CONFIG for an address that is not allowed. */
CS_MUST_CHECK cs_err cs_google_assert(cs_buf *form, char url[CS_FETCH_URL], cs_slice file, const char *scope,
                                      int64_t now_ms);

#endif
