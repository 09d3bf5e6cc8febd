/* SPDX-License-Identifier: Apache-2.0 */
#include "core/http_answer.h"

#include <string.h>

#define LENGTH_DIGITS 8

struct head {
    int status;
    bool has_length;
    size_t length;
};

static bool is_token_char(uint8_t c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Printable, blank or tab; bytes above 127 are obs-text and have no business here. */
static bool is_text(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\t' && (s.p[i] < 0x20 || s.p[i] > 0x7e))
            return false;
    return true;
}

/* "HTTP/1.1 200 OK" */
static cs_err read_status(struct head *h, cs_slice line)
{
    const cs_slice version = CS_LIT("HTTP/1.1 ");
    if (!cs_slice_starts(line, version) || line.n < version.n + 4 || !is_text(line))
        return CS_BAD_FORMAT;
    const uint8_t *d = line.p + version.n;
    if (!is_digit(d[0]) || !is_digit(d[1]) || !is_digit(d[2]) || d[3] != ' ')
        return CS_BAD_FORMAT;
    h->status = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
    return h->status >= 200 && h->status <= 599 ? CS_OK : CS_BAD_FORMAT; /* nobody asked for a 1xx */
}

static bool is_named(cs_slice name, const char *lower)
{
    if (name.n != strlen(lower))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != (uint8_t)lower[i])
            return false;
    }
    return true;
}

static cs_err read_length(struct head *h, cs_slice value)
{
    if (h->has_length || value.n == 0 || value.n > LENGTH_DIGITS)
        return CS_BAD_FORMAT;
    for (size_t i = 0; i < value.n; i++) {
        if (!is_digit(value.p[i]))
            return CS_BAD_FORMAT;
        h->length = h->length * 10 + (size_t)(value.p[i] - '0');
    }
    h->has_length = true;
    return CS_OK;
}

static cs_slice trim(cs_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = cs_slice_sub(s, 1, s.n);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static cs_err read_field(struct head *h, cs_slice line)
{
    size_t n = 0;
    while (n < line.n && is_token_char(line.p[n]))
        n++;
    if (n == 0 || n == line.n || line.p[n] != ':' || !is_text(line))
        return CS_BAD_FORMAT;
    cs_slice name = cs_slice_sub(line, 0, n), value = trim(cs_slice_sub(line, n + 1, line.n));
    if (is_named(name, "content-length"))
        return read_length(h, value);
    if (is_named(name, "transfer-encoding") || is_named(name, "content-encoding") || is_named(name, "trailer") ||
        is_named(name, "upgrade"))
        return CS_BAD_FORMAT;
    return CS_OK;
}

/* Length of the first line without its CRLF; `whole` is false if it does not end here. A bare CR or LF ends nothing. */
static cs_err next_line(cs_slice *line, bool *whole, cs_slice rest)
{
    *whole = false;
    *line = rest;
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] == '\n')
            return CS_BAD_FORMAT;
        if (rest.p[i] != '\r')
            continue;
        if (i + 1 == rest.n)
            return CS_OK;
        if (rest.p[i + 1] != '\n')
            return CS_BAD_FORMAT;
        *line = cs_slice_sub(rest, 0, i);
        *whole = true;
        return CS_OK;
    }
    return CS_OK;
}

/* *n: bytes of the head with its empty line; 0: it has not arrived yet. */
static cs_err read_head(struct head *h, size_t *n, cs_slice bytes)
{
    size_t at = 0;
    *n = 0;
    for (size_t lines = 0;; lines++) {
        cs_slice line, rest = cs_slice_sub(bytes, at, bytes.n);
        bool whole;
        cs_err err = next_line(&line, &whole, rest);
        if (err == CS_OK && at + line.n + 2 > CS_HTTP_ANSWER_HEAD)
            err = CS_TOO_LARGE;
        if (err != CS_OK || !whole)
            return err;
        at += line.n + 2;
        if (lines > 0 && line.n == 0)
            break;
        if (lines > CS_HTTP_ANSWER_FIELDS)
            return CS_TOO_LARGE;
        err = lines == 0 ? read_status(h, line) : read_field(h, line);
        if (err != CS_OK)
            return err;
    }
    *n = at;
    return h->has_length ? CS_OK : CS_BAD_FORMAT;
}

cs_err cs_http_answer_read(cs_http_answer *out, bool *complete, cs_slice bytes, size_t max_body)
{
    struct head h = {0};
    size_t n;
    *out = (cs_http_answer){0};
    *complete = false;
    cs_err err = read_head(&h, &n, bytes);
    if (err != CS_OK || n == 0)
        return err;
    if (h.length > max_body)
        return CS_TOO_LARGE;
    if (bytes.n - n > h.length)
        return CS_BAD_FORMAT;
    if (bytes.n - n < h.length)
        return CS_OK;
    *complete = true;
    *out = (cs_http_answer){h.status, cs_slice_sub(bytes, n, h.length)};
    return CS_OK;
}
