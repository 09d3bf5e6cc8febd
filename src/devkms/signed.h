/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying AWS Signature Version 4, as a service does. Written from the public rules, and apart from the code that
 * signs for our clients: neither can hide a mistake of the other.
 *
 * Only POST and GET of the path `/` without a query are known here: the JSON protocol has nothing else. Decides what
 * must be signed: `host`, `x-amz-date`, and every `x-amz-*` field that came.
 */
#ifndef CS_DEVKMS_SIGNED_H
#define CS_DEVKMS_SIGNED_H

#include "core/crypto.h"
#include "devkms/aws_error.h"
#include "devkms/head.h"

#define CS_SIGNED_SKEW_SECONDS 300

/* What the Authorization field says. Slices point into the head. */
typedef struct cs_signed {
    cs_slice access_key_id;
    cs_slice scope; /* date/region/service/aws4_request */
    cs_slice date, region, service;
    cs_slice signed_headers; /* names in lower case, sorted, separated by ';' */
    cs_slice signature;      /* 64 lower-case hex digits */
} cs_signed;

/* Reads the Authorization field: CS_AWS_MISSING_TOKEN without one, CS_AWS_INCOMPLETE_SIGNATURE for another shape. */
CS_MUST_CHECK cs_aws_error cs_signed_parse(cs_signed *out, const cs_head *head);

/*
 * CS_AWS_OK if the request was signed with `secret` for region and service, and not more than CS_SIGNED_SKEW_SECONDS
 * from `now` (seconds since 1970). `token` is the session token that goes with the key id, absent for one without.
 * CS_AWS_INVALID_SIGNATURE (another signature, scope, body or time; something unsigned that must be signed),
 * CS_AWS_INCOMPLETE_SIGNATURE (no x-amz-date), CS_AWS_UNRECOGNIZED_CLIENT (another session token), CS_AWS_INTERNAL.
 * *why, where it is set, says more.
 */
CS_MUST_CHECK cs_aws_error cs_signed_check(const char **why, const cs_signed *s, const cs_head *head, cs_slice body,
                                           cs_slice secret, cs_slice token, const char *region, const char *service,
                                           int64_t now);

/* "20150830T123600Z" as seconds since 1970; false for any other form. */
CS_MUST_CHECK bool cs_signed_time(int64_t *out, cs_slice text);

/* Appends the canonical request, for tests of its form. CS_BAD_FIELD if a signed name has no field. */
CS_MUST_CHECK cs_err cs_signed_canonical(cs_buf *out, const cs_signed *s, const cs_head *head, cs_slice body);

#endif
