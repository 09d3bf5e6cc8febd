/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "core/json.h"
#include "core/name.h"
#include "core/vendor.h"

/* SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes [RFC 8410 §4] */
static const uint8_t spki_prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static const char *const vendor_names[CS_VENDOR_COUNT] = {[CS_VENDOR_MOCK] = "mock",
                                                          [CS_VENDOR_AWS_NITRO] = "aws-nitro-enclave",
                                                          [CS_VENDOR_AZURE_CVM] = "azure-confidential-vm",
                                                          [CS_VENDOR_GCP_CS] = "gcp-confidential-space",
                                                          [CS_VENDOR_AMD_SNP] = "amd-sev-snp",
                                                          [CS_VENDOR_INTEL_TDX] = "intel-tdx"};
static const char *const evidence_names[] = {[CS_EVIDENCE_OPERATION] = "operation", [CS_EVIDENCE_SESSION] = "session"};

struct cs_rules {
    atomic_size_t holders;
    const cs_vendor_ops *ops;
    void *rules; /* the vendor's own */
};

const char *cs_vendor_name(cs_vendor v)
{
    return (unsigned)v < CS_VENDOR_COUNT ? vendor_names[v] : "unknown";
}

const char *cs_evidence_name(cs_evidence e)
{
    return evidence_names[e == CS_EVIDENCE_SESSION];
}

void cs_policy_root_spki(cs_buf *out, cs_slice root_public_key)
{
    cs_buf_add(out, CS_ARRAY(spki_prefix));
    cs_buf_add(out, root_public_key);
}

/* -- rules of hardware vendors --------------------------------------------------------------------------------------
 */

static void drop_rules(cs_rules *r)
{
    if (r == NULL || atomic_fetch_sub(&r->holders, 1) > 1)
        return;
    r->ops->rules_free(r->rules);
    free(r);
}

void cs_policy_free(cs_policy *p)
{
    drop_rules(p->match.rules);
    p->match.rules = NULL;
}

void cs_policy_hold(cs_policy *p)
{
    if (p->match.rules != NULL)
        (void)atomic_fetch_add(&p->match.rules->holders, 1);
}

const void *cs_policy_rules(const cs_policy *p)
{
    return p->match.rules != NULL ? p->match.rules->rules : NULL;
}

int64_t cs_policy_until(const cs_policy *p, int64_t now)
{
    const cs_rules *r = p->match.rules;
    return r != NULL && r->ops->until != NULL ? r->ops->until(r->rules, now) : INT64_MAX;
}

static void read_match_vendor(cs_policy *p, cs_jobj *rules, bool allow_mock)
{
    cs_rules *r = calloc(1, sizeof *r);
    if (r == NULL) {
        cs_jobj_fail(rules, CS_NO_MEMORY, NULL);
        return;
    }
    atomic_init(&r->holders, 1);
    r->ops = cs_vendor_find(p->vendor);
    p->match.rules = r;
    cs_err err = r->ops->rules_read(&r->rules, rules, allow_mock);
    if (err != CS_OK)
        cs_jobj_fail(rules, err, NULL);
}

/* -- reading --------------------------------------------------------------------------------------------------------
 */

/* "sha256:<hex>", or bare hex as published clients write it. */
static bool read_image(uint8_t image[CS_SHA256_LEN], cs_slice text)
{
    const cs_slice prefix = CS_LIT("sha256:");
    cs_slice hex = cs_slice_starts(text, prefix) ? cs_slice_sub(text, prefix.n, text.n) : text;
    cs_buf out = cs_buf_over(image, CS_SHA256_LEN);
    return hex.n == 2 * CS_SHA256_LEN && cs_hex_decode(&out, hex) == CS_OK;
}

