/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of vendor mock: the Ed25519 key that signs mock documents. It is made at the first start, kept in
 * STATE/attestation-root.key (32 raw bytes, mode 0600) and never replaced: whoever pinned it would be cheated. The
 * measurement is the SHA-256 of the enclave's own executable.
 *
 * Opening it gives CS_CONFIG if the file is there but is not a private file of 32 bytes.
 */
#ifndef CS_ENCLAVE_ROT_MOCK_H
#define CS_ENCLAVE_ROT_MOCK_H

#include "core/secret.h"
#include "enclave/rot.h"

/* A root for the duration of this process, from 32 private bytes. */
CS_MUST_CHECK cs_err cs_rot_mock_set(cs_rot *out, cs_slice private_bytes);

#endif
