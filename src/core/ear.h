/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict as an EAT Attestation Result (draft-ietf-rats-ear): the JSON claims set, for those who collect results of
 * several verifiers in one form. It is not signed here: whoever passes it on signs it in an envelope of theirs.
 */
#ifndef CS_CORE_EAR_H
#define CS_CORE_EAR_H

#include "core/attest.h"

/*
 * Appends
 *   {eat_profile, iat, "ear.verifier-id", submods: {"<vendor>": {"ear.status", "ear.trustworthiness-vector",
 *    "ear.appraisal-policy-id", "countersign.reason"}}}
 * for a verdict under `policy`, made at `now` (seconds since 1970). The status is affirming for CS_OK and
 * contraindicated for everything else; the vector says which part of the trust it was. Members about which a document
 * says nothing are absent. Errors of cs_policy_canonical.
 */
CS_MUST_CHECK cs_err cs_ear_write(cs_buf *out, const cs_verdict *verdict, const cs_policy *policy, int64_t now);

#endif
