/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend for AVX2: eight coefficients a vector, four sponges at once.
 *
 * Sixteen registers do not hold a polynomial, so the transform goes over memory twice: three layers over eight vectors
 * that are 32 coefficients apart, then for each 64 coefficients two layers, a transposition of 8 × 8 lanes and three
 * layers. The way back is the mirror image.
 */
#include <immintrin.h>

#define W 8
#define MUL(a, b) ((wide)_mm256_mul_epi32((__m256i)(a), (__m256i)(b)))
#define ODD(a) ((vec)_mm256_srli_epi64((__m256i)(a), 32))
#define JOIN(e, o) ((vec)_mm256_blend_epi32(_mm256_srli_epi64((__m256i)(e), 32), (__m256i)(o), 0xaa))
#include "core/mldsa/elementwise.h"
#include "core/mldsa/vectors.h"

#define V __m256i
#define XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define CHI(a, b, c) _mm256_xor_si256(a, _mm256_andnot_si256(b, c))
#define ROL(a, n) _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - (n)))
#define ALL(c) _mm256_set1_epi64x((int64_t)(c))
#include "core/mldsa/keccak_rounds.h"

static void keccak(uint64_t *s)
{
    __m256i a[25];
    for (int i = 0; i < 25; i++)
        a[i] = _mm256_loadu_si256((const __m256i *)(s + 4 * i));
    keccak_rounds(a);
    for (int i = 0; i < 25; i++)
        _mm256_storeu_si256((__m256i *)(s + 4 * i), a[i]);
}

/* Each exchanges the upper half of a group of lanes of a with the lower half of b's. */
INLINE void exchange_4(vec *a, vec *b)
{
    __m256i x = (__m256i)*a, y = (__m256i)*b;
    *a = (vec)_mm256_permute2x128_si256(x, y, 0x20);
    *b = (vec)_mm256_permute2x128_si256(x, y, 0x31);
}

INLINE void exchange_2(vec *a, vec *b)
{
    __m256i x = (__m256i)*a, y = (__m256i)*b;
    *a = (vec)_mm256_unpacklo_epi64(x, y);
    *b = (vec)_mm256_unpackhi_epi64(x, y);
}

INLINE void exchange_1(vec *a, vec *b)
{
    __m256i x = (__m256i)*a, y = (__m256i)*b;
    *a = (vec)_mm256_blend_epi32(x, _mm256_slli_epi64(y, 32), 0xaa);
    *b = (vec)_mm256_blend_epi32(_mm256_srli_epi64(x, 32), y, 0xaa);
}

INLINE void transpose(vec v[8])
{
    UNROLL
    for (int i = 0; i < 4; i++)
        exchange_4(&v[i], &v[i + 4]);
    UNROLL
    for (int i = 0; i < 4; i++)
        exchange_2(&v[i / 2 * 4 + i % 2], &v[i / 2 * 4 + i % 2 + 2]);
    UNROLL
    for (int i = 0; i < 4; i++)
        exchange_1(&v[2 * i], &v[2 * i + 1]);
}

/* v[i] is the vector at from[i·apart]. */
INLINE void load(vec v[8], const vec *from, int apart)
{
    UNROLL
    for (int i = 0; i < 8; i++)
        v[i] = from[i * apart];
}

INLINE void store(vec *to, const vec v[8], int apart)
{
    UNROLL
    for (int i = 0; i < 8; i++)
        to[i * apart] = v[i];
}

static void ntt(cs_poly *p)
{
    const int32_t *z = cs_mldsa_forward_8;
    const ptrdiff_t apart = 28 * 8;
    vec v[8], *c = (vec *)p;
    for (int i = 0; i < 4; i++) {
        load(v, c + i, 4);
        layer(v, 8, 4, 1);
        layer(v, 8, 2, 2);
        layer(v, 8, 1, 4);
        store(c + i, v, 4);
    }
    for (int i = 0; i < 4; i++) {
        load(v, c + 8 * i, 1);
        layer(v, 8, 2, 8 + 2 * i);
        layer(v, 8, 1, 16 + 4 * i);
        transpose(v);
        lane_layer(v, 4, &z, apart);
        lane_layer(v, 2, &z, apart);
        lane_layer(v, 1, &z, apart);
        store(c + 8 * i, v, 1);
    }
}

