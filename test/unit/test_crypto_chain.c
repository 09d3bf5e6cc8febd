/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate chains: those of the vendors as they are, and of our own making with one thing wrong in each. */
#include "cert_fixture.h"

#include <pthread.h>

#include "core/crypto_x509.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SCHEME(s) (1u << (s))

#define MILAN "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"
#define GENOA "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1"
#define INTEL "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"
#define GOOGLE "148b293821bb0c6a317f413c8ba475814091cb22d49b9e3c94198db8e8f86c39"

/* A certificate by file and place: "snp/a.der", "snp/b.pem:1"; the PEM block may stand behind other bytes. */
static cs_slice certificate(const char *where)
{
    char name[256];
    assert_true(snprintf(name, sizeof name, "attestation/%s", where) < (int)sizeof name);
    char *colon = strchr(name, ':');
    size_t place = colon != NULL ? (size_t)(colon[1] - '0') : 0;
    if (colon != NULL)
        *colon = '\0';
    cs_buf file = vectors_public_file(name);
    cs_slice bytes = cs_slice_of(vectors_copy(cs_buf_slice(&file)), file.n);
    cs_buf_free(&file);
    if (colon == NULL)
        return bytes;
    const uint8_t *from = memmem(bytes.p, bytes.n, "-----BEGIN", 10);
    assert_non_null(from);
    size_t n = (size_t)(bytes.p + bytes.n - from), count = 0;
    n -= from[n - 1] == '\0';
    cs_slice found[CS_MAX_CHAIN];
    cs_buf ders = cs_buf_over(vectors_hold(16384), 16384);
    assert_int_equal(cs_pem_certificates(&ders, found, &count, COUNT(found), cs_slice_of(from, n)), CS_OK);
    assert_true(place < count);
    return found[place];
}

static void vendors_chains(void **state)
{
    (void)state;
    static const struct {
        const char *leaf, *issuer, *root, *pin;
        int64_t at;
        cs_scheme scheme;
        cs_err err;
    } rows[] = {
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1674583106,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1674583105,
         CS_SCHEME_PSS384, CS_ATT_CERT_NOT_YET_VALID},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1895507906,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1895507907,
         CS_SCHEME_PSS384, CS_ATT_CERT_EXPIRED},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", GENOA, 1700000000,
         CS_SCHEME_PSS384, CS_ATT_ROOT_MISMATCH},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_RS256, CS_ATT_CHAIN},
        {"snp/milan-v2-vcek.der", "snp/milan-ask-ark-asvk.pem:2", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-v2-vcek.der", "snp/genoa-ask.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1700000000,
         CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-vcek-tampered.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN,
         1700000000, CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-v3-vlek.der", "snp/milan-ask-ark-asvk.pem:2", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1740000000,
         CS_SCHEME_PSS384, CS_OK},
        {"snp/milan-v3-vlek.der", "snp/milan-ask-ark-asvk.pem:0", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1740000000,
         CS_SCHEME_PSS384, CS_ATT_CHAIN},
        {"snp/milan-v3-vlek.der", "snp/milan-ask-ark-asvk.pem:2", "snp/milan-ask-ark-asvk.pem:1", MILAN, 1800000000,
         CS_SCHEME_PSS384, CS_ATT_CERT_EXPIRED},
        {"snp/genoa-v3-vcek.pem:0", "snp/genoa-ask.pem:0", "snp/genoa-ark.pem:0", GENOA, 1790000000, CS_SCHEME_PSS384,
         CS_OK},
        {"snp/genoa-v5-vcek.der", "snp/genoa-ask.pem:0", "snp/genoa-ark.pem:0", GENOA, 1790000000, CS_SCHEME_PSS384,
         CS_OK},
        {"azure/hcl-report-snp-certs.pem:0", "azure/hcl-report-snp-certs.pem:1", "azure/hcl-report-snp-certs.pem:2",
         MILAN, 1700000000, CS_SCHEME_PSS384, CS_OK},
        {"tdx/quote-v5-a.dat:0", "tdx/quote-v5-a.dat:1", "tdx/quote-v5-a.dat:2", INTEL, 1750000000, CS_SCHEME_ES256_DER,
         CS_OK},
        {"tdx/quote-v4-a.dat:0", "tdx/quote-v4-a.dat:1", "tdx/intel-sgx-root-ca.pem:0", INTEL, 1750000000,
         CS_SCHEME_ES256_DER, CS_OK},
        {"tdx/quote-v4-a.dat:0", "tdx/quote-v4-a.dat:1", "tdx/intel-sgx-root-ca.pem:0", INTEL, 1750000000,
         CS_SCHEME_ES384_DER, CS_ATT_CHAIN},
        {"tdx/quote-v4-a.dat:0", "tdx/intel-sgx-root-ca.pem:0", "tdx/quote-v4-a.dat:1", INTEL, 1750000000,
         CS_SCHEME_ES256_DER, CS_ATT_ROOT_MISMATCH},
        {"tdx/quote-v4-a.dat:1", "tdx/quote-v4-a.dat:0", "tdx/intel-sgx-root-ca.pem:0", INTEL, 1750000000,
         CS_SCHEME_ES256_DER, CS_ATT_CHAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const cs_slice ders[] = {certificate(rows[i].leaf), certificate(rows[i].issuer), certificate(rows[i].root)};
        uint8_t pin[1][CS_SHA256_LEN];
        memcpy(pin[0], vectors_from_hex(cs_slice_str(rows[i].pin)).p, CS_SHA256_LEN);
        const cs_chain_rule rule = {
            (const uint8_t(*)[CS_SHA256_LEN])pin, 1, rows[i].at, SCHEME(rows[i].scheme), true, false};
        cs_chain *c = NULL;
        assert_int_equal(cs_chain_open(&c, NULL, ders, COUNT(ders)), CS_OK);
        cs_err err = cs_chain_verify(c, &rule);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].leaf, cs_err_name(err));
        cs_chain_free(c);
        vectors_release();
    }
}

