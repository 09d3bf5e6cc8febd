/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/answer.h"

#include <string.h>
#include <strings.h>
#include <time.h>

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {408, "Timeout"},
        {409, "Conflict"},
        {405, "Method Not Allowed"},
        {413, "Too Large"},
        {422, "Refused"},
        {415, "Unsupported Media Type"},
        {500, "Internal"},
        {429, "Too Many Requests"},
        {503, "Unavailable"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Other";
}

/* [RFC 9110 §5.6.7]; names of our own, because strftime follows the locale. */
static void add_date(cs_buf *out, int64_t now)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)now;
    struct tm t;
    if (gmtime_r(&seconds, &t) == NULL)
        return;
    cs_buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", &days[(size_t)t.tm_wday * 3], t.tm_mday,
                  &months[(size_t)t.tm_mon * 3], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static bool is_field_name(const char *name)
{
    static const char *const own[] = {"connection",   "content-length", "transfer-encoding", "date",
                                      "content-type", "x-request-id",   "cache-control",     "retry-after"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(name, own[i]) == 0)
            return false;
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && name[n] == '\0';
}

void cs_http_header(cs_http_response *rs, const char *name, const char *value)
{
    bool printable = true;
    for (const char *c = value; *c != '\0'; c++)
        printable &= *c >= 0x20 && *c <= 0x7e;
    if (is_field_name(name) && printable)
        cs_buf_printf(&rs->headers, "%s: %s\r\n", name, value);
    else
        rs->headers.err = CS_INTERNAL;
}

void cs_answer_head(cs_buf *out, const cs_http_response *rs, const char *request_id, int64_t now, bool last)
{
    cs_buf_printf(out, "HTTP/1.1 %d %s\r\n", rs->status, reason_of(rs->status));
    add_date(out, now);
    if (rs->status != 304) /* which tells nothing of a body that it does not have [RFC 9110 §15.4.5] */
        cs_buf_printf(out, "Content-Type: %s\r\n", rs->content_type != NULL ? rs->content_type : "application/json");
    if (rs->stream == NULL && rs->status != 304)
        cs_buf_printf(out, "Content-Length: %zu\r\n", rs->body.n);
    cs_buf_printf(out, "X-Request-Id: %s\r\nCache-Control: %s\r\nX-Content-Type-Options: nosniff\r\n", request_id,
                  rs->cache_control != NULL ? rs->cache_control : "no-store");
    cs_buf_add(out, cs_buf_slice(&rs->headers));
    if (rs->retry_after > 0)
        cs_buf_printf(out, "Retry-After: %d\r\n", rs->retry_after);
    if (rs->allow[0] != '\0')
        cs_buf_printf(out, "Allow: %s\r\n", rs->allow);
    if (last)
        cs_buf_add_str(out, "Connection: close\r\n");
    cs_buf_add_str(out, "\r\n");
}
