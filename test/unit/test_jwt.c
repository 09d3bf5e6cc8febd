/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: shape, header, signature and times, each with what must be refused; the public ones as they are. */
#include "token_fixture.h"

#include "core/jwt.h"
#include "core/limits.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define CLAIMS "{\"iat\":1000,\"nbf\":1000,\"exp\":4600}"
#define HEADER64 "eyJhbGciOiJSUzI1NiJ9" /* {"alg":"RS256"} */

static cs_err parse(cs_slice token)
{
    cs_jwt t;
    cs_err err = cs_jwt_parse(&t, token);
    cs_jwt_free(&t);
    return err;
}

static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err err;
    } rows[] = {
        {HEADER64 ".e30.AAAA", CS_OK},
        {"", CS_ATT_EVIDENCE_FORMAT},
        {".", CS_ATT_EVIDENCE_FORMAT},
        {"..", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64, CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".e30", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".e30.", CS_ATT_EVIDENCE_FORMAT}, /* no signature */
        {HEADER64 "..AAAA", CS_ATT_EVIDENCE_FORMAT},
        {".e30.AAAA", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".e30.AAAA.AAAA", CS_ATT_EVIDENCE_FORMAT}, /* a third dot */
        {HEADER64 ".e30.AAAA.", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".e30=.AAAA", CS_ATT_EVIDENCE_FORMAT}, /* padding */
        {HEADER64 ".e30.AA==", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".e31.AAAA", CS_ATT_EVIDENCE_FORMAT}, /* unused bits */
        {HEADER64 ".e30.AA+A", CS_ATT_EVIDENCE_FORMAT}, /* the other alphabet */
        {HEADER64 ".e30.AAAA\n", CS_ATT_EVIDENCE_FORMAT},
        {" " HEADER64 ".e30.AAAA", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".W10.AAAA", CS_ATT_EVIDENCE_FORMAT}, /* [] */
        {HEADER64 ".MQ.AAAA", CS_ATT_EVIDENCE_FORMAT},  /* 1 */
        {"W10.e30.AAAA", CS_ATT_EVIDENCE_FORMAT},
        {HEADER64 ".eyJhIjoxLCJhIjoyfQ.AAAA", CS_ATT_EVIDENCE_FORMAT},                /* {"a":1,"a":2} */
        {"eyJhbGciOiJSUzI1NiIsImFsZyI6IlJTMjU2In0.e30.AAAA", CS_ATT_EVIDENCE_FORMAT}, /* alg twice */
        {HEADER64 ".eyJhIjp7ImIiOjEsImIiOjF9fQ.AAAA", CS_ATT_EVIDENCE_FORMAT},        /* {"a":{"b":1,"b":1}} */
        {HEADER64 ".eyJhIjoxLCJcdTAwNjEiOjF9.AAAA", CS_ATT_EVIDENCE_FORMAT},          /* {"a":1,"\u0061":1} */
        {HEADER64 ".e30g.AAAA", CS_OK},                                               /* {} and a space */
        {HEADER64 ".e317fQ.AAAA", CS_ATT_EVIDENCE_FORMAT},                            /* {}{} */
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (parse(cs_slice_str(rows[i].text)) != rows[i].err)
            fail_msg("%s", rows[i].text);
    static uint8_t long_text[CS_MAX_TOKEN + 1];
    memset(long_text, 'A', sizeof long_text);
    assert_int_equal(parse(CS_ARRAY(long_text)), CS_ATT_EVIDENCE_FORMAT);
}

static void headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        cs_err err;
    } rows[] = {
        {HEADER, CS_OK},
        {"{\"alg\":\"RS256\"}", CS_OK},
        {"{\"alg\":\"RS256\",\"jku\":\"https://example.org/certs\",\"x5u\":\"https://example.org\"}",
         CS_OK}, /* not read */
        {"{\"alg\":\"none\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"None\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"HS256\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"RS384\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"PS256\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"ES256\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"rs256\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"\"}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":null}", CS_ATT_EVIDENCE_FORMAT},
        {"{\"alg\":[\"RS256\"]}", CS_ATT_EVIDENCE_FORMAT},
        {"{\"kid\":\"k\"}", CS_ATT_EVIDENCE_FORMAT},
        {"{\"alg\":\"RS256\",\"typ\":\"JWS\"}", CS_ATT_EVIDENCE_FORMAT},
        {"{\"alg\":\"RS256\",\"typ\":1}", CS_ATT_EVIDENCE_FORMAT},
        {"{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"RS256\",\"crit\":null}", CS_ATT_EVIDENCE_ALGORITHM},
        {"{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", CS_ATT_EVIDENCE_ALGORITHM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_jwt t;
        assert_int_equal(cs_jwt_parse(&t, token_make(rows[i].header, CLAIMS, cert_key(CERT_RSA2048, 0))), CS_OK);
        if (cs_jwt_check_header(&t) != rows[i].err)
            fail_msg("%s", rows[i].header);
        cs_jwt_free(&t);
        vectors_release();
    }
}

static cs_pubkey *public_of(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    cs_pubkey *k = NULL;
    int n = i2d_PUBKEY(key, &der);
    assert_true(n > 0);
    assert_int_equal(cs_pubkey_from_spki(&k, cs_slice_of(der, (size_t)n)), CS_OK);
    OPENSSL_free(der);
    return k;
}

