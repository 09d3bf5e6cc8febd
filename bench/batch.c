/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/batch.h"

#include <stdio.h>

#include "bench/machine.h"

#define BATCH 100
#define BATCH_AIM 1.1 /* times the bare primitives, on one thread */
#define GROWTH_AIM 4  /* MiB, between a fifth of the requests and their end */
#define CLIENTS 8
#define MAX_PROCESSES 4

static cs_err complain(const char *what, cs_err err)
{
    (void)fprintf(stderr, "countersign-bench: %s: %s\n", what, cs_err_sentence(err));
    return err;
}

static void write_body(cs_buf *out, const cs_service *s)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_begin_array(&w, "items");
    for (size_t i = 0; i < BATCH; i++)
        cs_jw_raw(&w, NULL, cs_buf_slice(&s->body));
    cs_jw_end_array(&w);
    cs_jw_end(&w);
}

cs_err cs_batch_bench(cs_report *r, const cs_service *s, double seconds, double path_ns, const char *engine)
{
    cs_buf body = cs_buf_new(CS_MAX_BODY), request = cs_buf_new(CS_MAX_BODY + 4096);
    cs_load_result result = {.last = cs_buf_new(0)};
    write_body(&body, s);
    cs_http_request(&request, &s->target, "POST", "/v1/sign/batch", cs_buf_slice(&body));
    cs_load load = {.clients = 1,
                    .warm_up = seconds / 5,
                    .seconds = seconds,
                    .request = cs_buf_slice(&request),
                    .must_hold = "\"signed\":100,\"refused\":0"};
    cs_err err = request.err == CS_OK ? cs_load_run(&result, &s->target, &load) : request.err;
    if (err == CS_OK && (result.refused > 0 || result.latency.n == 0))
        err = CS_ATTESTATION_REJECTED;
    if (err == CS_OK) {
        cs_row *row = cs_report_add(r, cs_samples_mean(&result.latency) / BATCH / 1000, "µs",
                                    "mean latency / 100; bound: 1.1 x the primitives on one thread",
                                    "batch of 100, 1 client, per signature, %s", engine);
        cs_report_bound(row, BATCH_AIM * path_ns / 1000);
        (void)cs_report_add(r, cs_samples_quantile(&result.latency, 0.5) / 1e6, "ms", "request sent to answer read",
                            "batch of 100, 1 client, p50, %s", engine);
    }
    cs_samples_free(&result.latency);
    cs_buf_free(&result.last);
    cs_buf_free(&request);
    cs_buf_free(&body);
    return err == CS_OK ? CS_OK : complain("batch", err);
}

static cs_err sign_until(size_t *made, size_t until, const cs_service *s, cs_slice request)
{
    cs_err err = CS_OK;
    while (err == CS_OK && *made < until) {
        cs_load load = {.clients = CLIENTS, .seconds = 1, .request = request, .must_hold = "\"verdict\":\"pass\""};
        cs_load_result result;
        err = cs_load_run(&result, &s->target, &load);
        if (err == CS_OK && result.refused > 0)
            err = CS_ATTESTATION_REJECTED;
        *made += result.answers;
        cs_samples_free(&result.latency);
        cs_buf_free(&result.last);
    }
    return err;
}

cs_err cs_endurance_bench(cs_report *r, const cs_service *s, const cs_endurance *e)
{
    double early[MAX_PROCESSES] = {0};
    size_t made = 0;
    cs_buf request = cs_buf_new(CS_MAX_BODY);
    cs_http_request(&request, &s->target, "POST", "/v1/sign", cs_buf_slice(&s->body));
    cs_err err = sign_until(&made, e->requests / 5, s, cs_buf_slice(&request));
    for (size_t i = 0; err == CS_OK && i < e->n; i++)
        early[i] = cs_machine_rss_mib(e->pids[i]);
    if (err == CS_OK)
        err = sign_until(&made, e->requests, s, cs_buf_slice(&request));
    for (size_t i = 0; err == CS_OK && i < e->n; i++) {
        double late = cs_machine_rss_mib(e->pids[i]);
        if (early[i] < 0 || late < 0)
            err = CS_NOT_FOUND;
        cs_row *row =
            cs_report_add(r, late - early[i], "MiB", "VmRSS at the end less VmRSS after a fifth; bound: the aim",
                          "%s, growth over %zu requests", e->names[i], made);
        cs_report_bound(row, GROWTH_AIM);
    }
    cs_buf_free(&request);
    return err == CS_OK ? CS_OK : complain("endurance", err);
}
