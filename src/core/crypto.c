/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes, MAC, AEAD and randomness over OpenSSL. Keys that sign are crypto_key.c. */
#include "core/crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct hash_row {
    const char *name;  /* ours */
    const char *fetch; /* the library's */
    size_t len;
} hashes[] = {
    [CS_HASH_NONE] = {"none", NULL, 0},
    [CS_SHA256] = {"sha256", "SHA2-256", 32},
    [CS_SHA384] = {"sha384", "SHA2-384", 48},
    [CS_SHA512] = {"sha512", "SHA2-512", 64},
    [CS_SHAKE256_64] = {"shake256", "SHAKE256", 64},
};
#define HASH_COUNT (sizeof hashes / sizeof *hashes)

/* Fetched once per process and constant from then on: a fetch in the middle of a signature costs as much as a small
 * hash, and inside the enclave's sandbox nothing may be loaded lazily. */
static struct {
    EVP_MD *md[HASH_COUNT];
    EVP_CIPHER *aes_256_gcm;
} fetched;
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    for (size_t i = 1; i < HASH_COUNT; i++)
        fetched.md[i] = EVP_MD_fetch(NULL, hashes[i].fetch, NULL);
    fetched.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static const EVP_MD *md_of(cs_hash_id id)
{
    (void)pthread_once(&fetch_once, fetch_all);
    return (unsigned)id < HASH_COUNT ? fetched.md[id] : NULL;
}

static const EVP_CIPHER *aes_256_gcm(void)
{
    (void)pthread_once(&fetch_once, fetch_all);
    return fetched.aes_256_gcm;
}

/* The library's error queue is per thread and nobody reads it: our code says what failed. */
static cs_err crypto_failed(void)
{
    ERR_clear_error();
    return CS_CRYPTO;
}

size_t cs_hash_len(cs_hash_id id)
{
    return (unsigned)id < HASH_COUNT ? hashes[id].len : 0;
}

const char *cs_hash_name(cs_hash_id id)
{
    return (unsigned)id < HASH_COUNT ? hashes[id].name : hashes[CS_HASH_NONE].name;
}

cs_hash_id cs_hash_by_name(cs_slice name)
{
    for (size_t i = 1; i < HASH_COUNT; i++)
        if (cs_slice_is(name, hashes[i].name))
            return (cs_hash_id)i;
    return CS_HASH_NONE;
}

cs_slice cs_digest_slice(const cs_digest *d)
{
    return cs_slice_of(d->b, d->n);
}

/* A thread's own, for each hash: to make one costs as much as to hash some hundred bytes. */
struct contexts {
    EVP_MD_CTX *of[HASH_COUNT];
    uint8_t random[256]; /* for what is public at once; the last `left` are not used yet */
    size_t left;
};
static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;
static bool contexts_kept;

static void free_contexts(void *p)
{
    struct contexts *own = p;
    for (size_t i = 0; i < HASH_COUNT; i++)
        EVP_MD_CTX_free(own->of[i]);
    free(own);
}

static void keep_contexts(void)
{
    contexts_kept = pthread_key_create(&contexts_key, free_contexts) == 0;
}

/* NULL: there is none, and no memory for one. */
static struct contexts *own_contexts(void)
{
    (void)pthread_once(&contexts_once, keep_contexts);
    struct contexts *own = contexts_kept ? pthread_getspecific(contexts_key) : NULL;
    if (own == NULL && contexts_kept) {
        own = calloc(1, sizeof *own);
        if (own != NULL && pthread_setspecific(contexts_key, own) != 0) {
            free(own);
            own = NULL;
        }
    }
    return own;
}

static EVP_MD_CTX *own_context(cs_hash_id id)
{
    struct contexts *own = own_contexts();
    if (own == NULL)
        return NULL;
    if (own->of[id] == NULL)
        own->of[id] = EVP_MD_CTX_new();
    return own->of[id];
}

cs_err cs_hash_parts(cs_digest *out, cs_hash_id id, const cs_slice *parts, size_t n)
{
    const EVP_MD *md = md_of(id);
    *out = (cs_digest){0};
    if (md == NULL)
        return CS_CRYPTO;
    EVP_MD_CTX *ctx = own_context(id);
    if (ctx == NULL)
        return CS_NO_MEMORY;
    if (EVP_DigestInit_ex2(ctx, md, NULL) != 1)
        return crypto_failed();
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < n; i++)
        err = cs_hasher_add((cs_hasher *)ctx, parts[i]);
    return err == CS_OK ? cs_hasher_end((cs_hasher *)ctx, out) : err;
}

cs_err cs_hash(cs_digest *out, cs_hash_id id, cs_slice bytes)
{
    return cs_hash_parts(out, id, &bytes, 1);
}

/* A hasher is the library's context; its length follows from its algorithm. */
static EVP_MD_CTX *ctx_of(cs_hasher *h)
{
    return (EVP_MD_CTX *)h;
}

