/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/snp */
/* SEV-SNP reports, bare and as evidence. What is accepted is of one form; nothing is proven under AMD's roots. */
#include <stdlib.h>

#include "core/attest_snp.h"
#include "core/evidence.h"

static const char policy_text[] = "{\"name\":\"fuzz\",\"vendor\":\"amd-sev-snp\",\"matchRules\":{\"measurements\":["
                                  "\"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c"
                                  "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\"]}}";

static void read_report(cs_slice input)
{
    cs_snp_report r;
    cs_snp_tcb tcb;
    if (cs_snp_parse(&r, input) != CS_OK)
        return;
    if (input.n != CS_SNP_REPORT_LEN || r.signed_bytes.p != input.p || r.vmpl > 3 ||
        !cs_slice_all_zero(cs_slice_sub(input, 0x330, input.n)))
        abort();
    for (cs_snp_product p = CS_SNP_UNKNOWN; p < CS_SNP_PRODUCT_COUNT; p++)
        (void)!cs_snp_tcb_read(&tcb, p, r.reported_tcb);
}

static void read_extension(cs_slice input)
{
    uint8_t svn;
    cs_slice id;
    (void)cs_snp_product_of(input);
    (void)!cs_snp_svn_of(&svn, input);
    if (cs_snp_hardware_id_of(&id, input) == CS_OK && id.n != 64 && id.n != 8)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice input = cs_slice_of(data, size);
    cs_buf json = cs_buf_new(1u << 20);
    cs_evidence_expect expect = {.now = 1790000000};
    cs_verdict verdict;
    cs_policy policy;
    read_report(input);
    read_extension(input);
    (void)!cs_evidence_describe(&json, CS_VENDOR_AMD_SNP, input);
    if (cs_policy_parse(&policy, NULL, cs_slice_str(policy_text), false) != CS_OK)
        abort();
    if (cs_evidence_verify(&verdict, input, &policy, &expect) == CS_OK)
        abort();
    cs_policy_free(&policy);
    cs_buf_free(&json);
    return 0;
}
