/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attest_gcp.h"

#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/encode.h"
#include "core/jwks.h"
#include "core/jwt.h"
#include "core/root_pin.h"
#include "core/secret.h"

#define ISSUER "https://confidentialcomputing.googleapis.com"
#define DEFAULT_AUDIENCE "https://sts.googleapis.com" /* of tokens that anybody in the workload can read */
#define DIGEST_PREFIX "sha256:"
#define MAX_AUDIENCE 512
#define MAX_TEXT 255
#define MAX_X5C 4 /* leaf, intermediates, root */

/* -- rules --------------------------------------------------------------------------------------------------------- */

/* What the hardware may be. GCP_SHIELDED_VM is not on it: its memory is not encrypted. */
static const char *const hwmodels[] = {"GCP_AMD_SEV", "GCP_AMD_SEV_ES", "GCP_INTEL_TDX"};
#define HWMODEL_COUNT (sizeof hwmodels / sizeof *hwmodels)
#define HWMODEL_TDX 2
#define HWMODEL_NONE HWMODEL_COUNT

/* Names that are allowed; count 0: any. */
struct names {
    size_t count;
    char (*text)[MAX_TEXT + 1]; /* heap */
};

struct rules {
    cs_allow images;
    char audience[MAX_AUDIENCE + 1];
    cs_jwks *jwks; /* OIDC tokens; NULL: PKI tokens, under `root` */
    cs_root_pin root;
    struct names accounts, projects;
    unsigned hwmodels; /* bit i: hwmodels[i] */
    bool env_override;
};

static size_t hwmodel_of(cs_slice name)
{
    size_t i = 0;
    while (i < HWMODEL_COUNT && !cs_slice_is(name, hwmodels[i]))
        i++;
    return i;
}

static bool names_have(const struct names *n, cs_slice text)
{
    for (size_t i = 0; i < n->count; i++)
        if (cs_slice_is(text, n->text[i]))
            return true;
    return false;
}

static void names_read(struct names *n, cs_jobj *match, const char *name)
{
    cs_jval list = cs_jobj_array_opt(match, name);
    size_t count = cs_jarr_len(list);
    if (list.v == NULL)
        return;
    if (count == 0)
        cs_jobj_fail(match, CS_POLICY_ALLOWLIST_EMPTY, name);
    if (count > CS_MAX_ALLOWED_IMAGES)
        cs_jobj_fail(match, CS_BAD_FIELD, name);
    if (match->err != CS_OK || count == 0)
        return;
    n->text = calloc(count, sizeof *n->text);
    if (n->text == NULL)
        cs_jobj_fail(match, CS_NO_MEMORY, name);
    for (; n->count < count && match->err == CS_OK; n->count++) {
        cs_slice text = cs_jval_str(cs_jarr_at(list, n->count));
        if (text.n == 0 || cs_slice_to_cstr(n->text[n->count], sizeof *n->text, text) != CS_OK)
            cs_jobj_fail(match, CS_BAD_FIELD, name);
    }
}

static void names_write(cs_jw *w, const char *name, const struct names *n)
{
    if (n->count == 0)
        return;
    cs_jw_begin_array(w, name);
    for (size_t i = 0; i < n->count; i++)
        cs_jw_cstr(w, NULL, n->text[i]);
    cs_jw_end_array(w);
}

static void hwmodels_read(struct rules *r, cs_jobj *match)
{
    static const char name[] = "hwmodels";
    cs_jval list = cs_jobj_array_opt(match, name);
    r->hwmodels = list.v == NULL ? (1u << HWMODEL_COUNT) - 1 : 0;
    if (list.v != NULL && cs_jarr_len(list) == 0)
        cs_jobj_fail(match, CS_POLICY_ALLOWLIST_EMPTY, name);
    for (size_t i = 0; i < cs_jarr_len(list) && match->err == CS_OK; i++) {
        size_t model = hwmodel_of(cs_jval_str(cs_jarr_at(list, i)));
        if (model == HWMODEL_NONE)
            cs_jobj_fail(match, CS_BAD_FIELD, name);
        else
            r->hwmodels |= 1u << model;
    }
}

