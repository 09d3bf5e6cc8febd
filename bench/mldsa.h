/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA by itself: each backend of our own engine against OpenSSL, measured in turns. */
#ifndef CS_BENCH_MLDSA_H
#define CS_BENCH_MLDSA_H

#include "bench/report.h"
#include "core/err.h"

/* Adds, for each parameter set and backend, mean and p99 of signing, verifying and opening from the seed, with how many
 * times as fast as OpenSSL it is. `seconds` for each operation. */
CS_MUST_CHECK cs_err cs_mldsa_measure(cs_report *r, double seconds);

/* One operation ("sign", "verify", "open") of the parameter set 44, 65 or 87 on a backend, `times` over with inputs
 * that depend on nothing else. CS_NOT_FOUND: no such backend or set. */
CS_MUST_CHECK cs_err cs_mldsa_loop(const char *backend, unsigned set, const char *operation, uint64_t times);

#endif
