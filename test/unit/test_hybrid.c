/* SPDX-License-Identifier: Apache-2.0 */
#include "core/encode.h"
#include "core/hybrid.h"

#include "hybrid_fixture.h"
#include "vectors.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* A request with one member replaced by a JSON text; "" leaves it out. A name that is no member is added. */
static void request_text(cs_buf *out, const struct owned_pair *p, const char *member, const char *json)
{
    cs_buf whole = cs_buf_new(CS_MAX_BODY);
    cs_json *doc = NULL;
    cs_jw w = cs_jw_on(&whole);
    cs_jw_begin(&w, NULL);
    owner_write(&w, p);
    cs_jw_end(&w);
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&whole), CS_MAX_BODY), CS_OK);
    static const char *const names[] = {"message",      "ecdsaSignature", "ecdsaPublicKey", "pqcSignature",
                                        "pqcPublicKey", "algorithm",      "chain",          "ecdsaScheme"};
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    for (size_t i = 0; i < COUNT(names); i++)
        if (cs_jobj_has(&o, names[i]) && (member == NULL || strcmp(names[i], member) != 0))
            cs_jw_str(&w, names[i], cs_jobj_str(&o, names[i], CS_MAX_BODY));
    if (member != NULL && json[0] != '\0')
        cs_jw_raw(&w, member, cs_slice_str(json));
    cs_jw_end(&w);
    assert_int_equal(out->err, CS_OK);
    cs_json_free(doc);
    cs_buf_free(&whole);
}

