/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One opened key of one primitive: the same few calls for ML-DSA, EdDSA and ECDSA. All of it is OpenSSL's work but
 * ML-DSA where the native engine is chosen (crypto_mldsa.h).
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "core/crypto_ed25519.h"
#include "core/crypto_key.h"
#include "core/crypto_mldsa.h"
#include "core/ecdsa.h"

struct cs_key {
    cs_prim prim;
    size_t bytes; /* cs_key_bytes */
    EVP_PKEY *pkey;
    EVP_SIGNATURE *algorithm; /* fetched when the key is opened: nothing is looked up while signing */
    cs_native *native;        /* ML-DSA: instead of the two above */
    bool quick;               /* Ed25519: what follows instead of them, too */
    uint8_t public_key[32];
    cs_secret expanded; /* of a private key */
};

static const struct prim_row {
    const char *name;
    const char *key_type;
    const char *algorithm;
    const char *group;
    size_t private_len, public_len, sig_len;
    size_t private_opened, public_opened; /* bytes that OpenSSL 3.5 holds of one, measured, rounded up */
} prims[CS_PRIM_COUNT] = {
    [CS_PRIM_NONE] = {"none", NULL, NULL, NULL, 0, 0, 0, 0, 0},
    [CS_MLDSA44] = {"ML-DSA-44", "ML-DSA-44", "ML-DSA-44", NULL, 32, 1312, 2420, 21504, 6500},
    [CS_MLDSA65] = {"ML-DSA-65", "ML-DSA-65", "ML-DSA-65", NULL, 32, 1952, 3309, 31000, 9300},
    [CS_MLDSA87] = {"ML-DSA-87", "ML-DSA-87", "ML-DSA-87", NULL, 32, 2592, 4627, 41000, 12000},
    [CS_ED25519] = {"Ed25519", "ED25519", "ED25519", NULL, 32, 32, 64, 350, 300},
    [CS_ED448] = {"Ed448", "ED448", "ED448", NULL, 57, 57, 114, 350, 300},
    [CS_P256] = {"P-256", "EC", "ECDSA-SHA256", "P-256", 32, 65, 72, 2100, 2000},
    [CS_P384] = {"P-384", "EC", "ECDSA-SHA384", "P-384", 48, 97, 104, 2100, 2000},
};

static const struct prim_row *row_of(cs_prim p)
{
    return &prims[(unsigned)p < CS_PRIM_COUNT ? p : CS_PRIM_NONE];
}

size_t cs_prim_private_len(cs_prim p)
{
    return row_of(p)->private_len;
}

size_t cs_prim_public_len(cs_prim p)
{
    return row_of(p)->public_len;
}

size_t cs_prim_sig_len(cs_prim p)
{
    return row_of(p)->sig_len;
}

const char *cs_prim_name(cs_prim p)
{
    return row_of(p)->name;
}

bool cs_prim_is_mldsa(cs_prim p)
{
    return p == CS_MLDSA44 || p == CS_MLDSA65 || p == CS_MLDSA87;
}

bool cs_prim_is_ecdsa(cs_prim p)
{
    return p == CS_P256 || p == CS_P384;
}

/* -- opening --------------------------------------------------------------------------------------------------- */

static EVP_PKEY *from_params(const char *type, int selection, OSSL_PARAM *params)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* ML-DSA from the seed, EdDSA from the raw key: one octet string under the name the key type wants. */
static EVP_PKEY *private_from_octets(const struct prim_row *row, bool seed, cs_slice bytes)
{
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_octet_string(seed ? OSSL_PKEY_PARAM_ML_DSA_SEED : OSSL_PKEY_PARAM_PRIV_KEY,
                                          (void *)(uintptr_t)bytes.p, bytes.n),
        OSSL_PARAM_construct_end(),
    };
    return from_params(row->key_type, EVP_PKEY_KEYPAIR, params);
}

/* An EC scalar, through ECPrivateKey without a public key [RFC 5915 §3]: reading it makes the library compute the
 * public point. */
