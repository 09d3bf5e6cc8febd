/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/keytext.c: each text form of a key and what is close to it. Public examples: test_keytext_vectors.c. */
#include "vectors.h"

#include "core/ecdsa.h"
#include "core/keytext.h"
#include "core/limits.h"

#define ROOM 8192

static cs_slice public_of(const cs_pair *k)
{
    cs_buf out = cs_buf_over(vectors_hold(CS_MAX_PUBLIC_KEY), CS_MAX_PUBLIC_KEY);
    cs_pair_public(&out, k);
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

/* The LAMPS serialization of the same private key every time. */
static void own_private(cs_secret *serialized, const cs_alg *alg)
{
    CS_SECRET(der);
    uint8_t half[57];
    cs_slice trad = cs_slice_of(half, cs_prim_private_len(alg->trad));
    memset(half, 0x21, sizeof half);
    assert_int_equal(cs_secret_set(serialized, cs_slice_of(half, 32)), CS_OK);
    if (cs_prim_is_ecdsa(alg->trad)) {
        assert_int_equal(cs_ec_private_der(&der, alg->trad, trad), CS_OK);
        trad = cs_secret_slice(&der);
    }
    assert_int_equal(cs_secret_add(serialized, trad), CS_OK);
}

static cs_slice own_public(const cs_alg *alg)
{
    CS_SECRET(serialized);
    cs_pair k;
    own_private(&serialized, alg);
    assert_int_equal(cs_pair_open_private(&k, alg, cs_alg_default_format(alg), cs_secret_slice(&serialized)), CS_OK);
    cs_slice bytes = public_of(&k);
    cs_pair_close(&k);
    return bytes;
}

/* -- the JSON public key ----------------------------------------------------------------------------------------- */

static void json_is_read_back(void **state)
{
    (void)state;
    int texts = 0;
    for (size_t i = 0; i < cs_alg_count; i++) {
        const cs_alg *alg = &cs_algs[i];
        cs_slice bytes = own_public(alg);
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
            cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
            cs_pair k;
            cs_fault fault;
            cs_err want = cs_alg_offers(alg, (cs_format)f) ? CS_OK : CS_FORMAT_NOT_OFFERED;
            assert_int_equal(cs_public_key_json(&text, alg, (cs_format)f, bytes), want);
            if (want == CS_OK) {
                assert_int_equal(cs_public_key_parse(&k, &fault, cs_buf_slice(&text)), CS_OK);
                assert_int_equal(fault.err, CS_OK);
                assert_ptr_equal(k.alg, alg);
                assert_int_equal(k.format, f);
                assert_true(cs_slice_eq(public_of(&k), bytes));
                cs_pair_close(&k);
                texts++;
            }
            assert_int_equal(cs_public_key_json(&text, alg, (cs_format)f, cs_slice_sub(bytes, 1, bytes.n)),
                             want == CS_OK ? CS_BAD_PUBLIC_KEY : want);
            cs_buf_free(&text);
        }
        vectors_release();
    }
    assert_int_equal(texts, 23);
}

