/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sigv4.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/encode.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define MAX_NAME 64 /* of a header, a region, a service, an access key */

static bool is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unreserved(uint8_t c)
{
    return is_alpha(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_upper_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* Length of the encoded character at s[i]: 1, 3 for %XX of something that has to be encoded, 0 for anything else. */
static size_t encoded_char(cs_slice s, size_t i)
{
    if (is_unreserved(s.p[i]))
        return 1;
    if (s.p[i] != '%' || s.n - i < 3 || !is_upper_hex(s.p[i + 1]) || !is_upper_hex(s.p[i + 2]))
        return 0;
    uint8_t value[1];
    cs_buf byte = CS_BUF_OVER(value);
    uint8_t lower[2] = {(uint8_t)(s.p[i + 1] | 0x20), (uint8_t)(s.p[i + 2] | 0x20)};
    return cs_hex_decode(&byte, CS_ARRAY(lower)) == CS_OK && !is_unreserved(value[0]) ? 3 : 0;
}

static bool is_encoded(cs_slice s)
{
    for (size_t i = 0, n; i < s.n; i += n)
        if ((n = encoded_char(s, i)) == 0)
            return false;
    return true;
}

/* A name that stands in the scope or in front of it: no "/", no blank. */
static bool is_word(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_unreserved(s.p[i]))
            return false;
    return s.n > 0 && s.n <= MAX_NAME;
}

/* The path, encoded once more. A segment that another reader would remove is refused. */
static cs_err write_path(cs_buf *out, cs_slice path)
{
    if (path.n == 0 || path.p[0] != '/')
        return CS_BAD_FORMAT;
    for (size_t from = 1; from <= path.n;) {
        size_t to = from;
        while (to < path.n && path.p[to] != '/')
            to++;
        cs_slice segment = cs_slice_sub(path, from, to - from);
        bool last = to == path.n;
        if ((segment.n == 0 && !last) || cs_slice_is(segment, ".") || cs_slice_is(segment, "..") ||
            !is_encoded(segment))
            return CS_BAD_FORMAT;
        cs_buf_add_u8(out, '/');
        for (size_t i = 0; i < segment.n; i++) {
            if (segment.p[i] == '%')
                cs_buf_add_str(out, "%25");
            else
                cs_buf_add_u8(out, segment.p[i]);
        }
        from = to + 1;
    }
    return out->err;
}

struct pair {
    cs_slice name, value;
};

static int compare_slices(cs_slice a, cs_slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

/* By name, then by value. */
static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = compare_slices(x->name, y->name);
    return order != 0 ? order : compare_slices(x->value, y->value);
}

static cs_err write_query(cs_buf *out, cs_slice query)
{
    struct pair found[CS_SIGV4_MAX_PARAMETERS];
    size_t count = 0;
    for (size_t from = 0; query.n > 0 && from <= query.n;) {
        size_t to = from, equals = 0;
        while (to < query.n && query.p[to] != '&')
            to++;
        cs_slice one = cs_slice_sub(query, from, to - from);
        while (equals < one.n && one.p[equals] != '=')
            equals++;
        if (count == CS_SIGV4_MAX_PARAMETERS)
            return CS_TOO_LARGE;
        found[count] = (struct pair){cs_slice_sub(one, 0, equals), cs_slice_sub(one, equals + 1, one.n)};
        if (found[count].name.n == 0 || !is_encoded(found[count].name) || !is_encoded(found[count].value))
            return CS_BAD_FORMAT;
        count++;
        from = to + 1;
    }
    qsort(found, count, sizeof found[0], compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            cs_buf_add_u8(out, '&');
        cs_buf_add(out, found[i].name);
        cs_buf_add_u8(out, '=');
        cs_buf_add(out, found[i].value);
    }
    return out->err;
}

/* A header that is signed; its name in lower case. */
struct header {
    char name[MAX_NAME + 1];
    cs_slice value;
    size_t place; /* values of one name stay in their order */
};

struct headers {
    struct header list[CS_SIGV4_MAX_HEADERS];
    size_t count;
};

static bool is_token_char(uint8_t c)
{
    return is_alpha(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static cs_err add_header(struct headers *h, cs_slice name, cs_slice value)
{
    if (h->count == CS_SIGV4_MAX_HEADERS)
        return CS_TOO_LARGE;
    struct header *to = &h->list[h->count];
    if (name.n == 0 || name.n > MAX_NAME || value.p == NULL)
        return CS_BAD_FORMAT;
    for (size_t i = 0; i < name.n; i++) {
        if (!is_token_char(name.p[i]))
            return CS_BAD_FORMAT;
        to->name[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]);
    }
    to->name[name.n] = '\0';
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] > 0x7e)
            return CS_BAD_FORMAT;
    to->value = value;
    to->place = h->count++;
    return CS_OK;
}

