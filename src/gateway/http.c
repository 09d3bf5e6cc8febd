/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/http.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/server.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#define BACKLOG 1024
_Static_assert(CS_MAX_TOGETHER == CS_POOL_TOGETHER, "what the pool takes together is what a handler gets");
#define STOP_SECONDS 5 /* for answers that are under way when the server stops */
#define TELL_MS 25     /* streams hear of news this late, and no more often */

static struct timeval ms(int64_t n)
{
    return (struct timeval){n / 1000, n % 1000 * 1000};
}

bool cs_server_has_room(const cs_http_server *s, size_t more)
{
    return s->in_flight + more <= (size_t)s->config.memory_mib << 20;
}

void cs_server_conn_gone(cs_http_server *s)
{
    if (s->stopping && s->conn_count == 0)
        (void)event_base_loopbreak(s->base);
    else if (!s->stopping && s->conn_count == s->config.max_connections - 1)
        (void)evconnlistener_enable(s->listener);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int n, void *arg)
{
    cs_http_server *s = arg;
    (void)peer;
    (void)n;
    cs_conn_open(s, fd);
    if (s->conn_count >= s->config.max_connections)
        (void)evconnlistener_disable(listener);
}

/* Out of descriptors or memory: trying again at once would only spin. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    cs_http_server *s = arg;
    struct timeval pause = ms(100);
    cs_log(CS_LOG_WARN, NULL, "cannot accept: %s", strerror(errno));
    (void)evconnlistener_disable(listener);
    (void)event_add(s->accept, &pause);
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg)
{
    cs_http_server *s = arg;
    (void)fd;
    (void)what;
    if (!s->stopping && s->conn_count < s->config.max_connections)
        (void)evconnlistener_enable(s->listener);
}

static void wake(cs_http_server *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->wake_fd, &one, sizeof one);
    (void)n; /* it fails only when the counter is full, and then the loop wakes anyway */
}

/* A list that begins with `first` and ends with `last`. */
static void hand_back_all(cs_exchange *first, cs_exchange *last)
{
    cs_http_server *s = first->server;
    (void)pthread_mutex_lock(&s->lock);
    bool none = s->done == NULL;
    last->next = s->done;
    s->done = first;
    (void)pthread_mutex_unlock(&s->lock);
    if (none)
        wake(s);
}

static void hand_back(cs_exchange *x)
{
    hand_back_all(x, x);
}

static void run_on_worker(cs_job *job, bool shed)
{
    cs_exchange *x = (cs_exchange *)job;
    x->shed = shed;
    if (!shed)
        x->server->config.handle(x->server->config.app, &x->rq, &x->rs);
    hand_back(x);
}

static void run_together(cs_job *const *jobs, size_t n)
{
    const cs_http_request *rq[CS_MAX_TOGETHER];
    cs_http_response *rs[CS_MAX_TOGETHER];
    cs_exchange *first = (cs_exchange *)jobs[0], *last = first;
    for (size_t i = 0; i < n; i++) {
        cs_exchange *x = (cs_exchange *)jobs[i];
        rq[i] = &x->rq;
        rs[i] = &x->rs;
        last->next = x;
        last = x;
    }
    first->server->config.handle_together(first->server->config.app, rq, rs, n);
    hand_back_all(first, last);
}

/* A piece that no worker had time for is no reason to end the stream. */
static void fill_on_worker(cs_job *job, bool shed)
{
    cs_exchange *x = (cs_exchange *)job;
    x->shed = shed;
    x->filled = shed ? CS_OK : x->rs.stream->fill(x->rs.stream, &x->chunk, CS_MAX_STREAM_CHUNK);
    if (x->filled == CS_OK)
        x->filled = x->chunk.err;
    hand_back(x);
}

static cs_pool *pool_of(const cs_exchange *x)
{
    const cs_http_server *s = x->server;
    return s->away != NULL && x->job.kind == (int)CS_POOL_AWAY ? s->away : s->io;
}

