/* SPDX-License-Identifier: Apache-2.0 */
/* A service on 127.0.0.1 that answers with what a test has written down, in this order, and keeps what it was asked. */
#ifndef CS_TEST_SERVICE_FIXTURE_H
#define CS_TEST_SERVICE_FIXTURE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/slice.h"

#define SERVICE_MAX 16 /* requests of one test */

typedef struct service {
    int listener;
    pthread_t thread;
    char url[64]; /* http://127.0.0.1:PORT */
    char host[32];
    const char *answers[SERVICE_MAX]; /* whole ones; "" closes the connection without one */
    char *requests[SERVICE_MAX];      /* NUL-terminated */
    int connection_of[SERVICE_MAX];   /* which one they came on, from 1 */
    size_t asked;
} service;

static size_t service_length(const cs_buf *request)
{
    const char *text = (const char *)request->p;
    const char *end = request->n > 0 ? memmem(text, request->n, "\r\n\r\n", 4) : NULL;
    const char *length = request->n > 0 ? memmem(text, request->n, "Content-Length: ", 16) : NULL;
    if (end == NULL)
        return SIZE_MAX;
    return (size_t)(end - text) + 4 + (length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0);
}

/* False if the peer has closed. */
static bool service_read(cs_buf *request, int fd)
{
    char bytes[4096];
    cs_buf_clear(request);
    while (request->n < service_length(request)) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            return false;
        cs_buf_add(request, cs_slice_of(bytes, (size_t)n));
    }
    return true;
}

static void *service_run(void *arg)
{
    service *s = arg;
    cs_buf request = cs_buf_new(1u << 20);
    int fd, connection = 0;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        connection++;
        while (s->asked < SERVICE_MAX && s->answers[s->asked] != NULL && service_read(&request, fd)) {
            const char *answer = s->answers[s->asked];
            s->requests[s->asked] = strdup(cs_buf_cstr(&request));
            s->connection_of[s->asked++] = connection;
            if (answer[0] == '\0' || send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0 ||
                strstr(answer, "Connection: close") != NULL)
                break;
        }
        (void)close(fd);
    }
    cs_buf_free(&request);
    return NULL;
}

/* `answers` ends with NULL. */
static void service_start(service *s, const char *const *answers)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    *s = (service){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    for (size_t i = 0; answers[i] != NULL; i++) {
        assert_true(i + 1 < SERVICE_MAX);
        s->answers[i] = answers[i];
    }
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(s->host, sizeof s->host, "127.0.0.1:%d", ntohs(at.sin_port));
    (void)snprintf(s->url, sizeof s->url, "http://%s", s->host);
    assert_int_equal(pthread_create(&s->thread, NULL, service_run, s), 0);
}

/* After the client has closed its connection. */
static void service_stop(service *s)
{
    (void)shutdown(s->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    (void)close(s->listener);
    for (size_t i = 0; i < s->asked; i++)
        free(s->requests[i]);
}

/* A whole answer around `body`, in memory that the next eight calls leave alone. */
static const char *service_answer(const char *status, const char *headers, const char *body)
{
    static char texts[8][4096];
    static unsigned at;
    char *text = texts[at++ % 8];
    int n = snprintf(text, sizeof texts[0], "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
                     headers, body);
    assert_true(n > 0 && n < (int)sizeof texts[0]);
    return text;
}

#endif
