/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's judgement of a document that came with a key or a signature, before anything is stored: under the key's
 * bound policy, or, where none is bound, under the identity that the enclave itself gives.
 */
#ifndef CS_GATEWAY_JUDGE_H
#define CS_GATEWAY_JUDGE_H

#include "gateway/call.h"

typedef struct cs_judgement {
    cs_err reason;       /* CS_OK: all that `expect` asked for is proven */
    bool released;       /* the document may leave: proven, or its policy only watches (enforce false) */
    const char *verdict; /* "pass", "fail", or "absent" without a policy */
    cs_verdict details;
} cs_judgement;

/* Judges answer->reply.document. `bound` is NULL where no policy is; `usable` is CS_OK or why the bound policy cannot
 * be used. `expect` lacks clock and allow_mock, which are filled in. A result other than CS_OK is no judgement but a
 * failure to judge. */
CS_MUST_CHECK cs_err cs_judge(cs_judgement *out, cs_call *c, const cs_policy *bound, cs_err usable,
                              const cs_answer *answer, cs_expect *expect);

/* The purpose that a document about the key must name. */
cs_purpose cs_judge_purpose(const cs_key_row *k);

/* Writes vendor, imageHash, counter, docB64, verdict, reason?, policyId, policyVersion. */
void cs_judge_write(cs_jw *w, const cs_judgement *j, cs_slice document, const char *policy_id, int64_t policy_version);

#endif
