/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attest_snp.h"

#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/encode.h"

#define MEASUREMENT_PREFIX "sha384:"
#define MEASUREMENT_LEN 48
#define MAX_VMPL 3

/* -- reports and their certificates -------------------------------------------------------------------------------- */

/* A parser's failure is one of form; what it calls by a reason of its own, and our own failures, stay. */
static cs_err form_of(cs_err err)
{
    cs_err_class class = cs_err_class_of(err);
    return err == CS_OK || class == CS_CLASS_REFUSED || class == CS_CLASS_INTERNAL ? err : CS_ATT_EVIDENCE_FORMAT;
}

/* Whether certificate and report speak of the same key, and its TCB version. */
static cs_err match_certificate(cs_snp_tcb *tcb, const cs_snp_report *r, const cs_cert *leaf)
{
    const char *name = r->signer == CS_SNP_VLEK ? "SEV-VLEK" : "SEV-VCEK";
    cs_snp_product product = cs_snp_product_of(cs_cert_extension(leaf, CS_SNP_OID_PRODUCT));
    bool same = cs_slice_is(cs_cert_common_name(leaf), name) && product != CS_SNP_UNKNOWN;
    if (!same || (r->product != CS_SNP_UNKNOWN && r->product != product))
        return CS_ATT_REPORT_MISMATCH;
    if (cs_snp_tcb_read(tcb, product, r->reported_tcb) != CS_OK)
        return CS_ATT_EVIDENCE_FORMAT;
    for (cs_snp_part p = 0; p < CS_SNP_PARTS; p++) {
        uint8_t svn;
        if (p == CS_SNP_FMC && product != CS_SNP_TURIN)
            continue;
        if (cs_snp_svn_of(&svn, cs_cert_extension(leaf, cs_snp_part_oid(p))) != CS_OK || svn != tcb->part[p])
            return CS_ATT_REPORT_MISMATCH;
    }
    return CS_OK;
}

/* A VLEK belongs to a cloud provider and names no chip; a masked chip id is zero and cannot be compared. */
static cs_err match_chip(const cs_snp_report *r, const cs_cert *leaf)
{
    cs_slice id;
    if (r->signer == CS_SNP_VLEK || cs_slice_all_zero(r->chip_id))
        return CS_OK;
    if (cs_snp_hardware_id_of(&id, cs_cert_extension(leaf, CS_SNP_OID_HARDWARE_ID)) != CS_OK)
        return CS_ATT_REPORT_MISMATCH;
    return cs_slice_starts(r->chip_id, id) ? CS_OK : CS_ATT_REPORT_MISMATCH;
}

static cs_err open_chain(cs_chain **out, const cs_slice *certificates, size_t n, const cs_root_pin *pin,
                         cs_chain_cache *cache)
{
    cs_slice ders[CS_SNP_MAX_CERTIFICATES];
    cs_slice root = cs_root_pin_der(pin);
    if (n == 0 || n > CS_SNP_MAX_CERTIFICATES)
        return CS_ATT_EVIDENCE_FORMAT;
    memcpy(ders, certificates, n * sizeof *ders);
    if (n == CS_SNP_MAX_CERTIFICATES - 1 && root.p != NULL)
        ders[n++] = root;
    return form_of(cs_chain_open(out, cache, ders, n));
}

static cs_err verify_chain(cs_chain *chain, const cs_root_pin *pin, int64_t at)
{
    uint8_t roots[CS_ROOT_PIN_MAX][CS_SHA256_LEN];
    cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])roots,
                          .root_count = cs_root_pin_hashes(roots, pin),
                          .at = at,
                          .schemes = 1u << CS_SCHEME_PSS384,
                          .ca_key_usage = true};
    return cs_chain_verify(chain, &rule);
}

cs_err cs_snp_prove(cs_snp_proof *out, cs_slice report, const cs_slice *certificates, size_t n, const cs_root_pin *pin,
                    const cs_prove_at *at)
{
    cs_chain *chain = NULL;
    cs_snp_proof p = {0};
    *out = p;
    cs_err err = form_of(cs_snp_parse(&p.report, report));
    if (err == CS_OK)
        err = open_chain(&chain, certificates, n, pin, at->chains);
    if (err == CS_OK)
        err = verify_chain(chain, pin, at->now);
    if (err == CS_OK) {
        const cs_cert *leaf = cs_chain_at(chain, 0), *root = cs_chain_at(chain, cs_chain_len(chain) - 1);
        memcpy(p.root_sha256, cs_cert_sha256(root).p, CS_SHA256_LEN);
        err = cs_pubkey_verify(cs_cert_public_key(leaf), CS_SCHEME_ES384_RAW, p.report.signed_bytes,
                               CS_ARRAY(p.report.signature));
        if (err == CS_BAD_SIGNATURE)
            err = CS_ATT_PROOF_INVALID;
        if (err == CS_OK)
            err = match_certificate(&p.tcb, &p.report, leaf);
        if (err == CS_OK)
            err = match_chip(&p.report, leaf);
    }
    cs_chain_free(chain);
    if (err == CS_OK)
        *out = p;
    return err;
}

