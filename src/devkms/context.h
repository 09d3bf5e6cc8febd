/* SPDX-License-Identifier: Apache-2.0 */
/* An EncryptionContext: pairs of text that a ciphertext is bound to, in any order. */
#ifndef CS_DEVKMS_CONTEXT_H
#define CS_DEVKMS_CONTEXT_H

#include "core/json.h"

#define CS_CONTEXT_PAIRS 64
#define CS_CONTEXT_BYTES 8192 /* of all names and values together, as at AWS */

/* Sorted by name. Slices live as long as the JSON document. */
typedef struct cs_context {
    size_t count;
    struct cs_context_pair {
        cs_slice name, value;
    } of[CS_CONTEXT_PAIRS];
} cs_context;

/* Reads an object whose members are strings; an absent value is an empty context. CS_BAD_FIELD (another type, an empty
 * name), CS_TOO_LARGE. */
CS_MUST_CHECK cs_err cs_context_read(cs_context *out, cs_jval object);
/* Appends the pairs with their lengths: one context has one text, and two have two. */
void cs_context_bytes(cs_buf *out, const cs_context *c);
/* The value of a name; absent if there is none. */
cs_slice cs_context_find(const cs_context *c, cs_slice name);

#endif
