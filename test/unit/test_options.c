/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/options.c and src/sys/completion.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/options.h"

static char seen[2048]; /* what the command that ran was given */

static int note(const char *command, const cs_args *a)
{
    int n = snprintf(seen, sizeof seen, "%s key=%s n=%lld json=%d", command,
                     cs_arg_text(a, "key") != NULL ? cs_arg_text(a, "key") : "-", (long long)cs_arg_number(a, "n", -99),
                     cs_arg_flag(a, "json"));
    for (size_t i = 0; i < cs_arg_count(a, "peer"); i++)
        n += snprintf(seen + n, sizeof seen - (size_t)n, " peer=%s", cs_arg_item(a, "peer", i));
    assert_null(cs_arg_item(a, "peer", cs_arg_count(a, "peer")));
    for (size_t i = 0; i < cs_arg_operand_count(a); i++)
        n += snprintf(seen + n, sizeof seen - (size_t)n, " [%s]", cs_arg_operand(a, i));
    assert_null(cs_arg_operand(a, cs_arg_operand_count(a)));
    assert_null(cs_arg_text(a, "no-such-option"));
    assert_string_equal(cs_arg_program(a)->name, "prog");
    return 42;
}

static int run_sign(const cs_args *a)
{
    return note("sign", a);
}

static int run_serve(const cs_args *a)
{
    return note("serve", a);
}

static int run_verify(const cs_args *a)
{
    return note("verify", a);
}

static int run_attest_verify(const cs_args *a)
{
    return note("attest verify", a);
}

static const cs_option sign_options[] = {
    {"key", CS_OPT_TEXT, true, "NAME", "the key's name", 0, 0},
    {"n", CS_OPT_NUMBER, false, "N", "a number", -5, 10},
};
static const cs_option serve_options[] = {
    {"peer", CS_OPT_LIST, false, "NAME", "whom to ask", 0, 0},
    {"key", CS_OPT_TEXT, false, "NAME", "the key's name", 0, 0, "usual"},
    {"n", CS_OPT_NUMBER, false, "N", "a number", -5, 10, "7"},
};
static const cs_option global_options[] = {{"json", CS_OPT_FLAG, false, NULL, "the program's answer", 0, 0}};
static const cs_command commands[] = {
    {"sign", "makes a signature", sign_options, 2, NULL, run_sign},
    {"verify", "checks one", NULL, 0, "FILE...", run_verify},
    {"attest verify", "checks a document", NULL, 0, NULL, run_attest_verify},
    {"serve", "serves", serve_options, 3, NULL, run_serve},
};
static const cs_program program = {"prog", "about", commands, 4, global_options, 1};

static const cs_command only[] = {{"", "does it", sign_options, 2, NULL, run_sign}};
static const cs_program simple = {"prog", "about", only, 1, NULL, 0};

/* Splits `line` at blanks and runs it with stdout and stderr away. */
static int run_line(const cs_program *p, const char *line)
{
    char copy[512], *argv[32] = {NULL};
    int argc = 0;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;)
        argv[argc++] = word;
    seen[0] = '\0';
    (void)fflush(NULL);
    int out = dup(1), err = dup(2);
    assert_non_null(freopen("/dev/null", "w", stdout));
    assert_non_null(freopen("/dev/null", "w", stderr));
    int code = cs_program_run(p, argc, argv);
    (void)fflush(NULL);
    assert_true(dup2(out, 1) >= 0 && dup2(err, 2) >= 0);
    (void)close(out);
    (void)close(err);
    return code;
}

static const struct {
    const char *line;
    int code;
    const char *seen;
} rows[] = {
    {"prog sign --key k", 42, "sign key=k n=-99 json=0"},
    {"prog sign --key=k --n=3", 42, "sign key=k n=3 json=0"},
    {"prog sign --key= --n -5", 42, "sign key= n=-5 json=0"},
    {"prog sign --key a=b", 42, "sign key=a=b n=-99 json=0"},
    {"prog sign --key=a=b", 42, "sign key=a=b n=-99 json=0"},
    {"prog sign --key --n", 42, "sign key=--n n=-99 json=0"},
    {"prog --json sign --key k", 42, "sign key=k n=-99 json=1"},
    {"prog sign --key k --json", 42, "sign key=k n=-99 json=1"},
    {"prog verify", 42, "verify key=- n=-99 json=0"},
    {"prog verify a - b", 42, "verify key=- n=-99 json=0 [a] [-] [b]"},
    {"prog verify a --json b", 42, "verify key=- n=-99 json=1 [a] [b]"},
    {"prog verify -- --json -x", 42, "verify key=- n=-99 json=0 [--json] [-x]"},
    {"prog attest verify", 42, "attest verify key=- n=-99 json=0"},
    {"prog serve", 42, "serve key=usual n=7 json=0"},
    {"prog serve --key a --n 0", 42, "serve key=a n=0 json=0"},
    {"prog serve --key=", 42, "serve key= n=7 json=0"},
    {"prog serve --peer b --json --peer=a --peer b", 42, "serve key=usual n=7 json=1 peer=b peer=a peer=b"},
    {"prog --help", 0, ""},
    {"prog -h", 0, ""},
    {"prog --version", 0, ""},
    {"prog sign --help", 0, ""},
    {"prog sign -h", 0, ""},
    {"prog attest --help", 0, ""},
    {"prog", 64, ""},
    {"prog sing", 64, ""},
    {"prog attest", 64, ""},
    {"prog attest sign", 64, ""},
    {"prog verify sign extra --bad", 64, ""},
    {"prog sign", 64, ""},
    {"prog sign --key", 64, ""},
    {"prog sign --key a --key b", 64, ""},
    {"prog sign --json --json --key a", 64, ""},
    {"prog --json sign --json --key a", 64, ""},
    {"prog sign --json=1 --key a", 64, ""},
    {"prog sign --key a extra", 64, ""},
    {"prog sign --key a -- extra", 64, ""},
    {"prog sign --key a -x", 64, ""},
    {"prog sign --key a --kez b", 64, ""},
    {"prog sign --ke a", 64, ""},
    {"prog --key a sign", 64, ""},
    {"prog sign --key a --n", 64, ""},
    {"prog serve --peer", 64, ""},
    {"prog serve --peer a --peer", 64, ""},
    {"prog sign --key a --n 11", 64, ""},
    {"prog sign --key a --n -6", 64, ""},
    {"prog sign --key a --n 0x1", 64, ""},
    {"prog sign --key a --n +1", 64, ""},
    {"prog sign --key a --n 1.0", 64, ""},
    {"prog sign --key a --n=", 64, ""},
    {"prog sign --key a --n -", 64, ""},
    {"prog sign --key a --n 99999999999999999999", 64, ""},
};

