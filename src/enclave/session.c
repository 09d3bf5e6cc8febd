/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/session.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "sys/log.h"

#define RETRY_US 1000000

struct cs_session {
    cs_key *key;
    cs_buf header;
    int64_t made_us;
    atomic_int holders;
};

void cs_session_release(cs_session *s)
{
    if (s == NULL || atomic_fetch_sub(&s->holders, 1) > 1)
        return;
    cs_key_free(s->key);
    cs_buf_free(&s->header);
    free(s);
}

cs_slice cs_session_header(const cs_session *s)
{
    return cs_buf_slice(&s->header);
}

const cs_key *cs_session_key(const cs_session *s)
{
    return s->key;
}

static cs_err make_key(cs_key **out, cs_buf *spki)
{
    CS_SECRET(private_bytes);
    uint8_t bytes[CS_ED25519_PUBLIC];
    cs_buf public_key = CS_BUF_OVER(bytes);
    cs_err err = cs_key_generate(&private_bytes, CS_ED25519);
    if (err == CS_OK)
        err = cs_key_open_private(out, CS_ED25519, cs_secret_slice(&private_bytes));
    if (err != CS_OK)
        return err;
    cs_key_public(&public_key, *out);
    cs_policy_root_spki(spki, cs_buf_slice(&public_key));
    return public_key.err != CS_OK ? public_key.err : spki->err;
}

/* The key first; then the root is asked for evidence that it was born here, in this epoch. */
static cs_err certify(cs_session *s, cs_rot *rot, const char *epoch)
{
    uint8_t spki_bytes[CS_ROOT_SPKI_LEN], commitment_bytes[CS_COMMITMENT_LEN];
    cs_buf spki = CS_BUF_OVER(spki_bytes), commitment = CS_BUF_OVER(commitment_bytes);
    cs_buf evidence = cs_buf_new(CS_MAX_ATTESTATION / 2);
    cs_err err = make_key(&s->key, &spki);
    if (err == CS_OK)
        err = cs_attest_session_commitment(&commitment, cs_buf_slice(&spki), cs_slice_str(epoch));
    if (err == CS_OK)
        err = rot->kind->prove(rot, &evidence, cs_buf_slice(&commitment));
    if (err == CS_OK) {
        cs_attest_session_header(&s->header, cs_buf_slice(&evidence), cs_buf_slice(&spki), cs_slice_str(epoch));
        err = evidence.err != CS_OK ? evidence.err : s->header.err;
    }
    cs_buf_free(&evidence);
    return err;
}

static cs_err make_session(cs_session **out, cs_sessions *all, int64_t now_us)
{
    cs_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return CS_NO_MEMORY;
    s->header = cs_buf_new(CS_MAX_ATTESTATION);
    s->made_us = now_us;
    atomic_init(&s->holders, 1);
    cs_err err = certify(s, all->rot, all->epoch);
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "no evidence for a session key: %s", cs_err_sentence(err));
        cs_session_release(s);
        return err;
    }
    *out = s;
    return CS_OK;
}

cs_err cs_sessions_open(cs_sessions *s, cs_rot *rot, const char *epoch, int64_t life_us)
{
    *s = (cs_sessions){.rot = rot, .epoch = epoch, .life_us = life_us};
    if (pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->renewed, NULL) == 0)
        return CS_OK;
    *s = (cs_sessions){0};
    return CS_NO_MEMORY;
}

void cs_sessions_close(cs_sessions *s)
{
    if (s->rot == NULL)
        return;
    cs_session_release(s->current);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->renewed);
    *s = (cs_sessions){0};
}

/* The functions below run under the lock. */

static bool younger_than(const cs_sessions *s, int64_t age_us, int64_t now_us)
{
    return s->current != NULL && now_us - s->current->made_us < age_us;
}

/* Asks the root without the lock, so that whoever can do with the present session goes on. */
static cs_err renew(cs_sessions *s, int64_t now_us)
{
    cs_session *made = NULL;
    s->renewing = true;
    (void)pthread_mutex_unlock(&s->lock);
    cs_err err = make_session(&made, s, now_us);
    (void)pthread_mutex_lock(&s->lock);
    s->renewing = false;
    s->retry_us = err == CS_OK ? 0 : now_us + RETRY_US;
    if (err == CS_OK) {
        cs_session_release(s->current);
        s->current = made;
    }
    (void)pthread_cond_broadcast(&s->renewed);
    return err;
}

cs_err cs_session_take(cs_session **out, cs_sessions *s, int64_t now_us)
{
    cs_err err = CS_OK;
    *out = NULL;
    (void)pthread_mutex_lock(&s->lock);
    while (s->renewing && !younger_than(s, s->life_us, now_us))
        (void)pthread_cond_wait(&s->renewed, &s->lock);
    if (!s->renewing && now_us >= s->retry_us && !younger_than(s, s->life_us / 4 * 3, now_us))
        err = renew(s, now_us);
    if (younger_than(s, s->life_us, now_us)) {
        atomic_fetch_add(&s->current->holders, 1);
        *out = s->current;
        err = CS_OK;
    } else if (err == CS_OK) {
        err = CS_ROOT_UNAVAILABLE;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return err;
}
