/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text; the clock itself is sys/. */
#ifndef CS_CORE_CLOCK_H
#define CS_CORE_CLOCK_H

#include "core/slice.h"

/* Appends RFC 3339 UTC with milliseconds: 2026-01-15T10:30:00.000Z. Years 1970 to 9999; other times set
 * CS_TOO_LARGE. */
void cs_time_write(cs_buf *out, int64_t ms);
/* Reads RFC 3339 UTC ("Z" only, 0 to 3 fraction digits, no leap second) or decimal seconds, of the same years.
 * CS_BAD_FORMAT; *ms is 0 then. */
CS_MUST_CHECK cs_err cs_time_read(int64_t *ms, cs_slice text);
/* As cs_time_read, but takes a time only in the one form of cs_time_write. */
CS_MUST_CHECK cs_err cs_time_read_exact(int64_t *ms, cs_slice text);

#endif
