/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/envelope.h"
#include "gateway/flow.h"
#include "gateway/group.h"
#include "sys/clock.h"
#include "sys/log.h"

#define ITEM_US 20000 /* by which an item extends the deadline */
#define WINDOW 4      /* groups that are under way to the enclave at the same time */
#define SHARE 8       /* items of a group */

struct item {
    cs_signing signing; /* first: a group hands it back */
    cs_err err;         /* why it is refused; with the member, the verdict's reason, the vault policy */
    cs_fault fault;
    cs_err reason;
    cs_violated violated;
    size_t write_count; /* what it has to say in the ledger … */
    cs_write writes[CS_SIGNING_WRITES];
    size_t at; /* … from here on in the batch's */
};

struct batch {
    size_t n;
    struct item *items;
    size_t write_count;
    cs_write *writes;
    size_t share, group_count; /* of a group; of them */
    cs_group *groups;          /* of items, as they went to the enclave */
    cs_err outage;             /* the enclave is not to be had: nothing more is asked of it */
};

/* Takes over what a step of the path said about one item. */
static void note(struct item *it, cs_call *c, cs_err err)
{
    it->err = err;
    it->fault = c->fault;
    it->reason = c->reason;
    it->violated = c->violated;
    c->fault = (cs_fault){0};
    c->reason = CS_OK;
    c->violated = (cs_violated){0};
}

/* -- the request --------------------------------------------------------------------------------------------------- */

static void read_item(struct item *it, cs_call *c, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    cs_signing_init(&it->signing);
    if (o.err == CS_OK)
        cs_signing_read(&it->signing, &o);
    cs_err err = cs_jobj_done(&o);
    note(it, c, err == CS_OK ? CS_OK : cs_jobj_fault(&o, NULL, &c->fault));
}

static cs_err read_items(struct batch *b, cs_call *c, cs_jobj *o)
{
    cs_jval list = cs_jobj_array(o, "items");
    size_t n = cs_jarr_len(list);
    if (o->err == CS_OK && (n == 0 || n > CS_MAX_BATCH))
        cs_jobj_fail(o, CS_BAD_FIELD, "items");
    cs_err err = cs_call_body_done(c, o);
    if (err != CS_OK)
        return err;
    if (n == 0)
        return CS_BAD_FIELD; /* never: that is refused above */
    b->items = calloc(n, sizeof *b->items);
    b->writes = calloc(n * CS_SIGNING_WRITES, sizeof *b->writes);
    if (b->items == NULL || b->writes == NULL)
        return CS_NO_MEMORY;
    for (; b->n < n; b->n++)
        read_item(&b->items[b->n], c, cs_jarr_at(list, b->n));
    return CS_OK;
}

static cs_err read_request(struct batch *b, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK)
        err = read_items(b, c, &o);
    cs_json_free(json);
    return err;
}

/* -- to the enclave and back --------------------------------------------------------------------------------------- */

static void admit(struct batch *b, cs_call *c)
{
    for (size_t i = 0; i < b->n; i++) {
        struct item *it = &b->items[i];
        if (it->err != CS_OK)
            continue;
        cs_err err = cs_flow_find_key(&it->signing, c);
        if (err == CS_OK)
            err = cs_flow_admit(&it->signing, c);
        note(it, c, err);
        if (err != CS_POLICY_VIOLATED)
            continue;
        const cs_rule_violation *v = &it->signing.rules.violations[0];
        it->violated.rule = v->rule;
        memcpy(it->violated.policy_id, v->policy_id, sizeof it->violated.policy_id);
        it->write_count = cs_rules_entry(it->writes, &it->signing.rules_data, &it->signing.rules, c,
                                         cs_slice_str(it->signing.key->row.id));
    }
}

/* That no more keys are counted concerns this one's alone: the others may be counted already. */
static void fail(struct batch *b, struct item *it, cs_err err)
{
    it->err = err;
    if (cs_err_class_of(err) == CS_CLASS_UNAVAILABLE && err != CS_COUNTERS_FULL)
        b->outage = err;
}

