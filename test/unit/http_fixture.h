/* SPDX-License-Identifier: Apache-2.0 */
/* A server with a few routes on a thread of its own, and a client of bare sockets. */
#ifndef CS_TEST_HTTP_FIXTURE_H
#define CS_TEST_HTTP_FIXTURE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/http.h"

#define HOST "Host: a.example\r\n"
#define PATIENCE_S 60 /* only a broken server makes a test wait this long */

static sem_t handler_entered, handler_let_go;

static void handle(void *app, const cs_http_request *rq, cs_http_response *rs)
{
    (void)app;
    rs->status = 200;
    if (cs_slice_is(rq->path, "/echo")) {
        cs_buf_add(&rs->body, rq->body);
    } else if (cs_slice_is(rq->path, "/wait")) {
        (void)sem_post(&handler_entered);
        (void)sem_wait(&handler_let_go);
        cs_buf_add_str(&rs->body, "waited");
    } else if (cs_slice_is(rq->path, "/broken")) {
        rs->body.err = CS_TOO_LARGE;
    } else if (cs_slice_is(rq->path, "/id")) {
        cs_buf_add_str(&rs->body, rq->request_id);
    } else if (cs_slice_is(rq->path, "/address")) {
        cs_buf_add_str(&rs->body, rq->address);
    } else if (cs_slice_is(rq->path, "/large")) {
        for (size_t i = 0; i < CS_MAX_ANSWER; i++)
            cs_buf_add_u8(&rs->body, (uint8_t)('a' + (int)(i % 26)));
    } else {
        rs->status = 404;
        rs->content_type = "text/plain";
        cs_buf_add(&rs->body, rq->path);
    }
}

static cs_http_pool classify(void *app, const cs_http_request *rq)
{
    (void)app;
    return cs_slice_is(rq->path, "/id") ? CS_POOL_LOOP : CS_POOL_IO;
}

static void error_body(cs_buf *out, cs_err err, const cs_http_request *rq)
{
    cs_buf_printf(out, "{\"code\":\"%s\",\"requestId\":\"%s\",\"path\":\"%.*s\"}", cs_err_name(err), rq->request_id,
                  (int)rq->path.n, (const char *)rq->path.p);
}

typedef struct fixture {
    cs_http_server *server;
    pthread_t thread;
    cs_err result; /* of cs_http_run */
} fixture;

static cs_http_config base_config(void)
{
    return (cs_http_config){
        .listen = "127.0.0.1:0", .handle = handle, .classify = classify, .error_body = error_body, .io_threads = 4};
}

static void *serve(void *arg)
{
    fixture *f = arg;
    f->result = cs_http_run(f->server);
    return NULL;
}

static void start(fixture *f, const cs_http_config *config)
{
    *f = (fixture){.result = CS_INTERNAL};
    assert_int_equal(sem_init(&handler_entered, 0, 0), 0);
    assert_int_equal(sem_init(&handler_let_go, 0, 0), 0);
    assert_int_equal(cs_http_open(&f->server, config), CS_OK);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void stop(fixture *f)
{
    cs_http_stop(f->server);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_int_equal(f->result, CS_OK);
    cs_http_close(f->server);
}

/* `window`: bytes that the client's kernel takes before anybody reads; 0: as it likes. */
static int dial_with(const fixture *f, int window)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(cs_http_port(f->server))};
    struct timeval patience = {PATIENCE_S, 0};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    if (window > 0)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static int dial(const fixture *f)
{
    return dial_with(f, 0);
}

/* False if the server has closed. */
static bool send_bytes(int fd, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void send_text(int fd, const char *text)
{
    assert_true(send_bytes(fd, text, strlen(text)));
}

/* Nothing more comes: the end, or a reset where we sent what nobody read. */
static void expect_end(int fd)
{
    char c;
    assert_true(recv(fd, &c, 1, 0) <= 0);
    (void)close(fd);
}

#endif
