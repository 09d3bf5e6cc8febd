/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying [FIPS 204 algorithm 8]. All of it is public. */
#include <string.h>

#include "core/mldsa/coding.h"
#include "core/mldsa/mldsa.h"
#include "core/mldsa/sample.h"
#include "core/mldsa/sponge.h"

struct verifying {
    uint8_t bytes[CS_MLDSA_MAX_SIG + 32]; /* the signature, with room for vector loads behind it */
    uint8_t hint[CS_MLDSA_MAX_K][CS_MLDSA_N];
    cs_poly z[CS_MLDSA_MAX_L], c, w, high;
    uint8_t packed[CS_MLDSA_MAX_K * 192], challenge[CS_MLDSA_MAX_CHALLENGE];
};

/* z and h of a signature in its one encoding, z within its bound. */
static bool read_signature(struct verifying *v, const cs_mldsa_set *set, const cs_mldsa_backend *be)
{
    static const cs_poly zero;
    const uint8_t *at = v->bytes + set->challenge;
    for (unsigned i = 0; i < set->l; i++, at += 32 * set->mask_bits) {
        be->unpack_mask(&v->z[i], at, set->mask_bits);
        if (!be->add(&v->z[i], &v->z[i], &zero, (1 << (set->mask_bits - 1)) - set->beta))
            return false;
    }
    return cs_coding_unpack_hint(v->hint, set, at);
}

/* w1 = UseHint(h, A·z - c·t1·2^13), packed. */
static void recommit(struct verifying *v, const cs_mldsa_key *key)
{
    const cs_mldsa_set *set = key->set;
    const cs_mldsa_backend *be = key->backend;
    cs_sample_challenge(&v->c, set, v->bytes);
    be->ntt(&v->c);
    for (unsigned i = 0; i < set->l; i++)
        be->ntt(&v->z[i]);
    for (unsigned row = 0; row < set->k; row++) {
        be->dot(&v->w, &key->polys[row * set->l], v->z, set->l, &key->polys[set->k * set->l + row], &v->c);
        be->invntt(&v->w);
        be->canonical(&v->w);
        be->use_hint(&v->high, &v->w, v->hint[row], set->gamma2);
        be->pack_high(v->packed + row * 32 * set->high_bits, &v->high, set->high_bits);
    }
}

cs_err cs_mldsa_verify(const cs_mldsa_key *key, const uint8_t mu[CS_MLDSA_MU], cs_slice sig)
{
    struct verifying v;
    cs_sponge sponge;
    const cs_mldsa_set *set = key->set;
    if (sig.n != set->sig_bytes)
        return CS_BAD_SIGNATURE;
    memcpy(v.bytes, sig.p, sig.n);
    memset(v.bytes + sig.n, 0, sizeof v.bytes - sig.n);
    if (!read_signature(&v, set, key->backend))
        return CS_BAD_SIGNATURE;
    recommit(&v, key);
    cs_sponge_open(&sponge, CS_SHAKE256_RATE);
    cs_sponge_absorb(&sponge, cs_slice_of(mu, CS_MLDSA_MU));
    cs_sponge_absorb(&sponge, cs_slice_of(v.packed, (size_t)set->k * 32 * set->high_bits));
    cs_sponge_finish(&sponge);
    cs_sponge_squeeze(&sponge, v.challenge, set->challenge);
    return memcmp(v.challenge, v.bytes, set->challenge) == 0 ? CS_OK : CS_BAD_SIGNATURE;
}
