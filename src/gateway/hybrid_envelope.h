/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelopes of the Hybrid Attest door: {"data":…,"meta":{requestId,timestamp}} and
 * {"error":{code,message,details:{reason,field?,…}},"meta":…}.
 *
 * This door has codes of its own, few and with one HTTP status each: AUTH_001 to 005, RATE_001, PQC_001 to 005. What
 * they do not say is GEN_001, a request that cannot be met as it is (400, or what HTTP has for it: 404, 405, 408, 409,
 * 413, 415, 422), or GEN_002, trouble of ours (500, 503). `details.reason` is the code that the other doors have.
 */
#ifndef CS_GATEWAY_HYBRID_ENVELOPE_H
#define CS_GATEWAY_HYBRID_ENVELOPE_H

#include "gateway/envelope.h"

/* Opens the object of a success; the handler writes "data" (and "pagination"), cs_hybrid_envelope_end adds "meta". */
cs_jw cs_hybrid_envelope_begin(cs_buf *out);
void cs_hybrid_envelope_end(cs_jw *w, const char *request_id, int64_t now_ms);

/* What happened, as far as the answer tells it. */
typedef struct cs_hybrid_failure {
    const cs_fault *fault;
    bool shown;                  /* credentials of the right form were there (cs_caller) */
    cs_err reason;               /* why an attestation was refused; CS_OK where none was */
    const cs_violated *violated; /* may be NULL */
} cs_hybrid_failure;

/* Appends the object of a failure; its HTTP status. */
int cs_hybrid_envelope_error(cs_buf *out, const cs_hybrid_failure *f, const char *request_id, int64_t now_ms);

#endif
