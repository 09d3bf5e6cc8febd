/* SPDX-License-Identifier: Apache-2.0 */
/* What clients see when far too many come at once, and how long the service is gone when it is killed. */
#ifndef CS_BENCH_OUTAGE_H
#define CS_BENCH_OUTAGE_H

#include "bench/report.h"
#include "bench/service.h"

#define CS_OVERLOAD_CLIENTS 2000 /* about twice as many as may wait; who is turned away asks again at once */

/* Overload for `seconds`, then the time until a client is served again. */
CS_MUST_CHECK cs_err cs_overload_bench(cs_report *r, const cs_service *s, double seconds);

/* Kills the `n` processes and the program that started them, starts `program` on the same state, and waits until it
 * signs. The processes have other ids then. */
CS_MUST_CHECK cs_err cs_kill_bench(cs_report *r, cs_service *s, const int *pids, size_t n, const char *program,
                                   const char *folder);

#endif
