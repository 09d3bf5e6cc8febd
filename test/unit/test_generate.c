/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests src/enclave/generate.c and the signing of src/enclave/attested_sign.c while the library's generator or one of
 * its primitives fails: all or nothing. zone: enclave
 */
#include "enclave_fixture.h"

#include <dlfcn.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "core/attest.h"
#include "core/crypto_mldsa.h"
#include "core/encode.h"

static cs_enclave *e;
static int draws_left = INT_MAX; /* until the generator fails once */
static int signs_left = INT_MAX; /* until a primitive fails ... */
static bool silently;            /* ... by a flipped bit, not by saying so */

/* The next three stand before the libraries' own. */

int RAND_priv_bytes_ex(OSSL_LIB_CTX *ctx, unsigned char *out, size_t n, unsigned strength)
{
    return draws_left-- != 0 ? RAND_bytes_ex(ctx, out, n, strength) : 0;
}

int EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *n, const unsigned char *tbs, size_t tbs_n)
{
    union {
        void *symbol;
        int (*call)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
    } real = {dlsym(RTLD_NEXT, "EVP_PKEY_sign")};
    bool fails = signs_left-- <= 0;
    if (fails && !silently)
        return 0;
    int ok = real.call(ctx, sig, n, tbs, tbs_n);
    if (fails && ok == 1)
        sig[*n - 1] ^= 1;
    return ok;
}

int crypto_sign_detached(unsigned char *sig, unsigned long long *n, const unsigned char *m, unsigned long long m_n,
                         const unsigned char *sk)
{
    union {
        void *symbol;
        int (*call)(unsigned char *, unsigned long long *, const unsigned char *, unsigned long long,
                    const unsigned char *);
    } real = {dlsym(RTLD_NEXT, "crypto_sign_detached")};
    bool fails = signs_left-- <= 0;
    if (fails && !silently)
        return -1;
    int failed = real.call(sig, n, m, m_n, sk);
    if (fails && failed == 0)
        sig[63] ^= 1;
    return failed;
}

/* Our own ML-DSA fails where its last step does. */
static cs_mldsa_backend faulty;
static bool mldsa_fails;

static unsigned faulty_hint(uint8_t hint[CS_MLDSA_N], const cs_poly *low, const cs_poly *high, int32_t gamma2)
{
    unsigned n = cs_mldsa_best()->make_hint(hint, low, high, gamma2);
    hint[0] ^= mldsa_fails && silently;
    return mldsa_fails && !silently ? CS_MLDSA_N : n; /* so many that no attempt passes */
}

/* From the half of this number on (ML-DSA is the first), signing fails. */
static void fail_from(int which, bool without_a_word)
{
    bool native = cs_engine_now().used == CS_ENGINE_NATIVE;
    silently = without_a_word;
    mldsa_fails = native && which == 0;
    signs_left = native && which > 0 ? which - 1 : which;
}

static void fail_no_more(void)
{
    mldsa_fails = false;
    signs_left = INT_MAX;
}

static int open_enclave(void **state)
{
    (void)state;
    e = fixture_open(0);
    return 0;
}

static int close_enclave(void **state)
{
    (void)state;
    fixture_close(e);
    return 0;
}

static const cs_request birth = {.type = CS_MSG_GENERATE_KEY,
                                 .org = CS_LIT("org"),
                                 .key_id = CS_LIT("key"),
                                 .format = CS_FORMAT_COMPOSITE,
                                 .purpose = CS_LIT("sign")};

static cs_err generate(const cs_alg *alg)
{
    cs_request r = birth;
    r.alg = alg;
    cs_newborn n = cs_newborn_new();
    cs_err err = cs_generate(&n, e, &r);
    if (err != CS_OK)
        assert_true(n.sealed.n + n.public_key.n + n.document.n + n.key_release.n == 0);
    cs_newborn_free(&n);
    return err;
}

static cs_err sign(const cs_newborn *key)
{
    cs_request r = {.type = CS_MSG_SIGN,
                    .org = CS_LIT("org"),
                    .key_id = CS_LIT("key"),
                    .sealed = cs_buf_slice(&key->sealed),
                    .message = {.bytes = CS_LIT("payload")}};
    cs_attested a = cs_attested_new();
    int64_t before = e->counters.operations;
    cs_err err = cs_attested_sign(&a, e, &r);
    if (err != CS_OK) {
        assert_int_equal(a.signature.n + a.document.n, 0);
        assert_int_equal(e->counters.operations, before);
    }
    cs_attested_free(&a);
    return err;
}

