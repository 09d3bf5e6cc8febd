/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a pair and verifying it. What is recorded of it is hybrid_record.c. */
#include "core/hybrid.h"

#include <string.h>

#include "core/encode.h"
#include "core/encode_lanes.h"
#include "core/keccak.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define EIP712_DIGEST_LEN 32
#define EIP191_HEAD 64 /* room for it and twenty digits */

static const char *const scheme_names[CS_HYBRID_SCHEME_COUNT] = {
    [CS_HYBRID_BY_CHAIN] = "",           [CS_HYBRID_EIP191] = "eip191",
    [CS_HYBRID_KECCAK256] = "keccak256", [CS_HYBRID_EIP712_DIGEST] = "eip712-digest",
    [CS_HYBRID_SHA256] = "sha256",       [CS_HYBRID_SHA256D] = "sha256d",
    [CS_HYBRID_ED25519] = "ed25519",
};

/* A chain that is added without a habit of its own signs sha256. */
static const cs_hybrid_chain chains[] = {
    {"ethereum", {CS_HYBRID_EIP191, CS_HYBRID_KECCAK256}, true},
    {"polygon", {CS_HYBRID_EIP191, CS_HYBRID_KECCAK256}, true},
    {"avalanche", {CS_HYBRID_EIP191, CS_HYBRID_KECCAK256}, true},
    {"bitcoin", {CS_HYBRID_SHA256D}, false},
    {"solana", {CS_HYBRID_ED25519}, false},
};

static const struct {
    const char *name;
    cs_prim prim;
} algorithms[] = {{"ml-dsa-44", CS_MLDSA44}, {"ml-dsa-65", CS_MLDSA65}, {"ml-dsa-87", CS_MLDSA87}};

const char *cs_hybrid_scheme_name(cs_hybrid_scheme s)
{
    return (unsigned)s < CS_HYBRID_SCHEME_COUNT ? scheme_names[s] : "";
}

bool cs_hybrid_scheme_by_name(cs_hybrid_scheme *out, cs_slice name)
{
    *out = CS_HYBRID_BY_CHAIN;
    for (cs_hybrid_scheme s = CS_HYBRID_BY_CHAIN + 1; s < CS_HYBRID_SCHEME_COUNT; s++)
        if (cs_slice_is(name, scheme_names[s]))
            *out = s;
    return *out != CS_HYBRID_BY_CHAIN;
}

const cs_hybrid_chain *cs_hybrid_chain_find(cs_slice name)
{
    for (size_t i = 0; i < COUNT(chains); i++)
        if (cs_slice_is(name, chains[i].name))
            return &chains[i];
    return NULL;
}

cs_prim cs_hybrid_algorithm(cs_slice name)
{
    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (cs_slice_is(name, algorithms[i].name))
            return algorithms[i].prim;
    return CS_PRIM_NONE;
}

const char *cs_hybrid_algorithm_name(cs_prim prim)
{
    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (algorithms[i].prim == prim)
            return algorithms[i].name;
    return "";
}

/* -- hex ----------------------------------------------------------------------------------------------------------- */

static cs_slice without_prefix(cs_slice text)
{
    return cs_slice_starts(text, CS_LIT("0x")) ? cs_slice_sub(text, 2, text.n) : text;
}

#define NC CS_NO_CHARACTER
static const uint8_t digit_values[128] = {
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC,
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, 0,  1,  2,  3,
    4,  5,  6,  7,  8,  9,  NC, NC, NC, NC, NC, NC, NC, 10, 11, 12, 13, 14, 15, NC, NC, NC, NC, NC, NC, NC,
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, 10, 11, 12, 13, 14, 15, NC,
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC,
};
#undef NC

static unsigned digit_of(uint8_t c)
{
    return c < 128 ? digit_values[c] : CS_NO_CHARACTER;
}

