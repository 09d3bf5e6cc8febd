/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key-record.json: what is kept of a key of the PQ Signer door, as far as its birth attestation speaks of it.
 *
 *   {"user_id":"…","alg":"ML-DSA-44","mldsa_pubkey":"<base64>","wrapped_dk":"<base64>","kms_key_arn":"…",
 *    "created_at_ms":1768473000123}
 *
 * All members are needed and there are no others.
 */
#ifndef CS_CORE_KEY_RECORD_H
#define CS_CORE_KEY_RECORD_H

#include "core/birth.h"

/* A record that was read; the birth's slices point into it, so it is not copied. */
typedef struct cs_key_record {
    cs_birth birth;
    uint8_t bytes[CS_MAX_USER_ID + CS_MAX_KMS_KEY + CS_MAX_REGISTERED_KEY + CS_MAX_WRAPPED_DK];
} cs_key_record;

/* Reads a record of at most CS_MAX_KEY_RECORD bytes: CS_BAD_JSON, CS_TOO_LARGE, CS_MISSING_FIELD, CS_UNKNOWN_FIELD and
 * the errors of cs_birth_check, with the member in `fault`; out->birth is zeroed then. */
CS_MUST_CHECK cs_err cs_key_record_parse(cs_key_record *out, cs_fault *fault, cs_slice json);
/* Appends it, on one line. The errors of cs_birth_check. */
CS_MUST_CHECK cs_err cs_key_record_write(cs_buf *out, const cs_birth *birth);

#endif
