/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/context.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct cs_context_pair *x = a, *y = b;
    size_t common = x->name.n < y->name.n ? x->name.n : y->name.n;
    int order = memcmp(x->name.p, y->name.p, common);
    return order != 0 ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

cs_err cs_context_read(cs_context *out, cs_jval object)
{
    size_t bytes = 0;
    *out = (cs_context){0};
    if (object.v == NULL)
        return CS_OK;
    if (!cs_jval_is_object(object))
        return CS_BAD_FIELD;
    size_t n = cs_jval_members(object);
    if (n > CS_CONTEXT_PAIRS)
        return CS_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct cs_context_pair *pair = &out->of[i];
        pair->value = cs_jval_str(cs_jval_member(&pair->name, object, i));
        if (pair->value.p == NULL || pair->name.n == 0)
            return CS_BAD_FIELD;
        bytes += pair->name.n + pair->value.n;
    }
    out->count = n;
    qsort(out->of, n, sizeof out->of[0], compare);
    return bytes <= CS_CONTEXT_BYTES ? CS_OK : CS_TOO_LARGE;
}

void cs_context_bytes(cs_buf *out, const cs_context *c)
{
    for (size_t i = 0; i < c->count; i++) {
        cs_buf_add_lp16(out, c->of[i].name);
        cs_buf_add_lp16(out, c->of[i].value);
    }
}

cs_slice cs_context_find(const cs_context *c, cs_slice name)
{
    for (size_t i = 0; i < c->count; i++)
        if (cs_slice_eq(c->of[i].name, name))
            return c->of[i].value;
    return CS_ABSENT;
}
