/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes are filled with polynomials in their order; where the last group is not full its spare lanes repeat the last
 * polynomial and are thrown away.
 */
#include "core/mldsa/sample.h"

#include <string.h>

#include "core/mldsa/public.h"
#include "core/mldsa/sponge.h"
#include "core/secret.h"

#define SLACK 32         /* readable bytes behind a buffer, for vector loads */
#define UNIFORM_BLOCKS 5 /* 280 candidates for 256 coefficients; more are seldom needed */
#define MASK_BLOCKS 5    /* 576 or 640 bytes */

/* The messages of a group of lanes and what is squeezed from them. */
struct group {
    cs_sponges sponges;
    uint8_t in[CS_MLDSA_LANES][66];
    uint8_t out[CS_MLDSA_LANES][UNIFORM_BLOCKS * CS_SHAKE128_RATE + SLACK];
    unsigned lanes;
};

static void absorb(struct group *g, size_t rate, size_t n)
{
    const uint8_t *in[CS_MLDSA_LANES];
    for (unsigned j = 0; j < g->lanes; j++)
        in[j] = g->in[j];
    cs_sponges_open(&g->sponges, g->sponges.backend, rate, in, n);
}

static void squeeze(struct group *g, unsigned blocks)
{
    for (unsigned b = 0; b < blocks; b++) {
        uint8_t *out[CS_MLDSA_LANES];
        for (unsigned j = 0; j < g->lanes; j++)
            out[j] = g->out[j] + b * g->sponges.rate;
        cs_sponges_next(&g->sponges, out, g->sponges.rate);
    }
}

static void group_open(struct group *g, const cs_mldsa_backend *backend)
{
    g->lanes = backend->lanes;
    g->sponges.backend = backend;
    memset(g->out, 0, sizeof g->out);
}

static unsigned at_most(size_t i, size_t n)
{
    return (unsigned)(i < n ? i : n - 1);
}

/* -- A ------------------------------------------------------------------------------------------------------------ */

static void sample_uniform(cs_poly *const *p, struct group *g)
{
    unsigned have[CS_MLDSA_LANES] = {0}, least;
    unsigned blocks = UNIFORM_BLOCKS;
    do {
        squeeze(g, blocks);
        least = CS_MLDSA_N;
        for (unsigned j = 0; j < g->lanes; j++) {
            have[j] = g->sponges.backend->reject_uniform(p[j], have[j], g->out[j], blocks * CS_SHAKE128_RATE);
            least = have[j] < least ? have[j] : least;
        }
        blocks = 1;
    } while (least < CS_MLDSA_N);
}

void cs_sample_matrix(cs_poly *a, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const uint8_t rho[32])
{
    const unsigned count = set->k * set->l;
    struct group g;
    cs_poly spare;
    group_open(&g, backend);
    for (unsigned first = 0; first < count; first += g.lanes) {
        cs_poly *p[CS_MLDSA_LANES] = {NULL};
        for (unsigned j = 0; j < g.lanes; j++) {
            unsigned i = at_most(first + j, count);
            p[j] = first + j < count ? &a[i] : &spare;
            memcpy(g.in[j], rho, 32);
            g.in[j][32] = (uint8_t)(i % set->l);
            g.in[j][33] = (uint8_t)(i / set->l);
        }
        absorb(&g, CS_SHAKE128_RATE, 34);
        sample_uniform(p, &g);
    }
    for (unsigned i = 0; i < count; i++)
        backend->order(&a[i]);
}

/* -- s1 and s2 ---------------------------------------------------------------------------------------------------- */

static void sample_bounded(cs_poly *const *p, struct group *g, int32_t eta)
{
    unsigned have[CS_MLDSA_LANES] = {0}, least, blocks = 2;
    do {
        squeeze(g, blocks);
        least = CS_MLDSA_N;
        for (unsigned j = 0; j < g->lanes; j++) {
            have[j] = g->sponges.backend->reject_bounded(p[j], have[j], g->out[j], blocks * CS_SHAKE256_RATE, eta);
            least = have[j] < least ? have[j] : least;
        }
        blocks = 1;
    } while (least < CS_MLDSA_N);
}

void cs_sample_secrets(cs_poly *s, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const uint8_t *seed)
{
    const unsigned count = set->k + set->l;
    struct group g;
    cs_poly spare;
    group_open(&g, backend);
    for (unsigned first = 0; first < count; first += g.lanes) {
        cs_poly *p[CS_MLDSA_LANES] = {NULL};
        for (unsigned j = 0; j < g.lanes; j++) {
            unsigned i = at_most(first + j, count);
            p[j] = first + j < count ? &s[i] : &spare;
            memcpy(g.in[j], seed, 64);
            g.in[j][64] = (uint8_t)i;
            g.in[j][65] = 0;
        }
        absorb(&g, CS_SHAKE256_RATE, 66);
        sample_bounded(p, &g, set->eta);
    }
    cs_wipe(&g, sizeof g);
    cs_wipe(&spare, sizeof spare);
}

/* -- y ------------------------------------------------------------------------------------------------------------ */

void cs_sample_masks(cs_poly *y, const cs_mldsa_set *set, const cs_mldsa_backend *backend, const cs_sample_mask *of,
                     unsigned n)
{
    struct group g;
    unsigned attempt = 0, i = 0; /* of the polynomial that a lane is for */
    group_open(&g, backend);
    for (size_t at = 0; at < n * set->l; at += g.lanes) {
        for (unsigned j = 0; j < g.lanes; j++) {
            unsigned nonce = of[attempt].nonce + i;
            memcpy(g.in[j], of[attempt].seed, 64);
            g.in[j][64] = (uint8_t)nonce;
            g.in[j][65] = (uint8_t)(nonce >> 8);
            if (++i == set->l) {
                i = 0;
                attempt = at_most(attempt + 1, n);
            }
        }
        absorb(&g, CS_SHAKE256_RATE, 66);
        squeeze(&g, MASK_BLOCKS);
        for (unsigned j = 0; j < g.lanes; j++)
            backend->unpack_mask(&y[at + j], g.out[j], set->mask_bits);
    }
    cs_wipe(&g, sizeof g);
}

/* -- c ------------------------------------------------------------------------------------------------------------ */

/* The challenge may be known, also that of an attempt that came to nothing: it is a hash of what a signature shows. */
void cs_sample_challenge(cs_poly *c, const cs_mldsa_set *set, const uint8_t *challenge)
{
    cs_sponge sponge;
    uint8_t block[CS_SHAKE256_RATE];
    uint64_t signs;
    size_t at = sizeof signs;
    cs_sponge_open(&sponge, CS_SHAKE256_RATE);
    cs_sponge_absorb(&sponge, cs_slice_of(challenge, set->challenge));
    cs_sponge_finish(&sponge);
    cs_sponge_squeeze(&sponge, block, sizeof block);
    CS_MLDSA_PUBLIC(block);
    memcpy(&signs, block, sizeof signs);
    memset(c, 0, sizeof *c);
    for (unsigned i = CS_MLDSA_N - set->tau; i < CS_MLDSA_N; at++) {
        if (at == sizeof block) {
            cs_sponge_squeeze(&sponge, block, sizeof block);
            CS_MLDSA_PUBLIC(block);
            at = 0;
        }
        unsigned j = block[at];
        if (j > i)
            continue;
        c->c[i] = c->c[j];
        c->c[j] = 1 - 2 * (int32_t)(signs & 1);
        signs >>= 1;
        i++;
    }
}
