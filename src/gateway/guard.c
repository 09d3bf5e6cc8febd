/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/guard.h"

#include <string.h>

#include "core/limits.h"

cs_guard cs_guard_new(void)
{
    return (cs_guard){.head = cs_buf_new_wiped(CS_MAX_HEAD), .body = cs_buf_new_wiped(CS_MAX_BODY)};
}

void cs_guard_free(cs_guard *g)
{
    cs_buf_free(&g->head);
    cs_buf_free(&g->body);
}

static void refuse(cs_guard *g, cs_err err)
{
    g->step = CS_GUARD_REFUSED;
    g->err = err;
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool is_made_of(cs_slice s, const char *others)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !is_one_of(s.p[i], others))
            return false;
    return s.n > 0;
}

/* [RFC 9110 §5.6.2] */
static bool is_token(cs_slice s)
{
    return is_made_of(s, "!#$%&'*+-.^_`|~");
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_word(cs_slice s, const char *lower_case)
{
    if (s.n != strlen(lower_case))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (lower(s.p[i]) != (uint8_t)lower_case[i])
            return false;
    return true;
}

/* Cuts `s` at the first `separator`: returns what is before it (all, if there is none), *rest is what follows. */
static cs_slice cut(cs_slice *rest, cs_slice s, uint8_t separator)
{
    const uint8_t *at = s.n > 0 ? memchr(s.p, separator, s.n) : NULL;
    if (at == NULL) {
        *rest = CS_ABSENT;
        return s;
    }
    size_t n = (size_t)(at - s.p);
    *rest = cs_slice_of(at + 1, s.n - n - 1);
    return cs_slice_of(s.p, n);
}

static cs_slice trim(cs_slice s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = cs_slice_of(s.p + 1, s.n - 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static int hex_digit(uint8_t c)
{
    c = lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at s[*i], an escape taken together; moves *i behind it. -1: a bad escape, or the escape of a control
 * character, which would end a C string or a log line further in. */
static int next_char(size_t *i, cs_slice s)
{
    uint8_t c = s.p[(*i)++];
    if (c != '%')
        return c;
    if (s.n - *i < 2)
        return -1;
    int high = hex_digit(s.p[*i]), low = hex_digit(s.p[*i + 1]);
    *i += 2;
    if (high < 0 || low < 0)
        return -1;
    int v = high * 16 + low;
    return v < 0x20 || v == 0x7f ? -1 : v;
}

/* Only characters of RFC 3986 §3.3 and §3.4, and escapes that next_char takes. */
static bool is_uri_text(cs_slice s, const char *others)
{
    for (size_t i = 0; i < s.n;) {
        uint8_t raw = s.p[i];
        if (!is_alnum(raw) && !is_one_of(raw, "%-._~!$&'()*+,;=:@/") && !is_one_of(raw, others))
            return false;
        if (next_char(&i, s) < 0)
            return false;
    }
    return true;
}

/* "." or "..", also when written with escapes. */
static bool is_dots(cs_slice segment)
{
    size_t dots = 0;
    for (size_t i = 0; i < segment.n; dots++)
        if (next_char(&i, segment) != '.')
            return false;
    return dots == 1 || dots == 2;
}

static bool is_path(cs_slice path)
{
    if (path.n == 0 || path.p[0] != '/' || !is_uri_text(path, ""))
        return false;
    cs_slice rest = cs_slice_sub(path, 1, path.n);
    while (rest.p != NULL && rest.n > 0) {
        cs_slice segment = cut(&rest, rest, '/');
        if (segment.n == 0 || is_dots(segment))
            return false;
    }
    return true;
}

static bool is_method(cs_slice s)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (cs_slice_is(s, methods[i]))
            return true;
    return false;
}

/* method SP target SP version; a third blank lands in the version and is refused there. */
static cs_err read_request_line(cs_guard *g, cs_slice line)
{
    cs_slice rest, version;
    g->method = cut(&rest, line, ' ');
    cs_slice target = cut(&version, rest, ' ');
    g->path = cut(&g->query, target, '?');
    if (!is_token(g->method) || !cs_slice_is(version, "HTTP/1.1"))
        return CS_BAD_REQUEST;
    if (!is_path(g->path) || !is_uri_text(g->query, "?"))
        return CS_BAD_REQUEST;
    return CS_OK;
}

/* The fields that mean something here; each may come once, but for lists. */
typedef struct fields {
    cs_slice host, content_length, connection, expect;
} fields;

static cs_err read_field(cs_guard *g, fields *f, cs_slice line)
{
    const struct {
        const char *name;
        cs_slice *value;
        bool list; /* may be sent in several lines; we read the first */
    } known[] = {
        {"host", &f->host},
        {"content-length", &f->content_length},
        {"connection", &f->connection},
        {"expect", &f->expect},
        {"authorization", &g->authorization},
        {"content-type", &g->content_type},
        {"idempotency-key", &g->idempotency_key},
        {"x-request-id", &g->request_id},
        {"cookie", &g->cookie},
        {"x-csrf-token", &g->csrf},
        {"last-event-id", &g->last_event_id},
        {"accept-encoding", &g->accept_encoding, true},
        {"if-none-match", &g->if_none_match, true},
    };
    cs_slice value;
    cs_slice name = cut(&value, line, ':');
    if (value.p == NULL || !is_token(name) || is_word(name, "transfer-encoding"))
        return CS_BAD_REQUEST;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!is_word(name, known[i].name))
            continue;
        if (known[i].value->p != NULL && !known[i].list)
            return CS_BAD_REQUEST;
        if (known[i].value->p == NULL)
            *known[i].value = trim(value);
    }
    return CS_OK;
}

/* Decimal without sign or leading zeros. A number too large for us is still a number: the answer is another. */
static cs_err read_length(size_t *out, cs_slice s)
{
    size_t v = 0;
    if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
        return CS_BAD_REQUEST;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return CS_BAD_REQUEST;
        if (v <= CS_MAX_BODY)
            v = v * 10 + (size_t)(s.p[i] - '0');
    }
    *out = v;
    return v > CS_MAX_BODY ? CS_BODY_TOO_LARGE : CS_OK;
}

