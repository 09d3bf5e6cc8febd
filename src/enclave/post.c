/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/post.h"

#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define MAX_CHUNKS 4096

/* -- taking an answer apart ---------------------------------------------------------------------------------------- */

/* The bytes before the next CRLF; `rest` goes on behind it. Absent if there is none. */
static cs_slice take_line(cs_slice *rest)
{
    const uint8_t *end = rest->n > 0 ? memmem(rest->p, rest->n, "\r\n", 2) : NULL;
    if (end == NULL)
        return CS_ABSENT;
    size_t n = (size_t)(end - rest->p);
    cs_slice line = cs_slice_sub(*rest, 0, n);
    *rest = cs_slice_sub(*rest, n + 2, rest->n);
    return line;
}

/* Digits of one number, decimal or hex, at most eight; false for anything else. */
static bool read_number(size_t *out, cs_slice digits, unsigned base)
{
    *out = 0;
    if (digits.n == 0 || digits.n > 8)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        uint8_t c = digits.p[i];
        unsigned v = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                            : base;
        if (v >= base)
            return false;
        *out = *out * base + v;
    }
    return true;
}

/* The value of a field of that name, in lower case; absent for another one. */
static cs_slice field_value(cs_slice line, const char *name)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':' || strncasecmp((const char *)line.p, name, n) != 0)
        return CS_ABSENT;
    cs_slice value = cs_slice_sub(line, n + 1, line.n);
    while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
        value = cs_slice_sub(value, 1, value.n);
    while (value.n > 0 && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
        value.n--;
    return value;
}

struct framing {
    size_t length;
    bool has_length, chunked;
};

static cs_err read_fields(struct framing *f, cs_slice *rest)
{
    for (;;) {
        cs_slice line = take_line(rest), value;
        if (line.p == NULL || memchr(line.p, '\n', line.n) != NULL || memchr(line.p, 0, line.n) != NULL)
            return CS_BAD_FORMAT;
        if (line.n == 0)
            return f->has_length != f->chunked ? CS_OK : CS_BAD_FORMAT; /* one of the two, not both */
        if (line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == ':' || memchr(line.p, ':', line.n) == NULL)
            return CS_BAD_FORMAT;
        value = field_value(line, "content-length");
        if (value.p != NULL) {
            if (f->has_length || !read_number(&f->length, value, 10))
                return CS_BAD_FORMAT;
            f->has_length = true;
        }
        value = field_value(line, "transfer-encoding");
        if (value.p != NULL) {
            if (f->chunked || !cs_slice_is(value, "chunked"))
                return CS_BAD_FORMAT;
            f->chunked = true;
        }
    }
}

static cs_err read_chunks(cs_buf *body, cs_slice rest)
{
    for (int i = 0; i < MAX_CHUNKS; i++) {
        size_t n;
        if (!read_number(&n, take_line(&rest), 16))
            return CS_BAD_FORMAT;
        if (n == 0)
            return cs_slice_is(rest, "\r\n") ? CS_OK : CS_BAD_FORMAT;
        if (rest.n < n + 2 || rest.p[n] != '\r' || rest.p[n + 1] != '\n')
            return CS_BAD_FORMAT;
        cs_buf_add(body, cs_slice_sub(rest, 0, n));
        if (body->err != CS_OK)
            return body->err;
        rest = cs_slice_sub(rest, n + 2, rest.n);
    }
    return CS_BAD_FORMAT;
}

cs_err cs_post_answer(cs_buf *body, int *status, cs_slice answer)
{
    struct framing f = {0};
    size_t code = 0;
    cs_slice rest = answer, line = take_line(&rest);
    const cs_slice version = CS_LIT("HTTP/1.1 ");
    *status = 0;
    if (!cs_slice_starts(line, version) || line.n < version.n + 4 || line.p[version.n + 3] != ' ' ||
        !read_number(&code, cs_slice_sub(line, version.n, 3), 10))
        return CS_BAD_FORMAT;
    cs_err err = read_fields(&f, &rest);
    if (err != CS_OK)
        return err;
    *status = (int)code;
    if (f.chunked)
        return read_chunks(body, rest);
    if (rest.n != f.length)
        return CS_BAD_FORMAT;
    cs_buf_add(body, rest);
    return body->err;
}

/* -- asking -------------------------------------------------------------------------------------------------------- */

static cs_err refuse(const char *address, const char *path, const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "%s%s: %s", address, path, why);
    return CS_ROOT_UNAVAILABLE;
}

/* Until the service closes, as it was asked to. */
static cs_err receive_all(cs_buf *answer, int fd, int64_t deadline_us)
{
    cs_err err;
    do
        err = cs_stream_receive(answer, fd, deadline_us);
    while (err == CS_OK);
    return err == CS_FRAME_CLOSED ? CS_OK : err;
}

static cs_err converse(cs_buf *answer, const char *address, const char *path, cs_slice json, int64_t deadline_us)
{
    int fd = -1;
    cs_buf request = cs_buf_new(json.n + 512);
    cs_buf_printf(&request,
                  "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  path, json.n);
    cs_buf_add(&request, json);
    cs_err err = request.err;
    if (err == CS_OK)
        err = cs_stream_connect(&fd, address, deadline_us);
    if (err == CS_OK) {
        err = cs_stream_send(fd, cs_buf_slice(&request), deadline_us);
        if (err == CS_OK)
            err = receive_all(answer, fd, deadline_us);
        cs_stream_close(fd);
    }
    cs_buf_free(&request);
    return err;
}

cs_err cs_post(cs_buf *body, const char *address, const char *path, cs_slice json, int64_t timeout_us)
{
    int status = 0;
    size_t before = body->n;
    cs_buf answer = cs_buf_new(2 * body->max + CS_MAX_HEAD); /* chunks add to what they carry */
    cs_err err = converse(&answer, address, path, json, cs_tick_us() + timeout_us);
    if (err == CS_NO_MEMORY)
        goto out;
    if (err != CS_OK) {
        err = refuse(address, path, err == CS_TOO_LARGE ? "the answer is too long" : "no answer");
        goto out;
    }
    err = cs_post_answer(body, &status, cs_buf_slice(&answer));
    if (err == CS_NO_MEMORY)
        goto out;
    if (err != CS_OK) {
        err = refuse(address, path, "the answer is not well formed");
    } else if (status != 200) {
        char why[32];
        cs_buf text = CS_BUF_OVER(why);
        cs_buf_printf(&text, "status %d", status);
        err = refuse(address, path, cs_buf_cstr(&text));
    }
out:
    cs_buf_free(&answer);
    if (err != CS_OK) {
        body->n = before;
        body->err = CS_OK;
    }
    return err;
}
