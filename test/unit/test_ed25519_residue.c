/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/core/crypto_ed25519.c: what signing leaves on its thread's stack does not depend on the keys that signed. Two
 * threads sign the same messages with different keys on stacks of ours; both stacks end up the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "core/crypto_ed25519.h"

enum { STACK = 256 * 1024, MANY = 8 };

static _Alignas(4096) uint8_t stack[STACK];
static uint8_t after[2][STACK]; /* what stood there, below the frame that asked for signatures */
static size_t depth[2];

static struct signing {
    size_t n;
    cs_secret seed[MANY], expanded[MANY];
    uint8_t sig[MANY][64];
    cs_ed25519_job jobs[MANY];
} signing;

static void *sign(void *arg)
{
    uint8_t mark = 0;
    depth[(size_t)arg] = (size_t)(&mark - stack) & ~(size_t)255; /* below here are only frames that have ended */
    for (size_t i = 0; i < signing.n; i++)
        assert_int_equal(cs_ed25519_expand(&signing.expanded[i], cs_secret_slice(&signing.seed[i])), CS_OK);
    cs_ed25519_sign_many(signing.jobs, signing.n);
    return NULL;
}

static void sign_on_own_stack(size_t turn)
{
    pthread_t thread;
    pthread_attr_t attr;
    for (size_t i = 0; i < signing.n; i++) {
        assert_int_equal(cs_key_generate(&signing.seed[i], CS_ED25519), CS_OK);
        signing.jobs[i] =
            (cs_ed25519_job){signing.sig[i], &signing.expanded[i], CS_LIT("the same message"), CS_INTERNAL};
    }
    memset(stack, 0, sizeof stack);
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
    assert_int_equal(pthread_create(&thread, &attr, sign, (void *)turn), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)pthread_attr_destroy(&attr);
    for (size_t i = 0; i < signing.n; i++)
        assert_int_equal(signing.jobs[i].err, CS_OK);
    memcpy(after[turn], stack, sizeof stack);
}

static void nothing_of_a_key_stays(void **state)
{
    (void)state;
#ifdef CS_SANITIZED
    skip(); /* frames are larger there, and some are not on the stack */
#endif
    for (signing.n = 1; signing.n <= MANY; signing.n++) {
        for (size_t turn = 0; turn < 2; turn++) {
            sign_on_own_stack(turn); /* once so that everything is loaded and looked up */
            sign_on_own_stack(turn);
        }
        assert_int_equal(depth[0], depth[1]);
        assert_true(depth[0] > STACK / 2);
        size_t other = 0, deepest = STACK;
        for (size_t i = depth[0]; i-- > 0;) {
            other += after[0][i] != after[1][i];
            deepest = after[0][i] != after[1][i] ? i : deepest;
        }
        if (other > 0)
            fail_msg("%zu signatures: %zu bytes depend on the keys, down to %zu bytes below", signing.n, other,
                     depth[0] - deepest);
    }
}

int main(void)
{
    assert_true(cs_ed25519_ready());
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_of_a_key_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
