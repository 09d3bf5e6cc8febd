/* SPDX-License-Identifier: Apache-2.0 */
/* What judging a vendor's evidence costs, against the signatures alone that have to be verified for it. */
#ifndef CS_BENCH_EVIDENCE_H
#define CS_BENCH_EVIDENCE_H

#include "bench/report.h"
#include "core/err.h"

/* A Nitro document under five certificates, as AWS makes them: judged anew, and with its chain remembered. On one
 * thread, in turns with the P-384 verifications by themselves; `seconds` for each. */
CS_MUST_CHECK cs_err cs_evidence_measure(cs_report *r, double seconds);

#endif
