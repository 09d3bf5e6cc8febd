/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether bytes are DER [X.690 §10, §11], so far as certificates need it. The library that reads them takes much of
 * BER, too: then one certificate had many texts, and what it means would depend on who reads it.
 */
#ifndef CS_CORE_DER_H
#define CS_CORE_DER_H

#include "core/slice.h"

/* The first element of `in` with its header, whose length is written; absent unless its tag is one byte and its length
 * definite, in the shortest form, below 16 MiB and there. */
cs_slice cs_der_element(cs_slice in, size_t *header);

/* True if `in` is one element, nothing behind it, and everything in it that is not inside a string is DER: lengths as
 * above, at most 16 elements inside one another, SEQUENCE and SET constructed and nothing else of the universal class,
 * BOOLEAN 00 or ff, INTEGER and OBJECT IDENTIFIER in their shortest form, unused bits of a BIT STRING zero, NULL empty.
 */
bool cs_der_is_sound(cs_slice in);

#endif
