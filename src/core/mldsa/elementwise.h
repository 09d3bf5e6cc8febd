/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations that treat each coefficient by itself, as plain loops without a branch: each backend includes this
 * file and the compiler makes vectors of it for that backend's processor.
 *
 * Bounds. centre(v) takes |v| < 2^31 - 2^22. With v = t·2^23 + r, |r| <= 2^22, it leaves r + t·(2^23 - q): that is
 * congruent to v, and for |v| < 2q within 2^22 + 2^14 of 0. It is the representative nearest to 0 wherever that one is
 * below 2^22 - 2^14, and above every bound that is asked about (those are at most 2^19) wherever it is not.
 */
#include "core/mldsa/backend.h"
#include "core/mldsa/public.h"
#include "core/secret.h"

static inline int32_t centre(int32_t v)
{
    return v - ((v + (1 << 22)) >> 23) * CS_MLDSA_Q;
}

/* All ones where |v| >= bound. */
static inline int32_t beyond(int32_t v, int32_t bound)
{
    int32_t sign = v >> 31;
    return (bound - 1 - ((v ^ sign) - sign)) >> 31;
}

static bool add(cs_poly *out, const cs_poly *a, const cs_poly *b, int32_t bound)
{
    int32_t bad = 0;
    for (int i = 0; i < CS_MLDSA_N; i++) {
        int32_t v = centre(a->c[i] + b->c[i]);
        out->c[i] = v;
        bad |= beyond(v, bound);
    }
    return bad == 0;
}

static bool sub(cs_poly *out, const cs_poly *a, const cs_poly *b, int32_t bound)
{
    int32_t bad = 0;
    for (int i = 0; i < CS_MLDSA_N; i++) {
        int32_t v = centre(a->c[i] - b->c[i]);
        out->c[i] = v;
        bad |= beyond(v, bound);
    }
    return bad == 0;
}

static void canonical(cs_poly *p)
{
    for (int i = 0; i < CS_MLDSA_N; i++)
        p->c[i] += (p->c[i] >> 31) & CS_MLDSA_Q;
}

static void power2round(cs_poly *high, cs_poly *low, const cs_poly *p)
{
    for (int i = 0; i < CS_MLDSA_N; i++) {
        int32_t h = (p->c[i] + (1 << (CS_MLDSA_D - 1)) - 1) >> CS_MLDSA_D;
        low->c[i] = p->c[i] - h * (1 << CS_MLDSA_D);
        high->c[i] = h;
    }
}

/*
 * Decompose without a division. With s = 2·gamma2 / 128 the high part of v is ceil(v / 128) / s rounded to nearest,
 * halves down. s is 4092 or 1488; 1025/2^22 and 11275/2^24 are close enough to 1/s for every v below q (a test tries
 * them all). The quotient 16 or 44, which belongs to the values next to q, becomes 0, and then the low part is v - q.
 */
static inline int32_t high_of_32(int32_t v)
{
    return ((((v + 127) >> 7) * 1025 + (1 << 21)) >> 22) & 15;
}

static inline int32_t high_of_88(int32_t v)
{
    int32_t h = (((v + 127) >> 7) * 11275 + (1 << 23)) >> 24;
    return h & ~((43 - h) >> 31);
}

static inline int32_t low_of(int32_t v, int32_t high, int32_t gamma2)
{
    int32_t low = v - high * 2 * gamma2;
    return low - ((((CS_MLDSA_Q - 1) / 2 - low) >> 31) & CS_MLDSA_Q);
}

#define GAMMA2_32 ((CS_MLDSA_Q - 1) / 32)
#define GAMMA2_88 ((CS_MLDSA_Q - 1) / 88)

static void decompose(cs_poly *high, cs_poly *low, const cs_poly *p, int32_t gamma2)
{
    if (gamma2 == GAMMA2_32) {
        for (int i = 0; i < CS_MLDSA_N; i++) {
            int32_t v = p->c[i], h = high_of_32(v);
            low->c[i] = low_of(v, h, GAMMA2_32);
            high->c[i] = h;
        }
    } else {
        for (int i = 0; i < CS_MLDSA_N; i++) {
            int32_t v = p->c[i], h = high_of_88(v);
            low->c[i] = low_of(v, h, GAMMA2_88);
            high->c[i] = h;
        }
    }
}