static EVP_PKEY *private_from_scalar(cs_prim prim, cs_slice scalar)
{
    CS_SECRET(der);
    if (cs_ec_private_der(&der, prim, scalar) != CS_OK)
        return NULL;
    const uint8_t *p = der.b;
    return d2i_PrivateKey_ex(EVP_PKEY_EC, NULL, &p, (long)der.n, NULL, NULL);
}

static EVP_PKEY *public_from_octets(const struct prim_row *row, cs_slice bytes)
{
    OSSL_PARAM params[3];
    size_t n = 0;
    if (row->group != NULL)
        params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)row->group, 0);
    params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)bytes.p, bytes.n);
    params[n] = OSSL_PARAM_construct_end();
    return from_params(row->key_type, EVP_PKEY_PUBLIC_KEY, params);
}

/* Takes `pkey` over, of which OpenSSL holds `held` bytes; `bad` is the error if it is NULL. */
static cs_err open_key(cs_key **out, cs_prim prim, EVP_PKEY *pkey, size_t held, cs_err bad)
{
    if (pkey == NULL) {
        ERR_clear_error();
        return bad;
    }
    cs_key *k = malloc(sizeof *k);
    EVP_SIGNATURE *algorithm = EVP_SIGNATURE_fetch(NULL, row_of(prim)->algorithm, NULL);
    if (k == NULL || algorithm == NULL) {
        ERR_clear_error();
        free(k);
        EVP_SIGNATURE_free(algorithm);
        EVP_PKEY_free(pkey);
        return k == NULL ? CS_NO_MEMORY : CS_CRYPTO;
    }
    *k = (cs_key){.prim = prim, .bytes = sizeof *k + held, .pkey = pkey, .algorithm = algorithm};
    *out = k;
    return CS_OK;
}

/* Ed25519 without OpenSSL, which is asked only about what is refused. */
static cs_err open_quick(cs_key **out, bool is_private, cs_slice bytes)
{
    cs_key *k = malloc(sizeof *k);
    if (k == NULL)
        return CS_NO_MEMORY;
    *k = (cs_key){.prim = CS_ED25519, .bytes = sizeof *k, .quick = true};
    cs_err err = is_private ? cs_ed25519_expand(&k->expanded, bytes) : CS_OK;
    if (err != CS_OK) {
        cs_key_free(k);
        return err;
    }
    memcpy(k->public_key, is_private ? k->expanded.b + 32 : bytes.p, sizeof k->public_key);
    *out = k;
    return CS_OK;
}

static cs_err open_native(cs_key **out, cs_prim prim, bool is_private, cs_slice bytes)
{
    cs_key *k = malloc(sizeof *k);
    cs_native *native = cs_native_open(prim, is_private, bytes);
    if (k == NULL || native == NULL) {
        cs_native_free(native);
        free(k);
        return CS_NO_MEMORY;
    }
    *k = (cs_key){.prim = prim, .bytes = sizeof *k + cs_native_bytes(native), .native = native};
    *out = k;
    return CS_OK;
}

static bool is_native(cs_prim prim)
{
    return cs_prim_is_mldsa(prim) && cs_engine_now().used == CS_ENGINE_NATIVE;
}

static bool is_quick(cs_prim prim)
{
    return prim == CS_ED25519 && cs_engine_now().used == CS_ENGINE_NATIVE && cs_ed25519_ready();
}

/* With OpenSSL, whatever the engine. */
static cs_err open_private(cs_key **out, cs_prim prim, cs_slice private_bytes)
{
    EVP_PKEY *pkey = cs_prim_is_ecdsa(prim) ? private_from_scalar(prim, private_bytes)
                                            : private_from_octets(row_of(prim), cs_prim_is_mldsa(prim), private_bytes);
    return open_key(out, prim, pkey, row_of(prim)->private_opened, CS_BAD_PRIVATE_KEY);
}

static cs_err open_public(cs_key **out, cs_prim prim, cs_slice public_bytes)
{
    const struct prim_row *row = row_of(prim);
    return open_key(out, prim, public_from_octets(row, public_bytes), row->public_opened, CS_BAD_PUBLIC_KEY);
}