/* The raw 32 bytes or the SPKI DER around them, in base64. */
static bool read_root(uint8_t root[32], cs_slice text)
{
    uint8_t bytes[sizeof spki_prefix + 32];
    cs_buf out = CS_BUF_OVER(bytes);
    if (cs_base64_decode(&out, text) != CS_OK)
        return false;
    cs_slice key = cs_buf_slice(&out);
    if (key.n == sizeof bytes && cs_slice_starts(key, CS_ARRAY(spki_prefix)))
        key = cs_slice_sub(key, sizeof spki_prefix, 32);
    if (key.n != 32)
        return false;
    cs_key *opened = NULL;
    bool usable = cs_key_open_public(&opened, CS_ED25519, key) == CS_OK;
    cs_key_free(opened);
    memcpy(root, key.p, 32);
    return usable;
}

static void read_match_mock(cs_policy_mock *m, cs_jobj *rules)
{
    cs_jval list = cs_jobj_array_opt(rules, "allowedImageHashes");
    size_t n = cs_jarr_len(list);
    if (n == 0)
        cs_jobj_fail(rules, CS_POLICY_ALLOWLIST_EMPTY, "allowedImageHashes");
    if (n > CS_MAX_ALLOWED_IMAGES)
        cs_jobj_fail(rules, CS_BAD_FIELD, "allowedImageHashes");
    for (m->image_count = 0; m->image_count < n && rules->err == CS_OK; m->image_count++)
        if (!read_image(m->images[m->image_count], cs_jval_str(cs_jarr_at(list, m->image_count))))
            cs_jobj_fail(rules, CS_POLICY_HASH, "allowedImageHashes");

    cs_slice root = cs_jobj_str(rules, "rootPublicKeyB64", CS_MAX_POLICY);
    if (rules->err == CS_OK && !read_root(m->root_public_key, root))
        cs_jobj_fail(rules, CS_POLICY_ROOT, "rootPublicKeyB64");
}

/* The vendor decides what else is read, so its errors come first. */
static void read_vendor(cs_policy *p, cs_jobj *o, bool allow_mock)
{
    cs_slice name = cs_jobj_str(o, "vendor", CS_MAX_NAME);
    int v = 0;
    while (v < CS_VENDOR_COUNT && !cs_slice_is(name, vendor_names[v]))
        v++;
    p->vendor = (cs_vendor)v;
    if (v != CS_VENDOR_MOCK && cs_vendor_find(p->vendor) == NULL)
        cs_jobj_fail(o, CS_POLICY_VENDOR, "vendor");
    else if (v == CS_VENDOR_MOCK && !allow_mock)
        cs_jobj_fail(o, CS_POLICY_MOCK, "vendor");
}

static void read_evidence(cs_policy *p, cs_jobj *o)
{
    cs_slice name = cs_jobj_str_opt(o, "evidence", CS_MAX_NAME);
    bool session = cs_slice_is(name, "session");
    p->evidence = session ? CS_EVIDENCE_SESSION : CS_EVIDENCE_OPERATION;
    /* The development root signs every operation itself; it has no session evidence. */
    const cs_vendor_ops *ops = cs_vendor_find(p->vendor);
    if (name.p != NULL && !cs_slice_is(name, "operation") && (!session || ops == NULL || ops->sessions == NULL))
        cs_jobj_fail(o, CS_BAD_FIELD, "evidence");
}