/* `%c`, `%p`: the halves; `%d`: one base64 character group less of the ML-DSA half; `%e`: the empty string's place. */
static cs_slice fill(const char *form, cs_slice pq, cs_slice trad)
{
    cs_buf out = cs_buf_over(vectors_hold(ROOM), ROOM);
    for (const char *p = form; *p != '\0'; p++) {
        if (*p != '%') {
            cs_buf_add_u8(&out, (uint8_t)*p);
            continue;
        }
        p++;
        if (*p == 'c')
            cs_base64_encode(&out, trad);
        else if (*p == 'p')
            cs_base64_encode(&out, pq);
        else if (*p == 'd')
            cs_base64_encode(&out, cs_slice_sub(pq, 3, pq.n));
        else
            cs_base64_encode(&out, cs_slice_sub(trad, 1, trad.n));
    }
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

#define HEAD "{\"v\":1,\"alg\":\"mldsa44+ed25519\","
#define HALVES "\"classical\":\"%c\",\"pq\":\"%p\""

static void json_near_misses_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *form, *field;
        cs_err want;
    } rows[] = {
        /* Other orders and white space are read: the text is a document, not a signature. */
        {HEAD HALVES "}", "", CS_OK},
        {"{\"pq\":\"%p\",\"classical\":\"%c\",\"alg\":\"mldsa44+ed25519\",\"v\":1}\n", "", CS_OK},
        {HEAD HALVES ",\"format\":\"composite\"}", "", CS_OK},
        {HEAD HALVES ",\"format\":\"concat\"}", "", CS_OK},

        {"", "", CS_BAD_JSON},
        {"{", "", CS_BAD_JSON},
        {HEAD HALVES "}x", "", CS_BAD_JSON},
        {HEAD HALVES "}{}", "", CS_BAD_JSON},
        {HEAD HALVES ",}", "", CS_BAD_JSON},
        {HEAD HALVES ",\"pq\":\"%p\"}", "", CS_BAD_JSON},
        {HEAD HALVES ",\"p\\u0071\":\"%p\"}", "", CS_BAD_JSON},
        {"[]", "", CS_BAD_FIELD},
        {"null", "", CS_BAD_FIELD},
        {"{}", "v", CS_MISSING_FIELD},
        {"{\"alg\":\"mldsa44+ed25519\"," HALVES "}", "v", CS_MISSING_FIELD},
        {"{\"v\":0,\"alg\":\"mldsa44+ed25519\"," HALVES "}", "v", CS_BAD_FIELD},
        {"{\"v\":2,\"alg\":\"mldsa44+ed25519\"," HALVES "}", "v", CS_BAD_FIELD},
        {"{\"v\":\"1\",\"alg\":\"mldsa44+ed25519\"," HALVES "}", "v", CS_BAD_FIELD},
        {"{\"v\":1.0,\"alg\":\"mldsa44+ed25519\"," HALVES "}", "v", CS_BAD_FIELD},
        {"{\"v\":true,\"alg\":\"mldsa44+ed25519\"," HALVES "}", "v", CS_BAD_FIELD},
        {"{\"v\":1," HALVES "}", "alg", CS_MISSING_FIELD},
        {"{\"v\":1,\"alg\":7," HALVES "}", "alg", CS_BAD_FIELD},
        {"{\"v\":1,\"alg\":\"\"," HALVES "}", "alg", CS_UNKNOWN_ALGORITHM},
        {"{\"v\":1,\"alg\":\"none\"," HALVES "}", "alg", CS_UNKNOWN_ALGORITHM},
        {"{\"v\":1,\"alg\":\"MLDSA44+ED25519\"," HALVES "}", "alg", CS_UNKNOWN_ALGORITHM},
        {"{\"v\":1,\"alg\":\"mldsa44+ed25519 \"," HALVES "}", "alg", CS_UNKNOWN_ALGORITHM},
        {"{\"v\":1,\"alg\":\"mldsa44\"," HALVES "}", "classical", CS_UNKNOWN_FIELD},
        {"{\"v\":1,\"alg\":\"mldsa65+ed25519\"," HALVES "}", "pq", CS_BAD_PUBLIC_KEY},
        {"{\"v\":1,\"alg\":\"mldsa44+ecdsa-p256\"," HALVES "}", "classical", CS_BAD_PUBLIC_KEY},
        {HEAD "\"classical\":\"%c\"}", "pq", CS_MISSING_FIELD},
        {HEAD "\"pq\":\"%p\"}", "classical", CS_MISSING_FIELD},
        {HEAD "\"classical\":\"%p\",\"pq\":\"%c\"}", "pq", CS_BAD_PUBLIC_KEY},
        {HEAD "\"classical\":\"%c\",\"pq\":\"%d\"}", "pq", CS_BAD_PUBLIC_KEY},
        {HEAD "\"classical\":\"%e\",\"pq\":\"%p\"}", "classical", CS_BAD_PUBLIC_KEY},
        {HEAD "\"classical\":\"\",\"pq\":\"%p\"}", "classical", CS_BAD_PUBLIC_KEY},
        {HEAD "\"classical\":\"%p\",\"pq\":\"%p\"}", "classical", CS_BAD_FIELD},
        {HEAD "\"classical\":null,\"pq\":\"%p\"}", "classical", CS_BAD_FIELD},
        {HEAD "\"classical\":[\"%c\"],\"pq\":\"%p\"}", "classical", CS_BAD_FIELD},
        {HEAD "\"classical\":\" %c\",\"pq\":\"%p\"}", "classical", CS_BAD_FIELD},
        {HEAD "\"classical\":\"%c\",\"pq\":\"AAA\"}", "pq", CS_BAD_ENCODING},
        {HEAD "\"classical\":\"AB==\",\"pq\":\"%p\"}", "classical", CS_BAD_ENCODING},
        {HEAD "\"classical\":\"%c\",\"pq\":\"-_-_\"}", "pq", CS_BAD_ENCODING},
        {HEAD HALVES ",\"format\":\"pure\"}", "format", CS_FORMAT_NOT_OFFERED},
        {HEAD HALVES ",\"format\":\"raw\"}", "format", CS_UNKNOWN_SIGNATURE_FORMAT},
        {HEAD HALVES ",\"format\":\"\"}", "format", CS_UNKNOWN_SIGNATURE_FORMAT},
        {HEAD HALVES ",\"format\":null}", "format", CS_BAD_FIELD},
        {HEAD HALVES ",\"kid\":\"1\"}", "kid", CS_UNKNOWN_FIELD},
        {HEAD HALVES ",\"private\":\"\"}", "private", CS_UNKNOWN_FIELD},
    };
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa44+ed25519"));
    cs_slice bytes = own_public(alg), pq = cs_slice_sub(bytes, 0, 1312), trad = cs_slice_sub(bytes, 1312, 32);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_pair k;
        cs_fault fault;
        memset(&k, 0xa5, sizeof k);
        memset(&fault, 0xa5, sizeof fault);
        cs_slice text = fill(rows[i].form, pq, trad);
        cs_err err = cs_public_key_parse(&k, &fault, text);
        if (err != rows[i].want || fault.err != err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s %s", rows[i].form, cs_err_name(err), fault.field);
        assert_true((k.pq != NULL) == (err == CS_OK));
        cs_pair_close(&k);
        assert_int_equal(cs_public_key_parse(&k, NULL, text), err);
        cs_pair_close(&k);
    }
    vectors_release();
}

