/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens signed in the test, and the key sets that go with them. Bytes live until vectors_release. */
#ifndef CS_TEST_TOKEN_FIXTURE_H
#define CS_TEST_TOKEN_FIXTURE_H

#include "cert_fixture.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>

#define TOKEN_MAX 65536

static inline cs_buf token_buf(void)
{
    return cs_buf_over(vectors_hold(TOKEN_MAX), TOKEN_MAX);
}

/* The texts up to NULL, one behind the other. */
static inline const char *token_join(const char *first, ...)
{
    cs_buf out = token_buf();
    va_list texts;
    va_start(texts, first);
    for (const char *t = first; t != NULL; t = va_arg(texts, const char *))
        cs_buf_add_str(&out, t);
    va_end(texts);
    assert_int_equal(out.err, CS_OK);
    return cs_buf_cstr(&out);
}

/* b64u(header) "." b64u(claims) "." b64u(signature by `key`, RS256). */
static inline cs_slice token_make(const char *header, const char *claims, EVP_PKEY *key)
{
    cs_buf out = token_buf();
    unsigned char sig[1024];
    size_t n = sizeof sig;
    cs_base64url_encode(&out, cs_slice_str(header));
    cs_buf_add_u8(&out, '.');
    cs_base64url_encode(&out, cs_slice_str(claims));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &n, out.p, out.n), 1);
    EVP_MD_CTX_free(ctx);
    cs_buf_add_u8(&out, '.');
    cs_base64url_encode(&out, cs_slice_of(sig, n));
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

/* A number of an RSA key as base64url: OSSL_PKEY_PARAM_RSA_N or _E. */
static inline const char *token_number(EVP_PKEY *key, const char *name)
{
    BIGNUM *v = NULL;
    uint8_t bytes[1024];
    cs_buf out = token_buf();
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &v), 1);
    cs_base64url_encode(&out, cs_slice_of(bytes, (size_t)BN_bn2bin(v, bytes)));
    BN_free(v);
    return cs_buf_cstr(&out);
}

/* One JWK: {"kty":"RSA","kid":…,"n":…,"e":…<more>}; `more` such as ",\"use\":\"sig\"". */
static inline const char *token_jwk(const char *kid, EVP_PKEY *key, const char *more)
{
    return token_join("{\"kty\":\"RSA\",\"kid\":\"", kid, "\",\"n\":\"", token_number(key, OSSL_PKEY_PARAM_RSA_N),
                      "\",\"e\":\"", token_number(key, OSSL_PKEY_PARAM_RSA_E), "\"", more, "}", (const char *)NULL);
}

static inline const char *token_base64(cs_slice bytes)
{
    cs_buf out = token_buf();
    cs_base64_encode(&out, bytes);
    return cs_buf_cstr(&out);
}

/* `text` with the first `find` replaced by `put`; it must be there. */
static inline const char *token_edit(const char *text, const char *find, const char *put)
{
    cs_buf out = token_buf();
    const char *at = strstr(text, find);
    if (at == NULL)
        fail_msg("nothing to edit: %s", find);
    cs_buf_add(&out, cs_slice_of(text, (size_t)(at - text)));
    cs_buf_add_str(&out, put);
    cs_buf_add_str(&out, at + strlen(find));
    assert_int_equal(out.err, CS_OK);
    return cs_buf_cstr(&out);
}

#endif
