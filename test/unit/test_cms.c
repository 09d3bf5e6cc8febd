/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/cms.c: its envelopes have the bytes of the two real ones around their contents, and
 * both our reader and OpenSSL's open them. */
#include "devkms/cms.h"

#include <openssl/cms.h>
#include <openssl/evp.h>

#include "core/crypto_cms.h"
#include "vectors.h"

#define KMS "attestation/kms/"

/* A real answer is written again from its parts: the same bytes, but for the pieces that constructed content has. */
static void like_the_real_ones(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        cs_cms_shape shape;
    } rows[] = {{"ciphertext-for-recipient-1.ber", CS_CMS_CONSTRUCTED},
                {"ciphertext-for-recipient-2-primitive-ctx0.ber", CS_CMS_PRIMITIVE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[128];
        cs_cms read;
        cs_buf ours = cs_buf_new(CS_CMS_ANSWER_MAX);
        assert_true(snprintf(path, sizeof path, KMS "%s", rows[i].file) > 0);
        cs_buf real = vectors_public_file(path);
        assert_int_equal(cs_cms_parse(&read, cs_buf_slice(&real)), CS_OK);
        const cs_cms_parts parts = {read.recipient, read.encrypted_key, read.iv,
                                    cs_slice_of(read.content, read.content_len)};
        cs_cms_write(&ours, rows[i].shape, &parts);
        if (rows[i].shape == CS_CMS_PRIMITIVE)
            assert_true(cs_slice_eq(cs_buf_slice(&ours), cs_buf_slice(&real)));
        /* up to the octet strings, and what closes everything */
        size_t before = (size_t)(read.iv.p - real.p) + read.iv.n + 2;
        assert_memory_equal(ours.p, real.p, before);
        assert_memory_equal(ours.p + ours.n - 8, real.p + real.n - 8, 8);
        cs_buf_free(&ours);
        cs_buf_free(&real);
    }
}

static void both_readers_open_it(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 15, 16, 32, 64, 100, 256};
    CS_SECRET(plain);
    cs_recipient *r = NULL;
    cs_buf spki = cs_buf_new(1024);
    uint8_t bytes[256];
    assert_int_equal(cs_recipient_new(&r), CS_OK);
    assert_int_equal(cs_recipient_spki(&spki, r), CS_OK);
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof *lengths; i++) {
        size_t n = lengths[i / 2];
        cs_cms_shape shape = i % 2 == 0 ? CS_CMS_CONSTRUCTED : CS_CMS_PRIMITIVE;
        cs_buf ber = cs_buf_new(CS_CMS_ANSWER_MAX);
        memset(bytes, (int)i, sizeof bytes);
        assert_int_equal(cs_cms_answer(&ber, shape, cs_buf_slice(&spki), cs_slice_of(bytes, n)), CS_OK);
        assert_int_equal(cs_recipient_open(&plain, r, n, cs_buf_slice(&ber)), CS_OK);
        assert_int_equal(plain.n, n);
        assert_memory_equal(plain.b, bytes, n);
        BIO *in = BIO_new_mem_buf(ber.p, (int)ber.n);
        CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
        assert_non_null(cms);
        assert_int_equal(OBJ_obj2nid(CMS_get0_type(cms)), NID_pkcs7_enveloped);
        assert_int_equal(sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms)), 1);
        CMS_ContentInfo_free(cms);
        BIO_free(in);
        cs_buf_free(&ber);
    }
    cs_recipient_free(r);
    cs_buf_free(&spki);
}

/* OpenSSL opens it with the private key, and nobody else's key does. */
static void openssl_decrypts(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(key, &der);
    for (int shape = CS_CMS_CONSTRUCTED; shape <= CS_CMS_PRIMITIVE; shape++) {
        cs_buf ber = cs_buf_new(CS_CMS_ANSWER_MAX);
        assert_int_equal(cs_cms_answer(&ber, (cs_cms_shape)shape, cs_slice_of(der, (size_t)n),
                                       CS_LIT("thirty-two bytes of a data key..")),
                         CS_OK);
        BIO *in = BIO_new_mem_buf(ber.p, (int)ber.n), *out = BIO_new(BIO_s_mem());
        CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
        assert_int_equal(CMS_decrypt(cms, key, NULL, NULL, out, 0), 1);
        char *text = NULL;
        assert_int_equal(BIO_get_mem_data(out, &text), 32);
        assert_memory_equal(text, "thirty-two bytes of a data key..", 32);
        CMS_ContentInfo_free(cms);
        BIO_free(in);
        BIO_free(out);
        cs_buf_free(&ber);
    }
    cs_recipient *r = NULL;
    cs_buf ber = cs_buf_new(CS_CMS_ANSWER_MAX);
    CS_SECRET(plain);
    assert_int_equal(cs_recipient_new(&r), CS_OK);
    assert_int_equal(cs_cms_answer(&ber, CS_CMS_PRIMITIVE, cs_slice_of(der, (size_t)n), CS_LIT("x")), CS_OK);
    assert_int_equal(cs_recipient_open(&plain, r, 1, cs_buf_slice(&ber)), CS_KMS_RECIPIENT);
    cs_recipient_free(r);
    cs_buf_free(&ber);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}

static void keys_that_are_no_recipients(void **state)
{
    (void)state;
    static const cs_pair_kind kinds[] = {CS_PAIR_P256, CS_PAIR_ED25519, CS_PAIR_MLDSA44, CS_PAIR_RSA3072};
    cs_buf ber = cs_buf_new(CS_CMS_ANSWER_MAX);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cs_pair *p = NULL;
        cs_buf spki = cs_buf_new(4096);
        assert_int_equal(cs_pair_generate(&p, kinds[i]), CS_OK);
        assert_int_equal(cs_pair_public(&spki, p), CS_OK);
        assert_int_equal(cs_cms_answer(&ber, CS_CMS_PRIMITIVE, cs_buf_slice(&spki), CS_LIT("x")), CS_BAD_PUBLIC_KEY);
        cs_pair_free(p);
        cs_buf_free(&spki);
    }
    assert_int_equal(cs_cms_answer(&ber, CS_CMS_PRIMITIVE, CS_ABSENT, CS_LIT("x")), CS_BAD_PUBLIC_KEY);
    assert_int_equal(cs_cms_answer(&ber, CS_CMS_PRIMITIVE, CS_LIT("0\x03\x02\x01\x01"), CS_LIT("x")),
                     CS_BAD_PUBLIC_KEY);
    assert_int_equal(ber.n, 0);
    cs_buf_free(&ber);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(like_the_real_ones), cmocka_unit_test(both_readers_open_it),
                                       cmocka_unit_test(openssl_decrypts),
                                       cmocka_unit_test(keys_that_are_no_recipients)};
    return cmocka_run_group_tests_name("cms", tests, NULL, NULL);
}