/* What a request says, changed in one member. `field` is what a refusal names. */
static const struct {
    const char *what, *member, *json;
    cs_err expected;
    const char *field;
} requests[] = {
    {"as it is", NULL, "", CS_OK, ""},
    {"no prefix", "message", "\"48656c6c6f20576f726c64\"", CS_OK, ""},
    {"upper case", "message", "\"0x48656C6C6F20576F726C64\"", CS_OK, ""},
    {"empty message", "message", "\"\"", CS_OK, ""},
    {"empty message with prefix", "message", "\"0x\"", CS_OK, ""},
    {"no chain", "chain", "", CS_OK, ""},
    {"scheme", "ecdsaScheme", "\"sha256\"", CS_OK, ""},
    {"no message", "message", "", CS_GEN_001, "message"},
    {"message null", "message", "null", CS_GEN_001, "message"},
    {"message a number", "message", "48", CS_GEN_001, "message"},
    {"message an array", "message", "[\"48\"]", CS_GEN_001, "message"},
    {"odd hex", "message", "\"0x486\"", CS_GEN_001, "message"},
    {"odd hex, no prefix", "message", "\"486\"", CS_GEN_001, "message"},
    {"no hex", "message", "\"0xhello!\"", CS_GEN_001, "message"},
    {"prefix of another case", "message", "\"0X4865\"", CS_GEN_001, "message"},
    {"prefix twice", "message", "\"0x0x4865\"", CS_GEN_001, "message"},
    {"white space before", "message", "\" 0x4865\"", CS_GEN_001, "message"},
    {"white space behind", "message", "\"0x4865\\n\"", CS_GEN_001, "message"},
    {"a NUL", "message", "\"0x48@5\"", CS_GEN_001, "message"},
    {"base64", "message", "\"SGVsbG8=\"", CS_GEN_001, "message"},
    {"no ECDSA signature", "ecdsaSignature", "", CS_GEN_001, "ecdsaSignature"},
    {"ECDSA signature, odd hex", "ecdsaSignature", "\"0x304\"", CS_GEN_001, "ecdsaSignature"},
    {"ECDSA signature, no hex", "ecdsaSignature", "\"r,s\"", CS_GEN_001, "ecdsaSignature"},
    {"ECDSA signature an object", "ecdsaSignature", "{\"r\":\"00\"}", CS_GEN_001, "ecdsaSignature"},
    {"no ML-DSA signature", "pqcSignature", "", CS_GEN_001, "pqcSignature"},
    {"ML-DSA signature, odd hex", "pqcSignature", "\"0x304\"", CS_GEN_001, "pqcSignature"},
    {"no ECDSA key", "ecdsaPublicKey", "", CS_GEN_001, "ecdsaPublicKey"},
    {"ECDSA key a number", "ecdsaPublicKey", "4", CS_GEN_001, "ecdsaPublicKey"},
    {"ECDSA key empty", "ecdsaPublicKey", "\"0x\"", CS_PQC_002, "ecdsaPublicKey"},
    {"ECDSA key, no hex", "ecdsaPublicKey", "\"0x04zz\"", CS_PQC_002, "ecdsaPublicKey"},
    {"ECDSA key, odd hex", "ecdsaPublicKey", "\"0x040\"", CS_PQC_002, "ecdsaPublicKey"},
    {"ECDSA key, 32 bytes", "ecdsaPublicKey", "\"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798\"",
     CS_PQC_002, "ecdsaPublicKey"},
    {"ECDSA key, a point beside the curve", "ecdsaPublicKey",
     "\"0x0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
     "0000000000000000000000000000000000000000000000000000000000000001\"",
     CS_PQC_002, "ecdsaPublicKey"},
    {"an address for a key", "ecdsaPublicKey", "\"0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf\"", CS_PQC_002,
     "ecdsaPublicKey"},
    {"no ML-DSA key", "pqcPublicKey", "", CS_GEN_001, "pqcPublicKey"},
    {"ML-DSA key empty", "pqcPublicKey", "\"\"", CS_PQC_002, "pqcPublicKey"},
    {"ML-DSA key, no hex", "pqcPublicKey", "\"0x1a2b...\"", CS_PQC_002, "pqcPublicKey"},
    {"ML-DSA key short", "pqcPublicKey", "\"0x1a2b\"", CS_PQC_002, "pqcPublicKey"},
    {"ML-DSA key of another set", "algorithm", "\"ml-dsa-87\"", CS_PQC_002, "pqcPublicKey"},
    {"no algorithm", "algorithm", "", CS_GEN_001, "algorithm"},
    {"algorithm null", "algorithm", "null", CS_GEN_001, "algorithm"},
    {"algorithm empty", "algorithm", "\"\"", CS_PQC_001, "algorithm"},
    {"algorithm of the other doors", "algorithm", "\"mldsa65\"", CS_PQC_001, "algorithm"},
    {"algorithm in upper case", "algorithm", "\"ML-DSA-65\"", CS_PQC_001, "algorithm"},
    {"algorithm of another kind", "algorithm", "\"slh-dsa-128s\"", CS_PQC_001, "algorithm"},
    {"algorithm with a blank", "algorithm", "\"ml-dsa-65 \"", CS_PQC_001, "algorithm"},
    {"chain unknown", "chain", "\"dogecoin\"", CS_GEN_001, "chain"},
    {"chain empty", "chain", "\"\"", CS_GEN_001, "chain"},
    {"chain in upper case", "chain", "\"Ethereum\"", CS_GEN_001, "chain"},
    {"chain null", "chain", "null", CS_GEN_001, "chain"},
    {"chain id", "chain", "1", CS_GEN_001, "chain"},
    {"scheme unknown", "ecdsaScheme", "\"sha3-256\"", CS_GEN_001, "ecdsaScheme"},
    {"scheme empty", "ecdsaScheme", "\"\"", CS_GEN_001, "ecdsaScheme"},
    {"scheme null", "ecdsaScheme", "null", CS_GEN_001, "ecdsaScheme"},
    {"scheme of another curve", "ecdsaScheme", "\"ed25519\"", CS_GEN_001, "ecdsaScheme"},
    {"digest of 11 bytes", "ecdsaScheme", "\"eip712-digest\"", CS_GEN_001, "message"},
    {"unknown member", "nonce", "1", CS_GEN_001, ""},
    {"key of another chain's curve", "chain", "\"solana\"", CS_PQC_002, "ecdsaPublicKey"},
};

