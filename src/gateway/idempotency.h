/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idempotency keys: a client that does not know what became of its request sends it again under the same key and gets
 * the answer of the first one, the same signature, however many arrive at once and whatever crashed in between.
 *
 * The answer is kept in the transaction of what it tells (commit.h), so there is never one without the other; it is
 * kept for CS_KEPT_ANSWER_MS. Only successes are: after a failure the request is done anew. An answer with a secret is
 * not kept; that it was given is.
 *
 * A key belongs to realm, API key and route. The same key with another body, or on another path of the route, is a
 * mistake of the client's and refused.
 */
#ifndef CS_GATEWAY_IDEMPOTENCY_H
#define CS_GATEWAY_IDEMPOTENCY_H

#include "gateway/auth.h"
#include "gateway/http.h"

#define CS_MAX_IDEMPOTENCY_KEY 255 /* printable ASCII characters */

/* One request under an idempotency key, for as long as it is worked on. */
typedef struct cs_claim {
    uint8_t scope[CS_SHA256_LEN]; /* who asks for what under which key */
    uint8_t body[CS_SHA256_LEN];  /* of path and body */
    struct cs_claim *next;        /* the table's */
} cs_claim;

/* `route` is the pattern of the request's route, `caller` as authenticated; on a route that authenticates nobody the
 * body speaks for the caller. CS_BAD_FIELD: the key is empty, too long or not printable. */
CS_MUST_CHECK cs_err cs_claim_of(cs_claim *out, const cs_http_request *rq, const char *route, const cs_caller *caller);

typedef struct cs_idempotency cs_idempotency;

CS_MUST_CHECK cs_err cs_idempotency_open(cs_idempotency **out, cs_store *store);
void cs_idempotency_close(cs_idempotency *t); /* when nothing is claimed any more; NULL is fine */

/*
 * Asks for the right to do the request, and waits while an equal one is being done. CS_OK with kept->status 0: it is to
 * be done now, and cs_idempotency_end follows in any case. CS_OK with another status: `kept` has the answer of the
 * first one; the caller frees it. CS_IDEMPOTENCY_MISMATCH, CS_SECRET_NOT_REPLAYABLE, CS_OVERLOADED (the other one was
 * not done at `deadline_us`), CS_STORE_UNAVAILABLE.
 */
CS_MUST_CHECK cs_err cs_idempotency_begin(cs_idempotency *t, cs_claim *claim, cs_idempotency_row *kept,
                                          int64_t deadline_us);
void cs_idempotency_end(cs_idempotency *t, cs_claim *claim);
/* With a claim that was to be done, and was not because a transaction refused it: whether another gateway has done the
 * same meanwhile. `kept`, which cs_idempotency_begin has set, and errors as there; kept->status 0: it has not. */
CS_MUST_CHECK cs_err cs_idempotency_look_again(const cs_idempotency *t, const cs_claim *claim,
                                               cs_idempotency_row *kept);

#endif