/* -- SubjectPublicKeyInfo ---------------------------------------------------------------------------------------- */

/* What stands before the key's bytes. */
static const struct {
    const char *alg, *prefix;
} spki_rows[] = {
    {"mldsa44+ed25519", "30820551300a06082b060105050706270382054100"},
    {"mldsa44+ecdsa-p256", "30820572300a06082b060105050706280382056200"},
    {"mldsa65+ecdsa-p256", "308207f2300a06082b0601050507062d038207e200"},
    {"mldsa65+ed25519", "308207d1300a06082b06010505070630038207c100"},
    {"mldsa87+ecdsa-p384", "30820a92300a06082b0601050507063103820a8200"},
    {"mldsa87+ed448", "30820a6a300a06082b0601050507063303820a5a00"},
    {"mldsa44", "30820532300b06096086480165030403110382052100"},
    {"mldsa65", "308207b2300b0609608648016503040312038207a100"},
    {"mldsa87", "30820a32300b060960864801650304031303820a2100"},
};

static cs_slice spki_of(size_t row, cs_slice bytes)
{
    cs_slice prefix = vectors_from_hex(cs_slice_str(spki_rows[row].prefix));
    uint8_t *der = vectors_hold(prefix.n + bytes.n);
    memcpy(der, prefix.p, prefix.n);
    memcpy(der + prefix.n, bytes.p, bytes.n);
    return cs_slice_of(der, prefix.n + bytes.n);
}

static void refuse_spki(cs_slice der)
{
    cs_pair k;
    cs_err err = cs_public_key_from_spki(&k, der);
    assert_true(err == CS_BAD_PUBLIC_KEY || err == CS_UNKNOWN_ALGORITHM);
    assert_null(k.pq);
}

