/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor azure-confidential-vm (protocol/attestation.md §9): what software a confidential VM runs is said by its
 * virtual TPM; that the TPM is one that the hardware protects is said by Microsoft's token or by the hardware's report.
 *
 * Evidence is JSON, in one of two shapes; which ones are accepted follows from the match rules:
 *   {"maa": token, "quote", "signature", "pcrs"}                        rules with `issuers`
 *   {"hclReport", "certificates": […], "quote", "signature", "pcrs"}    rules without `issuers`, or with `arkPem`
 * quote is a TPMS_ATTEST and signature the bare RSASSA-PKCS1-v1_5 signature of the TPM's attestation key over it, both
 * in base64; pcrs has the quoted values, {"0": 64 hex digits, …}, exactly those; hclReport is the content of NV index
 * 0x01400001, certificates are VCEK, ASK and ARK (attest_snp.h). A token alone is evidence, too, but names no register,
 * and every policy wants one.
 *
 * Anybody who owns a processor can have it sign a report about a paravisor of his own, which then invents the TPM. So a
 * report counts only if Microsoft's key identifies the paravisor (`idKeyDigests`, with those compiled in as default);
 * for a token that was Microsoft's own check.
 */
#ifndef CS_CORE_ATTEST_AZURE_H
#define CS_CORE_ATTEST_AZURE_H

#include "core/vendor.h"

extern const cs_vendor_ops cs_attest_azure;

/* Appends the extraData of a quote that dates a session: SHA-256(binding || SHA-256(token)), where the binding is
 * cs_vendor_ops.binding of the session's commitment. The quote was made after the token, so it is not older; a token
 * alone would date itself, and a newer one would make an old quote young. */
CS_MUST_CHECK cs_err cs_azure_session_data(cs_buf *out, cs_slice binding, cs_slice token);

#endif
