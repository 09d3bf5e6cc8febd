/* SPDX-License-Identifier: Apache-2.0 */
/* The session routes: an API key is exchanged for a cookie and a CSRF token, which a page that was loaded again asks
 * for, and the cookie given up. */
#ifndef CS_GATEWAY_LOGIN_H
#define CS_GATEWAY_LOGIN_H

#include "gateway/call.h"

/* {apiKey}; sets the cookie. */
CS_MUST_CHECK cs_err cs_login_begin(cs_call *c, cs_jw *w);
/* The session that the request came with, as its login was answered; CS_NOT_FOUND if it came with an API key. */
CS_MUST_CHECK cs_err cs_login_get(cs_call *c, cs_jw *w);
/* Ends the session that the request came with; CS_NOT_FOUND if it came with an API key. */
CS_MUST_CHECK cs_err cs_login_end(cs_call *c, cs_jw *w);

#endif