static void test_requests(void **state)
{
    (void)state;
    struct owned_pair p;
    owner_pair(&p, "ethereum", "ml-dsa-65", CS_LIT(HELLO), CS_HYBRID_EIP191);
    for (size_t i = 0; i < COUNT(requests); i++) {
        cs_hybrid h;
        cs_fault fault = {0};
        cs_buf text = cs_buf_new(CS_MAX_BODY);
        request_text(&text, &p, requests[i].member, requests[i].json);
        cs_err err = owner_read(&h, &fault, cs_buf_slice(&text));
        if (err != requests[i].expected || strcmp(fault.field, requests[i].field) != 0)
            fail_msg("%s: %s %s", requests[i].what, cs_err_name(err), fault.field);
        assert_int_equal(h.bytes.p != NULL, err == CS_OK);
        cs_hybrid_free(&h);
        cs_buf_free(&text);
    }
}

/* Keys for which anybody can sign (points of small order, in all their encodings), or that nobody made the way keys are
 * made (a part of small order). */
static const char *const no_signers[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "015ff595e4e0add00dde896efa66ea4f6848c4396410c693c92232aa64861d4f",
    "0200000000000000000000000000000000000000000000000000000000000000", /* no point at all */
};

static void test_solana_keys(void **state)
{
    (void)state;
    struct owned_pair p;
    owner_pair(&p, "solana", "ml-dsa-44", CS_LIT(HELLO), CS_HYBRID_ED25519);
    for (size_t i = 0; i < COUNT(no_signers); i++) {
        char memory[128];
        cs_hybrid h;
        cs_fault fault = {0};
        cs_buf json = CS_BUF_OVER(memory), text = cs_buf_new(CS_MAX_BODY);
        cs_buf_printf(&json, "\"%s\"", no_signers[i]);
        request_text(&text, &p, "ecdsaPublicKey", cs_buf_cstr(&json));
        cs_err err = owner_read(&h, &fault, cs_buf_slice(&text));
        if (err != CS_PQC_002 || strcmp(fault.field, "ecdsaPublicKey") != 0)
            fail_msg("%s: %s %s", no_signers[i], cs_err_name(err), fault.field);
        cs_hybrid_free(&h);
        cs_buf_free(&text);
    }
}

/* Each member of bytes ends where it may end: one more is refused, and the limit itself is not a matter of form. */
static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *member;
        size_t max;
        cs_err at, above;
    } rows[] = {
        {"message", CS_MAX_HYBRID_MESSAGE, CS_OK, CS_GEN_001},
        {"ecdsaSignature", CS_MAX_ECDSA_SIGNATURE, CS_OK, CS_GEN_001},
        {"pqcSignature", CS_MAX_SIGNATURE, CS_OK, CS_GEN_001},
        {"ecdsaPublicKey", CS_SECP256K1_KEY, CS_PQC_002, CS_PQC_002},
        {"pqcPublicKey", 1952, CS_OK, CS_PQC_002},
    };
    struct owned_pair p;
    owner_pair(&p, NULL, "ml-dsa-65", CS_LIT(HELLO), CS_HYBRID_EIP191);
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        cs_hybrid h;
        cs_fault fault;
        size_t n = rows[i / 2].max + i % 2;
        cs_buf json = cs_buf_new(CS_MAX_BODY), text = cs_buf_new(CS_MAX_BODY);
        cs_buf_add_str(&json, "\"0x");
        for (size_t k = 0; k < n; k++)
            cs_buf_add_str(&json, "1a");
        cs_buf_add_str(&json, "\"");
        request_text(&text, &p, rows[i / 2].member, cs_buf_cstr(&json));
        cs_err err = owner_read(&h, &fault, cs_buf_slice(&text));
        if (err != (i % 2 == 0 ? rows[i / 2].at : rows[i / 2].above))
            fail_msg("%s of %zu: %s", rows[i / 2].member, n, cs_err_name(err));
        cs_hybrid_free(&h);
        cs_buf_free(&json);
        cs_buf_free(&text);
    }
}

