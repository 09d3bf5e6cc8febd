/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: yyjson parses, the walk behind it refuses what RFC 8259 leaves open. Writing is json_write.c. */
#include "core/json.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "core/encode.h"
#include "core/limits.h"

/* cs_json is yyjson's document: nothing has to stand beside it. */
static yyjson_doc *doc_of(const cs_json *doc)
{
    return (yyjson_doc *)(uintptr_t)doc;
}

static yyjson_val *val_of(cs_jval v)
{
    return v.v;
}

static bool has_nul(yyjson_val *s)
{
    return memchr(yyjson_get_str(s), 0, yyjson_get_len(s)) != NULL;
}

/* -- memory ------------------------------------------------------------------------------------------------------- */

/* Documents carry API keys, data keys and private keys, so what a parser held is wiped before it goes back. The size
 * that the wiping needs stands in front of each block. */
#define BLOCK_HEAD sizeof(max_align_t)

static void *wiped_malloc(void *ctx, size_t size)
{
    (void)ctx;
    size_t *block = size <= SIZE_MAX - BLOCK_HEAD ? malloc(BLOCK_HEAD + size) : NULL;
    if (block == NULL)
        return NULL;
    *block = size;
    return (uint8_t *)block + BLOCK_HEAD;
}

static void wiped_free(void *ctx, void *p)
{
    (void)ctx;
    if (p == NULL)
        return;
    size_t *block = (void *)((uint8_t *)p - BLOCK_HEAD);
    cs_wipe(block, BLOCK_HEAD + *block);
    free(block);
}

static void *wiped_realloc(void *ctx, void *p, size_t old_size, size_t size)
{
    void *moved = wiped_malloc(ctx, size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, p, old_size < size ? old_size : size);
    wiped_free(ctx, p);
    return moved;
}

static const yyjson_alc wiped_memory = {wiped_malloc, wiped_realloc, wiped_free, NULL};

/* -- the walk -------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    yyjson_val *const *x = a, *const *y = b;
    size_t n = yyjson_get_len(*x), m = yyjson_get_len(*y);
    int order = memcmp(yyjson_get_str(*x), yyjson_get_str(*y), n < m ? n : m);
    return order != 0 ? order : (n > m) - (n < m);
}

/* Each with each: for few names that costs less than to sort them. */
static bool has_two_alike(yyjson_val *const *names, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        size_t len = yyjson_get_len(names[i]);
        for (size_t k = 0; k < i; k++)
            if (yyjson_get_len(names[k]) == len && memcmp(yyjson_get_str(names[k]), yyjson_get_str(names[i]), len) == 0)
                return true;
    }
    return false;
}

/* Names of an object, unescaped: no NUL, no two alike. Many are sorted first, so the cost stays near linear however
 * many are sent. */
static cs_err check_names(yyjson_val *obj)
{
    yyjson_val *few[16];
    size_t n = yyjson_obj_size(obj), i, max;
    yyjson_val **names = n <= 16 ? few : malloc(n * sizeof *names);
    yyjson_val *key, *value;
    cs_err err = CS_OK;
    if (names == NULL)
        return CS_NO_MEMORY;
    yyjson_obj_foreach(obj, i, max, key, value)
    {
        names[i] = key;
        if (has_nul(key))
            err = CS_BAD_JSON;
    }
    if (names == few) {
        if (has_two_alike(names, n))
            err = CS_BAD_JSON;
        return err;
    }
    qsort(names, n, sizeof *names, by_name);
    for (size_t k = 1; k < n; k++)
        if (by_name(&names[k - 1], &names[k]) == 0)
            err = CS_BAD_JSON;
    free(names);
    return err;
}

static cs_err check_value(yyjson_val *v, int depth);

static cs_err check_children(yyjson_val *v, int depth)
{
    size_t i, max;
    yyjson_val *key, *item;
    cs_err err = depth > CS_MAX_JSON_DEPTH ? CS_BAD_JSON : CS_OK;
    if (err == CS_OK && yyjson_is_obj(v)) {
        err = check_names(v);
        yyjson_obj_foreach(v, i, max, key, item) if (err == CS_OK) err = check_value(item, depth);
    } else if (err == CS_OK) {
        yyjson_arr_foreach(v, i, max, item) if (err == CS_OK) err = check_value(item, depth);
    }
    return err;
}

