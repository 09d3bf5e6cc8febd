/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key-encryption key of provider `env`: where it comes from, its id, and the wrapping of data keys under it.
 *
 * Only the enclave reads it. It is 32 bytes, as a file (mode 0600) of the raw bytes or of their base64 with at most
 * one line end, or, in development, as base64 in the environment variable COUNTERSIGN_KEK.
 */
#ifndef CS_ENCLAVE_KEK_H
#define CS_ENCLAVE_KEK_H

#include "core/crypto.h"

#define CS_KEK_LEN 32
#define CS_KEK_ENV "COUNTERSIGN_KEK"
#define CS_WRAPPED_LEN (CS_AEAD_NONCE + 32 + CS_AEAD_TAG)

typedef struct cs_kek {
    cs_secret key;
    char id[33]; /* 32 hex digits derived from the key; tells keys apart and reveals nothing of them */
} cs_kek;

/* Loads the key from `file`, or from the environment if `file` is NULL. The variable is removed and its memory wiped
 * in both cases. CS_KEK_UNUSABLE if it is missing, of a wrong length or readable by others; the reason is logged. */
CS_MUST_CHECK cs_err cs_kek_load(cs_kek *out, const char *file);
/* From the 32 bytes. CS_KEK_UNUSABLE for another length. */
CS_MUST_CHECK cs_err cs_kek_set(cs_kek *out, cs_slice bytes);
void cs_kek_wipe(cs_kek *k);

/* Appends nonce ‖ AES-256-GCM(KEK, dek) with the associated data "CSW1" ‖ id ‖ aad_sha256. `dek` is 32 bytes. */
CS_MUST_CHECK cs_err cs_kek_wrap(cs_buf *wrapped, const cs_kek *k, cs_slice dek, const cs_digest *aad_sha256);
/* CS_SEAL_BROKEN if it does not open. */
CS_MUST_CHECK cs_err cs_kek_unwrap(cs_secret *dek, const cs_kek *k, cs_slice wrapped, const cs_digest *aad_sha256);

#endif