cs_err cs_key_open_private(cs_key **out, cs_prim prim, cs_slice private_bytes)
{
    *out = NULL;
    const struct prim_row *row = row_of(prim);
    if (row->private_len == 0 || private_bytes.n != row->private_len)
        return CS_BAD_PRIVATE_KEY;
    if (is_quick(prim))
        return open_quick(out, true, private_bytes);
    return is_native(prim) ? open_native(out, prim, true, private_bytes) : open_private(out, prim, private_bytes);
}

cs_err cs_key_open_public(cs_key **out, cs_prim prim, cs_slice public_bytes)
{
    *out = NULL;
    const struct prim_row *row = row_of(prim);
    if (row->public_len == 0 || public_bytes.n != row->public_len)
        return CS_BAD_PUBLIC_KEY;
    if (cs_prim_is_ecdsa(prim) && public_bytes.p[0] != 0x04)
        return CS_BAD_PUBLIC_KEY;
    if (is_quick(prim))
        return open_quick(out, false, public_bytes);
    return is_native(prim) ? open_native(out, prim, false, public_bytes) : open_public(out, prim, public_bytes);
}

void cs_key_free(cs_key *k)
{
    if (k == NULL)
        return;
    EVP_PKEY_free(k->pkey);
    EVP_SIGNATURE_free(k->algorithm);
    cs_native_free(k->native);
    cs_secret_wipe(&k->expanded);
    free(k);
}

cs_prim cs_key_prim(const cs_key *k)
{
    return k->prim;
}

EVP_PKEY *cs_key_library(const cs_key *k)
{
    return k->pkey;
}

size_t cs_key_bytes(const cs_key *k)
{
    return k->bytes;
}

void cs_key_public(cs_buf *out, const cs_key *k)
{
    size_t n = row_of(k->prim)->public_len, got = 0;
    if (k->native != NULL) {
        cs_buf_add(out, cs_native_public(k->native));
        return;
    }
    if (k->quick) {
        cs_buf_add(out, CS_ARRAY(k->public_key));
        return;
    }
    uint8_t *to = cs_buf_reserve(out, n);
    if (to == NULL)
        return;
    if (EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, to, n, &got) == 1 && got == n) {
        cs_buf_grow(out, n);
    } else {
        ERR_clear_error();
        out->err = CS_CRYPTO;
    }
}

/* skEncode of the key, its length or 0. */
static size_t expand(uint8_t own[CS_MLDSA_MAX_EXPANDED], const cs_key *k)
{
    size_t n = 0;
    if (k->native != NULL)
        return cs_native_expand(own, k->native);
    if (!cs_prim_is_mldsa(k->prim) ||
        EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PRIV_KEY, own, CS_MLDSA_MAX_EXPANDED, &n) != 1)
        n = 0;
    ERR_clear_error();
    return n;
}

bool cs_key_expands_to(const cs_key *k, cs_slice expanded)
{
    uint8_t own[CS_MLDSA_MAX_EXPANDED];
    size_t n = expand(own, k);
    bool same = n > 0 && cs_secret_eq(cs_slice_of(own, n), expanded);
    cs_wipe(own, sizeof own);
    return same;
}

cs_err cs_key_expanded(cs_buf *out, const cs_key *k)
{
    uint8_t own[CS_MLDSA_MAX_EXPANDED];
    size_t n = expand(own, k);
    cs_buf_add(out, cs_slice_of(own, n));
    cs_wipe(own, sizeof own);
    return n > 0 ? out->err : CS_BAD_PRIVATE_KEY;
}

cs_err cs_key_generate(cs_secret *private_bytes, cs_prim prim)
{
    size_t n = row_of(prim)->private_len;
    cs_secret_wipe(private_bytes);
    if (n == 0)
        return CS_BAD_PRIVATE_KEY;
    do {
        cs_err err = cs_random(private_bytes->b, n);
        if (err != CS_OK)
            return err;
        private_bytes->n = n;
        /* A scalar outside [1, n - 1] is drawn again [FIPS 186-5 A.2.2]; that is once in 2^32 at the most. */
    } while (cs_prim_is_ecdsa(prim) && !cs_ecdsa_scalar_ok(prim, cs_secret_slice(private_bytes)));
    return CS_OK;
}