static bool submit(cs_exchange *x)
{
    cs_http_server *s = x->server;
    struct timeval limit = ms(s->config.queue_age_ms + 1);
    if (cs_pool_submit(pool_of(x), &x->job) != CS_OK)
        return false;
    if (event_pending(s->expire, EV_TIMEOUT, NULL) == 0)
        (void)event_add(s->expire, &limit);
    return true;
}

void cs_server_dispatch(cs_exchange *x)
{
    cs_http_server *s = x->server;
    cs_http_pool pool = s->config.classify(s->config.app, &x->rq);
    if (pool == CS_POOL_LOOP) {
        s->config.handle(s->config.app, &x->rq, &x->rs);
        cs_conn_answer(x);
        return;
    }
    x->job.run = run_on_worker;
    x->job.together = pool == CS_POOL_TEAM || pool == CS_POOL_OTHER_TEAM ? run_together : NULL;
    x->job.kind = (int)pool;
    bool asked = s->config.account != NULL && cs_pool_waiting(pool_of(x)) > 0;
    x->job.account = asked ? s->config.account(s->config.app, &x->rq) : 0;
    if (!submit(x)) {
        x->shed = true;
        cs_conn_answer(x);
    }
}

bool cs_server_fill(cs_exchange *x)
{
    x->job.run = fill_on_worker;
    x->job.together = NULL;
    x->job.kind = (int)CS_POOL_IO;
    x->chunk = cs_buf_new(CS_MAX_STREAM_CHUNK);
    return submit(x);
}

static void on_expire(evutil_socket_t fd, short what, void *arg)
{
    cs_http_server *s = arg;
    (void)fd;
    (void)what;
    int64_t oldest = cs_pool_expire(s->io), other = s->away != NULL ? cs_pool_expire(s->away) : -1;
    if (other > oldest)
        oldest = other;
    if (oldest < 0)
        return;
    struct timeval rest = ms(s->config.queue_age_ms - oldest / 1000 + 1);
    (void)event_add(s->expire, &rest);
}

static cs_exchange *take_done(cs_http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    cs_exchange *list = s->done;
    s->done = NULL;
    (void)pthread_mutex_unlock(&s->lock);
    return list;
}

static void begin_stop(cs_http_server *s)
{
    struct timeval grace = ms(STOP_SECONDS * 1000);
    s->stopping = true;
    (void)evconnlistener_disable(s->listener);
    for (cs_conn *c = s->conns, *next; c != NULL; c = next) {
        next = cs_conn_next(c);
        cs_conn_stop(c);
    }
    if (s->conn_count == 0)
        (void)event_base_loopbreak(s->base);
    else
        (void)event_base_loopexit(s->base, &grace);
}

static void on_tell(evutil_socket_t fd, short what, void *arg)
{
    cs_http_server *s = arg;
    (void)fd;
    (void)what;
    for (int i = atomic_load(&s->stream_count); i-- > 0;) /* backwards: one that ends gives its place to the last */
        cs_conn_wake(s->streams[i]);
}

static cs_err open_tls(cs_tls **out, const cs_http_config *c)
{
    return cs_tls_open(out, c->tls_cert, c->tls_key, c->tls_client_ca, !c->tls_client_optional);
}

static void read_again(cs_http_server *s)
{
    cs_tls *fresh = NULL;
    if (s->tls != NULL && open_tls(&fresh, &s->config) == CS_OK) {
        cs_tls_close(s->tls); /* connections keep what they have of it */
        s->tls = fresh;
        cs_log(CS_LOG_INFO, NULL, "certificate read again");
    } else if (s->tls != NULL) {
        cs_log(CS_LOG_ERROR, NULL, "the certificate in use stays");
    }
    if (s->config.reloaded != NULL)
        s->config.reloaded(s->config.app);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    cs_http_server *s = arg;
    uint64_t count;
    (void)what;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n;
    for (cs_exchange *x = take_done(s), *next; x != NULL; x = next) {
        next = x->next;
        if (x->conn != NULL)
            cs_conn_answer(x);
        else
            cs_exchange_free(x);
    }
    if (atomic_exchange(&s->woken, false) && event_pending(s->tell, EV_TIMEOUT, NULL) == 0)
        (void)event_add(s->tell, &(struct timeval){0, TELL_MS * 1000});
    if (atomic_exchange(&s->reload, false))
        read_again(s);
    if (atomic_load(&s->stop) && !s->stopping)
        begin_stop(s);
}

