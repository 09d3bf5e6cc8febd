/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a run: one table for people, the same rows as JSON for programs. */
#ifndef CS_BENCH_REPORT_H
#define CS_BENCH_REPORT_H

#include "core/slice.h"

#define CS_REPORT_ROWS 192

typedef struct cs_row {
    char name[80];
    double value;
    const char *unit;
    double bound; /* what the value is held against; 0: nothing */
    double ratio; /* value / bound */
    const char *against;
} cs_row;

typedef struct cs_report {
    cs_row rows[CS_REPORT_ROWS];
    size_t n;
} cs_report;

/* Adds a row and gives it back, for its bound. `unit` and `against` (how it was measured) are borrowed. */
cs_row *cs_report_add(cs_report *r, double value, const char *unit, const char *against, const char *name, ...)
    __attribute__((format(printf, 5, 6)));
/* Sets bound and ratio of a row. */
void cs_report_bound(cs_row *row, double bound);

/* The table on stdout. */
void cs_report_print(const cs_report *r);
/* [{name, value, unit, bound?, ratio?}] */
void cs_report_json(cs_buf *out, const cs_report *r);

#endif
