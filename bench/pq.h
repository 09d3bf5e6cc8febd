/* SPDX-License-Identifier: Apache-2.0 */
/* The PQ Signer door through all zones and a KMS for development: what a signature takes, and where. */
#ifndef CS_BENCH_PQ_H
#define CS_BENCH_PQ_H

#include "bench/report.h"
#include "core/err.h"

/* One client signs with one key: each time with a released data key, to a fresh recipient key and to one that is used
 * again, and with the opened key kept. The KMS's share is its processor time for a call, for it shares the machine. */
CS_MUST_CHECK cs_err cs_pq_bench(cs_report *r, const char *program, const char *folder, double seconds);

#endif
