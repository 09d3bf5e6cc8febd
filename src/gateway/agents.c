/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/agents.h"

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

#define MAX_IDLE 64
#define CONNECT_TIMEOUT_US 1000000
#define PROBE_US 2000000
#define LOOK_US 100000 /* how often the thread looks whether somebody is to be probed */

struct agent {
    char address[CS_AGENT_ADDRESS];
    char peer[CS_AGENT_ADDRESS];
    cs_channel_tls *tls;       /* NULL: on this machine */
    cs_channel idle[MAX_IDLE]; /* the one used last is taken first */
    size_t idle_count;
};

struct cs_agents {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t stopped;
    bool stop;
    cs_balance balance;
    struct agent agent[CS_BALANCE_MAX]; /* what a place was last given to is freed when it is given anew */
};

/* -- connections --------------------------------------------------------------------------------------------------- */

static cs_err call_agent(cs_channel *out, const struct agent *g, int64_t deadline_us)
{
    int64_t soon = cs_tick_us() + CONNECT_TIMEOUT_US;
    int64_t until = soon < deadline_us ? soon : deadline_us;
    int fd = -1;
    cs_err err = cs_stream_connect(&fd, g->address, until);
    *out = cs_channel_plain(fd);
    if (err == CS_OK && g->tls != NULL)
        err = cs_channel_tls_begin(out, g->tls, fd, until);
    if (err != CS_OK) {
        cs_stream_close(fd);
        *out = CS_NO_CHANNEL;
    }
    return err;
}

static cs_channel take_idle(cs_agents *a, size_t at)
{
    struct agent *g = &a->agent[at];
    (void)pthread_mutex_lock(&a->lock);
    cs_channel c = g->idle_count > 0 ? g->idle[--g->idle_count] : CS_NO_CHANNEL;
    (void)pthread_mutex_unlock(&a->lock);
    return c;
}

/* The place is held by the request: nobody else is given it. */
static cs_err connect_to(cs_agent_way *out, cs_agents *a, size_t at, int64_t deadline_us)
{
    *out = (cs_agent_way){.at = at, .channel = CS_NO_CHANNEL};
    if (at == CS_BALANCE_NOBODY)
        return CS_NOT_FOUND;
    while ((out->channel = take_idle(a, at)).fd >= 0) {
        if (cs_channel_is_quiet(out->channel))
            return CS_OK;
        cs_channel_close(out->channel);
    }
    cs_err err = call_agent(&out->channel, &a->agent[at], deadline_us);
    if (err != CS_OK)
        cs_agents_leave(a, out, CS_AGENT_FAILED);
    return err == CS_OK ? CS_OK : CS_ENCLAVE_UNAVAILABLE;
}

cs_err cs_agents_enter(cs_agent_way *out, cs_agents *a, uint32_t *tried, int64_t deadline_us)
{
    (void)pthread_mutex_lock(&a->lock);
    size_t at = cs_balance_enter(&a->balance, *tried);
    (void)pthread_mutex_unlock(&a->lock);
    if (at != CS_BALANCE_NOBODY)
        *tried |= (uint32_t)1 << at;
    return connect_to(out, a, at, deadline_us);
}

cs_err cs_agents_enter_nth(cs_agent_way *out, cs_agents *a, size_t n, int64_t deadline_us)
{
    (void)pthread_mutex_lock(&a->lock);
    size_t at = cs_balance_nth(&a->balance, n);
    if (at != CS_BALANCE_NOBODY)
        cs_balance_enter_at(&a->balance, at);
    (void)pthread_mutex_unlock(&a->lock);
    return connect_to(out, a, at, deadline_us);
}

void cs_agents_leave(cs_agents *a, const cs_agent_way *way, cs_agent_outcome outcome)
{
    struct agent *g = &a->agent[way->at];
    char address[CS_AGENT_ADDRESS];
    (void)pthread_mutex_lock(&a->lock);
    bool failed = outcome == CS_AGENT_FAILED || outcome == CS_AGENT_EMPTY;
    bool kept = (outcome == CS_AGENT_ANSWERED || outcome == CS_AGENT_EMPTY) && g->idle_count < MAX_IDLE;
    if (kept)
        g->idle[g->idle_count++] = way->channel;
    memcpy(address, g->address, sizeof address);
    bool news = cs_balance_leave(&a->balance, way->at, failed, cs_tick_us()) && cs_balance_count(&a->balance) > 1;
    (void)pthread_mutex_unlock(&a->lock);
    if (!kept)
        cs_channel_close(way->channel);
    if (news)
        cs_log(CS_LOG_WARN, NULL, "agent at %s: left alone until it answers again", address);
}

bool cs_agents_has_other(cs_agents *a, uint32_t tried)
{
    bool found = false;
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        found |= a->balance.place[i].taken && !a->balance.place[i].leaving && (tried >> i & 1) == 0;
    (void)pthread_mutex_unlock(&a->lock);
    return found;
}

/* -- probing ------------------------------------------------------------------------------------------------------- */

