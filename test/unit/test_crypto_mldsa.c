/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/crypto_mldsa.c: choosing the engine, and what happens when the two disagree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/crypto_mldsa.h"
#include "core/limits.h"

static const cs_slice message = {(const uint8_t *)"message", 7};
static const uint8_t seed[32] = {1, 2, 3};

static cs_key *open_key(cs_prim prim)
{
    cs_key *key = NULL;
    assert_int_equal(cs_key_open_private(&key, prim, CS_ARRAY(seed)), CS_OK);
    return key;
}

static cs_err sign(cs_buf *sig, const cs_key *key)
{
    cs_buf_clear(sig);
    return cs_key_sign(sig, key, message, NULL);
}

/* Backends of which one operation is wrong in one coefficient, as after a flipped bit. */
static void wrong_invntt(cs_poly *p)
{
    cs_mldsa_portable.invntt(p);
    p->c[77] ^= 1 << 18;
}

static void wrong_decompose(cs_poly *high, cs_poly *low, const cs_poly *p, int32_t gamma2)
{
    cs_mldsa_portable.decompose(high, low, p, gamma2);
    high->c[3] ^= 1;
}

static unsigned wrong_hint(uint8_t hint[CS_MLDSA_N], const cs_poly *low, const cs_poly *high, int32_t gamma2)
{
    unsigned n = cs_mldsa_portable.make_hint(hint, low, high, gamma2);
    hint[5] ^= 1;
    return n;
}

static bool wrong_add(cs_poly *out, const cs_poly *a, const cs_poly *b, int32_t bound)
{
    bool ok = cs_mldsa_portable.add(out, a, b, bound);
    out->c[200] += ok ? 1 : 0;
    return ok;
}

static void wrong_dot(cs_poly *out, const cs_poly *a, const cs_poly *b, size_t n, const cs_poly *a2, const cs_poly *b2)
{
    cs_mldsa_portable.dot(out, a, b, n, a2, b2);
    out->c[128] = 0;
}

static void disagreement_stops_the_engine(void **state)
{
    static const cs_prim prims[] = {CS_MLDSA44, CS_MLDSA65, CS_MLDSA87};
    cs_mldsa_backend faulty[5];
    (void)state;
    for (size_t i = 0; i < 5; i++)
        faulty[i] = cs_mldsa_portable;
    faulty[0].invntt = wrong_invntt;
    faulty[1].decompose = wrong_decompose;
    faulty[2].make_hint = wrong_hint;
    faulty[3].add = wrong_add;
    faulty[4].dot = wrong_dot;
    for (size_t i = 0; i < 15; i++) {
        cs_prim prim = prims[i % 3];
        cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE);
        cs_key *judge, *key;
        cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
        judge = open_key(prim);
        cs_engine_choose(CS_ENGINE_NATIVE, NULL, 1);
        key = open_key(prim); /* well, so that the key itself is right */
        cs_key_free(key);
        cs_engine_choose(CS_ENGINE_NATIVE, &faulty[i / 3], 1);
        key = open_key(prim);

        /* What comes out was made by OpenSSL, and so is everything after it. */
        for (int round = 0; round < 3; round++) {
            cs_err err = sign(&sig, key);
            if (err == CS_CRYPTO)
                break; /* a fault under which no attempt passes: no signature at all */
            assert_int_equal(err, CS_OK);
            cs_engine_state now = cs_engine_now();
            assert_int_equal(now.chosen, CS_ENGINE_NATIVE);
            assert_int_equal(now.used, CS_ENGINE_OPENSSL);
            assert_int_equal(now.disagreements, 1);
            assert_int_equal(now.judged, 1);
            /* A key whose opening the fault has spoilt has another public key: then OpenSSL's signature is by the seed.
             */
            assert_int_equal(cs_key_verify(judge, message, cs_buf_slice(&sig), NULL), CS_OK);
        }
        cs_key_free(key);
        cs_key_free(judge);
        cs_buf_free(&sig);
    }
}

