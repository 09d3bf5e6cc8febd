/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sys/args.h"

const cs_option cs_built_in[CS_BUILT_IN_COUNT] = {
    {"config", CS_OPT_TEXT, false, "FILE", "options that are not given here: lines of name = value", 0, 0},
    {"print-config", CS_OPT_FLAG, false, NULL, "print the options in effect and where they come from, and end", 0, 0},
};

/* What is being parsed: the rest of argv. */
struct line {
    int argc;
    char **argv;
    int at;
};

size_t cs_args_count(const cs_args *a)
{
    return CS_BUILT_IN_COUNT + a->program->global_count + (a->command != NULL ? a->command->option_count : 0);
}

const cs_option *cs_args_option(const cs_args *a, size_t i)
{
    size_t before = CS_BUILT_IN_COUNT + a->program->global_count;
    if (i < CS_BUILT_IN_COUNT)
        return &cs_built_in[i];
    if (i < before || a->command == NULL) /* without a command there are no others */
        return &a->program->global[i - CS_BUILT_IN_COUNT];
    return &a->command->options[i - before];
}

bool cs_args_find(size_t *at, const cs_args *a, cs_slice name)
{
    for (size_t i = 0; i < cs_args_count(a); i++) {
        if (cs_slice_is(name, cs_args_option(a, i)->name)) {
            *at = i;
            return true;
        }
    }
    return false;
}

int cs_args_fail(cs_args *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(a->problem, sizeof a->problem, format, args);
    va_end(args);
    return CS_EXIT_USAGE;
}

static void print_problem(const cs_args *a)
{
    const char *command = a->command != NULL ? a->command->name : "";
    const char *blank = command[0] != '\0' ? " " : "";
    (void)fprintf(stderr, "%s%s%s: %s\nTry '%s%s%s --help'.\n", a->program->name, blank, command, a->problem,
                  a->program->name, blank, command);
}

static void print_options(FILE *out, const cs_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const cs_option *o = &options[i];
        char left[64];
        (void)snprintf(left, sizeof left, "--%s %s", o->name, o->value != NULL ? o->value : "");
        (void)fprintf(out, "  %-28s %s", left, o->help);
        if (o->fallback != NULL)
            (void)fprintf(out, " (default: %s)", o->fallback);
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
    (void)fprintf(out, "\nConfiguration:\n");
    print_options(out, cs_built_in, CS_BUILT_IN_COUNT);
    (void)fprintf(out,
                  "\nThe environment can set %s, too (--an-option: COUNTERSIGN_AN_OPTION). The command line\n"
                  "goes before the environment, that before the file, the file before the defaults.\n",
                  p->global_settings_only ? "the options of every command" : "them");
}

static void print_program_help(const cs_program *p, FILE *out)
{
    (void)fprintf(out, "%s: %s\n\nUsage: %s COMMAND [OPTIONS]\n\nCommands:\n", p->name, p->about, p->name);
    for (size_t i = 0; i < p->command_count; i++)
        (void)fprintf(out, "  %-29s %s\n", p->commands[i].name, p->commands[i].help);
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

static bool is_flag(const cs_option *o)
{
    return o->kind == CS_OPT_FLAG || o->kind == CS_OPT_DANGER;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t n = strcspn(text, "|");
    for (const char *word = choices; n > 0 && text[n] == '\0' && (word = strstr(word, text)) != NULL; word++)
        if ((word == choices || word[-1] == '|') && (word[n] == '|' || word[n] == '\0'))
            return true;
    return false;
}

/* NULL, or what is wrong. */
static const char *check_value(int64_t *number, const cs_option *o, const char *text)
{
    *number = 0;
    if (o->kind == CS_OPT_NUMBER && (!read_number(number, text) || *number < o->min || *number > o->max))
        return "not a number in range";
    if (is_flag(o) && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return "neither true nor false";
    if (o->kind == CS_OPT_CHOICE && !is_choice(o->value, text))
        return "not one of the choices";
    return NULL;
}

const char *cs_args_take(cs_args *a, size_t i, const char *text, cs_source source)
{
    const cs_option *o = cs_args_option(a, i);
    int64_t number;
    const char *wrong = check_value(&number, o, text);
    if (wrong != NULL || (a->values[i].source != CS_FROM_NOWHERE && a->values[i].source != source))
        return wrong;
    if (o->kind == CS_OPT_LIST) {
        if (a->item_count == CS_MAX_LIST_ITEMS)
            return "given too often";
        a->items[a->item_count].list = o;
        a->items[a->item_count++].text = text;
    }
    a->values[i].number = number;
    a->values[i].source = source;
    a->values[i].text = !is_flag(o) ? text : strcmp(text, "true") == 0 ? "" : NULL;
    return NULL;
}

/* Takes the option at the line's place ("--name", "--name=value", "--name value"). Returns an exit code. */
static int take_option(cs_args *a, struct line *line)
{
    const char *arg = line->argv[line->at++];
    const char *equals = strchr(arg, '=');
    cs_slice name = cs_slice_of(arg + 2, equals != NULL ? (size_t)(equals - arg - 2) : strlen(arg) - 2);
    size_t i;
    if (!cs_args_find(&i, a, name))
        return cs_args_fail(a, "unknown option %s", arg);
    const cs_option *o = cs_args_option(a, i);
    if (a->values[i].source != CS_FROM_NOWHERE && o->kind != CS_OPT_LIST)
        return cs_args_fail(a, "option given twice: --%s", o->name);
    if (is_flag(o) && equals != NULL)
        return cs_args_fail(a, "option takes no value: --%s", o->name);
    const char *value = "true";
    if (!is_flag(o))
        value = equals != NULL ? equals + 1 : line->at < line->argc ? line->argv[line->at++] : NULL;
    if (value == NULL)
        return cs_args_fail(a, "option needs a value: --%s", o->name);
    const char *wrong = cs_args_take(a, i, value, CS_FROM_LINE);
    return wrong != NULL ? cs_args_fail(a, "--%s: %s", o->name, wrong) : CS_EXIT_OK;
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
            return cs_args_fail(a, "unknown option %s", arg);
        } else if (a->command->operands == NULL) {
            return cs_args_fail(a, "unexpected argument %s", arg);
        } else {
            a->operands[a->operand_count++] = arg;
            line->at++;
        }
    }
    return CS_EXIT_OK;
}

