/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <stdlib.h>
#include <string.h>

#include "gateway/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is read: values hold no control characters and stay in their bounds, and an error names something short. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_query q;
    cs_fault fault;
    cs_query_read(&q, cs_slice_of(data, size));
    cs_slice text = cs_query_text(&q, "cursor", 64);
    int64_t limit = cs_query_int_or(&q, "limit", 1, 200, 50);
    (void)cs_query_flag(&q, "verbose");
    cs_err err = cs_query_done(&q, &fault);
    if (limit < 1 || limit > 200 || strlen(fault.field) >= sizeof fault.field)
        abort();
    if (err == CS_OK && text.n > 64)
        abort();
    for (size_t i = 0; err == CS_OK && i < text.n; i++)
        if (text.p[i] < 0x20)
            abort();
    return 0;
}
