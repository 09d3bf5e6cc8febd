/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CS_CLI_EVIDENCE_H
#define CS_CLI_EVIDENCE_H

#include "core/attest.h"
#include "sys/options.h"

/* `attest verify --evidence`: judges a vendor's evidence as it came, without a document of ours around it. Returns the
 * exit code. */
int cs_evidence_judge(const cs_args *args);

/* Reads --at into `at`, seconds since 1970: RFC 3339 in UTC or seconds; now if it is not given. */
CS_MUST_CHECK int cs_evidence_time(int64_t *at, const cs_args *args);
/* Prints the verdict as --json or --ear want it. False if neither is asked for. */
bool cs_evidence_print(const cs_verdict *v, const cs_policy *policy, int64_t at, const cs_args *args);

#endif
