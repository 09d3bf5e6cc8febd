/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of an Azure VM's virtual TPM as two other projects write it down. What is verified has the shape of
 * attest_azure.h, with the certificates that these leave out: `attest inspect` shows it without them, `attest verify`
 * is given them beside it.
 *   {"platform": "az-snp", "evidence": {"tpm_quote": {"message", "signature", "pcrs": […]} in hex, "hcl_report" and
 *    "vcek" in base64url, …}}                                    attestation-rs
 *   {"quote": {"message", "signature", "pcrs"}, "report", "vcek"}    trustee: lists of numbers, and PEM
 */
#ifndef CS_CORE_AZURE_SHAPES_H
#define CS_CORE_AZURE_SHAPES_H

#include "core/slice.h"
#include "core/tpm.h"

typedef struct cs_azure_parts {
    cs_buf bytes; /* what the slices point into */
    cs_slice hcl, vcek, quote, signature;
    uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN]; /* all of them */
} cs_azure_parts;

/* CS_BAD_FORMAT for anything else. cs_azure_parts_free in any case. */
CS_MUST_CHECK cs_err cs_azure_parts_read(cs_azure_parts *out, cs_slice text);
/* Appends the same in the shape that is verified, with these certificates (DER) behind the VCEK. */
void cs_azure_parts_write(cs_buf *out, const cs_azure_parts *p, const cs_slice *certificates, size_t n);
void cs_azure_parts_free(cs_azure_parts *p);

#endif
