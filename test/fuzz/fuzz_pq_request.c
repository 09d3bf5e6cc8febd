/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* A body of the PQ Signer door: whatever is accepted keeps its bounds. */
#include <stdlib.h>

#include "gateway/pq_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_json *json = NULL;
    if (cs_json_parse(&json, cs_slice_of(data, size), CS_MAX_BODY) == CS_OK) {
        cs_pq_request r;
        cs_fault fault = {0};
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        if (cs_pq_request_read(&r, &fault, &o, 64) == CS_OK &&
            (r.alg == NULL || r.user_id_len == 0 || r.user_id_len > CS_MAX_USER_ID || r.message_len > 64))
            abort();
    }
    cs_json_free(json);
    return 0;
}