void cs_snp_certificates_read(cs_slice *out, size_t *n, cs_buf *bytes, cs_jobj *o, const char *name)
{
    cs_jval list = cs_jobj_array(o, name);
    size_t count = cs_jarr_len(list);
    *n = 0;
    if (count == 0 || count > CS_SNP_MAX_CERTIFICATES)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    for (size_t i = 0; i < count && o->err == CS_OK; i++) {
        size_t from = bytes->n;
        cs_slice text = cs_jval_str(cs_jarr_at(list, i));
        cs_err err = text.p != NULL ? cs_base64_decode(bytes, text) : CS_BAD_FIELD;
        if (err != CS_OK)
            cs_jobj_fail(o, err, name);
        else
            out[(*n)++] = cs_slice_sub(cs_buf_slice(bytes), from, bytes->n);
    }
}

/* -- floors -------------------------------------------------------------------------------------------------------- */

void cs_snp_floor_read(cs_snp_floor *out, cs_jobj *o, const char *name)
{
    *out = (cs_snp_floor){0};
    cs_jval v = cs_jobj_object_opt(o, name);
    if (v.v == NULL)
        return;
    cs_jobj members = cs_jobj_open(v);
    for (cs_snp_part p = 0; p < CS_SNP_PARTS; p++) {
        if (!cs_jobj_has(&members, cs_snp_part_name(p)))
            continue;
        out->least.part[p] = (uint8_t)cs_jobj_int(&members, cs_snp_part_name(p), 0, UINT8_MAX);
        out->named |= 1u << p;
    }
    cs_err err = cs_jobj_done(&members);
    if (err == CS_OK && out->named == 0)
        err = CS_BAD_FIELD;
    if (err != CS_OK)
        cs_jobj_fail(o, err, name);
}

void cs_snp_floor_write(cs_jw *w, const char *name, const cs_snp_floor *floor)
{
    /* sorted by name */
    static const cs_snp_part order[] = {CS_SNP_BOOTLOADER, CS_SNP_FMC, CS_SNP_MICROCODE, CS_SNP_SNP, CS_SNP_TEE};
    if (floor->named == 0)
        return;
    cs_jw_begin(w, name);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if ((floor->named >> order[i] & 1) != 0)
            cs_jw_int(w, cs_snp_part_name(order[i]), floor->least.part[order[i]]);
    cs_jw_end(w);
}

