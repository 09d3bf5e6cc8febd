/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/limits.h"
#include "sys/clock.h"
#include "sys/stream.h"

/* -- the descriptor alone ------------------------------------------------------------------------------------------ */

/* The error of a failed transfer; CS_OK means: wait for `event`, then try again. */
static cs_err transfer_error(short *wait, short event)
{
    switch (errno) {
    case EAGAIN:
    case EINTR:
        *wait = event;
        return CS_OK;
    case EPIPE:
    case ECONNRESET:
        return CS_FRAME_CLOSED;
    default:
        return CS_IO;
    }
}

static cs_err plain_receive(size_t *n, short *wait, cs_channel c, uint8_t *to, size_t max)
{
    ssize_t got = recv(c.fd, to, max, MSG_DONTWAIT);
    *n = got > 0 ? (size_t)got : 0;
    if (got == 0)
        return CS_FRAME_CLOSED;
    return got > 0 ? CS_OK : transfer_error(wait, POLLIN);
}

static cs_err plain_send(size_t *n, short *wait, cs_channel c, const struct iovec *parts, size_t count)
{
    union {
        const struct iovec *from;
        struct iovec *to; /* sendmsg only reads the vector, whose type has no const */
    } v = {.from = parts};
    struct msghdr m = {.msg_iov = v.to, .msg_iovlen = count};
    ssize_t sent = sendmsg(c.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    *n = sent > 0 ? (size_t)sent : 0;
    return sent >= 0 ? CS_OK : transfer_error(wait, POLLOUT);
}

static bool plain_is_quiet(cs_channel c)
{
    return cs_stream_is_quiet(c.fd);
}

static void plain_end(cs_channel c)
{
    (void)c;
}

static const cs_channel_kind plain = {plain_receive, plain_send, plain_is_quiet, plain_end};

cs_channel cs_channel_plain(int fd)
{
    return (cs_channel){.fd = fd, .kind = &plain};
}

/* -- any ----------------------------------------------------------------------------------------------------------- */

void cs_channel_end(cs_channel c)
{
    if (c.kind != NULL)
        c.kind->end(c);
}

void cs_channel_close(cs_channel c)
{
    cs_channel_end(c);
    cs_stream_close(c.fd);
}

bool cs_channel_is_quiet(cs_channel c)
{
    return c.kind != NULL && c.kind->is_quiet(c);
}

static cs_err receive(uint8_t *to, size_t n, cs_channel c, int64_t deadline_us)
{
    while (n > 0) {
        size_t got = 0;
        short wait = 0;
        cs_err err = c.kind->receive(&got, &wait, c, to, n);
        if (err == CS_OK && got == 0)
            err = cs_stream_wait(c.fd, wait, deadline_us);
        if (err != CS_OK)
            return err;
        to += got;
        n -= got;
    }
    return CS_OK;
}

/* Sends all parts. Uses up `parts`. */
static cs_err transmit(cs_channel c, struct iovec *parts, size_t count, int64_t deadline_us)
{
    while (count > 0) {
        size_t n = 0;
        short wait = 0;
        cs_err err = c.kind->send(&n, &wait, c, parts, count);
        if (err == CS_OK && n == 0)
            err = cs_stream_wait(c.fd, wait, deadline_us);
        if (err != CS_OK)
            return err;
        while (count > 0 && n >= parts->iov_len) {
            n -= parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (uint8_t *)parts->iov_base + n;
            parts->iov_len -= n;
        }
    }
    return CS_OK;
}

cs_err cs_channel_read(cs_buf *json, cs_channel c, int64_t timeout_us, bool idle_ok)
{
    cs_buf_clear(json);
    uint8_t head[4];
    int64_t deadline = idle_ok ? CS_NO_DEADLINE : cs_tick_us() + timeout_us;
    cs_err err = receive(head, 1, c, deadline);
    if (err != CS_OK)
        return err;
    if (idle_ok)
        deadline = cs_tick_us() + timeout_us;
    err = receive(head + 1, sizeof head - 1, c, deadline);
    if (err != CS_OK)
        return err;
    cs_reader r = cs_reader_of(CS_ARRAY(head));
    uint32_t n = cs_read_u32(&r);
    if (n == 0 || n > CS_MAX_FRAME)
        return CS_FRAME_LENGTH;
    uint8_t *to = cs_buf_reserve(json, n);
    if (to == NULL)
        return json->err;
    err = receive(to, n, c, deadline);
    if (err == CS_OK)
        cs_buf_grow(json, n);
    return err;
}

/* A kind only reads through the vector, whose type has no const. */
static struct iovec part(cs_slice s)
{
    union {
        const uint8_t *from;
        void *to;
    } p = {.from = s.p};
    return (struct iovec){.iov_base = p.to, .iov_len = s.n};
}

cs_err cs_channel_write(cs_channel c, cs_slice frame, int64_t timeout_us)
{
    struct iovec parts[] = {part(frame)};
    return frame.n == 0 ? CS_OK : transmit(c, parts, 1, cs_tick_us() + timeout_us);
}

cs_err cs_channel_relay(cs_channel c, cs_slice json, int64_t timeout_us)
{
    if (json.n == 0 || json.n > CS_MAX_FRAME)
        return CS_FRAME_LENGTH;
    uint8_t head[4];
    cs_buf length = CS_BUF_OVER(head);
    cs_buf_add_u32(&length, (uint32_t)json.n);
    struct iovec parts[] = {part(CS_ARRAY(head)), part(json)};
    return transmit(c, parts, 2, cs_tick_us() + timeout_us);
}
