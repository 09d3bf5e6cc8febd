/* SPDX-License-Identifier: Apache-2.0 */
/* Vendor aws-nitro-enclave: the Nitro hypervisor signs what is in the enclave's registers, with a key whose
 * certificates end in AWS's root. */
#include "core/attest_nitro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto_issue.h"
#include "core/crypto_x509.h"
#include "core/encode.h"
#include "core/nitro.h"

#define IMAGE_REGISTER 0  /* the whole image */
#define SIGNER_REGISTER 8 /* the certificate that signed the image */
#define VERSION_PARTS 4

struct version {
    size_t count; /* of numbers; 0: none */
    uint32_t part[VERSION_PARTS];
};

struct rules {
    size_t count[CS_NITRO_PCRS]; /* values that a register may have; 0: it does not matter */
    cs_buf values[CS_NITRO_PCRS];
    struct version min_version;
    char min_version_text[CS_MAX_ID + 1];
    bool foreign; /* the root is not AWS's */
    uint8_t root[1][CS_SHA256_LEN];
    cs_buf root_der; /* foreign: its certificate */
};

struct facts {
    struct register_value {
        size_t n; /* 0: absent */
        uint8_t value[CS_HASH_MAX];
    } registers[CS_NITRO_PCRS];
};

/* -- rules --------------------------------------------------------------------------------------------------------- */

static const char *register_name(char name[4], size_t index)
{
    (void)snprintf(name, 4, "%u", (unsigned)index % CS_NITRO_PCRS);
    return name;
}

/* One to four numbers with dots between, none with a zero in front. */
static bool read_version(struct version *out, cs_slice text)
{
    *out = (struct version){0};
    size_t digits = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i == text.n || text.p[i] == '.') {
            if (digits == 0 || out->count++ == VERSION_PARTS)
                return false;
            digits = 0;
            continue;
        }
        uint32_t *part = &out->part[out->count % VERSION_PARTS];
        if (text.p[i] < '0' || text.p[i] > '9' || digits == 9 || (digits > 0 && *part == 0))
            return false;
        *part = *part * 10 + (uint32_t)(text.p[i] - '0');
        digits++;
    }
    return true;
}

static bool version_at_least(const struct version *v, const struct version *min)
{
    for (size_t i = 0; i < VERSION_PARTS; i++)
        if (v->part[i] != min->part[i])
            return v->part[i] > min->part[i];
    return true;
}

/* Hex of a register, with or without "sha384:" before it. A register that is all zero measures nothing. */
static bool read_value(cs_buf *out, cs_slice text)
{
    static const uint8_t zero[CS_NITRO_PCR_LEN];
    const cs_slice prefix = CS_LIT("sha384:");
    cs_slice hex = cs_slice_starts(text, prefix) ? cs_slice_sub(text, prefix.n, text.n) : text;
    size_t from = out->n;
    return hex.n == 2 * CS_NITRO_PCR_LEN && cs_hex_decode(out, hex) == CS_OK &&
           !cs_slice_eq(cs_slice_sub(cs_buf_slice(out), from, CS_NITRO_PCR_LEN), CS_ARRAY(zero));
}

static void read_register(struct rules *r, cs_jobj *pcrs, size_t index)
{
    char name[4];
    if (!cs_jobj_has(pcrs, register_name(name, index)))
        return;
    cs_jval list = cs_jobj_array(pcrs, name);
    size_t n = cs_jarr_len(list);
    if (pcrs->err == CS_OK && n == 0)
        cs_jobj_fail(pcrs, CS_POLICY_ALLOWLIST_EMPTY, name);
    if (n > CS_MAX_ALLOWED_IMAGES)
        cs_jobj_fail(pcrs, CS_BAD_FIELD, name);
    for (size_t i = 0; i < n && pcrs->err == CS_OK; i++)
        if (!read_value(&r->values[index], cs_jval_str(cs_jarr_at(list, i))))
            cs_jobj_fail(pcrs, CS_POLICY_HASH, name);
    r->count[index] = n;
}

/* The image itself must be pinned, or who signed it together with the oldest version that may run: else every image
 * that was ever signed would do. */
static void read_registers(struct rules *r, cs_jobj *match)
{
    cs_fault fault;
    cs_jval v = cs_jobj_object_opt(match, "pcrs");
    cs_slice min = cs_jobj_str_opt(match, "minEnclaveVersion", CS_MAX_ID);
    if (min.p != NULL && (!read_version(&r->min_version, min) ||
                          cs_slice_to_cstr(r->min_version_text, sizeof r->min_version_text, min) != CS_OK))
        cs_jobj_fail(match, CS_BAD_FIELD, "minEnclaveVersion");
    if (v.v == NULL) {
        cs_jobj_fail(match, CS_POLICY_ALLOWLIST_EMPTY, "pcrs");
        return;
    }
    cs_jobj pcrs = cs_jobj_open(v);
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        read_register(r, &pcrs, i);
    if (cs_jobj_done(&pcrs) != CS_OK) {
        (void)cs_jobj_fault(&pcrs, "pcrs", &fault);
        cs_jobj_fail(match, fault.err, fault.field);
    }
    if (r->count[IMAGE_REGISTER] == 0 && (r->count[SIGNER_REGISTER] == 0 || r->min_version.count == 0))
        cs_jobj_fail(match, CS_POLICY_ALLOWLIST_EMPTY, "pcrs");
}