/* The next items that fit into one frame; those that were refused already are passed over. False: there are none. */
static bool gather(cs_group *g, struct batch *b, size_t *next)
{
    cs_group_init(g);
    for (; *next < b->n && g->n < b->share; (*next)++) {
        struct item *it = &b->items[*next];
        if (it->err == CS_OK && b->outage != CS_OK)
            it->err = b->outage;
        if (it->err == CS_OK && !cs_group_add(g, &it->signing))
            break;
    }
    return g->n > 0;
}

/* A judged item: what the ledger gets, and whether the signature may leave. */
static void prepare(struct item *it, const cs_call *c)
{
    it->write_count = cs_signing_writes(it->writes, &it->signing, c);
    if (it->write_count == 0) {
        it->err = CS_RANDOM;
    } else if (!it->signing.judgement.released) {
        it->err = CS_ATTESTATION_REJECTED;
        it->reason = it->signing.judgement.reason;
    }
}

static void finish(struct batch *b, const cs_group *g, cs_call *c)
{
    for (size_t i = 0; i < g->n; i++) {
        struct item *it = (struct item *)g->of[i]; /* its first member */
        if (it->signing.asked != CS_OK) {
            fail(b, it, it->signing.asked);
            continue;
        }
        note(it, c, cs_flow_judge(&it->signing, c));
        if (it->err == CS_OK)
            prepare(it, c);
    }
}

/* Sends groups while there is room for them under way. */
static void fill(struct batch *b, size_t *next, size_t done, cs_call *c)
{
    while (b->group_count - done < WINDOW && gather(&b->groups[b->group_count], b, next))
        cs_group_send(&b->groups[b->group_count++], c->app->signer, c->deadline_us);
}

/* While one group is judged and prepared here, the enclave works on the next ones. */
static cs_err ask_enclave(struct batch *b, cs_call *c)
{
    size_t next = 0, done = 0;
    b->groups = calloc(b->n + 1, sizeof *b->groups); /* at most so many, and one that stays empty */
    if (b->groups == NULL)
        return CS_NO_MEMORY;
    for (fill(b, &next, done, c); done < b->group_count; fill(b, &next, done, c)) {
        cs_group *g = &b->groups[done++];
        cs_group_receive(g, c->app->signer, c->deadline_us);
        fill(b, &next, done, c);
        finish(b, g, c);
    }
    return CS_OK;
}

/* -- record and answer --------------------------------------------------------------------------------------------- */

/* What became of an item, once its writes have their outcome. */
static cs_err outcome(const struct batch *b, const struct item *it)
{
    return it->err != CS_OK ? it->err : b->writes[it->at].err;
}

static void write_item(cs_jw *w, const struct batch *b, size_t i)
{
    const struct item *it = &b->items[i];
    cs_err err = outcome(b, it);
    cs_jw_begin(w, NULL);
    cs_jw_int(w, "index", (int64_t)i);
    cs_jw_bool(w, "ok", err == CS_OK);
    if (err == CS_OK) {
        cs_jw_begin(w, "data");
        cs_signing_answer(w, &it->signing, &b->writes[it->at], false);
        cs_jw_end(w);
    } else {
        cs_fault fault = it->fault;
        cs_err reason = it->reason;
        if (err == CS_COUNTER_NOT_FRESH) { /* two documents with one counter, which only the store could see */
            err = CS_ATTESTATION_REJECTED;
            reason = CS_COUNTER_NOT_FRESH;
        }
        if (fault.err != err)
            (void)cs_fault_set(&fault, err, NULL);
        cs_envelope_fault(w, &fault, reason, &it->violated, NULL);
    }
    cs_jw_end(w);
}

