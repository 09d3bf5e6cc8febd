/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/config.c: where a value comes from when the command line has none. */
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
static char file_name[] = "/tmp/cs-config-XXXXXX";
static const char *rewritten; /* the file's text while the command runs; NULL: it stays */
static char problem[CS_MAX_PROBLEM];

static void write_file(const char *text, size_t n)
{
    FILE *f = fopen(file_name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void note(const char *command, const cs_args *a)
{
    size_t n = (size_t)snprintf(seen, sizeof seen, "%s key=%s n=%lld mode=%s json=%d weak=%d", command,
                                cs_arg_text(a, "key") != NULL ? cs_arg_text(a, "key") : "-",
                                (long long)cs_arg_number(a, "n", -99), cs_arg_text(a, "mode"), cs_arg_flag(a, "json"),
                                cs_arg_flag(a, "weak"));
    for (size_t i = 0; i < cs_arg_count(a, "peer"); i++)
        n += (size_t)snprintf(seen + n, sizeof seen - n, " peer=%s", cs_arg_item(a, "peer", i));
}

static int run_serve(const cs_args *a)
{
    note("serve", a);
    if (rewritten == NULL)
        return 42;
    write_file(rewritten, strlen(rewritten));
    cs_args *again = cs_args_reread(problem, a);
    if (again == NULL)
        return 43;
    note("again", again);
    cs_args_free(again);
    return 42;
}

static int run_other(const cs_args *a)
{
    (void)snprintf(seen, sizeof seen, "other json=%d", cs_arg_flag(a, "json"));
    return 42;
}

static const cs_option serve_options[] = {
    {"key", CS_OPT_TEXT, true, "NAME", "needed", 0, 0},
    {"n", CS_OPT_NUMBER, false, "N", "a number", -5, 10, "7"},
    {"mode", CS_OPT_CHOICE, false, "text|json|plain-text", "a word", 0, 0, "text"},
    {"peer", CS_OPT_LIST, false, "NAME", "whom to ask", 0, 0},
    {"weak", CS_OPT_DANGER, false, NULL, "gives up a protection", 0, 0},
};
static const cs_option other_options[] = {{"else-where", CS_OPT_TEXT, false, "X", "another's", 0, 0}};
static const cs_option global_options[] = {{"json", CS_OPT_FLAG, false, NULL, "everybody's", 0, 0}};
static const cs_command commands[] = {
    {"serve", "serves", serve_options, 5, NULL, run_serve},
    {"other", "does not", other_options, 1, NULL, run_other},
};
static const cs_program server = {"prog", "about", commands, 2, global_options, 1, false};
static const cs_program tool = {"prog", "about", commands, 2, global_options, 1, true};

/* Runs "prog" with the words of `line` behind it and the standard streams away. */
static int run_line(const cs_program *p, const char *line, char *out, size_t out_size)
{
    char copy[512], *argv[32] = {NULL};
    int argc = 0;
    (void)snprintf(copy, sizeof copy, "prog %s", line);
    for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;)
        argv[argc++] = word;
    seen[0] = '\0';
    (void)fflush(NULL);
    int streams[2] = {dup(1), dup(2)};
    FILE *caught = tmpfile();
    assert_non_null(caught);
    assert_true(dup2(fileno(caught), 1) >= 0 && dup2(fileno(caught), 2) >= 0);
    int code = cs_program_run(p, argc, argv);
    (void)fflush(NULL);
    assert_true(dup2(streams[0], 1) >= 0 && dup2(streams[1], 2) >= 0);
    (void)close(streams[0]);
    (void)close(streams[1]);
    rewind(caught);
    size_t n = fread(out, 1, out_size - 1, caught);
    out[n] = '\0';
    (void)fclose(caught);
    return code;
}

static const char *const variables[] = {
    "COUNTERSIGN_KEY",  "COUNTERSIGN_N",      "COUNTERSIGN_MODE",         "COUNTERSIGN_PEER",      "COUNTERSIGN_WEAK",
    "COUNTERSIGN_JSON", "COUNTERSIGN_CONFIG", "COUNTERSIGN_PRINT_CONFIG", "COUNTERSIGN_ELSE_WHERE"};

/* "NAME=value|NAME=value"; NULL: none. */
static void set_environment(const char *text)
{
    char copy[512] = "";
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        (void)unsetenv(variables[i]);
    (void)snprintf(copy, sizeof copy, "%s", text != NULL ? text : "");
    for (char *rest = copy, *item; (item = strsep(&rest, "|")) != NULL;) {
        char name[80], *value = strchr(item, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        (void)snprintf(name, sizeof name, "COUNTERSIGN_%s", item);
        assert_int_equal(setenv(name, strcmp(value, "FILE") == 0 ? file_name : value, 1), 0);
    }
}

#define PLAIN " n=7 mode=text json=0 weak=0"

static const struct {
    const char *line, *environment, *file; /* file: --config is given */
    const char *seen;                      /* or, with a colon in it, what is said about the mistake */
} rows[] = {
    {"serve --key a", NULL, NULL, "serve key=a" PLAIN},
    {"serve", "KEY=b", NULL, "serve key=b" PLAIN},
    {"serve", NULL, "key = c\n", "serve key=c" PLAIN},
    {"serve --key a", "KEY=b", "key = c\n", "serve key=a" PLAIN},
    {"serve", "KEY=b", "key = c\n", "serve key=b" PLAIN},
    {"serve", "CONFIG=FILE", "key = c", "serve key=c" PLAIN},
    {"serve --key a", "KEY=", NULL, "serve key=a" PLAIN},
    {"serve", "N=3|JSON=true", "key=c\nn=4\nmode = json", "serve key=c n=3 mode=json json=1 weak=0"},
    {"serve", "JSON=false", "key=c\njson = true", "serve key=c" PLAIN},
    {"serve --json", "JSON=false", "key=c\n", "serve key=c n=7 mode=text json=1 weak=0"},
    {"serve --json", NULL, "json = false\nkey=c", "serve key=c n=7 mode=text json=1 weak=0"},
    {"serve", NULL, "# a comment\n\n   key  =  a b = c #1  \n\n", "serve key=a b = c #1" PLAIN},
    {"serve", NULL, "key = c\nelse-where = x\n", "serve key=c" PLAIN},
    {"other", NULL, "key = c\njson = true\n", "other json=1"},
    {"serve", NULL, "key =\n", "serve key=" PLAIN},
    {"serve --key a --mode plain-text", NULL, NULL, "serve key=a n=7 mode=plain-text json=0 weak=0"},
    {"serve --key a", NULL, "weak = true", "serve key=a n=7 mode=text json=0 weak=1"},
    {"serve --key a --weak", NULL, NULL, "serve key=a n=7 mode=text json=0 weak=1"},
    {"serve --key a --peer x", "PEER=y z", "peer = w", "serve key=a" PLAIN " peer=x"},
    {"serve --key a", "PEER= y  z ", "peer = w", "serve key=a" PLAIN " peer=y peer=z"},
    {"serve --key a", NULL, "peer = w\npeer = v u\n", "serve key=a" PLAIN " peer=w peer=v u"},
    {"serve --key a", "ELSE_WHERE=x|NO_SUCH=1", NULL, "serve key=a" PLAIN},

    {"serve", NULL, NULL, "serve: option is required: --key\n"},
    {"serve", NULL, "n = 3\n", "option is required: --key\n"},
    {"serve --key a", "WEAK=true", NULL, "COUNTERSIGN_WEAK: this has to be written out, as --weak or in the file\n"},
    {"serve --key a --weak", "WEAK=false", NULL, "COUNTERSIGN_WEAK: this has"},
    {"serve --key a", "N=11", NULL, "COUNTERSIGN_N: not a number in range\n"},
    {"serve --key a --n 3", "N=x", NULL, "COUNTERSIGN_N: not a number in range\n"},
    {"serve --key a", "JSON=1", NULL, "COUNTERSIGN_JSON: neither true nor false\n"},
    {"serve --key a", "MODE=JSON", NULL, "COUNTERSIGN_MODE: not one of the choices\n"},
    {"serve --key a --mode plain", NULL, NULL, "--mode: not one of the choices\n"},
    {"serve --key a --mode text|json", NULL, NULL, "--mode: not one of the choices\n"},
    {"serve --key a --mode=", NULL, NULL, "--mode: not one of the choices\n"},
    {"serve --key a", NULL, "key = c\n\nkei = d\n", "--config: line 3: no such option\n"},
    {"serve --key a", NULL, "key = c\n#\nkey = c\n", "--config: line 3: option given twice\n"},
    {"serve --key a", NULL, "json = true\njson = true\n", "--config: line 2: option given twice\n"},
    {"serve --key a", NULL, "key\n", "--config: line 1: not of the form name = value\n"},
    {"serve --key a", NULL, "= c\n", "--config: line 1: no such option\n"},
    {"serve --key a", NULL, "--n = 3\n", "--config: line 1: no such option\n"},
    {"serve --key a", NULL, "N = 3\n", "--config: line 1: no such option\n"},
    {"serve --key a", NULL, "n = 3 # three\n", "--config: line 1: not a number in range\n"},
    {"serve --key a --n 3", NULL, "n = x\n", "--config: line 1: not a number in range\n"},
    {"serve --key a", NULL, "json\n", "--config: line 1: not of the form"},
    {"serve --key a", NULL, "json = yes\n", "--config: line 1: neither true nor false\n"},
    {"serve --key a", NULL, "config = other\n", "--config: line 1: no such option\n"},
    {"serve --key a", NULL, "print-config = true\n", "--config: line 1: no such option\n"},
    {"serve --key a", NULL, "key = a\tb\n", "--config: the file is no text\n"},
    {"serve --key a", NULL, "key = a\r\n", "--config: the file is no text\n"},
    {"serve --key a --config /nonexistent", NULL, NULL, "--config: the file cannot be read\n"},
    {"serve --key a --config /tmp", NULL, NULL, "--config: the file cannot be read\n"},
};

static void the_first_that_has_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[512], said[4096];
        bool in_environment = rows[i].environment != NULL && strstr(rows[i].environment, "CONFIG=") != NULL;
        bool file = rows[i].file != NULL && !in_environment;
        if (rows[i].file != NULL)
            write_file(rows[i].file, strlen(rows[i].file));
        (void)snprintf(line, sizeof line, "%s%s%s", rows[i].line, file ? " --config " : "", file ? file_name : "");
        set_environment(rows[i].environment);
        int code = run_line(&server, line, said, sizeof said);
        bool good = strchr(rows[i].seen, ':') == NULL;
        if (code != (good ? 42 : 64) || (good && strcmp(seen, rows[i].seen) != 0) ||
            (!good && strstr(said, rows[i].seen) == NULL))
            fail_msg("row %zu, %s: %d %s %s", i, rows[i].line, code, seen, said);
    }
}

