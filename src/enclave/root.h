/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software root: the Ed25519 key that signs mock documents. It is made at the first start, kept in
 * STATE/attestation-root.key (32 raw bytes, mode 0600) and never replaced: whoever pinned it would be cheated.
 */
#ifndef CS_ENCLAVE_ROOT_H
#define CS_ENCLAVE_ROOT_H

#include "core/crypto.h"

typedef struct cs_root {
    cs_key *key;
    uint8_t public_key[32];
} cs_root;

/* Reads the root of the state directory, or makes directory and root if they are missing. CS_CONFIG if the file is
 * there but is not a private file of 32 bytes; the reason is logged. */
CS_MUST_CHECK cs_err cs_root_open(cs_root *out, const char *state_dir);
/* A root for the duration of this process. */
CS_MUST_CHECK cs_err cs_root_set(cs_root *out, cs_slice private_bytes);
void cs_root_close(cs_root *r);

#endif