/* Recursion ends at CS_MAX_JSON_DEPTH. */
static cs_err check_value(yyjson_val *v, int depth)
{
    if (yyjson_is_ctn(v))
        return check_children(v, depth + 1);
    return yyjson_is_str(v) && has_nul(v) ? CS_BAD_JSON : CS_OK;
}

cs_err cs_json_parse(cs_json **out, cs_slice text, size_t max)
{
    *out = NULL;
    if (text.n > max)
        return CS_TOO_LARGE;
    if (text.n == 0)
        return CS_BAD_JSON;
    yyjson_read_err why;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NOFLAG, &wiped_memory, &why);
    if (doc == NULL)
        return why.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION ? CS_NO_MEMORY : CS_BAD_JSON;
    cs_err err = check_value(yyjson_doc_get_root(doc), 0);
    if (err != CS_OK) {
        yyjson_doc_free(doc);
        return err;
    }
    *out = (cs_json *)doc;
    return CS_OK;
}

void cs_json_free(cs_json *doc)
{
    yyjson_doc_free(doc_of(doc));
}

cs_jval cs_json_root(const cs_json *doc)
{
    return (cs_jval){yyjson_doc_get_root(doc_of(doc))};
}

/* -- objects by name ------------------------------------------------------------------------------------------- */

cs_jobj cs_jobj_open(cs_jval v)
{
    cs_jobj o = {.v = v};
    if (!yyjson_is_obj(val_of(v)) || yyjson_obj_size(val_of(v)) > CS_MAX_JSON_MEMBERS)
        cs_jobj_fail(&o, CS_BAD_FIELD, NULL);
    return o;
}

/* -- the text behind a value: it has been parsed, so it is strict JSON -------------------------------------------- */

static size_t skip_blanks(cs_slice text, size_t at)
{
    while (at < text.n && strchr(" \t\r\n", text.p[at]) != NULL && text.p[at] != '\0')
        at++;
    return at;
}

static size_t skip_string(cs_slice text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"'; at++)
        at += text.p[at] == '\\';
    return at + 1;
}

/* Of any value; brackets inside strings do not count. */
static size_t skip_value(cs_slice text, size_t at)
{
    size_t depth = 0;
    while (at < text.n) {
        uint8_t c = text.p[at];
        if (depth == 0 && (c == ',' || c == '}' || c == ']' || c <= ' '))
            break;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        bool ends = depth == 0 && (c == '"' || c == '}' || c == ']');
        at = c == '"' ? skip_string(text, at) : at + 1;
        if (ends)
            break;
    }
    return at;
}

cs_slice cs_jobj_source(cs_jobj *o, const char *name, cs_slice text)
{
    size_t i, max, at = skip_blanks(text, 0) + 1;
    yyjson_val *key, *value;
    if (o->err != CS_OK || o->v.v == NULL)
        return CS_ABSENT;
    yyjson_obj_foreach(val_of(o->v), i, max, key, value)
    {
        size_t begin = skip_blanks(text, skip_string(text, skip_blanks(text, at)));
        begin = skip_blanks(text, begin + 1); /* behind the colon */
        size_t end = skip_value(text, begin);
        if (yyjson_equals_str(key, name))
            return cs_slice_sub(text, begin, end - begin);
        at = skip_blanks(text, end) + 1; /* behind the comma */
    }
    return CS_ABSENT;
}

void cs_jobj_fail(cs_jobj *o, cs_err err, const char *name)
{
    if (o->err != CS_OK)
        return;
    cs_fault fault;
    o->err = cs_fault_set(&fault, err, name);
    memcpy(o->field, fault.field, sizeof o->field);
}

