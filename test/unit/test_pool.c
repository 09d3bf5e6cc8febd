/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "gateway/pool.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "sys/clock.h"

#define LONG_US 3600000000LL
#define JOBS 2000

static atomic_int done_count, shed_count, held_count;

static void count(cs_job *job, bool shed)
{
    (void)job;
    atomic_fetch_add(shed ? &shed_count : &done_count, 1);
}

/* A job that holds its worker until it is let go. */
static sem_t entered, let_go;

static void hold(cs_job *job, bool shed)
{
    (void)job;
    (void)shed; /* on a busy machine the holder itself may be late */
    (void)sem_post(&entered);
    (void)sem_wait(&let_go);
    atomic_fetch_add(&held_count, 1);
}

static int fresh_counts(void **state)
{
    (void)state;
    atomic_store(&done_count, 0);
    atomic_store(&shed_count, 0);
    atomic_store(&held_count, 0);
    return sem_init(&entered, 0, 0) == 0 && sem_init(&let_go, 0, 0) == 0 ? 0 : -1;
}

/* A pool whose only worker is held by `holder`. */
static cs_pool *held_pool(cs_job *holder, size_t max_waiting, int64_t max_age_us)
{
    cs_pool *pool = NULL;
    *holder = (cs_job){.run = hold};
    assert_int_equal(cs_pool_open(&pool, 1, 1, max_waiting, max_age_us), CS_OK);
    assert_int_equal(cs_pool_submit(pool, holder), CS_OK);
    (void)sem_wait(&entered);
    return pool;
}

static void let_time_pass(int64_t us)
{
    for (int64_t start = cs_tick_us(); cs_tick_us() - start <= us;)
        ;
}

static void every_job_runs_once(void **state)
{
    static cs_job jobs[JOBS];
    cs_pool *pool = NULL;
    (void)state;
    assert_int_equal(cs_pool_open(&pool, 4, 1, JOBS, LONG_US), CS_OK);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = (cs_job){.run = count};
        assert_int_equal(cs_pool_submit(pool, &jobs[i]), CS_OK);
    }
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&done_count) + atomic_load(&shed_count), JOBS);
}

static void a_full_queue_takes_nothing(void **state)
{
    cs_job holder, jobs[4] = {{.run = count}, {.run = count}, {.run = count}, {.run = count}};
    (void)state;
    cs_pool *pool = held_pool(&holder, 2, LONG_US);
    assert_int_equal(cs_pool_submit(pool, &jobs[0]), CS_OK);
    assert_int_equal(cs_pool_submit(pool, &jobs[1]), CS_OK);
    assert_int_equal(cs_pool_submit(pool, &jobs[2]), CS_OVERLOADED);
    assert_int_equal(cs_pool_submit(pool, &jobs[3]), CS_OVERLOADED);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&done_count) + atomic_load(&shed_count), 2);
    assert_int_equal(atomic_load(&held_count), 1);
}

static void a_job_that_waited_too_long_is_shed(void **state)
{
    cs_job holder, old = {.run = count}, late = {.run = count};
    (void)state;
    cs_pool *pool = held_pool(&holder, 10, 1000);
    assert_int_equal(cs_pool_submit(pool, &old), CS_OK);
    let_time_pass(2000);
    assert_int_equal(cs_pool_submit(pool, &late), CS_OVERLOADED);
    (void)sem_post(&let_go);
    while (atomic_load(&shed_count) == 0)
        ;
    assert_int_equal(atomic_load(&done_count), 0);
    assert_int_equal(cs_pool_submit(pool, &late), CS_OK);
    cs_pool_close(pool);
}

static void stuck_workers_do_not_keep_old_jobs(void **state)
{
    cs_job holder, job = {.run = count};
    (void)state;
    cs_pool *pool = held_pool(&holder, 10, 1000);
    assert_int_equal(cs_pool_expire(pool), -1);
    assert_int_equal(cs_pool_submit(pool, &job), CS_OK);
    let_time_pass(2000);
    assert_int_equal(cs_pool_expire(pool), -1);
    assert_int_equal(atomic_load(&shed_count), 1);
    assert_int_equal(atomic_load(&held_count), 0);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&done_count), 0);
}

static void young_jobs_do_not_expire(void **state)
{
    cs_job holder, job = {.run = count};
    (void)state;
    cs_pool *pool = held_pool(&holder, 10, LONG_US);
    assert_int_equal(cs_pool_submit(pool, &job), CS_OK);
    assert_true(cs_pool_expire(pool) >= 0);
    assert_int_equal(atomic_load(&shed_count), 0);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
}

