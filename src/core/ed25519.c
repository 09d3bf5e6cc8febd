/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field, points and the sum [RFC 8032 §5.1, RFC 7748 §4.1].
 *
 * Bounds. A limb is *tight* below 2^51 + 2^13, which is what mul and square leave. They take limbs below 2^54: a
 * column of products is below 77 * 2^108 < 2^115, the carry out of it below 2^64, and 19 times the carry out of the
 * last column (five products, below 2^111) is below 2^64 as well. add sums limbs. sub adds 2p, so what is subtracted
 * has to be tight, and a limb grows by less than 2^52. No formula below adds up to 2^54.
 *
 * Points are (X : Y : Z : T) with x = X/Z, y = Y/Z, xy = T/Z on -x^2 + y^2 = 1 + dx^2y^2. The additions are the
 * unified ones for a = -1: d is no square, so they hold for every two points [Hisil, Wong, Carter, Dawson 2008, §3.1
 * and §3.3].
 */
#include "core/ed25519.h"

#include <string.h>

typedef cs_ed25519_field field;
typedef unsigned wide __attribute__((mode(TI))); /* 128 bits */

typedef struct point {
    field x, y, z, t;
} point;

#define MASK ((UINT64_C(1) << 51) - 1)

static const field one = {{1}};
/* d = -121665/121666, 2d, and a square root of -1. */
static const field d = {{0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
static const field d2 = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
static const field root_of_minus_one = {
    {0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};
/* y = 4/5, x even. */
static const uint8_t base_bytes[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                       0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                       0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};

/* -- field --------------------------------------------------------------------------------------------------------- */

static inline field add(field a, field b)
{
    for (int i = 0; i < 5; i++)
        a.v[i] += b.v[i];
    return a;
}

static inline field sub(field a, field b)
{
    a.v[0] += 2 * (MASK - 18) - b.v[0];
    for (int i = 1; i < 5; i++)
        a.v[i] += 2 * MASK - b.v[i];
    return a;
}

static inline field carry(wide t0, wide t1, wide t2, wide t3, wide t4)
{
    t1 += (uint64_t)(t0 >> 51);
    t2 += (uint64_t)(t1 >> 51);
    t3 += (uint64_t)(t2 >> 51);
    t4 += (uint64_t)(t3 >> 51);
    uint64_t low = ((uint64_t)t0 & MASK) + 19 * (uint64_t)(t4 >> 51);
    return (field){{low & MASK, ((uint64_t)t1 & MASK) + (low >> 51), (uint64_t)t2 & MASK, (uint64_t)t3 & MASK,
                    (uint64_t)t4 & MASK}};
}

static inline field mul(field a, field b)
{
    const uint64_t *x = a.v, *y = b.v;
    uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];
    return carry((wide)x[0] * y[0] + (wide)x[1] * y4 + (wide)x[2] * y3 + (wide)x[3] * y2 + (wide)x[4] * y1,
                 (wide)x[0] * y[1] + (wide)x[1] * y[0] + (wide)x[2] * y4 + (wide)x[3] * y3 + (wide)x[4] * y2,
                 (wide)x[0] * y[2] + (wide)x[1] * y[1] + (wide)x[2] * y[0] + (wide)x[3] * y4 + (wide)x[4] * y3,
                 (wide)x[0] * y[3] + (wide)x[1] * y[2] + (wide)x[2] * y[1] + (wide)x[3] * y[0] + (wide)x[4] * y4,
                 (wide)x[0] * y[4] + (wide)x[1] * y[3] + (wide)x[2] * y[2] + (wide)x[3] * y[1] + (wide)x[4] * y[0]);
}

static inline field square(field a)
{
    const uint64_t *x = a.v;
    uint64_t x0 = 2 * x[0], x1 = 2 * x[1], x2 = 38 * x[2], x3 = 19 * x[3], x4 = 19 * x[4];
    return carry(
        (wide)x[0] * x[0] + (wide)x1 * x4 + (wide)x2 * x[3], (wide)x0 * x[1] + (wide)x2 * x[4] + (wide)x3 * x[3],
        (wide)x0 * x[2] + (wide)x[1] * x[1] + (wide)(2 * x[3]) * x4,
        (wide)x0 * x[3] + (wide)x1 * x[2] + (wide)x4 * x[4], (wide)x0 * x[4] + (wide)x1 * x[3] + (wide)x[2] * x[2]);
}

static field square_times(field a, int n)
{
    while (n-- > 0)
        a = square(a);
    return a;
}

/* a^(2^250 - 1), and a^11 on the way. */
static field power_250(field *eleventh, field a)
{
    field a2 = square(a), a9 = mul(a, square_times(a2, 2));
    *eleventh = mul(a9, a2);
    field e5 = mul(square(*eleventh), a9); /* 2^5 - 1 */
    field e10 = mul(square_times(e5, 5), e5);
    field e20 = mul(square_times(e10, 10), e10);
    field e40 = mul(square_times(e20, 20), e20);
    field e50 = mul(square_times(e40, 10), e10);
    field e100 = mul(square_times(e50, 50), e50);
    field e200 = mul(square_times(e100, 100), e100);
    return mul(square_times(e200, 50), e50);
}

/* a^(p - 2), of 0 is 0. */
static field invert(field a)
{
    field eleventh, e = power_250(&eleventh, a);
    return mul(square_times(e, 5), eleventh);
}

/* a^((p - 5) / 8) */
static field power_58(field a)
{
    field ignored, e = power_250(&ignored, a);
    return mul(square_times(e, 2), a);
}

static uint64_t load(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

/* The low 255 bits, whatever they are. */
static field unpack(const uint8_t b[32])
{
    return (field){{load(b) & MASK, load(b + 6) >> 3 & MASK, load(b + 12) >> 6 & MASK, load(b + 19) >> 1 & MASK,
                    load(b + 24) >> 12 & MASK}};
}

/* The one form, below p. Takes limbs below 2^54. */
static void pack(uint8_t out[32], field a)
{
    a = mul(a, one);
    uint64_t q = (a.v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++)
        q = (a.v[i] + q) >> 51;
    a.v[0] += 19 * q; /* q = 1 for what is p or more; then 2^255 falls off the end */
    for (int i = 0; i < 4; i++) {
        a.v[i + 1] += a.v[i] >> 51;
        a.v[i] &= MASK;
    }
    a.v[4] &= MASK;
    const uint64_t words[4] = {a.v[0] | a.v[1] << 51, a.v[1] >> 13 | a.v[2] << 38, a.v[2] >> 26 | a.v[3] << 25,
                               a.v[3] >> 39 | a.v[4] << 12};
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(words[i / 8] >> 8 * (i % 8));
}

static bool same(field a, field b)
{
    uint8_t x[32], y[32];
    pack(x, a);
    pack(y, b);
    return memcmp(x, y, sizeof x) == 0;
}

static bool is_odd(field a)
{
    uint8_t bytes[32];
    pack(bytes, a);
    return (bytes[0] & 1) != 0;
}

/* -- points -------------------------------------------------------------------------------------------------------- */

static inline point from_factors(field e, field f, field g, field h)
{
    return (point){.x = mul(e, f), .y = mul(g, h), .z = mul(f, g), .t = mul(e, h)};
}

static inline point twice(const point *p)
{
    field a = square(p->x), b = square(p->y), zz = square(p->z);
    field h = add(a, b), g = sub(a, b);
    return from_factors(sub(h, square(add(p->x, p->y))), add(add(zz, zz), g), g, h);
}

/* `a`, `b`, `c`: the products of the differences, of the sums, and of 2d and both T; `z`: of both Z. */
static inline point sum_of(field a, field b, field c, field z)
{
    field z2 = add(z, z);
    return from_factors(sub(b, a), sub(z2, c), add(z2, c), add(b, a));
}

static point plus(const point *p, const point *q)
{
    return sum_of(mul(sub(p->y, p->x), sub(q->y, q->x)), mul(add(p->y, p->x), add(q->y, q->x)),
                  mul(mul(p->t, d2), q->t), mul(p->z, q->z));
}

/* p + [digit]P, for |digit| in 1 … 8. */
static inline point plus_multiple(const point *p, const cs_ed25519_addend *of, int digit)
{
    const cs_ed25519_addend *q = &of[(digit < 0 ? -digit : digit) - 1];
    field a = mul(sub(p->y, p->x), digit < 0 ? q->sum : q->difference);
    field b = mul(add(p->y, p->x), digit < 0 ? q->difference : q->sum);
    field c = mul(p->t, q->product), z2 = add(p->z, p->z), less = sub(z2, c), more = add(z2, c);
    return digit < 0 ? from_factors(sub(b, a), more, less, add(b, a)) : from_factors(sub(b, a), less, more, add(b, a));
}

/* The point of an encoding, if that is its only one [RFC 8032 §5.1.3]. */
static bool decode(point *out, const uint8_t bytes[32])
{
    uint8_t again[32];
    const uint8_t sign = bytes[31] >> 7;
    field y = unpack(bytes);
    pack(again, y);
    again[31] |= (uint8_t)(sign << 7);
    if (memcmp(again, bytes, sizeof again) != 0)
        return false; /* y is p or more */
    field yy = square(y), u = sub(yy, one), v = add(mul(d, yy), one);
    field v3 = mul(square(v), v);
    field x = mul(mul(u, v3), power_58(mul(mul(u, square(v3)), v)));
    field vxx = mul(v, square(x));
    if (!same(vxx, u)) {
        if (!same(add(vxx, u), (field){{0}}))
            return false;
        x = mul(x, root_of_minus_one);
    }
    bool odd = is_odd(x);
    if (sign != 0 && !odd && same(x, (field){{0}}))
        return false; /* -0 */
    if (odd != (sign != 0))
        x = mul(sub((field){{0}}, x), one);
    *out = (point){.x = x, .y = y, .z = one, .t = mul(x, y)};
    return true;
}

/* The eight points of a window as additions want them; one inversion for all. */
static void settle(cs_ed25519_addend out[CS_ED25519_DIGITS], const point p[CS_ED25519_DIGITS])
{
    field before[CS_ED25519_DIGITS], product = one;
    for (int i = 0; i < CS_ED25519_DIGITS; i++) {
        before[i] = product;
        product = mul(product, p[i].z);
    }
    field inverse = invert(product);
    for (int i = CS_ED25519_DIGITS - 1; i >= 0; i--) {
        field z = mul(inverse, before[i]), x = mul(p[i].x, z), y = mul(p[i].y, z);
        inverse = mul(inverse, p[i].z);
        out[i] = (cs_ed25519_addend){
            .sum = mul(add(y, x), one), .difference = mul(sub(y, x), one), .product = mul(mul(x, y), d2)};
    }
}

static void multiples_of(cs_ed25519_multiples *out, point p)
{
    for (int i = 0; i < CS_ED25519_WINDOWS; i++) {
        point of[CS_ED25519_DIGITS] = {p};
        for (int n = 1; n < CS_ED25519_DIGITS; n++)
            of[n] = plus(&of[n - 1], &p);
        settle(out->of[i], of);
        p = of[CS_ED25519_DIGITS - 1];
        for (int n = 0; n < 5; n++) /* 8 * 2^5 = 256 */
            p = twice(&p);
    }
}

/* -- what others call ---------------------------------------------------------------------------------------------- */

void cs_ed25519_of_base(cs_ed25519_multiples *out)
{
    point p;
    if (decode(&p, base_bytes))
        multiples_of(out, p);
}

bool cs_ed25519_of_key(cs_ed25519_multiples *out, const uint8_t public_key[32])
{
    point p;
    if (!decode(&p, public_key))
        return false;
    p.x = mul(sub((field){{0}}, p.x), one);
    p.t = mul(sub((field){{0}}, p.t), one);
    multiples_of(out, p);
    return true;
}

bool cs_ed25519_is_scalar(const uint8_t s[32])
{
    /* 2^252 + 27742317777372353535851937790883648493, from its low end */
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    for (int i = 31; i >= 0; i--)
        if (s[i] != order[i])
            return s[i] < order[i];
    return false;
}

/* 64 digits within -8 … 8, of which each counts sixteen times the one before. */
static void digits_of(int8_t out[64], const uint8_t scalar[32])
{
    int more = 0;
    for (int i = 0; i < 64; i++) {
        int digit = (scalar[i / 2] >> 4 * (i % 2) & 15) + more;
        more = i < 63 && digit > 8;
        out[i] = (int8_t)(digit - 16 * more);
    }
}

/* Adds what the digits of odd or even places select. */
static void add_half(point *sum, const cs_ed25519_multiples *m, const int8_t digits[64], int half)
{
    for (int i = 0; i < CS_ED25519_WINDOWS; i++)
        if (digits[2 * i + half] != 0)
            *sum = plus_multiple(sum, m->of[i], digits[2 * i + half]);
}

bool cs_ed25519_holds(const cs_ed25519_multiples *base, const cs_ed25519_multiples *minus_a, const uint8_t s[32],
                      const uint8_t k[32], const uint8_t r[32])
{
    int8_t s_digits[64], k_digits[64];
    uint8_t bytes[32];
    point sum = {.y = one, .z = one};
    digits_of(s_digits, s);
    digits_of(k_digits, k);
    add_half(&sum, base, s_digits, 1);
    add_half(&sum, minus_a, k_digits, 1);
    for (int i = 0; i < 4; i++)
        sum = twice(&sum);
    add_half(&sum, base, s_digits, 0);
    add_half(&sum, minus_a, k_digits, 0);
    field z = invert(sum.z);
    pack(bytes, mul(sum.y, z));
    bytes[31] |= (uint8_t)(is_odd(mul(sum.x, z)) << 7);
    return memcmp(bytes, r, sizeof bytes) == 0;
}
