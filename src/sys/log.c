/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "sys/clock.h"

#define TEXT_BYTES 1024
#define PATH_BYTES 512  /* of a request's path */
#define LINE_BYTES 4096 /* what a pipe takes in one piece */

/* Set once, before there are threads, but for the level. */
static const char *program_name = "countersign";
static bool as_json;
static atomic_int most_talkative = CS_LOG_INFO;

static const char *const level_names[] = {
    [CS_LOG_ERROR] = "ERROR", [CS_LOG_WARN] = "WARN", [CS_LOG_INFO] = "INFO", [CS_LOG_DEBUG] = "DEBUG"};

void cs_log_open(const char *program, cs_log_level level)
{
    program_name = program;
    as_json = false;
    atomic_store(&most_talkative, (int)level);
}

void cs_log_set_level(const cs_args *args)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    const char *level = cs_arg_text(args, "log-level");
    for (int i = 0; level != NULL && i <= CS_LOG_DEBUG; i++)
        if (strcmp(level, words[i]) == 0)
            atomic_store(&most_talkative, i);
    if (cs_arg_flag(args, "quiet") && atomic_load(&most_talkative) > CS_LOG_WARN)
        atomic_store(&most_talkative, CS_LOG_WARN);
}

void cs_log_open_options(const char *program, const cs_args *args)
{
    const char *format = cs_arg_text(args, "log-format");
    cs_log_open(program, CS_LOG_INFO);
    as_json = format != NULL && strcmp(format, "json") == 0;
    cs_log_set_level(args);
}

/* Appends `s` as printable ASCII, blanks only if they are wanted, as far as the line's byte `end`. The backslash is
 * written out too, so the text is unambiguous; in a JSON string it stands twice. */
static void add_printable(cs_buf *line, size_t end, cs_slice s, bool blanks)
{
    for (size_t i = 0; i < s.n && line->n + 5 <= end; i++) {
        uint8_t c = s.p[i];
        if (c < 0x20 || c >= 0x7f || c == '\\' || (c == ' ' && !blanks))
            cs_buf_printf(line, "%s\\x%02x", as_json ? "\\" : "", c);
        else if (as_json && c == '"')
            cs_buf_add_str(line, "\\\"");
        else
            cs_buf_add_u8(line, c);
    }
}

static void write_line(cs_slice line)
{
    while (line.n > 0) {
        ssize_t n = write(STDERR_FILENO, line.p, line.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere to complain */
        line = cs_slice_sub(line, (size_t)n, line.n);
    }
}

static void begin_line(cs_buf *line, cs_log_level level, const char *request_id)
{
    if (as_json)
        cs_buf_add_str(line, "{\"time\":\"");
    cs_time_write(line, cs_now_ms());
    cs_buf_printf(line, as_json ? "\",\"level\":\"%s\",\"program\":\"%s\"" : " %s %s ", level_names[level],
                  program_name);
    if (as_json && request_id != NULL)
        cs_buf_add_str(line, ",\"requestId\":\"");
    if (!as_json || request_id != NULL)
        add_printable(line, TEXT_BYTES / 2, cs_slice_str(request_id != NULL ? request_id : "-"), as_json);
    if (as_json && request_id != NULL)
        cs_buf_add_str(line, "\"");
    cs_buf_add_str(line, as_json ? ",\"message\":\"" : " ");
}

static void end_line(cs_buf *line)
{
    cs_buf_add_str(line, as_json ? "}\n" : "\n");
    if (line->err == CS_OK)
        write_line(cs_buf_slice(line));
}

void cs_log(cs_log_level level, const char *request_id, const char *format, ...)
{
    if ((int)level > atomic_load_explicit(&most_talkative, memory_order_relaxed))
        return;
    int saved_errno = errno;
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);

    char memory[LINE_BYTES];
    cs_buf line = CS_BUF_OVER(memory);
    begin_line(&line, level, request_id);
    add_printable(&line, TEXT_BYTES - 1, cs_slice_str(text), true);
    if (as_json)
        cs_buf_add_u8(&line, '"');
    end_line(&line);
    errno = saved_errno;
}

/* A member of a request's line: in text its value alone, "-" for none. */
static void add_member(cs_buf *line, const char *name, cs_slice value)
{
    if (as_json && value.n == 0)
        return;
    if (as_json)
        cs_buf_printf(line, ",\"%s\":\"", name);
    add_printable(line, line->n + PATH_BYTES, value.n > 0 ? value : CS_LIT("-"), as_json);
    cs_buf_add_str(line, as_json ? "\"" : " ");
}

static void add_number(cs_buf *line, const char *name, int64_t value)
{
    if (as_json)
        cs_buf_printf(line, ",\"%s\":%lld", name, (long long)value);
    else
        cs_buf_printf(line, "%lld ", (long long)value);
}

void cs_log_answer(const cs_log_request *r)
{
    if (CS_LOG_INFO > atomic_load_explicit(&most_talkative, memory_order_relaxed))
        return;
    int saved_errno = errno;
    char memory[LINE_BYTES];
    cs_buf line = CS_BUF_OVER(memory);
    begin_line(&line, CS_LOG_INFO, r->request_id);
    if (as_json)
        cs_buf_add_str(&line, "request\"");
    add_member(&line, "method", r->method);
    add_member(&line, "path", r->path);
    add_number(&line, "status", r->status);
    add_member(&line, "code", cs_slice_str(r->code != NULL ? r->code : ""));
    add_member(&line, "apiKeyId", cs_slice_str(r->api_key_id));
    if (as_json || r->peer_sha256[0] != '\0')
        add_member(&line, "peerSha256", cs_slice_str(r->peer_sha256));
    add_number(&line, "durationUs", r->duration_us);
    if (!as_json)
        cs_buf_add_str(&line, "us");
    end_line(&line);
    errno = saved_errno;
}
