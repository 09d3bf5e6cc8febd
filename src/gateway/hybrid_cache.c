/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct countersigner {
    char realm[CS_MAX_ID + 1]; /* "": free */
    char id[CS_MAX_ID + 1];    /* "": the realm has none */
    uint64_t changes;          /* of keys, when it was asked for */
};

struct cs_hybrid_cache {
    cs_store *store;
    pthread_mutex_t lock; /* of what follows */
    cs_caller_key *keys[CS_CACHED_CALLER_KEYS];
    struct countersigner countersigners[CS_CACHED_COUNTERSIGNERS];
};

cs_err cs_hybrid_cache_open(cs_hybrid_cache **out, cs_store *store)
{
    cs_hybrid_cache *c = calloc(1, sizeof *c);
    *out = c;
    if (c == NULL)
        return CS_NO_MEMORY;
    c->store = store;
    (void)pthread_mutex_init(&c->lock, NULL);
    return CS_OK;
}

/* With the lock held. */
static void let_go(cs_caller_key *k)
{
    if (k == NULL || --k->holders > 0)
        return;
    cs_key_free(k->key);
    free(k);
}

void cs_hybrid_cache_close(cs_hybrid_cache *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < CS_CACHED_CALLER_KEYS; i++)
        let_go(c->keys[i]);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

/* -- registered keys ----------------------------------------------------------------------------------------------- */

/* Public keys begin with random bytes. */
static cs_caller_key **place_of(cs_hybrid_cache *c, cs_slice public_key)
{
    return &c->keys[public_key.p[0] % CS_CACHED_CALLER_KEYS];
}

cs_caller_key *cs_hybrid_cache_hold(cs_hybrid_cache *c, cs_slice realm, cs_slice public_key)
{
    if (public_key.n == 0)
        return NULL;
    (void)pthread_mutex_lock(&c->lock);
    cs_caller_key *k = *place_of(c, public_key);
    if (k != NULL && cs_slice_is(realm, k->row.org) &&
        cs_slice_eq(public_key, cs_slice_of(k->row.public_key, k->row.public_key_len)))
        k->holders++;
    else
        k = NULL;
    (void)pthread_mutex_unlock(&c->lock);
    return k;
}

void cs_hybrid_cache_release(cs_hybrid_cache *c, cs_caller_key *k)
{
    if (k == NULL)
        return;
    (void)pthread_mutex_lock(&c->lock);
    let_go(k);
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_hybrid_cache_keep(cs_hybrid_cache *c, const cs_registered_row *row, cs_prim prim)
{
    cs_slice public_key = cs_slice_of(row->public_key, row->public_key_len);
    cs_caller_key *k = row->revoked_ms == 0 && public_key.n > 0 ? calloc(1, sizeof *k) : NULL;
    if (k == NULL || cs_key_open_public(&k->key, prim, public_key) != CS_OK) {
        free(k);
        return;
    }
    k->row = *row;
    k->holders = 1;
    (void)pthread_mutex_lock(&c->lock);
    cs_caller_key **place = place_of(c, public_key);
    let_go(*place);
    *place = k;
    (void)pthread_mutex_unlock(&c->lock);
}

void cs_hybrid_cache_forget(cs_hybrid_cache *c, const char *id)
{
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < CS_CACHED_CALLER_KEYS; i++) {
        if (c->keys[i] == NULL || strcmp(c->keys[i]->row.id, id) != 0)
            continue;
        let_go(c->keys[i]);
        c->keys[i] = NULL;
    }
    (void)pthread_mutex_unlock(&c->lock);
}

/* -- countersigning keys ---------------------------------------------------------------------------------------------
 */

/* Ids end in random characters. */
static struct countersigner *countersigner_of(cs_hybrid_cache *c, cs_slice realm)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < realm.n; i++)
        h = (h ^ realm.p[i]) * 16777619u;
    return &c->countersigners[h % CS_CACHED_COUNTERSIGNERS];
}

cs_err cs_hybrid_cache_countersigner(cs_hybrid_cache *c, char id[CS_MAX_ID + 1], cs_slice realm)
{
    uint64_t changes = cs_store_key_changes(c->store); /* before the question: what changes since makes it ask again */
    struct countersigner *k = countersigner_of(c, realm);
    (void)pthread_mutex_lock(&c->lock);
    bool known = cs_slice_is(realm, k->realm) && k->changes == changes;
    memcpy(id, k->id, sizeof k->id);
    (void)pthread_mutex_unlock(&c->lock);
    if (known)
        return id[0] != '\0' ? CS_OK : CS_NOT_FOUND;
    cs_err err = cs_store_countersigning_key(c->store, id, realm);
    if (err != CS_OK && err != CS_NOT_FOUND)
        return err;
    struct countersigner fresh = {.changes = changes};
    memcpy(fresh.id, id, sizeof fresh.id);
    if (cs_slice_to_cstr(fresh.realm, sizeof fresh.realm, realm) == CS_OK) {
        (void)pthread_mutex_lock(&c->lock);
        *k = fresh;
        (void)pthread_mutex_unlock(&c->lock);
    }
    return err;
}
