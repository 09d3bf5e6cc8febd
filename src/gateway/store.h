/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: every statement that the product may run, typed. It is a file (SQLite), which one gateway has for itself,
 * or a database on a server (PostgreSQL, and what speaks its protocol), which many gateways share.
 *
 * Reads may be made by many threads at once. Writes are for the group commit (commit.h) alone: one thread at a time,
 * between cs_store_begin and cs_store_commit. Ids are looked up within an org, so another org's id is not found.
 * Errors everywhere: CS_STORE_UNAVAILABLE when the database does not do its work, CS_NO_MEMORY.
 *
 * long file: what the product may ask of a database is to be seen in one place.
 *
 * `org` is a realm (cs_id_realm) everywhere: the live or the test records of an org. API keys and sessions alone belong
 * to the org itself.
 */
#ifndef CS_GATEWAY_STORE_H
#define CS_GATEWAY_STORE_H

#include "core/alg.h"
#include "core/limits.h"
#include "core/merkle.h"

typedef struct cs_store cs_store;

/* `place` is the path of a file, or a postgresql:// address. */
bool cs_store_is_address(const char *place);

/* Makes a new store with its tables. CS_CONFLICT if there is one already, CS_IO; of a server also CS_CONFIG, logged. */
CS_MUST_CHECK cs_err cs_store_create(const char *place);

/* Opens a store, a file for this process alone, gives it what it lacks if an older version made it, and checks each
 * ledger: its tree as it was at its last checkpoint has the root that was signed, the entries since then continue it,
 * it ends where its head says, and no key that it revoked is alive. CS_CONFLICT: another process has it. CS_CONFIG: no
 * store of this version, or a ledger that is not what it was; the reason is logged, with org and seq. */
CS_MUST_CHECK cs_err cs_store_open(cs_store **out, const char *place);
void cs_store_close(cs_store *s); /* NULL is fine */

/* Copies a store, of this version or an older one, as it is at one moment, also while a gateway works with it, into a
 * new file of mode 0600, which is synced. CS_CONFLICT if `to` exists, CS_CONFIG if `from` is no store of this version,
 * CS_IO; logged. */
CS_MUST_CHECK cs_err cs_store_copy(const char *to, const char *from);

/* Copies a store that no gateway works with into a new one, of either kind, and compares both. What was cut off is gone
 * on with when it is called again; until it has ended nobody can open the target. `progress` is told how many rows of
 * which table are done. CS_CONFLICT: the target is there already, the source is in use, or both are not the same at the
 * end; CS_CONFIG; logged. */
CS_MUST_CHECK cs_err cs_store_migrate(const char *to, const char *from,
                                      void (*progress)(void *context, const char *table, int64_t done, int64_t all),
                                      void *context);

typedef struct cs_store_tally {
    uint64_t keys, signatures, entries; /* read */
    uint64_t problems;                  /* what is wrong; of many of one kind the first twenty are told */
} cs_store_tally;

/* Reads a whole store back that nobody has open: the database's own structure; every ledger from its first entry on,
 * with its tree, head and checkpoints; every signature against its entry; every key against its sealed record and its
 * entries. What is wrong, and where, is logged and counted. CS_CONFLICT: in use; CS_CONFIG: no store of this version;
 * logged, too. */
CS_MUST_CHECK cs_err cs_store_verify(cs_store_tally *out, const char *path);

/* -- other gateways ---------------------------------------------------------------------------------------------- */

/* Whether other gateways may work with the store at the same time. Then what this one remembers of it can be stale. */
bool cs_store_is_shared(const cs_store *s);

typedef struct cs_store_view {
    uint64_t changes; /* transactions so far, of all gateways, that changed what gateways remember */
    int64_t gateways; /* that work with the store now, this one among them; from 1 */
} cs_store_view;
/* Of a shared store: looks, and lets the others know that this gateway is there. One thread at a time. */
CS_MUST_CHECK cs_err cs_store_look(cs_store *s, cs_store_view *out);
/* What was remembered of the store's keys is stale (cs_store_key_changes). */
void cs_store_note_change(cs_store *s);

/* Of a transaction that failed with CS_STORE_UNAVAILABLE: the same again may succeed, because of another gateway's
 * transaction or of a connection that was lost before the commit. */
