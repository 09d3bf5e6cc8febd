/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The corpus of signature cases: run from the file of the tree as another implementation would run it, and made by
 * `test_signature_cases --write FILE`. Keys are fixed; signatures are hedged, so each writing gives others.
 */
#include "vectors.h"

#include <openssl/bn.h>

#include "core/composite.h"
#include "core/ecdsa.h"
#include "core/json.h"
#include "core/keytext.h"
#include "core/limits.h"
#include "sys/file.h"

#define CORPUS_MAX (1u << 20)
#define MESSAGE "countersign test payload\n"
#define PREFIX "CompositeAlgorithmSignatures2025"

static const char about[] =
    "Signature cases (protocol/signature.md). Each of `keys`: an algorithm with its private serialization (base64) and "
    "its SPKI PEM where it has one. Each of `cases`: `publicKey` (the service's text: key, algorithm, format) verifies "
    "`signature` (base64) over `message` (base64). Each of its `mutations` changes one thing and gives `verdict`. "
    "Changes of the signature: `flip` the lowest bit of that byte; `cut` so many bytes off the end or `drop` them off "
    "the beginning; `append` hex; put `hex` in at `insertAt`, or in place of all bytes from `replaceFrom`. Changes of "
    "the rest: another `message`; the same key bytes under another `format`; the key of another `algorithm`; a context "
    "of `contextLength` zero bytes; a `preHash` {alg, value in hex} in place of the message.";

/* -- making ---------------------------------------------------------------------------------------------------------
 */

/* Private bytes that nobody else has: hashes of the algorithm's name. */
static void serialize_own(cs_secret *out, const cs_alg *alg)
{
    CS_SECRET(der);
    cs_digest seed, trad;
    char text[64];
    (void)snprintf(text, sizeof text, "countersign test seed %s", alg->name);
    assert_int_equal(cs_hash(&seed, CS_SHA256, cs_slice_str(text)), CS_OK);
    (void)snprintf(text, sizeof text, "countersign test key %s", alg->name);
    assert_int_equal(cs_hash(&trad, CS_SHA512, cs_slice_str(text)), CS_OK);
    cs_slice half = cs_slice_sub(cs_digest_slice(&trad), 0, cs_prim_private_len(alg->trad));
    assert_int_equal(cs_secret_set(out, cs_digest_slice(&seed)), CS_OK);
    if (cs_prim_is_ecdsa(alg->trad)) {
        assert_int_equal(cs_ec_private_der(&der, alg->trad, half), CS_OK);
        half = cs_secret_slice(&der);
    }
    assert_int_equal(cs_secret_add(out, half), CS_OK);
}

static void open_own(cs_pair *k, const cs_alg *alg, cs_format format)
{
    CS_SECRET(serialized);
    serialize_own(&serialized, alg);
    assert_int_equal(cs_pair_open_private(k, alg, format, cs_secret_slice(&serialized)), CS_OK);
}

static void begin_mutation(cs_jw *w, const char *what, cs_err verdict)
{
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "what", what);
    cs_jw_cstr(w, "verdict", cs_err_name(verdict));
}

static void put_int(cs_jw *w, const char *what, const char *change, size_t n)
{
    begin_mutation(w, what, CS_BAD_SIGNATURE);
    cs_jw_int(w, change, (int64_t)n);
    cs_jw_end(w);
}

static void put_hex(cs_jw *w, const char *what, cs_err verdict, const char *change, size_t at, cs_slice bytes)
{
    begin_mutation(w, what, verdict);
    cs_jw_int(w, change, (int64_t)at);
    cs_jw_hex(w, "hex", "", bytes);
    cs_jw_end(w);
}

