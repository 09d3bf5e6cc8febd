/* SPDX-License-Identifier: Apache-2.0 */
/* For processors that encode_lanes.c is not for. */
#include "core/encode_lanes.h"

size_t cs_encode_lanes_write(uint8_t *to, const uint8_t *p, size_t n, const char alphabet[64])
{
    (void)to;
    (void)p;
    (void)n;
    (void)alphabet;
    return 0;
}

size_t cs_encode_lanes_read(uint8_t *to, const uint8_t *text, size_t n, const uint8_t values[128])
{
    (void)to;
    (void)text;
    (void)n;
    (void)values;
    return 0;
}

size_t cs_encode_lanes_read_hex(uint8_t *to, const uint8_t *text, size_t n, const uint8_t values[128])
{
    return cs_encode_lanes_read(to, text, n, values);
}