static void closing_hands_back_what_waits(void **state)
{
    cs_job holder, jobs[3] = {{.run = count}, {.run = count}, {.run = count}};
    (void)state;
    cs_pool *pool = held_pool(&holder, 10, LONG_US);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cs_pool_submit(pool, &jobs[i]), CS_OK);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&done_count) + atomic_load(&shed_count), 3);
    assert_int_equal(atomic_load(&held_count), 1);
}

static atomic_int teams, most_teams, largest_team;

static void count_team(cs_job *const *jobs, size_t n)
{
    (void)jobs;
    int now = atomic_fetch_add(&teams, 1) + 1;
    if (now > atomic_load(&most_teams))
        atomic_store(&most_teams, now);
    if ((int)n > atomic_load(&largest_team))
        atomic_store(&largest_team, (int)n);
    atomic_fetch_add(&done_count, (int)n);
    atomic_fetch_sub(&teams, 1);
}

static void hold_team(cs_job *const *jobs, size_t n)
{
    (void)jobs;
    (void)sem_post(&entered);
    (void)sem_wait(&let_go);
    atomic_fetch_add(&held_count, (int)n);
}

/* One comes alone while a team is free; what comes while all are at work gathers, and goes together. */
static void what_waits_for_a_team_is_done_together(void **state)
{
    enum { COUNT = CS_POOL_TOGETHER + 5 };
    (void)state;
    cs_pool *pool = NULL;
    cs_job holder = {.run = count, .together = hold_team}, other = {.run = count}, jobs[COUNT];
    atomic_store(&largest_team, 0);
    assert_int_equal(cs_pool_open(&pool, 4, 1, COUNT + 2, LONG_US), CS_OK);
    assert_int_equal(cs_pool_submit(pool, &holder), CS_OK);
    (void)sem_wait(&entered);
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i] = (cs_job){.run = count, .together = count_team};
        assert_int_equal(cs_pool_submit(pool, &jobs[i]), CS_OK);
    }
    assert_int_equal(cs_pool_submit(pool, &other), CS_OK); /* passes them: three workers are free */
    while (atomic_load(&done_count) == 0)
        ;
    assert_int_equal(atomic_load(&done_count), 1);
    assert_int_equal(cs_pool_waiting(pool), COUNT);
    (void)sem_post(&let_go);
    while (atomic_load(&done_count) < 1 + COUNT)
        ;
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&held_count), 1);
    assert_int_equal(atomic_load(&largest_team), CS_POOL_TOGETHER);
    assert_int_equal(atomic_load(&shed_count), 0);
}

static void few_teams_at_once(void **state)
{
    static cs_job jobs[JOBS];
    cs_pool *pool = NULL;
    (void)state;
    atomic_store(&most_teams, 0);
    assert_int_equal(cs_pool_open(&pool, 8, 2, JOBS, LONG_US), CS_OK);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = (cs_job){.run = count, .together = i % 3 == 0 ? NULL : count_team};
        assert_int_equal(cs_pool_submit(pool, &jobs[i]), CS_OK);
    }
    while (atomic_load(&done_count) < JOBS)
        ;
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&shed_count), 0);
    assert_in_range(atomic_load(&most_teams), 1, 2);
}

static void old_jobs_of_a_team_are_shed(void **state)
{
    (void)state;
    cs_pool *pool = NULL;
    cs_job holder = {.run = hold, .together = hold_team}, job = {.run = count, .together = count_team};
    assert_int_equal(cs_pool_open(&pool, 1, 1, 10, 1000), CS_OK);
    assert_int_equal(cs_pool_submit(pool, &holder), CS_OK);
    (void)sem_wait(&entered);
    assert_int_equal(cs_pool_submit(pool, &job), CS_OK);
    let_time_pass(2000);
    assert_int_equal(cs_pool_expire(pool), -1);
    assert_int_equal(atomic_load(&shed_count), 1);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&done_count), 0);
}

