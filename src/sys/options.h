/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: one table of commands and options per program, from which parsing, --help and shell completion
 * are all made. Exit codes: 0 done or verified, 1 operational error, 2 refused, 64 usage.
 *
 * An option that is not on the command line is looked for in the environment (--tls-cert: COUNTERSIGN_TLS_CERT; flags
 * are "true" or "false", the values of a list are separated by blanks, an empty variable is none) and then in the file
 * of --config: lines of `name = value`, empty ones, and comments that begin with '#'; lists repeat their line. A name
 * that no command of the program has, a second value or one that does not fit is a usage error in either place.
 * --print-config tells every option's value and where it comes from, in the form of the file, and ends.
 */
#ifndef CS_SYS_OPTIONS_H
#define CS_SYS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CS_EXIT_OK 0
#define CS_EXIT_ERROR 1
#define CS_EXIT_REFUSED 2
#define CS_EXIT_USAGE 64

#define CS_MAX_LIST_ITEMS 64 /* values of all the lists of one command line together */

typedef enum cs_option_kind {
    CS_OPT_FLAG,
    CS_OPT_TEXT,
    CS_OPT_NUMBER,
    CS_OPT_LIST,   /* text that may be given more than once */
    CS_OPT_CHOICE, /* one of the words in `value`, which are separated by '|' */
    CS_OPT_DANGER  /* a flag that gives protection up: never set by the environment */
} cs_option_kind;

typedef struct cs_option {
    const char *name; /* without "--" */
    cs_option_kind kind;
    bool required;
    const char *value; /* what to call the value in --help ("FILE"); NULL for flags */
    const char *help;
    int64_t min, max;     /* numbers */
    const char *fallback; /* the default, shown by --help; NULL: there is none */
} cs_option;

typedef struct cs_args cs_args;

typedef struct cs_command {
    const char *name; /* "sign", "attest verify"; "" for a program without subcommands */
    const char *help; /* one line */
    const cs_option *options;
    size_t option_count;
    const char *operands;            /* what follows the options, for --help; NULL: none are taken */
    int (*run)(const cs_args *args); /* returns the exit code */
} cs_command;

typedef struct cs_program {
    const char *name;
    const char *about; /* one line for --help */
    const cs_command *commands;
    size_t command_count;
    const cs_option *global; /* options that every command takes */
    size_t global_count;
    bool global_settings_only; /* environment and file set global options only: what is to be done is said with it */
} cs_program;

/* Options of every program: config, print-config. */
#define CS_BUILT_IN_COUNT 2
extern const cs_option cs_built_in[CS_BUILT_IN_COUNT];

/* Parses argv, prints --help, --version or the usage error, or runs the command. Returns the exit code. An option
 * given twice, unknown, without its value or with a number out of range is a usage error (64). */
int cs_program_run(const cs_program *program, int argc, char **argv);

/* Values of the parsed command line. What was not given has its row's default; without one, text is NULL and numbers
 * give `otherwise`. */
const char *cs_arg_text(const cs_args *a, const char *name);
int64_t cs_arg_number(const cs_args *a, const char *name, int64_t otherwise);
bool cs_arg_flag(const cs_args *a, const char *name);
/* A list's values in the order in which they were given; NULL behind the last. */
size_t cs_arg_count(const cs_args *a, const char *name);
const char *cs_arg_item(const cs_args *a, const char *name, size_t i);
size_t cs_arg_operand_count(const cs_args *a);
const char *cs_arg_operand(const cs_args *a, size_t i);
/* The same with the file of --config as it is now, to be freed with cs_args_free; command line and environment are
 * those of `a`, which must live as long. NULL: the file is not usable, and `problem` says why. */
#define CS_MAX_PROBLEM 300
cs_args *cs_args_reread(char problem[CS_MAX_PROBLEM], const cs_args *a);
void cs_args_free(cs_args *a);
const cs_program *cs_arg_program(const cs_args *a);

/* Writes a completion script for "bash", "zsh" or "fish" from the program's tables; false for another shell. */
bool cs_program_completion(const cs_program *program, const char *shell, FILE *out);

#endif
