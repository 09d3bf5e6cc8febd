/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of AMD SEV-SNP in the corpus of verdict cases: every public report at its clock, and one change a row to a
 * report of the project's own. Many more are test_attest_snp.c's. */
#ifndef CS_TEST_ATTEST_ROWS_SNP_H
#define CS_TEST_ATTEST_ROWS_SNP_H

#include "attest_evidence.h"
#include "snp_fixture.h"

#define SNP_POLICY(measurement, more)                                                                                  \
    "{\"name\":\"snp\",\"vendor\":\"amd-sev-snp\",\"matchRules\":{\"measurements\":[\"" measurement "\"]" more "}}"
#define SNP_FILE(name) "attestation/snp/" name
#define SNP_EVIDENCE(report, leaf, intermediate, root)                                                                 \
    "{\"report\":\"b64:" SNP_FILE(report) "\",\"certificates\":[\"" leaf "\",\"" intermediate "\",\"" root "\"]}"
#define SNP_DER(name) "b64:" SNP_FILE(name)
#define SNP_PEM(name, n) "pem:" SNP_FILE(name) "#" #n
#define SNP_MILAN_ASK SNP_PEM("milan-ask-ark-asvk.pem", 0)
#define SNP_MILAN_ARK SNP_PEM("milan-ask-ark-asvk.pem", 1)
#define SNP_MILAN_ASVK SNP_PEM("milan-ask-ark-asvk.pem", 2)

#define MILAN_V2 "a1f3930413247bb38cfc171579ea3c12d5fe4901f0c792f63fd75d98f1ef827c23500644e0e692e6be917f9050d3d38c"
#define MILAN_V3 "8922ebbdd00ec2c541f36a6e7a82a8773a7accb451ed67bc94e740dbe92c93c4e8c9af857f5ceeb5a493df2a570d7bf0"
#define GENOA_V3 "5feee30d6d7e1a29f403d70a4198237ddfb13051a2d6976439487c609388ed7f98189887920ab2fa0096903a0c23fca1"
#define GENOA_V5 "d9912ba396ce409c2947841d93a5076b6839b898c22b4aae05edb3b2b058a99927f8cf9a4f8617ee695deb14795496c8"

#define MILAN_V2_EVIDENCE                                                                                              \
    SNP_EVIDENCE("milan-v2-report.bin", SNP_DER("milan-v2-vcek.der"), SNP_MILAN_ASK, SNP_MILAN_ARK)
#define MILAN_V3_EVIDENCE                                                                                              \
    SNP_EVIDENCE("milan-v3-vlek-report.bin", SNP_DER("milan-v3-vlek.der"), SNP_MILAN_ASVK, SNP_MILAN_ARK)
#define GENOA_V3_EVIDENCE                                                                                              \
    SNP_EVIDENCE("genoa-v3-report.bin", SNP_PEM("genoa-v3-vcek.pem", 0), SNP_PEM("genoa-ask.pem", 0),                  \
                 SNP_PEM("genoa-ark.pem", 0))
#define GENOA_V5_EVIDENCE                                                                                              \
    SNP_EVIDENCE("genoa-v5-report.bin", SNP_DER("genoa-v5-vcek.der"), SNP_PEM("genoa-ask.pem", 0),                     \
                 SNP_PEM("genoa-ark.pem", 0))

/* One byte of the report, before it is signed, and more rules. */
struct snp_change {
    size_t offset;
    uint8_t with; /* xored */
    const char *more;
    bool no_root; /* the evidence leaves it out */
};

