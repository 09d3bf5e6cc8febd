/* SPDX-License-Identifier: Apache-2.0 */
/* Options from the environment and from the file of --config. */
#include <stdlib.h>
#include <string.h>

#include "sys/args.h"
#include "sys/file.h"

#define MAX_FILE (64u << 10)
#define PREFIX "COUNTERSIGN_"

static const char *const source_names[] = {[CS_FROM_NOWHERE] = "default",
                                           [CS_FROM_LINE] = "command line",
                                           [CS_FROM_ENVIRONMENT] = "environment",
                                           [CS_FROM_FILE] = "file"};

void cs_config_free(cs_args *a)
{
    for (cs_kept *k = a->kept, *next; k != NULL; k = next) {
        next = k->next;
        free(k);
    }
    a->kept = NULL;
}

static char *keep(cs_args *a, cs_slice text)
{
    cs_kept *k = malloc(sizeof *k + text.n + 1);
    if (k == NULL)
        return NULL;
    memcpy(k->text, text.p, text.n);
    k->text[text.n] = '\0';
    k->next = a->kept;
    a->kept = k;
    return k->text;
}

/* Whether environment and file may set option i at all: not what belongs to the command line itself, and only what is
 * global where the program says so. */
static bool is_setting(const cs_args *a, size_t i)
{
    if (i < CS_BUILT_IN_COUNT)
        return false;
    return i < CS_BUILT_IN_COUNT + a->program->global_count || !a->program->global_settings_only;
}

/* -- the environment ----------------------------------------------------------------------------------------------- */

static const char *variable_of(char name[80], const cs_option *o)
{
    size_t n = (size_t)snprintf(name, 80, PREFIX "%s", o->name);
    for (size_t i = 0; i < n && i < 79; i++) {
        if (name[i] == '-')
            name[i] = '_';
        else if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - ('a' - 'A'));
    }
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* A list's values are separated by blanks. */
static const char *take_list(cs_args *a, size_t i, const char *value)
{
    const char *wrong = NULL;
    char *rest = keep(a, cs_slice_str(value));
    if (rest == NULL)
        return "out of memory";
    for (char *item; wrong == NULL && (item = strsep(&rest, " ")) != NULL;)
        if (item[0] != '\0')
            wrong = cs_args_take(a, i, item, CS_FROM_ENVIRONMENT);
    return wrong;
}

static int read_environment(cs_args *a)
{
    for (size_t i = 0; i < cs_args_count(a); i++) {
        const cs_option *o = cs_args_option(a, i);
        char name[80];
        if (!is_setting(a, i) && strcmp(o->name, "config") != 0)
            continue;
        const char *value = variable_of(name, o);
        if (value == NULL)
            continue;
        if (o->kind == CS_OPT_DANGER)
            return cs_args_fail(a, "%s: this has to be written out, as --%s or in the file", name, o->name);
        const char *wrong =
            o->kind == CS_OPT_LIST ? take_list(a, i, value) : cs_args_take(a, i, value, CS_FROM_ENVIRONMENT);
        if (wrong != NULL)
            return cs_args_fail(a, "%s: %s", name, wrong);
    }
    return CS_EXIT_OK;
}

/* -- the file ------------------------------------------------------------------------------------------------------ */

static bool is_known(const cs_args *a, const char *name)
{
    const cs_program *p = a->program;
    for (size_t i = 0; i < p->global_count; i++)
        if (strcmp(p->global[i].name, name) == 0)
            return true;
    for (size_t c = 0; c < p->command_count && !p->global_settings_only; c++)
        for (size_t i = 0; i < p->commands[c].option_count; i++)
            if (strcmp(p->commands[c].options[i].name, name) == 0)
                return true;
    return false;
}

static char *trim(char *s)
{
    s += strspn(s, " ");
    for (size_t n = strlen(s); n > 0 && s[n - 1] == ' '; n--)
        s[n - 1] = '\0';
    return s;
}

/* One line, cut in place. `seen` says which options had one. NULL, or what is wrong. */
static const char *take_line(cs_args *a, bool seen[CS_MAX_OPTIONS], char *line)
{
    size_t i;
    line = trim(line);
    if (line[0] == '\0' || line[0] == '#')
        return NULL;
    char *value = strchr(line, '=');
    if (value == NULL)
        return "not of the form name = value";
    *value++ = '\0';
    const char *name = trim(line);
    if (!is_known(a, name))
        return "no such option";
    if (!cs_args_find(&i, a, cs_slice_str(name)))
        return NULL; /* another command's */
    if (seen[i] && cs_args_option(a, i)->kind != CS_OPT_LIST)
        return "option given twice";
    seen[i] = true;
    return cs_args_take(a, i, trim(value), CS_FROM_FILE);
}

static bool is_text(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n')
            return false;
    return true;
}

int cs_config_read_file(cs_args *a)
{
    bool seen[CS_MAX_OPTIONS] = {false};
    const char *path = cs_arg_text(a, "config");
    if (path == NULL)
        return CS_EXIT_OK;
    cs_buf bytes = cs_buf_new(MAX_FILE);
    cs_err err = cs_file_read(&bytes, path);
    char *rest = err == CS_OK ? keep(a, bytes.n > 0 ? cs_buf_slice(&bytes) : CS_LIT("")) : NULL;
    bool text = rest != NULL && is_text(rest, bytes.n);
    cs_buf_free(&bytes);
    if (rest == NULL)
        return cs_args_fail(a, "--config: the file cannot be read");
    if (!text)
        return cs_args_fail(a, "--config: the file is no text");
    int at = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        const char *wrong = take_line(a, seen, line);
        at++;
        if (wrong != NULL)
            return cs_args_fail(a, "--config: line %d: %s", at, wrong);
    }
    return CS_EXIT_OK;
}

int cs_config_read(cs_args *a)
{
    int code = read_environment(a);
    return code == CS_EXIT_OK ? cs_config_read_file(a) : code;
}

/* -- showing ------------------------------------------------------------------------------------------------------- */

static void print_value(const cs_args *a, size_t i, FILE *out)
{
    const cs_option *o = cs_args_option(a, i);
    const char *text = a->values[i].text;
    bool flag = o->kind == CS_OPT_FLAG || o->kind == CS_OPT_DANGER;
    if (text == NULL && !flag)
        text = o->fallback;
    if (text == NULL && !flag) {
        (void)fprintf(out, "# not set\n# %s =\n", o->name);
        return;
    }
    (void)fprintf(out, "# %s\n", source_names[a->values[i].source]);
    if (flag)
        (void)fprintf(out, "%s = %s\n", o->name, text != NULL ? "true" : "false");
    else if (o->kind != CS_OPT_LIST)
        (void)fprintf(out, "%s = %s\n", o->name, text);
    for (size_t n = 0; o->kind == CS_OPT_LIST && n < cs_arg_count(a, o->name); n++)
        (void)fprintf(out, "%s = %s\n", o->name, cs_arg_item(a, o->name, n));
}

void cs_config_print(const cs_args *a, FILE *out)
{
    for (size_t i = 0; i < cs_args_count(a); i++)
        if (is_setting(a, i))
            print_value(a, i, out);
}
