/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/form.h"

#include <string.h>

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes `part` behind what is there; false for an encoding that is none. */
static bool decode(cs_buf *out, cs_slice part)
{
    for (size_t i = 0; i < part.n; i++) {
        uint8_t c = part.p[i];
        if (c == '%') {
            int high = i + 2 < part.n ? digit(part.p[i + 1]) : -1, low = i + 2 < part.n ? digit(part.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (uint8_t)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == 0)
            return false;
        cs_buf_add_u8(out, c);
    }
    return true;
}

static bool read_pair(cs_form *out, cs_slice pair)
{
    const uint8_t *equals = pair.n > 0 ? memchr(pair.p, '=', pair.n) : NULL;
    size_t n = equals != NULL ? (size_t)(equals - pair.p) : pair.n;
    if (out->count == CS_FORM_PAIRS)
        return false;
    size_t at = out->count++;
    out->of[at].name = out->text.n;
    if (!decode(&out->text, cs_slice_sub(pair, 0, n)))
        return false;
    out->of[at].name_n = out->text.n - out->of[at].name;
    out->of[at].value = out->text.n;
    if (!decode(&out->text, cs_slice_sub(pair, n + 1, pair.n)))
        return false;
    out->of[at].value_n = out->text.n - out->of[at].value;
    return true;
}

cs_err cs_form_parse(cs_form *out, cs_slice text, size_t max)
{
    *out = (cs_form){.text = cs_buf_new_wiped(max)};
    if (text.n > max)
        return CS_TOO_LARGE;
    while (text.n > 0) {
        const uint8_t *mark = memchr(text.p, '&', text.n);
        size_t n = mark != NULL ? (size_t)(mark - text.p) : text.n;
        if (!read_pair(out, cs_slice_sub(text, 0, n)))
            return CS_BAD_FORMAT;
        text = cs_slice_sub(text, mark != NULL ? n + 1 : n, text.n);
    }
    return out->text.err;
}

void cs_form_free(cs_form *f)
{
    cs_buf_free(&f->text);
}

cs_slice cs_form_get(const cs_form *f, const char *name)
{
    cs_slice found = CS_ABSENT;
    size_t times = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (!cs_slice_is(cs_slice_of(f->text.p + f->of[i].name, f->of[i].name_n), name))
            continue;
        found = cs_slice_of(f->text.p + f->of[i].value, f->of[i].value_n);
        times++;
    }
    return times == 1 ? found : CS_ABSENT;
}

bool cs_segments_split(cs_segments *out, cs_slice path)
{
    *out = (cs_segments){0};
    while (path.n > 1) {
        path = cs_slice_sub(path, 1, path.n); /* the slash */
        const uint8_t *mark = memchr(path.p, '/', path.n);
        size_t n = mark != NULL ? (size_t)(mark - path.p) : path.n;
        cs_slice part = cs_slice_sub(path, 0, n);
        if (n == 0 || out->n == CS_FORM_SEGMENTS || memchr(part.p, '%', n) != NULL)
            return false;
        out->of[out->n++] = part;
        path = cs_slice_sub(path, n, path.n);
    }
    return true;
}
