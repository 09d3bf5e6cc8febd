/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a confidential VM of Azure shows of its virtual TPM: quotes [TCG TPM 2.0 part 2 §10.12], and the report of the
 * paravisor ("HCL report") that ties the TPM's attestation key to the hardware's report.
 *
 * Decides form only: structure, lengths, that exactly one bank was quoted. Whether signatures and hashes fit together
 * is decided by attest_azure.h.
 */
#ifndef CS_CORE_TPM_H
#define CS_CORE_TPM_H

#include "core/slice.h"

#define CS_TPM_PCRS 24
#define CS_TPM_PCR_LEN 32 /* of the bank SHA-256, the only one that is accepted */
#define CS_TPM_MAX_QUOTE 1024
#define CS_TPM_MAX_EXTRA_DATA 66 /* TPM2B_DATA: at most a TPMT_HA */

/* A quote taken apart; slices point into it. */
typedef struct cs_tpm_quote {
    cs_slice signer;     /* qualified name of the key */
    cs_slice extra_data; /* what the caller had signed */
    uint64_t clock;      /* ms */
    uint32_t reset_count, restart_count;
    bool safe;
    uint64_t firmware;
    uint32_t selected;   /* bit i: PCR i is quoted */
    cs_slice pcr_digest; /* 32 */
} cs_tpm_quote;

/* Takes a TPMS_ATTEST of type quote apart. CS_BAD_FORMAT: another magic or type, more than one bank, a bank that is
 * not SHA-256, no PCR at all or one above 23, bytes behind the end. */
CS_MUST_CHECK cs_err cs_tpm_quote_parse(cs_tpm_quote *out, cs_slice attest);

/* The hash that an HCL report names for its runtime data, and what hardware it stands on. */
typedef enum cs_hcl_hash { CS_HCL_SHA256 = 1, CS_HCL_SHA384 = 2, CS_HCL_SHA512 = 3 } cs_hcl_hash;
typedef enum cs_hcl_type { CS_HCL_SNP = 2, CS_HCL_TDX = 4 } cs_hcl_type;

/* An HCL report taken apart; slices point into it. */
typedef struct cs_hcl_report {
    cs_hcl_type type;
    cs_hcl_hash hash;
    cs_slice hardware; /* 1184 bytes: the SNP report (cs_snp_parse); TDX: the TD report and zeros */
    cs_slice runtime;  /* JSON text, whose hash the hardware report carries */
} cs_hcl_report;

#define CS_HCL_MAX_REPORT (16u << 10)

/* Takes the content of NV index 0x01400001 apart. CS_BAD_FORMAT: other magic or types, lengths that contradict each
 * other, bytes behind the end that are not zero. */
CS_MUST_CHECK cs_err cs_hcl_parse(cs_hcl_report *out, cs_slice report);

/* Appends modulus and exponent of the TPM's attestation key (kid HCLAkPub, RSA) of a runtime JSON.
 * CS_BAD_JSON, CS_*_FIELD; exactly one such key. */
CS_MUST_CHECK cs_err cs_hcl_attestation_key(cs_buf *modulus, cs_buf *exponent, cs_slice runtime);

#endif
