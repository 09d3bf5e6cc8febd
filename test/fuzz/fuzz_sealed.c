/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a sealed key record: nothing opens that was not sealed with this key. zone: enclave */
#include <stdint.h>
#include <stdlib.h>

#include "enclave/opened.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The forged records of the corpus name this key by its id, so that they get as far as the tags. */
static const cs_slice kek_bytes = {(const uint8_t *)"0123456789abcdef0123456789abcdef", CS_KEK_LEN};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cs_kek kek;
    cs_opened *k = NULL;
    if (kek.key.n == 0 && cs_kek_set(&kek, kek_bytes) != CS_OK)
        abort();
    if (cs_opened_from(&k, &kek, cs_slice_of(data, size)) == CS_OK || k != NULL)
        abort();
    return 0;
}
