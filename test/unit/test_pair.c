/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/pair.c: its signatures verify with our own code, and nothing that differs does. */
#include "devkms/pair.h"

#include "core/crypto.h"
#include "vectors.h"

static cs_pair *make(cs_pair_kind kind)
{
    cs_pair *p = NULL;
    assert_int_equal(cs_pair_generate(&p, kind), CS_OK);
    assert_int_equal(cs_pair_kind_of(p), kind);
    return p;
}

/* Our own verifier for the pair's public key. */
static cs_key *ours(const cs_pair *p, cs_prim prim)
{
    cs_key *key = NULL;
    cs_buf raw = cs_buf_new(4096);
    assert_int_equal(cs_pair_raw_public(&raw, p), CS_OK);
    assert_int_equal(cs_key_open_public(&key, prim, cs_buf_slice(&raw)), CS_OK);
    cs_buf_free(&raw);
    return key;
}

static void our_code_verifies(void **state)
{
    (void)state;
    static const uint8_t mu[64] = {7};
    static const struct {
        cs_pair_kind kind;
        cs_prim prim;
        cs_pair_scheme scheme;
        bool external_mu;
    } rows[] = {
        {CS_PAIR_P256, CS_P256, CS_PAIR_ECDSA_SHA256, false},  {CS_PAIR_ED25519, CS_ED25519, CS_PAIR_EDDSA, false},
        {CS_PAIR_MLDSA44, CS_MLDSA44, CS_PAIR_MLDSA, false},   {CS_PAIR_MLDSA65, CS_MLDSA65, CS_PAIR_MLDSA, false},
        {CS_PAIR_MLDSA87, CS_MLDSA87, CS_PAIR_MLDSA, false},   {CS_PAIR_MLDSA44, CS_MLDSA44, CS_PAIR_MLDSA_MU, true},
        {CS_PAIR_MLDSA65, CS_MLDSA65, CS_PAIR_MLDSA_MU, true}, {CS_PAIR_MLDSA87, CS_MLDSA87, CS_PAIR_MLDSA_MU, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_pair *p = make(rows[i].kind);
        cs_key *key = ours(p, rows[i].prim);
        cs_buf sig = cs_buf_new(8192);
        cs_mldsa_options options = {.external_mu = rows[i].external_mu};
        cs_slice message = CS_ARRAY(mu),
                 other = CS_LIT("another message, which is as long as the first one: 64 bytes !!!");
        assert_int_equal(other.n, message.n);
        assert_int_equal(cs_pair_sign(&sig, p, rows[i].scheme, message), CS_OK);
        assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), rows[i].external_mu ? &options : NULL), CS_OK);
        assert_int_equal(cs_pair_verify(p, rows[i].scheme, message, cs_buf_slice(&sig)), CS_OK);
        assert_int_equal(cs_pair_verify(p, rows[i].scheme, other, cs_buf_slice(&sig)), CS_BAD_SIGNATURE);
        sig.p[sig.n - 1] ^= 1;
        assert_int_equal(cs_pair_verify(p, rows[i].scheme, message, cs_buf_slice(&sig)), CS_BAD_SIGNATURE);
        assert_int_equal(cs_pair_verify(p, rows[i].scheme, message, CS_LIT("x")), CS_BAD_SIGNATURE);
        cs_buf_free(&sig);
        cs_key_free(key);
        cs_pair_free(p);
    }
}

/* A digest is what the message's own signature is made over; Ed25519ph is another algorithm than Ed25519. */
static void hashes(void **state)
{
    (void)state;
    cs_digest d;
    cs_buf sig = cs_buf_new(256);
    cs_pair *p256 = make(CS_PAIR_P256), *ed = make(CS_PAIR_ED25519);
    assert_int_equal(cs_hash(&d, CS_SHA256, CS_LIT("m")), CS_OK);
    assert_int_equal(cs_pair_sign(&sig, p256, CS_PAIR_ECDSA_DIGEST, cs_digest_slice(&d)), CS_OK);
    assert_int_equal(cs_pair_verify(p256, CS_PAIR_ECDSA_SHA256, CS_LIT("m"), cs_buf_slice(&sig)), CS_OK);
    assert_int_equal(cs_pair_verify(p256, CS_PAIR_ECDSA_SHA256, cs_digest_slice(&d), cs_buf_slice(&sig)),
                     CS_BAD_SIGNATURE);
    cs_buf_clear(&sig);
    assert_int_equal(cs_pair_sign(&sig, ed, CS_PAIR_EDDSA_PREHASH, CS_LIT("m")), CS_OK);
    assert_int_equal(cs_pair_verify(ed, CS_PAIR_EDDSA_PREHASH, CS_LIT("m"), cs_buf_slice(&sig)), CS_OK);
    assert_int_equal(cs_pair_verify(ed, CS_PAIR_EDDSA, CS_LIT("m"), cs_buf_slice(&sig)), CS_BAD_SIGNATURE);
    cs_buf_free(&sig);
    cs_pair_free(p256);
    cs_pair_free(ed);
}

