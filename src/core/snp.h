/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AMD SEV-SNP attestation reports as bytes [AMD SEV-SNP ABI 56860 §7.3, VCEK certificates 57230 §3].
 *
 * Decides form: length, versions, reserved bytes, the signature's encoding, how the bytes of a TCB version are laid
 * out, what the extensions of a signing certificate say. Decides nothing about trust (attest_snp.h).
 */
#ifndef CS_CORE_SNP_H
#define CS_CORE_SNP_H

#include "core/slice.h"

#define CS_SNP_REPORT_LEN 1184
#define CS_SNP_SIGNED_LEN 0x2a0 /* bytes of the report that the signature covers */
#define CS_SNP_SIGNATURE_LEN 96 /* r and s, big-endian */

#define CS_SNP_POLICY_SMT (1ull << 16)
#define CS_SNP_POLICY_MIGRATION (1ull << 18) /* a migration agent may be associated */
#define CS_SNP_POLICY_DEBUG (1ull << 19)     /* the host may read the guest */

/* Generations of processors: they lay a TCB version out differently. */
typedef enum cs_snp_product {
    CS_SNP_UNKNOWN,
    CS_SNP_MILAN,
    CS_SNP_GENOA,
    CS_SNP_TURIN,
    CS_SNP_PRODUCT_COUNT
} cs_snp_product;

/* "Milan", "Genoa", "Turin"; "unknown". */
const char *cs_snp_product_name(cs_snp_product p);

/* Security version numbers of the parts of one TCB version. */
typedef enum cs_snp_part {
    CS_SNP_FMC,
    CS_SNP_BOOTLOADER,
    CS_SNP_TEE,
    CS_SNP_SNP,
    CS_SNP_MICROCODE,
    CS_SNP_PARTS
} cs_snp_part;
typedef struct cs_snp_tcb {
    uint8_t part[CS_SNP_PARTS]; /* fmc: Turin only, 0 elsewhere */
} cs_snp_tcb;

/* "fmc", "bootloader", "tee", "snp", "microcode": the names of minTcb. */
const char *cs_snp_part_name(cs_snp_part part);

/* Who signed: bits 4:2 of the key information. */
typedef enum cs_snp_signer { CS_SNP_VCEK = 0, CS_SNP_VLEK = 1, CS_SNP_NO_SIGNER = 7 } cs_snp_signer;

/* A report taken apart; slices point into it. */
typedef struct cs_snp_report {
    uint32_t version; /* 2, 3 or 5 */
    uint32_t guest_svn;
    uint64_t policy;
    cs_slice family_id, image_id; /* 16 each */
    uint32_t vmpl;                /* 0 to 3 */
    uint64_t platform_info;
    uint32_t key_info;
    cs_snp_signer signer;
    cs_slice report_data;   /* 64 */
    cs_slice measurement;   /* 48 */
    cs_slice host_data;     /* 32 */
    cs_slice id_key_digest; /* 48 */
    cs_slice author_digest; /* 48 */
    cs_slice report_id;     /* 32 */
    cs_slice migration_id;  /* 32 */
    cs_slice current_tcb;   /* 8 each: cs_snp_tcb_read */
    cs_slice reported_tcb;  /* the one that the signing key belongs to */
    cs_slice committed_tcb;
    cs_slice launch_tcb;
    cs_snp_product product; /* by the processor's family and model; unknown in version 2, which does not say them */
    cs_slice chip_id;       /* 64; zero where the host masks it and with VLEK */
    cs_slice signed_bytes;  /* CS_SNP_SIGNED_LEN */
    uint8_t signature[CS_SNP_SIGNATURE_LEN];
} cs_snp_report;

/*
 * Takes a report of exactly CS_SNP_REPORT_LEN bytes apart.
 * CS_BAD_FORMAT: another length or version, a reserved bit or byte that is set (those behind the signature included,
 * which nobody signed), a VMPL above 3 (the host's own request), a processor family from version 3 on that has no
 * known layout. CS_ATT_EVIDENCE_ALGORITHM: signed with anything but ECDSA P-384 with SHA-384, or not signed.
 */
CS_MUST_CHECK cs_err cs_snp_parse(cs_snp_report *out, cs_slice report);

/* The parts of the 8 bytes of a TCB version. CS_BAD_FORMAT for an unknown product, or if a byte is set that the
 * product's layout reserves. */
CS_MUST_CHECK cs_err cs_snp_tcb_read(cs_snp_tcb *out, cs_snp_product product, cs_slice bytes);

/* Values of the extensions of a VCEK or VLEK certificate, as their DER content stands in the certificate. */
/* "Milan-B0" as IA5String: the product up to the dash. */
cs_snp_product cs_snp_product_of(cs_slice der);
/* INTEGER 0..255; CS_BAD_FORMAT for any other encoding. */
CS_MUST_CHECK cs_err cs_snp_svn_of(uint8_t *out, cs_slice der);
/* Hardware id: 64 bytes, or 8 on Turin; bare, or in an OCTET STRING as some certificates have it. */
CS_MUST_CHECK cs_err cs_snp_hardware_id_of(cs_slice *out, cs_slice der);
/* Object identifier of the extension of a part: "1.3.6.1.4.1.3704.1.3.1" … */
const char *cs_snp_part_oid(cs_snp_part part);
#define CS_SNP_OID_PRODUCT "1.3.6.1.4.1.3704.1.2"
#define CS_SNP_OID_HARDWARE_ID "1.3.6.1.4.1.3704.1.4"

#endif