static void audience_read(struct rules *r, cs_jobj *match)
{
    cs_slice text = cs_jobj_str(match, "audience", MAX_AUDIENCE);
    bool usable = text.n > 0 && !cs_slice_is(text, DEFAULT_AUDIENCE);
    if (match->err == CS_OK && (!usable || cs_slice_to_cstr(r->audience, sizeof r->audience, text) != CS_OK))
        cs_jobj_fail(match, CS_BAD_FIELD, "audience");
}

static cs_err jwks_read(struct rules *r, cs_jobj *match)
{
    const cs_slice issuer = CS_LIT(ISSUER);
    cs_jval set = cs_jobj_object_opt(match, "jwks");
    if (set.v == NULL)
        return CS_OK;
    if (cs_jobj_has(match, "rootCertificatePem"))
        cs_jobj_fail(match, CS_BAD_FIELD, "rootCertificatePem"); /* one kind of token, not two */
    cs_err err = cs_jwks_read(&r->jwks, set, &issuer, 1);
    if (err == CS_POLICY_KEYS)
        cs_jobj_fail(match, err, "jwks");
    return err == CS_POLICY_KEYS ? CS_OK : err;
}

static void rules_free(void *rules)
{
    struct rules *r = rules;
    if (r == NULL)
        return;
    cs_allow_free(&r->images);
    cs_jwks_free(r->jwks);
    cs_root_pin_free(&r->root);
    free(r->accounts.text);
    free(r->projects.text);
    free(r);
}

static cs_err rules_read(void **rules, cs_jobj *match, bool allow_mock)
{
    struct rules *r = calloc(1, sizeof *r);
    *rules = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    cs_allow_read(&r->images, match, "imageDigests", DIGEST_PREFIX, CS_SHA256_LEN, false);
    audience_read(r, match);
    cs_err err = jwks_read(r, match);
    cs_root_pin_read(&r->root, match, "rootCertificatePem", CS_VENDOR_GCP_CS, allow_mock);
    names_read(&r->accounts, match, "serviceAccounts");
    names_read(&r->projects, match, "projectIds");
    hwmodels_read(r, match);
    r->env_override = cs_jobj_bool_or(match, "allowEnvOverride", false);
    return err;
}

static void rules_write(cs_jw *w, const void *rules)
{
    const struct rules *r = rules;
    cs_jw_bool(w, "allowEnvOverride", r->env_override);
    cs_jw_cstr(w, "audience", r->audience);
    cs_jw_begin_array(w, "hwmodels");
    for (size_t i = 0; i < HWMODEL_COUNT; i++)
        if ((r->hwmodels >> i & 1) != 0)
            cs_jw_cstr(w, NULL, hwmodels[i]);
    cs_jw_end_array(w);
    cs_allow_write(w, "imageDigests", DIGEST_PREFIX, &r->images);
    if (r->jwks != NULL)
        cs_jwks_write(w, "jwks", r->jwks);
    names_write(w, "projectIds", &r->projects);
    cs_root_pin_write(w, "rootCertificatePem", &r->root);
    names_write(w, "serviceAccounts", &r->accounts);
}

static cs_root_kind root(uint8_t sha256[CS_SHA256_LEN], const void *rules)
{
    const struct rules *r = rules;
    if (r->jwks == NULL)
        return cs_root_pin_kind(sha256, &r->root);
    /* A hash that cannot be computed names nothing. */
    if (cs_jwks_sha256(sha256, r->jwks) != CS_OK)
        memset(sha256, 0, CS_SHA256_LEN);
    return CS_ROOT_KEYS;
}

static int64_t until(const void *rules, int64_t now)
{
    const struct rules *r = rules;
    return r->jwks != NULL ? cs_jwks_until(r->jwks, now) : INT64_MAX;
}

/* -- the key ------------------------------------------------------------------------------------------------------- */

