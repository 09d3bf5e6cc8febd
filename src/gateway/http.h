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
 * Every answer carries X-Request-Id, Date, Content-Type, Content-Length, Cache-Control and
 * X-Content-Type-Options: nosniff. The answer may also be a stream, which has no length: it ends with the connection.
 * What a client sends and gets is wiped from memory once the answer is on its way: it may be an API key.
 */
#ifndef CS_GATEWAY_HTTP_H
#define CS_GATEWAY_HTTP_H

#include "core/slice.h"

#define CS_MAX_REQUEST_ID 128
#define CS_MAX_ADDRESS 45                /* characters */
#define CS_MAX_ANSWER (4u << 20)         /* body of a response */
#define CS_MAX_ANSWER_FIELDS 2048        /* bytes of the header fields that a handler adds */
#define CS_MAX_STREAM_CHUNK (256u << 10) /* bytes that a stream writes at once; every entry fits with its note */

/* A complete request, unless something else is said. All slices live until the handler returns and hold no control
 * characters (the body may). */
typedef struct cs_http_request {
    cs_slice method;        /* GET, HEAD, POST, PUT, PATCH or DELETE; HEAD is answered like GET: the server
                               itself leaves the body out */
    cs_slice path;          /* before '?', raw: begins with '/', no "//", no dot segments, escapes are %XX, no %00 */
    cs_slice query;         /* after '?', raw, same alphabet; absent without '?' */
    cs_slice authorization; /* header values: surrounding blanks removed, 7-bit; absent without the header; each
                               of these headers was sent at most once */
    cs_slice content_type;
    cs_slice idempotency_key;
    cs_slice cookie, csrf, last_event_id;    /* Cookie, X-CSRF-Token, Last-Event-ID */
    cs_slice accept_encoding, if_none_match; /* of these lists the first line, if they come in several */
    cs_slice body;                           /* empty when there is none */
    char peer_sha256[2 * 32 + 1];            /* of the client's certificate, hexadecimal; "" without one */
    char address[CS_MAX_ADDRESS + 1];        /* where it came from: an IPv4 address, or the /64 of an IPv6 one, of
                                                which a client has all; "" if that cannot be told */
    char request_id[CS_MAX_REQUEST_ID + 1];  /* the client's own (1..128 printable ASCII) or a fresh one */
    int64_t arrived_us;                      /* cs_tick_us when the request was complete */
} cs_http_request;

/*
 * An answer that goes on for as long as client and server want. The server calls `fill` on a worker: at once, again
 * when what it wrote has been taken, and when it had nothing to write, after the next cs_http_wake_streams or after
 * `stream_beat_ms`. So a slow client is written to slowly, and at most CS_MAX_STREAM_CHUNK bytes wait for it.
 * The memory is the handler's until it returns with status 200, then the server's; `close` gives it back, on the loop
 * thread, once, never while `fill` runs, and must not block.
 */
typedef struct cs_http_stream {
    /* Appends to `out`, which is empty and takes `max` bytes. Any error ends the stream. */
    cs_err (*fill)(struct cs_http_stream *self, cs_buf *out, size_t max);
    void (*close)(struct cs_http_stream *self);
    bool quiet; /* set by the server: nothing has been sent for a beat, so write something that means nothing */
} cs_http_stream;

/* What the handler fills in. It comes as status 500 with an empty body of at most CS_MAX_ANSWER bytes. */
typedef struct cs_http_response {
    int status;
    cs_buf body;               /* the server frees it; an error in it makes the answer a 500 */
    const char *content_type;  /* static text; NULL: application/json */
    const char *cache_control; /* static text; NULL: no-store */
    int retry_after;           /* seconds; 0: no such header */
    char allow[64];            /* for 405: "GET, POST"; empty: no such header */
    cs_buf headers;            /* what cs_http_header added; the server frees it */
    cs_http_stream *stream;    /* NULL, or the answer instead of `body` */
} cs_http_response;

/* Adds a header field: a token, printable ASCII. A name or value that would break the head, or a field that is the
 * server's own to write, makes the answer a 500. */
void cs_http_header(cs_http_response *rs, const char *name, const char *value);

/* Runs on a worker thread (for CS_POOL_LOOP on the loop itself); blocking code is fine on a worker. */
typedef void (*cs_http_handler)(void *app, const cs_http_request *rq, cs_http_response *rs);

