/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/head.h"

#include <string.h>

static bool is_word(cs_slice s)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || strchr(others, c) == NULL))
            return false;
    }
    return s.n > 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool cs_head_named(const cs_head_field *field, cs_slice name)
{
    if (field->name.n != name.n)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (lower(field->name.p[i]) != lower(name.p[i]))
            return false;
    return true;
}

cs_slice cs_head_value(const cs_head *h, const char *name)
{
    cs_slice found = CS_ABSENT;
    size_t times = 0;
    for (size_t i = 0; i < h->count; i++)
        if (cs_head_named(&h->fields[i], cs_slice_str(name))) {
            found = h->fields[i].value;
            times++;
        }
    return times == 1 ? found : CS_ABSENT;
}

size_t cs_head_end(cs_slice text)
{
    const uint8_t *end = text.n >= 4 ? memmem(text.p, text.n, "\r\n\r\n", 4) : NULL;
    return end == NULL ? 0 : (size_t)(end - text.p) + 4;
}

/* Takes the line off the front, its CRLF with it; false if there is none or it has another control character. */
static bool take_line(cs_slice *line, cs_slice *text)
{
    const uint8_t *end = text->n > 0 ? memchr(text->p, '\n', text->n) : NULL;
    if (end == NULL || end == text->p || end[-1] != '\r')
        return false;
    *line = cs_slice_of(text->p, (size_t)(end - text->p) - 1);
    *text = cs_slice_sub(*text, line->n + 2, text->n);
    for (size_t i = 0; i < line->n; i++)
        if ((line->p[i] < 0x20 && line->p[i] != '\t') || line->p[i] == 0x7f)
            return false;
    return true;
}

/* Takes what stands before `mark`, and the mark. */
static bool take_until(cs_slice *part, cs_slice *rest, uint8_t mark)
{
    const uint8_t *at = rest->n > 0 ? memchr(rest->p, mark, rest->n) : NULL;
    if (at == NULL)
        return false;
    *part = cs_slice_of(rest->p, (size_t)(at - rest->p));
    *rest = cs_slice_sub(*rest, part->n + 1, rest->n);
    return true;
}

static bool read_target(cs_head *out, cs_slice target)
{
    for (size_t i = 0; i < target.n; i++)
        if (target.p[i] <= 0x20 || target.p[i] > 0x7e || target.p[i] == '#')
            return false;
    out->path = target;
    cs_slice rest = target, path;
    if (take_until(&path, &rest, '?')) {
        out->path = path;
        out->query = cs_slice_of(path.p + path.n + 1, rest.n);
    }
    return out->path.n > 0 && out->path.p[0] == '/';
}

static cs_slice trim(cs_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = cs_slice_sub(s, 1, s.n);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static bool read_field(cs_head *out, cs_slice line)
{
    cs_head_field *f = &out->fields[out->count];
    if (out->count == CS_MAX_HEADER_FIELDS || !take_until(&f->name, &line, ':') || !is_word(f->name))
        return false;
    f->value = trim(line);
    out->count++;
    return true;
}

static cs_err read_length(cs_head *out)
{
    size_t times = 0;
    for (size_t i = 0; i < out->count; i++)
        times += cs_head_named(&out->fields[i], CS_LIT("content-length"));
    cs_slice text = cs_head_value(out, "content-length");
    if (times == 0)
        return CS_OK;
    if (times > 1 || text.n == 0)
        return CS_BAD_REQUEST;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return CS_BAD_REQUEST;
        out->content_length = out->content_length * 10 + (size_t)(text.p[i] - '0');
        if (out->content_length > CS_MAX_BODY)
            return CS_BODY_TOO_LARGE;
    }
    return CS_OK;
}

/* What would make the body something else than Content-Length bytes, or the client wait for an answer before it. */
static bool has_field(const cs_head *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (cs_head_named(&h->fields[i], cs_slice_str(name)))
            return true;
    return false;
}

cs_err cs_head_parse(cs_head *out, cs_slice text)
{
    cs_slice line, target;
    *out = (cs_head){0};
    if (!take_line(&line, &text) || !take_until(&out->method, &line, ' ') || !take_until(&target, &line, ' ') ||
        !cs_slice_is(line, "HTTP/1.1") || !is_word(out->method) || !read_target(out, target))
        return CS_BAD_REQUEST;
    for (;;) {
        if (!take_line(&line, &text))
            return CS_BAD_REQUEST;
        if (line.n == 0)
            break;
        if (!read_field(out, line))
            return CS_BAD_REQUEST;
    }
    if (text.n > 0 || has_field(out, "transfer-encoding") || has_field(out, "expect") || has_field(out, "upgrade"))
        return CS_BAD_REQUEST;
    out->close = cs_slice_is(cs_head_value(out, "connection"), "close");
    return read_length(out);
}
