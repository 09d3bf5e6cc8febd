/* SPDX-License-Identifier: Apache-2.0 */
#include "core/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"

cs_slice cs_slice_of(const void *p, size_t n)
{
    return (cs_slice){p, n};
}

cs_slice cs_slice_str(const char *s)
{
    return s != NULL ? cs_slice_of(s, strlen(s)) : CS_ABSENT;
}

cs_slice cs_slice_sub(cs_slice s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return s.p != NULL ? cs_slice_of(s.p + from, n) : CS_ABSENT;
}

bool cs_slice_eq(cs_slice a, cs_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int cs_slice_cmp(cs_slice a, cs_slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool cs_slice_is(cs_slice a, const char *s)
{
    return cs_slice_eq(a, cs_slice_str(s));
}

bool cs_slice_starts(cs_slice s, cs_slice prefix)
{
    return s.n >= prefix.n && cs_slice_eq(cs_slice_sub(s, 0, prefix.n), prefix);
}

bool cs_slice_all_zero(cs_slice s)
{
    uint8_t any = 0;
    for (size_t i = 0; i < s.n; i++)
        any |= s.p[i];
    return any == 0;
}

cs_err cs_slice_to_cstr(char *out, size_t size, cs_slice s)
{
    if (size == 0)
        return CS_BAD_FIELD;
    out[0] = '\0';
    if (s.p == NULL || s.n >= size || memchr(s.p, 0, s.n) != NULL)
        return CS_BAD_FIELD;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return CS_OK;
}

cs_buf cs_buf_new(size_t max)
{
    return (cs_buf){.max = max};
}

cs_buf cs_buf_new_wiped(size_t max)
{
    return (cs_buf){.max = max, .wiped = true};
}

cs_buf cs_buf_over(void *memory, size_t size)
{
    return (cs_buf){.p = memory, .cap = size, .max = size, .fixed = true};
}

static void give_back(const cs_buf *b)
{
    if (b->wiped && b->p != NULL)
        cs_wipe(b->p, b->cap);
    free(b->p);
}

void cs_buf_free(cs_buf *b)
{
    if (!b->fixed)
        give_back(b);
    *b = (cs_buf){.max = b->max, .fixed = b->fixed, .wiped = b->wiped, .err = CS_INTERNAL};
}

void cs_buf_clear(cs_buf *b)
{
    b->n = 0;
    b->err = CS_OK;
}

/* realloc may leave the old memory as it is. */
static uint8_t *move(const cs_buf *b, size_t cap)
{
    if (!b->wiped)
        return realloc(b->p, cap);
    uint8_t *p = malloc(cap);
    if (p == NULL)
        return NULL;
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    give_back(b);
    return p;
}

/* Makes `cap` at least `need`; a heap buffer grows by doubling up to max (+1 for the NUL of cs_buf_cstr). */
static bool make_room(cs_buf *b, size_t need)
{
    if (need <= b->cap)
        return true;
    if (b->fixed) {
        b->err = CS_TOO_LARGE;
        return false;
    }
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    uint8_t *p = move(b, cap);
    if (p == NULL) {
        b->err = CS_NO_MEMORY;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *cs_buf_reserve(cs_buf *b, size_t n)
{
    if (b->err != CS_OK)
        return NULL;
    if (b->n < b->cap && n <= b->cap - b->n && n <= b->max && b->n <= b->max - n)
        return b->p + b->n; /* as nearly always */
    if (n > b->max || b->n > b->max - n) {
        b->err = CS_TOO_LARGE;
        return NULL;
    }
    if (!make_room(b, b->n + n == 0 ? 1 : b->n + n))
        return NULL;
    return b->p + b->n;
}

void cs_buf_grow(cs_buf *b, size_t n)
{
    if (b->err == CS_OK)
        b->n += n;
}

void cs_buf_add(cs_buf *b, cs_slice s)
{
    uint8_t *to = cs_buf_reserve(b, s.n);
    if (to == NULL)
        return;
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    b->n += s.n;
}

void cs_buf_add_str(cs_buf *b, const char *s)
{
    cs_buf_add(b, cs_slice_str(s));
}

void cs_buf_add_u8(cs_buf *b, uint8_t v)
{
    cs_buf_add(b, cs_slice_of(&v, 1));
}

static void add_be(cs_buf *b, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    cs_buf_add(b, cs_slice_of(bytes, n));
}

void cs_buf_add_u16(cs_buf *b, uint16_t v)
{
    add_be(b, v, 2);
}

void cs_buf_add_u32(cs_buf *b, uint32_t v)
{
    add_be(b, v, 4);
}

void cs_buf_add_u64(cs_buf *b, uint64_t v)
{
    add_be(b, v, 8);
}

void cs_buf_add_lp16(cs_buf *b, cs_slice s)
{
    if (s.n > UINT16_MAX) {
        if (b->err == CS_OK)
            b->err = CS_TOO_LARGE;
        return;
    }
    cs_buf_add_u16(b, (uint16_t)s.n);
    cs_buf_add(b, s);
}

void cs_buf_printf(cs_buf *b, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line) {
        if (b->err == CS_OK)
            b->err = CS_TOO_LARGE;
        return;
    }
    cs_buf_add(b, cs_slice_of(line, (size_t)n));
    if (b->wiped)
        cs_wipe(line, (size_t)n);
}

cs_slice cs_buf_slice(const cs_buf *b)
{
    if (b->err != CS_OK)
        return CS_ABSENT;
    return cs_slice_of(b->p != NULL ? b->p : (const uint8_t *)"", b->n);
}

const char *cs_buf_cstr(cs_buf *b)
{
    if (b->err != CS_OK || !make_room(b, b->n + 1))
        return "";
    b->p[b->n] = 0;
    return (const char *)b->p;
}

cs_reader cs_reader_of(cs_slice s)
{
    return (cs_reader){.rest = s};
}

cs_slice cs_read_bytes(cs_reader *r, size_t n)
{
    if (r->err != CS_OK || n > r->rest.n) {
        r->err = CS_BAD_FORMAT;
        return CS_ABSENT;
    }
    cs_slice s = cs_slice_of(r->rest.p, n);
    r->rest = cs_slice_of(r->rest.p + n, r->rest.n - n);
    return s;
}

static uint64_t read_be(cs_reader *r, size_t n)
{
    cs_slice s = cs_read_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

uint8_t cs_read_u8(cs_reader *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t cs_read_u16(cs_reader *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t cs_read_u32(cs_reader *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t cs_read_u64(cs_reader *r)
{
    return read_be(r, 8);
}

static uint64_t read_le(cs_reader *r, size_t n)
{
    cs_slice s = cs_read_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = s.n; i > 0; i--)
        v = v << 8 | s.p[i - 1];
    return v;
}

uint16_t cs_read_le16(cs_reader *r)
{
    return (uint16_t)read_le(r, 2);
}

uint32_t cs_read_le32(cs_reader *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t cs_read_le64(cs_reader *r)
{
    return read_le(r, 8);
}

void cs_read_zeros(cs_reader *r, size_t n)
{
    cs_slice s = cs_read_bytes(r, n);
    if (!cs_slice_all_zero(s))
        r->err = CS_BAD_FORMAT;
}

cs_slice cs_read_lp16(cs_reader *r)
{
    return cs_read_bytes(r, cs_read_u16(r));
}

cs_err cs_read_end(cs_reader *r)
{
    if (r->err == CS_OK && r->rest.n != 0)
        r->err = CS_BAD_FORMAT;
    return r->err;
}
