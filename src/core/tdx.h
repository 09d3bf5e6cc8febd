/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel TDX quotes as bytes, versions 4 and 5 [Intel TDX DCAP Quoting Library API, appendix A.3 and A.4].
 *
 * Decides form: version, key type, kind and size of the body, and that every length says exactly what is there. Decides
 * nothing about trust (attest_tdx.h).
 */
#ifndef CS_CORE_TDX_H
#define CS_CORE_TDX_H

#include "core/slice.h"

#define CS_TDX_BODY_10 584 /* TD report of TDX 1.0 */
#define CS_TDX_BODY_15 648 /* of TDX 1.5: with a second TCB and the measurement of a service TD */
#define CS_TDX_MAX_QUOTE (64u << 10)
#define CS_TDX_RTMRS 4
#define CS_TDX_QE_REPORT_LEN 384

#define CS_TDX_ATTRIBUTES_DEBUG 0xffull /* bit 0 DEBUG; the others of its byte are kept for more of the kind */
#define CS_TDX_ATTRIBUTES_MIGRATABLE (1ull << 29)

/* An SGX report of the quoting enclave; slices point into the quote. */
typedef struct cs_tdx_qe {
    cs_slice cpu_svn; /* 16 */
    uint32_t misc_select;
    cs_slice attributes; /* 16 */
    cs_slice mrenclave;  /* 32 */
    cs_slice mrsigner;   /* 32 */
    uint16_t product_id, svn;
    cs_slice report_data; /* 64 */
} cs_tdx_qe;

/* A quote taken apart; slices point into it. */
typedef struct cs_tdx_quote {
    uint16_t version;       /* 4 or 5 */
    cs_slice tcb_svn;       /* 16 */
    cs_slice mrseam;        /* 48: the TDX module */
    cs_slice mrsigner_seam; /* 48: zero where Intel signed the module */
    uint64_t seam_attributes;
    uint64_t attributes;
    uint64_t xfam;
    cs_slice mrtd;                                    /* 48 */
    cs_slice mr_config_id, mr_owner, mr_owner_config; /* 48 each */
    cs_slice rtmr[CS_TDX_RTMRS];                      /* 48 each */
    cs_slice report_data;                             /* 64 */
    cs_slice tcb_svn2;                                /* 16; TDX 1.5 only */
    cs_slice mr_service_td;                           /* 48; TDX 1.5 only */

    cs_slice signed_bytes;    /* header and body */
    cs_slice signature;       /* 64: r and s, big-endian */
    cs_slice attestation_key; /* 64: a P-256 point */
    cs_slice qe_report;       /* CS_TDX_QE_REPORT_LEN */
    cs_tdx_qe qe;
    cs_slice qe_signature; /* 64 */
    cs_slice qe_auth;      /* what the key was made with, at most 64 KiB */
    cs_slice pck_chain;    /* PEM, leaf first, without the NUL that ends it in most quotes */
} cs_tdx_quote;

/*
 * Takes a quote apart: at most CS_TDX_MAX_QUOTE bytes, of which only zeros may stand behind the signature data (the
 * buffers that quotes are read into are larger).
 * CS_BAD_FORMAT; CS_ATT_EVIDENCE_ALGORITHM for another attestation key type than ECDSA P-256.
 */
CS_MUST_CHECK cs_err cs_tdx_parse(cs_tdx_quote *out, cs_slice quote);

#endif
