/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: bytes into the guard, requests to the server, answers back; one deadline at a time.
 *
 *   HEAD ──► BODY ──► BUSY ──► ANSWERING ──► IDLE ──► HEAD …
 *     └────────┴── refused ────────┘   └──► LINGERING ──► freed
 *                        └──► STREAMING ────────┘
 *
 * long file: one state machine, whose states no reader should have to look for in two places.
 *
 * A connection is closed by sending the end of our side first and reading on for a moment: closing with unread
 * bytes would make the kernel reset it, and the client would lose the answer that tells it why.
 */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "gateway/answer.h"
#include "gateway/guard.h"
#include "gateway/server.h"
#include "sys/clock.h"
#include "sys/log.h"

#define LINGER_MS 2000
#define LINGER_BYTES (4u << 20)

#define USUAL_HEAD 512       /* bytes of an answer's head */
#define STREAM_AGAIN_MS 1000 /* when no worker had time for a stream */

typedef enum phase { HEAD, BODY, BUSY, ANSWERING, STREAMING, IDLE, LINGERING } phase;

struct cs_conn {
    cs_http_server *server;
    cs_conn *prev, *next;
    struct bufferevent *bev;
    struct event *deadline;
    cs_guard guard;
    size_t charged;       /* of the server's in_flight, for the guard's buffers */
    cs_exchange *running; /* with the workers */
    cs_exchange *stream;  /* its answer goes on; the same as `running` while it is being filled */
    bool woken;           /* there may be more than the fill under way has seen */
    size_t discarded;
    phase phase;
    bool last;  /* the connection closes behind this answer */
    bool ended; /* the client sends nothing more */
    char address[CS_MAX_ADDRESS + 1];
};

static void enter(cs_conn *c, phase to, int timeout_ms)
{
    c->phase = to;
    if (timeout_ms > 0)
        (void)event_add(c->deadline, &(struct timeval){timeout_ms / 1000, timeout_ms % 1000 * 1000});
    else
        (void)event_del(c->deadline);
}

static void close_stream(cs_exchange *x)
{
    if (x->rs.stream != NULL)
        x->rs.stream->close(x->rs.stream);
    x->rs.stream = NULL;
}

void cs_exchange_free(cs_exchange *x)
{
    x->server->in_flight -= x->charged;
    cs_buf_free(&x->head);
    cs_buf_free(&x->body);
    cs_buf_free(&x->rs.body);
    cs_buf_free(&x->rs.headers);
    cs_buf_free(&x->chunk);
    close_stream(x);
    free(x);
}

void cs_exchange_fail(cs_exchange *x, cs_err err)
{
    static const char methods[] = "GET, HEAD, POST, PUT, PATCH, DELETE";
    cs_buf_free(&x->rs.body);
    cs_buf_free(&x->rs.headers);
    close_stream(x);
    x->rs = (cs_http_response){.status = cs_err_http_status(err), .body = cs_buf_new(CS_MAX_ANSWER)};
    x->server->config.error_body(&x->rs.body, err, &x->rq);
    if (x->server->config.refused != NULL)
        x->server->config.refused(x->server->config.app, err);
    if (err == CS_METHOD_NOT_ALLOWED)
        memcpy(x->rs.allow, methods, sizeof methods);
    if (err == CS_OVERLOADED) /* by then whatever waits now is answered or shed */
        x->rs.retry_after = 1 + x->server->config.queue_age_ms / 1000;
}

static cs_err set_request_id(cs_http_request *rq, cs_slice own)
{
    uint8_t fresh[16];
    if (own.n > 0 && cs_slice_to_cstr(rq->request_id, sizeof rq->request_id, own) == CS_OK)
        return CS_OK;
    cs_err err = cs_random_public(fresh, sizeof fresh);
    if (err != CS_OK)
        return err;
    cs_buf text = CS_BUF_OVER(rq->request_id);
    cs_hex_encode(&text, CS_ARRAY(fresh));
    cs_buf_add_u8(&text, 0);
    return text.err;
}

