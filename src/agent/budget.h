/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a KMS apart from one another: a key whose calls fail or hang takes no more threads than it has, and is left
 * alone for a while, so that the others go on.
 *
 *   - After CS_BUDGET_FAILURES calls without an answer the key rests: a second, then twice as long each time, up to
 * half a minute. Then one call tries; its answer lets the others in again.
 *   - While CS_BUDGET_STALLED calls have waited for longer than a second, there are no more.
 *
 * A refusal is an answer. Time comes from the caller (cs_tick_us clock). Any thread may call.
 */
#ifndef CS_AGENT_BUDGET_H
#define CS_AGENT_BUDGET_H

#include <pthread.h>
#include <stdbool.h>

#include "core/crypto.h"

#define CS_BUDGET_KEYS 128  /* remembered at a time */
#define CS_BUDGET_CALLS 128 /* of one key at a time */
#define CS_BUDGET_FAILURES 5
#define CS_BUDGET_STALLED 8
#define CS_BUDGET_STALL_US 1000000
#define CS_BUDGET_REST_US 1000000
#define CS_BUDGET_MAX_REST_US (30 * 1000000)

typedef struct cs_budget_key {
    uint8_t name[CS_SHA256_LEN];
    bool taken;
    bool trying; /* one call after a rest */
    unsigned failures;
    unsigned calls;
    int64_t rests_until_us;
    int64_t used_us;
    int64_t since_us[CS_BUDGET_CALLS]; /* of a call under way; 0: free */
} cs_budget_key;

typedef struct cs_budget {
    pthread_mutex_t lock;
    cs_budget_key keys[CS_BUDGET_KEYS];
} cs_budget;

/* A call under way. */
typedef struct cs_budget_call {
    cs_budget_key *key;
    unsigned at;
    bool trying;
} cs_budget_call;

typedef enum cs_budget_outcome {
    CS_BUDGET_ANSWERED, /* whatever it said */
    CS_BUDGET_FAILED,   /* no answer, or one that says to come later */
    CS_BUDGET_UNTOLD    /* it came to nothing for a reason of our own */
} cs_budget_outcome;

void cs_budget_init(cs_budget *b);
/* CS_OK: the call may go, and must be told to cs_budget_leave. CS_KMS_UNAVAILABLE: not now. */
CS_MUST_CHECK cs_err cs_budget_enter(cs_budget_call *call, cs_budget *b, cs_slice name, int64_t now_us);
/* True if the key rests from now on. */
bool cs_budget_leave(cs_budget *b, const cs_budget_call *call, cs_budget_outcome outcome, int64_t now_us);

#endif
