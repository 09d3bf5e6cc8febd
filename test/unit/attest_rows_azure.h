/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of confidential VMs of Azure in the corpus of verdict cases: the public tokens, which alone name no
 * register, the public evidence of virtual TPMs, which is in the shapes of others with its certificates beside it, and
 * one change a row to evidence of the project's own. Many more are test_attest_azure.c's. */
#ifndef CS_TEST_ATTEST_ROWS_AZURE_H
#define CS_TEST_ATTEST_ROWS_AZURE_H

#include "attest_evidence.h"
#include "azure_fixture.h"

#define AZURE_PCR4 "4444444444444444444444444444444444444444444444444444444444444444"
#define AZURE_POLICY(more)                                                                                             \
    "{\"name\":\"azure\",\"vendor\":\"azure-confidential-vm\",\"matchRules\":{\"pcrs\":{\"4\":[\"" AZURE_PCR4          \
    "\"]}" more "}}"
#define AZURE_EUS_KEY                                                                                                  \
    ",\"issuers\":[\"https://sharedeus.eus.attest.azure.net\"],\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"kid\":"          \
    "\"rFl9xM+g7TvX63y0iseZtIn20MD5SYAnGblKFasau8I=\",\"e\":\"AQAB\",\"n\":\""                                         \
    "p9AOVnT2Qq5VeJQEQiayj-Q5dRTuo_mu-56wpwhMJg6TPVb16v_W4sHGNpNPOkrcbnzxC0vM61yuMzzqvv5OoYTNK90svMOfKvkY"             \
    "KjT2QwcwKm4WnXbJIvibxmpkqA-86isB4mqx--s-OxIiiNbWrzkuuXf9g-B5NUXmjSLNjFquqhsRA4uol6vRlYtVBmyGT-Q-1N5B"             \
    "yn9OWDGEHWF0_dxde1Du9My4srFaP24mGcoeh2m5OzCAumCXIoZaQdd1ihxo_hNtk8GgBJ5rPctslY8u31RVXLiGamBiz0z1Whdt"             \
    "keSPAbypEw_SfiF1THDWbGMGo40ZCVf2Q6wYytXzEw"                                                                       \
    "\"}]}"

/* Public evidence of virtual TPMs. */
#define VTPM_POLICY(pcr0, pcr4)                                                                                        \
    "{\"name\":\"azure\",\"vendor\":\"azure-confidential-vm\",\"matchRules\":{\"pcrs\":{\"0\":[\"" pcr0 "\"],\"4\":"   \
    "[\"" pcr4 "\"]}}}"
#define VTPM_A                                                                                                         \
    VTPM_POLICY("e15c44796beabf46abcec7c57e590942041e47497e4ec27571c8b7664f48dced",                                    \
                "eee70c86ea856a27719a2127d6090f02e100e2947c16a0d6a355f7294382992f")
#define VTPM_B                                                                                                         \
    VTPM_POLICY("f3a7e99a5f819a034386bce753a48a73cfdaa0bea0ecfc124bedbf5a8c4799be",                                    \
                "1d3b1cb141906329dd8ab09584214a88dffaf839ed14c8ef677a6bcf6ea27a02")
#define VTPM_GENOA                                                                                                     \
    VTPM_POLICY("afd689d0bb1c5f36f023fbaf574135f555a28a10c1f6b938d2a25e70c7783338",                                    \
                "d8353e5595ec7b44e41e157e7135d370cab44c2280a751542b00af454485d4e9")
#define VTPM_FILE(name) "attestation/azure/vtpm-snp-evidence-" name ".json"
#define VTPM_MILAN "[\"pem:attestation/snp/milan-ask-ark-asvk.pem#0\",\"pem:attestation/snp/milan-ask-ark-asvk.pem#1\"]"
#define VTPM_SNP_GENOA "[\"pem:attestation/snp/genoa-ask.pem#0\",\"pem:attestation/snp/genoa-ark.pem#0\"]"
#define VTPM_AT 1790000000

struct azure_change {
    size_t offset; /* of the report, before it is signed */
    uint8_t with;  /* xored */
    bool other_runtime, other_value;
    const char *runtime; /* JSON; NULL: the usual one */
};

