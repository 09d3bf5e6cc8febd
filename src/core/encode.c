/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both alphabets differ in two characters only, so one encoder and one decoder serve. What is public is decoded with a
 * table. A table's cache lines would tell of a secret; that is decoded by arithmetic, in a time that does not depend
 * on the text.
 */
#include "core/encode.h"

#include "core/encode_lanes.h"

#define NO_CHARACTER CS_NO_CHARACTER

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char standard[] = LETTERS "+/";
static const char url[] = LETTERS "-_";

static inline void encode64(cs_buf *out, cs_slice in, const char *alphabet, bool pad)
{
    size_t whole = in.n / 3;
    size_t left = in.n % 3;
    size_t n = whole * 4 + (left == 0 ? 0 : pad ? 4 : left + 1);
    uint8_t *to = cs_buf_reserve(out, n);
    if (to == NULL)
        return;
    size_t done = cs_encode_lanes_write(to, in.p, in.n, alphabet);
    const uint8_t *p = in.p + done;
    to += done / 3 * 4;
    for (size_t i = done / 3; i < whole; i++, p += 3) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        *to++ = (uint8_t)alphabet[v >> 18];
        *to++ = (uint8_t)alphabet[v >> 12 & 63];
        *to++ = (uint8_t)alphabet[v >> 6 & 63];
        *to++ = (uint8_t)alphabet[v & 63];
    }
    if (left > 0) {
        uint32_t v = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
        *to++ = (uint8_t)alphabet[v >> 18];
        *to++ = (uint8_t)alphabet[v >> 12 & 63];
        if (left == 2)
            *to++ = (uint8_t)alphabet[v >> 6 & 63];
        for (size_t i = left; pad && i < 3; i++)
            *to++ = '=';
    }
    cs_buf_grow(out, n);
}

/* The six bits of each 7-bit character; NC for one that is not of the alphabet. */
#define NC NO_CHARACTER
static const uint8_t standard_values[128] = {
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC,
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, 62, NC, NC, NC, 63, 52, 53, 54, 55,
    56, 57, 58, 59, 60, 61, NC, NC, NC, NC, NC, NC, NC, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NC, NC, NC, NC, NC, NC, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NC, NC, NC, NC, NC,
};
static const uint8_t url_values[128] = {
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC,
    NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, NC, 62, NC, NC, 52, 53, 54, 55,
    56, 57, 58, 59, 60, 61, NC, NC, NC, NC, NC, NC, NC, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NC, NC, NC, NC, 63, NC, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NC, NC, NC, NC, NC,
};
#undef NC

/* All bits set if lo <= c <= hi, else 0. */
static uint32_t between(uint32_t c, uint32_t lo, uint32_t hi)
{
    return 0 - (((lo - 1 - c) & (c - hi - 1)) >> 31);
}

/* The same by arithmetic, for the standard alphabet. */
static uint32_t from_secret_char(uint8_t c)
{
    uint32_t upper = between(c, 'A', 'Z');
    uint32_t lower = between(c, 'a', 'z');
    uint32_t digit = between(c, '0', '9');
    uint32_t t62 = between(c, '+', '+');
    uint32_t t63 = between(c, '/', '/');
    uint32_t v = (upper & (uint32_t)(c - 'A')) | (lower & (uint32_t)(c - 'a' + 26)) |
                 (digit & (uint32_t)(c - '0' + 52)) | (t62 & 62) | (t63 & 63);
    return v | (~(upper | lower | digit | t62 | t63) & NO_CHARACTER);
}

/* `values` NULL: a secret. */
static inline uint32_t from_char(uint8_t c, const uint8_t *values)
{
    return values == NULL ? from_secret_char(c) : c < 128 ? values[c] : NO_CHARACTER;
}

