/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of signatures as owners of keys make them: both private keys are fixed, everything is deterministic. */
#ifndef CS_TEST_HYBRID_FIXTURE_H
#define CS_TEST_HYBRID_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <string.h>

#include "core/encode.h"
#include "core/hybrid.h"
#include "core/keccak.h"

/* "Hello World" in the published example. */
#define HELLO "Hello World"

enum sig_form { FORM_DER, FORM_RAW, FORM_V, FORM_V27 };
enum key_form { KEY_65, KEY_33, KEY_64 };

/* The bytes of a pair. */
struct owned_pair {
    const char *chain, *scheme, *algorithm; /* scheme NULL: none is asked for */
    uint8_t message_bytes[4096], ecdsa_sig_bytes[128], ecdsa_key_bytes[65], pqc_sig_bytes[5000], pqc_key_bytes[2600];
    cs_buf message, ecdsa_sig, ecdsa_key, pqc_sig, pqc_key;
};

static inline void owner_digest(uint8_t out[32], cs_slice message, cs_hybrid_scheme scheme)
{
    char head[64];
    cs_digest d, again;
    (void)snprintf(head, sizeof head, "%cEthereum Signed Message:\n%zu", 25, message.n);
    assert_int_equal(cs_hash(&d, CS_SHA256, message), CS_OK);
    assert_int_equal(cs_hash(&again, CS_SHA256, cs_digest_slice(&d)), CS_OK);
    switch (scheme) {
    case CS_HYBRID_EIP191:
        cs_keccak256(out, cs_slice_str(head), message);
        break;
    case CS_HYBRID_KECCAK256:
        cs_keccak256(out, CS_ABSENT, message);
        break;
    case CS_HYBRID_SHA256:
        memcpy(out, d.b, 32);
        break;
    case CS_HYBRID_SHA256D:
        memcpy(out, again.b, 32);
        break;
    default:
        assert_int_equal(message.n, 32);
        memcpy(out, message.p, 32);
    }
}

/* Signs with private key 1 + `which`. */
static inline void owner_sign_ecdsa(struct owned_pair *p, uint8_t which, cs_hybrid_scheme scheme,
                                    enum sig_form sig_form, enum key_form key_form)
{
    uint8_t secret[32] = {0}, digest[32], point[65];
    secp256k1_ecdsa_recoverable_signature sig;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey key;
    int v;
    size_t n = sizeof p->ecdsa_sig_bytes, point_len = sizeof point;
    secret[31] = (uint8_t)(1 + which);
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    owner_digest(digest, cs_buf_slice(&p->message), scheme);
    assert_int_equal(secp256k1_ecdsa_sign_recoverable(c, &sig, digest, secret, NULL, NULL), 1);
    assert_int_equal(secp256k1_ec_pubkey_create(c, &key, secret), 1);
    if (sig_form == FORM_DER) {
        assert_int_equal(secp256k1_ecdsa_recoverable_signature_convert(c, &plain, &sig), 1);
        assert_int_equal(secp256k1_ecdsa_signature_serialize_der(c, p->ecdsa_sig_bytes, &n, &plain), 1);
    } else {
        assert_int_equal(secp256k1_ecdsa_recoverable_signature_serialize_compact(c, p->ecdsa_sig_bytes, &v, &sig), 1);
        p->ecdsa_sig_bytes[64] = (uint8_t)(v + (sig_form == FORM_V27 ? 27 : 0));
        n = sig_form == FORM_RAW ? 64 : 65;
    }
    p->ecdsa_sig = CS_BUF_OVER(p->ecdsa_sig_bytes);
    cs_buf_grow(&p->ecdsa_sig, n);
    assert_int_equal(
        secp256k1_ec_pubkey_serialize(c, point, &point_len, &key,
                                      key_form == KEY_33 ? SECP256K1_EC_COMPRESSED : SECP256K1_EC_UNCOMPRESSED),
        1);
    p->ecdsa_key = CS_BUF_OVER(p->ecdsa_key_bytes);
    cs_buf_add(&p->ecdsa_key, key_form == KEY_64 ? cs_slice_of(point + 1, 64) : cs_slice_of(point, point_len));
    secp256k1_context_destroy(c);
}

