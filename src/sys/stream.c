/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/stream.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/limits.h"
#include "sys/channel.h"
#include "sys/clock.h"

#define BACKLOG 128
#define RECEIVE_BYTES 16384 /* asked of the kernel at a time */

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        struct sockaddr_vm vm;
        struct sockaddr_storage storage;
    } at;
    socklen_t n;
};

/* A decimal number up to 2^32 - 1. */
static bool read_u32(uint32_t *out, const char *text)
{
    uint64_t v = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 10)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = v * 10 + (uint64_t)(*text - '0');
    }
    *out = (uint32_t)v;
    return v <= UINT32_MAX;
}

/* Cuts "HOST:PORT" at the last colon; square brackets around an IPv6 host are dropped. */
static bool split_port(char host[256], const char **port, const char *text)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon[1] == '\0')
        return false;
    cs_slice h = cs_slice_of(text, (size_t)(colon - text));
    if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
        h = cs_slice_sub(h, 1, h.n - 2);
    *port = colon + 1;
    return h.n > 0 && cs_slice_to_cstr(host, 256, h) == CS_OK;
}

static cs_err parse_unix(struct address *a, const char *path)
{
    a->at.un.sun_family = AF_UNIX;
    a->n = sizeof a->at.un;
    return path[0] != '\0' && cs_slice_to_cstr(a->at.un.sun_path, sizeof a->at.un.sun_path, cs_slice_str(path)) == CS_OK
               ? CS_OK
               : CS_CONFIG;
}

/* All addresses of a name, at least one. */
static cs_err resolve(struct addrinfo **found, const char *text)
{
    char host[256];
    const char *port;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    *found = NULL;
    return split_port(host, &port, text) && getaddrinfo(host, port, &hints, found) == 0 ? CS_OK : CS_CONFIG;
}

static void take_address(struct address *a, const struct addrinfo *from)
{
    *a = (struct address){.n = from->ai_addrlen};
    memcpy(&a->at.storage, from->ai_addr, from->ai_addrlen);
}

/* The first address of a name. */
static cs_err parse_tcp(struct address *a, const char *text)
{
    struct addrinfo *found;
    cs_err err = resolve(&found, text);
    if (err != CS_OK)
        return err;
    take_address(a, found);
    freeaddrinfo(found);
    return CS_OK;
}

static cs_err parse_vsock(struct address *a, const char *text)
{
    char cid[256];
    const char *port;
    a->at.vm.svm_family = AF_VSOCK;
    a->n = sizeof a->at.vm;
    return split_port(cid, &port, text) && read_u32(&a->at.vm.svm_cid, cid) && read_u32(&a->at.vm.svm_port, port)
               ? CS_OK
               : CS_CONFIG;
}

static cs_err parse(struct address *a, const char *text)
{
    *a = (struct address){0};
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(a, text + 5);
    if (strncmp(text, "tcp:", 4) == 0)
        return parse_tcp(a, text + 4);
    if (strncmp(text, "vsock:", 6) == 0)
        return parse_vsock(a, text + 6);
    return CS_CONFIG;
}

