/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets: what is kept, what is kept out, what refuses the whole set, and the one form that is stored. */
#include "token_fixture.h"

#include "core/jwks.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ISSUER "https://issuer.example"
#define OTHER "https://other.example"

static cs_err read_set(cs_jwks **out, cs_slice text, size_t issuers)
{
    static const cs_slice names[] = {CS_LIT(ISSUER), CS_LIT(OTHER)};
    cs_json *doc = NULL;
    assert_int_equal(cs_json_parse(&doc, text, CS_MAX_POLICY), CS_OK);
    cs_err err = cs_jwks_read(out, cs_json_root(doc), names, issuers);
    cs_json_free(doc);
    assert_true((err == CS_OK) == (*out != NULL));
    return err;
}

/* {"keys":[a,b]}; b may be NULL. */
static cs_slice set_of(const char *a, const char *b)
{
    return cs_slice_str(
        token_join("{\"keys\":[", a, b != NULL ? "," : "", b != NULL ? b : "", "]}", (const char *)NULL));
}

static const char *form_of(const cs_jwks *s)
{
    cs_buf out = token_buf();
    cs_jw w = cs_jw_on(&out);
    cs_jwks_write(&w, NULL, s);
    assert_int_equal(out.err, CS_OK);
    return cs_buf_cstr(&out);
}

static void members(void **state)
{
    (void)state;
    static const struct {
        const char *find, *put;
        cs_err err;
        size_t kept;
    } rows[] = {
        {"", "", CS_OK, 2},
        /* not for us */
        {"\"kty\":\"RSA\"", "\"kty\":\"EC\"", CS_OK, 1},
        {"\"kty\":\"RSA\"", "\"kty\":\"oct\"", CS_OK, 1},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"alg\":\"RS512\"", CS_OK, 1},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"use\":\"enc\"", CS_OK, 1},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"x5t\":\"x\",\"other\":[1.5]", CS_OK,
         2},
        /* too weak */
        {"\"e\":\"AQAB\"", "\"e\":\"Aw\"", CS_OK, 1},
        {"\"e\":\"AQAB\"", "\"e\":\"AQABAQAB\"", CS_OK, 1},
        {"\"e\":\"AQAB\"", "\"e\":\"AQAC\"", CS_OK, 1}, /* even */
        /* unusable */
        {"\"kty\":\"RSA\",", "", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":1", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"alg\":1", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"d\":\"AQAB\"", CS_POLICY_KEYS, 0},
        {"\"kid\":\"b\",", "", CS_POLICY_KEYS, 0},
        {"\"kid\":\"b\"", "\"kid\":\"\"", CS_POLICY_KEYS, 0},
        {"\"kid\":\"b\"", "\"kid\":\"b b\"", CS_POLICY_KEYS, 0},
        {"\"kid\":\"b\"", "\"kid\":\"\\u00e9\"", CS_POLICY_KEYS, 0},
        {"\"kid\":\"b\"", "\"kid\":7", CS_POLICY_KEYS, 0},
        {"\"kid\":\"b\"", "\"kid\":\"a\"", CS_POLICY_KEYS, 0}, /* twice */
        {"\"e\":\"AQAB\"", "\"e\":\"AAEAAQ\"", CS_POLICY_KEYS, 0},
        {"\"e\":\"AQAB\"", "\"e\":\"AQAB=\"", CS_POLICY_KEYS, 0},
        {"\"e\":\"AQAB\"", "\"e\":65537", CS_POLICY_KEYS, 0},
        {"\"n\":\"", "\"n\":\"AA", CS_POLICY_KEYS, 0},
        {"\"n\":\"", "\"n\":\"=", CS_POLICY_KEYS, 0},
        {"\"n\":\"", "\"m\":\"", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"x5c\":[]", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"x5c\":\"AAAA\"", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"x5c\":[\"AAAA\"]", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"issuer\":\"" ISSUER "\"", CS_OK, 2},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"issuer\":\"" OTHER "\"", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"nbf\":10,\"exp\":20", CS_OK, 2},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"nbf\":20,\"exp\":10", CS_POLICY_KEYS, 0},
        {"\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"exp\":\"20\"", CS_POLICY_KEYS, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_jwks *s = NULL;
        const char *b = token_edit(token_jwk("b", cert_key(CERT_RSA2048, 1), ""), rows[i].find, rows[i].put);
        cs_err err = read_set(&s, set_of(b, token_jwk("a", cert_key(CERT_RSA2048, 0), "")), 1);
        if (err != rows[i].err || (s != NULL && cs_jwks_count(s) != rows[i].kept))
            fail_msg("row %zu, %s: %s", i, rows[i].put, cs_err_name(err));
        cs_jwks_free(s);
        vectors_release();
    }
}

