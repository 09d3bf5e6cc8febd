/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What options.c (the command line) and config.c (environment and file) share. Nobody else includes it.
 *
 * A value comes from the first of these that has one: command line, environment, file, the option's default.
 */
#ifndef CS_SYS_ARGS_H
#define CS_SYS_ARGS_H

#include "core/slice.h"
#include "sys/options.h"

#define CS_MAX_OPTIONS 80 /* of one command, global ones included */

typedef enum cs_source { CS_FROM_NOWHERE, CS_FROM_LINE, CS_FROM_ENVIRONMENT, CS_FROM_FILE } cs_source;

/* Texts that are neither argv's nor the environment's. */
typedef struct cs_kept {
    struct cs_kept *next;
    char text[];
} cs_kept;

struct cs_args {
    const cs_program *program;
    const cs_command *command;
    struct {
        const char *text; /* NULL: not given; of a flag that is set: "" */
        int64_t number;
        cs_source source;
    } values[CS_MAX_OPTIONS];
    struct {
        const cs_option *list;
        const char *text;
    } items[CS_MAX_LIST_ITEMS];
    size_t item_count;
    char **operands; /* moved together inside argv */
    size_t operand_count;
    cs_kept *kept;
    char problem[CS_MAX_PROBLEM]; /* what is wrong, without control characters */
};

/* The built-in options and the global ones come first, so that they keep their places once the command is known. */
size_t cs_args_count(const cs_args *a);
const cs_option *cs_args_option(const cs_args *a, size_t i);
bool cs_args_find(size_t *at, const cs_args *a, cs_slice name);

/* Gives option i a value, unless a source before this one has; flags take "true" and "false". NULL, or what is wrong
 * with the value. */
CS_MUST_CHECK const char *cs_args_take(cs_args *a, size_t i, const char *text, cs_source source);
/* Records the problem; CS_EXIT_USAGE. */
int cs_args_fail(cs_args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* config.c. Environment and file. An exit code. */
CS_MUST_CHECK int cs_config_read(cs_args *a);
/* The file alone. */
CS_MUST_CHECK int cs_config_read_file(cs_args *a);
/* Writes every option, its value and where that comes from, in the form of the file. */
void cs_config_print(const cs_args *a, FILE *out);
void cs_config_free(cs_args *a);

#endif
