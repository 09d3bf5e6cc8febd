/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: an API key exchanged for a cookie, so that a browser need not keep the key.
 *
 * A session is a token of 32 random bytes, base64url, in the cookie cs_session; the store holds its keyed hash. What it
 * may is what its API key may at that moment, so it ends with the key, or after eight hours. A browser sends the cookie
 * whoever made it send the request; therefore what changes something must also show the session's CSRF token, which is
 * a MAC of the token and so is known only to a page of this origin, which may read the answers to its requests.
 */
#ifndef CS_GATEWAY_SESSION_H
#define CS_GATEWAY_SESSION_H

#include "gateway/auth.h"

#define CS_SESSION_COOKIE "cs_session"
#define CS_SESSION_SECONDS (8 * 3600)
#define CS_SESSION_TOKEN_LEN 43 /* characters, of the CSRF token too */

/* A fresh session of the caller, from `now_ms` on: its token, and the row to store. */
CS_MUST_CHECK cs_err cs_session_mint(cs_secret *token, cs_session_row *row, const cs_auth *a, const cs_caller *caller,
                                     int64_t now_ms);

/* The token in a Cookie header; absent if there is none, or more than one, or not of that form. */
cs_slice cs_session_cookie(cs_slice cookie);
/* What the store knows it by. */
CS_MUST_CHECK cs_err cs_session_hash(uint8_t out[CS_SHA256_LEN], const cs_auth *a, cs_slice token);

CS_MUST_CHECK cs_err cs_session_csrf(cs_secret *out, const cs_auth *a, cs_slice token);
/* CS_CSRF if `csrf` is not the session's. */
CS_MUST_CHECK cs_err cs_session_check_csrf(const cs_auth *a, cs_slice token, cs_slice csrf);

#endif