/* The certificates of the header, opened and judged. */
static cs_err prove_chain(cs_chain **out, cs_jwt *t, const struct rules *r, const cs_prove_at *at, int64_t when)
{
    uint8_t roots[CS_ROOT_PIN_MAX][CS_SHA256_LEN];
    cs_slice ders[MAX_X5C];
    cs_jval list = cs_jobj_array_opt(&t->header, "x5c");
    size_t n = cs_jarr_len(list);
    if (t->header.err != CS_OK || n > MAX_X5C)
        return CS_ATT_EVIDENCE_FORMAT;
    if (n == 0)
        return CS_ATT_KEY_UNKNOWN;
    cs_err err = CS_OK;
    cs_buf bytes = cs_buf_new(CS_MAX_TOKEN);
    if (cs_buf_reserve(&bytes, CS_MAX_TOKEN) == NULL) /* so that it does not move */
        err = CS_NO_MEMORY;
    for (size_t i = 0; i < n && err == CS_OK; i++) {
        size_t from = bytes.n;
        err = cs_base64_decode(&bytes, cs_jval_str(cs_jarr_at(list, i)));
        ders[i] = cs_slice_sub(cs_buf_slice(&bytes), from, bytes.n);
    }
    if (err == CS_OK)
        err = cs_chain_open(out, at->chains, ders, n);
    if (err != CS_OK && err != CS_NO_MEMORY && err != CS_CRYPTO)
        err = CS_ATT_EVIDENCE_FORMAT;
    cs_buf_free(&bytes);
    if (err != CS_OK)
        return err;
    const cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])roots,
                                .root_count = cs_root_pin_hashes(roots, &r->root),
                                .at = when,
                                .schemes = 1u << CS_SCHEME_RS256,
                                .ca_key_usage = true};
    return cs_chain_verify(*out, &rule);
}

/* A token under pinned keys that brings certificates as well was not made for such a policy. */
static cs_err verify_oidc(cs_jwt *t, const struct rules *r, const cs_prove_at *at)
{
    int64_t when = 0;
    cs_slice kid = cs_jobj_str_opt(&t->header, "kid", CS_MAX_KID);
    if (t->header.err != CS_OK)
        return CS_ATT_EVIDENCE_FORMAT;
    const cs_jwk *k = kid.p != NULL && !cs_jobj_has(&t->header, "x5c") ? cs_jwks_find(r->jwks, kid) : NULL;
    if (k == NULL)
        return CS_ATT_KEY_UNKNOWN;
    cs_err err = cs_jwt_when(&when, t, at->now, at->stored);
    if (err == CS_OK)
        err = cs_jwk_check_time(k, when);
    return err == CS_OK ? cs_jwt_verify(t, k->key) : err;
}

static cs_err verify_pki(cs_proven *out, cs_jwt *t, const struct rules *r, const cs_prove_at *at)
{
    cs_chain *chain = NULL;
    int64_t when = 0;
    cs_err err = cs_jwt_when(&when, t, at->now, at->stored);
    if (err == CS_OK)
        err = prove_chain(&chain, t, r, at, when);
    if (err == CS_OK) {
        const cs_cert *anchor = cs_chain_at(chain, cs_chain_len(chain) - 1);
        memcpy(out->root_sha256, cs_cert_sha256(anchor).p, CS_SHA256_LEN);
        out->hardware = cs_vendor_root_find(CS_VENDOR_GCP_CS, out->root_sha256) != NULL;
        err = cs_jwt_verify(t, cs_cert_public_key(cs_chain_at(chain, 0)));
    }
    cs_chain_free(chain);
    return err;
}

/* -- what a token says --------------------------------------------------------------------------------------------- */

struct facts {
    uint8_t image[CS_SHA256_LEN];
    size_t hwmodel;
    bool confidential_space, secure_boot, stable; /* swname, secboot, support attributes */
    bool env_override, cmd_override;
    bool tcb_up_to_date; /* of TDX; of the others nothing is said */
    bool accounts_allowed, project_allowed;
};

static bool is_true(cs_jobj *o, const char *name)
{
    return cs_jobj_bool_or(o, name, false);
}

static bool list_has(cs_jval list, const char *text)
{
    for (size_t i = 0; i < cs_jarr_len(list); i++)
        if (cs_slice_is(cs_jval_str(cs_jarr_at(list, i)), text))
            return true;
    return false;
}

