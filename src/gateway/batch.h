/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /v1/sign/batch: up to CS_MAX_BATCH signatures in one request. Each item goes the way of a single one (flow.h)
 * and has its own result or error; several are under way to the enclave at the same time, and all are recorded in one
 * transaction, so the disk is waited for once.
 */
#ifndef CS_GATEWAY_BATCH_H
#define CS_GATEWAY_BATCH_H

#include "gateway/call.h"

/* {items:[{keyId, payload | preHash + payloadSize, nonce?, metadata?}]}. Writes
 *     "data":{signed, refused, items:[{index, ok:true, data:{…as of /v1/sign, the signature under one name}},
 *                                     {index, ok:false, error, code, details}]},
 * one item for each and in their order. Errors: of the request as a whole; and if nothing was signed because the
 * enclave or the store is not to be had, that one. */
CS_MUST_CHECK cs_err cs_batch_sign(cs_call *c, cs_jw *w);

#endif