bool cs_store_may_try_again(const cs_store *s);
/* Of the same: the commit was sent, and nobody knows yet what became of it. */
bool cs_store_is_unknown(const cs_store *s);
/* In a transaction: whether the ledger has an entry of this id. The head of the ledger is held first (
 * cs_store_get_head), so that a transaction which is still being committed has ended. */
CS_MUST_CHECK cs_err cs_store_has_entry(cs_store *s, bool *has, cs_slice org, const char *id);

/* True after a write to the disk was not confirmed: from then on nothing is acknowledged, until a restart has read
 * back what is really there. */
bool cs_store_is_broken(const cs_store *s);
/* CS_OK as long as writes succeed. After one has failed it tries one itself, once a second at most; from any thread. */
CS_MUST_CHECK cs_err cs_store_can_write(cs_store *s);
/* Reads something. */
CS_MUST_CHECK cs_err cs_store_ping(cs_store *s);

/* -- rows ------------------------------------------------------------------------------------------------------ */

/* Rows that own buffers have a _new, which makes those empty, and a _free. */

#define CS_MAX_WORD 32 /* provider, purpose, environment, verdict */
#define CS_CHALLENGE_RANDOM 32
#define CS_MAX_EVENT_TYPE 64           /* "signature.attested" … */
#define CS_MAX_ORIGIN CS_MAX_NOTE_NAME /* name of a ledger */
#define CS_MAX_HOST (CS_MAX_ORIGIN - 5 - CS_MAX_ID)

typedef struct cs_org_row {
    char id[CS_MAX_ID + 1];
    char name[CS_MAX_NAME + 1];
    char host[CS_MAX_HOST + 1]; /* that its ledger is named after */
    int64_t created_ms;
    bool publish; /* anybody may read its ledger's tiles */
} cs_org_row;

/* Name of the ledger: "<host>/org/<id>". */
void cs_org_origin(char origin[CS_MAX_ORIGIN + 1], const cs_org_row *o);

typedef struct cs_api_key_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1]; /* never a test realm */
    char name[CS_MAX_NAME + 1];
    uint8_t hash[CS_SHA256_LEN]; /* keyed hash of its text */
    bool publishable;            /* kind */
    bool live;                   /* environment: live, else test */
    uint32_t scopes;
    size_t key_id_count; /* 0: not restricted */
    char key_ids[CS_MAX_KEY_IDS][CS_MAX_ID + 1];
    int64_t created_ms, expires_ms, revoked_ms; /* 0: never */
} cs_api_key_row;

typedef struct cs_session_row {
    uint8_t hash[CS_SHA256_LEN]; /* keyed hash of the token */
    char api_key_id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    int64_t expires_ms;
} cs_session_row;

typedef enum cs_key_status { CS_KEY_ACTIVE, CS_KEY_SUPERSEDED, CS_KEY_SUSPENDED, CS_KEY_REVOKED } cs_key_status;
const char *cs_key_status_name(cs_key_status s);

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
    char policy_id[CS_MAX_ID + 1];                              /* empty: none is bound */
    bool birth_verified;                                        /* under the bound policy */
    uint8_t record_sha256[CS_SHA256_LEN];                       /* of the sealed record; outlives that */
    char predecessor[CS_MAX_ID + 1], successor[CS_MAX_ID + 1];  /* empty: none */
    int64_t created_ms, last_used_ms, suspended_ms, revoked_ms; /* 0: never, or not now */
    /* owned */
    cs_buf public_key; /* mldsaPK ‖ tradPK */
    cs_buf sealed;     /* empty once revoked */
    cs_buf birth;      /* birth attestation, ASCII */
    cs_buf metadata;   /* JSON text, empty: none */
} cs_key_row;

cs_key_row cs_key_row_new(void);
void cs_key_row_free(cs_key_row *k);

/* One step of a lineage: the older key signed the newer one's public key. */
typedef struct cs_lineage_row {
    char predecessor[CS_MAX_ID + 1], successor[CS_MAX_ID + 1];
    int64_t created_ms;
    /* owned */
    cs_buf statement; /* what was signed */
    cs_buf signature;
    cs_buf document; /* attestation of that signature */
} cs_lineage_row;

cs_lineage_row cs_lineage_row_new(void);
void cs_lineage_row_free(cs_lineage_row *l);

