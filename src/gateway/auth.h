/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling: API keys, their org, realm and scopes, and the sessions that they begin.
 *
 * An API key is cs_<sec|pub>_<live|test>_, 43 characters of base62 for 32 random bytes, and 6 check characters. The
 * store holds HMAC-SHA-256 of its text under the pepper, a secret in a file of its own beside the store, so neither
 * alone is worth anything. The same pepper, under other labels, serves sessions (session.h) and authenticates cursors.
 */
#ifndef CS_GATEWAY_AUTH_H
#define CS_GATEWAY_AUTH_H

#include <limits.h>
#include <pthread.h>

#include "core/crypto.h"
#include "gateway/store.h"

/* What an API key may do. A route names the scopes of which one suffices. */
#define CS_SCOPE_KEYS 1u
#define CS_SCOPE_SIGN 2u
#define CS_SCOPE_VERIFY 4u
#define CS_SCOPE_POLICIES 8u
#define CS_SCOPE_LEDGER 16u
#define CS_SCOPE_SETTINGS 32u
#define CS_SCOPE_PQ_SIGNER 64u
#define CS_SCOPE_HYBRID 128u
#define CS_SCOPE_ADMIN 256u
#define CS_SCOPES_SECRET 511u                 /* the first key of an org */
#define CS_SCOPES_PUBLISHABLE CS_SCOPE_VERIFY /* all that a publishable key can ever have */

#define CS_API_KEY_LEN 61 /* characters */

#define CS_KNOWN_ACCOUNTS 4096 /* API keys whose org is remembered: a place for each, the newer takes it */

/* API keys that were looked up lately, by hash: a place for each, the newer takes it. What changes an API key in the
 * store tells it here (cs_auth_forget) before that is acknowledged. */
#define CS_KNOWN_API_KEYS 64

/* API keys whose refused use has been recorded lately. */
#define CS_NOTED_REFUSALS 256
#define CS_REFUSAL_MS 3600000 /* one record for an API key in this time */

typedef struct cs_auth {
    cs_store *store; /* borrowed */
    /* made of the pepper, one for each use */
    cs_secret api_key_key, cursor_key, session_key, csrf_key;
    pthread_mutex_t lock; /* of what follows */
    cs_api_key_row known[CS_KNOWN_API_KEYS];
    size_t suspended_count;
    char suspended[CS_MAX_SUSPENDED_ORGS][CS_MAX_ID + 1]; /* orgs */
    uint64_t changes; /* of API keys so far: a row read before the last one may be stale */
    struct {
        uint64_t hash, account;
    } accounts[CS_KNOWN_ACCOUNTS];
    struct {
        char key_id[CS_MAX_ID + 1];
        int64_t at_ms;
    } refusals[CS_NOTED_REFUSALS]; /* the oldest gives way */
} cs_auth;

/* Where the pepper is: in the file that was given (NULL: none), or else beside the store. CS_CONFIG (logged): the store
 * is on a server and has no such place; CS_TOO_LARGE. */
CS_MUST_CHECK cs_err cs_auth_pepper_path(char path[PATH_MAX], const char *store, const char *given);
/* Makes the pepper of a new store. CS_CONFLICT if there is one already: it may belong to a store that is to come back
 * from a backup. CS_RANDOM, CS_IO. */
CS_MUST_CHECK cs_err cs_auth_create_pepper(const char *path);
/* Reads the pepper. CS_IO: it is not there; CS_CONFIG: others could read it, or not 32 bytes. */
CS_MUST_CHECK cs_err cs_auth_open(cs_auth *a, cs_store *store, const char *path);
void cs_auth_close(cs_auth *a); /* after cs_auth_open, also a failed one */

