/* SPDX-License-Identifier: Apache-2.0 */
#include "core/framing.h"

#include <stdlib.h>

#include "core/limits.h"

void cs_frame_in_free(cs_frame_in *in)
{
    cs_json_free(in->doc);
    cs_buf_free(&in->bytes);
    cs_secret_wipe(&in->secret);
    free(in->items);
    *in = (cs_frame_in){0};
}

cs_jw cs_framing_begin(cs_buf *out, size_t *start, const char *type)
{
    *start = out->n;
    cs_buf_add_u32(out, 0);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "type", type);
    cs_jw_int(&w, "version", CS_MESSAGE_VERSION);
    return w;
}

cs_err cs_framing_end(cs_jw *w, size_t start)
{
    cs_buf *out = w->out;
    cs_jw_end(w);
    cs_err err = out->err;
    if (err == CS_OK && out->n - start - 4 > CS_MAX_FRAME)
        err = CS_TOO_LARGE;
    if (err != CS_OK) {
        out->n = start;
        return err;
    }
    cs_buf length = cs_buf_over(out->p + start, 4);
    cs_buf_add_u32(&length, (uint32_t)(out->n - start - 4));
    return length.err;
}

void cs_framing_put_opt(cs_jw *w, const char *name, cs_slice bytes)
{
    if (bytes.p != NULL)
        cs_jw_base64(w, name, bytes);
}

cs_err cs_error_write(cs_buf *out, cs_err err)
{
    size_t start;
    cs_jw w = cs_framing_begin(out, &start, "Error");
    cs_jw_cstr(&w, "code", cs_err_name(err == CS_OK ? CS_INTERNAL : err));
    return cs_framing_end(&w, start);
}

cs_err cs_framing_open(cs_framing *f, cs_frame_in *in, cs_slice json)
{
    *in = (cs_frame_in){.bytes = cs_buf_new(json.n)};
    cs_err err = cs_json_parse(&in->doc, json, CS_MAX_FRAME);
    if (err != CS_OK)
        return err;
    *f = (cs_framing){.o = cs_jobj_open(cs_json_root(in->doc)), .bytes = &in->bytes};
    f->type = cs_jobj_str(&f->o, "type", CS_MAX_ID);
    if (cs_jobj_int(&f->o, "version", 1, CS_JSON_INT_MAX) != CS_MESSAGE_VERSION)
        cs_jobj_fail(&f->o, CS_FRAME_TYPE, "version");
    return f->o.err == CS_OK ? CS_OK : CS_FRAME_TYPE;
}

/* Decoded bytes are fewer than their text, so with room for the whole text, taken before the first of them, the
 * buffer never moves and the slices into it stay good. */
cs_slice cs_framing_bytes(cs_framing *f, cs_jobj *o, const char *name, size_t min, size_t max)
{
    size_t start = f->bytes->n;
    if (start == 0 && cs_buf_reserve(f->bytes, f->bytes->max) == NULL)
        cs_jobj_fail(o, f->bytes->err, name);
    if (!cs_jobj_base64(o, name, max, f->bytes))
        return CS_ABSENT;
    cs_slice s = cs_slice_sub(cs_buf_slice(f->bytes), start, f->bytes->n);
    if (s.n < min)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return s;
}

cs_slice cs_framing_bytes_opt(cs_framing *f, cs_jobj *o, const char *name, size_t min, size_t max)
{
    return cs_jobj_has(o, name) ? cs_framing_bytes(f, o, name, min, max) : CS_ABSENT;
}

cs_slice cs_framing_name(cs_jobj *o, const char *name, size_t max)
{
    cs_slice s = cs_jobj_str(o, name, max);
    if (s.p != NULL && s.n == 0)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return s;
}

cs_err cs_framing_code(cs_jobj *o)
{
    char name[CS_MAX_ID + 1];
    cs_slice code = cs_jobj_str(o, "code", CS_MAX_ID);
    if (cs_jobj_done(o) != CS_OK || cs_slice_to_cstr(name, sizeof name, code) != CS_OK)
        return CS_FRAME_TYPE;
    return cs_err_by_name(name);
}
