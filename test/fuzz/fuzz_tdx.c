/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/tdx */
/* TDX quotes. All slices of an accepted one lie within it; nothing with this measurement is proven under Intel's root.
 */
#include <stdlib.h>

#include "core/evidence.h"
#include "core/tdx.h"

static const char policy_text[] = "{\"name\":\"fuzz\",\"vendor\":\"intel-tdx\",\"matchRules\":{\"mrtd\":["
                                  "\"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c"
                                  "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\"]}}";

static void within(cs_slice input, cs_slice part, size_t n)
{
    if (part.n != n || part.p < input.p || part.n > (size_t)(input.p + input.n - part.p))
        abort();
}

static void read_quote(cs_slice input)
{
    cs_tdx_quote q;
    if (cs_tdx_parse(&q, input) != CS_OK)
        return;
    within(input, q.signed_bytes, q.signed_bytes.n);
    within(input, q.mrtd, 48);
    within(input, q.report_data, 64);
    within(input, q.attestation_key, 64);
    within(input, q.qe_report, CS_TDX_QE_REPORT_LEN);
    within(input, q.qe.report_data, 64);
    within(input, q.pck_chain, q.pck_chain.n);
    if (input.n > CS_TDX_MAX_QUOTE || (q.tcb_svn2.p != NULL && q.version != 5))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice input = cs_slice_of(data, size);
    cs_buf json = cs_buf_new(1u << 20);
    cs_evidence_expect expect = {.now = 1740000000};
    cs_verdict verdict;
    cs_policy policy;
    read_quote(input);
    (void)!cs_evidence_describe(&json, CS_VENDOR_INTEL_TDX, input);
    if (cs_policy_parse(&policy, NULL, cs_slice_str(policy_text), false) != CS_OK)
        abort();
    if (cs_evidence_verify(&verdict, input, &policy, &expect) == CS_OK)
        abort();
    cs_policy_free(&policy);
    cs_buf_free(&json);
    return 0;
}
