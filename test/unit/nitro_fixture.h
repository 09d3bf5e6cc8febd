/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nitro documents of our own: five P-384 certificates of the shape that AWS's have and a document under the last, made
 * anew for each case, with whatever a case changes in them. Keys are fixed; OpenSSL issues, not the code under test.
 */
#ifndef CS_TEST_NITRO_FIXTURE_H
#define CS_TEST_NITRO_FIXTURE_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "core/cbor.h"
#include "core/cose.h"
#include "core/crypto_issue.h"
#include "core/crypto_key.h"
#include "core/json.h"
#include "core/nitro.h"
#include "core/policy.h"
#include "vectors.h"

#define NITRO_TIME 1768473000 /* 2026-01-15T10:30:00Z */
#define NITRO_ROOT 0          /* positions in the chain, as in the bundle */
#define NITRO_LEAF 4
#define NITRO_CERTS 5
#define NITRO_PCR(index) (0x10 + (index)) /* each byte of a register that is not zero */

/* What is different from a good document. All zero: nothing. */
struct nitro_change {
    /* one certificate, by its position + 1 */
    int at;
    bool no_constraints, not_critical, not_a_ca, a_ca; /* basicConstraints */
    int path_len;                                      /* + 1 */
    bool no_usage;
    unsigned usage;        /* keyUsage; 0: as it should be */
    int64_t from, until;   /* seconds; 0: as it should be */
    int signed_by, key_of; /* position + 1 of another key; 6: one that is of nobody */
    bool p256, sha256, other_issuer, broken_signature;
    const char *critical_extension; /* an OID */
    bool garbage;                   /* no certificate at all */

    /* the bundle */
    bool reversed, no_root, only_root, empty_bundle, leaf_in_bundle;
    size_t copies; /* of the intermediate before the leaf */
    int twice;     /* position + 1 of one that stands there twice */
    bool other_root;
    bool p256_instance; /* its key is one of P-256, and signs the leaf under SHA-256 */

    /* COSE */
    const char *protected_hex, *unprotected_hex; /* contents of the header, and the map itself */
    bool tag, indefinite_array;
    int document_key; /* position + 1 of the key that signs, if not the leaf's; 6: of nobody */
    bool es256, der_signature, no_signature, payload_of_another;
    size_t signature_cut, signature_more;

    /* members of the payload: CBOR in hex in place of the value, "" to leave it out */
    struct {
        const char *member, *hex;
    } set[3];
    const char *extra_hex; /* one more pair */
    bool indefinite_map, twice_map;
    size_t pad; /* bytes by which module_id is longer */

    int64_t timestamp_ms; /* 0: NITRO_TIME */
    cs_slice public_key, user_data, nonce;
};

/* The key of a position; 5 is nobody's. */
static inline cs_key *nitro_key(size_t position, cs_prim prim)
{
    uint8_t scalar[48] = {0x17, (uint8_t)(position + 1), 0x17};
    cs_key *key = NULL;
    assert_int_equal(cs_key_open_private(&key, prim, cs_slice_of(scalar, cs_prim_private_len(prim))), CS_OK);
    return key;
}

/* -- certificates -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int path_len; /* -1: none */
    unsigned usage;
    int64_t before, after; /* seconds that it is valid before and after NITRO_TIME */
} nitro_shape[NITRO_CERTS] = {
    {"aws.nitro-enclaves", -1, CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS, 200000000, 700000000},
    {"0123.eu-central-1.aws.nitro-enclaves", 2, CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS, 864000,
     864000},
    {"4567.zonal.eu-central-1.aws.nitro-enclaves", 1, CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS,
     200000, 200000},
    {"i-0123456789abcdef0.eu-central-1.aws.nitro-enclaves", 0, CS_USAGE_CERTIFICATES, 40000, 40000},
    {"i-0123456789abcdef0-enc0123456789abcdef.eu-central-1.aws", -1, CS_USAGE_SIGNATURE, 3, 10800},
};

static inline void nitro_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline void nitro_constraints(X509 *x, size_t position, const struct nitro_change *c)
{
    char text[64];
    bool ca = position != NITRO_LEAF;
    int path_len = nitro_shape[position].path_len;
    if (c->no_constraints)
        return;
    ca = (ca || c->a_ca) && !c->not_a_ca;
    path_len = c->path_len > 0 ? c->path_len - 1 : path_len;
    if (ca && path_len >= 0)
        (void)snprintf(text, sizeof text, "%sCA:TRUE,pathlen:%d", c->not_critical ? "" : "critical,", path_len);
    else
        (void)snprintf(text, sizeof text, "%sCA:%s", c->not_critical ? "" : "critical,", ca ? "TRUE" : "FALSE");
    nitro_extension(x, NID_basic_constraints, text);
}

