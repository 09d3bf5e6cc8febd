/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/core/crypto_ed25519.c: the multiples of keys are shared by threads, and there are more keys than places for them.
 * Each thread verifies good and bad signatures under all of them, alone and ahead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "core/crypto_ed25519.h"

enum { KEYS = CS_ED25519_KEPT + 30, THREADS = 4, ROUNDS = 400, AT_ONCE = 8 };

static struct {
    uint8_t public_key[32], message[16], good[64], bad[64];
} all[KEYS];

struct verifier {
    pthread_t thread;
    uint32_t noise;
    int wrong;
};

static size_t next_key(struct verifier *v)
{
    v->noise = v->noise * 1664525 + 1013904223;
    /* mostly of a few, so that these get their multiples while others come and go */
    return v->noise >> 31 != 0 ? (v->noise >> 8) % 8 : (v->noise >> 8) % KEYS;
}

static void *verify(void *arg)
{
    struct verifier *v = arg;
    for (int round = 0; round < ROUNDS; round++) {
        cs_ed25519_check checks[AT_ONCE];
        bool good[AT_ONCE];
        for (size_t i = 0; i < AT_ONCE; i++) {
            size_t k = next_key(v);
            good[i] = k % 3 != (size_t)round % 3;
            checks[i] = (cs_ed25519_check){CS_ARRAY(all[k].public_key), CS_ARRAY(all[k].message),
                                           good[i] ? CS_ARRAY(all[k].good) : CS_ARRAY(all[k].bad)};
        }
        if (round % 2 == 0)
            cs_ed25519_verify_ahead(checks, AT_ONCE);
        for (size_t i = 0; i < AT_ONCE; i++)
            v->wrong += cs_ed25519_accepts(checks[i].public_key, checks[i].message, checks[i].sig) != good[i];
    }
    return NULL;
}

static void threads_share_what_is_kept(void **state)
{
    (void)state;
    struct verifier verifiers[THREADS];
    for (size_t i = 0; i < KEYS; i++) {
        CS_SECRET(seed);
        CS_SECRET(expanded);
        assert_int_equal(cs_key_generate(&seed, CS_ED25519), CS_OK);
        assert_int_equal(cs_ed25519_expand(&expanded, cs_secret_slice(&seed)), CS_OK);
        memcpy(all[i].public_key, expanded.b + 32, 32);
        assert_int_equal(cs_random(all[i].message, sizeof all[i].message), CS_OK);
        assert_int_equal(cs_ed25519_sign(all[i].good, &expanded, CS_ARRAY(all[i].message)), CS_OK);
        memcpy(all[i].bad, all[i].good, sizeof all[i].bad);
        all[i].bad[i % 63] ^= 1;
    }
    for (size_t t = 0; t < THREADS; t++) {
        verifiers[t] = (struct verifier){.noise = (uint32_t)t};
        assert_int_equal(pthread_create(&verifiers[t].thread, NULL, verify, &verifiers[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(verifiers[t].thread, NULL), 0);
        assert_int_equal(verifiers[t].wrong, 0);
    }
}

int main(void)
{
    assert_true(cs_ed25519_ready());
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_what_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
