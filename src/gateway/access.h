/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a request may come in: who sends it, and whether its API key has the scope.
 *
 * The use of an API key that is revoked, expired or without the scope is refused, logged and recorded in the ledger of
 * its realm (apikey.refused); recorded at most once an hour for an API key, so that the ledger cannot be flooded by
 * somebody who may do nothing. So is a test API key that asks for a live key of its org, or the reverse. What belongs
 * to no API key of the store is refused only.
 */
#ifndef CS_GATEWAY_ACCESS_H
#define CS_GATEWAY_ACCESS_H

#include "gateway/call.h"

/* Fills in c->caller. CS_UNAUTHENTICATED, CS_CSRF, CS_STORE_UNAVAILABLE. */
CS_MUST_CHECK cs_err cs_access_check(cs_call *c);
/* CS_FORBIDDEN if the caller has none of `scopes`. */
CS_MUST_CHECK cs_err cs_access_scope(cs_call *c, uint32_t scopes);
/* Fills in c->caller from an API key whose text the request brings as data, and takes a token of its rate.
 * CS_UNAUTHENTICATED, CS_RATE_LIMITED, CS_STORE_UNAVAILABLE. */
CS_MUST_CHECK cs_err cs_access_login(cs_call *c, cs_slice api_key);
/* What the caller asks for is there, but in the other environment of its org: logged and recorded.
 * CS_WRONG_ENVIRONMENT. */
CS_MUST_CHECK cs_err cs_access_wrong_environment(cs_call *c);
/* The caller's realm has no such key. If the org has it in its other environment, that is logged and recorded; the
 * answer is the one for an id of nobody. */
void cs_access_missed(cs_call *c, cs_slice key_id);

#endif
