/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing [FIPS 204 algorithm 7], with attempts made side by side.
 *
 * An attempt comes to nothing more often than not (4.3, 5.1 or 3.9 attempts a signature [FIPS 204 table 1]), and the
 * hash of its commitment is one long chain of Keccak that a single attempt cannot spread over lanes. So the commitments
 * of SIDE attempts are made together, their hashes in lanes beside each other; the attempts are then tried in their
 * order, each only as far as its first failing check. The first that passes gives the same signature as one attempt at
 * a time would: what was prepared beyond it is thrown away.
 *
 * The checks come in the order of what they refuse for their price: w0 - c·s2 first, row by row (of ML-DSA-65's
 * attempts two in three end there), then z, then c·t0 and the number of hints, which seldom refuse.
 */
#include <string.h>

#include "core/mldsa/coding.h"
#include "core/mldsa/mldsa.h"
#include "core/mldsa/public.h"
#include "core/mldsa/sample.h"
#include "core/mldsa/sponge.h"
#include "core/secret.h"

#define SIDE 4             /* attempts side by side, where there are lanes for them */
#define MOST_ATTEMPTS 1024 /* one that needs more has a chance below 2^-256 [appendix C: at least 814] */
#define HIGH_BYTES 1024    /* packed w1 of ML-DSA-87, the longest */

/* A commitment and what is needed to try it. */
struct attempt {
    cs_poly *y;          /* l */
    cs_poly *high, *low; /* of w: k each */
    uint8_t challenge[CS_MLDSA_MAX_CHALLENGE];
};

/* The polynomials are laid out for the parameter set: what a smaller one does not use need not be wiped. */
#define MOST_POLYS (SIDE * (CS_MLDSA_MAX_L + 2 * CS_MLDSA_MAX_K) + CS_MLDSA_LANES + CS_MLDSA_MAX_L + 2)

struct signing {
    const cs_mldsa_key *key;
    const cs_poly *s1, *s2, *t0;
    unsigned side;
    uint8_t mask_seed[64]; /* rho'' */
    struct attempt attempt[SIDE];
    uint8_t committed[SIDE][CS_MLDSA_MU + HIGH_BYTES]; /* mu ‖ w1 */
    uint8_t hint[CS_MLDSA_MAX_K][CS_MLDSA_N];
    cs_poly *masks, *z, *c, *t; /* the y of all attempts in a row; l; one; one */
    cs_poly polys[MOST_POLYS];
};

/* Returns how many polynomials are in use. */
static size_t lay_out(struct signing *s)
{
    const cs_mldsa_set *set = s->key->set;
    cs_poly *next = s->polys;
    s->side = s->key->backend->lanes < SIDE ? s->key->backend->lanes : SIDE;
    s->masks = next;
    next += s->side * set->l + s->key->backend->lanes; /* the sampler fills whole groups of lanes */
    for (unsigned i = 0; i < s->side; i++) {
        s->attempt[i].y = s->masks + i * set->l;
        s->attempt[i].high = next;
        s->attempt[i].low = next + set->k;
        next += 2 * set->k;
    }
    s->z = next;
    s->c = s->z + set->l;
    s->t = s->c + 1;
    return (size_t)(s->t + 1 - s->polys);
}

/* w = A·y, in its two parts. */
static void commit(struct signing *s, struct attempt *a, uint8_t *packed)
{
    const cs_mldsa_set *set = s->key->set;
    const cs_mldsa_backend *be = s->key->backend;
    for (unsigned i = 0; i < set->l; i++) {
        s->z[i] = a->y[i];
        be->ntt(&s->z[i]);
    }
    for (unsigned row = 0; row < set->k; row++, packed += 32 * set->high_bits) {
        be->dot(s->t, &s->key->polys[row * set->l], s->z, set->l, NULL, NULL);
        be->invntt(s->t);
        be->canonical(s->t);
        be->decompose(&a->high[row], &a->low[row], s->t, set->gamma2);
        be->pack_high(packed, &a->high[row], set->high_bits);
    }
}

/* c~ = SHAKE256(mu ‖ w1) of `n` attempts. */
static void challenge(struct signing *s, unsigned n)
{
    const cs_mldsa_set *set = s->key->set;
    const uint8_t *in[CS_MLDSA_LANES];
    uint8_t *out[CS_MLDSA_LANES], spare[CS_MLDSA_MAX_CHALLENGE];
    cs_sponges sponges;
    for (unsigned j = 0; j < s->key->backend->lanes; j++) {
        in[j] = s->committed[j < n ? j : n - 1];
        out[j] = j < n ? s->attempt[j].challenge : spare;
    }
    cs_sponges_open(&sponges, s->key->backend, CS_SHAKE256_RATE, in, CS_MLDSA_MU + set->k * 32 * set->high_bits);
    cs_sponges_next(&sponges, out, set->challenge);
    cs_wipe(&sponges, sizeof sponges);
}

/* t = c·secret, not reduced. */
static void times_challenge(struct signing *s, const cs_poly *secret)
{
    s->key->backend->dot(s->t, secret, s->c, 1, NULL, NULL);
    s->key->backend->invntt(s->t);
}

