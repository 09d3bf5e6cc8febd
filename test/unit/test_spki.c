/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/spki.c: keys that OpenSSL wrote are taken, and nothing that differs in one byte of what is around. */
#include "core/spki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

static const struct {
    cs_prim prim;
    const char *name;
} kinds[] = {{CS_P256, "P-256"},
             {CS_ED25519, "ED25519"},
             {CS_MLDSA44, "ML-DSA-44"},
             {CS_MLDSA65, "ML-DSA-65"},
             {CS_MLDSA87, "ML-DSA-87"}};
#define KINDS (sizeof kinds / sizeof *kinds)

/* Another library's encoding, and the length of the key in it. */
static size_t make(uint8_t out[4096], size_t i)
{
    unsigned char *p = out;
    EVP_PKEY *key = kinds[i].prim == CS_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[i].name)
                                             : EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].name);
    assert_non_null(key);
    int n = i2d_PUBKEY(key, &p);
    assert_true(n > 0 && n < 4096);
    EVP_PKEY_free(key);
    return (size_t)n;
}

static void keys_of_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t der[4096 + 1];
        cs_slice bytes;
        cs_key *key = NULL;
        size_t n = make(der, i);
        assert_int_equal(cs_spki_read(&bytes, kinds[i].prim, cs_slice_of(der, n)), CS_OK);
        assert_int_equal(bytes.n, cs_prim_public_len(kinds[i].prim));
        assert_int_equal(cs_key_open_public(&key, kinds[i].prim, bytes), CS_OK);
        cs_key_free(key);
        for (int prim = CS_PRIM_NONE; prim < CS_PRIM_COUNT; prim++) /* of another kind */
            if ((cs_prim)prim != kinds[i].prim) {
                assert_int_equal(cs_spki_read(&bytes, (cs_prim)prim, cs_slice_of(der, n)), CS_BAD_PUBLIC_KEY);
                assert_null(bytes.p);
            }
        der[n] = 0;
        assert_int_equal(cs_spki_read(&bytes, kinds[i].prim, cs_slice_of(der, n + 1)), CS_BAD_PUBLIC_KEY);
        for (size_t cut = 0; cut < n; cut += cut < 64 ? 1 : 97)
            assert_int_equal(cs_spki_read(&bytes, kinds[i].prim, cs_slice_of(der, cut)), CS_BAD_PUBLIC_KEY);
        for (size_t at = 0; at < n - cs_prim_public_len(kinds[i].prim); at++) {
            der[at] ^= 1;
            assert_int_equal(cs_spki_read(&bytes, kinds[i].prim, cs_slice_of(der, n)), CS_BAD_PUBLIC_KEY);
            der[at] ^= 1;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_of_each_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
