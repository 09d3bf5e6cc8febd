/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The alarm: a thread that looks at the enclave now and then, also where nobody asks.
 *
 * If the enclave tells that its two engines for ML-DSA have disagreed, each org's live ledger gets an entry
 * `enclave.alarm` with the epoch and the count: one for each count that an epoch has risen to, whatever restarts in
 * between, since the ledger itself says what has been told.
 */
#ifndef CS_GATEWAY_ALARM_H
#define CS_GATEWAY_ALARM_H

#include "gateway/commit.h"
#include "gateway/identity.h"
#include "gateway/metrics.h"

#define CS_ALARM_EVENT "enclave.alarm"

typedef struct cs_alarm_config {
    cs_store *store;
    cs_commit *commit;
    cs_introducer *introducer;
    cs_metrics *metrics; /* may be NULL */
} cs_alarm_config;

typedef struct cs_alarm cs_alarm;

CS_MUST_CHECK cs_err cs_alarm_open(cs_alarm **out, const cs_alarm_config *config);
void cs_alarm_close(cs_alarm *a); /* NULL is fine */

#endif
