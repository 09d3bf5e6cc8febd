/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fellows.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sys/clock.h"
#include "sys/thread.h"

#define PERIOD_US 250000

struct cs_fellows {
    cs_store *store;
    const cs_fellows_events *events;
    void *context;
    uint64_t changes; /* seen so far */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stop;
};

static void look(cs_fellows *f)
{
    cs_store_view view;
    cs_err err = cs_store_look(f->store, &view);
    if (err != CS_OK || view.changes != f->changes)
        f->events->changed(f->context);
    if (err != CS_OK)
        return;
    f->changes = view.changes;
    f->events->looked(f->context, view.gateways);
}

static void run(void *context)
{
    cs_fellows *f = context;
    (void)pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        (void)pthread_mutex_unlock(&f->lock);
        look(f);
        int64_t until = cs_tick_us() + PERIOD_US;
        struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        int rc = 0;
        (void)pthread_mutex_lock(&f->lock);
        while (!f->stop && rc == 0)
            rc = pthread_cond_timedwait(&f->stopped, &f->lock, &t);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

cs_err cs_fellows_open(cs_fellows **out, cs_store *store, const cs_fellows_events *events, void *context)
{
    cs_fellows *f = calloc(1, sizeof *f);
    pthread_condattr_t monotonic;
    *out = f;
    if (f == NULL)
        return CS_NO_MEMORY;
    f->store = store;
    f->events = events;
    f->context = context;
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&f->stopped, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cs_err err = cs_thread_start_joinable(&f->thread, run, f);
    f->started = err == CS_OK;
    return err;
}

void cs_fellows_close(cs_fellows *f)
{
    if (f == NULL)
        return;
    (void)pthread_mutex_lock(&f->lock);
    f->stop = true;
    (void)pthread_cond_broadcast(&f->stopped);
    (void)pthread_mutex_unlock(&f->lock);
    if (f->started)
        (void)pthread_join(f->thread, NULL);
    (void)pthread_mutex_destroy(&f->lock);
    (void)pthread_cond_destroy(&f->stopped);
    free(f);
}
