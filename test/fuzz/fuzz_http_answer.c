/* SPDX-License-Identifier: Apache-2.0 */
/* Answers at the end of the enclave's tunnel, as a whole and as they arrive. zone: sys */
#include <stdint.h>
#include <stdlib.h>

#include "core/http_answer.h"

#define MAX_BODY 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A complete answer has no complete beginning, and what was refused stays refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_http_answer whole, part;
    bool complete, part_complete;
    cs_slice all = cs_slice_of(data, size);
    cs_err err = cs_http_answer_read(&whole, &complete, all, MAX_BODY);
    if (complete && (err != CS_OK || whole.status < 200 || whole.status > 599 || whole.body.n > MAX_BODY ||
                     whole.body.p + whole.body.n != data + size))
        abort();
    for (size_t n = 0; n < size && n < 512; n++) {
        cs_err part_err = cs_http_answer_read(&part, &part_complete, cs_slice_sub(all, 0, n), MAX_BODY);
        if (part_err != CS_OK && err == CS_OK)
            abort();
        if (part_complete && err == CS_OK)
            abort();
    }
    return 0;
}
