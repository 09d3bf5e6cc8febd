/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_ed25519.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/ed25519_lanes.h"
#include "core/sha512_lanes.h"

#define PREPARED_FROM 3 /* verifications, before a key's multiples are worth computing */

_Static_assert(crypto_sign_SECRETKEYBYTES <= CS_SECRET_CAP, "an expanded key is a secret like any other");
_Static_assert(crypto_sign_BYTES == CS_ED25519_SIG, "a signature has 64 bytes");

/* Started once, before the enclave's sandbox closes; it reads what the processor can and seeds a generator. */
static bool started;
static bool is_strict; /* its verification keeps to our rule */
static pthread_once_t start_once = PTHREAD_ONCE_INIT;

/* A signature that holds but for a part of small order (case 6 of C2SP CCTV). Some verify with the factor 8 and take
 * it: the library could, too, without our being built anew. */
static bool takes_residue(void)
{
    static const uint8_t key[32] = {0x10, 0xeb, 0x7c, 0x3a, 0xcf, 0xb2, 0xbe, 0xd3, 0xe0, 0xd6, 0xab,
                                    0x89, 0xbf, 0x5a, 0x3d, 0x6a, 0xfd, 0xdd, 0x11, 0x76, 0xce, 0x48,
                                    0x12, 0xe3, 0x8d, 0x9f, 0xd4, 0x85, 0x05, 0x8f, 0xdb, 0x1f};
    static const uint8_t sig[64] = {0x36, 0x68, 0x4e, 0xa9, 0x10, 0x32, 0xba, 0x5b, 0x1d, 0xba, 0xb2, 0xd0, 0x2f,
                                    0x4d, 0xeb, 0xc7, 0x4c, 0x33, 0x27, 0xf2, 0xb3, 0x80, 0x2e, 0x2e, 0x4d, 0x37,
                                    0x1a, 0xa4, 0x2b, 0x12, 0xb5, 0x6b, 0xc0, 0x2e, 0x2b, 0x9e, 0x63, 0xe3, 0x85,
                                    0xc0, 0x58, 0xbf, 0x62, 0xb1, 0x4b, 0x3a, 0x2b, 0x29, 0xcc, 0xef, 0xe8, 0xe3,
                                    0x8d, 0xdb, 0x53, 0x6b, 0xc3, 0xf9, 0x86, 0x53, 0x20, 0xa3, 0xd8, 0x01};
    static const uint8_t message[] = "ed25519vectors 10";
    return crypto_sign_verify_detached(sig, message, sizeof message - 1, key) == 0;
}

static void start(void)
{
    started = sodium_init() >= 0;
    is_strict = started && !takes_residue();
}

bool cs_ed25519_ready(void)
{
    (void)pthread_once(&start_once, start);
    return started;
}

/*
 * Points and hashes on their way leave parts of themselves where their functions had their frames, below the caller's
 * (the Z of [r]B gives bits of r away). They are gone after this, for what is not deeper than
 * test_ed25519_residue.c finds it.
 */
#define FRAMES (32 * 1024)
static __attribute__((noinline)) void wipe_frames(void)
{
    uint8_t dead[FRAMES];
    cs_wipe(dead, sizeof dead);
}

cs_err cs_ed25519_expand(cs_secret *expanded, cs_slice private_bytes)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    cs_secret_wipe(expanded);
    if (private_bytes.n != crypto_sign_SEEDBYTES ||
        crypto_sign_seed_keypair(public_key, expanded->b, private_bytes.p) != 0)
        return CS_BAD_PRIVATE_KEY;
    wipe_frames();
    expanded->n = crypto_sign_SECRETKEYBYTES;
    return CS_OK;
}

cs_err cs_ed25519_sign(uint8_t sig[CS_ED25519_SIG], const cs_secret *expanded, cs_slice message)
{
    if (expanded->n != crypto_sign_SECRETKEYBYTES)
        return CS_CRYPTO;
    bool made = crypto_sign_detached(sig, NULL, message.p, message.n, expanded->b) == 0;
    wipe_frames();
    return made ? CS_OK : CS_CRYPTO;
}

bool cs_ed25519_is_signer(const uint8_t public_key[CS_ED25519_PUBLIC])
{
    return crypto_core_ed25519_is_valid_point(public_key) == 1;
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
    const cs_slice parts[] = {cs_slice_sub(sig, 0, 32), public_key, message};
    cs_digest d;
    cs_err err = cs_hash_parts(&d, CS_SHA512, parts, sizeof parts / sizeof *parts);
    if (err == CS_OK)
        crypto_core_ed25519_scalar_reduce(k, d.b);
    return err;
}

static bool holds(const cs_ed25519_multiples *minus_a, const uint8_t k[32], cs_slice sig)
{
    (void)pthread_once(&base_once, make_base);
    return cs_ed25519_is_scalar(sig.p + 32) && cs_ed25519_holds(&base, minus_a, sig.p + 32, k, sig.p);
}

/* -- several at once ----------------------------------------------------------------------------------------------- */

