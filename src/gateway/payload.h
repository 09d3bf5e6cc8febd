/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request wants signed or verified: `payload`, or `preHash {alg, value}` with `payloadSize`.
 */
#ifndef CS_GATEWAY_PAYLOAD_H
#define CS_GATEWAY_PAYLOAD_H

#include "core/composite.h"
#include "core/json.h"
#include "core/limits.h"

typedef struct cs_payload {
    cs_message message; /* borrows `bytes` */
    cs_buf bytes;       /* the payload, or its pre-hash */
    int64_t size;       /* of the payload; as told where only the pre-hash is here */
    cs_digest sha256;   /* of the payload, if it is here */
} cs_payload;

/* Reads the members of `o`; errors go there. `p` is freed by the caller in any case. CS_PAYLOAD_TOO_LARGE,
 * CS_PREHASH_ALGORITHM (unknown, or a value of another length). */
void cs_payload_read(cs_payload *p, cs_jobj *o);
void cs_payload_free(cs_payload *p);

/* Whether keys of this algorithm and format take it: CS_PREHASH_NOT_OFFERED, CS_PREHASH_ALGORITHM; `fault` names the
 * member. */
CS_MUST_CHECK cs_err cs_payload_fits(const cs_payload *p, cs_fault *fault, const cs_alg *alg, cs_format format);

/* "payloadSha256" or "payloadPreHash", and the text "<alg>:<hex>" that goes under it. */
const char *cs_payload_digest_name(const cs_payload *p);
void cs_payload_digest(cs_buf *out, const cs_payload *p);

#endif