/* -- signing and verifying ------------------------------------------------------------------------------------- */

/* The library's parameters for the options of ML-DSA; `flags` holds the integers they point to. */
static void mldsa_params(OSSL_PARAM params[6], int flags[3], const cs_mldsa_options *o)
{
    size_t n = 0;
    flags[0] = o->deterministic;
    flags[1] = o->external_mu;
    flags[2] = 0; /* message-encoding 0: the internal interface */
    if (o->context.n > 0)
        params[n++] = OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_CONTEXT_STRING,
                                                        (void *)(uintptr_t)o->context.p, o->context.n);
    if (o->deterministic)
        params[n++] = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_DETERMINISTIC, &flags[0]);
    if (o->rnd.n > 0)
        params[n++] =
            OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_TEST_ENTROPY, (void *)(uintptr_t)o->rnd.p, o->rnd.n);
    if (o->external_mu)
        params[n++] = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_MU, &flags[1]);
    if (o->internal)
        params[n++] = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_MESSAGE_ENCODING, &flags[2]);
    params[n] = OSSL_PARAM_construct_end();
}

static cs_err check_options(const cs_key *k, cs_slice message, const cs_mldsa_options *o)
{
    if (o == NULL)
        return CS_OK;
    if (!cs_prim_is_mldsa(k->prim))
        return CS_CRYPTO;
    if (o->context.n > 255)
        return CS_BAD_CONTEXT;
    return o->external_mu && message.n != 64 ? CS_CRYPTO : CS_OK;
}

/* The library takes no NULL message, not even an empty one. */
static const uint8_t *bytes_of(cs_slice s)
{
    return s.n > 0 ? s.p : (const uint8_t *)"";
}

/* One call into a buffer of full size: asking for the size first can cost a whole ML-DSA signature. */
static cs_err raw_sign(uint8_t *sig, size_t *n, const cs_key *k, cs_slice message, const OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (ctx == NULL)
        return CS_NO_MEMORY;
    bool ok = EVP_PKEY_sign_message_init(ctx, k->algorithm, params) == 1 &&
              EVP_PKEY_sign(ctx, sig, n, bytes_of(message), message.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!ok)
        ERR_clear_error();
    return ok ? CS_OK : CS_CRYPTO;
}

/* The work of a native key by OpenSSL: from now on, where the native engine was stopped. */
static cs_err sign_instead(cs_buf *sig, const cs_key *k, cs_slice message, const cs_mldsa_options *options)
{
    cs_key *other = NULL;
    cs_err err = CS_CRYPTO;
    if (cs_native_is_private(k->native))
        err = open_private(&other, k->prim, cs_native_seed(k->native));
    if (err == CS_OK)
        err = cs_key_sign(sig, other, message, options);
    cs_key_free(other);
    return err;
}

/* OpenSSL's opinion of a native signature. */
static bool judge(const cs_key *k, cs_slice message, cs_slice sig, const cs_mldsa_options *options)
{
    cs_key *other = NULL;
    cs_err err = open_public(&other, k->prim, cs_native_public(k->native));
    if (err == CS_OK)
        err = cs_key_verify(other, message, sig, options);
    cs_key_free(other);
    return err == CS_OK;
}

/* What becomes of a native signature, which stands in `sig` behind what is there: judged, perhaps, and accepted. Where
 * the engine was stopped meanwhile, none that it made is. */
static cs_err accept_native(cs_buf *sig, const cs_key *k, cs_slice message, const cs_mldsa_options *options)
{
    const size_t n = row_of(k->prim)->sig_len;
    uint8_t *made = sig->p + sig->n;
    if (cs_engine_judges())
        cs_engine_judged(judge(k, message, cs_slice_of(made, n), options));
    if (cs_engine_now().used != CS_ENGINE_NATIVE) {
        /* Stopped now, or by another thread meanwhile. */
        cs_wipe(made, n); /* a faulty signature can betray the key that made it */
        return sign_instead(sig, k, message, options);
    }
    cs_buf_grow(sig, n);
    return CS_OK;
}

