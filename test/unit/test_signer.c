/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* The agent is played by a thread that answers what it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/signer.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define DEADLINE_US (20 * 1000000LL)

typedef enum act {
    ACT_ANSWER,  /* a Forget reply */
    ACT_TWICE,   /* and then another one that nobody asked for */
    ACT_SEAL,    /* a SealSecret reply */
    ACT_ERROR,   /* an Error frame with agent.error */
    ACT_BOOT,    /* a reply of another type */
    ACT_NOISE,   /* a frame that is no JSON */
    ACT_LENGTH,  /* an impossible frame length */
    ACT_HALF,    /* half a frame, then the end */
    ACT_CLOSE,   /* the end */
    ACT_SILENCE, /* nothing, until the peer is gone */
} act;

static struct {
    char folder[64];
    char address[96];
    int listener;
    pthread_t thread;
    _Atomic act act;
    _Atomic cs_err error;
    atomic_int connections, requests;
} agent;

static void put(int fd, cs_slice bytes)
{
    cs_err ignored = cs_frame_write(fd, bytes, DEADLINE_US); /* the peer may have given up */
    (void)ignored;
}

/* Several in one write: the last is there when the first is read. */
static void put_replies(int fd, int count)
{
    cs_buf frame = cs_buf_new(4096);
    for (int i = 0; i < count; i++)
        assert_int_equal(cs_reply_write(&frame, &(cs_reply){.type = CS_MSG_FORGET}), CS_OK);
    put(fd, cs_buf_slice(&frame));
    cs_buf_free(&frame);
}

/* False: the connection has ended. */
static bool act_on(int fd)
{
    cs_buf frame = cs_buf_new(4096);
    cs_buf wait = cs_buf_new(CS_MAX_FRAME);
    act now = agent.act;
    switch (now) {
    case ACT_ANSWER:
    case ACT_TWICE:
        put_replies(fd, now == ACT_TWICE ? 2 : 1);
        break;
    case ACT_SEAL:
        assert_int_equal(cs_reply_write(&frame, &(cs_reply){.type = CS_MSG_SEAL_SECRET, .sealed = CS_LIT("sealed")}),
                         CS_OK);
        put(fd, cs_buf_slice(&frame));
        break;
    case ACT_ERROR:
        assert_int_equal(cs_error_write(&frame, agent.error), CS_OK);
        put(fd, cs_buf_slice(&frame));
        break;
    case ACT_BOOT:
        put(fd, CS_LIT("\0\0\0\033{\"type\":\"Boot\",\"version\":1}"));
        break;
    case ACT_NOISE:
        put(fd, CS_LIT("\0\0\0\003{},"));
        break;
    case ACT_LENGTH:
        put(fd, CS_LIT("\377\377\377\377"));
        break;
    case ACT_HALF:
        put(fd, CS_LIT("\0\0\0\033{\"type\""));
        break;
    case ACT_CLOSE:
        break;
    case ACT_SILENCE:
        (void)!cs_frame_read(&wait, fd, DEADLINE_US, true);
        break;
    }
    cs_buf_free(&wait);
    cs_buf_free(&frame);
    return now <= ACT_NOISE;
}

static void *play(void *arg)
{
    int fd;
    (void)arg;
    while (cs_stream_accept(&fd, agent.listener) == CS_OK) { /* one connection after the other */
        cs_buf json = cs_buf_new(CS_MAX_FRAME);
        agent.connections++;
        while (cs_frame_read(&json, fd, DEADLINE_US, true) == CS_OK) {
            agent.requests++;
            if (!act_on(fd))
                break;
        }
        cs_buf_free(&json);
        cs_stream_close(fd);
    }
    return NULL;
}

static int open_agent(void **state)
{
    (void)state;
    memset(&agent, 0, sizeof agent);
    (void)snprintf(agent.folder, sizeof agent.folder, "/tmp/cs-agent-XXXXXX");
    assert_non_null(mkdtemp(agent.folder));
    (void)snprintf(agent.address, sizeof agent.address, "unix:%s/s", agent.folder);
    assert_int_equal(cs_stream_listen(&agent.listener, agent.address), CS_OK);
    return pthread_create(&agent.thread, NULL, play, NULL);
}

