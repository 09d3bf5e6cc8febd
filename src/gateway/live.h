/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/ledger/stream: entries as they come, as server-sent events. An event's id is its seq, its name the event
 * type, its data the entry as the listing shows it. A client that says Last-Event-ID goes on behind that entry; one
 * that says `since` (a seq) begins there; others begin with what comes next.
 *
 * A stream reads the store like everybody: it sends what is durable, in order, without gaps. It ends when the API key
 * or the session that opened it does, and sends nothing of what came after that.
 */
#ifndef CS_GATEWAY_LIVE_H
#define CS_GATEWAY_LIVE_H

#include "gateway/call.h"

/* CS_OVERLOADED: the org has CS_MAX_ORG_STREAMS already, test and live together. */
CS_MUST_CHECK cs_err cs_live_stream(cs_call *c, cs_jw *w);

#endif
