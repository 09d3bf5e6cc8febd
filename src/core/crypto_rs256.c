/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_rs256.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define MIN_BITS 2048
#define MAX_BITS 4096
#define MAX_PEM (16u << 10)

/* No pass phrase, and nobody is asked for one. */
static int no_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static bool sign(uint8_t *to, size_t *n, EVP_PKEY *key, cs_slice message)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool made = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, to, n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    return made;
}

cs_err cs_rs256_sign(cs_buf *signature, cs_slice pem, cs_slice message)
{
    uint8_t bytes[MAX_BITS / 8];
    size_t n = sizeof bytes;
    cs_err err = CS_BAD_PRIVATE_KEY;
    BIO *bio = pem.n > 0 && pem.n <= MAX_PEM ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;
    if (key != NULL && EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= MIN_BITS &&
        EVP_PKEY_get_bits(key) <= MAX_BITS)
        err = sign(bytes, &n, key, message) ? CS_OK : CS_CRYPTO;
    if (err == CS_OK) {
        cs_buf_add(signature, cs_slice_of(bytes, n));
        err = signature->err;
    }
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}