static void invntt(cs_poly *p)
{
    const int32_t *z = cs_mldsa_inverse_8;
    const ptrdiff_t apart = 28 * 8;
    const factor unscale = {all(CS_MLDSA_UNSCALE),
                            all((int32_t)((uint32_t)CS_MLDSA_UNSCALE * (uint32_t)CS_MLDSA_QINV))};
    vec v[8], *c = (vec *)p;
    for (int i = 0; i < 4; i++) {
        load(v, c + 8 * i, 1);
        lane_layer_back(v, 1, &z, apart);
        lane_layer_back(v, 2, &z, apart);
        lane_layer_back(v, 4, &z, apart);
        transpose(v);
        layer_back(v, 8, 1, 31 - 4 * i);
        layer_back(v, 8, 2, 15 - 2 * i);
        store(c + 8 * i, v, 1);
    }
    for (int i = 0; i < 4; i++) {
        load(v, c + i, 4);
        layer_back(v, 8, 1, 7);
        layer_back(v, 8, 2, 3);
        layer_back(v, 8, 4, 1);
        UNROLL
        for (int j = 0; j < 8; j++)
            v[j] = times(v[j], unscale);
        store(c + i, v, 4);
    }
}

/* Two loads of 16 bytes at `in` and `in` + apart. */
INLINE __m256i load_pair(const uint8_t *in, int apart)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)in)),
                                   _mm_loadu_si128((const __m128i *)(in + apart)), 1);
}

/* Four coefficients are 9 or 10 bytes: each 128-bit lane takes its own from where they begin. */
static void unpack_mask(cs_poly *p, const uint8_t *in, unsigned bits)
{
    const int step = (int)bits / 2;
    const __m128i pick18 = _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 4, 5, 6, -1, 6, 7, 8, -1);
    const __m128i pick20 = _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 5, 6, 7, -1, 7, 8, 9, -1);
    const __m256i pick = _mm256_broadcastsi128_si256(bits == 18 ? pick18 : pick20);
    const __m256i shift =
        _mm256_broadcastsi128_si256(bits == 18 ? _mm_setr_epi32(0, 2, 4, 6) : _mm_setr_epi32(0, 4, 0, 4));
    const __m256i mask = _mm256_set1_epi32((1 << bits) - 1), gamma1 = _mm256_set1_epi32(1 << (bits - 1));
    for (int i = 0; i < VECTORS; i++, in += 2 * step) {
        __m256i v = _mm256_shuffle_epi8(load_pair(in, step), pick);
        v = _mm256_and_si256(_mm256_srlv_epi32(v, shift), mask);
        _mm256_store_si256((__m256i *)&p->c[8 * i], _mm256_sub_epi32(gamma1, v));
    }
}

/* Eight candidates at a time; where one of them is too large they are looked at one by one. */
static unsigned reject_uniform(cs_poly *p, unsigned have, const uint8_t *in, size_t n)
{
    const __m256i pick =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const __m256i mask = _mm256_set1_epi32(0x7fffff), most = _mm256_set1_epi32(CS_MLDSA_Q - 1);
    for (; have + 8 <= CS_MLDSA_N && n >= 24; in += 24, n -= 24) {
        __m256i v = _mm256_and_si256(_mm256_shuffle_epi8(load_pair(in, 12), pick), mask);
        __m256i large = _mm256_cmpgt_epi32(v, most);
        if (_mm256_testz_si256(large, large) != 0) {
            _mm256_storeu_si256((__m256i *)&p->c[have], v);
            have += 8;
        } else {
            have = reject_bytes(p, have, in, 24);
        }
    }
    return reject_bytes(p, have, in, n);
}

static unsigned reject_bounded(cs_poly *p, unsigned have, const uint8_t *in, size_t n, int32_t eta)
{
    return reject_halves(p, have, in, n, eta);
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

const cs_mldsa_backend cs_mldsa_avx2 = {
    .name = "avx2",
    .runs_here = runs_here,
    .lanes = 4,
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