/* Moves the request out of the guard, which is empty then. NULL: no memory, no random number. */
static cs_exchange *exchange_new(cs_conn *c)
{
    cs_guard *g = &c->guard;
    bool complete = g->step == CS_GUARD_COMPLETE;
    cs_exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    *x = (cs_exchange){.server = c->server, .conn = c, .head = g->head, .body = g->body, .charged = c->charged};
    x->rs = (cs_http_response){
        .status = 500, .body = cs_buf_new_wiped(CS_MAX_ANSWER), .headers = cs_buf_new_wiped(CS_MAX_ANSWER_FIELDS)};
    cs_err err = set_request_id(&x->rq, g->request_id);
    x->rq.path = g->path; /* in `head`, which the exchange has now */
    memcpy(x->rq.address, c->address, sizeof x->rq.address);
    if (complete) {
        x->rq.method = g->method;
        x->rq.query = g->query;
        x->rq.authorization = g->authorization;
        x->rq.content_type = g->content_type;
        x->rq.idempotency_key = g->idempotency_key;
        x->rq.cookie = g->cookie;
        x->rq.csrf = g->csrf;
        x->rq.last_event_id = g->last_event_id;
        x->rq.accept_encoding = g->accept_encoding;
        x->rq.if_none_match = g->if_none_match;
        cs_tls_peer(x->rq.peer_sha256, c->bev);
        x->rq.body = cs_buf_slice(&x->body);
        x->rq.arrived_us = cs_tick_us();
        x->head_only = cs_slice_is(g->method, "HEAD");
        c->last |= g->wants_close;
    }
    c->charged = 0;
    *g = cs_guard_new();
    if (err != CS_OK) {
        cs_exchange_free(x);
        return NULL;
    }
    return x;
}

static void answer_sent(const void *data, size_t n, void *exchange)
{
    (void)data;
    (void)n;
    cs_exchange_free(exchange);
}

static void head_sent(const void *data, size_t n, void *head)
{
    (void)data;
    (void)n;
    cs_buf_free(head);
    free(head);
}

/* By reference: it may set a cookie, and libevent does not wipe what it copies. */
static bool send_head(struct evbuffer *out, const cs_http_response *rs, const char *request_id, bool last)
{
    cs_buf *head = malloc(sizeof *head);
    if (head == NULL)
        return false;
    *head = cs_buf_new_wiped(CS_MAX_ANSWER_HEAD);
    (void)cs_buf_reserve(head, USUAL_HEAD);
    cs_answer_head(head, rs, request_id, cs_now_ms() / 1000, last);
    if (head->err == CS_OK && evbuffer_add_reference(out, head->p, head->n, head_sent, head) == 0)
        return true;
    head_sent(NULL, 0, head);
    return false;
}

static void send_answer(cs_conn *c, cs_exchange *x)
{
    cs_http_server *s = x->server;
    struct evbuffer *out = bufferevent_get_output(c->bev);
    cs_buf_free(&x->head);
    cs_buf_free(&x->body);
    s->in_flight += x->rs.body.cap;
    s->in_flight -= x->charged;
    x->charged = x->rs.body.cap;

    enter(c, ANSWERING, s->config.body_timeout_ms);
    bool sent = send_head(out, &x->rs, x->rq.request_id, c->last);
    if (x->head_only || x->rs.body.n == 0)
        cs_exchange_free(x);
    else if (!sent || evbuffer_add_reference(out, x->rs.body.p, x->rs.body.n, answer_sent, x) != 0) {
        cs_exchange_free(x);
        sent = false;
    }
    if (!sent)
        cs_conn_free(c);
}

/* -- streams ----------------------------------------------------------------------------------------------------- */

static void linger(cs_conn *c);

static bool has_unsent(const cs_conn *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev)) > 0;
}

/* Until the client has taken what is sent, or else for `ms`. */
static void rest_stream(cs_conn *c, int ms)
{
    enter(c, STREAMING, has_unsent(c) ? c->server->config.body_timeout_ms : ms);
}

static void fill_stream(cs_conn *c)
{
    c->woken = false;
    c->running = c->stream;
    if (cs_server_fill(c->stream)) {
        enter(c, STREAMING, 0);
        return;
    }
    c->running = NULL;
    rest_stream(c, STREAM_AGAIN_MS);
}

