/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner loops of base64, and of hex as it is read, 64 characters at once where the processor has AVX-512 VBMI.
 * What is left at the end, and all of it elsewhere, is the caller's.
 */
#ifndef CS_CORE_ENCODE_LANES_H
#define CS_CORE_ENCODE_LANES_H

#include <stddef.h>
#include <stdint.h>

#define CS_NO_CHARACTER 0x80 /* in a table of values */

/* Writes four characters of `alphabet` for each three of the first bytes. Returns how many bytes those were: a multiple
 * of 48, at most `n`; `to` has room for as many characters as they take, and no more is written. */
size_t cs_encode_lanes_write(uint8_t *to, const uint8_t *p, size_t n, const char alphabet[64]);

/* Reads characters, whose six bits each `values` has, up to the first 64 of which one is none. Returns how many it has
 * read: a multiple of 64, at most `n`; `to` gets three bytes for four of them. */
size_t cs_encode_lanes_read(uint8_t *to, const uint8_t *text, size_t n, const uint8_t values[128]);

/* The same for digits of four bits each: one byte for two of them. */
size_t cs_encode_lanes_read_hex(uint8_t *to, const uint8_t *text, size_t n, const uint8_t values[128]);

#endif
