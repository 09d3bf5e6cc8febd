/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/options.h"

#include <stdlib.h>
#include <string.h>

#include "core/slice.h"

#define MAX_OPTIONS 48 /* of one command, global ones included */

struct cs_args {
    const cs_program *program;
    const cs_command *command;
    const char *text[MAX_OPTIONS]; /* NULL: not given */
    int64_t number[MAX_OPTIONS];
    struct {
        const cs_option *list;
        const char *text;
    } items[CS_MAX_LIST_ITEMS];
    size_t item_count;
    char **operands; /* moved together inside argv */
    size_t operand_count;
};

/* What is being parsed: the rest of argv. */
struct line {
    int argc;
    char **argv;
    int at;
};

static size_t option_count(const cs_args *a)
{
    return a->program->global_count + (a->command != NULL ? a->command->option_count : 0);
}

/* Option i of the command line: the global ones first, so that they keep their places once the command is known. */
static const cs_option *option_at(const cs_args *a, size_t i)
{
    size_t globals = a->program->global_count;
    return i < globals || a->command == NULL ? &a->program->global[i] : &a->command->options[i - globals];
}

static bool find_option(size_t *at, const cs_args *a, cs_slice name)
{
    for (size_t i = 0; i < option_count(a); i++) {
        if (cs_slice_is(name, option_at(a, i)->name)) {
            *at = i;
            return true;
        }
    }
    return false;
}

static int usage_error(const cs_args *a, const char *what, const char *about)
{
    const char *command = a->command != NULL ? a->command->name : "";
    const char *blank = command[0] != '\0' ? " " : "";
    (void)fprintf(stderr, "%s%s%s: %s%s\nTry '%s%s%s --help'.\n", a->program->name, blank, command, what, about,
                  a->program->name, blank, command);
    return CS_EXIT_USAGE;
}

static void print_options(FILE *out, const cs_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const cs_option *o = &options[i];
        char left[64];
        (void)snprintf(left, sizeof left, "--%s %s", o->name, o->value != NULL ? o->value : "");
        (void)fprintf(out, "  %-28s %s", left, o->help);
        if (o->fallback != NULL)
            (void)fprintf(out, " (%s)", o->fallback);
        (void)fprintf(out, "%s%s\n", o->required ? " (required)" : "", o->kind == CS_OPT_LIST ? " (repeatable)" : "");
    }
}

static void print_command_help(const cs_program *p, const cs_command *c, FILE *out)
{
    (void)fprintf(out, "%s%s%s: %s\n\nUsage: %s%s%s%s%s%s\n", p->name, c->name[0] != '\0' ? " " : "", c->name, c->help,
                  p->name, c->name[0] != '\0' ? " " : "", c->name, c->option_count > 0 ? " [OPTIONS]" : "",
                  c->operands != NULL ? " " : "", c->operands != NULL ? c->operands : "");
    if (c->option_count > 0)
        (void)fprintf(out, "\nOptions:\n");
    print_options(out, c->options, c->option_count);
    if (p->global_count > 0)
        (void)fprintf(out, "\nOptions of every command:\n");
    print_options(out, p->global, p->global_count);
}

static void print_program_help(const cs_program *p, FILE *out)
{
    (void)fprintf(out, "%s: %s\n\nUsage: %s COMMAND [OPTIONS]\n\nCommands:\n", p->name, p->about, p->name);
    for (size_t i = 0; i < p->command_count; i++)
        (void)fprintf(out, "  %-28s %s\n", p->commands[i].name, p->commands[i].help);
    if (p->global_count > 0)
        (void)fprintf(out, "\nOptions of every command:\n");
    print_options(out, p->global, p->global_count);
    (void)fprintf(out, "\n%s COMMAND --help tells the options of a command; --version the version.\n", p->name);
}

static int print_help(const cs_args *a)
{
    if (a->command != NULL)
        print_command_help(a->program, a->command, stdout);
    else
        print_program_help(a->program, stdout);
    return CS_EXIT_OK;
}

