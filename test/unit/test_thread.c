/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/thread.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "sys/thread.h"

#define THREADS 16
#define ROUNDS 500
#define WIDTH 3

static atomic_int inside, most, total;

static void busy(void *arg)
{
    (void)arg;
    int now = atomic_fetch_add(&inside, 1) + 1, seen = atomic_load(&most);
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now)) {
    }
    for (volatile int i = 0; i < 100; i++) {
    }
    (void)atomic_fetch_add(&total, 1);
    (void)atomic_fetch_sub(&inside, 1);
}

static void reset(void)
{
    atomic_store(&inside, 0);
    atomic_store(&most, 0);
    atomic_store(&total, 0);
}

static void run_threads(void (*run)(void *), void *arg)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(cs_thread_start_joinable(&threads[i], run, arg), CS_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void through_the_gate(void *arg)
{
    cs_gate *g = arg;
    for (int i = 0; i < ROUNDS; i++) {
        cs_gate_enter(g);
        busy(NULL);
        cs_gate_leave(g);
    }
}

static void gate_bounds(void **state)
{
    (void)state;
    for (int width = 1; width <= WIDTH; width++) {
        cs_gate g;
        reset();
        cs_gate_init(&g, width);
        run_threads(through_the_gate, &g);
        assert_int_equal(atomic_load(&total), THREADS * ROUNDS);
        assert_in_range(atomic_load(&most), 1, width);
        cs_gate_enter(&g); /* nobody has kept a place */
        cs_gate_leave(&g);
    }
}

static void gives_work(void *arg)
{
    cs_crew *c = arg;
    for (int i = 0; i < ROUNDS; i++)
        cs_crew_do(c, busy, NULL);
}

static void crew_does_everything_once(void **state)
{
    (void)state;
    static cs_crew crew; /* its threads stay until the process ends */
    reset();
    assert_int_equal(cs_crew_start(&crew, WIDTH), CS_OK);
    run_threads(gives_work, &crew);
    assert_int_equal(atomic_load(&total), THREADS * ROUNDS);
    assert_in_range(atomic_load(&most), 1, WIDTH);
}

static void counts(void *arg)
{
    busy(NULL);
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void gives_shares(void *arg)
{
    cs_crew *c = arg;
    for (int i = 0; i < ROUNDS; i++) {
        atomic_int done[CS_CREW_SHARES];
        void *args[CS_CREW_SHARES];
        size_t n = (size_t)i % CS_CREW_SHARES + 1;
        for (size_t k = 0; k < n; k++) {
            atomic_init(&done[k], 0);
            args[k] = &done[k];
        }
        cs_crew_do_all(c, counts, args, n);
        for (size_t k = 0; k < n; k++)
            if (atomic_load(&done[k]) != 1)
                abort();
    }
}

static void crew_does_all_shares(void **state)
{
    (void)state;
    static cs_crew crew; /* its threads stay until the process ends */
    reset();
    assert_int_equal(cs_crew_start(&crew, WIDTH), CS_OK);
    run_threads(gives_shares, &crew);
    assert_in_range(atomic_load(&most), 1, WIDTH);
}

enum { NOT_BEGUN, UNDER_WAY, DONE };

struct job {
    cs_crew *crew;
    atomic_int phase;
};

static atomic_bool released;

static void lasts_until_released(void *arg)
{
    atomic_int *phase = arg;
    atomic_store(phase, UNDER_WAY);
    while (!atomic_load(&released))
        (void)sched_yield();
    atomic_store(phase, DONE);
}

static void gives_a_job(void *arg)
{
    struct job *j = arg;
    cs_crew_do(j->crew, lasts_until_released, &j->phase);
}

static void stops(void *arg)
{
    struct job *j = arg;
    atomic_store(&j->phase, UNDER_WAY);
    cs_crew_stop(j->crew);
    atomic_store(&j->phase, DONE);
}

static bool under_lock(cs_crew *c, bool (*is)(const cs_crew *))
{
    (void)pthread_mutex_lock(&c->lock);
    bool answer = is(c);
    (void)pthread_mutex_unlock(&c->lock);
    return answer;
}

static bool has_waiting_work(const cs_crew *c)
{
    return c->first != NULL;
}

static bool is_stopped(const cs_crew *c)
{
    return c->stopped;
}

/* The stop waits for what is under way, and nothing begins after it: what the work needs can be wiped. */
static void stopped_crew_has_finished(void **state)
{
    (void)state;
    static cs_crew crew; /* the work that never begins waits in it until the process ends */
    static struct job first = {.crew = &crew}, second = {.crew = &crew};
    struct job stop = {.crew = &crew};
    pthread_t t;
    assert_int_equal(cs_crew_start(&crew, 1), CS_OK);
    assert_int_equal(cs_thread_start(gives_a_job, &first), CS_OK);
    while (atomic_load(&first.phase) == NOT_BEGUN)
        (void)sched_yield();
    assert_int_equal(cs_thread_start(gives_a_job, &second), CS_OK);
    while (!under_lock(&crew, has_waiting_work))
        (void)sched_yield();
    assert_int_equal(cs_thread_start_joinable(&t, stops, &stop), CS_OK);
    while (!under_lock(&crew, is_stopped))
        (void)sched_yield();
    assert_int_equal(atomic_load(&stop.phase), UNDER_WAY);
    atomic_store(&released, true);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(atomic_load(&first.phase), DONE);
    assert_int_equal(atomic_load(&second.phase), NOT_BEGUN);

    cs_crew never_started = {.lock = PTHREAD_MUTEX_INITIALIZER};
    cs_crew_stop(&never_started);
}

struct seen {
    size_t stack;
    sigset_t mask;
};

static void look(void *arg)
{
    struct seen *s = arg;
    pthread_attr_t attr;
    assert_int_equal(pthread_getattr_np(pthread_self(), &attr), 0);
    (void)pthread_attr_getstacksize(&attr, &s->stack);
    (void)pthread_attr_destroy(&attr);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
}

static void threads_are_small_and_deaf(void **state)
{
    (void)state;
    struct seen s;
    sigset_t before, after;
    pthread_t t;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(cs_thread_start_joinable(&t, look, &s), CS_OK);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_true(s.stack >= CS_STACK_BYTES && s.stack <= 9 * CS_STACK_BYTES);
    assert_true(sigismember(&s.mask, SIGTERM) && sigismember(&s.mask, SIGINT) && sigismember(&s.mask, SIGHUP));
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM)); /* ours is as it was */
    assert_true(cs_cpu_count() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_bounds),
        cmocka_unit_test(crew_does_everything_once),
        cmocka_unit_test(crew_does_all_shares),
        cmocka_unit_test(stopped_crew_has_finished),
        cmocka_unit_test(threads_are_small_and_deaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