void cs_stream_close(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

/* Removes the socket file of a server that is gone. CS_CONFLICT if it is alive, CS_IO if it is no socket. */
static cs_err remove_stale(const struct address *a)
{
    struct stat st;
    if (lstat(a->at.un.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return CS_IO;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return CS_IO;
    cs_err err = CS_CONFLICT; /* also when its backlog is full: somebody listens */
    if (connect(fd, &a->at.any, a->n) != 0 && errno == ECONNREFUSED)
        err = unlink(a->at.un.sun_path) == 0 ? CS_OK : CS_IO;
    cs_stream_close(fd);
    return err;
}

static cs_err bind_address(int fd, const struct address *a)
{
    int on = 1;
    if (a->at.any.sa_family != AF_UNIX) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        return bind(fd, &a->at.any, a->n) == 0 ? CS_OK : errno == EADDRINUSE ? CS_CONFLICT : CS_IO;
    }
    /* On Linux the file takes its mode from the socket, so it never exists with a wider one [unix(7)]. */
    if (fchmod(fd, 0600) != 0)
        return CS_IO;
    if (bind(fd, &a->at.any, a->n) == 0)
        return CS_OK;
    if (errno != EADDRINUSE)
        return CS_IO;
    cs_err err = remove_stale(a);
    if (err != CS_OK)
        return err;
    return bind(fd, &a->at.any, a->n) == 0 ? CS_OK : CS_IO;
}

cs_err cs_stream_listen(int *fd, const char *address)
{
    struct address a;
    *fd = -1;
    cs_err err = parse(&a, address);
    if (err != CS_OK)
        return err;
    int s = socket(a.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return CS_IO;
    err = bind_address(s, &a);
    if (err == CS_OK && listen(s, BACKLOG) != 0)
        err = CS_IO;
    if (err != CS_OK)
        cs_stream_close(s);
    else
        *fd = s;
    return err;
}

static void send_at_once(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails, harmlessly, where there is no TCP */
}

static cs_err connect_to(int *fd, const struct address *a, int64_t deadline_us)
{
    int64_t left = deadline_us - cs_tick_us();
    if (left <= 0)
        return CS_FRAME_DEADLINE;
    int s = socket(a->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return CS_IO;
    /* The send time-out bounds connect(2) too, for a full unix backlog as for a silent host. */
    struct timeval bound = {.tv_sec = left / 1000000, .tv_usec = left % 1000000};
    if (setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound) != 0) {
        cs_stream_close(s);
        return CS_IO;
    }
    if (connect(s, &a->at.any, a->n) != 0) {
        cs_err err = errno == EAGAIN || errno == EINPROGRESS ? CS_FRAME_DEADLINE : CS_ENCLAVE_UNAVAILABLE;
        cs_stream_close(s);
        return err;
    }
    if (a->at.any.sa_family != AF_UNIX)
        send_at_once(s);
    *fd = s;
    return CS_OK;
}

/* One address after the other. A silent one takes its share of the time and no more. */
static cs_err connect_by_name(int *fd, const char *text, int64_t deadline_us)
{
    struct addrinfo *found;
    struct address a;
    int64_t left = 0;
    cs_err err = resolve(&found, text);
    for (const struct addrinfo *i = found; i != NULL; i = i->ai_next)
        left++;
    for (const struct addrinfo *i = found; i != NULL && (i == found || err != CS_OK); i = i->ai_next) {
        int64_t now = cs_tick_us();
        take_address(&a, i);
        err = connect_to(fd, &a, now + (deadline_us - now) / left--);
    }
    if (found != NULL)
        freeaddrinfo(found);
    return err;
}

cs_err cs_stream_connect(int *fd, const char *address, int64_t deadline_us)
{
    struct address a;
    *fd = -1;
    if (strncmp(address, "tcp:", 4) == 0)
        return connect_by_name(fd, address + 4, deadline_us);
    cs_err err = parse(&a, address);
    return err == CS_OK ? connect_to(fd, &a, deadline_us) : err;
}

cs_err cs_stream_accept(int *fd, int listener)
{
    *fd = -1;
    for (;;) {
        int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (s >= 0) {
            *fd = s;
            return CS_OK;
        }
        if (errno == EINVAL || errno == EBADF)
            return CS_FRAME_CLOSED;
        if (errno != EINTR && errno != ECONNABORTED)
            return CS_IO;
    }
}

void cs_stream_stop(int listener)
{
    (void)shutdown(listener, SHUT_RDWR);
}

bool cs_stream_is_quiet(int fd)
{
    uint8_t byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

cs_err cs_stream_wait(int fd, short events, int64_t deadline_us)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int ms = -1;
        if (deadline_us != CS_NO_DEADLINE) {
            int64_t left = deadline_us - cs_tick_us();
            if (left <= 0)
                return CS_FRAME_DEADLINE;
            ms = left > INT32_MAX ? INT32_MAX : (int)((left + 999) / 1000);
        }
        int n = poll(&p, 1, ms);
        if (n > 0)
            return CS_OK;
        if (n < 0 && errno != EINTR)
            return CS_IO;
    }
}

cs_err cs_frame_read(cs_buf *json, int fd, int64_t timeout_us, bool idle_ok)
{
    return cs_channel_read(json, cs_channel_plain(fd), timeout_us, idle_ok);
}

cs_err cs_frame_write(int fd, cs_slice frame, int64_t timeout_us)
{
    return cs_channel_write(cs_channel_plain(fd), frame, timeout_us);
}

cs_err cs_frame_relay(int fd, cs_slice json, int64_t timeout_us)
{
    return cs_channel_relay(cs_channel_plain(fd), json, timeout_us);
}

cs_err cs_stream_send(int fd, cs_slice bytes, int64_t deadline_us)
{
    return cs_channel_write(cs_channel_plain(fd), bytes, deadline_us - cs_tick_us());
}

cs_err cs_stream_receive(cs_buf *out, int fd, int64_t deadline_us)
{
    size_t room = out->max - out->n < RECEIVE_BYTES ? out->max - out->n : RECEIVE_BYTES;
    if (room == 0)
        return CS_TOO_LARGE;
    uint8_t *to = cs_buf_reserve(out, room);
    if (to == NULL)
        return out->err;
    const cs_channel c = cs_channel_plain(fd);
    for (;;) {
        size_t got = 0;
        short wait = 0;
        cs_err err = c.kind->receive(&got, &wait, c, to, room);
        cs_buf_grow(out, got);
        if (err != CS_OK || got > 0)
            return err;
        err = cs_stream_wait(fd, wait, deadline_us);
        if (err != CS_OK)
            return err;
    }
}
