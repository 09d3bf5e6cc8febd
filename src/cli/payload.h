/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload in hand: a file or stdin, read once, hashed while it streams.
 *
 * Memory is constant: the bytes themselves are kept only while they are at most CS_MAX_PAYLOAD, which is what may be
 * sent inline and what the formats that sign the payload itself take. A payload is whole or refused, never a prefix.
 */
#ifndef CS_CLI_PAYLOAD_H
#define CS_CLI_PAYLOAD_H

#include "core/composite.h"
#include "core/limits.h"

typedef struct cs_payload {
    uint64_t size;
    cs_digest sha256;
    cs_hash_id prehash_alg; /* CS_HASH_NONE: `prehash` was not asked for */
    cs_digest prehash;
    bool is_inline; /* `bytes` holds the whole payload */
    cs_buf bytes;
} cs_payload;

/* Reads `path` ("-": stdin) to its end. `prehash_alg` is hashed beside SHA-256. CS_IO, CS_NO_MEMORY, CS_CRYPTO. */
CS_MUST_CHECK cs_err cs_payload_read(cs_payload *out, const char *path, cs_hash_id prehash_alg);
void cs_payload_free(cs_payload *p);

/* The pre-hash that a key of this algorithm and format signs; CS_HASH_NONE where the payload itself is signed. */
cs_hash_id cs_payload_prehash_of(const cs_alg *alg, cs_format format);

/* What such a key signs or verifies of the payload, which was read with cs_payload_prehash_of. CS_PAYLOAD_TOO_LARGE if
 * the format wants the bytes and they are too many to be held. */
CS_MUST_CHECK cs_err cs_payload_message(cs_message *out, const cs_payload *p, const cs_alg *alg, cs_format format);

#endif
