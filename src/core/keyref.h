/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a part of a key lies that is not in its sealed record: provider, the provider's name of its key, and, of a
 * half, the public key that was bound when the key was born. Whatever signs elsewhere must verify under that.
 *
 *   reference = lp16(provider) ‖ lp16(resource) ‖ lp16(public bytes)
 *
 * It stands in the record's associated data (enclave/seal.h); a half that is in the record has an empty one.
 */
#ifndef CS_CORE_KEYREF_H
#define CS_CORE_KEYREF_H

#include "core/alg.h"

typedef struct cs_keyref {
    cs_slice provider;   /* "aws-kms" */
    cs_slice resource;   /* ARN of the key */
    cs_slice public_key; /* as crypto.h has it */
} cs_keyref;

void cs_keyref_write(cs_buf *out, const cs_keyref *r);
/* Slices point into `bytes`; all are absent if that is empty. CS_SEAL_BROKEN for anything else that is no reference of
 * a key of this primitive. */
CS_MUST_CHECK cs_err cs_keyref_read(cs_keyref *out, cs_prim prim, cs_slice bytes);

/* What a sealed record says of itself before it is opened: good to be shown, no proof of anything. */
typedef struct cs_keyrefs {
    cs_keyref kek; /* provider and resource; "env" and the id of its key */
    cs_keyref trad, pq;
} cs_keyrefs;
/* Slices point into `record`. CS_SEAL_BROKEN if that is none. */
CS_MUST_CHECK cs_err cs_keyrefs_of_record(cs_keyrefs *out, cs_slice record);

#endif