/* -- chains of the test: leaf, intermediate, intermediate, root ------------------------------------------------------
 */

#define LEAF 0
#define LOW 1
#define HIGH 2
#define ROOT 3
#define PLACES 4
#define AT 1500000000

static void usual(struct cert rows[PLACES])
{
    static const char *const names[] = {"leaf", "low", "high", "root", "root"};
    for (int i = 0; i < PLACES; i++) {
        int issuer = i < ROOT ? i + 1 : ROOT;
        rows[i] = (struct cert){.subject = names[i],
                                .issuer = names[i + 1],
                                .key = cert_key(CERT_P384, i),
                                .issuer_key = cert_key(CERT_P384, issuer),
                                .constraints = "critical,CA:TRUE",
                                .usage = "critical,keyCertSign"};
    }
    rows[LEAF].constraints = "critical,CA:FALSE";
    rows[LEAF].usage = "critical,digitalSignature";
    rows[LOW].constraints = "critical,CA:TRUE,pathlen:0";
    rows[HIGH].constraints = "critical,CA:TRUE,pathlen:1";
}

static void make_all(cs_slice ders[PLACES], const struct cert rows[PLACES])
{
    for (int i = 0; i < PLACES; i++)
        ders[i] = cert_make(&rows[i]);
}

/* Judges under the last one as pinned root, under the strictest rule. */
static cs_err judge(const cs_slice *ders, size_t n, int64_t at, cs_chain_cache *cache)
{
    uint8_t pin[1][CS_SHA256_LEN];
    cs_digest digest;
    cs_chain *c = NULL;
    assert_int_equal(cs_hash(&digest, CS_SHA256, ders[n - 1]), CS_OK);
    memcpy(pin[0], digest.b, CS_SHA256_LEN);
    const cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])pin,
                                .root_count = 1,
                                .at = at,
                                .schemes = SCHEME(CS_SCHEME_ES384_DER),
                                .ca_key_usage = true,
                                .leaf_digital_signature = true};
    cs_err err = cs_chain_open(&c, cache, ders, n);
    if (err == CS_OK)
        err = cs_chain_verify(c, &rule);
    cs_chain_free(c);
    return err;
}