/* A version of an attestation policy. */
typedef struct cs_policy_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    char vendor[CS_MAX_WORD + 1];
    int64_t version;             /* from 1 */
    int64_t created_ms;          /* of the first version */
    int64_t updated_ms;          /* of this one */
    int64_t deleted_ms;          /* of the policy; 0: it is there */
    uint8_t hash[CS_SHA256_LEN]; /* of the canonical text */
    /* owned */
    cs_buf canonical; /* as core/policy.h writes it */
    cs_buf metadata;  /* JSON text, empty: none */
} cs_policy_row;

cs_policy_row cs_policy_row_new(void);
void cs_policy_row_free(cs_policy_row *p);

/* A vault policy. */
typedef struct cs_rule_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    int64_t version; /* from 1, counts the changes */
    char name[CS_MAX_NAME + 1];
    char action[CS_MAX_WORD + 1];
    bool enabled;
    int64_t created_ms, updated_ms;
    /* owned */
    cs_buf text; /* canonical JSON, as core/rule.h writes it */
} cs_rule_row;

cs_rule_row cs_rule_row_new(void);
void cs_rule_row_free(cs_rule_row *r);

/* Settings of a realm. Borrowed. */
typedef struct cs_settings_row {
    cs_slice text; /* JSON */
    bool publish;  /* kept with the org: anybody may read its ledger's tiles */
} cs_settings_row;

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

#define CS_MAX_DIGEST_TEXT 160 /* "<alg>:<hex>" */

/* The same as it is read back, with its place in the ledger. */
typedef struct cs_signature_record {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    char key_id[CS_MAX_ID + 1];
    char policy_id[CS_MAX_ID + 1]; /* empty: none, the next two mean nothing then */
    int64_t policy_version;
    uint8_t policy_hash[CS_SHA256_LEN];
    char payload_digest[CS_MAX_DIGEST_TEXT + 1];
    bool prehashed;
    int64_t payload_size;
    char verdict[CS_MAX_WORD + 1];
    char reason[CS_MAX_EVENT_TYPE + 1]; /* empty unless "fail" */
    char epoch[33];                     /* empty: nothing was proven */
    int64_t counter;
    uint64_t seq;
    char entry_id[CS_MAX_ID + 1];
    int64_t created_ms;
    /* owned */
    cs_buf signature, document;
    cs_buf nonce;
    cs_buf metadata; /* JSON text, empty: none */
} cs_signature_record;

cs_signature_record cs_signature_record_new(void);
void cs_signature_record_free(cs_signature_record *g);

/* A ledger entry to be written. */
typedef struct cs_entry_row {
    char id[CS_MAX_ID + 1];
    uint64_t seq;
    const char *event_type;
    cs_slice subject_id;
    cs_slice key_id; /* the key that it concerns; absent: none */
    cs_slice bytes;  /* the entry, as hashed */
} cs_entry_row;

/* The same as it is read back. */
typedef struct cs_entry_record {
    char id[CS_MAX_ID + 1];
    uint64_t seq;
    char event_type[CS_MAX_EVENT_TYPE + 1];
    char key_id[CS_MAX_ID + 1]; /* empty: none */
    int64_t created_ms;
    /* owned */
    cs_buf subject_id;
    cs_buf bytes;
} cs_entry_record;

cs_entry_record cs_entry_record_new(void);
void cs_entry_record_free(cs_entry_record *e);

/* What is kept beside a custom entry, which has digests only. Borrowed. */
typedef struct cs_entry_note {
    cs_slice name, message, data; /* the last two may be absent; data is JSON text */
} cs_entry_note;

typedef struct cs_note_record {
    char name[CS_MAX_NAME + 1];
    /* owned */
    cs_buf message; /* empty: none */
    cs_buf data;    /* JSON text, empty: none */
} cs_note_record;

cs_note_record cs_note_record_new(void);
void cs_note_record_free(cs_note_record *n);

/* Where an org's ledger stands: tree.size is the next seq. */
typedef struct cs_head {
    cs_merkle tree;
    uint8_t last[CS_SHA256_LEN]; /* SHA-256 of the last entry; zeros when there is none */
} cs_head;

typedef struct cs_checkpoint_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    uint64_t size;
    uint8_t root[CS_SHA256_LEN];
    int64_t created_ms;
    char key_id[9]; /* of the note's Ed25519 signature, hex */
    /* owned */
    cs_buf note;      /* signed note, with the cosignatures that came */
    cs_buf published; /* JSON array of the names of those who have it */
} cs_checkpoint_row;

cs_checkpoint_row cs_checkpoint_row_new(void);
void cs_checkpoint_row_free(cs_checkpoint_row *p);

