/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks come in the order of what they refuse for their price: w0 - c·s2 first, row by row (of ML-DSA-65's
 * attempts two in three end there), then z, then c·t0 and the number of hints, which seldom refuse.
 */
#include "core/mldsa/attempt.h"

#include <string.h>

#include "core/mldsa/coding.h"
#include "core/mldsa/public.h"
#include "core/mldsa/sample.h"
#include "core/mldsa/sponge.h"
#include "core/secret.h"

/* w = A·y, in its two parts. */
void cs_attempt_commit(cs_attempt *a, cs_attempt_room *room)
{
    const cs_mldsa_set *set = a->key->set;
    const cs_mldsa_backend *be = a->key->backend;
    uint8_t *packed = a->committed + CS_MLDSA_MU;
    for (unsigned i = 0; i < set->l; i++) {
        room->z[i] = a->y[i];
        be->ntt(&room->z[i]);
    }
    for (unsigned row = 0; row < set->k; row++, packed += 32 * set->high_bits) {
        be->dot(room->t, &a->key->polys[row * set->l], room->z, set->l, NULL, NULL);
        be->invntt(room->t);
        be->canonical(room->t);
        be->decompose(&a->high[row], &a->low[row], room->t, set->gamma2);
        be->pack_high(packed, &a->high[row], set->high_bits);
    }
}

/* c~ = SHAKE256(mu ‖ w1). */
void cs_attempt_challenge(cs_attempt *a, unsigned n)
{
    const cs_mldsa_set *set = a->key->set;
    const cs_mldsa_backend *be = a->key->backend;
    const uint8_t *in[CS_MLDSA_LANES];
    uint8_t *out[CS_MLDSA_LANES], spare[CS_MLDSA_MAX_CHALLENGE];
    cs_sponges sponges;
    for (unsigned j = 0; j < be->lanes; j++) {
        in[j] = a[j < n ? j : n - 1].committed;
        out[j] = j < n ? a[j].challenge : spare;
    }
    cs_sponges_open(&sponges, be, CS_SHAKE256_RATE, in, CS_MLDSA_MU + set->k * 32 * set->high_bits);
    cs_sponges_next(&sponges, out, set->challenge);
    cs_wipe(&sponges, sizeof sponges);
}

/* Where a private key has s1; s2 and t0 follow. */
static const cs_poly *s1_of(const cs_mldsa_key *key)
{
    return &key->polys[key->set->k * (key->set->l + 1)];
}

/* t = c·secret, not reduced. */
static void times_challenge(const cs_mldsa_backend *be, cs_attempt_room *room, const cs_poly *secret)
{
    be->dot(room->t, secret, room->c, 1, NULL, NULL);
    be->invntt(room->t);
}

/* True if it may be known that the attempt goes on. */
static bool goes_on(bool ok)
{
    CS_MLDSA_PUBLIC(ok);
    return ok;
}

static bool try_rows(cs_attempt *a, cs_attempt_room *room)
{
    const cs_mldsa_set *set = a->key->set;
    const cs_mldsa_backend *be = a->key->backend;
    const cs_poly *s2 = s1_of(a->key) + set->l;
    for (unsigned row = 0; row < set->k; row++) {
        times_challenge(be, room, &s2[row]);
        if (!goes_on(be->sub(&a->low[row], &a->low[row], room->t, set->gamma2 - set->beta)))
            return false;
    }
    return true;
}

static bool try_response(const cs_attempt *a, cs_attempt_room *room)
{
    const cs_mldsa_set *set = a->key->set;
    const cs_mldsa_backend *be = a->key->backend;
    const cs_poly *s1 = s1_of(a->key);
    for (unsigned i = 0; i < set->l; i++) {
        times_challenge(be, room, &s1[i]);
        if (!goes_on(be->add(&room->z[i], &a->y[i], room->t, (1 << (set->mask_bits - 1)) - set->beta)))
            return false;
    }
    return true;
}

/* From here on the attempt's z is what a signature shows; whether its hints fit may be known like the rest. */
static bool try_hints(cs_attempt *a, cs_attempt_room *room)
{
    static const cs_poly zero;
    const cs_mldsa_set *set = a->key->set;
    const cs_mldsa_backend *be = a->key->backend;
    const cs_poly *t0 = s1_of(a->key) + set->l + set->k;
    unsigned ones = 0;
    for (unsigned row = 0; row < set->k; row++) {
        times_challenge(be, room, &t0[row]);
        if (!goes_on(be->add(room->t, room->t, &zero, set->gamma2)))
            return false;
        (void)be->add(&a->low[row], &a->low[row], room->t, CS_MLDSA_Q);
        ones += be->make_hint(room->hint[row], &a->low[row], &a->high[row], set->gamma2);
    }
    return goes_on(ones <= set->omega);
}

static void write_signature(uint8_t *sig, const cs_attempt *a, cs_attempt_room *room)
{
    const cs_mldsa_set *set = a->key->set;
    for (unsigned i = 0; i < set->l; i++)
        CS_MLDSA_PUBLIC(room->z[i]);
    CS_MLDSA_PUBLIC(room->hint);
    memcpy(sig, a->challenge, set->challenge);
    sig += set->challenge;
    for (unsigned i = 0; i < set->l; i++, sig += 32 * set->mask_bits)
        cs_coding_pack(sig, &room->z[i], set->mask_bits, 1 << (set->mask_bits - 1));
    cs_coding_pack_hint(sig, set, (const uint8_t(*)[CS_MLDSA_N])room->hint);
}

bool cs_attempt_try(uint8_t *sig, cs_attempt *a, cs_attempt_room *room)
{
    CS_MLDSA_PUBLIC(a->challenge);
    cs_sample_challenge(room->c, a->key->set, a->challenge);
    a->key->backend->ntt(room->c);
    if (!try_rows(a, room) || !try_response(a, room) || !try_hints(a, room))
        return false;
    write_signature(sig, a, room);
    return true;
}
