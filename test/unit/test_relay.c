/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/agent/relay.c between a gateway and an enclave that misbehaves. zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/relay.h"
#include "core/message.h"
#include "sys/clock.h"
#include "sys/stream.h"
#include "sys/thread.h"

#define LONG_US (20 * 1000000)
#define BOOT CS_LIT("{\"type\":\"Boot\",\"version\":1}")
#define ANSWER CS_LIT("{\"type\":\"Forget\",\"version\":1}")

#define MANY 3

static char folder[64], paths[MANY][128], addresses[MANY][136];
static const char *const address_list[MANY] = {addresses[0], addresses[1], addresses[2]};
static int listeners[MANY];

static int listen_in_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-relay-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/e%d", folder, i);
        (void)snprintf(addresses[i], sizeof addresses[i], "unix:%s", paths[i]);
        if (cs_stream_listen(&listeners[i], addresses[i]) != CS_OK)
            return -1;
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++) {
        cs_stream_close(listeners[i]);
        (void)unlink(paths[i]);
    }
    return rmdir(folder);
}

/* The relay on a thread of its own, with the test as its gateway. */
struct session {
    int gateway, relay_end;
    int64_t timeout_us;
    size_t enclaves;
    const cs_settings_key *settings_key;
    pthread_t thread;
    cs_err ended;
};

static void run_session(void *arg)
{
    struct session *s = arg;
    cs_fleet *fleet = NULL;
    assert_int_equal(cs_fleet_open(&fleet, address_list, s->enclaves, s->timeout_us), CS_OK);
    cs_relay r = cs_relay_new(fleet, s->timeout_us, s->settings_key, NULL);
    s->ended = cs_relay_run(&r, cs_channel_plain(s->relay_end));
    cs_relay_free(&r);
    cs_fleet_close(fleet);
    cs_stream_close(s->relay_end);
}

static const cs_settings_key *settings_key; /* of the next session */

static void begin_with(struct session *s, size_t enclaves, int64_t timeout_us)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    *s = (struct session){.gateway = fds[0],
                          .relay_end = fds[1],
                          .timeout_us = timeout_us,
                          .enclaves = enclaves,
                          .settings_key = settings_key};
    assert_int_equal(cs_thread_start_joinable(&s->thread, run_session, s), CS_OK);
}

static void begin(struct session *s, int64_t timeout_us)
{
    begin_with(s, 1, timeout_us);
}

static cs_err end(struct session *s)
{
    cs_stream_close(s->gateway);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    return s->ended;
}

static void send_frame(int fd, cs_slice json)
{
    assert_int_equal(cs_frame_relay(fd, json, LONG_US), CS_OK);
}

static void expect_frame(int fd, cs_slice json)
{
    cs_buf got = cs_buf_new(CS_MAX_FRAME);
    assert_int_equal(cs_frame_read(&got, fd, LONG_US, false), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&got), json));
    cs_buf_free(&got);
}

static void expect_error(int fd, cs_err err)
{
    cs_buf got = cs_buf_new(CS_MAX_FRAME);
    cs_reply r;
    cs_frame_in in;
    assert_int_equal(cs_frame_read(&got, fd, LONG_US, false), CS_OK);
    assert_int_equal(cs_reply_read(&r, &in, cs_buf_slice(&got), CS_MSG_BOOT), err);
    cs_frame_in_free(&in);
    cs_buf_free(&got);
}

static void expect_end(int fd)
{
    cs_buf got = cs_buf_new(CS_MAX_FRAME);
    assert_int_equal(cs_frame_read(&got, fd, LONG_US, false), CS_FRAME_CLOSED);
    cs_buf_free(&got);
}

static int accept_at(int n)
{
    int fd;
    assert_int_equal(cs_stream_accept(&fd, listeners[n]), CS_OK);
    return fd;
}

static int accept_enclave(void)
{
    return accept_at(0);
}

