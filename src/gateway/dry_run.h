/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would become of a signature: every check that comes before the enclave, all of them and not only the first that
 * fails, and what can be foretold about the attestation. Nothing is asked of the enclave, nothing is written.
 */
#ifndef CS_GATEWAY_DRY_RUN_H
#define CS_GATEWAY_DRY_RUN_H

#include "gateway/signing.h"

/* The request is read and the key found. Writes
 *     "data":{dryRun:true, wouldSign, keyId, algorithm, signatureFormat, payloadSha256|payloadPreHash, payloadSize,
 *             attestation:{policyId, policyVersion, enforce, expected: "pass"|"fail"|"absent"|"unknown", reason?},
 *             refusals:[{code, error, reason?, policyId?, rule?}], warnings?:[…]}.
 * Errors are those that keep it from telling. */
CS_MUST_CHECK cs_err cs_dry_run(cs_signing *s, cs_call *c, cs_jw *w);

#endif