/* One certificate; where it is AWS's own, what is compiled in already, nothing needs to be kept. */
static cs_err read_root(struct rules *r, cs_jobj *match, bool allow_mock)
{
    static const char name[] = "rootCertificatePem";
    cs_slice pem = cs_jobj_str_opt(match, name, CS_MAX_POLICY), der;
    size_t n = 0;
    cs_cert *cert = NULL;
    memcpy(r->root[0], cs_vendor_root(CS_VENDOR_AWS_NITRO, 0)->sha256, CS_SHA256_LEN);
    if (pem.p == NULL)
        return CS_OK;
    cs_err err = cs_pem_certificates(&r->root_der, &der, &n, 1, pem);
    if (err == CS_OK)
        err = cs_cert_parse(&cert, der);
    if (err == CS_OK && cs_cert_public_key(cert) == NULL)
        err = CS_BAD_FORMAT; /* no chain could ever end in it */
    if (err == CS_OK) {
        memcpy(r->root[0], cs_cert_sha256(cert).p, CS_SHA256_LEN);
        r->foreign = cs_vendor_root_find(CS_VENDOR_AWS_NITRO, r->root[0]) == NULL;
        if (r->foreign && !allow_mock)
            cs_jobj_fail(match, CS_POLICY_FOREIGN_ROOT, name);
    } else if (err == CS_BAD_FORMAT) {
        cs_jobj_fail(match, CS_POLICY_ROOT, name);
        err = CS_OK;
    }
    cs_cert_free(cert);
    return err;
}

static cs_err rules_read(void **rules, cs_jobj *match, bool allow_mock)
{
    struct rules *r = calloc(1, sizeof *r);
    *rules = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    r->root_der = cs_buf_new(CS_MAX_CERTIFICATE);
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        r->values[i] = cs_buf_new(CS_MAX_ALLOWED_IMAGES * CS_NITRO_PCR_LEN);
    read_registers(r, match);
    return read_root(r, match, allow_mock);
}

static void rules_free(void *rules)
{
    struct rules *r = rules;
    if (r == NULL)
        return;
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        cs_buf_free(&r->values[i]);
    cs_buf_free(&r->root_der);
    free(r);
}

/* The i-th value that a register may have. */
static cs_slice value_at(const struct rules *r, size_t index, size_t i)
{
    return cs_slice_sub(cs_buf_slice(&r->values[index]), i * CS_NITRO_PCR_LEN, CS_NITRO_PCR_LEN);
}

/* Names sort as text: "0", "1", "10" … "19", "2". */
static void write_registers(cs_jw *w, const struct rules *r)
{
    static const uint8_t sorted[CS_NITRO_PCRS] = {0,  1,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 2, 20, 21, 22,
                                                  23, 24, 25, 26, 27, 28, 29, 3,  30, 31, 4,  5,  6, 7,  8,  9};
    char name[4];
    cs_jw_begin(w, "pcrs");
    for (size_t k = 0; k < CS_NITRO_PCRS; k++) {
        size_t index = sorted[k];
        if (r->count[index] == 0)
            continue;
        cs_jw_begin_array(w, register_name(name, index));
        for (size_t i = 0; i < r->count[index]; i++)
            cs_jw_hex(w, NULL, "sha384:", value_at(r, index, i));
        cs_jw_end_array(w);
    }
    cs_jw_end(w);
}

static void rules_write(cs_jw *w, const void *rules)
{
    const struct rules *r = rules;
    if (r->min_version.count > 0)
        cs_jw_cstr(w, "minEnclaveVersion", r->min_version_text);
    write_registers(w, r);
    if (r->foreign) {
        cs_buf pem = cs_buf_new(2 * CS_MAX_CERTIFICATE);
        cs_issue_pem(&pem, cs_buf_slice(&r->root_der));
        cs_jw_str(w, "rootCertificatePem", cs_buf_slice(&pem));
        cs_buf_free(&pem);
    }
}

static cs_root_kind root_of(uint8_t sha256[CS_SHA256_LEN], const void *rules)
{
    const struct rules *r = rules;
    memcpy(sha256, r->root[0], CS_SHA256_LEN);
    return r->foreign ? CS_ROOT_FOREIGN : CS_ROOT_COMPILED_IN;
}

