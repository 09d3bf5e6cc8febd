/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/ids.h"
#include "gateway/tails.h"
#include "sys/clock.h"

#define PURGE_MS 60000 /* between one look for what has expired and the next */
#define AGAIN_MS 4u    /* before a transaction is done again; doubled each time … */
#define AGAIN_DOUBLES 6u
#define AGAIN_US 3000000 /* … until then */
#define FIND_OUT_MS 100
#define FIND_OUT_US 3000000

/* A thread that waits until its calls are written, on that thread's stack. */
struct thread {
    size_t undone;
    pthread_cond_t turn; /* all is done, or it is to lead */
};

/* One call that waits, on its thread's stack. */
struct waiter {
    cs_write *writes;
    size_t n;
    bool whole; /* all of them or none */
    const cs_receipt *receipt;
    cs_tail *tail; /* of their ledger, while they are written */
    struct thread *thread;
    struct waiter *next;
};

/* What the leader has to do with. */
struct round {
    cs_store *store;
    cs_tails *tails;
    int64_t now;
    int64_t purged_ms; /* when it was last looked for what has expired */
    bool marks;        /* each write can be taken back alone; else the first refusal ends the attempt */
    bool unsure;       /* nobody could say what became of the commit */
};

struct cs_commit {
    pthread_mutex_t lock; /* of what follows; never held during a transaction */
    struct waiter *first, *last;
    size_t queued, announced;
    bool leading;
    pthread_cond_t gathered; /* enough are queued for a leader that waits */
    struct round round;      /* the leader's */
    void (*tell)(void *context);
    void *context;
};

cs_err cs_commit_open(cs_commit **out, cs_store *store)
{
    cs_commit *c = calloc(1, sizeof *c);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (c == NULL || cs_tails_new(&c->round.tails) != CS_OK) {
        free(c);
        return CS_NO_MEMORY;
    }
    *out = c;
    c->round.store = store;
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
    cs_tails_free(c->round.tails);
    free(c);
}

/* -- one round ------------------------------------------------------------------------------------------------- */

static cs_err put_key_row(cs_store *store, const cs_write *w)
{
    if (w->key != NULL)
        return cs_store_put_key(store, w->key);
    if (w->rotation != NULL)
        return cs_store_rotate_key(store, w->rotation->successor, w->rotation->link);
    if (w->revoke != NULL)
        return cs_store_revoke_key(store, w->org, w->revoke, w->time_ms);
    if (w->suspend != NULL)
        return cs_store_suspend_key(store, w->org, w->suspend, w->time_ms);
    return w->resume != NULL ? cs_store_resume_key(store, w->org, w->resume) : CS_OK;
}

static cs_err put_policy_row(cs_store *store, const cs_write *w)
{
    if (w->policy != NULL)
        return cs_store_put_policy(store, w->policy);
    if (w->drop_policy != NULL)
        return cs_store_delete_policy(store, w->org, w->drop_policy, w->time_ms);
    if (w->rule != NULL)
        return cs_store_put_rule(store, w->rule);
    if (w->drop_rule != NULL)
        return cs_store_delete_rule(store, w->org, w->drop_rule, w->time_ms);
    if (w->settings != NULL)
        return cs_store_put_settings(store, w->org, w->settings, w->time_ms);
    return w->drop_settings ? cs_store_delete_settings(store, w->org) : CS_OK;
}

static cs_err put_access_row(cs_store *store, const cs_write *w)
{
    const cs_api_key_rotation *r = w->rotate_api_key;
    if (w->api_key != NULL)
        return cs_store_put_api_key(store, w->api_key);
    if (w->revoke_api_key != NULL)
        return cs_store_revoke_api_key(store, w->revoke_api_key, w->time_ms);
    if (r != NULL)
        return cs_store_rotate_api_key(store, r->successor, r->predecessor, r->expires_ms);
    if (w->session != NULL)
        return cs_store_put_session(store, w->session);
    return w->end_session != NULL ? cs_store_end_session(store, w->end_session) : CS_OK;
}

