/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/talk.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define MAX_LINE 2048

int cs_talk_exit_code(cs_err err)
{
    if (err == CS_OK)
        return CS_EXIT_OK;
    return cs_err_class_of(err) == CS_CLASS_REFUSED ? CS_EXIT_REFUSED : CS_EXIT_ERROR;
}

/* How many bytes of a UTF-8 character follow this one. */
static int followers(uint8_t c)
{
    return c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
}

void cs_talk_clean(FILE *out, cs_slice text)
{
    int inside = 0; /* bytes that still belong to the character begun */
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool c1 = c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0; /* U+0080 to U+009F */
        bool stray = inside == 0 && c >= 0x80 && c < 0xc2;             /* a control character to some terminals */
        inside = c >= 0x80 && c < 0xc0 && inside > 0 ? inside - 1 : c1 ? 0 : followers(c);
        if (c < 0x20 || c == 0x7f || c1 || stray)
            (void)fprintf(out, "\\x%02x", c);
        else
            (void)fputc(c, out);
    }
}

/* One line on stderr: lead, text, end. */
static void put_line(const char *lead, const char *end, const char *format, va_list args)
{
    char text[MAX_LINE];
    int n = vsnprintf(text, sizeof text, format, args);
    (void)fflush(stdout);
    (void)fputs(lead, stderr);
    cs_talk_clean(stderr, cs_slice_str(text));
    if (n >= (int)sizeof text)
        (void)fputs(" […]", stderr);
    (void)fprintf(stderr, "%s%s\n", n > 0 && end[0] != '\0' ? ": " : "", end);
}

int cs_talk_fail(cs_err err, const char *format, ...)
{
    char end[512];
    va_list args;
    int code = cs_talk_exit_code(err);
    (void)snprintf(end, sizeof end, "%s (%s)", cs_err_sentence(err), cs_err_name(err));
    va_start(args, format);
    put_line(code == CS_EXIT_REFUSED ? "refused: " : "error: ", end, format, args);
    va_end(args);
    return code;
}

int cs_talk_fail_field(const char *what, const cs_fault *fault)
{
    return fault->field[0] != '\0' ? cs_talk_fail(fault->err, "%s: %s", what, fault->field)
                                   : cs_talk_fail(fault->err, "%s", what);
}

int cs_talk_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line("error: ", "", format, args);
    va_end(args);
    return CS_EXIT_ERROR;
}

int cs_talk_refused(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line("refused: ", "", format, args);
    va_end(args);
    return CS_EXIT_REFUSED;
}

int cs_talk_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line("usage: ", "", format, args);
    va_end(args);
    return CS_EXIT_USAGE;
}

void cs_talk_note(const cs_args *args, const char *format, ...)
{
    va_list list;
    if (cs_arg_flag(args, "quiet"))
        return;
    va_start(list, format);
    put_line("", "", format, list);
    va_end(list);
}

void cs_talk_fact(const char *name, cs_slice value)
{
    (void)printf("  %-12s ", name);
    cs_talk_clean(stdout, value);
    (void)putchar('\n');
}

void cs_talk_fact_f(const char *name, const char *format, ...)
{
    char text[MAX_LINE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cs_talk_fact(name, cs_slice_str(text));
}

void cs_talk_line(cs_slice text)
{
    (void)fwrite(text.p, 1, text.n, stdout);
    (void)putchar('\n');
}

int cs_talk_end(int code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    (void)fprintf(stderr, "error: standard output cannot be written: %s\n", strerror(errno));
    return code == CS_EXIT_OK ? CS_EXIT_ERROR : code;
}