/* A public key of a caller, who has proved to have the private one, or who was given it. */
typedef struct cs_registered_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    char algorithm[CS_MAX_WORD + 1]; /* "ml-dsa-65" */
    char chain[CS_MAX_WORD + 1];
    char label[CS_MAX_NAME + 1]; /* empty: none */
    bool generated;              /* by the enclave; else its owner proved to have it */
    int64_t created_ms, revoked_ms;
    uint8_t hash[CS_SHA256_LEN]; /* of the public key */
    size_t public_key_len;
    uint8_t public_key[CS_MAX_REGISTERED_KEY];
} cs_registered_row;

/* What somebody has to sign to register a public key. */
typedef struct cs_challenge_row {
    uint8_t random[CS_CHALLENGE_RANDOM];
    char org[CS_MAX_ID + 1];
    char api_key_id[CS_MAX_ID + 1];
    int64_t expires_ms;
} cs_challenge_row;

/* A verified pair of signatures. Everything is borrowed. */
typedef struct cs_hybrid_row {
    const char *id;
    const char *key_id; /* of the registered public key */
    const char *chain, *scheme;
    const char *signer;           /* its address; NULL: the chain has none */
    const char *countersignature; /* id of a signature; NULL: none */
    int64_t created_ms;
    cs_slice record; /* what the ledger has the digest of */
    cs_slice message, ecdsa_signature, ecdsa_public_key, pqc_signature;
    cs_slice metadata; /* JSON text as it was given; absent: none */
} cs_hybrid_row;

/* The same as it is read back, with its place in the ledger. */
typedef struct cs_hybrid_record_row {
    char id[CS_MAX_ID + 1];
    char org[CS_MAX_ID + 1];
    char key_id[CS_MAX_ID + 1];
    char algorithm[CS_MAX_WORD + 1];
    char chain[CS_MAX_WORD + 1];
    char scheme[CS_MAX_WORD + 1];
    char signer[CS_MAX_ID + 1];           /* empty: none */
    char countersignature[CS_MAX_ID + 1]; /* empty: none */
    uint64_t seq;
    char entry_id[CS_MAX_ID + 1];
    int64_t created_ms;
    /* owned */
    cs_buf record;
    cs_buf message, ecdsa_signature, ecdsa_public_key, pqc_signature, pqc_public_key;
    cs_buf metadata; /* empty: none */
} cs_hybrid_record_row;

cs_hybrid_record_row cs_hybrid_record_row_new(void);
void cs_hybrid_record_row_free(cs_hybrid_record_row *h);

/* A key of the PQ Signer door that was born. Everything is borrowed. */
typedef struct cs_pq_key_row {
    cs_slice user_id;      /* 1..CS_MAX_USER_ID bytes of UTF-8, one key's for ever */
    const char *algorithm; /* "ML-DSA-44" */
    const char *kms_key;   /* its ARN */
    cs_slice key_release;
    int64_t created_ms; /* as the birth attestation says */
    cs_slice public_key, sealed;
    /* not needed to sign */
    cs_slice enclave_version, wrapped, birth;
} cs_pq_key_row;

/* The same as it is read back, as far as it is needed to sign: less than CS_MAX_PQ_RECORD bytes. */
typedef struct cs_pq_key_record {
    char org[CS_MAX_ID + 1];
    char algorithm[CS_MAX_WORD + 1];
    char kms_key[CS_MAX_KMS_KEY + 1];
    char key_release[CS_MAX_WORD + 1];
    int64_t created_ms;
    /* owned */
    cs_buf public_key, sealed;
} cs_pq_key_record;

cs_pq_key_record cs_pq_key_record_new(void);
void cs_pq_key_record_free(cs_pq_key_record *k);

/* The rest of it. */
typedef struct cs_pq_birth_record {
    char enclave_version[CS_MAX_WORD + 1];
    /* owned */
    cs_buf wrapped;  /* data key, as the KMS wrapped it */
    cs_buf document; /* birth attestation */
} cs_pq_birth_record;

cs_pq_birth_record cs_pq_birth_record_new(void);
void cs_pq_birth_record_free(cs_pq_birth_record *b);

/* What an idempotency key stands for. */
typedef struct cs_idempotency_row {
    uint8_t scope[CS_SHA256_LEN]; /* who asked for what under which key */
    uint8_t body[CS_SHA256_LEN];  /* of the request */
    bool secret;                  /* the answer held a secret and was not kept */
    int status;
    int64_t created_ms;
    cs_buf answer; /* owned */
} cs_idempotency_row;