static cs_err put_record_row(cs_store *store, const cs_write *w)
{
    if (w->signature != NULL)
        return cs_store_put_signature(store, w->org, w->signature, w->seq, w->time_ms);
    if (w->checkpoint != NULL)
        return cs_store_put_checkpoint(store, w->checkpoint);
    if (w->cosigned != NULL)
        return cs_store_update_checkpoint_note(store, w->org, w->cosigned->id, cs_buf_slice(&w->cosigned->note),
                                               cs_buf_slice(&w->cosigned->published));
    return CS_OK;
}

/* Rows of the other doors. */
static cs_err put_door_row(cs_store *store, const cs_write *w)
{
    if (w->registration != NULL)
        return cs_store_put_registered(store, w->registration->key, w->registration->challenge, w->time_ms);
    if (w->revoke_registered != NULL)
        return cs_store_revoke_registered(store, w->org, w->revoke_registered, w->time_ms);
    if (w->challenge != NULL)
        return cs_store_put_challenge(store, w->challenge);
    if (w->pq_key != NULL)
        return cs_store_put_pq_key(store, w->org, w->pq_key);
    return w->hybrid != NULL ? cs_store_put_hybrid(store, w->org, w->hybrid, w->seq) : CS_OK;
}

static cs_err put_row(cs_store *store, const cs_write *w)
{
    cs_err err = put_key_row(store, w);
    if (err == CS_OK)
        err = put_policy_row(store, w);
    if (err == CS_OK)
        err = put_access_row(store, w);
    if (err == CS_OK)
        err = put_door_row(store, w);
    return err == CS_OK ? put_record_row(store, w) : err;
}

/* The key that a write concerns. */
static cs_slice key_of(const cs_write *w)
{
    const char *id = w->signature != NULL  ? w->signature->key_id
                     : w->key != NULL      ? w->key->id
                     : w->rotation != NULL ? w->rotation->link->predecessor
                     : w->revoke != NULL   ? w->revoke
                     : w->suspend != NULL  ? w->suspend
                                           : w->resume;
    if (w->key_id.p != NULL)
        return w->key_id;
    return id != NULL ? cs_slice_str(id) : CS_ABSENT;
}

static cs_err append(cs_store *store, cs_tail *tail, cs_write *w)
{
    cs_entry_row row = {.event_type = w->event_type, .key_id = key_of(w)};
    cs_entry entry = {.time_ms = w->time_ms,
                      .event_type = cs_slice_str(w->event_type),
                      .actor_id = w->actor_id,
                      .subject_id = w->subject_id,
                      .data = w->data};
    cs_err err = cs_id_new(w->entry_id, CS_ID_ENTRY, w->time_ms);
    memcpy(row.id, w->entry_id, sizeof row.id);
    if (err == CS_OK)
        err = cs_tails_append(tail, w->hash, store, &entry, &row);
    memcpy(w->prev, entry.prev, sizeof w->prev);
    if (err == CS_OK && w->note != NULL)
        err = cs_store_put_note(store, w->org, w->entry_id, w->note);
    return err;
}

static cs_err mark(struct round *r)
{
    return r->marks ? cs_store_mark(r->store) : CS_OK;
}

/* Ends what began with a mark: keeps it, or takes it back and then the ledger ends where it did. */
static cs_err settle(struct round *r, cs_tail *tail, const cs_head *before, cs_err err)
{
    if (!r->marks)
        return err;
    if (err == CS_OK)
        err = cs_store_keep(r->store);
    if (err == CS_OK)
        return CS_OK;
    tail->head = *before;
    /* The refusal is the write's own if it can be taken back alone. */
    return cs_store_undo(r->store) == CS_OK ? err : CS_STORE_UNAVAILABLE;
}