/* A member that is an object. Where there is none, every name in it is missing too. */
static cs_jobj inside(cs_jobj *o, const char *name)
{
    cs_jobj again = {.v = o->v};
    cs_jval v = cs_jobj_object_opt(&again, name);
    if (again.err != CS_OK)
        cs_jobj_fail(o, again.err, name);
    return v.v != NULL ? cs_jobj_open(v) : (cs_jobj){0};
}

/* "sha256:<64 lower-case hex digits>" */
static void read_image(struct facts *f, cs_proven *out, cs_jobj *container)
{
    const cs_slice prefix = CS_LIT(DIGEST_PREFIX);
    cs_slice text = cs_jobj_str(container, "image_digest", MAX_TEXT);
    cs_buf image = CS_BUF_OVER(f->image);
    if (!cs_slice_starts(text, prefix) || text.n != prefix.n + 2 * CS_SHA256_LEN ||
        cs_hex_decode(&image, cs_slice_sub(text, prefix.n, text.n)) != CS_OK ||
        cs_slice_to_cstr(out->measurement, sizeof out->measurement, text) != CS_OK)
        cs_jobj_fail(container, CS_BAD_FIELD, "image_digest");
}

/* False for a member that is missing, and for an empty list or object. */
static bool anything_in(cs_jobj *o, const char *name)
{
    cs_jobj again = {.v = o->v};
    if (!cs_jobj_has(o, name))
        return false;
    cs_jval list = cs_jobj_array_opt(&again, name);
    if (list.v != NULL)
        return cs_jarr_len(list) > 0;
    again = (cs_jobj){.v = o->v};
    cs_jobj members = cs_jobj_open(cs_jobj_object_opt(&again, name));
    return cs_jobj_done(&members) != CS_OK;
}

/* Every account that the workload can act as must be allowed, and there must be one. */
static bool accounts_allowed(const struct rules *r, cs_jval list)
{
    size_t n = cs_jarr_len(list);
    bool all = n > 0;
    if (r->accounts.count == 0)
        return true;
    for (size_t i = 0; i < n; i++)
        all = all && names_have(&r->accounts, cs_jval_str(cs_jarr_at(list, i)));
    return all;
}

static cs_err read_submods(struct facts *f, cs_proven *out, const struct rules *r, cs_jobj *claims)
{
    cs_jobj submods = inside(claims, "submods");
    cs_jobj container = inside(&submods, "container"), gce = inside(&submods, "gce"),
            space = inside(&submods, "confidential_space");
    read_image(f, out, &container);
    f->env_override = anything_in(&container, "env_override");
    f->cmd_override = anything_in(&container, "cmd_override");
    f->stable = list_has(cs_jobj_array_opt(&space, "support_attributes"), "STABLE");
    cs_slice project = cs_jobj_str_opt(&gce, "project_id", MAX_TEXT);
    f->project_allowed = r->projects.count == 0 || names_have(&r->projects, project);
    bool read = submods.err == CS_OK && container.err == CS_OK && gce.err == CS_OK && space.err == CS_OK;
    return read && claims->err == CS_OK ? CS_OK : CS_ATT_EVIDENCE_FORMAT;
}

static cs_err read_facts(struct facts *f, cs_proven *out, const struct rules *r, cs_jobj *claims)
{
    f->confidential_space = cs_slice_is(cs_jobj_str(claims, "swname", MAX_TEXT), "CONFIDENTIAL_SPACE");
    out->debug = !cs_slice_is(cs_jobj_str(claims, "dbgstat", MAX_TEXT), "disabled-since-boot");
    f->secure_boot = is_true(claims, "secboot");
    f->hwmodel = hwmodel_of(cs_jobj_str(claims, "hwmodel", MAX_TEXT));
    f->accounts_allowed = accounts_allowed(r, cs_jobj_array_opt(claims, "google_service_accounts"));
    if (f->hwmodel == HWMODEL_TDX) {
        cs_jobj tdx = inside(claims, "tdx");
        cs_slice status = cs_jobj_str_opt(&tdx, "gcp_attester_tcb_status", MAX_TEXT);
        f->tcb_up_to_date = cs_slice_is(status, "UpToDate");
        out->tcb_evaluated = status.p != NULL;
        if (tdx.err != CS_OK)
            return CS_ATT_EVIDENCE_FORMAT;
    }
    return claims->err == CS_OK ? read_submods(f, out, r, claims) : CS_ATT_EVIDENCE_FORMAT;
}

