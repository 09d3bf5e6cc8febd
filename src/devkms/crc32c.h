/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C, the Castagnoli polynomial, reflected [RFC 3720 §12.1]: what Google's KMS guards its fields with. Pure. */
#ifndef CS_DEVKMS_CRC32C_H
#define CS_DEVKMS_CRC32C_H

#include "core/slice.h"

uint32_t cs_crc32c_of(cs_slice bytes);

#endif
