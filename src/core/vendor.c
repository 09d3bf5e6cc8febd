/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vendor.h"

#include "core/attest_azure.h"
#include "core/attest_gcp.h"
#include "core/attest_nitro.h"
#include "core/attest_snp.h"
#include "core/attest_tdx.h"

/* One line a vendor that is built in; its row stands in attest_<vendor>.c. */
static const cs_vendor_ops *const vendors[CS_VENDOR_COUNT] = {
    [CS_VENDOR_MOCK] = NULL, /* its root signs documents itself */
    [CS_VENDOR_AWS_NITRO] = &cs_attest_nitro,
    [CS_VENDOR_AZURE_CVM] = &cs_attest_azure,
    [CS_VENDOR_GCP_CS] = &cs_attest_gcp,
    [CS_VENDOR_AMD_SNP] = &cs_attest_snp,
    [CS_VENDOR_INTEL_TDX] = &cs_attest_tdx,
};

const cs_vendor_ops *cs_vendor_find(cs_vendor vendor)
{
    return (unsigned)vendor < CS_VENDOR_COUNT ? vendors[vendor] : NULL;
}

void cs_proven_free(cs_proven *proven, cs_vendor vendor)
{
    const cs_vendor_ops *ops = cs_vendor_find(vendor);
    if (ops != NULL && ops->facts_free != NULL)
        ops->facts_free(proven->facts);
    proven->facts = NULL;
}

cs_err cs_binding_report_data(cs_buf *out, cs_slice commitment)
{
    static const uint8_t zeros[32] = {0};
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, commitment);
    if (err != CS_OK)
        return err;
    cs_buf_add(out, cs_digest_slice(&d));
    cs_buf_add(out, CS_ARRAY(zeros));
    return out->err;
}