/* True if it may be known that the attempt goes on. */
static bool goes_on(bool ok)
{
    CS_MLDSA_PUBLIC(ok);
    return ok;
}

static bool try_rows(struct signing *s, struct attempt *a)
{
    const cs_mldsa_set *set = s->key->set;
    for (unsigned row = 0; row < set->k; row++) {
        times_challenge(s, &s->s2[row]);
        if (!goes_on(s->key->backend->sub(&a->low[row], &a->low[row], s->t, set->gamma2 - set->beta)))
            return false;
    }
    return true;
}

static bool try_response(struct signing *s, const struct attempt *a)
{
    const cs_mldsa_set *set = s->key->set;
    for (unsigned i = 0; i < set->l; i++) {
        times_challenge(s, &s->s1[i]);
        if (!goes_on(s->key->backend->add(&s->z[i], &a->y[i], s->t, (1 << (set->mask_bits - 1)) - set->beta)))
            return false;
    }
    return true;
}

/* From here on the attempt's z is what a signature shows; whether its hints fit may be known like the rest. */
static bool try_hints(struct signing *s, struct attempt *a)
{
    static const cs_poly zero;
    const cs_mldsa_set *set = s->key->set;
    const cs_mldsa_backend *be = s->key->backend;
    unsigned ones = 0;
    for (unsigned row = 0; row < set->k; row++) {
        times_challenge(s, &s->t0[row]);
        if (!goes_on(be->add(s->t, s->t, &zero, set->gamma2)))
            return false;
        (void)be->add(&a->low[row], &a->low[row], s->t, CS_MLDSA_Q);
        ones += be->make_hint(s->hint[row], &a->low[row], &a->high[row], set->gamma2);
    }
    return goes_on(ones <= set->omega);
}

static void write_signature(uint8_t *sig, struct signing *s, const struct attempt *a)
{
    const cs_mldsa_set *set = s->key->set;
    for (unsigned i = 0; i < set->l; i++)
        CS_MLDSA_PUBLIC(s->z[i]);
    CS_MLDSA_PUBLIC(s->hint);
    memcpy(sig, a->challenge, set->challenge);
    sig += set->challenge;
    for (unsigned i = 0; i < set->l; i++, sig += 32 * set->mask_bits)
        cs_coding_pack(sig, &s->z[i], set->mask_bits, 1 << (set->mask_bits - 1));
    cs_coding_pack_hint(sig, set, (const uint8_t(*)[CS_MLDSA_N])s->hint);
}

static bool try(uint8_t *sig, struct signing *s, struct attempt *a)
{
    CS_MLDSA_PUBLIC(a->challenge);
    cs_sample_challenge(s->c, s->key->set, a->challenge);
    s->key->backend->ntt(s->c);
    if (!try_rows(s, a) || !try_response(s, a) || !try_hints(s, a))
        return false;
    write_signature(sig, s, a);
    return true;
}

/* rho'' = SHAKE256(K ‖ rnd ‖ mu). */
static void seed_masks(struct signing *s, const uint8_t *mu, const uint8_t *rnd)
{
    cs_sponge sponge;
    cs_sponge_open(&sponge, CS_SHAKE256_RATE);
    cs_sponge_absorb(&sponge, CS_ARRAY(s->key->secret_k));
    cs_sponge_absorb(&sponge, cs_slice_of(rnd, CS_MLDSA_RND));
    cs_sponge_absorb(&sponge, cs_slice_of(mu, CS_MLDSA_MU));
    cs_sponge_finish(&sponge);
    cs_sponge_squeeze(&sponge, s->mask_seed, sizeof s->mask_seed);
    cs_wipe(&sponge, sizeof sponge);
}

static bool attempt_all(uint8_t *sig, struct signing *s)
{
    const cs_mldsa_set *set = s->key->set;
    for (unsigned first = 0; first < MOST_ATTEMPTS; first += s->side) {
        cs_sample_masks(s->masks, s->side * set->l, set, s->key->backend, s->mask_seed, first * set->l);
        for (unsigned i = 0; i < s->side; i++)
            commit(s, &s->attempt[i], s->committed[i] + CS_MLDSA_MU);
        challenge(s, s->side);
        for (unsigned i = 0; i < s->side; i++)
            if (try(sig, s, &s->attempt[i]))
                return true;
    }
    return false;
}

cs_err cs_mldsa_sign(uint8_t *sig, const cs_mldsa_key *key, const uint8_t mu[CS_MLDSA_MU],
                     const uint8_t rnd[CS_MLDSA_RND])
{
    struct signing s;
    memset(sig, 0, key->set->sig_bytes);
    if (!key->is_private)
        return CS_CRYPTO;
    s.key = key;
    s.s1 = &key->polys[key->set->k * (key->set->l + 1)];
    s.s2 = s.s1 + key->set->l;
    s.t0 = s.s2 + key->set->k;
    size_t used = lay_out(&s);
    seed_masks(&s, mu, rnd);
    for (unsigned i = 0; i < SIDE; i++)
        memcpy(s.committed[i], mu, CS_MLDSA_MU);
    bool made = attempt_all(sig, &s);
    cs_wipe(&s, offsetof(struct signing, polys) + used * sizeof(cs_poly));
    return made ? CS_OK : CS_CRYPTO;
}
