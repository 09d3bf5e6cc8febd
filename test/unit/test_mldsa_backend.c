/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backends of src/core/mldsa, each by itself against definitions written down here once more, slowly: all of Z_q
 * where the domain is that small, the corners of the stated bounds and random values where it is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "core/mldsa/mldsa.h"
#include "core/mldsa/sponge.h"
#include "core/mldsa/tables.h"

#define Q CS_MLDSA_Q
#define N CS_MLDSA_N
#define GAMMA2_32 ((Q - 1) / 32)
#define GAMMA2_88 ((Q - 1) / 88)

static const cs_mldsa_backend *be; /* the one under test */

static uint64_t noise_state = 0x9e3779b97f4a7c15u;
static uint64_t noise(void)
{
    noise_state ^= noise_state << 13;
    noise_state ^= noise_state >> 7;
    noise_state ^= noise_state << 17;
    return noise_state;
}

static int64_t mod_q(int64_t v)
{
    v %= Q;
    return v < 0 ? v + Q : v;
}

/* The representative in (-m/2, m/2]. */
static int64_t mod_pm(int64_t v, int64_t m)
{
    v %= m;
    v = v < 0 ? v + m : v;
    return v > m / 2 ? v - m : v;
}

/* [FIPS 204 algorithm 36] as it stands there. */
static void decompose(int64_t *r1, int64_t *r0, int64_t r, int64_t gamma2)
{
    *r0 = mod_pm(r, 2 * gamma2);
    if (r - *r0 == Q - 1) {
        *r1 = 0;
        *r0 -= 1;
    } else {
        *r1 = (r - *r0) / (2 * gamma2);
    }
}

static int64_t use_hint(int hint, int64_t r, int64_t gamma2)
{
    int64_t r1, r0, m = (Q - 1) / (2 * gamma2);
    decompose(&r1, &r0, r, gamma2);
    return hint == 0 ? r1 : r0 > 0 ? (r1 + 1) % m : (r1 - 1 + m) % m;
}

static void all_of_z_q(void **state)
{
    static const int32_t gammas[] = {GAMMA2_32, GAMMA2_88};
    cs_poly p, high, low, used[2];
    uint8_t hints[2][N];
    (void)state;
    memset(hints[0], 0, N);
    memset(hints[1], 1, N);
    for (int32_t first = 0; first < Q; first += N) {
        for (int32_t i = 0; i < N; i++)
            p.c[i] = first + i < Q ? first + i : Q - 1;
        be->power2round(&high, &low, &p);
        for (int i = 0; i < N; i++) {
            int64_t r0 = mod_pm(p.c[i], 1 << CS_MLDSA_D);
            if (low.c[i] != r0 || high.c[i] != (p.c[i] - r0) >> CS_MLDSA_D)
                fail_msg("power2round %d", p.c[i]);
        }
        for (size_t g = 0; g < 2; g++) {
            be->decompose(&high, &low, &p, gammas[g]);
            be->use_hint(&used[0], &p, hints[0], gammas[g]);
            be->use_hint(&used[1], &p, hints[1], gammas[g]);
            for (int i = 0; i < N; i++) {
                int64_t r1, r0;
                decompose(&r1, &r0, p.c[i], gammas[g]);
                if (high.c[i] != r1 || low.c[i] != r0)
                    fail_msg("decompose %d", p.c[i]);
                if (used[0].c[i] != r1 || used[1].c[i] != use_hint(1, p.c[i], gammas[g]))
                    fail_msg("use_hint %d", p.c[i]);
            }
        }
    }
}