/* Teams that are stuck keep nobody waiting for long while there are workers; a stuck kind not the other one. */
static void stuck_teams_are_not_waited_for(void **state)
{
    enum { STUCK = 3, COUNT = 5 };
    (void)state;
    cs_pool *pool = NULL;
    cs_job stuck[STUCK], jobs[COUNT];
    assert_int_equal(cs_pool_open(&pool, STUCK + 1, 1, 100, LONG_US / 36000), CS_OK); /* 100 ms; 2.5 ms are enough */
    for (size_t i = 0; i < STUCK; i++) {
        stuck[i] = (cs_job){.run = hold, .together = hold_team};
        assert_int_equal(cs_pool_submit(pool, &stuck[i]), CS_OK);
        (void)sem_wait(&entered); /* though only one team is allowed */
    }
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i] = (cs_job){.run = count, .together = count_team, .kind = 2};
        assert_int_equal(cs_pool_submit(pool, &jobs[i]), CS_OK);
    }
    while (atomic_load(&done_count) + atomic_load(&shed_count) < COUNT)
        ;
    for (size_t i = 0; i < STUCK; i++)
        (void)sem_post(&let_go);
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&held_count), STUCK);
}

/* Each team has jobs of one kind alone, in their order. */
static atomic_int mixed;

static void look_at_kinds(cs_job *const *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        atomic_fetch_add(&mixed, jobs[i]->kind != jobs[0]->kind);
        atomic_fetch_add(&mixed, i > 0 && jobs[i]->queued_us < jobs[i - 1]->queued_us);
    }
    count_team(jobs, n);
}

static void kinds_are_kept_apart(void **state)
{
    static cs_job jobs[JOBS];
    cs_pool *pool = NULL;
    (void)state;
    cs_job holder = {.run = count, .together = hold_team};
    assert_int_equal(cs_pool_open(&pool, 4, 1, JOBS + 1, LONG_US), CS_OK);
    assert_int_equal(cs_pool_submit(pool, &holder), CS_OK);
    (void)sem_wait(&entered);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = (cs_job){.run = count, .together = look_at_kinds, .kind = (int)(i * i % 3)};
        assert_int_equal(cs_pool_submit(pool, &jobs[i]), CS_OK);
    }
    assert_int_equal(cs_pool_waiting(pool), JOBS);
    (void)sem_post(&let_go);
    while (atomic_load(&done_count) < JOBS)
        ;
    cs_pool_close(pool);
    assert_int_equal(atomic_load(&mixed), 0);
    assert_int_equal(atomic_load(&shed_count), 0);
}

/* -- accounts ------------------------------------------------------------------------------------------------------ */

static int order[JOBS];
static atomic_int ordered;
static cs_job numbered[JOBS];

static void note_order(cs_job *job, bool shed)
{
    if (shed)
        atomic_fetch_add(&shed_count, 1);
    else
        order[atomic_fetch_add(&ordered, 1)] = (int)(job - numbered);
    atomic_fetch_add(&done_count, !shed);
}

static void note_orders(cs_job *const *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        note_order(jobs[i], false);
}

static void number_jobs(size_t n, bool together)
{
    atomic_store(&ordered, 0);
    for (size_t i = 0; i < n; i++)
        numbered[i] = (cs_job){.run = note_order, .together = together ? note_orders : NULL};
}

/* A hundred of one account, and then three of another: they go in between, and everybody keeps its own order. */
static void accounts_take_turns(void **state)
{
    enum { MANY = 100, FEW = 3 };
    (void)state;
    for (int together = 0; together < 2; together++) {
        cs_job holder;
        cs_pool *pool = held_pool(&holder, MANY + FEW, LONG_US);
        number_jobs(MANY + FEW, together != 0);
        atomic_store(&done_count, 0);
        for (int i = 0; i < MANY + FEW; i++) {
            numbered[i].account = i < MANY ? 7 : 8;
            assert_int_equal(cs_pool_submit(pool, &numbered[i]), CS_OK);
        }
        (void)sem_post(&let_go);
        while (atomic_load(&done_count) < MANY + FEW)
            ;
        cs_pool_close(pool);
        int few = 0, many = 0;
        for (int i = 0; i < MANY + FEW; i++) {
            if (order[i] < MANY)
                assert_int_equal(order[i], many++);
            else
                assert_int_equal(order[i], MANY + few++);
            if (i == 2 * FEW + 1)
                assert_int_equal(few, FEW);
        }
    }
}