static int check_required(cs_args *a)
{
    for (size_t i = 0; i < cs_args_count(a); i++)
        if (cs_args_option(a, i)->required && a->values[i].text == NULL)
            return cs_args_fail(a, "option is required: --%s", cs_args_option(a, i)->name);
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

/* The command whose options are complete. */
static int run_command(cs_args *a, struct line *line)
{
    int code = take_rest(a, line);
    if (code == CS_EXIT_OK)
        code = cs_config_read(a);
    if (code == CS_EXIT_OK && cs_arg_flag(a, "print-config")) {
        cs_config_print(a, stdout);
        return CS_EXIT_OK;
    }
    if (code == CS_EXIT_OK)
        code = check_required(a);
    return code == CS_EXIT_OK ? a->command->run(a) : code;
}

static int read_line(cs_args *a, struct line *line)
{
    int code = CS_EXIT_OK;
    while (line->at < line->argc && is_option(line->argv[line->at]) && !asks_for_help(line->argv[line->at])) {
        if (strcmp(line->argv[line->at], "--version") == 0) {
            (void)printf("%s %s\n", a->program->name, CS_VERSION);
            return CS_EXIT_OK;
        }
        if (a->program->command_count == 1 && a->program->commands[0].name[0] == '\0')
            break; /* its options need no command before them */
        code = take_option(a, line);
        if (code != CS_EXIT_OK)
            return code;
    }
    find_command(a, line);
    if (a->command != NULL && cs_args_count(a) > CS_MAX_OPTIONS)
        return cs_args_fail(a, "too many options in the table of %s", a->program->name);
    if (answer_question(a, line, &code))
        return code;
    if (a->command != NULL)
        return run_command(a, line);
    if (line->at < line->argc)
        return cs_args_fail(a, "unknown command %s", line->argv[line->at]);
    return cs_args_fail(a, "which command?");
}

int cs_program_run(const cs_program *program, int argc, char **argv)
{
    cs_args args = {.program = program};
    struct line line = {.argc = argc, .argv = argv, .at = 1};
    int code = read_line(&args, &line);
    if (args.problem[0] != '\0')
        print_problem(&args);
    cs_config_free(&args);
    return code;
}

cs_args *cs_args_reread(char problem[CS_MAX_PROBLEM], const cs_args *a)
{
    cs_args *fresh = malloc(sizeof *fresh);
    (void)snprintf(problem, CS_MAX_PROBLEM, "out of memory");
    if (fresh == NULL)
        return NULL;
    *fresh = *a;
    fresh->kept = NULL;
    fresh->item_count = 0;
    for (size_t i = 0; i < cs_args_count(a); i++) {
        if (a->values[i].source == CS_FROM_FILE) {
            fresh->values[i].source = CS_FROM_NOWHERE;
            fresh->values[i].text = NULL;
        }
    }
    for (size_t n = 0; n < a->item_count; n++) {
        size_t i;
        if (cs_args_find(&i, a, cs_slice_str(a->items[n].list->name)) && a->values[i].source != CS_FROM_FILE)
            fresh->items[fresh->item_count++] = a->items[n];
    }
    int code = cs_config_read_file(fresh);
    if (code == CS_EXIT_OK)
        code = check_required(fresh);
    if (code == CS_EXIT_OK)
        return fresh;
    memcpy(problem, fresh->problem, sizeof fresh->problem);
    cs_args_free(fresh);
    return NULL;
}

void cs_args_free(cs_args *a)
{
    if (a != NULL)
        cs_config_free(a);
    free(a);
}

const char *cs_arg_text(const cs_args *a, const char *name)
{
    size_t i;
    if (!cs_args_find(&i, a, cs_slice_str(name)))
        return NULL;
    return a->values[i].text != NULL ? a->values[i].text : cs_args_option(a, i)->fallback;
}

int64_t cs_arg_number(const cs_args *a, const char *name, int64_t otherwise)
{
    size_t i;
    int64_t v;
    if (!cs_args_find(&i, a, cs_slice_str(name)))
        return otherwise;
    if (a->values[i].text != NULL)
        return a->values[i].number;
    const char *fallback = cs_args_option(a, i)->fallback;
    return fallback != NULL && read_number(&v, fallback) ? v : otherwise;
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
