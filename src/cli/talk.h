/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program says: data on stdout, talk on stderr, one sentence per failure.
 *
 * Text that came from a file or a server goes through here before it reaches a terminal: control characters are
 * written as \xNN.
 */
#ifndef CS_CLI_TALK_H
#define CS_CLI_TALK_H

#include "core/slice.h"
#include "sys/options.h"

/* Exit code of an error: 0 for CS_OK, 2 for a refusal (class CS_CLASS_REFUSED), 1 for everything else. */
int cs_talk_exit_code(cs_err err);

/* "error: WHAT: sentence (CODE)" on stderr, "refused: …" where the exit code is 2. WHAT is a file, an option, a server;
 * empty leaves it out. Returns the exit code. */
int cs_talk_fail(cs_err err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with the member behind the fault. */
int cs_talk_fail_field(const char *what, const cs_fault *fault);
/* A sentence of one's own, without a code. Returns CS_EXIT_ERROR. */
int cs_talk_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for something that was judged and refused. Returns CS_EXIT_REFUSED. */
int cs_talk_refused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Wrong use of the command line. Returns CS_EXIT_USAGE. */
int cs_talk_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A remark on stderr; nothing under --quiet. */
void cs_talk_note(const cs_args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "  name        value" on stdout. */
void cs_talk_fact(const char *name, cs_slice value);
void cs_talk_fact_f(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line of data on stdout, as it is. */
void cs_talk_line(cs_slice text);
/* Writes `text` for a terminal: control characters as \xNN. */
void cs_talk_clean(FILE *out, cs_slice text);

/* At the end of the program: `code`, or CS_EXIT_ERROR with a sentence if something did not reach stdout. */
int cs_talk_end(int code);

#endif
