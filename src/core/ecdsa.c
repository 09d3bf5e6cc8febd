/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA signatures as bytes: strict DER, raw r‖s, ranges and low-s. No arithmetic on the curve happens here, only
 * comparisons and one subtraction of public numbers, as big-endian strings of the field's size.
 */
#include "core/ecdsa.h"

#include <string.h>

/* Group orders n and their halves (n - 1) / 2 [FIPS 186-5, SP 800-186 §3.2.1]. */
static const uint8_t n256[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t n384[48] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
                                 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

static cs_slice order_of(cs_prim prim)
{
    return prim == CS_P256 ? CS_ARRAY(n256) : prim == CS_P384 ? CS_ARRAY(n384) : CS_ABSENT;
}

bool cs_ecdsa_scalar_ok(cs_prim prim, cs_slice scalar)
{
    static const uint8_t zero[48];
    cs_slice n = order_of(prim);
    return n.n > 0 && scalar.n == n.n && memcmp(scalar.p, zero, n.n) != 0 && memcmp(scalar.p, n.p, n.n) < 0;
}

/* One INTEGER: positive, minimal, at most `size` bytes; right-aligned into out[size]. */
static bool read_integer(cs_reader *r, uint8_t *out, size_t size)
{
    uint8_t tag = cs_read_u8(r);
    size_t n = cs_read_u8(r);
    cs_slice v = cs_read_bytes(r, n);
    if (r->err != CS_OK || tag != 0x02 || n == 0 || (v.p[0] & 0x80) != 0)
        return false;
    if (v.p[0] == 0 && n > 1) {
        if ((v.p[1] & 0x80) == 0)
            return false;
        v = cs_slice_sub(v, 1, n - 1);
    }
    if (v.n > size)
        return false;
    memset(out, 0, size - v.n);
    memcpy(out + size - v.n, v.p, v.n);
    return true;
}

cs_err cs_ecdsa_der_to_raw(cs_buf *raw, cs_prim prim, cs_slice der)
{
    uint8_t rs[96];
    size_t size = order_of(prim).n;
    cs_reader r = cs_reader_of(der);
    uint8_t tag = cs_read_u8(&r);
    size_t n = cs_read_u8(&r);
    /* Every signature of these curves is shorter than 128 bytes, so a length is one byte. */
    if (size == 0 || tag != 0x30 || n != r.rest.n || n > 127)
        return CS_BAD_SIGNATURE;
    if (!read_integer(&r, rs, size) || !read_integer(&r, rs + size, size) || cs_read_end(&r) != CS_OK)
        return CS_BAD_SIGNATURE;
    if (!cs_ecdsa_scalar_ok(prim, cs_slice_of(rs, size)) || !cs_ecdsa_scalar_ok(prim, cs_slice_of(rs + size, size)))
        return CS_BAD_SIGNATURE;
    cs_buf_add(raw, cs_slice_of(rs, 2 * size));
    return raw->err;
}

static void write_integer(cs_buf *out, cs_slice v)
{
    while (v.n > 1 && v.p[0] == 0)
        v = cs_slice_sub(v, 1, v.n - 1);
    bool pad = (v.p[0] & 0x80) != 0;
    cs_buf_add_u8(out, 0x02);
    cs_buf_add_u8(out, (uint8_t)(v.n + pad));
    if (pad)
        cs_buf_add_u8(out, 0);
    cs_buf_add(out, v);
}

cs_err cs_ecdsa_raw_to_der(cs_buf *der, cs_prim prim, cs_slice raw)
{
    uint8_t memory[2 * (2 + 1 + 48)];
    cs_buf body = CS_BUF_OVER(memory);
    size_t size = order_of(prim).n;
    cs_slice r = cs_slice_sub(raw, 0, size), s = cs_slice_sub(raw, size, size);
    if (size == 0 || raw.n != 2 * size || !cs_ecdsa_scalar_ok(prim, r) || !cs_ecdsa_scalar_ok(prim, s))
        return CS_BAD_SIGNATURE;
    write_integer(&body, r);
    write_integer(&body, s);
    cs_buf_add_u8(der, 0x30);
    cs_buf_add_u8(der, (uint8_t)body.n);
    cs_buf_add(der, cs_buf_slice(&body));
    return der->err;
}

/* out = a - b for a >= b, big-endian. */
static void subtract(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t n)
{
    int borrow = 0;
    for (size_t i = n; i-- > 0;) {
        int d = a[i] - b[i] - borrow;
        borrow = d < 0;
        out[i] = (uint8_t)(d & 0xff);
    }
}

cs_err cs_ecdsa_low_s(cs_buf *der, cs_prim prim, cs_slice sig)
{
    uint8_t memory[96], other[48];
    cs_buf raw = CS_BUF_OVER(memory);
    cs_err err = cs_ecdsa_der_to_raw(&raw, prim, sig);
    if (err != CS_OK)
        return err;
    cs_slice n = order_of(prim);
    uint8_t *s = memory + n.n;
    subtract(other, n.p, s, n.n);
    /* Of s and n - s the smaller is the low one; n is odd, so they differ. */
    if (memcmp(other, s, n.n) < 0)
        memcpy(s, other, n.n);
    return cs_ecdsa_raw_to_der(der, prim, cs_buf_slice(&raw));
}

/* What stands before and behind the scalar. */
static const uint8_t head256[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t tail256[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t head384[] = {0x30, 0x3e, 0x02, 0x01, 0x01, 0x04, 0x30};
static const uint8_t tail384[] = {0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};

cs_err cs_ec_private_der(cs_secret *der, cs_prim prim, cs_slice scalar)
{
    cs_secret_wipe(der);
    if (!cs_ecdsa_scalar_ok(prim, scalar))
        return CS_BAD_PRIVATE_KEY;
    cs_err err = cs_secret_add(der, prim == CS_P256 ? CS_ARRAY(head256) : CS_ARRAY(head384));
    if (err == CS_OK)
        err = cs_secret_add(der, scalar);
    return err != CS_OK ? err : cs_secret_add(der, prim == CS_P256 ? CS_ARRAY(tail256) : CS_ARRAY(tail384));
}

cs_err cs_ec_private_scalar(cs_secret *scalar, cs_prim prim, cs_slice der)
{
    CS_SECRET(again);
    cs_secret_wipe(scalar);
    cs_slice d = cs_slice_sub(der, sizeof head256, order_of(prim).n);
    /* Writing it again and comparing leaves no other form to accept. */
    if (cs_ec_private_der(&again, prim, d) != CS_OK || !cs_secret_eq(cs_secret_slice(&again), der))
        return CS_BAD_PRIVATE_KEY;
    return cs_secret_set(scalar, d);
}
