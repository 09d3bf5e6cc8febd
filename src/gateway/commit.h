/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit: the only way anything is written while the gateway serves.
 *
 * Threads that have something to write queue it; the first of them becomes the leader, writes the rows of all that wait
 * in one transaction, appends one ledger entry for each, commits once, and wakes them. Whoever comes meanwhile waits
 * for the next round. The order in which writes enter a round is the order of the ledger.
 *
 * A commit costs the processor the same for one write as for many. So where many signatures are under way, the leader
 * waits a moment for the next ones; where few are, it never waits.
 *
 * A write that is refused (name taken, key revoked) leaves nothing behind and does not touch the others of its round. A
 * transaction that does not commit fails all of them. Acknowledged is durable.
 */
#ifndef CS_GATEWAY_COMMIT_H
#define CS_GATEWAY_COMMIT_H

#include "gateway/store.h"

#define CS_MAX_ROUND 64   /* writes of one transaction */
#define CS_GATHER_FROM 4  /* so many announced writes make it worth to wait for half of them … */
#define CS_GATHER_US 1000 /* … so long at most */

/* One entry of an org's ledger with, at most, one row. All is borrowed until cs_commit_write returns. */
typedef struct cs_write {
    cs_slice org;
    /* the entry */
    const char *event_type;
    cs_slice actor_id, subject_id;
    cs_slice data; /* JSON text of an object */
    /* the row: at most one of these is set */
    const cs_key_row *key;
    const cs_policy_row *policy;
    const cs_signature_row *signature;
    const char *revoke; /* id of the key */
    /* out, valid if cs_commit_write returned CS_OK */
    uint64_t seq;
    int64_t time_ms;
    char entry_id[CS_MAX_ID + 1];
} cs_write;

typedef struct cs_commit cs_commit;

CS_MUST_CHECK cs_err cs_commit_open(cs_commit **out, cs_store *store);
/* When nobody writes any more. NULL is fine. */
void cs_commit_close(cs_commit *c);

/* Tells that a write will come soon, or that it came or will not. */
void cs_commit_announce(cs_commit *c);
void cs_commit_withdraw(cs_commit *c);

/* Returns once the write is durable (CS_OK) or refused: the row's error (store.h), those of cs_entry_write, or
 * CS_STORE_UNAVAILABLE. */
CS_MUST_CHECK cs_err cs_commit_write(cs_commit *c, cs_write *w);

#endif
