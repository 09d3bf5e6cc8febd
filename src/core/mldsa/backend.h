/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Polynomials of ML-DSA and the operations on them, once for each kind of processor.
 *
 * R_q = Z_q[X]/(X^256 + 1), q = 8380417 [FIPS 204 §2.3]. A coefficient is an int32_t; each operation says in which
 * range it takes and leaves them. Multiplication is Montgomery's with R = 2^32: mul(a, b) = a·b/R.
 *
 * Behind the transform the coefficients stand in an order of the backend's own, so that it needs no shuffle that
 * cancels out again. Only `order` shows it: products, sums and the way back never do.
 *
 * Where it says "secret", time and addresses do not depend on the values.
 */
#ifndef CS_CORE_MLDSA_BACKEND_H
#define CS_CORE_MLDSA_BACKEND_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_MLDSA_Q 8380417
#define CS_MLDSA_QINV 58728449      /* q^-1 mod R */
#define CS_MLDSA_N 256              /* coefficients */
#define CS_MLDSA_D 13               /* dropped bits of t [FIPS 204 table 1] */
#define CS_MLDSA_UNSCALE 41978      /* R^2/256 mod q: undoes the transform's factor and one division by R */
#define CS_MLDSA_LANES 8            /* the most sponges that any backend runs at once */
#define CS_MLDSA_STATE (25 * 8 * 8) /* bytes of that many states */

/* In front of a loop with constant bounds that is to become straight code. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef struct cs_poly {
    alignas(64) int32_t c[CS_MLDSA_N];
} cs_poly;

typedef struct cs_mldsa_backend {
    const char *name; /* "portable", "avx2", "avx512" */
    bool (*runs_here)(void);

    /* Keccak-f[1600] on `lanes` states: word i of state j is s[i * lanes + j] [FIPS 202 §3.3]. Secret. */
    unsigned lanes;
    void (*keccak)(uint64_t *s);

    /* NTT [FIPS 204 algorithm 41], in place. |in| < q, |out| < 9q. Secret. */
    void (*ntt)(cs_poly *p);
    /* Its inverse, times R. |in| < q, |out| < q. Secret. */
    void (*invntt)(cs_poly *p);
    /* A transformed polynomial in the order of the standard is put into the backend's own. */
    void (*order)(cs_poly *p);
    /* out = (Σ a[i]∘b[i] + a2∘b2)/R for n <= 7 products and, unless a2 is NULL, one more. |a[i]|, |a2| < q;
     * |b[i]|, |b2| < 9q. |out| < q. Secret. */
    void (*dot)(cs_poly *out, const cs_poly *a, const cs_poly *b, size_t n, const cs_poly *a2, const cs_poly *b2);

    /* p = p mod q in [0, q). |in| < q. Secret. */
    void (*canonical)(cs_poly *p);
    /* out = a + b or a - b, centred: the representative nearest to 0. |a + b| < 2^31 - 2^22. True if every |out| <
     * bound <= q/2. Secret up to that answer. */
    bool (*add)(cs_poly *out, const cs_poly *a, const cs_poly *b, int32_t bound);
    bool (*sub)(cs_poly *out, const cs_poly *a, const cs_poly *b, int32_t bound);

    /* Power2Round [FIPS 204 algorithm 35]: in [0, q); high and low part, low in (-2^12, 2^12]. Secret. */
    void (*power2round)(cs_poly *high, cs_poly *low, const cs_poly *p);
    /* Decompose [algorithm 36] for gamma2 = (q-1)/88 or (q-1)/32: p in [0, q); |low| <= gamma2. Secret. */
    void (*decompose)(cs_poly *high, cs_poly *low, const cs_poly *p, int32_t gamma2);
    /* MakeHint [algorithm 39] from the low part of w - c·s2 + c·t0, not reduced, and the high part of w; hint[i] is 0
     * or 1. Returns how many are 1. */
    unsigned (*make_hint)(uint8_t hint[CS_MLDSA_N], const cs_poly *low, const cs_poly *high, int32_t gamma2);
    /* UseHint [algorithm 40], p in [0, q). */
    void (*use_hint)(cs_poly *high, const cs_poly *p, const uint8_t hint[CS_MLDSA_N], int32_t gamma2);

    /* BitUnpack of y or z [algorithm 19]: gamma1 - v for v of `bits` = 18 or 20 bits, gamma1 = 2^(bits - 1). Reads
     * 32·bits bytes. Secret. */
    void (*unpack_mask)(cs_poly *p, const uint8_t *in, unsigned bits);
    /* SimpleBitPack of a high part [algorithm 16] with `bits` = 6 or 4: writes 32·bits bytes. Secret. */
    void (*pack_high)(uint8_t *out, const cs_poly *p, unsigned bits);
    /* RejNTTPoly's inner loop [algorithm 30]: 3-byte candidates of `in` become coefficients p->c[have…], at most up to
     * 256. Returns how many there are then. `in` has 32 more readable bytes behind it. Public data. */
    unsigned (*reject_uniform)(cs_poly *p, unsigned have, const uint8_t *in, size_t n);
    /* RejBoundedPoly's inner loop [algorithms 15 and 31] likewise, for half bytes and eta 2 or 4; n <= 272. Which half
     * bytes are taken may be known, their values are secret. */
    unsigned (*reject_bounded)(cs_poly *p, unsigned have, const uint8_t *in, size_t n, int32_t eta);
} cs_mldsa_backend;

extern const cs_mldsa_backend cs_mldsa_portable, cs_mldsa_avx2, cs_mldsa_avx512;

/* Those of this build, the fastest first, NULL behind the last (backends_*.c, chosen by the build). */
extern const cs_mldsa_backend *const cs_mldsa_backends[];
/* The fastest that runs on this processor. */
const cs_mldsa_backend *cs_mldsa_best(void);

#endif
