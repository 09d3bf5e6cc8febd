/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a whole ledger from its public data: the bytes of its entries and signed checkpoints (protocol/ledger.md).
 *
 * Entries are fed in order, each with one look ahead kept inside, so memory does not grow with the ledger. The check
 * names the first thing that is wrong and where: an entry that is changed, missing, moved or added, a tail that is
 * missing, or a history other than the one that was signed. The chain alone finds every change but a rewriting of all
 * that follows; what finds that are checkpoints, and above all one that was kept elsewhere.
 */
#ifndef CS_CORE_LEDGER_CHECK_H
#define CS_CORE_LEDGER_CHECK_H

#include "core/checkpoint.h"
#include "core/merkle.h"
#include "core/note.h"

#define CS_MAX_KEPT_CHECKPOINTS 64 /* that are ahead of the entries at one time */

/* The first thing wrong. */
typedef struct cs_ledger_finding {
    cs_err err;    /* CS_OK: nothing; CS_LEDGER_CHANGED, _REMOVED, _REORDERED, _ADDED, _TRUNCATED, _FORK */
    uint64_t seq;  /* of the entry; ADDED: its place; TRUNCATED: the first that is missing; FORK: up to here the entries
                    * are those that were signed, or nothing is known of them */
    uint64_t from; /* CHANGED, where only a checkpoint tells: all from here on may have been rewritten instead. Else as
                    * seq */
} cs_ledger_finding;

/* Facts of one entry as fed. */
typedef struct cs_ledger_link {
    bool readable; /* its bytes are those of an entry */
    uint64_t at;   /* its place, from 0 */
    uint64_t seq;  /* what it says that place is */
    uint8_t prev[CS_SHA256_LEN], hash[CS_SHA256_LEN];
} cs_ledger_link;

typedef struct cs_ledger_root {
    uint64_t size;
    uint8_t root[CS_SHA256_LEN];
} cs_ledger_root;

/* The state of a check. Its members are private. */
typedef struct cs_ledger_check {
    const cs_vkey *keys;
    size_t key_count;
    char origin[CS_MAX_NOTE_NAME + 1]; /* of the first checkpoint; empty: none yet */
    cs_merkle tree;                    /* of the entries that fit */
    uint64_t fed;
    cs_ledger_link last;    /* the last entry that fits */
    cs_ledger_link suspect; /* the first that does not; the one behind it tells what that means */
    cs_buf suspect_bytes;
    bool suspected, searching; /* searching: what seems to be missing may come later */
    cs_ledger_finding chain;
    bool has_wrong;
    cs_ledger_root wrong; /* the first checkpoint whose root is not that of the entries */
    uint64_t wrong_from;  /* size of the largest sound tree below it */
    uint64_t sound;       /* size of the largest tree whose root was the signed one */
    bool crowded;         /* there was no room for one that is ahead */
    size_t ahead_count;
    cs_ledger_root ahead[CS_MAX_KEPT_CHECKPOINTS];
} cs_ledger_check;

/* Begins. `keys` (none: signatures are not checked) must outlive the check; a checkpoint must be signed by at least one
 * of them for each type among them. */
void cs_ledger_check_begin(cs_ledger_check *c, const cs_vkey *keys, size_t key_count);
void cs_ledger_check_free(cs_ledger_check *c);

/* Feeds the next entry. CS_OK whether it fits or not; CS_TOO_LARGE, CS_CRYPTO, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_ledger_check_entry(cs_ledger_check *c, cs_slice bytes);

/* Feeds a signed checkpoint, before more entries than its size were fed. CS_NOTE_* if it is not well formed or not
 * signed as it must be, CS_NOTE_ORIGIN if it is of another ledger than the keys or the checkpoints before it,
 * CS_BAD_FIELD if it comes too late. */
CS_MUST_CHECK cs_err cs_ledger_check_checkpoint(cs_ledger_check *c, cs_slice note);

/* Ends: what was found. The check can only be freed then. CS_TOO_LARGE: nothing was, but more checkpoints were ahead of
 * the entries than could be kept, so not all of them were compared. */
CS_MUST_CHECK cs_err cs_ledger_check_end(cs_ledger_finding *out, cs_ledger_check *c);

/* Entries that were fed, and how many of them a checkpoint covers whose root was right. */
uint64_t cs_ledger_check_size(const cs_ledger_check *c);
uint64_t cs_ledger_check_covered(const cs_ledger_check *c);

#endif
