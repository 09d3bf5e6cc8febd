/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs' door to other services over HTTP: one handle is one kept connection, for one thread at a time.
 *
 * Decides how far a service is trusted to answer at all: TLS 1.2 or newer with a verified chain and name; plain http
 * only to this machine, or where the caller says so; no redirects, no proxy but a given one, no credentials out of
 * files, HTTP/1.1. It does not decide what an answer means.
 *
 * Header lines, bodies and answers may hold credentials: this module's copies of them are wiped. Those inside libcurl
 * and the TLS library are not in its reach. A program of the enclave's zone is never linked with this file.
 */
#ifndef CS_SYS_FETCH_H
#define CS_SYS_FETCH_H

#include "core/secret.h"

#define CS_FETCH_HEADERS 12 /* of a request */
#define CS_FETCH_URL 2048
#define CS_FETCH_ID 80 /* text of a request id that a service gave */

typedef struct cs_fetch cs_fetch;

/* All of it optional; the texts outlive the handle. */
typedef struct cs_fetch_options {
    const char *ca_file; /* PEM: the roots, instead of the system's */
    const char *proxy;   /* URL; without it there is none, whatever the environment says */
    bool plain_anywhere; /* http:// to other machines than this one too */
    int64_t connect_us;  /* for connection and handshake; 0: 3 s */
} cs_fetch_options;

/* CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_fetch_open(cs_fetch **out, const cs_fetch_options *options);
void cs_fetch_close(cs_fetch *f);

/* Whether cs_fetch_send would go there: https, or http as far as it is allowed; a host; no user, password or fragment.
 * `plain_anywhere` as above. */
bool cs_fetch_url_allowed(const char *url, bool plain_anywhere);

/* Names and values are printable ASCII without line ends; an absent value leaves the header out. */
typedef struct cs_fetch_header {
    const char *name;
    cs_slice value;
} cs_fetch_header;

typedef struct cs_fetch_request {
    const char *method; /* GET, PUT, POST */
    const char *url;
    cs_fetch_header headers[CS_FETCH_HEADERS];
    cs_slice body; /* sent with PUT and POST; absent is the same as empty */
    size_t max_answer;
    int64_t deadline_us; /* cs_tick_us clock */
} cs_fetch_request;

typedef struct cs_fetch_answer {
    int status;
    int64_t date_ms;              /* what the service says the time is; 0: nothing */
    char type[64];                /* x-amzn-errortype; "" without one */
    char request_id[CS_FETCH_ID]; /* x-amzn-requestid or x-request-id, [A-Za-z0-9-]; "" without one */
    cs_buf body;
} cs_fetch_answer;
/* Wipes and frees. An answer that is all zero may be freed too. */
void cs_fetch_answer_free(cs_fetch_answer *a);

/*
 * Sends the request and waits for the whole answer, whatever its status. Freed by the caller, also after an error.
 * CS_CONFIG for an address or a header that is not allowed; CS_REMOTE_UNREACHABLE if nothing of the request was sent
 * (no address, no connection, no handshake); CS_REMOTE_SILENT if it was and no whole answer came: it may have been
 * done; CS_TOO_LARGE for an answer above `max_answer`; CS_NO_MEMORY.
 * On a kept connection that turns out to be closed a request is sent once more.
 */
CS_MUST_CHECK cs_err cs_fetch_send(cs_fetch_answer *out, cs_fetch *f, const cs_fetch_request *r);

#endif
