/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: attestations as they are told: by the answer that makes one, by listings, and one by one with
 * everything that an offline check needs (protocol/hybrid.md).
 */
#ifndef CS_GATEWAY_HYBRID_RECORDS_H
#define CS_GATEWAY_HYBRID_RECORDS_H

#include "gateway/call.h"

/* ?keyId&chain&since&limit&cursor */
CS_MUST_CHECK cs_err cs_hybrid_records_list(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_hybrid_records_get(cs_call *c, cs_jw *w);
/* The bundle of its countersignature; CS_NOT_FOUND if it has none. */
CS_MUST_CHECK cs_err cs_hybrid_records_bundle(cs_call *c, cs_jw *w);

/* An attestation, fresh or stored. Everything is borrowed. */
typedef struct cs_hybrid_view {
    const char *algorithm;
    cs_slice pqc_public_key;
    const cs_hybrid_row *row;
    uint64_t seq;
    const char *entry_id;
} cs_hybrid_view;

/* Writes the members that every answer has. */
void cs_hybrid_records_write(cs_jw *w, const cs_hybrid_view *v);
/* Writes what an offline check needs besides, the countersignature apart: both signatures and the record. */
void cs_hybrid_records_write_pair(cs_jw *w, const cs_hybrid_view *v);

/* An attestation of the caller's realm. CS_NOT_FOUND; CS_WRONG_ENVIRONMENT. */
CS_MUST_CHECK cs_err cs_hybrid_records_find(cs_hybrid_record_row *out, cs_call *c, cs_slice id);
/* The row as it was put, borrowed from `r`. */
cs_hybrid_row cs_hybrid_records_row(const cs_hybrid_record_row *r);

#endif
