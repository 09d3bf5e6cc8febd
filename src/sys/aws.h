/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to AWS: credentials that stay fresh, the signature (core/sigv4.h), the exchange (sys/fetch.h), and the name of
 * the error if there is one. One cs_aws serves all threads; each brings a connection of its own.
 *
 * Credentials are renewed five minutes before they end by whoever comes first; the others go on with the old ones.
 * Whether a call may be repeated is the caller's to decide; repeated here is only what was refused before it was looked
 * at, once each: a clock that runs wrong (AWS's own time is taken then) and credentials that have just ended.
 */
#ifndef CS_SYS_AWS_H
#define CS_SYS_AWS_H

#include "sys/aws_source.h"
#include "sys/fetch.h"

#define CS_AWS_MAX_REGION 32
#define CS_AWS_MAX_CODE 64

typedef struct cs_aws cs_aws;

/* `region` NULL: AWS_REGION or AWS_DEFAULT_REGION. CS_CONFIG if it is no name of a region, CS_NO_MEMORY. No source is
 * read before the first call. */
CS_MUST_CHECK cs_err cs_aws_open(cs_aws **out, const char *region);
void cs_aws_close(cs_aws *a);
/* "" if there is none. */
const char *cs_aws_region(const cs_aws *a);
/* [a-z0-9-], 1..CS_AWS_MAX_REGION bytes: it becomes part of a host's name. */
bool cs_aws_is_region(cs_slice name);
/* Whether it is http[s]://HOST[:PORT] and nothing behind; https, or http as far as cs_fetch allows it. */
bool cs_aws_is_endpoint(const char *url, bool plain_anywhere);
/* Appends SERVICE.REGION.amazonaws.com, or the name of that in the partition of the region. */
void cs_aws_host(cs_buf *out, const char *service, const char *region);

/* A copy of the credentials of this moment, to be wiped by the caller. CS_CLOUD_CREDENTIALS. */
CS_MUST_CHECK cs_err cs_aws_lend(cs_aws_credentials *out, cs_aws *a, int64_t deadline_us);

typedef struct cs_aws_request {
    const char *service;      /* "kms", "dynamodb" */
    const char *region;       /* NULL: that of the cs_aws */
    const char *endpoint;     /* as cs_aws_is_endpoint has it; NULL: cs_aws_host */
    const char *target;       /* "TrentService.Decrypt" */
    const char *content_type; /* "application/x-amz-json-1.1" */
    cs_slice body;
    size_t max_answer;
    int64_t deadline_us; /* cs_tick_us clock */
} cs_aws_request;

typedef struct cs_aws_answer {
    int status;
    char code[CS_AWS_MAX_CODE + 1]; /* "ThrottlingException", without namespace; "" where the call was done */
    char request_id[CS_FETCH_ID];
    cs_buf body; /* wipes itself */
} cs_aws_answer;
void cs_aws_answer_free(cs_aws_answer *a);

/* CS_OK if there is an answer, whatever its status; freed by the caller in any case. CS_CLOUD_CREDENTIALS, CS_CONFIG
 * without a region, and the errors of cs_fetch_send. `f` must allow the endpoint. */
CS_MUST_CHECK cs_err cs_aws_call(cs_aws_answer *out, cs_aws *a, cs_fetch *f, const cs_aws_request *r);

/* Whether AWS says to come again: throttled, or a failure of its own. */
bool cs_aws_is_transient(const cs_aws_answer *a);

/* The name of the error in an answer: header x-amzn-errortype, "__type" or "code" of JSON, <Code> of XML, in this
 * order; "Unknown" if there is none. */
void cs_aws_error_code(char out[CS_AWS_MAX_CODE + 1], const char *header, cs_slice body);

#endif