cs_err cs_snp_floor_judge(const cs_snp_floor *floor, const cs_snp_tcb *tcb)
{
    for (cs_snp_part p = 0; p < CS_SNP_PARTS; p++)
        if ((floor->named >> p & 1) != 0 && tcb->part[p] < floor->least.part[p])
            return CS_ATT_TCB;
    return CS_OK;
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

struct rules {
    cs_allow measurements;
    cs_snp_floor floor;
    int64_t max_vmpl;
    cs_root_pin root;
};

static void rules_free(void *rules)
{
    struct rules *r = rules;
    if (r == NULL)
        return;
    cs_allow_free(&r->measurements);
    cs_root_pin_free(&r->root);
    free(r);
}

static cs_err rules_read(void **rules, cs_jobj *match, bool allow_mock)
{
    struct rules *r = calloc(1, sizeof *r);
    *rules = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    cs_allow_read(&r->measurements, match, "measurements", MEASUREMENT_PREFIX, MEASUREMENT_LEN, false);
    cs_snp_floor_read(&r->floor, match, "minTcb");
    r->max_vmpl = cs_jobj_int_or(match, "maxVmpl", 0, MAX_VMPL, MAX_VMPL);
    cs_root_pin_read(&r->root, match, "arkPem", CS_VENDOR_AMD_SNP, allow_mock);
    return CS_OK;
}

static void rules_write(cs_jw *w, const void *rules)
{
    const struct rules *r = rules;
    cs_root_pin_write(w, "arkPem", &r->root);
    cs_jw_int(w, "maxVmpl", r->max_vmpl);
    cs_allow_write(w, "measurements", MEASUREMENT_PREFIX, &r->measurements);
    cs_snp_floor_write(w, "minTcb", &r->floor);
}

static cs_root_kind root(uint8_t sha256[CS_SHA256_LEN], const void *rules)
{
    return cs_root_pin_kind(sha256, &((const struct rules *)rules)->root);
}

/* -- evidence ------------------------------------------------------------------------------------------------------ */

struct evidence {
    cs_buf bytes; /* what the slices point into */
    cs_slice report, certificates[CS_SNP_MAX_CERTIFICATES];
    size_t certificate_count;
};

static cs_err evidence_read(struct evidence *e, cs_slice text)
{
    cs_json *doc = NULL;
    *e = (struct evidence){.bytes = cs_buf_new(CS_MAX_ATTESTATION)};
    cs_err err = cs_json_parse(&doc, text, CS_MAX_ATTESTATION);
    if (err != CS_OK)
        return form_of(err);
    /* Decoded bytes are fewer than the text's, so the buffer does not move. */
    if (cs_buf_reserve(&e->bytes, text.n) == NULL)
        err = e->bytes.err;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    (void)cs_jobj_base64(&o, "report", CS_SNP_REPORT_LEN, &e->bytes);
    e->report = cs_buf_slice(&e->bytes);
    cs_snp_certificates_read(e->certificates, &e->certificate_count, &e->bytes, &o, "certificates");
    if (err == CS_OK)
        err = cs_jobj_done(&o);
    cs_json_free(doc);
    return form_of(err);
}

static void evidence_free(struct evidence *e)
{
    cs_buf_free(&e->bytes);
}

/* What `allow` judges. */
struct facts {
    uint8_t measurement[MEASUREMENT_LEN];
    uint64_t policy;
    uint32_t vmpl;
    cs_snp_tcb tcb;
};

static cs_err keep_facts(cs_proven *out, const cs_snp_proof *p)
{
    struct facts *f = calloc(1, sizeof *f);
    if (f == NULL)
        return CS_NO_MEMORY;
    memcpy(f->measurement, p->report.measurement.p, sizeof f->measurement);
    f->policy = p->report.policy;
    f->vmpl = p->report.vmpl;
    f->tcb = p->tcb;
    out->facts = f;
    cs_buf text = cs_buf_over(out->measurement, sizeof out->measurement);
    cs_buf_add_str(&text, MEASUREMENT_PREFIX);
    cs_hex_encode(&text, p->report.measurement);
    (void)cs_buf_cstr(&text);
    out->debug = (p->report.policy & CS_SNP_POLICY_DEBUG) != 0;
    out->hardware = cs_vendor_root_find(CS_VENDOR_AMD_SNP, p->root_sha256) != NULL;
    memcpy(out->root_sha256, p->root_sha256, CS_SHA256_LEN);
    return text.err;
}

/* A report carries neither a nonce beside its binding nor a public key. */
static cs_err match_binding(const cs_snp_report *r, const cs_prove_at *at, cs_slice binding)
{
    if (at->public_key.p != NULL)
        return CS_ATT_PUBLIC_KEY_MISMATCH;
    if (binding.p != NULL && !cs_slice_eq(binding, r->report_data))
        return CS_ATT_COMMITMENT_MISMATCH;
    return at->nonce.p != NULL ? CS_ATT_NONCE_MISMATCH : CS_OK;
}

static cs_err prove(cs_proven *out, const void *rules, cs_slice evidence, const cs_prove_at *at, cs_slice binding)
{
    const struct rules *r = rules;
    struct evidence e;
    cs_snp_proof p;
    *out = (cs_proven){.time = -1, .tcb_evaluated = true};
    cs_err err = evidence_read(&e, evidence);
    if (err == CS_OK)
        err = cs_snp_prove(&p, e.report, e.certificates, e.certificate_count, &r->root, at);
    if (err == CS_OK)
        err = match_binding(&p.report, at, binding);
    if (err == CS_OK)
        err = keep_facts(out, &p);
    evidence_free(&e);
    return err;
}

static cs_err allow(const void *rules, const cs_proven *proven)
{
    const struct rules *r = rules;
    const struct facts *f = proven->facts;
    if (r == NULL || r->measurements.count == 0)
        return CS_ATT_ALLOWLIST_EMPTY;
    if (f == NULL)
        return CS_INTERNAL;
    if ((f->policy & CS_SNP_POLICY_MIGRATION) != 0 || f->vmpl > r->max_vmpl)
        return CS_ATT_PLATFORM;
    if (!cs_allow_has(&r->measurements, CS_ARRAY(f->measurement)))
        return CS_ATT_IMAGE_NOT_ALLOWED;
    return cs_snp_floor_judge(&r->floor, &f->tcb);
}

/* -- describing ---------------------------------------------------------------------------------------------------- */

static void describe_tcb(cs_jw *w, const char *name, cs_snp_product product, cs_slice bytes)
{
    cs_snp_tcb tcb;
    if (cs_snp_tcb_read(&tcb, product, bytes) != CS_OK) {
        cs_jw_hex(w, name, "", bytes);
        return;
    }
    cs_jw_begin(w, name);
    for (cs_snp_part p = product == CS_SNP_TURIN ? CS_SNP_FMC : CS_SNP_BOOTLOADER; p < CS_SNP_PARTS; p++)
        cs_jw_int(w, cs_snp_part_name(p), tcb.part[p]);
    cs_jw_end(w);
}

static void describe_policy(cs_jw *w, uint64_t policy)
{
    cs_jw_begin(w, "guestPolicy");
    cs_jw_bool(w, "debug", (policy & CS_SNP_POLICY_DEBUG) != 0);
    cs_jw_bool(w, "migrationAgent", (policy & CS_SNP_POLICY_MIGRATION) != 0);
    cs_jw_bool(w, "smt", (policy & CS_SNP_POLICY_SMT) != 0);
    cs_jw_int(w, "bits", (int64_t)(policy & CS_JSON_INT_MAX));
    cs_jw_end(w);
}

cs_err cs_snp_describe(cs_jw *w, cs_slice report, cs_snp_product product)
{
    cs_snp_report r;
    cs_err err = form_of(cs_snp_parse(&r, report));
    if (err != CS_OK)
        return err;
    if (r.product != CS_SNP_UNKNOWN)
        product = r.product;
    cs_jw_int(w, "reportVersion", r.version);
    cs_jw_cstr(w, "processor", cs_snp_product_name(product));
    cs_jw_cstr(w, "signedBy", r.signer == CS_SNP_VLEK ? "VLEK" : "VCEK");
    cs_jw_hex(w, "measurement", MEASUREMENT_PREFIX, r.measurement);
    cs_jw_hex(w, "reportData", "", r.report_data);
    cs_jw_hex(w, "hostData", "", r.host_data);
    cs_jw_int(w, "vmpl", r.vmpl);
    cs_jw_int(w, "guestSvn", r.guest_svn);
    describe_policy(w, r.policy);
    describe_tcb(w, "reportedTcb", product, r.reported_tcb);
    describe_tcb(w, "currentTcb", product, r.current_tcb);
    describe_tcb(w, "committedTcb", product, r.committed_tcb);
    describe_tcb(w, "launchTcb", product, r.launch_tcb);
    cs_jw_hex(w, "chipId", "", r.chip_id);
    cs_jw_hex(w, "familyId", "", r.family_id);
    cs_jw_hex(w, "imageId", "", r.image_id);
    cs_jw_hex(w, "idKeyDigest", "", r.id_key_digest);
    cs_jw_hex(w, "authorKeyDigest", "", r.author_digest);
    cs_jw_hex(w, "reportId", "", r.report_id);
    cs_jw_hex(w, "migrationAgentReportId", "", r.migration_id);
    cs_jw_int(w, "platformInfo", (int64_t)(r.platform_info & CS_JSON_INT_MAX));
    return CS_OK;
}

cs_err cs_snp_certificates_describe(cs_jw *w, const cs_slice *certificates, size_t n)
{
    cs_err err = CS_OK;
    cs_jw_begin_array(w, "certificates");
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        cs_cert *cert = NULL;
        err = form_of(cs_cert_parse(&cert, certificates[i]));
        if (err == CS_OK)
            cs_cert_describe(w, NULL, cert);
        cs_cert_free(cert);
    }
    cs_jw_end_array(w);
    return err;
}