cs_idempotency_row cs_idempotency_row_new(void);
void cs_idempotency_row_free(cs_idempotency_row *i);

typedef struct cs_counts {
    int64_t keys[CS_KEY_REVOKED + 1]; /* by cs_key_status */
    int64_t passed, failed, absent;   /* signatures by verdict */
    int64_t policies, rules;          /* attestation and vault policies, without those deleted */
    int64_t checkpoints;
    int64_t registered_keys, hybrid_attestations; /* the former without those revoked */
    uint64_t entries;
} cs_counts;

/* -- reads ----------------------------------------------------------------------------------------------------- */

/* CS_NOT_FOUND where there is no such row; the output's owned parts are empty then and need no _free. */
CS_MUST_CHECK cs_err cs_store_org(cs_store *s, cs_org_row *out, cs_slice org);
/* `org` is the org itself. */
CS_MUST_CHECK cs_err cs_store_api_key(cs_store *s, cs_api_key_row *out, const uint8_t hash[CS_SHA256_LEN]);
CS_MUST_CHECK cs_err cs_store_api_key_by_id(cs_store *s, cs_api_key_row *out, cs_slice org, cs_slice id);
CS_MUST_CHECK cs_err cs_store_session(cs_store *s, cs_session_row *out, const uint8_t hash[CS_SHA256_LEN]);
CS_MUST_CHECK cs_err cs_store_key(cs_store *s, cs_key_row *out, cs_slice org, cs_slice id);
/* The key that holds the name: not revoked, and the newest of its lineage. */
CS_MUST_CHECK cs_err cs_store_key_by_name(cs_store *s, cs_key_row *out, cs_slice org, cs_slice name);
/* The newest version; a deleted policy is not found … */
CS_MUST_CHECK cs_err cs_store_policy(cs_store *s, cs_policy_row *out, cs_slice org, cs_slice id);
/* … but for its versions. */
CS_MUST_CHECK cs_err cs_store_policy_version(cs_store *s, cs_policy_row *out, cs_slice org, cs_slice id,
                                             int64_t version);
CS_MUST_CHECK cs_err cs_store_rule(cs_store *s, cs_rule_row *out, cs_slice org, cs_slice id);
/* Appends the JSON text. */
CS_MUST_CHECK cs_err cs_store_settings(cs_store *s, cs_buf *out, cs_slice org);
CS_MUST_CHECK cs_err cs_store_signature(cs_store *s, cs_signature_record *out, cs_slice org, cs_slice id);
/* Appends the bytes of an entry. */
CS_MUST_CHECK cs_err cs_store_entry(cs_store *s, cs_buf *out, cs_slice org, uint64_t seq);
CS_MUST_CHECK cs_err cs_store_entry_by_id(cs_store *s, cs_entry_record *out, cs_slice org, cs_slice id);
CS_MUST_CHECK cs_err cs_store_entry_note(cs_store *s, cs_note_record *out, cs_slice org, cs_slice entry_id);
CS_MUST_CHECK cs_err cs_store_head(cs_store *s, cs_head *out, cs_slice org);
/* Appends `count` hashes of 32 bytes of the ledger's tree, from number `first` on: of level 0 the leaves, of level L
 * the roots of complete subtrees of 256^L leaves. CS_NOT_FOUND, and nothing appended, if one of them is missing. */
CS_MUST_CHECK cs_err cs_store_nodes(cs_store *s, cs_buf *out, cs_slice org, unsigned level, uint64_t first,
                                    size_t count);
CS_MUST_CHECK cs_err cs_store_checkpoint(cs_store *s, cs_checkpoint_row *out, cs_slice org, cs_slice id);
CS_MUST_CHECK cs_err cs_store_last_checkpoint(cs_store *s, cs_checkpoint_row *out, cs_slice org);
/* The oldest that has at least `size` entries. */
CS_MUST_CHECK cs_err cs_store_checkpoint_covering(cs_store *s, cs_checkpoint_row *out, cs_slice org, uint64_t size);
CS_MUST_CHECK cs_err cs_store_get_idempotency(cs_store *s, cs_idempotency_row *out, const uint8_t scope[CS_SHA256_LEN]);
/* Epoch and highest counter of the newest signature that proved one; CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_store_last_counter(cs_store *s, char epoch[33], int64_t *counter);
CS_MUST_CHECK cs_err cs_store_registered(cs_store *s, cs_registered_row *out, cs_slice org, cs_slice id);
/* By SHA-256 of the public key; revoked ones are found, too. */
CS_MUST_CHECK cs_err cs_store_registered_by_hash(cs_store *s, cs_registered_row *out, cs_slice org,
                                                 const uint8_t hash[CS_SHA256_LEN]);