static void read_members(cs_policy *p, cs_jobj *o)
{
    static const char *const servers_own[] = {"id", "version", "createdAt", "updatedAt", "hash"};

    cs_slice name = cs_jobj_str(o, "name", CS_MAX_NAME);
    if (o->err == CS_OK && (cs_name_check(name) != CS_OK || cs_slice_to_cstr(p->name, sizeof p->name, name) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, "name");
    read_evidence(p, o);
    p->max_doc_age_seconds = cs_jobj_int_or(o, "maxDocAgeSeconds", CS_MIN_DOC_AGE_SECONDS, CS_MAX_DOC_AGE_SECONDS,
                                            CS_DEFAULT_DOC_AGE_SECONDS);
    p->max_session_age_seconds = cs_jobj_int_or(o, "maxSessionAgeSeconds", CS_MIN_DOC_AGE_SECONDS,
                                                CS_MAX_DOC_AGE_SECONDS, CS_DEFAULT_DOC_AGE_SECONDS);
    p->require_dated = cs_jobj_bool_or(o, "requireDated", p->vendor != CS_VENDOR_MOCK);
    p->enforce = cs_jobj_bool_or(o, "enforce", true);
    (void)cs_jobj_object_opt(o, "metadata");
    for (size_t i = 0; i < sizeof servers_own / sizeof *servers_own; i++)
        (void)cs_jobj_has(o, servers_own[i]);
}

cs_err cs_policy_parse(cs_policy *out, cs_fault *fault, cs_slice json, bool allow_mock)
{
    cs_json *doc = NULL;
    *out = (cs_policy){0};
    cs_err err = cs_json_parse(&doc, json, CS_MAX_POLICY);
    if (err != CS_OK)
        return cs_fault_set(fault, err, NULL);

    cs_policy p = {0};
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    read_vendor(&p, &o, allow_mock);
    read_members(&p, &o);
    cs_jval match = cs_jobj_object(&o, "matchRules");
    err = cs_jobj_done(&o);
    if (err != CS_OK) {
        (void)cs_jobj_fault(&o, NULL, fault);
        goto out;
    }
    cs_jobj rules = cs_jobj_open(match);
    if (p.vendor == CS_VENDOR_MOCK)
        read_match_mock(&p.match.mock, &rules);
    else
        read_match_vendor(&p, &rules, allow_mock);
    err = cs_jobj_done(&rules);
    if (err != CS_OK) {
        (void)cs_jobj_fault(&rules, "matchRules", fault);
        goto out;
    }
    if (p.evidence == CS_EVIDENCE_SESSION && !p.match.rules->ops->sessions(p.match.rules->rules)) {
        err = cs_fault_set(fault, CS_BAD_FIELD, "evidence");
        goto out;
    }
    *out = p;
    (void)cs_fault_set(fault, CS_OK, NULL);
out:
    if (err != CS_OK)
        cs_policy_free(&p);
    cs_json_free(doc);
    return err;
}

static void write_match_mock(cs_jw *w, const cs_policy_mock *m)
{
    uint8_t spki[sizeof spki_prefix + 32];
    cs_buf root = CS_BUF_OVER(spki);
    cs_policy_root_spki(&root, CS_ARRAY(m->root_public_key));
    cs_jw_begin_array(w, "allowedImageHashes");
    for (size_t i = 0; i < m->image_count; i++)
        cs_jw_hex(w, NULL, "sha256:", CS_ARRAY(m->images[i]));
    cs_jw_end_array(w);
    cs_jw_base64(w, "rootPublicKeyB64", cs_buf_slice(&root));
}

/* RFC 8785 wants the members sorted; they are written in that order. */
cs_err cs_policy_canonical(cs_buf *out, const cs_policy *p)
{
    cs_jw w = cs_jw_on(out);
    if (p->vendor != CS_VENDOR_MOCK && p->match.rules == NULL)
        return CS_INTERNAL; /* the policy was never read */
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "enforce", p->enforce);
    cs_jw_cstr(&w, "evidence", cs_evidence_name(p->evidence));
    cs_jw_begin(&w, "matchRules");
    if (p->vendor == CS_VENDOR_MOCK)
        write_match_mock(&w, &p->match.mock);
    else
        p->match.rules->ops->rules_write(&w, p->match.rules->rules);
    cs_jw_end(&w);
    cs_jw_int(&w, "maxDocAgeSeconds", p->max_doc_age_seconds);
    cs_jw_int(&w, "maxSessionAgeSeconds", p->max_session_age_seconds);
    cs_jw_cstr(&w, "name", p->name);
    cs_jw_bool(&w, "requireDated", p->require_dated);
    cs_jw_cstr(&w, "vendor", cs_vendor_name(p->vendor));
    cs_jw_end(&w);
    return out->err;
}
