/* SPDX-License-Identifier: Apache-2.0 */
#include "core/der.h"

#define MAX_DEPTH 16
#define LONG_TAG 0x1f
#define CONSTRUCTED 0x20
#define CLASS 0xc0

enum {
    END = 0,
    BOOLEAN = 1,
    INTEGER = 2,
    BIT_STRING = 3,
    NOTHING = 5,
    OID = 6,
    ENUMERATED = 10,
    SEQUENCE = 16,
    SET = 17
};

cs_slice cs_der_element(cs_slice in, size_t *header)
{
    if (in.n < 2 || (in.p[0] & LONG_TAG) == LONG_TAG)
        return CS_ABSENT;
    size_t len = in.p[1], at = 2;
    if (len >= 0x80) {
        size_t octets = len & 0x7f;
        if (octets == 0 || octets > 3 || in.n < 2 + octets || in.p[2] == 0)
            return CS_ABSENT;
        for (len = 0; at < 2 + octets; at++)
            len = len << 8 | in.p[at];
        if (len < 0x80)
            return CS_ABSENT;
    }
    *header = at;
    return len <= in.n - at ? cs_slice_of(in.p, at + len) : CS_ABSENT;
}

static bool is_integer(cs_slice v)
{
    if (v.n < 2)
        return v.n == 1;
    return !(v.p[0] == 0 && v.p[1] < 0x80) && !(v.p[0] == 0xff && v.p[1] >= 0x80);
}

static bool is_bit_string(cs_slice v)
{
    if (v.n == 0 || v.p[0] > 7)
        return false;
    return v.n == 1 ? v.p[0] == 0 : (v.p[v.n - 1] & ((1u << v.p[0]) - 1)) == 0;
}

static bool is_oid(cs_slice v)
{
    if (v.n == 0 || v.p[v.n - 1] >= 0x80)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] == 0x80 && (i == 0 || v.p[i - 1] < 0x80))
            return false;
    return true;
}

static bool is_primitive_sound(uint8_t tag, cs_slice v)
{
    switch (tag) {
    case BOOLEAN:
        return v.n == 1 && (v.p[0] == 0 || v.p[0] == 0xff);
    case INTEGER:
    case ENUMERATED:
        return is_integer(v);
    case BIT_STRING:
        return is_bit_string(v);
    case NOTHING:
        return v.n == 0;
    case OID:
        return is_oid(v);
    default:
        return true;
    }
}

static bool has_right_form(uint8_t tag)
{
    unsigned number = tag & LONG_TAG;
    bool constructed = (tag & CONSTRUCTED) != 0;
    return (tag & CLASS) != 0 || (number != END && constructed == (number == SEQUENCE || number == SET));
}

/* An element together with everything in it. The ends of those that are open: what is read next lies inside the last.
 */
bool cs_der_is_sound(cs_slice in)
{
    size_t ends[MAX_DEPTH], depth = 0, at = 0;
    ends[0] = in.n;
    if (in.n == 0)
        return false;
    do {
        size_t header = 0;
        cs_slice e = cs_der_element(cs_slice_sub(in, at, ends[depth]), &header);
        if (e.p == NULL || !has_right_form(e.p[0]) || (at == 0 && e.n != in.n))
            return false;
        if ((e.p[0] & CONSTRUCTED) == 0) {
            if (!is_primitive_sound(e.p[0], cs_slice_sub(e, header, e.n)))
                return false;
            at += e.n;
        } else {
            if (depth + 1 == MAX_DEPTH && e.n > header)
                return false;
            if (depth + 1 < MAX_DEPTH)
                ends[++depth] = at + e.n;
            at += header;
        }
        while (depth > 0 && at == ends[depth])
            depth--;
    } while (at < in.n);
    return true;
}
