/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "gateway/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 4
#define ROUNDS 6000

static cs_metrics *m;

static int open_metrics(void **state)
{
    (void)state;
    return cs_metrics_open(&m) == CS_OK ? 0 : -1;
}

static int close_metrics(void **state)
{
    (void)state;
    cs_metrics_close(m);
    return 0;
}

static void expect_lines(const char *const *lines, size_t n)
{
    cs_buf out = cs_buf_new(1 << 20);
    cs_metrics_write(&out, m);
    for (size_t i = 0; i < n; i++)
        if (strstr(cs_buf_cstr(&out), lines[i]) == NULL)
            fail_msg("no %s in %s", lines[i], cs_buf_cstr(&out));
    cs_buf_free(&out);
}

static void times_fall_into_buckets(void **state)
{
    static const char *const lines[] = {
        "# TYPE countersign_stage_seconds histogram\n",
        "countersign_stage_seconds_bucket{stage=\"commit\",le=\"0.000010\"} 3\n", /* -5, 0 and 10 */
        "countersign_stage_seconds_bucket{stage=\"commit\",le=\"0.000020\"} 4\n", /* 11 */
        "countersign_stage_seconds_bucket{stage=\"commit\",le=\"10.000000\"} 5\n",
        "countersign_stage_seconds_bucket{stage=\"commit\",le=\"+Inf\"} 6\n",
        "countersign_stage_seconds_sum{stage=\"commit\"} 20.000022\n",
        "countersign_stage_seconds_count{stage=\"commit\"} 6\n",
        "countersign_stage_seconds_count{stage=\"queue\"} 0\n",
    };
    static const int64_t times[] = {-5, 0, 10, 11, 10000000, 10000001};
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        cs_metrics_time(m, CS_STAGE_COMMIT, times[i]);
    expect_lines(lines, sizeof lines / sizeof *lines);
    assert_int_equal(cs_metrics_observations(m, CS_STAGE_COMMIT), 6);
}

static void quantiles_are_bounds_of_buckets(void **state)
{
    (void)state;
    assert_int_equal(cs_metrics_quantile(m, CS_STAGE_VERIFY, 500), 0);
    for (int i = 0; i < 99; i++)
        cs_metrics_time(m, CS_STAGE_VERIFY, 150);
    cs_metrics_time(m, CS_STAGE_VERIFY, 3000000);
    assert_int_equal(cs_metrics_quantile(m, CS_STAGE_VERIFY, 500), 200);
    assert_int_equal(cs_metrics_quantile(m, CS_STAGE_VERIFY, 990), 200);
    assert_int_equal(cs_metrics_quantile(m, CS_STAGE_VERIFY, 991), 5000000);
    assert_int_equal(cs_metrics_quantile(m, CS_STAGE_QUEUE, 990), 0);
    cs_metrics_time(m, CS_STAGE_QUEUE, 3600 * 1000000LL);
    assert_int_equal(cs_metrics_quantile(m, CS_STAGE_QUEUE, 500), 10000000);
}

static void requests_and_events_have_labels(void **state)
{
    static const char get[] = "GET", post[] = "POST", route[] = "/v1/things/:id";
    static const char issued[] = "signature.issued", violation[] = "attestation.violation",
                      policy[] = "policy.violated";
    static const char *const lines[] = {
        "countersign_requests_total{method=\"GET\",route=\"/v1/things/:id\",status=\"200\"} 2\n",
        "countersign_requests_total{method=\"GET\",route=\"/v1/things/:id\",status=\"404\"} 1\n",
        "countersign_requests_total{method=\"POST\",route=\"/v1/things/:id\",status=\"other\"} 1\n",
        "countersign_requests_total{method=\"other\",route=\"other\",status=\"400\"} 1\n",
        "countersign_ledger_entries_total{type=\"signature.issued\"} 2\n",
        "countersign_violations_total 3\n",
    };
    (void)state;
    cs_metrics_request(m, get, route, 200);
    cs_metrics_request(m, get, route, 200);
    cs_metrics_request(m, get, route, 404);
    cs_metrics_request(m, post, route, 418);
    cs_metrics_request(m, NULL, NULL, 400);
    cs_metrics_event(m, issued);
    cs_metrics_event(m, issued);
    cs_metrics_event(m, violation);
    cs_metrics_event(m, violation);
    cs_metrics_event(m, policy);
    expect_lines(lines, sizeof lines / sizeof *lines);
}

/* Two sources that use one word may have it at two addresses. */
static void labels_are_texts_not_addresses(void **state)
{
    static const char here[] = "policy.violated", there[] = "policy.violated";
    static const char get[] = "GET", again[] = "GET", route[] = "/v1/things", same[] = "/v1/things";
    static const char *const lines[] = {
        "countersign_ledger_entries_total{type=\"policy.violated\"} 2\n",
        "countersign_requests_total{method=\"GET\",route=\"/v1/things\",status=\"200\"} 2\n",
    };
    (void)state;
    cs_metrics_event(m, here);
    cs_metrics_event(m, there);
    cs_metrics_request(m, get, route, 200);
    cs_metrics_request(m, again, same, 200);
    expect_lines(lines, sizeof lines / sizeof *lines);
}

static void labels_are_bounded(void **state)
{
    static char routes[300][8];
    static const char method[] = "GET";
    static const char *const lines[] = {"{method=\"GET\",route=\"/0\",status=\"200\"} 1\n",
                                        "{method=\"other\",route=\"other\",status=\"200\"} 141\n"};
    (void)state;
    for (int i = 0; i < 300; i++) {
        (void)snprintf(routes[i], sizeof routes[i], "/%d", i);
        cs_metrics_request(m, method, routes[i], 200);
    }
    expect_lines(lines, 2);
}

#define TYPES 150
static char event_types[TYPES][8];

static pthread_barrier_t together;

static void *count_much(void *arg)
{
    (void)arg;
    (void)pthread_barrier_wait(&together);
    for (int i = 0; i < ROUNDS; i++) {
        cs_metrics_time(m, CS_STAGE_REQUEST, i);
        cs_metrics_event(m, event_types[i % TYPES]);
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    for (int i = 0; i < TYPES; i++)
        (void)snprintf(event_types[i], sizeof event_types[i], "t%d", i);
    assert_int_equal(pthread_barrier_init(&together, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&together);
    assert_int_equal(cs_metrics_observations(m, CS_STAGE_REQUEST), THREADS * ROUNDS);
    for (int i = 0; i < TYPES; i++) {
        char line[80];
        (void)snprintf(line, sizeof line, "countersign_ledger_entries_total{type=\"t%d\"} %d\n", i,
                       THREADS * ROUNDS / TYPES);
        expect_lines((const char *const[]){line}, 1);
    }
}

static void nowhere_to_count_is_fine(void **state)
{
    (void)state;
    cs_metrics_time(NULL, CS_STAGE_QUEUE, 1);
    cs_metrics_request(NULL, "GET", "/", 200);
    cs_metrics_event(NULL, "a");
    assert_int_equal(cs_metrics_quantile(NULL, CS_STAGE_QUEUE, 500), 0);
    cs_metrics_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_metrics, close_metrics)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(times_fall_into_buckets),
        TEST(quantiles_are_bounds_of_buckets),
        TEST(requests_and_events_have_labels),
        TEST(labels_are_texts_not_addresses),
        TEST(labels_are_bounded),
        TEST(nothing_is_lost_between_threads),
        cmocka_unit_test(nowhere_to_count_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
