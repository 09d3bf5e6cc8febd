/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend for AVX-512 (F, BW, DQ, VL): sixteen coefficients a vector, eight sponges at once.
 *
 * A polynomial is sixteen vectors and stays in registers for the whole transform: four layers between vectors, a
 * transposition of 16 × 16 lanes, four layers between vectors again. What comes out stays transposed (backend.h), so
 * the way back begins without a transposition.
 */
#include <immintrin.h>

#define W 16
#define MUL(a, b) ((wide)_mm512_mul_epi32((__m512i)(a), (__m512i)(b)))
#define ODD(a) ((vec)_mm512_srli_epi64((__m512i)(a), 32))
#define JOIN(e, o) ((vec)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64((__m512i)(e), 32), (__m512i)(o)))
#include "core/mldsa/elementwise.h"
#include "core/mldsa/vectors.h"

#define V __m512i
#define XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define CHI(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xd2)
#define ROL(a, n) _mm512_rol_epi64(a, n)
#define ALL(c) _mm512_set1_epi64((int64_t)(c))
#include "core/mldsa/keccak_rounds.h"

static void keccak(uint64_t *s)
{
    __m512i a[25];
    for (int i = 0; i < 25; i++)
        a[i] = _mm512_loadu_si512(s + 8 * i);
    keccak_rounds(a);
    for (int i = 0; i < 25; i++)
        _mm512_storeu_si512(s + 8 * i, a[i]);
}

/* Exchanges the upper half of each group of 2·half lanes of a with the lower half of b's. */
#define EXCHANGE(half)                                                                                                 \
    INLINE void exchange_##half(vec *a, vec *b)                                                                        \
    {                                                                                                                  \
        __m512i low, high;                                                                                             \
        int32_t l[16], h[16];                                                                                          \
        for (int i = 0; i < 16; i++) {                                                                                 \
            l[i] = (i & (half)) == 0 ? i : 16 + i - (half);                                                            \
            h[i] = (i & (half)) == 0 ? i + (half) : 16 + i;                                                            \
        }                                                                                                              \
        low = _mm512_loadu_si512(l);                                                                                   \
        high = _mm512_loadu_si512(h);                                                                                  \
        vec t = (vec)_mm512_permutex2var_epi32((__m512i)*a, low, (__m512i)*b);                                         \
        *b = (vec)_mm512_permutex2var_epi32((__m512i)*a, high, (__m512i)*b);                                           \
        *a = t;                                                                                                        \
    }
EXCHANGE(8)
EXCHANGE(4)
EXCHANGE(2)
EXCHANGE(1)

INLINE void transpose(vec v[16])
{
    UNROLL
    for (int i = 0; i < 8; i++)
        exchange_8(&v[i], &v[i + 8]);
    UNROLL
    for (int i = 0; i < 8; i++)
        exchange_4(&v[i / 4 * 8 + i % 4], &v[i / 4 * 8 + i % 4 + 4]);
    UNROLL
    for (int i = 0; i < 8; i++)
        exchange_2(&v[i / 2 * 4 + i % 2], &v[i / 2 * 4 + i % 2 + 2]);
    UNROLL
    for (int i = 0; i < 8; i++)
        exchange_1(&v[2 * i], &v[2 * i + 1]);
}

INLINE void load(vec v[16], const cs_poly *p)
{
    UNROLL
    for (int i = 0; i < 16; i++)
        v[i] = ((const vec *)p)[i];
}

INLINE void store(cs_poly *p, const vec v[16])
{
    UNROLL
    for (int i = 0; i < 16; i++)
        ((vec *)p)[i] = v[i];
}

static void ntt(cs_poly *p)
{
    const int32_t *z = cs_mldsa_forward_16;
    const ptrdiff_t apart = 15 * 16;
    vec v[16];
    load(v, p);
    layer(v, 16, 8, 1);
    layer(v, 16, 4, 2);
    layer(v, 16, 2, 4);
    layer(v, 16, 1, 8);
    transpose(v);
    lane_layer(v, 8, &z, apart);
    lane_layer(v, 4, &z, apart);
    lane_layer(v, 2, &z, apart);
    lane_layer(v, 1, &z, apart);
    store(p, v);
}

static void invntt(cs_poly *p)
{
    const int32_t *z = cs_mldsa_inverse_16;
    const ptrdiff_t apart = 15 * 16;
    const factor unscale = {all(CS_MLDSA_UNSCALE),
                            all((int32_t)((uint32_t)CS_MLDSA_UNSCALE * (uint32_t)CS_MLDSA_QINV))};
    vec v[16];
    load(v, p);
    lane_layer_back(v, 1, &z, apart);
    lane_layer_back(v, 2, &z, apart);
    lane_layer_back(v, 4, &z, apart);
    lane_layer_back(v, 8, &z, apart);
    transpose(v);
    layer_back(v, 16, 1, 15);
    layer_back(v, 16, 2, 7);
    layer_back(v, 16, 4, 3);
    layer_back(v, 16, 8, 1);
    UNROLL
    for (int i = 0; i < 16; i++)
        v[i] = times(v[i], unscale);
    store(p, v);
}

