/* SPDX-License-Identifier: Apache-2.0 */
/* A server's outer loop: a thread for each connection, up to a bound, until SIGTERM or SIGINT. */
#ifndef CS_SYS_ACCEPTOR_H
#define CS_SYS_ACCEPTOR_H

#include <stdatomic.h>

#include "core/err.h"

typedef struct cs_acceptor {
    int listener;
    int max_connections;                     /* one more is closed at once */
    void (*converse)(void *context, int fd); /* one connection, on its own thread; the caller closes `fd` */
    void (*each_second)(void *context);      /* on the main thread; NULL: nothing to do */
    void (*hung_up)(void *context);          /* likewise, after SIGHUP; NULL: that ends it, too */
    void *context;
    atomic_int connections;
} cs_acceptor;

/* Blocks these signals and SIGHUP for every thread made from here on. Called before the first thread is made. */
CS_MUST_CHECK cs_err cs_acceptor_prepare(void);

/* Serves until one of the signals comes. Threads of this module, and connections, may still be under way when it
 * returns: `a` stays where it is, and the process is to be ended with _exit. */
CS_MUST_CHECK cs_err cs_acceptor_serve(cs_acceptor *a);

#endif
