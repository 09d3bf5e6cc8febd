/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/keytext.c against the examples of RFC 9881, appendix C. */
#include "vectors.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc9881_examples),
        cmocka_unit_test(expanded_key_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
