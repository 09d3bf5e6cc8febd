/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the time of an ML-DSA signature tell which key made it? A report, no test: a statistic has chance in it.
 *
 * Signatures by one key and by keys drawn anew are timed in a random order, all of them copied to the same memory
 * first. Signatures that took equally many attempts, which FIPS 204 lets anybody know, are compared by Welch's t-test.
 */
#ifndef CS_BENCH_TIMING_H
#define CS_BENCH_TIMING_H

#include "bench/report.h"
#include "core/err.h"

/* A row for each parameter set, backend and number of attempts up to 4. |t| beyond 4.5 would be a reason to look;
 * `seconds` for each backend and set. */
CS_MUST_CHECK cs_err cs_timing_measure(cs_report *r, double seconds);

#endif
