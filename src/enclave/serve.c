/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "enclave/engine.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define FRAME_TIMEOUT_US (10 * 1000000)
#define IDLE_BUFFER_BYTES (16u << 10) /* a larger buffer is given back before the connection waits */

struct connection {
    cs_enclave *enclave;
    int fd;
};

static atomic_int connections;

static void shrink(cs_buf *b)
{
    if (b->cap <= IDLE_BUFFER_BYTES)
        return;
    cs_buf_free(b);
    *b = cs_buf_new(b->max);
}

/* Requests of one connection, until it ends. Returns why. */
static cs_err converse(cs_enclave *e, int fd)
{
    cs_buf json = cs_buf_new(CS_MAX_FRAME), reply = cs_buf_new(CS_MAX_FRAME + 4);
    cs_err err;
    do {
        err = cs_frame_read(&json, fd, FRAME_TIMEOUT_US, true);
        if (err == CS_OK)
            err = cs_engine_answer(&reply, e, cs_buf_slice(&json));
        if (err == CS_OK)
            err = cs_frame_write(fd, cs_buf_slice(&reply), FRAME_TIMEOUT_US);
        shrink(&json);
        shrink(&reply);
    } while (err == CS_OK);
    cs_buf_free(&json);
    cs_buf_free(&reply);
    return err;
}

static void run_connection(void *arg)
{
    struct connection c = *(struct connection *)arg;
    free(arg);
    cs_err err = converse(c.enclave, c.fd);
    if (err != CS_FRAME_CLOSED)
        cs_log(CS_LOG_WARN, NULL, "connection closed: %s", cs_err_name(err));
    cs_stream_close(c.fd);
    (void)atomic_fetch_sub(&connections, 1);
}

static void start_connection(cs_enclave *e, int fd)
{
    struct connection *c = malloc(sizeof *c);
    bool room = atomic_fetch_add(&connections, 1) < CS_MAX_ENCLAVE_CONNECTIONS;
    if (c != NULL) {
        *c = (struct connection){e, fd};
        if (room && cs_thread_start(run_connection, c) == CS_OK)
            return;
    }
    (void)atomic_fetch_sub(&connections, 1);
    cs_log(CS_LOG_WARN, NULL, "connection refused: %s", room ? "no memory" : "too many");
    cs_stream_close(fd);
    free(c);
}

struct acceptor {
    cs_enclave *enclave;
    int listener;
};

static void run_acceptor(void *arg)
{
    const struct acceptor *a = arg;
    for (;;) {
        int fd;
        cs_err err = cs_stream_accept(&fd, a->listener);
        if (err == CS_OK) {
            start_connection(a->enclave, fd);
        } else if (err == CS_FRAME_CLOSED) {
            return;
        } else { /* out of descriptors: wait for some to come back */
            struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
            cs_log(CS_LOG_WARN, NULL, "no connection can be accepted: %s", cs_err_name(err));
            (void)nanosleep(&pause, NULL);
        }
    }
}

static void signals_to_wait_for(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
}

cs_err cs_serve_prepare(void)
{
    sigset_t set;
    signals_to_wait_for(&set);
    return pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 ? CS_OK : CS_CONFIG;
}

cs_err cs_serve(cs_enclave *e, int listener)
{
    const struct timespec second = {.tv_sec = 1};
    struct acceptor acceptor = {e, listener};
    pthread_t thread;
    sigset_t set;
    signals_to_wait_for(&set);
    cs_err err = cs_thread_start_joinable(&thread, run_acceptor, &acceptor);
    if (err != CS_OK)
        return err;
    while (sigtimedwait(&set, NULL, &second) < 0)
        cs_cache_sweep(&e->cache, cs_tick_us());
    cs_stream_stop(listener);
    return pthread_join(thread, NULL) == 0 ? CS_OK : CS_INTERNAL;
}
