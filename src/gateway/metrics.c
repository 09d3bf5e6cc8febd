/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LABELLED 160 /* routes, or types of entries; what comes beyond counts as "other" */

/* Upper ends of the buckets in microseconds, in steps of 1, 2, 5. */
static const int64_t bounds[] = {10,    20,    50,     100,    200,    500,     1000,    2000,    5000,    10000,
                                 20000, 50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000};
#define BOUND_COUNT (sizeof bounds / sizeof *bounds)

static const char *const stage_names[] = {[CS_STAGE_QUEUE] = "queue",
                                          [CS_STAGE_ENCLAVE] = "enclave",
                                          [CS_STAGE_VERIFY] = "verify",
                                          [CS_STAGE_COMMIT] = "commit",
                                          [CS_STAGE_REQUEST] = "request"};

static const int statuses[] = {200, 201, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503};
#define STATUS_COUNT (sizeof statuses / sizeof *statuses)

typedef struct histogram {
    atomic_int_least64_t buckets[BOUND_COUNT + 1]; /* each its own; the last is for everything above */
    atomic_int_least64_t sum_us;
} histogram;

/* Rows are appended under the lock and never change their labels, so those below `count` are read without it. */
typedef struct labelled {
    atomic_size_t count;
    struct {
        const char *first, *second;
        atomic_int_least64_t n[STATUS_COUNT + 1]; /* the last is for any other status */
    } rows[MAX_LABELLED];
} labelled;

struct cs_metrics {
    histogram stages[CS_STAGE_COUNT];
    labelled requests, events, failures;
    pthread_mutex_t lock; /* of appending rows */
};

cs_err cs_metrics_open(cs_metrics **out)
{
    cs_metrics *m = calloc(1, sizeof *m);
    *out = m;
    if (m == NULL)
        return CS_NO_MEMORY;
    (void)pthread_mutex_init(&m->lock, NULL);
    m->requests.rows[0].first = m->requests.rows[0].second = m->events.rows[0].first = "other";
    m->failures.rows[0].first = m->failures.rows[0].second = "other";
    m->requests.count = m->events.count = m->failures.count = 1;
    return CS_OK;
}

