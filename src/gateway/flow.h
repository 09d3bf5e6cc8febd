/* SPDX-License-Identifier: Apache-2.0 */
/* The whole path of POST /v1/sign. Start reading here. */
#ifndef CS_GATEWAY_FLOW_H
#define CS_GATEWAY_FLOW_H

#include "gateway/call.h"

/* {keyId, payload | preHash + payloadSize, nonce?, metadata?} */
CS_MUST_CHECK cs_err cs_flow_sign(cs_call *c, cs_jw *w);

#endif
