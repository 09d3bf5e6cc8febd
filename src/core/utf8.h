/* SPDX-License-Identifier: Apache-2.0 */
/* Text character by character. */
#ifndef CS_CORE_UTF8_H
#define CS_CORE_UTF8_H

#include "core/slice.h"

/* Takes one character off the front of `text`, which must not be empty. False if what is there is no strict UTF-8:
 * shortest form, no surrogate, at most U+10FFFF [RFC 3629 §3]. */
bool cs_utf8_take(uint32_t *character, cs_slice *text);

#endif
