/* SPDX-License-Identifier: Apache-2.0 */
/* Threads with small stacks; a gate that lets a bounded number of them through; a crew that does the work of others. */
#ifndef CS_SYS_THREAD_H
#define CS_SYS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define CS_STACK_BYTES (256 * 1024)

/* Starts a detached thread (CS_STACK_BYTES of stack, all signals blocked). CS_NO_MEMORY if the system has none. */
CS_MUST_CHECK cs_err cs_thread_start(void (*run)(void *), void *arg);
/* The same, to be joined. */
CS_MUST_CHECK cs_err cs_thread_start_joinable(pthread_t *thread, void (*run)(void *), void *arg);

/* Processors this process may use, at least 1. */
int cs_cpu_count(void);

/* A counting gate: at most `width` threads inside; the rest wait in turn (first come, first served). Whoever leaves
 * hands its place to the first in the queue and wakes nobody else. */
typedef struct cs_gate_waiter cs_gate_waiter;
typedef struct cs_gate {
    pthread_mutex_t lock;
    int free;
    cs_gate_waiter *first, *last;
} cs_gate;
void cs_gate_init(cs_gate *g, int width);
void cs_gate_enter(cs_gate *g);
void cs_gate_leave(cs_gate *g);

/*
 * A crew: `width` threads that do the work of others, first come, first served. As many as there are processors keep
 * all of them busy without a change of threads between one piece of work and the next, and no caller overtakes another.
 */
typedef struct cs_work cs_work;
typedef struct cs_crew {
    pthread_mutex_t lock;
    pthread_cond_t waiting; /* for work */
    pthread_cond_t idle;
    cs_work *first, *last;
    int width, busy;
    bool stopped;
} cs_crew;
/* Starts the threads; they run until the process ends. */
CS_MUST_CHECK cs_err cs_crew_start(cs_crew *c, int width);
/* Runs run(arg) on a thread of the crew and returns when it is done; never, if the crew was stopped before it began. */
void cs_crew_do(cs_crew *c, void (*run)(void *), void *arg);
/* The same for `n` pieces of work, 1..CS_CREW_SHARES, which several threads of the crew may do at once; returns when
 * all are done. */
#define CS_CREW_SHARES 16
void cs_crew_do_all(cs_crew *c, void (*run)(void *), void *const *args, size_t n);
/* Whether nothing is waiting or being done at this moment. */
bool cs_crew_is_idle(cs_crew *c);
/* Waits for the work that has begun; no other begins from here on. For the end of the process, before that is wiped
 * which the work needs. */
void cs_crew_stop(cs_crew *c);

#endif