/* Row and entry, or neither. */
static cs_err write_one(struct round *r, cs_tail *tail, cs_write *w)
{
    cs_head before = tail->head;
    cs_err err = mark(r);
    if (err != CS_OK)
        return err;
    w->seq = w->event_type != NULL ? before.tree.size : 0;
    err = put_row(r->store, w);
    if (err == CS_OK && w->event_type != NULL)
        err = append(r->store, tail, w);
    return settle(r, tail, &before, err);
}

/* An error that the transaction cannot go on with. */
static bool ends_round(const struct round *r, cs_err err)
{
    return err == CS_STORE_UNAVAILABLE || (err != CS_OK && !r->marks);
}

static cs_err put_receipt(struct round *r, const cs_receipt *receipt)
{
    cs_idempotency_row row = cs_idempotency_row_new();
    memcpy(row.scope, receipt->scope, sizeof row.scope);
    memcpy(row.body, receipt->body, sizeof row.body);
    row.secret = receipt->secret;
    row.status = receipt->status;
    row.created_ms = r->now;
    if (!receipt->secret)
        receipt->render(receipt->context, &row.answer);
    cs_err err = row.answer.err == CS_OK ? cs_store_put_idempotency(r->store, &row) : row.answer.err;
    cs_idempotency_row_free(&row);
    return err;
}

/* The writes of one caller in their order; an error is that of the whole round. */
static cs_err write_all(struct round *r, struct waiter *g, bool *any)
{
    cs_err err = CS_OK;
    *any = false;
    for (size_t i = 0; err == CS_OK && i < g->n; i++) {
        cs_write *w = &g->writes[i];
        w->time_ms = r->now;
        w->entry_id[0] = '\0';
        w->err = write_one(r, g->tail, w);
        *any = *any || w->err == CS_OK;
        if (ends_round(r, w->err))
            err = w->err;
    }
    return err;
}

/* Why a group that was written has to be taken back: the first refusal in a whole one, or the receipt. */
static cs_err finish_group(struct round *r, const struct waiter *g, bool any)
{
    for (size_t i = 0; g->whole && i < g->n; i++)
        if (g->writes[i].err != CS_OK)
            return g->writes[i].err;
    return any && g->receipt != NULL ? put_receipt(r, g->receipt) : CS_OK;
}

/* Each write by itself, unless they are a whole or have a receipt: then it and all of them, or nothing. */
static cs_err write_group(struct round *r, struct waiter *g)
{
    bool any;
    cs_err err = cs_tails_find(&g->tail, r->tails, r->store, g->writes[0].org);
    if (err != CS_OK)
        return err;
    if (g->receipt == NULL && !(g->whole && g->n > 1))
        return write_all(r, g, &any);
    cs_head before = g->tail->head;
    err = mark(r);
    if (err == CS_OK)
        err = write_all(r, g, &any);
    if (err != CS_OK)
        return err;
    err = settle(r, g->tail, &before, finish_group(r, g, any));
    for (size_t i = 0; err != CS_OK && i < g->n; i++)
        g->writes[i].err = err;
    return ends_round(r, err) ? err : CS_OK;
}

static cs_err purge(struct round *r)
{
    if (r->now - r->purged_ms < PURGE_MS && r->now >= r->purged_ms)
        return CS_OK;
    cs_err err = cs_store_purge_idempotency(r->store, r->now - CS_KEPT_ANSWER_MS);
    if (err == CS_OK)
        err = cs_store_purge_sessions(r->store, r->now);
    if (err == CS_OK)
        err = cs_store_purge_challenges(r->store, r->now);
    if (err == CS_OK)
        r->purged_ms = r->now;
    return err;
}

static void prove(struct waiter *g)
{
    for (size_t i = 0; i < g->n; i++) {
        cs_write *w = &g->writes[i];
        if (w->proof == NULL || w->err != CS_OK || w->event_type == NULL)
            continue;
        w->proof_size = g->tail->head.tree.size;
        cs_err err = cs_tails_inclusion(w->proof, g->tail, w->seq);
        if (err != CS_OK && w->proof->err == CS_OK)
            w->proof->err = err;
    }
}

static void pause_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

