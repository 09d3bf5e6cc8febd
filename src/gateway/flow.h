/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole path of POST /v1/sign. Start reading here. A batch (batch.h) goes the same way with many at once, a dry run
 * (dry_run.h) ends before the enclave; both use the steps of this file.
 */
#ifndef CS_GATEWAY_FLOW_H
#define CS_GATEWAY_FLOW_H

#include "gateway/signing.h"

/* {keyId, payload | preHash + payloadSize, nonce?, metadata?, dryRun?} */
CS_MUST_CHECK cs_err cs_flow_sign(cs_call *c, cs_jw *w);

/* The same for 1 to CS_FLOW_TOGETHER requests that came at the same time; each has its own error. */
#define CS_FLOW_TOGETHER 16 /* as many as one frame takes, so that no team has all the work while another has none */
void cs_flow_sign_together(cs_err *errs, cs_call *const *calls, cs_jw *const *answers, size_t n);

/* The key of the request, if the caller may have to do with it. */
CS_MUST_CHECK cs_err cs_flow_find_key(cs_signing *s, cs_call *c);

/* What key, request and vault policies must fulfil before the enclave is asked, in this order. */
typedef cs_err (*cs_flow_check)(cs_signing *s, cs_call *c);
#define CS_FLOW_CHECKS 4
extern const cs_flow_check cs_flow_checks[CS_FLOW_CHECKS];

/* All of them; from here on the key cannot be revoked without waiting for this signature. */
CS_MUST_CHECK cs_err cs_flow_admit(cs_signing *s, cs_call *c);

/* The verdict on what it answered, under the key's policy. */
CS_MUST_CHECK cs_err cs_flow_judge(cs_signing *s, cs_call *c);

/* Two documents had the same counter, which only the store could see. */
void cs_flow_judge_counter(cs_signing *s);

#endif
