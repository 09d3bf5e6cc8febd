/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "sys/clock.h"

#define LINE_BYTES 1024

/* Set once, before there are threads. */
static const char *program_name = "countersign";
static cs_log_level most_talkative = CS_LOG_INFO;

static const char *const level_names[] = {
    [CS_LOG_ERROR] = "ERROR", [CS_LOG_WARN] = "WARN", [CS_LOG_INFO] = "INFO", [CS_LOG_DEBUG] = "DEBUG"};

void cs_log_open(const char *program, cs_log_level level)
{
    program_name = program;
    most_talkative = level;
}

/* Appends `s` as printable ASCII as far as the line's byte `end`. The backslash is written out too, so the text is
 * unambiguous. */
static void add_printable(cs_buf *line, size_t end, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = c >= 0x20 && c < 0x7f && c != '\\';
        if (line->n + 4 > end)
            return;
        if (plain)
            cs_buf_add_u8(line, c);
        else
            cs_buf_printf(line, "\\x%02x", c);
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

void cs_log(cs_log_level level, const char *request_id, const char *format, ...)
{
    if (level > most_talkative)
        return;
    int saved_errno = errno;
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);

    char memory[LINE_BYTES];
    cs_buf line = cs_buf_over(memory, sizeof memory - 1); /* room for the line end */
    cs_time_write(&line, cs_now_ms());
    cs_buf_printf(&line, " %s %s ", level_names[level], program_name);
    add_printable(&line, LINE_BYTES / 2, request_id != NULL ? request_id : "-");
    cs_buf_add_u8(&line, ' ');
    add_printable(&line, line.max, text);
    if (line.err == CS_OK) {
        memory[line.n] = '\n';
        write_line(cs_slice_of(memory, line.n + 1));
    }
    errno = saved_errno;
}
