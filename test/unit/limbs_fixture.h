/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of the field of 2^255 - 19 as numbers of OpenSSL, for what argues about limbs of 51 bits. */
#ifndef CS_TEST_LIMBS_FIXTURE_H
#define CS_TEST_LIMBS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>

static BIGNUM *limbs_p;
static BN_CTX *limbs_ctx;

static inline int limbs_setup(void **state)
{
    (void)state;
    limbs_ctx = BN_CTX_new();
    limbs_p = BN_new();
    assert_int_equal(BN_set_bit(limbs_p, 255), 1);
    assert_int_equal(BN_sub_word(limbs_p, 19), 1);
    return 0;
}

static inline int limbs_teardown(void **state)
{
    (void)state;
    BN_free(limbs_p);
    BN_CTX_free(limbs_ctx);
    return 0;
}

/* The caller frees it. */
static inline BIGNUM *limbs_number(const uint64_t v[5])
{
    BIGNUM *n = BN_new();
    for (int i = 4; i >= 0; i--) {
        assert_int_equal(BN_lshift(n, n, 51), 1);
        assert_int_equal(BN_add_word(n, v[i]), 1);
    }
    return n;
}

/* a * b, or a - b, modulo p. */
static inline BIGNUM *limbs_result(char operation, const uint64_t a[5], const uint64_t b[5])
{
    BIGNUM *x = limbs_number(a), *y = limbs_number(b);
    if (operation == '*')
        assert_int_equal(BN_mod_mul(x, x, y, limbs_p, limbs_ctx), 1);
    else
        assert_int_equal(
            operation == '-' ? BN_mod_sub(x, x, y, limbs_p, limbs_ctx) : BN_mod_add(x, x, y, limbs_p, limbs_ctx), 1);
    BN_free(y);
    return x;
}

/* That `got` is a op b modulo p, with limbs below `bound`. */
static inline void limbs_check(char operation, const uint64_t got[5], const uint64_t a[5], const uint64_t b[5],
                               uint64_t bound)
{
    BIGNUM *want = limbs_result(operation, a, b), *is = limbs_number(got);
    assert_int_equal(BN_nnmod(is, is, limbs_p, limbs_ctx), 1);
    if (BN_cmp(is, want) != 0)
        fail_msg("%c of %llx… and %llx…", operation, (unsigned long long)a[0], (unsigned long long)b[0]);
    for (int i = 0; i < 5; i++)
        assert_true(got[i] < bound);
    BN_free(want);
    BN_free(is);
}

/* The 32 bytes of `a` modulo p. */
static inline void limbs_bytes(uint8_t out[32], const uint64_t a[5])
{
    BIGNUM *n = limbs_number(a);
    assert_int_equal(BN_nnmod(n, n, limbs_p, limbs_ctx), 1);
    assert_int_equal(BN_bn2lebinpad(n, out, 32), 32);
    BN_free(n);
}

/* Every choice of five limbs out of `values`: the n-th of count^5. */
static inline void limbs_choose(uint64_t out[5], size_t n, const uint64_t *values, size_t count)
{
    for (int i = 0; i < 5; i++, n /= count)
        out[i] = values[n % count];
}

#endif