/* The newest challenge of an API key that has not expired. */
CS_MUST_CHECK cs_err cs_store_newest_challenge(cs_store *s, uint8_t random[CS_CHALLENGE_RANDOM], cs_slice org,
                                               const char *api_key_id, int64_t now_ms);
CS_MUST_CHECK cs_err cs_store_hybrid(cs_store *s, cs_hybrid_record_row *out, cs_slice org, cs_slice id);
/* Id of the newest key of purpose hybrid that is active. */
CS_MUST_CHECK cs_err cs_store_countersigning_key(cs_store *s, char id[CS_MAX_ID + 1], cs_slice org);
/* Keys of the PQ Signer door, of whatever realm: that is compared by the caller. */
CS_MUST_CHECK cs_err cs_store_pq_key(cs_store *s, cs_pq_key_record *out, cs_slice user_id);
CS_MUST_CHECK cs_err cs_store_pq_birth(cs_store *s, cs_pq_birth_record *out, cs_slice user_id);
/* How many transactions have changed keys since the store was opened; a change is counted before it is acknowledged. */
uint64_t cs_store_key_changes(const cs_store *s);
/* Costs the same however many signatures there are. */
CS_MUST_CHECK cs_err cs_store_counts(cs_store *s, cs_counts *out, cs_slice org);

/* A page of a listing, newest first. */
typedef struct cs_page {
    cs_slice org;
    cs_slice before;   /* only ids older than this one; absent: from the newest */
    cs_slice filter;   /* algorithm of keys, vendor of policies, "live" or "test" of API keys; absent: any */
    bool with_revoked; /* keys */
    cs_slice key_id, policy_id, verdict; /* of signatures, the first also of hybrid attestations; absent: any */
    cs_slice chain;                      /* of hybrid attestations and registered keys; absent: any */
    int64_t since_ms;                    /* signatures and hybrid attestations made then or later */
    int64_t limit;                       /* rows, at most CS_MAX_PAGE */
    bool full;                           /* `each` sets it where the page has to end behind the row it was given */
    bool more;                           /* out: there are older ones */
    char last[CS_MAX_ID + 1];            /* out: id of the last row given */
} cs_page;

/* Calls `each` for every row; the row is the store's and gone afterwards. */
CS_MUST_CHECK cs_err cs_store_api_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_api_key_row *k),
                                       void *context);
CS_MUST_CHECK cs_err cs_store_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_key_row *k),
                                   void *context);
CS_MUST_CHECK cs_err cs_store_policies(cs_store *s, cs_page *page, void (*each)(void *context, const cs_policy_row *p),
                                       void *context);
CS_MUST_CHECK cs_err cs_store_rules(cs_store *s, cs_page *page, void (*each)(void *context, const cs_rule_row *r),
                                    void *context);
CS_MUST_CHECK cs_err cs_store_signatures(cs_store *s, cs_page *page,
                                         void (*each)(void *context, const cs_signature_record *g), void *context);
CS_MUST_CHECK cs_err cs_store_registered_keys(cs_store *s, cs_page *page,
                                              void (*each)(void *context, const cs_registered_row *k), void *context);
CS_MUST_CHECK cs_err cs_store_hybrids(cs_store *s, cs_page *page,
                                      void (*each)(void *context, const cs_hybrid_record_row *h), void *context);
CS_MUST_CHECK cs_err cs_store_checkpoints(cs_store *s, cs_page *page,
                                          void (*each)(void *context, const cs_checkpoint_row *p), void *context);
/* All realms of all orgs, oldest first. */
CS_MUST_CHECK cs_err cs_store_orgs(cs_store *s, void (*each)(void *context, const cs_org_row *o), void *context);
/* The newest versions of the attestation policies of all realms, but for those of vendor mock. */
CS_MUST_CHECK cs_err cs_store_pinning_policies(cs_store *s, void (*each)(void *context, const cs_policy_row *p),
                                               void *context);