static void a_tool_is_told_on_its_line(void **state)
{
    char line[512], said[4096];
    (void)state;
    set_environment("KEY=b|JSON=true|WEAK=true|MODE=nonsense");
    assert_int_equal(run_line(&tool, "serve --key a", said, sizeof said), 42);
    assert_string_equal(seen, "serve key=a n=7 mode=text json=1 weak=0");
    assert_int_equal(run_line(&tool, "serve", said, sizeof said), 64);
    set_environment(NULL);
    (void)snprintf(line, sizeof line, "serve --key a --config %s", file_name);
    write_file("json = true\n", 12);
    assert_int_equal(run_line(&tool, line, said, sizeof said), 42);
    assert_string_equal(seen, "serve key=a n=7 mode=text json=1 weak=0");
    write_file("key = c\n", 8);
    assert_int_equal(run_line(&tool, line, said, sizeof said), 64);
    assert_non_null(strstr(said, "line 1: no such option"));
}

static void large_files_and_nul_bytes_are_refused(void **state)
{
    static char large[(64 << 10) + 1];
    char line[512], said[4096];
    (void)state;
    set_environment(NULL);
    memset(large, '\n', sizeof large);
    (void)snprintf(line, sizeof line, "serve --key a --config %s", file_name);
    write_file(large, sizeof large - 1);
    assert_int_equal(run_line(&server, line, said, sizeof said), 42);
    write_file(large, sizeof large);
    assert_int_equal(run_line(&server, line, said, sizeof said), 64);
    write_file("n = 3\n\0n = 4\n", 13);
    assert_int_equal(run_line(&server, line, said, sizeof said), 64);
}

