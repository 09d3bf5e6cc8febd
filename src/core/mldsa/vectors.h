/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two vector backends share: Montgomery products and butterflies. The includer defines
 *
 *   W             32-bit lanes of a vector
 *   MUL(a, b)     64-bit products of the even lanes, signed
 *   ODD(a)        the odd lanes moved to the even places
 *   JOIN(e, o)    the upper halves of the 64-bit lanes of e, and those of o, as even and odd lanes
 *
 * A product takes five multiplications for W lanes: with t = a·(b·q^-1 mod R) mod R, a·b - t·q is divisible by R, and
 * the quotient is the result. Bounds are those of portable.c: each step here does to every lane what is done there to
 * every coefficient.
 */
#include "core/mldsa/backend.h"
#include "core/mldsa/tables.h"

typedef int32_t vec __attribute__((vector_size(4 * W), may_alias));
typedef uint32_t uvec __attribute__((vector_size(4 * W), may_alias));
typedef int64_t wide __attribute__((vector_size(8 * W / 2), may_alias));
#define VECTORS (CS_MLDSA_N / W) /* of a polynomial */
#define INLINE static inline __attribute__((always_inline))

/* A constant factor and the same times q^-1 mod R, in each lane. */
typedef struct factor {
    vec z, twisted;
} factor;

INLINE vec all(int32_t v)
{
    return v - (vec){0};
}

INLINE factor constant(int k)
{
    return (factor){all(cs_mldsa_zetas[k]), all(cs_mldsa_zetas_twisted[k])};
}

/* (even, odd) 64-bit products to (product - t·q)/R. */
INLINE vec reduced(wide even, wide odd, vec t)
{
    const vec q = all(CS_MLDSA_Q);
    return JOIN(even - MUL(t, q), odd - MUL(ODD(t), q));
}

INLINE vec times(vec a, factor f)
{
    vec t = (vec)((uvec)a * (uvec)f.twisted); /* modulo R */
    return reduced(MUL(a, f.z), MUL(ODD(a), ODD(f.z)), t);
}

/* [FIPS 204 algorithms 41 and 42], a pair of vectors. */
INLINE void butterfly(vec *a, vec *b, factor f)
{
    vec t = times(*b, f);
    *b = *a - t;
    *a = *a + t;
}

INLINE void butterfly_back(vec *a, vec *b, factor f)
{
    vec sum = *a + *b;
    *b = times(*b - *a, f);
    *a = sum;
}

/* One layer over v[0 … n - 1], whose butterflies are `half` vectors apart; the first block has zeta number k. */
INLINE void layer(vec *v, int n, int half, int k)
{
    UNROLL
    for (int start = 0; start < n; start += 2 * half) {
        factor f = constant(k + start / 2 / half);
        UNROLL
        for (int i = 0; i < half; i++)
            butterfly(&v[start + i], &v[start + half + i], f);
    }
}

/* The same back; zeta numbers fall from k. */
INLINE void layer_back(vec *v, int n, int half, int k)
{
    UNROLL
    for (int start = 0; start < n; start += 2 * half) {
        factor f = constant(k - start / 2 / half);
        UNROLL
        for (int i = 0; i < half; i++)
            butterfly_back(&v[start + i], &v[start + half + i], f);
    }
}

/* Layers within W·W coefficients that stand transposed: lane j of v[r] is coefficient W·j + r. Each lane has a zeta of
 * its own: `z` goes on through the table, `apart` is the distance to the twisted ones. */
INLINE void lane_layer(vec *v, int half, const int32_t **z, ptrdiff_t apart)
{
    UNROLL
    for (int start = 0; start < W; start += 2 * half, *z += W) {
        factor f = {*(const vec *)*z, *(const vec *)(*z + apart)};
        UNROLL
        for (int i = 0; i < half; i++)
            butterfly(&v[start + i], &v[start + half + i], f);
    }
}

INLINE void lane_layer_back(vec *v, int half, const int32_t **z, ptrdiff_t apart)
{
    UNROLL
    for (int start = 0; start < W; start += 2 * half, *z += W) {
        factor f = {*(const vec *)*z, *(const vec *)(*z + apart)};
        UNROLL
        for (int i = 0; i < half; i++)
            butterfly_back(&v[start + i], &v[start + half + i], f);
    }
}

static void order(cs_poly *p)
{
    for (int block = 0; block < CS_MLDSA_N; block += W * W)
        for (int i = 0; i < W; i++)
            for (int j = 0; j < i; j++) {
                int32_t *a = &p->c[block + W * i + j], *b = &p->c[block + W * j + i], t = *a;
                *a = *b;
                *b = t;
            }
}

static void dot(cs_poly *out, const cs_poly *a, const cs_poly *b, size_t n, const cs_poly *a2, const cs_poly *b2)
{
    const vec qinv = all(CS_MLDSA_QINV);
    for (int i = 0; i < VECTORS; i++) {
        wide even = {0}, odd = {0};
        if (a2 != NULL) {
            vec x = ((const vec *)a2)[i], y = ((const vec *)b2)[i];
            even = MUL(x, y);
            odd = MUL(ODD(x), ODD(y));
        }
        for (size_t k = 0; k < n; k++) {
            vec x = ((const vec *)&a[k])[i], y = ((const vec *)&b[k])[i];
            even += MUL(x, y);
            odd += MUL(ODD(x), ODD(y));
        }
        /* t = low half · q^-1, of the even and of the odd lanes each in the lower half of its 64 bits */
        wide te = MUL((vec)even, qinv), to = MUL((vec)odd, qinv);
        const vec q = all(CS_MLDSA_Q);
        ((vec *)out)[i] = JOIN(even - MUL((vec)te, q), odd - MUL((vec)to, q));
    }
}
