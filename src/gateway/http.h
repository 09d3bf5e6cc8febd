/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP/1.1 server: sockets, TLS, deadlines, limits, workers. It knows no route and no JSON.
 *
 * One thread runs the event loop and does nothing but network I/O. Bytes go through the guard (guard.h), which
 * refuses what a handler could misread; a complete request runs on a worker as blocking code, and its answer comes
 * back to the loop. What the server refuses by itself (400, 405, 408, 413, 503) is answered with the body that
 * `error_body` writes and closes the connection; only a complete request that no worker took in time (503) leaves it
 * open. A client that goes away does not stop its request: the answer is dropped.
 *
 * Every answer carries X-Request-Id, Date, Content-Type, Content-Length, Cache-Control: no-store and
 * X-Content-Type-Options: nosniff.
 */
#ifndef CS_GATEWAY_HTTP_H
#define CS_GATEWAY_HTTP_H

#include "core/slice.h"

#define CS_MAX_REQUEST_ID 128
#define CS_MAX_ANSWER (4u << 20) /* body of a response */

/* A complete request. All slices live until the handler returns and hold no control characters (the body may). */
typedef struct cs_http_request {
    cs_slice method;        /* GET, HEAD, POST, PUT, PATCH or DELETE; HEAD is answered like GET: the server
                               itself leaves the body out */
    cs_slice path;          /* before '?', raw: begins with '/', no "//", no dot segments, escapes are %XX, no %00 */
    cs_slice query;         /* after '?', raw, same alphabet; absent without '?' */
    cs_slice authorization; /* header values: surrounding blanks removed, 7-bit; absent without the header; each
                               of these headers was sent at most once */
    cs_slice content_type;
    cs_slice idempotency_key;
    cs_slice body;                          /* empty when there is none */
    char request_id[CS_MAX_REQUEST_ID + 1]; /* the client's own (1..128 printable ASCII) or a fresh one */
    int64_t arrived_us;                     /* cs_tick_us when the request was complete */
} cs_http_request;

/* What the handler fills in. It comes as status 500 with an empty body of at most CS_MAX_ANSWER bytes. */
typedef struct cs_http_response {
    int status;
    cs_buf body;              /* the server frees it; an error in it makes the answer a 500 */
    const char *content_type; /* static text; NULL: application/json */
    int retry_after;          /* seconds; 0: no such header */
    char allow[64];           /* for 405: "GET, POST"; empty: no such header */
} cs_http_response;

/* Runs on a worker thread (for CS_POOL_LOOP on the loop itself); blocking code is fine on a worker. */
typedef void (*cs_http_handler)(void *app, const cs_http_request *rq, cs_http_response *rs);

/* Where a request runs: on the loop (microseconds only), or among the workers. */
typedef enum cs_http_pool { CS_POOL_LOOP, CS_POOL_IO } cs_http_pool;
/* Called on the loop thread; must not block. */
typedef cs_http_pool (*cs_http_classifier)(void *app, const cs_http_request *rq);

/* Zero means the default in every number. */
typedef struct cs_http_config {
    const char *listen; /* HOST:PORT or [HOST]:PORT; port 0 picks one. A host that is not loopback needs TLS */
    cs_http_handler handle;
    cs_http_classifier classify;
    /* Writes the JSON body of an error that the server itself answers. On the loop thread. */
    void (*error_body)(cs_buf *out, cs_err err, const char *request_id);
    void *app;           /* handed to handle and classify */
    int max_connections; /* 4,096; at the cap nothing is accepted until one closes */
    int io_threads;      /* 32 */
    int queue_length;    /* 1,024 requests waiting for a worker */
    int queue_age_ms;    /* 2,000: older ones are answered 503 */
    int head_timeout_ms; /* 10,000 from connecting (TLS included) or from a request's first byte to its head */
    int body_timeout_ms; /* 30,000 for the body to arrive; the same again for the answer to be taken */
    int idle_timeout_ms; /* 75,000 between requests */
    int memory_mib;      /* 64: bodies and answers in flight, all connections together; above it 503 */
    const char *tls_cert, *tls_key; /* PEM files; both or none */
} cs_http_config;

typedef struct cs_http_server cs_http_server;

/* Bound and listening when it returns; texts of the config must live as long as the server. CS_CONFIG (logged with
 * the reason): no usable address, plain HTTP beyond loopback, certificate or key not usable. */
CS_MUST_CHECK cs_err cs_http_open(cs_http_server **out, const cs_http_config *config);
uint16_t cs_http_port(const cs_http_server *s);
/* Serves on the calling thread until cs_http_stop; requests that run then are still answered, for 5 seconds at most. */
CS_MUST_CHECK cs_err cs_http_run(cs_http_server *s);
/* From any thread or signal handler. */
void cs_http_stop(cs_http_server *s);
/* After cs_http_run has returned, or without it; waits for running handlers. NULL is allowed. */
void cs_http_close(cs_http_server *s);

#endif
