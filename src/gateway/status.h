/* SPDX-License-Identifier: Apache-2.0 */
/* How the service is: alive, ready, and which enclave stands behind it. */
#ifndef CS_GATEWAY_STATUS_H
#define CS_GATEWAY_STATUS_H

#include "gateway/call.h"

/* GET /health, /livez: the process serves. */
CS_MUST_CHECK cs_err cs_status_alive(cs_call *c, cs_jw *w);
/* GET /readyz[?verbose]: 503 unless it can sign; verbose names the parts. `warnings`: what will keep it from signing
 * if nobody does anything, such as pinned keys that end. */
CS_MUST_CHECK cs_err cs_status_ready(cs_call *c, cs_jw *w);
/* GET /v1/enclave: to be compared with what was pinned out of band. */
CS_MUST_CHECK cs_err cs_status_enclave(cs_call *c, cs_jw *w);

#endif
