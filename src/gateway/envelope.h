/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelopes of the Vault door: {"success":true,"data":…} and
 * {"success":false,"error":sentence,"code":…,"requestId":…,"details":{field?,reason?,policyId?,rule?}}.
 */
#ifndef CS_GATEWAY_ENVELOPE_H
#define CS_GATEWAY_ENVELOPE_H

#include "core/json.h"
#include "core/limits.h"

/* Opens the object of a success; the handler writes its members, cs_envelope_end closes it. */
cs_jw cs_envelope_begin(cs_buf *out);
void cs_envelope_end(cs_jw *w);

/* Writes a time, or null for 0. */
void cs_envelope_time(cs_jw *w, const char *name, int64_t ms);

/* The vault policy that refused, and the demand. */
typedef struct cs_violated {
    char policy_id[CS_MAX_ID + 1];
    const char *rule; /* NULL: none did */
} cs_violated;

/* Appends the object of a failure. `fault` gives code and field; `reason` is CS_OK where there is none; `violated` may
 * be NULL. */
void cs_envelope_error(cs_buf *out, const cs_fault *fault, cs_err reason, const cs_violated *violated,
                       const char *request_id);

/* The parts of it: the sentence under `name`; into an object that is open, field, policyId and rule. */
void cs_envelope_message(cs_jw *w, const char *name, const cs_fault *fault, cs_err reason);
void cs_envelope_details(cs_jw *w, const cs_fault *fault, const cs_violated *violated);

/* Writes error, code, requestId (NULL: none) and details of a failure into an object that is open. */
void cs_envelope_fault(cs_jw *w, const cs_fault *fault, cs_err reason, const cs_violated *violated,
                       const char *request_id);

#endif