/* Bytes that every format has: first and last of it all, and of the ML-DSA half where there is one. */
static void put_changed_bytes(cs_jw *w, const cs_pair *k, cs_slice sig)
{
    size_t pq_len = cs_prim_sig_len(k->alg->pq);
    put_int(w, "first byte", "flip", 0);
    put_int(w, "byte in the middle", "flip", sig.n / 2);
    put_int(w, "last byte", "flip", sig.n - 1);
    put_int(w, "no signature", "cut", sig.n);
    put_int(w, "one byte short", "cut", 1);
    put_int(w, "half of it", "cut", sig.n / 2);
    put_int(w, "first byte dropped", "drop", 1);
    begin_mutation(w, "trailing zero", CS_BAD_SIGNATURE);
    cs_jw_cstr(w, "append", "00");
    cs_jw_end(w);
    begin_mutation(w, "trailing line feed", CS_BAD_SIGNATURE);
    cs_jw_cstr(w, "append", "0a");
    cs_jw_end(w);
    if (k->format != CS_FORMAT_COMPOSITE && k->format != CS_FORMAT_CONCAT)
        return;
    put_int(w, "last byte of the ML-DSA half", "flip", pq_len - 1);
    put_int(w, "first byte of the classical half", "flip", pq_len);
    put_int(w, "classical half stripped", "cut", sig.n - pq_len);
    put_int(w, "ML-DSA half stripped", "drop", pq_len);
}

/* Replaces s by the other one that verifies, n - s, in raw r and s. */
static void take_twin(uint8_t *raw, cs_prim prim)
{
    static const char *const orders[] = {
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    };
    int size = (int)cs_prim_private_len(prim);
    BIGNUM *n = NULL, *s = BN_bin2bn(raw + size, size, NULL);
    assert_true(BN_hex2bn(&n, orders[prim == CS_P384]) > 0);
    assert_int_equal(BN_sub(s, n, s), 1);
    assert_int_equal(BN_bn2binpad(s, raw + size, size), size);
    BN_free(n);
    BN_free(s);
}

/* The classical half of a composite in other encodings. */
static void put_der_forms(cs_jw *w, const cs_pair *k, cs_slice sig)
{
    size_t pq_len = cs_prim_sig_len(k->alg->pq);
    cs_slice der = cs_slice_sub(sig, pq_len, sig.n);
    uint8_t raw_memory[96], long_memory[128];
    cs_buf raw = CS_BUF_OVER(raw_memory), other = CS_BUF_OVER(long_memory);
    assert_int_equal(cs_ecdsa_der_to_raw(&raw, k->alg->trad, der), CS_OK);
    put_hex(w, "raw r and s in place of DER", CS_BAD_SIGNATURE, "replaceFrom", pq_len, cs_buf_slice(&raw));
    cs_buf_add_u8(&other, 0x30);
    cs_buf_add_u8(&other, 0x81);
    cs_buf_add(&other, cs_slice_sub(der, 1, der.n));
    put_hex(w, "length of DER in two bytes", CS_BAD_SIGNATURE, "replaceFrom", pq_len, cs_buf_slice(&other));
    cs_buf_clear(&other);
    cs_buf_add(&other, CS_LIT("\x30\x06\x02\x01\x01\x02\x01\0"));
    put_hex(w, "s is zero", CS_BAD_SIGNATURE, "replaceFrom", pq_len, cs_buf_slice(&other));
    cs_buf_clear(&other);
    cs_buf_add(&other, CS_LIT("\x30\x08\x02\x02\0\x01\x02\x02\0\x01"));
    put_hex(w, "integers that are not minimal", CS_BAD_SIGNATURE, "replaceFrom", pq_len, cs_buf_slice(&other));
    cs_buf_clear(&other);
    take_twin(raw_memory, k->alg->trad);
    assert_int_equal(cs_ecdsa_raw_to_der(&other, k->alg->trad, cs_buf_slice(&raw)), CS_OK);
    put_hex(w, "the other s, which is high", CS_OK, "replaceFrom", pq_len, cs_buf_slice(&other));
}

static void put_raw_forms(cs_jw *w, const cs_pair *k, cs_slice sig)
{
    size_t pq_len = cs_prim_sig_len(k->alg->pq);
    uint8_t raw[64], der_memory[80];
    cs_buf der = CS_BUF_OVER(der_memory);
    memcpy(raw, sig.p + pq_len, sizeof raw);
    assert_int_equal(cs_ecdsa_raw_to_der(&der, k->alg->trad, CS_ARRAY(raw)), CS_OK);
    put_hex(w, "DER in place of raw r and s", CS_BAD_SIGNATURE, "replaceFrom", pq_len, cs_buf_slice(&der));
    take_twin(raw, k->alg->trad);
    put_hex(w, "the other s, which is high", CS_OK, "replaceFrom", pq_len, CS_ARRAY(raw));
    memset(raw + 32, 0, 32);
    put_hex(w, "s is zero", CS_BAD_SIGNATURE, "replaceFrom", pq_len, CS_ARRAY(raw));
    memset(raw + 32, 0xff, 32);
    put_hex(w, "s is not below the order", CS_BAD_SIGNATURE, "replaceFrom", pq_len, CS_ARRAY(raw));
}

