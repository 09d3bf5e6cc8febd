/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/pq-signer/record: what is kept of a key of the PQ Signer door, as far as its birth attestation speaks of it,
 * and the attestation itself: what pq-attest is given (protocol/pq-birth.md). For operators; the door does not need it.
 */
#ifndef CS_GATEWAY_PQ_RECORD_H
#define CS_GATEWAY_PQ_RECORD_H

#include "gateway/call.h"

/* The handler. Another realm's key is not found. */
CS_MUST_CHECK cs_err cs_pq_record_get(cs_call *c, cs_jw *w);

#endif
