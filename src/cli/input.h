/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifying commands are given: public keys, signatures, documents, policies.
 *
 * Each function reads one thing, says on stderr what is wrong with it, and returns an exit code: 0, CS_EXIT_ERROR for
 * something that cannot be read, CS_EXIT_USAGE for a value that no file could have made right.
 */
#ifndef CS_CLI_INPUT_H
#define CS_CLI_INPUT_H

#include "core/bundle.h"
#include "sys/options.h"

/* At most one of these options may be "-": stdin can be read once. The list ends with NULL. */
CS_MUST_CHECK int cs_input_one_stdin(const cs_args *args, const char *const *options);

/* A public key as the service shows it (JSON) or as SubjectPublicKeyInfo PEM; white space around it is dropped. */
CS_MUST_CHECK int cs_input_public_key(cs_pair *out, const char *path);
/* Signature bytes: of the file of that name if there is one, else `value` is their base64. */
CS_MUST_CHECK int cs_input_signature(cs_buf *out, const char *value);
/* An attestation document, ASCII, to the byte: a newline behind it is for the verdict to refuse. One that is too large
 * even to be judged is refused here (CS_EXIT_REFUSED). */
CS_MUST_CHECK int cs_input_document(cs_buf *out, const char *path);
/* A pinned policy, of vendor mock too: whether that is accepted is for the verdict. Free it. */
CS_MUST_CHECK int cs_input_policy(cs_policy *out, const char *path);
/* The same with what the service told about it. Free it, too. */
CS_MUST_CHECK int cs_input_pin(cs_pin *out, const char *path);
/* Verifier keys of a list option: each value is one, or a file with one a line. At most CS_MAX_VKEYS. */
CS_MUST_CHECK int cs_input_vkeys(cs_vkey *out, size_t *n, const cs_args *args, const char *option);
/* The nonce that was sent: base64 of 8..64 bytes. NULL leaves `out` empty. */
CS_MUST_CHECK int cs_input_nonce(cs_buf *out, const char *value);

#endif
