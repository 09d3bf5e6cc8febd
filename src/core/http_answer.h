/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer of HTTP/1.1, as the KMS gives it at the end of the enclave's tunnel [RFC 9112]. Decides where it ends and
 * what its status and body are; knows one way to say each, and refuses the others: a status line, fields of one line
 * each, exactly one Content-Length, no coding of any kind, nothing behind the body.
 */
#ifndef CS_CORE_HTTP_ANSWER_H
#define CS_CORE_HTTP_ANSWER_H

#include "core/slice.h"

#define CS_HTTP_ANSWER_HEAD (16u << 10) /* bytes of status line and fields */
#define CS_HTTP_ANSWER_FIELDS 64

typedef struct cs_http_answer {
    int status; /* 200..599 */
    cs_slice body;
} cs_http_answer;

/*
 * Reads what has arrived so far. CS_OK and *complete = false: go on, nothing is wrong yet. CS_OK and *complete = true:
 * this is all of it. CS_BAD_FORMAT, CS_TOO_LARGE (head, or more than `max_body`). `out` is zero unless complete.
 */
CS_MUST_CHECK cs_err cs_http_answer_read(cs_http_answer *out, bool *complete, cs_slice bytes, size_t max_body);

#endif