static void sets(void **state)
{
    (void)state;
    cs_jwks *s = NULL;
    static const char *const texts[] = {
        "{}", "[]", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1]}", "{\"keys\":[{}]}"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(read_set(&s, cs_slice_str(texts[i]), 1), CS_POLICY_KEYS);
    /* nothing is left of a weak key, and a set without keys is no set */
    assert_int_equal(read_set(&s, set_of(token_jwk("a", cert_key(CERT_RSA1024, 0), ""), NULL), 1), CS_POLICY_KEYS);
    cs_buf many = token_buf();
    cs_buf_add_str(&many, "{\"keys\":[");
    for (int i = 0; i <= CS_MAX_JWKS; i++)
        cs_buf_printf(&many, "%s{\"kty\":\"RSA\",\"kid\":\"%d\",\"n\":\"%s\",\"e\":\"AQAB\"}", i > 0 ? "," : "", i,
                      token_number(cert_key(CERT_RSA2048, 0), OSSL_PKEY_PARAM_RSA_N));
    cs_buf_add_str(&many, "]}");
    assert_int_equal(read_set(&s, cs_buf_slice(&many), 1), CS_POLICY_KEYS);
    vectors_release();
}

/* With several issuers every key must say whose it is: else one could sign for another. */
static void several_issuers(void **state)
{
    (void)state;
    cs_jwks *s = NULL;
    EVP_PKEY *key = cert_key(CERT_RSA2048, 0);
    assert_int_equal(read_set(&s, set_of(token_jwk("a", key, ""), NULL), 2), CS_POLICY_KEYS);
    assert_int_equal(read_set(&s, set_of(token_jwk("a", key, ",\"issuer\":\"" OTHER "\""), NULL), 2), CS_OK);
    assert_string_equal(cs_jwks_find(s, CS_LIT("a"))->issuer, OTHER);
    cs_jwks_free(s);
    assert_int_equal(read_set(&s, set_of(token_jwk("a", key, ""), NULL), 0), CS_POLICY_KEYS);
    vectors_release();
}

static const char *certified(const struct cert *c, const char *more)
{
    return token_join("{\"kty\":\"RSA\",\"kid\":\"c\",\"x5c\":[\"", token_base64(cert_make(c)), "\"]", more, "}",
                      (const char *)NULL);
}

