/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ANSWER (4u << 20)
#define STALL_MS 30000 /* without any answer for so long the service counts as dead */

struct answer {
    cs_buf bytes;
    size_t head; /* length of the head with its empty line; 0: not complete yet */
    size_t body;
    int status;
};

struct client {
    int fd;
    bool done; /* the time is over and its last answer is here */
    uint64_t sent_at;
    struct answer answer;
};

cs_err cs_target_parse(cs_target *t, cs_slice url, cs_slice api_key)
{
    char text[64], *end;
    memset(t, 0, sizeof *t);
    if (!cs_slice_starts(url, CS_LIT("http://127.0.0.1:")) || cs_slice_to_cstr(text, sizeof text, url) != CS_OK)
        return CS_BAD_FORMAT;
    const char *host = text + strlen("http://");
    unsigned long port = strtoul(host + strlen("127.0.0.1:"), &end, 10);
    if (port == 0 || port > 65535 || *end != '\0')
        return CS_BAD_FORMAT;
    t->address.sin_family = AF_INET;
    t->address.sin_port = htons((uint16_t)port);
    t->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)snprintf(t->host, sizeof t->host, "127.0.0.1:%lu", port);
    return cs_slice_to_cstr(t->api_key, sizeof t->api_key, api_key);
}

void cs_http_request(cs_buf *out, const cs_target *t, const char *method, const char *path, cs_slice body)
{
    cs_buf_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", method, path, t->host, t->api_key);
    if (body.p != NULL)
        cs_buf_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.n);
    cs_buf_add_str(out, "\r\n");
    if (body.p != NULL)
        cs_buf_add(out, body);
}

/* Reads status and length once the head is complete. */
static cs_err read_head(struct answer *a)
{
    char *text = (char *)a->bytes.p, *end = memmem(text, a->bytes.n, "\r\n\r\n", 4);
    if (end == NULL)
        return CS_OK;
    long length = -1;
    if (strncmp(text, "HTTP/1.1 ", 9) != 0)
        return CS_BAD_FORMAT;
    a->status = (int)strtol(text + 9, NULL, 10);
    for (char *line = strstr(text, "\r\n"); line < end; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "Content-Length:", 15) == 0)
            length = strtol(line + 17, NULL, 10);
    if (length < 0 || length > (long)MAX_ANSWER)
        return CS_BAD_FORMAT;
    a->head = (size_t)(end - text) + 4;
    a->body = (size_t)length;
    return CS_OK;
}

static bool is_complete(const struct answer *a)
{
    return a->head > 0 && a->bytes.n == a->head + a->body;
}

static cs_slice body_of(const struct answer *a)
{
    return cs_slice_sub(cs_buf_slice(&a->bytes), a->head, a->body);
}

/* Takes what the socket has. CS_IO if the peer closed, CS_BAD_FORMAT for an answer that is none. */
static cs_err receive(struct answer *a, int fd, int flags)
{
    uint8_t *room = cs_buf_reserve(&a->bytes, 65536);
    if (room == NULL)
        return a->bytes.err;
    ssize_t n = recv(fd, room, 65536, flags);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return CS_OK;
    if (n <= 0)
        return CS_IO;
    cs_buf_grow(&a->bytes, (size_t)n);
    (void)cs_buf_cstr(&a->bytes);
    if (a->head == 0) {
        cs_err err = read_head(a);
        if (err != CS_OK)
            return err;
    }
    return a->head > 0 && a->bytes.n > a->head + a->body ? CS_BAD_FORMAT : CS_OK;
}

static void forget(struct answer *a)
{
    cs_buf_clear(&a->bytes);
    a->head = a->body = 0;
    a->status = 0;
}

static cs_err connect_to(int *fd, const cs_target *t)
{
    int one = 1;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return CS_IO;
    if (connect(*fd, (const struct sockaddr *)&t->address, sizeof t->address) != 0)
        return CS_IO;
    return setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 ? CS_OK : CS_IO;
}

/* Requests fit the socket's buffer, so a short write means trouble. */
static cs_err send_request(int fd, cs_slice request)
{
    ssize_t n = send(fd, request.p, request.n, MSG_NOSIGNAL);
    return n == (ssize_t)request.n ? CS_OK : CS_IO;
}

static cs_err exchange(struct answer *a, int fd, cs_slice request)
{
    cs_err err = send_request(fd, request);
    while (err == CS_OK && !is_complete(a))
        err = receive(a, fd, 0);
    return err;
}