static int compare_headers(const void *a, const void *b)
{
    const struct header *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static bool has_header(const struct headers *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->list[i].name, name) == 0)
            return true;
    return false;
}

static cs_err collect_headers(struct headers *h, const cs_sigv4_request *r, const cs_sigv4_credentials *c,
                              const char *date)
{
    h->count = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        cs_err err = add_header(h, r->headers[i].name, r->headers[i].value);
        if (err != CS_OK)
            return err;
    }
    if (!has_header(h, "host") || has_header(h, "x-amz-date") || has_header(h, "x-amz-security-token") ||
        has_header(h, "authorization"))
        return CS_BAD_FORMAT;
    cs_err err = add_header(h, CS_LIT("x-amz-date"), cs_slice_str(date));
    if (err == CS_OK && c->session_token.n > 0)
        err = add_header(h, CS_LIT("x-amz-security-token"), c->session_token);
    qsort(h->list, h->count, sizeof h->list[0], compare_headers);
    return err;
}

/* Without blanks at its ends, and with one where there are several. */
static void write_trimmed(cs_buf *out, cs_slice value)
{
    bool blank = false, begun = false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == ' ') {
            blank = begun;
            continue;
        }
        if (blank)
            cs_buf_add_u8(out, ' ');
        cs_buf_add_u8(out, value.p[i]);
        blank = false;
        begun = true;
    }
}

static bool repeats(const struct headers *h, size_t i)
{
    return i > 0 && strcmp(h->list[i].name, h->list[i - 1].name) == 0;
}

static void write_headers(cs_buf *out, const struct headers *h)
{
    for (size_t i = 0; i < h->count; i++) {
        if (repeats(h, i)) {
            cs_buf_add_u8(out, ',');
        } else {
            cs_buf_add_str(out, i > 0 ? "\n" : "");
            cs_buf_add_str(out, h->list[i].name);
            cs_buf_add_u8(out, ':');
        }
        write_trimmed(out, h->list[i].value);
    }
    cs_buf_add_u8(out, '\n');
}

static void write_names(cs_buf *out, const struct headers *h)
{
    for (size_t i = 0; i < h->count; i++) {
        if (repeats(h, i))
            continue;
        cs_buf_add_str(out, i > 0 ? ";" : "");
        cs_buf_add_str(out, h->list[i].name);
    }
}

static cs_err write_canonical(cs_buf *out, const cs_sigv4_request *r, const struct headers *h)
{
    cs_digest body;
    if (!is_word(r->method))
        return CS_BAD_FORMAT;
    cs_buf_add(out, r->method);
    cs_buf_add_u8(out, '\n');
    cs_err err = write_path(out, r->path);
    cs_buf_add_u8(out, '\n');
    if (err == CS_OK)
        err = write_query(out, r->query);
    cs_buf_add_u8(out, '\n');
    if (err == CS_OK)
        err = cs_hash(&body, CS_SHA256, r->body);
    if (err != CS_OK)
        return err;
    write_headers(out, h);
    cs_buf_add_u8(out, '\n');
    write_names(out, h);
    cs_buf_add_u8(out, '\n');
    cs_hex_encode(out, cs_digest_slice(&body));
    return out->err;
}

/* "20150830T123600Z" */
static cs_err write_date(char date[CS_SIGV4_DATE], int64_t time_s)
{
    char text[32];
    cs_buf long_form = CS_BUF_OVER(text), short_form = cs_buf_over(date, CS_SIGV4_DATE);
    if (time_s < 0 || time_s > INT64_MAX / 1000)
        return CS_BAD_FORMAT;
    cs_time_write(&long_form, time_s * 1000);
    cs_slice s = cs_buf_slice(&long_form); /* 2015-08-30T12:36:00.000Z */
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.')
            break;
        if (s.p[i] != '-' && s.p[i] != ':')
            cs_buf_add_u8(&short_form, s.p[i]);
    }
    cs_buf_add_u8(&short_form, 'Z');
    (void)cs_buf_cstr(&short_form);
    return long_form.err == CS_OK && short_form.n == CS_SIGV4_DATE - 1 ? short_form.err : CS_BAD_FORMAT;
}

