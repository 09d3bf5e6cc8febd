/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: every statement that the product may run, typed. The implementation is a file that the build chooses;
 * store_sqlite.c is the one there is.
 *
 * Reads may be made by many threads at once. Writes are for the group commit (commit.h) alone: one thread at a time,
 * between cs_store_begin and cs_store_commit. Ids are looked up within an org, so another org's id is not found.
 * Errors everywhere: CS_STORE_UNAVAILABLE when the database does not do its work, CS_NO_MEMORY.
 */
#ifndef CS_GATEWAY_STORE_H
#define CS_GATEWAY_STORE_H

#include "core/alg.h"
#include "core/limits.h"
#include "core/merkle.h"

typedef struct cs_store cs_store;

/* Makes a new store with its tables. CS_CONFLICT if `path` exists already, CS_IO. */
CS_MUST_CHECK cs_err cs_store_create(const char *path);

/* Opens a store for this process alone and checks that each ledger's head belongs to its last entry.
 * CS_CONFLICT: another process has it. CS_CONFIG: no store of this version, or a ledger that does not fit its head.
 * The reason is logged. */
CS_MUST_CHECK cs_err cs_store_open(cs_store **out, const char *path);
void cs_store_close(cs_store *s); /* NULL is fine */

/* True after a write to the disk was not confirmed: from then on nothing is acknowledged, until a restart has read
 * back what is really there. */
bool cs_store_is_broken(const cs_store *s);
/* Reads something. */
CS_MUST_CHECK cs_err cs_store_ping(cs_store *s);

/* -- rows ------------------------------------------------------------------------------------------------------ */

typedef struct cs_api_key_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    uint8_t hash[CS_SHA256_LEN]; /* keyed hash of its text */
    bool publishable;            /* kind */
    bool live;                   /* environment: live, else test */
    uint32_t scopes;
    int64_t created_ms;
    bool revoked;
} cs_api_key_row;

typedef enum cs_key_status { CS_KEY_ACTIVE, CS_KEY_SUPERSEDED, CS_KEY_SUSPENDED, CS_KEY_REVOKED } cs_key_status;
const char *cs_key_status_name(cs_key_status s);

#define CS_MAX_WORD 32 /* provider, purpose, environment */

typedef struct cs_key_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    char name[CS_MAX_NAME + 1];
    const cs_alg *alg;
    cs_format format;
    cs_key_status status;
    char purpose[CS_MAX_WORD + 1];
    char environment[CS_MAX_WORD + 1];
    char kek_provider[CS_MAX_WORD + 1];
    char key_provider[CS_MAX_WORD + 1];
    char pq_provider[CS_MAX_WORD + 1];
    char key_release[CS_MAX_WORD + 1];
    char policy_id[CS_MAX_ID + 1];                /* empty: none is bound */
    bool birth_verified;                          /* under the bound policy */
    uint8_t record_sha256[CS_SHA256_LEN];         /* of the sealed record; stays when that is destroyed */
    int64_t created_ms, last_used_ms, revoked_ms; /* 0: never */
    /* owned */
    cs_buf public_key; /* mldsaPK ‖ tradPK */
    cs_buf sealed;     /* empty once revoked */
    cs_buf birth;      /* birth attestation, ASCII */
    cs_buf metadata;   /* JSON text, empty: none */
} cs_key_row;

/* All its buffers empty. */
cs_key_row cs_key_row_new(void);
void cs_key_row_free(cs_key_row *k);

typedef struct cs_policy_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    char vendor[CS_MAX_WORD + 1];
    int64_t version;
    int64_t created_ms;
    uint8_t hash[CS_SHA256_LEN]; /* of the canonical text */
    /* owned */
    cs_buf canonical; /* as core/policy.h writes it */
    cs_buf metadata;  /* JSON text, empty: none */
} cs_policy_row;

cs_policy_row cs_policy_row_new(void);
void cs_policy_row_free(cs_policy_row *p);

/* A signature that leaves. Everything is borrowed. */
typedef struct cs_signature_row {
    const char *id;
    const char *key_id;
    const char *policy_id; /* NULL: none, the next two mean nothing then */
    int64_t policy_version;
    const uint8_t *policy_hash;
    cs_slice payload_digest; /* "sha256:<hex>" of the payload, or "<alg>:<hex>" of the pre-hash that was sent */
    bool prehashed;
    int64_t payload_size;
    cs_slice signature, document, nonce;
    const char *verdict; /* "pass", "fail", "absent" */
    const char *reason;  /* NULL unless "fail" */
    const char *epoch;   /* proven by the document, with `counter`; NULL: nothing was proven */
    int64_t counter;
    cs_slice metadata; /* JSON text, or absent */
} cs_signature_row;

