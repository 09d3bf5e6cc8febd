/* SPDX-License-Identifier: Apache-2.0 */
/* From a request frame to its reply: one const table of message types. */
#ifndef CS_ENCLAVE_ENGINE_H
#define CS_ENCLAVE_ENGINE_H

#include "core/message.h"
#include "enclave/enclave.h"

/*
 * Answers the request `json` with exactly one frame in `reply` (cleared first): the reply of its type, or an Error
 * frame; CS_OK then. Any other result means that the bytes were no request at all (not strict JSON, unknown type,
 * larger than its type allows): there is no reply and the connection must be closed.
 */
CS_MUST_CHECK cs_err cs_engine_answer(cs_buf *reply, cs_enclave *e, cs_slice json);

#endif
