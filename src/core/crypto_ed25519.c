/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_ed25519.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/ed25519.h"

#define PREPARED_FROM 3 /* verifications, before a key's multiples are worth computing */

_Static_assert(crypto_sign_SECRETKEYBYTES <= CS_SECRET_CAP, "an expanded key is a secret like any other");
_Static_assert(crypto_sign_BYTES == CS_ED25519_SIG, "a signature has 64 bytes");

/* Started once, before the enclave's sandbox closes; it reads what the processor can and seeds a generator. */
static bool started;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;

static void start(void)
{
    started = sodium_init() >= 0;
}

bool cs_ed25519_ready(void)
{
    (void)pthread_once(&start_once, start);
    return started;
}

cs_err cs_ed25519_expand(cs_secret *expanded, cs_slice private_bytes)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    cs_secret_wipe(expanded);
    if (private_bytes.n != crypto_sign_SEEDBYTES ||
        crypto_sign_seed_keypair(public_key, expanded->b, private_bytes.p) != 0)
        return CS_BAD_PRIVATE_KEY;
    expanded->n = crypto_sign_SECRETKEYBYTES;
    return CS_OK;
}

cs_err cs_ed25519_sign(uint8_t sig[CS_ED25519_SIG], const cs_secret *expanded, cs_slice message)
{
    if (expanded->n != crypto_sign_SECRETKEYBYTES)
        return CS_CRYPTO;
    return crypto_sign_detached(sig, NULL, message.p, message.n, expanded->b) == 0 ? CS_OK : CS_CRYPTO;
}

/* -- keys that come again ------------------------------------------------------------------------------------------ */

/* A key that was seen, and its multiples once there are some. */
struct place {
    uint8_t public_key[32];
    uint64_t seen; /* when, counted in verifications; 0: the place is free */
    unsigned times;
    unsigned holders; /* who read the multiples at this moment */
    bool is_point;    /* or else there will never be multiples */
    cs_ed25519_multiples *multiples;
};

static struct {
    pthread_mutex_t lock; /* of what follows */
    uint64_t seen;
    struct place places[CS_ED25519_KEPT];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};
static cs_ed25519_multiples base;
static pthread_once_t base_once = PTHREAD_ONCE_INIT;

static void make_base(void)
{
    cs_ed25519_of_base(&base);
}

/* The key's place, or the one that it gets: that which was seen longest ago. NULL: all are held. Under the lock. */
static struct place *place_of(const uint8_t public_key[32])
{
    struct place *oldest = NULL;
    for (size_t i = 0; i < CS_ED25519_KEPT; i++) {
        struct place *p = &kept.places[i];
        if (p->seen != 0 && memcmp(p->public_key, public_key, sizeof p->public_key) == 0)
            return p;
        if (p->holders == 0 && (oldest == NULL || p->seen < oldest->seen))
            oldest = p;
    }
    if (oldest == NULL)
        return NULL;
    free(oldest->multiples);
    *oldest = (struct place){.is_point = true};
    memcpy(oldest->public_key, public_key, sizeof oldest->public_key);
    return oldest;
}

/* Computes the multiples of a held place, without the lock. */
static cs_ed25519_multiples *make_multiples(bool *is_point, const uint8_t public_key[32])
{
    cs_ed25519_multiples *m = malloc(sizeof *m);
    *is_point = m == NULL || cs_ed25519_of_key(m, public_key);
    if (*is_point)
        return m;
    free(m);
    return NULL;
}

/* The place of a key, held, and its multiples if it has some. NULL: all places are held. */
static struct place *hold(const cs_ed25519_multiples **multiples, const uint8_t public_key[32])
{
    (void)pthread_mutex_lock(&kept.lock);
    struct place *p = place_of(public_key);
    bool due = false;
    if (p != NULL) {
        p->seen = ++kept.seen;
        p->holders++;
        due = ++p->times >= PREPARED_FROM && p->multiples == NULL && p->is_point;
    }
    *multiples = p != NULL ? p->multiples : NULL;
    (void)pthread_mutex_unlock(&kept.lock);
    if (!due)
        return p;

    bool is_point;
    cs_ed25519_multiples *made = make_multiples(&is_point, public_key);
    (void)pthread_mutex_lock(&kept.lock);
    p->is_point = is_point;
    if (p->multiples == NULL) {
        p->multiples = made;
        made = NULL; /* else another thread was quicker */
    }
    *multiples = p->multiples;
    (void)pthread_mutex_unlock(&kept.lock);
    free(made);
    return p;
}

static void release(struct place *p)
{
    (void)pthread_mutex_lock(&kept.lock);
    p->holders--;
    (void)pthread_mutex_unlock(&kept.lock);
}

/* SHA-512(R ‖ A ‖ message) modulo the group's order. */
static cs_err challenge(uint8_t k[32], cs_slice public_key, cs_slice message, cs_slice sig)
{
    cs_hasher *h = NULL;
    cs_digest d;
    cs_err err = cs_hasher_new(&h, CS_SHA512);
    if (err == CS_OK)
        err = cs_hasher_add(h, cs_slice_sub(sig, 0, 32));
    if (err == CS_OK)
        err = cs_hasher_add(h, public_key);
    if (err == CS_OK)
        err = cs_hasher_add(h, message);
    if (err == CS_OK)
        err = cs_hasher_end(h, &d);
    if (err == CS_OK)
        crypto_core_ed25519_scalar_reduce(k, d.b);
    cs_hasher_free(h);
    return err;
}

static bool holds(const cs_ed25519_multiples *minus_a, cs_slice public_key, cs_slice message, cs_slice sig)
{
    uint8_t k[32];
    (void)pthread_once(&base_once, make_base);
    return cs_ed25519_is_scalar(sig.p + 32) && challenge(k, public_key, message, sig) == CS_OK &&
           cs_ed25519_holds(&base, minus_a, sig.p + 32, k, sig.p);
}

bool cs_ed25519_accepts(cs_slice public_key, cs_slice message, cs_slice sig)
{
    if (public_key.n != crypto_sign_PUBLICKEYBYTES || sig.n != crypto_sign_BYTES)
        return false;
    const cs_ed25519_multiples *minus_a;
    struct place *p = hold(&minus_a, public_key.p);
    bool accepted = minus_a != NULL ? holds(minus_a, public_key, message, sig)
                                    : crypto_sign_verify_detached(sig.p, message.p, message.n, public_key.p) == 0;
    if (p != NULL)
        release(p);
    return accepted;
}