static inline void azure_row_make(cs_buf *policy, cs_buf *evidence, const void *what)
{
    const struct azure_change *c = what;
    struct azure_machine m;
    struct azure_evidence e;
    cs_buf pem = cs_buf_new(8192);
    azure_machine_make(&m);
    azure_usual_evidence(&e, &m);
    e.report[c->offset] ^= c->with;
    e.selected = e.shown = 0x90; /* PCR 4 and 7 */
    e.other_runtime = c->other_runtime;
    e.runtime = c->runtime;
    if (c->other_value)
        e.pcr[4][0] ^= 1;
    cs_buf made = azure_make(&e, &m);
    cs_buf_add(evidence, cs_buf_slice(&made));
    cs_issue_pem(&pem, m.snp.ark);
    cs_buf_add_str(policy, "{\"name\":\"azure\",\"vendor\":\"azure-confidential-vm\",\"matchRules\":{\"arkPem\":");
    cs_jw w = cs_jw_on(policy);
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    cs_buf_add_str(policy, ",\"idKeyDigests\":[\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(policy, "1d");
    cs_buf_add_str(policy, "\"],\"pcrs\":{\"4\":[\"" AZURE_PCR4 "\"]}}}");
    cs_buf_free(&made);
    cs_buf_free(&pem);
    azure_machine_free(&m);
    vectors_release();
}

#define AZURE_MADE(what_, reason_, ...)                                                                                \
    {                                                                                                                  \
        .name = "azure: " what_, .reason = reason_, .make = azure_row_make,                                            \
        .what = &(const struct azure_change)__VA_ARGS__, .at = SNP_NOW                                                 \
    }

static const struct evidence_row azure_evidence_rows[] = {
    {.name = "azure: a token alone names no register",
     .reason = CS_ATT_REGISTER_MISSING,
     .policy = AZURE_POLICY(AZURE_EUS_KEY),
     .file = "attestation/azure/maa-sevsnpvm-eus-2026-10-09.jwt",
     .mutation = {MUTATE_NOT},
     .at = 1791510000},
    {.name = "azure: token not yet valid",
     .reason = CS_ATT_TOKEN_NOT_YET_VALID,
     .policy = AZURE_POLICY(AZURE_EUS_KEY),
     .file = "attestation/azure/maa-sevsnpvm-eus-2026-10-09.jwt",
     .at = 1791503000},
    {.name = "azure: token expired",
     .reason = CS_ATT_TOKEN_EXPIRED,
     .policy = AZURE_POLICY(AZURE_EUS_KEY),
     .file = "attestation/azure/maa-sevsnpvm-eus-2026-10-09.jwt",
     .at = 1791600000},
    {.name = "azure: token with a key that is not pinned",
     .reason = CS_ATT_KEY_UNKNOWN,
     .policy = AZURE_POLICY(AZURE_EUS_KEY),
     .file = "attestation/azure/maa-azurevm-guest-weu-2023-03-30.jwt",
     .at = 1680180000},
    {.name = "azure: token under a policy for reports",
     .reason = CS_ATT_KEY_UNKNOWN,
     .policy = AZURE_POLICY(""),
     .file = "attestation/azure/maa-sevsnpvm-eus-2026-10-09.jwt",
     .at = 1791510000},

    /* evidence of virtual TPMs, with AMD's certificates beside it */
    {.name = "azure: TPM quote, Milan, report version 3",
     .policy = VTPM_A,
     .file = VTPM_FILE("a"),
     .certificates = VTPM_MILAN,
     .binding = "YXR0ZXN0YXRpb24tdGVzdC1maXh0dXJl",
     .at = VTPM_AT,
     .image = "sha256:5230f6ae8c0afe01bd167295484e14cbad140d669f61cae1f15dac4b224c131a",
     .time = -1,
     .hardware = true,
     .production = true},
    {.name = "azure: TPM quote, Milan, report version 2",
     .policy = VTPM_B,
     .file = VTPM_FILE("b"),
     .certificates = VTPM_MILAN,
     .binding = "Y2hhbGxlbmdl",
     .at = VTPM_AT,
     .image = "sha256:0daff74c2fca14910b1e9b54a384707434c3365db9f163cc73a39a9f7500833f",
     .time = -1,
     .hardware = true,
     .production = true},
    {.name = "azure: TPM quote, Genoa",
     .policy = VTPM_GENOA,
     .file = VTPM_FILE("genoa"),
     .certificates = VTPM_SNP_GENOA,
     .binding = "AhhIi64l0lCSMr9nbxpmow1zcq3ZCRCbNgFu8Tbyk4ygVHX4tGCU3mtkJw6jXZUP",
     .at = VTPM_AT,
     .image = "sha256:2b30a66d715a7801b86d7912b710838bd3bd8d9aeec7c7135563f938cf8b3399",
     .time = -1,
     .hardware = true,
     .production = true},
    {.name = "azure: TPM quote, another challenge",
     .reason = CS_ATT_COMMITMENT_MISMATCH,
     .policy = VTPM_B,
     .file = VTPM_FILE("b"),
     .certificates = VTPM_MILAN,
     .binding = "Y2hhbGxlbmdf",
     .at = VTPM_AT},
    {.name = "azure: TPM quote, registers of another machine",
     .reason = CS_ATT_IMAGE_NOT_ALLOWED,
     .policy = VTPM_B,
     .file = VTPM_FILE("a"),
     .certificates = VTPM_MILAN,
     .at = VTPM_AT},
    {.name = "azure: TPM quote, another processor's certificates",
     .reason = CS_ATT_CHAIN,
     .policy = VTPM_B,
     .file = VTPM_FILE("b"),
     .certificates = VTPM_SNP_GENOA,
     .at = VTPM_AT},
    {.name = "azure: TPM quote, before its certificates",
     .reason = CS_ATT_CERT_NOT_YET_VALID,
     .policy = VTPM_A,
     .file = VTPM_FILE("a"),
     .certificates = VTPM_MILAN,
     .at = 1600000000},
    {.name = "azure: TPM quote, no certificates beside it",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = VTPM_A,
     .file = VTPM_FILE("a"),
     .at = VTPM_AT},

    /* of the project */
    AZURE_MADE("as it should be", CS_OK, {0}),
    AZURE_MADE("other runtime data", CS_ATT_REPORT_MISMATCH, {.other_runtime = true}),
    AZURE_MADE("a key that is too short", CS_ATT_KEY_WEAK,
               {.runtime =
                    "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
                    "\"qR7LqAAB\"}]}"}),
    AZURE_MADE("a key that is too short, in the words of 2023", CS_ATT_KEY_WEAK,
               {.runtime =
                    "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"encrypt\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
                    "\"qR7LqAAB\"}]}"}),
    AZURE_MADE("another PCR 4", CS_ATT_IMAGE_NOT_ALLOWED, {.other_value = true}),
    AZURE_MADE("a paravisor that is not Microsoft's", CS_ATT_PLATFORM, {.offset = 0xe0, .with = 1}),
};

#endif
