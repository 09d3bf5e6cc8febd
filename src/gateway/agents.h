/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agents of a gateway, and the connections that are kept to them. A request goes to the agent with the fewest under
 * way (core/balance.h); one that cannot be reached, breaks off or has no enclave is left alone until an enclave behind
 * it answers a Boot again, which a thread asks.
 */
#ifndef CS_GATEWAY_AGENTS_H
#define CS_GATEWAY_AGENTS_H

#include "core/balance.h"
#include "sys/channel_tls.h"

#define CS_AGENT_ADDRESS 512

typedef struct cs_agents cs_agents;

/* Where an agent is. */
typedef struct cs_agent_place {
    const char *address; /* as for cs_stream_connect */
    const char *peer;    /* NULL: on this machine; else behind TLS, under this name */
} cs_agent_place;

/* A request's way to one agent. */
typedef struct cs_agent_way {
    size_t at;
    cs_channel channel;
} cs_agent_way;

CS_MUST_CHECK cs_err cs_agents_open(cs_agents **out);
void cs_agents_close(cs_agents *a); /* NULL is fine */

/* From now on these 1 to CS_BALANCE_MAX agents. Those that are there already stay; those that are not among them finish
 * what they have. `tls`: files for those behind TLS; `peer` is not read, the texts outlive the agents. CS_CONFIG: none,
 * too many, one twice, too long, or files that do not do; then nothing changes. */
CS_MUST_CHECK cs_err cs_agents_set(cs_agents *a, const cs_agent_place *places, size_t n,
                                   const cs_channel_tls_config *tls);

/* Chooses an agent that is not in `tried` (bits), and a connection on which the next bytes can only be the answer to
 * what is sent next. `tried` gets its bit. CS_NOT_FOUND: nobody is left. CS_ENCLAVE_UNAVAILABLE: it cannot be reached,
 * and has been left. */
CS_MUST_CHECK cs_err cs_agents_enter(cs_agent_way *out, cs_agents *a, uint32_t *tried, int64_t deadline_us);
/* The same with the n-th one, from 0. */
CS_MUST_CHECK cs_err cs_agents_enter_nth(cs_agent_way *out, cs_agents *a, size_t n, int64_t deadline_us);

/* What came of a request. */
typedef enum cs_agent_outcome {
    CS_AGENT_ANSWERED, /* the connection is as before */
    CS_AGENT_EMPTY,    /* likewise; but there is no enclave behind it: it is left alone */
    CS_AGENT_CLOSED,   /* the connection is not to be used again */
    CS_AGENT_FAILED    /* likewise, and the agent is left alone */
} cs_agent_outcome;
void cs_agents_leave(cs_agents *a, const cs_agent_way *way, cs_agent_outcome outcome);

/* Whether there is anybody who is not in `tried`. */
bool cs_agents_has_other(cs_agents *a, uint32_t tried);

#endif
