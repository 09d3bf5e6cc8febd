/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4 in its header form [AWS IAM User Guide, "AWS API request signing"]: from the parts of a
 * request to the value of its Authorization header. One implementation for whoever speaks with AWS: the agent, the
 * gateway's DynamoDB, the enclave's tunnel.
 *
 * Signed is what goes over the wire. A path that AWS would bring into another form first (empty or dot segments) is
 * refused, as is whatever is not percent-encoded that should be: two readers must not see two requests. Not done:
 * query signatures, chunked bodies, and the rules of S3, which encodes paths once.
 */
#ifndef CS_CORE_SIGV4_H
#define CS_CORE_SIGV4_H

#include "core/slice.h"

#define CS_SIGV4_DATE 17           /* "20150830T123600Z" and its NUL */
#define CS_SIGV4_MAX_HEADERS 16    /* that are signed, the two of our own included */
#define CS_SIGV4_MAX_PARAMETERS 16 /* of the query */
#define CS_SIGV4_MAX_SECRET 128
#define CS_SIGV4_MAX_CANONICAL (16u << 10)

typedef struct cs_sigv4_header {
    cs_slice name;  /* a token; letters of either case */
    cs_slice value; /* printable ASCII and blanks */
} cs_sigv4_header;

typedef struct cs_sigv4_request {
    cs_slice method; /* "POST" */
    cs_slice path;   /* as on the wire, from its "/" on */
    cs_slice query;  /* as on the wire, without its "?"; absent or empty: none */
    /* What is signed; "host" must be among them. Not x-amz-date and x-amz-security-token: those are added here, and the
     * caller sends them as well. */
    const cs_sigv4_header *headers;
    size_t header_count;
    cs_slice body;
    cs_slice region, service; /* "eu-central-1", "kms" */
    int64_t time_s;           /* since 1970 */
} cs_sigv4_request;

/* Borrowed; the secret stays where it is (core/secret.h). */
typedef struct cs_sigv4_credentials {
    cs_slice access_key_id;
    cs_slice secret_access_key; /* 1..CS_SIGV4_MAX_SECRET bytes */
    cs_slice session_token;     /* absent or empty: none */
} cs_sigv4_credentials;

/*
 * Appends the value of Authorization to `authorization` and writes that of x-amz-date to `date`. The session token, if
 * there is one, is signed as x-amz-security-token. Everything that was derived from the secret is wiped.
 * CS_BAD_FORMAT if a part is not as above, CS_TOO_LARGE above a limit; `date` is empty then.
 */
CS_MUST_CHECK cs_err cs_sigv4_sign(cs_buf *authorization, char date[CS_SIGV4_DATE], const cs_sigv4_request *r,
                                   const cs_sigv4_credentials *c);

/* Appends the canonical request, which the signature is over; for tests and for who looks for a fault. */
CS_MUST_CHECK cs_err cs_sigv4_canonical(cs_buf *out, const cs_sigv4_request *r, const cs_sigv4_credentials *c);

#endif
