/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/alarm.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/entry.h"
#include "gateway/ids.h"
#include "gateway/realms.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#define PERIOD_US 10000000
#define DEADLINE_US 5000000 /* of one look */

struct cs_alarm {
    cs_alarm_config config;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of stop */
    pthread_cond_t stopped;
    bool stop;
    struct {
        char epoch[33];
        int64_t disagreements;
    } told[CS_MAX_INTRODUCED]; /* the thread's own: what every ledger has been told last, of each enclave */
    size_t next;
};

/* -- the ledgers ------------------------------------------------------------------------------------------------- */

struct last {
    const cs_identity *now;
    bool told; /* of this epoch, with this count or a higher one */
};

static void compare(void *context, const cs_entry_record *e)
{
    struct last *l = context;
    cs_entry_in in;
    if (cs_entry_read(&in, cs_buf_slice(&e->bytes)) == CS_OK) {
        cs_jobj data = cs_jobj_open(in.data);
        int64_t count = cs_jobj_int_or(&data, "mldsaDisagreements", 0, CS_JSON_INT_MAX, 0);
        l->told = cs_slice_is(in.subject_id, l->now->epoch) && count >= l->now->disagreements;
    }
    cs_entry_in_free(&in);
}

static cs_err write_entry(cs_alarm *a, cs_slice org, const cs_identity *now)
{
    char text[512];
    cs_buf data = CS_BUF_OVER(text);
    cs_jw w = cs_jw_on(&data);
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "mldsaDisagreements", now->disagreements);
    cs_jw_cstr(&w, "mldsaEngine", now->mldsa_engine);
    cs_jw_end(&w);
    if (data.err != CS_OK)
        return data.err;
    cs_write write = {.org = org,
                      .event_type = CS_ALARM_EVENT,
                      .actor_id = CS_LIT("system"),
                      .subject_id = cs_slice_str(now->epoch),
                      .data = cs_buf_slice(&data)};
    cs_err err = cs_commit_write(a->config.commit, &write, 1, NULL);
    if (err == CS_OK)
        cs_metrics_event(a->config.metrics, CS_ALARM_EVENT);
    return err;
}

struct visit {
    cs_alarm *alarm;
    const cs_identity *now;
};

static cs_err tell(void *context, const cs_org_row *org)
{
    struct visit *v = context;
    struct last last = {.now = v->now};
    cs_slice id = cs_slice_str(org->id);
    cs_entry_query q = {
        .org = id, .to = UINT64_MAX, .event_type = CS_LIT(CS_ALARM_EVENT), .descending = true, .limit = 1};
    if (!cs_id_is(id, CS_ID_ORG))
        return CS_OK; /* a test realm */
    cs_err err = cs_store_entries(v->alarm->config.store, &q, compare, &last);
    return err == CS_OK && !last.told ? write_entry(v->alarm, id, v->now) : err;
}

/* -- the thread -------------------------------------------------------------------------------------------------- */

/* Whether there is news of this enclave. */
static bool has_news(void *context, const cs_identity *now)
{
    const cs_alarm *a = context;
    bool known = now->disagreements == 0;
    for (size_t i = 0; i < CS_MAX_INTRODUCED; i++)
        known |= strcmp(now->epoch, a->told[i].epoch) == 0 && now->disagreements <= a->told[i].disagreements;
    return !known;
}

/* In the place of what was told of this epoch before, or for longest. */
static void remember(cs_alarm *a, const cs_identity *now)
{
    size_t at = a->next;
    for (size_t i = 0; i < CS_MAX_INTRODUCED; i++)
        if (strcmp(now->epoch, a->told[i].epoch) == 0)
            at = i;
    if (at == a->next)
        a->next = (a->next + 1) % CS_MAX_INTRODUCED;
    memcpy(a->told[at].epoch, now->epoch, sizeof a->told[at].epoch);
    a->told[at].disagreements = now->disagreements;
}

/* One enclave with news in each look. One that is not there, or not believed, is news elsewhere. */
static void look(cs_alarm *a)
{
    cs_identity now;
    if (cs_introducer_find(a->config.introducer, &now, has_news, a, PERIOD_US / 2, cs_tick_us() + DEADLINE_US) != CS_OK)
        return;
    cs_log(CS_LOG_ERROR, NULL,
           "ALARM: native ML-DSA and OpenSSL disagreed in the enclave, %" PRId64 " times in epoch %s; %s signs now",
           now.disagreements, now.epoch, now.mldsa_engine);
    cs_err err = cs_realms_each(a->config.store, tell, &(struct visit){a, &now});
    if (err == CS_OK)
        remember(a, &now);
    else
        cs_log(CS_LOG_WARN, NULL, "not every ledger has been told: %s", cs_err_sentence(err));
}

static void run(void *context)
{
    cs_alarm *a = context;
    (void)pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        (void)pthread_mutex_unlock(&a->lock);
        look(a);
        int64_t until = cs_tick_us() + PERIOD_US;
        struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        int rc = 0;
        (void)pthread_mutex_lock(&a->lock);
        while (!a->stop && rc == 0)
            rc = pthread_cond_timedwait(&a->stopped, &a->lock, &t);
    }
    (void)pthread_mutex_unlock(&a->lock);
}

cs_err cs_alarm_open(cs_alarm **out, const cs_alarm_config *config)
{
    cs_alarm *a = calloc(1, sizeof *a);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (a == NULL)
        return CS_NO_MEMORY;
    a->config = *config;
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
        cs_alarm_close(a);
    return err;
}

void cs_alarm_close(cs_alarm *a)
{
    if (a == NULL)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->stop = true;
    (void)pthread_cond_broadcast(&a->stopped);
    (void)pthread_mutex_unlock(&a->lock);
    if (a->started)
        (void)pthread_join(a->thread, NULL);
    (void)pthread_mutex_destroy(&a->lock);
    (void)pthread_cond_destroy(&a->stopped);
    free(a);
}