/* The vault policies that are enabled, oldest first. */
CS_MUST_CHECK cs_err cs_store_all_rules(cs_store *s, void (*each)(void *context, const cs_rule_row *r), void *context,
                                        cs_slice org);
/* The links of the lineage that a key belongs to, oldest first; none if it was never rotated. At most CS_MAX_LINEAGE
 * that lead to it, and as many that lead on from it. */
CS_MUST_CHECK cs_err cs_store_lineage(cs_store *s, void (*each)(void *context, const cs_lineage_row *l), void *context,
                                      cs_slice org, cs_slice key_id);

/* Entries of one ledger, in the order of their seq or against it. */
typedef struct cs_entry_query {
    cs_slice org;
    uint64_t from, to;                    /* from <= seq < to; UINT64_MAX: no end */
    cs_slice event_type, subject, key_id; /* absent: any */
    bool descending;
    int64_t limit; /* at most CS_MAX_PAGE; more only where nobody outside says how many */
    bool more;     /* out: there are more behind the last one given */
} cs_entry_query;

CS_MUST_CHECK cs_err cs_store_entries(cs_store *s, cs_entry_query *q,
                                      void (*each)(void *context, const cs_entry_record *e), void *context);

/* -- writes: one transaction, from one thread at a time ---------------------------------------------------------- */

CS_MUST_CHECK cs_err cs_store_begin(cs_store *s);
/* Within a transaction that is done again with marks if it fails: a change may be called done before the store knows,
 * and a refusal come from a later call, the commit's at the latest. */
void cs_store_hurry(cs_store *s);
/* Durable when it returns CS_OK. Otherwise nothing of the transaction may be acknowledged. */
CS_MUST_CHECK cs_err cs_store_commit(cs_store *s);
void cs_store_rollback(cs_store *s);
/* A part of the transaction that can be taken back by itself. */
CS_MUST_CHECK cs_err cs_store_mark(cs_store *s);
CS_MUST_CHECK cs_err cs_store_keep(cs_store *s);
CS_MUST_CHECK cs_err cs_store_undo(cs_store *s);

/* CS_CONFLICT, here and where nothing else is said: such a row is there already. */
CS_MUST_CHECK cs_err cs_store_put_org(cs_store *s, const cs_org_row *o);
CS_MUST_CHECK cs_err cs_store_put_api_key(cs_store *s, const cs_api_key_row *k);
/* CS_CONFLICT if it is revoked already. */
CS_MUST_CHECK cs_err cs_store_revoke_api_key(cs_store *s, const char *id, int64_t now_ms);
/* Puts the successor; the predecessor, of the same org, ends at `expires_ms`. CS_CONFLICT if its end is set already. */
CS_MUST_CHECK cs_err cs_store_rotate_api_key(cs_store *s, const cs_api_key_row *successor, const char *predecessor,
                                             int64_t expires_ms);
/* Beyond CS_MAX_SESSIONS of its API key those that end first are gone. */
CS_MUST_CHECK cs_err cs_store_put_session(cs_store *s, const cs_session_row *n);
/* Also if there is none. */
CS_MUST_CHECK cs_err cs_store_end_session(cs_store *s, const uint8_t hash[CS_SHA256_LEN]);
/* Removes sessions that have expired, at most a thousand. */
CS_MUST_CHECK cs_err cs_store_purge_sessions(cs_store *s, int64_t now_ms);

/* CS_NAME_TAKEN; CS_NOT_FOUND if the policy does not exist. */
CS_MUST_CHECK cs_err cs_store_put_key(cs_store *s, const cs_key_row *k);
/* Puts the successor and the link; the predecessor, in the same org, gives its name away and is superseded.
 * CS_KEY_NOT_ACTIVE if it is not active; errors of cs_store_put_key. */
CS_MUST_CHECK cs_err cs_store_rotate_key(cs_store *s, const cs_key_row *successor, const cs_lineage_row *link);
/* Revokes a key and destroys its sealed record. CS_KEY_NOT_ACTIVE if it is revoked already. */
CS_MUST_CHECK cs_err cs_store_revoke_key(cs_store *s, cs_slice org, const char *id, int64_t now_ms);
/* CS_KEY_NOT_ACTIVE if it is revoked or suspended already. */
CS_MUST_CHECK cs_err cs_store_suspend_key(cs_store *s, cs_slice org, const char *id, int64_t now_ms);
/* The key is again what it was: active or superseded. CS_CONFLICT if it is not suspended. */
CS_MUST_CHECK cs_err cs_store_resume_key(cs_store *s, cs_slice org, const char *id);

