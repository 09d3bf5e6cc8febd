/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a launcher or a relay, with what a service may put around a body. zone: enclave */
#include <stdlib.h>

#include "enclave/post.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int status = 0;
    cs_buf body = cs_buf_new(4096);
    cs_err err = cs_post_answer(&body, &status, cs_slice_of(data, size));
    /* What was taken is part of what came, and a status has three digits. */
    if (err == CS_OK && (body.n > size || status < 0 || status > 999))
        abort();
    cs_buf_free(&body);
    return 0;
}
