/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/keytext.c: DER of keys built piece by piece, so that every element can be longer, shorter or another. */
#include "vectors.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "core/keytext.h"
#include "core/limits.h"

#define ROOM 8192
#define COMPOSITE_OID "\x2b\x06\x01\x05\x05\x07\x06\x27" /* mldsa44+ed25519 */
#define MLDSA_OID "\x60\x86\x48\x01\x65\x03\x04\x03\x11" /* mldsa44 */
#define NULL_PARAMETERS "\x05\x00"

/* Tag, shortest length, and up to three parts as contents. */
static cs_slice element(uint8_t tag, cs_slice a, cs_slice b, cs_slice c)
{
    size_t n = a.n + b.n + c.n;
    cs_buf out = cs_buf_over(vectors_hold(n + 4), n + 4);
    cs_buf_add_u8(&out, tag);
    if (n >= 256) {
        cs_buf_add_u8(&out, 0x82);
        cs_buf_add_u16(&out, (uint16_t)n);
    } else {
        if (n >= 128)
            cs_buf_add_u8(&out, 0x81);
        cs_buf_add_u8(&out, (uint8_t)n);
    }
    cs_buf_add(&out, a);
    cs_buf_add(&out, b);
    cs_buf_add(&out, c);
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

#define NOTHING CS_LIT("")
static cs_slice one(uint8_t tag, cs_slice a)
{
    return element(tag, a, NOTHING, NOTHING);
}

static cs_slice two(uint8_t tag, cs_slice a, cs_slice b)
{
    return element(tag, a, b, NOTHING);
}

static cs_slice algorithm(cs_slice oid)
{
    return one(0x30, one(0x06, oid));
}

/* A key that was there before must be gone when the next one is refused. */
static void expect_private(cs_slice der, cs_err want)
{
    cs_pair k;
    memset(&k, 0xa5, sizeof k);
    assert_int_equal(cs_private_key_from_pkcs8(&k, der), want);
    assert_true((k.pq != NULL) == (want == CS_OK) && (want == CS_OK || k.trad == NULL));
    cs_pair_close(&k);
    memset(&k, 0xa5, sizeof k);
    assert_int_equal(cs_private_key_parse(&k, der), want);
    cs_pair_close(&k);
}

static void expect_public(cs_slice der, cs_err want)
{
    cs_pair k;
    memset(&k, 0xa5, sizeof k);
    assert_int_equal(cs_public_key_from_spki(&k, der), want);
    assert_true((k.pq != NULL) == (want == CS_OK) && (want == CS_OK || k.trad == NULL));
    cs_pair_close(&k);
}

/* -- PKCS#8 -------------------------------------------------------------------------------------------------------- */

#define VERSION_0 CS_LIT("\x02\x01\x00")

static void private_key_info(void **state)
{
    (void)state;
    uint8_t keys[64];
    memset(keys, 0x21, sizeof keys);
    cs_slice id = algorithm(CS_LIT(COMPOSITE_OID)), key = one(0x04, CS_ARRAY(keys));
    cs_slice good = element(0x30, VERSION_0, id, key);
    const struct {
        cs_slice der;
        cs_err want;
    } rows[] = {
        {good, CS_OK},
        {element(0x30, CS_LIT("\x02\x01\x01"), id, key), CS_BAD_PRIVATE_KEY},
        {element(0x30, CS_LIT("\x02\x02\x00\x00"), id, key), CS_BAD_PRIVATE_KEY},
        {element(0x30, CS_LIT("\x02\x00"), id, key), CS_BAD_PRIVATE_KEY},
        {element(0x30, NOTHING, id, key), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, key, id), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, id, NOTHING), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, NOTHING, key), CS_BAD_PRIVATE_KEY},
        {element(0x31, VERSION_0, id, key), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, id, one(0x03, CS_ARRAY(keys))), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, id, two(0x04, CS_ARRAY(keys), CS_LIT("\x00"))), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, id, one(0x04, cs_slice_of(keys, 63))), CS_BAD_PRIVATE_KEY},
        {element(0x30, VERSION_0, id, one(0x04, one(0x04, CS_ARRAY(keys)))), CS_BAD_PRIVATE_KEY},
        /* attributes [0], a public key [1], or anything else behind the key */
        {two(0x30, cs_slice_sub(good, 2, good.n), CS_LIT("\xa0\x00")), CS_BAD_PRIVATE_KEY},
        {two(0x30, cs_slice_sub(good, 2, good.n), CS_LIT("\x81\x01\x00")), CS_BAD_PRIVATE_KEY},
        {two(0x30, cs_slice_sub(good, 2, good.n), CS_LIT("\x00")), CS_BAD_PRIVATE_KEY},
        /* parameters, in whatever form */
        {element(0x30, VERSION_0, two(0x30, one(0x06, CS_LIT(COMPOSITE_OID)), CS_LIT(NULL_PARAMETERS)), key),
         CS_UNKNOWN_ALGORITHM},
        {element(0x30, VERSION_0, algorithm(CS_LIT("\x2b\x65\x70")), key), CS_UNKNOWN_ALGORITHM},
        {element(0x30, VERSION_0, algorithm(NOTHING), key), CS_UNKNOWN_ALGORITHM},
        {element(0x30, VERSION_0, algorithm(CS_LIT("\x2b\x06\x01\x05\x05\x07\x06\x00")), key), CS_UNKNOWN_ALGORITHM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_private(rows[i].der, rows[i].want);
    vectors_release();
}