static void certificates(void **state)
{
    (void)state;
    EVP_PKEY *key = cert_key(CERT_RSA2048, 0), *other = cert_key(CERT_RSA2048, 1);
    const struct cert own = {.subject = ISSUER, .issuer = ISSUER, .key = key, .issuer_key = key, .md = "SHA256"};
    struct cert weak = own, stranger = own, unsigned_one = own, md = own, nameless = own, curve = own;
    weak.key = weak.issuer_key = cert_key(CERT_RSA1024, 0);
    stranger.subject = stranger.issuer = "https://elsewhere.example";
    unsigned_one.issuer_key = other;
    md.md = "SHA512";
    nameless.subject = nameless.issuer = NULL;
    curve.key = curve.issuer_key = cert_key(CERT_P384, 0);
    char same[1024], another[1024], issuer[] = ",\"issuer\":\"" OTHER "\"", times[] = ",\"exp\":2000000001";
    (void)snprintf(same, sizeof same, ",\"e\":\"AQAB\",\"n\":\"%s\"", token_number(key, OSSL_PKEY_PARAM_RSA_N));
    (void)snprintf(another, sizeof another, ",\"e\":\"AQAB\",\"n\":\"%s\"", token_number(other, OSSL_PKEY_PARAM_RSA_N));
    const struct {
        const char *key;
        cs_err err;
    } rows[] = {
        {certified(&own, ""), CS_OK},
        {certified(&own, same), CS_OK},
        {certified(&own, another), CS_POLICY_KEYS},
        {certified(&own, ",\"n\":\"AQAB\""), CS_POLICY_KEYS},
        {certified(&own, issuer), CS_POLICY_KEYS},
        {certified(&own, times), CS_POLICY_KEYS},
        {certified(&stranger, ""), CS_POLICY_KEYS},
        {certified(&unsigned_one, ""), CS_POLICY_KEYS},
        {certified(&md, ""), CS_POLICY_KEYS},
        {certified(&nameless, ""), CS_POLICY_KEYS},
        {certified(&weak, ""), CS_POLICY_KEYS},  /* kept out, and nothing is left */
        {certified(&curve, ""), CS_POLICY_KEYS}, /* the same */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_jwks *s = NULL;
        cs_err err = read_set(&s, set_of(rows[i].key, NULL), 2);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        if (s != NULL) {
            const cs_jwk *k = cs_jwks_at(s, 0);
            assert_string_equal(k->issuer, ISSUER);
            assert_int_equal(k->nbf, 1000);
            assert_int_equal(k->exp, 2000000000);
        }
        cs_jwks_free(s);
    }
    vectors_release();
}