static void spki_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spki_rows / sizeof *spki_rows; i++) {
        const cs_alg *alg = cs_alg_find(cs_slice_str(spki_rows[i].alg));
        cs_slice bytes = own_public(alg), der = spki_of(i, bytes);
        size_t head = der.n - bytes.n;
        cs_pair k;
        assert_int_equal(cs_public_key_from_spki(&k, der), CS_OK);
        assert_ptr_equal(k.alg, alg);
        assert_int_equal(k.format, cs_alg_default_format(alg));
        assert_true(cs_slice_eq(public_of(&k), bytes));
        cs_pair_close(&k);
        /* Every bit of what stands before the key, every short end, one byte more. */
        uint8_t *bad = vectors_hold(der.n + 1);
        memcpy(bad, der.p, der.n);
        bad[der.n] = 0;
        refuse_spki(cs_slice_of(bad, der.n + 1));
        for (size_t bit = 0; bit < 8 * head; bit++) {
            bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
            refuse_spki(cs_slice_of(bad, der.n));
            bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t n = 0; n < der.n; n += n < head + 2 ? 1 : 83)
            refuse_spki(cs_slice_sub(der, 0, n));
        vectors_release();
    }
}

static void spki_has_one_encoding(void **state)
{
    (void)state;
    /* Of mldsa44+ed25519: the prefix in other encodings of the same meaning, and other meanings. */
    static const char *const prefixes[] = {
        "3083000551300a06082b060105050706270382054100",   /* a length in three bytes */
        "30820552300b0681082b060105050706270382054100",   /* a long form for 8 */
        "3080300a06082b060105050706270382054100",         /* indefinite length */
        "30820553300c06082b0601050507062705000382054100", /* parameters NULL */
        "30820551310a06082b060105050706270382054100",     /* SET */
        "30820551300a06082b060105050706270482054100",     /* OCTET STRING */
        "30820551300a06082b060105050706270382054101",     /* unused bits */
        "30820551300a06082b060105050706240382054100",     /* another arc */
        "30820552300b06082b0601050507068000270382054100", /* OID that does not end there */
        "30820558301106"
        "0f"
        "6086480186fa6b5009010727010203"
        "0382054100",                                   /* an arc of older drafts */
        "30820551300a06082b060105050706280382054100",   /* an algorithm with another length */
        "30820554300d06092a864886f70d0101010382054100", /* RSA */
    };
    cs_slice bytes = own_public(cs_alg_find(CS_LIT("mldsa44+ed25519")));
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        cs_slice prefix = vectors_from_hex(cs_slice_str(prefixes[i]));
        uint8_t *der = vectors_hold(prefix.n + bytes.n);
        memcpy(der, prefix.p, prefix.n);
        memcpy(der + prefix.n, bytes.p, bytes.n);
        refuse_spki(cs_slice_of(der, prefix.n + bytes.n));
    }
    vectors_release();
}

/* -- PEM ----------------------------------------------------------------------------------------------------------- */

