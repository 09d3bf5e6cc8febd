/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/keytext.c: the RFC 9881 examples, then each text form of a key and everything that is close to it. */
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

/* -- RFC 9881 --------------------------------------------------------------------------------------------------- */

static cs_slice example(const char *name)
{
    char path[64];
    assert_true(snprintf(path, sizeof path, "rfc9881/%s", name) < (int)sizeof path);
    cs_buf text = vectors_public_file(path);
    cs_slice held = cs_slice_of(vectors_copy(cs_buf_slice(&text)), text.n);
    cs_buf_free(&text);
    return held;
}

static cs_slice example_der(const char *level, const char *choice)
{
    char name[48];
    assert_true(snprintf(name, sizeof name, "%s-%s.der.b64", level, choice) < (int)sizeof name);
    cs_slice text = example(name);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    return vectors_from_base64(text);
}

static void rfc9881_level(const char *level, const char *alg_name)
{
    char name[32];
    cs_pair seed, both, public_key;
    (void)snprintf(name, sizeof name, "%s.pub", level);
    cs_slice pem = example(name);
    assert_int_equal(cs_private_key_from_pkcs8(&seed, example_der(level, "seed")), CS_OK);
    assert_int_equal(cs_private_key_parse(&both, example_der(level, "both")), CS_OK);
    assert_int_equal(cs_public_key_from_pem(&public_key, pem), CS_OK);
    assert_string_equal(seed.alg->name, alg_name);
    assert_int_equal(public_key.format, CS_FORMAT_PURE);
    assert_true(cs_slice_eq(public_of(&seed), public_of(&public_key)));
    assert_true(cs_slice_eq(public_of(&both), public_of(&public_key)));
    cs_buf written = cs_buf_new(ROOM);
    assert_int_equal(cs_public_key_pem(&written, seed.alg, CS_FORMAT_PURE, public_of(&seed)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&written), pem));
    cs_buf_free(&written);
    cs_pair_close(&seed);
    cs_pair_close(&both);
    cs_pair_close(&public_key);

    cs_pair none;
    assert_int_equal(cs_private_key_from_pkcs8(&none, example_der(level, "expanded")), CS_BAD_PRIVATE_KEY);
    assert_null(none.pq);
    vectors_release();
}

static void rfc9881_examples(void **state)
{
    (void)state;
    cs_pair none;
    rfc9881_level("ML-DSA-44", "mldsa44");
    rfc9881_level("ML-DSA-87", "mldsa87");
    /* Seed and expanded key that do not belong together, or an expanded key alone that is not consistent. */
    assert_int_equal(cs_private_key_from_pkcs8(&none, example_der("bad-ML-DSA-44", "1")), CS_BAD_PRIVATE_KEY);
    assert_int_equal(cs_private_key_from_pkcs8(&none, example_der("bad-ML-DSA-44", "3")), CS_BAD_PRIVATE_KEY);
    assert_null(none.pq);
    vectors_release();
}

/* One byte anywhere in the companion key changed: the seed alone would still open. */
static void expanded_key_is_compared(void **state)
{
    (void)state;
    cs_slice good = example_der("ML-DSA-44", "both");
    uint8_t *bad = vectors_copy(good);
    cs_pair k;
    for (size_t i = good.n - 1; i > 100; i -= 101) {
        bad[i] ^= 0x40;
        assert_int_equal(cs_private_key_from_pkcs8(&k, cs_slice_of(bad, good.n)), CS_BAD_PRIVATE_KEY);
        bad[i] ^= 0x40;
    }
    assert_int_equal(cs_private_key_from_pkcs8(&k, cs_slice_of(bad, good.n)), CS_OK);
    cs_pair_close(&k);
    vectors_release();
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
        cs_slice text = fill(rows[i].form, pq, trad);
        cs_err err = cs_public_key_parse(&k, &fault, text);
        if (err != rows[i].want || fault.err != err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s %s", rows[i].form, cs_err_name(err), fault.field);
        assert_int_equal(cs_public_key_parse(&k, NULL, text), err);
        assert_true((k.pq != NULL) == (err == CS_OK));
        cs_pair_close(&k);
    }
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc9881_examples),
        cmocka_unit_test(expanded_key_is_compared),
        cmocka_unit_test(json_is_read_back),
        cmocka_unit_test(json_near_misses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
