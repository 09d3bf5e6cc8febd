/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the PQ Signer door (protocol/pq-signer.md): the envelope {request_type, payload}, and the strict rules of
 * its members. Nothing is looked up here, so whatever is refused here is malformed-request.
 */
#ifndef CS_GATEWAY_PQ_REQUEST_H
#define CS_GATEWAY_PQ_REQUEST_H

#include "core/alg.h"
#include "core/json.h"
#include "core/limits.h"

typedef enum cs_pq_kind { CS_PQ_KEY_GENERATION, CS_PQ_SIGN, CS_PQ_KINDS } cs_pq_kind;

typedef struct cs_pq_request {
    cs_pq_kind kind;
    const cs_alg *alg;
    const char *algorithm; /* as this door names it: "ML-DSA-44" */
    /* As it was sent; where none was, or an empty one, a fresh UUIDv4. */
    uint8_t user_id[CS_MAX_USER_ID];
    size_t user_id_len; /* bytes, not characters */
    /* of a sign request */
    uint8_t message[CS_MAX_PQ_MESSAGE];
    size_t message_len;
    bool attest;
} cs_pq_request;

cs_slice cs_pq_request_user_id(const cs_pq_request *r);
cs_slice cs_pq_request_message(const cs_pq_request *r);

/* Reads the object `o` to its end; a message has at most `max_message` bytes. The member behind an error is in `o`, or
 * in `fault` with its path. CS_MISSING_FIELD, CS_BAD_FIELD, CS_UNKNOWN_FIELD, CS_BAD_ENCODING, CS_TOO_LARGE,
 * CS_UNKNOWN_ALGORITHM; CS_RANDOM. */
CS_MUST_CHECK cs_err cs_pq_request_read(cs_pq_request *out, cs_fault *fault, cs_jobj *o, size_t max_message);

#endif
