/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/signed.h"

#include <string.h>

#include "core/clock.h"
#include "core/encode.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SHA256_HEX 64
#define CANONICAL_MAX (CS_MAX_HEAD * 2)
#define TIME_LEN 16 /* 20150830T123600Z */
#define DATE_LEN 8

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

/* -- the Authorization field --------------------------------------------------------------------------------------- */

static bool read_credential(cs_signed *out, cs_slice text)
{
    cs_slice last = text;
    if (!take_until(&out->access_key_id, &last, '/') || out->access_key_id.n == 0)
        return false;
    out->scope = last;
    return take_until(&out->date, &last, '/') && take_until(&out->region, &last, '/') &&
           take_until(&out->service, &last, '/') && cs_slice_is(last, "aws4_request") && out->date.n == DATE_LEN &&
           out->region.n > 0 && out->service.n > 0;
}

/* Lower case, sorted, none twice. */
static bool are_header_names(cs_slice names)
{
    cs_slice name, before = CS_ABSENT;
    for (bool more = true; more;) {
        more = take_until(&name, &names, ';');
        if (!more)
            name = names;
        size_t common = name.n < before.n ? name.n : before.n;
        int order = before.p == NULL ? 1 : memcmp(name.p, before.p, common);
        if (name.n == 0 || order < 0 || (order == 0 && name.n <= before.n))
            return false;
        for (size_t i = 0; i < name.n; i++)
            if (name.p[i] <= ' ' || name.p[i] > '~' || (name.p[i] >= 'A' && name.p[i] <= 'Z'))
                return false;
        before = name;
    }
    return true;
}

static bool is_hex_digest(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n == SHA256_HEX;
}

/* One `Name=value` of the list; commas may have blanks behind them. */
static bool read_part(cs_signed *out, cs_slice part)
{
    cs_slice name;
    while (part.n > 0 && part.p[0] == ' ')
        part = cs_slice_sub(part, 1, part.n);
    if (!take_until(&name, &part, '='))
        return false;
    if (cs_slice_is(name, "Credential") && out->scope.p == NULL)
        return read_credential(out, part);
    if (cs_slice_is(name, "SignedHeaders") && out->signed_headers.p == NULL) {
        out->signed_headers = part;
        return are_header_names(part);
    }
    if (cs_slice_is(name, "Signature") && out->signature.p == NULL) {
        out->signature = part;
        return is_hex_digest(part);
    }
    return false;
}

cs_aws_error cs_signed_parse(cs_signed *out, const cs_head *head)
{
    const cs_slice prefix = CS_LIT(ALGORITHM " ");
    cs_slice text = cs_head_value(head, "authorization"), part;
    *out = (cs_signed){0};
    if (text.p == NULL)
        return CS_AWS_MISSING_TOKEN;
    if (!cs_slice_starts(text, prefix))
        return CS_AWS_INCOMPLETE_SIGNATURE;
    text = cs_slice_sub(text, prefix.n, text.n);
    for (bool more = true; more;) {
        more = take_until(&part, &text, ',');
        if (!read_part(out, more ? part : text))
            return CS_AWS_INCOMPLETE_SIGNATURE;
    }
    return out->scope.p != NULL && out->signed_headers.p != NULL && out->signature.p != NULL
               ? CS_AWS_OK
               : CS_AWS_INCOMPLETE_SIGNATURE;
}

/* -- the canonical request ----------------------------------------------------------------------------------------- */

/* Blanks within become one each. */
static void add_value(cs_buf *out, cs_slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != ' ' || i == 0 || value.p[i - 1] != ' ')
            cs_buf_add_u8(out, value.p[i]);
}

/* name:value,value as often as the field came, in the order in which it came. */
static bool add_header(cs_buf *out, const cs_head *head, cs_slice name)
{
    bool found = false;
    cs_buf_add(out, name);
    for (size_t i = 0; i < head->count; i++)
        if (cs_head_named(&head->fields[i], name)) {
            cs_buf_add_u8(out, found ? ',' : ':');
            add_value(out, head->fields[i].value);
            found = true;
        }
    cs_buf_add_u8(out, '\n');
    return found;
}

