/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/dashboard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FOR_EVER "public, max-age=31536000, immutable"
#define ASK_AGAIN "no-cache"
#define MAX_TAG 80 /* the digest and what tells its encodings apart */

const cs_dashboard_file *cs_dashboard_find(cs_slice path)
{
    for (size_t i = 0; i < cs_dashboard_file_count; i++)
        if (cs_slice_is(path, cs_dashboard_files[i].path))
            return &cs_dashboard_files[i];
    return NULL;
}

/* -- header fields ------------------------------------------------------------------------------------------------- */

static cs_slice trim(cs_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = cs_slice_sub(s, 1, s.n);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Takes what stands before the next `mark` off the front. */
static cs_slice next_item(cs_slice *rest, char mark)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, mark, rest->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
    cs_slice item = cs_slice_sub(*rest, 0, n);
    *rest = end != NULL ? cs_slice_sub(*rest, n + 1, rest->n) : CS_LIT("");
    return trim(item);
}

static bool is_word(cs_slice s, const char *word)
{
    return s.n == strlen(word) && strncasecmp((const char *)s.p, word, s.n) == 0;
}

/* "q=0", "q=0.", "q=0.000": not wanted. */
static bool is_refusal(cs_slice weight)
{
    if (weight.n < 3 || strncasecmp((const char *)weight.p, "q=0", 3) != 0)
        return false;
    for (size_t i = 3; i < weight.n; i++)
        if (weight.p[i] != '0' && weight.p[i] != '.')
            return false;
    return true;
}

bool cs_dashboard_takes_gzip(cs_slice accept_encoding)
{
    bool any = false;
    while (accept_encoding.n > 0) {
        cs_slice item = next_item(&accept_encoding, ',');
        cs_slice name = next_item(&item, ';');
        if (is_word(name, "gzip"))
            return !is_refusal(trim(item));
        any |= is_word(name, "*") && !is_refusal(trim(item));
    }
    return any;
}

bool cs_dashboard_has_tag(cs_slice if_none_match, const char *tag)
{
    size_t n = strlen(tag);
    while (if_none_match.n > 0) {
        cs_slice item = next_item(&if_none_match, ',');
        if (cs_slice_is(item, "*"))
            return true;
        if (item.n > 2 && item.p[0] == 'W' && item.p[1] == '/') /* as good, where the body is not put together */
            item = cs_slice_sub(item, 2, item.n);
        if (item.n == n + 2 && item.p[0] == '"' && item.p[n + 1] == '"' && cs_slice_is(cs_slice_sub(item, 1, n), tag))
            return true;
    }
    return false;
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

static void add_policies(cs_http_response *rs)
{
    static const char *const fields[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src "
         "'self'; "
         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
         "trusted-types 'none'"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
        {"Vary", "Accept-Encoding"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        cs_http_header(rs, fields[i][0], fields[i][1]);
}

cs_err cs_dashboard_get(cs_call *c, cs_jw *w)
{
    (void)w;
    const cs_dashboard_file *file = c->app->dashboard ? cs_dashboard_find(c->rq->path) : NULL;
    if (file == NULL)
        return CS_NOT_FOUND;
    cs_http_response *rs = c->rs;
    bool gzip = file->gzip.n > 0 && cs_dashboard_takes_gzip(c->rq->accept_encoding);
    char tag[MAX_TAG], quoted[MAX_TAG + 2];
    (void)snprintf(tag, sizeof tag, "%s%s", file->digest, gzip ? "-gzip" : "");
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", tag);
    rs->content_type = file->content_type;
    rs->cache_control = file->hashed ? FOR_EVER : ASK_AGAIN;
    cs_http_header(rs, "ETag", quoted);
    add_policies(rs);
    if (cs_dashboard_has_tag(c->rq->if_none_match, tag)) {
        c->status = 304;
        return CS_OK;
    }
    if (gzip)
        cs_http_header(rs, "Content-Encoding", "gzip");
    cs_buf_add(&rs->body, gzip ? file->gzip : file->plain);
    return CS_OK;
}