static void command_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int code = run_line(&program, rows[i].line);
        if (code != rows[i].code || strcmp(seen, rows[i].seen) != 0)
            fail_msg("%s: %d %s", rows[i].line, code, seen);
    }
}

static void lists_are_bounded(void **state)
{
    char line[16 + 9 * (CS_MAX_LIST_ITEMS + 1)];
    (void)state;
    size_t n = (size_t)snprintf(line, sizeof line, "prog serve");
    char *argv[2 + CS_MAX_LIST_ITEMS + 1] = {line, line + 5};
    line[4] = '\0';
    for (int i = 0; i < CS_MAX_LIST_ITEMS + 1; i++) {
        argv[2 + i] = line + n + 1;
        n += 1 + (size_t)snprintf(line + n + 1, sizeof line - n - 1, "--peer=a");
    }
    assert_int_equal(cs_program_run(&program, 2 + CS_MAX_LIST_ITEMS, argv), 42);
    assert_int_equal(cs_program_run(&program, 2 + CS_MAX_LIST_ITEMS + 1, argv), 64);
}

static void program_without_commands(void **state)
{
    (void)state;
    assert_int_equal(run_line(&simple, "prog --key k --n 1"), 42);
    assert_string_equal(seen, "sign key=k n=1 json=0");
    assert_int_equal(run_line(&simple, "prog --version"), 0);
    assert_int_equal(run_line(&simple, "prog --help"), 0);
    assert_int_equal(run_line(&simple, "prog"), 64);
    assert_int_equal(run_line(&simple, "prog sign --key k"), 64);
}

static void completion_names_everything(void **state)
{
    (void)state;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    static const char *const words[] = {"sign", "verify", "attest", "key", "json"};
    char *text = NULL;
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        FILE *f = open_memstream(&text, &n);
        assert_non_null(f);
        assert_true(cs_program_completion(&program, shells[i], f));
        (void)fclose(f);
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
            assert_non_null(strstr(text, words[w]));
        free(text);
    }
    assert_false(cs_program_completion(&program, "tcsh", stdout));
    assert_false(cs_program_completion(&program, "", stdout));
}

/* The script is run by the shell that it is for: the words that it offers after a beginning. */
static void bash_completes(void **state)
{
    (void)state;
    static const struct {
        const char *words, *offered, *not_offered;
    } lines[] = {
        {"prog ''", " attest ", " --key "},         {"prog ''", " sign ", " FILE "},
        {"prog s", " sign ", " verify "},           {"prog attest ''", " verify ", " sign "},
        {"prog sign --k", " --key ", " --json "},   {"prog sign --j", " --json ", " --key "},
        {"prog --json sign --", " --n ", " sign "}, {"prog attest verify --", " --help ", " --key "},
    };
    if (access("/bin/bash", X_OK) != 0)
        skip();
    char name[] = "/tmp/cs-completion-XXXXXX";
    FILE *f = fdopen(mkstemp(name), "w");
    assert_non_null(f);
    assert_true(cs_program_completion(&program, "bash", f));
    (void)fclose(f);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char command[512], got[512] = "";
        (void)snprintf(command, sizeof command,
                       "/bin/bash -c '. %s; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _prog; "
                       "echo \" ${COMPREPLY[*]} \"' _ %s",
                       name, lines[i].words);
        FILE *p = popen(command, "r");
        assert_non_null(p);
        size_t n = fread(got, 1, sizeof got - 1, p);
        assert_int_equal(pclose(p), 0);
        got[n] = '\0';
        if (strstr(got, lines[i].offered) == NULL || strstr(got, lines[i].not_offered) != NULL)
            fail_msg("%s: %s", lines[i].words, got);
    }
    (void)unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(program_without_commands),
        cmocka_unit_test(completion_names_everything),
        cmocka_unit_test(bash_completes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