#define LANES CS_ED25519_LANES
_Static_assert(LANES == CS_SHA512_LANES, "what is summed side by side is hashed side by side");
#define FEWEST_SUMS 3 /* for which the lanes take less time than one after the other; secret ones: 2 */

/* What this thread has verified ahead: the equation in full. */
static _Thread_local struct verified {
    bool is;
    uint8_t public_key[32], k[32], sig[CS_ED25519_SIG];
} ahead[CS_ED25519_AHEAD];
static _Thread_local size_t ahead_next, ahead_count;

static void remember(cs_slice public_key, const uint8_t k[32], cs_slice sig)
{
    struct verified *v = &ahead[ahead_next];
    ahead_next = (ahead_next + 1) % CS_ED25519_AHEAD;
    ahead_count += !v->is;
    v->is = true;
    memcpy(v->public_key, public_key.p, sizeof v->public_key);
    memcpy(v->k, k, sizeof v->k);
    memcpy(v->sig, sig.p, sizeof v->sig);
}

/* True once for what was remembered. */
static bool recall(cs_slice public_key, const uint8_t k[32], cs_slice sig)
{
    for (size_t i = 0; ahead_count > 0 && i < CS_ED25519_AHEAD; i++) {
        struct verified *v = &ahead[i];
        if (!v->is || memcmp(v->sig, sig.p, sizeof v->sig) != 0 || memcmp(v->k, k, sizeof v->k) != 0 ||
            memcmp(v->public_key, public_key.p, sizeof v->public_key) != 0)
            continue;
        v->is = false;
        ahead_count--;
        return true;
    }
    return false;
}

/* Checks that share the lanes: their places are held. */
struct sums {
    size_t n;
    const cs_ed25519_check *check[LANES];
    struct place *place[LANES];
    const cs_ed25519_multiples *minus_a[LANES];
    uint8_t s[LANES][32], k[LANES][32], r[LANES][32];
};

/* `k` of each challenge, which are as many as the lanes at most. */
static void challenges(uint8_t k[LANES][32], const cs_ed25519_check *checks, size_t n)
{
    cs_sha512_input in[LANES];
    uint8_t wide[LANES][CS_SHA512_BYTES];
    for (size_t i = 0; i < n; i++)
        in[i] = (cs_sha512_input){{cs_slice_sub(checks[i].sig, 0, 32), checks[i].public_key, checks[i].message}};
    cs_sha512_lanes(wide, in, n);
    for (size_t i = 0; i < n; i++)
        crypto_core_ed25519_scalar_reduce(k[i], wide[i]);
}

static void take_in(struct sums *w, const cs_ed25519_check *c, const uint8_t k[32])
{
    size_t i = w->n;
    if (c->public_key.n != crypto_sign_PUBLICKEYBYTES || c->sig.n != crypto_sign_BYTES ||
        !cs_ed25519_is_scalar(c->sig.p + 32))
        return;
    w->place[i] = hold(&w->minus_a[i], c->public_key.p);
    if (w->minus_a[i] == NULL) {
        if (w->place[i] != NULL)
            release(w->place[i]);
        return; /* seldom seen: it is verified when it is asked for */
    }
    memcpy(w->k[i], k, 32);
    memcpy(w->s[i], c->sig.p + 32, 32);
    w->check[i] = c;
    w->n++;
}

static void sum_up(struct sums *w)
{
    for (size_t i = w->n; i < LANES; i++) { /* idle lanes do what the first does */
        w->minus_a[i] = w->minus_a[0];
        memcpy(w->s[i], w->s[0], 32);
        memcpy(w->k[i], w->k[0], 32);
    }
    (void)pthread_once(&base_once, make_base);
    if (w->n >= FEWEST_SUMS)
        cs_ed25519_lanes_sum(w->r, &base, w->minus_a, w->s, w->k);
    for (size_t i = 0; i < w->n; i++) {
        if (w->n >= FEWEST_SUMS && memcmp(w->r[i], w->check[i]->sig.p, 32) == 0)
            remember(w->check[i]->public_key, w->k[i], w->check[i]->sig);
        release(w->place[i]);
    }
    w->n = 0;
}

void cs_ed25519_verify_ahead(const cs_ed25519_check *checks, size_t n)
{
    if (n < FEWEST_SUMS || !cs_ed25519_lanes_run() || !cs_sha512_lanes_run())
        return;
    for (size_t from = 0, share; from < n; from += share) {
        struct sums w = {.n = 0};
        uint8_t k[LANES][32];
        share = n - from < LANES ? n - from : LANES;
        challenges(k, checks + from, share);
        for (size_t i = 0; i < share; i++)
            take_in(&w, &checks[from + i], k[i]);
        if (w.n > 0)
            sum_up(&w);
    }
}

/* A signature in a lane [RFC 8032 §5.1.6]. */
struct making {
    cs_secret hashed; /* scalar and prefix */
    cs_secret r;
};