/* What is printed says where each value comes from, and means the same when it is read back. */
static void the_configuration_is_printed(void **state)
{
    static const char want[] = "# environment\njson = true\n"
                               "# file\nkey = c\n"
                               "# command line\nn = 3\n"
                               "# default\nmode = text\n"
                               "# environment\npeer = x\npeer = y\n"
                               "# default\nweak = false\n";
    char line[512], said[4096];
    (void)state;
    write_file("key = c\nn = 4\n", 14);
    set_environment("JSON=true|PEER=x y");
    (void)snprintf(line, sizeof line, "serve --n 3 --print-config --config %s", file_name);
    assert_int_equal(run_line(&server, line, said, sizeof said), 0);
    assert_string_equal(said, want);
    assert_string_equal(seen, "");
    set_environment(NULL);
    write_file(said, strlen(said));
    (void)snprintf(line, sizeof line, "serve --config %s", file_name);
    assert_int_equal(run_line(&server, line, said, sizeof said), 42);
    assert_string_equal(seen, "serve key=c n=3 mode=text json=1 weak=0 peer=x peer=y");
    /* What is missing can be looked up, too. */
    assert_int_equal(run_line(&server, "serve --print-config", said, sizeof said), 0);
    assert_non_null(strstr(said, "# not set\n# key =\n"));
    assert_int_equal(run_line(&server, "serve --print-config --n 11", said, sizeof said), 64);
}