static void begin_stream(cs_conn *c, cs_exchange *x)
{
    cs_http_server *s = x->server;
    uint8_t memory[CS_MAX_ANSWER_HEAD];
    cs_buf head = CS_BUF_OVER(memory);
    c->stream = x;
    c->last = true;
    s->streams[atomic_fetch_add(&s->stream_count, 1)] = c;
    cs_answer_head(&head, &x->rs, x->rq.request_id, cs_now_ms() / 1000, true);
    if (head.err != CS_OK || c->ended || bufferevent_write(c->bev, head.p, head.n) != 0)
        cs_conn_free(c);
    else
        fill_stream(c);
}

/* A piece is written, or there was nothing to write. */
static void send_piece(cs_conn *c, cs_exchange *x)
{
    cs_http_server *s = x->server;
    if (x->filled != CS_OK) {
        linger(c);
        return;
    }
    bool some = x->chunk.n > 0;
    if (some && bufferevent_write(c->bev, x->chunk.p, x->chunk.n) != 0) {
        cs_conn_free(c);
        return;
    }
    cs_buf_free(&x->chunk);
    x->rs.stream->quiet = false;
    if (x->shed)
        rest_stream(c, STREAM_AGAIN_MS);
    else if ((some || c->woken) && !has_unsent(c))
        fill_stream(c);
    else
        rest_stream(c, s->config.stream_beat_ms);
}

/* A beat without news; a client that has not taken its bytes for as long as an answer may take is let go. */
static void on_beat(cs_conn *c)
{
    if (has_unsent(c)) {
        cs_conn_free(c);
        return;
    }
    c->stream->rs.stream->quiet = true;
    fill_stream(c);
}

void cs_conn_wake(cs_conn *c)
{
    c->woken = true;
    if (c->running == NULL && !has_unsent(c))
        fill_stream(c);
}

static void forget_stream(cs_conn *c)
{
    cs_http_server *s = c->server;
    int last = atomic_fetch_sub(&s->stream_count, 1) - 1;
    for (int i = 0; i < last; i++)
        if (s->streams[i] == c)
            s->streams[i] = s->streams[last];
    if (c->running != NULL)
        c->running->conn = NULL; /* it is freed when the worker hands it back */
    else
        cs_exchange_free(c->stream);
    c->stream = c->running = NULL;
}

void cs_conn_answer(cs_exchange *x)
{
    cs_conn *c = x->conn;
    cs_http_server *s = x->server;
    c->running = NULL;
    c->last |= s->stopping;
    if (c->stream != NULL) {
        send_piece(c, x);
        return;
    }
    bool is_stream = x->rs.stream != NULL && x->rs.status == 200;
    if (x->shed || (is_stream && (s->stopping || atomic_load(&s->stream_count) >= s->config.max_streams)))
        cs_exchange_fail(x, CS_OVERLOADED);
    if (x->rs.body.err != CS_OK || x->rs.headers.err != CS_OK)
        cs_exchange_fail(x, CS_INTERNAL);
    if (x->rs.status != 200 || x->head_only)
        close_stream(x);
    if (x->rs.stream != NULL)
        begin_stream(c, x);
    else
        send_answer(c, x);
}

/* -- requests ---------------------------------------------------------------------------------------------------- */

static void refuse(cs_conn *c, cs_err err)
{
    cs_exchange *x = exchange_new(c);
    if (x == NULL) {
        cs_conn_free(c);
        return;
    }
    cs_log(CS_LOG_DEBUG, x->rq.request_id, "refused before any handler: %s", cs_err_name(err));
    c->last = true;
    cs_exchange_fail(x, err);
    cs_conn_answer(x);
}

static void dispatch(cs_conn *c)
{
    cs_exchange *x = exchange_new(c);
    if (x == NULL) {
        cs_conn_free(c);
        return;
    }
    c->running = x;
    enter(c, BUSY, 0); /* the handler keeps its own deadlines */
    cs_server_dispatch(x);
}

