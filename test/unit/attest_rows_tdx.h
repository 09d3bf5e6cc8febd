/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of Intel TDX in the corpus of verdict cases: the public quotes at their clocks, and one change a row to a
 * quote of the project's own. Many more are test_attest_tdx.c's. */
#ifndef CS_TEST_ATTEST_ROWS_TDX_H
#define CS_TEST_ATTEST_ROWS_TDX_H

#include "attest_evidence.h"
#include "collateral_fixture.h"

#define TDX_POLICY(mrtd, more)                                                                                         \
    "{\"name\":\"tdx\",\"vendor\":\"intel-tdx\",\"matchRules\":{\"mrtd\":[\"" mrtd "\"]" more "}}"
#define TDX_V4_FILE "attestation/tdx/quote-v4-a.dat"
#define TDX_V5_FILE "attestation/tdx/quote-v5-a.dat"
#define TDX_V4 "705ee9381b8633a9fbe532b52345e8433343d2868959f57889d84ca377c395b689cac1599ccea1b7d420483a9ce5f031"
#define TDX_V5 "dfba221b48a22af8511542ee796603f37382800840dcd978703909bf8e64d4c8a1e9de86e7c9638bfcba422f3886400a"
#define TDX_V5_RTMR0 "9b529f3689e2e8ebb899e9abbbc3dab394d6545e8cdb28a2abb9cc2f377b83a65c01ba56b824cd3ee885df20051f5128"
#define TDX_V5_IMAGE "c1885068160a633f3e231bfd9415cf739bb0e4a536606294076ad69bc81b5780cef73dd579c37134f74693f068a4312f"

/* One byte of a part, before it is signed. */
struct tdx_change {
    enum { TDX_NOTHING, TDX_HEADER, TDX_BODY, TDX_QE } part;
    size_t offset;
    uint8_t with; /* xored */
    bool other_key;
};

