/* SPDX-License-Identifier: Apache-2.0 */
/* Shell completion from the tables of sys/options.h. */
#include <string.h>

#include "sys/options.h"

static void put_options(FILE *out, const cs_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, " --%s", options[i].name);
}

/* The words that may follow `prefix` ("" or "attest"): the next word of every command that begins with it. */
static void put_next_words(FILE *out, const cs_program *p, const char *prefix)
{
    size_t n = strlen(prefix);
    for (size_t i = 0; i < p->command_count; i++) {
        const char *name = p->commands[i].name;
        if (strncmp(name, prefix, n) != 0 || (n > 0 && name[n] != ' '))
            continue;
        const char *next = name + n + (n > 0 ? 1 : 0);
        (void)fprintf(out, " %.*s", (int)strcspn(next, " "), next);
    }
}

/* The cases go from long names to short ones, because "attest" also matches the beginning of "attest verify". */
static void put_bash(const cs_program *p, FILE *out)
{
    (void)fprintf(out,
                  "_%s() {\n"
                  "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" line=\"\" words=\"\" i\n"
                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                  "        case \"${COMP_WORDS[i]}\" in -*) ;; *) line=\"$line${line:+ }${COMP_WORDS[i]}\" ;; esac\n"
                  "    done\n"
                  "    case \"$line\" in\n",
                  p->name);
    for (int spaces = 2; spaces >= 0; spaces--) {
        for (size_t i = 0; i < p->command_count; i++) {
            const cs_command *c = &p->commands[i];
            int found = 0;
            for (const char *s = c->name; (s = strchr(s, ' ')) != NULL; s++)
                found++;
            if (found != spaces || c->name[0] == '\0')
                continue;
            (void)fprintf(out, "    \"%s\" | \"%s \"*) words=\"", c->name, c->name);
            put_options(out, c->options, c->option_count);
            (void)fprintf(out, " --help\" ;;\n");
        }
    }
    for (size_t i = 0; i < p->command_count; i++) {
        const char *name = p->commands[i].name;
        char group[64];
        (void)snprintf(group, sizeof group, "%.*s", (int)strcspn(name, " "), name);
        if (strchr(name, ' ') == NULL)
            continue;
        (void)fprintf(out, "    \"%s\") words=\"", group); /* a repeated case is never reached: harmless */
        put_next_words(out, p, group);
        (void)fprintf(out, "\" ;;\n");
    }
    (void)fprintf(out, "    \"\") words=\"");
    put_next_words(out, p, "");
    (void)fprintf(out, " --help --version\" ;;\n    esac\n    words=\"$words");
    put_options(out, p->global, p->global_count);
    put_options(out, cs_built_in, CS_BUILT_IN_COUNT);
    (void)fprintf(out,
                  "\"\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                  "}\n"
                  "complete -o default -F _%s %s\n",
                  p->name, p->name);
}

static void put_quoted(FILE *out, const char *text)
{
    (void)fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
    (void)fputc('\'', out);
}

static void put_fish_options(FILE *out, const char *program, const char *command, const cs_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(out, "complete -c %s", program);
        if (command[0] != '\0')
            (void)fprintf(out, " -n 'string match -q -- \"* %s *\" (commandline -cp)'", command);
        (void)fprintf(out, " -l %s%s -d ", options[i].name, options[i].value == NULL ? "" : " -r");
        put_quoted(out, options[i].help);
        (void)fputc('\n', out);
    }
}

static void put_fish(const cs_program *p, FILE *out)
{
    for (size_t i = 0; i < p->command_count; i++) {
        const cs_command *c = &p->commands[i];
        const char *blank = strrchr(c->name, ' ');
        const char *last = blank != NULL ? blank + 1 : c->name;
        if (blank == NULL)
            (void)fprintf(out, "complete -c %s -n __fish_use_subcommand -a '%s' -d ", p->name, c->name);
        else
            (void)fprintf(out, "complete -c %s -n '__fish_seen_subcommand_from %.*s' -a '%s' -d ", p->name,
                          (int)(blank - c->name), c->name, last);
        put_quoted(out, c->help);
        (void)fputc('\n', out);
        if (blank != NULL) /* the first word alone, once more for each of its commands: fish shows it once */
            (void)fprintf(out, "complete -c %s -n __fish_use_subcommand -a '%.*s'\n", p->name, (int)(blank - c->name),
                          c->name);
        put_fish_options(out, p->name, c->name, c->options, c->option_count);
    }
    put_fish_options(out, p->name, "", p->global, p->global_count);
    put_fish_options(out, p->name, "", cs_built_in, CS_BUILT_IN_COUNT);
}

bool cs_program_completion(const cs_program *program, const char *shell, FILE *out)
{
    if (strcmp(shell, "bash") == 0) {
        put_bash(program, out);
    } else if (strcmp(shell, "zsh") == 0) {
        (void)fprintf(out, "#compdef %s\nautoload -U +X bashcompinit && bashcompinit\n", program->name);
        put_bash(program, out);
    } else if (strcmp(shell, "fish") == 0) {
        put_fish(program, out);
    } else {
        return false;
    }
    return true;
}
