/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend that runs everywhere: plain C.
 *
 * Bounds. reduce(a) takes |a| <= 2^31·q and gives a/R mod q with |result| < q: with t = a·q^-1 mod R, |t| <= 2^31, it
 * is (a - t·q)/R. A layer of the transform adds a product, below q, to its input: from |in| < q eight layers end below
 * 9q < 2^27. A layer of the inverse doubles at most; from |in| < q the last sums and differences stay below 256q <
 * 2^31, and what it multiplies was reduced one layer before or is such a sum, times a zeta below q/2: within 2^31·q.
 * dot: eight products below q·9q, together below 72q^2 < 2^31·q.
 */
#include "core/mldsa/backend.h"
#include "core/mldsa/elementwise.h"
#include "core/mldsa/tables.h"

#define V uint64_t
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define CHI(a, b, c) ((a) ^ (~(b) & (c)))
#define ROL(a, n) ((a) << (n) | (a) >> (64 - (n)))
#define ALL(c) (c)
#include "core/mldsa/keccak_rounds.h"

static void keccak(uint64_t *s)
{
    keccak_rounds(s);
}

static inline int32_t reduce(int64_t a)
{
    int32_t t = (int32_t)((uint32_t)a * (uint32_t)CS_MLDSA_QINV);
    return (int32_t)((a - (int64_t)t * CS_MLDSA_Q) >> 32);
}

static void ntt(cs_poly *p)
{
    int32_t *c = p->c;
    for (int half = 128, k = 1; half > 0; half >>= 1)
        for (int start = 0; start < CS_MLDSA_N; start += 2 * half, k++)
            for (int i = start; i < start + half; i++) {
                int32_t t = reduce((int64_t)cs_mldsa_zetas[k] * c[i + half]);
                c[i + half] = c[i] - t;
                c[i] += t;
            }
}

static void invntt(cs_poly *p)
{
    int32_t *c = p->c;
    for (int half = 1, k = 255; half < CS_MLDSA_N; half <<= 1)
        for (int start = 0; start < CS_MLDSA_N; start += 2 * half, k--)
            for (int i = start; i < start + half; i++) {
                int32_t a = c[i], b = c[i + half];
                c[i] = a + b;
                c[i + half] = reduce((int64_t)cs_mldsa_zetas[k] * (b - a));
            }
    for (int i = 0; i < CS_MLDSA_N; i++)
        c[i] = reduce((int64_t)CS_MLDSA_UNSCALE * c[i]);
}

static void order(cs_poly *p)
{
    (void)p; /* the standard's own */
}

static void dot(cs_poly *out, const cs_poly *a, const cs_poly *b, size_t n, const cs_poly *a2, const cs_poly *b2)
{
    for (int i = 0; i < CS_MLDSA_N; i++) {
        int64_t sum = a2 != NULL ? (int64_t)a2->c[i] * b2->c[i] : 0;
        for (size_t k = 0; k < n; k++)
            sum += (int64_t)a[k].c[i] * b[k].c[i];
        out->c[i] = reduce(sum);
    }
}

static void unpack_mask(cs_poly *p, const uint8_t *in, unsigned bits)
{
    const int32_t gamma1 = 1 << (bits - 1), mask = (1 << bits) - 1;
    for (unsigned i = 0, at = 0; i < CS_MLDSA_N; i++, at += bits) {
        const uint8_t *b = in + at / 8;
        uint32_t word = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
        p->c[i] = gamma1 - ((int32_t)(word >> at % 8) & mask);
    }
}

static unsigned reject_uniform(cs_poly *p, unsigned have, const uint8_t *in, size_t n)
{
    return reject_bytes(p, have, in, n);
}

static unsigned reject_bounded(cs_poly *p, unsigned have, const uint8_t *in, size_t n, int32_t eta)
{
    return reject_halves(p, have, in, n, eta);
}

static bool runs_here(void)
{
    return true;
}

const cs_mldsa_backend cs_mldsa_portable = {
    .name = "portable",
    .runs_here = runs_here,
    .lanes = 1,
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
