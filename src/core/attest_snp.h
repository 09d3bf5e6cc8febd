/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor amd-sev-snp (protocol/attestation.md §7): a report signed by a processor, under AMD's root.
 *
 * Evidence is JSON {"report": base64, "certificates": [base64 of DER, …]}: the signing key's certificate (VCEK or
 * VLEK), AMD's intermediate (ASK or ASVK), and AMD's root (ARK), which may be left out where the policy pins one.
 *
 * The parts that raw evidence of an Azure VM has in common with it are here, too.
 */
#ifndef CS_CORE_ATTEST_SNP_H
#define CS_CORE_ATTEST_SNP_H

#include "core/root_pin.h"
#include "core/snp.h"

extern const cs_vendor_ops cs_attest_snp;

#define CS_SNP_MAX_CERTIFICATES 3

/* What a report proves under a root. */
typedef struct cs_snp_proof {
    cs_snp_report report; /* slices point into the report that was given */
    cs_snp_tcb tcb;       /* reported: the one that the key was made for */
    uint8_t root_sha256[CS_SHA256_LEN];
} cs_snp_proof;

/*
 * Proves a report: its form, the chain (signatures RSA-PSS with SHA-384, valid at at->now, a pinned root at its end),
 * the report's signature, and that report and certificate speak of the same kind of key, processor generation, TCB
 * version and, unless the host masks it, chip. `certificates`: DER, leaf first; the root itself may be missing where it
 * is pinned by certificate. CS_ATT_EVIDENCE_FORMAT, CS_ATT_EVIDENCE_ALGORITHM, those of cs_chain_verify,
 * CS_ATT_PROOF_INVALID, CS_ATT_REPORT_MISMATCH.
 */
CS_MUST_CHECK cs_err cs_snp_prove(cs_snp_proof *out, cs_slice report, const cs_slice *certificates, size_t n,
                                  const cs_root_pin *pin, const cs_prove_at *at);

/* Reads the array `name` of at most CS_SNP_MAX_CERTIFICATES certificates in base64 into `bytes`, which must have room
 * already so that it does not move. Errors are set in `o`. */
void cs_snp_certificates_read(cs_slice *out, size_t *n, cs_buf *bytes, cs_jobj *o, const char *name);

/* The least version that each named part must have. */
typedef struct cs_snp_floor {
    uint32_t named; /* bit i: part i has a floor */
    cs_snp_tcb least;
} cs_snp_floor;

/* The optional member `name`: {"bootloader": 4, "tee": 0, "snp": 24, "microcode": 219, "fmc": 1}, each optional, at
 * least one. Errors are set in `o`. */
void cs_snp_floor_read(cs_snp_floor *out, cs_jobj *o, const char *name);
void cs_snp_floor_write(cs_jw *w, const char *name, const cs_snp_floor *floor);
/* CS_OK or CS_ATT_TCB. */
CS_MUST_CHECK cs_err cs_snp_floor_judge(const cs_snp_floor *floor, const cs_snp_tcb *tcb);

/* Writes the members of an object with everything that a report says; `product`: for version 2, whose report does not
 * say it. CS_ATT_EVIDENCE_FORMAT, CS_ATT_EVIDENCE_ALGORITHM. */
CS_MUST_CHECK cs_err cs_snp_describe(cs_jw *w, cs_slice report, cs_snp_product product);
/* Writes the array "certificates". CS_ATT_EVIDENCE_FORMAT. */
CS_MUST_CHECK cs_err cs_snp_certificates_describe(cs_jw *w, const cs_slice *certificates, size_t n);

#endif
