/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor intel-tdx (protocol/attestation.md §7): a quote, which brings its certificates, under Intel's root.
 *
 * Proven: PCK chain, report of the quoting enclave, that this enclave made the attestation key and is Intel's, the
 * quote's signature. Whether the platform is up to date is judged by the collateral in the match rules
 * (tdx_collateral.h); without it the verdict's note says that it was not.
 */
#ifndef CS_CORE_ATTEST_TDX_H
#define CS_CORE_ATTEST_TDX_H

#include "core/vendor.h"

extern const cs_vendor_ops cs_attest_tdx;

#endif
