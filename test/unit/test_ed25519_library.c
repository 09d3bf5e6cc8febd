/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/core/crypto_ed25519.c beside a libsodium that has another rule than ours: here one that accepts everything takes
 * its place. The verdict stays OpenSSL's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "core/crypto_ed25519.h"
#include "core/crypto_mldsa.h"

static unsigned asked;

/* Found before the library's own. */
int crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                const unsigned char *pk)
{
    (void)sig;
    (void)m;
    (void)mlen;
    (void)pk;
    asked++;
    return 0;
}

static void another_rule_is_noticed(void **state)
{
    (void)state;
    CS_SECRET(seed);
    uint8_t bytes[64];
    cs_buf sig = CS_BUF_OVER(bytes);
    cs_key *k = NULL;
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 0);
    assert_int_equal(cs_key_generate(&seed, CS_ED25519), CS_OK);
    assert_int_equal(cs_key_open_private(&k, CS_ED25519, cs_secret_slice(&seed)), CS_OK);
    assert_int_equal(cs_key_sign(&sig, k, CS_LIT("message"), NULL), CS_OK);
    for (int times = 0; times < 5; times++) { /* seldom seen, and then not */
        assert_int_equal(cs_key_verify(k, CS_LIT("message"), CS_ARRAY(bytes), NULL), CS_OK);
        assert_int_equal(cs_key_verify(k, CS_LIT("another"), CS_ARRAY(bytes), NULL), CS_BAD_SIGNATURE);
    }
    assert_int_equal(asked, 1);
    cs_key_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(another_rule_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
