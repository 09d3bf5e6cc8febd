/* SPDX-License-Identifier: Apache-2.0 */
/* Responses read from bare sockets. */
#ifndef CS_TEST_HTTP_REPLY_H
#define CS_TEST_HTTP_REPLY_H

#include "http_fixture.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

typedef struct reply {
    int status;
    char head[2048];
    char *body; /* NUL-terminated; free it */
    size_t n;
} reply;

/* Reads exactly one response; status 0: the server closed without one. */
static reply read_reply(int fd, bool with_body)
{
    reply r = {0};
    size_t n = 0;
    while (n < sizeof r.head - 1) {
        ssize_t got = recv(fd, r.head + n, 1, 0);
        if (got == 0 && n == 0)
            return r;
        assert_int_equal(got, 1);
        r.head[++n] = '\0';
        if (n >= 4 && memcmp(r.head + n - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    assert_memory_equal(r.head, "HTTP/1.1 ", 9);
    r.status = (int)strtol(r.head + 9, NULL, 10);
    const char *length = strstr(r.head, "Content-Length: ");
    if (length != NULL)
        r.n = (size_t)strtoul(length + strlen("Content-Length: "), NULL, 10);
    if (!with_body)
        return r;
    r.body = calloc(1, r.n + 1);
    assert_non_null(r.body);
    for (size_t at = 0; at < r.n;) {
        ssize_t got = recv(fd, r.body + at, r.n - at, 0);
        assert_true(got > 0);
        at += (size_t)got;
    }
    return r;
}

static void expect_reply(int fd, int status, const char *body)
{
    reply r = read_reply(fd, true);
    assert_int_equal(r.status, status);
    if (body != NULL)
        assert_non_null(strstr(r.body, body));
    free(r.body);
}

#endif
