/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

cs_row *cs_report_add(cs_report *r, double value, const char *unit, const char *against, const char *name, ...)
{
    if (r->n == CS_REPORT_ROWS)
        abort();
    cs_row *row = &r->rows[r->n++];
    *row = (cs_row){.value = value, .unit = unit, .against = against};
    va_list args;
    va_start(args, name);
    (void)vsnprintf(row->name, sizeof row->name, name, args);
    va_end(args);
    return row;
}

void cs_report_bound(cs_row *row, double bound)
{
    row->bound = bound;
    row->ratio = bound > 0 ? row->value / bound : 0;
}

/* Three or more significant digits, never an exponent. */
static void number(char out[24], double v)
{
    (void)snprintf(out, 24, "%.*f", v >= 1000 ? 0 : v >= 100 ? 1 : v >= 10 ? 2 : 3, v);
}

/* Prints `text` padded to `width` characters: bytes that continue a UTF-8 character take no room. */
static void pad(const char *text, int width)
{
    int shown = 0;
    for (const char *p = text; *p != '\0'; p++)
        shown += ((unsigned char)*p & 0xc0) != 0x80;
    (void)printf("%s%*s", text, width > shown ? width - shown : 0, "");
}

void cs_report_print(const cs_report *r)
{
    (void)printf("%-48s %10s  %-7s %9s %6s  %s\n", "what", "value", "unit", "bound", "ratio", "measured against");
    for (size_t i = 0; i < r->n; i++) {
        const cs_row *row = &r->rows[i];
        char value[24], bound[24] = "", ratio[24] = "";
        number(value, row->value);
        if (row->bound > 0) {
            number(bound, row->bound);
            (void)snprintf(ratio, sizeof ratio, "%.2f", row->ratio);
        }
        pad(row->name, 49);
        (void)printf("%10s  ", value);
        pad(row->unit, 7);
        (void)printf(" %9s %6s  %s\n", bound, ratio, row->against);
    }
}

static void write_number(cs_jw *w, const char *name, double v)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.4f", v);
    cs_jw_raw(w, name, cs_slice_str(text));
}

void cs_report_json(cs_buf *out, const cs_report *r)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin_array(&w, NULL);
    for (size_t i = 0; i < r->n; i++) {
        const cs_row *row = &r->rows[i];
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "name", row->name);
        write_number(&w, "value", row->value);
        cs_jw_cstr(&w, "unit", row->unit);
        if (row->bound > 0) {
            write_number(&w, "bound", row->bound);
            write_number(&w, "ratio", row->ratio);
        }
        cs_jw_end(&w);
    }
    cs_jw_end_array(&w);
    cs_buf_add_str(out, "\n");
}
