/* SPDX-License-Identifier: Apache-2.0 */
/* Text of the kind `a=b&c=d`: queries, and bodies of type application/x-www-form-urlencoded. Pure. */
#ifndef CS_DEVKMS_FORM_H
#define CS_DEVKMS_FORM_H

#include "core/slice.h"

#define CS_FORM_PAIRS 32

typedef struct cs_form {
    cs_buf text; /* the decoded names and values */
    size_t count;
    struct {
        size_t name, name_n, value, value_n; /* in the text */
    } of[CS_FORM_PAIRS];
} cs_form;

/* Decodes %XX and '+'. CS_BAD_FORMAT for a percent sign without two hex digits, a NUL, or too many pairs; CS_TOO_LARGE
 * above `max` bytes. To be freed in any case. */
CS_MUST_CHECK cs_err cs_form_parse(cs_form *out, cs_slice text, size_t max);
void cs_form_free(cs_form *f);
/* The value of a name that is there once; absent otherwise. */
cs_slice cs_form_get(const cs_form *f, const char *name);

/* A path's parts between the slashes. */
#define CS_FORM_SEGMENTS 16
typedef struct cs_segments {
    size_t n;
    cs_slice of[CS_FORM_SEGMENTS];
} cs_segments;
/* "/a/b/" is {a, b}. False for a path with an empty part, an encoded character, or too many parts. */
CS_MUST_CHECK bool cs_segments_split(cs_segments *out, cs_slice path);

#endif
