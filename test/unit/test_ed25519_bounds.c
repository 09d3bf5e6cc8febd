/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds that the head of src/core/ed25519.c argues with, and its sums of points of small order. All steps of a
 * product only add and carry what is not negative, so that no limbs give more than the largest ones do.
 */
#include "limbs_fixture.h"

/* The file itself, for what is static in it, under other names than the library's. */
#define cs_ed25519_of_base bounds_of_base
#define cs_ed25519_of_key bounds_of_key
#define cs_ed25519_is_scalar bounds_is_scalar
#define cs_ed25519_holds bounds_holds
#include "../../src/core/ed25519.c"

#define TIGHT ((UINT64_C(1) << 51) + (UINT64_C(1) << 13))
#define WIDE (UINT64_C(1) << 54)
static const uint64_t takes[] = {0, 1, MASK, TIGHT - 1, UINT64_C(1) << 52, WIDE - 1};
static const uint64_t tight[] = {0, 1, MASK - 18, MASK, MASK + 1, TIGHT - 1};
enum { VALUES = 6, CHOICES = 6 * 6 * 6 * 6 * 6 };

static field choice(const uint64_t *values, size_t n)
{
    field f;
    limbs_choose(f.v, n % CHOICES, values, VALUES);
    return f;
}

static void products_stay_in_their_bounds(void **state)
{
    (void)state;
    const field most = choice(takes, CHOICES - 1);
    for (size_t n = 0; n < CHOICES; n++) {
        field a = choice(takes, n), b = choice(takes, n * 4099 + 7), r = mul(a, b);
        limbs_check('*', r.v, a.v, b.v, TIGHT);
        r = mul(most, a);
        limbs_check('*', r.v, most.v, a.v, TIGHT);
        r = square(a);
        limbs_check('*', r.v, a.v, a.v, TIGHT);
    }
}

static void differences_take_tight_limbs(void **state)
{
    (void)state;
    for (size_t n = 0; n < CHOICES; n++) {
        field a = choice(tight, n), b = choice(tight, n * 4099 + 7), r = sub(a, b);
        limbs_check('-', r.v, a.v, b.v, TIGHT + (UINT64_C(1) << 52));
    }
    /* what the formulas add up at most: twice a square, and a difference */
    assert_true(3 * TIGHT + (UINT64_C(1) << 52) < WIDE);
    assert_true(2 * TIGHT + (UINT64_C(1) << 52) < WIDE);
}

static void there_is_one_form(void **state)
{
    (void)state;
    uint8_t got[32], want[32];
    for (size_t n = 0; n < 2 * CHOICES; n++) {
        field a = choice(n < CHOICES ? takes : tight, n);
        pack(got, a);
        limbs_bytes(want, a.v);
        assert_memory_equal(got, want, sizeof got);
    }
    for (int i = -40; i < 40; i++) { /* around p and 2^255 */
        field a = {{MASK - 18, MASK, MASK, MASK, MASK}};
        a.v[0] += (uint64_t)i;
        pack(got, a);
        limbs_bytes(want, a.v);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void encode(uint8_t out[32], const point *p)
{
    field z = invert(p->z);
    pack(out, mul(p->y, z));
    out[31] |= (uint8_t)(is_odd(mul(p->x, z)) << 7);
    assert_true(same(mul(p->x, p->y), mul(p->t, p->z)));
}

/* The multiples of a point of order 8, and of the base point plus it: for each two the sum is known. */
static void additions_are_complete(void **state)
{
    (void)state;
    static const uint8_t eighth[32] = {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                                       0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                                       0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
    enum { SPAN = 9 }; /* b from -4 to 4 */
    point all[SPAN][8], b, t;
    uint8_t texts[SPAN][8][32], got[32];
    static cs_ed25519_addend settled[SPAN * 8][CS_ED25519_DIGITS];
    assert_true(decode(&b, base_bytes));
    assert_true(decode(&t, eighth));
    point minus_b = {.x = mul(sub((field){{0}}, b.x), one), .y = b.y, .z = one};
    minus_b.t = mul(minus_b.x, minus_b.y);
    all[4][0] = (point){.y = one, .z = one};
    for (int i = 5; i < SPAN; i++) {
        all[i][0] = plus(&all[i - 1][0], &b);
        all[8 - i][0] = plus(&all[9 - i][0], &minus_b);
    }
    for (int i = 0; i < SPAN; i++)
        for (int k = 1; k < 8; k++)
            all[i][k] = plus(&all[i][k - 1], &t);
    for (int i = 0; i < SPAN; i++) {
        for (int k = 0; k < 8; k++) {
            point row[CS_ED25519_DIGITS];
            for (int digit = 0; digit < CS_ED25519_DIGITS; digit++)
                row[digit] = all[i][k];
            encode(texts[i][k], &all[i][k]);
            settle(settled[i * 8 + k], row);
            for (int before = 0; before < i * 8 + k; before++)
                assert_memory_not_equal(texts[i][k], texts[before / 8][before % 8], 32);
        }
    }
    for (int x = 0; x < SPAN * 8; x++) {
        for (int y = 0; y < SPAN * 8; y++) {
            const point *p = &all[x / 8][x % 8], *q = &all[y / 8][y % 8];
            int at = x / 8 + y / 8 - 4, less = x / 8 - y / 8 + 4, k = (x % 8 + y % 8) % 8, l = (x + 8 - y % 8) % 8;
            if (at >= 0 && at < SPAN) {
                point sum = plus(p, q);
                encode(got, &sum);
                assert_memory_equal(got, texts[at][k], 32);
                sum = plus_multiple(p, settled[y], 1 + y % 8);
                encode(got, &sum);
                assert_memory_equal(got, texts[at][k], 32);
            }
            if (less >= 0 && less < SPAN) {
                point rest = plus_multiple(p, settled[y], -1 - y % 8);
                encode(got, &rest);
                assert_memory_equal(got, texts[less][l], 32);
            }
            if (x == y && at >= 0 && at < SPAN) {
                point two = twice(p);
                encode(got, &two);
                assert_memory_equal(got, texts[at][k], 32);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_stay_in_their_bounds),
        cmocka_unit_test(differences_take_tight_limbs),
        cmocka_unit_test(there_is_one_form),
        cmocka_unit_test(additions_are_complete),
    };
    return cmocka_run_group_tests(tests, limbs_setup, limbs_teardown);
}
