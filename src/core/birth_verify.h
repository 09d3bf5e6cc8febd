/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging birth attestations: offline under the manifest of a release, and where a key is born under a policy.
 *
 * Offline, certificates are judged at the document's own time: they live for hours, and a birth is verified for years.
 * So nobody but the root dates the document, and whoever needs more than its word keeps his own record of when he
 * received it. A manifest is that of the release the key was born under: a later release changes nothing about it.
 */
#ifndef CS_CORE_BIRTH_VERIFY_H
#define CS_CORE_BIRTH_VERIFY_H

#include "core/birth.h"
#include "core/evidence.h"
#include "core/manifest.h"

#define CS_MAX_BIRTH_CLOCK_MS 60000 /* between the enclave's clock and its root's */

/* What was found; all zero as far as the judgement did not come. */
typedef struct cs_birth_verdict {
    cs_err reason;
    bool software_nsm; /* the pinned root is not AWS's: whatever was verified, software said it */
    bool proven;       /* a document under that root: the members below say what it holds */
    uint8_t root_sha256[CS_SHA256_LEN];
    uint8_t user_data_sha256[CS_SHA256_LEN]; /* zero if it has none */
    int64_t attested_at_ms;                  /* by the root's clock */
    uint8_t pcrs[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN];
} cs_birth_verdict;

/*
 * Judges a birth attestation under a manifest and for a birth. Returns verdict->reason; in this order:
 *   CS_ATT_MOCK_REFUSED       the manifest's root is not AWS's, and `allow_software` is not set
 *   those of cs_nitro_prove   form, algorithm, root, chain, certificates' time (the document's own), signature
 *   CS_ATT_DEBUG              a debugger could look inside
 *   CS_ATT_REGISTER_MISSING, CS_ATT_IMAGE_NOT_ALLOWED   registers 0, 1, 2 and 8 are not the manifest's
 *   those of cs_birth_compare
 *   CS_BIRTH_CLOCK            the birth is dated more than 60 s from the document
 * and CS_NO_MEMORY, CS_CRYPTO.
 */
CS_MUST_CHECK cs_err cs_birth_verify(cs_birth_verdict *verdict, cs_slice document, const cs_manifest *manifest,
                                     const cs_birth *birth, bool allow_software);
/* Appends {ok, reason, verified_pcrs, user_data_sha256, nitro_root_der_sha256, software_nsm, attested_at}; members that
 * nothing was verified of are null. */
void cs_birth_verdict_json(cs_buf *out, const cs_birth_verdict *v);

/*
 * The same where the key was just born, under a pinned policy of the vendor: evidence.h judges the document with
 * `expect`, whose `binding` and `nonce` must be absent, then it is compared with the birth as above.
 * CS_ATT_NONCE_MISMATCH: it was made with another record, release or version. Returns verdict->reason.
 */
CS_MUST_CHECK cs_err cs_birth_verify_live(cs_verdict *verdict, cs_slice document, const cs_policy *policy,
                                          const cs_birth *birth, const cs_birth_rest *rest,
                                          const cs_evidence_expect *expect);

#endif