/* A write of the round that has an entry; NULL: none. */
static const cs_write *any_entry(const struct waiter *list)
{
    for (const struct waiter *g = list; g != NULL; g = g->next)
        for (size_t i = 0; i < g->n; i++)
            if (g->writes[i].err == CS_OK && g->writes[i].event_type != NULL)
                return &g->writes[i];
    return NULL;
}

/* Holds the ledger, which waits for a commit that is still under way, and looks for the entry. Where it is there, what
 * acknowledges this transaction has also acknowledged the one before. */
static cs_err look_for(bool *has, struct round *r, const cs_write *w)
{
    cs_head head;
    cs_err err = cs_store_begin(r->store);
    if (err != CS_OK)
        return err;
    err = cs_store_get_head(r->store, &head, w->org);
    if (err == CS_OK)
        err = cs_store_has_entry(r->store, has, w->org, w->entry_id);
    if (err == CS_OK && *has)
        return cs_store_commit(r->store);
    cs_store_rollback(r->store);
    return err;
}

/* A commit was sent and not answered. One of its entries is there, or nothing is. */
static cs_err find_out(struct round *r, const struct waiter *list)
{
    const cs_write *w = any_entry(list);
    cs_err err = CS_STORE_UNAVAILABLE;
    bool has = false;
    int64_t until = cs_tick_us() + FIND_OUT_US;
    while (w != NULL && err != CS_OK && cs_tick_us() < until) {
        pause_ms(FIND_OUT_MS);
        err = look_for(&has, r, w);
    }
    return err == CS_OK && has ? CS_OK : CS_STORE_UNAVAILABLE;
}

static cs_err commit(struct round *r, const struct waiter *list)
{
    cs_err err = cs_store_commit(r->store);
    r->unsure = err != CS_OK && cs_store_is_unknown(r->store);
    return r->unsure ? find_out(r, list) : err;
}

/* The org that comes next behind `last`; absent: none does. */
static cs_slice next_org(const struct waiter *list, cs_slice last)
{
    cs_slice next = CS_ABSENT;
    for (const struct waiter *g = list; g != NULL; g = g->next) {
        cs_slice org = g->writes[0].org;
        if (cs_slice_cmp(org, last) > 0 && (next.p == NULL || cs_slice_cmp(org, next) < 0))
            next = org;
    }
    return next;
}

/* Every gateway holds ledgers in the same order, so that no two wait for each other. */
static cs_err hold_ledgers(struct round *r, const struct waiter *list)
{
    cs_err err = CS_OK;
    cs_tail *tail;
    if (!cs_store_is_shared(r->store))
        return CS_OK;
    for (cs_slice org = next_org(list, CS_LIT("")); err == CS_OK && org.p != NULL; org = next_org(list, org))
        err = cs_tails_find(&tail, r->tails, r->store, org);
    return err;
}

static cs_err attempt(struct round *r, struct waiter *list, bool marks)
{
    r->marks = marks;
    r->unsure = false;
    cs_tails_begin(r->tails);
    cs_err err = cs_store_begin(r->store);
    bool begun = err == CS_OK;
    if (begun && !marks)
        cs_store_hurry(r->store);
    if (begun)
        err = hold_ledgers(r, list);
    for (struct waiter *g = list; err == CS_OK && g != NULL; g = g->next)
        err = write_group(r, g);
    if (err == CS_OK)
        err = cs_tails_put(r->tails, r->store);
    if (err == CS_OK)
        err = purge(r);
    if (err == CS_OK)
        err = commit(r, list);
    else if (begun)
        cs_store_rollback(r->store);
    if (err != CS_OK)
        cs_tails_forget(r->tails);
    return err;
}

/* Where other gateways write as well, a transaction may have to make way for one of theirs, or its server is gone for a
 * moment. Nothing of it is there then, and it is done again; never if something may be. */
