/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: bounded reading, durable writing with a mode, hashing while streaming. "-" is stdin where said. */
#ifndef CS_SYS_FILE_H
#define CS_SYS_FILE_H

#include "core/crypto.h"
#include "core/secret.h"

/* Appends the whole file ("-": stdin) to `out`; CS_TOO_LARGE past the buffer's max, CS_IO otherwise. Never a prefix. */
CS_MUST_CHECK cs_err cs_file_read(cs_buf *out, const char *path);

/* Reads a secret of at most CS_SECRET_CAP bytes from a regular file that only its owner can read (mode 0600 or
 * 0400, owned by this user); CS_CONFIG if others could. */
CS_MUST_CHECK cs_err cs_file_read_secret(cs_secret *out, const char *path);

/* Creates `path` with `mode`, whole or not at all: temporary file, fsync, link or rename, fsync of the directory.
 * `replace` false: CS_CONFLICT if it exists. */
CS_MUST_CHECK cs_err cs_file_write(const char *path, cs_slice bytes, unsigned mode, bool replace);

/* Copies a regular file of any size into a new one with `mode`, whole or not at all, and syncs it. CS_CONFLICT if `to`
 * exists, CS_IO. */
CS_MUST_CHECK cs_err cs_file_copy(const char *to, const char *from, unsigned mode);
/* Gives a finished file its name: fsync, link, fsync of the directory. CS_CONFLICT if `to` exists, CS_IO. */
CS_MUST_CHECK cs_err cs_file_publish(const char *finished, const char *to);

/* Hashes a file ("-": stdin) with several hashes in one pass, reading 256 KiB at a time; *size in bytes. */
CS_MUST_CHECK cs_err cs_file_hash(cs_digest *out, const cs_hash_id *ids, size_t count, uint64_t *size,
                                  const char *path);

#endif
