/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notary: the two keys of the ledger, Ed25519 and ML-DSA-44, which sign checkpoints and nothing else
 * (protocol/ledger.md).
 *
 * Both are made at the first start and kept as one sealed record of purpose `ledger` in STATE/ledger.sealed. The record
 * is never replaced: whoever pinned the keys would be cheated. A record of another purpose is not taken, and the
 * attested sign step takes none of this purpose.
 *
 * For each realm the enclave remembers the size and root that it signed last, for as long as it runs (an epoch). What
 * it signs next is that tree or one that a proof shows to contain it, so within an epoch there is no fork, whatever the
 * gateway says. After a restart it knows nothing but the note that the gateway brings, if it brings one: forks across
 * epochs are for witnesses and kept checkpoints to show.
 */
#ifndef CS_ENCLAVE_NOTARY_H
#define CS_ENCLAVE_NOTARY_H

#include <pthread.h>

#include "core/message.h"
#include "enclave/opened.h"

typedef struct cs_notary {
    cs_opened *keys; /* pair.trad: Ed25519; pair.pq: ML-DSA-44 */
    uint8_t ed25519[CS_ED25519_PUBLIC];
    uint8_t mldsa44[CS_MLDSA44_PUBLIC];
    pthread_mutex_t lock;           /* of what follows */
    struct cs_notary_realm *realms; /* what was signed in this epoch */
    size_t capacity, count;
} cs_notary;

/* Reads the keys of the state directory, or makes them if the file is not there; can sign for `capacity` realms.
 * CS_KEK_UNUSABLE if another key-encryption key sealed them, CS_CONFIG if the file is no record of ledger keys; the
 * reason is logged. */
CS_MUST_CHECK cs_err cs_notary_open(cs_notary *out, const cs_kek *kek, const char *state_dir, size_t capacity);
/* Keys for the duration of this process, from a sealed record. CS_SEAL_BROKEN if it is none of ledger keys. */
CS_MUST_CHECK cs_err cs_notary_set(cs_notary *out, const cs_kek *kek, cs_slice record, size_t capacity);
void cs_notary_close(cs_notary *l);

/* A tree as a checkpoint states it. */
typedef struct cs_notary_tree {
    uint64_t size;
    uint8_t root[CS_SHA256_LEN];
} cs_notary_tree;

/* What leaves the enclave for a LedgerSign request. */
typedef struct cs_notary_signed {
    cs_buf note; /* freed by the caller */
    cs_notary_tree tree;
    bool stale; /* not the tree that was asked for, but the one that was signed last */
} cs_notary_signed;

/*
 * Signs the tree of a LedgerSign request for its realm, or once more the one that was signed last if the caller's note
 * is behind it (`stale`). `now` in seconds. On error the note is empty and nothing is remembered.
 * CS_BAD_FIELD: the origin does not end with "/org/" and the realm. CS_LEDGER_NOTE: the old note is not one of these
 * keys for this origin. CS_LEDGER_PROOF: the proof does not lead from the old tree to the new one. CS_LEDGER_FORK: the
 * new tree is smaller than, or another than, the one that was signed; the old note contradicts it; or the realm was
 * signed for under another origin. CS_LEDGER_ORGS_FULL, CS_SELF_CHECK, CS_CRYPTO, CS_NO_MEMORY.
 */
CS_MUST_CHECK cs_err cs_notary_sign(cs_notary_signed *out, cs_notary *l, const cs_request *r, int64_t now);

/* Whether both keys signed this note for `origin`; the tree that it states. CS_LEDGER_NOTE. */
CS_MUST_CHECK cs_err cs_notary_check(cs_notary_tree *out, const cs_notary *l, cs_slice origin, cs_slice note);

#endif
