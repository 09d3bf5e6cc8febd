/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON door: the only place where JSON text becomes values, and where values become JSON text.
 *
 * Reading is strict beyond RFC 8259: one value, nothing behind it, no duplicate names (compared after unescaping),
 * depth at most CS_MAX_JSON_DEPTH, no NUL in strings or names, UTF-8 only, integers where integers belong and within
 * ±(2^53 − 1). An object is read by name through a cs_jobj that keeps a sticky error and the name that caused it;
 * at the end cs_jobj_done refuses members that nobody asked for. What a document held is wiped when it is freed.
 *
 * Writing goes straight into a cs_buf, so base64 and hex need no copy in between.
 */
#ifndef CS_CORE_JSON_H
#define CS_CORE_JSON_H

#include "core/slice.h"

#define CS_JSON_INT_MAX 9007199254740991LL /* 2^53 - 1 */

/* A parsed document. Strings and values borrowed from it live until cs_json_free. */
typedef struct cs_json cs_json;

/* A value inside a document; v == NULL means absent. */
typedef struct cs_jval {
    void *v;
} cs_jval;

/* Parses `text` (at most `max` bytes). Errors: CS_TOO_LARGE, CS_BAD_JSON, CS_NO_MEMORY; *out is NULL then. */
CS_MUST_CHECK cs_err cs_json_parse(cs_json **out, cs_slice text, size_t max);
void cs_json_free(cs_json *doc);
cs_jval cs_json_root(const cs_json *doc);

/* Reading an object by name; all zero is one without members. A member that is null is there: it is no string, number
 * or object, and not absent. */
typedef struct cs_jobj {
    cs_jval v;
    uint64_t taken; /* bit i: member i was asked for */
    cs_err err;
    char field[CS_FIELD_MAX]; /* the member behind `err` */
} cs_jobj;

/* Opens `v`; CS_BAD_FIELD in the reader if it is no object or has more than CS_MAX_JSON_MEMBERS members. */
cs_jobj cs_jobj_open(cs_jval v);

/* True if the member is there (also when it is null); counts as asked for. */
bool cs_jobj_has(cs_jobj *o, const char *name);
/* True if the member is there and null; counts as asked for. */
bool cs_jobj_is_null(cs_jobj *o, const char *name);
/* A string of at most `max` bytes. Required: CS_MISSING_FIELD if absent. Optional: absent slice. */
cs_slice cs_jobj_str(cs_jobj *o, const char *name, size_t max);
cs_slice cs_jobj_str_opt(cs_jobj *o, const char *name, size_t max);
/* An integer in [min, max]; the second form gives `or` if the member is absent. */
int64_t cs_jobj_int(cs_jobj *o, const char *name, int64_t min, int64_t max);
int64_t cs_jobj_int_or(cs_jobj *o, const char *name, int64_t min, int64_t max, int64_t or);
bool cs_jobj_bool_or(cs_jobj *o, const char *name, bool or);
/* Strict base64 of at most `max` decoded bytes, appended to `out`. False if absent (an error when required). */
bool cs_jobj_base64(cs_jobj *o, const char *name, size_t max, cs_buf *out);
bool cs_jobj_base64_opt(cs_jobj *o, const char *name, size_t max, cs_buf *out);
/* Nested values: the member must be an object / an array; absent gives v == NULL (an error when required). */
cs_jval cs_jobj_object(cs_jobj *o, const char *name);
cs_jval cs_jobj_object_opt(cs_jobj *o, const char *name);
cs_jval cs_jobj_array(cs_jobj *o, const char *name);
cs_jval cs_jobj_array_opt(cs_jobj *o, const char *name);

/* The text of a member as it stands in `text`, which is what the object `o` was parsed from; absent if it is not there.
 */
cs_slice cs_jobj_source(cs_jobj *o, const char *name, cs_slice text);

/* Sets the sticky error (the first one stays) with the member's name; for checks of the caller. */
void cs_jobj_fail(cs_jobj *o, cs_err err, const char *name);

/* Ends the reading: the sticky error, or CS_UNKNOWN_FIELD with the first name that nobody asked for. */
CS_MUST_CHECK cs_err cs_jobj_done(cs_jobj *o);
/* Ends the reading of an object whose other members are to be ignored. */
CS_MUST_CHECK cs_err cs_jobj_done_open(cs_jobj *o);
/* Copies err and field of `o` into `fault` (may be NULL), the field behind `prefix` (may be NULL) and a dot. */
cs_err cs_jobj_fault(const cs_jobj *o, const char *prefix, cs_fault *fault);

/* Arrays: length (0 for anything else) and items; strings of an array. */
size_t cs_jarr_len(cs_jval v);
cs_jval cs_jarr_at(cs_jval v, size_t i);
/* The string, or an absent slice if the value is no string. */
cs_slice cs_jval_str(cs_jval v);

/* Values of which nothing is known beforehand, to be shown: the members of an object as they stand there. */
bool cs_jval_is_object(cs_jval v);
bool cs_jval_is_array(cs_jval v);
size_t cs_jval_members(cs_jval v); /* 0 for anything but an object */
/* The i-th member; its name lives as long as the document. */
cs_jval cs_jval_member(cs_slice *name, cs_jval v, size_t i);

/* Any value as JSON text: RFC 8785 canonical form. Doubles are refused (CS_BAD_FIELD): signed documents hold
 * integers only [RFC 8785 §3.2.2.3 is thereby not needed]. */
CS_MUST_CHECK cs_err cs_json_canonical(cs_buf *out, cs_jval v);

/* An object with the members of `base`, those that `over` has too in the value that they have there, and the rest of
 * `over`, in no order that means anything. CS_BAD_FIELD if one of the two is no object, or for a double. */
CS_MUST_CHECK cs_err cs_json_overlay(cs_buf *out, cs_jval base, cs_jval over);

/* Writing. Commas are put where they belong; names are literals of ours and need no escaping. */
typedef struct cs_jw {
    cs_buf *out;
    bool comma;
} cs_jw;

cs_jw cs_jw_on(cs_buf *out);
void cs_jw_begin(cs_jw *w, const char *name);           /* {   name NULL at top level and in arrays */
void cs_jw_end(cs_jw *w);                               /* } */
void cs_jw_begin_array(cs_jw *w, const char *name);     /* [ */
void cs_jw_end_array(cs_jw *w);                         /* ] */
void cs_jw_str(cs_jw *w, const char *name, cs_slice s); /* an absent slice is written as null */
void cs_jw_cstr(cs_jw *w, const char *name, const char *s);
void cs_jw_int(cs_jw *w, const char *name, int64_t v);
void cs_jw_bool(cs_jw *w, const char *name, bool v);
void cs_jw_null(cs_jw *w, const char *name);
void cs_jw_base64(cs_jw *w, const char *name, cs_slice bytes);
/* prefix (a literal such as "sha256:" or "") and lower-case hex */
void cs_jw_hex(cs_jw *w, const char *name, const char *prefix, cs_slice bytes);
/* JSON text that is already strict and checked */
void cs_jw_raw(cs_jw *w, const char *name, cs_slice json);
/* Members of an object, written before with their names and commas. */
void cs_jw_members(cs_jw *w, cs_slice members);

#endif
