/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/thread.h"

#include <sched.h>
#include <signal.h>
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

/* Work that waits or is being done, on the stack of the thread that it is for. */
struct cs_work {
    void (*run)(void *);
    void *arg;
    size_t *undone; /* of all that the thread waits for */
    pthread_cond_t *finished;
    cs_work *next;
};

static void run_crew(void *arg)
{
    cs_crew *c = arg;
    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        cs_work *w = c->first;
        if (w == NULL || c->stopped) {
            (void)pthread_cond_wait(&c->waiting, &c->lock);
            continue;
        }
        c->first = w->next;
        if (c->first == NULL)
            c->last = NULL;
        c->busy++;
        (void)pthread_mutex_unlock(&c->lock);
        w->run(w->arg);
        (void)pthread_mutex_lock(&c->lock);
        if (--c->busy == 0)
            (void)pthread_cond_signal(&c->idle);
        if (--*w->undone == 0)
            (void)pthread_cond_signal(w->finished); /* under the lock: the work's memory is gone soon after */
    }
}

cs_err cs_crew_start(cs_crew *c, int width)
{
    *c = (cs_crew){.width = width};
    if (pthread_mutex_init(&c->lock, NULL) != 0 || pthread_cond_init(&c->waiting, NULL) != 0 ||
        pthread_cond_init(&c->idle, NULL) != 0)
        return CS_NO_MEMORY;
    cs_err err = CS_OK;
    for (int i = 0; i < width && err == CS_OK; i++)
        err = cs_thread_start(run_crew, c);
    return err;
}

static void append(cs_crew *c, cs_work *w)
{
    if (c->last != NULL)
        c->last->next = w;
    else
        c->first = w;
    c->last = w;
    (void)pthread_cond_signal(&c->waiting);
}

void cs_crew_do_all(cs_crew *c, void (*run)(void *), void *const *args, size_t n)
{
    pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
    cs_work work[CS_CREW_SHARES];
    size_t undone = n;
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < n; i++) {
        work[i] = (cs_work){.run = run, .arg = args[i], .undone = &undone, .finished = &finished};
        append(c, &work[i]);
    }
    while (undone > 0)
        (void)pthread_cond_wait(&finished, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_cond_destroy(&finished);
}

void cs_crew_do(cs_crew *c, void (*run)(void *), void *arg)
{
    cs_crew_do_all(c, run, &arg, 1);
}

bool cs_crew_is_idle(cs_crew *c)
{
    (void)pthread_mutex_lock(&c->lock);
    bool idle = c->busy == 0 && c->first == NULL;
    (void)pthread_mutex_unlock(&c->lock);
    return idle;
}

void cs_crew_stop(cs_crew *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stopped = true;
    while (c->busy > 0)
        (void)pthread_cond_wait(&c->idle, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
}