static cs_err add_hash(cs_buf *out, cs_slice bytes)
{
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, bytes);
    if (err == CS_OK)
        cs_hex_encode(out, cs_digest_slice(&d));
    return err;
}

cs_err cs_signed_canonical(cs_buf *out, const cs_signed *s, const cs_head *head, cs_slice body)
{
    cs_slice names = s->signed_headers, name;
    cs_buf_add(out, head->method);
    cs_buf_add_u8(out, '\n');
    cs_buf_add(out, head->path);
    cs_buf_add_str(out, "\n\n");
    for (bool more = true; more;) {
        more = take_until(&name, &names, ';');
        if (!add_header(out, head, more ? name : names))
            return CS_BAD_FIELD;
    }
    cs_buf_add_u8(out, '\n');
    cs_buf_add(out, s->signed_headers);
    cs_buf_add_u8(out, '\n');
    cs_err err = add_hash(out, body);
    return err == CS_OK ? out->err : err;
}

/* -- the signature ------------------------------------------------------------------------------------------------- */

bool cs_signed_time(int64_t *out, cs_slice t)
{
    char digits[64];
    int64_t ms = 0;
    if (t.n != TIME_LEN || t.p[8] != 'T' || t.p[15] != 'Z')
        return false;
    cs_buf text = CS_BUF_OVER(digits);
    cs_buf_printf(&text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", (const char *)t.p, (const char *)t.p + 4,
                  (const char *)t.p + 6, (const char *)t.p + 9, (const char *)t.p + 11, (const char *)t.p + 13);
    if (text.err != CS_OK || cs_time_read(&ms, cs_buf_slice(&text)) != CS_OK)
        return false;
    *out = ms / 1000;
    return true;
}

static cs_err derive_key(cs_digest *out, const cs_signed *s, cs_slice secret)
{
    const cs_slice steps[] = {s->date, s->region, s->service, CS_LIT("aws4_request")};
    cs_buf first = cs_buf_new_wiped(CS_MAX_HEAD);
    cs_buf_add_str(&first, "AWS4");
    cs_buf_add(&first, secret);
    cs_err err = first.err;
    if (err == CS_OK)
        err = cs_hmac_sha256(out, cs_buf_slice(&first), steps[0]);
    for (size_t i = 1; i < sizeof steps / sizeof *steps && err == CS_OK; i++) {
        cs_digest key = *out;
        err = cs_hmac_sha256(out, cs_digest_slice(&key), steps[i]);
        cs_wipe(&key, sizeof key);
    }
    cs_buf_free(&first);
    return err;
}

static cs_err expected(cs_buf *hex, const cs_signed *s, const cs_head *head, cs_slice body, cs_slice secret,
                       cs_slice time)
{
    cs_digest key = {0}, mac;
    cs_buf canonical = cs_buf_new(CANONICAL_MAX), text = cs_buf_new(CANONICAL_MAX);
    cs_err err = cs_signed_canonical(&canonical, s, head, body);
    cs_buf_add_str(&text, ALGORITHM "\n");
    cs_buf_add(&text, time);
    cs_buf_add_u8(&text, '\n');
    cs_buf_add(&text, s->scope);
    cs_buf_add_u8(&text, '\n');
    if (err == CS_OK)
        err = add_hash(&text, cs_buf_slice(&canonical));
    if (err == CS_OK)
        err = text.err;
    if (err == CS_OK)
        err = derive_key(&key, s, secret);
    if (err == CS_OK)
        err = cs_hmac_sha256(&mac, cs_digest_slice(&key), cs_buf_slice(&text));
    if (err == CS_OK)
        cs_hex_encode(hex, cs_digest_slice(&mac));
    cs_wipe(&key, sizeof key);
    cs_buf_free(&canonical);
    cs_buf_free(&text);
    return err == CS_OK ? hex->err : err;
}

static bool is_signed(const cs_signed *s, const cs_head_field *field)
{
    cs_slice names = s->signed_headers, name;
    for (bool more = true; more;) {
        more = take_until(&name, &names, ';');
        if (cs_head_named(field, more ? name : names))
            return true;
    }
    return false;
}