cs_err cs_hasher_new(cs_hasher **out, cs_hash_id id)
{
    *out = NULL;
    const EVP_MD *md = md_of(id);
    if (md == NULL)
        return CS_CRYPTO;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL)
        return CS_NO_MEMORY;
    if (EVP_DigestInit_ex2(ctx, md, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        return crypto_failed();
    }
    *out = (cs_hasher *)ctx;
    return CS_OK;
}

cs_err cs_hasher_add(cs_hasher *h, cs_slice bytes)
{
    return bytes.n == 0 || EVP_DigestUpdate(ctx_of(h), bytes.p, bytes.n) == 1 ? CS_OK : crypto_failed();
}

cs_err cs_hasher_end(cs_hasher *h, cs_digest *out)
{
    *out = (cs_digest){0};
    EVP_MD_CTX *ctx = ctx_of(h);
    int ok;
    size_t n = CS_HASH_MAX;
    if (EVP_MD_CTX_get0_md(ctx) == fetched.md[CS_SHAKE256_64]) {
        ok = EVP_DigestFinalXOF(ctx, out->b, n);
    } else {
        unsigned len = 0;
        ok = EVP_DigestFinal_ex(ctx, out->b, &len);
        n = len;
    }
    if (ok != 1)
        return crypto_failed();
    out->n = n;
    return CS_OK;
}

void cs_hasher_free(cs_hasher *h)
{
    EVP_MD_CTX_free(ctx_of(h));
}

cs_err cs_hmac_sha256(cs_digest *out, cs_slice key, cs_slice bytes)
{
    unsigned n = 0;
    *out = (cs_digest){0};
    if (key.n > INT32_MAX || HMAC(md_of(CS_SHA256), key.p, (int)key.n, bytes.p, bytes.n, out->b, &n) == NULL)
        return crypto_failed();
    out->n = n;
    return CS_OK;
}

cs_err cs_random(void *out, size_t n)
{
    if (RAND_priv_bytes_ex(NULL, out, n, 0) == 1)
        return CS_OK;
    ERR_clear_error();
    cs_wipe(out, n);
    return CS_RANDOM;
}

cs_err cs_random_public(void *out, size_t n)
{
    struct contexts *own = n <= sizeof own->random ? own_contexts() : NULL;
    if (own == NULL)
        return cs_random(out, n);
    if (own->left < n) {
        cs_err err = cs_random(own->random, sizeof own->random);
        own->left = err == CS_OK ? sizeof own->random : 0;
        if (err != CS_OK)
            return err;
    }
    own->left -= n;
    memcpy(out, own->random + own->left, n);
    cs_wipe(own->random + own->left, n);
    return CS_OK;
}

void cs_random_mix(cs_slice bytes)
{
    /* Counted as no entropy: it can only add to what the library gathers by itself. */
    RAND_add(bytes.p, bytes.n > INT32_MAX ? INT32_MAX : (int)bytes.n, 0.0);
}

static bool aead_sizes_ok(cs_slice key, cs_slice nonce, cs_slice aad, cs_slice text)
{
    return key.n == CS_AEAD_KEY && nonce.n == CS_AEAD_NONCE && aad.n <= INT32_MAX && text.n <= INT32_MAX;
}

cs_err cs_aead_seal(cs_buf *out, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice plain)
{
    if (!aead_sizes_ok(key, nonce, aad, plain))
        return CS_CRYPTO;
    uint8_t *to = cs_buf_reserve(out, plain.n + CS_AEAD_TAG);
    if (to == NULL)
        return out->err;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return CS_NO_MEMORY;
    int n = 0, last = 0;
    bool ok = EVP_EncryptInit_ex2(ctx, aes_256_gcm(), key.p, nonce.p, NULL) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1 &&
              EVP_EncryptUpdate(ctx, to, &n, plain.p, (int)plain.n) == 1 && (size_t)n == plain.n &&
              EVP_EncryptFinal_ex(ctx, to + n, &last) == 1 && last == 0 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CS_AEAD_TAG, to + n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok)
        return crypto_failed();
    cs_buf_grow(out, plain.n + CS_AEAD_TAG);
    return CS_OK;
}

cs_err cs_aead_open(cs_secret *plain, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice sealed)
{
    cs_secret_wipe(plain);
    if (!aead_sizes_ok(key, nonce, aad, sealed))
        return CS_CRYPTO;
    if (sealed.n < CS_AEAD_TAG || sealed.n - CS_AEAD_TAG > CS_SECRET_CAP)
        return CS_SEAL_BROKEN;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return CS_NO_MEMORY;
    size_t len = sealed.n - CS_AEAD_TAG;
    uint8_t tag[CS_AEAD_TAG];
    memcpy(tag, sealed.p + len, sizeof tag);
    int n = 0, last = 0;
    bool ok = EVP_DecryptInit_ex2(ctx, aes_256_gcm(), key.p, nonce.p, NULL) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1 &&
              EVP_DecryptUpdate(ctx, plain->b, &n, sealed.p, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CS_AEAD_TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, plain->b + n, &last) == 1 && (size_t)n == len;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        ERR_clear_error();
        cs_secret_wipe(plain);
        return CS_SEAL_BROKEN;
    }
    plain->n = len;
    return CS_OK;
}