/* HOST:PORT or [HOST]:PORT, cut in place. */
static cs_err split_address(char *text, const char **host, const char **port)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789")] != '\0')
        return CS_CONFIG;
    if (strlen(colon + 1) > 5 || strtol(colon + 1, NULL, 10) > UINT16_MAX)
        return CS_CONFIG;
    *colon = '\0';
    *port = colon + 1;
    *host = text;
    size_t n = strlen(text);
    if (text[0] == '[' && text[n - 1] == ']') {
        text[n - 1] = '\0';
        *host = text + 1;
    } else if (strchr(text, ':') != NULL) {
        return CS_CONFIG;
    }
    return CS_OK;
}

static bool is_loopback(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
    return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

static cs_err read_port(cs_http_server *s)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {.v6 = {0}};
    socklen_t n = sizeof bound;
    if (getsockname(evconnlistener_get_fd(s->listener), &bound.any, &n) != 0)
        return CS_IO;
    s->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    return CS_OK;
}

static cs_err start_listening(cs_http_server *s)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    const char *host, *port, *why = "is not HOST:PORT";
    char text[300];
    cs_err err = CS_CONFIG;
    if (cs_slice_to_cstr(text, sizeof text, cs_slice_str(s->config.listen)) != CS_OK)
        goto out;
    if (split_address(text, &host, &port) != CS_OK || getaddrinfo(host, port, &hints, &found) != 0)
        goto out;
    why = "is not loopback and needs --tls-cert and --tls-key";
    if (s->tls == NULL && !is_loopback(found->ai_addr))
        goto out;
    s->listener = evconnlistener_new_bind(s->base, on_accept, s,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
                                          found->ai_addr, (int)found->ai_addrlen);
    why = strerror(errno);
    if (s->listener == NULL)
        goto out;
    evconnlistener_set_error_cb(s->listener, on_accept_error);
    err = read_port(s);
out:
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "listen address %s: %s", s->config.listen, why);
    if (found != NULL)
        freeaddrinfo(found);
    return err;
}

static void set_default(int *value, int or)
{
    if (*value == 0)
        *value = or ;
}

static cs_err set_config(cs_http_server *s, const cs_http_config *config)
{
    cs_http_config *c = &s->config;
    *c = *config;
    set_default(&c->max_connections, 4096);
    set_default(&c->io_threads, 32);
    set_default(&c->teams, 3);
    set_default(&c->queue_length, 1024);
    set_default(&c->queue_age_ms, 2000);
    set_default(&c->head_timeout_ms, 10000);
    set_default(&c->body_timeout_ms, 30000);
    set_default(&c->idle_timeout_ms, 75000);
    set_default(&c->memory_mib, 64);
    set_default(&c->max_streams, 64);
    set_default(&c->stream_beat_ms, 15000);
    const int numbers[] = {c->max_connections, c->io_threads,      c->teams,           c->queue_length,
                           c->queue_age_ms,    c->head_timeout_ms, c->body_timeout_ms, c->idle_timeout_ms,
                           c->memory_mib,      c->max_streams,     c->stream_beat_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] < 0)
            return CS_CONFIG;
    if (c->listen == NULL || c->handle == NULL || c->classify == NULL || c->error_body == NULL)
        return CS_CONFIG;
    if (c->tls_client_ca != NULL && c->tls_cert == NULL)
        return CS_CONFIG;
    return (c->tls_cert == NULL) == (c->tls_key == NULL) ? CS_OK : CS_CONFIG;
}