cs_err cs_http_call(cs_buf *body, const cs_target *t, const char *method, const char *path, cs_slice request_body)
{
    cs_buf request = cs_buf_new(MAX_ANSWER);
    struct answer a = {.bytes = cs_buf_new(2 * MAX_ANSWER)};
    int fd = -1;

    cs_http_request(&request, t, method, path, request_body);
    cs_err err = connect_to(&fd, t);
    if (err == CS_OK)
        err = exchange(&a, fd, cs_buf_slice(&request));
    if (err == CS_OK) {
        cs_buf_add(body, body_of(&a));
        err = a.status / 100 == 2 ? body->err : CS_BAD_REQUEST;
    }
    if (fd >= 0)
        (void)close(fd);
    cs_buf_free(&a.bytes);
    cs_buf_free(&request);
    return err;
}

/* Judges a complete answer, notes it if it lies in the measured time, and sends the next request. */
static cs_err answered(cs_load_result *out, struct client *c, const cs_load *load, uint64_t from, uint64_t until)
{
    uint64_t now = cs_samples_now();
    cs_slice body = body_of(&c->answer);
    bool good = c->answer.status / 100 == 2 && memmem(body.p, body.n, load->must_hold, strlen(load->must_hold)) != NULL;
    out->answers++;
    if (!good)
        out->refused++;
    else if (now >= from && now < until)
        cs_samples_add(&out->latency, now - c->sent_at);
    if (now >= until && good) {
        cs_buf_clear(&out->last);
        cs_buf_add(&out->last, body);
    }
    forget(&c->answer);
    c->done = now >= until;
    if (c->done)
        return CS_OK;
    c->sent_at = cs_samples_now();
    return send_request(c->fd, load->request);
}

static cs_err drive(cs_load_result *out, int epoll, struct client *clients, const cs_load *load)
{
    uint64_t from = cs_samples_now() + (uint64_t)(load->warm_up * 1e9);
    uint64_t until = from + (uint64_t)(load->seconds * 1e9);
    int waiting = load->clients;
    cs_err err = CS_OK;

    for (int i = 0; err == CS_OK && i < load->clients; i++) {
        clients[i].sent_at = cs_samples_now();
        err = send_request(clients[i].fd, load->request);
    }
    while (err == CS_OK && waiting > 0) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, STALL_MS);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return CS_IO;
        for (int i = 0; err == CS_OK && i < n; i++) {
            struct client *c = events[i].data.ptr;
            err = receive(&c->answer, c->fd, MSG_DONTWAIT);
            if (err == CS_OK && is_complete(&c->answer)) {
                err = answered(out, c, load, from, until);
                waiting -= c->done;
            }
        }
    }
    out->seconds = load->seconds;
    return err;
}

cs_err cs_load_run(cs_load_result *out, const cs_target *t, const cs_load *load)
{
    *out = (cs_load_result){.last = cs_buf_new(MAX_ANSWER)};
    struct client *clients = calloc((size_t)load->clients, sizeof *clients);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    cs_err err = clients != NULL && epoll >= 0 ? CS_OK : CS_NO_MEMORY;

    for (int i = 0; clients != NULL && i < load->clients; i++)
        clients[i] = (struct client){.fd = -1, .answer = {.bytes = cs_buf_new(2 * MAX_ANSWER)}};
    for (int i = 0; err == CS_OK && i < load->clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        err = connect_to(&clients[i].fd, t);
        if (err == CS_OK && epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event) != 0)
            err = CS_IO;
    }
    if (err == CS_OK)
        err = drive(out, epoll, clients, load);

    for (int i = 0; clients != NULL && i < load->clients; i++) {
        if (clients[i].fd >= 0)
            (void)close(clients[i].fd);
        cs_buf_free(&clients[i].answer.bytes);
    }
    if (epoll >= 0)
        (void)close(epoll);
    free(clients);
    return err;
}

cs_err cs_idle_open(int *fds, size_t count, const cs_target *t, cs_slice request)
{
    struct answer a = {.bytes = cs_buf_new(2 * MAX_ANSWER)};
    cs_err err = CS_OK;
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    for (size_t i = 0; err == CS_OK && i < count; i++) {
        forget(&a);
        err = connect_to(&fds[i], t);
        if (err == CS_OK)
            err = exchange(&a, fds[i], request);
        if (err == CS_OK && a.status != 200)
            err = CS_BAD_REQUEST;
    }
    cs_buf_free(&a.bytes);
    return err;
}

size_t cs_idle_alive(const int *fds, size_t count)
{
    size_t alive = 0;
    for (size_t i = 0; i < count; i++) {
        struct pollfd p = {.fd = fds[i], .events = POLLIN};
        alive += fds[i] >= 0 && poll(&p, 1, 0) == 0; /* a closed connection would be readable */
    }
    return alive;
}

void cs_idle_close(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}
