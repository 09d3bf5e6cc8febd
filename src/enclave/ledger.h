/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's keys: one Ed25519 and one ML-DSA-44 key that sign nothing but checkpoints (protocol/ledger.md).
 *
 * Both are made at the first start and kept as one sealed record of purpose `ledger` in STATE/ledger.sealed. The record
 * is never replaced: whoever pinned the keys would be cheated. A record of another purpose is not taken, and the
 * attested sign step takes none of this purpose.
 */
#ifndef CS_ENCLAVE_LEDGER_H
#define CS_ENCLAVE_LEDGER_H

#include "enclave/opened.h"

typedef struct cs_ledger {
    cs_opened *keys; /* pair.trad: Ed25519; pair.pq: ML-DSA-44 */
    uint8_t ed25519[CS_ED25519_PUBLIC];
    uint8_t mldsa44[CS_MLDSA44_PUBLIC];
} cs_ledger;

/* Reads the keys of the state directory, or makes them if the file is not there. CS_KEK_UNUSABLE if another
 * key-encryption key sealed them, CS_CONFIG if the file is no record of ledger keys; the reason is logged. */
CS_MUST_CHECK cs_err cs_ledger_open(cs_ledger *out, const cs_kek *kek, const char *state_dir);
/* Keys for the duration of this process, from a sealed record. CS_SEAL_BROKEN if it is none of ledger keys. */
CS_MUST_CHECK cs_err cs_ledger_set(cs_ledger *out, const cs_kek *kek, cs_slice record);
void cs_ledger_close(cs_ledger *l);

#endif
