/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor gcp-confidential-space: tokens of Google's attestation verifier about a container in Confidential Space.
 *
 * Two kinds, and the policy takes one of them: OIDC tokens, under a pinned JWK set, and PKI tokens, whose header brings
 * the certificates up to a pinned root. A key that comes in the other way is unknown.
 *
 * matchRules: {imageDigests: ["sha256:…"], audience, jwks | rootCertificatePem, serviceAccounts?, projectIds?,
 * hwmodels?, allowEnvOverride?}. With neither jwks nor rootCertificatePem: PKI tokens under Google's root that is
 * compiled in. The binding stands in eat_nonce, which must have exactly one value, as lower-case hex.
 */
#ifndef CS_CORE_ATTEST_GCP_H
#define CS_CORE_ATTEST_GCP_H

#include "core/vendor.h"

extern const cs_vendor_ops cs_attest_gcp;

#endif
