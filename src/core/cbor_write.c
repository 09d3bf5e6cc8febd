/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: libcbor encodes the heads, the rest is copied. Reading is cbor.c. */
#include <cbor.h>

#include "core/cbor.h"

#define MAX_HEAD 9 /* bytes: the first one and a 64-bit argument */

typedef size_t encode_head(uint64_t v, unsigned char *p, size_t n);
_Static_assert(sizeof(size_t) == sizeof(uint64_t), "libcbor takes the length of a collection as size_t");

static void add_head(cs_buf *out, encode_head *encode, uint64_t v)
{
    uint8_t head[MAX_HEAD];
    cs_buf_add(out, cs_slice_of(head, encode(v, head, sizeof head)));
}

void cs_cborw_uint(cs_buf *out, uint64_t v)
{
    add_head(out, cbor_encode_uint, v);
}

void cs_cborw_int(cs_buf *out, int64_t v)
{
    if (v < 0)
        add_head(out, cbor_encode_negint, (uint64_t)(-1 - v));
    else
        cs_cborw_uint(out, (uint64_t)v);
}

void cs_cborw_bytes(cs_buf *out, cs_slice s)
{
    if (s.p == NULL) {
        cs_cborw_null(out);
        return;
    }
    add_head(out, cbor_encode_bytestring_start, s.n);
    cs_buf_add(out, s);
}

void cs_cborw_text(cs_buf *out, const char *s)
{
    cs_slice text = cs_slice_str(s);
    add_head(out, cbor_encode_string_start, text.n);
    cs_buf_add(out, text);
}

void cs_cborw_array(cs_buf *out, size_t items)
{
    add_head(out, cbor_encode_array_start, items);
}

void cs_cborw_map(cs_buf *out, size_t pairs)
{
    add_head(out, cbor_encode_map_start, pairs);
}

void cs_cborw_bool(cs_buf *out, bool v)
{
    uint8_t head[1];
    cs_buf_add(out, cs_slice_of(head, cbor_encode_bool(v, head, sizeof head)));
}

void cs_cborw_null(cs_buf *out)
{
    uint8_t head[1];
    cs_buf_add(out, cs_slice_of(head, cbor_encode_null(head, sizeof head)));
}

void cs_cborw_tag(cs_buf *out, uint64_t tag)
{
    add_head(out, cbor_encode_tag, tag);
}