/* The loop is used by one thread only, so it needs no locks of its own. */
static cs_err make_loop(cs_http_server *s)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return CS_NO_MEMORY;
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        s->base = event_base_new_with_config(config);
    event_config_free(config);
    if (s->base == NULL)
        return CS_NO_MEMORY;
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->wake_fd < 0)
        return CS_IO;
    s->wake = event_new(s->base, s->wake_fd, EV_READ | EV_PERSIST, on_wake, s);
    s->expire = evtimer_new(s->base, on_expire, s);
    s->accept = evtimer_new(s->base, on_accept_again, s);
    s->tell = evtimer_new(s->base, on_tell, s);
    s->streams = calloc((size_t)s->config.max_streams, sizeof *s->streams);
    if (s->wake == NULL || s->expire == NULL || s->accept == NULL || s->tell == NULL || s->streams == NULL ||
        event_add(s->wake, NULL) != 0)
        return CS_NO_MEMORY;
    return CS_OK;
}

cs_err cs_http_open(cs_http_server **out, const cs_http_config *config)
{
    *out = NULL;
    cs_http_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return CS_NO_MEMORY;
    s->wake_fd = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    cs_err err = set_config(s, config);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL,
               "HTTP: a setting is missing or out of range; certificate, key and client CAs go together");
    if (err == CS_OK && config->tls_cert != NULL)
        err = open_tls(&s->tls, config);
    if (err == CS_OK)
        err = make_loop(s);
    if (err == CS_OK)
        err = start_listening(s);
    size_t waiting = (size_t)s->config.queue_length;
    int64_t age_us = (int64_t)s->config.queue_age_ms * 1000;
    if (err == CS_OK)
        err = cs_pool_open(&s->io, s->config.io_threads, s->config.teams, waiting, age_us);
    if (err == CS_OK && s->config.away)
        err = cs_pool_open(&s->away, s->config.io_threads, 1, waiting, age_us);
    if (err != CS_OK) {
        cs_http_close(s);
        return err;
    }
    *out = s;
    return CS_OK;
}

uint16_t cs_http_port(const cs_http_server *s)
{
    return s->port;
}

cs_err cs_http_run(cs_http_server *s)
{
    /* A client that closes early is an error of a write, not the end of the process. */
    sigset_t pipe;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    int ended = event_base_dispatch(s->base);
    (void)event_base_loop(s->base, EVLOOP_NONBLOCK); /* in which libevent closes what was freed last */
    return ended >= 0 ? CS_OK : CS_IO;
}

void cs_http_stop(cs_http_server *s)
{
    int saved = errno;
    atomic_store(&s->stop, true);
    wake(s);
    errno = saved;
}

cs_http_load cs_http_measure(cs_http_server *s)
{
    return (cs_http_load){.connections = atomic_load(&s->conn_count),
                          .streams = atomic_load(&s->stream_count),
                          .waiting = cs_pool_waiting(s->io) + (s->away != NULL ? cs_pool_waiting(s->away) : 0),
                          .in_flight = atomic_load(&s->in_flight)};
}

void cs_http_reload(cs_http_server *s)
{
    int saved = errno;
    atomic_store(&s->reload, true);
    wake(s);
    errno = saved;
}

void cs_http_wake_streams(cs_http_server *s)
{
    if (atomic_load(&s->stream_count) > 0 && !atomic_exchange(&s->woken, true))
        wake(s);
}

void cs_http_close(cs_http_server *s)
{
    if (s == NULL)
        return;
    s->stopping = true;
    while (s->conns != NULL)
        cs_conn_free(s->conns);
    cs_pool_close(s->io); /* hands everything back that it still has */
    cs_pool_close(s->away);
    for (cs_exchange *x = take_done(s), *next; x != NULL; x = next) {
        next = x->next;
        cs_exchange_free(x);
    }
    if (s->listener != NULL)
        evconnlistener_free(s->listener);
    struct event *const events[] = {s->wake, s->expire, s->accept, s->tell};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (events[i] != NULL)
            event_free(events[i]);
    if (s->base != NULL) {
        (void)event_base_loop(s->base, EVLOOP_NONBLOCK); /* libevent frees connections in the loop */
        event_base_free(s->base);
    }
    if (s->wake_fd >= 0)
        (void)close(s->wake_fd);
    cs_tls_close(s->tls);
    free(s->streams);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}
