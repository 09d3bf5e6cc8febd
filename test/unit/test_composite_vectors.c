/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/composite.c against the public composite vectors and the draft's worked example of M'. */
#include "vectors.h"

#include "core/composite.h"
#include "core/keytext.h"
#include "core/limits.h"

static const struct {
    const char *id, *name;
} ids[] = {
    {"id-ML-DSA-44", "mldsa44"},
    {"id-ML-DSA-65", "mldsa65"},
    {"id-ML-DSA-87", "mldsa87"},
    {"id-MLDSA44-Ed25519-SHA512", "mldsa44+ed25519"},
    {"id-MLDSA44-ECDSA-P256-SHA256", "mldsa44+ecdsa-p256"},
    {"id-MLDSA65-Ed25519-SHA512", "mldsa65+ed25519"},
    {"id-MLDSA65-ECDSA-P256-SHA512", "mldsa65+ecdsa-p256"},
    {"id-MLDSA87-ECDSA-P384-SHA512", "mldsa87+ecdsa-p384"},
    {"id-MLDSA87-Ed448-SHAKE256", "mldsa87+ed448"},
};

/* NULL for an algorithm that the product does not offer. */
static const cs_alg *alg_of_id(yyjson_val *test)
{
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (vectors_is(test, "tcId", ids[i].id))
            return cs_alg_find(cs_slice_str(ids[i].name));
    return NULL;
}

static void assert_public(const cs_pair *k, cs_slice want)
{
    cs_buf got = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_pair_public(&got, k);
    assert_true(cs_slice_eq(cs_buf_slice(&got), want));
    cs_buf_free(&got);
}

/* The vector's signature verifies, and with any one byte in `step` changed or the end cut off it does not. */
static void accept(const cs_pair *k, const cs_message *m, cs_slice sig)
{
    cs_halves halves;
    assert_int_equal(cs_pair_verify(&halves, k, m, sig), CS_OK);
    assert_true(halves.pq_ok && halves.trad_ok);
    uint8_t *bad = vectors_copy(sig);
    for (size_t i = 0; i < sig.n; i += 97) {
        bad[i] ^= 0x04;
        assert_int_equal(cs_pair_verify(NULL, k, m, cs_slice_of(bad, sig.n)), CS_BAD_SIGNATURE);
        bad[i] ^= 0x04;
    }
    assert_int_equal(cs_pair_verify(NULL, k, m, cs_slice_sub(sig, 0, sig.n - 1)), CS_BAD_SIGNATURE);
}

static void private_key_agrees(const cs_alg *alg, yyjson_val *test, cs_slice public_bytes, const cs_message *m)
{
    cs_slice serialized = vectors_base64(test, "sk"), pkcs8 = vectors_base64(test, "sk_pkcs8");
    cs_pair own, read, verifier;
    cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE);
    assert_int_equal(cs_pair_open_private(&own, alg, cs_alg_default_format(alg), serialized), CS_OK);
    assert_public(&own, public_bytes);
    assert_int_equal(cs_private_key_from_pkcs8(&read, pkcs8), CS_OK);
    assert_public(&read, public_bytes);
    assert_int_equal(cs_pair_open_public(&verifier, alg, cs_alg_default_format(alg), public_bytes), CS_OK);
    assert_int_equal(cs_pair_sign(&sig, &read, m), CS_OK);
    accept(&verifier, m, cs_buf_slice(&sig));
    cs_buf_free(&sig);
    cs_pair_close(&own);
    cs_pair_close(&read);
    cs_pair_close(&verifier);
}

static void run_case(const cs_alg *alg, yyjson_val *test, cs_slice message, cs_slice context)
{
    cs_slice public_bytes = vectors_base64(test, "pk"), sig = vectors_base64(test, "s");
    cs_slice sig_context = vectors_base64(test, "sWithContext");
    const cs_message plain = {.bytes = message}, with = {.bytes = message, .context = context};
    cs_pair k;
    assert_int_equal(cs_pair_open_public(&k, alg, cs_alg_default_format(alg), public_bytes), CS_OK);
    accept(&k, &plain, sig);
    if (sig_context.p != NULL && !cs_alg_is_pure(alg)) {
        accept(&k, &with, sig_context);
        assert_int_equal(cs_pair_verify(NULL, &k, &with, sig), CS_BAD_SIGNATURE);
        assert_int_equal(cs_pair_verify(NULL, &k, &plain, sig_context), CS_BAD_SIGNATURE);
    }
    cs_pair_close(&k);
    private_key_agrees(alg, test, public_bytes, &plain);
}

