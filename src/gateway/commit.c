/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/entry.h"
#include "gateway/ids.h"
#include "sys/clock.h"

/* The ledgers that a round appends to: read once, written back once. */
struct heads {
    size_t n;
    struct {
        cs_slice org;
        cs_head head;
    } of[CS_MAX_ROUND];
};

/* A thread that waits for its writes, on that thread's stack. */
struct waiter {
    cs_write *writes;
    size_t n;
    const cs_receipt *receipt;
    bool done;
    pthread_cond_t turn; /* it is done, or it is to lead */
    struct waiter *next;
};

struct cs_commit {
    cs_store *store;
    pthread_mutex_t lock; /* of what follows; never held during a transaction */
    struct waiter *first, *last;
    size_t queued, announced;
    bool leading;
    pthread_cond_t gathered; /* enough are queued for a leader that waits */
    struct heads heads;      /* the leader's */
    void (*tell)(void *context);
    void *context;
};

cs_err cs_commit_open(cs_commit **out, cs_store *store)
{
    cs_commit *c = calloc(1, sizeof *c);
    pthread_condattr_t monotonic;
    *out = c;
    if (c == NULL)
        return CS_NO_MEMORY;
    c->store = store;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->gathered, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return CS_OK;
}

void cs_commit_close(cs_commit *c)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->gathered);
    free(c);
}

/* -- one round ------------------------------------------------------------------------------------------------- */

static cs_err head_of(cs_head **out, struct heads *heads, cs_store *store, cs_slice org)
{
    for (size_t i = 0; i < heads->n; i++) {
        if (cs_slice_eq(heads->of[i].org, org)) {
            *out = &heads->of[i].head;
            return CS_OK;
        }
    }
    *out = &heads->of[heads->n].head;
    heads->of[heads->n].org = org;
    cs_err err = cs_store_get_head(store, *out, org);
    if (err == CS_OK)
        heads->n++;
    return err;
}

static cs_err put_access(cs_store *store, const cs_write *w)
{
    if (w->api_key != NULL)
        return cs_store_put_api_key(store, w->api_key);
    if (w->revoke_api_key != NULL)
        return cs_store_revoke_api_key(store, w->revoke_api_key, w->time_ms);
    if (w->rotate_api_key != NULL)
        return cs_store_rotate_api_key(store, w->rotate_api_key->successor, w->rotate_api_key->predecessor,
                                       w->rotate_api_key->expires_ms);
    if (w->session != NULL)
        return cs_store_put_session(store, w->session);
    if (w->end_session != NULL)
        return cs_store_end_session(store, w->end_session);
    return CS_OK;
}

static cs_err put_row(cs_store *store, const cs_write *w)
{
    if (w->settings != NULL)
        return cs_store_put_settings(store, w->org, w->settings, w->time_ms);
    if (w->drop_settings)
        return cs_store_delete_settings(store, w->org);
    if (w->key != NULL)
        return cs_store_put_key(store, w->key);
    if (w->rotation != NULL)
        return cs_store_rotate_key(store, w->rotation->successor, w->rotation->link);
    if (w->suspend != NULL)
        return cs_store_suspend_key(store, w->org, w->suspend, w->time_ms);
    if (w->resume != NULL)
        return cs_store_resume_key(store, w->org, w->resume);
    if (w->policy != NULL)
        return cs_store_put_policy(store, w->policy);
    if (w->drop_policy != NULL)
        return cs_store_delete_policy(store, w->org, w->drop_policy, w->time_ms);
    if (w->rule != NULL)
        return cs_store_put_rule(store, w->rule);
    if (w->drop_rule != NULL)
        return cs_store_delete_rule(store, w->org, w->drop_rule, w->time_ms);
    if (w->revoke != NULL)
        return cs_store_revoke_key(store, w->org, w->revoke, w->time_ms);
    if (w->signature != NULL)
        return cs_store_put_signature(store, w->org, w->signature, w->seq, w->time_ms);
    return put_access(store, w);
}

