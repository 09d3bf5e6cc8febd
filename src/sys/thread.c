/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* Sanitizers put red zones around every variable: the same code needs a larger stack under them. */
#ifdef CS_SANITIZED
#define STACK_BYTES (8 * CS_STACK_BYTES)
#else
#define STACK_BYTES CS_STACK_BYTES
#endif

struct start {
    void (*run)(void *);
    void *arg;
};

static void *begin(void *p)
{
    struct start s = *(struct start *)p;
    free(p);
    s.run(s.arg);
    return NULL;
}

static cs_err start_thread(pthread_t *thread, int detach_state, void (*run)(void *), void *arg)
{
    cs_err err = CS_NO_MEMORY;
    pthread_attr_t attr;
    sigset_t all, before;
    struct start *s = malloc(sizeof *s);
    if (s == NULL)
        return CS_NO_MEMORY;
    *s = (struct start){run, arg};
    if (pthread_attr_init(&attr) != 0) {
        free(s);
        return CS_NO_MEMORY;
    }
    if (pthread_attr_setstacksize(&attr, STACK_BYTES) != 0 || pthread_attr_setdetachstate(&attr, detach_state) != 0)
        goto out;
    /* A thread inherits the mask of its maker: signals are for the main thread alone. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(thread, &attr, begin, s) == 0) {
        s = NULL; /* the thread's now */
        err = CS_OK;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
out:
    (void)pthread_attr_destroy(&attr);
    free(s);
    return err;
}

cs_err cs_thread_start(void (*run)(void *), void *arg)
{
    pthread_t thread;
    return start_thread(&thread, PTHREAD_CREATE_DETACHED, run, arg);
}

cs_err cs_thread_start_joinable(pthread_t *thread, void (*run)(void *), void *arg)
{
    return start_thread(thread, PTHREAD_CREATE_JOINABLE, run, arg);
}

int cs_cpu_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

/* One waiting thread, on that thread's stack. */
struct cs_gate_waiter {
    pthread_cond_t turn;
    bool admitted;
    cs_gate_waiter *next;
};

void cs_gate_init(cs_gate *g, int width)
{
    *g = (cs_gate){.free = width > 0 ? width : 1};
    (void)pthread_mutex_init(&g->lock, NULL);
}

void cs_gate_enter(cs_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    if (g->free > 0) {
        g->free--; /* a place is free only while nobody waits */
    } else {
        cs_gate_waiter w = {.turn = PTHREAD_COND_INITIALIZER};
        if (g->last != NULL)
            g->last->next = &w;
        else
            g->first = &w;
        g->last = &w;
        while (!w.admitted)
            (void)pthread_cond_wait(&w.turn, &g->lock);
        (void)pthread_cond_destroy(&w.turn);
    }
    (void)pthread_mutex_unlock(&g->lock);
}

void cs_gate_leave(cs_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    cs_gate_waiter *w = g->first;
    if (w == NULL) {
        g->free++;
    } else {
        g->first = w->next;
        if (g->first == NULL)
            g->last = NULL;
        w->admitted = true;
        (void)pthread_cond_signal(&w->turn); /* under the lock: the waiter's stack is gone soon after */
    }
    (void)pthread_mutex_unlock(&g->lock);
}
