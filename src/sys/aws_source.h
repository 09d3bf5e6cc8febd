/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where credentials for AWS come from; the first source that is set up counts, and no later one takes its place if it
 * fails:
 *
 *   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   2. AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials), profile AWS_PROFILE ("default")
 *   3. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME: exchanged at the STS of the region
 *      (AWS_ENDPOINT_URL_STS)
 *   4. AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or _FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or _TOKEN
 *   5. IMDSv2 of the machine (AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_DISABLED=true)
 *
 * Not read: AWS's configuration file, single sign-on, programs that print credentials, version 1 of the metadata
 * service. Files with tokens are read again each time. Nothing of a credential is logged.
 */
#ifndef CS_SYS_AWS_SOURCE_H
#define CS_SYS_AWS_SOURCE_H

#include "core/secret.h"

#define CS_AWS_MAX_ID 128
#define CS_AWS_MAX_SECRET 128
#define CS_AWS_MAX_TOKEN (8u << 10)

typedef struct cs_aws_credentials {
    char access_key_id[CS_AWS_MAX_ID + 1];
    cs_secret secret_access_key;
    cs_buf session_token; /* empty: none; wipes itself */
    int64_t expires_ms;   /* since 1970; INT64_MAX: never */
    int64_t renew_ms;     /* from then on new ones are to be asked for, while these still count */
} cs_aws_credentials;

void cs_aws_credentials_wipe(cs_aws_credentials *c);
CS_MUST_CHECK cs_err cs_aws_credentials_copy(cs_aws_credentials *to, const cs_aws_credentials *from);

/* Reads the sources. `region` names the STS; "" is the global one. CS_CLOUD_CREDENTIALS if there are none, or the
 * source that is set up does not give any; the reason is logged. *out is wiped then. */
CS_MUST_CHECK cs_err cs_aws_source_read(cs_aws_credentials *out, const char *region, int64_t deadline_us);

/* What the sources' answers are read with. */

/* [profile] of a credentials file. CS_NOT_FOUND without that profile, CS_BAD_FORMAT if it is not complete. */
CS_MUST_CHECK cs_err cs_aws_source_profile(cs_aws_credentials *out, cs_slice text, cs_slice profile);
/* {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} of container and machine. CS_BAD_FORMAT; CS_CONFLICT if
 * they have expired at `now_ms`. */
CS_MUST_CHECK cs_err cs_aws_source_json(cs_aws_credentials *out, cs_slice text, int64_t now_ms);
/* The answer of the STS, XML. Errors as above. */
CS_MUST_CHECK cs_err cs_aws_source_sts(cs_aws_credentials *out, cs_slice text, int64_t now_ms);
/* Whether credentials may be asked for there: https, or http to this machine or one of the link-local addresses that
 * containers and machines have for it. */
bool cs_aws_source_url_allowed(const char *url);
/* What stands between <name> and </name>, once in `xml` and without markup or entities; absent otherwise. */
cs_slice cs_aws_xml_text(cs_slice xml, const char *name);

#endif