static inline void tdx_row_make(cs_buf *policy, cs_buf *evidence, const void *what)
{
    const struct tdx_change *c = what;
    struct tdx_machine m;
    struct tdx_quote q;
    cs_buf pem = cs_buf_new(8192);
    tdx_machine_make(&m);
    tdx_usual_quote(&q);
    uint8_t *parts[] = {q.auth, q.header, q.body, q.qe};
    parts[c->part][c->offset] ^= c->with;
    q.other_key = c->other_key;
    cs_buf made = tdx_make_quote(&q, &m);
    cs_buf_add(evidence, cs_buf_slice(&made));
    cs_issue_pem(&pem, m.root);
    cs_buf_add_str(policy, "{\"name\":\"tdx\",\"vendor\":\"intel-tdx\",\"matchRules\":{\"rootPem\":");
    cs_jw w = cs_jw_on(policy);
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    cs_buf_add_str(policy, ",\"mrtd\":[\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(policy, "3c");
    cs_buf_add_str(policy, "\"],\"rtmr\":{\"1\":[\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(policy, "42");
    cs_buf_add_str(policy, "\"]}}}");
    cs_buf_free(&made);
    cs_buf_free(&pem);
    tdx_machine_free(&m);
    vectors_release();
}

/* What differs from collateral by which the platform is up to date. */
struct tdx_collateral_change {
    bool ended, revoked;
};

static inline void tdx_row_make_collateral(cs_buf *policy, cs_buf *evidence, const void *what)
{
    const struct tdx_collateral_change *change = what;
    struct tdx_machine m;
    struct collateral c;
    EVP_PKEY *signer_key = x509_key("P-256");
    tdx_machine_make(&m);
    collateral_usual(&c, &m, signer_key);
    c.platform[2] = NULL;
    if (change->ended)
        c.next = "2026-09-20T00:00:00Z";
    if (change->revoked)
        c.root_revoked = m.ca;
    cs_buf made = collateral_quote(&c);
    cs_buf_add(evidence, cs_buf_slice(&made));
    cs_buf_add_str(policy, "{\"name\":\"tdx\",\"vendor\":\"intel-tdx\",\"matchRules\":");
    collateral_rules(policy, &c);
    cs_buf_add_str(policy, "}");
    cs_buf_free(&made);
    tdx_machine_free(&m);
    EVP_PKEY_free(signer_key);
    vectors_release();
}

#define TDX_COLLATERAL(what_, reason_, ...)                                                                            \
    {                                                                                                                  \
        .name = "tdx, collateral: " what_, .reason = reason_, .make = tdx_row_make_collateral,                         \
        .what = &(const struct tdx_collateral_change)__VA_ARGS__, .at = TDX_NOW                                        \
    }

#define TDX_MADE(what_, reason_, ...)                                                                                  \
    {                                                                                                                  \
        .name = "tdx: " what_, .reason = reason_, .make = tdx_row_make, .what = &(const struct tdx_change)__VA_ARGS__, \
        .at = TDX_NOW                                                                                                  \
    }

static const struct evidence_row tdx_evidence_rows[] = {
    {.name = "tdx: version 5",
     .reason = CS_OK,
     .policy = TDX_POLICY(TDX_V5, ",\"rtmr\":{\"0\":[\"" TDX_V5_RTMR0 "\"]}"),
     .file = TDX_V5_FILE,
     .at = 1740000000,
     .production = true,
     .image = "sha384:" TDX_V5_IMAGE,
     .time = -1,
     .hardware = true},
    {.name = "tdx: version 4, debug",
     .reason = CS_ATT_DEBUG,
     .policy = TDX_POLICY(TDX_V4, ""),
     .file = TDX_V4_FILE,
     .at = 1700000000,
     .production = true},
    {.name = "tdx: before the certificate",
     .reason = CS_ATT_CERT_NOT_YET_VALID,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 1700000000},
    {.name = "tdx: after it",
     .reason = CS_ATT_CERT_EXPIRED,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 2000000000},
    {.name = "tdx: another MRTD",
     .reason = CS_ATT_IMAGE_NOT_ALLOWED,
     .policy = TDX_POLICY(TDX_V4, ""),
     .file = TDX_V5_FILE,
     .at = 1740000000},
    {.name = "tdx: another RTMR",
     .reason = CS_ATT_IMAGE_NOT_ALLOWED,
     .policy = TDX_POLICY(TDX_V5, ",\"rtmr\":{\"1\":[\"" TDX_V5_RTMR0 "\"]}"),
     .file = TDX_V5_FILE,
     .at = 1740000000},
    {.name = "tdx: another binding",
     .reason = CS_ATT_COMMITMENT_MISMATCH,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .binding = "AAAA",
     .at = 1740000000},
    {.name = "tdx: a bit of the body",
     .reason = CS_ATT_PROOF_INVALID,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 1740000000,
     .mutation = {MUTATE_XOR, 54 + 136, 1}},
    {.name = "tdx: a bit of the quoting enclave's report",
     .reason = CS_ATT_PROOF_INVALID,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 1740000000,
     .mutation = {MUTATE_XOR, 54 + 648 + 4 + 128 + 6 + 64, 1}},
    {.name = "tdx: zeros behind it",
     .reason = CS_OK,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 1740000000,
     .mutation = {MUTATE_APPEND}},
    {.name = "tdx: something else behind it",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 1740000000,
     .mutation = {MUTATE_APPEND, 0, 1}},
    {.name = "tdx: cut short",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = TDX_POLICY(TDX_V5, ""),
     .file = TDX_V5_FILE,
     .at = 1740000000,
     .mutation = {MUTATE_CUT, -1}},

    /* of the project */
    TDX_MADE("as it should be", CS_OK, {TDX_NOTHING}),
    TDX_MADE("a key of P-384", CS_ATT_EVIDENCE_ALGORITHM, {TDX_HEADER, 2, 1}),
    TDX_MADE("SGX", CS_ATT_EVIDENCE_FORMAT, {TDX_HEADER, 4, 0x81}),
    TDX_MADE("an attribute like debug", CS_ATT_DEBUG, {TDX_BODY, 120, 0x80}),
    TDX_MADE("migratable", CS_ATT_PLATFORM, {TDX_BODY, 123, 0x20}),
    TDX_MADE("a module that is not Intel's", CS_ATT_PLATFORM, {TDX_BODY, 64, 1}),
    TDX_MADE("RTMR1", CS_ATT_IMAGE_NOT_ALLOWED, {TDX_BODY, 376, 1}),
    TDX_MADE("a quoting enclave that is not Intel's", CS_ATT_REPORT_MISMATCH, {TDX_QE, 128, 1}),
    TDX_MADE("a quoting enclave under a debugger", CS_ATT_REPORT_MISMATCH, {TDX_QE, 48, 2}),
    TDX_MADE("another attestation key is vouched for", CS_ATT_REPORT_MISMATCH, {TDX_NOTHING, .other_key = true}),
    TDX_COLLATERAL("ended yesterday", CS_ATT_COLLATERAL, {.ended = true}),
    TDX_COLLATERAL("the platform's CA was taken back", CS_ATT_CERT_REVOKED, {.revoked = true}),
};

#endif