static inline void snp_row_make(cs_buf *policy, cs_buf *evidence, const void *what)
{
    const struct snp_change *c = what;
    struct snp_machine m;
    uint8_t report[CS_SNP_REPORT_LEN];
    cs_buf pem = cs_buf_new(8192);
    snp_machine_make(&m);
    snp_make_report(report, &m);
    report[c->offset] ^= c->with;
    snp_sign_report(report, m.leaf_key);
    const cs_slice chain[] = {m.leaf, m.ask, m.ark};
    cs_buf made = snp_evidence(CS_ARRAY(report), chain, c->no_root ? 2 : 3);
    cs_buf_add(evidence, cs_buf_slice(&made));
    cs_issue_pem(&pem, m.ark);
    cs_buf_add_str(policy, "{\"name\":\"snp\",\"vendor\":\"amd-sev-snp\",\"matchRules\":{\"arkPem\":");
    cs_jw w = cs_jw_on(policy);
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    cs_buf_add_str(policy, ",\"measurements\":[\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(policy, "3c");
    cs_buf_add_str(policy, "\"]");
    cs_buf_add_str(policy, c->more != NULL ? c->more : "");
    cs_buf_add_str(policy, "}}");
    cs_buf_free(&made);
    cs_buf_free(&pem);
    snp_machine_free(&m);
    vectors_release();
}

#define SNP_MADE(what_, reason_, ...)                                                                                  \
    {                                                                                                                  \
        .name = "snp: " what_, .reason = reason_, .make = snp_row_make, .what = &(const struct snp_change)__VA_ARGS__, \
        .at = SNP_NOW                                                                                                  \
    }

static const struct evidence_row snp_evidence_rows[] = {
    {.name = "snp: Milan, version 2",
     .reason = CS_OK,
     .policy = SNP_POLICY(MILAN_V2, ",\"minTcb\":{\"bootloader\":3,\"snp\":8,\"microcode\":115}"),
     .assemble = MILAN_V2_EVIDENCE,
     .at = 1690000000,
     .production = true,
     .image = "sha384:" MILAN_V2,
     .time = -1,
     .hardware = true},
    {.name = "snp: Milan, version 3, VLEK",
     .reason = CS_OK,
     .policy = SNP_POLICY(MILAN_V3, ""),
     .assemble = MILAN_V3_EVIDENCE,
     .at = 1740000000,
     .production = true,
     .image = "sha384:" MILAN_V3,
     .time = -1,
     .hardware = true},
    {.name = "snp: Genoa, version 3",
     .reason = CS_OK,
     .policy = SNP_POLICY(GENOA_V3, ""),
     .assemble = GENOA_V3_EVIDENCE,
     .at = 1790000000,
     .production = true,
     .image = "sha384:" GENOA_V3,
     .time = -1,
     .hardware = true},
    {.name = "snp: Genoa, version 5",
     .reason = CS_OK,
     .policy = SNP_POLICY(GENOA_V5, ",\"maxVmpl\":0"),
     .assemble = GENOA_V5_EVIDENCE,
     .at = 1790000000,
     .production = true,
     .image = "sha384:" GENOA_V5,
     .time = -1,
     .hardware = true},
    {.name = "snp: before the certificate",
     .reason = CS_ATT_CERT_NOT_YET_VALID,
     .policy = SNP_POLICY(MILAN_V2, ""),
     .assemble = MILAN_V2_EVIDENCE,
     .at = 1660000000},
    {.name = "snp: VLEK of last year",
     .reason = CS_ATT_CERT_EXPIRED,
     .policy = SNP_POLICY(MILAN_V3, ""),
     .assemble = MILAN_V3_EVIDENCE,
     .at = 1790000000},
    {.name = "snp: certificate tampered with",
     .reason = CS_ATT_CHAIN,
     .policy = SNP_POLICY(MILAN_V2, ""),
     .assemble = SNP_EVIDENCE("milan-v2-report.bin", SNP_DER("milan-vcek-tampered.der"), SNP_MILAN_ASK, SNP_MILAN_ARK),
     .at = 1740000000},
    {.name = "snp: VLEK under the ASK",
     .reason = CS_ATT_CHAIN,
     .policy = SNP_POLICY(MILAN_V3, ""),
     .assemble = SNP_EVIDENCE("milan-v3-vlek-report.bin", SNP_DER("milan-v3-vlek.der"), SNP_MILAN_ASK, SNP_MILAN_ARK),
     .at = 1740000000},
    {.name = "snp: another processor's certificate",
     .reason = CS_ATT_PROOF_INVALID,
     .policy = SNP_POLICY(GENOA_V5, ""),
     .assemble = SNP_EVIDENCE("genoa-v5-report.bin", SNP_PEM("genoa-v3-vcek.pem", 0), SNP_PEM("genoa-ask.pem", 0),
                              SNP_PEM("genoa-ark.pem", 0)),
     .at = 1790000000},
    {.name = "snp: no root at the end",
     .reason = CS_ATT_ROOT_MISMATCH,
     .policy = SNP_POLICY(MILAN_V2, ""),
     .assemble = SNP_EVIDENCE("milan-v2-report.bin", SNP_DER("milan-v2-vcek.der"), SNP_MILAN_ASK, SNP_MILAN_ASVK),
     .at = 1690000000},
    {.name = "snp: another measurement",
     .reason = CS_ATT_IMAGE_NOT_ALLOWED,
     .policy = SNP_POLICY(GENOA_V5, ""),
     .assemble = GENOA_V3_EVIDENCE,
     .at = 1790000000,
     .image = "sha384:" GENOA_V3,
     .time = -1,
     .hardware = true},
    {.name = "snp: floor above the reported TCB, below the current one",
     .reason = CS_ATT_TCB,
     .policy = SNP_POLICY(MILAN_V2, ",\"minTcb\":{\"microcode\":116}"),
     .assemble = MILAN_V2_EVIDENCE,
     .at = 1690000000},
    {.name = "snp: VMPL 1 where 0 is wanted",
     .reason = CS_ATT_PLATFORM,
     .policy = SNP_POLICY(MILAN_V3, ",\"maxVmpl\":0"),
     .assemble = MILAN_V3_EVIDENCE,
     .at = 1740000000},
    {.name = "snp: another binding",
     .reason = CS_ATT_COMMITMENT_MISMATCH,
     .policy = SNP_POLICY(GENOA_V3, ""),
     .assemble = GENOA_V3_EVIDENCE,
     .binding = "AAAA",
     .at = 1790000000},
    {.name = "snp: a nonce, which reports do not carry",
     .reason = CS_ATT_NONCE_MISMATCH,
     .policy = SNP_POLICY(GENOA_V3, ""),
     .assemble = GENOA_V3_EVIDENCE,
     .nonce = "AAAA",
     .at = 1790000000},
    {.name = "snp: a public key, which reports do not carry, and all else wrong",
     .reason = CS_ATT_PUBLIC_KEY_MISMATCH,
     .policy = SNP_POLICY(GENOA_V3, ""),
     .assemble = GENOA_V3_EVIDENCE,
     .public_key = "AAAA",
     .binding = "AAAA",
     .nonce = "AAAA",
     .at = 1790000000},
    {.name = "snp: cut short",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = SNP_POLICY(GENOA_V3, ""),
     .assemble = GENOA_V3_EVIDENCE,
     .at = 1790000000,
     .mutation = {MUTATE_CUT, -1}},
    {.name = "snp: only the report",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = SNP_POLICY(GENOA_V3, ""),
     .file = SNP_FILE("genoa-v3-report.bin"),
     .at = 1790000000},

    /* of the project */
    SNP_MADE("as it should be", CS_OK, {.no_root = true}),
    SNP_MADE("debug", CS_ATT_DEBUG, {.offset = 0x0a, .with = 1 << 3}),
    SNP_MADE("migration agent", CS_ATT_PLATFORM, {.offset = 0x0a, .with = 1 << 2}),
    SNP_MADE("not signed by a processor", CS_ATT_EVIDENCE_ALGORITHM, {.offset = 0x48, .with = 7 << 2}),
    SNP_MADE("says that a VLEK signed", CS_ATT_REPORT_MISMATCH, {.offset = 0x48, .with = 1 << 2}),
    SNP_MADE("another TCB than the certificate's", CS_ATT_REPORT_MISMATCH, {.offset = 0x186, .with = 1}),
    SNP_MADE("another chip than the certificate's", CS_ATT_REPORT_MISMATCH, {.offset = 0x1df, .with = 1}),
};

#endif
