/* SPDX-License-Identifier: Apache-2.0 */
/* Parameter sets, and opening keys [FIPS 204 §4, algorithms 6, 22 to 24]. */
#include <string.h>

#include "core/mldsa/coding.h"
#include "core/mldsa/public.h"
#include "core/mldsa/sample.h"
#include "core/mldsa/sponge.h"
#include "core/secret.h"

#define GAMMA2_88 ((CS_MLDSA_Q - 1) / 88)
#define GAMMA2_32 ((CS_MLDSA_Q - 1) / 32)

const cs_mldsa_set cs_mldsa_44 = {"ML-DSA-44", 4, 4, 2, 39, 78, 18, GAMMA2_88, 6, 80, 32, 1312, 2560, 2420};
const cs_mldsa_set cs_mldsa_65 = {"ML-DSA-65", 6, 5, 4, 49, 196, 20, GAMMA2_32, 4, 55, 48, 1952, 4032, 3309};
const cs_mldsa_set cs_mldsa_87 = {"ML-DSA-87", 8, 7, 2, 60, 120, 20, GAMMA2_32, 4, 75, 64, 2592, 4896, 4627};

const cs_mldsa_backend *cs_mldsa_best(void)
{
    const cs_mldsa_backend *const *b = cs_mldsa_backends;
    while (!(*b)->runs_here())
        b++; /* the last one, portable, runs everywhere */
    return *b;
}

size_t cs_mldsa_key_bytes(const cs_mldsa_set *set, bool is_private)
{
    size_t polys = set->k * set->l + (is_private ? set->l + 3 * set->k : set->k);
    return sizeof(cs_mldsa_key) + polys * sizeof(cs_poly);
}

static void shake256(uint8_t *out, size_t n, cs_slice a, cs_slice b)
{
    cs_sponge sponge;
    cs_sponge_open(&sponge, CS_SHAKE256_RATE);
    cs_sponge_absorb(&sponge, a);
    cs_sponge_absorb(&sponge, b);
    cs_sponge_finish(&sponge);
    cs_sponge_squeeze(&sponge, out, n);
    cs_wipe(&sponge, sizeof sponge);
}

/* What a seed becomes, before the transform. */
struct birth {
    uint8_t expanded[128];                      /* rho ‖ rho' ‖ K */
    cs_poly s[CS_MLDSA_MAX_L + CS_MLDSA_MAX_K]; /* s1, s2 */
    cs_poly t0[CS_MLDSA_MAX_K];
};

/* Keeps -t1·2^13 behind the transform. */
static void keep_t1(cs_mldsa_key *key, const cs_poly *t1, unsigned row)
{
    static const cs_poly zero;
    cs_poly *kept = &key->polys[key->set->k * key->set->l + row];
    for (int i = 0; i < CS_MLDSA_N; i++)
        kept->c[i] = t1->c[i] * (1 << CS_MLDSA_D); /* at most 1023·2^13 = q - 1 */
    key->backend->ntt(kept);
    (void)key->backend->sub(kept, &zero, kept, CS_MLDSA_Q);
}

/* One row of t = A·s1 + s2, rounded: the low part to t0, the high part into the public key. */
static void make_row(struct birth *b, cs_mldsa_key *key, const cs_poly *s1, unsigned row)
{
    const cs_mldsa_set *set = key->set;
    const cs_mldsa_backend *be = key->backend;
    cs_poly t, t1;
    be->dot(&t, &key->polys[row * set->l], s1, set->l, NULL, NULL);
    be->invntt(&t);
    (void)be->add(&t, &t, &b->s[set->l + row], CS_MLDSA_Q);
    be->canonical(&t);
    be->power2round(&t1, &b->t0[row], &t);
    CS_MLDSA_PUBLIC(t1);
    cs_coding_pack(key->public_key + 32 + row * 320, &t1, 10, 0);
    keep_t1(key, &t1, row);
    cs_wipe(&t, sizeof t);
}