static cs_err attempts(struct round *r, struct waiter *list, bool marks)
{
    int64_t until = cs_tick_us() + AGAIN_US;
    cs_err err = attempt(r, list, marks);
    for (unsigned i = 0; err == CS_STORE_UNAVAILABLE && !r->unsure && cs_store_may_try_again(r->store); i++) {
        uint8_t jitter = 0;
        if (cs_tick_us() >= until || cs_random(&jitter, 1) != CS_OK)
            break;
        pause_ms((AGAIN_MS << (i < AGAIN_DOUBLES ? i : AGAIN_DOUBLES)) * (128 + jitter) / 256);
        err = attempt(r, list, marks);
    }
    return err;
}

/* Writes all waiters of the list; each write has its result afterwards. That one is refused is rare, and a mark before
 * each makes the store keep a copy of every page: so first without, and where one is refused, all again with marks. */
static cs_err run_round(struct round *r, struct waiter *list)
{
    r->now = cs_now_ms();
    cs_err err = attempts(r, list, false);
    if (err != CS_OK && err != CS_STORE_UNAVAILABLE)
        err = attempts(r, list, true);
    for (struct waiter *g = list; g != NULL; g = g->next) {
        if (err == CS_OK)
            prove(g);
        for (size_t i = 0; err != CS_OK && i < g->n; i++)
            g->writes[i].err = CS_STORE_UNAVAILABLE;
    }
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

    if (run_round(&c->round, list) == CS_OK && c->tell != NULL)
        c->tell(c->context);

    (void)pthread_mutex_lock(&c->lock);
    c->leading = false;
    for (struct waiter *w = list, *next; w != NULL; w = next) {
        next = w->next; /* a thread that is woken takes its waiters' memory with it */
        if (--w->thread->undone == 0)
            (void)pthread_cond_signal(&w->thread->turn);
    }
    if (c->first != NULL)
        (void)pthread_cond_signal(&c->first->thread->turn);
}

static void submit(cs_commit *c, struct waiter *waiters, size_t n)
{
    struct thread me = {.undone = n, .turn = PTHREAD_COND_INITIALIZER};
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < n; i++) {
        waiters[i].thread = &me;
        waiters[i].next = NULL;
        if (c->last != NULL)
            c->last->next = &waiters[i];
        else
            c->first = &waiters[i];
        c->last = &waiters[i];
    }
    c->queued += n;
    if (c->leading && is_enough(c))
        (void)pthread_cond_signal(&c->gathered);
    while (me.undone > 0) {
        if (c->leading)
            (void)pthread_cond_wait(&me.turn, &c->lock);
        else
            lead(c);
    }
    for (size_t i = 0; i < n; i++)
        waiters[i].thread = NULL; /* it ends here */
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_cond_destroy(&me.turn);
}

static cs_err submit_one(cs_commit *c, cs_write *w, size_t n, bool whole, const cs_receipt *receipt)
{
    if (n < 1 || n > CS_MAX_GROUP)
        return CS_INTERNAL;
    struct waiter me = {.writes = w, .n = n, .whole = whole, .receipt = receipt};
    submit(c, &me, 1);
    return whole || w[0].err == CS_STORE_UNAVAILABLE ? w[0].err : CS_OK;
}

void cs_commit_write_calls(cs_commit *c, cs_commit_call *calls, size_t n)
{
    struct waiter waiters[CS_MAX_ROUND];
    size_t count = 0;
    for (size_t i = 0; i < n && i < CS_MAX_ROUND; i++)
        if (calls[i].n >= 1 && calls[i].n <= CS_MAX_GROUP)
            waiters[count++] =
                (struct waiter){.writes = calls[i].writes, .n = calls[i].n, .whole = true, .receipt = calls[i].receipt};
    submit(c, waiters, count);
    for (size_t i = 0; i < n; i++)
        calls[i].err = calls[i].n >= 1 && calls[i].n <= CS_MAX_GROUP ? calls[i].writes[0].err : CS_INTERNAL;
}

cs_err cs_commit_write(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt)
{
    return submit_one(c, w, n, n == 1, receipt);
}

cs_err cs_commit_write_whole(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt)
{
    return submit_one(c, w, n, true, receipt);
}