/* Every low part that can come, with the high parts that matter: the hint is set where the high part changes. */
static void hints_of_all_low_parts(void **state)
{
    static const struct {
        int32_t gamma2, highs[5];
    } rows[] = {{GAMMA2_32, {0, 1, 7, 14, 15}}, {GAMMA2_88, {0, 1, 21, 42, 43}}};
    (void)state;
    for (size_t row = 0; row < 2; row++) {
        const int32_t gamma2 = rows[row].gamma2;
        for (size_t h = 0; h < 5; h++) {
            for (int32_t first = -2 * gamma2 + 1; first < 2 * gamma2; first += N) {
                cs_poly low, high;
                uint8_t hint[N];
                unsigned ones = 0;
                for (int i = 0; i < N; i++) {
                    low.c[i] = first + i < 2 * gamma2 ? first + i : 0;
                    high.c[i] = rows[row].highs[h];
                }
                unsigned count = be->make_hint(hint, &low, &high, gamma2);
                for (int i = 0; i < N; i++) {
                    int64_t r1, r0;
                    decompose(&r1, &r0, mod_q((int64_t)high.c[i] * 2 * gamma2 + low.c[i]), gamma2);
                    if (hint[i] != (r1 != high.c[i]))
                        fail_msg("low %d, high %d", low.c[i], high.c[i]);
                    ones += hint[i];
                }
                assert_int_equal(count, ones);
            }
        }
    }
}

/* -- the transform ------------------------------------------------------------------------------------------------ */

static const int32_t corner_values[] = {Q - 1, -(Q - 1), 1, 0, (Q - 1) / 2, -(Q - 1) / 2};
#define CORNERS (sizeof corner_values / sizeof *corner_values)
#define CASES (CORNERS * CORNERS + 200)

/* Corners first: constant, alternating and half-and-half; then noise. |c| < q. */
static void fill(cs_poly *p, size_t which)
{
    for (int i = 0; i < N; i++) {
        int32_t a = corner_values[which / CORNERS % CORNERS], b = corner_values[which % CORNERS];
        if (which < CORNERS * CORNERS)
            p->c[i] = which % 2 == 0 ? (i % 2 == 0 ? a : b) : (i < N / 2 ? a : b);
        else
            p->c[i] = (int32_t)(noise() % (2 * Q - 1)) - (Q - 1);
    }
}

static int64_t power(int64_t base, unsigned exponent)
{
    int64_t r = 1;
    for (; exponent > 0; exponent >>= 1, base = base * base % Q)
        if (exponent & 1)
            r = r * base % Q;
    return r;
}

static unsigned reversed(unsigned k)
{
    unsigned r = 0;
    for (int i = 0; i < 8; i++)
        r |= (k >> i & 1) << (7 - i);
    return r;
}

static void zetas_are_powers_of_1753(void **state)
{
    (void)state;
    for (unsigned k = 0; k < N; k++) {
        int64_t want = power(1753, reversed(k)) * (((int64_t)1 << 32) % Q) % Q;
        assert_int_equal(mod_q(cs_mldsa_zetas[k]), want);
        assert_true(llabs(cs_mldsa_zetas[k]) <= Q / 2);
        assert_int_equal((uint32_t)cs_mldsa_zetas_twisted[k] * (uint32_t)Q, (uint32_t)cs_mldsa_zetas[k]);
    }
}

/* The transform is evaluation at the odd powers of the root: coefficient i of the standard's order is p(1753^brv(i)…).
 */
static void transform_evaluates(void **state)
{
    (void)state;
    for (size_t which = 0; which < CORNERS * CORNERS + 8; which++) {
        cs_poly p, t, place;
        fill(&p, which);
        t = p;
        be->ntt(&t);
        for (int i = 0; i < N; i++)
            place.c[i] = i;
        be->order(&place); /* place.c[i]: where in the standard's order this one stands */
        for (int i = 0; i < N; i += 17) {
            int64_t x = power(1753, 2 * reversed((unsigned)place.c[i]) + 1), v = 0;
            for (int k = N - 1; k >= 0; k--)
                v = mod_q(v * x + p.c[k]);
            assert_int_equal(mod_q(t.c[i]), v);
        }
        for (int i = 0; i < N; i++)
            assert_true(llabs(t.c[i]) < 9LL * Q);
    }
}

