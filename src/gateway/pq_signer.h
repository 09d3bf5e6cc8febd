/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PQ Signer door: POST /v1/pq-signer (protocol/pq-signer.md). One endpoint makes ML-DSA keys whose data key a KMS
 * releases to the attested enclave, and signs with them. The gateway only keeps the sealed records and passes them on;
 * it can open none, and a row of one user_id opens under no other.
 *
 * A birth is judged under the pinned policy before its key is stored; a signature is verified under the stored public
 * key before it leaves. Both make an entry in the ledger of the caller's realm, with digests only; no durable entry, no
 * answer.
 */
#ifndef CS_GATEWAY_PQ_SIGNER_H
#define CS_GATEWAY_PQ_SIGNER_H

#include "gateway/call.h"

/* The handler. */
CS_MUST_CHECK cs_err cs_pq_signer(cs_call *c, cs_jw *w);

/* Whether the request comes with a client certificate and nothing else to say who sends it. */
bool cs_pq_by_certificate(const cs_call *c);
/* Makes the owner of the certificate, which the handshake has verified, the caller. CS_UNAUTHENTICATED where the
 * gateway has no org for such clients; CS_ACCOUNT_SUSPENDED. */
CS_MUST_CHECK cs_err cs_pq_admit_certificate(cs_call *c);

/* Writes the body of an error, counts its cause, and holds it back until it tells no more than its class. */
void cs_pq_refuse(cs_call *c, cs_err err);

#endif