/* Whether the work got all its randomness; it may not have succeeded without. */
static bool was_complete(cs_err err)
{
    bool complete = draws_left >= 0;
    draws_left = INT_MAX;
    if (complete)
        assert_int_equal(err, CS_OK);
    else
        assert_true(err == CS_RANDOM || err == CS_CRYPTO); /* our own draw, or one inside a primitive */
    return complete;
}

/* Both halves, the data key, its nonces, the document's nonce, what the primitives draw themselves: without any one of
 * them there is no key. */
static void no_randomness_no_key(void **state)
{
    (void)state;
    int draws = 0;
    for (bool complete = false; !complete; draws++) {
        draws_left = draws;
        complete = was_complete(generate(cs_alg_find(CS_LIT("mldsa44+ecdsa-p256"))));
    }
    assert_in_range(draws, 7, 32);
}

static void no_randomness_no_signature(void **state)
{
    (void)state;
    cs_newborn key = fixture_key(e, "org", "key", "mldsa44+ecdsa-p256", CS_FORMAT_COMPOSITE, "sign");
    int draws = 0;
    for (bool complete = false; !complete; draws++) {
        draws_left = draws;
        complete = was_complete(sign(&key));
    }
    assert_in_range(draws, 2, 16);
    cs_newborn_free(&key);
}

static cs_err generate_for_caller(const char *alg, bool expanded)
{
    cs_request r = {.type = CS_MSG_CALLER_KEY, .alg = cs_alg_find(cs_slice_str(alg)), .expanded = expanded};
    cs_caller_key k = cs_caller_key_new();
    cs_err err = cs_generate_for_caller(&k, &r);
    if (err != CS_OK)
        assert_int_equal(k.public_key.n + k.private_key.n, 0);
    cs_caller_key_free(&k);
    return err;
}

static void no_randomness_no_key_for_callers(void **state)
{
    (void)state;
    int draws = 0;
    for (bool complete = false; !complete; draws++) {
        draws_left = draws;
        complete = was_complete(generate_for_caller("mldsa65", draws % 2 == 0));
    }
    assert_in_range(draws, 3, 8); /* the seed, and what hedges the signature that tries the pair */
}

/* What a caller gets is a key pair: the private key in either form, and its public key. */
static void callers_get_a_pair(void **state)
{
    (void)state;
    static const char *const names[] = {"mldsa44", "mldsa65", "mldsa87"};
    static const size_t expanded_len[] = {2560, 4032, 4896};
    for (size_t i = 0; i < 6; i++) {
        cs_request r = {.type = CS_MSG_CALLER_KEY, .alg = cs_alg_find(cs_slice_str(names[i / 2])), .expanded = i % 2};
        cs_caller_key a = cs_caller_key_new(), b = cs_caller_key_new();
        uint8_t bytes[CS_MAX_PUBLIC_KEY];
        cs_buf public_key = CS_BUF_OVER(bytes);
        cs_key *key = NULL;
        int64_t before = e->counters.operations;
        assert_int_equal(cs_generate_for_caller(&a, &r), CS_OK);
        assert_int_equal(cs_generate_for_caller(&b, &r), CS_OK);
        assert_false(cs_slice_eq(cs_buf_slice(&a.public_key), cs_buf_slice(&b.public_key)));
        assert_false(cs_slice_eq(cs_buf_slice(&a.private_key), cs_buf_slice(&b.private_key)));
        assert_true(a.private_key.wiped);
        assert_int_equal(a.private_key.n, r.expanded ? expanded_len[i / 2] : 32);
        assert_int_equal(e->counters.operations, before);
        if (r.expanded) { /* rho stands in front of both [FIPS 204 algorithms 22 and 24] */
            assert_memory_equal(a.private_key.p, a.public_key.p, 32);
            assert_memory_not_equal(a.private_key.p, b.private_key.p, 32);
        } else {
            assert_int_equal(cs_key_open_private(&key, r.alg->pq, cs_buf_slice(&a.private_key)), CS_OK);
            cs_key_public(&public_key, key);
            assert_true(cs_slice_eq(cs_buf_slice(&public_key), cs_buf_slice(&a.public_key)));
            cs_key_free(key);
        }
        cs_caller_key_free(&a);
        cs_caller_key_free(&b);
    }
}

