/* SPDX-License-Identifier: Apache-2.0 */
/* From a request frame to its reply: one const table of message types. */
#ifndef CS_ENCLAVE_ENGINE_H
#define CS_ENCLAVE_ENGINE_H

#include "core/message.h"
#include "enclave/enclave.h"
#include "enclave/host.h"

/*
 * Answers the request `json` with exactly one frame in `reply` (cleared first): the reply of its type, or an Error
 * frame; CS_OK then. Whoever needs something of the agent meanwhile asks `host`; NULL: nobody is there to ask. Any
 * other result means that the bytes were no request at all (not strict JSON, unknown type, larger than its type
 * allows), or that the agent's answers were none: there is no reply and the connection must be closed.
 */
CS_MUST_CHECK cs_err cs_engine_answer(cs_buf *reply, cs_enclave *e, cs_host *host, cs_slice json);

#endif