static int close_agent(void **state)
{
    (void)state;
    cs_stream_stop(agent.listener);
    assert_int_equal(pthread_join(agent.thread, NULL), 0);
    cs_stream_close(agent.listener);
    (void)unlink(agent.address + 5);
    return rmdir(agent.folder);
}

static cs_signer *open_signer(void)
{
    cs_signer *s = NULL;
    assert_int_equal(cs_signer_open(&s, agent.address, &(cs_counter_mark){0}), CS_OK);
    return s;
}

static cs_err ask_within(cs_signer *s, int64_t us)
{
    uint8_t hash[CS_SHA256_LEN] = {0};
    cs_answer a;
    cs_err err =
        cs_signer_ask(s, &a, &(cs_request){.type = CS_MSG_FORGET, .record_sha256 = CS_ARRAY(hash)}, cs_tick_us() + us);
    cs_signer_free_answer(&a);
    return err;
}

static cs_err ask(cs_signer *s)
{
    return ask_within(s, DEADLINE_US);
}

static void test_connections_are_kept(void **state)
{
    (void)state;
    cs_signer *s = open_signer();
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(s), CS_OK);
    assert_int_equal(cs_signer_reach(s, cs_tick_us() + DEADLINE_US), CS_OK);
    assert_int_equal(agent.connections, 1);
    assert_int_equal(agent.requests, 5);
    cs_signer_close(s);
}

/* What is no answer closes the connection; the next request goes over a fresh one and finds its own answer. */
static void test_what_is_no_answer(void **state)
{
    (void)state;
    static const act acts[] = {ACT_BOOT, ACT_NOISE, ACT_LENGTH, ACT_HALF, ACT_CLOSE};
    cs_signer *s = open_signer();
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        agent.act = acts[i];
        assert_int_equal(ask(s), CS_ENCLAVE_UNAVAILABLE);
        agent.act = ACT_ANSWER;
        assert_int_equal(ask(s), CS_OK);
        assert_int_equal(agent.connections, (int)i + 2);
        assert_int_equal(agent.requests, 2 * ((int)i + 1)); /* nothing was sent twice */
    }
    cs_signer_close(s);
}

static void test_a_late_answer_meets_nobody(void **state)
{
    (void)state;
    cs_signer *s = open_signer();
    agent.act = ACT_SILENCE;
    assert_int_equal(ask_within(s, 20000), CS_ENCLAVE_UNAVAILABLE);
    agent.act = ACT_ANSWER;
    assert_int_equal(ask(s), CS_OK);
    int requests = agent.requests;
    assert_int_equal(ask_within(s, -1), CS_ENCLAVE_UNAVAILABLE);
    assert_int_equal(ask(s), CS_OK);
    assert_int_equal(agent.requests, requests + 1); /* past its deadline nothing is asked any more */
    cs_signer_close(s);
}

static void test_a_second_answer_meets_nobody(void **state)
{
    (void)state;
    cs_signer *s = open_signer();
    agent.act = ACT_TWICE;
    for (int i = 1; i <= 4; i++) {
        assert_int_equal(ask(s), CS_OK);
        assert_int_equal(agent.connections, i);
    }
    cs_signer_close(s);
}

static void test_errors_of_the_other_side(void **state)
{
    (void)state;
    static const struct {
        cs_err said, heard;
    } cases[] = {
        {CS_RESERVED_PREFIX, CS_RESERVED_PREFIX},
        {CS_SEAL_BROKEN, CS_SEAL_BROKEN},
        {CS_COUNTERS_FULL, CS_COUNTERS_FULL},
        {CS_ROOT_UNAVAILABLE, CS_ROOT_UNAVAILABLE},
        {CS_FRAME_DEADLINE, CS_ENCLAVE_UNAVAILABLE},
        {CS_ENCLAVE_UNAVAILABLE, CS_ENCLAVE_UNAVAILABLE},
        {CS_OVERLOADED, CS_ENCLAVE_UNAVAILABLE},
        {CS_NOT_FOUND, CS_INTERNAL},
        {CS_UNAUTHENTICATED, CS_INTERNAL},
        {CS_CONFLICT, CS_INTERNAL},
        {CS_KEK_UNUSABLE, CS_INTERNAL},
        {CS_OK, CS_INTERNAL},
    };
    cs_signer *s = open_signer();
    agent.act = ACT_ERROR;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        agent.error = cases[i].said;
        assert_int_equal(ask(s), cases[i].heard);
    }
    assert_int_equal(agent.connections, 2); /* behind FRAME_DEADLINE the agent hangs up, and so did we */
    cs_signer_close(s);
}