static void signatures(void **state)
{
    (void)state;
    cs_pubkey *right = public_of(cert_key(CERT_RSA2048, 0)), *wrong = public_of(cert_key(CERT_RSA2048, 1)),
              *curve = public_of(cert_key(CERT_P256, 0));
    cs_slice token = token_make(HEADER, CLAIMS, cert_key(CERT_RSA2048, 0));
    cs_jwt t;
    assert_int_equal(cs_jwt_parse(&t, token), CS_OK);
    assert_int_equal(cs_jwt_verify(&t, right), CS_OK);
    assert_int_equal(cs_jwt_verify(&t, wrong), CS_ATT_PROOF_INVALID);
    assert_int_equal(cs_jwt_verify(&t, curve), CS_ATT_PROOF_INVALID);
    cs_jwt_free(&t);

    /* Every bit of it counts: a flip is malformed, or refused under the key. */
    uint8_t *copy = vectors_copy(token);
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * token.n; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cs_err err = cs_jwt_parse(&t, cs_slice_of(copy, token.n));
        if (err == CS_OK)
            err = cs_jwt_verify(&t, right);
        refused += err == CS_ATT_EVIDENCE_FORMAT || err == CS_ATT_PROOF_INVALID;
        cs_jwt_free(&t);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(refused, 8 * token.n);
    cs_pubkey_free(right);
    cs_pubkey_free(wrong);
    cs_pubkey_free(curve);
    vectors_release();
}

/* The old trick: HMAC keyed with the public key that everybody has. The algorithm is the policy's, so it is RS256. */
static void hmac_with_the_public_key(void **state)
{
    (void)state;
    unsigned char *der = NULL, mac[32];
    unsigned n = 0;
    int spki = i2d_PUBKEY(cert_key(CERT_RSA2048, 0), &der);
    cs_buf token = token_buf();
    cs_base64url_encode(&token, CS_LIT("{\"alg\":\"HS256\"}"));
    cs_buf_add_u8(&token, '.');
    cs_base64url_encode(&token, CS_LIT(CLAIMS));
    assert_non_null(HMAC(EVP_sha256(), der, spki, token.p, token.n, mac, &n));
    cs_buf_add_u8(&token, '.');
    cs_base64url_encode(&token, cs_slice_of(mac, n));
    cs_jwt t;
    cs_pubkey *k = public_of(cert_key(CERT_RSA2048, 0));
    assert_int_equal(cs_jwt_parse(&t, cs_buf_slice(&token)), CS_OK);
    assert_int_equal(cs_jwt_check_header(&t), CS_ATT_EVIDENCE_ALGORITHM);
    assert_int_equal(cs_jwt_verify(&t, k), CS_ATT_PROOF_INVALID);
    cs_jwt_free(&t);
    cs_pubkey_free(k);
    OPENSSL_free(der);
    vectors_release();
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        int64_t at;
        bool stored;
        cs_err err;
    } rows[] = {
        {CLAIMS, 1000, false, CS_OK},
        {CLAIMS, 4599, false, CS_OK},
        {CLAIMS, 4600, false, CS_ATT_TOKEN_EXPIRED},
        {CLAIMS, 940, false, CS_OK}, /* a clock that is 60 s behind */
        {CLAIMS, 939, false, CS_ATT_TOKEN_NOT_YET_VALID},
        {CLAIMS, 9999999, true, CS_OK},
        {CLAIMS, 0, true, CS_OK},
        {"{\"iat\":4600,\"nbf\":1000,\"exp\":4600}", 1000, true, CS_ATT_TOKEN_EXPIRED},
        {"{\"iat\":100,\"nbf\":1000,\"exp\":4600}", 1000, true, CS_ATT_TOKEN_NOT_YET_VALID},
        {"{\"nbf\":1000,\"exp\":4600}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
        {"{\"iat\":1000,\"exp\":4600}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
        {"{\"iat\":1000,\"nbf\":1000}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
        {"{\"iat\":1000,\"nbf\":1000,\"exp\":\"4600\"}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
        {"{\"iat\":1000,\"nbf\":1000,\"exp\":4600.5}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
        {"{\"iat\":-1,\"nbf\":1000,\"exp\":4600}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
        {"{\"iat\":1000,\"nbf\":1000,\"exp\":9007199254740993}", 1000, false, CS_ATT_EVIDENCE_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_jwt t;
        cs_jwt_times found;
        assert_int_equal(cs_jwt_parse(&t, token_make(HEADER, rows[i].claims, cert_key(CERT_RSA2048, 0))), CS_OK);
        if (cs_jwt_check_times(&found, &t, rows[i].at, rows[i].stored) != rows[i].err)
            fail_msg("row %zu", i);
        cs_jwt_free(&t);
        vectors_release();
    }
}

static void public_tokens_parse(void **state)
{
    (void)state;
    static const char *const names[] = {"gcp/cs-oidc-sev-prod-2026-10-08.jwt", "gcp/cs-oidc-sev-debug-2026-10-08.jwt",
                                        "gcp/cs-pki-tdx-prod-2025-09-05.jwt", "azure/maa-sevsnpvm-eus-2026-10-09.jwt",
                                        "azure/maa-azurevm-guest-weu-2023-03-30.jwt"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char name[128];
        cs_jwt t;
        (void)snprintf(name, sizeof name, "attestation/%s", names[i]);
        cs_buf token = vectors_public_file(name);
        assert_int_equal(cs_jwt_parse(&t, cs_buf_slice(&token)), CS_OK);
        assert_int_equal(cs_jwt_check_header(&t), CS_OK);
        assert_true(cs_jobj_str(&t.claims, "iss", 255).n > 8);
        cs_jwt_free(&t);
        cs_buf_free(&token);
    }
}

static int free_keys(void **state)
{
    (void)state;
    cert_keys_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),     cmocka_unit_test(headers),
        cmocka_unit_test(signatures), cmocka_unit_test(hmac_with_the_public_key),
        cmocka_unit_test(times),      cmocka_unit_test(public_tokens_parse),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
