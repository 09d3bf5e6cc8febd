/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates one by one: what is read of them, what is refused before any rule is asked, and PEM. */
#include "cert_fixture.h"

#include "core/crypto_issue.h"
#include "core/crypto_x509.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct cert plain(void)
{
    return (struct cert){
        .subject = "me", .issuer = "me", .key = cert_key(CERT_P384, 0), .issuer_key = cert_key(CERT_P384, 0)};
}

static cs_err parse(cs_slice der)
{
    cs_cert *c = NULL;
    cs_err err = cs_cert_parse(&c, der);
    assert_true((c != NULL) == (err == CS_OK));
    cs_cert_free(c);
    return err;
}

/* `der` with its bytes `find` replaced once; of the same length. */
static cs_slice patched(cs_slice der, cs_slice find, cs_slice put, bool last)
{
    uint8_t *copy = vectors_copy(der), *at = memmem(copy, der.n, find.p, find.n);
    assert_int_equal(find.n, put.n);
    assert_non_null(at);
    for (uint8_t *next = at; last && next != NULL;) {
        at = next;
        next = memmem(at + 1, (size_t)(copy + der.n - at - 1), find.p, find.n);
    }
    memcpy(at, put.p, put.n);
    return cs_slice_of(copy, der.n);
}

static void what_is_read(void **state)
{
    (void)state;
    struct cert row = plain();
    row.from = 1700000000;
    row.to = 2600000000; /* behind 2050: GeneralizedTime */
    row.extra_nid = NID_netscape_comment;
    row.extra = "hello";
    cs_slice der = cert_make(&row);
    cs_cert *c = NULL;
    cs_digest digest;
    assert_int_equal(cs_cert_parse(&c, der), CS_OK);
    assert_true(cs_slice_eq(cs_cert_der(c), der));
    assert_true(cs_cert_der(c).p != der.p);
    assert_int_equal(cs_hash(&digest, CS_SHA256, der), CS_OK);
    assert_true(cs_slice_eq(cs_cert_sha256(c), cs_digest_slice(&digest)));
    assert_int_equal(cs_cert_not_before(c), 1700000000);
    assert_int_equal(cs_cert_not_after(c), 2600000000);
    assert_true(cs_slice_is(cs_cert_common_name(c), "me"));
    assert_true(cs_slice_eq(cs_cert_extension(c, "2.16.840.1.113730.1.13"), CS_LIT("\x16\x05hello")));
    assert_null(cs_cert_extension(c, "2.5.29.19").p);
    assert_null(cs_cert_extension(c, "no oid").p);
    assert_int_equal(cs_pubkey_curve(cs_cert_public_key(c)), CS_P384);
    assert_int_equal(cs_cert_self_signed(c), CS_OK);

    cs_buf text = cs_buf_new(4096);
    cs_jw w = cs_jw_on(&text);
    cs_cert_describe(&w, NULL, c);
    assert_non_null(strstr(cs_buf_cstr(&text),
                           "{\"subject\":\"CN=me\",\"issuer\":\"CN=me\",\"notBefore\":\"2023-11-14T22:13:"
                           "20.000Z\",\"notAfter\":\"2052-05-22T14:13:20.000Z\",\"key\":\"P-384\","
                           "\"sha256\":\""));
    cs_buf_free(&text);
    cs_cert_free(c);
    vectors_release();
}

/* A certificate whose key ends with a bit of this value, and where its BIT STRING begins. */
static cs_slice key_that_ends_with(unsigned last, size_t *bits)
{
    for (;;) {
        struct cert row = plain();
        row.key = EVP_EC_gen("P-384");
        cs_slice der = cert_make(&row);
        EVP_PKEY_free(row.key);
        const uint8_t *at = memmem(der.p, der.n, "\x03\x62\x00\x04", 4); /* an uncompressed point */
        assert_non_null(at);
        *bits = (size_t)(at - der.p);
        if ((at[1 + 0x62] & 1) == last)
            return der;
        vectors_release();
    }
}

