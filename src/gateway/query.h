/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query of a request, read by name like a JSON object: a parameter given twice, one that nobody asked for, a
 * broken escape or a value that does not fit is refused with its name. '+' is itself, not a blank.
 */
#ifndef CS_GATEWAY_QUERY_H
#define CS_GATEWAY_QUERY_H

#include "core/slice.h"

#define CS_MAX_PARAMETERS 16
#define CS_MAX_QUERY 1024

typedef struct cs_query {
    size_t n;
    cs_slice names[CS_MAX_PARAMETERS], values[CS_MAX_PARAMETERS]; /* decoded, in `memory` */
    bool taken[CS_MAX_PARAMETERS];
    cs_err err; /* sticky */
    char field[CS_FIELD_MAX];
    uint8_t memory[CS_MAX_QUERY];
} cs_query;

/* `raw` as it came, without '?'; absent is empty. */
void cs_query_read(cs_query *q, cs_slice raw);
/* The value, at most `max` bytes and not empty; absent if the parameter is not there. */
cs_slice cs_query_text(cs_query *q, const char *name, size_t max);
/* Decimal digits within [min, max]. */
int64_t cs_query_int_or(cs_query *q, const char *name, int64_t min, int64_t max, int64_t or);
/* "true" or "false"; without a value: true. */
bool cs_query_flag(cs_query *q, const char *name);
/* Ends the reading; `fault` gets the error and the parameter's name. */
CS_MUST_CHECK cs_err cs_query_done(cs_query *q, cs_fault *fault);

#endif