/* The generation by the signing certificate; unknown if it is none. */
static cs_snp_product product_by_certificate(const struct evidence *e)
{
    cs_cert *leaf = NULL;
    cs_snp_product product = CS_SNP_UNKNOWN;
    if (e->certificate_count > 0 && cs_cert_parse(&leaf, e->certificates[0]) == CS_OK)
        product = cs_snp_product_of(cs_cert_extension(leaf, CS_SNP_OID_PRODUCT));
    cs_cert_free(leaf);
    return product;
}

/* The evidence as above, or the bare report. */
static cs_err describe(cs_jw *w, cs_slice evidence)
{
    struct evidence e;
    if (evidence.n == CS_SNP_REPORT_LEN)
        return cs_snp_describe(w, evidence, CS_SNP_UNKNOWN);
    cs_err err = evidence_read(&e, evidence);
    if (err == CS_OK)
        err = cs_snp_describe(w, e.report, product_by_certificate(&e));
    if (err == CS_OK)
        err = cs_snp_certificates_describe(w, e.certificates, e.certificate_count);
    evidence_free(&e);
    return err;
}

const cs_vendor_ops cs_attest_snp = {.operation_alg = "snp-report",
                                     .rules_read = rules_read,
                                     .rules_write = rules_write,
                                     .rules_free = rules_free,
                                     .root = root,
                                     .binding = cs_binding_report_data,
                                     .prove = prove,
                                     .allow = allow,
                                     .facts_free = free,
                                     .describe = describe};
