/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about keys in the JSON of AWS KMS, and its answers, read strictly [AWS KMS API reference]. The agent relays
 * them, the enclave sends them through its tunnel.
 *
 * Where a recipient was named, an answer with a data key in the clear is refused: that is how a service shows that it
 * has not looked at the attestation at all. Where none was, the data key is in the clear, and whoever reads the answer
 * has it.
 */
#ifndef CS_CORE_KMS_JSON_H
#define CS_CORE_KMS_JSON_H

#include "core/kms_frame.h"

#define CS_KMS_MAX_REGION 32

/* Takes a key's ARN apart: arn:PARTITION:kms:REGION:ACCOUNT:key/ID or alias/NAME. CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_kms_json_region(char region[CS_KMS_MAX_REGION + 1], cs_slice arn);

/* Whether a text can be the name of a region, and so a part of a host's name. */
bool cs_kms_json_is_region(cs_slice s);

/* Appends the JSON of the request; its name is returned, NULL if AWS KMS has nothing of the kind. */
const char *cs_kms_json_write(cs_buf *body, const cs_kms_request *r);

/* Reads an answer of status 200. The slices of *out point into `bytes`, which wipes itself. CS_KMS_PLAINTEXT as above;
 * CS_KMS_ANSWER if a member is missing or malformed, or if it is about another key. */
CS_MUST_CHECK cs_err cs_kms_json_read(cs_kms_reply *out, cs_buf *bytes, const cs_kms_request *r, cs_slice body);

#endif
