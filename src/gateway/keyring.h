/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in use, kept in memory with what signing and verifying needs: record, policy, opened public key.
 *
 * There is at most one cs_live_key for a key while anybody holds it, so revoking can stop new signatures and wait for
 * those under way. Only this process changes the store; what revokes a key does it through here.
 */
#ifndef CS_GATEWAY_KEYRING_H
#define CS_GATEWAY_KEYRING_H

#include "core/composite.h"
#include "core/policy.h"
#include "gateway/store.h"

#define CS_KEYRING_CAPACITY 256 /* keys kept when nobody holds them */

/* Everything but the keyring's own members stays as it was loaded. */
typedef struct cs_live_key {
    cs_key_row row;
    cs_buf public_json; /* the key as clients get it: a JSON string, quoted */
    bool bound;         /* there is a policy: the next four */
    cs_err policy_err;  /* CS_OK, or why the stored policy cannot be used (mock in production) */
    cs_policy policy;
    int64_t policy_version;
    uint8_t policy_hash[CS_SHA256_LEN];
    /* the keyring's own */
    cs_pair pair; /* opened public key, once it was asked for */
    bool opened;
    bool revoked;
    int holders, signing;
    struct cs_live_key *next_by_id, *next_by_name;
} cs_live_key;

typedef struct cs_keyring cs_keyring;

CS_MUST_CHECK cs_err cs_keyring_open(cs_keyring **out, cs_store *store, bool allow_mock);
void cs_keyring_close(cs_keyring *r); /* NULL is fine */

/* The key of this id, or the live key of this name; given back with cs_keyring_release. CS_NOT_FOUND. */
CS_MUST_CHECK cs_err cs_keyring_hold(cs_live_key **out, cs_keyring *r, cs_slice org, cs_slice ref);
void cs_keyring_release(cs_keyring *r, cs_live_key *k); /* NULL is fine */

/* The opened public key, as long as `k` is held. */
CS_MUST_CHECK cs_err cs_keyring_public(const cs_pair **out, cs_keyring *r, cs_live_key *k);

/* Announces a signature with a held key; CS_KEY_NOT_ACTIVE if it does not sign. Ended with cs_keyring_signed. */
CS_MUST_CHECK cs_err cs_keyring_sign(cs_keyring *r, cs_live_key *k);
void cs_keyring_signed(cs_keyring *r, cs_live_key *k);
/* From here on the key signs no more, and when this returns CS_OK no signature is under way. CS_ENCLAVE_UNAVAILABLE:
 * one still was at the deadline. */
CS_MUST_CHECK cs_err cs_keyring_revoke(cs_keyring *r, cs_live_key *k, int64_t deadline_us);
bool cs_keyring_is_revoked(cs_keyring *r, const cs_live_key *k);

#endif
