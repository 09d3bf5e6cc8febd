/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens: those that this KMS issues, and assertions of clients that ask for one [RFC 7519, RFC 7523].
 *
 * A token is a JWT under HS256 with a key that lives as long as the process; an assertion is one under RS256 with the
 * client's key.
 */
#ifndef CS_DEVKMS_TOKEN_H
#define CS_DEVKMS_TOKEN_H

#include "core/secret.h"
#include "devkms/pair.h"

#define CS_TOKEN_SECONDS 3599
#define CS_TOKEN_MAX 16384

/* Appends a token for `audience`, good until `until` (seconds since 1970). */
CS_MUST_CHECK cs_err cs_token_issue(cs_buf *out, cs_slice key, const char *audience, int64_t until);
/* CS_OK, or CS_UNAUTHENTICATED for everything that is not a token of this key and audience that is still good. */
CS_MUST_CHECK cs_err cs_token_check(cs_slice key, cs_slice token, const char *audience, int64_t now);

/* What an assertion says. Slices are absent where it has no such claim, and live until cs_assertion_free. */
typedef struct cs_assertion {
    struct cs_json *doc;
    cs_slice issuer, subject, audience, scope;
    int64_t issued, expires;
} cs_assertion;
/* Reads an assertion signed by `signer` that is good at `now`: not expired, at most an hour long, not from the future
 * by more than a minute. CS_UNAUTHENTICATED otherwise; *out is to be freed in any case. */
CS_MUST_CHECK cs_err cs_assertion_read(cs_assertion *out, const cs_pair *signer, cs_slice jwt, int64_t now);
void cs_assertion_free(cs_assertion *a);

#endif
