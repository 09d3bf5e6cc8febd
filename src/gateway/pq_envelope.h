/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three errors of the PQ Signer door. Whatever went wrong, the client gets one of them and the id of the request;
 * what it was is for the log and the metrics.
 */
#ifndef CS_GATEWAY_PQ_ENVELOPE_H
#define CS_GATEWAY_PQ_ENVELOPE_H

#include "core/slice.h"

typedef enum cs_pq_class { CS_PQ_MALFORMED, CS_PQ_SIGNING_FAILED, CS_PQ_INTERNAL } cs_pq_class;

/* "malformed-request", "signing-failed", "internal-error" */
const char *cs_pq_class_name(cs_pq_class c);

/* What an error is to the client. `looked_up`: the request was well formed, and its key has been looked for. */
cs_pq_class cs_pq_class_of(cs_err err, bool looked_up);
/* The HTTP status that goes with it: 400 (401, 405, 408, 413, 429 for what is refused before the request is read), 403,
 * 503. */
int cs_pq_status_of(cs_err err, bool looked_up);

/* Appends {"error","request_id"}. */
void cs_pq_envelope_error(cs_buf *out, cs_pq_class c, const char *request_id);

#endif
