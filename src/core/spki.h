/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys of single primitives as a KMS gives them: SubjectPublicKeyInfo of P-256 [RFC 5480], Ed25519 [RFC 8410]
 * and ML-DSA [RFC 9881]. Each has one encoding in DER; nothing else is taken.
 */
#ifndef CS_CORE_SPKI_H
#define CS_CORE_SPKI_H

#include "core/crypto.h"

/* The public bytes of a key of this primitive (crypto.h), pointing into `der`. CS_BAD_PUBLIC_KEY for anything else than
 * such a key; whether the point is one of the curve is told when it is opened. */
CS_MUST_CHECK cs_err cs_spki_read(cs_slice *public_bytes, cs_prim prim, cs_slice der);

#endif
