/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P-384 keys in files: private keys in PEM as other tools make them and read them, and signatures that are the same
 * each time, so that whoever builds an image again gets the same bytes.
 */
#ifndef CS_CORE_CRYPTO_PEM_H
#define CS_CORE_CRYPTO_PEM_H

#include "core/crypto.h"

/* Opens the one private key of `pem`, not encrypted ("PRIVATE KEY" or "EC PRIVATE KEY"). CS_BAD_PRIVATE_KEY for
 * anything but a key of P-384. `pem` is the caller's to wipe. */
CS_MUST_CHECK cs_err cs_key_from_pem(cs_key **out, cs_slice pem);

/* Appends a private key as PEM, PKCS#8, not encrypted; `out` wipes itself (cs_buf_new_wiped). CS_BAD_PRIVATE_KEY unless
 * `key` is one of P-384. */
CS_MUST_CHECK cs_err cs_key_to_pem(cs_buf *out, const cs_key *key);

/* Appends r || s (96 bytes) of ECDSA with SHA-384 over `message`, the nonce derived from key and message [RFC 6979
 * §3.2]. CS_BAD_PRIVATE_KEY unless `key` is one of P-384. */
CS_MUST_CHECK cs_err cs_key_sign_repeatably(cs_buf *raw, const cs_key *key, cs_slice message);

#endif
