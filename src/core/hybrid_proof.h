/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a Hybrid Attest attestation offline (protocol/hybrid.md §5): both signatures of the pair, the record of it,
 * and the countersignature over the record.
 *
 * The attestation is what the server answers for it, the countersignature a bundle (bundle.h). Nothing in the two is
 * trusted: the pair is verified again, the record must be the one of this pair, byte for byte, and the bundle is judged
 * by what the caller has pinned.
 */
#ifndef CS_CORE_HYBRID_PROOF_H
#define CS_CORE_HYBRID_PROOF_H

#include "core/bundle.h"
#include "core/hybrid.h"

/* An attestation that was read. Free it, whatever was returned. */
typedef struct cs_hybrid_proof {
    cs_json *json;
    cs_hybrid pair;
    cs_slice record;   /* text */
    cs_slice metadata; /* its text as it was given; absent: none */
} cs_hybrid_proof;

/* Reads the answer for an attestation, whole or only its `data`: the members of the pair, `record` and `metadataText`
 * (null or absent: none). Members besides are read over, as nothing is relied on that they say. CS_HYBRID_FORMAT with
 * the member in `fault` (may be NULL), or CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_hybrid_proof_parse(cs_hybrid_proof *out, cs_fault *fault, cs_slice text);
void cs_hybrid_proof_free(cs_hybrid_proof *p);

/* What was found, as far as the checks got. */
typedef struct cs_hybrid_report {
    cs_err reason; /* CS_OK: fully verified */
    cs_hybrid_result pair;
    bool recorded; /* the record is the one of this pair: the next four mean something */
    char id[CS_MAX_ID + 1], pqc_key_id[CS_MAX_ID + 1];
    int64_t created_ms;
    uint8_t record_sha256[CS_SHA256_LEN]; /* what the ledger has of it */
    bool countersigned;                   /* the countersignature was judged; its `reason` may still refuse */
    cs_bundle_report countersignature;
} cs_hybrid_report;

/*
 * Judges an attestation; returns report->reason. Order and reasons:
 *   both signatures of the pair               CS_PQC_004
 *   the record is the one of this pair        CS_HYBRID_RECORD
 *   the bundle, over prefix and record, by a key of purpose hybrid, under what is pinned
 *                                             the reasons of cs_bundle_verify
 *   the record's time is the signature's      CS_HYBRID_TIME: not within the policy's maxDocAgeSeconds before it, or
 *                                             60 s behind it
 * Of `pinned`, payload, message and purpose are not read.
 */
CS_MUST_CHECK cs_err cs_hybrid_proof_verify(cs_hybrid_report *report, const cs_hybrid_proof *p, const cs_bundle *bundle,
                                            const cs_bundle_expect *pinned);

/* Appends {ok, reason, ecdsaValid, pqcValid, ecdsaScheme, signerAddress, id, pqcKeyId, createdAt, recordSha256,
 * countersignature}: null where nothing was established; the last is the verdict of the bundle. */
void cs_hybrid_report_json(cs_buf *out, const cs_hybrid_report *report);

#endif
