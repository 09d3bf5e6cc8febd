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

#include "core/vendor.h"

extern const cs_vendor_ops cs_attest_nitro;

#endif