static void test_hex(void **state)
{
    (void)state;
    uint8_t bytes[4];
    cs_buf out = CS_BUF_OVER(bytes);
    assert_int_equal(cs_hybrid_hex(&out, CS_LIT("0xfF"), 4), CS_OK);
    assert_int_equal(cs_hybrid_hex(&out, CS_LIT("00"), 4), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&out), CS_LIT("\xff\x00")));
    assert_int_equal(cs_hybrid_hex(&out, CS_LIT("0102"), 1), CS_TOO_LARGE);
    assert_int_equal(cs_hybrid_hex(&out, CS_ABSENT, 4), CS_BAD_ENCODING);
    for (int c = 0; c < 256; c++) { /* each character, as a digit */
        char text[2] = {'1', (char)c};
        cs_buf one = CS_BUF_OVER(bytes);
        bool is_digit = strchr("0123456789abcdefABCDEF", c) != NULL && c != 0;
        assert_int_equal(cs_hybrid_hex(&one, CS_ARRAY(text), 4), is_digit ? CS_OK : CS_BAD_ENCODING);
        assert_int_equal(one.n, is_digit);
    }
    assert_int_equal(out.n, 2);
}

/* Long enough for whatever takes many digits at once. */
static void test_long_hex(void **state)
{
    uint8_t bytes[150], back[150], memory[300];
    cs_buf text = CS_BUF_OVER(memory);
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 17); /* not "0x" with one character changed */
    cs_hex_encode(&text, CS_ARRAY(bytes));
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t good = memory[i];
        for (int c = 0; c < 256; c++) {
            cs_buf out = CS_BUF_OVER(back);
            bool is_digit = strchr("0123456789abcdefABCDEF", c) != NULL && c != 0;
            memory[i] = (uint8_t)c;
            assert_int_equal(cs_hybrid_hex(&out, cs_buf_slice(&text), sizeof back), is_digit ? CS_OK : CS_BAD_ENCODING);
            if (c == good)
                assert_memory_equal(back, bytes, sizeof bytes);
        }
        memory[i] = good;
    }
}

/* -- verifying ----------------------------------------------------------------------------------------------------- */

/* Which scheme signed, which was asked for, and what is found. */
static const struct {
    const char *what, *chain, *algorithm;
    cs_hybrid_scheme signed_under;
    const char *asked;
    cs_hybrid_scheme found; /* BY_CHAIN: refused */
} pairs[] = {
    {"personal message", "ethereum", "ml-dsa-65", CS_HYBRID_EIP191, NULL, CS_HYBRID_EIP191},
    {"raw hash", "ethereum", "ml-dsa-44", CS_HYBRID_KECCAK256, NULL, CS_HYBRID_KECCAK256},
    {"no chain", NULL, "ml-dsa-87", CS_HYBRID_EIP191, NULL, CS_HYBRID_EIP191},
    {"polygon", "polygon", "ml-dsa-65", CS_HYBRID_KECCAK256, NULL, CS_HYBRID_KECCAK256},
    {"avalanche", "avalanche", "ml-dsa-65", CS_HYBRID_EIP191, "eip191", CS_HYBRID_EIP191},
    {"bitcoin", "bitcoin", "ml-dsa-65", CS_HYBRID_SHA256D, NULL, CS_HYBRID_SHA256D},
    {"solana", "solana", "ml-dsa-65", CS_HYBRID_ED25519, NULL, CS_HYBRID_ED25519},
    {"solana, named", "solana", "ml-dsa-65", CS_HYBRID_ED25519, "ed25519", CS_HYBRID_ED25519},
    {"sha256 asked for", "ethereum", "ml-dsa-65", CS_HYBRID_SHA256, "sha256", CS_HYBRID_SHA256},
    {"sha256d asked for", "ethereum", "ml-dsa-65", CS_HYBRID_SHA256D, "sha256d", CS_HYBRID_SHA256D},
    {"keccak256 asked for", "bitcoin", "ml-dsa-65", CS_HYBRID_KECCAK256, "keccak256", CS_HYBRID_KECCAK256},
    {"sha256, unasked", "ethereum", "ml-dsa-65", CS_HYBRID_SHA256, NULL, CS_HYBRID_BY_CHAIN},
    {"sha256d, unasked", "ethereum", "ml-dsa-65", CS_HYBRID_SHA256D, NULL, CS_HYBRID_BY_CHAIN},
    {"keccak256, asked for eip191", "ethereum", "ml-dsa-65", CS_HYBRID_KECCAK256, "eip191", CS_HYBRID_BY_CHAIN},
    {"eip191, asked for keccak256", "ethereum", "ml-dsa-65", CS_HYBRID_EIP191, "keccak256", CS_HYBRID_BY_CHAIN},
    {"eip191 on bitcoin", "bitcoin", "ml-dsa-65", CS_HYBRID_EIP191, NULL, CS_HYBRID_BY_CHAIN},
    {"sha256 on bitcoin", "bitcoin", "ml-dsa-65", CS_HYBRID_SHA256, NULL, CS_HYBRID_BY_CHAIN},
    {"keccak256 on bitcoin", "bitcoin", "ml-dsa-65", CS_HYBRID_KECCAK256, NULL, CS_HYBRID_BY_CHAIN},
    {"sha256d, asked for sha256", "bitcoin", "ml-dsa-65", CS_HYBRID_SHA256D, "sha256", CS_HYBRID_BY_CHAIN},
};

