/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: a strict reader of one HTTP/1.1 request from raw bytes [RFC 9112].
 *
 * It decides alone what is a request, so nothing behind it can understand the same bytes differently. Everything
 * that two parsers are known to read in two ways is refused, also where the RFC would allow it: any
 * Transfer-Encoding, a second Content-Length, bare CR or LF, folded lines, blanks before the colon, bytes outside
 * printable ASCII, HTTP/1.0, absolute targets, dot segments, and any byte behind a complete request (pipelining).
 * A repeated field of those that mean something here is refused too.
 *
 * Pure: no I/O, no clock. The outcome does not depend on how the bytes were cut into pieces.
 */
#ifndef CS_GATEWAY_GUARD_H
#define CS_GATEWAY_GUARD_H

#include "core/slice.h"

typedef enum cs_guard_step {
    CS_GUARD_HEAD,     /* the request line and the header fields are not complete */
    CS_GUARD_BODY,     /* the head is accepted, `content_length` bytes are expected */
    CS_GUARD_COMPLETE, /* a request; any further byte refuses it */
    CS_GUARD_REFUSED   /* for good; `err` says why */
} cs_guard_step;

typedef struct cs_guard {
    cs_guard_step step;
    cs_err err;  /* CS_OK, or: CS_BAD_REQUEST, CS_METHOD_NOT_ALLOWED, CS_TOO_LARGE, CS_BODY_TOO_LARGE, CS_NO_MEMORY */
    cs_buf head; /* as received, at most CS_MAX_HEAD */
    cs_buf body; /* grows with what arrives, to at most CS_MAX_BODY */

    /* Valid from CS_GUARD_BODY on, borrowed from `head`; http.h says what they may hold. */
    cs_slice method, path, query;
    cs_slice authorization, content_type, idempotency_key, request_id, cookie, csrf, last_event_id;
    cs_slice accept_encoding, if_none_match;
    size_t content_length;
    bool expects_continue; /* the client waits for "100 Continue" */
    bool wants_close;      /* "Connection: close" */

    size_t lines; /* line ends seen in the head */
    bool in_line; /* the present line is not empty */
    bool after_cr;
} cs_guard;

/* An empty guard; free it with cs_guard_free, also after a refusal. */
cs_guard cs_guard_new(void);
void cs_guard_free(cs_guard *g);

/* Reads on in `bytes` and returns how many it took. It may stop early, so that the caller can look at the step;
 * the caller feeds the rest until all is taken or the request is refused. */
size_t cs_guard_feed(cs_guard *g, cs_slice bytes);

#endif