/* The head was accepted and a body is to come: only now is the client asked for it. */
static cs_err begin_body(cs_conn *c)
{
    if (!cs_server_has_room(c->server, c->guard.content_length))
        return CS_OVERLOADED;
    enter(c, BODY, c->server->config.body_timeout_ms);
    if (c->guard.expects_continue && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0 &&
        bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25) != 0)
        return CS_NO_MEMORY;
    return CS_OK;
}

/* Keeps the server's count of the guard's memory; the guard grows by what has really arrived. */
static cs_err charge(cs_conn *c)
{
    size_t now = c->guard.head.cap + c->guard.body.cap;
    size_t more = now - c->charged;
    cs_err err = more == 0 || cs_server_has_room(c->server, more) ? CS_OK : CS_OVERLOADED;
    c->server->in_flight += more;
    c->charged = now;
    return err;
}

/* What follows from what the guard was fed. */
static cs_err look_at_guard(cs_conn *c)
{
    cs_err err = c->guard.err;
    if (err == CS_OK)
        err = charge(c);
    if (err == CS_OK && c->guard.step == CS_GUARD_BODY && c->phase == HEAD)
        err = begin_body(c);
    return err;
}

/* What there is of a body on a plain connection. libevent would take it in pieces of 4 KiB, with a turn of the loop for
 * each; the end of the connection, and its errors, are still libevent's to find. */
static cs_err read_body(cs_conn *c)
{
    uint8_t bytes[16384];
    cs_err err = CS_OK;
    while (err == CS_OK && c->guard.step == CS_GUARD_BODY) {
        const size_t missing = c->guard.content_length - c->guard.body.n;
        ssize_t n =
            recv(bufferevent_getfd(c->bev), bytes, missing < sizeof bytes ? missing : sizeof bytes, MSG_DONTWAIT);
        if (n <= 0)
            break;
        (void)cs_guard_feed(&c->guard, cs_slice_of(bytes, (size_t)n)); /* it takes all */
        cs_wipe(bytes, (size_t)n);
        err = look_at_guard(c);
    }
    return err;
}

static void read_request(cs_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    struct evbuffer_iovec v;
    cs_err err = CS_OK;
    while (err == CS_OK && evbuffer_peek(in, -1, NULL, &v, 1) > 0 && v.iov_len > 0) {
        size_t n = cs_guard_feed(&c->guard, cs_slice_of(v.iov_base, v.iov_len));
        cs_wipe(v.iov_base, n); /* it may hold an API key */
        (void)evbuffer_drain(in, n);
        err = look_at_guard(c);
    }
    if (err == CS_OK && c->server->tls == NULL)
        err = read_body(c);
    if (err != CS_OK)
        refuse(c, err);
    else if (c->guard.step == CS_GUARD_COMPLETE)
        dispatch(c);
}

static void on_readable(struct bufferevent *bev, void *arg)
{
    cs_conn *c = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    switch (c->phase) {
    case IDLE:
        enter(c, HEAD, c->server->config.head_timeout_ms);
        read_request(c);
        break;
    case HEAD:
    case BODY:
        read_request(c);
        break;
    case BUSY:
    case ANSWERING:
        /* Pipelining: the request under way is answered, what follows it is not read. */
        c->last = true;
        (void)bufferevent_disable(bev, EV_READ);
        break;
    case STREAMING: /* the answer has no end that something could follow */
        cs_conn_free(c);
        break;
    case LINGERING:
        c->discarded += evbuffer_get_length(in);
        (void)evbuffer_drain(in, evbuffer_get_length(in));
        if (c->discarded > LINGER_BYTES)
            cs_conn_free(c);
        break;
    }
}