static void test_schemes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct owned_pair p;
        cs_hybrid_result r;
        owner_pair(&p, pairs[i].chain, pairs[i].algorithm, CS_LIT(HELLO), pairs[i].signed_under);
        p.scheme = pairs[i].asked;
        cs_hybrid h = owner_request(&p);
        cs_err err = cs_hybrid_verify(&r, &h, NULL);
        bool good = pairs[i].found != CS_HYBRID_BY_CHAIN;
        if (err != (good ? CS_OK : CS_PQC_004) || r.ecdsa_valid != good || !r.pqc_valid || r.scheme != pairs[i].found)
            fail_msg("%s: %s %s", pairs[i].what, cs_err_name(err), cs_hybrid_scheme_name(r.scheme));
        bool address = good && h.chain->has_address;
        assert_string_equal(r.address, address ? "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf" : "");
        cs_hybrid_free(&h);
    }
}

static void test_digest_is_the_message(void **state)
{
    (void)state;
    struct owned_pair p;
    cs_hybrid_result r;
    uint8_t digest[32] = {0xd1, 0x6e, 0x57};
    owner_pair(&p, "ethereum", "ml-dsa-44", CS_ARRAY(digest), CS_HYBRID_EIP712_DIGEST);
    cs_hybrid h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_PQC_004); /* never tried unasked */
    cs_hybrid_free(&h);
    p.scheme = "eip712-digest";
    h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
    assert_int_equal(r.scheme, CS_HYBRID_EIP712_DIGEST);
    cs_hybrid_free(&h);
}

/* Every form of a signature with every form of a key, and each recorded key is the one form. */
static void test_forms(void **state)
{
    (void)state;
    struct owned_pair p;
    cs_hybrid_result r;
    owner_pair(&p, "ethereum", "ml-dsa-44", CS_LIT(""), CS_HYBRID_EIP191);
    for (int form = 0; form < 12; form++) {
        owner_sign_ecdsa(&p, 0, CS_HYBRID_EIP191, (enum sig_form)(form / 3), (enum key_form)(form % 3));
        cs_hybrid h = owner_request(&p);
        assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
        assert_int_equal(h.signer_len, CS_SECP256K1_KEY);
        assert_int_equal(h.signer[0], 4);
        assert_true(cs_slice_eq(h.ecdsa_public_key, cs_buf_slice(&p.ecdsa_key)));
        cs_hybrid_free(&h);
    }
}

enum half { ECDSA = 1, PQC = 2 };

