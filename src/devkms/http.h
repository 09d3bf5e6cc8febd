/* SPDX-License-Identifier: Apache-2.0 */
/* One connection's conversation in HTTP/1.1: a request, its answer, and again. */
#ifndef CS_DEVKMS_HTTP_H
#define CS_DEVKMS_HTTP_H

#include "devkms/head.h"
#include "devkms/wire.h"

#define CS_HTTP_ANSWER_MAX (1u << 20)

typedef struct cs_http_request {
    cs_head head;
    cs_slice body;
} cs_http_request;

typedef struct cs_http_answer {
    int status;
    const char *type; /* of the body */
    cs_buf fields;    /* further header fields, each with its CRLF */
    cs_buf body;      /* wiped */
    bool cut;         /* the connection ends in the middle of the body */
    long delay_ms;    /* before it is sent */
    char id[37];      /* of the request, for the log and the client */
} cs_http_answer;

typedef struct cs_http {
    cs_wire_tls *tls; /* NULL: bare */
    void (*handle)(void *app, cs_http_answer *answer, const cs_http_request *request);
    void *app;
} cs_http;

/* Converses until the client ends it, or something goes wrong. */
void cs_http_converse(const cs_http *h, int fd);

#endif
