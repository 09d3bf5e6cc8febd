/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/serve.h"

#include "enclave/engine.h"
#include "sys/acceptor.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define FRAME_TIMEOUT_US (10 * 1000000)
#define IDLE_BUFFER_BYTES (16u << 10) /* a larger buffer is given back before the connection waits */

static void shrink(cs_buf *b)
{
    if (b->cap <= IDLE_BUFFER_BYTES)
        return;
    cs_buf_free(b);
    *b = b->wiped ? cs_buf_new_wiped(b->max) : cs_buf_new(b->max);
}

static void converse(void *context, int fd)
{
    cs_enclave *e = context;
    /* A reply may hold a private key that was made for a caller. */
    cs_buf json = cs_buf_new(CS_MAX_FRAME), reply = cs_buf_new_wiped(CS_MAX_FRAME + 4);
    cs_host host = cs_host_new(fd);
    cs_err err;
    do {
        err = cs_frame_read(&json, fd, FRAME_TIMEOUT_US, true);
        if (err == CS_OK)
            err = cs_engine_answer(&reply, e, &host, cs_buf_slice(&json));
        if (err == CS_OK)
            err = cs_frame_write(fd, cs_buf_slice(&reply), FRAME_TIMEOUT_US);
        cs_wipe(reply.p, reply.n);
        shrink(&json);
        shrink(&reply);
        shrink(&host.frame);
    } while (err == CS_OK);
    if (err != CS_FRAME_CLOSED)
        cs_log(CS_LOG_WARN, NULL, "connection closed: %s", cs_err_name(err));
    cs_buf_free(&json);
    cs_buf_free(&reply);
    cs_host_free(&host);
}

static void sweep(void *context)
{
    cs_enclave *e = context;
    cs_cache_sweep(&e->cache, cs_tick_us());
    cs_cache_sweep(&e->kms_cache, cs_tick_us());
    cs_recipients_sweep(&e->recipients, cs_tick_us());
}

cs_err cs_serve(cs_enclave *e, int listener)
{
    static cs_acceptor acceptor; /* connections refer to it until the process ends */
    acceptor = (cs_acceptor){.listener = listener,
                             .max_connections = CS_MAX_ENCLAVE_CONNECTIONS,
                             .converse = converse,
                             .each_second = sweep,
                             .context = e};
    return cs_acceptor_serve(&acceptor);
}