/* A classical half that is good, but over another message or under another key. */
static void put_other_halves(cs_jw *w, const cs_pair *k)
{
    const cs_message m = {.bytes = CS_LIT(MESSAGE)}, other = {.bytes = CS_LIT(MESSAGE MESSAGE)};
    size_t pq_len = cs_prim_sig_len(k->alg->pq);
    CS_SECRET(serialized);
    cs_pair stranger;
    cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE);
    assert_int_equal(cs_pair_sign(&sig, k, &other), CS_OK);
    put_hex(w, "classical half of another message", CS_BAD_SIGNATURE, "replaceFrom", pq_len,
            cs_slice_sub(cs_buf_slice(&sig), pq_len, sig.n));
    assert_int_equal(cs_pair_generate(&serialized, k->alg), CS_OK);
    assert_int_equal(cs_pair_open_private(&stranger, k->alg, k->format, cs_secret_slice(&serialized)), CS_OK);
    cs_buf_clear(&sig);
    assert_int_equal(cs_pair_sign(&sig, &stranger, &m), CS_OK);
    put_hex(w, "classical half of another key", CS_BAD_SIGNATURE, "replaceFrom", pq_len,
            cs_slice_sub(cs_buf_slice(&sig), pq_len, sig.n));
    cs_pair_close(&stranger);
    cs_buf_free(&sig);
}

/* The members of an envelope from `classical` on, the other way round. */
static void put_member_order(cs_jw *w, cs_slice sig)
{
    static const char classical[] = "\"classical\":", pq[] = ",\"pq\":";
    const uint8_t *a = memmem(sig.p, sig.n, classical, sizeof classical - 1);
    const uint8_t *b = memmem(sig.p, sig.n, pq, sizeof pq - 1);
    assert_true(a != NULL && b > a);
    size_t at = (size_t)(a - sig.p), comma = (size_t)(b - sig.p);
    cs_buf text = cs_buf_new(CS_MAX_SIGNATURE);
    cs_buf_add(&text, cs_slice_sub(sig, comma + 1, sig.n - comma - 2));
    cs_buf_add_u8(&text, ',');
    cs_buf_add(&text, cs_slice_sub(sig, at, comma - at));
    cs_buf_add_u8(&text, '}');
    assert_int_equal(text.n, sig.n - at);
    put_hex(w, "members in another order", CS_BAD_SIGNATURE, "replaceFrom", at, cs_buf_slice(&text));
    cs_buf_free(&text);
}

static void put_envelope_forms(cs_jw *w, cs_slice sig)
{
    put_member_order(w, sig);
    put_hex(w, "white space", CS_BAD_SIGNATURE, "insertAt", 1, CS_LIT(" "));
    put_hex(w, "version 2", CS_BAD_SIGNATURE, "insertAt", 6, CS_LIT("2"));
    put_hex(w, "another member", CS_BAD_SIGNATURE, "insertAt", sig.n - 1, CS_LIT(",\"x\":1"));
    put_hex(w, "member twice", CS_BAD_SIGNATURE, "insertAt", sig.n - 1, CS_LIT(",\"v\":1"));
    put_hex(w, "other JSON", CS_BAD_SIGNATURE, "replaceFrom", 0, CS_LIT("[]"));
}

static void put_other_keys(cs_jw *w, const cs_pair *k)
{
    size_t at = (size_t)(k->alg - cs_algs);
    for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
        if ((cs_format)f == k->format || !cs_alg_offers(k->alg, (cs_format)f))
            continue;
        begin_mutation(w, "key of another format", CS_BAD_SIGNATURE);
        cs_jw_cstr(w, "format", cs_format_name((cs_format)f));
        cs_jw_end(w);
    }
    for (size_t step = 1; step < cs_alg_count; step++) {
        const cs_alg *other = &cs_algs[(at + step) % cs_alg_count];
        if (!cs_alg_offers(other, k->format))
            continue;
        begin_mutation(w, "key of another algorithm", CS_BAD_SIGNATURE);
        cs_jw_cstr(w, "algorithm", other->name);
        cs_jw_end(w);
    }
}