/* Decodes `text` (no padding left) to `to`, which has room; false if it is not canonical. */
static inline bool decode64(uint8_t *to, cs_slice text, const uint8_t *values)
{
    uint32_t bad = 0;
    size_t whole = text.n / 4;
    size_t left = text.n % 4;
    size_t done = values != NULL ? cs_encode_lanes_read(to, text.p, text.n, values) : 0;
    const uint8_t *p = text.p + done;
    to += done / 4 * 3;
    for (size_t i = done / 4; i < whole; i++, p += 4) {
        uint32_t a = from_char(p[0], values), b = from_char(p[1], values), c = from_char(p[2], values),
                 d = from_char(p[3], values);
        bad |= a | b | c | d;
        *to++ = (uint8_t)(a << 2 | b >> 4);
        *to++ = (uint8_t)(b << 4 | c >> 2);
        *to++ = (uint8_t)(c << 6 | d);
    }
    if (left == 1)
        return false;
    if (left > 1) {
        uint32_t a = from_char(p[0], values), b = from_char(p[1], values);
        uint32_t c = left == 3 ? from_char(p[2], values) : 0;
        bad |= a | b | c;
        *to++ = (uint8_t)(a << 2 | b >> 4);
        if (left == 3)
            *to++ = (uint8_t)(b << 4 | c >> 2);
        /* Bits that no byte takes must be zero, else two texts would mean the same. */
        if ((left == 2 ? b & 15 : c & 3) != 0)
            return false;
    }
    return (bad & NO_CHARACTER) == 0;
}

/* Takes the padding off; false if it is missing or too much. */
static bool unpad(cs_slice *text)
{
    if (text->n % 4 != 0)
        return false;
    for (int i = 0; i < 2 && text->n > 0 && text->p[text->n - 1] == '='; i++)
        text->n--;
    return true;
}

static inline cs_err decode_into(cs_buf *out, cs_slice text, const uint8_t *values)
{
    size_t n = text.n / 4 * 3 + (text.n % 4 == 0 ? 0 : text.n % 4 - 1);
    if (text.n == 0)
        return out->err; /* absent text is no text, and has no place to read from */
    uint8_t *to = cs_buf_reserve(out, n);
    if (to == NULL)
        return out->err;
    if (!decode64(to, text, values))
        return CS_BAD_ENCODING;
    cs_buf_grow(out, n);
    return CS_OK;
}

void cs_base64_encode(cs_buf *out, cs_slice bytes)
{
    encode64(out, bytes, standard, true);
}

void cs_base64url_encode(cs_buf *out, cs_slice bytes)
{
    encode64(out, bytes, url, false);
}

cs_err cs_base64_decode(cs_buf *out, cs_slice text)
{
    return unpad(&text) ? decode_into(out, text, standard_values) : CS_BAD_ENCODING;
}

cs_err cs_base64url_decode(cs_buf *out, cs_slice text)
{
    return decode_into(out, text, url_values);
}

cs_err cs_base64_decode_secret(cs_secret *out, cs_slice text)
{
    cs_secret_wipe(out);
    cs_buf into = CS_BUF_OVER(out->b);
    cs_err err = unpad(&text) ? decode_into(&into, text, NULL) : CS_BAD_ENCODING;
    if (err == CS_OK)
        out->n = into.n;
    else
        cs_secret_wipe(out);
    return err;
}

void cs_hex_encode(cs_buf *out, cs_slice bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = bytes.n <= SIZE_MAX / 2 ? cs_buf_reserve(out, bytes.n * 2) : NULL;
    if (to == NULL)
        return;
    for (size_t i = 0; i < bytes.n; i++) {
        *to++ = (uint8_t)digits[bytes.p[i] >> 4];
        *to++ = (uint8_t)digits[bytes.p[i] & 15];
    }
    cs_buf_grow(out, bytes.n * 2);
}

static int from_hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

cs_err cs_hex_decode(cs_buf *out, cs_slice text)
{
    if (text.n % 2 != 0)
        return CS_BAD_ENCODING;
    uint8_t *to = cs_buf_reserve(out, text.n / 2);
    if (to == NULL)
        return out->err;
    for (size_t i = 0; i < text.n; i += 2) {
        int hi = from_hex(text.p[i]), lo = from_hex(text.p[i + 1]);
        if (hi < 0 || lo < 0)
            return CS_BAD_ENCODING;
        *to++ = (uint8_t)(hi << 4 | lo);
    }
    cs_buf_grow(out, text.n / 2);
    return CS_OK;
}
