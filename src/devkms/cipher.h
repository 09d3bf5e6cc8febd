/* SPDX-License-Identifier: Apache-2.0 */
/* AES as the development KMS uses it, of OpenSSL. A door to it. */
#ifndef CS_DEVKMS_CIPHER_H
#define CS_DEVKMS_CIPHER_H

#include "core/slice.h"

#define CS_CIPHER_KEY 32
#define CS_CIPHER_NONCE 12
#define CS_CIPHER_TAG 16
#define CS_CIPHER_BLOCK 16

/* Appends ciphertext || tag: AES-256-GCM. */
CS_MUST_CHECK cs_err cs_cipher_seal(cs_buf *out, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice plain);
/* Appends the plaintext; CS_SEAL_BROKEN, and nothing is appended. `plain` wipes itself. */
CS_MUST_CHECK cs_err cs_cipher_open(cs_buf *plain, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice sealed);
/* Appends the ciphertext: AES-256-CBC, padded [RFC 5652 §6.3]. */
CS_MUST_CHECK cs_err cs_cipher_cbc(cs_buf *out, cs_slice key, cs_slice iv, cs_slice plain);

#endif