static void composite_file(const char *name, int expected)
{
    yyjson_doc *doc = vectors_public_json(name);
    yyjson_val *root = yyjson_doc_get_root(doc), *test;
    size_t i, max;
    int cases = 0;
    yyjson_arr_foreach(yyjson_obj_get(root, "tests"), i, max, test)
    {
        const cs_alg *alg = alg_of_id(test);
        if (alg == NULL)
            continue;
        run_case(alg, test, vectors_base64(root, "m"), vectors_base64(root, "ctx"));
        vectors_release();
        cases++;
    }
    yyjson_doc_free(doc);
    print_message("%s: %d cases\n", name, cases);
    assert_int_equal(cases, expected);
}

static void public_vectors_verify(void **state)
{
    (void)state;
    composite_file("composite/testvectors-draft19.json", 7);
    composite_file("composite/testvectors-1abc3ed.json", 4);
    composite_file("composite/testvectors-2b704a5.json", 4);
    composite_file("composite/testvectors-167f1ad.json", 4);
}

/* A signature under a label of an older draft has the right shape and is refused. */
static void old_label_is_refused(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("composite/negative-oldlabel-5ba4655.json");
    yyjson_val *root = yyjson_doc_get_root(doc), *test;
    size_t i, max;
    int cases = 0;
    yyjson_arr_foreach(yyjson_obj_get(root, "tests"), i, max, test)
    {
        cs_pair k;
        cs_halves halves;
        const cs_message m = {.bytes = vectors_base64(root, "m")};
        const cs_alg *alg = alg_of_id(test);
        assert_int_equal(cs_pair_open_public(&k, alg, CS_FORMAT_COMPOSITE, vectors_base64(test, "pk")), CS_OK);
        assert_int_equal(cs_pair_verify(&halves, &k, &m, vectors_base64(test, "s")), CS_BAD_SIGNATURE);
        assert_false(halves.pq_ok || halves.trad_ok);
        cs_pair_close(&k);
        vectors_release();
        cases++;
    }
    yyjson_doc_free(doc);
    assert_int_equal(cases, 1);
}

/* -- M' --------------------------------------------------------------------------------------------------------- */

#define M10 "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"
/* The draft's worked example of mldsa65+ecdsa-p256. */
#define EXAMPLE_HEAD                                                                                                   \
    "436f6d706f73697465416c676f726974686d5369676e61747572657332303235"                                                 \
    "434f4d505349472d4d4c44534136352d45434453412d503235362d534841353132"
#define EXAMPLE_PH                                                                                                     \
    "0f89ee1fcb7b0a4f7809d1267a029719004c5a5e5ec323a7c3523a20974f9a3f"                                                 \
    "202f56fadba4cd9e8d654ab9f2e96dc5c795ea176fa20ede8d854c342f903533"

static void message_is_the_worked_example(void **state)
{
    (void)state;
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa65+ecdsa-p256"));
    cs_slice ph = vectors_from_hex(CS_LIT(EXAMPLE_PH)), context = vectors_from_hex(CS_LIT("0813061205162623"));
    const struct {
        cs_message m;
        const char *want;
    } rows[] = {
        {{.bytes = CS_LIT(M10), .context = context}, EXAMPLE_HEAD "080813061205162623" EXAMPLE_PH},
        {{.bytes = CS_LIT(M10)}, EXAMPLE_HEAD "00" EXAMPLE_PH},
        {{.bytes = ph, .ph = CS_SHA512}, EXAMPLE_HEAD "00" EXAMPLE_PH},
        {{.bytes = ph, .ph = CS_SHA512, .context = context}, EXAMPLE_HEAD "080813061205162623" EXAMPLE_PH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf got = cs_buf_new(CS_MAX_MPRIME);
        assert_int_equal(cs_composite_message(&got, alg, &rows[i].m), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&got), vectors_from_hex(cs_slice_str(rows[i].want))));
        cs_buf_free(&got);
    }
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_vectors_verify),
        cmocka_unit_test(old_label_is_refused),
        cmocka_unit_test(message_is_the_worked_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