/* Chains the entry to the one before and adds its leaf; `next` is the head afterwards. */
static cs_err append(cs_store *store, cs_write *w, cs_head *next)
{
    cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_digest hash;
    uint8_t leaf[CS_SHA256_LEN];
    cs_entry entry = {.seq = w->seq,
                      .time_ms = w->time_ms,
                      .event_type = cs_slice_str(w->event_type),
                      .actor_id = w->actor_id,
                      .subject_id = w->subject_id,
                      .data = w->data};
    memcpy(entry.prev, next->last, sizeof entry.prev);
    cs_err err = cs_entry_write(&bytes, &entry);
    if (err == CS_OK)
        err = cs_hash(&hash, CS_SHA256, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = cs_merkle_leaf(leaf, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = cs_merkle_append(&next->tree, leaf);
    if (err == CS_OK)
        err = cs_id_new(w->entry_id, CS_ID_ENTRY, w->time_ms);
    if (err == CS_OK) {
        cs_entry_row row = {.seq = w->seq,
                            .event_type = w->event_type,
                            .subject_id = w->subject_id,
                            .key_id = w->key_id,
                            .bytes = cs_buf_slice(&bytes)};
        memcpy(row.id, w->entry_id, sizeof row.id);
        memcpy(next->last, hash.b, sizeof next->last);
        err = cs_store_put_entry(store, w->org, &row, w->time_ms);
    }
    cs_buf_free(&bytes);
    return err;
}

/* Row and entry, or neither. */
static cs_err write_one(cs_store *store, cs_head *head, cs_write *w)
{
    cs_head next = *head;
    cs_err err = cs_store_mark(store);
    if (err != CS_OK)
        return err;
    w->seq = w->event_type != NULL ? head->tree.size : 0;
    err = put_row(store, w);
    if (err == CS_OK && w->event_type != NULL)
        err = append(store, w, &next);
    if (err == CS_OK)
        err = cs_store_keep(store);
    if (err == CS_OK) {
        *head = next;
        return CS_OK;
    }
    /* The refusal is the write's own if it can be taken back alone. */
    return cs_store_undo(store) == CS_OK ? err : CS_STORE_UNAVAILABLE;
}

/* The writes of one caller; an error is that of the whole round. */
static cs_err write_group(cs_store *store, struct heads *heads, struct waiter *g, int64_t now)
{
    cs_head *head = NULL;
    cs_err err = head_of(&head, heads, store, g->writes[0].org);
    for (size_t i = 0; err == CS_OK && i < g->n; i++) {
        cs_write *w = &g->writes[i];
        w->time_ms = now;
        w->entry_id[0] = '\0';
        w->err = write_one(store, head, w);
        if (w->err == CS_STORE_UNAVAILABLE)
            err = w->err;
    }
    return err;
}

static cs_err put_heads(cs_store *store, const struct heads *heads)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < heads->n; i++)
        err = cs_store_put_head(store, heads->of[i].org, &heads->of[i].head);
    return err;
}

/* Writes all waiters of the list; each write has its result afterwards. */
static cs_err run_round(cs_store *store, struct heads *heads, struct waiter *list)
{
    int64_t now = cs_now_ms();
    heads->n = 0;
    cs_err err = cs_store_begin(store);
    bool begun = err == CS_OK;
    for (struct waiter *g = list; err == CS_OK && g != NULL; g = g->next)
        err = write_group(store, heads, g, now);
    if (err == CS_OK)
        err = put_heads(store, heads);
    if (err == CS_OK)
        err = cs_store_commit(store);
    else if (begun)
        cs_store_rollback(store);
    for (struct waiter *g = list; err != CS_OK && g != NULL; g = g->next)
        for (size_t i = 0; i < g->n; i++)
            g->writes[i].err = CS_STORE_UNAVAILABLE;
    return err;
}

/* -- the queue --------------------------------------------------------------------------------------------------- */

void cs_commit_on_round(cs_commit *c, void (*tell)(void *context), void *context)
{
    c->tell = tell;
    c->context = context;
}

void cs_commit_announce(cs_commit *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->announced++;
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_commit_withdraw(cs_commit *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->announced--;
    (void)pthread_mutex_unlock(&c->lock);
}

static bool is_enough(const cs_commit *c)
{
    return c->announced < CS_GATHER_FROM || c->queued >= c->announced / 2 || c->queued >= CS_MAX_ROUND;
}

/* With the lock held, by the leader. */
static void gather(cs_commit *c)
{
    int64_t until = cs_tick_us() + CS_GATHER_US;
    struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    while (!is_enough(c) && cs_tick_us() < until)
        (void)pthread_cond_timedwait(&c->gathered, &c->lock, &t);
}

/* Takes the oldest waiters off the queue. */
static struct waiter *take_round(cs_commit *c)
{
    struct waiter *list = c->first, *end = list;
    size_t n = 1;
    for (; n < CS_MAX_ROUND && end->next != NULL; n++)
        end = end->next;
    c->queued -= n;
    c->first = end->next;
    if (c->first == NULL)
        c->last = NULL;
    end->next = NULL;
    return list;
}

/* Called and left with the lock held. */
static void lead(cs_commit *c)
{
    c->leading = true;
    gather(c);
    struct waiter *list = take_round(c);
    (void)pthread_mutex_unlock(&c->lock);

    if (run_round(c->store, &c->heads, list) == CS_OK && c->tell != NULL)
        c->tell(c->context);

    (void)pthread_mutex_lock(&c->lock);
    c->leading = false;
    for (struct waiter *w = list, *next; w != NULL; w = next) {
        next = w->next; /* a waiter that is woken takes its memory with it */
        w->done = true;
        (void)pthread_cond_signal(&w->turn);
    }
    if (c->first != NULL)
        (void)pthread_cond_signal(&c->first->turn);
}

cs_err cs_commit_write(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt)
{
    struct waiter me = {.writes = w, .n = n, .receipt = receipt, .turn = PTHREAD_COND_INITIALIZER};
    if (n < 1 || n > CS_MAX_GROUP)
        return CS_INTERNAL;
    (void)pthread_mutex_lock(&c->lock);
    if (c->last != NULL)
        c->last->next = &me;
    else
        c->first = &me;
    c->last = &me;
    c->queued++;
    if (c->leading && is_enough(c))
        (void)pthread_cond_signal(&c->gathered);
    while (!me.done) {
        if (c->leading)
            (void)pthread_cond_wait(&me.turn, &c->lock);
        else
            lead(c);
    }
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_cond_destroy(&me.turn);
    return n == 1 || w[0].err == CS_STORE_UNAVAILABLE ? w[0].err : CS_OK;
}
