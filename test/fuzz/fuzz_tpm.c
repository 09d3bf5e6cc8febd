/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/azure */
/* Quotes of a TPM, reports of the paravisor, their runtime data, and all shapes of evidence that are described. */
#include <stdlib.h>

#include "core/evidence.h"
#include "core/snp.h"
#include "core/tpm.h"

static void read_key(cs_slice runtime)
{
    uint8_t n[1024], e[16];
    cs_buf modulus = CS_BUF_OVER(n), exponent = CS_BUF_OVER(e);
    if (cs_hcl_attestation_key(&modulus, &exponent, runtime) == CS_OK && modulus.n + exponent.n > runtime.n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice input = cs_slice_of(data, size);
    cs_tpm_quote q;
    cs_hcl_report h;
    if (cs_tpm_quote_parse(&q, input) == CS_OK &&
        (q.pcr_digest.n != CS_TPM_PCR_LEN || q.selected == 0 || q.selected >> CS_TPM_PCRS != 0 ||
         q.extra_data.n > CS_TPM_MAX_EXTRA_DATA))
        abort();
    if (cs_hcl_parse(&h, input) == CS_OK) {
        if (h.hardware.n != CS_SNP_REPORT_LEN || h.runtime.n == 0 || h.runtime.n > input.n)
            abort();
        read_key(h.runtime);
    }
    read_key(input);
    cs_buf json = cs_buf_new(1u << 20);
    (void)!cs_evidence_describe(&json, CS_VENDOR_AZURE_CVM, input);
    cs_buf_free(&json);
    return 0;
}