static inline void nitro_usage(X509 *x, size_t position, const struct nitro_change *c)
{
    unsigned usage = c->usage != 0 ? c->usage : nitro_shape[position].usage;
    char text[96] = "critical";
    if (c->no_usage)
        return;
    (void)snprintf(text, sizeof text, "critical%s%s%s", usage & CS_USAGE_SIGNATURE ? ",digitalSignature" : "",
                   usage & CS_USAGE_CERTIFICATES ? ",keyCertSign" : "", usage & CS_USAGE_CRLS ? ",cRLSign" : "");
    nitro_extension(x, NID_key_usage, text);
}

static inline void nitro_name(X509_NAME *name, const char *text)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)text, -1, -1, 0), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Amazon", -1, -1, 0), 1);
}

static inline void nitro_validity(X509 *x, size_t position, const struct nitro_change *c)
{
    time_t from = (time_t)(c->from != 0 ? c->from : NITRO_TIME - nitro_shape[position].before);
    time_t until = (time_t)(c->until != 0 ? c->until : NITRO_TIME + nitro_shape[position].after);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), from));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), until));
}

/* With a nonce that follows from the message [RFC 6979], so that a certificate is the same each time. */
static inline void nitro_sign_certificate(X509 *x, const cs_key *key, const EVP_MD *md)
{
    unsigned deterministic = 1;
    const OSSL_PARAM params[] = {OSSL_PARAM_uint(OSSL_SIGNATURE_PARAM_NONCE_TYPE, &deterministic), OSSL_PARAM_END};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    assert_int_equal(EVP_DigestSignInit(ctx, &options, md, NULL, cs_key_library(key)), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(options, params), 1);
    assert_true(X509_sign_ctx(x, ctx) > 0);
    EVP_MD_CTX_free(ctx);
}

/* Held until vectors_release. `other` makes it a certificate of another root. */
static inline cs_slice nitro_certificate(size_t position, const struct nitro_change *change, bool other)
{
    static const struct nitro_change none;
    const struct nitro_change *c = change->at == (int)position + 1 ? change : &none;
    size_t issuer = position == NITRO_ROOT ? NITRO_ROOT : position - 1;
    size_t key_at = c->key_of > 0 ? (size_t)c->key_of - 1 : position;
    size_t signer = c->signed_by > 0 ? (size_t)c->signed_by - 1 : issuer;
    if (c->garbage)
        return cs_slice_of(memset(vectors_hold(64), 0, 64), 64);
    bool p256 = c->p256 || (change->p256_instance && position == NITRO_LEAF - 1),
         by_p256 = change->p256_instance && position == NITRO_LEAF;
    cs_key *key = nitro_key(key_at, p256 ? CS_P256 : CS_P384),
           *issuer_key = nitro_key(signer, by_p256 ? CS_P256 : CS_P384);
    X509 *x = X509_new();
    uint8_t *der = NULL;
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), other ? 77 : (long)position + 1), 1);
    nitro_name(X509_get_subject_name(x), nitro_shape[position].name);
    nitro_name(X509_get_issuer_name(x), c->other_issuer ? "somebody else" : nitro_shape[issuer].name);
    nitro_validity(x, position, c);
    assert_int_equal(X509_set_pubkey(x, cs_key_library(key)), 1);
    nitro_constraints(x, position, c);
    nitro_usage(x, position, c);
    if (c->critical_extension != NULL) {
        ASN1_OBJECT *oid = OBJ_txt2obj(c->critical_extension, 1);
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        assert_int_equal(ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2), 1);
        X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
        assert_int_equal(X509_add_ext(x, e, -1), 1);
        X509_EXTENSION_free(e);
        ASN1_OCTET_STRING_free(value);
        ASN1_OBJECT_free(oid);
    }
    nitro_sign_certificate(x, issuer_key, c->sha256 || by_p256 ? EVP_sha256() : EVP_sha384());
    int n = i2d_X509(x, &der);
    assert_true(n > 0);
    uint8_t *copy = vectors_copy(cs_slice_of(der, (size_t)n));
    if (c->broken_signature)
        copy[n - 1] ^= 1;
    OPENSSL_free(der);
    X509_free(x);
    cs_key_free(key);
    cs_key_free(issuer_key);
    return cs_slice_of(copy, (size_t)n);
}

