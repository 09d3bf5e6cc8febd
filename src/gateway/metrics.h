/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway counts: how long the stages of a request take, how requests end, what enters the ledgers.
 *
 * Counting takes no lock and never fails; the numbers of one reading need not belong to the same moment. Nothing here
 * names an org, a key or a caller.
 */
#ifndef CS_GATEWAY_METRICS_H
#define CS_GATEWAY_METRICS_H

#include "core/slice.h"

/* The stages of a request; their times are histograms. */
typedef enum cs_stage {
    CS_STAGE_QUEUE,   /* from a request's last byte until a worker takes it */
    CS_STAGE_ENCLAVE, /* a signature's way to the enclave and back */
    CS_STAGE_VERIFY,  /* judging an attestation, the wait for a processor included */
    CS_STAGE_COMMIT,  /* until what a request writes is on the disk */
    CS_STAGE_REQUEST, /* from a request's last byte until its answer is written */
    CS_STAGE_COUNT
} cs_stage;

typedef struct cs_metrics cs_metrics;

CS_MUST_CHECK cs_err cs_metrics_open(cs_metrics **out);
void cs_metrics_close(cs_metrics *m); /* NULL is allowed */

/* Every function that counts takes NULL for `m` and counts nothing then. Microseconds; negative counts as 0. */
void cs_metrics_time(cs_metrics *m, cs_stage stage, int64_t us);
/* An answered request. `method` and `route` are texts that live as long as the process; NULL for both where no route
 * was found. */
void cs_metrics_request(cs_metrics *m, const char *method, const char *route, int status);
/* An entry of a ledger; `type` as above. */
void cs_metrics_event(cs_metrics *m, const char *type);

/* An error of the PQ Signer door: the class that the client is told, and the code of the cause; texts as above. */
void cs_metrics_failure(cs_metrics *m, const char *class, const char *cause);

/* The time that `permille` of a stage's observations did not exceed: the upper end of the bucket, in microseconds; 0
 * where there are none yet. Times beyond the last bucket give its lower end. */
int64_t cs_metrics_quantile(const cs_metrics *m, cs_stage stage, int permille);
int64_t cs_metrics_observations(const cs_metrics *m, cs_stage stage);

/* The name of a stage, as it is labelled. */
const char *cs_stage_name(cs_stage stage);

/* Appends all of it in the Prometheus text format 0.0.4. */
void cs_metrics_write(cs_buf *out, const cs_metrics *m);
/* Appends a gauge of somebody else's; `help` is one line without backslashes. */
void cs_metrics_write_gauge(cs_buf *out, const char *name, const char *help, int64_t value);
/* Appends a gauge that is 1 and says something with its label; the value of that has no quotes, backslashes and ends of
 * lines. */
void cs_metrics_write_info(cs_buf *out, const char *name, const char *help, const char *label, const char *value);

#endif