/* The secret scalars and the prefixes. */
static void open_keys(struct making making[LANES], const cs_ed25519_job *jobs, size_t n)
{
    cs_sha512_input in[LANES];
    uint8_t wide[LANES][CS_SHA512_BYTES];
    for (size_t i = 0; i < n; i++)
        in[i] = (cs_sha512_input){{cs_slice_of(jobs[i].expanded->b, 32), CS_ABSENT, CS_ABSENT}};
    cs_sha512_lanes(wide, in, n);
    for (size_t i = 0; i < n; i++) {
        cs_secret *hashed = &making[i].hashed;
        hashed->n = CS_SHA512_BYTES;
        memcpy(hashed->b, wide[i], CS_SHA512_BYTES);
        hashed->b[0] &= 248;
        hashed->b[31] = (uint8_t)((hashed->b[31] & 127) | 64);
    }
    cs_wipe(wide, sizeof wide);
}

static void make_r(struct making making[LANES], const cs_ed25519_job *jobs, size_t n)
{
    cs_sha512_input in[LANES];
    uint8_t wide[LANES][CS_SHA512_BYTES];
    for (size_t i = 0; i < n; i++)
        in[i] = (cs_sha512_input){{cs_slice_of(making[i].hashed.b + 32, 32), jobs[i].message, CS_ABSENT}};
    cs_sha512_lanes(wide, in, n);
    for (size_t i = 0; i < n; i++) {
        making[i].r.n = 32;
        crypto_core_ed25519_scalar_reduce(making[i].r.b, wide[i]);
    }
    cs_wipe(wide, sizeof wide);
}

/* S = r + ka, behind R. */
static void end(const cs_ed25519_job *jobs, const struct making making[LANES], size_t n)
{
    cs_sha512_input in[LANES];
    uint8_t wide[LANES][CS_SHA512_BYTES], k[32];
    for (size_t i = 0; i < n; i++)
        in[i] = (cs_sha512_input){
            {cs_slice_of(jobs[i].sig, 32), cs_slice_of(jobs[i].expanded->b + 32, 32), jobs[i].message}};
    cs_sha512_lanes(wide, in, n);
    for (size_t i = 0; i < n; i++) {
        CS_SECRET(ka);
        ka.n = 32;
        crypto_core_ed25519_scalar_reduce(k, wide[i]);
        crypto_core_ed25519_scalar_mul(ka.b, k, making[i].hashed.b);
        crypto_core_ed25519_scalar_add(jobs[i].sig + 32, ka.b, making[i].r.b);
    }
}

/* 2 to LANES of them, with keys that are expanded. */
static __attribute__((noinline)) void sign_side_by_side(cs_ed25519_job *jobs, size_t n)
{
    struct making making[LANES];
    uint8_t r[LANES][32], points[LANES][32];
    for (size_t i = 0; i < LANES; i++)
        making[i] = (struct making){.hashed = {.n = 0}};
    open_keys(making, jobs, n);
    make_r(making, jobs, n);
    for (size_t i = 0; i < LANES; i++)
        memcpy(r[i], making[i < n ? i : 0].r.b, 32);
    (void)pthread_once(&base_once, make_base);
    cs_ed25519_lanes_multiply(points, &base, r);
    for (size_t i = 0; i < n; i++) {
        memcpy(jobs[i].sig, points[i], 32);
        jobs[i].err = CS_OK;
    }
    end(jobs, making, n);
    cs_wipe(r, sizeof r);
    cs_wipe(making, sizeof making);
}

static bool are_expanded(const cs_ed25519_job *jobs, size_t n)
{
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all = all && jobs[i].expanded->n == crypto_sign_SECRETKEYBYTES;
    return all;
}

void cs_ed25519_sign_many(cs_ed25519_job *jobs, size_t n)
{
    bool lanes = cs_ed25519_lanes_run() && cs_sha512_lanes_run();
    for (size_t i = 0, share; i < n; i += share) {
        share = n - i < LANES ? n - i : LANES;
        if (lanes && share > 1 && are_expanded(&jobs[i], share)) {
            sign_side_by_side(&jobs[i], share);
            wipe_frames();
            continue;
        }
        for (size_t k = i; k < i + share; k++)
            jobs[k].err = cs_ed25519_sign(jobs[k].sig, jobs[k].expanded, jobs[k].message);
    }
}

bool cs_ed25519_accepts(cs_slice public_key, cs_slice message, cs_slice sig)
{
    uint8_t k[32];
    if (public_key.n != crypto_sign_PUBLICKEYBYTES || sig.n != crypto_sign_BYTES)
        return false;
    const cs_ed25519_multiples *minus_a;
    struct place *p = hold(&minus_a, public_key.p);
    bool accepted = false;
    if (minus_a != NULL)
        accepted =
            challenge(k, public_key, message, sig) == CS_OK && (recall(public_key, k, sig) || holds(minus_a, k, sig));
    else if (is_strict)
        accepted = crypto_sign_verify_detached(sig.p, message.p, message.n, public_key.p) == 0;
    if (p != NULL)
        release(p);
    return accepted;
}
