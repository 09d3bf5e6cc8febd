/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/session.c with a root that counts, fails and waits as it is told. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "core/encode.h"
#include "core/json.h"
#include "enclave/session.h"
#include "sys/thread.h"

#define EPOCH "00112233445566778899aabbccddeeff"
#define LIFE 1000
#define SECOND 1000000

static atomic_int asked;
static cs_err answer;
static uint8_t committed[64]; /* what the root was asked to prove last */
static size_t committed_n;
static pthread_mutex_t slow = PTHREAD_MUTEX_INITIALIZER; /* held: the root does not answer */

static cs_err prove(cs_rot *r, cs_buf *proof, cs_slice statement)
{
    (void)r;
    atomic_fetch_add(&asked, 1);
    (void)pthread_mutex_lock(&slow);
    (void)pthread_mutex_unlock(&slow);
    assert_true(statement.n <= sizeof committed);
    memcpy(committed, statement.p, statement.n);
    committed_n = statement.n;
    cs_buf_printf(proof, "evidence %d", asked);
    return answer;
}

static const cs_rot_kind kind = {.name = "test", .prove = prove};
static cs_rot rot = {.kind = &kind};
static cs_sessions sessions;

static int begin(void **state)
{
    (void)state;
    asked = 0;
    answer = CS_OK;
    return cs_sessions_open(&sessions, &rot, EPOCH, LIFE) == CS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    cs_sessions_close(&sessions);
    return 0;
}

/* Takes a session at `now` and lets it go: the result; how often the root was asked until then. */
static cs_err take_at(int64_t now, int *times)
{
    cs_session *s;
    cs_err err = cs_session_take(&s, &sessions, now);
    assert_int_equal(s != NULL, err == CS_OK);
    cs_session_release(s);
    *times = asked;
    return err;
}

static void certified_for_key_and_epoch(void **state)
{
    (void)state;
    cs_session *s;
    cs_json *json;
    cs_key *key;
    cs_buf spki = cs_buf_new(64), evidence = cs_buf_new(64), want = cs_buf_new(64), proof = cs_buf_new(64);
    assert_int_equal(cs_session_take(&s, &sessions, 5), CS_OK);
    assert_int_equal(cs_json_parse(&json, cs_session_header(s), CS_MAX_ATTESTATION), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    assert_true(cs_slice_is(cs_jobj_str(&o, "alg", 10), "EdDSA"));
    assert_true(cs_slice_is(cs_jobj_str(&o, "typ", 30), "countersign-session"));
    assert_true(cs_slice_is(cs_jobj_str(&o, "epoch", 32), EPOCH));
    assert_true(cs_jobj_base64(&o, "spki", 44, &spki));
    assert_true(cs_jobj_base64(&o, "evidence", 64, &evidence));
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&evidence), "evidence 1"));
    assert_int_equal(cs_attest_session_commitment(&want, cs_buf_slice(&spki), CS_LIT(EPOCH)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&want), cs_slice_of(committed, committed_n)));

    assert_int_equal(cs_key_sign(&proof, cs_session_key(s), CS_LIT("signing input"), NULL), CS_OK);
    assert_int_equal(cs_key_open_public(&key, CS_ED25519, cs_slice_sub(cs_buf_slice(&spki), 12, 32)), CS_OK);
    assert_int_equal(cs_key_verify(key, CS_LIT("signing input"), cs_buf_slice(&proof), NULL), CS_OK);
    assert_int_equal(cs_key_verify(key, CS_LIT("signing inpuT"), cs_buf_slice(&proof), NULL), CS_BAD_SIGNATURE);
    cs_key_free(key);
    cs_json_free(json);
    cs_session_release(s);
    cs_buf_free(&spki);
    cs_buf_free(&evidence);
    cs_buf_free(&want);
    cs_buf_free(&proof);
}

static void asked_once_a_session(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        int asked;
    } rows[] = {
        {0, 1},   {1, 1},    {749, 1},  {750, 2}, /* three quarters of 1,000 */
        {751, 2}, {1499, 2}, {1500, 3}, {9000, 4}, {9001, 4}, {9749, 4}, {9750, 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int times;
        assert_int_equal(take_at(rows[i].now, &times), CS_OK);
        assert_int_equal(times, rows[i].asked);
    }
}