static inline void owner_sign_with(cs_buf *sig, cs_buf *key, cs_prim prim, uint8_t which, cs_slice message)
{
    uint8_t seed[32];
    cs_key *k = NULL;
    const cs_mldsa_options fixed = {.deterministic = true};
    memset(seed, 7 + which, sizeof seed);
    assert_int_equal(cs_key_open_private(&k, prim, CS_ARRAY(seed)), CS_OK);
    assert_int_equal(cs_key_sign(sig, k, message, cs_prim_is_mldsa(prim) ? &fixed : NULL), CS_OK);
    cs_key_public(key, k);
    cs_key_free(k);
}

static inline void owner_sign_pqc(struct owned_pair *p, uint8_t which)
{
    p->pqc_sig = CS_BUF_OVER(p->pqc_sig_bytes);
    p->pqc_key = CS_BUF_OVER(p->pqc_key_bytes);
    owner_sign_with(&p->pqc_sig, &p->pqc_key, cs_hybrid_algorithm(cs_slice_str(p->algorithm)), which,
                    cs_buf_slice(&p->message));
}

/* The chain's Ed25519 key in the place of ECDSA's. */
static inline void owner_sign_ed25519(struct owned_pair *p, uint8_t which)
{
    p->ecdsa_sig = CS_BUF_OVER(p->ecdsa_sig_bytes);
    p->ecdsa_key = CS_BUF_OVER(p->ecdsa_key_bytes);
    owner_sign_with(&p->ecdsa_sig, &p->ecdsa_key, CS_ED25519, which, cs_buf_slice(&p->message));
}

/* A pair over `message`, whose first half is signed under `scheme`. */
static inline void owner_pair(struct owned_pair *p, const char *chain, const char *algorithm, cs_slice message,
                              cs_hybrid_scheme scheme)
{
    *p = (struct owned_pair){.chain = chain, .algorithm = algorithm};
    p->message = CS_BUF_OVER(p->message_bytes);
    cs_buf_add(&p->message, message);
    if (scheme == CS_HYBRID_ED25519)
        owner_sign_ed25519(p, 0);
    else
        owner_sign_ecdsa(p, 0, scheme, FORM_DER, KEY_65);
    owner_sign_pqc(p, 0);
}

/* The members of a request; the caller begins and ends the object. */
static inline void owner_write(cs_jw *w, const struct owned_pair *p)
{
    cs_hybrid_write_hex(w, "message", cs_buf_slice(&p->message));
    cs_hybrid_write_hex(w, "ecdsaSignature", cs_buf_slice(&p->ecdsa_sig));
    cs_hybrid_write_hex(w, "ecdsaPublicKey", cs_buf_slice(&p->ecdsa_key));
    cs_hybrid_write_hex(w, "pqcSignature", cs_buf_slice(&p->pqc_sig));
    cs_hybrid_write_hex(w, "pqcPublicKey", cs_buf_slice(&p->pqc_key));
    cs_jw_cstr(w, "algorithm", p->algorithm);
    if (p->chain != NULL)
        cs_jw_cstr(w, "chain", p->chain);
    if (p->scheme != NULL)
        cs_jw_cstr(w, "ecdsaScheme", p->scheme);
}

static inline cs_err owner_read(cs_hybrid *out, cs_fault *fault, cs_slice text)
{
    cs_json *json = NULL;
    assert_int_equal(cs_json_parse(&json, text, CS_MAX_BODY), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_err err = cs_hybrid_read(out, fault, &o);
    if (err == CS_OK && cs_jobj_done(&o) != CS_OK) {
        cs_hybrid_free(out);
        err = CS_GEN_001;
    }
    cs_json_free(json);
    return err;
}

/* The pair as it is read from a request. */
static inline cs_hybrid owner_request(const struct owned_pair *p)
{
    cs_hybrid h;
    cs_buf text = cs_buf_new(CS_MAX_BODY);
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    owner_write(&w, p);
    cs_jw_end(&w);
    assert_int_equal(owner_read(&h, NULL, cs_buf_slice(&text)), CS_OK);
    cs_buf_free(&text);
    return h;
}

#endif
