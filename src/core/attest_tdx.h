/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor intel-tdx (protocol/attestation.md §7): a quote, which brings its certificates, under Intel's root.
 *
 * Proven: PCK chain, report of the quoting enclave, that this enclave made the attestation key and is Intel's, the
 * quote's signature. Not judged, and said in the verdict's note: whether the platform's TCB is up to date, which needs
 * Intel's signed collateral of the day.
 */
#ifndef CS_CORE_ATTEST_TDX_H
#define CS_CORE_ATTEST_TDX_H

#include "core/vendor.h"

extern const cs_vendor_ops cs_attest_tdx;

#endif
