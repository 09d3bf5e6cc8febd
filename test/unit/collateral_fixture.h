/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's collateral for a platform of tests (tdx_fixture.h), by a root of tests. */
#ifndef CS_TEST_COLLATERAL_FIXTURE_H
#define CS_TEST_COLLATERAL_FIXTURE_H

#include "core/tdx_collateral.h"
#include "crl_fixture.h"
#include "tdx_fixture.h"

/* What collateral says; tests change one member. */
struct collateral {
    const struct tdx_machine *machine;
    EVP_PKEY *signer_key;
    const char *tcb_kind, *qe_kind;              /* id */
    int tcb_version, qe_version;                 /* of the format */
    const char *issued, *next;                   /* dates of both */
    const char *fmspc, *pce_id;                  /* hex */
    const char *platform[3], *module[2], *qe[2]; /* statuses of the levels, the highest first */
    const char *module_id, *module_signer, *module_attributes, *module_mask; /* hex */
    const char *qe_signer, *qe_attributes, *qe_mask, *qe_misc;               /* hex */
    int qe_product;
    const char *accepted; /* acceptedStatuses; NULL: left out */
    const char *signer_name;
    EVP_PKEY *text_key, *root_crl_key;
    cs_slice root_revoked, pck_revoked;
    bool pck_taken_back, signer_taken_back;
    int64_t crl_from;
    bool no_root; /* the chain leaves it out */
    struct tdx_pck pck;
    uint8_t tcb_svn[16]; /* of the quote */
    uint8_t qe_svn;
    struct tdx_quote quote;
};

#define COLLATERAL_ZERO48                                                                                              \
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
#define COLLATERAL_QE_SIGNER "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5"

static inline void collateral_usual(struct collateral *c, const struct tdx_machine *m, EVP_PKEY *signer_key)
{
    *c = (struct collateral){.machine = m,
                             .signer_key = signer_key,
                             .tcb_kind = "TDX",
                             .qe_kind = "TD_QE",
                             .tcb_version = 3,
                             .qe_version = 2,
                             .issued = "2026-09-10T00:00:00Z",
                             .next = "2026-10-10T00:00:00Z",
                             .fmspc = "B0C06F000000",
                             .pce_id = "0007",
                             .platform = {"UpToDate", "SWHardeningNeeded", "OutOfDate"},
                             .module = {"UpToDate", "OutOfDate"},
                             .qe = {"UpToDate", "OutOfDate"},
                             .module_id = "TDX_03",
                             .module_signer = COLLATERAL_ZERO48,
                             .module_attributes = "0000000000000000",
                             .module_mask = "FFFFFFFFFFFFFFFF",
                             .qe_signer = COLLATERAL_QE_SIGNER,
                             .qe_attributes = "11000000000000000000000000000000",
                             .qe_mask = "FBFFFFFFFFFFFFFF0000000000000000",
                             .qe_misc = "00000000",
                             .qe_product = 2,
                             .signer_name = "Intel SGX TCB Signing",
                             .text_key = signer_key,
                             .root_crl_key = m->root_key,
                             .crl_from = TDX_NOW - 100,
                             .pck = tdx_usual_platform(),
                             .qe_svn = 8};
    tdx_usual_quote(&c->quote);
    memset(c->tcb_svn, 5, sizeof c->tcb_svn);
    c->tcb_svn[1] = 3; /* the module's version */
}

static inline void collateral_add_components(cs_buf *out, const char *name, int svn)
{
    cs_buf_printf(out, "\"%s\":[", name);
    for (size_t i = 0; i < 16; i++)
        cs_buf_printf(out, "%s{\"svn\":%d,\"category\":\"BIOS\"}", i > 0 ? "," : "", svn);
    cs_buf_add_str(out, "]");
}

/* Levels that want 5 and PCE 13, 4 and 12, 3 and 11 of everything. */
static inline void collateral_add_platform_levels(cs_buf *out, const struct collateral *c)
{
    cs_buf_add_str(out, "\"tcbLevels\":[");
    for (int i = 0; i < 3 && c->platform[i] != NULL; i++) {
        cs_buf_printf(out, "%s{\"tcb\":{", i > 0 ? "," : "");
        collateral_add_components(out, "sgxtcbcomponents", 5 - i);
        cs_buf_printf(out, ",\"pcesvn\":%d,", 13 - i);
        collateral_add_components(out, "tdxtcbcomponents", 5 - i);
        cs_buf_printf(out, "},\"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"}", c->platform[i]);
    }
    cs_buf_add_str(out, "]");
}

/* Levels from `svn` down. */
static inline void collateral_add_svn_levels(cs_buf *out, const char *const *status, int svn)
{
    cs_buf_add_str(out, "\"tcbLevels\":[");
    for (int i = 0; i < 2 && status[i] != NULL; i++)
        cs_buf_printf(out, "%s{\"tcb\":{\"isvsvn\":%d},\"tcbStatus\":\"%s\"}", i > 0 ? "," : "", svn - i, status[i]);
    cs_buf_add_str(out, "]");
}

static inline void collateral_add_module(cs_buf *out, const struct collateral *c)
{
    cs_buf_printf(out, "\"mrsigner\":\"%s\",\"attributes\":\"%s\",\"attributesMask\":\"%s\"", c->module_signer,
                  c->module_attributes, c->module_mask);
}

/* Intel's answer around a body: {"<name>":<body>,"signature":"<hex>"} */
static inline void collateral_sign_text(cs_buf *out, const char *name, const cs_buf *body, EVP_PKEY *key)
{
    uint8_t memory[64];
    cs_buf signature = CS_BUF_OVER(memory);
    x509_ecdsa(&signature, key, cs_buf_slice(body));
    cs_buf_printf(out, "{\"%s\":", name);
    cs_buf_add(out, cs_buf_slice(body));
    cs_buf_add_str(out, ",\"signature\":\"");
    cs_hex_encode(out, cs_buf_slice(&signature));
    cs_buf_add_str(out, "\"}");
    assert_int_equal(out->err, CS_OK);
}

