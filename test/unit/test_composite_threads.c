/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/composite.c: one opened key serves several threads at once; the thread sanitizer looks on. */
#include "vectors.h"

#include <pthread.h>

#include "core/composite.h"
#include "core/limits.h"

#define THREADS 4
#define ROUNDS 25

static cs_pair shared;

/* Signs its own messages, verifies them, and finds that a message of another thread does not fit. */
static void *work(void *own_number)
{
    uint8_t text[2] = {*(const uint8_t *)own_number, 0}, other[2] = {0xff, 0};
    size_t good = 0;
    for (uint8_t i = 0; i < ROUNDS; i++) {
        uint8_t memory[CS_MAX_SIGNATURE];
        cs_buf sig = CS_BUF_OVER(memory);
        text[1] = other[1] = i;
        const cs_message m = {.bytes = CS_ARRAY(text)}, foreign = {.bytes = CS_ARRAY(other)};
        if (cs_pair_sign(&sig, &shared, &m) == CS_OK &&
            cs_pair_verify(NULL, &shared, &m, cs_buf_slice(&sig)) == CS_OK &&
            cs_pair_verify(NULL, &shared, &foreign, cs_buf_slice(&sig)) == CS_BAD_SIGNATURE)
            good++;
    }
    return good == ROUNDS ? own_number : NULL;
}

static void one_key_in_many_threads(void **state)
{
    (void)state;
    static const char *const names[] = {"mldsa44+ed25519", "mldsa44+ecdsa-p256", "mldsa87+ecdsa-p384", "mldsa87+ed448"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CS_SECRET(serialized);
        pthread_t threads[THREADS];
        uint8_t numbers[THREADS];
        const cs_alg *alg = cs_alg_find(cs_slice_str(names[i]));
        assert_int_equal(cs_pair_generate(&serialized, alg), CS_OK);
        assert_int_equal(cs_pair_open_private(&shared, alg, CS_FORMAT_COMPOSITE, cs_secret_slice(&serialized)), CS_OK);
        for (uint8_t t = 0; t < THREADS; t++) {
            numbers[t] = t;
            assert_int_equal(pthread_create(&threads[t], NULL, work, &numbers[t]), 0);
        }
        for (size_t t = 0; t < THREADS; t++) {
            void *result = NULL;
            assert_int_equal(pthread_join(threads[t], &result), 0);
            assert_ptr_equal(result, &numbers[t]);
        }
        cs_pair_close(&shared);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_key_in_many_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
