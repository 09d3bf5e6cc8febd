/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a certificate chain, and the cache of chains whose signatures hold. */
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto_cert.h"

struct cs_chain {
    atomic_uint holders;
    atomic_bool verified; /* the signatures hold; set once, by any thread */
    cs_chain_cache *cache;
    uint8_t key[CS_SHA256_LEN]; /* in the cache */
    size_t n;
    cs_cert *certs[CS_MAX_CHAIN];
};

struct cs_chain_cache {
    pthread_mutex_t lock;
    size_t entries;
    uint64_t clock; /* counts uses */
    struct slot {
        cs_chain *chain; /* NULL: free */
        uint64_t used;
    } slots[];
};

/* -- the cache ------------------------------------------------------------------------------------------------- */

cs_err cs_chain_cache_new(cs_chain_cache **out, size_t entries)
{
    *out = NULL;
    cs_chain_cache *cache = calloc(1, sizeof *cache + entries * sizeof cache->slots[0]);
    if (cache == NULL || pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return CS_NO_MEMORY;
    }
    cache->entries = entries;
    *out = cache;
    return CS_OK;
}

void cs_chain_cache_free(cs_chain_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->entries; i++)
        cs_chain_free(cache->slots[i].chain);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static cs_chain *cache_find(cs_chain_cache *cache, const uint8_t *key)
{
    cs_chain *found = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->entries && found == NULL; i++) {
        struct slot *s = &cache->slots[i];
        if (s->chain != NULL && memcmp(s->chain->key, key, CS_SHA256_LEN) == 0) {
            found = s->chain;
            s->used = ++cache->clock;
            (void)atomic_fetch_add(&found->holders, 1);
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return found;
}

/* In place of the one whose last use is the longest ago. */
static void cache_keep(cs_chain_cache *cache, cs_chain *c)
{
    cs_chain *old = NULL;
    bool there = false;
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *to = NULL;
    for (size_t i = 0; i < cache->entries; i++) {
        struct slot *s = &cache->slots[i];
        there = there || (s->chain != NULL && memcmp(s->chain->key, c->key, CS_SHA256_LEN) == 0);
        if (to == NULL || (to->chain != NULL && (s->chain == NULL || s->used < to->used)))
            to = s;
    }
    if (!there && to != NULL) {
        old = to->chain;
        *to = (struct slot){c, ++cache->clock};
        (void)atomic_fetch_add(&c->holders, 1);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    cs_chain_free(old);
}

/* Over each certificate with its length: the same key means the same bytes in the same order. */
static cs_err cache_key(uint8_t key[CS_SHA256_LEN], const cs_slice *ders, size_t n)
{
    cs_hasher *h = NULL;
    cs_digest digest;
    cs_err err = cs_hasher_new(&h, CS_SHA256);
    for (size_t i = 0; i < n && err == CS_OK; i++) {
        uint8_t length[4];
        cs_buf b = CS_BUF_OVER(length);
        cs_buf_add_u32(&b, (uint32_t)ders[i].n);
        err = cs_hasher_add(h, cs_buf_slice(&b));
        if (err == CS_OK)
            err = cs_hasher_add(h, ders[i]);
    }
    if (err == CS_OK)
        err = cs_hasher_end(h, &digest);
    if (err == CS_OK)
        memcpy(key, digest.b, CS_SHA256_LEN);
    cs_hasher_free(h);
    return err;
}

/* -- chains ---------------------------------------------------------------------------------------------------- */

static cs_err chain_new(cs_chain **out, const cs_slice *ders, size_t n)
{
    cs_chain *c = calloc(1, sizeof *c);
    if (c == NULL)
        return CS_NO_MEMORY;
    atomic_init(&c->holders, 1);
    cs_err err = CS_OK;
    for (size_t i = 0; i < n && err == CS_OK; i++) {
        err = cs_cert_parse(&c->certs[i], ders[i]);
        c->n = i + 1;
    }
    if (err == CS_OK)
        *out = c;
    else
        cs_chain_free(c);
    return err;
}

cs_err cs_chain_open(cs_chain **out, cs_chain_cache *cache, const cs_slice *ders, size_t n)
{
    uint8_t key[CS_SHA256_LEN];
    *out = NULL;
    if (n == 0 || n > CS_MAX_CHAIN)
        return CS_BAD_FORMAT;
    for (size_t i = 0; i < n; i++)
        if (ders[i].n == 0 || ders[i].n > CS_MAX_CERTIFICATE)
            return CS_BAD_FORMAT;
    if (cache == NULL)
        return chain_new(out, ders, n);
    cs_err err = cache_key(key, ders, n);
    if (err != CS_OK)
        return err;
    *out = cache_find(cache, key);
    if (*out != NULL)
        return CS_OK;
    err = chain_new(out, ders, n);
    if (err == CS_OK) {
        (*out)->cache = cache;
        memcpy((*out)->key, key, sizeof key);
    }
    return err;
}

void cs_chain_free(cs_chain *c)
{
    if (c == NULL || atomic_fetch_sub(&c->holders, 1) != 1)
        return;
    for (size_t i = 0; i < c->n; i++)
        cs_cert_free(c->certs[i]);
    free(c);
}

size_t cs_chain_len(const cs_chain *c)
{
    return c->n;
}

const cs_cert *cs_chain_at(const cs_chain *c, size_t i)
{
    return i < c->n ? c->certs[i] : NULL;
}

/* -- the rules ------------------------------------------------------------------------------------------------- */

static bool is_pinned(const cs_cert *root, const cs_chain_rule *rule)
{
    for (size_t i = 0; i < rule->root_count; i++)
        if (cs_slice_eq(CS_ARRAY(root->sha256), CS_ARRAY(rule->roots[i])))
            return true;
    return false;
}

static bool leaf_may_stand(const cs_cert *c, const cs_chain_rule *rule)
{
    bool usage = c->key_usage ? c->digital_signature && !c->cert_sign : !rule->leaf_digital_signature;
    return !c->ca && usage;
}

/* `below`: the intermediates between this CA and the leaf. */
static bool ca_may_stand(const cs_cert *c, size_t below, const cs_chain_rule *rule)
{
    bool usage = c->key_usage ? c->cert_sign : !rule->ca_key_usage;
    return c->ca && c->constraints_critical && usage && (c->path_len < 0 || below <= (size_t)c->path_len);
}

/* A certificate stands in a path once [RFC 5280 §6.1]. */
static bool stands_again(const cs_chain *c, size_t i)
{
    bool again = false;
    for (size_t above = i + 1; above < c->n; above++)
        again = again || cs_slice_eq(CS_ARRAY(c->certs[i]->sha256), CS_ARRAY(c->certs[above]->sha256));
    return again;
}

static bool scheme_taken(const cs_cert *c, const cs_chain_rule *rule)
{
    return c->scheme != CS_SCHEME_COUNT && (rule->schemes >> c->scheme & 1) != 0;
}

/* Everything about one place in the chain but signatures. */
static cs_err judge_place(const cs_chain *c, size_t i, const cs_chain_rule *rule)
{
    const cs_cert *cert = c->certs[i];
    if (cert->key == NULL)
        return CS_ATT_KEY_WEAK;
    if (stands_again(c, i) || cert->unknown_critical ||
        !(i == 0 ? leaf_may_stand(cert, rule) : ca_may_stand(cert, i - 1, rule)))
        return CS_ATT_CHAIN;
    if (i + 1 < c->n && (!scheme_taken(cert, rule) || !cs_cert_issued_by(cert, c->certs[i + 1])))
        return CS_ATT_CHAIN;
    if (rule->at < cert->not_before)
        return CS_ATT_CERT_NOT_YET_VALID;
    return rule->at <= cert->not_after ? CS_OK : CS_ATT_CERT_EXPIRED;
}

cs_err cs_chain_verify(cs_chain *c, const cs_chain_rule *rule)
{
    if (!is_pinned(c->certs[c->n - 1], rule))
        return CS_ATT_ROOT_MISMATCH;
    if (c->n < 2)
        return CS_ATT_CHAIN;
    cs_err err = CS_OK;
    for (size_t i = 0; i < c->n && err == CS_OK; i++)
        err = judge_place(c, i, rule);
    if (err != CS_OK || atomic_load(&c->verified))
        return err;
    /* From the root down: a key is used only after the certificate that names it was found good. */
    for (size_t i = c->n - 1; i > 0 && err == CS_OK; i--)
        err = cs_cert_signed_by(c->certs[i - 1], c->certs[i]->key);
    if (err != CS_OK)
        return err;
    atomic_store(&c->verified, true);
    if (c->cache != NULL)
        cache_keep(c->cache, c);
    return CS_OK;
}