static void test_nobody_there(void **state)
{
    (void)state;
    cs_signer *s = NULL;
    char address[128];
    (void)snprintf(address, sizeof address, "%s-none", agent.address);
    assert_int_equal(cs_signer_open(&s, address, &(cs_counter_mark){0}), CS_OK);
    assert_int_equal(ask(s), CS_ENCLAVE_UNAVAILABLE);
    assert_int_equal(cs_signer_reach(s, cs_tick_us() + DEADLINE_US), CS_ENCLAVE_UNAVAILABLE);
    cs_signer_close(s);
}

/* What the store remembers counts like what was seen. */
static void test_the_mark(void **state)
{
    (void)state;
    uint8_t hash[CS_SHA256_LEN] = {0};
    cs_request request = {.type = CS_MSG_FORGET, .record_sha256 = CS_ARRAY(hash)};
    const cs_counter_mark mark = {.epoch = "00000000000000000000000000000000", .counter = 4};
    cs_signer *s = NULL;
    cs_answer a;
    assert_int_equal(cs_signer_open(&s, agent.address, &mark), CS_OK);
    assert_int_equal(cs_signer_ask_agent(s, &a, &request, 0, cs_tick_us() + DEADLINE_US), CS_OK);
    assert_int_equal(cs_signer_note_counter(s, &a, mark.epoch, 4), CS_COUNTER_NOT_FRESH);
    assert_int_equal(cs_signer_note_counter(s, &a, mark.epoch, 5), CS_OK);
    cs_signer_free_answer(&a);
    cs_signer_close(s);
}

/* -- several agents ------------------------------------------------------------------------------------------------ */

static cs_err ask_type(cs_signer *s, cs_message_type type, size_t *asked_nth)
{
    uint8_t hash[CS_SHA256_LEN] = {0};
    cs_answer a = {0};
    cs_request request = {.type = type,
                          .record_sha256 = CS_ARRAY(hash),
                          .new_root = CS_ARRAY(hash),
                          .new_size = 1,
                          .origin = CS_LIT("o"),
                          .org = CS_LIT("o"),
                          .proof = CS_LIT("")};
    cs_err err = asked_nth != NULL ? cs_signer_ask_agent(s, &a, &request, *asked_nth, cs_tick_us() + DEADLINE_US)
                                   : cs_signer_ask(s, &a, &request, cs_tick_us() + DEADLINE_US);
    cs_signer_free_answer(&a);
    return err;
}

/* One agent that plays, and one that is not there. */
static cs_signer *open_two(bool played_first)
{
    static char none[128];
    cs_signer *s = NULL;
    (void)snprintf(none, sizeof none, "%s-none", agent.address);
    const cs_agent_place places[] = {{played_first ? agent.address : none, NULL},
                                     {played_first ? none : agent.address, NULL}};
    assert_int_equal(cs_signer_open(&s, NULL, &(cs_counter_mark){0}), CS_OK);
    assert_int_equal(cs_signer_set_agents(s, places, 2, NULL), CS_OK);
    return s;
}

static void test_goes_to_who_is_there(void **state)
{
    (void)state;
    cs_signer *s = open_two(false);
    agent.act = ACT_ERROR;
    agent.error = CS_ROOT_UNAVAILABLE;
    for (int i = 0; i < 4; i++)
        assert_int_equal(ask_type(s, CS_MSG_BOOT, NULL), CS_ROOT_UNAVAILABLE);
    assert_int_equal(agent.requests, 4);
    assert_int_equal(cs_signer_reach(s, cs_tick_us() + DEADLINE_US), CS_OK);
    cs_signer_close(s);
}

