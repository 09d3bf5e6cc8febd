/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/crypto_pem.c: the published P-384 key and signatures of RFC 6979, and keys of every other kind. */
#include "core/crypto_pem.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "vectors.h"

/* [RFC 6979 A.2.6] */
static const char scalar_hex[] = "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
                                 "96d5724e4c70a825f872c9ea60d2edf5";
static const struct {
    const char *message, *raw;
} published[] = {
    {"sample", "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
               "81a648152e44acf96e36dd1e80fabe46"
               "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
               "a329c145786e679e7b82c71a38628ac8"},
    {"test", "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb"
             "0542a7f0812998da8f1dd3ca3cf023db"
             "ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e0"
             "6a739f040649a667bf3b828246baa5a5"},
};

static cs_key *published_key(void)
{
    cs_key *key = NULL;
    assert_int_equal(cs_key_open_private(&key, CS_P384, vectors_from_hex(cs_slice_str(scalar_hex))), CS_OK);
    return key;
}

static void signatures(void **state)
{
    (void)state;
    cs_key *key = published_key(), *p256 = NULL;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        uint8_t memory[96];
        cs_buf raw = CS_BUF_OVER(memory);
        assert_int_equal(cs_key_sign_repeatably(&raw, key, cs_slice_str(published[i].message)), CS_OK);
        assert_int_equal(raw.n, 96);
        assert_memory_equal(raw.p, vectors_from_hex(cs_slice_str(published[i].raw)).p, 96);
    }
    cs_buf raw = cs_buf_new(128);
    uint8_t scalar[32] = {1};
    assert_int_equal(cs_key_open_private(&p256, CS_P256, CS_ARRAY(scalar)), CS_OK);
    assert_int_equal(cs_key_sign_repeatably(&raw, p256, CS_LIT("sample")), CS_BAD_PRIVATE_KEY);
    assert_int_equal(raw.n, 0);
    cs_buf_free(&raw);
    cs_key_free(key);
    cs_key_free(p256);
    vectors_release();
}

/* A fresh key of OpenSSL's as PEM; `form` 0: PKCS#8, 1: encrypted, 2: as EC has it, 3: the public half. */
static cs_slice pem_of(const char *type, const char *group, int form)
{
    EVP_PKEY *key = strcmp(type, "EC") == 0    ? EVP_EC_gen(group)
                    : strcmp(type, "RSA") == 0 ? EVP_RSA_gen(2048)
                                               : EVP_PKEY_Q_keygen(NULL, NULL, type);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_non_null(key);
    if (form == 0)
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    else if (form == 1)
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), "phrase", 6, NULL, NULL), 1);
    else if (form == 2)
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    else
        assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    long n = BIO_get_mem_data(bio, &text);
    cs_slice out = cs_slice_of(vectors_copy(cs_slice_of(text, (size_t)n)), (size_t)n);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return out;
}

static void keys(void **state)
{
    (void)state;
    static const struct {
        const char *type, *group;
        int form;
        cs_err err;
    } rows[] = {
        {"EC", "P-384", 0, CS_OK},
        {"EC", "P-384", 2, CS_OK},
        {"EC", "P-384", 1, CS_BAD_PRIVATE_KEY},
        {"EC", "P-384", 3, CS_BAD_PRIVATE_KEY},
        {"EC", "P-256", 0, CS_BAD_PRIVATE_KEY},
        {"EC", "P-521", 0, CS_BAD_PRIVATE_KEY},
        {"EC", "brainpoolP384r1", 0, CS_BAD_PRIVATE_KEY},
        {"RSA", "", 0, CS_BAD_PRIVATE_KEY},
        {"ED25519", "", 0, CS_BAD_PRIVATE_KEY},
    };
    static const char *const none[] = {"", "\n", "-----BEGIN PRIVATE KEY-----\n",
                                       "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no key"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_key *key = NULL;
        cs_err err = cs_key_from_pem(&key, pem_of(rows[i].type, rows[i].group, rows[i].form));
        if (err != rows[i].err || (key != NULL) != (err == CS_OK))
            fail_msg("%s %s, form %d: %s", rows[i].type, rows[i].group, rows[i].form, cs_err_name(err));
        cs_key_free(key);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        cs_key *key = NULL;
        assert_int_equal(cs_key_from_pem(&key, cs_slice_str(none[i])), CS_BAD_PRIVATE_KEY);
        assert_null(key);
    }
    vectors_release();
}

static void there_and_back(void **state)
{
    (void)state;
    cs_key *key = published_key(), *again = NULL, *p256 = NULL;
    uint8_t scalar[32] = {1}, first[97], second[97];
    cs_buf pem = cs_buf_new_wiped(4096), a = CS_BUF_OVER(first), b = CS_BUF_OVER(second);
    assert_int_equal(cs_key_to_pem(&pem, key), CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&pem), "-----BEGIN PRIVATE KEY-----\n"));
    assert_int_equal(cs_key_from_pem(&again, cs_buf_slice(&pem)), CS_OK);
    cs_key_public(&a, key);
    cs_key_public(&b, again);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(cs_key_open_private(&p256, CS_P256, CS_ARRAY(scalar)), CS_OK);
    assert_int_equal(cs_key_to_pem(&pem, p256), CS_BAD_PRIVATE_KEY);
    cs_buf_free(&pem);
    cs_key_free(key);
    cs_key_free(again);
    cs_key_free(p256);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures), cmocka_unit_test(keys),
                                       cmocka_unit_test(there_and_back)};
    return cmocka_run_group_tests_name("crypto_pem", tests, NULL, NULL);
}
