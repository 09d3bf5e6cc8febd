/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API keys of an org, for callers with scope admin: made, listed, read, rotated, revoked.
 *
 * No caller can make more of itself: what it mints or rotates has no scope, no key and no environment that it has not.
 * Test API keys know of test API keys only. The text of an API key is in one answer, once.
 */
#ifndef CS_GATEWAY_API_KEYS_H
#define CS_GATEWAY_API_KEYS_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_api_keys_create(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_api_keys_list(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_api_keys_get(cs_call *c, cs_jw *w);
/* A successor with another text; the old one counts for {overlapSeconds} more. */
CS_MUST_CHECK cs_err cs_api_keys_rotate(cs_call *c, cs_jw *w);
/* Once it is acknowledged the API key counts for nothing, nor does any session that it began. May be repeated. */
CS_MUST_CHECK cs_err cs_api_keys_revoke(cs_call *c, cs_jw *w);

/* "scopes": their names. */
void cs_api_keys_write_scopes(cs_jw *w, uint32_t scopes);

#endif
