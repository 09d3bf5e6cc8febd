/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allow-lists as the match rules of hardware vendors have them: measurements, and the values of numbered registers.
 *
 * A list that is there has at least one value; an empty one is refused when it is read, and matches nothing.
 */
#ifndef CS_CORE_ALLOW_H
#define CS_CORE_ALLOW_H

#include "core/json.h"
#include "core/limits.h"

#define CS_ALLOW_MAX_WIDTH 64

/* At most CS_MAX_ALLOWED_IMAGES values of one length. All zero: no list. */
typedef struct cs_allow {
    size_t count, width;
    uint8_t *values; /* heap */
} cs_allow;

/*
 * Reads the member `name`, an array of hashes of `width` bytes: lower-case hex, bare or behind `prefix` ("sha384:").
 * Errors are set in `o`: CS_POLICY_ALLOWLIST_EMPTY (missing, if not `optional`, or empty), CS_POLICY_HASH (not such a
 * hash, or all zero, which is what a register holds that measured nothing), CS_BAD_FIELD (too many), CS_NO_MEMORY.
 */
void cs_allow_read(cs_allow *out, cs_jobj *o, const char *name, const char *prefix, size_t width, bool optional);
/* Writes it as it was read, with the prefix; nothing if there is no list. */
void cs_allow_write(cs_jw *w, const char *name, const char *prefix, const cs_allow *list);
/* True if `value` is on the list. */
bool cs_allow_has(const cs_allow *list, cs_slice value);
void cs_allow_free(cs_allow *list); /* twice is fine */

#define CS_ALLOW_REGISTERS 32

/* A list for each register that the rules name. */
typedef struct cs_allow_registers {
    cs_allow list[CS_ALLOW_REGISTERS];
    uint32_t named; /* bit i: register i has a list */
} cs_allow_registers;

/* Reads {"0": […], "8": […]}: decimal numbers below `limit`, a list each. `optional`: the member may be missing. The
 * errors are those of cs_allow_read; CS_POLICY_ALLOWLIST_EMPTY also if no register is named. */
void cs_allow_registers_read(cs_allow_registers *out, cs_jobj *o, const char *name, const char *prefix, size_t width,
                             unsigned limit, bool optional);
void cs_allow_registers_write(cs_jw *w, const char *name, const char *prefix, const cs_allow_registers *r);
/* Judges the values of registers 0 to limit - 1 (absent: the evidence does not have it): CS_ATT_REGISTER_MISSING, and
 * then CS_ATT_IMAGE_NOT_ALLOWED. CS_OK if every named register has a value of its list; also if none is named. */
CS_MUST_CHECK cs_err cs_allow_registers_judge(const cs_allow_registers *r, const cs_slice *values, unsigned limit);
void cs_allow_registers_free(cs_allow_registers *r);

#endif
