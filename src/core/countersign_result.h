/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of libcountersign have in common: how a result leaves it. */
#ifndef CS_CORE_COUNTERSIGN_RESULT_H
#define CS_CORE_COUNTERSIGN_RESULT_H

#include "core/slice.h"

/* The result of an error, and its name in `reason` (may be NULL). */
int cs_countersign_result(const char **reason, cs_err err);
/* Copies JSON out with its NUL, or "" where there is none; true if there was room, or `out` is NULL. */
bool cs_countersign_give(char *out, size_t size, const cs_buf *json);

#endif
