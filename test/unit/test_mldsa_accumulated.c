/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/core/crypto_key.c against C2SP CCTV's accumulated ML-DSA vectors: keys from a stream of seeds, their public keys
 * and deterministic signatures of the empty message hashed into one value. Needs no file.
 */
#include "vectors.h"

#include <openssl/evp.h>

#include "core/crypto_mldsa.h"
#include "engines.h"

#define ITERATIONS 100

static EVP_MD_CTX *shake128(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(ctx, EVP_shake128(), NULL), 1);
    return ctx;
}

static void absorb(EVP_MD_CTX *ctx, cs_buf *bytes)
{
    assert_int_equal(bytes->err, CS_OK);
    assert_int_equal(EVP_DigestUpdate(ctx, bytes->p, bytes->n), 1);
    cs_buf_clear(bytes);
}

/* One key: its public bytes and its signature into `sum`. */
static void one_key(EVP_MD_CTX *sum, cs_buf *bytes, cs_prim prim, cs_slice seed)
{
    const cs_mldsa_options deterministic = {.deterministic = true};
    cs_key *key = NULL;
    assert_int_equal(cs_key_open_private(&key, prim, seed), CS_OK);
    cs_key_public(bytes, key);
    absorb(sum, bytes);
    assert_int_equal(cs_key_sign(bytes, key, CS_LIT(""), &deterministic), CS_OK);
    assert_int_equal(cs_key_verify(key, CS_LIT(""), cs_buf_slice(bytes), NULL), CS_OK);
    absorb(sum, bytes);
    cs_key_free(key);
}

static void accumulate(cs_prim prim, const char *want)
{
    uint8_t seeds[32 * ITERATIONS], got[32];
    EVP_MD_CTX *stream = shake128(), *sum = shake128();
    cs_buf bytes = cs_buf_new(cs_prim_sig_len(prim));
    assert_int_equal(EVP_DigestFinalXOF(stream, seeds, sizeof seeds), 1);
    for (size_t i = 0; i < ITERATIONS; i++)
        one_key(sum, &bytes, prim, cs_slice_of(seeds + 32 * i, 32));
    assert_int_equal(EVP_DigestFinalXOF(sum, got, sizeof got), 1);
    assert_memory_equal(got, vectors_from_hex(cs_slice_str(want)).p, sizeof got);
    vectors_release();
    cs_buf_free(&bytes);
    EVP_MD_CTX_free(stream);
    EVP_MD_CTX_free(sum);
}

static void hundred_keys(void **state)
{
    (void)state;
    accumulate(CS_MLDSA44, "d51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4");
    accumulate(CS_MLDSA65, "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199");
    accumulate(CS_MLDSA87, "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hundred_keys)};
    return ENGINES_RUN(tests);
}