static void test_certain_agents(void **state)
{
    (void)state;
    cs_signer *s = open_two(false);
    agent.act = ACT_ERROR;
    agent.error = CS_NOT_FOUND;
    assert_int_equal(ask_type(s, CS_MSG_BOOT, &(size_t){0}), CS_REMOTE_UNREACHABLE);
    assert_int_equal(ask_type(s, CS_MSG_BOOT, &(size_t){1}), CS_NOT_FOUND);
    assert_int_equal(agent.requests, 1);
    assert_int_equal(ask_type(s, CS_MSG_BOOT, &(size_t){2}), CS_NOT_FOUND);
    assert_int_equal(agent.requests, 1);
    cs_signer_close(s);
}

/* A Forget must reach all; a note may be anybody's who is away. */
static void test_all_and_the_notary(void **state)
{
    (void)state;
    static const struct {
        act act;
        cs_err error, forget, ledger;
    } rows[] = {
        {ACT_ANSWER, CS_OK, CS_ENCLAVE_UNAVAILABLE, CS_ENCLAVE_UNAVAILABLE},
        {ACT_ERROR, CS_LEDGER_NOTE, CS_LEDGER_NOTE, CS_ENCLAVE_UNAVAILABLE},
        {ACT_ERROR, CS_LEDGER_FORK, CS_LEDGER_FORK, CS_LEDGER_FORK},
        {ACT_ERROR, CS_LEDGER_ORGS_FULL, CS_LEDGER_ORGS_FULL, CS_LEDGER_ORGS_FULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_signer *s = open_two(true), *alone = open_signer();
        agent.act = rows[i].act;
        agent.error = rows[i].error;
        assert_int_equal(ask_type(s, CS_MSG_FORGET, NULL), rows[i].forget);
        cs_err ledger = ask_type(s, CS_MSG_LEDGER_SIGN, NULL);
        if (ledger != rows[i].ledger)
            fail_msg("row %zu: %s", i, cs_err_name(ledger));
        cs_signer_close(s); /* who plays serves one connection after the other */
        if (rows[i].error == CS_LEDGER_NOTE)
            assert_int_equal(ask_type(alone, CS_MSG_LEDGER_SIGN, NULL), CS_LEDGER_NOTE);
        cs_signer_close(alone);
    }
}

static void test_secrets(void **state)
{
    (void)state;
    static const uint8_t secret[CS_SECRET_CAP + 1] = {1};
    static const struct {
        size_t n;
        act act;
        cs_err error, expect;
    } rows[] = {
        {1, ACT_SEAL, CS_OK, CS_OK},
        {CS_SECRET_CAP, ACT_SEAL, CS_OK, CS_OK},
        {0, ACT_SEAL, CS_OK, CS_TOO_LARGE},
        {CS_SECRET_CAP + 1, ACT_SEAL, CS_OK, CS_TOO_LARGE},
        {1, ACT_ERROR, CS_SEALING_NOT_AVAILABLE, CS_SEALING_NOT_AVAILABLE},
        {1, ACT_ERROR, CS_CRYPTO, CS_INTERNAL},
        {1, ACT_ANSWER, CS_OK, CS_ENCLAVE_UNAVAILABLE},
        {1, ACT_CLOSE, CS_OK, CS_ENCLAVE_UNAVAILABLE},
    };
    const cs_counter_mark mark = {0};
    cs_signer *s = NULL;
    assert_int_equal(cs_signer_open(&s, agent.address, &mark), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf sealed = cs_buf_new(CS_MAX_SEALED);
        agent.act = rows[i].act;
        agent.error = rows[i].error;
        cs_err err = cs_signer_seal_secret(s, &sealed, CS_LIT("o"), CS_LIT("n"), cs_slice_of(secret, rows[i].n),
                                           cs_tick_us() + DEADLINE_US);
        if (err != rows[i].expect)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_true(err == CS_OK ? cs_slice_is(cs_buf_slice(&sealed), "sealed") : sealed.n == 0);
        cs_buf_free(&sealed);
    }
    cs_signer_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_connections_are_kept, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_what_is_no_answer, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_a_late_answer_meets_nobody, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_a_second_answer_meets_nobody, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_errors_of_the_other_side, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_nobody_there, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_the_mark, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_goes_to_who_is_there, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_certain_agents, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_all_and_the_notary, open_agent, close_agent),
        cmocka_unit_test_setup_teardown(test_secrets, open_agent, close_agent),
    };
    cs_log_open("test", CS_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
