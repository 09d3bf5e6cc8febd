/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/idempotency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/crypto.h"
#include "sys/clock.h"

struct cs_idempotency {
    cs_store *store; /* borrowed */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    cs_claim *claims; /* being done; as many as there are workers at most */
};

cs_err cs_idempotency_open(cs_idempotency **out, cs_store *store)
{
    cs_idempotency *t = calloc(1, sizeof *t);
    pthread_condattr_t monotonic;
    *out = t;
    if (t == NULL)
        return CS_NO_MEMORY;
    t->store = store;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&t->ended, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return CS_OK;
}

void cs_idempotency_close(cs_idempotency *t)
{
    if (t == NULL)
        return;
    (void)pthread_mutex_destroy(&t->lock);
    (void)pthread_cond_destroy(&t->ended);
    free(t);
}

/* -- what a key stands for ----------------------------------------------------------------------------------------- */

static bool is_usable(cs_slice key)
{
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] < 0x20 || key.p[i] > 0x7e)
            return false;
    return key.n > 0 && key.n <= CS_MAX_IDEMPOTENCY_KEY;
}

/* SHA-256 of parts that are told apart by their lengths. */
static cs_err hash_parts(uint8_t out[CS_SHA256_LEN], const cs_slice *parts, size_t n)
{
    cs_digest d;
    cs_buf text = cs_buf_new_wiped(2 * CS_MAX_BODY);
    for (size_t i = 0; i < n; i++) {
        cs_buf_add_u32(&text, (uint32_t)parts[i].n);
        cs_buf_add(&text, parts[i]);
    }
    cs_err err = text.err == CS_OK ? cs_hash(&d, CS_SHA256, cs_buf_slice(&text)) : text.err;
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    cs_buf_free(&text);
    return err;
}

cs_err cs_claim_of(cs_claim *out, const cs_http_request *rq, const char *route, const cs_caller *caller)
{
    *out = (cs_claim){0};
    if (!is_usable(rq->idempotency_key))
        return CS_BAD_FIELD;
    const cs_slice body[] = {rq->path, rq->body};
    cs_err err = hash_parts(out->body, body, sizeof body / sizeof *body);
    const cs_slice scope[] = {cs_slice_str(caller->realm),
                              caller->key_id[0] != '\0' ? cs_slice_str(caller->key_id) : CS_ARRAY(out->body),
                              rq->method, cs_slice_str(route), rq->idempotency_key};
    return err == CS_OK ? hash_parts(out->scope, scope, sizeof scope / sizeof *scope) : err;
}

/* -- the table ----------------------------------------------------------------------------------------------------- */

static cs_claim *find(const cs_idempotency *t, const cs_claim *claim)
{
    cs_claim *c = t->claims;
    while (c != NULL && memcmp(c->scope, claim->scope, sizeof c->scope) != 0)
        c = c->next;
    return c;
}

static cs_err take(cs_idempotency *t, cs_claim *claim, int64_t deadline_us)
{
    const struct timespec until = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
    const cs_claim *other;
    cs_err err = CS_OK;
    (void)pthread_mutex_lock(&t->lock);
    while (err == CS_OK && (other = find(t, claim)) != NULL) {
        if (memcmp(other->body, claim->body, sizeof claim->body) != 0)
            err = CS_IDEMPOTENCY_MISMATCH;
        else if (cs_tick_us() >= deadline_us)
            err = CS_OVERLOADED;
        else
            (void)pthread_cond_timedwait(&t->ended, &t->lock, &until);
    }
    if (err == CS_OK) {
        claim->next = t->claims;
        t->claims = claim;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return err;
}

void cs_idempotency_end(cs_idempotency *t, cs_claim *claim)
{
    (void)pthread_mutex_lock(&t->lock);
    cs_claim **at = &t->claims;
    while (*at != NULL && *at != claim)
        at = &(*at)->next;
    if (*at != NULL)
        *at = claim->next;
    (void)pthread_cond_broadcast(&t->ended);
    (void)pthread_mutex_unlock(&t->lock);
}

/* Read with the claim in the table: nobody can be about to keep an answer. */
static cs_err look_up(cs_idempotency_row *kept, const cs_idempotency *t, const cs_claim *claim)
{
    cs_err err = cs_store_get_idempotency(t->store, kept, claim->scope);
    if (err == CS_OK && kept->created_ms < cs_now_ms() - CS_KEPT_ANSWER_MS)
        err = CS_NOT_FOUND;
    else if (err == CS_OK && memcmp(kept->body, claim->body, sizeof kept->body) != 0)
        err = CS_IDEMPOTENCY_MISMATCH;
    else if (err == CS_OK && kept->secret)
        err = CS_SECRET_NOT_REPLAYABLE;
    if (err == CS_OK)
        return CS_OK;
    cs_idempotency_row_free(kept);
    *kept = cs_idempotency_row_new();
    return err == CS_NOT_FOUND ? CS_OK : err;
}

cs_err cs_idempotency_begin(cs_idempotency *t, cs_claim *claim, cs_idempotency_row *kept, int64_t deadline_us)
{
    *kept = cs_idempotency_row_new();
    cs_err err = take(t, claim, deadline_us);
    if (err != CS_OK)
        return err;
    err = look_up(kept, t, claim);
    if (err != CS_OK || kept->status != 0)
        cs_idempotency_end(t, claim);
    return err;
}

cs_err cs_idempotency_look_again(const cs_idempotency *t, const cs_claim *claim, cs_idempotency_row *kept)
{
    return cs_store_is_shared(t->store) ? look_up(kept, t, claim) : CS_OK;
}