/* The expanded key that FIPS 204 derives from the seed; the product itself does not write it. */
static cs_slice expanded_of(const uint8_t seed[32])
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "ML-DSA-44", NULL);
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_DSA_SEED, (void *)(uintptr_t)seed, 32),
                            OSSL_PARAM_construct_end()};
    size_t n = 2560;
    uint8_t *bytes = vectors_hold(n);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params), 1);
    assert_int_equal(EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, bytes, n, &n), 1);
    assert_int_equal(n, 2560);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    return cs_slice_of(bytes, n);
}

static cs_slice mldsa_key(cs_slice octets)
{
    return element(0x30, VERSION_0, algorithm(CS_LIT(MLDSA_OID)), one(0x04, octets));
}

static void mldsa_choice(void **state)
{
    (void)state;
    uint8_t bytes[32], other_bytes[32];
    memset(bytes, 0x21, sizeof bytes);
    memset(other_bytes, 0x22, sizeof other_bytes);
    cs_slice seed = CS_ARRAY(bytes), expanded = expanded_of(bytes);
    cs_slice inner_seed = one(0x04, seed), inner_expanded = one(0x04, expanded);
    cs_slice both = two(0x30, inner_seed, inner_expanded);
    const struct {
        cs_slice octets;
        cs_err want;
    } rows[] = {
        {one(0x80, seed), CS_OK},
        {both, CS_OK},
        {inner_expanded, CS_BAD_PRIVATE_KEY},
        {inner_seed, CS_BAD_PRIVATE_KEY},
        {seed, CS_BAD_PRIVATE_KEY},
        {expanded, CS_BAD_PRIVATE_KEY},
        {NOTHING, CS_BAD_PRIVATE_KEY},
        {CS_LIT("\x80"), CS_BAD_PRIVATE_KEY},
        {one(0x80, NOTHING), CS_BAD_PRIVATE_KEY},
        {one(0x80, cs_slice_sub(seed, 1, 31)), CS_BAD_PRIVATE_KEY},
        {two(0x80, seed, CS_LIT("\x21")), CS_BAD_PRIVATE_KEY},
        {one(0x80, expanded), CS_BAD_PRIVATE_KEY},
        {one(0xa0, inner_seed), CS_BAD_PRIVATE_KEY},
        {one(0x81, seed), CS_BAD_PRIVATE_KEY},
        {two(0x30, inner_expanded, inner_seed), CS_BAD_PRIVATE_KEY},
        {one(0x30, inner_seed), CS_BAD_PRIVATE_KEY},
        {one(0x30, inner_expanded), CS_BAD_PRIVATE_KEY},
        {two(0x30, one(0x80, seed), inner_expanded), CS_BAD_PRIVATE_KEY},
        {two(0x30, one(0x04, CS_ARRAY(other_bytes)), inner_expanded), CS_BAD_PRIVATE_KEY},
        {two(0x30, inner_seed, one(0x04, expanded_of(other_bytes))), CS_BAD_PRIVATE_KEY},
        {two(0x30, inner_seed, one(0x04, cs_slice_sub(expanded, 0, 2559))), CS_BAD_PRIVATE_KEY},
        {two(0x30, inner_seed, two(0x04, expanded, CS_LIT("\x00"))), CS_BAD_PRIVATE_KEY},
        {two(0x30, inner_seed, one(0x04, NOTHING)), CS_BAD_PRIVATE_KEY},
        /* something behind the seed, behind both, and behind the pair inside */
        {element(0x30, inner_seed, inner_expanded, CS_LIT("\x05\x00")), CS_BAD_PRIVATE_KEY},
        {element(0x30, inner_seed, inner_expanded, CS_LIT("\x00")), CS_BAD_PRIVATE_KEY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_private(mldsa_key(rows[i].octets), rows[i].want);
    cs_slice seed_and_more =
        element(0x30, VERSION_0, algorithm(CS_LIT(MLDSA_OID)), two(0x04, one(0x80, seed), CS_LIT("\x00")));
    cs_slice both_and_more =
        element(0x30, VERSION_0, algorithm(CS_LIT(MLDSA_OID)), two(0x04, both, CS_LIT("\x05\x00")));
    expect_private(seed_and_more, CS_BAD_PRIVATE_KEY);
    expect_private(both_and_more, CS_BAD_PRIVATE_KEY);
    vectors_release();
}

/* -- SubjectPublicKeyInfo ------------------------------------------------------------------------------------------ */

static void public_key_info(void **state)
{
    (void)state;
    uint8_t private_bytes[64], memory[CS_MAX_PUBLIC_KEY];
    cs_buf bytes = CS_BUF_OVER(memory);
    cs_pair k;
    memset(private_bytes, 0x21, sizeof private_bytes);
    assert_int_equal(
        cs_pair_open_private(&k, cs_alg_find(CS_LIT("mldsa44+ed25519")), CS_FORMAT_COMPOSITE, CS_ARRAY(private_bytes)),
        CS_OK);
    cs_pair_public(&bytes, &k);
    cs_pair_close(&k);
    cs_slice id = algorithm(CS_LIT(COMPOSITE_OID)), key = cs_buf_slice(&bytes);
    cs_slice bits = two(0x03, CS_LIT("\x00"), key);
    const struct {
        cs_slice der;
        cs_err want;
    } rows[] = {
        {two(0x30, id, bits), CS_OK},
        {two(0x30, bits, id), CS_BAD_PUBLIC_KEY},
        {one(0x30, id), CS_BAD_PUBLIC_KEY},
        {one(0x30, bits), CS_BAD_PUBLIC_KEY},
        {NOTHING, CS_BAD_PUBLIC_KEY},
        {one(0x30, NOTHING), CS_BAD_PUBLIC_KEY},
        {element(0x30, id, bits, CS_LIT("\x00")), CS_BAD_PUBLIC_KEY},
        {element(0x30, id, bits, CS_LIT("\x05\x00")), CS_BAD_PUBLIC_KEY},
        {two(0x30, two(0x30, one(0x06, CS_LIT(COMPOSITE_OID)), CS_LIT(NULL_PARAMETERS)), bits), CS_UNKNOWN_ALGORITHM},
        {two(0x30, id, one(0x03, NOTHING)), CS_BAD_PUBLIC_KEY},
        {two(0x30, id, one(0x03, CS_LIT("\x00"))), CS_BAD_PUBLIC_KEY},
        {two(0x30, id, two(0x03, CS_LIT("\x01"), key)), CS_BAD_PUBLIC_KEY},
        {two(0x30, id, one(0x03, key)), CS_BAD_PUBLIC_KEY},
        {two(0x30, id, element(0x03, CS_LIT("\x00"), key, CS_LIT("\x00"))), CS_BAD_PUBLIC_KEY},
        {two(0x30, id, two(0x03, CS_LIT("\x00"), one(0x04, key))), CS_BAD_PUBLIC_KEY},
        {two(0x30, algorithm(CS_LIT(MLDSA_OID)), bits), CS_BAD_PUBLIC_KEY},
        {two(0x30, algorithm(CS_LIT(MLDSA_OID "\x00")), bits), CS_UNKNOWN_ALGORITHM},
        {two(0x30, algorithm(NOTHING), bits), CS_UNKNOWN_ALGORITHM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_public(rows[i].der, rows[i].want);
    vectors_release();
}

/* -- lengths ------------------------------------------------------------------------------------------------------- */

/* The same key with one length written otherwise. `head` replaces the first `drop` bytes. */
static cs_slice headed(cs_slice der, size_t drop, cs_slice head)
{
    cs_buf out = cs_buf_over(vectors_hold(ROOM), ROOM);
    cs_buf_add(&out, head);
    cs_buf_add(&out, cs_slice_sub(der, drop, der.n));
    return cs_buf_slice(&out);
}

static void lengths_are_the_shortest(void **state)
{
    (void)state;
    uint8_t keys[64];
    memset(keys, 0x21, sizeof keys);
    cs_slice id = algorithm(CS_LIT(COMPOSITE_OID)), key = one(0x04, CS_ARRAY(keys));
    cs_slice good = element(0x30, VERSION_0, id, key);
    assert_int_equal(good.n, 0x53);
    expect_private(good, CS_OK);
    expect_private(headed(good, 2, CS_LIT("\x30\x81\x51")), CS_BAD_PRIVATE_KEY);
    expect_private(headed(good, 2, CS_LIT("\x30\x82\x00\x51")), CS_BAD_PRIVATE_KEY);
    expect_private(headed(good, 2, CS_LIT("\x30\x83\x00\x00\x51")), CS_BAD_PRIVATE_KEY);
    expect_private(headed(good, 2, CS_LIT("\x30\x80")), CS_BAD_PRIVATE_KEY);
    expect_private(headed(good, 2, CS_LIT("\x30\xff")), CS_BAD_PRIVATE_KEY);
    expect_private(headed(good, 2, CS_LIT("\x30\x50")), CS_BAD_PRIVATE_KEY);
    expect_private(headed(good, 2, CS_LIT("\x30\x52")), CS_BAD_PRIVATE_KEY);
    cs_slice octets = headed(key, 2, CS_LIT("\x04\x81\x40")), wide = headed(key, 2, CS_LIT("\x04\x82\x00\x40"));
    expect_private(element(0x30, VERSION_0, id, octets), CS_BAD_PRIVATE_KEY);
    expect_private(element(0x30, VERSION_0, id, wide), CS_BAD_PRIVATE_KEY);
    expect_private(element(0x30, CS_LIT("\x02\x81\x01\x00"), id, key), CS_BAD_PRIVATE_KEY);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_key_info),
        cmocka_unit_test(mldsa_choice),
        cmocka_unit_test(public_key_info),
        cmocka_unit_test(lengths_are_the_shortest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