/* -- evidence ------------------------------------------------------------------------------------------------------ */

static cs_err binding(cs_buf *out, cs_slice commitment)
{
    cs_hex_encode(out, commitment);
    return out->err;
}

/* The text itself, or the bytes that it is the lower-case hex of. A text of the launcher's has at most 88 characters,
 * so what is hex already is never meant to be encoded again. */
static bool is_wanted(cs_slice nonce, cs_slice wanted)
{
    char text[MAX_TEXT];
    cs_buf hex = CS_BUF_OVER(text);
    cs_hex_encode(&hex, wanted);
    return cs_secret_eq(nonce, wanted) || (hex.err == CS_OK && hex.n > 0 && cs_secret_eq(nonce, cs_buf_slice(&hex)));
}

/* eat_nonce is a text where one nonce was asked for, and a list where several were: those are not only ours. */
static cs_err check_nonce(cs_jobj *claims, const cs_prove_at *at, cs_slice wanted)
{
    cs_jobj again = {.v = claims->v};
    cs_slice nonce = cs_jobj_str_opt(&again, "eat_nonce", MAX_TEXT);
    bool one = again.err == CS_OK && nonce.p != NULL;
    if (at->public_key.p != NULL)
        return CS_ATT_PUBLIC_KEY_MISMATCH;
    if (wanted.p != NULL && !(one && is_wanted(nonce, wanted)))
        return CS_ATT_COMMITMENT_MISMATCH;
    return at->nonce.p == NULL || (one && is_wanted(nonce, at->nonce)) ? CS_OK : CS_ATT_NONCE_MISMATCH;
}

static cs_err check_claims(cs_proven *out, struct facts *f, cs_jwt *t, const struct rules *r, const cs_prove_at *at,
                           cs_slice wanted)
{
    cs_jwt_times times;
    cs_jobj *claims = &t->claims;
    if (!cs_slice_is(cs_jobj_str_opt(claims, "iss", MAX_TEXT), ISSUER))
        return CS_ATT_ISSUER_MISMATCH;
    if (!cs_slice_is(cs_jobj_str_opt(claims, "aud", MAX_AUDIENCE), r->audience))
        return CS_ATT_AUDIENCE_MISMATCH;
    cs_err err = cs_jwt_check_times(&times, t, at->now, at->stored);
    out->time = times.iat;
    if (err == CS_OK)
        err = read_facts(f, out, r, claims);
    return err != CS_OK ? err : check_nonce(claims, at, wanted);
}

static cs_err prove(cs_proven *out, const void *rules, cs_slice evidence, const cs_prove_at *at, cs_slice wanted)
{
    const struct rules *r = rules;
    cs_jwt t;
    *out = (cs_proven){.time = -1};
    struct facts *f = calloc(1, sizeof *f);
    out->facts = f;
    cs_err err = cs_jwt_parse(&t, evidence);
    if (f == NULL)
        err = CS_NO_MEMORY;
    if (err == CS_OK)
        err = cs_jwt_check_header(&t);
    if (err == CS_OK && r->jwks != NULL) {
        err = cs_jwks_sha256(out->root_sha256, r->jwks);
        if (err == CS_OK)
            err = verify_oidc(&t, r, at);
    } else if (err == CS_OK) {
        err = verify_pki(out, &t, r, at);
    }
    if (err == CS_OK)
        err = check_claims(out, f, &t, r, at, wanted);
    if (err == CS_OK && f->hwmodel != HWMODEL_TDX)
        out->note = "Google's verifier says nothing of the TCB version of this hardware.";
    cs_jwt_free(&t);
    return err;
}

