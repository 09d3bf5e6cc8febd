/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger module by itself, in this process, on a store beside the service's: entries that 64 threads append, each
 * durable and with its inclusion proof before the next; proofs out of a large ledger; what a restart costs.
 */
#ifndef CS_BENCH_LEDGER_H
#define CS_BENCH_LEDGER_H

#include "bench/report.h"

/* Adds its rows. `append_us`: a durable append where `folder` is. `large`: entries of the large ledger. */
CS_MUST_CHECK cs_err cs_ledger_bench(cs_report *report, const char *folder, double seconds, double append_us,
                                     size_t large);

#endif