static void the_file_is_read_again(void **state)
{
    static const struct {
        const char *line, *environment, *file, *seen; /* seen NULL: refused */
    } again[] = {
        {"serve", NULL, "key = d\npeer = z\n", "again key=d" PLAIN " peer=z"},
        {"serve --key a", "N=3", "key = d\nn = 4\n", "again key=a n=3 mode=text json=0 weak=0"},
        {"serve --peer q", NULL, "key = d\npeer = z\n", "again key=d" PLAIN " peer=q"},
        {"serve", NULL, "key = d\nbad\n", NULL},
        {"serve", NULL, "n = 3\n", NULL},
    };
    char line[512], said[4096];
    (void)state;
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        write_file("key = c\njson = true\npeer = w\npeer = v\n", 38);
        set_environment(again[i].environment);
        rewritten = again[i].file;
        problem[0] = '\0';
        (void)snprintf(line, sizeof line, "%s --config %s", again[i].line, file_name);
        int code = run_line(&server, line, said, sizeof said);
        rewritten = NULL;
        assert_int_equal(code, again[i].seen != NULL ? 42 : 43);
        if (again[i].seen != NULL)
            assert_string_equal(seen, again[i].seen);
        else
            assert_string_not_equal(problem, "");
    }
    set_environment(NULL);
}

static void help_tells_about_it(void **state)
{
    char said[4096];
    (void)state;
    assert_int_equal(run_line(&server, "serve --help", said, sizeof said), 0);
    static const char *const words[] = {"--config FILE",   "--print-config",       "COUNTERSIGN_AN_OPTION",
                                        "(default: text)", "text|json|plain-text", "(repeatable)"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_non_null(strstr(said, words[i]));
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(file_name);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file_name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_has_one),
        cmocka_unit_test(a_tool_is_told_on_its_line),
        cmocka_unit_test(large_files_and_nul_bytes_are_refused),
        cmocka_unit_test(the_configuration_is_printed),
        cmocka_unit_test(the_file_is_read_again),
        cmocka_unit_test(help_tells_about_it),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