/* A decimal integer, an optional minus in front, nothing else. */
static bool read_number(int64_t *out, const char *text)
{
    bool negative = text[0] == '-';
    const char *p = text + (negative ? 1 : 0);
    int64_t v = 0;
    if (*p == '\0')
        return false;
    for (; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(v, (int64_t)10, &v) ||
            __builtin_add_overflow(v, (int64_t)(*p - '0'), &v))
            return false;
    }
    *out = negative ? -v : v;
    return true;
}

static bool add_item(cs_args *a, const cs_option *list, const char *text)
{
    if (a->item_count == CS_MAX_LIST_ITEMS)
        return false;
    a->items[a->item_count].list = list;
    a->items[a->item_count++].text = text;
    return true;
}

/* Takes the option at the line's place ("--name", "--name=value", "--name value"). Returns an exit code. */
static int take_option(cs_args *a, struct line *line)
{
    const char *arg = line->argv[line->at++];
    const char *equals = strchr(arg, '=');
    cs_slice name = cs_slice_of(arg + 2, equals != NULL ? (size_t)(equals - arg - 2) : strlen(arg) - 2);
    size_t i;
    if (!find_option(&i, a, name))
        return usage_error(a, "unknown option ", arg);
    const cs_option *o = option_at(a, i);
    if (a->text[i] != NULL && o->kind != CS_OPT_LIST)
        return usage_error(a, "option given twice: --", o->name);
    if (o->kind == CS_OPT_FLAG) {
        if (equals != NULL)
            return usage_error(a, "option takes no value: --", o->name);
        a->text[i] = "";
        return CS_EXIT_OK;
    }
    const char *value = equals != NULL ? equals + 1 : line->at < line->argc ? line->argv[line->at++] : NULL;
    if (value == NULL)
        return usage_error(a, "option needs a value: --", o->name);
    if (o->kind == CS_OPT_NUMBER &&
        (!read_number(&a->number[i], value) || a->number[i] < o->min || a->number[i] > o->max))
        return usage_error(a, "not a number in range: --", o->name);
    if (o->kind == CS_OPT_LIST && !add_item(a, o, value))
        return usage_error(a, "option given too often: --", o->name);
    a->text[i] = value;
    return CS_EXIT_OK;
}

static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] == '-' && arg[2] != '\0';
}

static bool asks_for_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

/* How many words of the line are exactly the command's name; 0 if they are not. */
static int words_of(const cs_command *c, const struct line *line)
{
    int words = 0;
    cs_slice rest = cs_slice_str(c->name);
    for (; rest.n > 0; words++) {
        const uint8_t *blank = memchr(rest.p, ' ', rest.n);
        size_t n = blank != NULL ? (size_t)(blank - rest.p) : rest.n;
        if (line->at + words >= line->argc || !cs_slice_is(cs_slice_sub(rest, 0, n), line->argv[line->at + words]))
            return 0;
        rest = cs_slice_sub(rest, blank != NULL ? n + 1 : n, rest.n);
    }
    return words;
}

/* The command with the longest name that the line begins with. */
static void find_command(cs_args *a, struct line *line)
{
    int longest = 0;
    for (size_t i = 0; i < a->program->command_count; i++) {
        const cs_command *c = &a->program->commands[i];
        int words = words_of(c, line);
        if (words > longest || (c->name[0] == '\0' && a->command == NULL)) {
            longest = words;
            a->command = c;
        }
    }
    line->at += longest;
}

