/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: what makes the ledgers' trees stand for something. The enclave signs size and root (LedgerSign), the
 * note is verified and stored, witnesses are asked to cosign it (publisher.h).
 *
 * Each enclave has ledger keys of its own. The first checkpoint of a ledger is signed by the first enclave that is
 * there, and all others by the same one, which remembers what it has signed: while it is away there are no checkpoints,
 * and signatures go on.
 *
 * A thread makes them wherever entries came since the last; a seal makes one at once. Never in the sign path. The
 * enclave signs no fork within an epoch and tells when it has signed a later tree than the one that is stored, which
 * happens if a gateway died between signing and storing: that note is checked against the own tree, stored, and gone on
 * from. One that does not fit the own tree means that the store has lost or changed entries: nothing is sealed then.
 */
#ifndef CS_GATEWAY_CHECKPOINTS_H
#define CS_GATEWAY_CHECKPOINTS_H

#include "core/note.h"
#include "gateway/commit.h"
#include "gateway/cosigner.h"
#include "gateway/identity.h"

#define CS_LEDGER_KEYS 2 /* Ed25519 and ML-DSA-44 */

typedef struct cs_checkpoints_config {
    cs_store *store;
    cs_commit *commit;
    cs_signer *signer;
    cs_introducer *introducer;
    int64_t seconds;               /* between automatic checkpoints; 0: only seals */
    const cs_cosigners *witnesses; /* copied */
} cs_checkpoints_config;

typedef struct cs_checkpoints cs_checkpoints;

CS_MUST_CHECK cs_err cs_checkpoints_open(cs_checkpoints **out, const cs_checkpoints_config *config);
void cs_checkpoints_close(cs_checkpoints *k); /* NULL is fine */

/* The checkpoint of the realm's tree as it is now, made unless it is there (`fresh` tells); `out` is the caller's to
 * free. Configured witnesses are waited for, a moment; what they do not answer fails nothing.
 * CS_LEDGER_EMPTY; CS_LEDGER_FORK: the tree contradicts one that was signed; CS_ENCLAVE_UNAVAILABLE;
 * CS_STORE_UNAVAILABLE; the enclave's other refusals and those of cs_note_verify. */
CS_MUST_CHECK cs_err cs_checkpoints_seal(cs_checkpoints *k, cs_checkpoint_row *out, bool *fresh, cs_slice org,
                                         int64_t deadline_us);

/* The keys that sign the checkpoints of that origin, as an enclave's boot document names them: Ed25519, ML-DSA-44.
 * `key_id`: of the Ed25519 signature that they have made (cs_checkpoint_row); "": those of the first enclave. Where all
 * enclaves answer and none has made it, it is the first one, too. */
CS_MUST_CHECK cs_err cs_checkpoints_keys(cs_checkpoints *k, cs_vkey keys[CS_LEDGER_KEYS], cs_slice origin,
                                         const char *key_id, int64_t max_age_us, int64_t deadline_us);

#endif