/* Four coefficients are 9 or 10 bytes: each 128-bit lane takes its own from where they begin. */
static void unpack_mask(cs_poly *p, const uint8_t *in, unsigned bits)
{
    const int step = (int)bits / 2;
    const __m128i pick18 = _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 4, 5, 6, -1, 6, 7, 8, -1);
    const __m128i pick20 = _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 5, 6, 7, -1, 7, 8, 9, -1);
    const __m512i pick = _mm512_broadcast_i32x4(bits == 18 ? pick18 : pick20);
    const __m512i shift = _mm512_broadcast_i32x4(bits == 18 ? _mm_setr_epi32(0, 2, 4, 6) : _mm_setr_epi32(0, 4, 0, 4));
    const __m512i mask = _mm512_set1_epi32((1 << bits) - 1), gamma1 = _mm512_set1_epi32(1 << (bits - 1));
    for (int i = 0; i < VECTORS; i++, in += 4 * step) {
        __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)in));
        v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(in + step)), 1);
        v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(in + 2 * step)), 2);
        v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(in + 3 * step)), 3);
        v = _mm512_and_si512(_mm512_srlv_epi32(_mm512_shuffle_epi8(v, pick), shift), mask);
        _mm512_store_si512(&p->c[16 * i], _mm512_sub_epi32(gamma1, v));
    }
}

/* Sixteen candidates at a time; where one of them is too large (that is one time in sixty) they are looked at one by
 * one. */
static unsigned reject_uniform(cs_poly *p, unsigned have, const uint8_t *in, size_t n)
{
    const __m512i spread = _mm512_setr_epi32(0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
    const __m512i pick = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const __m512i mask = _mm512_set1_epi32(0x7fffff), q = _mm512_set1_epi32(CS_MLDSA_Q);
    for (; have + 16 <= CS_MLDSA_N && n >= 48; in += 48, n -= 48) {
        __m512i v = _mm512_permutexvar_epi32(spread, _mm512_loadu_si512(in));
        v = _mm512_and_si512(_mm512_shuffle_epi8(v, pick), mask);
        if (_mm512_cmplt_epi32_mask(v, q) == 0xffff) {
            _mm512_storeu_si512(&p->c[have], v);
            have += 16;
        } else {
            have = reject_bytes(p, have, in, 48);
        }
    }
    return reject_bytes(p, have, in, n);
}

/* Eight bytes are sixteen half bytes, which move together past those that are refused. */
static unsigned reject_bounded(cs_poly *p, unsigned have, const uint8_t *in, size_t n, int32_t eta)
{
    const __m512i half = _mm512_set1_epi32(15), below = _mm512_set1_epi32(eta == 2 ? 15 : 9);
    const __m512i most = _mm512_set1_epi32(eta), fives = _mm512_set1_epi32(eta == 2 ? 5 : 0);
    for (; have + 16 <= CS_MLDSA_N && n >= 8; in += 8, n -= 8) {
        __m512i v = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)in));
        v = _mm512_and_si512(_mm512_or_si512(v, _mm512_slli_epi64(v, 28)), half);
        __mmask16 taken = _mm512_cmplt_epi32_mask(v, below);
        CS_MLDSA_PUBLIC(taken);
        __m512i count = _mm512_srli_epi32(_mm512_mullo_epi32(v, _mm512_set1_epi32(205)), 10); /* v / 5 */
        v = _mm512_sub_epi32(most, _mm512_sub_epi32(v, _mm512_mullo_epi32(count, fives)));
        _mm512_storeu_si512(&p->c[have], _mm512_maskz_compress_epi32(taken, v));
        have += (unsigned)__builtin_popcount(taken);
    }
    return reject_halves(p, have, in, n, eta);
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

const cs_mldsa_backend cs_mldsa_avx512 = {
    .name = "avx512",
    .runs_here = runs_here,
    .lanes = 8,
    .keccak = keccak,
    .ntt = ntt,
    .invntt = invntt,
    .order = order,
    .dot = dot,
    .canonical = canonical,
    .add = add,
    .sub = sub,
    .power2round = power2round,
    .decompose = decompose,
    .make_hint = make_hint,
    .use_hint = use_hint,
    .unpack_mask = unpack_mask,
    .pack_high = pack_high,
    .reject_uniform = reject_uniform,
    .reject_bounded = reject_bounded,
};
