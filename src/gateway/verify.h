/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/verify. Needs neither the enclave nor a store that can write. */
#ifndef CS_GATEWAY_VERIFY_H
#define CS_GATEWAY_VERIFY_H

#include "gateway/call.h"

/* {payload | preHash + payloadSize, signature, keyId | publicKey} → {ok, algorithm, classicalOk, pqOk, recorded}; what
 * has a member of the Hybrid Attest door is answered there (hybrid_verify.h). */
CS_MUST_CHECK cs_err cs_verify_either(cs_call *c, cs_jw *w);

#endif