/* Version 1 makes a policy; a later one must follow the newest: CS_CONFLICT if it does not, or the policy is deleted.
 */
CS_MUST_CHECK cs_err cs_store_put_policy(cs_store *s, const cs_policy_row *p);
/* CS_POLICY_BOUND while a key that is not revoked is bound to it; CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_store_delete_policy(cs_store *s, cs_slice org, const char *id, int64_t now_ms);
/* Versions as those of attestation policies, but only the newest is kept. */
CS_MUST_CHECK cs_err cs_store_put_rule(cs_store *s, const cs_rule_row *r);
/* CS_NOT_FOUND */
CS_MUST_CHECK cs_err cs_store_delete_rule(cs_store *s, cs_slice org, const char *id, int64_t now_ms);
/* Instead of what is there. */
CS_MUST_CHECK cs_err cs_store_put_settings(cs_store *s, cs_slice org, const cs_settings_row *t, int64_t now_ms);
/* Also if there are none. */
CS_MUST_CHECK cs_err cs_store_delete_settings(cs_store *s, cs_slice org);

/* CS_KEY_NOT_ACTIVE: the key has been suspended or revoked meanwhile. CS_COUNTER_NOT_FRESH: epoch and counter are there
 * already. */
CS_MUST_CHECK cs_err cs_store_put_signature(cs_store *s, cs_slice org, const cs_signature_row *g, uint64_t seq,
                                            int64_t now_ms);
/* Uses up the challenge, unless `random` is NULL. CS_BAD_CHALLENGE: there is no such one of this realm, or it has
 * expired; CS_ALREADY_REGISTERED: the realm has this public key already, perhaps revoked. */
CS_MUST_CHECK cs_err cs_store_put_registered(cs_store *s, const cs_registered_row *k, const uint8_t *random,
                                             int64_t now_ms);
/* CS_CONFLICT if it is revoked already. */
CS_MUST_CHECK cs_err cs_store_revoke_registered(cs_store *s, cs_slice org, const char *id, int64_t now_ms);
/* Beyond CS_MAX_CHALLENGES of its API key those that end first are gone. */
CS_MUST_CHECK cs_err cs_store_put_challenge(cs_store *s, const cs_challenge_row *c);
/* Removes challenges that have expired, at most a thousand. */
CS_MUST_CHECK cs_err cs_store_purge_challenges(cs_store *s, int64_t now_ms);
/* CS_PQC_005: the public key has been revoked meanwhile. */
CS_MUST_CHECK cs_err cs_store_put_hybrid(cs_store *s, cs_slice org, const cs_hybrid_row *h, uint64_t seq);
/* Both rows. CS_CONFLICT: the user_id has a key, perhaps in another realm. */
CS_MUST_CHECK cs_err cs_store_put_pq_key(cs_store *s, cs_slice org, const cs_pq_key_row *k);
CS_MUST_CHECK cs_err cs_store_put_entry(cs_store *s, cs_slice org, const cs_entry_row *e, int64_t now_ms);
CS_MUST_CHECK cs_err cs_store_put_note(cs_store *s, cs_slice org, const char *entry_id, const cs_entry_note *n);
CS_MUST_CHECK cs_err cs_store_put_node(cs_store *s, cs_slice org, unsigned level, uint64_t n,
                                       const uint8_t hash[CS_SHA256_LEN]);
/* The head as the transaction sees it, which no other gateway changes until it ends; and the new one. */
CS_MUST_CHECK cs_err cs_store_get_head(cs_store *s, cs_head *out, cs_slice org);
CS_MUST_CHECK cs_err cs_store_put_head(cs_store *s, cs_slice org, const cs_head *h);
/* CS_CONFLICT: there is one of this size with another root. With the same root that one stays, and this is CS_OK. */
CS_MUST_CHECK cs_err cs_store_put_checkpoint(cs_store *s, const cs_checkpoint_row *p);
/* The note with more cosignatures, and who has it. CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_store_update_checkpoint_note(cs_store *s, cs_slice org, const char *id, cs_slice note,
                                                     cs_slice published);
CS_MUST_CHECK cs_err cs_store_put_idempotency(cs_store *s, const cs_idempotency_row *i);
/* Removes those made before, at most a thousand. */
CS_MUST_CHECK cs_err cs_store_purge_idempotency(cs_store *s, int64_t before_ms);

#endif
