/* SPDX-License-Identifier: Apache-2.0 */
/* What the primitives of the sign path cost by themselves, on one thread, through the same door as the product. */
#ifndef CS_BENCH_PRIMITIVES_H
#define CS_BENCH_PRIMITIVES_H

#include "bench/report.h"
#include "core/err.h"

/* Measured in this order. The costs from CS_COST_INPUT_SIGN on belong to one attested signature only. */
typedef enum cs_cost_id {
    CS_COST_MLDSA44_SIGN,
    CS_COST_MLDSA44_VERIFY,
    CS_COST_MLDSA65_SIGN,
    CS_COST_MLDSA65_VERIFY,
    CS_COST_MLDSA87_SIGN,
    CS_COST_MLDSA87_VERIFY,
    CS_COST_ED25519_SIGN,
    CS_COST_ED25519_VERIFY,
    CS_COST_P256_SIGN,
    CS_COST_P256_VERIFY,
    CS_COST_SHA256_KIB,
    CS_COST_SHA256_MIB,
    CS_COST_INPUT_SIGN,
    CS_COST_INPUT_VERIFY,
    CS_COST_PATH_HASHES,
    CS_COST_COUNT
} cs_cost_id;

/* Two rounds, before and after the load, so that a machine that grew slower in between is seen. */
typedef struct cs_cost {
    double mean_ns[2];
    double p50_ns[2];
} cs_cost;

/* Measures every cost for `seconds` each and writes it into its round (0 or 1). */
CS_MUST_CHECK cs_err cs_primitives_measure(cs_cost costs[CS_COST_COUNT], int round, double seconds);
/* Nanoseconds: mean of both rounds. */
double cs_primitives_mean(const cs_cost *cost);
/* Nanoseconds of everything that one attested mldsa65+ed25519 signature of 1 KiB must compute. */
double cs_primitives_path(const cs_cost costs[CS_COST_COUNT]);
/* Adds the rows. */
void cs_primitives_report(cs_report *r, const cs_cost costs[CS_COST_COUNT]);

#endif
