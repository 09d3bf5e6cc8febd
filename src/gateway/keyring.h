/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in use, kept in memory with what signing and verifying needs: record, policy, opened public key.
 *
 * What nobody holds gives way where all of them together take more than CS_KEYRING_BYTES (limits.h).
 *
 * Whatever changes a key's status in this process does it through here, and a change reaches every cs_live_key that
 * anybody holds, so that it can stop new signatures and wait for those under way; where other gateways change the store
 * as well, the transaction that stores a signature has the last word. There is one
 * cs_live_key for a key, and beside it, until they are given back, those whose policy has got a new version since.
 */
#ifndef CS_GATEWAY_KEYRING_H
#define CS_GATEWAY_KEYRING_H

#include "core/composite.h"
#include "core/policy.h"
#include "gateway/store.h"

/* Everything but the keyring's own members stays as it was loaded. */
typedef struct cs_live_key {
    cs_key_row row;     /* its status is that of the loading: ask cs_keyring_status */
    cs_buf public_json; /* the key as clients get it: a JSON string, quoted */
    bool bound;         /* there is a policy: the next four */
    cs_err policy_err;  /* CS_OK, or why the stored policy cannot be used (mock in production) */
    cs_policy policy;
    int64_t policy_version;
    uint8_t policy_hash[CS_SHA256_LEN];
    cs_digest public_key_sha256; /* of row.public_key */
    /* the keyring's own */
    cs_pair pair; /* opened public key, once it was asked for */
    bool opened;
    size_t bytes; /* all of its memory */
    cs_key_status status;
    bool superseded; /* has left its name to a successor, whatever its status */
    int holders, signing;
    bool retired; /* not found any more */
    struct cs_live_key *next_by_id, *next_by_name, *next_retired;
} cs_live_key;

typedef struct cs_keyring cs_keyring;

CS_MUST_CHECK cs_err cs_keyring_open(cs_keyring **out, cs_store *store, bool allow_mock);
void cs_keyring_close(cs_keyring *r); /* NULL is fine */

/* The key of this id, or the one that has this name now (active or suspended); given back with cs_keyring_release.
 * CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_keyring_hold(cs_live_key **out, cs_keyring *r, cs_slice org, cs_slice ref);
void cs_keyring_release(cs_keyring *r, cs_live_key *k); /* NULL is fine */

/* The opened public key, as long as `k` is held. */
CS_MUST_CHECK cs_err cs_keyring_public(const cs_pair **out, cs_keyring *r, cs_live_key *k);

/* The memory that the keys take which can be found. */
size_t cs_keyring_bytes(cs_keyring *r);

cs_key_status cs_keyring_status(cs_keyring *r, const cs_live_key *k);

/* Announces a signature with a held key; CS_KEY_NOT_ACTIVE if it is suspended or revoked. Ended with cs_keyring_signed.
 */
CS_MUST_CHECK cs_err cs_keyring_sign(cs_keyring *r, cs_live_key *k);
void cs_keyring_signed(cs_keyring *r, cs_live_key *k);

/* Runs `commit`, which writes the change to the store; if that gives CS_OK the held key has the new status from then on
 * (CS_KEY_SUPERSEDED instead of CS_KEY_ACTIVE if it has a successor). One change at a time, so store and memory cannot
 * disagree. Returns what `commit` returned. */
CS_MUST_CHECK cs_err cs_keyring_change(cs_keyring *r, cs_live_key *k, cs_key_status status,
                                       cs_err (*commit)(void *context), void *context);
/* CS_OK once no signature of the key is under way. CS_ENCLAVE_UNAVAILABLE: one still was at the deadline. */
CS_MUST_CHECK cs_err cs_keyring_drain(cs_keyring *r, const cs_live_key *k, int64_t deadline_us);

/* The policy has a new version, which is in the store: keys that are bound to it are loaded again when they are next
 * asked for. */
void cs_keyring_policy_changed(cs_keyring *r, cs_slice org, cs_slice policy_id);
/* Another gateway may have changed any of them: all are loaded again when they are next asked for. */
void cs_keyring_forget_all(cs_keyring *r);

#endif