cs_err cs_hybrid_hex(cs_buf *out, cs_slice text, size_t max)
{
    cs_slice digits = without_prefix(text);
    if (text.p == NULL || digits.n % 2 != 0)
        return CS_BAD_ENCODING;
    if (digits.n / 2 > max)
        return CS_TOO_LARGE;
    uint8_t *to = cs_buf_reserve(out, digits.n / 2);
    if (to == NULL)
        return out->err;
    unsigned bad = 0;
    size_t done = cs_encode_lanes_read_hex(to, digits.p, digits.n, digit_values);
    to += done / 2;
    for (size_t i = done; i < digits.n; i += 2) {
        unsigned high = digit_of(digits.p[i]), low = digit_of(digits.p[i + 1]);
        bad |= high | low;
        *to++ = (uint8_t)(high << 4 | low);
    }
    if ((bad & CS_NO_CHARACTER) != 0)
        return CS_BAD_ENCODING;
    cs_buf_grow(out, digits.n / 2);
    return CS_OK;
}

void cs_hybrid_write_hex(cs_jw *w, const char *name, cs_slice bytes)
{
    cs_jw_hex(w, name, "0x", bytes);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* The five members that are bytes. */
static const struct field {
    const char *name;
    size_t slice; /* of cs_hybrid */
    size_t max;   /* bytes */
    cs_err err;   /* for what is no hex, or too long */
} fields[] = {
    {"message", offsetof(cs_hybrid, message), CS_MAX_HYBRID_MESSAGE, CS_GEN_001},
    {"ecdsaSignature", offsetof(cs_hybrid, ecdsa_signature), CS_MAX_ECDSA_SIGNATURE, CS_GEN_001},
    {"pqcSignature", offsetof(cs_hybrid, pqc_signature), CS_MAX_SIGNATURE, CS_GEN_001},
    {"ecdsaPublicKey", offsetof(cs_hybrid, ecdsa_public_key), CS_SECP256K1_KEY, CS_PQC_002},
    {"pqcPublicKey", offsetof(cs_hybrid, pqc_public_key), CS_MAX_PUBLIC_KEY, CS_PQC_002},
};

/* The texts of a request, borrowed. */
struct texts {
    cs_slice bytes[COUNT(fields)];
    cs_slice algorithm, chain, scheme;
};

static cs_err read_texts(struct texts *t, cs_fault *fault, cs_jobj *o)
{
    for (size_t i = 0; i < COUNT(fields); i++)
        t->bytes[i] = cs_jobj_str(o, fields[i].name, CS_MAX_BODY);
    t->algorithm = cs_jobj_str(o, "algorithm", CS_MAX_BODY);
    t->chain = cs_jobj_str_opt(o, "chain", CS_MAX_BODY);
    t->scheme = cs_jobj_str_opt(o, "ecdsaScheme", CS_MAX_BODY);
    return o->err == CS_OK ? CS_OK : cs_fault_set(fault, o->err == CS_NO_MEMORY ? o->err : CS_GEN_001, o->field);
}

static cs_err read_bytes(cs_hybrid *out, cs_fault *fault, const struct texts *t)
{
    size_t room = 0;
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (without_prefix(t->bytes[i]).n / 2 > fields[i].max)
            return cs_fault_set(fault, fields[i].err, fields[i].name);
        room += t->bytes[i].n / 2;
    }
    /* All of it before the first byte, so that the slices stay good. */
    if (cs_buf_reserve(&out->bytes, room + 1) == NULL)
        return cs_fault_set(fault, out->bytes.err, NULL);
    for (size_t i = 0; i < COUNT(fields); i++) {
        size_t from = out->bytes.n;
        cs_err err = cs_hybrid_hex(&out->bytes, t->bytes[i], fields[i].max);
        if (err != CS_OK)
            return cs_fault_set(fault, err == CS_NO_MEMORY ? err : fields[i].err, fields[i].name);
        *(cs_slice *)(void *)((char *)out + fields[i].slice) = cs_slice_of(out->bytes.p + from, out->bytes.n - from);
    }
    return CS_OK;
}