/* -- payload ------------------------------------------------------------------------------------------------------- */

static inline void nitro_pcrs(cs_buf *out)
{
    uint8_t value[48];
    cs_cborw_map(out, 16);
    for (uint8_t i = 0; i < 16; i++) {
        memset(value, i <= 4 || i == 8 ? NITRO_PCR(i) : 0, sizeof value);
        cs_cborw_uint(out, i);
        cs_cborw_bytes(out, CS_ARRAY(value));
    }
}

static inline void nitro_bundle(cs_buf *out, const struct nitro_change *c)
{
    cs_slice certs[NITRO_CERTS + 2];
    size_t n = 0, copies = c->copies > 0 ? c->copies - 1 : 0;
    for (size_t i = c->no_root ? 1 : 0; i < (c->only_root ? 1 : NITRO_LEAF) && !c->empty_bundle; i++) {
        certs[n++] = nitro_certificate(i, c, c->other_root && i == NITRO_ROOT);
        if (c->twice == (int)i + 1) {
            certs[n] = certs[n - 1];
            n++;
        }
    }
    if (c->leaf_in_bundle)
        certs[n++] = nitro_certificate(NITRO_LEAF, c, false);
    cs_cborw_array(out, n + copies);
    for (size_t i = 0; i < n; i++)
        cs_cborw_bytes(out, certs[c->reversed ? n - 1 - i : i]);
    for (size_t i = 0; i < copies; i++)
        cs_cborw_bytes(out, CS_LIT("\x30")); /* as many as fit */
}

static inline void nitro_value(cs_buf *out, const char *member, const struct nitro_change *c)
{
    char id[2048] = "i-0123456789abcdef0-enc0123456789abcdef";
    if (strcmp(member, "module_id") == 0) {
        size_t n = strlen(id);
        memset(id + n, 'x', c->pad < sizeof id - n ? c->pad : 0);
        cs_cborw_text(out, id);
    } else if (strcmp(member, "digest") == 0) {
        cs_cborw_text(out, "SHA384");
    } else if (strcmp(member, "timestamp") == 0) {
        cs_cborw_int(out, c->timestamp_ms != 0 ? c->timestamp_ms : NITRO_TIME * (int64_t)1000);
    } else if (strcmp(member, "pcrs") == 0) {
        nitro_pcrs(out);
    } else if (strcmp(member, "certificate") == 0) {
        cs_cborw_bytes(out, nitro_certificate(c->only_root && c->empty_bundle ? NITRO_ROOT : NITRO_LEAF, c, false));
    } else if (strcmp(member, "cabundle") == 0) {
        nitro_bundle(out, c);
    } else {
        cs_cborw_bytes(out, strcmp(member, "public_key") == 0  ? c->public_key
                            : strcmp(member, "user_data") == 0 ? c->user_data
                                                               : c->nonce);
    }
}

static inline void nitro_payload(cs_buf *out, const struct nitro_change *c)
{
    static const char *const members[] = {"module_id", "digest",     "timestamp", "pcrs", "certificate",
                                          "cabundle",  "public_key", "user_data", "nonce"};
    size_t pairs = 0;
    cs_buf body = cs_buf_new(1u << 20);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *hex = NULL;
        for (size_t k = 0; k < sizeof c->set / sizeof *c->set; k++)
            if (c->set[k].member != NULL && strcmp(c->set[k].member, members[i]) == 0)
                hex = c->set[k].hex;
        if (hex != NULL && hex[0] == '\0')
            continue;
        pairs++;
        cs_cborw_text(&body, members[i]);
        if (hex != NULL)
            cs_buf_add(&body, vectors_from_hex(cs_slice_str(hex)));
        else
            nitro_value(&body, members[i], c);
    }
    if (c->extra_hex != NULL) {
        pairs++;
        cs_buf_add(&body, vectors_from_hex(cs_slice_str(c->extra_hex)));
    }
    if (c->indefinite_map)
        cs_buf_add_u8(out, 0xbf);
    else
        cs_cborw_map(out, pairs);
    cs_buf_add(out, cs_buf_slice(&body));
    if (c->indefinite_map)
        cs_buf_add_u8(out, 0xff);
    if (c->twice_map)
        cs_cborw_map(out, 0);
    assert_int_equal(body.err, CS_OK);
    cs_buf_free(&body);
}

/* -- the document -------------------------------------------------------------------------------------------------- */