/* The BIT STRING of a key says that the last bit does not count: no DER where it is set, and no key where it is not. */
static void a_key_of_whole_octets(void **state)
{
    (void)state;
    for (unsigned last = 0; last < 2; last++) {
        cs_cert *c = NULL;
        size_t bits = 0;
        cs_slice der = key_that_ends_with(last, &bits);
        uint8_t *copy = vectors_copy(der);
        assert_int_equal(cs_cert_parse(&c, der), CS_OK);
        assert_non_null(cs_cert_public_key(c));
        cs_cert_free(c);
        copy[bits + 2] = 1;
        assert_int_equal(cs_cert_parse(&c, cs_slice_of(copy, der.n)), last == 0 ? CS_OK : CS_BAD_FORMAT);
        if (last == 0)
            assert_null(cs_cert_public_key(c));
        cs_cert_free(c);
        vectors_release();
    }
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *shown;
    } rows[] = {
        {"me", "me"},
        {NULL, NULL},
        {"https://x.attest.azure.net", "https://x.attest.azure.net"},
        {"\xc3\xa9\"\\\n", "\xc3\xa9\"\\\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cert row = plain();
        cs_cert *c = NULL;
        row.subject = rows[i].subject;
        assert_int_equal(cs_cert_parse(&c, cert_make(&row)), CS_OK);
        cs_slice name = cs_cert_common_name(c);
        assert_true(rows[i].shown != NULL ? cs_slice_is(name, rows[i].shown) : name.p == NULL);
        /* what is described of any name is strict JSON */
        cs_buf text = cs_buf_new(4096);
        cs_json *doc = NULL;
        cs_jw w = cs_jw_on(&text);
        cs_cert_describe(&w, NULL, c);
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), 4096), CS_OK);
        cs_json_free(doc);
        cs_buf_free(&text);
        cs_cert_free(c);
    }
    vectors_release();
}

