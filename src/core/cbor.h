/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CBOR door: the only place where CBOR becomes values, and where values become CBOR [RFC 8949].
 *
 * Reading is strict: one item, nothing behind it, no duplicate keys in any map (compared by value, however they are
 * encoded), depth at most CS_MAX_CBOR_DEPTH, at most CS_MAX_CBOR_ITEMS items, UTF-8 only in text; map keys are integers
 * or strings. Tags, floats, `undefined` and other simple values are refused: no document that is read here has them.
 * Maps and arrays may be of indefinite length (genuine Nitro documents have been since late 2025) and heads need not be
 * the shortest; strings of indefinite length are refused, no vendor sends them and their bytes are not in one piece.
 *
 * A document is a flat table of what was found, over the bytes received: strings and encodings borrowed from it point
 * into those bytes and live as long as they do. What a head claims is never allocated; the table has at most one entry
 * for each byte that is really there.
 */
#ifndef CS_CORE_CBOR_H
#define CS_CORE_CBOR_H

#include "core/limits.h"
#include "core/slice.h"

typedef enum cs_cbor_type {
    CS_CBOR_ABSENT, /* no such value */
    CS_CBOR_UINT,   /* 0 .. 2^64 - 1 */
    CS_CBOR_NINT,   /* -2^64 .. -1 */
    CS_CBOR_BYTES,
    CS_CBOR_TEXT,
    CS_CBOR_ARRAY,
    CS_CBOR_MAP,
    CS_CBOR_BOOL,
    CS_CBOR_NULL
} cs_cbor_type;

typedef struct cs_cbor cs_cbor;

/* A value inside a document; doc == NULL means absent. Lives until cs_cbor_free. */
typedef struct cs_cval {
    const cs_cbor *doc;
    uint32_t at;
} cs_cval;

/* Parses `bytes` (at most `max`), which must outlive the document. Errors: CS_TOO_LARGE, CS_BAD_FORMAT, CS_NO_MEMORY;
 * *out is NULL then. */
CS_MUST_CHECK cs_err cs_cbor_parse(cs_cbor **out, cs_slice bytes, size_t max);
void cs_cbor_free(cs_cbor *doc);
cs_cval cs_cbor_root(const cs_cbor *doc);

/* Takes the tag off the front of `bytes` if it stands there, in its shortest form; true if it did. */
bool cs_cbor_untag(cs_slice *bytes, uint64_t tag);

cs_cbor_type cs_cval_type(cs_cval v);
/* The bytes of the whole item, as received. */
cs_slice cs_cval_encoded(cs_cval v);
/* Content of a string of that type; absent for anything else. */
cs_slice cs_cval_bytes(cs_cval v);
cs_slice cs_cval_text(cs_cval v);
/* False, and nothing written, for another type or a value that does not fit. */
bool cs_cval_uint(uint64_t *out, cs_cval v);
bool cs_cval_int(int64_t *out, cs_cval v);
bool cs_cval_bool(bool *out, cs_cval v);

/* Walking an array or map in the order received; a map gives key, value, key, value. Absent at the end. */
cs_cval cs_cval_first(cs_cval v);
cs_cval cs_cval_next(cs_cval v);
/* Items of an array, pairs of a map; 0 for anything else. */
size_t cs_cval_count(cs_cval v);

/* Reading a map by name. A member that is null is there, and not absent. */
typedef struct cs_cmap {
    cs_cval v;
    uint64_t taken; /* bit i: pair i was asked for */
    cs_err err;
    char field[CS_FIELD_MAX]; /* the member behind `err` */
} cs_cmap;

/* Opens `v`; CS_BAD_FIELD in the reader if it is no map or has more than CS_MAX_CBOR_MEMBERS pairs. */
cs_cmap cs_cmap_open(cs_cval v);
/* The value of a key; counts as asked for. Absent if there is none, or after an error. */
cs_cval cs_cmap_find(cs_cmap *m, const char *name);
cs_cval cs_cmap_find_int(cs_cmap *m, int64_t key);
/* Required members: CS_MISSING_FIELD if absent, CS_BAD_FIELD for another type or outside the limits. Text and bytes:
 * `min` to `max` bytes. The form with null gives an absent slice for null and for a member that is not there. */
cs_slice cs_cmap_text(cs_cmap *m, const char *name, size_t min, size_t max);
cs_slice cs_cmap_bytes(cs_cmap *m, const char *name, size_t min, size_t max);
cs_slice cs_cmap_bytes_or_null(cs_cmap *m, const char *name, size_t min, size_t max);
uint64_t cs_cmap_uint(cs_cmap *m, const char *name, uint64_t min, uint64_t max);
bool cs_cmap_bool(cs_cmap *m, const char *name);
cs_cval cs_cmap_array(cs_cmap *m, const char *name);
cs_cval cs_cmap_map(cs_cmap *m, const char *name);

/* Sets the sticky error (the first one stays) with the member's name; for checks of the caller. */
void cs_cmap_fail(cs_cmap *m, cs_err err, const char *name);
/* Ends the reading: the sticky error, or CS_UNKNOWN_FIELD if there is a key that nobody asked for. */
CS_MUST_CHECK cs_err cs_cmap_done(cs_cmap *m);

/* Writing: definite lengths, shortest heads. The caller writes as many items as a head has announced, and the keys of a
 * map in the order that is wanted. */
void cs_cborw_uint(cs_buf *out, uint64_t v);
void cs_cborw_int(cs_buf *out, int64_t v);
void cs_cborw_bytes(cs_buf *out, cs_slice s); /* an absent slice is written as null */
void cs_cborw_text(cs_buf *out, const char *s);
void cs_cborw_array(cs_buf *out, size_t items);
void cs_cborw_map(cs_buf *out, size_t pairs);
void cs_cborw_bool(cs_buf *out, bool v);
void cs_cborw_null(cs_buf *out);
void cs_cborw_tag(cs_buf *out, uint64_t tag);

#endif
