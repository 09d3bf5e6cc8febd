/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/monitor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "gateway/routes.h"
#include "sys/clock.h"
#include "sys/thread.h"

struct cs_monitor {
    cs_app *app;
    cs_http_server *api, *server;
    int64_t started_ms;
    pthread_t thread;
};

static void write_gauges(cs_buf *out, const cs_monitor *m)
{
    cs_http_load load = cs_http_measure(m->api);
    const struct {
        const char *name, *help;
        int64_t value;
    } gauges[] = {
        {"countersign_connections", "Connections of clients.", load.connections},
        {"countersign_streams", "Connections that are live streams.", load.streams},
        {"countersign_queue_length", "Requests that no worker has taken yet.", (int64_t)load.waiting},
        {"countersign_bytes_in_flight", "Memory of requests and answers.", (int64_t)load.in_flight},
        {"countersign_store_broken", "1 if the store has failed and nothing is signed.",
         cs_store_is_broken(m->app->store) ? 1 : 0},
        {"countersign_keyring_bytes", "Memory of the keys that are kept opened.",
         (int64_t)cs_keyring_bytes(m->app->keyring)},
        {"process_start_time_seconds", "Start of the process as Unix time.", m->started_ms / 1000},
    };
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
        cs_metrics_write_gauge(out, gauges[i].name, gauges[i].help, gauges[i].value);
}

/* What the enclave told last; nothing before that. */
static void write_enclave(cs_buf *out, const cs_monitor *m)
{
    cs_identity identity;
    if (!cs_introducer_recall(m->app->introducer, &identity, NULL))
        return;
    cs_metrics_write_info(out, "countersign_enclave_mldsa_info", "Who computes ML-DSA in the enclave.", "engine",
                          identity.mldsa_engine);
    cs_metrics_write_gauge(out, "countersign_enclave_mldsa_disagreements",
                           "ML-DSA signatures of this start of the enclave that its two engines judged differently.",
                           identity.disagreements);
}

static void write_process(cs_buf *out)
{
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) != 0)
        return;
    int64_t us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) + used.ru_utime.tv_usec +
                 used.ru_stime.tv_usec;
    cs_metrics_write_gauge(out, "countersign_peak_memory_bytes", "Most memory that the process ever had.",
                           (int64_t)used.ru_maxrss * 1024);
    cs_buf_printf(out,
                  "# HELP process_cpu_seconds_total Time on processors.\n# TYPE process_cpu_seconds_total counter\n"
                  "process_cpu_seconds_total %lld.%06d\n",
                  (long long)(us / 1000000), (int)(us % 1000000));
}

static void handle(void *arg, const cs_http_request *rq, cs_http_response *rs)
{
    const cs_monitor *m = arg;
    cs_err err = !cs_slice_is(rq->path, "/metrics")                                    ? CS_NOT_FOUND
                 : !cs_slice_is(rq->method, "GET") && !cs_slice_is(rq->method, "HEAD") ? CS_METHOD_NOT_ALLOWED
                                                                                       : CS_OK;
    rs->status = cs_err_http_status(err);
    if (err != CS_OK) {
        cs_routes_error_body(&rs->body, err, rq);
        if (err == CS_METHOD_NOT_ALLOWED)
            (void)snprintf(rs->allow, sizeof rs->allow, "GET");
        return;
    }
    rs->content_type = "text/plain; version=0.0.4; charset=utf-8";
    cs_metrics_write(&rs->body, m->app->metrics);
    write_gauges(&rs->body, m);
    write_enclave(&rs->body, m);
    write_process(&rs->body);
}

static cs_http_pool classify(void *arg, const cs_http_request *rq)
{
    (void)arg;
    (void)rq;
    return CS_POOL_LOOP;
}

static void serve(void *arg)
{
    cs_monitor *m = arg;
    cs_err ended = cs_http_run(m->server);
    (void)ended; /* by cs_http_stop, or with the loop broken: then nobody is served, and the watchers see that */
}

cs_err cs_monitor_open(cs_monitor **out, cs_app *app, cs_http_server *api, const cs_http_config *like, const char *bind)
{
    *out = NULL;
    cs_monitor *m = calloc(1, sizeof *m);
    if (m == NULL)
        return CS_NO_MEMORY;
    *m = (cs_monitor){.app = app, .api = api, .started_ms = cs_now_ms()};
    cs_http_config config = *like;
    config.listen = bind;
    config.handle = handle;
    config.classify = classify;
    config.refused = NULL;
    config.reloaded = NULL;
    config.app = m;
    config.max_connections = 64;
    config.io_threads = 1;
    cs_err err = cs_http_open(&m->server, &config);
    if (err == CS_OK)
        err = cs_thread_start_joinable(&m->thread, serve, m);
    if (err != CS_OK) {
        cs_http_close(m->server);
        free(m);
        return err;
    }
    *out = m;
    return CS_OK;
}

uint16_t cs_monitor_port(const cs_monitor *m)
{
    return cs_http_port(m->server);
}

void cs_monitor_reload(cs_monitor *m)
{
    if (m != NULL)
        cs_http_reload(m->server);
}

void cs_monitor_close(cs_monitor *m)
{
    if (m == NULL)
        return;
    cs_http_stop(m->server);
    (void)pthread_join(m->thread, NULL);
    cs_http_close(m->server);
    free(m);
}