/* Whoever has filled the queue makes room for others, and not for more of its own. */
static void a_full_queue_has_room_for_others(void **state)
{
    enum { ROOM = 10 };
    cs_job holder;
    (void)state;
    cs_pool *pool = held_pool(&holder, ROOM, LONG_US);
    number_jobs(ROOM + 4, false);
    for (int i = 0; i < ROOM; i++) {
        numbered[i].account = 1;
        assert_int_equal(cs_pool_submit(pool, &numbered[i]), CS_OK);
    }
    numbered[ROOM].account = 1;
    assert_int_equal(cs_pool_submit(pool, &numbered[ROOM]), CS_OVERLOADED);
    assert_int_equal(atomic_load(&shed_count), 0);
    for (int i = ROOM + 1; i < ROOM + 4; i++) {
        numbered[i].account = 2;
        assert_int_equal(cs_pool_submit(pool, &numbered[i]), CS_OK);
    }
    assert_int_equal(atomic_load(&shed_count), 3);
    assert_int_equal(cs_pool_waiting(pool), ROOM);
    (void)sem_post(&let_go);
    while (atomic_load(&done_count) < ROOM)
        ;
    cs_pool_close(pool);
    for (int i = 0; i < ROOM; i++)
        assert_false(order[i] >= ROOM - 3 && order[i] <= ROOM); /* the last ones went */
}

/* Jobs that nobody did are not held against their account. */
static void what_was_shed_costs_no_turn(void **state)
{
    enum { OLD = 50 };
    cs_job holder;
    (void)state;
    cs_pool *pool = held_pool(&holder, OLD, 1000);
    number_jobs(OLD + 1, false);
    for (int i = 0; i < OLD; i++) {
        numbered[i].account = 1;
        if (cs_pool_submit(pool, &numbered[i]) != CS_OK) /* a slow machine */
            note_order(&numbered[i], true);
    }
    let_time_pass(2000);
    assert_int_equal(cs_pool_expire(pool), -1);
    assert_int_equal(atomic_load(&shed_count), OLD);
    numbered[OLD].account = 1;
    assert_int_equal(cs_pool_submit(pool, &numbered[OLD]), CS_OK);
    assert_true(numbered[OLD].turn <= 1);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
}

/* A backlog that is too old keeps nobody out who would come before it. */
static void an_old_backlog_keeps_only_its_own_out(void **state)
{
    cs_job holder;
    (void)state;
    cs_pool *pool = held_pool(&holder, 10, 1000);
    number_jobs(3, false); /* on the holder's account, but for one */
    numbered[1].account = 1;
    assert_int_equal(cs_pool_submit(pool, &numbered[2]), CS_OK);
    let_time_pass(2000);
    assert_int_equal(cs_pool_submit(pool, &numbered[0]), CS_OVERLOADED);
    assert_int_equal(cs_pool_submit(pool, &numbered[1]), CS_OK);
    (void)sem_post(&let_go);
    cs_pool_close(pool);
}

static void a_pool_needs_a_thread(void **state)
{
    cs_pool *pool = NULL;
    (void)state;
    assert_int_equal(cs_pool_open(&pool, 0, 1, 10, LONG_US), CS_CONFIG);
    assert_int_equal(cs_pool_open(&pool, 1, 0, 10, LONG_US), CS_CONFIG);
    assert_null(pool);
    cs_pool_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_job_runs_once, fresh_counts),
        cmocka_unit_test_setup(a_full_queue_takes_nothing, fresh_counts),
        cmocka_unit_test_setup(a_job_that_waited_too_long_is_shed, fresh_counts),
        cmocka_unit_test_setup(stuck_workers_do_not_keep_old_jobs, fresh_counts),
        cmocka_unit_test_setup(young_jobs_do_not_expire, fresh_counts),
        cmocka_unit_test_setup(closing_hands_back_what_waits, fresh_counts),
        cmocka_unit_test_setup(what_waits_for_a_team_is_done_together, fresh_counts),
        cmocka_unit_test_setup(few_teams_at_once, fresh_counts),
        cmocka_unit_test_setup(stuck_teams_are_not_waited_for, fresh_counts),
        cmocka_unit_test_setup(kinds_are_kept_apart, fresh_counts),
        cmocka_unit_test_setup(old_jobs_of_a_team_are_shed, fresh_counts),
        cmocka_unit_test_setup(accounts_take_turns, fresh_counts),
        cmocka_unit_test_setup(a_full_queue_has_room_for_others, fresh_counts),
        cmocka_unit_test_setup(what_was_shed_costs_no_turn, fresh_counts),
        cmocka_unit_test_setup(an_old_backlog_keeps_only_its_own_out, fresh_counts),
        cmocka_unit_test(a_pool_needs_a_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