/* A pair that does not verify its own signature is nobody's. */
static void failing_pair_is_not_given(void **state)
{
    (void)state;
    for (int expanded = 0; expanded < 2; expanded++) {
        fail_from(0, false);
        cs_err loud = generate_for_caller("mldsa65", expanded);
        fail_from(0, true);
        cs_err silent = generate_for_caller("mldsa65", expanded);
        fail_no_more();
        assert_int_equal(loud, CS_CRYPTO);
        assert_true(silent == CS_SELF_CHECK || silent == CS_BAD_SIGNATURE);
        assert_int_equal(generate_for_caller("mldsa65", expanded), CS_OK);
    }
}

static const struct {
    const char *alg;
    int halves;
} algs[] = {{"mldsa44+ed25519", 2}, {"mldsa65+ecdsa-p256", 2}, {"mldsa87+ecdsa-p384", 2}, {"mldsa87+ed448", 2}};

/* A key whose first signature fails, or is wrong in one bit, is not given out: nor is one with a document unsigned. */
static void failing_half_no_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        const cs_alg *alg = cs_alg_find(cs_slice_str(algs[i].alg));
        for (int which = 0; which <= algs[i].halves; which++) { /* the last one is the root's */
            fail_from(which, false);
            cs_err err = generate(alg);
            fail_no_more();
            assert_int_equal(err, CS_CRYPTO);
        }
        for (int which = 0; which < algs[i].halves; which++) {
            fail_from(which, true);
            cs_err err = generate(alg);
            fail_no_more();
            assert_true(err == CS_SELF_CHECK || err == CS_BAD_SIGNATURE);
        }
        assert_int_equal(generate(alg), CS_OK);
    }
}

static void failing_half_no_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        cs_newborn key = fixture_key(e, "org", "key", algs[i].alg, CS_FORMAT_COMPOSITE, "sign");
        for (int which = 0; which < algs[i].halves; which++) {
            fail_from(which, false);
            cs_err loud = sign(&key);
            fail_from(which, true);
            cs_err silent = sign(&key);
            fail_no_more();
            assert_int_equal(loud, CS_CRYPTO);
            assert_true(silent == CS_SELF_CHECK || silent == CS_BAD_SIGNATURE);
        }
        assert_int_equal(sign(&key), CS_OK);
        cs_newborn_free(&key);
    }
}

/* A birth answers the caller's nonce and names the record that was given out. */
static void birth_binds_nonce_and_record(void **state)
{
    (void)state;
    cs_request r = birth;
    cs_newborn n = cs_newborn_new();
    cs_buf claims = cs_buf_new(CS_MAX_ATTESTATION);
    cs_digest record;
    char text[64 + 2 * CS_SHA256_LEN];
    r.alg = cs_alg_find(CS_LIT("mldsa44+ed25519"));
    r.nonce = CS_LIT("nonce-of-caller!");
    assert_int_equal(cs_generate(&n, e, &r), CS_OK);
    assert_int_equal(cs_attest_payload_json(&claims, cs_buf_slice(&n.document)), CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&claims), "\"nonce\":\"bm9uY2Utb2YtY2FsbGVyIQ==\""));
    assert_int_equal(cs_hash(&record, CS_SHA256, cs_buf_slice(&n.sealed)), CS_OK);
    cs_buf want = CS_BUF_OVER(text);
    cs_buf_add_str(&want, "\"sealedSha256\":\"sha256:");
    cs_hex_encode(&want, cs_digest_slice(&record));
    assert_non_null(strstr(cs_buf_cstr(&claims), cs_buf_cstr(&want)));
    cs_buf_free(&claims);
    cs_newborn_free(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_randomness_no_key),
        cmocka_unit_test(no_randomness_no_signature),
        cmocka_unit_test(no_randomness_no_key_for_callers),
        cmocka_unit_test(callers_get_a_pair),
        cmocka_unit_test(failing_pair_is_not_given),
        cmocka_unit_test(failing_half_no_key),
        cmocka_unit_test(failing_half_no_signature),
        cmocka_unit_test(birth_binds_nonce_and_record),
    };
    faulty = *cs_mldsa_best();
    faulty.make_hint = faulty_hint;
    cs_engine_choose(CS_ENGINE_NATIVE, &faulty, 0); /* no judge: the enclave's own check has to notice */
    int failed = cmocka_run_group_tests(tests, open_enclave, close_enclave);
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    return failed + cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