/* Each part of a pair, taken from another one. */
static void test_parts_of_another(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int valid; /* halves that stay good */
    } rows[] = {
        {"message", 0},        {"ECDSA signature", PQC},
        {"ECDSA key", PQC},    {"ML-DSA signature", ECDSA},
        {"ML-DSA key", ECDSA}, {"both signatures swapped for those of another message", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct owned_pair p, other;
        cs_hybrid_result r;
        owner_pair(&p, "ethereum", "ml-dsa-44", CS_LIT(HELLO), CS_HYBRID_EIP191);
        owner_pair(&other, "ethereum", "ml-dsa-44", CS_LIT("Hello world"), CS_HYBRID_EIP191);
        owner_sign_ecdsa(&other, 1, CS_HYBRID_EIP191, FORM_DER, KEY_65);
        owner_sign_pqc(&other, 1);
        cs_hybrid h = owner_request(&p), o = owner_request(&other);
        if (i == 0)
            h.message = o.message;
        if (i == 1 || i == 5)
            h.ecdsa_signature = o.ecdsa_signature;
        if (i == 2)
            memcpy(h.signer, o.signer, sizeof h.signer);
        if (i == 3 || i == 5)
            h.pqc_signature = o.pqc_signature;
        if (i == 4)
            h.pqc_public_key = o.pqc_public_key;
        assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_PQC_004);
        if (r.ecdsa_valid != ((rows[i].valid & ECDSA) != 0) || r.pqc_valid != ((rows[i].valid & PQC) != 0))
            fail_msg("%s: %d %d", rows[i].what, r.ecdsa_valid, r.pqc_valid);
        assert_int_equal(r.scheme, r.ecdsa_valid ? CS_HYBRID_EIP191 : CS_HYBRID_BY_CHAIN);
        assert_int_equal(r.address[0] != '\0', r.ecdsa_valid);
        cs_hybrid_free(&h);
        cs_hybrid_free(&o);
    }
}

/* No bit of a pair can be changed; of the long parts, bits across all of them. */
static void test_flips(void **state)
{
    (void)state;
    struct owned_pair p;
    cs_hybrid_result r;
    owner_pair(&p, "bitcoin", "ml-dsa-44", CS_LIT(HELLO), CS_HYBRID_SHA256D);
    cs_hybrid h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
    size_t parts_end = h.bytes.n;
    for (size_t at = 0; at < parts_end; at += at < 200 ? 1 : 23) {
        for (int bit = 0; bit < 8; bit += 3) {
            h.bytes.p[at] ^= (uint8_t)(1 << bit);
            /* the key in the form it was given in is read no more */
            bool read =
                &h.bytes.p[at] < h.ecdsa_public_key.p || &h.bytes.p[at] >= h.ecdsa_public_key.p + h.ecdsa_public_key.n;
            assert_int_equal(cs_hybrid_verify(&r, &h, NULL), read ? CS_PQC_004 : CS_OK);
            h.bytes.p[at] ^= (uint8_t)(1 << bit);
        }
    }
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
    cs_hybrid_free(&h);
}

/* A signature with a context, or over a hash, is no pure one. */
static void test_pqc_is_pure(void **state)
{
    (void)state;
    struct owned_pair p;
    cs_hybrid_result r;
    uint8_t seed[32];
    cs_key *key = NULL;
    owner_pair(&p, "ethereum", "ml-dsa-65", CS_LIT(HELLO), CS_HYBRID_EIP191);
    memset(seed, 7, sizeof seed);
    assert_int_equal(cs_key_open_private(&key, CS_MLDSA65, CS_ARRAY(seed)), CS_OK);
    const cs_mldsa_options context = {.context = CS_LIT("countersign")};
    p.pqc_sig = CS_BUF_OVER(p.pqc_sig_bytes);
    assert_int_equal(cs_key_sign(&p.pqc_sig, key, CS_LIT(HELLO), &context), CS_OK);
    cs_hybrid h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_PQC_004);
    assert_true(r.ecdsa_valid && !r.pqc_valid);
    cs_hybrid_free(&h);

    /* … and a key that was opened before gives the same verdicts. */
    p.pqc_sig = CS_BUF_OVER(p.pqc_sig_bytes);
    assert_int_equal(cs_key_sign(&p.pqc_sig, key, CS_LIT(HELLO), NULL), CS_OK);
    h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, key), CS_OK);
    h.message = CS_LIT("hello World");
    assert_int_equal(cs_hybrid_verify(&r, &h, key), CS_PQC_004);
    cs_hybrid_free(&h);
    cs_key_free(key);
}

