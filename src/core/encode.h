/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict text encodings: base64, base64url, lower-case hex [RFC 4648 §4, §5, §8].
 *
 * One value has one text: padding is required in base64 and forbidden in base64url; white space, unused bits
 * that are not zero, upper-case hex and the other alphabet are refused with CS_BAD_ENCODING.
 */
#ifndef CS_CORE_ENCODE_H
#define CS_CORE_ENCODE_H

#include "core/secret.h"
#include "core/slice.h"

void cs_base64_encode(cs_buf *out, cs_slice bytes);
void cs_base64url_encode(cs_buf *out, cs_slice bytes);
void cs_hex_encode(cs_buf *out, cs_slice bytes);

/* Append the decoded bytes to `out`; on error nothing is appended. Errors: CS_BAD_ENCODING, or the buffer's own. */
CS_MUST_CHECK cs_err cs_base64_decode(cs_buf *out, cs_slice text);
CS_MUST_CHECK cs_err cs_base64url_decode(cs_buf *out, cs_slice text);
CS_MUST_CHECK cs_err cs_hex_decode(cs_buf *out, cs_slice text);

/* base64 into a secret; the run time depends on the length only, not on the characters. */
CS_MUST_CHECK cs_err cs_base64_decode_secret(cs_secret *out, cs_slice text);

#endif