/* invntt(dot(a, ntt(b))) with a transformed and reduced is a·b. */
static void products_are_negacyclic(void **state)
{
    (void)state;
    for (size_t which = 0; which < CASES; which++) {
        cs_poly a, b, ta, tb, zero = {{0}};
        int64_t want[N] = {0};
        fill(&a, which);
        fill(&b, CASES - 1 - which);
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++) {
                int64_t v = (int64_t)a.c[i] * b.c[k] % Q;
                want[(i + k) % N] += i + k < N ? v : -v;
            }
        ta = a;
        tb = b;
        be->ntt(&ta);
        be->ntt(&tb);
        (void)be->add(&ta, &ta, &zero, Q); /* within q again */
        be->dot(&ta, &ta, &tb, 1, NULL, NULL);
        be->invntt(&ta);
        for (int i = 0; i < N; i++) {
            assert_true(llabs(ta.c[i]) < Q);
            assert_int_equal(mod_q(ta.c[i]), mod_q(want[i]));
        }
        be->canonical(&ta);
        for (int i = 0; i < N; i++)
            assert_int_equal(ta.c[i], mod_q(want[i]));
    }
}

/* From the corners of its range the way back leaves its own: the same as the portable one, which has room in 64 bits.
 */
static void way_back_from_the_corners(void **state)
{
    (void)state;
    for (size_t which = 0; which < CASES; which++) {
        cs_poly p, q, place;
        fill(&p, which);
        for (int i = 0; i < N; i++)
            place.c[i] = i;
        be->order(&place);
        for (int i = 0; i < N; i++)
            q.c[place.c[i]] = p.c[i];
        be->invntt(&p);
        cs_mldsa_portable.invntt(&q);
        for (int i = 0; i < N; i++) {
            assert_true(llabs(p.c[i]) < Q);
            assert_int_equal(mod_q(p.c[i]), mod_q(q.c[i]));
        }
    }
}

static void dot_holds_its_corners(void **state)
{
    static cs_poly a[7], b[7], a2, b2, out;
    const int64_t unmont = power(((int64_t)1 << 32) % Q, Q - 2);
    (void)state;
    for (size_t n = 1; n <= 7; n++) {
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < N; i++) {
                for (size_t k = 0; k < 7; k++) {
                    a[k].c[i] = round < 2 ? Q - 1 : round == 2 ? -(Q - 1) : (int32_t)(noise() % Q);
                    b[k].c[i] = round == 0 ? 9 * Q - 1 : round < 3 ? -(9 * Q - 1) : (int32_t)(noise() % (9 * Q));
                }
                a2.c[i] = a[0].c[i];
                b2.c[i] = b[0].c[i];
            }
            be->dot(&out, a, b, n, round % 2 == 0 ? &a2 : NULL, &b2);
            for (int i = 0; i < N; i++) {
                int64_t want = round % 2 == 0 ? (int64_t)a2.c[i] * b2.c[i] % Q : 0;
                for (size_t k = 0; k < n; k++)
                    want += (int64_t)a[k].c[i] * b[k].c[i] % Q;
                assert_true(llabs(out.c[i]) < Q);
                assert_int_equal(mod_q(out.c[i]), mod_q(mod_q(want) * unmont));
            }
        }
    }
}

/* Every value of (-2q, 2q) is reduced rightly and compared rightly with every bound that is asked about. */
static void norms_of_all_values(void **state)
{
    static const int32_t bounds[] = {GAMMA2_88 - 78, GAMMA2_32 - 196, GAMMA2_32 - 120, GAMMA2_88,
                                     GAMMA2_32,      (1 << 17) - 78,  (1 << 19) - 196, (1 << 19) - 120};
    (void)state;
    for (size_t k = 0; k < sizeof bounds / sizeof *bounds; k++) {
        for (int32_t v = -2 * Q + 1; v < 2 * Q; v++) {
            int64_t centred = mod_pm(v, Q);
            bool near = llabs(llabs(centred) - bounds[k]) < 3;
            if (k > 0 && !near)
                continue;
            cs_poly a = {{0}}, b = {{0}}, out;
            int place = (int)((uint32_t)v % N);
            a.c[place] = v / 2;
            b.c[place] = v - v / 2;
            if (!near && v % 251 != 0)
                continue;
            bool within = be->add(&out, &a, &b, bounds[k]);
            if (within != (llabs(centred) < bounds[k]) || mod_q(out.c[place]) != mod_q(v) ||
                (within && out.c[place] != centred))
                fail_msg("%d against %d", v, bounds[k]);
            b.c[place] = -b.c[place];
            assert_int_equal(be->sub(&out, &a, &b, bounds[k]), within);
            assert_int_equal(mod_q(out.c[place]), mod_q(v));
        }
    }
}

