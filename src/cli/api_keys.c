/* SPDX-License-Identifier: Apache-2.0 */
/* `api-keys`: thin over HTTP. The text of an API key goes to stdout or into a file of its own, once. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "core/limits.h"
#include "sys/file.h"

#define ROUTE "/v1/api-keys"

static const char *const facts[] = {"id", "name", "type", "environment", "createdAt", "expiresAt", "apiKey", NULL};

/* "a,b,c" as an array of texts. */
static void add_list(cs_jw *w, const char *member, const char *list)
{
    if (list == NULL)
        return;
    cs_slice rest = cs_slice_str(list);
    bool more = true;
    cs_jw_begin_array(w, member);
    while (more) {
        const uint8_t *comma = memchr(rest.p, ',', rest.n);
        size_t n = comma != NULL ? (size_t)(comma - rest.p) : rest.n;
        cs_jw_str(w, NULL, cs_slice_sub(rest, 0, n));
        rest = cs_slice_sub(rest, n + 1, rest.n);
        more = comma != NULL;
    }
    cs_jw_end_array(w);
}

/* -- the secret ---------------------------------------------------------------------------------------------------- */

/* A file that is there already is noticed before there is an API key that could be lost. */
static int check_file(const char *path)
{
    if (path != NULL && access(path, F_OK) == 0)
        return cs_talk_fail(CS_CONFLICT, "%s exists", path);
    return CS_EXIT_OK;
}

static int keep(const char *path, const cs_answer *answer)
{
    CS_SECRET(text);
    cs_jobj o = cs_jobj_open(answer->data);
    cs_slice id = cs_jobj_str(&o, "id", CS_MAX_ID);
    cs_err err = cs_secret_set(&text, cs_jobj_str(&o, "apiKey", CS_SECRET_CAP - 1));
    if (err == CS_OK)
        err = cs_secret_add(&text, CS_LIT("\n"));
    if (err == CS_OK)
        err = o.err;
    if (err == CS_OK)
        err = cs_file_write(path, cs_secret_slice(&text), 0600, false);
    if (err != CS_OK)
        return cs_talk_fail(err, "%s: the API key is lost; revoke %.*s", path, (int)id.n, (const char *)id.p);
    return CS_EXIT_OK;
}

/* What there is to say once the text is in its file. */
static int show_rest(const cs_args *args, const cs_answer *answer)
{
    uint8_t memory[1024];
    cs_buf out = CS_BUF_OVER(memory);
    cs_jobj o = cs_jobj_open(answer->data);
    cs_slice id = cs_jobj_str(&o, "id", CS_MAX_ID);
    if (!cs_arg_flag(args, "json")) {
        cs_talk_fact("id", id);
        return CS_EXIT_OK;
    }
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "id", id);
    cs_jw_end(&w);
    cs_talk_line(cs_buf_slice(&out));
    return CS_EXIT_OK;
}

/* Calls what makes an API key; `id` is NULL or the one to rotate. */
static int make(const cs_args *args, const char *id, const char *rest, cs_slice body)
{
    cs_client *c = NULL;
    cs_answer answer = {0};
    const char *path = cs_arg_text(args, "out");
    int code = check_file(path);
    if (code == CS_EXIT_OK)
        code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = id != NULL ? cs_remote_call(&answer, c, "POST", ROUTE, cs_slice_str(id), rest, body)
                          : cs_client_call(&answer, c, "POST", ROUTE, body);
    if (code == CS_EXIT_OK && path != NULL)
        code = keep(path, &answer);
    if (code == CS_EXIT_OK)
        code = path != NULL ? show_rest(args, &answer) : cs_remote_show(args, &answer, facts);
    if (code == CS_EXIT_OK && path == NULL)
        cs_talk_note(args, "Keep the API key now: it will not be shown again.");
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

/* -- commands ------------------------------------------------------------------------------------------------------ */

static const char *text_or(const cs_args *args, const char *option, const char *standard)
{
    const char *given = cs_arg_text(args, option);
    return given != NULL ? given : standard;
}

int cs_command_api_keys_create(const cs_args *args)
{
    cs_buf body = cs_buf_new(CS_MAX_BODY);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", cs_arg_text(args, "name"));
    cs_jw_cstr(&w, "type", text_or(args, "type", "secret"));
    cs_jw_cstr(&w, "environment", text_or(args, "environment", "live"));
    add_list(&w, "scopes", cs_arg_text(args, "scopes"));
    add_list(&w, "keyIds", cs_arg_text(args, "key-ids"));
    cs_jw_end(&w);
    int code = make(args, NULL, "", cs_buf_slice(&body));
    cs_buf_free(&body);
    return code;
}

int cs_command_api_keys_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "type", "environment", "createdAt", "revokedAt", "name", NULL};
    return cs_remote_list(args, ROUTE, "", columns);
}

int cs_command_api_keys_rotate(const cs_args *args)
{
    uint8_t memory[64];
    cs_buf body = CS_BUF_OVER(memory);
    cs_jw w = cs_jw_on(&body);
    int64_t overlap = cs_arg_number(args, "overlap-seconds", -1);
    cs_jw_begin(&w, NULL);
    if (overlap >= 0)
        cs_jw_int(&w, "overlapSeconds", overlap);
    cs_jw_end(&w);
    const char *id = cs_remote_operand(args, "API key: its id");
    return id != NULL ? make(args, id, "/rotate", cs_buf_slice(&body)) : CS_EXIT_USAGE;
}

int cs_command_api_keys_revoke(const cs_args *args)
{
    static const char *const revoked[] = {"id", "revokedAt", NULL};
    const char *id = cs_remote_operand(args, "API key: its id");
    int code = id != NULL ? cs_confirm_revocation(args, id, "ends it at once") : CS_EXIT_USAGE;
    return code == CS_EXIT_OK ? cs_remote_do(args, "DELETE", ROUTE, id, "", CS_ABSENT, revoked) : code;
}
