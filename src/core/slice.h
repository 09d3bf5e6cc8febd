/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: borrowed (cs_slice), being built (cs_buf), being read (cs_reader).
 *
 * Builders and readers keep a sticky error, so a caller writes straight-line code and checks once at the end.
 * None of them is for secrets; those live in cs_secret. What a peer sends or gets may have one among other things: that
 * is in buffers of cs_buf_new_wiped.
 */
#ifndef CS_CORE_SLICE_H
#define CS_CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* `n` bytes at `p`, owned by somebody else. {NULL, 0} means absent; an empty value has p != NULL. */
typedef struct cs_slice {
    const uint8_t *p;
    size_t n;
} cs_slice;

#define CS_ABSENT ((cs_slice){NULL, 0})
/* Slice of a string literal, without its terminator. */
#define CS_LIT(s) ((cs_slice){(const uint8_t *)("" s), sizeof(s) - 1})
/* Slice of a byte array (not of a pointer). */
#define CS_ARRAY(a) ((cs_slice){(const uint8_t *)(a), sizeof(a)})

cs_slice cs_slice_of(const void *p, size_t n);
cs_slice cs_slice_str(const char *s);
/* Bytes [from, from + n) of `s`, cut to what is there. */
cs_slice cs_slice_sub(cs_slice s, size_t from, size_t n);
/* Equality of public bytes; not constant time (secrets and tags: cs_secret_eq). */
bool cs_slice_eq(cs_slice a, cs_slice b);
bool cs_slice_is(cs_slice a, const char *s);
/* Order of public bytes: below, at or above 0 as `a` comes before, is, or comes behind `b`; a beginning comes before.
 */
int cs_slice_cmp(cs_slice a, cs_slice b);
bool cs_slice_starts(cs_slice s, cs_slice prefix);
/* True if no byte of it is set; an absent one has none. */
bool cs_slice_all_zero(cs_slice s);

/* Copies `s` as a C string into out[size]; CS_BAD_FIELD if it does not fit or has a NUL inside. */
CS_MUST_CHECK cs_err cs_slice_to_cstr(char *out, size_t size, cs_slice s);

/* Bytes under construction: heap memory that grows to at most `max`, or fixed memory of the caller. */
typedef struct cs_buf {
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t max;
    bool fixed;
    bool wiped; /* memory is wiped before it is given back */
    cs_err err; /* sticky: CS_OK, CS_TOO_LARGE or CS_NO_MEMORY */
} cs_buf;

/* An empty buffer that may grow to `max` bytes; free with cs_buf_free. */
cs_buf cs_buf_new(size_t max);
/* The same, leaving nothing of what it held behind when it grows or is freed. */
cs_buf cs_buf_new_wiped(size_t max);
/* An empty buffer over memory of the caller; needs no free. */
cs_buf cs_buf_over(void *memory, size_t size);
#define CS_BUF_OVER(array) cs_buf_over((array), sizeof(array))

void cs_buf_free(cs_buf *b);
void cs_buf_clear(cs_buf *b); /* length 0, error forgotten, memory kept */

/* Room for `n` more bytes: where to write them (then add n with cs_buf_grow), or NULL with the error set. */
uint8_t *cs_buf_reserve(cs_buf *b, size_t n);
void cs_buf_grow(cs_buf *b, size_t n);

void cs_buf_add(cs_buf *b, cs_slice s);
void cs_buf_add_str(cs_buf *b, const char *s);
void cs_buf_add_u8(cs_buf *b, uint8_t v);
void cs_buf_add_u16(cs_buf *b, uint16_t v); /* big-endian */
void cs_buf_add_u32(cs_buf *b, uint32_t v);
void cs_buf_add_u64(cs_buf *b, uint64_t v);
/* u16be length, then the bytes; more than 65,535 sets CS_TOO_LARGE. */
void cs_buf_add_lp16(cs_buf *b, cs_slice s);
void cs_buf_printf(cs_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What has been built; absent if an error is set. */
cs_slice cs_buf_slice(const cs_buf *b);
/* The same as a C string: a NUL is kept behind the bytes. "" if an error is set. */
const char *cs_buf_cstr(cs_buf *b);

/* Strict reading of a binary format. Past the end every read gives zero or absent and sets CS_BAD_FORMAT. */
typedef struct cs_reader {
    cs_slice rest;
    cs_err err;
} cs_reader;

cs_reader cs_reader_of(cs_slice s);
uint8_t cs_read_u8(cs_reader *r);
uint16_t cs_read_u16(cs_reader *r);
uint32_t cs_read_u32(cs_reader *r);
uint64_t cs_read_u64(cs_reader *r);
/* Little-endian, as processors write their reports. */
uint16_t cs_read_le16(cs_reader *r);
uint32_t cs_read_le32(cs_reader *r);
uint64_t cs_read_le64(cs_reader *r);
/* `n` bytes that must be zero: CS_BAD_FORMAT if one is not. */
void cs_read_zeros(cs_reader *r, size_t n);
cs_slice cs_read_bytes(cs_reader *r, size_t n);
cs_slice cs_read_lp16(cs_reader *r);
/* The sticky error, or CS_BAD_FORMAT if bytes are left. */
CS_MUST_CHECK cs_err cs_read_end(cs_reader *r);

#endif