static void put_prehash(cs_jw *w, const char *what, cs_err verdict, cs_hash_id id, size_t len)
{
    cs_digest d;
    assert_int_equal(cs_hash(&d, id, CS_LIT(MESSAGE)), CS_OK);
    begin_mutation(w, what, verdict);
    cs_jw_begin(w, "preHash");
    cs_jw_cstr(w, "alg", cs_hash_name(id));
    cs_jw_hex(w, "value", "", cs_slice_sub(cs_digest_slice(&d), 0, len));
    cs_jw_end(w);
    cs_jw_end(w);
}

static void put_other_messages(cs_jw *w, const cs_pair *k)
{
    static const cs_slice messages[] = {CS_LIT(""), CS_LIT("countersign test payload"), CS_LIT(MESSAGE "\0"),
                                        CS_LIT(PREFIX)};
    bool composite = k->format == CS_FORMAT_COMPOSITE;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        begin_mutation(w, "another message", CS_BAD_SIGNATURE);
        cs_jw_base64(w, "message", messages[i]);
        cs_jw_end(w);
    }
    static const size_t lengths[] = {1, 255, 256};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        begin_mutation(w, "a context", composite && lengths[i] <= CS_MAX_CONTEXT ? CS_BAD_SIGNATURE : CS_BAD_CONTEXT);
        cs_jw_int(w, "contextLength", (int64_t)lengths[i]);
        cs_jw_end(w);
    }
    if (!composite) {
        put_prehash(w, "a pre-hash", CS_PREHASH_NOT_OFFERED, CS_SHA512, 64);
        return;
    }
    put_prehash(w, "the pre-hash", CS_OK, k->alg->ph, 64);
    put_prehash(w, "the pre-hash, one byte short", CS_PREHASH_ALGORITHM, k->alg->ph, cs_hash_len(k->alg->ph) - 1);
    put_prehash(w, "another pre-hash", CS_PREHASH_ALGORITHM, CS_SHA384, 64);
    put_prehash(w, "another pre-hash", CS_PREHASH_ALGORITHM, k->alg->ph == CS_SHA512 ? CS_SHAKE256_64 : CS_SHA512, 64);
}

static void put_case(cs_jw *w, const cs_alg *alg, cs_format format)
{
    const cs_message m = {.bytes = CS_LIT(MESSAGE)};
    cs_pair k;
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE);
    open_own(&k, alg, format);
    cs_pair_public(&public_bytes, &k);
    assert_int_equal(cs_public_key_json(&text, alg, format, cs_buf_slice(&public_bytes)), CS_OK);
    assert_int_equal(cs_pair_sign(&sig, &k, &m), CS_OK);
    cs_jw_begin(w, NULL);
    cs_jw_str(w, "publicKey", cs_buf_slice(&text));
    cs_jw_base64(w, "message", m.bytes);
    cs_jw_base64(w, "signature", cs_buf_slice(&sig));
    cs_jw_begin_array(w, "mutations");
    put_changed_bytes(w, &k, cs_buf_slice(&sig));
    if (format == CS_FORMAT_COMPOSITE || format == CS_FORMAT_CONCAT)
        put_other_halves(w, &k);
    if (format == CS_FORMAT_COMPOSITE && cs_prim_is_ecdsa(alg->trad))
        put_der_forms(w, &k, cs_buf_slice(&sig));
    if (format == CS_FORMAT_CONCAT && cs_prim_is_ecdsa(alg->trad))
        put_raw_forms(w, &k, cs_buf_slice(&sig));
    if (format == CS_FORMAT_ENVELOPE)
        put_envelope_forms(w, cs_buf_slice(&sig));
    put_other_keys(w, &k);
    put_other_messages(w, &k);
    cs_jw_end_array(w);
    cs_jw_end(w);
    cs_pair_close(&k);
    cs_buf_free(&public_bytes);
    cs_buf_free(&text);
    cs_buf_free(&sig);
}

