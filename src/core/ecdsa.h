/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures of P-256 and P-384 as bytes; the public conversions stand in crypto.h. */
#ifndef CS_CORE_ECDSA_H
#define CS_CORE_ECDSA_H

#include "core/crypto.h"

/* True for a big-endian scalar of the field's size in [1, n - 1]. Its time tells how many leading bytes the scalar has
 * in common with zero and with n: for the secret scalars that are tried here, which are random, nothing. */
bool cs_ecdsa_scalar_ok(cs_prim prim, cs_slice scalar);

/* Appends the same signature with s <= (n - 1) / 2, as strict DER. CS_BAD_SIGNATURE if `sig` is malformed. */
CS_MUST_CHECK cs_err cs_ecdsa_low_s(cs_buf *der, cs_prim prim, cs_slice sig);

/* ECPrivateKey with the named curve and without the public key [RFC 5915 §3, LAMPS composite §4]: 51 bytes for P-256,
 * 64 for P-384. CS_BAD_PRIVATE_KEY if the scalar is out of range. */
CS_MUST_CHECK cs_err cs_ec_private_der(cs_secret *der, cs_prim prim, cs_slice scalar);

/* Reads exactly that form back into the scalar. */
CS_MUST_CHECK cs_err cs_ec_private_scalar(cs_secret *scalar, cs_prim prim, cs_slice der);

#endif