static cs_slice with(cs_slice text, size_t at, size_t drop, const char *put)
{
    cs_buf out = cs_buf_over(vectors_hold(ROOM), ROOM);
    cs_buf_add(&out, cs_slice_sub(text, 0, at));
    cs_buf_add_str(&out, put);
    cs_buf_add(&out, cs_slice_sub(text, at + drop, text.n));
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

static void pem_is_one_block(void **state)
{
    (void)state;
    static const size_t begin = sizeof "-----BEGIN PUBLIC KEY-----" - 1, end = sizeof "-----END PUBLIC KEY-----\n" - 1;
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa65+ed25519"));
    cs_slice bytes = own_public(alg);
    cs_buf text = cs_buf_new(ROOM);
    cs_pair k;
    assert_int_equal(cs_public_key_pem(&text, alg, CS_FORMAT_COMPOSITE, bytes), CS_OK);
    const char *twice = cs_buf_cstr(&text);
    cs_slice pem = cs_buf_slice(&text);
    const struct {
        cs_slice pem;
        bool good;
    } rows[] = {
        {pem, true},
        {cs_slice_sub(pem, 0, pem.n - 1), true}, /* the last line's end may be missing … */
        {with(pem, begin, 0, "\r"), true},       /* … and line ends may be CRLF */
        {cs_slice_sub(pem, 0, pem.n - 2), false},
        {cs_slice_sub(pem, 0, pem.n - end), false},
        {cs_slice_sub(pem, 1, pem.n), false},
        {with(pem, 0, begin + 1, ""), false},
        {with(pem, 0, 0, "\n"), false},
        {with(pem, 0, 0, "# a key\n"), false},
        {with(pem, pem.n, 0, "\n"), false},
        {with(pem, pem.n, 0, " "), false},
        {with(pem, pem.n, 0, twice), false}, /* two blocks */
        {with(pem, 11, 6, "SECRET"), false},
        {with(pem, begin, 0, " "), false},
        {with(pem, begin + 1, 0, "\n"), false},
        {with(pem, begin + 1, 0, "Proc-Type: 4,ENCRYPTED\n\n"), false},
        {with(pem, begin + 1 + 10, 0, " "), false},
        {with(pem, begin + 1 + 10, 0, "\n"), false},
        {with(pem, begin + 1 + 64, 1, ""), false}, /* a line of 128 */
        {with(pem, begin + 1 + 10, 1, ""), false},
        {with(pem, begin + 1 + 10, 1, "-"), false},
        {with(pem, begin + 1 + 10, 1, "="), false},
        {with(pem, pem.n - end - 1, 0, "="), false},
        {with(pem, pem.n - end, 0, "AAAA\n"), false},
        {with(pem, pem.n - end, 0, "\n"), false},
        {with(pem, begin + 1, 0, "AAAA"), false},
        {CS_LIT(""), false},
        {CS_LIT("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"), false},
        {CS_LIT("-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----\n"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_err err = cs_public_key_from_pem(&k, rows[i].pem);
        if (err != (rows[i].good ? CS_OK : CS_BAD_PUBLIC_KEY))
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_true(err != CS_OK || cs_slice_eq(public_of(&k), bytes));
        cs_pair_close(&k);
    }
    cs_buf_free(&text);
    vectors_release();
}

static void pem_is_for_keys_with_an_oid(void **state)
{
    (void)state;
    int written = 0;
    for (size_t i = 0; i < cs_alg_count; i++) {
        const cs_alg *alg = &cs_algs[i];
        cs_slice bytes = own_public(alg);
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
            bool wanted = alg->oid_arc != 0 && (cs_format)f == cs_alg_default_format(alg);
            cs_buf out = cs_buf_new(ROOM);
            cs_pair k;
            assert_int_equal(cs_public_key_pem(&out, alg, (cs_format)f, bytes), wanted ? CS_OK : CS_FORMAT_NOT_OFFERED);
            assert_true(wanted || out.n == 0);
            if (wanted) {
                assert_int_equal(cs_public_key_from_pem(&k, cs_buf_slice(&out)), CS_OK);
                assert_ptr_equal(k.alg, alg);
                cs_pair_close(&k);
                written++;
                cs_buf_clear(&out);
                assert_int_equal(cs_public_key_pem(&out, alg, (cs_format)f, cs_slice_sub(bytes, 1, bytes.n)),
                                 CS_BAD_PUBLIC_KEY);
            }
            cs_buf_free(&out);
        }
        vectors_release();
    }
    assert_int_equal(written, 9);
}

/* -- private keys -------------------------------------------------------------------------------------------------- */

static void private_json_is_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < cs_alg_count; i++) {
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
            CS_SECRET(serialized);
            CS_SECRET(text);
            cs_pair k;
            if (!cs_alg_offers(&cs_algs[i], (cs_format)f))
                continue;
            own_private(&serialized, &cs_algs[i]);
            assert_int_equal(cs_private_key_json(&text, &cs_algs[i], (cs_format)f, cs_secret_slice(&serialized)),
                             CS_OK);
            assert_int_equal(cs_private_key_parse(&k, cs_secret_slice(&text)), CS_OK);
            assert_ptr_equal(k.alg, &cs_algs[i]);
            assert_int_equal(k.format, f);
            assert_true(cs_slice_eq(public_of(&k), own_public(&cs_algs[i])));
            cs_pair_close(&k);
            for (size_t n = 0; n < text.n; n++)
                assert_int_not_equal(cs_private_key_parse(&k, cs_slice_of(text.b, n)), CS_OK);
            vectors_release();
        }
    }
}

/* The seed is 32 bytes 0x21; %s is its base64. */
#define SEED_B64 "ISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISE="
#define PRIVATE(rest) "{\"v\":1,\"kind\":\"countersign-private-key\"," rest "}"