static void one_thing_wrong(void **state)
{
    (void)state;
    static const struct {
        int place;
        struct cert with;    /* members that are set take the place of the usual ones */
        int key, issuer_key; /* numbers plus 1; 0: the usual */
        enum cert_kind kind; /* of `key` */
        bool none_of_constraints, none_of_usage;
        cs_err err;
    } rows[] = {
        {.err = CS_OK},
        {LEAF, {.constraints = "critical,CA:TRUE"}, .err = CS_ATT_CHAIN},
        {LEAF, {.constraints = "CA:TRUE"}, .err = CS_ATT_CHAIN},
        {LEAF, {.constraints = "CA:FALSE"}, .err = CS_OK},
        {LEAF, .none_of_constraints = true, .err = CS_OK},
        {LEAF, .none_of_usage = true, .err = CS_ATT_CHAIN},
        {LEAF, {.usage = "critical,keyEncipherment"}, .err = CS_ATT_CHAIN},
        {LEAF, {.usage = "critical,digitalSignature,keyCertSign"}, .err = CS_ATT_CHAIN},
        {LEAF, {.usage = "digitalSignature,nonRepudiation"}, .err = CS_OK},
        {LEAF, {.issuer = "high"}, .err = CS_ATT_CHAIN},
        {LEAF, {.issuer = "LOW"}, .err = CS_ATT_CHAIN}, /* names compare to the byte */
        {LEAF, {.issuer = "low2"}, .err = CS_ATT_CHAIN},
        {LEAF, .issuer_key = HIGH + 1, .err = CS_ATT_CHAIN},
        {LEAF, .issuer_key = 5, .err = CS_ATT_CHAIN},
        {LEAF, {.md = "SHA256"}, .err = CS_ATT_CHAIN},
        {LEAF, {.md = "SHA512"}, .err = CS_ATT_CHAIN},
        {LEAF, {.from = AT + 1}, .err = CS_ATT_CERT_NOT_YET_VALID},
        {LEAF, {.from = AT}, .err = CS_OK},
        {LEAF, {.to = AT - 1}, .err = CS_ATT_CERT_EXPIRED},
        {LEAF, {.to = AT}, .err = CS_OK},
        {LEAF, {.extra_nid = NID_netscape_comment, .extra = "x"}, .err = CS_OK},
        {LEAF, {.extra_nid = NID_netscape_comment, .extra = "critical,x"}, .err = CS_ATT_CHAIN},
        {LEAF, {.extra_nid = NID_ext_key_usage, .extra = "critical,serverAuth"}, .err = CS_ATT_CHAIN},
        {LEAF, {.extra_nid = NID_ext_key_usage, .extra = "serverAuth"}, .err = CS_OK},
        {LEAF, .key = 1, .kind = CERT_RSA1024, .err = CS_ATT_KEY_WEAK},
        {LEAF, .key = 1, .kind = CERT_P521, .err = CS_ATT_KEY_WEAK},
        {LEAF, .key = 1, .kind = CERT_P256, .err = CS_OK},
        {LOW, {.constraints = "CA:TRUE,pathlen:0"}, .err = CS_ATT_CHAIN},
        {LOW, {.constraints = "critical,CA:FALSE"}, .err = CS_ATT_CHAIN},
        {LOW, .none_of_constraints = true, .err = CS_ATT_CHAIN},
        {LOW, .none_of_usage = true, .err = CS_ATT_CHAIN},
        {LOW, {.usage = "critical,digitalSignature,cRLSign"}, .err = CS_ATT_CHAIN},
        {LOW, {.usage = "keyCertSign,digitalSignature,cRLSign"}, .err = CS_OK},
        {LOW, {.subject = "low "}, .err = CS_ATT_CHAIN},
        {LOW, {.subject = "lower"}, .err = CS_ATT_CHAIN},
        {LOW, {.from = AT + 1}, .err = CS_ATT_CERT_NOT_YET_VALID},
        {LOW, {.to = AT - 1}, .err = CS_ATT_CERT_EXPIRED},
        {LOW, .key = 6, .kind = CERT_P384, .err = CS_ATT_CHAIN},
        {LOW, {.extra_nid = NID_name_constraints, .extra = "critical,permitted;DNS:example.com"}, .err = CS_ATT_CHAIN},
        {HIGH, {.constraints = "critical,CA:TRUE,pathlen:0"}, .err = CS_ATT_CHAIN},
        {HIGH, {.constraints = "critical,CA:TRUE,pathlen:7"}, .err = CS_OK},
        {HIGH, {.constraints = "critical,CA:TRUE"}, .err = CS_OK},
        {HIGH, .issuer_key = HIGH + 1, .err = CS_ATT_CHAIN},
        {HIGH, {.to = AT - 1}, .err = CS_ATT_CERT_EXPIRED},
        {ROOT, {.constraints = "critical,CA:TRUE,pathlen:1"}, .err = CS_ATT_CHAIN},
        {ROOT, {.constraints = "critical,CA:TRUE,pathlen:2"}, .err = CS_OK},
        {ROOT, {.constraints = "CA:TRUE"}, .err = CS_ATT_CHAIN},
        {ROOT, .none_of_usage = true, .err = CS_ATT_CHAIN},
        {ROOT, {.to = AT - 1}, .err = CS_ATT_CERT_EXPIRED},
        {ROOT, {.subject = "ROOT2"}, .err = CS_ATT_CHAIN},
        {ROOT, .issuer_key = 5, .err = CS_OK}, /* it is pinned: its own signature says nothing */
        {ROOT, .key = 6, .kind = CERT_P384, .err = CS_ATT_CHAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cert chain[PLACES];
        cs_slice ders[PLACES];
        usual(chain);
        struct cert *c = &chain[rows[i].place];
        const struct cert *with = &rows[i].with;
        c->subject = with->subject != NULL ? with->subject : c->subject;
        c->issuer = with->issuer != NULL ? with->issuer : c->issuer;
        c->constraints = rows[i].none_of_constraints ? NULL
                         : with->constraints != NULL ? with->constraints
                                                     : c->constraints;
        c->usage = rows[i].none_of_usage ? NULL : with->usage != NULL ? with->usage : c->usage;
        c->md = with->md;
        c->from = with->from;
        c->to = with->to;
        c->extra = with->extra;
        c->extra_nid = with->extra_nid;
        if (rows[i].key != 0)
            c->key = cert_key(rows[i].kind, rows[i].key - 1);
        if (rows[i].issuer_key != 0)
            c->issuer_key = cert_key(CERT_P384, rows[i].issuer_key - 1);
        make_all(ders, chain);
        cs_err err = judge(ders, PLACES, AT, NULL);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        vectors_release();
    }
}

static void orders_and_numbers(void **state)
{
    (void)state;
    struct cert chain[PLACES];
    cs_slice d[PLACES];
    usual(chain);
    make_all(d, chain);
    const struct {
        cs_slice ders[CS_MAX_CHAIN + 1];
        size_t n;
        cs_err err;
    } rows[] = {
        {{d[LEAF], d[LOW], d[HIGH], d[ROOT]}, 4, CS_OK},
        {{d[ROOT]}, 1, CS_ATT_CHAIN},
        {{d[LEAF]}, 1, CS_ATT_CHAIN},
        {{d[LEAF], d[ROOT]}, 2, CS_ATT_CHAIN},
        {{d[LEAF], d[LOW], d[ROOT]}, 3, CS_ATT_CHAIN},
        {{d[LEAF], d[HIGH], d[LOW], d[ROOT]}, 4, CS_ATT_CHAIN},
        {{d[LOW], d[HIGH], d[ROOT]}, 3, CS_ATT_CHAIN},
        {{d[LEAF], d[LOW], d[HIGH], d[ROOT], d[ROOT]}, 5, CS_ATT_CHAIN},
        {{d[LEAF], d[LOW], d[LOW], d[HIGH], d[ROOT]}, 5, CS_ATT_CHAIN},
        {{d[LEAF], d[LEAF], d[LOW], d[HIGH], d[ROOT]}, 5, CS_ATT_CHAIN},
        {{d[LEAF]}, 0, CS_BAD_FORMAT},
        {{d[0], d[1], d[2], d[3], d[3], d[3], d[3], d[3], d[3]}, CS_MAX_CHAIN + 1, CS_BAD_FORMAT},
        {{d[LEAF], CS_ABSENT, d[HIGH], d[ROOT]}, 4, CS_BAD_FORMAT},
        {{d[LEAF], CS_LIT("x"), d[HIGH], d[ROOT]}, 4, CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_slice ders[CS_MAX_CHAIN + 1];
        memcpy(ders, rows[i].ders, sizeof ders);
        cs_chain *c = NULL;
        cs_err err = rows[i].n > 0 ? judge(ders, rows[i].n, AT, NULL) : cs_chain_open(&c, NULL, ders, 0);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
    }
    vectors_release();
}

static void pins(void **state)
{
    (void)state;
    struct cert chain[PLACES];
    cs_slice ders[PLACES];
    cs_digest root, high;
    cs_chain *c = NULL;
    usual(chain);
    make_all(ders, chain);
    assert_int_equal(cs_hash(&root, CS_SHA256, ders[ROOT]), CS_OK);
    assert_int_equal(cs_hash(&high, CS_SHA256, ders[HIGH]), CS_OK);
    uint8_t roots[3][CS_SHA256_LEN] = {{0}};
    memcpy(roots[0], high.b, CS_SHA256_LEN);
    memcpy(roots[2], root.b, CS_SHA256_LEN);
    cs_chain_rule rule = {
        .roots = (const uint8_t(*)[CS_SHA256_LEN])roots, .at = AT, .schemes = SCHEME(CS_SCHEME_ES384_DER)};
    static const struct {
        size_t roots;
        cs_err err;
    } rows[] = {{3, CS_OK}, {2, CS_ATT_ROOT_MISMATCH}, {1, CS_ATT_ROOT_MISMATCH}, {0, CS_ATT_ROOT_MISMATCH}};
    assert_int_equal(cs_chain_open(&c, NULL, ders, PLACES), CS_OK);
    assert_int_equal(cs_chain_len(c), PLACES);
    assert_true(cs_slice_is(cs_cert_common_name(cs_chain_at(c, LEAF)), "leaf"));
    assert_null(cs_chain_at(c, PLACES));
    for (size_t i = 0; i < COUNT(rows); i++) {
        rule.root_count = rows[i].roots;
        assert_int_equal(cs_chain_verify(c, &rule), rows[i].err);
    }
    rule.root_count = 3;
    rule.schemes = 0;
    assert_int_equal(cs_chain_verify(c, &rule), CS_ATT_CHAIN);
    rule.schemes = SCHEME(CS_SCHEME_ES384_DER);
    cs_chain_free(c);
    /* A root that another is pinned as, with the same name and key, is another root. */
    chain[ROOT].to = 1999999999;
    ders[ROOT] = cert_make(&chain[ROOT]);
    assert_int_equal(cs_chain_open(&c, NULL, ders, PLACES), CS_OK);
    assert_int_equal(cs_chain_verify(c, &rule), CS_ATT_ROOT_MISMATCH);
    cs_chain_free(c);
    vectors_release();
}

/* No bit of any certificate below the root can change; of the root none can, because it is pinned. */
static void every_flip(void **state)
{
    (void)state;
    struct cert chain[PLACES];
    cs_slice ders[PLACES];
    cs_digest pin;
    usual(chain);
    make_all(ders, chain);
    assert_int_equal(cs_hash(&pin, CS_SHA256, ders[ROOT]), CS_OK);
    uint8_t roots[1][CS_SHA256_LEN];
    memcpy(roots[0], pin.b, CS_SHA256_LEN);
    const cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])roots,
                                .root_count = 1,
                                .at = AT,
                                .schemes = SCHEME(CS_SCHEME_ES384_DER)};
    for (int i = 0; i < PLACES; i++) {
        uint8_t *copy = vectors_copy(ders[i]);
        cs_slice good = ders[i];
        ders[i] = cs_slice_of(copy, good.n);
        for (size_t bit = 0; bit < 8 * good.n; bit++) {
            cs_chain *c = NULL;
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (cs_chain_open(&c, NULL, ders, PLACES) == CS_OK && cs_chain_verify(c, &rule) == CS_OK)
                fail_msg("certificate %d, bit %zu", i, bit);
            cs_chain_free(c);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        ders[i] = good;
    }
    vectors_release();
}

