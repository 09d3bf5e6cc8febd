/* SPDX-License-Identifier: Apache-2.0 */
/* `settings`: thin over HTTP. The document is nested, so it is always shown as JSON. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "sys/file.h"

#define ROUTE "/v1/vault/settings"
#define MAX_FILE (64u << 10)

static int call(cs_answer *answer, const cs_args *args, const char *method, const char *path, cs_slice body)
{
    cs_client *c = NULL;
    *answer = (cs_answer){0};
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_client_call(answer, c, method, path, body);
    cs_client_close(c);
    return code;
}

static int show_json(cs_jval data)
{
    cs_buf text = cs_buf_new(CS_MAX_SERVER_ANSWER);
    cs_err err = cs_json_canonical(&text, data);
    if (err == CS_OK)
        cs_talk_line(cs_buf_slice(&text));
    cs_buf_free(&text);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "answer");
}

int cs_command_settings_get(const cs_args *args)
{
    cs_answer answer;
    int code = call(&answer, args, "GET", ROUTE, CS_ABSENT);
    if (code == CS_EXIT_OK)
        code = show_json(answer.data);
    cs_answer_free(&answer);
    return code;
}

int cs_command_settings_set(const cs_args *args)
{
    static const char *const facts[] = {"savedAt", NULL};
    const char *path = cs_arg_text(args, "file");
    cs_buf text = cs_buf_new(MAX_FILE);
    cs_answer answer = {0};
    cs_err err = cs_buf_reserve(&text, MAX_FILE) != NULL ? cs_file_read(&text, path) : text.err;
    int code = err == CS_OK ? call(&answer, args, "PUT", ROUTE, cs_buf_slice(&text)) : cs_talk_fail(err, "%s", path);
    if (code == CS_EXIT_OK)
        code = cs_remote_show(args, &answer, facts);
    if (text.p != NULL)
        cs_wipe(text.p, text.n); /* it may hold a client secret */
    cs_buf_free(&text);
    cs_answer_free(&answer);
    return code;
}

int cs_command_settings_clear(const cs_args *args)
{
    cs_answer answer;
    int code = call(&answer, args, "DELETE", ROUTE, CS_ABSENT);
    if (code == CS_EXIT_OK && cs_arg_flag(args, "json"))
        code = show_json(answer.data);
    else if (code == CS_EXIT_OK)
        cs_talk_note(args, "cleared");
    cs_answer_free(&answer);
    return code;
}

static void show_result(cs_jval result)
{
    cs_jobj o = cs_jobj_open(result);
    cs_slice provider = cs_jobj_str_opt(&o, "provider", CS_FIELD_MAX), error = cs_jobj_str_opt(&o, "error", 512);
    bool ok = cs_jobj_bool_or(&o, "ok", false);
    (void)printf("%-5s ", ok ? "ok" : "fail");
    cs_talk_clean(stdout, provider);
    (void)printf("%s", ok ? "" : ": ");
    cs_talk_clean(stdout, error);
    (void)putchar('\n');
}

/* Exit code 1 if one of the providers failed. */
int cs_command_settings_test(const cs_args *args)
{
    cs_answer answer;
    int code = call(&answer, args, "POST", ROUTE "/test", CS_LIT("{}"));
    if (code == CS_EXIT_OK) {
        cs_jobj o = cs_jobj_open(answer.data);
        bool ok = cs_jobj_bool_or(&o, "ok", false);
        cs_jval results = cs_jobj_array_opt(&o, "results");
        if (cs_arg_flag(args, "json"))
            code = show_json(answer.data);
        for (size_t i = 0; i < cs_jarr_len(results) && !cs_arg_flag(args, "json"); i++)
            show_result(cs_jarr_at(results, i));
        if (!ok)
            code = CS_EXIT_ERROR;
    }
    cs_answer_free(&answer);
    return code;
}
