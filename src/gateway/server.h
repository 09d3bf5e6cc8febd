/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of the HTTP server share: http.c (listener, workers, start and stop) and conn.c (one
 * connection). Nobody else includes it.
 *
 * Only the loop thread touches the server and its connections. An exchange is with one side at a time: with the
 * loop, then with a worker (which sees rq and rs only), then on the `done` list, then with the loop again. One whose
 * answer is a stream goes that way for every piece of it.
 */
#ifndef CS_GATEWAY_SERVER_H
#define CS_GATEWAY_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/http.h"
#include "gateway/pool.h"
#include "gateway/tls.h"

typedef struct cs_conn cs_conn;

/* A request, from the moment it is complete until its answer has been sent. */
typedef struct cs_exchange {
    cs_job job; /* first: the pool hands it back */
    cs_http_server *server;
    cs_conn *conn; /* NULL: the client has gone */
    cs_http_request rq;
    cs_http_response rs;
    cs_buf head, body; /* the memory behind rq */
    cs_buf chunk;      /* what a stream's fill wrote */
    cs_err filled;     /* and what it returned */
    bool shed;
    bool head_only; /* the answer goes out without its body */
    size_t charged; /* of the server's in_flight */
    struct cs_exchange *next;
} cs_exchange;

struct cs_http_server {
    cs_http_config config; /* defaults filled in */
    struct event_base *base;
    struct evconnlistener *listener;
    cs_tls *tls;          /* NULL: plain HTTP */
    cs_pool *io, *away;   /* `away` may be NULL */
    struct event *wake;   /* an exchange is done, or the server is to stop */
    struct event *expire; /* a job in the pool may be too old */
    struct event *accept; /* descriptors ran out a moment ago */
    struct event *tell;   /* streams are to be told a moment from now, all that was new meanwhile together */
    int wake_fd;
    uint16_t port;
    cs_conn *conns;
    atomic_int conn_count;
    cs_conn **streams; /* connections that are streams, max_streams places */
    atomic_int stream_count;
    atomic_size_t in_flight; /* bytes of requests and answers, with their buffers' slack */
    bool stopping;
    atomic_bool stop, reload, woken;
    pthread_mutex_t lock;
    cs_exchange *done; /* under the lock */
};

/* conn.c. cs_conn_open owns `fd` and closes it on failure. */
void cs_conn_open(cs_http_server *s, int fd);
void cs_conn_free(cs_conn *c);
cs_conn *cs_conn_next(const cs_conn *c);
/* Closes, if a request is under way behind its answer. */
void cs_conn_stop(cs_conn *c);
/* Sends the answer, or the stream's next piece; the exchange is the connection's now. */
void cs_conn_answer(cs_exchange *x);
/* The stream may have something to send. */
void cs_conn_wake(cs_conn *c);
/* Makes the answer an error of the server's own. */
void cs_exchange_fail(cs_exchange *x, cs_err err);
void cs_exchange_free(cs_exchange *x);

/* http.c. Runs the exchange's request; sooner or later cs_conn_answer or cs_exchange_free is called. */
void cs_server_dispatch(cs_exchange *x);
/* Lets the stream of the exchange fill its chunk; false: the workers are too busy, the exchange is still the loop's. */
CS_MUST_CHECK bool cs_server_fill(cs_exchange *x);
bool cs_server_has_room(const cs_http_server *s, size_t more);
/* A connection is gone: accepts again, or ends the loop behind the last one. */
void cs_server_conn_gone(cs_http_server *s);

#endif
