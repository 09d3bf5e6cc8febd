/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/recipients.h"

#include <stdlib.h>

#include "sys/log.h"
#include "sys/thread.h"

#define MAX_SPKI 512

void cs_recipient_key_release(cs_recipient_key *k)
{
    if (k == NULL || atomic_fetch_sub(&k->holders, 1) != 1)
        return;
    cs_recipient_free(k->key);
    cs_buf_free(&k->spki);
    free(k);
}

static cs_err make(cs_recipient_key **out)
{
    *out = NULL;
    cs_recipient_key *k = calloc(1, sizeof *k);
    if (k == NULL)
        return CS_NO_MEMORY;
    atomic_init(&k->holders, 1);
    k->spki = cs_buf_new(MAX_SPKI);
    cs_err err = cs_recipient_new(&k->key);
    if (err == CS_OK)
        err = cs_recipient_spki(&k->spki, k->key);
    if (err != CS_OK)
        cs_recipient_key_release(k);
    else
        *out = k;
    return err;
}

/* How many to have ready: behind a key with a lifetime its successor is enough. */
static size_t target(const cs_recipients *r)
{
    return r->life_us > 0 ? 1 : CS_RECIPIENTS_READY;
}

static void make_ahead(void *arg)
{
    cs_recipients *r = arg;
    (void)pthread_mutex_lock(&r->lock);
    while (!r->stopped) {
        if (!r->asked || r->count >= target(r)) {
            (void)pthread_cond_wait(&r->wanted, &r->lock);
            continue;
        }
        cs_recipient_key *k = NULL;
        (void)pthread_mutex_unlock(&r->lock);
        cs_err err = make(&k);
        (void)pthread_mutex_lock(&r->lock);
        if (err == CS_OK && !r->stopped && r->count < CS_RECIPIENTS_READY) {
            r->ready[r->count++] = k;
            continue;
        }
        cs_recipient_key_release(k);
        if (err != CS_OK) {
            cs_log(CS_LOG_ERROR, NULL, "no recipient key: %s", cs_err_sentence(err));
            r->asked = false; /* until somebody wants one again */
        }
    }
    (void)pthread_mutex_unlock(&r->lock);
}

cs_err cs_recipients_open(cs_recipients *r, int64_t life_us)
{
    *r = (cs_recipients){.life_us = life_us};
    if (pthread_mutex_init(&r->lock, NULL) != 0)
        return CS_NO_MEMORY;
    if (pthread_cond_init(&r->wanted, NULL) != 0) {
        (void)pthread_mutex_destroy(&r->lock);
        return CS_NO_MEMORY;
    }
    cs_err err = cs_thread_start_joinable(&r->maker, make_ahead, r);
    r->open = err == CS_OK;
    if (err != CS_OK) {
        (void)pthread_cond_destroy(&r->wanted);
        (void)pthread_mutex_destroy(&r->lock);
    }
    return err;
}

/* Lock and condition stay: at the end of the process somebody may still come to take a key. */
void cs_recipients_close(cs_recipients *r)
{
    if (!r->open)
        return;
    (void)pthread_mutex_lock(&r->lock);
    r->stopped = true;
    (void)pthread_cond_signal(&r->wanted);
    (void)pthread_mutex_unlock(&r->lock);
    (void)pthread_join(r->maker, NULL);
    (void)pthread_mutex_lock(&r->lock);
    cs_recipient_key_release(r->current);
    r->current = NULL;
    while (r->count > 0)
        cs_recipient_key_release(r->ready[--r->count]);
    (void)pthread_mutex_unlock(&r->lock);
    r->open = false;
}

static bool lives(const cs_recipient_key *k, const cs_recipients *r, int64_t now_us)
{
    return k != NULL && now_us - k->made_us < r->life_us;
}

/* Under the lock: the key that serves everybody now, or the one that was made beforehand, or NULL. */
static cs_recipient_key *find(cs_recipients *r, int64_t now_us)
{
    if (lives(r->current, r, now_us)) {
        (void)atomic_fetch_add(&r->current->holders, 1);
        return r->current;
    }
    r->asked = true;
    cs_recipient_key *k = r->count > 0 ? r->ready[--r->count] : NULL;
    (void)pthread_cond_signal(&r->wanted);
    return k;
}

/* Under the lock: `k` serves everybody from now on, unless another one does by now. */
static void share(cs_recipients *r, cs_recipient_key *k, int64_t now_us)
{
    k->made_us = now_us;
    if (r->life_us == 0 || r->stopped || lives(r->current, r, now_us))
        return;
    cs_recipient_key_release(r->current);
    (void)atomic_fetch_add(&k->holders, 1);
    r->current = k;
}

cs_err cs_recipients_take(cs_recipient_key **out, cs_recipients *r, int64_t now_us)
{
    cs_err err = CS_OK;
    (void)pthread_mutex_lock(&r->lock);
    cs_recipient_key *k = find(r, now_us);
    if (k == NULL) {
        (void)pthread_mutex_unlock(&r->lock);
        err = make(&k);
        (void)pthread_mutex_lock(&r->lock);
    }
    if (err == CS_OK && k != r->current)
        share(r, k, now_us);
    (void)pthread_mutex_unlock(&r->lock);
    *out = k;
    return err;
}

void cs_recipients_sweep(cs_recipients *r, int64_t now_us)
{
    if (!r->open)
        return;
    (void)pthread_mutex_lock(&r->lock);
    if (r->current != NULL && !lives(r->current, r, now_us)) {
        cs_recipient_key_release(r->current);
        r->current = NULL;
    }
    (void)pthread_mutex_unlock(&r->lock);
}