/* What the fields say together: host, length of the body, what becomes of the connection. */
static cs_err read_framing(cs_guard *g, const fields *f)
{
    if (!is_method(g->method))
        return CS_METHOD_NOT_ALLOWED;
    if (!is_made_of(f->host, ".-_:[]"))
        return CS_BAD_REQUEST;
    if (f->expect.p != NULL && !is_word(f->expect, "100-continue"))
        return CS_BAD_REQUEST;
    g->expects_continue = f->expect.p != NULL;
    for (cs_slice rest = f->connection; rest.p != NULL;)
        g->wants_close |= is_word(trim(cut(&rest, rest, ',')), "close");

    bool takes_body =
        cs_slice_is(g->method, "POST") || cs_slice_is(g->method, "PUT") || cs_slice_is(g->method, "PATCH");
    if (f->content_length.p == NULL)
        return takes_body ? CS_BAD_REQUEST : CS_OK;
    cs_err err = read_length(&g->content_length, f->content_length);
    if (err == CS_OK && !takes_body && g->content_length > 0 && !cs_slice_is(g->method, "DELETE"))
        err = CS_BAD_REQUEST;
    return err;
}

/* The line at the front of *rest, without its CRLF; the scan has made sure that there is one. */
static cs_slice next_line(cs_slice *rest)
{
    cs_slice line = cut(rest, *rest, '\n');
    return cs_slice_sub(line, 0, line.n - 1);
}

static void read_head(cs_guard *g)
{
    cs_slice rest = cs_buf_slice(&g->head);
    fields f = {0};
    cs_err err = read_request_line(g, next_line(&rest));
    for (cs_slice line = next_line(&rest); err == CS_OK && line.n > 0; line = next_line(&rest))
        err = read_field(g, &f, line);
    if (err == CS_OK)
        err = read_framing(g, &f);
    if (err != CS_OK)
        refuse(g, err);
    else
        g->step = g->content_length > 0 ? CS_GUARD_BODY : CS_GUARD_COMPLETE;
}

typedef enum scan_result { SCAN_ON, SCAN_LINE, SCAN_END, SCAN_BAD } scan_result;

/* One byte of the head: printable ASCII, or CR LF together. */
static scan_result scan(cs_guard *g, uint8_t c)
{
    if (g->after_cr) {
        g->after_cr = false;
        if (c != '\n' || (!g->in_line && g->lines == 0))
            return SCAN_BAD;
        if (!g->in_line)
            return SCAN_END;
        g->in_line = false;
        g->lines++;
        return SCAN_LINE;
    }
    if (c == '\r') {
        g->after_cr = true;
        return SCAN_ON;
    }
    g->in_line = true;
    return c >= 0x20 && c <= 0x7e ? SCAN_ON : SCAN_BAD;
}

static size_t feed_head(cs_guard *g, cs_slice bytes)
{
    bytes = cs_slice_sub(bytes, 0, CS_MAX_HEAD - g->head.n);
    scan_result seen = SCAN_ON;
    size_t n = 0;
    while (seen == SCAN_ON && n < bytes.n)
        seen = scan(g, bytes.p[n++]);
    cs_buf_add(&g->head, cs_slice_sub(bytes, 0, n));
    if (g->head.err != CS_OK) {
        refuse(g, g->head.err);
    } else if (seen == SCAN_BAD) {
        refuse(g, CS_BAD_REQUEST);
    } else if (seen == SCAN_END) {
        read_head(g);
    } else if (g->head.n == CS_MAX_HEAD || g->lines > CS_MAX_HEADER_FIELDS + 1) {
        refuse(g, CS_TOO_LARGE);
    } else if (seen == SCAN_LINE && g->lines == 1) {
        /* Now rather than with the whole head: other protocols and HTTP/0.9 would wait for ever. */
        cs_slice rest = cs_buf_slice(&g->head);
        cs_err err = read_request_line(g, next_line(&rest));
        if (err != CS_OK)
            refuse(g, err);
    }
    return n;
}

static size_t feed_body(cs_guard *g, cs_slice bytes)
{
    bytes = cs_slice_sub(bytes, 0, g->content_length - g->body.n);
    cs_buf_add(&g->body, bytes);
    if (g->body.err != CS_OK)
        refuse(g, g->body.err);
    else if (g->body.n == g->content_length)
        g->step = CS_GUARD_COMPLETE;
    return bytes.n;
}

size_t cs_guard_feed(cs_guard *g, cs_slice bytes)
{
    if (bytes.n == 0)
        return 0;
    switch (g->step) {
    case CS_GUARD_HEAD:
        return feed_head(g, bytes);
    case CS_GUARD_BODY:
        return feed_body(g, bytes);
    case CS_GUARD_COMPLETE:
        refuse(g, CS_BAD_REQUEST);
        return 0;
    case CS_GUARD_REFUSED:
        break;
    }
    return 0;
}