typedef struct cs_caller {
    char key_id[CS_MAX_ID + 1]; /* of the API key */
    char org[CS_MAX_ID + 1];    /* whose API key it is … */
    char realm[CS_MAX_ID + 1];  /* … and whose records it sees: the org's live ones, or its test ones */
    bool live, publishable;
    uint32_t scopes;
    size_t key_id_count; /* 0: every key of the realm */
    char key_ids[CS_MAX_KEY_IDS][CS_MAX_ID + 1];
    bool shown;      /* something that has the form of an API key or of a session was there to be judged */
    bool by_session; /* the API key spoke through a session … */
    uint8_t session[CS_SHA256_LEN];
    const char *refused; /* why an API key that is in the store does not count: for the log, never for the client */
} cs_caller;

/* Whether the caller may have to do with this key of its realm. To one that may not, there is no such key. */
bool cs_caller_may_use(const cs_caller *c, const char *key_id);

/* What a request shows of who sends it. */
typedef struct cs_credentials {
    cs_slice authorization; /* absent without such a header … */
    cs_slice cookie, csrf;  /* … and only then these count */
    bool reads;             /* GET, HEAD: changes nothing, so it needs no CSRF token */
} cs_credentials;

/* Judges them at `now_ms` of the wall clock. CS_UNAUTHENTICATED for everything that is no API key in force and no
 * session of one, whatever the cause; CS_ACCOUNT_SUSPENDED: it would be one, of an org that is suspended; CS_CSRF: the
 * session's token is missing or another's; CS_STORE_UNAVAILABLE. After a refusal `out` holds nothing but `shown` and,
 * where an API key is known, its id, org, realm and `refused`. */
CS_MUST_CHECK cs_err cs_auth_check(cs_caller *out, cs_auth *a, const cs_credentials *shown, int64_t now_ms);
/* The same for the text of an API key. */
CS_MUST_CHECK cs_err cs_auth_check_text(cs_caller *out, cs_auth *a, cs_slice text, int64_t now_ms);

/* A number of the org whose API key stands in an Authorization header, so that orgs can take turns; 0 if it has not
 * been looked up yet, or is none. No verdict: it may have been revoked. Does not wait for the store. */
uint64_t cs_auth_account(cs_auth *a, cs_slice authorization);

/* From now on these orgs are suspended and no others: their API keys count for nothing until they are off the list. At
 * most CS_MAX_SUSPENDED_ORGS. Their ledgers go on being checkpointed. */
void cs_auth_suspend(cs_auth *a, const char *const *orgs, size_t n);
bool cs_auth_is_suspended(cs_auth *a, const char *org);

/* The API key of this id has changed in the store: from now on its old row counts for nobody. */
void cs_auth_forget(cs_auth *a, const char *api_key_id);
/* Another gateway may have changed any of them. */
void cs_auth_forget_all(cs_auth *a);

/* Whether a refused use of an API key is to be recorded: not if one was within the last hour, nor if that holds for as
 * many other API keys as are noted. */
bool cs_auth_note_refusal(cs_auth *a, const char *api_key_id, int64_t now_ms);

/* "keys", "sign" …; NULL where the bit is none of a scope. */
const char *cs_scope_name(uint32_t scope);
/* 0 for an unknown name. */
uint32_t cs_scope_by_name(cs_slice name);

/* A fresh API key: its text, which is shown once, and id, hash and time of creation of `row`, which comes with the rest
 * filled in. Scopes of 0 become all that its kind can have. */
CS_MUST_CHECK cs_err cs_auth_mint(cs_secret *text, cs_api_key_row *row, const cs_auth *a, int64_t now_ms);

/* Cursors: where a listing goes on, opaque to the client, good only for the same org and route.
 * cs_cursor_read gives the id inside, or CS_BAD_CURSOR. */
void cs_cursor_write(cs_buf *out, const cs_auth *a, cs_slice org, const char *route, cs_slice id);
CS_MUST_CHECK cs_err cs_cursor_read(char id[CS_MAX_ID + 1], const cs_auth *a, cs_slice org, const char *route,
                                    cs_slice cursor);

#endif