static void write_answer(void *context, cs_jw *w)
{
    const struct batch *b = context;
    size_t ok = 0;
    for (size_t i = 0; i < b->n; i++)
        ok += outcome(b, &b->items[i]) == CS_OK;
    cs_jw_begin(w, "data");
    cs_jw_int(w, "signed", (int64_t)ok);
    cs_jw_int(w, "refused", (int64_t)(b->n - ok));
    cs_jw_begin_array(w, "items");
    for (size_t i = 0; i < b->n; i++)
        write_item(w, b, i);
    cs_jw_end_array(w);
    cs_jw_end(w);
}

/* The answer has refused them already; the ledger says why. */
static void record_counters(struct batch *b, cs_call *c)
{
    for (size_t i = 0; i < b->n; i++) {
        struct item *it = &b->items[i];
        cs_write writes[CS_SIGNING_WRITES];
        if (outcome(b, it) != CS_COUNTER_NOT_FRESH)
            continue;
        cs_flow_judge_counter(&it->signing);
        it->signing.judgement.released = false;
        if (cs_signing_writes(writes, &it->signing, c) == 0 || cs_call_commit(c, NULL, writes, 1, NULL, NULL) != CS_OK)
            cs_log(CS_LOG_ERROR, c->rq->request_id, "a counter that is not fresh is not recorded");
    }
}

static cs_err record(struct batch *b, cs_call *c, cs_jw *w)
{
    for (size_t i = 0; i < b->n; i++) {
        struct item *it = &b->items[i];
        it->at = b->write_count;
        for (size_t k = 0; k < it->write_count; k++)
            b->writes[b->write_count++] = it->writes[k];
    }
    c->rs->body.max = CS_MAX_BATCH_ANSWER;
    if (b->write_count == 0 && b->outage != CS_OK)
        return b->outage;
    if (b->write_count == 0) {
        write_answer(b, w);
        return CS_OK;
    }
    cs_err err = cs_call_commit_each(c, w, b->writes, b->write_count, write_answer, b);
    if (err == CS_OK)
        record_counters(b, c);
    return err;
}

/* -- the path ------------------------------------------------------------------------------------------------------ */

/* Few at once: each holds all its answers in memory until they are recorded. Few wait, too: whoever waits has a worker,
 * and workers are there for everybody. */
static cs_err enter(cs_call *c)
{
    const struct timespec until = {.tv_sec = c->deadline_us / 1000000, .tv_nsec = c->deadline_us % 1000000 * 1000};
    int rc = sem_trywait(&c->app->batches);
    if (rc == 0)
        return CS_OK;
    if (atomic_fetch_add(&c->app->waiting_batches, 1) < CS_MAX_BATCHES) {
        do
            rc = sem_clockwait(&c->app->batches, CLOCK_MONOTONIC, &until);
        while (rc != 0 && errno == EINTR);
    }
    (void)atomic_fetch_sub(&c->app->waiting_batches, 1);
    return rc == 0 ? CS_OK : CS_OVERLOADED;
}

static cs_err sign(struct batch *b, cs_call *c, cs_jw *w)
{
    cs_err err = enter(c);
    if (err != CS_OK)
        return err;
    c->deadline_us += (int64_t)b->n * ITEM_US;
    b->share = SHARE;
    admit(b, c);
    cs_commit_announce(c->app->commit);
    err = ask_enclave(b, c);
    if (err == CS_OK)
        err = record(b, c, w);
    cs_commit_withdraw(c->app->commit);
    (void)sem_post(&c->app->batches);
    return err;
}

cs_err cs_batch_sign(cs_call *c, cs_jw *w)
{
    struct batch b = {0};
    cs_err err = read_request(&b, c);
    if (err == CS_OK)
        err = sign(&b, c, w);
    for (size_t i = 0; i < b.n; i++)
        cs_signing_free(&b.items[i].signing, c->app);
    for (size_t i = 0; i < b.group_count; i++)
        cs_group_free(&b.groups[i]);
    free(b.groups);
    free(b.items);
    free(b.writes);
    return err;
}
