/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/crc32c.h"

#define POLYNOMIAL 0x82f63b78u

uint32_t cs_crc32c_of(cs_slice bytes)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= bytes.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    }
    return crc ^ 0xffffffffu;
}