/* Lengths of signatures that no encoding has: refused as signatures, not as requests. */
static void test_signature_lengths(void **state)
{
    (void)state;
    struct owned_pair p;
    cs_hybrid_result r;
    owner_pair(&p, "ethereum", "ml-dsa-44", CS_LIT(HELLO), CS_HYBRID_EIP191);
    for (size_t n = 0; n <= 80; n++) {
        cs_hybrid h = owner_request(&p);
        if (n == h.ecdsa_signature.n) {
            cs_hybrid_free(&h);
            continue;
        }
        uint8_t bytes[80] = {0};
        memcpy(bytes, h.ecdsa_signature.p, n < h.ecdsa_signature.n ? n : h.ecdsa_signature.n);
        h.ecdsa_signature = cs_slice_of(bytes, n);
        assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_PQC_004);
        h.pqc_signature.n -= n % 2;
        assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_PQC_004);
        assert_int_equal(r.pqc_valid, n % 2 == 0);
        cs_hybrid_free(&h);
    }
}

/* Names have one meaning each. */
static void test_names(void **state)
{
    (void)state;
    for (int s = CS_HYBRID_EIP191; s < CS_HYBRID_SCHEME_COUNT; s++) {
        cs_hybrid_scheme found;
        assert_true(cs_hybrid_scheme_by_name(&found, cs_slice_str(cs_hybrid_scheme_name((cs_hybrid_scheme)s))));
        assert_int_equal(found, s);
    }
    cs_hybrid_scheme found;
    assert_false(cs_hybrid_scheme_by_name(&found, CS_LIT("")));
    assert_int_equal(found, CS_HYBRID_BY_CHAIN);
    assert_string_equal(cs_hybrid_scheme_name((cs_hybrid_scheme)77), "");
    assert_int_equal(cs_hybrid_algorithm(CS_LIT("ml-dsa-44")), CS_MLDSA44);
    assert_int_equal(cs_hybrid_algorithm(CS_LIT("ml-dsa-45")), CS_PRIM_NONE);
    assert_string_equal(cs_hybrid_algorithm_name(CS_MLDSA87), "ml-dsa-87");
    assert_string_equal(cs_hybrid_algorithm_name(CS_ED25519), "");
    assert_null(cs_hybrid_chain_find(CS_LIT("")));
    assert_null(cs_hybrid_chain_find(CS_LIT("sui")));
}

/* Wycheproof's ML-DSA signatures beside a good first half: a pair is as good as they are. Those with a context are
 * none of this door. */
static void test_wycheproof_mldsa(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("wycheproof/mldsa_44_verify_test.json");
    size_t i, max, k, kmax, good = 0, seen = 0;
    yyjson_val *group, *test;
    struct owned_pair p;
    owner_pair(&p, "ethereum", "ml-dsa-44", CS_LIT(HELLO), CS_HYBRID_EIP191);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), i, max, group)
    {
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), k, kmax, test)
        {
            cs_slice key = vectors_hex(group, "publicKey"), message = vectors_hex(test, "msg"),
                     sig = vectors_hex(test, "sig"), context = vectors_hex(test, "ctx");
            if (context.n == 0 && message.n < sizeof p.message_bytes && key.n == 1312 && message.p != NULL) {
                cs_hybrid_result r;
                p.message = CS_BUF_OVER(p.message_bytes);
                cs_buf_add(&p.message, message);
                owner_sign_ecdsa(&p, 0, CS_HYBRID_EIP191, FORM_DER, KEY_65);
                cs_hybrid h = owner_request(&p);
                h.pqc_public_key = key;
                h.pqc_signature = sig;
                cs_err expected = vectors_is(test, "result", "valid") ? CS_OK : CS_PQC_004;
                assert_int_equal(cs_hybrid_verify(&r, &h, NULL), expected);
                assert_true(r.ecdsa_valid);
                cs_hybrid_free(&h);
                good += expected == CS_OK;
                seen++;
            }
            vectors_release();
        }
    }
    yyjson_doc_free(doc);
    assert_true(good >= 20 && seen > good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_solana_keys),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_long_hex),
        cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_digest_is_the_message),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_parts_of_another),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_pqc_is_pure),
        cmocka_unit_test(test_signature_lengths),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_wycheproof_mldsa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
