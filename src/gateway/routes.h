/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes of the gateway: one const table of method, path, scopes and handler.
 *
 * What is the same for every request happens here: finding the route, the API key and its scopes, what this version
 * does not take, the envelope around the handler's answer, the line in the log.
 */
#ifndef CS_GATEWAY_ROUTES_H
#define CS_GATEWAY_ROUTES_H

#include "gateway/call.h"

/* The HTTP server's handler, classifier and error body; `app` is a cs_app. */
void cs_routes_handle(void *app, const cs_http_request *rq, cs_http_response *rs);
/* What is classified as CS_POOL_TEAM, several at once. */
void cs_routes_handle_together(void *app, const cs_http_request *const *rq, cs_http_response *const *rs, size_t n);
cs_http_pool cs_routes_classify(void *app, const cs_http_request *rq);
/* On whose account it waits: that of its org, or another one of the same org for what is urgent. */
uint64_t cs_routes_account(void *app, const cs_http_request *rq);
void cs_routes_error_body(cs_buf *out, cs_err err, const cs_http_request *rq);

/* Counts an error that the server itself answered. */
void cs_routes_refused(void *app, cs_err err);

#endif