/* The next end that leaves an issuer with fewer keys; what has ended counts while nothing has taken its place. */
static void ends(void **state)
{
    (void)state;
    enum { NOW = 1000 };
    const char *own = ",\"issuer\":\"" ISSUER "\"", *other = ",\"issuer\":\"" OTHER "\"";
    const struct {
        const char *a_issuer, *a, *b_issuer, *b;
        int64_t until;
    } rows[] = {
        {"", "", "", "", INT64_MAX},
        {"", ",\"exp\":2000", "", "", 2000},
        {"", ",\"exp\":2000", "", ",\"exp\":1500", 1500},
        {"", ",\"exp\":1000", "", ",\"exp\":1500", 1500},
        {"", ",\"exp\":1001", "", ",\"exp\":1500", 1001},
        {"", ",\"exp\":900", "", "", INT64_MAX},
        {"", ",\"exp\":900", "", ",\"exp\":800", 800},
        {own, ",\"exp\":900", other, ",\"exp\":1500", 900},
        {own, ",\"exp\":900", own, ",\"exp\":1500", 1500},
        {own, ",\"exp\":900", other, "", 900},
        {own, ",\"exp\":900", own, "", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_jwks *s = NULL;
        char a[128], b[128];
        (void)snprintf(a, sizeof a, "%s%s", rows[i].a_issuer, rows[i].a);
        (void)snprintf(b, sizeof b, "%s%s", rows[i].b_issuer, rows[i].b);
        cs_slice set =
            set_of(token_jwk("a", cert_key(CERT_RSA2048, 0), a), token_jwk("b", cert_key(CERT_RSA2048, 1), b));
        assert_int_equal(read_set(&s, set, rows[i].a_issuer[0] != '\0' ? 2 : 1), CS_OK);
        if (cs_jwks_until(s, NOW) != rows[i].until)
            fail_msg("row %zu: %lld", i, (long long)cs_jwks_until(s, NOW));
        cs_jwks_free(s);
    }
    vectors_release();
}

static void one_form(void **state)
{
    (void)state;
    cs_jwks *s = NULL, *again = NULL;
    uint8_t a[CS_SHA256_LEN], b[CS_SHA256_LEN];
    EVP_PKEY *key = cert_key(CERT_RSA2048, 0);
    const struct cert own = {.subject = ISSUER, .issuer = ISSUER, .key = key, .issuer_key = key, .md = "SHA256"};
    cs_slice set = set_of(certified(&own, ""), token_jwk("B", cert_key(CERT_RSA2048, 1), ",\"use\":\"sig\""));
    assert_int_equal(read_set(&s, set, 1), CS_OK);
    char expected[2048];
    (void)snprintf(expected, sizeof expected,
                   "{\"keys\":[{\"e\":\"AQAB\",\"kid\":\"B\",\"kty\":\"RSA\",\"n\":\"%s\"},{\"e\":\"AQAB\",\"exp\":"
                   "2000000000,\"issuer\":"
                   "\"" ISSUER "\",\"kid\":\"c\",\"kty\":\"RSA\",\"n\":\"%s\",\"nbf\":1000}]}",
                   token_number(cert_key(CERT_RSA2048, 1), OSSL_PKEY_PARAM_RSA_N),
                   token_number(key, OSSL_PKEY_PARAM_RSA_N));
    assert_string_equal(form_of(s), expected);
    assert_int_equal(read_set(&again, cs_slice_str(expected), 1), CS_OK);
    assert_string_equal(form_of(again), expected);
    assert_int_equal(cs_jwks_sha256(a, s), CS_OK);
    assert_int_equal(cs_jwks_sha256(b, again), CS_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_non_null(cs_jwks_find(s, CS_LIT("c")));
    assert_null(cs_jwks_find(s, CS_LIT("C")));
    assert_null(cs_jwks_find(s, CS_LIT("")));
    assert_null(cs_jwks_find(s, CS_ABSENT));
    assert_null(cs_jwks_at(s, 2));
    cs_jwks_free(s);
    cs_jwks_free(again);
    vectors_release();
}

static void public_sets(void **state)
{
    (void)state;
    static const struct {
        const char *name, *issuer;
        size_t kept;
        const char *kid;
    } rows[] = {
        {"gcp/cs-oidc-jwks-2026-10-08.json", "https://confidentialcomputing.googleapis.com", 2,
         "1be6ff7287d640316ddc929e1a8b21fbca7e54e7"},
        {"azure/maa-jwks-eus-2026-10-08.json", "https://sharedeus.eus.attest.azure.net", 1,
         "rFl9xM+g7TvX63y0iseZtIn20MD5SYAnGblKFasau8I="},
        /* the key of 1,024 bits is kept out */
        {"azure/maa-jwks-uks-2020.json", "https://gnkuks001.uks.attest.azure.net", 4, "ZQzLfoNwhBNCu9r8Fucjn6H4Cdw"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[128];
        cs_json *doc = NULL;
        cs_jwks *s = NULL;
        (void)snprintf(name, sizeof name, "attestation/%s", rows[i].name);
        cs_buf text = vectors_public_file(name);
        const cs_slice issuer = cs_slice_str(rows[i].issuer);
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), CS_MAX_POLICY), CS_OK);
        assert_int_equal(cs_jwks_read(&s, cs_json_root(doc), &issuer, 1), CS_OK);
        assert_int_equal(cs_jwks_count(s), rows[i].kept);
        assert_non_null(cs_jwks_find(s, cs_slice_str(rows[i].kid)));
        assert_null(cs_jwks_find(s, CS_LIT("KQFAHrk1xALKHBD4b4u7TCvCJ1Mw0MlYZe+rxdePOtg=")));
        cs_jwks_free(s);
        cs_json_free(doc);
        cs_buf_free(&text);
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
        cmocka_unit_test(members),      cmocka_unit_test(sets), cmocka_unit_test(several_issuers),
        cmocka_unit_test(certificates), cmocka_unit_test(ends), cmocka_unit_test(one_form),
        cmocka_unit_test(public_sets),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
