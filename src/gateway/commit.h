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

#define CS_MAX_GROUP (2 * CS_MAX_BATCH) /* writes of one call */
#define CS_MAX_ROUND 64                 /* calls of one transaction */
#define CS_GATHER_FROM 4                /* so many announced writes make it worth to wait for half of them … */
#define CS_GATHER_US 1000               /* … so long at most */

/* An active key and the one that follows it. */
typedef struct cs_rotation {
    const cs_key_row *successor;
    const cs_lineage_row *link;
} cs_rotation;

typedef struct cs_api_key_rotation {
    const cs_api_key_row *successor;
    const char *predecessor; /* its id */
    int64_t expires_ms;      /* when that ends */
} cs_api_key_rotation;

typedef struct cs_registration {
    const cs_registered_row *key;
    const uint8_t *challenge; /* its random bytes; NULL: none is used up */
} cs_registration;

/* One entry of a realm's ledger with, at most, one row. All is borrowed until cs_commit_write returns. */
typedef struct cs_write {
    cs_slice org; /* the realm */
    /* the entry */
    const char *event_type; /* NULL: a row without an entry */
    cs_slice actor_id, subject_id;
    cs_slice key_id; /* the key that the entry concerns, for its audit; absent: that of the row, if it has one */
    cs_slice data;   /* JSON text of an object */
    /* in and out: gets the inclusion proof of the entry in the tree of proof_size entries; NULL: none is wanted */
    cs_buf *proof;
    /* the row: at most one of these is set */
    const cs_key_row *key;
    const cs_rotation *rotation;
    const char *revoke, *suspend, *resume; /* ids of keys */
    const cs_policy_row *policy;
    const char *drop_policy; /* id */
    const cs_rule_row *rule;
    const char *drop_rule; /* id */
    const cs_settings_row *settings;
    const cs_api_key_row *api_key;
    const char *revoke_api_key; /* id */
    const cs_api_key_rotation *rotate_api_key;
    const cs_session_row *session;
    const uint8_t *end_session; /* hash of its token */
    const cs_signature_row *signature;
    const cs_entry_note *note;
    const cs_registration *registration;
    const char *revoke_registered; /* id */
    const cs_challenge_row *challenge;
    const cs_hybrid_row *hybrid;
    const cs_pq_key_row *pq_key;
    const cs_checkpoint_row *checkpoint;
    const cs_checkpoint_row *cosigned; /* the stored one, with a longer note */
    bool drop_settings;
    /* out, but for `err` valid if that is CS_OK and the call returned CS_OK */
    cs_err err;
    uint64_t seq; /* 0 without an entry, as what follows */
    uint64_t proof_size;
    int64_t time_ms;
    uint8_t prev[CS_SHA256_LEN], hash[CS_SHA256_LEN]; /* of the entry before and of this one */
    char entry_id[CS_MAX_ID + 1];
} cs_write;

/* What an idempotency key keeps of a group of writes, in their transaction. */
typedef struct cs_receipt {
    uint8_t scope[CS_SHA256_LEN]; /* who asked for what under which key */
    uint8_t body[CS_SHA256_LEN];  /* of the request */
    bool secret;                  /* the answer is not kept; a replay will be refused */
    int status;                   /* of the answer */
    /* Appends the answer. Called by whichever thread leads, once each write of the group has its outcome. */
    void (*render)(void *context, cs_buf *answer);
    void *context;
} cs_receipt;

typedef struct cs_commit cs_commit;

CS_MUST_CHECK cs_err cs_commit_open(cs_commit **out, cs_store *store);
/* When nobody writes any more. NULL is fine. */
void cs_commit_close(cs_commit *c);

/* Has `tell` called after every durable round, by the thread that led it; it must not write. Before anybody writes. */
void cs_commit_on_round(cs_commit *c, void (*tell)(void *context), void *context);

/* Tells that a write will come soon, or that it came or will not. */
void cs_commit_announce(cs_commit *c);
void cs_commit_withdraw(cs_commit *c);

/* Writes a group of 1 to CS_MAX_GROUP, all of one realm, in the given order and in one transaction; `receipt` may be
 * NULL. Returns when what was not refused is durable.
 * One write: its error, that is the row's (store.h), those of cs_entry_write, or CS_STORE_UNAVAILABLE.
 * Several: CS_OK, and each has its own in `err`; or CS_STORE_UNAVAILABLE, and nothing is written.
 * The receipt is kept if at least one of them was written; if it cannot be, none of them is. */
CS_MUST_CHECK cs_err cs_commit_write(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt);
/* Several calls at once, each a whole by itself as for cs_commit_write_whole, of any realms; they are queued in this
 * order, and all have their error when it returns. */
typedef struct cs_commit_call {
    cs_write *writes;
    size_t n;
    const cs_receipt *receipt;
    cs_err err; /* out */
} cs_commit_call;
void cs_commit_write_calls(cs_commit *c, cs_commit_call *calls, size_t n); /* n <= CS_MAX_ROUND */
/* The same, but all of them or none: the error of the first that was refused, which is then that of each. */
CS_MUST_CHECK cs_err cs_commit_write_whole(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt);

#endif
