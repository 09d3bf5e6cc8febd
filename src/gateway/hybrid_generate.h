/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: POST /v1/keys/generate {algorithm, chain?, label?, format?: expanded | seed, environment?}.
 *
 * The enclave makes an ML-DSA key pair for the caller; the public key is registered, and the private key is in the
 * answer, once. It crosses this process in buffers that are wiped, and is kept nowhere: of all private keys only these
 * are ever in the gateway's memory.
 */
#ifndef CS_GATEWAY_HYBRID_GENERATE_H
#define CS_GATEWAY_HYBRID_GENERATE_H

#include "gateway/call.h"

/* CS_PQC_003: the enclave cannot make one. */
CS_MUST_CHECK cs_err cs_hybrid_generate(cs_call *c, cs_jw *w);

#endif