static void judges_one_in_so_many(void **state)
{
    static const struct {
        unsigned judge;
        uint64_t judged;
    } rows[] = {{0, 0}, {1, 20}, {7, 3}, {20, 1}, {64, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE);
        cs_engine_choose(CS_ENGINE_NATIVE, NULL, rows[i].judge);
        cs_key *key = open_key(CS_MLDSA44);
        for (int n = 0; n < 20; n++)
            assert_int_equal(sign(&sig, key), CS_OK);
        assert_int_equal(cs_engine_now().judged, rows[i].judged);
        assert_int_equal(cs_engine_now().disagreements, 0);
        assert_int_equal(cs_engine_now().used, CS_ENGINE_NATIVE);
        cs_key_free(key);
        cs_buf_free(&sig);
    }
}

/* Keys of one engine and signatures of the other belong together, in both directions. */
static void engines_understand_each_other(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[CS_MAX_PUBLIC_KEY];
        cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE), public_key = CS_BUF_OVER(bytes);
        cs_key *other = NULL;
        cs_engine_choose(i == 0 ? CS_ENGINE_NATIVE : CS_ENGINE_OPENSSL, NULL, 0);
        cs_key *key = open_key(CS_MLDSA87);
        assert_int_equal(sign(&sig, key), CS_OK);
        cs_key_public(&public_key, key);
        cs_engine_choose(i == 0 ? CS_ENGINE_OPENSSL : CS_ENGINE_NATIVE, NULL, 0);
        assert_int_equal(cs_key_open_public(&other, CS_MLDSA87, cs_buf_slice(&public_key)), CS_OK);
        assert_int_equal(cs_key_verify(other, message, cs_buf_slice(&sig), NULL), CS_OK);
        sig.p[1000] ^= 1;
        assert_int_equal(cs_key_verify(other, message, cs_buf_slice(&sig), NULL), CS_BAD_SIGNATURE);
        cs_key_free(other);
        cs_key_free(key);
        cs_buf_free(&sig);
    }
}

static void public_keys_do_not_sign(void **state)
{
    uint8_t bytes[CS_MAX_PUBLIC_KEY];
    cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE), public_key = CS_BUF_OVER(bytes);
    cs_key *other = NULL;
    (void)state;
    for (unsigned judge = 0; judge < 2; judge++) {
        cs_engine_choose(CS_ENGINE_NATIVE, NULL, judge);
        cs_key *key = open_key(CS_MLDSA65);
        cs_buf_clear(&public_key);
        cs_key_public(&public_key, key);
        assert_int_equal(cs_key_open_public(&other, CS_MLDSA65, cs_buf_slice(&public_key)), CS_OK);
        assert_int_equal(sign(&sig, other), CS_CRYPTO);
        assert_int_equal(sig.n, 0);
        cs_key_free(other);
        cs_key_free(key);
    }
    cs_buf_free(&sig);
}

static void names(void **state)
{
    cs_engine e = CS_ENGINE_NATIVE;
    (void)state;
    assert_true(cs_engine_by_name(&e, "openssl"));
    assert_int_equal(e, CS_ENGINE_OPENSSL);
    assert_true(cs_engine_by_name(&e, "native"));
    assert_int_equal(e, CS_ENGINE_NATIVE);
    assert_false(cs_engine_by_name(&e, ""));
    assert_false(cs_engine_by_name(&e, "Native"));
    assert_string_equal(cs_engine_name(CS_ENGINE_OPENSSL), "openssl");
    cs_engine_choose(CS_ENGINE_NATIVE, &cs_mldsa_portable, 0);
    assert_string_equal(cs_engine_now().backend, "portable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disagreement_stops_the_engine),
        cmocka_unit_test(judges_one_in_so_many),
        cmocka_unit_test(engines_understand_each_other),
        cmocka_unit_test(public_keys_do_not_sign),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