/* A scheme fits a chain if both are of one curve. */
static bool scheme_fits(const cs_hybrid_chain *chain, cs_hybrid_scheme scheme)
{
    return (scheme == CS_HYBRID_ED25519) == (chain->schemes[0] == CS_HYBRID_ED25519);
}

static cs_err read_names(cs_hybrid *out, cs_fault *fault, const struct texts *t)
{
    out->chain = cs_hybrid_chain_find(t->chain.p != NULL ? t->chain : CS_LIT("ethereum"));
    if (out->chain == NULL)
        return cs_fault_set(fault, CS_GEN_001, "chain");
    if (t->scheme.p != NULL &&
        (!cs_hybrid_scheme_by_name(&out->scheme, t->scheme) || !scheme_fits(out->chain, out->scheme)))
        return cs_fault_set(fault, CS_GEN_001, "ecdsaScheme");
    if (out->scheme == CS_HYBRID_EIP712_DIGEST && out->message.n != EIP712_DIGEST_LEN)
        return cs_fault_set(fault, CS_GEN_001, "message");
    out->algorithm = cs_hybrid_algorithm(t->algorithm);
    return out->algorithm == CS_PRIM_NONE ? cs_fault_set(fault, CS_PQC_001, "algorithm") : CS_OK;
}

static bool is_solana(const cs_hybrid *h)
{
    return h->chain->schemes[0] == CS_HYBRID_ED25519;
}

static bool is_ed25519_key(cs_slice given)
{
    return given.n == CS_ED25519_PUBLIC && cs_ed25519_is_signer(given.p);
}

static cs_err read_keys(cs_hybrid *out, cs_fault *fault)
{
    cs_secp256k1_key key;
    cs_slice given = out->ecdsa_public_key;
    bool good = is_solana(out) ? is_ed25519_key(given) : cs_secp256k1_key_read(&key, given) == CS_OK;
    if (!good)
        return cs_fault_set(fault, CS_PQC_002, "ecdsaPublicKey");
    out->signer_len = is_solana(out) ? CS_ED25519_PUBLIC : CS_SECP256K1_KEY;
    memcpy(out->signer, is_solana(out) ? given.p : key.b, out->signer_len);
    if (out->pqc_public_key.n != cs_prim_public_len(out->algorithm))
        return cs_fault_set(fault, CS_PQC_002, "pqcPublicKey");
    return CS_OK;
}

cs_err cs_hybrid_read(cs_hybrid *out, cs_fault *fault, cs_jobj *o)
{
    struct texts texts;
    *out = (cs_hybrid){.bytes = cs_buf_new(CS_MAX_BODY)};
    cs_err err = read_texts(&texts, fault, o);
    if (err == CS_OK)
        err = read_bytes(out, fault, &texts);
    if (err == CS_OK)
        err = read_names(out, fault, &texts);
    if (err == CS_OK)
        err = read_keys(out, fault);
    if (err != CS_OK)
        cs_hybrid_free(out);
    return err;
}

void cs_hybrid_free(cs_hybrid *h)
{
    cs_buf_free(&h->bytes);
    *h = (cs_hybrid){.algorithm = CS_PRIM_NONE};
}

/* -- verifying ----------------------------------------------------------------------------------------------------- */

static cs_err sha256(uint8_t out[CS_SECP256K1_DIGEST], cs_slice bytes)
{
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, bytes);
    if (err == CS_OK)
        memcpy(out, d.b, CS_SECP256K1_DIGEST);
    return err;
}

