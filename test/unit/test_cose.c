/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1: real documents, what is signed, one row for each shape that is refused, and a message of our own. */
#include "core/cose.h"

#include "core/cbor.h"
#include "vectors.h"

static void real_document(void **state)
{
    (void)state;
    cs_cose c, tagged;
    cs_buf doc = vectors_public_file("attestation/nitro/prod-2024-02-26.cbor"), again = cs_buf_new(CS_MAX_COSE + 1);
    assert_int_equal(cs_cose_parse(&c, cs_buf_slice(&doc)), CS_OK);
    assert_int_equal(c.alg, CS_COSE_ES384);
    assert_int_equal(c.signature.n, CS_COSE_ES384_SIG);
    assert_true(c.payload.p > doc.p && c.payload.p + c.payload.n < doc.p + doc.n); /* not a copy */

    cs_cborw_tag(&again, CS_COSE_TAG);
    cs_buf_add(&again, cs_buf_slice(&doc));
    assert_int_equal(cs_cose_parse(&tagged, cs_buf_slice(&again)), CS_OK);
    assert_true(cs_slice_eq(tagged.payload, c.payload));
    cs_buf_clear(&again);
    cs_cborw_tag(&again, CS_COSE_TAG);
    cs_cborw_tag(&again, CS_COSE_TAG);
    cs_buf_add(&again, cs_buf_slice(&doc));
    assert_int_equal(cs_cose_parse(&tagged, cs_buf_slice(&again)), CS_BAD_FORMAT);
    cs_buf_free(&again);
    cs_buf_free(&doc);
}

static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *what;
        cs_err err;
    } rows[] = {
        {"8444a1013822a041aa41bb", "four members", CS_OK},
        {"d28444a1013822a041aa41bb", "under tag 18", CS_OK},
        {"9f44a1013822a041aa41bbff", "indefinite array", CS_OK},
        {"8444a1013822bfff41aa41bb", "indefinite empty map", CS_OK},
        {"8443a10126a041aa41bb", "another algorithm: the caller's affair", CS_OK},
        {"8444a1013822a04040", "payload and signature empty: the caller's affair", CS_OK},
        {"", "nothing", CS_BAD_FORMAT},
        {"d2", "a tag alone", CS_BAD_FORMAT},
        {"d38444a1013822a041aa41bb", "another tag", CS_BAD_FORMAT},
        {"d8128444a1013822a041aa41bb", "the tag in two bytes", CS_BAD_FORMAT},
        {"8444a1013822a041aa41bb00", "a byte behind", CS_BAD_FORMAT},
        {"8344a1013822a041aa", "three members", CS_BAD_FORMAT},
        {"8544a1013822a041aa41bb40", "five members", CS_BAD_FORMAT},
        {"a244a1013822a041aa41bb", "a map of two", CS_BAD_FORMAT},
        {"40", "no array", CS_BAD_FORMAT},
        {"84a1013822a041aa41bb", "protected header not in a string", CS_BAD_FORMAT},
        {"8464a1013822a041aa41bb", "protected header in a text", CS_BAD_FORMAT},
        {"8440a041aa41bb", "no protected header", CS_BAD_FORMAT},
        {"8441a0a041aa41bb", "protected header without an algorithm", CS_BAD_FORMAT},
        {"8440a101382241aa41bb", "algorithm only in the unprotected header", CS_BAD_FORMAT},
        {"8441a0a101382241aa41bb", "algorithm only in the unprotected header", CS_BAD_FORMAT},
        {"8444a1013822a101382241aa41bb", "algorithm in both", CS_BAD_FORMAT},
        {"8444a1013822a104416141aa41bb", "a key identifier in the unprotected header", CS_BAD_FORMAT},
        {"8444a1043822a041aa41bb", "another label", CS_BAD_FORMAT},
        {"8444a1200138a041aa41bb", "broken protected header", CS_BAD_FORMAT},
        {"8445a101382200a041aa41bb", "a byte behind the protected header", CS_BAD_FORMAT},
        {"8447a2013822044161a041aa41bb", "a key identifier in the protected header", CS_BAD_FORMAT},
        {"8447a2013822013822a041aa41bb", "the algorithm twice", CS_BAD_FORMAT},
        {"8448a101654553333834a041aa41bb", "the algorithm as a text", CS_BAD_FORMAT},
        {"844ba1013bffffffffffffffffa041aa41bb", "an algorithm below every number", CS_BAD_FORMAT},
        {"8444a101f6a0a041aa41bb", "null as algorithm", CS_BAD_FORMAT},
        {"8444a1013822f641aa41bb", "unprotected header null", CS_BAD_FORMAT},
        {"8444a10138224041aa41bb", "unprotected header a string", CS_BAD_FORMAT},
        {"8444a1013822a0f641bb", "payload elsewhere", CS_BAD_FORMAT},
        {"8444a1013822a061aa41bb", "payload a text", CS_BAD_FORMAT},
        {"8444a1013822a041aaf6", "no signature", CS_BAD_FORMAT},
        {"8444a1013822a041aa8141bb", "signature in an array", CS_BAD_FORMAT},
        {"8444a1013822a05f41aaff41bb", "payload of indefinite length", CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_slice bytes = vectors_from_hex(cs_slice_str(rows[i].hex));
        cs_cose c;
        if (cs_cose_parse(&c, bytes) != rows[i].err)
            fail_msg("%s: %s", rows[i].what, rows[i].hex);
        assert_true((c.payload.p != NULL) == (rows[i].err == CS_OK));
    }
    vectors_release();
}

