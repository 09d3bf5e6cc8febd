/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight sums at once with AVX-512 IFMA: a lane is a signature, and an element of the field is five vectors of limbs of
 * 51 bits (ed25519.c has the formulas and where they come from).
 *
 * Bounds. The multiplication takes limbs below 2^52, because the instruction looks at no more bits. Its columns are at
 * most 5 * 2^52 of low halves and twice as much of high halves, so below 2^56; with 19 times the upper column below
 * 2^61. One carry from each limb to the next then leaves limbs below 2^51 + 2^15: a carry is below 2^10, 19 times the
 * topmost below 2^15. Sums and differences (with 4p added) are carried the same way: below 2^51 + 2^9.
 */
#include "core/ed25519_lanes.h"

#include <immintrin.h>
#include <string.h>

#define LANES CS_ED25519_LANES

typedef struct fields {
    __m512i v[5];
} fields;

typedef struct points {
    fields x, y, z, t;
} points;

typedef struct addends {
    fields sum, difference, product;
} addends;

static inline __m512i all(uint64_t v)
{
    return _mm512_set1_epi64((long long)v);
}

#define MASK ((UINT64_C(1) << 51) - 1)

/* 19 times each lane, of at most 59 bits. */
static inline __m512i nineteen(__m512i a)
{
    return _mm512_add_epi64(_mm512_add_epi64(_mm512_slli_epi64(a, 4), _mm512_slli_epi64(a, 1)), a);
}

static inline fields carry(fields a)
{
    const __m512i mask = all(MASK);
    __m512i over[5];
    for (int i = 0; i < 5; i++) {
        over[i] = _mm512_srli_epi64(a.v[i], 51);
        a.v[i] = _mm512_and_si512(a.v[i], mask);
    }
    a.v[0] = _mm512_add_epi64(a.v[0], nineteen(over[4]));
    for (int i = 1; i < 5; i++)
        a.v[i] = _mm512_add_epi64(a.v[i], over[i - 1]);
    return a;
}

static inline fields add(fields a, fields b)
{
    for (int i = 0; i < 5; i++)
        a.v[i] = _mm512_add_epi64(a.v[i], b.v[i]);
    return carry(a);
}

static inline fields sub(fields a, fields b)
{
    for (int i = 0; i < 5; i++)
        a.v[i] = _mm512_sub_epi64(_mm512_add_epi64(a.v[i], all(4 * (i == 0 ? MASK - 18 : MASK))), b.v[i]);
    return carry(a);
}

static inline fields mul(fields a, fields b)
{
    __m512i low[10], high[10];
    for (int i = 0; i < 10; i++)
        low[i] = high[i] = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.v[i], b.v[j]);
            high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.v[i], b.v[j]);
        }
    }
    fields r;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        /* 2^52 * 2^(51 k) is twice 2^(51 (k + 1)) */
        __m512i here = _mm512_add_epi64(low[i], _mm512_slli_epi64(high[i], 1));
        __m512i above = _mm512_add_epi64(low[i + 5], _mm512_slli_epi64(high[i + 5], 1));
        r.v[i] = _mm512_add_epi64(here, nineteen(above));
    }
    return carry(r);
}

static inline fields square(fields a)
{
    return mul(a, a);
}

static inline fields choose(__mmask8 second, fields a, fields b)
{
    for (int i = 0; i < 5; i++)
        a.v[i] = _mm512_mask_mov_epi64(a.v[i], second, b.v[i]);
    return a;
}

static inline fields of(const cs_ed25519_field *f)
{
    fields r;
    for (int i = 0; i < 5; i++)
        r.v[i] = all(f->v[i]);
    return r;
}

static fields square_times(fields a, int n)
{
    while (n-- > 0)
        a = square(a);
    return a;
}

static fields invert(fields a)
{
    fields a2 = square(a), a9 = mul(a, square_times(a2, 2)), eleventh = mul(a9, a2);
    fields e5 = mul(square(eleventh), a9);
    fields e10 = mul(square_times(e5, 5), e5);
    fields e20 = mul(square_times(e10, 10), e10);
    fields e40 = mul(square_times(e20, 20), e20);
    fields e50 = mul(square_times(e40, 10), e10);
    fields e100 = mul(square_times(e50, 50), e50);
    fields e200 = mul(square_times(e100, 100), e100);
    fields e250 = mul(square_times(e200, 50), e50);
    return mul(square_times(e250, 5), eleventh);
}