/* -- proof --------------------------------------------------------------------------------------------------------- */

static cs_err binding_of(cs_buf *out, cs_slice commitment)
{
    cs_buf_add(out, commitment);
    return out->err;
}

/* The chain of the document from the leaf to the root: its bundle has them the other way round. */
static cs_err open_chain(cs_chain **out, cs_chain_cache *cache, const cs_nitro *n)
{
    cs_slice ders[1 + CS_NITRO_BUNDLE] = {n->certificate};
    for (size_t i = 0; i < n->bundle_count; i++)
        ders[1 + i] = n->bundle[n->bundle_count - 1 - i];
    cs_err err = cs_chain_open(out, cache, ders, 1 + n->bundle_count);
    return err == CS_BAD_FORMAT ? CS_ATT_EVIDENCE_FORMAT : err;
}

static cs_err check_signature(const cs_nitro *n, const cs_cert *leaf)
{
    cs_buf tbs = cs_buf_new(CS_MAX_COSE + 64);
    cs_cose_sig_structure(&tbs, &n->cose);
    cs_err err = tbs.err;
    if (err == CS_OK)
        err = cs_pubkey_verify(cs_cert_public_key(leaf), CS_SCHEME_ES384_RAW, cs_buf_slice(&tbs), n->cose.signature);
    cs_buf_free(&tbs);
    return err == CS_BAD_SIGNATURE ? CS_ATT_PROOF_INVALID : err;
}

/* Chain up to the pin at the time that counts, then the document under its leaf. */
static cs_err check_proof(const cs_nitro *n, const uint8_t root[CS_SHA256_LEN], int64_t at, cs_chain_cache *chains)
{
    cs_chain *chain = NULL;
    uint8_t roots[1][CS_SHA256_LEN];
    cs_chain_rule rule = {.roots = roots,
                          .root_count = 1,
                          .at = at == CS_NITRO_AT_ITS_TIME ? n->timestamp_ms / 1000 : at,
                          .schemes = 1u << CS_SCHEME_ES384_DER,
                          .ca_key_usage = true,
                          .leaf_digital_signature = true};
    memcpy(roots[0], root, CS_SHA256_LEN);
    cs_err err = open_chain(&chain, chains, n);
    if (err == CS_OK)
        err = cs_chain_verify(chain, &rule);
    if (err == CS_OK)
        err = check_signature(n, cs_chain_at(chain, 0));
    cs_chain_free(chain);
    return err;
}

cs_err cs_nitro_prove(cs_nitro *out, cs_slice document, const uint8_t root_sha256[CS_SHA256_LEN], int64_t at,
                      cs_chain_cache *chains)
{
    cs_err err = cs_nitro_parse(out, document);
    if (err == CS_OK && out->cose.alg != CS_COSE_ES384)
        err = CS_ATT_EVIDENCE_ALGORITHM;
    if (err == CS_OK && out->cose.signature.n != CS_COSE_ES384_SIG)
        err = CS_ATT_EVIDENCE_FORMAT;
    if (err == CS_OK)
        err = check_proof(out, root_sha256, at, chains);
    if (err != CS_OK)
        *out = (cs_nitro){0};
    return err;
}

static cs_err check_bindings(const cs_nitro *n, const cs_prove_at *at, cs_slice binding)
{
    if (at->public_key.p != NULL && (n->public_key.p == NULL || !cs_slice_eq(n->public_key, at->public_key)))
        return CS_ATT_PUBLIC_KEY_MISMATCH;
    if (binding.p != NULL && (n->user_data.p == NULL || !cs_slice_eq(n->user_data, binding)))
        return CS_ATT_COMMITMENT_MISMATCH;
    if (at->nonce.p != NULL && (n->nonce.p == NULL || !cs_secret_eq(n->nonce, at->nonce)))
        return CS_ATT_NONCE_MISMATCH;
    return CS_OK;
}

static cs_err keep_facts(cs_proven *out, const struct rules *r, const cs_nitro *n)
{
    struct facts *facts = calloc(1, sizeof *facts);
    if (facts == NULL)
        return CS_NO_MEMORY;
    for (size_t i = 0; i < CS_NITRO_PCRS; i++) {
        facts->registers[i].n = n->pcrs[i].n;
        if (n->pcrs[i].n > 0)
            memcpy(facts->registers[i].value, n->pcrs[i].p, n->pcrs[i].n);
    }
    cs_buf measurement = CS_BUF_OVER(out->measurement);
    if (n->pcrs[IMAGE_REGISTER].n == CS_NITRO_PCR_LEN) {
        cs_buf_add_str(&measurement, "sha384:");
        cs_hex_encode(&measurement, n->pcrs[IMAGE_REGISTER]);
    }
    out->time = n->timestamp_ms / 1000;
    out->debug = cs_nitro_is_debug(n);
    out->hardware = !r->foreign;
    memcpy(out->root_sha256, r->root[0], CS_SHA256_LEN);
    out->facts = facts;
    return measurement.err;
}

