/* SPDX-License-Identifier: Apache-2.0 */
/* Threads with small stacks, and a gate that lets a bounded number of them through. */
#ifndef CS_SYS_THREAD_H
#define CS_SYS_THREAD_H

#include <pthread.h>

#include "core/err.h"

#define CS_STACK_BYTES (256 * 1024)

/* Starts a detached thread (CS_STACK_BYTES of stack, all signals blocked). */
CS_MUST_CHECK cs_err cs_thread_start(void (*run)(void *), void *arg);
/* The same, to be joined. */
CS_MUST_CHECK cs_err cs_thread_start_joinable(pthread_t *thread, void (*run)(void *), void *arg);

/* Processors this process may use, at least 1. */
int cs_cpu_count(void);

/* A counting gate: at most `width` threads inside; the rest wait in turn (first come, first served). */
typedef struct cs_gate {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned long next_ticket, served;
    int width;
} cs_gate;
void cs_gate_init(cs_gate *g, int width);
void cs_gate_enter(cs_gate *g);
void cs_gate_leave(cs_gate *g);

#endif