static inline points from_factors(fields e, fields f, fields g, fields h)
{
    return (points){.x = mul(e, f), .y = mul(g, h), .z = mul(f, g), .t = mul(e, h)};
}

static points twice(points p)
{
    fields a = square(p.x), b = square(p.y), zz = square(p.z);
    fields h = add(a, b), g = sub(a, b);
    return from_factors(sub(h, square(add(p.x, p.y))), add(add(zz, zz), g), g, h);
}

/* The addend with its sign. */
static inline points plus(points p, addends q, __mmask8 negative)
{
    fields a = mul(sub(p.y, p.x), choose(negative, q.difference, q.sum));
    fields b = mul(add(p.y, p.x), choose(negative, q.sum, q.difference));
    fields c = mul(p.t, q.product), z2 = add(p.z, p.z), less = sub(z2, c), more = add(z2, c);
    return from_factors(sub(b, a), choose(negative, less, more), choose(negative, more, less), add(b, a));
}

/* The addend of digit 0: the neutral element. */
static addends neutral(void)
{
    static const cs_ed25519_field zero = {{0}}, one = {{1}};
    return (addends){of(&one), of(&one), of(&zero)};
}

/* -- digits ------------------------------------------------------------------------------------------------------- */

/* For each place the digits of all lanes, within -8 … 8. No branch and no address depends on a scalar. */
struct digits {
    int64_t of[64][LANES];
};

static void read_digits(struct digits *out, const uint8_t scalars[LANES][32])
{
    for (int lane = 0; lane < LANES; lane++) {
        int more = 0;
        for (int i = 0; i < 64; i++) {
            int digit = (scalars[lane][i / 2] >> 4 * (i % 2) & 15) + more;
            more = i < 63 ? (digit + 7) >> 4 : 0; /* above 8 */
            out->of[i][lane] = digit - 16 * more;
        }
    }
}

static inline __m512i magnitude(__m512i digit)
{
    return _mm512_abs_epi64(digit);
}

static inline __mmask8 is_negative(__m512i digit)
{
    return _mm512_movepi64_mask(digit);
}

/* -- public: each lane reads where its digit says -------------------------------------------------------------------
 */

static inline addends gather(const cs_ed25519_multiples *const of[LANES], int window, __m512i digit)
{
    const __m512i size = all(sizeof(cs_ed25519_addend));
    __m512i n = magnitude(digit), base = _mm512_loadu_si512(of);
    __mmask8 some = _mm512_test_epi64_mask(n, n);
    __m512i at = _mm512_add_epi64(base, all((uint64_t)window * CS_ED25519_DIGITS * sizeof(cs_ed25519_addend)));
    at = _mm512_add_epi64(at, _mm512_mullo_epi64(_mm512_sub_epi64(n, all(1)), size));
    addends r = neutral();
    fields *parts[] = {&r.sum, &r.difference, &r.product};
#pragma GCC unroll 3
    for (int part = 0; part < 3; part++) {
#pragma GCC unroll 5
        for (int i = 0; i < 5; i++)
            parts[part]->v[i] = _mm512_mask_i64gather_epi64(
                parts[part]->v[i], some, _mm512_add_epi64(at, all((uint64_t)(part * 5 + i) * 8)), NULL, 1);
    }
    return r;
}

static points add_half(points sum, const cs_ed25519_multiples *const of[LANES], const struct digits *d, int half)
{
    for (int i = 0; i < CS_ED25519_WINDOWS; i++) {
        __m512i digit = _mm512_loadu_si512(d->of[2 * i + half]);
        sum = plus(sum, gather(of, i, digit), is_negative(digit));
    }
    return sum;
}

/* -- secret: every multiple is read, whatever the digits are ------------------------------------------------------- */