/* The same for several requests that one worker does together; 1 to CS_MAX_TOGETHER. */
#define CS_MAX_TOGETHER 16
typedef void (*cs_http_together)(void *app, const cs_http_request *const *rq, cs_http_response *const *rs, size_t n);

/* Where a request runs: on the loop (microseconds only), among the workers, there together with others like it, or
 * among workers that serve nobody else, since it waits for something that is not ours. */
typedef enum cs_http_pool { CS_POOL_LOOP, CS_POOL_IO, CS_POOL_TEAM, CS_POOL_OTHER_TEAM, CS_POOL_AWAY } cs_http_pool;
/* Called on the loop thread; must not block. */
typedef cs_http_pool (*cs_http_classifier)(void *app, const cs_http_request *rq);
/* On whose account it waits for a worker (pool.h). Likewise; asked only while others wait. */
typedef uint64_t (*cs_http_accountant)(void *app, const cs_http_request *rq);

/* Zero means the default in every number. */
typedef struct cs_http_config {
    const char *listen; /* HOST:PORT or [HOST]:PORT; port 0 picks one. A host that is not loopback needs TLS */
    cs_http_handler handle;
    cs_http_together handle_together; /* NULL: no request is classified as CS_POOL_TEAM */
    cs_http_classifier classify;
    bool away;                  /* there are requests of CS_POOL_AWAY: as many workers for them as for the others */
    cs_http_accountant account; /* NULL: all requests are on one */
    /* Writes the JSON body of an error that the server itself answers. Of the request only request_id is sure to be
     * there; `path` is as it was sent, perhaps malformed, or absent. On the loop thread. */
    void (*error_body)(cs_buf *out, cs_err err, const cs_http_request *rq);
    /* Told of every such error; NULL: nobody is. On the loop thread. */
    void (*refused)(void *app, cs_err err);
    /* After cs_http_reload, on the loop thread. NULL: nothing else is to be read again. */
    void (*reloaded)(void *app);
    void *app;           /* handed to all of these */
    int max_connections; /* 4,096; at the cap nothing is accepted until one closes */
    int io_threads;      /* 32 */
    int teams;           /* 3 of them at most do requests together */
    int queue_length;    /* 1,024 requests waiting for a worker */
    int queue_age_ms;    /* 2,000: older ones are answered 503 */
    int head_timeout_ms; /* 10,000 from connecting (TLS included) or from a request's first byte to its head */
    int body_timeout_ms; /* 30,000 for the body to arrive; the same again for the answer to be taken */
    int idle_timeout_ms; /* 75,000 between requests */
    int memory_mib;      /* 64: bodies and answers in flight, all connections together; above it 503 */
    int max_streams;     /* 64; above it 503 */
    int stream_beat_ms;  /* 15,000 */
    const char *tls_cert, *tls_key; /* PEM files; both or none */
    const char *tls_client_ca;      /* PEM file; NULL: clients are not asked for a certificate */
    bool tls_client_optional;       /* a client without a certificate is let in; one with a bad one never */
} cs_http_config;

typedef struct cs_http_server cs_http_server;

/* Bound and listening when it returns; texts of the config must live as long as the server. CS_CONFIG (logged with
 * the reason): no usable address, plain HTTP beyond loopback, certificate or key not usable. */
CS_MUST_CHECK cs_err cs_http_open(cs_http_server **out, const cs_http_config *config);
uint16_t cs_http_port(const cs_http_server *s);
/* Serves on the calling thread until cs_http_stop; requests that run then are still answered, for 5 seconds at most;
 * streams end behind what they are sending. */
CS_MUST_CHECK cs_err cs_http_run(cs_http_server *s);
/* From any thread or signal handler. */
void cs_http_stop(cs_http_server *s);
/* There may be something new for the streams. From any thread; cheap. */
void cs_http_wake_streams(cs_http_server *s);
/* How busy the server is, from any thread. */
typedef struct cs_http_load {
    int connections, streams;
    size_t waiting;   /* requests that no worker has taken yet */
    size_t in_flight; /* bytes of requests and answers */
} cs_http_load;
cs_http_load cs_http_measure(cs_http_server *s);
/* Reads certificate, key and client CAs again, for the connections to come; what is not usable is logged and the old
 * stays. From any thread or signal handler. */
void cs_http_reload(cs_http_server *s);
/* After cs_http_run has returned, or without it; waits for running handlers. NULL is allowed. */
void cs_http_close(cs_http_server *s);

#endif
