/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outline.h"

#include <stdio.h>

#include "cli/talk.h"
#include "core/limits.h"

#define COLUMN 24   /* where values begin */
#define MAX_LINE 80 /* up to which the values of a list stand side by side */

static bool is_list(cs_jval v)
{
    return cs_jval_is_array(v) && cs_jarr_len(v) > 0;
}

static bool has_inside(cs_jval v)
{
    return (cs_jval_is_object(v) && cs_jval_members(v) > 0) || is_list(v);
}

/* A value with nothing inside, as text. No value and an empty one are not the same. */
static void add_value(cs_buf *out, cs_jval v)
{
    cs_slice text = cs_jval_str(v);
    cs_buf json = cs_buf_new(CS_MAX_DESCRIPTION_JSON);
    if (text.p == NULL && !cs_jval_is_object(v) && !cs_jval_is_array(v) && cs_json_canonical(&json, v) == CS_OK)
        text = cs_slice_is(cs_buf_slice(&json), "null") ? CS_LIT("-") : cs_buf_slice(&json);
    cs_buf_add(out, text.n > 0 ? text : CS_LIT("(empty)"));
    cs_buf_free(&json);
}

/* The values of a list side by side; false if that is too long, or there is something inside one. */
static bool add_list(cs_buf *out, cs_jval v)
{
    for (size_t i = 0; i < cs_jarr_len(v); i++) {
        if (has_inside(cs_jarr_at(v, i)))
            return false;
        cs_buf_add_str(out, i > 0 ? " " : "");
        add_value(out, cs_jarr_at(v, i));
    }
    return out->err == CS_OK && out->n <= MAX_LINE;
}

/* True if the value stands on the line that its name began. */
static bool put_value(int width, cs_jval v)
{
    cs_buf text = cs_buf_new(CS_MAX_DESCRIPTION_JSON);
    bool fits = is_list(v) ? add_list(&text, v) : !has_inside(v);
    if (!has_inside(v))
        add_value(&text, v);
    if (fits) {
        (void)printf("%*s", width < COLUMN ? COLUMN - width : 1, "");
        cs_talk_clean(stdout, cs_buf_slice(&text));
    }
    (void)putchar('\n');
    cs_buf_free(&text);
    return fits;
}

/* `limit` is the door's own on depth; what comes from it is never deeper. */
static void put_inside(cs_jval v, int depth, int limit)
{
    char number[24];
    bool object = cs_jval_is_object(v);
    size_t n = object ? cs_jval_members(v) : cs_jarr_len(v);
    for (size_t i = 0; limit > 0 && i < n; i++) {
        cs_slice name = CS_ABSENT;
        (void)snprintf(number, sizeof number, "%zu", i);
        cs_jval at = object ? cs_jval_member(&name, v, i) : cs_jarr_at(v, i);
        if (!object)
            name = cs_slice_str(number);
        (void)printf("%*s", 2 * depth, "");
        cs_talk_clean(stdout, name);
        if (!put_value(2 * depth + (int)name.n, at))
            put_inside(at, depth + 1, limit - 1);
    }
}

void cs_outline_print(cs_jval v)
{
    put_inside(v, 0, CS_MAX_JSON_DEPTH);
}