static void sig_structure(void **state)
{
    (void)state;
    cs_cose c;
    cs_slice bytes = CS_LIT("\x84\x44\xa1\x01\x38\x22\xa0\x41\xaa\x41\xbb");
    cs_buf tbs = cs_buf_new(64);
    assert_int_equal(cs_cose_parse(&c, bytes), CS_OK);
    cs_cose_sig_structure(&tbs, &c);
    assert_true(cs_slice_eq(cs_buf_slice(&tbs), CS_LIT("\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40\x41\xaa")));
    cs_buf_free(&tbs);
}

static void largest(void **state)
{
    (void)state;
    static uint8_t payload[CS_MAX_COSE];
    const size_t beside = 1 + 5 + 1 + 3 + 2; /* heads, protected header, empty map, a signature of one byte */
    for (size_t more = 0; more < 2; more++) {
        cs_cose c;
        cs_buf doc = cs_buf_new(CS_MAX_COSE + 16);
        cs_cborw_array(&doc, 4);
        cs_cborw_bytes(&doc, CS_LIT("\xa1\x01\x38\x22"));
        cs_cborw_map(&doc, 0);
        cs_cborw_bytes(&doc, cs_slice_of(payload, CS_MAX_COSE - beside + more));
        cs_cborw_bytes(&doc, CS_LIT("\x01"));
        assert_int_equal(doc.n, CS_MAX_COSE + more);
        assert_int_equal(cs_cose_parse(&c, cs_buf_slice(&doc)), more > 0 ? CS_TOO_LARGE : CS_OK);
        cs_buf_free(&doc);
    }
}

static void signing(void **state)
{
    (void)state;
    static const uint8_t scalar[48] = {1, 2, 3};
    cs_key *key = NULL, *other = NULL;
    cs_cose c;
    cs_buf doc = cs_buf_new(512), tbs = cs_buf_new(512), der = cs_buf_new(128);
    assert_int_equal(cs_key_open_private(&key, CS_P384, CS_ARRAY(scalar)), CS_OK);
    assert_int_equal(cs_key_open_private(&other, CS_P256, cs_slice_of(scalar, 32)), CS_OK);
    assert_int_equal(cs_cose_sign1(&doc, CS_LIT("payload"), key), CS_OK);
    assert_int_equal(cs_cose_parse(&c, cs_buf_slice(&doc)), CS_OK);
    assert_true(cs_slice_is(c.payload, "payload"));
    assert_int_equal(c.alg, CS_COSE_ES384);
    cs_cose_sig_structure(&tbs, &c);
    assert_int_equal(cs_ecdsa_raw_to_der(&der, CS_P384, c.signature), CS_OK);
    assert_int_equal(cs_key_verify(key, cs_buf_slice(&tbs), cs_buf_slice(&der), NULL), CS_OK);
    assert_int_equal(cs_key_verify(key, c.payload, cs_buf_slice(&der), NULL), CS_BAD_SIGNATURE);

    size_t before = doc.n;
    assert_int_equal(cs_cose_sign1(&doc, CS_LIT("payload"), other), CS_BAD_PRIVATE_KEY);
    assert_int_equal(doc.n, before);
    cs_buf small = cs_buf_new(16);
    assert_int_equal(cs_cose_sign1(&small, CS_LIT("payload"), key), CS_TOO_LARGE);
    cs_buf_free(&small);
    cs_buf_free(&doc);
    cs_buf_free(&tbs);
    cs_buf_free(&der);
    cs_key_free(key);
    cs_key_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_document), cmocka_unit_test(shapes),  cmocka_unit_test(sig_structure),
        cmocka_unit_test(largest),       cmocka_unit_test(signing),
    };
    return cmocka_run_group_tests_name("cose", tests, NULL, NULL);
}