/* The high part changes where the low part leaves (-gamma2, gamma2], but for -gamma2 itself beside the high part 0:
 * that is where the values next to q are. */
static unsigned make_hint(uint8_t hint[CS_MLDSA_N], const cs_poly *low, const cs_poly *high, int32_t gamma2)
{
    int32_t count = 0;
    for (int i = 0; i < CS_MLDSA_N; i++) {
        int32_t v = low->c[i], h = high->c[i];
        int32_t above = (gamma2 - v) >> 31, below = (v + gamma2) >> 31;
        int32_t edge = ~((v + gamma2) | -(v + gamma2)) >> 31;
        int32_t set = (above | below | (edge & (-h >> 31))) & 1;
        hint[i] = (uint8_t)set;
        count += set;
    }
    return (unsigned)count;
}

/* Signatures are public: this may branch. */
static void use_hint(cs_poly *high, const cs_poly *p, const uint8_t hint[CS_MLDSA_N], int32_t gamma2)
{
    const int32_t last = gamma2 == GAMMA2_32 ? 15 : 43;
    for (int i = 0; i < CS_MLDSA_N; i++) {
        int32_t v = p->c[i], h = gamma2 == GAMMA2_32 ? high_of_32(v) : high_of_88(v);
        int32_t up = h == last ? 0 : h + 1, down = h == 0 ? last : h - 1;
        int32_t moved = low_of(v, h, gamma2) > 0 ? up : down;
        high->c[i] = hint[i] != 0 ? moved : h;
    }
}

static void pack_high(uint8_t *out, const cs_poly *p, unsigned bits)
{
    const int32_t *c = p->c;
    if (bits == 4) {
        for (int i = 0; i < CS_MLDSA_N / 2; i++)
            out[i] = (uint8_t)(c[2 * i] | c[2 * i + 1] << 4);
        return;
    }
    for (int i = 0; i < CS_MLDSA_N / 4; i++, c += 4, out += 3) {
        out[0] = (uint8_t)(c[0] | c[1] << 6);
        out[1] = (uint8_t)(c[1] >> 2 | c[2] << 4);
        out[2] = (uint8_t)(c[2] >> 4 | c[3] << 2);
    }
}

/* Candidates one by one [FIPS 204 algorithm 14]. */
static inline unsigned reject_bytes(cs_poly *p, unsigned have, const uint8_t *in, size_t n)
{
    for (; have < CS_MLDSA_N && n >= 3; in += 3, n -= 3) {
        int32_t v = in[0] | in[1] << 8 | (in[2] & 0x7f) << 16;
        p->c[have] = v;
        have += v < CS_MLDSA_Q;
    }
    return have;
}

/* What a half byte gives, for eta 2 (v mod 5) or 4. */
static inline int32_t bounded(int32_t v, int32_t eta)
{
    return eta - (eta == 2 ? v - 5 * (v * 205 >> 10) : v);
}

/* First what every half byte would give, then those that count. */
static inline unsigned reject_halves(cs_poly *p, unsigned have, const uint8_t *in, size_t n, int32_t eta)
{
    uint8_t value[544], taken[544]; /* values from -eta up count from 0 */
    for (size_t i = 0; i < n; i++) {
        for (size_t half = 0; half < 2; half++) {
            int32_t v = in[i] >> 4 * half & 15;
            taken[2 * i + half] = (uint8_t)(v < (eta == 2 ? 15 : 9));
            value[2 * i + half] = (uint8_t)(bounded(v, eta) + eta);
        }
    }
    CS_MLDSA_PUBLIC(taken);
    for (size_t i = 0; i < 2 * n && have < CS_MLDSA_N; i++) {
        p->c[have] = value[i] - eta;
        have += taken[i];
    }
    cs_wipe(value, sizeof value);
    return have;
}
