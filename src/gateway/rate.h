/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many requests an API key may send: a bucket of tokens for each, which holds as many as one second allows and is
 * filled at that rate.
 *
 * The table has a fixed number of places. A key that finds none takes that of the key which has been quiet longest
 * among a few; a bucket that nobody has touched for a second is full, so forgetting it changes nothing.
 */
#ifndef CS_GATEWAY_RATE_H
#define CS_GATEWAY_RATE_H

#include "gateway/http.h"

#define CS_MAX_RATE 1000000 /* requests in a second */

typedef struct cs_rate cs_rate;

/* `per_second` up to CS_MAX_RATE; 0: no limit. */
CS_MUST_CHECK cs_err cs_rate_open(cs_rate **out, int64_t per_second);
void cs_rate_close(cs_rate *r); /* NULL is allowed */

/* Another limit from now on. From any thread. */
void cs_rate_set(cs_rate *r, int64_t per_second);
/* So many gateways, from 1, have the limit together from now on; this one allows its share, rounded up. */
void cs_rate_share(cs_rate *r, int64_t gateways);

/* What the caller is told. */
typedef struct cs_rate_state {
    int64_t limit;         /* requests in a second; 0: there is no limit, and nothing to tell */
    int64_t remaining;     /* that could be sent at once */
    int64_t reset_seconds; /* until all of them are there again, rounded up */
} cs_rate_state;

/* Takes a token of the key at `now_us` (cs_tick_us). CS_RATE_LIMITED: there is none; *out is set all the same. */
CS_MUST_CHECK cs_err cs_rate_take(cs_rate_state *out, cs_rate *r, const char *api_key_id, int64_t now_us);

/* Takes a token now and tells the client in X-RateLimit-Limit, -Remaining and -Reset; NULL for `r`: there is no limit.
 */
CS_MUST_CHECK cs_err cs_rate_admit(cs_http_response *rs, cs_rate *r, const char *api_key_id);

#endif