static cs_err prove(cs_proven *out, const void *rules, cs_slice evidence, const cs_prove_at *at, cs_slice binding)
{
    cs_nitro n;
    const struct rules *r = rules;
    *out = (cs_proven){.time = -1};
    cs_err err = cs_nitro_prove(&n, evidence, r->root[0], at->stored ? CS_NITRO_AT_ITS_TIME : at->now, at->chains);
    if (err == CS_OK)
        err = check_bindings(&n, at, binding);
    return err == CS_OK ? keep_facts(out, r, &n) : err;
}

/* -- allow-lists --------------------------------------------------------------------------------------------------- */

static bool is_listed(const struct rules *r, size_t index, const struct register_value *v)
{
    for (size_t i = 0; i < r->count[index]; i++)
        if (cs_slice_eq(cs_slice_of(v->value, v->n), value_at(r, index, i)))
            return true;
    return false;
}

static cs_err allow(const void *rules, const cs_proven *proven)
{
    const struct rules *r = rules;
    const struct facts *facts = proven->facts;
    struct version version;
    if (r->count[IMAGE_REGISTER] == 0 && r->count[SIGNER_REGISTER] == 0)
        return CS_ATT_ALLOWLIST_EMPTY;
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        if (r->count[i] > 0 && facts->registers[i].n == 0)
            return CS_ATT_REGISTER_MISSING;
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        if (r->count[i] > 0 && !is_listed(r, i, &facts->registers[i]))
            return CS_ATT_IMAGE_NOT_ALLOWED;
    if (r->min_version.count > 0 &&
        (!read_version(&version, proven->enclave_version) || !version_at_least(&version, &r->min_version)))
        return CS_ATT_ENCLAVE_VERSION;
    return CS_OK;
}

/* -- for reading --------------------------------------------------------------------------------------------------- */

static void describe_registers(cs_jw *w, const cs_nitro *n)
{
    char name[4];
    cs_jw_begin(w, "pcrs");
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        if (n->pcrs[i].n > 0 && !cs_nitro_pcr_is_zero(n, i))
            cs_jw_hex(w, register_name(name, i), "", n->pcrs[i]);
    cs_jw_end(w);
    cs_jw_begin_array(w, "zeroPcrs");
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        if (cs_nitro_pcr_is_zero(n, i))
            cs_jw_int(w, NULL, (int64_t)i);
    cs_jw_end_array(w);
}

static void describe_certificate(cs_jw *w, cs_slice der)
{
    cs_cert *cert = NULL;
    if (cs_cert_parse(&cert, der) == CS_OK)
        cs_cert_describe(w, NULL, cert);
    else
        cs_jw_cstr(w, NULL, "not a certificate");
    cs_cert_free(cert);
}

static void describe_bytes(cs_jw *w, const char *name, cs_slice bytes)
{
    if (bytes.p == NULL)
        cs_jw_null(w, name);
    else
        cs_jw_base64(w, name, bytes);
}

static cs_err describe(cs_jw *w, cs_slice evidence)
{
    cs_nitro n;
    char text[32];
    cs_buf time = CS_BUF_OVER(text);
    cs_err err = cs_nitro_parse(&n, evidence);
    if (err != CS_OK)
        return err;
    cs_time_write(&time, n.timestamp_ms);
    if (n.cose.alg == CS_COSE_ES384)
        cs_jw_cstr(w, "algorithm", "ES384");
    else
        cs_jw_int(w, "algorithm", n.cose.alg);
    cs_jw_str(w, "moduleId", n.module_id);
    cs_jw_str(w, "time", cs_buf_slice(&time));
    cs_jw_int(w, "timestampMs", n.timestamp_ms);
    cs_jw_bool(w, "debug", cs_nitro_is_debug(&n));
    describe_registers(w, &n);
    describe_bytes(w, "publicKey", n.public_key);
    describe_bytes(w, "userData", n.user_data);
    describe_bytes(w, "nonce", n.nonce);
    cs_jw_begin_array(w, "certificates");
    describe_certificate(w, n.certificate);
    for (size_t i = n.bundle_count; i > 0; i--)
        describe_certificate(w, n.bundle[i - 1]);
    cs_jw_end_array(w);
    return w->out->err;
}

static bool sessions(const void *rules)
{
    (void)rules;
    return true;
}

const cs_vendor_ops cs_attest_nitro = {
    .operation_alg = "nitro-cose",
    .sessions = sessions,
    .rules_read = rules_read,
    .rules_write = rules_write,
    .rules_free = rules_free,
    .root = root_of,
    .binding = binding_of,
    .prove = prove,
    .allow = allow,
    .facts_free = free,
    .describe = describe,
};
