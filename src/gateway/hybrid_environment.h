/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: live and test. A request may say which of the two it is meant for; one that an API key of the other
 * brings is refused (AUTH_004).
 */
#ifndef CS_GATEWAY_HYBRID_ENVIRONMENT_H
#define CS_GATEWAY_HYBRID_ENVIRONMENT_H

#include "gateway/call.h"

/* Reads the optional member `environment`, "live" or "test"; CS_WRONG_ENVIRONMENT if it is not the API key's. */
void cs_hybrid_environment_read(cs_jobj *o, const cs_call *c);
/* The realm of the caller's org that the caller does not see. */
void cs_hybrid_environment_other(char realm[CS_MAX_ID + 1], const cs_call *c);

#endif
