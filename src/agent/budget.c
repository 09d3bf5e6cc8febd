/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/budget.h"

#include <string.h>

void cs_budget_init(cs_budget *b)
{
    memset(b, 0, sizeof *b);
    (void)pthread_mutex_init(&b->lock, NULL);
}

/* The key's row, or the one that has been idle for longest. NULL if all have calls under way. */
static cs_budget_key *find(cs_budget *b, const cs_digest *name)
{
    cs_budget_key *idle = NULL;
    for (size_t i = 0; i < CS_BUDGET_KEYS; i++) {
        cs_budget_key *k = &b->keys[i];
        if (k->taken && cs_slice_eq(CS_ARRAY(k->name), cs_digest_slice(name)))
            return k;
        if (k->calls == 0 && (idle == NULL || (idle->taken && (!k->taken || k->used_us < idle->used_us))))
            idle = k;
    }
    if (idle != NULL) {
        *idle = (cs_budget_key){.taken = true};
        memcpy(idle->name, name->b, sizeof idle->name);
    }
    return idle;
}

static bool may_enter(const cs_budget_key *k, int64_t now_us)
{
    unsigned stalled = 0;
    if (k->failures >= CS_BUDGET_FAILURES)
        return now_us >= k->rests_until_us && !k->trying;
    for (unsigned i = 0; i < CS_BUDGET_CALLS; i++)
        stalled += k->since_us[i] != 0 && now_us - k->since_us[i] > CS_BUDGET_STALL_US;
    return stalled < CS_BUDGET_STALLED && k->calls < CS_BUDGET_CALLS;
}

static void enter(cs_budget_call *call, cs_budget_key *k, int64_t now_us)
{
    unsigned at = 0;
    while (k->since_us[at] != 0)
        at++;
    k->since_us[at] = now_us > 0 ? now_us : 1;
    k->used_us = now_us;
    k->calls++;
    k->trying = k->failures >= CS_BUDGET_FAILURES;
    *call = (cs_budget_call){.key = k, .at = at, .trying = k->trying};
}

cs_err cs_budget_enter(cs_budget_call *call, cs_budget *b, cs_slice name, int64_t now_us)
{
    cs_digest digest;
    *call = (cs_budget_call){0};
    cs_err err = cs_hash(&digest, CS_SHA256, name);
    if (err != CS_OK)
        return err;
    (void)pthread_mutex_lock(&b->lock);
    cs_budget_key *k = find(b, &digest);
    if (k != NULL && may_enter(k, now_us))
        enter(call, k, now_us);
    else
        err = CS_KMS_UNAVAILABLE;
    (void)pthread_mutex_unlock(&b->lock);
    return err;
}

/* Calls that were under way when the key began to rest tell nothing new. */
static bool count_failure(cs_budget_key *k, bool trying, int64_t now_us)
{
    if (k->failures >= CS_BUDGET_FAILURES && !trying)
        return false;
    k->failures++;
    if (k->failures < CS_BUDGET_FAILURES)
        return false;
    unsigned doubled = k->failures - CS_BUDGET_FAILURES;
    int64_t rest_us = doubled < 5 ? (int64_t)CS_BUDGET_REST_US << doubled : CS_BUDGET_MAX_REST_US;
    k->rests_until_us = now_us + (rest_us < CS_BUDGET_MAX_REST_US ? rest_us : CS_BUDGET_MAX_REST_US);
    return true;
}

bool cs_budget_leave(cs_budget *b, const cs_budget_call *call, cs_budget_outcome outcome, int64_t now_us)
{
    bool rests = false;
    (void)pthread_mutex_lock(&b->lock);
    cs_budget_key *k = call->key;
    k->since_us[call->at] = 0;
    k->calls--;
    k->used_us = now_us;
    if (call->trying)
        k->trying = false;
    if (outcome == CS_BUDGET_ANSWERED)
        k->failures = 0;
    else if (outcome == CS_BUDGET_FAILED)
        rests = count_failure(k, call->trying, now_us);
    (void)pthread_mutex_unlock(&b->lock);
    return rests;
}
