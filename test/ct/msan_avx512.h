/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What MemorySanitizer should think of the AVX-512 instructions that it does not know. It takes their use for a use of
 * all that goes in, and would report every one. Each is wrapped here: the real instruction computes the value, and the
 * shadow of the result (a bit is set where the bit of the value is secret) follows from the shadows of the operands.
 * None of them branches or has an address; a lane that is chosen by a secret is secret as a whole.
 *
 * Included by the compiler before everything else where its users are compiled in the preset ct-msan.
 */
#ifndef CS_TEST_CT_MSAN_AVX512_H
#define CS_TEST_CT_MSAN_AVX512_H

#include <immintrin.h>
#include <sanitizer/msan_interface.h>
#include <stdint.h>

/* Where MemorySanitizer keeps the shadow of an address, on Linux for x86-64. It is written by a function of its own:
 * the sanitizer makes what this file stores known, and the shadow of a shadow is the value again. */
#define SHADOW(p) ((const __m512i *)((uintptr_t)(p) ^ 0x500000000000u))
#define UNWATCHED __attribute__((no_sanitize("memory"), noinline)) static void
#define SECRET_LANES(index_shadow) _mm512_movm_epi32(_mm512_test_epi32_mask(*(index_shadow), *(index_shadow)))

UNWATCHED ternary(__m512i *r, const __m512i *a, const __m512i *b, const __m512i *c, int table)
{
    *r = table == 0x96   ? _mm512_ternarylogic_epi64(*a, *b, *c, 0x96)
         : table == 0xca ? _mm512_ternarylogic_epi64(*a, *b, *c, 0xca)
         : table == 0xe8 ? _mm512_ternarylogic_epi64(*a, *b, *c, 0xe8)
                         : _mm512_ternarylogic_epi64(*a, *b, *c, 0xd2);
    __m512i shadow = _mm512_or_si512(_mm512_or_si512(*SHADOW(a), *SHADOW(b)), *SHADOW(c));
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

UNWATCHED rotate(__m512i *r, const __m512i *a, const __m512i *by)
{
    *r = _mm512_rolv_epi64(*a, *by);
    __m512i shadow = _mm512_rolv_epi64(*SHADOW(a), *by);
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

UNWATCHED permute2(__m512i *r, const __m512i *a, const __m512i *index, const __m512i *b)
{
    *r = _mm512_permutex2var_epi32(*a, *index, *b);
    __m512i shadow =
        _mm512_or_si512(_mm512_permutex2var_epi32(*SHADOW(a), *index, *SHADOW(b)), SECRET_LANES(SHADOW(index)));
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

UNWATCHED permute(__m512i *r, const __m512i *index, const __m512i *a)
{
    *r = _mm512_permutexvar_epi32(*index, *a);
    __m512i shadow = _mm512_or_si512(_mm512_permutexvar_epi32(*index, *SHADOW(a)), SECRET_LANES(SHADOW(index)));
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

UNWATCHED shuffle(__m512i *r, const __m512i *a, const __m512i *index)
{
    *r = _mm512_shuffle_epi8(*a, *index);
    __m512i shadow = _mm512_or_si512(_mm512_shuffle_epi8(*SHADOW(a), *index),
                                     _mm512_movm_epi8(_mm512_test_epi8_mask(*SHADOW(index), *SHADOW(index))));
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

/* A product mixes all bits of its factors: what has a secret bit is secret as a whole. */
#define SECRET_SUMS(a, b, c)                                                                                           \
    _mm512_movm_epi64(_mm512_test_epi64_mask(_mm512_or_si512(_mm512_or_si512(*SHADOW(a), *SHADOW(b)), *SHADOW(c)),     \
                                             _mm512_set1_epi64(-1)))

__attribute__((target("avx512ifma"))) UNWATCHED multiply_low(__m512i *r, const __m512i *a, const __m512i *b,
                                                             const __m512i *c)
{
    *r = _mm512_madd52lo_epu64(*a, *b, *c);
    __m512i shadow = SECRET_SUMS(a, b, c);
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

__attribute__((target("avx512ifma"))) UNWATCHED multiply_high(__m512i *r, const __m512i *a, const __m512i *b,
                                                              const __m512i *c)
{
    *r = _mm512_madd52hi_epu64(*a, *b, *c);
    __m512i shadow = SECRET_SUMS(a, b, c);
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

/* The mask is known here: what depends on a secret is refused where it is used as a number. */
UNWATCHED compress(__m512i *r, const __mmask16 *taken, const __m512i *a)
{
    *r = _mm512_maskz_compress_epi32(*taken, *a);
    __m512i shadow = _mm512_maskz_compress_epi32(*taken, *SHADOW(a));
    __msan_partial_poison(r, &shadow, sizeof shadow);
}

static inline __m512i watched_ternary(__m512i a, __m512i b, __m512i c, int table)
{
    __m512i r;
    ternary(&r, &a, &b, &c, table);
    return r;
}

static inline __m512i watched_rotate(__m512i a, int by)
{
    __m512i r, n = _mm512_set1_epi64(by);
    rotate(&r, &a, &n);
    return r;
}

static inline __m512i watched_permute2(__m512i a, __m512i index, __m512i b)
{
    __m512i r;
    permute2(&r, &a, &index, &b);
    return r;
}

static inline __m512i watched_permute(__m512i index, __m512i a)
{
    __m512i r;
    permute(&r, &index, &a);
    return r;
}

static inline __m512i watched_shuffle(__m512i a, __m512i index)
{
    __m512i r;
    shuffle(&r, &a, &index);
    return r;
}

static inline __m512i watched_compress(__mmask16 taken, __m512i a)
{
    __m512i r;
    compress(&r, &taken, &a);
    return r;
}

static inline __m512i watched_low(__m512i a, __m512i b, __m512i c)
{
    __m512i r;
    multiply_low(&r, &a, &b, &c);
    return r;
}

static inline __m512i watched_high(__m512i a, __m512i b, __m512i c)
{
    __m512i r;
    multiply_high(&r, &a, &b, &c);
    return r;
}

#undef _mm512_ternarylogic_epi64
#undef _mm512_rol_epi64
#define _mm512_ternarylogic_epi64(a, b, c, table) watched_ternary(a, b, c, table)
#define _mm512_rol_epi64(a, by) watched_rotate(a, by)
#define _mm512_permutex2var_epi32(a, index, b) watched_permute2(a, index, b)
#define _mm512_permutexvar_epi32(index, a) watched_permute(index, a)
#define _mm512_shuffle_epi8(a, index) watched_shuffle(a, index)
#define _mm512_maskz_compress_epi32(taken, a) watched_compress(taken, a)
#define _mm512_madd52lo_epu64(a, b, c) watched_low(a, b, c)
#define _mm512_madd52hi_epu64(a, b, c) watched_high(a, b, c)

#endif
