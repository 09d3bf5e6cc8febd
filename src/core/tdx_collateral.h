/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's collateral for TDX: what a policy carries of it, and whether the platform that made a quote is up to date by
 * it [Intel SGX and TDX Provisioning Certification Service, API version 4: TCB info, QE identity, CRLs].
 *
 * Texts are Intel's answers to the byte, because they are signed so. Everything is judged at the time that the caller
 * gives: collateral is good for about a month.
 */
#ifndef CS_CORE_TDX_COLLATERAL_H
#define CS_CORE_TDX_COLLATERAL_H

#include "core/root_pin.h"
#include "core/tdx.h"

typedef struct cs_tdx_collateral cs_tdx_collateral;

/*
 * Reads the optional member `name` of match rules; *out is NULL if it is not there.
 *   tcbInfo, qeIdentity   the answers of /tdx/certification/v4/tcb and …/qe/identity, as text
 *   issuerChain           PEM: "Intel SGX TCB Signing" and the root, which may be left out where the rules pin one
 *   rootCrl, pckCrl       base64 of the DER of the lists of the root and of the CA that issued the platform's PCK
 *   acceptedStatuses      of the three parts that are judged; default ["UpToDate"]; "Revoked" is never accepted
 * Errors are set in `o`.
 */
void cs_tdx_collateral_read(cs_tdx_collateral **out, cs_jobj *o, const char *name);
void cs_tdx_collateral_write(cs_jw *w, const char *name, const cs_tdx_collateral *c);
void cs_tdx_collateral_free(cs_tdx_collateral *c);
/* When the first part of it ends, seconds since 1970; 0: a part does not say. */
int64_t cs_tdx_collateral_until(const cs_tdx_collateral *c);

/*
 * Judges the platform of a quote whose chain (PCK, CA, root) and signatures were verified. CS_OK, or
 *   CS_ATT_COLLATERAL   the collateral is not signed by Intel, not of this time, or of another kind of platform
 *   CS_ATT_CERT_REVOKED a certificate was taken back
 *   CS_ATT_TCB          the platform's TCB, the TDX module or the quoting enclave has a status that is not accepted
 * or a failure of ours.
 */
CS_MUST_CHECK cs_err cs_tdx_collateral_judge(const cs_tdx_collateral *c, const cs_tdx_quote *quote,
                                             const cs_chain *chain, const cs_root_pin *pin, const cs_prove_at *at);

/* What a PCK certificate says of its platform [Intel SGX PCK certificate specification §1.3.5]. */
#define CS_TDX_COMPONENTS 16
typedef struct cs_tdx_pck {
    uint8_t svn[CS_TDX_COMPONENTS]; /* of the SGX TCB's components */
    uint16_t pce_svn;
    cs_slice pce_id, fmspc; /* 2 and 6 bytes of the extension */
} cs_tdx_pck;
#define CS_TDX_OID_PCK "1.2.840.113741.1.13.1"
/* Reads that extension. CS_BAD_FORMAT: not DER, or a part is missing, twice, or too large. */
CS_MUST_CHECK cs_err cs_tdx_pck_read(cs_tdx_pck *out, cs_slice der);

#endif
