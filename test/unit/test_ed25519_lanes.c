/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds that the head of src/core/ed25519_lanes.c argues with. It is built with the options of that file, and does
 * nothing where they are not to be had.
 */
#include "limbs_fixture.h"

#include <stdio.h>

#ifdef __AVX512IFMA__

/* The file itself, for what is static in it, under other names than the library's. */
#define cs_ed25519_lanes_run lanes_run
#define cs_ed25519_lanes_sum lanes_sum
#define cs_ed25519_lanes_multiply lanes_multiply
#include "../../src/core/ed25519_lanes.c"

#define CARRIED ((UINT64_C(1) << 51) + (UINT64_C(1) << 15))
#define TAKEN (UINT64_C(1) << 52)
static const uint64_t takes[] = {0, 1, MASK - 18, MASK, CARRIED - 1, TAKEN - 1};
enum { VALUES = 6, CHOICES = 6 * 6 * 6 * 6 * 6 };

/* Eight elements with the numbers from `n` on. */
struct eight {
    uint64_t v[LANES][5];
};

static fields choose_eight(struct eight *out, size_t n, size_t step)
{
    fields f;
    uint64_t limb[LANES];
    for (size_t lane = 0; lane < LANES; lane++)
        limbs_choose(out->v[lane], (n + lane * step) % CHOICES, takes, VALUES);
    for (int i = 0; i < 5; i++) {
        for (size_t lane = 0; lane < LANES; lane++)
            limb[lane] = out->v[lane][i];
        f.v[i] = _mm512_loadu_si512(limb);
    }
    return f;
}

static void check_eight(char operation, fields got, const struct eight *a, const struct eight *b)
{
    uint64_t limbs[5][LANES];
    for (int i = 0; i < 5; i++)
        _mm512_storeu_si512(limbs[i], got.v[i]);
    for (size_t lane = 0; lane < LANES; lane++) {
        const uint64_t v[5] = {limbs[0][lane], limbs[1][lane], limbs[2][lane], limbs[3][lane], limbs[4][lane]};
        limbs_check(operation, v, a->v[lane], b->v[lane],
                    operation == '*' ? CARRIED : (UINT64_C(1) << 51) + (UINT64_C(1) << 9));
    }
}

static void results_stay_in_their_bounds(void **state)
{
    (void)state;
    struct eight a, b, most;
    fields top = choose_eight(&most, CHOICES - 1, 0);
    for (size_t n = 0; n < CHOICES; n += LANES) {
        fields x = choose_eight(&a, n, 1), y = choose_eight(&b, n * 4099 + 7, 1237);
        check_eight('*', mul(x, y), &a, &b);
        check_eight('*', mul(top, x), &most, &a);
        check_eight('*', square(x), &a, &a);
        check_eight('+', add(x, y), &a, &b);
        check_eight('-', sub(x, y), &a, &b);
        check_eight('-', sub(x, top), &a, &most);
    }
}

static void there_is_one_form(void **state)
{
    (void)state;
    struct eight a;
    uint64_t got[5][LANES];
    uint8_t want[32], is[32];
    for (size_t n = 0; n < CHOICES; n += LANES) {
        fields f = choose_eight(&a, n, 1);
        if (n == 0) /* around p */
            for (size_t lane = 0; lane < LANES; lane++)
                for (int i = 0; i < 5; i++)
                    a.v[lane][i] = i == 0 ? MASK - 21 + lane : MASK;
        for (int i = 0; n == 0 && i < 5; i++) {
            uint64_t limb[LANES];
            for (size_t lane = 0; lane < LANES; lane++)
                limb[lane] = a.v[lane][i];
            f.v[i] = _mm512_loadu_si512(limb);
        }
        reduce(got, f);
        for (size_t lane = 0; lane < LANES; lane++) {
            const uint64_t v[5] = {got[0][lane], got[1][lane], got[2][lane], got[3][lane], got[4][lane]};
            BIGNUM *number = limbs_number(v);
            assert_int_equal(BN_bn2lebinpad(number, is, sizeof is), sizeof is); /* as it is, not modulo p */
            BN_free(number);
            limbs_bytes(want, a.v[lane]);
            assert_memory_equal(is, want, sizeof is);
        }
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_stay_in_their_bounds),
        cmocka_unit_test(there_is_one_form),
    };
    return cmocka_run_group_tests(tests, limbs_setup, limbs_teardown);
}

int main(void)
{
    if (!lanes_run()) {
        (void)puts("this processor has no lanes");
        return 0;
    }
    return run();
}

#else

int main(void)
{
    (void)puts("no lanes are built for this processor");
    return 0;
}

#endif
