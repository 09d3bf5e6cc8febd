/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: POST /v1/sign/hybrid {message, ecdsaSignature, ecdsaPublicKey, pqcSignature, pqcPublicKey, algorithm,
 * chain?, ecdsaScheme?, metadata?, environment?}.
 *
 *     read → verify both halves → is the public key registered? → record → countersign → store → answer
 *
 * Nothing is stored before both halves have verified. Pair, record, ledger entry and countersignature are one
 * transaction.
 */
#ifndef CS_GATEWAY_HYBRID_SIGN_H
#define CS_GATEWAY_HYBRID_SIGN_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_hybrid_sign(cs_call *c, cs_jw *w);

/* The same for 1 to CS_FLOW_TOGETHER requests that came at the same time; each has its own error. */
void cs_hybrid_sign_together(cs_err *errs, cs_call *const *calls, cs_jw *const *answers, size_t n);

#endif
