/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/host.c: questions on a connection, and what ends it. zone: enclave */
#include "enclave/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/stream.h"

static int agent;
static cs_host host;

static int begin(void **state)
{
    (void)state;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    host = cs_host_new(ends[0]);
    agent = ends[1];
    return 0;
}

static int end(void **state)
{
    (void)state;
    cs_stream_close(host.fd);
    cs_stream_close(agent);
    cs_host_free(&host);
    return 0;
}

/* What the agent will have said; it fits into the socket. */
static void will_say(const char *json)
{
    assert_int_equal(cs_frame_relay(agent, cs_slice_str(json), 1000000), CS_OK);
}

static cs_err ask(cs_kms_reply *reply, cs_frame_in *in)
{
    const cs_kms_request q = {.type = CS_KMS_TUNNEL, .host = CS_LIT("kms.example.org")};
    return cs_host_ask(reply, in, &host, &q);
}

static void an_answer(void **state)
{
    (void)state;
    cs_kms_reply reply;
    cs_frame_in in;
    cs_buf json = cs_buf_new(CS_MAX_FRAME);
    will_say(
        "{\"type\":\"KmsTunnel\",\"version\":1,\"accessKeyId\":\"a\",\"secretAccessKey\":\"hush\",\"region\":\"r\"}");
    assert_int_equal(ask(&reply, &in), CS_OK);
    assert_true(cs_slice_is(reply.access_key_id, "a") && reply.secret_access_key.n == 4);
    cs_frame_in_free(&in);
    assert_int_equal(cs_frame_read(&json, agent, 1000000, false), CS_OK);
    assert_true(
        cs_slice_is(cs_buf_slice(&json), "{\"type\":\"KmsTunnel\",\"version\":1,\"host\":\"kms.example.org\"}"));
    /* Nothing of what came stays in the buffer that it came through. */
    assert_int_equal(host.frame.n, 0);
    assert_non_null(host.frame.p);
    for (size_t i = 0; i + 4 <= host.frame.cap && i < 200; i++)
        assert_memory_not_equal(host.frame.p + i, "hush", 4);
    assert_int_equal(host.broken, CS_OK);
    cs_buf_free(&json);
}

static void what_ends_it(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        cs_err expect;
        bool breaks;
    } rows[] = {
        {"{\"type\":\"Error\",\"version\":1,\"code\":\"KMS_DENIED\"}", CS_KMS_DENIED, false},
        {"{\"type\":\"Error\",\"version\":1,\"code\":\"KMS_UNAVAILABLE\"}", CS_KMS_UNAVAILABLE, false},
        {"{\"type\":\"Error\",\"version\":1,\"code\":\"KMS_PLAINTEXT\"}", CS_KMS_PLAINTEXT, false},
        {"{\"type\":\"Error\",\"version\":1,\"code\":\"PROVIDER_NOT_AVAILABLE\"}", CS_PROVIDER_NOT_AVAILABLE, false},
        {"{\"type\":\"Error\",\"version\":1,\"code\":\"INTERNAL\"}", CS_KMS_UNAVAILABLE, false},
        {"{\"type\":\"Error\",\"version\":1}", CS_FRAME_TYPE, true},
        {"{\"type\":\"KmsTunnelSend\",\"version\":1}", CS_FRAME_TYPE, true},
        {"{\"type\":\"KmsTunnel\",\"version\":1}", CS_MISSING_FIELD, true},
        {"{\"type\":\"Sign\",\"version\":1}", CS_FRAME_TYPE, true},
        {"{}", CS_FRAME_TYPE, true},
        {"x", CS_BAD_JSON, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_kms_reply reply;
        cs_frame_in in;
        will_say(rows[i].json);
        assert_int_equal(ask(&reply, &in), rows[i].expect);
        cs_frame_in_free(&in);
        assert_int_equal(host.broken, rows[i].breaks ? rows[i].expect : CS_OK);
        if (!rows[i].breaks)
            continue;
        /* What would be said next is not heard. */
        will_say("{\"type\":\"Error\",\"version\":1,\"code\":\"KMS_DENIED\"}");
        assert_int_equal(ask(&reply, &in), rows[i].expect);
        cs_frame_in_free(&in);
        assert_int_equal(end(NULL), 0);
        assert_int_equal(begin(NULL), 0);
    }
}

static void silence(void **state)
{
    (void)state;
    cs_kms_reply reply;
    cs_frame_in in;
    host.timeout_us = 20000;
    assert_int_equal(ask(&reply, &in), CS_FRAME_DEADLINE);
    assert_int_equal(host.broken, CS_FRAME_DEADLINE);
    cs_frame_in_free(&in);
}

static void nobody(void **state)
{
    (void)state;
    cs_kms_reply reply;
    cs_frame_in in;
    cs_host none = cs_host_new(-1);
    const cs_kms_request q = {.type = CS_KMS_PUBLIC_KEY, .provider = CS_LIT("p"), .key_id = CS_LIT("k")};
    assert_int_equal(cs_host_ask(&reply, &in, &none, &q), CS_KMS_UNAVAILABLE);
    cs_frame_in_free(&in);
    assert_int_equal(cs_host_ask(&reply, &in, NULL, &q), CS_KMS_UNAVAILABLE);
    cs_frame_in_free(&in);
    cs_host_free(&none);
    assert_int_equal(shutdown(agent, SHUT_RDWR), 0);
    assert_int_not_equal(ask(&reply, &in), CS_OK);
    assert_int_not_equal(host.broken, CS_OK);
    cs_frame_in_free(&in);
}

/* A question that nobody could read is not sent; the connection is as it was. */
static void bad_question(void **state)
{
    (void)state;
    cs_kms_reply reply;
    cs_frame_in in;
    const cs_kms_request q = {.type = CS_KMS_COUNT};
    assert_int_equal(cs_host_ask(&reply, &in, &host, &q), CS_FRAME_TYPE);
    assert_int_equal(host.broken, CS_OK);
    assert_true(cs_stream_is_quiet(agent));
    cs_frame_in_free(&in);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {T(an_answer), T(what_ends_it), T(silence), T(nobody), T(bad_question)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