static void put_key(cs_jw *w, const cs_alg *alg)
{
    CS_SECRET(serialized);
    cs_pair k;
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), pem = cs_buf_new(2 * CS_MAX_PUBLIC_KEY);
    serialize_own(&serialized, alg);
    open_own(&k, alg, cs_alg_default_format(alg));
    cs_pair_public(&public_bytes, &k);
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "algorithm", alg->name);
    cs_jw_base64(w, "private", cs_secret_slice(&serialized));
    if (cs_public_key_pem(&pem, alg, k.format, cs_buf_slice(&public_bytes)) == CS_OK)
        cs_jw_str(w, "pem", cs_buf_slice(&pem));
    cs_jw_end(w);
    cs_pair_close(&k);
    cs_buf_free(&public_bytes);
    cs_buf_free(&pem);
}

static cs_err write_corpus(const char *path)
{
    cs_buf out = cs_buf_new(CORPUS_MAX);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "about", about);
    cs_jw_begin_array(&w, "keys");
    for (size_t i = 0; i < cs_alg_count; i++)
        put_key(&w, &cs_algs[i]);
    cs_jw_end_array(&w);
    cs_jw_begin_array(&w, "cases");
    for (size_t i = 0; i < cs_alg_count; i++)
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++)
            if (cs_alg_offers(&cs_algs[i], (cs_format)f))
                put_case(&w, &cs_algs[i], (cs_format)f);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_buf_add_u8(&out, '\n');
    cs_err err = out.err != CS_OK ? out.err : cs_file_write(path, cs_buf_slice(&out), 0644, true);
    cs_buf_free(&out);
    return err;
}

/* -- running --------------------------------------------------------------------------------------------------------
 */

static yyjson_doc *corpus(void)
{
    cs_buf text = vectors_file(CS_VECTORS "/signature-cases.json");
    return vectors_parse(&text);
}

static cs_slice joined(cs_slice a, cs_slice b, cs_slice c)
{
    uint8_t *p = vectors_hold(a.n + b.n + c.n);
    cs_buf out = cs_buf_over(p, a.n + b.n + c.n);
    cs_buf_add(&out, a);
    cs_buf_add(&out, b);
    cs_buf_add(&out, c);
    return cs_buf_slice(&out);
}

static bool number(yyjson_val *mutation, const char *name, size_t *n)
{
    yyjson_val *v = yyjson_obj_get(mutation, name);
    *n = (size_t)yyjson_get_uint(v);
    return v != NULL;
}

static cs_slice changed(yyjson_val *mutation, cs_slice sig)
{
    size_t n;
    cs_slice hex = vectors_hex(mutation, "hex");
    if (number(mutation, "flip", &n)) {
        uint8_t *copy = vectors_copy(sig);
        assert_true(n < sig.n);
        copy[n] ^= 1;
        return cs_slice_of(copy, sig.n);
    }
    if (number(mutation, "cut", &n))
        return cs_slice_sub(sig, 0, sig.n - n);
    if (number(mutation, "drop", &n))
        return cs_slice_sub(sig, n, sig.n);
    if (number(mutation, "insertAt", &n))
        return joined(cs_slice_sub(sig, 0, n), hex, cs_slice_sub(sig, n, sig.n));
    if (number(mutation, "replaceFrom", &n))
        return joined(cs_slice_sub(sig, 0, n), hex, CS_LIT(""));
    return joined(sig, vectors_hex(mutation, "append"), CS_LIT(""));
}

/* The key under which a mutation is verified: that of the case, under another format, or of another algorithm. */
static void open_key(cs_pair *k, cs_slice public_key, yyjson_val *mutation)
{
    cs_pair own;
    cs_format format;
    cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_slice other = vectors_text(mutation, "algorithm"), name = vectors_text(mutation, "format");
    assert_int_equal(cs_public_key_parse(&own, NULL, public_key), CS_OK);
    format = own.format;
    if (other.p != NULL) {
        open_own(k, cs_alg_find(other), format);
    } else {
        if (name.p != NULL)
            assert_true(cs_format_by_name(&format, name));
        cs_pair_public(&bytes, &own);
        assert_int_equal(cs_pair_open_public(k, own.alg, format, cs_buf_slice(&bytes)), CS_OK);
    }
    cs_buf_free(&bytes);
    cs_pair_close(&own);
}