/* The member, marked as asked for; NULL if absent or after an error. */
static yyjson_val *find(cs_jobj *o, const char *name)
{
    size_t i, max;
    yyjson_val *key, *value;
    if (o->err != CS_OK || o->v.v == NULL)
        return NULL;
    yyjson_obj_foreach(val_of(o->v), i, max, key, value)
    {
        if (yyjson_equals_str(key, name)) {
            o->taken |= (uint64_t)1 << i;
            return value;
        }
    }
    return NULL;
}

static yyjson_val *find_required(cs_jobj *o, const char *name)
{
    yyjson_val *v = find(o, name);
    if (v == NULL)
        cs_jobj_fail(o, CS_MISSING_FIELD, name);
    return v;
}

bool cs_jobj_has(cs_jobj *o, const char *name)
{
    return find(o, name) != NULL;
}

bool cs_jobj_is_null(cs_jobj *o, const char *name)
{
    return yyjson_is_null(find(o, name));
}

static cs_slice str_of(cs_jobj *o, yyjson_val *v, const char *name, size_t max)
{
    if (v == NULL)
        return CS_ABSENT;
    if (!yyjson_is_str(v)) {
        cs_jobj_fail(o, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    if (yyjson_get_len(v) > max) {
        cs_jobj_fail(o, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    return cs_slice_of(yyjson_get_str(v), yyjson_get_len(v));
}

cs_slice cs_jobj_str(cs_jobj *o, const char *name, size_t max)
{
    return str_of(o, find_required(o, name), name, max);
}

cs_slice cs_jobj_str_opt(cs_jobj *o, const char *name, size_t max)
{
    return str_of(o, find(o, name), name, max);
}

/* An integer of the common range: no double, nothing above 2^53 - 1, in which other readers would round. */
static bool int_of(int64_t *out, yyjson_val *v)
{
    if (yyjson_is_uint(v) && yyjson_get_uint(v) <= (uint64_t)CS_JSON_INT_MAX)
        *out = (int64_t)yyjson_get_uint(v);
    else if (yyjson_is_sint(v) && yyjson_get_sint(v) >= -CS_JSON_INT_MAX)
        *out = yyjson_get_sint(v);
    else
        return false;
    return true;
}

static int64_t int_in(cs_jobj *o, yyjson_val *v, const char *name, int64_t min, int64_t max)
{
    int64_t n = 0;
    if (v == NULL)
        return 0;
    if (!int_of(&n, v) || n < min || n > max) {
        cs_jobj_fail(o, CS_BAD_FIELD, name);
        return 0;
    }
    return n;
}

int64_t cs_jobj_int(cs_jobj *o, const char *name, int64_t min, int64_t max)
{
    return int_in(o, find_required(o, name), name, min, max);
}

int64_t cs_jobj_int_or(cs_jobj *o, const char *name, int64_t min, int64_t max, int64_t or)
{
    yyjson_val *v = find(o, name);
    return v == NULL ? or : int_in(o, v, name, min, max);
}

bool cs_jobj_bool_or(cs_jobj *o, const char *name, bool or)
{
    yyjson_val *v = find(o, name);
    if (v != NULL && !yyjson_is_bool(v))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return v == NULL ? or : yyjson_get_bool(v);
}

static bool base64_of(cs_jobj *o, yyjson_val *v, const char *name, size_t max, cs_buf *out)
{
    if (v == NULL)
        return false;
    cs_slice text = str_of(o, v, name, (max + 2) / 3 * 4);
    if (text.p == NULL)
        return false;
    size_t from = out->n;
    cs_err err = cs_base64_decode(out, text);
    if (err == CS_OK && out->n - from > max) {
        out->n = from;
        err = CS_BAD_FIELD;
    }
    if (err != CS_OK)
        cs_jobj_fail(o, err, name);
    return err == CS_OK;
}

bool cs_jobj_base64(cs_jobj *o, const char *name, size_t max, cs_buf *out)
{
    return base64_of(o, find_required(o, name), name, max, out);
}

bool cs_jobj_base64_opt(cs_jobj *o, const char *name, size_t max, cs_buf *out)
{
    return base64_of(o, find(o, name), name, max, out);
}

static cs_jval container(cs_jobj *o, yyjson_val *v, const char *name, yyjson_type type)
{
    if (v == NULL)
        return (cs_jval){NULL};
    if (yyjson_get_type(v) != type) {
        cs_jobj_fail(o, CS_BAD_FIELD, name);
        return (cs_jval){NULL};
    }
    return (cs_jval){v};
}

cs_jval cs_jobj_object(cs_jobj *o, const char *name)
{
    return container(o, find_required(o, name), name, YYJSON_TYPE_OBJ);
}

cs_jval cs_jobj_object_opt(cs_jobj *o, const char *name)
{
    return container(o, find(o, name), name, YYJSON_TYPE_OBJ);
}

cs_jval cs_jobj_array(cs_jobj *o, const char *name)
{
    return container(o, find_required(o, name), name, YYJSON_TYPE_ARR);
}

cs_jval cs_jobj_array_opt(cs_jobj *o, const char *name)
{
    return container(o, find(o, name), name, YYJSON_TYPE_ARR);
}

cs_err cs_jobj_done(cs_jobj *o)
{
    size_t i, max;
    yyjson_val *key, *value;
    if (o->err != CS_OK || o->v.v == NULL)
        return o->err;
    yyjson_obj_foreach(val_of(o->v), i, max, key, value) if ((o->taken >> i & 1) == 0)
    {
        cs_jobj_fail(o, CS_UNKNOWN_FIELD, yyjson_get_str(key));
        break;
    }
    return o->err;
}

cs_err cs_jobj_done_open(cs_jobj *o)
{
    return o->err;
}

cs_err cs_jobj_fault(const cs_jobj *o, const char *prefix, cs_fault *fault)
{
    char path[2 * CS_FIELD_MAX];
    cs_buf b = CS_BUF_OVER(path);
    if (prefix != NULL) {
        cs_buf_add_str(&b, prefix);
        cs_buf_add_str(&b, o->field[0] != '\0' ? "." : "");
    }
    cs_buf_add_str(&b, o->field);
    return cs_fault_set(fault, o->err, cs_buf_cstr(&b));
}

size_t cs_jarr_len(cs_jval v)
{
    return yyjson_arr_size(val_of(v));
}

cs_jval cs_jarr_at(cs_jval v, size_t i)
{
    return (cs_jval){yyjson_arr_get(val_of(v), i)};
}

cs_slice cs_jval_str(cs_jval v)
{
    return yyjson_is_str(val_of(v)) ? cs_slice_of(yyjson_get_str(val_of(v)), yyjson_get_len(val_of(v))) : CS_ABSENT;
}

bool cs_jval_is_object(cs_jval v)
{
    return yyjson_is_obj(val_of(v));
}

bool cs_jval_is_array(cs_jval v)
{
    return yyjson_is_arr(val_of(v));
}

size_t cs_jval_members(cs_jval v)
{
    return yyjson_obj_size(val_of(v));
}

cs_jval cs_jval_member(cs_slice *name, cs_jval v, size_t i)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(val_of(v));
    yyjson_val *key = yyjson_obj_iter_next(&iter);
    while (key != NULL && i-- > 0)
        key = yyjson_obj_iter_next(&iter);
    *name = key != NULL ? cs_slice_of(yyjson_get_str(key), yyjson_get_len(key)) : CS_ABSENT;
    return (cs_jval){key != NULL ? yyjson_obj_iter_get_val(key) : NULL};
}

/* -- canonical form -------------------------------------------------------------------------------------------- */

/* The first UTF-16 unit at which two UTF-8 names differ decides [RFC 8785 §3.2.3]. That is the order of the bytes,
 * except that names above U+FFFF (first byte F0 or more) are surrogates in UTF-16 and sort before U+E000..U+FFFF. */
static int by_utf16(const void *a, const void *b)
{
    yyjson_val *const *x = a, *const *y = b;
    const uint8_t *p = (const uint8_t *)yyjson_get_str(*x), *q = (const uint8_t *)yyjson_get_str(*y);
    size_t n = yyjson_get_len(*x), m = yyjson_get_len(*y), i = 0;
    while (i < n && i < m && p[i] == q[i])
        i++;
    if (i == n || i == m)
        return (n > m) - (n < m);
    bool high_p = p[i] >= 0xF0, high_q = q[i] >= 0xF0;
    if (high_p != high_q && (high_p ? q[i] : p[i]) >= 0xEE)
        return high_p ? -1 : 1;
    return p[i] < q[i] ? -1 : 1;
}

static cs_err canonical(cs_jw *w, const char *name, yyjson_val *v);

static cs_err canonical_object(cs_jw *w, yyjson_val *v)
{
    yyjson_val *few[16];
    size_t n = yyjson_obj_size(v), i, max;
    yyjson_val **names = n <= 16 ? few : malloc(n * sizeof *names);
    yyjson_val *key, *value;
    cs_err err = CS_OK;
    if (names == NULL)
        return CS_NO_MEMORY;
    yyjson_obj_foreach(v, i, max, key, value) names[i] = key;
    if (n > 1)
        qsort(names, n, sizeof *names, by_utf16);
    for (size_t k = 0; k < n && err == CS_OK; k++) {
        cs_jw_str(w, NULL, cs_slice_of(yyjson_get_str(names[k]), yyjson_get_len(names[k])));
        cs_buf_add_u8(w->out, ':');
        w->comma = false;
        err = canonical(w, NULL, yyjson_obj_iter_get_val(names[k]));
    }
    if (names != few)
        free(names);
    return err;
}

static cs_err canonical(cs_jw *w, const char *name, yyjson_val *v)
{
    size_t i, max;
    yyjson_val *item;
    int64_t n;
    cs_err err = CS_OK;
    if (yyjson_is_obj(v)) {
        cs_jw_begin(w, name);
        err = canonical_object(w, v);
        cs_jw_end(w);
    } else if (yyjson_is_arr(v)) {
        cs_jw_begin_array(w, name);
        yyjson_arr_foreach(v, i, max, item) if (err == CS_OK) err = canonical(w, NULL, item);
        cs_jw_end_array(w);
    } else if (yyjson_is_str(v)) {
        cs_jw_str(w, name, cs_slice_of(yyjson_get_str(v), yyjson_get_len(v)));
    } else if (yyjson_is_bool(v)) {
        cs_jw_bool(w, name, yyjson_get_bool(v));
    } else if (yyjson_is_null(v)) {
        cs_jw_null(w, name);
    } else if (int_of(&n, v)) {
        cs_jw_int(w, name, n);
    } else {
        err = CS_BAD_FIELD;
    }
    return err;
}

cs_err cs_json_canonical(cs_buf *out, cs_jval v)
{
    cs_jw w = cs_jw_on(out);
    if (v.v == NULL)
        return CS_BAD_FIELD;
    cs_err err = canonical(&w, NULL, val_of(v));
    return err != CS_OK ? err : out->err;
}

/* The members of `v`, but for those that `unless` has. */
static cs_err overlay_members(cs_jw *w, yyjson_val *v, yyjson_val *unless)
{
    cs_err err = CS_OK;
    size_t i, max;
    yyjson_val *key, *value;
    yyjson_obj_foreach(v, i, max, key, value)
    {
        cs_slice name = cs_slice_of(yyjson_get_str(key), yyjson_get_len(key));
        if (err != CS_OK || (unless != NULL && yyjson_obj_getn(unless, (const char *)name.p, name.n) != NULL))
            continue;
        cs_jw_str(w, NULL, name);
        cs_buf_add_u8(w->out, ':');
        w->comma = false;
        err = canonical(w, NULL, value);
    }
    return err;
}

cs_err cs_json_overlay(cs_buf *out, cs_jval base, cs_jval over)
{
    cs_jw w = cs_jw_on(out);
    if (!yyjson_is_obj(val_of(base)) || !yyjson_is_obj(val_of(over)))
        return CS_BAD_FIELD;
    cs_jw_begin(&w, NULL);
    cs_err err = overlay_members(&w, val_of(base), val_of(over));
    if (err == CS_OK)
        err = overlay_members(&w, val_of(over), NULL);
    cs_jw_end(&w);
    return err != CS_OK ? err : out->err;
}