typedef struct cs_entry_row {
    char id[CS_MAX_ID + 1];
    uint64_t seq;
    const char *event_type;
    cs_slice subject_id;
    cs_slice bytes; /* the entry, as hashed */
} cs_entry_row;

/* Where an org's ledger stands: tree.size is the next seq. */
typedef struct cs_head {
    cs_merkle tree;
    uint8_t last[CS_SHA256_LEN]; /* SHA-256 of the last entry; zeros when there is none */
} cs_head;

/* -- reads ----------------------------------------------------------------------------------------------------- */

/* CS_NOT_FOUND where there is no such row; the output's owned parts are empty then. */
CS_MUST_CHECK cs_err cs_store_api_key(cs_store *s, cs_api_key_row *out, const uint8_t hash[CS_SHA256_LEN]);
CS_MUST_CHECK cs_err cs_store_key(cs_store *s, cs_key_row *out, cs_slice org, cs_slice id);
/* The live key of that name. */
CS_MUST_CHECK cs_err cs_store_key_by_name(cs_store *s, cs_key_row *out, cs_slice org, cs_slice name);
/* The newest version. */
CS_MUST_CHECK cs_err cs_store_policy(cs_store *s, cs_policy_row *out, cs_slice org, cs_slice id);
/* Appends the bytes of an entry. */
CS_MUST_CHECK cs_err cs_store_entry(cs_store *s, cs_buf *out, cs_slice org, uint64_t seq);
CS_MUST_CHECK cs_err cs_store_head(cs_store *s, cs_head *out, cs_slice org);
/* Epoch and highest counter of the newest signature that proved one; CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_store_last_counter(cs_store *s, char epoch[33], int64_t *counter);

/* A page of a listing, newest first. */
typedef struct cs_page {
    cs_slice org;
    cs_slice before;          /* only ids older than this one; absent: from the newest */
    cs_slice filter;          /* algorithm of keys, vendor of policies; absent: any */
    bool with_revoked;        /* keys */
    int64_t limit;            /* rows, at most CS_MAX_PAGE */
    bool more;                /* out: there are older ones */
    char last[CS_MAX_ID + 1]; /* out: id of the last row given */
} cs_page;
/* Calls `each` for every row; the row is the store's and gone afterwards. */
CS_MUST_CHECK cs_err cs_store_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_key_row *k),
                                   void *context);
CS_MUST_CHECK cs_err cs_store_policies(cs_store *s, cs_page *page, void (*each)(void *context, const cs_policy_row *p),
                                       void *context);

/* -- writes: one transaction, from one thread at a time ---------------------------------------------------------- */

CS_MUST_CHECK cs_err cs_store_begin(cs_store *s);
/* Durable when it returns CS_OK. Otherwise nothing of the transaction may be acknowledged. */
CS_MUST_CHECK cs_err cs_store_commit(cs_store *s);
void cs_store_rollback(cs_store *s);
/* A part of the transaction that can be taken back by itself. */
CS_MUST_CHECK cs_err cs_store_mark(cs_store *s);
CS_MUST_CHECK cs_err cs_store_keep(cs_store *s);
CS_MUST_CHECK cs_err cs_store_undo(cs_store *s);

CS_MUST_CHECK cs_err cs_store_put_org(cs_store *s, const char *id, cs_slice name, int64_t now_ms);
CS_MUST_CHECK cs_err cs_store_put_api_key(cs_store *s, const cs_api_key_row *k);
/* CS_NAME_TAKEN; CS_NOT_FOUND if the policy does not exist. */
CS_MUST_CHECK cs_err cs_store_put_key(cs_store *s, const cs_key_row *k);
/* Revokes a key and destroys its sealed record. CS_KEY_NOT_ACTIVE if it is revoked already. */
CS_MUST_CHECK cs_err cs_store_revoke_key(cs_store *s, cs_slice org, const char *id, int64_t now_ms);
CS_MUST_CHECK cs_err cs_store_put_policy(cs_store *s, const cs_policy_row *p);
/* CS_KEY_NOT_ACTIVE: the key has been revoked meanwhile. CS_COUNTER_NOT_FRESH: epoch and counter are there already. */
CS_MUST_CHECK cs_err cs_store_put_signature(cs_store *s, cs_slice org, const cs_signature_row *g, uint64_t seq,
                                            int64_t now_ms);
CS_MUST_CHECK cs_err cs_store_put_entry(cs_store *s, cs_slice org, const cs_entry_row *e, int64_t now_ms);
/* The head as the transaction sees it, and the new one. */
CS_MUST_CHECK cs_err cs_store_get_head(cs_store *s, cs_head *out, cs_slice org);
CS_MUST_CHECK cs_err cs_store_put_head(cs_store *s, cs_slice org, const cs_head *h);

#endif
