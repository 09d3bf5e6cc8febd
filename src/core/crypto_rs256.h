/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures as a cloud's service account makes them: RSASSA-PKCS1-v1_5 with SHA-256 [RFC 8017 §8.2, RFC 7518 §3.3]. */
#ifndef CS_CORE_CRYPTO_RS256_H
#define CS_CORE_CRYPTO_RS256_H

#include "core/crypto.h"

/* Appends the signature of `message` by the one private key of `pem` (PKCS#8, not encrypted), which is the caller's to
 * wipe. CS_BAD_PRIVATE_KEY for anything but an RSA key of 2,048 to 4,096 bits; CS_CRYPTO, and the buffer's errors. */
CS_MUST_CHECK cs_err cs_rs256_sign(cs_buf *signature, cs_slice pem, cs_slice message);

#endif
