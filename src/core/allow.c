/* SPDX-License-Identifier: Apache-2.0 */
#include "core/allow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"

/* One hash into `out`. */
static bool read_hash(uint8_t *out, size_t width, const char *prefix, cs_slice text)
{
    cs_slice head = cs_slice_str(prefix);
    cs_slice hex = cs_slice_starts(text, head) ? cs_slice_sub(text, head.n, text.n) : text;
    cs_buf bytes = cs_buf_over(out, width);
    return hex.n == 2 * width && cs_hex_decode(&bytes, hex) == CS_OK && !cs_slice_all_zero(cs_slice_of(out, width));
}

void cs_allow_read(cs_allow *out, cs_jobj *o, const char *name, const char *prefix, size_t width, bool optional)
{
    cs_jval list = cs_jobj_array_opt(o, name);
    size_t n = cs_jarr_len(list);
    *out = (cs_allow){.width = width};
    if (optional && list.v == NULL)
        return;
    if (n == 0)
        cs_jobj_fail(o, CS_POLICY_ALLOWLIST_EMPTY, name);
    if (n > CS_MAX_ALLOWED_IMAGES)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    if (o->err != CS_OK || n == 0)
        return;
    out->values = calloc(n, width);
    if (out->values == NULL)
        cs_jobj_fail(o, CS_NO_MEMORY, name);
    for (size_t i = 0; i < n && o->err == CS_OK; i++) {
        if (!read_hash(out->values + i * width, width, prefix, cs_jval_str(cs_jarr_at(list, i))))
            cs_jobj_fail(o, CS_POLICY_HASH, name);
        else
            out->count++;
    }
}

void cs_allow_write(cs_jw *w, const char *name, const char *prefix, const cs_allow *list)
{
    if (list->count == 0)
        return;
    cs_jw_begin_array(w, name);
    for (size_t i = 0; i < list->count; i++)
        cs_jw_hex(w, NULL, prefix, cs_slice_of(list->values + i * list->width, list->width));
    cs_jw_end_array(w);
}

bool cs_allow_has(const cs_allow *list, cs_slice value)
{
    bool found = false;
    for (size_t i = 0; i < list->count; i++)
        found = found || cs_slice_eq(value, cs_slice_of(list->values + i * list->width, list->width));
    return found && !cs_slice_all_zero(value);
}

void cs_allow_free(cs_allow *list)
{
    free(list->values);
    *list = (cs_allow){0};
}

/* -- registers ----------------------------------------------------------------------------------------------------- */

static const char *number(char out[4], unsigned i)
{
    (void)snprintf(out, 4, "%u", i % 100);
    return out;
}

void cs_allow_registers_read(cs_allow_registers *out, cs_jobj *o, const char *name, const char *prefix, size_t width,
                             unsigned limit, bool optional)
{
    char digits[4];
    *out = (cs_allow_registers){0};
    cs_jval v = cs_jobj_object_opt(o, name);
    if (v.v == NULL && optional)
        return;
    if (v.v == NULL) {
        cs_jobj_fail(o, CS_POLICY_ALLOWLIST_EMPTY, name);
        return;
    }
    cs_jobj members = cs_jobj_open(v);
    for (unsigned i = 0; i < limit && i < CS_ALLOW_REGISTERS; i++) {
        if (!cs_jobj_has(&members, number(digits, i)))
            continue;
        cs_allow_read(&out->list[i], &members, digits, prefix, width, false);
        out->named |= 1u << i;
    }
    cs_err err = cs_jobj_done(&members);
    if (err == CS_OK && out->named == 0)
        err = CS_POLICY_ALLOWLIST_EMPTY;
    if (err != CS_OK)
        cs_jobj_fail(o, err, name);
}

/* In the order of their names as texts, as RFC 8785 wants it: "0", "1", "10", "11", …, "2". */
static void write_from(cs_jw *w, const char *prefix, const cs_allow_registers *r, unsigned first)
{
    char digits[4];
    if (first >= CS_ALLOW_REGISTERS)
        return;
    cs_allow_write(w, number(digits, first), prefix, &r->list[first]);
    for (unsigned i = 10 * first; first > 0 && i < 10 * first + 10; i++)
        write_from(w, prefix, r, i);
}

void cs_allow_registers_write(cs_jw *w, const char *name, const char *prefix, const cs_allow_registers *r)
{
    if (r->named == 0)
        return;
    cs_jw_begin(w, name);
    for (unsigned i = 0; i < 10; i++)
        write_from(w, prefix, r, i);
    cs_jw_end(w);
}

cs_err cs_allow_registers_judge(const cs_allow_registers *r, const cs_slice *values, unsigned limit)
{
    for (unsigned i = 0; i < CS_ALLOW_REGISTERS; i++)
        if ((r->named >> i & 1) != 0 && (i >= limit || values[i].p == NULL))
            return CS_ATT_REGISTER_MISSING;
    for (unsigned i = 0; i < CS_ALLOW_REGISTERS; i++)
        if ((r->named >> i & 1) != 0 && !cs_allow_has(&r->list[i], values[i]))
            return CS_ATT_IMAGE_NOT_ALLOWED;
    return CS_OK;
}

void cs_allow_registers_free(cs_allow_registers *r)
{
    for (size_t i = 0; i < CS_ALLOW_REGISTERS; i++)
        cs_allow_free(&r->list[i]);
    r->named = 0;
}