static cs_err sign_natively(cs_buf *sig, const cs_key *k, cs_slice message, const cs_mldsa_options *options)
{
    if (cs_engine_now().used != CS_ENGINE_NATIVE)
        return sign_instead(sig, k, message, options);
    uint8_t *to = cs_buf_reserve(sig, row_of(k->prim)->sig_len);
    if (to == NULL)
        return sig->err;
    cs_err err = cs_native_sign(to, k->native, message, options);
    return err == CS_OK ? accept_native(sig, k, message, options) : err;
}

static cs_err sign_quickly(cs_buf *sig, const cs_key *k, cs_slice message)
{
    uint8_t *to = cs_buf_reserve(sig, CS_ED25519_SIG);
    cs_err err = to != NULL ? cs_ed25519_sign(to, &k->expanded, message) : sig->err;
    if (err == CS_OK)
        cs_buf_grow(sig, CS_ED25519_SIG);
    return err;
}

cs_err cs_key_sign(cs_buf *sig, const cs_key *k, cs_slice message, const cs_mldsa_options *options)
{
    OSSL_PARAM params[6] = {OSSL_PARAM_construct_end()};
    int flags[3];
    cs_err err = check_options(k, message, options);
    if (err != CS_OK)
        return err;
    if (k->native != NULL)
        return sign_natively(sig, k, message, options);
    if (k->quick)
        return k->expanded.n > 0 ? sign_quickly(sig, k, message) : CS_CRYPTO;
    if (options != NULL)
        mldsa_params(params, flags, options);

    size_t n = row_of(k->prim)->sig_len;
    if (cs_prim_is_ecdsa(k->prim)) {
        uint8_t der[104];
        err = raw_sign(der, &n, k, message, NULL);
        return err != CS_OK ? err : cs_ecdsa_low_s(sig, k->prim, cs_slice_of(der, n));
    }
    uint8_t *to = cs_buf_reserve(sig, n);
    if (to == NULL)
        return sig->err;
    size_t len = n;
    err = raw_sign(to, &len, k, message, options != NULL ? params : NULL);
    if (err == CS_OK && len != n)
        err = CS_CRYPTO;
    if (err == CS_OK)
        cs_buf_grow(sig, n);
    return err;
}

/* Those of one parameter set that our own code signs; `done` is marked. */
static void sign_natives(cs_sign_job *jobs, size_t n, cs_prim prim, bool *done)
{
    cs_native_job natives[CS_SIGN_TOGETHER];
    size_t of[CS_SIGN_TOGETHER], count = 0;
    for (size_t i = 0; i < n; i++) {
        const cs_sign_job *j = &jobs[i];
        if (done[i] || j->key->prim != prim || j->key->native == NULL || cs_engine_now().used != CS_ENGINE_NATIVE ||
            check_options(j->key, j->message, j->options) != CS_OK)
            continue;
        uint8_t *to = cs_buf_reserve(j->sig, row_of(prim)->sig_len);
        if (to == NULL)
            continue;
        of[count] = i;
        natives[count++] = (cs_native_job){to, j->key->native, j->message, j->options, CS_CRYPTO};
    }
    if (count < 2)
        return;
    cs_native_sign_many(natives, count);
    for (size_t c = 0; c < count; c++) {
        cs_sign_job *j = &jobs[of[c]];
        done[of[c]] = true;
        j->err = natives[c].err == CS_OK ? accept_native(j->sig, j->key, j->message, j->options) : natives[c].err;
    }
}

