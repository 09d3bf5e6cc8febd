/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/post.c: answers as bytes, and a service that answers over a socket. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/post.h"
#include "sys/clock.h"
#include "sys/stream.h"
#include "sys/thread.h"

#define H "HTTP/1.1 200 OK\r\n"
#define L "Content-Length: "
#define CHUNKED H "Transfer-Encoding: chunked\r\n\r\n"

static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *what, *answer;
        cs_err err;
        int status;
        const char *body;
    } rows[] = {
        {"plain", H L "5\r\n\r\ntoken", CS_OK, 200, "token"},
        {"empty", H L "0\r\n\r\n", CS_OK, 200, ""},
        {"other fields", H "Date: x\r\ncontent-LENGTH:\t5 \r\nX:\r\n\r\ntoken", CS_OK, 200, "token"},
        {"an error", "HTTP/1.1 400 Bad Request\r\n" L "3\r\n\r\nbad", CS_OK, 400, "bad"},
        {"without a reason", "HTTP/1.1 200 \r\n" L "0\r\n\r\n", CS_OK, 200, ""},
        {"chunks", CHUNKED "3\r\ntok\r\n2\r\nen\r\n0\r\n\r\n", CS_OK, 200, "token"},
        {"one chunk in hex", CHUNKED "00A\r\n0123456789\r\n0\r\n\r\n", CS_OK, 200, "0123456789"},
        {"nothing", "", CS_BAD_FORMAT, 0, ""},
        {"no HTTP", "token", CS_BAD_FORMAT, 0, ""},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"HTTP/2", "HTTP/2 200 OK\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"no status", "HTTP/1.1 OK\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"status of two digits", "HTTP/1.1 20 OK\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"status of four digits", "HTTP/1.1 2000 K\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"status with a sign", "HTTP/1.1 +20 OK\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"status line alone", "HTTP/1.1 200 OK\r\n", CS_BAD_FORMAT, 0, ""},
        {"head without an end", H L "0\r\n", CS_BAD_FORMAT, 0, ""},
        {"bare line feeds", "HTTP/1.1 200 OK\n" L "0\n\n", CS_BAD_FORMAT, 0, ""},
        {"a bare line feed in a field", H "X: a\nb\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"no length", H "\r\ntoken", CS_BAD_FORMAT, 0, ""},
        {"two lengths", H L "5\r\n" L "5\r\n\r\ntoken", CS_BAD_FORMAT, 0, ""},
        {"length and chunks", H L "5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntoken\r\n0\r\n\r\n", CS_BAD_FORMAT, 0,
         ""},
        {"another coding", H "Transfer-Encoding: gzip\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"two codings", H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"a length in hex", H L "0x5\r\n\r\ntoken", CS_BAD_FORMAT, 0, ""},
        {"a negative length", H L "-5\r\n\r\ntoken", CS_BAD_FORMAT, 0, ""},
        {"a length of nine digits", H L "000000005\r\n\r\ntoken", CS_BAD_FORMAT, 0, ""},
        {"a list of lengths", H L "5, 5\r\n\r\ntoken", CS_BAD_FORMAT, 0, ""},
        {"no number", H L "\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"a short body", H L "5\r\n\r\ntoke", CS_BAD_FORMAT, 200, ""},
        {"a long body", H L "5\r\n\r\ntoken2", CS_BAD_FORMAT, 200, ""},
        {"a field that goes on", H "X: a\r\n b\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"a field without a name", H ": a\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"no field", H "nothing\r\n" L "0\r\n\r\n", CS_BAD_FORMAT, 0, ""},
        {"chunks without an end", CHUNKED "5\r\ntoken\r\n", CS_BAD_FORMAT, 200, NULL},
        {"a short chunk", CHUNKED "6\r\ntoken\r\n0\r\n\r\n", CS_BAD_FORMAT, 200, NULL},
        {"a long chunk", CHUNKED "4\r\ntoken\r\n0\r\n\r\n", CS_BAD_FORMAT, 200, NULL},
        {"a chunk's extension", CHUNKED "5;x=y\r\ntoken\r\n0\r\n\r\n", CS_BAD_FORMAT, 200, NULL},
        {"trailers", CHUNKED "5\r\ntoken\r\n0\r\nX: y\r\n\r\n", CS_BAD_FORMAT, 200, NULL},
        {"something behind the chunks", CHUNKED "0\r\n\r\nx", CS_BAD_FORMAT, 200, NULL},
        {"a chunk as long as memory", CHUNKED "fffffffff\r\ntoken", CS_BAD_FORMAT, 200, NULL},
        {"a chunk past the end", CHUNKED "ffffffff\r\ntoken", CS_BAD_FORMAT, 200, NULL},
        {"longer than there is room", H L "21\r\n\r\n012345678901234567890", CS_TOO_LARGE, 200, NULL},
        {"chunks longer than there is room", CHUNKED "15\r\n012345678901234567890\r\n0\r\n\r\n", CS_TOO_LARGE, 200,
         NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = -1;
        cs_buf body = cs_buf_new(20);
        cs_err err = cs_post_answer(&body, &status, cs_slice_str(rows[i].answer));
        if (err != rows[i].err || status != rows[i].status)
            fail_msg("%s: %s, status %d", rows[i].what, cs_err_name(err), status);
        if (rows[i].body != NULL)
            assert_string_equal(cs_buf_cstr(&body), rows[i].body);
        cs_buf_free(&body);
    }
}

/* A service that takes one request and gives one answer, or none. */
static struct {
    int listener;
    cs_slice answer;
    size_t repeat; /* how often it is sent */
    bool stays;    /* does not close */
    char request[4096];
} service;

static void serve(void *arg)
{
    (void)arg;
    int fd;
    cs_buf request = CS_BUF_OVER(service.request);
    assert_int_equal(cs_stream_accept(&fd, service.listener), CS_OK);
    while (strstr(cs_buf_cstr(&request), "\"a\"}") == NULL)
        assert_int_equal(cs_stream_receive(&request, fd, cs_tick_us() + 10000000), CS_OK);
    for (size_t i = 0; i < service.repeat; i++)
        if (cs_stream_send(fd, service.answer, cs_tick_us() + 10000000) != CS_OK)
            break;
    if (service.stays)
        assert_int_equal(cs_stream_receive(&request, fd, cs_tick_us() + 10000000), CS_FRAME_CLOSED); /* enough waited */
    cs_stream_close(fd);
}

static void asks_over_a_socket(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        size_t repeat;
        bool stays;
        cs_err err;
    } rows[] = {
        {H L "5\r\n\r\ntoken", 1, false, CS_OK},
        {"HTTP/1.1 500 x\r\n" L "5\r\n\r\ntoken", 1, false, CS_ROOT_UNAVAILABLE},
        {"HTTP/1.1 201 x\r\n" L "5\r\n\r\ntoken", 1, false, CS_ROOT_UNAVAILABLE},
        {H L "5\r\n\r\ntoken", 2, false, CS_ROOT_UNAVAILABLE}, /* a second answer */
        {"", 1, false, CS_ROOT_UNAVAILABLE},
        {H L "5\r\n\r\ntoken", 1, true, CS_ROOT_UNAVAILABLE}, /* it was asked to close */
        {"0123456789abcdef0123456789abcdef", 10000, false, CS_ROOT_UNAVAILABLE},
    };
    char folder[] = "/tmp/cs-post-XXXXXX", address[64], path[48];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/s", folder);
    (void)snprintf(address, sizeof address, "unix:%s", path);
    assert_int_equal(cs_stream_listen(&service.listener, address), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pthread_t t;
        cs_buf body = cs_buf_new(100);
        service.answer = cs_slice_str(rows[i].answer);
        service.repeat = rows[i].repeat;
        service.stays = rows[i].stays;
        assert_int_equal(cs_thread_start_joinable(&t, serve, NULL), CS_OK);
        assert_int_equal(cs_post(&body, address, "/v1/x", CS_LIT("{\"m\":\"a\"}"), rows[i].stays ? 200000 : 10000000),
                         rows[i].err);
        assert_int_equal(pthread_join(t, NULL), 0);
        assert_string_equal(cs_buf_cstr(&body), rows[i].err == CS_OK ? "token" : "");
        cs_buf_free(&body);
    }
    assert_string_equal(service.request, "POST /v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                         "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"m\":\"a\"}");
    cs_stream_close(service.listener);
    assert_int_equal(unlink(path), 0);
    cs_buf body = cs_buf_new(100);
    assert_int_equal(cs_post(&body, address, "/v1/x", CS_LIT("{}"), 10000000), CS_ROOT_UNAVAILABLE);
    cs_buf_free(&body);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(asks_over_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
