/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/cipher.h"

#include <limits.h>
#include <openssl/evp.h>

/* Runs the cipher over `in`, into out->p behind what is there; the number of bytes in *n. */
static bool run(EVP_CIPHER_CTX *ctx, uint8_t *to, size_t *n, cs_slice aad, cs_slice in)
{
    int some = 0, rest = 0;
    if (aad.n > INT_MAX || in.n > INT_MAX)
        return false;
    if (aad.n > 0 && EVP_CipherUpdate(ctx, NULL, &some, aad.p, (int)aad.n) != 1)
        return false;
    some = 0;
    if (in.n > 0 && EVP_CipherUpdate(ctx, to, &some, in.p, (int)in.n) != 1)
        return false;
    if (EVP_CipherFinal_ex(ctx, to + some, &rest) != 1)
        return false;
    *n = (size_t)some + (size_t)rest;
    return true;
}

cs_err cs_cipher_seal(cs_buf *out, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice plain)
{
    size_t n = 0;
    if (key.n != CS_CIPHER_KEY || nonce.n != CS_CIPHER_NONCE)
        return CS_BAD_FIELD;
    uint8_t *to = cs_buf_reserve(out, plain.n + CS_CIPHER_TAG);
    EVP_CIPHER_CTX *ctx = to != NULL ? EVP_CIPHER_CTX_new() : NULL;
    bool good = ctx != NULL && EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key.p, nonce.p, 1, NULL) == 1 &&
                run(ctx, to, &n, aad, plain) &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CS_CIPHER_TAG, to + n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (good)
        cs_buf_grow(out, n + CS_CIPHER_TAG);
    return good ? out->err : CS_CRYPTO;
}

cs_err cs_cipher_open(cs_buf *plain, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice sealed)
{
    size_t n = 0;
    if (key.n != CS_CIPHER_KEY || nonce.n != CS_CIPHER_NONCE || sealed.n < CS_CIPHER_TAG)
        return CS_SEAL_BROKEN;
    uint8_t tag[CS_CIPHER_TAG];
    cs_slice text = cs_slice_sub(sealed, 0, sealed.n - CS_CIPHER_TAG);
    for (size_t i = 0; i < CS_CIPHER_TAG; i++)
        tag[i] = sealed.p[text.n + i];
    uint8_t *to = cs_buf_reserve(plain, text.n + CS_CIPHER_BLOCK);
    EVP_CIPHER_CTX *ctx = to != NULL ? EVP_CIPHER_CTX_new() : NULL;
    bool good = ctx != NULL && EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key.p, nonce.p, 0, NULL) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CS_CIPHER_TAG, tag) == 1 && run(ctx, to, &n, aad, text);
    EVP_CIPHER_CTX_free(ctx);
    if (good)
        cs_buf_grow(plain, n);
    else if (to != NULL)
        OPENSSL_cleanse(to, text.n);
    return good ? plain->err : CS_SEAL_BROKEN;
}

cs_err cs_cipher_cbc(cs_buf *out, cs_slice key, cs_slice iv, cs_slice plain)
{
    size_t n = 0;
    if (key.n != CS_CIPHER_KEY || iv.n != CS_CIPHER_BLOCK)
        return CS_BAD_FIELD;
    uint8_t *to = cs_buf_reserve(out, plain.n + CS_CIPHER_BLOCK);
    EVP_CIPHER_CTX *ctx = to != NULL ? EVP_CIPHER_CTX_new() : NULL;
    bool good = ctx != NULL && EVP_CipherInit_ex2(ctx, EVP_aes_256_cbc(), key.p, iv.p, 1, NULL) == 1 &&
                run(ctx, to, &n, CS_ABSENT, plain);
    EVP_CIPHER_CTX_free(ctx);
    if (good)
        cs_buf_grow(out, n);
    return good ? out->err : CS_CRYPTO;
}