static void linger(cs_conn *c)
{
    if (c->stream != NULL)
        forget_stream(c);
    if (c->ended) {
        cs_conn_free(c);
        return;
    }
    cs_tls_goodbye(c->bev);
    (void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    enter(c, LINGERING, LINGER_MS);
    (void)bufferevent_enable(c->bev, EV_READ);
    on_readable(c->bev, c);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    cs_conn *c = arg;
    if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    if (c->phase == STREAMING && c->running == NULL)
        fill_stream(c);
    if (c->phase != ANSWERING)
        return;
    if (c->last)
        linger(c);
    else
        enter(c, IDLE, c->server->config.idle_timeout_ms);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    cs_conn *c = arg;
    (void)bev;
    if ((what & BEV_EVENT_CONNECTED) != 0)
        return;
    bool under_way = c->phase == BUSY || c->phase == ANSWERING;
    if ((what & BEV_EVENT_EOF) != 0 && under_way && c->server->tls == NULL) {
        /* Perhaps only the client's half: it may still wait for the answer. */
        c->ended = c->last = true;
        return;
    }
    cs_conn_free(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    cs_conn *c = arg;
    (void)fd;
    (void)what;
    if ((c->phase == HEAD && c->guard.head.n > 0) || c->phase == BODY)
        refuse(c, CS_REQUEST_TIMEOUT);
    else if (c->phase == STREAMING)
        on_beat(c);
    else
        cs_conn_free(c);
}

/* As cs_http_request has it. */
static void write_address(char out[CS_MAX_ADDRESS + 1], int fd)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* [RFC 4291 §2.5.5.2] */
    struct sockaddr_storage peer = {0};
    socklen_t n = sizeof peer;
    out[0] = '\0';
    if (getpeername(fd, (struct sockaddr *)&peer, &n) != 0)
        return;
    if (peer.ss_family == AF_INET) {
        (void)inet_ntop(AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, out, CS_MAX_ADDRESS + 1);
    } else if (peer.ss_family == AF_INET6) {
        struct in6_addr *a = &((struct sockaddr_in6 *)&peer)->sin6_addr;
        bool is_mapped = memcmp(a->s6_addr, mapped, sizeof mapped) == 0;
        if (!is_mapped)
            memset(a->s6_addr + 8, 0, 8);
        (void)inet_ntop(is_mapped ? AF_INET : AF_INET6, is_mapped ? a->s6_addr + 12 : a->s6_addr, out,
                        CS_MAX_ADDRESS + 1);
    }
}

void cs_conn_open(cs_http_server *s, int fd)
{
    int on = 1;
    char address[CS_MAX_ADDRESS + 1];
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    write_address(address, fd);
    struct bufferevent *bev = s->tls != NULL ? cs_tls_accept(s->tls, s->base, fd)
                                             : bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) {
        if (s->tls == NULL)
            (void)close(fd);
        return;
    }
    cs_conn *c = calloc(1, sizeof *c);
    struct event *deadline = c != NULL ? evtimer_new(s->base, on_deadline, c) : NULL;
    if (deadline == NULL) {
        free(c);
        bufferevent_free(bev);
        return;
    }
    *c = (cs_conn){.server = s, .next = s->conns, .bev = bev, .deadline = deadline, .guard = cs_guard_new()};
    memcpy(c->address, address, sizeof c->address);
    if (c->next != NULL)
        c->next->prev = c;
    s->conns = c;
    s->conn_count++;
    bufferevent_setcb(bev, on_readable, on_written, on_event, c);
    enter(c, HEAD, s->config.head_timeout_ms);
    if (bufferevent_enable(bev, EV_READ | EV_WRITE) != 0)
        cs_conn_free(c);
}

cs_conn *cs_conn_next(const cs_conn *c)
{
    return c->next;
}

void cs_conn_stop(cs_conn *c)
{
    if (c->phase == BUSY || c->phase == ANSWERING) {
        c->last = true;
        return;
    }
    if (c->phase == STREAMING && has_unsent(c)) {
        forget_stream(c); /* it ends behind the event that is being sent */
        enter(c, ANSWERING, c->server->config.body_timeout_ms);
        return;
    }
    if (c->phase == STREAMING)
        cs_tls_goodbye(c->bev); /* all of the answer that there will be */
    cs_conn_free(c);
}

void cs_conn_free(cs_conn *c)
{
    cs_http_server *s = c->server;
    if (c->stream != NULL)
        forget_stream(c);
    if (c->running != NULL)
        c->running->conn = NULL;
    *(c->prev != NULL ? &c->prev->next : &s->conns) = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->conn_count--;
    s->in_flight -= c->charged;
    cs_guard_free(&c->guard);
    event_free(c->deadline);
    bufferevent_free(c->bev);
    free(c);
    cs_server_conn_gone(s);
}
