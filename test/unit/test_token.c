/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/token.c and crc32c.c: tokens that are taken, and one row for each way to be none. */
#include "devkms/token.h"

#include "devkms/crc32c.h"
#include "vectors.h"

#define NOW 1768473000
static const cs_slice key = {(const uint8_t *)"a key of the process", 20};
static cs_pair *signer, *stranger;

static void tokens(void **state)
{
    (void)state;
    cs_buf t = cs_buf_new(1024);
    assert_int_equal(cs_token_issue(&t, key, "https://a", NOW + 10), CS_OK);
    cs_slice good = cs_buf_slice(&t);
    assert_int_equal(cs_token_check(key, good, "https://a", NOW), CS_OK);
    assert_int_equal(cs_token_check(key, good, "https://a", NOW + 9), CS_OK);
    assert_int_equal(cs_token_check(key, good, "https://a", NOW + 10), CS_UNAUTHENTICATED);
    assert_int_equal(cs_token_check(key, good, "https://b", NOW), CS_UNAUTHENTICATED);
    assert_int_equal(cs_token_check(CS_LIT("another key"), good, "https://a", NOW), CS_UNAUTHENTICATED);
    for (size_t i = 0; i < t.n; i++) { /* each character counts */
        uint8_t was = t.p[i];
        t.p[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(cs_token_check(key, good, "https://a", NOW), CS_UNAUTHENTICATED);
        t.p[i] = was;
    }
    for (size_t n = 0; n < t.n; n++)
        assert_int_equal(cs_token_check(key, cs_slice_sub(good, 0, n), "https://a", NOW), CS_UNAUTHENTICATED);
    cs_buf_add_str(&t, ".x");
    assert_int_equal(cs_token_check(key, cs_buf_slice(&t), "https://a", NOW), CS_UNAUTHENTICATED);
    cs_buf_free(&t);
}

static void sign(cs_buf *jwt, const char *header, const char *claims, const cs_pair *by)
{
    cs_buf sig = cs_buf_new(1024);
    cs_base64url_encode(jwt, cs_slice_str(header));
    cs_buf_add_u8(jwt, '.');
    cs_base64url_encode(jwt, cs_slice_str(claims));
    assert_int_equal(cs_pair_sign(&sig, by, CS_PAIR_RS256, cs_buf_slice(jwt)), CS_OK);
    cs_buf_add_u8(jwt, '.');
    cs_base64url_encode(jwt, cs_buf_slice(&sig));
    cs_buf_free(&sig);
}

#define HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"
#define CLAIMS "{\"iss\":\"i\",\"aud\":\"a\",\"scope\":\"s\",\"iat\":1768473000,\"exp\":1768476600,\"more\":1}"

static void assertions(void **state)
{
    (void)state;
    static const struct {
        cs_err err;
        const char *header, *claims;
        int64_t later;
        bool stranger;
    } rows[] = {
        {CS_OK, HEADER, CLAIMS},
        {CS_OK, "{\"alg\":\"RS256\",\"kid\":\"k\"}", CLAIMS},
        {CS_OK, HEADER, CLAIMS, 3599},
        {CS_OK, HEADER, CLAIMS, -60},
        {CS_UNAUTHENTICATED, HEADER, CLAIMS, 3600},
        {CS_UNAUTHENTICATED, HEADER, CLAIMS, -61},
        {CS_UNAUTHENTICATED, HEADER, CLAIMS, 0, true},
        {CS_UNAUTHENTICATED, "{\"alg\":\"none\"}", CLAIMS},
        {CS_UNAUTHENTICATED, "{\"alg\":\"HS256\"}", CLAIMS},
        {CS_UNAUTHENTICATED, "{\"alg\":\"RS512\"}", CLAIMS},
        {CS_UNAUTHENTICATED, "{\"alg\":\"RS256\",\"jwk\":{}}", CLAIMS},
        {CS_UNAUTHENTICATED, "{}", CLAIMS},
        {CS_UNAUTHENTICATED, "x", CLAIMS},
        {CS_UNAUTHENTICATED, HEADER, "x"},
        {CS_UNAUTHENTICATED, HEADER, "{\"aud\":\"a\",\"iat\":1768473000,\"exp\":1768476600}"},
        {CS_UNAUTHENTICATED, HEADER, "{\"iss\":\"i\",\"exp\":1768476600}"},
        {CS_UNAUTHENTICATED, HEADER, "{\"iss\":\"i\",\"iat\":1768473000}"},
        {CS_UNAUTHENTICATED, HEADER, "{\"iss\":\"i\",\"iat\":1768473000,\"exp\":1768476601}"},
        {CS_UNAUTHENTICATED, HEADER, "{\"iss\":\"i\",\"iat\":\"1768473000\",\"exp\":1768476600}"},
        {CS_UNAUTHENTICATED, HEADER, "{\"iss\":\"i\",\"iss\":\"j\",\"iat\":1768473000,\"exp\":1768476600}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_assertion a;
        cs_buf jwt = cs_buf_new(4096);
        sign(&jwt, rows[i].header, rows[i].claims, rows[i].stranger ? stranger : signer);
        if (cs_assertion_read(&a, signer, cs_buf_slice(&jwt), NOW + rows[i].later) != rows[i].err)
            fail_msg("row %zu", i);
        if (i == 0)
            assert_true(cs_slice_is(a.issuer, "i") && cs_slice_is(a.audience, "a") && cs_slice_is(a.scope, "s") &&
                        a.subject.p == NULL);
        cs_assertion_free(&a);
        if (rows[i].err == CS_OK) { /* a changed signature */
            jwt.p[jwt.n - 10] = jwt.p[jwt.n - 10] == 'A' ? 'B' : 'A';
            assert_int_equal(cs_assertion_read(&a, signer, cs_buf_slice(&jwt), NOW + rows[i].later),
                             CS_UNAUTHENTICATED);
            cs_assertion_free(&a);
        }
        cs_buf_free(&jwt);
    }
}

static void checksums(void **state)
{
    (void)state;
    static const uint8_t zeros[32]; /* RFC 3720 §B.4 */
    uint8_t ones[32], up[32];
    for (size_t i = 0; i < 32; i++) {
        ones[i] = 0xff;
        up[i] = (uint8_t)i;
    }
    assert_int_equal(cs_crc32c_of(CS_LIT("123456789")), 0xe3069283u);
    assert_int_equal(cs_crc32c_of(CS_LIT("")), 0);
    assert_int_equal(cs_crc32c_of(CS_ARRAY(zeros)), 0x8a9136aau);
    assert_int_equal(cs_crc32c_of(CS_ARRAY(ones)), 0x62a8ab43u);
    assert_int_equal(cs_crc32c_of(CS_ARRAY(up)), 0x46dd794eu);
}

static int make_keys(void **state)
{
    (void)state;
    assert_int_equal(cs_pair_generate(&signer, CS_PAIR_RSA2048), CS_OK);
    assert_int_equal(cs_pair_generate(&stranger, CS_PAIR_RSA2048), CS_OK);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    cs_pair_free(signer);
    cs_pair_free(stranger);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tokens), cmocka_unit_test(assertions),
                                       cmocka_unit_test(checksums)};
    return cmocka_run_group_tests_name("token", tests, make_keys, free_keys);
}