/* kSigning: a chain of keyed hashes over the parts of the scope. */
static cs_err derive_key(cs_secret *key, cs_slice secret, cs_slice day, cs_slice region, cs_slice service)
{
    const cs_slice parts[] = {day, region, service, CS_LIT("aws4_request")};
    cs_secret_wipe(key);
    cs_err err = cs_secret_set(key, CS_LIT("AWS4"));
    if (err == CS_OK)
        err = cs_secret_add(key, secret);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == CS_OK; i++) {
        cs_digest next;
        err = cs_hmac_sha256(&next, cs_secret_slice(key), parts[i]);
        if (err == CS_OK)
            err = cs_secret_set(key, cs_digest_slice(&next));
        cs_wipe(&next, sizeof next);
    }
    return err;
}

static cs_err check_credentials(const cs_sigv4_request *r, const cs_sigv4_credentials *c)
{
    if (c->secret_access_key.n > CS_SIGV4_MAX_SECRET)
        return CS_TOO_LARGE;
    bool fine = is_word(c->access_key_id) && c->secret_access_key.n > 0 && is_word(r->region) && is_word(r->service);
    return fine ? CS_OK : CS_BAD_FORMAT;
}

cs_err cs_sigv4_canonical(cs_buf *out, const cs_sigv4_request *r, const cs_sigv4_credentials *c)
{
    struct headers h;
    char date[CS_SIGV4_DATE];
    cs_err err = write_date(date, r->time_s);
    if (err == CS_OK)
        err = collect_headers(&h, r, c, date);
    return err == CS_OK ? write_canonical(out, r, &h) : err;
}

static cs_err make_signature(cs_digest *mac, cs_slice scope, cs_slice canonical, const char *date,
                             const cs_sigv4_request *r, cs_slice secret)
{
    CS_SECRET(key);
    uint8_t memory[512];
    cs_buf text = CS_BUF_OVER(memory);
    cs_digest digest;
    cs_err err = cs_hash(&digest, CS_SHA256, canonical);
    if (err != CS_OK)
        return err;
    cs_buf_printf(&text, "%s\n%s\n%.*s\n", ALGORITHM, date, (int)scope.n, (const char *)scope.p);
    cs_hex_encode(&text, cs_digest_slice(&digest));
    err = text.err;
    if (err == CS_OK)
        err = derive_key(&key, secret, cs_slice_of(date, 8), r->region, r->service);
    return err == CS_OK ? cs_hmac_sha256(mac, cs_secret_slice(&key), cs_buf_slice(&text)) : err;
}

static void write_authorization(cs_buf *out, cs_slice access_key_id, cs_slice scope, const struct headers *h,
                                const cs_digest *mac)
{
    cs_buf_add_str(out, ALGORITHM " Credential=");
    cs_buf_add(out, access_key_id);
    cs_buf_add_u8(out, '/');
    cs_buf_add(out, scope);
    cs_buf_add_str(out, ", SignedHeaders=");
    write_names(out, h);
    cs_buf_add_str(out, ", Signature=");
    cs_hex_encode(out, cs_digest_slice(mac));
}

cs_err cs_sigv4_sign(cs_buf *authorization, char date[CS_SIGV4_DATE], const cs_sigv4_request *r,
                     const cs_sigv4_credentials *c)
{
    struct headers h;
    cs_digest mac;
    uint8_t memory[8 + 2 * MAX_NAME + 16];
    cs_buf scope = CS_BUF_OVER(memory), canonical = cs_buf_new_wiped(CS_SIGV4_MAX_CANONICAL);
    cs_err err = check_credentials(r, c);
    if (err == CS_OK)
        err = write_date(date, r->time_s);
    if (err == CS_OK)
        err = collect_headers(&h, r, c, date);
    if (err == CS_OK)
        err = write_canonical(&canonical, r, &h);
    if (err == CS_OK) {
        cs_buf_printf(&scope, "%.8s/%.*s/%.*s/aws4_request", date, (int)r->region.n, (const char *)r->region.p,
                      (int)r->service.n, (const char *)r->service.p);
        err = scope.err;
    }
    if (err == CS_OK)
        err = make_signature(&mac, cs_buf_slice(&scope), cs_buf_slice(&canonical), date, r, c->secret_access_key);
    if (err == CS_OK) {
        write_authorization(authorization, c->access_key_id, cs_buf_slice(&scope), &h, &mac);
        err = authorization->err;
    }
    if (err != CS_OK)
        date[0] = '\0';
    cs_buf_free(&canonical);
    return err;
}