/* Options and operands of the command; an operand may stand anywhere, "--" ends the options. Returns an exit code. */
static int take_rest(cs_args *a, struct line *line)
{
    bool options_end = false;
    a->operands = line->argv; /* what has been read is overwritten */
    while (line->at < line->argc) {
        char *arg = line->argv[line->at];
        if (!options_end && strcmp(arg, "--") == 0) {
            options_end = true;
            line->at++;
        } else if (!options_end && is_option(arg)) {
            int code = take_option(a, line);
            if (code != CS_EXIT_OK)
                return code;
        } else if (!options_end && arg[0] == '-' && arg[1] != '\0') {
            return usage_error(a, "unknown option ", arg);
        } else if (a->command->operands == NULL) {
            return usage_error(a, "unexpected argument ", arg);
        } else {
            a->operands[a->operand_count++] = arg;
            line->at++;
        }
    }
    return CS_EXIT_OK;
}

static int check_required(const cs_args *a)
{
    for (size_t i = 0; i < option_count(a); i++)
        if (option_at(a, i)->required && a->text[i] == NULL)
            return usage_error(a, "option is required: --", option_at(a, i)->name);
    return CS_EXIT_OK;
}

/* True if --help or --version stands among the options that follow. */
static bool answer_question(const cs_args *a, const struct line *line, int *code)
{
    for (int i = line->at; i < line->argc && strcmp(line->argv[i], "--") != 0; i++) {
        if (asks_for_help(line->argv[i])) {
            *code = print_help(a);
            return true;
        }
    }
    return false;
}

int cs_program_run(const cs_program *program, int argc, char **argv)
{
    cs_args args = {.program = program};
    struct line line = {.argc = argc, .argv = argv, .at = 1};
    int code = CS_EXIT_OK;
    while (line.at < argc && is_option(argv[line.at]) && !asks_for_help(argv[line.at])) {
        if (strcmp(argv[line.at], "--version") == 0) {
            (void)printf("%s %s\n", program->name, CS_VERSION);
            return CS_EXIT_OK;
        }
        if (program->command_count == 1 && program->commands[0].name[0] == '\0')
            break; /* its options need no command before them */
        code = take_option(&args, &line);
        if (code != CS_EXIT_OK)
            return code;
    }
    find_command(&args, &line);
    if (args.command != NULL && option_count(&args) > MAX_OPTIONS)
        return usage_error(&args, "too many options in the table of ", program->name);
    if (answer_question(&args, &line, &code))
        return code;
    if (args.command == NULL)
        return line.at < argc ? usage_error(&args, "unknown command ", argv[line.at])
                              : usage_error(&args, "which command?", "");
    code = take_rest(&args, &line);
    if (code == CS_EXIT_OK)
        code = check_required(&args);
    return code == CS_EXIT_OK ? args.command->run(&args) : code;
}

const char *cs_arg_text(const cs_args *a, const char *name)
{
    size_t i;
    if (!find_option(&i, a, cs_slice_str(name)))
        return NULL;
    return a->text[i] != NULL ? a->text[i] : option_at(a, i)->fallback;
}

int64_t cs_arg_number(const cs_args *a, const char *name, int64_t or)
{
    size_t i;
    int64_t v;
    if (!find_option(&i, a, cs_slice_str(name)))
        return or ;
    if (a->text[i] != NULL)
        return a->number[i];
    return option_at(a, i)->fallback != NULL && read_number(&v, option_at(a, i)->fallback) ? v : or ;
}

size_t cs_arg_count(const cs_args *a, const char *name)
{
    size_t n = 0;
    while (cs_arg_item(a, name, n) != NULL)
        n++;
    return n;
}

const char *cs_arg_item(const cs_args *a, const char *name, size_t i)
{
    for (size_t at = 0; at < a->item_count; at++)
        if (strcmp(a->items[at].list->name, name) == 0 && i-- == 0)
            return a->items[at].text;
    return NULL;
}

bool cs_arg_flag(const cs_args *a, const char *name)
{
    return cs_arg_text(a, name) != NULL;
}

size_t cs_arg_operand_count(const cs_args *a)
{
    return a->operand_count;
}

const char *cs_arg_operand(const cs_args *a, size_t i)
{
    return i < a->operand_count ? a->operands[i] : NULL;
}

const cs_program *cs_arg_program(const cs_args *a)
{
    return a->program;
}