static void run_mutation(yyjson_val *test, yyjson_val *mutation)
{
    static const uint8_t zeros[256];
    cs_pair k;
    size_t context;
    cs_slice public_key = vectors_text(test, "publicKey");
    cs_message m = {.bytes = vectors_base64(test, "message")};
    yyjson_val *prehash = yyjson_obj_get(mutation, "preHash");
    if (vectors_text(mutation, "message").p != NULL)
        m.bytes = vectors_base64(mutation, "message");
    if (number(mutation, "contextLength", &context))
        m.context = cs_slice_of(zeros, context);
    if (prehash != NULL)
        m = (cs_message){.bytes = vectors_hex(prehash, "value"), .ph = cs_hash_by_name(vectors_text(prehash, "alg"))};
    open_key(&k, public_key, mutation);
    cs_err err = cs_pair_verify(NULL, &k, &m, changed(mutation, vectors_base64(test, "signature")));
    if (!vectors_is(mutation, "verdict", cs_err_name(err)))
        fail_msg("%s, %s: %s: %s", k.alg->name, cs_format_name(k.format),
                 yyjson_get_str(yyjson_obj_get(mutation, "what")), cs_err_name(err));
    cs_pair_close(&k);
}

static void every_case(void **state)
{
    (void)state;
    yyjson_doc *doc = corpus();
    size_t i, j, max, most, mutations = 0;
    yyjson_val *test, *mutation, *cases = yyjson_obj_get(yyjson_doc_get_root(doc), "cases");
    assert_int_equal(yyjson_arr_size(cases), 8 + 6 + 6 + 3);
    yyjson_arr_foreach(cases, i, max, test)
    {
        cs_pair k;
        cs_halves halves;
        const cs_message m = {.bytes = vectors_base64(test, "message")};
        assert_int_equal(cs_public_key_parse(&k, NULL, vectors_text(test, "publicKey")), CS_OK);
        assert_int_equal(cs_pair_verify(&halves, &k, &m, vectors_base64(test, "signature")), CS_OK);
        assert_true(halves.pq_ok && halves.trad_ok);
        cs_pair_close(&k);
        yyjson_arr_foreach(yyjson_obj_get(test, "mutations"), j, most, mutation)
        {
            run_mutation(test, mutation);
            vectors_release();
            mutations++;
        }
        vectors_release();
    }
    assert_true(mutations > 500);
    yyjson_doc_free(doc);
}

/* Private serialization, PEM and the public key of the cases are one key. */
static void every_key(void **state)
{
    (void)state;
    yyjson_doc *doc = corpus();
    size_t i, max;
    yyjson_val *key, *keys = yyjson_obj_get(yyjson_doc_get_root(doc), "keys");
    assert_int_equal(yyjson_arr_size(keys), cs_alg_count);
    yyjson_arr_foreach(keys, i, max, key)
    {
        cs_pair k, public_key;
        cs_buf a = cs_buf_new(CS_MAX_PUBLIC_KEY), b = cs_buf_new(CS_MAX_PUBLIC_KEY);
        const cs_alg *alg = cs_alg_find(vectors_text(key, "algorithm"));
        cs_slice pem = vectors_text(key, "pem");
        assert_non_null(alg);
        assert_int_equal(cs_pair_open_private(&k, alg, cs_alg_default_format(alg), vectors_base64(key, "private")),
                         CS_OK);
        cs_pair_public(&a, &k);
        assert_int_equal(pem.p != NULL, alg->oid_arc != 0);
        if (pem.p != NULL) {
            assert_int_equal(cs_public_key_from_pem(&public_key, pem), CS_OK);
            assert_ptr_equal(public_key.alg, alg);
            cs_pair_public(&b, &public_key);
            assert_true(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)));
            cs_pair_close(&public_key);
        }
        cs_pair_close(&k);
        cs_buf_free(&a);
        cs_buf_free(&b);
        vectors_release();
    }
    yyjson_doc_free(doc);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_corpus(argv[2]) == CS_OK ? 0 : 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