/* What is signed under a scheme; length and scheme fit each other already. */
static cs_err digest_of(uint8_t out[CS_SECP256K1_DIGEST], cs_slice message, cs_hybrid_scheme scheme)
{
    char text[EIP191_HEAD];
    cs_buf head = CS_BUF_OVER(text);
    switch (scheme) {
    case CS_HYBRID_EIP191:
        cs_buf_printf(&head,
                      "\x19"
                      "Ethereum Signed Message:\n%zu",
                      message.n);
        cs_keccak256(out, cs_buf_slice(&head), message);
        return head.err;
    case CS_HYBRID_KECCAK256:
        cs_keccak256(out, CS_ABSENT, message);
        return CS_OK;
    case CS_HYBRID_EIP712_DIGEST:
        if (message.n != EIP712_DIGEST_LEN)
            return CS_BAD_SIGNATURE;
        memcpy(out, message.p, EIP712_DIGEST_LEN);
        return CS_OK;
    case CS_HYBRID_SHA256:
        return sha256(out, message);
    case CS_HYBRID_SHA256D: {
        uint8_t once[CS_SECP256K1_DIGEST];
        cs_err err = sha256(once, message);
        return err == CS_OK ? sha256(out, CS_ARRAY(once)) : err;
    }
    default:
        return CS_INTERNAL;
    }
}

static cs_err verify_ed25519(const cs_hybrid *h)
{
    cs_key *key = NULL;
    cs_err err = cs_key_open_public(&key, CS_ED25519, cs_slice_of(h->signer, h->signer_len));
    if (err == CS_OK)
        err = cs_key_verify(key, h->message, h->ecdsa_signature, NULL);
    cs_key_free(key);
    return err == CS_BAD_PUBLIC_KEY ? CS_BAD_SIGNATURE : err;
}

static cs_err verify_as(const cs_hybrid *h, cs_hybrid_scheme scheme)
{
    uint8_t digest[CS_SECP256K1_DIGEST];
    cs_secp256k1_key key;
    if (scheme == CS_HYBRID_ED25519)
        return verify_ed25519(h);
    cs_err err = digest_of(digest, h->message, scheme);
    memcpy(key.b, h->signer, sizeof key.b);
    return err == CS_OK ? cs_secp256k1_verify(&key, digest, h->ecdsa_signature) : err;
}

static cs_err verify_ecdsa(cs_hybrid_result *out, const cs_hybrid *h)
{
    const cs_hybrid_scheme asked[2] = {h->scheme, CS_HYBRID_BY_CHAIN};
    const cs_hybrid_scheme *schemes = h->scheme != CS_HYBRID_BY_CHAIN ? asked : h->chain->schemes;
    cs_err err = CS_BAD_SIGNATURE;
    for (size_t i = 0; err == CS_BAD_SIGNATURE && i < 2 && schemes[i] != CS_HYBRID_BY_CHAIN; i++) {
        err = verify_as(h, schemes[i]);
        out->scheme = err == CS_OK ? schemes[i] : CS_HYBRID_BY_CHAIN;
    }
    out->ecdsa_valid = err == CS_OK;
    if (out->ecdsa_valid && h->chain->has_address) {
        cs_secp256k1_key key;
        memcpy(key.b, h->signer, sizeof key.b);
        cs_secp256k1_address(out->address, &key);
    }
    return err;
}

static cs_err verify_pqc(cs_hybrid_result *out, const cs_hybrid *h, const cs_key *pqc)
{
    cs_key *own = NULL;
    cs_err err = pqc == NULL ? cs_key_open_public(&own, h->algorithm, h->pqc_public_key) : CS_OK;
    if (err == CS_OK)
        err = cs_key_verify(pqc != NULL ? pqc : own, h->message, h->pqc_signature, NULL);
    cs_key_free(own);
    out->pqc_valid = err == CS_OK;
    return err;
}

cs_err cs_hybrid_verify(cs_hybrid_result *out, const cs_hybrid *h, const cs_key *pqc)
{
    *out = (cs_hybrid_result){.scheme = CS_HYBRID_BY_CHAIN};
    cs_err ecdsa = verify_ecdsa(out, h);
    cs_err other = verify_pqc(out, h, pqc);
    if (ecdsa != CS_OK && ecdsa != CS_BAD_SIGNATURE)
        return ecdsa;
    if (other != CS_OK && other != CS_BAD_SIGNATURE)
        return other;
    return out->ecdsa_valid && out->pqc_valid ? CS_OK : CS_PQC_004;
}
