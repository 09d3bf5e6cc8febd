/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the claims of a document, strictly: each has one canonical text (protocol/attestation.md §2). Nothing is
 * judged here; who reads has verified the proof.
 */
#ifndef CS_CORE_ATTEST_CLAIMS_H
#define CS_CORE_ATTEST_CLAIMS_H

#include "core/attest.h"

#define CS_MAX_SECONDS 253402300799LL /* end of the year 9999 */

typedef struct cs_claims_in {
    cs_claims claims; /* texts borrowed from the JSON document, bytes from `memory` */
    cs_slice image;   /* vendor mock: the 32 bytes of claims.image_hash */
    cs_buf facts;
    uint8_t memory[512];
} cs_claims_in;

/* Reads what a document of this kind and vendor claims, and copies into the verdict what it shows. CS_ATT_CLAIMS if one
 * is missing, of another type, out of range or not canonical. `in` must stay where it is. */
CS_MUST_CHECK cs_err cs_attest_claims_read(cs_claims_in *in, cs_verdict *verdict, cs_jobj *object, cs_attest_kind kind,
                                           cs_vendor vendor);
/* Whether the facts that a mock document states again, under the names of published clients, are the same. */
bool cs_attest_claims_agree(const cs_claims *claims, cs_jobj *object);

#endif
