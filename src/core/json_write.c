/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON straight into a buffer; strings are escaped as RFC 8785 §3.2.2.2 has it, so the text is canonical. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/encode.h"
#include "core/json.h"

cs_jw cs_jw_on(cs_buf *out)
{
    return (cs_jw){.out = out};
}

/* How many bytes at the beginning stand for themselves; eight are looked at together. */
static size_t plain_bytes(cs_slice s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = 0x80 * ones;
    size_t n = 0;
    for (uint64_t v; s.n - n >= sizeof v; n += sizeof v) {
        memcpy(&v, s.p + n, sizeof v);
        const uint64_t quote = v ^ '"' * ones, backslash = v ^ '\\' * ones;
        /* a byte below b borrows from its top bit when b is subtracted; a lower one may only make it stop too early */
        if ((((v - 0x20 * ones) & ~v) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & tops)
            break;
    }
    while (n < s.n && s.p[n] >= 0x20 && s.p[n] != '"' && s.p[n] != '\\')
        n++;
    return n;
}

static void put_string(cs_buf *out, cs_slice s)
{
    static const char shorts[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    size_t from = 0;
    cs_buf_add_u8(out, '"');
    for (;;) {
        cs_slice rest = cs_slice_sub(s, from, s.n - from);
        size_t n = plain_bytes(rest);
        cs_buf_add(out, cs_slice_sub(rest, 0, n));
        if (n == rest.n)
            break;
        uint8_t c = rest.p[n];
        from += n + 1;
        size_t k = 0;
        while (shorts[k] != '\0' && (uint8_t)shorts[k] != c)
            k++;
        if (shorts[k] != '\0') {
            cs_buf_add_u8(out, '\\');
            cs_buf_add_u8(out, (uint8_t)letters[k]);
        } else {
            cs_buf_printf(out, "\\u%04x", c);
        }
    }
    cs_buf_add_u8(out, '"');
}

/* Comma and name before a value; after it the next one needs a comma. */
static void lead(cs_jw *w, const char *name)
{
    if (w->comma)
        cs_buf_add_u8(w->out, ',');
    if (name != NULL) {
        cs_buf_add_u8(w->out, '"');
        cs_buf_add_str(w->out, name);
        cs_buf_add(w->out, CS_LIT("\":"));
    }
    w->comma = true;
}

static void open_with(cs_jw *w, const char *name, uint8_t bracket)
{
    lead(w, name);
    cs_buf_add_u8(w->out, bracket);
    w->comma = false;
}

static void close_with(cs_jw *w, uint8_t bracket)
{
    cs_buf_add_u8(w->out, bracket);
    w->comma = true;
}

void cs_jw_begin(cs_jw *w, const char *name)
{
    open_with(w, name, '{');
}

void cs_jw_end(cs_jw *w)
{
    close_with(w, '}');
}

void cs_jw_begin_array(cs_jw *w, const char *name)
{
    open_with(w, name, '[');
}

void cs_jw_end_array(cs_jw *w)
{
    close_with(w, ']');
}

void cs_jw_str(cs_jw *w, const char *name, cs_slice s)
{
    if (s.p == NULL) {
        cs_jw_null(w, name);
        return;
    }
    lead(w, name);
    put_string(w->out, s);
}

void cs_jw_cstr(cs_jw *w, const char *name, const char *s)
{
    cs_jw_str(w, name, cs_slice_str(s));
}

void cs_jw_int(cs_jw *w, const char *name, int64_t v)
{
    lead(w, name);
    cs_buf_printf(w->out, "%" PRId64, v);
}

void cs_jw_bool(cs_jw *w, const char *name, bool v)
{
    lead(w, name);
    cs_buf_add_str(w->out, v ? "true" : "false");
}

void cs_jw_null(cs_jw *w, const char *name)
{
    lead(w, name);
    cs_buf_add(w->out, CS_LIT("null"));
}

void cs_jw_base64(cs_jw *w, const char *name, cs_slice bytes)
{
    lead(w, name);
    cs_buf_add_u8(w->out, '"');
    cs_base64_encode(w->out, bytes);
    cs_buf_add_u8(w->out, '"');
}

void cs_jw_hex(cs_jw *w, const char *name, const char *prefix, cs_slice bytes)
{
    lead(w, name);
    cs_buf_add_u8(w->out, '"');
    cs_buf_add_str(w->out, prefix);
    cs_hex_encode(w->out, bytes);
    cs_buf_add_u8(w->out, '"');
}

void cs_jw_raw(cs_jw *w, const char *name, cs_slice json)
{
    lead(w, name);
    cs_buf_add(w->out, json);
}

void cs_jw_members(cs_jw *w, cs_slice members)
{
    if (members.n == 0)
        return;
    if (w->comma)
        cs_buf_add_u8(w->out, ',');
    cs_buf_add(w->out, members);
    w->comma = true;
}
