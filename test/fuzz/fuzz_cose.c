/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/nitro cose cose-composite */
/* COSE_Sign1: what is accepted lies inside the input, and what is signed can be written. */
#include <stdlib.h>

#include "core/cose.h"

static void must_be_inside(cs_slice part, const uint8_t *data, size_t size)
{
    if (part.p == NULL || part.p < data || part.p + part.n > data + size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_cose c;
    if (cs_cose_parse(&c, cs_slice_of(data, size)) != CS_OK) {
        if (c.payload.p != NULL || c.signature.p != NULL || c.alg != 0)
            abort();
        return 0;
    }
    must_be_inside(c.protected_header, data, size);
    must_be_inside(c.payload, data, size);
    must_be_inside(c.signature, data, size);
    cs_buf tbs = cs_buf_new(2 * CS_MAX_COSE);
    cs_cose_sig_structure(&tbs, &c);
    if (tbs.err != CS_OK || tbs.n <= c.payload.n)
        abort();
    cs_buf_free(&tbs);
    return 0;
}
