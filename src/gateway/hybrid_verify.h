/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: the verification of a pair, one that is stored ({attestationId}) or one that the request brings. It
 * shares POST /v1/verify with the Vault door and is told from that by its members.
 */
#ifndef CS_GATEWAY_HYBRID_VERIFY_H
#define CS_GATEWAY_HYBRID_VERIFY_H

#include "gateway/call.h"

/* Whether a request of POST /v1/verify is one of this door. */
bool cs_hybrid_verify_is_of(const cs_jobj *o);
/* The same of a body. */
bool cs_hybrid_verify_is_asked(cs_slice body);

/* `o` is the body. Puts the answer, whatever it says, in the envelope of this door. */
CS_MUST_CHECK cs_err cs_hybrid_verify_request(cs_call *c, cs_jw *w, cs_jobj *o);

#endif
