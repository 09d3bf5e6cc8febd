/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of a hardware vendor, judged under a policy: alone ("raw": a Nitro document, a token, a report with its
 * certificates), and as a part of a document of ours (attest_verify.c), by the same two steps: what is proven, and
 * whether the policy allows it. Which vendor it is, the policy says, never the evidence.
 */
#ifndef CS_CORE_EVIDENCE_H
#define CS_CORE_EVIDENCE_H

#include "core/attest.h"
#include "core/vendor.h"

/* Whether the policy pins a root for development: vendor mock, or a root that is not the vendor's own. */
bool cs_evidence_is_development(const cs_policy *policy);
/* The pinned root of a hardware policy as verdicts name it; zeroed where there is none. */
cs_root_kind cs_evidence_root(uint8_t sha256[CS_SHA256_LEN], const cs_policy *policy);

/* Proves evidence that must commit to `commitment` (36 bytes, attest.h). *out is given to cs_proven_free in any case.
 */
CS_MUST_CHECK cs_err cs_evidence_prove(cs_proven *out, const cs_policy *policy, cs_slice evidence,
                                       const cs_prove_at *at, cs_slice commitment);
/* Copies into a verdict what it shows of proven evidence. */
void cs_verdict_show(cs_verdict *verdict, const cs_proven *proven);
/* Debug, then the policy's lists and floors. */
CS_MUST_CHECK cs_err cs_evidence_allow(const cs_policy *policy, const cs_proven *proven);

/* What raw evidence must hold. Absent slices are not compared: who leaves all three out knows only that such a machine
 * ran, not for whom. */
typedef struct cs_evidence_expect {
    bool allow_mock;
    cs_clock_mode clock;
    int64_t now;         /* seconds: live evaluation time */
    int64_t entry_time;  /* stored: when the evidence was recorded */
    bool dated;          /* stored: a witness dates the record */
    cs_slice nonce;      /* the nonce that the vendor carries beside the binding (Nitro, MAA client payload) */
    cs_slice binding;    /* the vendor's field for the caller, exactly: user_data, eat_nonce, report data, extraData */
    cs_slice public_key; /* Nitro public_key */
    cs_chain_cache *chains; /* as in cs_expect */
} cs_evidence_expect;

/*
 * Judges a vendor's evidence as it came. Returns verdict->reason; evidence_time and note say what else was found.
 * Order: development root, size, proof and bindings, debug, policy, age (by the vendor's time; evidence that has none
 * has no age, only its binding shows that it is fresh), date. CS_ATT_VENDOR_MISMATCH under a policy of vendor mock.
 */
CS_MUST_CHECK cs_err cs_evidence_verify(cs_verdict *verdict, cs_slice evidence, const cs_policy *policy,
                                        const cs_evidence_expect *expect);

/* Appends a JSON object with everything that evidence of this vendor says, unjudged. CS_POLICY_VENDOR for a vendor that
 * is not built in. */
CS_MUST_CHECK cs_err cs_evidence_describe(cs_buf *out, cs_vendor vendor, cs_slice evidence);
/*
 * The same for bytes of which only they themselves say what they are: a document of ours as
 *   {"document":{alg, typ, …},"claims":{…},"evidence":{…}}      (evidence is null for vendor mock)
 * and evidence alone as the vendor's whose form it has. CS_ATT_EVIDENCE_FORMAT if it has nobody's.
 */
CS_MUST_CHECK cs_err cs_evidence_describe_any(cs_buf *out, cs_slice bytes);

#endif
