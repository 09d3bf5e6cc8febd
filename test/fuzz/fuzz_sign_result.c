/* SPDX-License-Identifier: Apache-2.0 */
/* Result files of `countersign sign` (zone: cli). What parses has a signature, and parses again from its envelope. */
#include <stdlib.h>

#include "cli/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_fault fault = {0};
    cs_result r, again;
    if (cs_result_parse(&r, &fault, cs_slice_of(data, size)) == CS_OK) {
        cs_buf text = cs_buf_new(CS_MAX_RESULT + 64);
        if (r.signature.n == 0)
            abort();
        cs_buf_add_str(&text, "{\"success\":true,\"data\":");
        cs_buf_add(&text, cs_slice_of(data, size));
        cs_buf_add_str(&text, "}");
        /* An input that is an envelope itself, or close to a limit, need not go into another one. */
        if (cs_result_parse(&again, NULL, cs_buf_slice(&text)) == CS_OK &&
            !cs_slice_eq(cs_buf_slice(&r.signature), cs_buf_slice(&again.signature)))
            abort();
        cs_result_free(&again);
        cs_buf_free(&text);
    } else if (fault.err == CS_OK) {
        abort();
    }
    cs_result_free(&r);
    return 0;
}