static void private_near_misses_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err want;
    } rows[] = {
        {PRIVATE("\"alg\":\"mldsa44\",\"format\":\"pure\",\"private\":\"" SEED_B64 "\""), CS_OK},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\""), CS_OK},

        {"", CS_BAD_PRIVATE_KEY},
        {"{}", CS_MISSING_FIELD},
        {"[]", CS_BAD_FIELD},
        {"{\"v\":1,\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\"}", CS_MISSING_FIELD},
        {"{\"v\":1,\"kind\":\"private-key\",\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\"}", CS_BAD_PRIVATE_KEY},
        {"{\"v\":2,\"kind\":\"countersign-private-key\",\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\"}",
         CS_BAD_FIELD},
        {PRIVATE("\"alg\":\"mldsa45\",\"private\":\"" SEED_B64 "\""), CS_UNKNOWN_ALGORITHM},
        {PRIVATE("\"alg\":\"mldsa44\",\"format\":\"composite\",\"private\":\"" SEED_B64 "\""), CS_FORMAT_NOT_OFFERED},
        {PRIVATE("\"alg\":\"mldsa44\",\"format\":\"seed\",\"private\":\"" SEED_B64 "\""), CS_UNKNOWN_SIGNATURE_FORMAT},
        {PRIVATE("\"alg\":\"mldsa44\""), CS_MISSING_FIELD},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"\""), CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"ISEh\""), CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\\n\""), CS_BAD_ENCODING},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"ISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISF=\""), CS_BAD_ENCODING},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"ISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISEh\""),
         CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44+ed25519\",\"private\":\"" SEED_B64 "\""), CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44+ecdsa-p256\",\"private\":\"" SEED_B64 "\""), CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\",\"public\":\"\""), CS_UNKNOWN_FIELD},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\",\"alg\":\"mldsa44\""), CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":\"" SEED_B64 "\"") "{}", CS_BAD_PRIVATE_KEY},
        {PRIVATE("\"alg\":\"mldsa44\",\"private\":null"), CS_BAD_FIELD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_pair k;
        cs_err err = cs_private_key_parse(&k, cs_slice_str(rows[i].text));
        if (err != rows[i].want)
            fail_msg("%s: %s", rows[i].text, cs_err_name(err));
        assert_true((k.pq != NULL) == (err == CS_OK));
        cs_pair_close(&k);
    }
    cs_buf text = cs_buf_new(ROOM);
    cs_buf_add_str(&text, rows[0].text);
    while (text.n <= CS_SECRET_CAP)
        cs_buf_add_u8(&text, ' ');
    cs_pair k;
    assert_int_equal(cs_private_key_parse(&k, cs_buf_slice(&text)), CS_BAD_PRIVATE_KEY);
    cs_buf_free(&text);
}

/* PKCS#8 of each algorithm that has an OID; %: the private key. */
static const struct {
    const char *alg, *prefix;
} pkcs8_rows[] = {
    {"mldsa44", "3034020100300b060960864801650304031104228020"},
    {"mldsa65", "3034020100300b060960864801650304031204228020"},
    {"mldsa87", "3034020100300b060960864801650304031304228020"},
    {"mldsa44+ed25519", "3051020100300a06082b060105050706270440"},
    {"mldsa44+ecdsa-p256", "3064020100300a06082b060105050706280453"},
    {"mldsa65+ecdsa-p256", "3064020100300a06082b0601050507062d0453"},
    {"mldsa65+ed25519", "3051020100300a06082b060105050706300440"},
    {"mldsa87+ecdsa-p384", "3071020100300a06082b060105050706310460"},
    {"mldsa87+ed448", "306a020100300a06082b060105050706330459"},
};

static void refuse_pkcs8(cs_slice der)
{
    cs_pair k;
    cs_err err = cs_private_key_from_pkcs8(&k, der);
    assert_true(err == CS_BAD_PRIVATE_KEY || err == CS_UNKNOWN_ALGORITHM);
    assert_true(k.pq == NULL && k.trad == NULL);
    assert_int_not_equal(cs_private_key_parse(&k, der), CS_OK);
}

/* Turning a bit of the last arc gives another algorithm of the same lengths: a key of that one, and no mistake. */
static bool is_last_arc(cs_slice prefix, size_t at, bool pure)
{
    return at + 1 == prefix.n - (pure ? 4 : 2);
}

