/* SPDX-License-Identifier: Apache-2.0 */
/* zone: sys */
#include <stdlib.h>

#include "core/json.h"
#include "core/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that is accepted is short, holds no control, and is a string to the JSON door, too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t memory[CS_MAX_NAME + 2];
    cs_buf text = CS_BUF_OVER(memory);
    cs_json *json = NULL;
    if (cs_name_check(cs_slice_of(data, size)) != CS_OK)
        return 0;
    if (size == 0 || size > CS_MAX_NAME)
        abort();
    bool plain = true; /* needs no escapes */
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 0x20 || data[i] == 0x7f)
            abort();
        plain = plain && data[i] != '"' && data[i] != '\\';
    }
    cs_buf_add_u8(&text, '"');
    cs_buf_add(&text, cs_slice_of(data, size));
    cs_buf_add_u8(&text, '"');
    if (plain && cs_json_parse(&json, cs_buf_slice(&text), sizeof memory) != CS_OK)
        abort();
    cs_json_free(json);
    return 0;
}