static void passes_bytes_as_they_are(void **state)
{
    (void)state;
    const cs_slice spaced = CS_LIT(" {\"version\" : 1,\n \"type\":\"Sign\", \"whatever\":[1,{}]} ");
    struct session s;
    begin(&s, LONG_US);
    send_frame(s.gateway, spaced);
    int enclave = accept_enclave();
    for (int i = 0; i < 3; i++) { /* one connection for all requests */
        expect_frame(enclave, spaced);
        send_frame(enclave, CS_LIT("anything, even no JSON"));
        expect_frame(s.gateway, CS_LIT("anything, even no JSON"));
        if (i < 2)
            send_frame(s.gateway, spaced);
    }
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    expect_end(enclave);
    cs_stream_close(enclave);
}

static void refuses_what_is_not_in_the_table(void **state)
{
    (void)state;
    static char large[5000];
    memset(large, ' ', sizeof large);
    memcpy(large, "{\"type\":\"Boot\",\"version\":1}", 27);
    const struct {
        cs_slice json;
        cs_err expect;
    } rows[] = {
        {CS_LIT("x"), CS_FRAME_TYPE},
        {CS_LIT("{}"), CS_FRAME_TYPE},
        {CS_LIT("{\"type\":\"Boot\"}"), CS_FRAME_TYPE},
        {CS_LIT("{\"type\":\"Boot\",\"version\":2}"), CS_FRAME_TYPE},
        {CS_LIT("{\"type\":\"KmsSign\",\"version\":1}"), CS_FRAME_TYPE},
        {CS_LIT("{\"type\":\"Error\",\"version\":1}"), CS_FRAME_TYPE},
        {CS_LIT("{\"type\":\"Boot\",\"type\":\"Sign\",\"version\":1}"), CS_FRAME_TYPE},
        {CS_ARRAY(large), CS_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct session s;
        begin(&s, LONG_US);
        send_frame(s.gateway, rows[i].json);
        expect_end(s.gateway);
        assert_int_equal(end(&s), rows[i].expect);
    }
}

/* What the enclave does instead of answering; then it must be possible to ask again on the same gateway connection. */
static void survives_an_enclave_that_fails(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        cs_slice bytes;
    } rows[] = {
        {"closes", {NULL, 0}},
        {"closes within the length", {(const uint8_t *)"\0\0", 2}},
        {"closes within the reply", {(const uint8_t *)"\0\0\0\4ab", 6}},
        {"says length 0", {(const uint8_t *)"\0\0\0\0", 4}},
        {"says length 2^32 - 1", {(const uint8_t *)"\xff\xff\xff\xff", 4}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct session s;
        begin(&s, LONG_US);
        send_frame(s.gateway, BOOT);
        int enclave = accept_enclave();
        expect_frame(enclave, BOOT);
        if (rows[i].bytes.n > 0)
            assert_int_equal(cs_frame_write(enclave, rows[i].bytes, LONG_US), CS_OK);
        cs_stream_close(enclave);
        expect_error(s.gateway, CS_ENCLAVE_UNAVAILABLE);
        send_frame(s.gateway, BOOT);
        enclave = accept_enclave();
        expect_frame(enclave, BOOT);
        send_frame(enclave, ANSWER);
        expect_frame(s.gateway, ANSWER);
        assert_int_equal(end(&s), CS_FRAME_CLOSED);
        cs_stream_close(enclave);
    }
}

static void a_late_answer_meets_nobody(void **state)
{
    (void)state;
    struct session s;
    begin(&s, 500000);
    send_frame(s.gateway, BOOT);
    int enclave = accept_enclave();
    expect_frame(enclave, BOOT);
    expect_error(s.gateway, CS_FRAME_DEADLINE);
    expect_end(s.gateway);
    expect_end(enclave);
    assert_int_equal(cs_frame_relay(enclave, ANSWER, LONG_US), CS_FRAME_CLOSED);
    cs_stream_close(enclave);
    assert_int_equal(end(&s), CS_FRAME_DEADLINE);
}

/* A second answer that nobody asked for is thrown away with its connection. */
static void a_surplus_answer_meets_nobody(void **state)
{
    (void)state;
    struct session s;
    begin(&s, LONG_US);
    send_frame(s.gateway, BOOT);
    int enclave = accept_enclave();
    expect_frame(enclave, BOOT);
    assert_int_equal(cs_frame_write(enclave, CS_LIT("\0\0\0\3one\0\0\0\3two"), LONG_US), CS_OK);
    expect_frame(s.gateway, CS_LIT("one"));
    send_frame(s.gateway, BOOT);
    int second = accept_enclave();
    expect_frame(second, BOOT);
    send_frame(second, CS_LIT("three"));
    expect_frame(s.gateway, CS_LIT("three"));
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    cs_stream_close(enclave);
    cs_stream_close(second);
}

/* The enclave was started anew while the connection was idle: the request is not lost. */
static void a_stale_connection_is_replaced(void **state)
{
    (void)state;
    struct session s;
    begin(&s, LONG_US);
    for (int i = 0; i < 3; i++) {
        send_frame(s.gateway, BOOT);
        int enclave = accept_enclave();
        expect_frame(enclave, BOOT);
        send_frame(enclave, ANSWER);
        cs_stream_close(enclave);
        expect_frame(s.gateway, ANSWER);
    }
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
}

#define SEAL CS_LIT("{\"type\":\"SealSecret\",\"version\":1,\"org\":\"o\",\"name\":\"n\",\"secret\":\"c2VjcmV0\"}")

/* Answered by the agent: nobody listens at the enclave's end, and the connection goes on. */
static void seals_secrets_itself(void **state)
{
    (void)state;
    static const uint8_t bytes[32] = {1};
    cs_settings_key key = {0};
    struct session s;
    assert_int_equal(cs_secret_set(&key.key, CS_ARRAY(bytes)), CS_OK);
    settings_key = &key;
    begin(&s, LONG_US);
    for (int i = 0; i < 2; i++) {
        CS_SECRET(opened);
        cs_buf got = cs_buf_new(CS_MAX_FRAME);
        cs_reply r;
        cs_frame_in in;
        send_frame(s.gateway, SEAL);
        assert_int_equal(cs_frame_read(&got, s.gateway, LONG_US, false), CS_OK);
        assert_int_equal(cs_reply_read(&r, &in, cs_buf_slice(&got), CS_MSG_SEAL_SECRET), CS_OK);
        assert_int_equal(cs_settings_key_unseal(&opened, &key, CS_LIT("o"), CS_LIT("n"), r.sealed), CS_OK);
        assert_true(cs_secret_eq(cs_secret_slice(&opened), CS_LIT("secret")));
        cs_frame_in_free(&in);
        cs_buf_free(&got);
        send_frame(s.gateway, CS_LIT("{\"type\":\"SealSecret\",\"version\":1,\"org\":\"o\",\"name\":\"n\"}"));
        expect_error(s.gateway, CS_MISSING_FIELD);
    }
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    settings_key = NULL;
    begin(&s, LONG_US);
    send_frame(s.gateway, SEAL);
    expect_error(s.gateway, CS_SEALING_NOT_AVAILABLE);
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
}

#define QUESTION CS_LIT("{\"type\":\"KmsPublicKey\",\"version\":1,\"provider\":\"aws-kms\",\"keyId\":\"k\"}")

static void answers_what_the_enclave_asks(void **state)
{
    (void)state;
    struct session s;
    begin(&s, LONG_US);
    send_frame(s.gateway, BOOT);
    int enclave = accept_enclave();
    expect_frame(enclave, BOOT);
    for (int i = 0; i < 512; i++) { /* without a KMS that is what there is to say */
        send_frame(enclave, QUESTION);
        expect_error(enclave, CS_KMS_UNAVAILABLE);
    }
    send_frame(enclave, ANSWER);
    expect_frame(s.gateway, ANSWER); /* the gateway has seen nothing of it */
    send_frame(s.gateway, BOOT);
    expect_frame(enclave, BOOT);
    for (int i = 0; i < 512; i++) {
        send_frame(enclave, QUESTION);
        expect_error(enclave, CS_KMS_UNAVAILABLE);
    }
    send_frame(enclave, QUESTION); /* no end of it */
    expect_end(enclave);
    expect_error(s.gateway, CS_ENCLAVE_UNAVAILABLE);
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    cs_stream_close(enclave);
}

/* -- several enclaves ---------------------------------------------------------------------------------------------- */

#define SIGN CS_LIT("{\"type\":\"Sign\",\"version\":1}")
#define LEDGER CS_LIT("{\"type\":\"LedgerSign\",\"version\":1}")
#define FORGET CS_LIT("{\"type\":\"Forget\",\"version\":1}")
#define NOT_MINE CS_LIT("{\"type\":\"Error\",\"version\":1,\"code\":\"LEDGER_NOTE\"}")

/* Answers one request at the n-th enclave over `fd`, or over a new connection. */
static void serve_at(int n, int *fd, cs_slice request, cs_slice reply)
{
    if (*fd < 0)
        *fd = accept_at(n);
    expect_frame(*fd, request);
    send_frame(*fd, reply);
}

static void hang_up_all(int fds[MANY])
{
    for (int i = 0; i < MANY; i++)
        cs_stream_close(fds[i]);
}

static void one_after_the_other(void **state)
{
    (void)state;
    int fds[MANY] = {-1, -1, -1};
    struct session s;
    begin_with(&s, MANY, LONG_US);
    for (int i = 0; i < 2 * MANY; i++) {
        int n = (i + 1) % MANY;
        send_frame(s.gateway, SIGN);
        serve_at(n, &fds[n], SIGN, CS_LIT("signed"));
        expect_frame(s.gateway, CS_LIT("signed"));
    }
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    hang_up_all(fds);
}

/* The request that an enclave breaks off is done by the next one, and answered once. */
static void goes_on_elsewhere(void **state)
{
    (void)state;
    int fds[MANY] = {-1, -1, -1};
    struct session s;
    begin_with(&s, MANY, LONG_US);
    send_frame(s.gateway, SIGN);
    for (int n = 1; n <= MANY; n++) {
        int i = n % MANY;
        fds[i] = accept_at(i);
        expect_frame(fds[i], SIGN);
        if (n < MANY)
            cs_stream_close(fds[i]);
    }
    send_frame(fds[0], CS_LIT("signed"));
    expect_frame(s.gateway, CS_LIT("signed"));
    send_frame(s.gateway, SIGN); /* the others rest */
    serve_at(0, &fds[0], SIGN, CS_LIT("signed"));
    expect_frame(s.gateway, CS_LIT("signed"));
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    cs_stream_close(fds[0]);
}

static void a_boot_for_a_certain_one(void **state)
{
    (void)state;
    int fds[MANY] = {-1, -1, -1};
    char boot[64];
    struct session s;
    begin_with(&s, MANY, LONG_US);
    for (int n = MANY - 1; n >= 0; n--) {
        (void)snprintf(boot, sizeof boot, "{\"type\":\"Boot\",\"version\":1,\"enclave\":%d}", n + 1);
        send_frame(s.gateway, cs_slice_str(boot));
        serve_at(n, &fds[n], BOOT, CS_LIT("I"));
        expect_frame(s.gateway, CS_LIT("I"));
    }
    send_frame(s.gateway, CS_LIT("{\"type\":\"Boot\",\"version\":1,\"enclave\":4}"));
    expect_error(s.gateway, CS_NOT_FOUND);
    cs_stream_close(fds[1]); /* nobody else can stand for it */
    send_frame(s.gateway, CS_LIT("{\"type\":\"Boot\",\"version\":1,\"enclave\":2}"));
    fds[1] = accept_at(1);
    expect_frame(fds[1], BOOT);
    cs_stream_close(fds[1]);
    expect_error(s.gateway, CS_ENCLAVE_UNAVAILABLE);
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    cs_stream_close(fds[0]);
    cs_stream_close(fds[2]);
}

static void checkpoints_go_to_whose_they_are(void **state)
{
    (void)state;
    int fds[MANY] = {-1, -1, -1};
    struct session s;
    begin_with(&s, MANY, LONG_US);
    send_frame(s.gateway, LEDGER); /* the last one's */
    serve_at(0, &fds[0], LEDGER, NOT_MINE);
    serve_at(1, &fds[1], LEDGER, NOT_MINE);
    serve_at(2, &fds[2], LEDGER, ANSWER);
    expect_frame(s.gateway, ANSWER);
    send_frame(s.gateway, LEDGER); /* nobody's */
    for (int n = 0; n < MANY; n++)
        serve_at(n, &fds[n], LEDGER, NOT_MINE);
    expect_frame(s.gateway, NOT_MINE);
    send_frame(s.gateway, LEDGER); /* perhaps of the one that breaks off */
    serve_at(0, &fds[0], LEDGER, NOT_MINE);
    expect_frame(fds[1], LEDGER);
    cs_stream_close(fds[1]);
    serve_at(2, &fds[2], LEDGER, NOT_MINE);
    expect_error(s.gateway, CS_ENCLAVE_UNAVAILABLE);
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    cs_stream_close(fds[0]);
    cs_stream_close(fds[2]);
}

static void all_of_them_forget(void **state)
{
    (void)state;
    int fds[MANY] = {-1, -1, -1};
    struct session s;
    begin_with(&s, MANY, LONG_US);
    send_frame(s.gateway, FORGET);
    for (int n = 0; n < MANY; n++)
        serve_at(n, &fds[n], FORGET, ANSWER);
    expect_frame(s.gateway, ANSWER);
    send_frame(s.gateway, FORGET); /* one that breaks off may remember */
    serve_at(0, &fds[0], FORGET, ANSWER);
    expect_frame(fds[1], FORGET);
    cs_stream_close(fds[1]);
    expect_error(s.gateway, CS_ENCLAVE_UNAVAILABLE);
    cs_stream_close(listeners[1]); /* one that is not there has nothing to forget */
    send_frame(s.gateway, FORGET);
    serve_at(0, &fds[0], FORGET, ANSWER);
    serve_at(2, &fds[2], FORGET, ANSWER);
    expect_frame(s.gateway, ANSWER);
    assert_int_equal(end(&s), CS_FRAME_CLOSED);
    assert_int_equal(cs_stream_listen(&listeners[1], addresses[1]), CS_OK);
    cs_stream_close(fds[0]);
    cs_stream_close(fds[2]);
}

/* The gateway has no say in what the KMS is asked. */
static void takes_no_question_from_a_gateway(void **state)
{
    (void)state;
    struct session s;
    begin(&s, LONG_US);
    send_frame(s.gateway, QUESTION);
    expect_end(s.gateway);
    assert_int_equal(end(&s), CS_FRAME_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_bytes_as_they_are),
        cmocka_unit_test(refuses_what_is_not_in_the_table),
        cmocka_unit_test(survives_an_enclave_that_fails),
        cmocka_unit_test(a_late_answer_meets_nobody),
        cmocka_unit_test(a_surplus_answer_meets_nobody),
        cmocka_unit_test(a_stale_connection_is_replaced),
        cmocka_unit_test(seals_secrets_itself),
        cmocka_unit_test(answers_what_the_enclave_asks),
        cmocka_unit_test(takes_no_question_from_a_gateway),
    };
    /* Each has listeners of its own: a probe that comes late meets no other test. */
    const struct CMUnitTest many[] = {
        cmocka_unit_test_setup_teardown(one_after_the_other, listen_in_folder, remove_folder),
        cmocka_unit_test_setup_teardown(goes_on_elsewhere, listen_in_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_boot_for_a_certain_one, listen_in_folder, remove_folder),
        cmocka_unit_test_setup_teardown(checkpoints_go_to_whose_they_are, listen_in_folder, remove_folder),
        cmocka_unit_test_setup_teardown(all_of_them_forget, listen_in_folder, remove_folder),
    };
    int failed = cmocka_run_group_tests(tests, listen_in_folder, remove_folder);
    return failed + cmocka_run_group_tests(many, NULL, NULL);
}