/* -- the cache
 * ---------------------------------------------------------------------------------------------------------- */

static void cache_keeps_what_holds(void **state)
{
    (void)state;
    struct cert rows[PLACES];
    cs_slice good[PLACES], bad[PLACES];
    cs_chain_cache *cache = NULL;
    cs_chain *one = NULL, *two = NULL, *three = NULL;
    assert_int_equal(cs_chain_cache_new(&cache, 2), CS_OK);
    usual(rows);
    make_all(good, rows);
    memcpy(bad, good, sizeof bad);
    rows[LEAF].issuer_key = cert_key(CERT_P384, 5);
    bad[LEAF] = cert_make(&rows[LEAF]);

    /* What never held is judged, and refused, each time. */
    assert_int_equal(judge(bad, PLACES, AT, cache), CS_ATT_CHAIN);
    assert_int_equal(judge(bad, PLACES, AT, cache), CS_ATT_CHAIN);
    /* The same object comes back, and only for the same bytes. */
    assert_int_equal(judge(good, PLACES, AT, cache), CS_OK);
    assert_int_equal(cs_chain_open(&one, cache, good, PLACES), CS_OK);
    assert_int_equal(cs_chain_open(&two, cache, good, PLACES), CS_OK);
    assert_int_equal(cs_chain_open(&three, cache, bad, PLACES), CS_OK);
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, three);
    cs_chain_free(two);
    cs_chain_free(three);
    assert_int_equal(judge(bad, PLACES, AT, cache), CS_ATT_CHAIN);
    /* Everything but the signatures is judged again. */
    assert_int_equal(judge(good, PLACES, 999, cache), CS_ATT_CERT_NOT_YET_VALID);
    assert_int_equal(judge(good, PLACES, 2000000001, cache), CS_ATT_CERT_EXPIRED);
    cs_chain_rule rule = {.at = AT, .schemes = SCHEME(CS_SCHEME_ES384_DER)};
    assert_int_equal(cs_chain_verify(one, &rule), CS_ATT_ROOT_MISMATCH);
    uint8_t pin[1][CS_SHA256_LEN];
    memcpy(pin[0], cs_cert_sha256(cs_chain_at(one, ROOT)).p, CS_SHA256_LEN);
    rule.roots = (const uint8_t(*)[CS_SHA256_LEN])pin;
    rule.root_count = 1;
    assert_int_equal(cs_chain_verify(one, &rule), CS_OK);
    rule.schemes = SCHEME(CS_SCHEME_PSS384);
    assert_int_equal(cs_chain_verify(one, &rule), CS_ATT_CHAIN);

    /* Two fit: the one that was used longest ago makes room. */
    cs_slice others[2][PLACES];
    usual(rows);
    for (int i = 0; i < 2; i++) {
        make_all(others[i], rows);
        assert_int_equal(judge(others[i], PLACES, AT, cache), CS_OK);
        if (i == 0)
            assert_int_equal(judge(good, PLACES, AT, cache), CS_OK);
    }
    assert_int_equal(cs_chain_open(&two, cache, good, PLACES), CS_OK);
    assert_ptr_equal(one, two);
    cs_chain_free(two);
    assert_int_equal(judge(others[0], PLACES, AT, cache), CS_OK); /* verified anew, in place of others[1] */
    assert_int_equal(cs_chain_open(&two, cache, good, PLACES), CS_OK);
    assert_ptr_equal(one, two);
    cs_chain_free(two);
    cs_chain_cache_free(cache);
    assert_true(cs_slice_eq(cs_cert_der(cs_chain_at(one, LEAF)), good[LEAF])); /* it outlives the cache */
    cs_chain_free(one);
    vectors_release();
}

static struct {
    cs_chain_cache *cache;
    cs_slice ders[8][PLACES];
    int failures[4];
} shared;

static void *worker(void *arg)
{
    int *failures = arg;
    for (int i = 0; i < 400; i++)
        *failures += judge(shared.ders[(i * 5) % 8], PLACES, AT, shared.cache) != CS_OK;
    return NULL;
}

static void cache_serves_threads(void **state)
{
    (void)state;
    struct cert rows[PLACES];
    pthread_t threads[4];
    usual(rows);
    for (size_t i = 0; i < COUNT(shared.ders); i++)
        make_all(shared.ders[i], rows);
    assert_int_equal(cs_chain_cache_new(&shared.cache, 3), CS_OK);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &shared.failures[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(shared.failures[i], 0);
    }
    cs_chain_cache_free(shared.cache);
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
        cmocka_unit_test(vendors_chains),       cmocka_unit_test(one_thing_wrong),
        cmocka_unit_test(orders_and_numbers),   cmocka_unit_test(pins),
        cmocka_unit_test(every_flip),           cmocka_unit_test(cache_keeps_what_holds),
        cmocka_unit_test(cache_serves_threads),
    };
    return cmocka_run_group_tests(tests, NULL, free_keys);
}