static void pkcs8_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pkcs8_rows / sizeof *pkcs8_rows; i++) {
        CS_SECRET(serialized);
        const cs_alg *alg = cs_alg_find(cs_slice_str(pkcs8_rows[i].alg));
        cs_slice prefix = vectors_from_hex(cs_slice_str(pkcs8_rows[i].prefix));
        own_private(&serialized, alg);
        size_t n = prefix.n + serialized.n;
        uint8_t *der = vectors_hold(n + 1);
        memcpy(der, prefix.p, prefix.n);
        memcpy(der + prefix.n, serialized.b, serialized.n);
        der[n] = 0;
        cs_pair k;
        assert_int_equal(cs_private_key_from_pkcs8(&k, cs_slice_of(der, n)), CS_OK);
        assert_ptr_equal(k.alg, alg);
        assert_int_equal(k.format, cs_alg_default_format(alg));
        assert_true(cs_slice_eq(public_of(&k), own_public(alg)));
        cs_pair_close(&k);
        refuse_pkcs8(cs_slice_of(der, n + 1));
        for (size_t cut = 0; cut < n; cut++)
            refuse_pkcs8(cs_slice_of(der, cut));
        for (size_t bit = 0; bit < 8 * prefix.n; bit++) {
            if (is_last_arc(prefix, bit / 8, cs_alg_is_pure(alg)))
                continue;
            der[bit / 8] ^= (uint8_t)(1 << bit % 8);
            refuse_pkcs8(cs_slice_of(der, n));
            der[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        vectors_release();
    }
}

/* A text of the right shape around bytes that are no key: no member is to blame. */
static void json_of_no_key_is_refused(void **state)
{
    (void)state;
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa44+ecdsa-p256"));
    uint8_t *bytes = vectors_copy(own_public(alg));
    cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_fault fault;
    cs_pair k;
    bytes[1312 + 40] ^= 1; /* off the curve */
    assert_int_equal(cs_public_key_json(&text, alg, CS_FORMAT_COMPOSITE, cs_slice_of(bytes, 1312 + 65)), CS_OK);
    memset(&fault, 0xa5, sizeof fault);
    assert_int_equal(cs_public_key_parse(&k, &fault, cs_buf_slice(&text)), CS_BAD_PUBLIC_KEY);
    assert_int_equal(fault.err, CS_BAD_PUBLIC_KEY);
    assert_string_equal(fault.field, "");
    assert_null(k.pq);
    cs_buf_free(&text);
    vectors_release();
}

/* A private key that has no room as a text leaves nothing behind, and a new text nothing of the old one. */
static void private_json_has_a_limit(void **state)
{
    (void)state;
    CS_SECRET(text);
    uint8_t bytes[160];
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa44"));
    memset(bytes, 0x21, sizeof bytes);
    assert_int_equal(cs_private_key_json(&text, alg, CS_FORMAT_PURE, cs_slice_of(bytes, 32)), CS_OK);
    size_t n = text.n;
    assert_int_equal(cs_private_key_json(&text, alg, CS_FORMAT_PURE, CS_ARRAY(bytes)), CS_TOO_LARGE);
    assert_int_equal(text.n, 0);
    for (size_t i = 0; i < sizeof text.b; i++)
        assert_int_equal(text.b[i], 0);
    memset(text.b, 0xa5, sizeof text.b);
    assert_int_equal(cs_private_key_json(&text, alg, CS_FORMAT_PURE, cs_slice_of(bytes, 32)), CS_OK);
    assert_int_equal(text.n, n);
    for (size_t i = n; i < sizeof text.b; i++)
        assert_int_equal(text.b[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_read_back),
        cmocka_unit_test(json_near_misses_are_refused),
        cmocka_unit_test(spki_is_exact),
        cmocka_unit_test(spki_has_one_encoding),
        cmocka_unit_test(pem_is_one_block),
        cmocka_unit_test(pem_is_for_keys_with_an_oid),
        cmocka_unit_test(private_json_is_read_back),
        cmocka_unit_test(private_near_misses_are_refused),
        cmocka_unit_test(pkcs8_is_exact),
        cmocka_unit_test(json_of_no_key_is_refused),
        cmocka_unit_test(private_json_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