/* Whether an enclave answers by way of this agent. What it says is judged where it counts. */
static bool answers(const struct agent *g)
{
    const int64_t deadline = cs_tick_us() + PROBE_US;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4), json = cs_buf_new(CS_MAX_FRAME);
    cs_reply reply;
    cs_frame_in in = {0};
    cs_channel c = CS_NO_CHANNEL;
    cs_err err = cs_request_write(&frame, &(cs_request){.type = CS_MSG_BOOT});
    if (err == CS_OK)
        err = call_agent(&c, g, deadline);
    if (err == CS_OK)
        err = cs_channel_write(c, cs_buf_slice(&frame), deadline - cs_tick_us());
    if (err == CS_OK)
        err = cs_channel_read(&json, c, deadline - cs_tick_us(), false);
    if (err == CS_OK)
        err = cs_reply_read(&reply, &in, cs_buf_slice(&json), CS_MSG_BOOT);
    cs_channel_close(c);
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
    cs_buf_free(&json);
    return err == CS_OK;
}

/* Under the lock, which is given up meanwhile; who is probed keeps its place. */
static void probe(cs_agents *a)
{
    size_t at = cs_balance_due(&a->balance, cs_tick_us());
    if (at == CS_BALANCE_NOBODY)
        return;
    (void)pthread_mutex_unlock(&a->lock);
    bool answered = answers(&a->agent[at]);
    if (answered)
        cs_log(CS_LOG_INFO, NULL, "agent at %s: in service again", a->agent[at].address);
    (void)pthread_mutex_lock(&a->lock);
    cs_balance_probed(&a->balance, at, answered, cs_tick_us());
}

static void run(void *context)
{
    cs_agents *a = context;
    (void)pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        probe(a);
        int64_t until = cs_tick_us() + LOOK_US;
        struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        int rc = 0;
        while (!a->stop && rc == 0)
            rc = pthread_cond_timedwait(&a->stopped, &a->lock, &t);
    }
    (void)pthread_mutex_unlock(&a->lock);
}

/* -- who they are -------------------------------------------------------------------------------------------------- */

static void clear(struct agent *g)
{
    while (g->idle_count > 0)
        cs_channel_close(g->idle[--g->idle_count]);
    cs_channel_tls_close(g->tls);
    *g = (struct agent){0};
}

/* Under the lock, as all below. One that leaves is another one than a new one at the same address. */
static bool is_here(const cs_agents *a, const char *address)
{
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        if (a->balance.place[i].taken && !a->balance.place[i].leaving && strcmp(a->agent[i].address, address) == 0)
            return true;
    return false;
}

static bool is_among(const char *address, const cs_agent_place *places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(address, places[i].address) == 0)
            return true;
    return false;
}

static cs_err add(size_t *at, cs_agents *a, const cs_agent_place *place, const cs_channel_tls_config *tls)
{
    *at = cs_balance_add(&a->balance);
    if (*at == CS_BALANCE_NOBODY)
        return CS_CONFIG; /* those that leave have not all gone yet */
    struct agent *g = &a->agent[*at];
    clear(g);
    (void)snprintf(g->address, sizeof g->address, "%s", place->address);
    if (place->peer == NULL)
        return CS_OK;
    (void)snprintf(g->peer, sizeof g->peer, "%s", place->peer);
    cs_channel_tls_config config = *tls;
    config.peer = g->peer;
    return cs_channel_tls_open(&g->tls, &config);
}

static cs_err change(cs_agents *a, const cs_agent_place *places, size_t n, const cs_channel_tls_config *tls)
{
    uint32_t added = 0;
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        if (is_here(a, places[i].address))
            continue;
        size_t at;
        err = add(&at, a, &places[i], tls);
        if (at != CS_BALANCE_NOBODY)
            added |= (uint32_t)1 << at;
    }
    for (size_t i = 0; i < CS_BALANCE_MAX; i++) {
        bool goes = err != CS_OK ? (added >> i & 1) != 0 : !is_among(a->agent[i].address, places, n);
        if (a->balance.place[i].taken && goes)
            cs_balance_remove(&a->balance, i);
    }
    return err;
}

cs_err cs_agents_set(cs_agents *a, const cs_agent_place *places, size_t n, const cs_channel_tls_config *tls)
{
    bool usable = n > 0 && n <= CS_BALANCE_MAX;
    for (size_t i = 0; usable && i < n; i++)
        usable = strlen(places[i].address) < CS_AGENT_ADDRESS && !is_among(places[i].address, places, i) &&
                 (places[i].peer == NULL || strlen(places[i].peer) < CS_AGENT_ADDRESS);
    if (!usable)
        return CS_CONFIG;
    (void)pthread_mutex_lock(&a->lock);
    cs_err err = change(a, places, n, tls);
    (void)pthread_mutex_unlock(&a->lock);
    return err;
}

cs_err cs_agents_open(cs_agents **out)
{
    cs_agents *a = calloc(1, sizeof *a);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (a == NULL)
        return CS_NO_MEMORY;
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&a->stopped, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cs_err err = cs_thread_start_joinable(&a->thread, run, a);
    a->started = err == CS_OK;
    if (err == CS_OK)
        *out = a;
    else
        cs_agents_close(a);
    return err;
}

void cs_agents_close(cs_agents *a)
{
    if (a == NULL)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->stop = true;
    (void)pthread_cond_broadcast(&a->stopped);
    (void)pthread_mutex_unlock(&a->lock);
    if (a->started)
        (void)pthread_join(a->thread, NULL);
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        clear(&a->agent[i]);
    (void)pthread_mutex_destroy(&a->lock);
    (void)pthread_cond_destroy(&a->stopped);
    free(a);
}