/* Each scheme goes with its kinds, and with its lengths. */
static void what_does_not_fit(void **state)
{
    (void)state;
    static const cs_pair_kind kinds[] = {CS_PAIR_P256, CS_PAIR_ED25519, CS_PAIR_MLDSA44, CS_PAIR_RSA2048};
    static const char fits[CS_PAIR_SCHEMES][5] = {
        [CS_PAIR_ECDSA_SHA256] = "1000",  [CS_PAIR_ECDSA_DIGEST] = "1000", [CS_PAIR_EDDSA] = "0100",
        [CS_PAIR_EDDSA_PREHASH] = "0100", [CS_PAIR_MLDSA] = "0010",        [CS_PAIR_MLDSA_MU] = "0010",
        [CS_PAIR_RS256] = "0001"};
    uint8_t message[64] = {0};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        cs_pair *p = make(kinds[k]);
        for (int s = 0; s < CS_PAIR_SCHEMES; s++) {
            cs_buf sig = cs_buf_new(8192);
            cs_slice m = cs_slice_of(message, s == CS_PAIR_ECDSA_DIGEST ? 32 : 64);
            assert_int_equal(cs_pair_sign(&sig, p, (cs_pair_scheme)s, m), fits[s][k] == '1' ? CS_OK : CS_BAD_FIELD);
            if (s == CS_PAIR_ECDSA_DIGEST || s == CS_PAIR_MLDSA_MU) {
                assert_int_equal(cs_pair_sign(&sig, p, (cs_pair_scheme)s, cs_slice_sub(m, 1, m.n)), CS_BAD_FIELD);
                assert_int_equal(cs_pair_verify(p, (cs_pair_scheme)s, cs_slice_sub(m, 1, m.n), CS_LIT("s")),
                                 CS_BAD_FIELD);
            }
            cs_buf_free(&sig);
        }
        cs_pair_free(p);
    }
}

/* A key comes back from its file as the same one, and as no other kind. */
static void files(void **state)
{
    (void)state;
    for (int kind = CS_PAIR_NONE + 1; kind <= CS_PAIR_RSA2048; kind++) {
        cs_pair *p = make((cs_pair_kind)kind), *again = NULL, *public = NULL;
        cs_buf pkcs8 = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX), a = cs_buf_new(8192), b = cs_buf_new(8192);
        assert_int_equal(cs_pair_private(&pkcs8, p), CS_OK);
        assert_int_equal(cs_pair_open(&again, (cs_pair_kind)kind, cs_buf_slice(&pkcs8)), CS_OK);
        assert_int_equal(cs_pair_public(&a, p), CS_OK);
        assert_int_equal(cs_pair_public(&b, again), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)));
        assert_int_equal(cs_pair_open_public(&public, cs_buf_slice(&a)), CS_OK);
        assert_int_equal(cs_pair_kind_of(public), kind);
        cs_pair_free(public);
        cs_pair_free(again);
        assert_int_equal(
            cs_pair_open(&again, kind == CS_PAIR_P256 ? CS_PAIR_ED25519 : CS_PAIR_P256, cs_buf_slice(&pkcs8)),
            CS_BAD_PRIVATE_KEY);
        cs_buf_add_u8(&pkcs8, 0);
        assert_int_equal(cs_pair_open(&again, (cs_pair_kind)kind, cs_buf_slice(&pkcs8)), CS_BAD_PRIVATE_KEY);
        cs_buf_add_u8(&a, 0);
        assert_int_equal(cs_pair_open_public(&again, cs_buf_slice(&a)), CS_BAD_PUBLIC_KEY);
        cs_pair_free(p);
        cs_buf_free(&pkcs8);
        cs_buf_free(&a);
        cs_buf_free(&b);
    }
}

static void wrapping(void **state)
{
    (void)state;
    cs_pair *p = make(CS_PAIR_RSA2048), *other = make(CS_PAIR_RSA2048), *ec = make(CS_PAIR_P256);
    cs_buf wrapped = cs_buf_new(1024), plain = cs_buf_new_wiped(1024);
    assert_int_equal(cs_pair_wrap(&wrapped, p, CS_LIT("a key")), CS_OK);
    assert_int_equal(cs_pair_unwrap(&plain, p, cs_buf_slice(&wrapped)), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&plain), "a key"));
    cs_buf_clear(&plain);
    assert_int_equal(cs_pair_unwrap(&plain, other, cs_buf_slice(&wrapped)), CS_SEAL_BROKEN);
    assert_int_equal(cs_pair_unwrap(&plain, p, cs_slice_sub(cs_buf_slice(&wrapped), 0, 255)), CS_SEAL_BROKEN);
    wrapped.p[100] ^= 1;
    assert_int_equal(cs_pair_unwrap(&plain, p, cs_buf_slice(&wrapped)), CS_SEAL_BROKEN);
    assert_int_equal(plain.n, 0);
    assert_int_equal(cs_pair_wrap(&wrapped, ec, CS_LIT("a key")), CS_BAD_FIELD);
    assert_int_equal(cs_pair_unwrap(&plain, ec, CS_LIT("a key")), CS_BAD_FIELD);
    cs_buf_free(&wrapped);
    cs_buf_free(&plain);
    cs_pair_free(p);
    cs_pair_free(other);
    cs_pair_free(ec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(our_code_verifies), cmocka_unit_test(hashes),
                                       cmocka_unit_test(what_does_not_fit), cmocka_unit_test(files),
                                       cmocka_unit_test(wrapping)};
    return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
