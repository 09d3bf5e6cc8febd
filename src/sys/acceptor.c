/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/acceptor.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "sys/log.h"
#include "sys/stream.h"
#include "sys/thread.h"

struct connection {
    cs_acceptor *acceptor;
    int fd;
};

static void run_connection(void *arg)
{
    struct connection c = *(struct connection *)arg;
    free(arg);
    c.acceptor->converse(c.acceptor->context, c.fd);
    cs_stream_close(c.fd);
    (void)atomic_fetch_sub(&c.acceptor->connections, 1);
}

static void start_connection(cs_acceptor *a, int fd)
{
    bool room = atomic_fetch_add(&a->connections, 1) < a->max_connections;
    struct connection *c = room ? malloc(sizeof *c) : NULL;
    if (c != NULL) {
        *c = (struct connection){a, fd};
        if (cs_thread_start(run_connection, c) == CS_OK)
            return;
    }
    (void)atomic_fetch_sub(&a->connections, 1);
    cs_log(CS_LOG_WARN, NULL, "connection refused: %s", room ? "no memory" : "too many");
    cs_stream_close(fd);
    free(c);
}

static void run_acceptor(void *arg)
{
    cs_acceptor *a = arg;
    for (;;) {
        int fd;
        cs_err err = cs_stream_accept(&fd, a->listener);
        if (err == CS_OK) {
            start_connection(a, fd);
        } else if (err == CS_FRAME_CLOSED) {
            return;
        } else { /* out of descriptors: wait for some to come back */
            const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
            cs_log(CS_LOG_WARN, NULL, "no connection can be accepted: %s", cs_err_name(err));
            (void)nanosleep(&pause, NULL);
        }
    }
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    return set;
}

cs_err cs_acceptor_prepare(void)
{
    sigset_t set = stop_signals();
    return pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 ? CS_OK : CS_CONFIG;
}

cs_err cs_acceptor_serve(cs_acceptor *a)
{
    const struct timespec second = {.tv_sec = 1};
    sigset_t set = stop_signals();
    cs_err err = cs_thread_start(run_acceptor, a);
    if (err != CS_OK)
        return err;
    for (;;) {
        int signal = sigtimedwait(&set, NULL, &second);
        if (signal == SIGHUP && a->hung_up != NULL)
            a->hung_up(a->context);
        else if (signal >= 0)
            break;
        else if (a->each_second != NULL)
            a->each_second(a->context);
    }
    cs_stream_stop(a->listener); /* its thread is not waited for: a vsock listener cannot be woken */
    return CS_OK;
}
