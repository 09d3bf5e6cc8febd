/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ciphertext blobs of this development KMS:
 *
 *   "CDK1" ‖ key id (16 bytes of the UUID) ‖ nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)
 *
 * Associated data is the first 20 bytes and what the caller binds: the EncryptionContext of AWS, the additional
 * authenticated data of Google.
 */
#ifndef CS_DEVKMS_BLOB_H
#define CS_DEVKMS_BLOB_H

#include "core/slice.h"

#define CS_BLOB_KEY_ID 16
#define CS_BLOB_OVERHEAD 48
#define CS_BLOB_MAX 70000 /* Google takes 64 KiB of plaintext */

/* "d9b0…-…" of a UUID as 16 bytes; false for another text. */
CS_MUST_CHECK bool cs_blob_key_id(uint8_t out[CS_BLOB_KEY_ID], cs_slice uuid);
/* The id of the key that made the blob, as 16 bytes; absent for what is no blob. */
cs_slice cs_blob_made_by(cs_slice blob);

CS_MUST_CHECK cs_err cs_blob_seal(cs_buf *blob, const uint8_t key_id[CS_BLOB_KEY_ID], cs_slice key, cs_slice bound,
                                  cs_slice plain);
/* CS_SEAL_BROKEN for every failure; `plain` wipes itself. */
CS_MUST_CHECK cs_err cs_blob_open(cs_buf *plain, const uint8_t key_id[CS_BLOB_KEY_ID], cs_slice key, cs_slice bound,
                                  cs_slice blob);

#endif
