/* SPDX-License-Identifier: Apache-2.0 */
/* Images of enclaves: under a CRC that is right, what is taken apart is all of the input, and measuring it ends. */
#include <stdlib.h>
#include <string.h>

#include "core/eif.h"

static uint32_t crc(uint32_t c, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
    }
    return c;
}

static void one(cs_slice image)
{
    cs_eif e;
    uint8_t pcrs[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN];
    char version[CS_MAX_ID + 1];
    size_t n = 548;
    if (cs_eif_parse(&e, image) != CS_OK)
        return;
    for (size_t i = 0; i < e.section_count; i++)
        n += 12 + e.sections[i].data.n;
    cs_err err = cs_eif_measure(pcrs, &e);
    if (n != image.n || (err == CS_OK) == cs_slice_all_zero(CS_ARRAY(pcrs[0])))
        abort();
    if (cs_eif_version(version, &e) == CS_OK && strlen(version) > CS_MAX_ID)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    one(cs_slice_of(data, size));
    uint8_t *copy = size > 548 ? malloc(size) : NULL;
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    uint32_t c = ~crc(crc(0xffffffff, copy, 544), copy + 548, size - 548);
    for (size_t i = 0; i < 4; i++)
        copy[544 + i] = (uint8_t)(c >> (24 - 8 * i));
    one(cs_slice_of(copy, size));
    free(copy);
    return 0;
}
