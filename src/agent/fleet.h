/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The enclaves of an agent. A request goes to the one with the fewest under way (core/balance.h); one that cannot be
 * reached, breaks off or does not answer in time is left alone until it answers a Boot again, which a thread asks it.
 *
 * All of them have the same key-encryption key, so each opens every sealed key. What is an enclave's own stays with it:
 * epoch and counters, and the keys that sign checkpoints.
 */
#ifndef CS_AGENT_FLEET_H
#define CS_AGENT_FLEET_H

#include "core/balance.h"
#include "core/err.h"

#define CS_FLEET_ADDRESS 280

typedef struct cs_fleet cs_fleet;

/* Where a request goes. `serial` is another one whenever the place has been given to another enclave. */
typedef struct cs_fleet_way {
    size_t at;
    unsigned serial;
    char address[CS_FLEET_ADDRESS];
} cs_fleet_way;

/* `timeout_us`: what an enclave may take for a Boot. CS_NO_MEMORY; the errors of cs_fleet_set. */
CS_MUST_CHECK cs_err cs_fleet_open(cs_fleet **out, const char *const *addresses, size_t n, int64_t timeout_us);
/* NULL is fine. Nobody uses it any more. */
void cs_fleet_close(cs_fleet *f);

/* From now on these 1 to CS_BALANCE_MAX enclaves. Those that are there already stay as they are; those that are not
 * among them finish what they have. CS_CONFIG: none, too many, one twice, or too long; then nothing changes. */
CS_MUST_CHECK cs_err cs_fleet_set(cs_fleet *f, const char *const *addresses, size_t n);

/* Chooses an enclave that is not in `tried` (bits). CS_NOT_FOUND: nobody is left. */
CS_MUST_CHECK cs_err cs_fleet_enter(cs_fleet_way *out, cs_fleet *f, uint32_t tried);
/* The n-th one, from 0. CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_fleet_enter_nth(cs_fleet_way *out, cs_fleet *f, size_t n);
/* The request is done, and failed if it got no reply. */
void cs_fleet_leave(cs_fleet *f, const cs_fleet_way *way, bool failed);

/* Waits until no request is under way, or until the deadline (cs_tick_us clock). */
void cs_fleet_drain(cs_fleet *f, int64_t deadline_us);

#endif