/* A, s1 behind the transform (at the place of s1), public key and tr are made in `key`. */
static void give_birth(struct birth *b, cs_mldsa_key *key, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                       const uint8_t *seed)
{
    const uint8_t shape[2] = {(uint8_t)set->k, (uint8_t)set->l};
    cs_poly *s1 = &key->polys[set->k * (set->l + 1)];
    *key = (cs_mldsa_key){.set = set, .backend = backend, .is_private = true};
    shake256(b->expanded, sizeof b->expanded, cs_slice_of(seed, CS_MLDSA_SEED), cs_slice_of(shape, sizeof shape));
    memcpy(key->public_key, b->expanded, 32);
    CS_MLDSA_PUBLIC(key->public_key); /* rho */
    memcpy(key->secret_k, b->expanded + 96, 32);
    cs_sample_matrix(key->polys, set, backend, key->public_key);
    cs_sample_secrets(b->s, set, backend, b->expanded + 32);
    for (unsigned i = 0; i < set->l; i++) {
        s1[i] = b->s[i];
        backend->ntt(&s1[i]);
    }
    for (unsigned row = 0; row < set->k; row++)
        make_row(b, key, s1, row);
    shake256(key->tr, sizeof key->tr, cs_slice_of(key->public_key, set->public_bytes), CS_ABSENT);
}

void cs_mldsa_open_private(cs_mldsa_key *key, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                           const uint8_t *seed)
{
    struct birth b;
    give_birth(&b, key, set, backend, seed);
    cs_poly *s2 = &key->polys[set->k * (set->l + 1) + set->l], *t0 = s2 + set->k;
    for (unsigned i = 0; i < set->k; i++) {
        s2[i] = b.s[set->l + i];
        backend->ntt(&s2[i]);
        t0[i] = b.t0[i];
        backend->ntt(&t0[i]);
    }
    cs_wipe(&b, sizeof b);
}

void cs_mldsa_secret_key(uint8_t *out, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const uint8_t *seed)
{
    /* Room for A, t1 and s1 of the largest set behind the key. */
    union {
        cs_mldsa_key key;
        uint8_t room[sizeof(cs_mldsa_key) +
                     (CS_MLDSA_MAX_K * CS_MLDSA_MAX_L + CS_MLDSA_MAX_K + CS_MLDSA_MAX_L) * sizeof(cs_poly)];
    } u;
    struct birth b;
    const unsigned bits = set->eta == 2 ? 3 : 4;
    give_birth(&b, &u.key, set, backend, seed);
    memcpy(out, u.key.public_key, 32);
    memcpy(out + 32, u.key.secret_k, 32);
    memcpy(out + 64, u.key.tr, 64);
    out += 128;
    for (unsigned i = 0; i < set->l + set->k; i++, out += 32 * bits)
        cs_coding_pack(out, &b.s[i], bits, set->eta);
    for (unsigned i = 0; i < set->k; i++, out += 32 * CS_MLDSA_D)
        cs_coding_pack(out, &b.t0[i], CS_MLDSA_D, 1 << (CS_MLDSA_D - 1));
    cs_wipe(&b, sizeof b);
    cs_wipe(&u, sizeof u);
}

void cs_mldsa_open_public(cs_mldsa_key *key, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                          const uint8_t *public_key)
{
    *key = (cs_mldsa_key){.set = set, .backend = backend};
    memcpy(key->public_key, public_key, set->public_bytes);
    cs_sample_matrix(key->polys, set, backend, public_key);
    for (unsigned row = 0; row < set->k; row++) {
        cs_poly t1;
        cs_coding_unpack_t1(&t1, public_key + 32 + row * 320);
        keep_t1(key, &t1, row);
    }
    shake256(key->tr, sizeof key->tr, cs_slice_of(public_key, set->public_bytes), CS_ABSENT);
}

void cs_mldsa_mu(uint8_t mu[CS_MLDSA_MU], const cs_mldsa_key *key, cs_slice context, cs_slice message)
{
    const uint8_t head[2] = {0, (uint8_t)context.n};
    cs_sponge sponge;
    cs_sponge_open(&sponge, CS_SHAKE256_RATE);
    cs_sponge_absorb(&sponge, CS_ARRAY(key->tr));
    cs_sponge_absorb(&sponge, CS_ARRAY(head));
    cs_sponge_absorb(&sponge, context);
    cs_sponge_absorb(&sponge, message);
    cs_sponge_finish(&sponge);
    cs_sponge_squeeze(&sponge, mu, CS_MLDSA_MU);
}

void cs_mldsa_mu_internal(uint8_t mu[CS_MLDSA_MU], const cs_mldsa_key *key, cs_slice message)
{
    shake256(mu, CS_MLDSA_MU, CS_ARRAY(key->tr), message);
}