static cs_err allow(const void *rules, const cs_proven *proven)
{
    const struct rules *r = rules;
    const struct facts *f = proven->facts;
    if (r == NULL || r->images.count == 0)
        return CS_ATT_ALLOWLIST_EMPTY;
    if (f == NULL)
        return CS_INTERNAL;
    bool model = f->hwmodel < HWMODEL_COUNT && (r->hwmodels >> f->hwmodel & 1) != 0;
    if (!f->confidential_space || !f->secure_boot || !model || !f->stable)
        return CS_ATT_PLATFORM;
    if (!cs_allow_has(&r->images, CS_ARRAY(f->image)))
        return CS_ATT_IMAGE_NOT_ALLOWED;
    if (f->cmd_override || (f->env_override && !r->env_override))
        return CS_ATT_OVERRIDE;
    if (!f->accounts_allowed || !f->project_allowed)
        return CS_ATT_WORKLOAD;
    return f->hwmodel != HWMODEL_TDX || f->tcb_up_to_date ? CS_OK : CS_ATT_TCB;
}

/* -- describing ---------------------------------------------------------------------------------------------------- */

static void describe_text(cs_jw *w, const char *name, cs_jobj *o, const char *claim)
{
    cs_jobj again = {.v = o->v}; /* what is of another type stands in the claims below */
    cs_slice text = cs_jobj_str_opt(&again, claim, MAX_AUDIENCE);
    if (text.p != NULL)
        cs_jw_str(w, name, text);
}

static cs_err describe_chain(cs_jw *w, cs_jval x5c)
{
    cs_err err = CS_OK;
    if (x5c.v == NULL)
        return CS_OK;
    cs_jw_begin_array(w, "certificates");
    for (size_t i = 0; i < cs_jarr_len(x5c) && err == CS_OK; i++) {
        cs_cert *cert = NULL;
        cs_buf der = cs_buf_new(CS_MAX_CERTIFICATE);
        err = cs_base64_decode(&der, cs_jval_str(cs_jarr_at(x5c, i)));
        if (err == CS_OK)
            err = cs_cert_parse(&cert, cs_buf_slice(&der));
        if (err == CS_OK)
            cs_cert_describe(w, NULL, cert);
        cs_cert_free(cert);
        cs_buf_free(&der);
    }
    cs_jw_end_array(w);
    return err == CS_OK || err == CS_NO_MEMORY ? err : CS_ATT_EVIDENCE_FORMAT;
}

static void describe_workload(cs_jw *w, cs_jobj *claims)
{
    cs_jobj submods = inside(claims, "submods");
    cs_jobj container = inside(&submods, "container"), gce = inside(&submods, "gce");
    describe_text(w, "imageReference", &container, "image_reference");
    describe_text(w, "imageDigest", &container, "image_digest");
    describe_text(w, "project", &gce, "project_id");
    describe_text(w, "zone", &gce, "zone");
    describe_text(w, "instance", &gce, "instance_name");
}

static cs_err describe(cs_jw *w, cs_slice evidence)
{
    cs_jwt t;
    cs_err err = cs_jwt_parse(&t, evidence);
    if (err == CS_OK) {
        cs_jval x5c = cs_jobj_array_opt(&t.header, "x5c");
        cs_jw_cstr(w, "token", x5c.v != NULL ? "PKI (certificates in the header)" : "OIDC (key by its id)");
        describe_text(w, "issuer", &t.claims, "iss");
        describe_text(w, "audience", &t.claims, "aud");
        describe_text(w, "keyId", &t.header, "kid");
        cs_jwt_describe_times(w, &t);
        describe_text(w, "hardware", &t.claims, "hwmodel");
        describe_text(w, "software", &t.claims, "swname");
        describe_text(w, "debug", &t.claims, "dbgstat");
        describe_text(w, "nonce", &t.claims, "eat_nonce");
        describe_workload(w, &t.claims);
        err = t.header.err == CS_OK ? describe_chain(w, x5c) : CS_ATT_EVIDENCE_FORMAT;
        cs_jw_raw(w, "claims", cs_buf_slice(&t.texts[1]));
    }
    cs_jwt_free(&t);
    return err;
}

static bool sessions(const void *rules)
{
    (void)rules;
    return true;
}

const cs_vendor_ops cs_attest_gcp = {
    .operation_alg = "gcs-jwt",
    .sessions = sessions,
    .rules_read = rules_read,
    .rules_write = rules_write,
    .rules_free = rules_free,
    .root = root,
    .until = until,
    .binding = binding,
    .prove = prove,
    .allow = allow,
    .facts_free = free,
    .describe = describe,
};