static void refusals(void **state)
{
    (void)state;
    struct cert row = plain(), version1 = row, twice = row, constraints = row;
    version1.version1 = true;
    twice.extra_nid = NID_netscape_comment;
    twice.extra = "hello";
    twice.twice = true;
    constraints.constraints = "CA:FALSE,pathlen:1";
    cs_slice der = cert_make(&row);
    const struct {
        cs_slice der;
        cs_err err;
    } rows[] = {
        {der, CS_OK},
        {CS_ABSENT, CS_BAD_FORMAT},
        {CS_LIT(""), CS_BAD_FORMAT},
        {CS_LIT("\x30\x00"), CS_BAD_FORMAT},
        {CS_LIT("\x30\x80\x00\x00"), CS_BAD_FORMAT},
        {cert_make(&version1), CS_BAD_FORMAT},
        {cert_make(&twice), CS_BAD_FORMAT},
        {cert_make(&constraints), CS_BAD_FORMAT},
        /* the algorithm outside is another one than inside: SHA-256 for SHA-384 */
        {patched(der, CS_LIT("\x2a\x86\x48\xce\x3d\x04\x03\x03"), CS_LIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"), true),
         CS_BAD_FORMAT},
        {patched(der, CS_LIT("\x2a\x86\x48\xce\x3d\x04\x03\x03"), CS_LIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"), false),
         CS_BAD_FORMAT},
        /* times in another form: local, and without seconds' zone */
        {patched(der, CS_LIT("330518033320Z"), CS_LIT("3305180333200"), false), CS_BAD_FORMAT},
        {patched(der, CS_LIT("330518033320Z"), CS_LIT("33051803+0100"), false), CS_BAD_FORMAT},
        {patched(der, CS_LIT("330518033320Z"), CS_LIT("331318033320Z"), false), CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_err err = parse(rows[i].der);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
    }
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(parse(cs_slice_sub(der, 0, n)), CS_BAD_FORMAT);
    uint8_t *room = vectors_hold(CS_MAX_CERTIFICATE + 1);
    memset(room, 0, CS_MAX_CERTIFICATE + 1);
    memcpy(room, der.p, der.n);
    assert_int_equal(parse(cs_slice_of(room, der.n + 1)), CS_BAD_FORMAT);
    assert_int_equal(parse(cs_slice_of(room, CS_MAX_CERTIFICATE + 1)), CS_BAD_FORMAT);
    vectors_release();
}

/* The outer lengths in a longer form mean the same to others; here one certificate has one form. */
static void lengths_are_the_shortest(void **state)
{
    (void)state;
    struct cert row = plain();
    cs_slice der = cert_make(&row);
    assert_int_equal(der.p[1], 0x82);
    uint8_t *longer = vectors_hold(der.n + 1);
    memcpy(longer + 5, der.p + 4, der.n - 4);
    memcpy(longer, (uint8_t[]){0x30, 0x83, 0, der.p[2], der.p[3]}, 5);
    assert_int_equal(parse(cs_slice_of(longer, der.n + 1)), CS_BAD_FORMAT);
    vectors_release();
}

/* Some have 30 kB, because of what is written into an extension. */
static void large_ones(void **state)
{
    (void)state;
    char *text = (char *)vectors_hold(40000);
    memset(text, 'a', 39999);
    text[39999] = '\0';
    struct cert row = plain();
    row.extra_nid = NID_netscape_comment;
    row.extra = text;
    assert_int_equal(parse(cert_make(&row)), CS_OK);
    vectors_release();
}

static void self_signed(void **state)
{
    (void)state;
    struct cert row = plain(), other_name = row, other_key = row, weak = row, rsa = row, pss = row, md5 = row;
    other_name.issuer = "you";
    other_key.issuer_key = cert_key(CERT_P384, 1);
    weak.key = weak.issuer_key = cert_key(CERT_RSA1024, 0);
    weak.md = "SHA256";
    rsa.key = rsa.issuer_key = cert_key(CERT_RSA2048, 0);
    rsa.md = "SHA256";
    pss = rsa;
    pss.md = "SHA384";
    pss.pss = 48;
    md5 = rsa;
    md5.md = "SHA1";
    struct cert salt = pss, pss256 = pss, nameless = row;
    salt.pss = 32;
    pss256.md = "SHA256";
    nameless.subject = nameless.issuer = NULL;
    const struct {
        const struct cert *row;
        cs_err err;
    } rows[] = {
        {&row, CS_OK},
        {&rsa, CS_OK},
        {&pss, CS_OK},
        {&other_name, CS_ATT_CHAIN},
        {&other_key, CS_ATT_CHAIN},
        {&weak, CS_ATT_KEY_WEAK},
        {&md5, CS_ATT_CHAIN},
        {&salt, CS_ATT_CHAIN},
        {&pss256, CS_ATT_CHAIN},
        {&nameless, CS_ATT_CHAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_cert *c = NULL;
        assert_int_equal(cs_cert_parse(&c, cert_make(rows[i].row)), CS_OK);
        if (cs_cert_self_signed(c) != rows[i].err)
            fail_msg("row %zu", i);
        cs_cert_free(c);
    }
    vectors_release();
}

static void pem(void **state)
{
    (void)state;
    struct cert row = plain();
    cs_slice der = cert_make(&row), found[CS_MAX_CHAIN];
    cs_buf one = cs_buf_new(1u << 16), text = cs_buf_new(1u << 18), ders = cs_buf_new(1u << 18);
    size_t n = 9;
    cs_issue_pem(&one, der);
    const char *block = cs_buf_cstr(&one);
    static const struct {
        const char *before, *after;
        int blocks;
        size_t max;
        cs_err err;
    } rows[] = {
        {"", "", 1, 1, CS_OK},
        {"\n\n ", "\r\n\t", 1, 1, CS_OK},
        {"", "", 3, 3, CS_OK},
        {"", "", 3, 2, CS_BAD_FORMAT},
        {"", "", CS_MAX_CHAIN + 1, 99, CS_BAD_FORMAT},
        {"", "", 0, 1, CS_BAD_FORMAT},
        {"subject=me\n", "", 1, 1, CS_BAD_FORMAT},
        {"", "x", 1, 1, CS_BAD_FORMAT},
        {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "", 1, 9, CS_BAD_FORMAT},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "", 0, 9, CS_BAD_FORMAT},
        {"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", "", 0, 9, CS_BAD_FORMAT},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE----\n", "", 0, 9, CS_BAD_FORMAT},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n", "", 0, 9, CS_BAD_FORMAT},
        {"-----BEGIN CERTIFICATE-----\nAA-AA\n-----END CERTIFICATE-----\n", "", 0, 9, CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_buf_clear(&text);
        cs_buf_clear(&ders);
        cs_buf_add_str(&text, rows[i].before);
        for (int b = 0; b < rows[i].blocks; b++)
            cs_buf_add_str(&text, block);
        cs_buf_add_str(&text, rows[i].after);
        if (cs_pem_certificates(&ders, found, &n, rows[i].max, cs_buf_slice(&text)) != rows[i].err)
            fail_msg("row %zu", i);
        assert_int_equal(n, rows[i].err == CS_OK ? (size_t)rows[i].blocks : 0);
        for (size_t c = 0; c < n; c++)
            assert_true(cs_slice_eq(found[c], der));
    }
    cs_buf_free(&one);
    cs_buf_free(&text);
    cs_buf_free(&ders);
    vectors_release();
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
        cmocka_unit_test(what_is_read),
        cmocka_unit_test(a_key_of_whole_octets),
        cmocka_unit_test(names),
        cmocka_unit_test(refusals),
        cmocka_unit_test(lengths_are_the_shortest),
        cmocka_unit_test(large_ones),
        cmocka_unit_test(self_signed),
        cmocka_unit_test(pem),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