static void a_root_that_fails_is_asked_again_after_a_second(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        cs_err root, expect;
        int asked;
    } rows[] = {
        {0, CS_ROOT_UNAVAILABLE, CS_ROOT_UNAVAILABLE, 1},
        {SECOND - 1, CS_OK, CS_ROOT_UNAVAILABLE, 1},
        {SECOND, CS_CRYPTO, CS_CRYPTO, 2},
        {2 * SECOND, CS_OK, CS_OK, 3},
        {2 * SECOND + 800, CS_ROOT_UNAVAILABLE, CS_OK, 4}, /* due, refused: the old one goes on … */
        {2 * SECOND + 999, CS_OK, CS_OK, 4},
        {2 * SECOND + 1000, CS_OK, CS_ROOT_UNAVAILABLE, 4}, /* … until it is too old */
        {3 * SECOND + 800, CS_OK, CS_OK, 5},
        {3 * SECOND + 801, CS_ROOT_UNAVAILABLE, CS_OK, 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int times;
        answer = rows[i].root;
        assert_int_equal(take_at(rows[i].now, &times), rows[i].expect);
        assert_int_equal(times, rows[i].asked);
    }
}

static void a_session_that_is_held_outlives_its_successor(void **state)
{
    (void)state;
    cs_session *old, *young;
    cs_buf before = cs_buf_new(4096), proof = cs_buf_new(64);
    assert_int_equal(cs_session_take(&old, &sessions, 0), CS_OK);
    cs_buf_add(&before, cs_session_header(old));
    assert_int_equal(cs_session_take(&young, &sessions, 5000), CS_OK);
    assert_ptr_not_equal(old, young);
    assert_true(cs_slice_eq(cs_session_header(old), cs_buf_slice(&before)));
    assert_false(cs_slice_eq(cs_session_header(young), cs_buf_slice(&before)));
    assert_int_equal(cs_key_sign(&proof, cs_session_key(old), CS_LIT("late"), NULL), CS_OK);
    cs_session_release(old);
    cs_session_release(young);
    cs_buf_free(&before);
    cs_buf_free(&proof);
}

struct taker {
    int64_t now;
    cs_err err;
};

static void take_in_thread(void *arg)
{
    struct taker *t = arg;
    cs_session *s;
    t->err = cs_session_take(&s, &sessions, t->now);
    cs_session_release(s);
}

static void one_thread_renews_while_the_others_go_on(void **state)
{
    (void)state;
    int times;
    pthread_t threads[4];
    struct taker first[4] = {{0}, {0}, {0}, {0}}, due = {.now = 800};
    (void)pthread_mutex_lock(&slow); /* nobody has a session yet: all wait for one call */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(cs_thread_start_joinable(&threads[i], take_in_thread, &first[i]), CS_OK);
    while (asked == 0)
        (void)sched_yield();
    (void)pthread_mutex_unlock(&slow);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(first[i].err, CS_OK);
    }
    assert_int_equal(asked, 1);

    (void)pthread_mutex_lock(&slow); /* a successor is due: one thread waits for the root, this one does not */
    assert_int_equal(cs_thread_start_joinable(&threads[0], take_in_thread, &due), CS_OK);
    while (asked == 1)
        (void)sched_yield();
    assert_int_equal(take_at(801, &times), CS_OK);
    assert_int_equal(times, 2);
    (void)pthread_mutex_unlock(&slow);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(due.err, CS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(certified_for_key_and_epoch, begin, end),
        cmocka_unit_test_setup_teardown(asked_once_a_session, begin, end),
        cmocka_unit_test_setup_teardown(a_root_that_fails_is_asked_again_after_a_second, begin, end),
        cmocka_unit_test_setup_teardown(a_session_that_is_held_outlives_its_successor, begin, end),
        cmocka_unit_test_setup_teardown(one_thread_renews_while_the_others_go_on, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
