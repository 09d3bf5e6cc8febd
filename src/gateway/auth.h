/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling: API keys, their org and their scopes.
 *
 * An API key is cs_<sec|pub>_<live|test>_, 43 characters of base62 for 32 random bytes, and 6 check characters. The
 * store holds HMAC-SHA-256 of its text under the pepper, a secret in a file of its own beside the store, so neither
 * alone is worth anything. The same pepper authenticates cursors, under another label.
 */
#ifndef CS_GATEWAY_AUTH_H
#define CS_GATEWAY_AUTH_H

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

/* API keys that were looked up lately, by hash: a place for each, the newer takes it. Nothing changes an API key while
 * the gateway runs; what will must forget it here. */
#define CS_KNOWN_API_KEYS 64

typedef struct cs_auth {
    cs_store *store;                   /* borrowed */
    cs_secret api_key_key, cursor_key; /* made of the pepper, one for each use */
    pthread_mutex_t lock;              /* of known */
    cs_api_key_row known[CS_KNOWN_API_KEYS];
} cs_auth;

/* Makes the pepper of a new store. CS_CONFLICT if there is one already: it may belong to a store that is to come back
 * from a backup. CS_RANDOM, CS_IO. */
CS_MUST_CHECK cs_err cs_auth_create_pepper(const char *store_path);
/* Reads the pepper beside the store. CS_IO: it is not there; CS_CONFIG: others could read it, or not 32 bytes. */
CS_MUST_CHECK cs_err cs_auth_open(cs_auth *a, cs_store *store, const char *store_path);
void cs_auth_close(cs_auth *a); /* after cs_auth_open, also a failed one */

typedef struct cs_caller {
    char key_id[CS_MAX_ID + 1]; /* of the API key */
    char org[CS_MAX_ID + 1];    /* whose API key it is … */
    char realm[CS_MAX_ID + 1];  /* … and whose records it sees: the org's live ones, or its test ones */
    bool live, publishable;
    uint32_t scopes;
    size_t key_id_count; /* 0: every key of the realm */
    char key_ids[CS_MAX_KEY_IDS][CS_MAX_ID + 1];
} cs_caller;

/* Whether the caller may have to do with this key of its realm. To one that may not, there is no such key. */
bool cs_caller_may_use(const cs_caller *c, const char *key_id);

/* Judges the value of an Authorization header. CS_UNAUTHENTICATED for everything that is no live API key, whatever
 * the cause; CS_STORE_UNAVAILABLE. */
CS_MUST_CHECK cs_err cs_auth_check(cs_caller *out, cs_auth *a, cs_slice authorization);

/* A fresh API key and its row; `row` comes with kind, live and org filled in. The text is shown once. */
CS_MUST_CHECK cs_err cs_auth_mint(cs_secret *text, cs_api_key_row *row, const cs_auth *a, int64_t now_ms);

/* Cursors: where a listing goes on, opaque to the client, good only for the same org and route.
 * cs_cursor_read gives the id inside, or CS_BAD_CURSOR. */
void cs_cursor_write(cs_buf *out, const cs_auth *a, cs_slice org, const char *route, cs_slice id);
CS_MUST_CHECK cs_err cs_cursor_read(char id[CS_MAX_ID + 1], const cs_auth *a, cs_slice org, const char *route,
                                    cs_slice cursor);

#endif
