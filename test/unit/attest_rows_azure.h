/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of confidential VMs of Azure in the corpus of verdict cases: the public tokens, which alone name no
 * register, and one change a row to evidence of the project's own. The public evidence of virtual TPMs has other shapes
 * than ours: it is test_attest_azure.c's, and so are many more rows. */
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

    /* of the project */
    AZURE_MADE("as it should be", CS_OK, {0}),
    AZURE_MADE("other runtime data", CS_ATT_REPORT_MISMATCH, {.other_runtime = true}),
    AZURE_MADE("a key that is too short", CS_ATT_KEY_WEAK,
               {.runtime =
                    "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
                    "\"qR7LqAAB\"}]}"}),
    AZURE_MADE("another PCR 4", CS_ATT_IMAGE_NOT_ALLOWED, {.other_value = true}),
    AZURE_MADE("a paravisor that is not Microsoft's", CS_ATT_PLATFORM, {.offset = 0xe0, .with = 1}),
};

#endif
