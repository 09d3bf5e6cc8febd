/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call: a file in the form of AWS's shared credentials file, so that every client can use the same one.
 *
 *   [profile]
 *   aws_access_key_id = …
 *   aws_secret_access_key = …
 *   aws_session_token = …        (where there is one)
 *
 * The caller of a profile is arn:aws:iam::ACCOUNT:role/PROFILE. Blank lines and lines that begin with '#' or ';' are
 * skipped; everything else is refused.
 */
#ifndef CS_DEVKMS_CREDENTIALS_H
#define CS_DEVKMS_CREDENTIALS_H

#include "core/secret.h"

#define CS_CREDENTIALS_MAX 16
#define CS_CREDENTIALS_FILE_MAX 16384

typedef struct cs_credential {
    char profile[65];
    char access_key_id[129];
    cs_secret secret;
    cs_secret session_token; /* n == 0: none */
} cs_credential;

typedef struct cs_credentials {
    size_t count;
    cs_credential of[CS_CREDENTIALS_MAX];
} cs_credentials;

/* CS_CONFIG for anything that is not the form above, a key id twice, or no profile at all; *out is wiped then. */
CS_MUST_CHECK cs_err cs_credentials_parse(cs_credentials *out, cs_slice text);
void cs_credentials_wipe(cs_credentials *c);
/* NULL if nobody has this key id. */
const cs_credential *cs_credentials_find(const cs_credentials *c, cs_slice access_key_id);
/* Appends a file with one profile of fresh random credentials. CS_RANDOM. */
CS_MUST_CHECK cs_err cs_credentials_generate(cs_buf *out, const char *profile);

#endif