/* Those of Ed25519; `done` is marked. */
static void sign_quicks(cs_sign_job *jobs, size_t n, bool *done)
{
    cs_ed25519_job quicks[CS_SIGN_TOGETHER];
    size_t of[CS_SIGN_TOGETHER], count = 0;
    for (size_t i = 0; i < n; i++) {
        const cs_sign_job *j = &jobs[i];
        uint8_t *to = NULL;
        if (!done[i] && j->key->quick && check_options(j->key, j->message, j->options) == CS_OK)
            to = cs_buf_reserve(j->sig, CS_ED25519_SIG);
        if (to == NULL)
            continue;
        of[count] = i;
        quicks[count++] = (cs_ed25519_job){to, &j->key->expanded, j->message, CS_CRYPTO};
    }
    if (count < 2)
        return;
    cs_ed25519_sign_many(quicks, count);
    for (size_t c = 0; c < count; c++) {
        cs_sign_job *j = &jobs[of[c]];
        done[of[c]] = true;
        j->err = quicks[c].err;
        if (j->err == CS_OK)
            cs_buf_grow(j->sig, CS_ED25519_SIG);
    }
}

void cs_key_sign_many(cs_sign_job *jobs, size_t n)
{
    bool done[CS_SIGN_TOGETHER];
    for (size_t i = 0; i < n; i++)
        done[i] = jobs[i].err != CS_OK;
    for (cs_prim prim = CS_MLDSA44; prim <= CS_MLDSA87; prim++)
        sign_natives(jobs, n, prim, done);
    sign_quicks(jobs, n, done);
    for (size_t i = 0; i < n; i++)
        if (!done[i])
            jobs[i].err = cs_key_sign(jobs[i].sig, jobs[i].key, jobs[i].message, jobs[i].options);
}

static cs_err check_shape(const cs_key *k, cs_slice sig)
{
    uint8_t memory[96];
    cs_buf raw = CS_BUF_OVER(memory);
    if (cs_prim_is_ecdsa(k->prim))
        return cs_ecdsa_der_to_raw(&raw, k->prim, sig);
    return sig.n == row_of(k->prim)->sig_len ? CS_OK : CS_BAD_SIGNATURE;
}

static cs_err verify_quickly(const cs_key *k, cs_slice message, cs_slice sig)
{
    cs_key *judge = NULL;
    if (cs_ed25519_accepts(CS_ARRAY(k->public_key), message, sig))
        return CS_OK;
    cs_err err = open_public(&judge, CS_ED25519, CS_ARRAY(k->public_key));
    if (err == CS_OK)
        err = cs_key_verify(judge, message, sig, NULL);
    cs_key_free(judge);
    return err;
}

void cs_key_verify_ahead(const cs_verify_job *jobs, size_t n)
{
    cs_ed25519_check checks[CS_SIGN_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < n && i < CS_SIGN_TOGETHER; i++)
        if (jobs[i].key->quick)
            checks[count++] = (cs_ed25519_check){CS_ARRAY(jobs[i].key->public_key), jobs[i].message, jobs[i].sig};
    cs_ed25519_verify_ahead(checks, count);
}

cs_err cs_key_verify(const cs_key *k, cs_slice message, cs_slice sig, const cs_mldsa_options *options)
{
    OSSL_PARAM params[6] = {OSSL_PARAM_construct_end()};
    int flags[3];
    cs_err err = check_options(k, message, options);
    if (err == CS_OK)
        err = check_shape(k, sig);
    if (err != CS_OK)
        return err;
    if (k->native != NULL)
        return cs_native_verify(k->native, message, sig, options);
    if (k->quick)
        return verify_quickly(k, message, sig);
    if (options != NULL)
        mldsa_params(params, flags, options);

    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (ctx == NULL)
        return CS_NO_MEMORY;
    err = CS_CRYPTO;
    if (EVP_PKEY_verify_message_init(ctx, k->algorithm, options != NULL ? params : NULL) == 1)
        err = EVP_PKEY_verify(ctx, sig.p, sig.n, bytes_of(message), message.n) == 1 ? CS_OK : CS_BAD_SIGNATURE;
    EVP_PKEY_CTX_free(ctx);
    if (err != CS_OK)
        ERR_clear_error();
    return err;
}