static inline void nitro_sign(cs_buf *sig, const cs_cose *cose, const struct nitro_change *c)
{
    static const uint8_t zeros[128];
    uint8_t der_bytes[128];
    cs_buf tbs = cs_buf_new(1u << 20), der = CS_BUF_OVER(der_bytes);
    cs_prim prim = c->es256 ? CS_P256 : CS_P384;
    cs_key *key = nitro_key(c->document_key > 0 ? (size_t)c->document_key - 1 : NITRO_LEAF, prim);
    cs_cose_sig_structure(&tbs, cose);
    assert_int_equal(cs_key_sign(&der, key, cs_buf_slice(&tbs), NULL), CS_OK);
    if (c->no_signature)
        cs_buf_add(sig, cs_slice_of(zeros, CS_COSE_ES384_SIG));
    else if (c->der_signature)
        cs_buf_add(sig, cs_buf_slice(&der));
    else
        assert_int_equal(cs_ecdsa_der_to_raw(sig, prim, cs_buf_slice(&der)), CS_OK);
    sig->n -= c->signature_cut;
    cs_buf_add(sig, cs_slice_of(zeros, c->signature_more));
    cs_key_free(key);
    cs_buf_free(&tbs);
}

/* Appends the document. What was held for it goes with vectors_release. */
static inline void nitro_document(cs_buf *out, const struct nitro_change *c)
{
    uint8_t sig_bytes[256];
    cs_buf payload = cs_buf_new(1u << 20), sig = CS_BUF_OVER(sig_bytes);
    nitro_payload(&payload, c);
    cs_slice header = vectors_from_hex(cs_slice_str(c->protected_hex != NULL ? c->protected_hex : "a1013822"));
    cs_cose cose = {.protected_header = header,
                    .payload = c->payload_of_another ? CS_LIT("\xa0") : cs_buf_slice(&payload)};
    nitro_sign(&sig, &cose, c);
    if (c->tag)
        cs_cborw_tag(out, CS_COSE_TAG);
    if (c->indefinite_array)
        cs_buf_add_u8(out, 0x9f);
    else
        cs_cborw_array(out, 4);
    cs_cborw_bytes(out, header);
    cs_buf_add(out, vectors_from_hex(cs_slice_str(c->unprotected_hex != NULL ? c->unprotected_hex : "a0")));
    cs_cborw_bytes(out, cs_buf_slice(&payload));
    cs_cborw_bytes(out, cs_buf_slice(&sig));
    if (c->indefinite_array)
        cs_buf_add_u8(out, 0xff);
    assert_int_equal(payload.err, CS_OK);
    assert_int_equal(sig.err, CS_OK);
    assert_int_equal(out->err, CS_OK);
    cs_buf_free(&payload);
}

/* -- policies ------------------------------------------------------------------------------------------------------ */

/* Appends the root of the fixture as PEM. */
static inline void nitro_root_pem(cs_buf *out)
{
    static const struct nitro_change none;
    cs_issue_pem(out, nitro_certificate(NITRO_ROOT, &none, false));
}

/* Appends a policy with the fixture's root; `members` are the other members of matchRules, as JSON text. */
static inline void nitro_policy_json(cs_buf *out, const char *members)
{
    cs_buf pem = cs_buf_new(8192);
    nitro_root_pem(&pem);
    cs_buf_printf(out, "{\"name\":\"nitro\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{%s,", members);
    cs_jw w = cs_jw_on(out);
    cs_jw_str(&w, "rootCertificatePem", cs_buf_slice(&pem));
    cs_buf_add_str(out, "}}");
    cs_buf_free(&pem);
}

/* The value of a register of the fixture, 96 hex digits. */
#define NITRO_HEX4(b) b b b b b b b b
#define NITRO_HEX(b) NITRO_HEX4(b) NITRO_HEX4(b) NITRO_HEX4(b) NITRO_HEX4(b) NITRO_HEX4(b) NITRO_HEX4(b)
#define NITRO_PCR0 NITRO_HEX("10")
#define NITRO_PCR8 NITRO_HEX("18")
/* Such a value in CBOR, all zero. */
#define NITRO_ZERO48 "5830" NITRO_HEX("00")

static inline void nitro_policy(cs_policy *out, const char *members)
{
    cs_buf json = cs_buf_new(CS_MAX_POLICY);
    nitro_policy_json(&json, members);
    assert_int_equal(cs_policy_parse(out, NULL, cs_buf_slice(&json), true), CS_OK);
    cs_buf_free(&json);
}

#endif