static inline void collateral_tcb_info(cs_buf *out, const struct collateral *c)
{
    cs_buf body = cs_buf_new(1u << 16);
    cs_buf_printf(
        &body,
        "{\"id\":\"%s\",\"version\":%d,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\",\"fmspc\":\"%s\",\"pceId\":\"%s\","
        "\"tcbType\":0,\"tcbEvaluationDataNumber\":17,\"tdxModule\":{",
        c->tcb_kind, c->tcb_version, c->issued, c->next, c->fmspc, c->pce_id);
    collateral_add_module(&body, c);
    cs_buf_printf(&body, "},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\",\"mrsigner\":\"00\"},{\"id\":\"%s\",",
                  c->module_id);
    collateral_add_module(&body, c);
    cs_buf_add_str(&body, ",");
    collateral_add_svn_levels(&body, c->module, 5);
    cs_buf_add_str(&body, "}],");
    collateral_add_platform_levels(&body, c);
    cs_buf_add_str(&body, "}");
    collateral_sign_text(out, "tcbInfo", &body, c->text_key);
    cs_buf_free(&body);
}

static inline void collateral_qe_identity(cs_buf *out, const struct collateral *c)
{
    cs_buf body = cs_buf_new(1u << 16);
    cs_buf_printf(&body,
                  "{\"id\":\"%s\",\"version\":%d,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\",\"miscselect\":\"%s\","
                  "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"%s\",\"attributesMask\":\"%s\",\"mrsigner\":\"%s\","
                  "\"isvprodid\":%d,",
                  c->qe_kind, c->qe_version, c->issued, c->next, c->qe_misc, c->qe_attributes, c->qe_mask, c->qe_signer,
                  c->qe_product);
    collateral_add_svn_levels(&body, c->qe, 8);
    cs_buf_add_str(&body, "}");
    collateral_sign_text(out, "enclaveIdentity", &body, c->text_key);
    cs_buf_free(&body);
}

static inline cs_slice collateral_signer(const struct collateral *c)
{
    struct x509_spec s = {.subject = c->signer_name,
                          .issuer = "Intel SGX Root CA",
                          .key = c->signer_key,
                          .issuer_key = c->machine->root_key,
                          .from = TDX_NOW - TDX_YEAR,
                          .to = TDX_NOW + TDX_YEAR,
                          .constraints = "critical,CA:FALSE",
                          .usage = "critical,digitalSignature,nonRepudiation"};
    return x509_make(&s);
}

static inline void collateral_write(cs_jw *w, const struct collateral *c, cs_slice signer)
{
    cs_buf text = cs_buf_new(1u << 16), pem = cs_buf_new(1u << 14);
    const struct crl_spec root = {"Intel SGX Root CA", c->root_crl_key, c->crl_from, c->crl_from + 1000,
                                  c->signer_taken_back ? signer : c->root_revoked};
    const struct crl_spec pck = {"Intel SGX PCK Platform CA", c->machine->ca_key, c->crl_from, c->crl_from + 1000,
                                 c->pck_revoked};
    cs_jw_begin(w, NULL);
    collateral_tcb_info(&text, c);
    cs_jw_str(w, "tcbInfo", cs_buf_slice(&text));
    cs_buf_clear(&text);
    collateral_qe_identity(&text, c);
    cs_jw_str(w, "qeIdentity", cs_buf_slice(&text));
    cs_issue_pem(&pem, signer);
    if (!c->no_root)
        cs_issue_pem(&pem, c->machine->root);
    cs_jw_str(w, "issuerChain", cs_buf_slice(&pem));
    cs_jw_base64(w, "rootCrl", crl_make(&root));
    cs_jw_base64(w, "pckCrl", crl_make(&pck));
    if (c->accepted != NULL)
        cs_jw_raw(w, "acceptedStatuses", cs_slice_str(c->accepted));
    cs_jw_end(w);
    cs_buf_free(&text);
    cs_buf_free(&pem);
}

/* Rules that pin the test's root and carry the collateral. */
static inline void collateral_rules(cs_buf *out, const struct collateral *c)
{
    cs_buf pem = cs_buf_new(8192);
    cs_jw w = cs_jw_on(out);
    cs_issue_pem(&pem, c->machine->root);
    cs_buf_add_str(out, "{\"mrtd\":[\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(out, "3c");
    cs_buf_add_str(out, "\"],\"rootPem\":");
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    cs_buf_add_str(out, ",\"collateral\":");
    w = cs_jw_on(out);
    collateral_write(&w, c, collateral_signer(c));
    cs_buf_add_str(out, "}");
    assert_int_equal(out->err, CS_OK);
    cs_buf_free(&pem);
}

/* The quote of the platform that `c` says; free with cs_buf_free. */
static inline cs_buf collateral_quote(struct collateral *c)
{
    struct x509_spec pck = tdx_usual_pck(c->machine);
    pck.extension[0].der = tdx_pck_extension(&c->pck);
    const cs_slice chain[] = {x509_make(&pck), c->machine->ca, c->machine->root};
    if (c->pck_taken_back)
        c->pck_revoked = chain[0];
    c->quote.chain = chain;
    c->quote.chain_len = 3;
    memcpy(c->quote.body, c->tcb_svn, sizeof c->tcb_svn);
    c->quote.qe[258] = c->qe_svn;
    cs_buf quote = tdx_make_quote(&c->quote, c->machine);
    c->quote.chain = NULL;
    return quote;
}

#endif