void cs_metrics_close(cs_metrics *m)
{
    if (m == NULL)
        return;
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

const char *cs_stage_name(cs_stage stage)
{
    return stage_names[stage];
}

/* -- counting ------------------------------------------------------------------------------------------------------ */

static void add(atomic_int_least64_t *to, int64_t n)
{
    (void)atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static int64_t get(const atomic_int_least64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

void cs_metrics_time(cs_metrics *m, cs_stage stage, int64_t us)
{
    if (m == NULL)
        return;
    size_t i = 0;
    us = us < 0 ? 0 : us;
    while (i < BOUND_COUNT && us > bounds[i])
        i++;
    add(&m->stages[stage].buckets[i], 1);
    add(&m->stages[stage].sum_us, us);
}

static bool is_label(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The row of the labels in [from, count); `count` where there is none. One text may have several addresses: two rows of
 * the same labels would be a page that nobody reads. */
static size_t find_row(const labelled *l, size_t from, size_t count, const char *first, const char *second)
{
    while (from < count && !(is_label(l->rows[from].second, second) && is_label(l->rows[from].first, first)))
        from++;
    return from;
}

static size_t row_of(labelled *l, pthread_mutex_t *lock, const char *first, const char *second)
{
    size_t count = atomic_load_explicit(&l->count, memory_order_acquire);
    size_t i = find_row(l, 1, count, first, second);
    if (i < count)
        return i;
    (void)pthread_mutex_lock(lock);
    count = atomic_load_explicit(&l->count, memory_order_relaxed);
    i = find_row(l, i, count, first, second);
    if (i == count && count < MAX_LABELLED) {
        l->rows[i].first = first;
        l->rows[i].second = second;
        atomic_store_explicit(&l->count, count + 1, memory_order_release);
    }
    (void)pthread_mutex_unlock(lock);
    return i < MAX_LABELLED ? i : 0;
}

void cs_metrics_request(cs_metrics *m, const char *method, const char *route, int status)
{
    if (m == NULL)
        return;
    size_t column = 0;
    while (column < STATUS_COUNT && statuses[column] != status)
        column++;
    size_t row = route != NULL ? row_of(&m->requests, &m->lock, method, route) : 0;
    add(&m->requests.rows[row].n[column], 1);
}

void cs_metrics_event(cs_metrics *m, const char *type)
{
    if (m != NULL)
        add(&m->events.rows[row_of(&m->events, &m->lock, type, NULL)].n[0], 1);
}

void cs_metrics_failure(cs_metrics *m, const char *class, const char *cause)
{
    if (m != NULL)
        add(&m->failures.rows[row_of(&m->failures, &m->lock, class, cause)].n[0], 1);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

int64_t cs_metrics_observations(const cs_metrics *m, cs_stage stage)
{
    int64_t n = 0;
    for (size_t i = 0; m != NULL && i <= BOUND_COUNT; i++)
        n += get(&m->stages[stage].buckets[i]);
    return n;
}

int64_t cs_metrics_quantile(const cs_metrics *m, cs_stage stage, int permille)
{
    int64_t all = cs_metrics_observations(m, stage), below = 0;
    if (all == 0)
        return 0;
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        below += get(&m->stages[stage].buckets[i]);
        if (below * 1000 >= all * permille)
            return bounds[i];
    }
    return bounds[BOUND_COUNT - 1];
}

static void write_head(cs_buf *out, const char *name, const char *type, const char *help)
{
    cs_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Microseconds as seconds, without a locale's decimal sign. */
static void write_seconds(cs_buf *out, int64_t us)
{
    cs_buf_printf(out, "%" PRId64 ".%06d", us / 1000000, (int)(us % 1000000));
}

static void write_stages(cs_buf *out, const cs_metrics *m)
{
    static const char name[] = "countersign_stage_seconds";
    write_head(out, name, "histogram", "Time that the stages of a request take.");
    for (size_t s = 0; s < CS_STAGE_COUNT; s++) {
        int64_t n = 0;
        for (size_t i = 0; i <= BOUND_COUNT; i++) {
            n += get(&m->stages[s].buckets[i]);
            cs_buf_printf(out, "%s_bucket{stage=\"%s\",le=\"", name, stage_names[s]);
            if (i < BOUND_COUNT)
                write_seconds(out, bounds[i]);
            else
                cs_buf_add_str(out, "+Inf");
            cs_buf_printf(out, "\"} %" PRId64 "\n", n);
        }
        cs_buf_printf(out, "%s_sum{stage=\"%s\"} ", name, stage_names[s]);
        write_seconds(out, get(&m->stages[s].sum_us));
        cs_buf_printf(out, "\n%s_count{stage=\"%s\"} %" PRId64 "\n", name, stage_names[s], n);
    }
}

static void write_requests(cs_buf *out, const labelled *l)
{
    static const char name[] = "countersign_requests_total";
    size_t count = atomic_load_explicit(&l->count, memory_order_acquire);
    write_head(out, name, "counter", "Requests that were answered.");
    for (size_t row = 0; row < count; row++) {
        for (size_t i = 0; i <= STATUS_COUNT; i++) {
            int64_t n = get(&l->rows[row].n[i]);
            if (n == 0)
                continue;
            cs_buf_printf(out, "%s{method=\"%s\",route=\"%s\",status=\"", name, l->rows[row].first,
                          l->rows[row].second);
            if (i < STATUS_COUNT)
                cs_buf_printf(out, "%d", statuses[i]);
            else
                cs_buf_add_str(out, "other");
            cs_buf_printf(out, "\"} %" PRId64 "\n", n);
        }
    }
}

static void write_events(cs_buf *out, const labelled *l)
{
    static const char name[] = "countersign_ledger_entries_total", violations[] = "countersign_violations_total";
    size_t count = atomic_load_explicit(&l->count, memory_order_acquire);
    int64_t violated = 0;
    write_head(out, name, "counter", "Entries that requests have added to ledgers.");
    for (size_t row = 0; row < count; row++) {
        int64_t n = get(&l->rows[row].n[0]);
        const char *type = l->rows[row].first;
        if (n > 0)
            cs_buf_printf(out, "%s{type=\"%s\"} %" PRId64 "\n", name, type, n);
        if (strcmp(type, "attestation.violation") == 0 || strcmp(type, "policy.violated") == 0)
            violated += n;
    }
    write_head(out, violations, "counter", "Attestations and policies that were violated.");
    cs_buf_printf(out, "%s %" PRId64 "\n", violations, violated);
}

static void write_failures(cs_buf *out, const labelled *l)
{
    static const char name[] = "countersign_pq_signer_failures_total";
    size_t count = atomic_load_explicit(&l->count, memory_order_acquire);
    write_head(out, name, "counter", "Errors of the PQ Signer door: what clients were told, and what it was.");
    for (size_t row = 0; row < count; row++) {
        int64_t n = get(&l->rows[row].n[0]);
        if (n > 0)
            cs_buf_printf(out, "%s{class=\"%s\",cause=\"%s\"} %" PRId64 "\n", name, l->rows[row].first,
                          l->rows[row].second, n);
    }
}

void cs_metrics_write(cs_buf *out, const cs_metrics *m)
{
    write_stages(out, m);
    write_requests(out, &m->requests);
    write_events(out, &m->events);
    write_failures(out, &m->failures);
}

void cs_metrics_write_gauge(cs_buf *out, const char *name, const char *help, int64_t value)
{
    write_head(out, name, "gauge", help);
    cs_buf_printf(out, "%s %" PRId64 "\n", name, value);
}

void cs_metrics_write_info(cs_buf *out, const char *name, const char *help, const char *label, const char *value)
{
    write_head(out, name, "gauge", help);
    cs_buf_printf(out, "%s{%s=\"%s\"} 1\n", name, label, value);
}