static inline addends pick(const cs_ed25519_addend *multiples, __m512i digit)
{
    __m512i n = magnitude(digit);
    addends r = neutral();
    for (int k = 0; k < CS_ED25519_DIGITS; k++) {
        __mmask8 is = _mm512_cmpeq_epi64_mask(n, all((uint64_t)k + 1));
        const cs_ed25519_addend *m = &multiples[k];
        r.sum = choose(is, r.sum, of(&m->sum));
        r.difference = choose(is, r.difference, of(&m->difference));
        r.product = choose(is, r.product, of(&m->product));
    }
    return r;
}

static points add_picked(points sum, const cs_ed25519_multiples *base, const struct digits *d, int half)
{
    for (int i = 0; i < CS_ED25519_WINDOWS; i++) {
        __m512i digit = _mm512_loadu_si512(d->of[2 * i + half]);
        sum = plus(sum, pick(base->of[i], digit), is_negative(digit));
    }
    return sum;
}

/* -- out ------------------------------------------------------------------------------------------------------------
 */

/* The one form of each lane's element, below p. */
static void reduce(uint64_t out[5][LANES], fields a)
{
    const __m512i mask = all(MASK);
    a = carry(a);
    __m512i q = _mm512_srli_epi64(_mm512_add_epi64(a.v[0], all(19)), 51);
    for (int i = 1; i < 5; i++)
        q = _mm512_srli_epi64(_mm512_add_epi64(a.v[i], q), 51);
    a.v[0] = _mm512_add_epi64(a.v[0], nineteen(q));
    for (int i = 0; i < 4; i++) {
        a.v[i + 1] = _mm512_add_epi64(a.v[i + 1], _mm512_srli_epi64(a.v[i], 51));
        a.v[i] = _mm512_and_si512(a.v[i], mask);
    }
    a.v[4] = _mm512_and_si512(a.v[4], mask);
    for (int i = 0; i < 5; i++)
        _mm512_storeu_si512(out[i], a.v[i]);
}

static void encode(uint8_t out[LANES][32], points p)
{
    uint64_t x[5][LANES], y[5][LANES];
    fields z = invert(p.z);
    reduce(x, mul(p.x, z));
    reduce(y, mul(p.y, z));
    for (int lane = 0; lane < LANES; lane++) {
        const uint64_t words[4] = {y[0][lane] | y[1][lane] << 51, y[1][lane] >> 13 | y[2][lane] << 38,
                                   y[2][lane] >> 26 | y[3][lane] << 25,
                                   y[3][lane] >> 39 | y[4][lane] << 12 | x[0][lane] << 63};
        for (int i = 0; i < 32; i++)
            out[lane][i] = (uint8_t)(words[i / 8] >> 8 * (i % 8));
    }
}

static points origin(void)
{
    static const cs_ed25519_field zero = {{0}}, one = {{1}};
    return (points){of(&zero), of(&one), of(&one), of(&zero)};
}

bool cs_ed25519_lanes_run(void)
{
    /* all that the compiler was allowed for this file */
    return __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw");
}

void cs_ed25519_lanes_sum(uint8_t out[LANES][32], const cs_ed25519_multiples *base,
                          const cs_ed25519_multiples *const minus_a[LANES], const uint8_t s[LANES][32],
                          const uint8_t k[LANES][32])
{
    const cs_ed25519_multiples *bases[LANES];
    struct digits s_digits, k_digits;
    for (int i = 0; i < LANES; i++)
        bases[i] = base;
    read_digits(&s_digits, s);
    read_digits(&k_digits, k);
    points sum = add_half(origin(), bases, &s_digits, 1);
    sum = add_half(sum, minus_a, &k_digits, 1);
    for (int i = 0; i < 4; i++)
        sum = twice(sum);
    sum = add_half(sum, bases, &s_digits, 0);
    encode(out, add_half(sum, minus_a, &k_digits, 0));
}

void cs_ed25519_lanes_multiply(uint8_t out[LANES][32], const cs_ed25519_multiples *base, const uint8_t s[LANES][32])
{
    struct digits digits;
    read_digits(&digits, s);
    points sum = add_picked(origin(), base, &digits, 1);
    for (int i = 0; i < 4; i++)
        sum = twice(sum);
    encode(out, add_picked(sum, base, &digits, 0));
    cs_wipe(&digits, sizeof digits);
}
