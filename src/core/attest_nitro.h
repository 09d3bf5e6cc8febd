/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor aws-nitro-enclave. Evidence is the attestation document as the Nitro security module gives it (nitro.h).
 *
 * matchRules: pcrs {"0": ["sha384:<hex>", …], …}, minEnclaveVersion?, rootCertificatePem? (default: AWS's root, which
 * is compiled in). PCR0 must be named, or PCR8 together with minEnclaveVersion: a signer alone has signed old images,
 * too.
 */
#ifndef CS_CORE_ATTEST_NITRO_H
#define CS_CORE_ATTEST_NITRO_H

#include "core/nitro.h"
#include "core/vendor.h"

extern const cs_vendor_ops cs_attest_nitro;

#define CS_NITRO_AT_ITS_TIME INT64_MIN

/*
 * Proves a document under the root whose certificate has this hash: form, ES384, the chain at `at` (seconds since 1970,
 * or CS_NITRO_AT_ITS_TIME: at the time that the document tells), its own signature. What it says is not judged. Slices
 * of *out point into `document`; it is zeroed unless the result is CS_OK. `chains` may be NULL. Errors, in this order:
 * CS_ATT_EVIDENCE_FORMAT, CS_ATT_EVIDENCE_ALGORITHM, those of cs_chain_verify, CS_ATT_PROOF_INVALID.
 */
CS_MUST_CHECK cs_err cs_nitro_prove(cs_nitro *out, cs_slice document, const uint8_t root_sha256[CS_SHA256_LEN],
                                    int64_t at, cs_chain_cache *chains);

#endif