/* What the service acts on must be signed, or whoever stands between could change it. */
static const char *find_unsigned(const cs_signed *s, const cs_head *head)
{
    static const cs_head_field host = {CS_LIT("host"), {NULL, 0}};
    char start[6];
    if (!is_signed(s, &host))
        return "'Host' must be a 'SignedHeader' in the AWS Authorization.";
    for (size_t i = 0; i < head->count; i++) {
        const cs_head_field *f = &head->fields[i];
        memcpy(start, "x-amz-", sizeof start);
        cs_head_field cut = {cs_slice_sub(f->name, 0, sizeof start), f->value};
        if (cs_head_named(&cut, CS_ARRAY(start)) && !is_signed(s, f))
            return "A field x-amz-… is not among the signed ones.";
    }
    return NULL;
}

static const char *check_time(const cs_signed *s, cs_slice time, int64_t now)
{
    int64_t then = 0;
    if (!cs_signed_time(&then, time))
        return "Date must be in ISO-8601 'basic format'.";
    if (!cs_slice_eq(cs_slice_sub(time, 0, DATE_LEN), s->date))
        return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.";
    if (then < now - CS_SIGNED_SKEW_SECONDS)
        return "Signature expired: the request is older than 5 minutes.";
    return then > now + CS_SIGNED_SKEW_SECONDS ? "Signature not yet current: the request is from the future." : NULL;
}

/* A hash of the body that the client sent along must be its hash. */
static const char *check_body(const cs_head *head, cs_slice body)
{
    char memory[SHA256_HEX + 1];
    cs_buf hex = CS_BUF_OVER(memory);
    cs_slice told = cs_head_value(head, "x-amz-content-sha256");
    if (told.p == NULL)
        return NULL;
    return add_hash(&hex, body) == CS_OK && cs_slice_eq(told, cs_buf_slice(&hex))
               ? NULL
               : "x-amz-content-sha256 is not the hash of the body.";
}

static bool is_token_of(const cs_head *head, cs_slice wanted)
{
    cs_slice sent = cs_head_value(head, "x-amz-security-token");
    if (wanted.p == NULL)
        return sent.p == NULL;
    return sent.p != NULL && cs_secret_eq(sent, wanted);
}

cs_aws_error cs_signed_check(const char **why, const cs_signed *s, const cs_head *head, cs_slice body, cs_slice secret,
                             cs_slice token, const char *region, const char *service, int64_t now)
{
    char memory[SHA256_HEX + 1];
    cs_buf hex = CS_BUF_OVER(memory);
    cs_slice time = cs_head_value(head, "x-amz-date");
    *why = NULL;
    if (time.p == NULL) {
        *why = "Authorization header requires existence of an 'X-Amz-Date' header.";
        return CS_AWS_INCOMPLETE_SIGNATURE;
    }
    if (head->query.n > 0 || !cs_slice_is(head->path, "/"))
        *why = "Only the path / without a query is known here.";
    else if (!cs_slice_is(s->region, region))
        *why = "Credential should be scoped to a valid region.";
    else if (!cs_slice_is(s->service, service))
        *why = "Credential should be scoped to correct service.";
    if (*why == NULL)
        *why = find_unsigned(s, head);
    if (*why == NULL)
        *why = check_time(s, time, now);
    if (*why == NULL)
        *why = check_body(head, body);
    if (*why != NULL)
        return CS_AWS_INVALID_SIGNATURE;
    cs_err err = expected(&hex, s, head, body, secret, time);
    if (err == CS_BAD_FIELD)
        *why = "A signed header is missing.";
    if (err != CS_OK)
        return err == CS_BAD_FIELD ? CS_AWS_INVALID_SIGNATURE : CS_AWS_INTERNAL;
    if (!cs_secret_eq(cs_buf_slice(&hex), s->signature))
        return CS_AWS_INVALID_SIGNATURE;
    return is_token_of(head, token) ? CS_AWS_OK : CS_AWS_UNRECOGNIZED_CLIENT;
}
