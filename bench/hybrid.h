/* SPDX-License-Identifier: Apache-2.0 */
/* Hybrid Attest: pairs that are verified and recorded, against the two verifications by themselves. */
#ifndef CS_BENCH_HYBRID_H
#define CS_BENCH_HYBRID_H

#include "bench/report.h"
#include "bench/service.h"

/* Registers an ML-DSA key, has 8 clients send a pair again and again, each of which becomes a durable attestation, and
 * adds what came of it. The realm has no key that countersigns. `gateway` is the process that is looked at,
 * `engine` is put behind the names of the rows. */
CS_MUST_CHECK cs_err cs_hybrid_bench(cs_report *r, const cs_service *s, double seconds, int gateway,
                                     const char *engine);

#endif
