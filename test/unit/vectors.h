/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading vector files. Those of the project (CS_VECTORS) are always there; the public collections
 * (CS_SHARED_VECTORS) lie beside the clone, and a test that wants them is skipped where the folder is absent.
 *
 * The public files hold what our own JSON door refuses on purpose, so they are read with yyjson. Bytes that a case
 * takes out of a document live until vectors_release.
 */
#ifndef CS_TEST_VECTORS_H
#define CS_TEST_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "core/encode.h"

#define VECTORS_MAX (64u << 20)

static void *vectors_held[256];
static size_t vectors_held_count;

/* Memory until vectors_release. */
static inline uint8_t *vectors_hold(size_t n)
{
    assert_true(vectors_held_count < sizeof vectors_held / sizeof *vectors_held);
    uint8_t *p = malloc(n > 0 ? n : 1);
    assert_non_null(p);
    vectors_held[vectors_held_count++] = p;
    return p;
}

static inline void vectors_release(void)
{
    while (vectors_held_count > 0)
        free(vectors_held[--vectors_held_count]);
}

static inline bool vectors_read_stream(cs_buf *out, FILE *f)
{
    size_t got = 1;
    while (got > 0) {
        uint8_t *to = cs_buf_reserve(out, 1u << 16);
        if (to == NULL)
            return false;
        got = fread(to, 1, 1u << 16, f);
        cs_buf_grow(out, got);
    }
    return ferror(f) == 0;
}

/* A whole file; "….xz" is unpacked on the way. Free with cs_buf_free. */
static inline cs_buf vectors_file(const char *path)
{
    size_t n = strlen(path);
    bool packed = n > 3 && strcmp(path + n - 3, ".xz") == 0;
    char command[512];
    cs_buf text = cs_buf_new(VECTORS_MAX);
    if (packed) {
        assert_true(snprintf(command, sizeof command, "xz -dc '%s'", path) < (int)sizeof command);
        if (system("command -v xz >/dev/null") != 0) {
            print_message("xz is not here to unpack %s\n", path);
            skip();
        }
    }
    FILE *f = packed ? popen(command, "r") : fopen(path, "rb");
    assert_non_null(f);
    assert_true(vectors_read_stream(&text, f));
    assert_int_equal(packed ? pclose(f) : fclose(f), 0);
    return text;
}

/* A public file, by its name below the collection; the test is skipped where there is no collection. */
static inline cs_buf vectors_public_file(const char *name)
{
    char path[512];
    if (access(CS_SHARED_VECTORS, R_OK) != 0) {
        print_message("the public vectors are not here: %s\n", CS_SHARED_VECTORS);
        skip();
    }
    assert_true(snprintf(path, sizeof path, "%s/%s", CS_SHARED_VECTORS, name) < (int)sizeof path);
    return vectors_file(path);
}

static inline yyjson_doc *vectors_parse(cs_buf *text)
{
    cs_slice s = cs_buf_slice(text);
    yyjson_doc *doc = yyjson_read((const char *)s.p, s.n, YYJSON_READ_NOFLAG);
    assert_non_null(doc);
    cs_buf_free(text);
    return doc;
}

static inline yyjson_doc *vectors_public_json(const char *name)
{
    cs_buf text = vectors_public_file(name);
    return vectors_parse(&text);
}

static inline cs_slice vectors_text(yyjson_val *object, const char *name)
{
    yyjson_val *v = yyjson_obj_get(object, name);
    return v == NULL ? CS_ABSENT : cs_slice_of(yyjson_get_str(v), yyjson_get_len(v));
}

static inline bool vectors_is(yyjson_val *object, const char *name, const char *value)
{
    return yyjson_equals_str(yyjson_obj_get(object, name), value);
}

/* True if the string array `flags` of the case holds `flag`. */
static inline bool vectors_flag(yyjson_val *test, const char *flag)
{
    size_t i, max;
    yyjson_val *v;
    yyjson_arr_foreach(yyjson_obj_get(test, "flags"), i, max, v) if (yyjson_equals_str(v, flag)) return true;
    return false;
}

/* Hex digits of either case. */
static inline cs_slice vectors_from_hex(cs_slice text)
{
    if (text.p == NULL)
        return CS_ABSENT;
    assert_int_equal(text.n % 2, 0);
    uint8_t *bytes = vectors_hold(text.n / 2);
    for (size_t i = 0; i < text.n / 2; i++) {
        char pair[3] = {(char)text.p[2 * i], (char)text.p[2 * i + 1], '\0'};
        char *end = NULL;
        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        assert_true(end == pair + 2);
    }
    return cs_slice_of(bytes, text.n / 2);
}

/* A member in hex; absent if the object has none. */
static inline cs_slice vectors_hex(yyjson_val *object, const char *name)
{
    return vectors_from_hex(vectors_text(object, name));
}

static inline cs_slice vectors_from_base64(cs_slice text)
{
    if (text.p == NULL)
        return CS_ABSENT;
    size_t room = text.n / 4 * 3 + 3;
    cs_buf out = cs_buf_over(vectors_hold(room), room);
    assert_int_equal(cs_base64_decode(&out, text), CS_OK);
    return cs_buf_slice(&out);
}

static inline cs_slice vectors_base64(yyjson_val *object, const char *name)
{
    return vectors_from_base64(vectors_text(object, name));
}

/* A copy that the sanitizers bound exactly, with room to change it. */
static inline uint8_t *vectors_copy(cs_slice s)
{
    uint8_t *p = vectors_hold(s.n);
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

#endif
