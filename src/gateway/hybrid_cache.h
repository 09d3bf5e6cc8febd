/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: what every attestation asks for, kept in memory: registered public keys, opened, and which key of a
 * realm countersigns.
 *
 * A registration that is found here may have been revoked since; the transaction that stores an attestation looks again
 * (cs_store_put_hybrid). Which key countersigns is asked again after any key of the store has changed.
 */
#ifndef CS_GATEWAY_HYBRID_CACHE_H
#define CS_GATEWAY_HYBRID_CACHE_H

#include "core/crypto.h"
#include "gateway/store.h"

#define CS_CACHED_CALLER_KEYS 64     /* at most 64 KiB each: a place for each, the newer takes it */
#define CS_CACHED_COUNTERSIGNERS 256 /* realms, likewise */

typedef struct cs_hybrid_cache cs_hybrid_cache;

/* `store` is borrowed. */
CS_MUST_CHECK cs_err cs_hybrid_cache_open(cs_hybrid_cache **out, cs_store *store);
void cs_hybrid_cache_close(cs_hybrid_cache *c); /* NULL is fine */

/* A registered key in use. */
typedef struct cs_caller_key {
    cs_registered_row row;
    cs_key *key; /* opened */
    int holders; /* the cache's own */
} cs_caller_key;

/* The key of these bytes, given back with cs_hybrid_cache_release; NULL if it is not here. */
cs_caller_key *cs_hybrid_cache_hold(cs_hybrid_cache *c, cs_slice realm, cs_slice public_key);
void cs_hybrid_cache_release(cs_hybrid_cache *c, cs_caller_key *k); /* NULL is fine */
/* Keeps a registration that is in force. That it cannot be kept is no error. */
void cs_hybrid_cache_keep(cs_hybrid_cache *c, const cs_registered_row *row, cs_prim prim);
/* Forgets it again. */
void cs_hybrid_cache_forget(cs_hybrid_cache *c, const char *id);

/* As cs_store_countersigning_key. */
CS_MUST_CHECK cs_err cs_hybrid_cache_countersigner(cs_hybrid_cache *c, char id[CS_MAX_ID + 1], cs_slice realm);

#endif