/* -- bytes --------------------------------------------------------------------------------------------------------- */

static void packing_and_unpacking(void **state)
{
    static const unsigned mask_bits[] = {18, 20}, high_bits[] = {4, 6};
    (void)state;
    for (int round = 0; round < 50; round++) {
        uint8_t in[640 + 32], out[192];
        cs_poly p, high;
        for (size_t i = 0; i < sizeof in; i++)
            in[i] = round == 0 ? 0 : round == 1 ? 0xff : (uint8_t)noise();
        for (size_t k = 0; k < 2; k++) {
            be->unpack_mask(&p, in, mask_bits[k]);
            for (unsigned i = 0; i < N; i++) {
                int32_t v = 0;
                for (unsigned bit = 0; bit < mask_bits[k]; bit++) {
                    unsigned at = i * mask_bits[k] + bit;
                    v |= (in[at / 8] >> at % 8 & 1) << bit;
                }
                assert_int_equal(p.c[i], (1 << (mask_bits[k] - 1)) - v);
            }
            for (unsigned i = 0; i < N; i++)
                high.c[i] = (int32_t)(noise() % (1u << high_bits[k]));
            be->pack_high(out, &high, high_bits[k]);
            for (unsigned i = 0; i < N * high_bits[k]; i++)
                assert_int_equal(out[i / 8] >> i % 8 & 1, high.c[i / high_bits[k]] >> i % high_bits[k] & 1);
        }
    }
}

/* Candidates at and above q in every place, none, many. */
static void refused_candidates(void **state)
{
    enum { BYTES = 840 };
    (void)state;
    for (unsigned round = 0; round < 600; round++) {
        uint8_t in[BYTES + 32] = {0};
        cs_poly got = {{0}}, want = {{0}};
        unsigned count = 0, have = 0;
        for (unsigned i = 0; i < BYTES / 3; i++) {
            uint32_t v = (uint32_t)noise() & 0xffffff;
            if (i == round || round > 300)
                v = round % 2 == 0 ? Q : noise() % 2 == 0 ? 0x7fffff : Q - 1;
            memcpy(in + 3 * i, &v, 3);
            v &= 0x7fffff;
            if (v < Q && count < N)
                want.c[count++] = (int32_t)v;
        }
        have = be->reject_uniform(&got, 0, in, 168);
        have = be->reject_uniform(&got, have, in + 168, BYTES - 168);
        assert_int_equal(have, count);
        assert_memory_equal(got.c, want.c, count * sizeof *got.c);
    }
}

/* All half bytes, with each number of them refused, in pieces of each length. */
static void refused_half_bytes(void **state)
{
    (void)state;
    for (int32_t eta = 2; eta <= 4; eta += 2) {
        for (unsigned round = 0; round < 400; round++) {
            uint8_t in[272 + 32] = {0};
            cs_poly got = {{0}}, want = {{0}};
            unsigned count = 0, have;
            size_t cut = round % 273;
            for (size_t i = 0; i < 272; i++)
                in[i] = round % 3 == 0   ? (uint8_t)(i + round)
                        : round % 3 == 1 ? (uint8_t)noise()
                        : noise() % 2    ? 0xff
                                         : 9;
            for (size_t i = 0; i < 544 && count < N; i++) {
                int v = in[i / 2] >> 4 * (i % 2) & 15;
                if (v < (eta == 2 ? 15 : 9))
                    want.c[count++] = eta == 2 ? 2 - v % 5 : 4 - v;
            }
            have = be->reject_bounded(&got, 0, in, cut, eta);
            have = be->reject_bounded(&got, have, in + cut, 272 - cut, eta);
            assert_int_equal(have, count);
            assert_memory_equal(got.c, want.c, count * sizeof *got.c);
        }
    }
}

