/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64 with AVX-512 VBMI, as W. Mula and D. Lemire describe it ("Base64 encoding and decoding at almost the speed of
 * a memory copy", 2019): a shuffle puts three bytes where a multishift takes four times six bits out of them, and a
 * table of 64 or 128 bytes fits into the registers.
 */
#include "core/encode_lanes.h"

#include <immintrin.h>
#include <stdbool.h>

#define BYTES 48
#define CHARACTERS 64

static bool can(void)
{
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw");
}

/* Of each three bytes a, b, c the four b, a, c, b: as a little-endian number, b is in bits 0 to 7 and 24 to 31, a in 8
 * to 15 and c in 16 to 23. */
static __m512i spread(void)
{
    static const uint8_t order[CHARACTERS] = {
        1,  0,  2,  1,  4,  3,  5,  4,  7,  6,  8,  7,  10, 9,  11, 10, 13, 12, 14, 13, 16, 15,
        17, 16, 19, 18, 20, 19, 22, 21, 23, 22, 25, 24, 26, 25, 28, 27, 29, 28, 31, 30, 32, 31,
        34, 33, 35, 34, 37, 36, 38, 37, 40, 39, 41, 40, 43, 42, 44, 43, 46, 45, 47, 46,
    };
    return _mm512_loadu_si512(order);
}

size_t cs_encode_lanes_write(uint8_t *to, const uint8_t *p, size_t n, const char alphabet[64])
{
    /* where the six bits begin that are each byte of the result: the upper ones of a, and so on; in both halves */
    const __m512i shifts = _mm512_set1_epi64(0x3036242a1016040a);
    size_t done = 0;
    if (!can())
        return 0;
    const __m512i letters = _mm512_loadu_si512(alphabet), order = spread();
    for (; n - done >= BYTES; done += BYTES, to += CHARACTERS) {
        __m512i v = _mm512_maskz_loadu_epi8((UINT64_C(1) << BYTES) - 1, p + done);
        v = _mm512_multishift_epi64_epi8(shifts, _mm512_permutexvar_epi8(order, v));
        _mm512_storeu_si512(to, _mm512_permutexvar_epi8(v, letters)); /* of which it takes the lower six bits */
    }
    return done;
}

struct table {
    __m512i low, high;
};

static inline struct table table_of(const uint8_t values[128])
{
    return (struct table){_mm512_loadu_si512(values), _mm512_loadu_si512(values + 64)};
}

/* The values of 64 characters; false if one has none. */
static inline bool look_up(__m512i *out, const uint8_t *text, struct table t)
{
    __m512i v = _mm512_loadu_si512(text);
    *out = _mm512_permutex2var_epi8(t.low, v, t.high); /* by the lower seven bits */
    return _mm512_movepi8_mask(_mm512_or_si512(*out, v)) == 0;
}

size_t cs_encode_lanes_read(uint8_t *to, const uint8_t *text, size_t n, const uint8_t values[128])
{
    static const uint8_t order[BYTES] = {
        2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25, 24, 30, 29, 28,
        34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60,
    };
    const __mmask64 bytes = (UINT64_C(1) << BYTES) - 1;
    size_t done = 0;
    __m512i v;
    if (!can())
        return 0;
    const struct table t = table_of(values);
    const __m512i pick = _mm512_maskz_loadu_epi8(bytes, order);
    for (; n - done >= CHARACTERS && look_up(&v, text + done, t); done += CHARACTERS, to += BYTES) {
        v = _mm512_maddubs_epi16(v,
                                 _mm512_set1_epi16(0x0140)); /* two times six bits: 64 times the first + the second */
        v = _mm512_madd_epi16(v, _mm512_set1_epi32(0x00011000)); /* two times twelve: 4,096 times the first + … */
        _mm512_mask_storeu_epi8(to, bytes, _mm512_permutexvar_epi8(pick, v)); /* three bytes, the upper one first */
    }
    return done;
}

size_t cs_encode_lanes_read_hex(uint8_t *to, const uint8_t *text, size_t n, const uint8_t values[128])
{
    size_t done = 0;
    __m512i v;
    if (!can())
        return 0;
    const struct table t = table_of(values);
    for (; n - done >= CHARACTERS && look_up(&v, text + done, t); done += CHARACTERS, to += CHARACTERS / 2) {
        v = _mm512_maddubs_epi16(v, _mm512_set1_epi16(0x0110)); /* 16 times the first + the second */
        _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtepi16_epi8(v));
    }
    return done;
}
