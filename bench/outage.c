/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/outage.h"

#include <signal.h>
#include <stdio.h>

#include "sys/clock.h"

#define RECOVERY_AIM 5 /* s */
#define WAIT_AIM 2000  /* ms */
#define READY_AIM 2    /* s */
#define PATIENCE 60    /* s */

static cs_err complain(const char *what, cs_err err)
{
    (void)fprintf(stderr, "countersign-bench: %s: %s\n", what, cs_err_sentence(err));
    return err;
}

static double seconds_since(int64_t from)
{
    return (double)(cs_tick_us() - from) / 1e6;
}

/* Asks again and again until it is given a signature. */
static cs_err sign_once(const cs_service *s)
{
    int64_t from = cs_tick_us();
    cs_err err = CS_BAD_REQUEST;
    while (err == CS_BAD_REQUEST && seconds_since(from) < PATIENCE) {
        cs_buf answer = cs_buf_new(CS_MAX_BODY);
        err = cs_http_call(&answer, &s->target, "POST", "/v1/sign", cs_buf_slice(&s->body));
        cs_buf_free(&answer);
    }
    return err;
}

static void report_overload(cs_report *r, cs_load_result *result, double recovery)
{
    (void)cs_report_add(r, (double)result->latency.n / result->seconds, "1/s", "answered 200; the others are told 503",
                        "overload, %d clients, served", CS_OVERLOAD_CLIENTS);
    (void)cs_report_add(r, 100.0 * (double)result->refused / (double)result->answers, "%", "of all answers",
                        "overload, %d clients, turned away", CS_OVERLOAD_CLIENTS);
    cs_row *row = cs_report_add(r, cs_samples_quantile(&result->latency, 0.99) / 1e6, "ms",
                                "of those that are served; bound: how long a request may wait for its turn",
                                "overload, %d clients, p99", CS_OVERLOAD_CLIENTS);
    cs_report_bound(row, WAIT_AIM);
    row = cs_report_add(r, recovery, "s", "end of the load to the next signature; bound: the aim",
                        "overload, %d clients, recovery", CS_OVERLOAD_CLIENTS);
    cs_report_bound(row, RECOVERY_AIM);
}

cs_err cs_overload_bench(cs_report *r, const cs_service *s, double seconds)
{
    cs_load_result result;
    cs_buf request = cs_buf_new(CS_MAX_BODY);
    cs_http_request(&request, &s->target, "POST", "/v1/sign", cs_buf_slice(&s->body));
    cs_load load = {.clients = CS_OVERLOAD_CLIENTS,
                    .warm_up = 1,
                    .seconds = seconds,
                    .request = cs_buf_slice(&request),
                    .must_hold = "\"verdict\":\"pass\""};
    cs_err err = cs_load_run(&result, &s->target, &load);
    int64_t over = cs_tick_us();
    if (err == CS_OK && result.latency.n == 0)
        err = CS_OVERLOADED;
    if (err == CS_OK)
        err = sign_once(s);
    if (err == CS_OK)
        report_overload(r, &result, seconds_since(over));
    cs_samples_free(&result.latency);
    cs_buf_free(&result.last);
    cs_buf_free(&request);
    return err == CS_OK ? CS_OK : complain("overload", err);
}

cs_err cs_kill_bench(cs_report *r, cs_service *s, const int *pids, size_t n, const char *program, const char *folder)
{
    for (size_t i = 0; i < n; i++)
        (void)kill(pids[i], SIGKILL);
    int64_t from = cs_tick_us();
    cs_err err = cs_service_restart(s, program, folder, "native");
    if (err == CS_OK)
        err = sign_once(s);
    if (err == CS_OK) {
        cs_row *row = cs_report_add(r, seconds_since(from), "s",
                                    "all programs killed and started again to the next signature; bound: the aim",
                                    "ready again after kill -9");
        cs_report_bound(row, READY_AIM);
    }
    return err == CS_OK ? CS_OK : complain("kill -9", err);
}