/* Each lane is SHAKE of its own message, whatever the length. */
static void sponges_are_shake(void **state)
{
    static const struct {
        size_t rate;
        const char *name;
    } kinds[] = {{CS_SHAKE128_RATE, "SHAKE128"}, {CS_SHAKE256_RATE, "SHAKE256"}};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        EVP_MD *md = EVP_MD_fetch(NULL, kinds[k].name, NULL);
        for (size_t n = 0; n < 700; n += n < 280 ? 1 : 37) {
            uint8_t in[CS_MLDSA_LANES][700], out[CS_MLDSA_LANES][3 * 168], want[3 * 168], one[3 * 168];
            const uint8_t *from[CS_MLDSA_LANES];
            cs_sponges lanes;
            for (unsigned j = 0; j < be->lanes; j++) {
                for (size_t i = 0; i < n; i++)
                    in[j][i] = (uint8_t)noise();
                from[j] = in[j];
            }
            cs_sponges_open(&lanes, be, kinds[k].rate, from, n);
            for (size_t b = 0; b < 3; b++) {
                uint8_t *to[CS_MLDSA_LANES];
                for (unsigned j = 0; j < be->lanes; j++)
                    to[j] = out[j] + b * kinds[k].rate;
                cs_sponges_next(&lanes, to, kinds[k].rate);
            }
            for (unsigned j = 0; j < be->lanes; j++) {
                EVP_MD_CTX *ctx = EVP_MD_CTX_new();
                assert_int_equal(EVP_DigestInit_ex2(ctx, md, NULL), 1);
                assert_int_equal(EVP_DigestUpdate(ctx, in[j], n), 1);
                assert_int_equal(EVP_DigestFinalXOF(ctx, want, 3 * kinds[k].rate), 1);
                EVP_MD_CTX_free(ctx);
                assert_memory_equal(out[j], want, 3 * kinds[k].rate);
            }
            cs_sponge single;
            cs_sponge_open(&single, kinds[k].rate);
            cs_sponge_absorb(&single, cs_slice_of(in[be->lanes - 1], n / 3));
            cs_sponge_absorb(&single, cs_slice_of(in[be->lanes - 1] + n / 3, n - n / 3));
            cs_sponge_finish(&single);
            cs_sponge_squeeze(&single, one, 5);
            cs_sponge_squeeze(&single, one + 5, 3 * kinds[k].rate - 5);
            assert_memory_equal(one, want, 3 * kinds[k].rate);
        }
        EVP_MD_free(md);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_z_q),
        cmocka_unit_test(hints_of_all_low_parts),
        cmocka_unit_test(zetas_are_powers_of_1753),
        cmocka_unit_test(transform_evaluates),
        cmocka_unit_test(products_are_negacyclic),
        cmocka_unit_test(way_back_from_the_corners),
        cmocka_unit_test(dot_holds_its_corners),
        cmocka_unit_test(norms_of_all_values),
        cmocka_unit_test(packing_and_unpacking),
        cmocka_unit_test(refused_candidates),
        cmocka_unit_test(refused_half_bytes),
        cmocka_unit_test(sponges_are_shake),
    };
    int failed = 0;
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL; b++) {
        if (!(*b)->runs_here()) {
            print_message("%s does not run on this processor; skipped\n", (*b)->name);
            continue;
        }
        be = *b;
        failed += _cmocka_run_group_tests(be->name, tests, sizeof tests / sizeof *tests, NULL, NULL);
    }
    return failed;
}
