/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other gateways on a shared store: a thread looks four times a second whether one of them has changed what this
 * gateway remembers, and how many there are. So what is remembered is stale for that long at most; where the store
 * cannot be reached, nothing remembered is believed at all. No promise rests on it: what must hold at once, a
 * revocation above all, is asked again in the transaction that relies on it.
 */
#ifndef CS_GATEWAY_FELLOWS_H
#define CS_GATEWAY_FELLOWS_H

#include "gateway/store.h"

typedef struct cs_fellows_events {
    void (*changed)(void *context);                  /* something may be stale */
    void (*looked)(void *context, int64_t gateways); /* after each look: how many work with the store, from 1 */
} cs_fellows_events;

typedef struct cs_fellows cs_fellows;

/* Everything outlives it. The events are called on its thread. CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_fellows_open(cs_fellows **out, cs_store *store, const cs_fellows_events *events, void *context);
void cs_fellows_close(cs_fellows *f); /* NULL is fine */

#endif
