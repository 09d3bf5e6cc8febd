/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the development KMS: one JSON file each in STATE/keys, mode 0600, whole or not there. They are in clear:
 * this is a tool for development.
 *
 * Keys are never taken away while the process lives, so a pointer to one stays good. Their changing members are read
 * under the read lock and written under the write lock, which the caller holds.
 */
#ifndef CS_DEVKMS_KEYSTORE_H
#define CS_DEVKMS_KEYSTORE_H

#include <pthread.h>

#include "core/limits.h"
#include "core/secret.h"
#include "devkms/pair.h"

#define CS_KEYSTORE_KEYS 4096
#define CS_KEYSTORE_POLICY 32768 /* bytes of a key policy */
#define CS_KEYSTORE_UUID 36

typedef enum cs_stored_cloud { CS_STORED_AWS, CS_STORED_AZURE, CS_STORED_GCP, CS_STORED_CLOUDS } cs_stored_cloud;
typedef enum cs_stored_state {
    CS_STORED_ENABLED,
    CS_STORED_DISABLED,
    CS_STORED_PENDING_DELETION,
    CS_STORED_STATES
} cs_stored_state;

typedef struct cs_stored_key {
    /* never changes */
    cs_stored_cloud cloud;
    char id[CS_KEYSTORE_UUID + 1];
    char name[512]; /* in the cloud, where keys have one */
    char spec[64];  /* what the cloud calls this kind of key */
    cs_pair *pair;  /* NULL: a symmetric key */
    cs_pair_kind kind;
    cs_secret symmetric;
    int64_t created_ms;
    /* changes */
    cs_stored_state state;
    char description[512];
    char alias[256]; /* "alias/…", or "" */
    cs_buf policy;   /* JSON text; empty: the default */
} cs_stored_key;

typedef struct cs_keystore {
    pthread_rwlock_t lock;
    char folder[CS_MAX_NAME + 4096];
    size_t count;
    cs_stored_key *of[CS_KEYSTORE_KEYS];
} cs_keystore;

/* Opens STATE/keys, made if it is missing, and reads what is there. CS_CONFIG for a file that others can read or that
 * is no key; the reason is logged. */
CS_MUST_CHECK cs_err cs_keystore_open(cs_keystore *out, const char *state);
void cs_keystore_close(cs_keystore *s);

/* A fresh key with an id, not in the store yet. `kind` CS_PAIR_NONE makes a symmetric one. */
CS_MUST_CHECK cs_err cs_stored_key_new(cs_stored_key **out, cs_stored_cloud cloud, cs_pair_kind kind, int64_t now_ms);
void cs_stored_key_free(cs_stored_key *k);

/* Takes the key over, in the store and on the disk; takes the write lock. CS_TOO_LARGE if the store is full,
 * CS_CONFLICT if its alias, or its cloud's name, is taken; CS_IO. The caller frees it after an error. */
CS_MUST_CHECK cs_err cs_keystore_add(cs_keystore *s, cs_stored_key *k);
/* Writes a key that changed, under the caller's write lock. */
CS_MUST_CHECK cs_err cs_keystore_save(cs_keystore *s, const cs_stored_key *k);

/* Takes the read lock and gives the key, or NULL; cs_keystore_done ends it in both cases. Looks at the disk again
 * before it gives NULL: another process may have made the key. */
typedef enum cs_keystore_by { CS_BY_ID, CS_BY_ALIAS, CS_BY_NAME } cs_keystore_by;
cs_stored_key *cs_keystore_find(cs_keystore *s, cs_stored_cloud cloud, cs_keystore_by by, cs_slice text);
/* The same under the write lock. */
cs_stored_key *cs_keystore_change(cs_keystore *s, cs_stored_cloud cloud, cs_keystore_by by, cs_slice text);
void cs_keystore_done(cs_keystore *s);
/* The same for the newest key whose name begins with `prefix`. */
cs_stored_key *cs_keystore_latest(cs_keystore *s, cs_stored_cloud cloud, cs_slice prefix);
/* Whether a key has the alias, under a lock of the caller's. */
bool cs_keystore_has_alias(cs_keystore *s, cs_stored_cloud cloud, cs_slice alias);

#endif
