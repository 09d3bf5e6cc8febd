/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/fleet.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/message.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"
#include "sys/thread.h"

#define LOOK_US 100000 /* how often the thread looks whether somebody is to be probed */

struct cs_fleet {
    int64_t timeout_us;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t stopped;
    bool stop;
    cs_balance balance;
    unsigned serials;
    struct {
        unsigned serial;
        char address[CS_FLEET_ADDRESS];
    } enclave[CS_BALANCE_MAX];
};

/* -- probing ------------------------------------------------------------------------------------------------------- */

/* Whether an enclave answers. What it says is the gateway's to judge. */
static bool answers(const char *address, int64_t timeout_us)
{
    const int64_t deadline = cs_tick_us() + timeout_us;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4), json = cs_buf_new(CS_MAX_FRAME);
    cs_reply reply;
    cs_frame_in in = {0};
    int fd = -1;
    cs_err err = cs_request_write(&frame, &(cs_request){.type = CS_MSG_BOOT});
    if (err == CS_OK)
        err = cs_stream_connect(&fd, address, deadline);
    if (err == CS_OK)
        err = cs_frame_write(fd, cs_buf_slice(&frame), deadline - cs_tick_us());
    if (err == CS_OK)
        err = cs_frame_read(&json, fd, deadline - cs_tick_us(), false);
    if (err == CS_OK)
        err = cs_reply_read(&reply, &in, cs_buf_slice(&json), CS_MSG_BOOT);
    cs_stream_close(fd);
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
    cs_buf_free(&json);
    return err == CS_OK;
}

/* Under the lock, which is given up meanwhile. */
static void probe(cs_fleet *f)
{
    char address[CS_FLEET_ADDRESS];
    size_t at = cs_balance_due(&f->balance, cs_tick_us());
    if (at == CS_BALANCE_NOBODY)
        return;
    memcpy(address, f->enclave[at].address, sizeof address);
    (void)pthread_mutex_unlock(&f->lock);
    bool answered = answers(address, f->timeout_us);
    if (answered)
        cs_log(CS_LOG_INFO, NULL, "enclave at %s: in service again", address);
    (void)pthread_mutex_lock(&f->lock);
    cs_balance_probed(&f->balance, at, answered, cs_tick_us());
}

static void run(void *context)
{
    cs_fleet *f = context;
    (void)pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        probe(f);
        int64_t until = cs_tick_us() + LOOK_US;
        struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        int rc = 0;
        while (!f->stop && rc == 0)
            rc = pthread_cond_timedwait(&f->stopped, &f->lock, &t);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

/* -- who belongs to it --------------------------------------------------------------------------------------------- */

static bool is_among(const char *address, const char *const *addresses, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(address, addresses[i]) == 0)
            return true;
    return false;
}

/* Under the lock. One that is leaving is another one than a new one at the same address. */
static bool is_here(const cs_fleet *f, const char *address)
{
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        if (f->balance.place[i].taken && !f->balance.place[i].leaving && strcmp(f->enclave[i].address, address) == 0)
            return true;
    return false;
}

static cs_err change(cs_fleet *f, const char *const *addresses, size_t n)
{
    size_t room = 0, fresh = 0;
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        room += !f->balance.place[i].taken;
    for (size_t i = 0; i < n; i++)
        fresh += !is_here(f, addresses[i]);
    if (fresh > room)
        return CS_CONFIG; /* those that leave have not all gone yet */
    for (size_t i = 0; i < n; i++) {
        if (is_here(f, addresses[i]))
            continue;
        size_t at = cs_balance_add(&f->balance);
        f->enclave[at].serial = ++f->serials;
        (void)snprintf(f->enclave[at].address, CS_FLEET_ADDRESS, "%s", addresses[i]);
    }
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        if (f->balance.place[i].taken && !is_among(f->enclave[i].address, addresses, n))
            cs_balance_remove(&f->balance, i);
    return CS_OK;
}

cs_err cs_fleet_set(cs_fleet *f, const char *const *addresses, size_t n)
{
    bool usable = n > 0 && n <= CS_BALANCE_MAX;
    for (size_t i = 0; usable && i < n; i++)
        usable = strlen(addresses[i]) < CS_FLEET_ADDRESS && !is_among(addresses[i], addresses, i);
    if (!usable)
        return CS_CONFIG;
    (void)pthread_mutex_lock(&f->lock);
    cs_err err = change(f, addresses, n);
    (void)pthread_mutex_unlock(&f->lock);
    return err;
}

cs_err cs_fleet_open(cs_fleet **out, const char *const *addresses, size_t n, int64_t timeout_us)
{
    cs_fleet *f = calloc(1, sizeof *f);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (f == NULL)
        return CS_NO_MEMORY;
    f->timeout_us = timeout_us;
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&f->stopped, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cs_err err = cs_fleet_set(f, addresses, n);
    if (err == CS_OK)
        err = cs_thread_start_joinable(&f->thread, run, f);
    f->started = err == CS_OK;
    if (err == CS_OK)
        *out = f;
    else
        cs_fleet_close(f);
    return err;
}

void cs_fleet_close(cs_fleet *f)
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

/* -- requests ------------------------------------------------------------------------------------------------------ */

/* Under the lock. */
static cs_err way_to(cs_fleet_way *out, const cs_fleet *f, size_t at)
{
    if (at == CS_BALANCE_NOBODY)
        return CS_NOT_FOUND;
    out->at = at;
    out->serial = f->enclave[at].serial;
    memcpy(out->address, f->enclave[at].address, sizeof out->address);
    return CS_OK;
}

cs_err cs_fleet_enter(cs_fleet_way *out, cs_fleet *f, uint32_t tried)
{
    (void)pthread_mutex_lock(&f->lock);
    cs_err err = way_to(out, f, cs_balance_enter(&f->balance, tried));
    (void)pthread_mutex_unlock(&f->lock);
    return err;
}

cs_err cs_fleet_enter_nth(cs_fleet_way *out, cs_fleet *f, size_t n)
{
    (void)pthread_mutex_lock(&f->lock);
    size_t at = cs_balance_nth(&f->balance, n);
    if (at != CS_BALANCE_NOBODY)
        cs_balance_enter_at(&f->balance, at);
    cs_err err = way_to(out, f, at);
    (void)pthread_mutex_unlock(&f->lock);
    return err;
}

void cs_fleet_leave(cs_fleet *f, const cs_fleet_way *way, bool failed)
{
    (void)pthread_mutex_lock(&f->lock);
    bool news = cs_balance_leave(&f->balance, way->at, failed, cs_tick_us()) && cs_balance_count(&f->balance) > 1;
    (void)pthread_mutex_unlock(&f->lock);
    if (news)
        cs_log(CS_LOG_WARN, NULL, "enclave at %s: left alone until it answers again", way->address);
}

void cs_fleet_drain(cs_fleet *f, int64_t deadline_us)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    unsigned under_way;
    do {
        (void)pthread_mutex_lock(&f->lock);
        under_way = cs_balance_under_way(&f->balance);
        (void)pthread_mutex_unlock(&f->lock);
    } while (under_way > 0 && cs_tick_us() < deadline_us && nanosleep(&pause, NULL) == 0);
}
