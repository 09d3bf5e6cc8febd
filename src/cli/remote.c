/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/remote.h"

#include <stdio.h>

#include "cli/talk.h"
#include "core/limits.h"

#define MAX_PATH 1024
#define MAX_CURSOR 512
#define MAX_PAGES 10000

/* -- showing ------------------------------------------------------------------------------------------------------- */

static int print_json(cs_jval data)
{
    cs_buf out = cs_buf_new(CS_MAX_SERVER_ANSWER);
    cs_err err = cs_json_canonical(&out, data);
    if (err == CS_OK)
        cs_talk_line(cs_buf_slice(&out));
    cs_buf_free(&out);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "the server's answer");
}

static void print_facts(cs_jval data, const char *const *names)
{
    for (; *names != NULL; names++) {
        cs_jobj o = cs_jobj_open(data);
        cs_slice value = cs_jobj_str_opt(&o, *names, CS_MAX_SERVER_ANSWER);
        if (value.p != NULL && value.n > 0)
            cs_talk_fact(*names, value);
    }
}

/* One line per item: the members of these names, with two blanks between them. */
static void print_row(cs_jval item, const char *const *names)
{
    for (const char *const *name = names; *name != NULL; name++) {
        cs_jobj o = cs_jobj_open(item);
        if (name != names)
            (void)fputs("  ", stdout);
        cs_talk_clean(stdout, cs_jobj_str_opt(&o, *name, CS_MAX_SERVER_ANSWER));
    }
    (void)putchar('\n');
}

int cs_remote_show(const cs_args *args, const cs_answer *answer, const char *const *names)
{
    if (cs_arg_flag(args, "json"))
        return print_json(answer->data);
    print_facts(answer->data, names);
    return CS_EXIT_OK;
}

/* -- lists --------------------------------------------------------------------------------------------------------- */

/* The path of the next page; false at the end. */
static bool next_page(cs_buf *path, const char *route, const char *filters, cs_jval pagination)
{
    cs_jobj o = cs_jobj_open(pagination);
    cs_slice cursor = pagination.v != NULL ? cs_jobj_str_opt(&o, "nextCursor", MAX_CURSOR) : CS_ABSENT;
    if (cursor.p == NULL || cursor.n == 0)
        return false;
    cs_buf_clear(path);
    cs_buf_printf(path, "%s?limit=%d%s&cursor=", route, CS_MAX_PAGE, filters);
    cs_client_add_escaped(path, cursor);
    return path->err == CS_OK;
}

int cs_remote_walk(cs_client *c, const char *route, const char *filters, cs_remote_item each, void *context)
{
    cs_buf path = cs_buf_new(MAX_PATH + 3 * MAX_CURSOR);
    cs_buf_printf(&path, "%s?limit=%d%s", route, CS_MAX_PAGE, filters);
    int code = CS_EXIT_OK;
    bool more = true;
    for (int page = 0; more && page < MAX_PAGES; page++) {
        cs_answer answer;
        code = cs_client_call(&answer, c, "GET", cs_buf_cstr(&path), CS_ABSENT);
        more = code == CS_EXIT_OK;
        for (size_t i = 0; more && i < cs_jarr_len(answer.data); i++)
            more = !each(context, cs_jarr_at(answer.data, i));
        more = more && next_page(&path, route, filters, answer.pagination);
        cs_answer_free(&answer);
    }
    cs_buf_free(&path);
    return code;
}

struct listing {
    bool json;
    const char *const *columns;
    int code;
};

/* With --json one object a line, so that a list of any length streams. */
static bool print_item(void *context, cs_jval item)
{
    struct listing *l = context;
    if (l->json)
        l->code = print_json(item);
    else
        print_row(item, l->columns);
    return l->code != CS_EXIT_OK;
}

int cs_remote_list_with(cs_client *c, const cs_args *args, const char *route, const char *filters,
                        const char *const *columns)
{
    struct listing l = {.json = cs_arg_flag(args, "json"), .columns = columns};
    int code = cs_remote_walk(c, route, filters, print_item, &l);
    return code != CS_EXIT_OK ? code : l.code;
}

int cs_remote_list(const cs_args *args, const char *route, const char *filters, const char *const *columns)
{
    cs_client *c;
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_remote_list_with(c, args, route, filters, columns);
    cs_client_close(c);
    return code;
}

/* -- one thing ----------------------------------------------------------------------------------------------------- */

int cs_remote_call(cs_answer *out, cs_client *c, const char *method, const char *route, cs_slice id, const char *rest,
                   cs_slice body)
{
    cs_buf path = cs_buf_new(MAX_PATH);
    *out = (cs_answer){0};
    cs_buf_printf(&path, "%s/", route);
    cs_client_add_escaped(&path, id);
    cs_buf_add_str(&path, rest);
    int code = path.err == CS_OK && id.n > 0 ? cs_client_call(out, c, method, cs_buf_cstr(&path), body)
                                             : cs_talk_fail(CS_NOT_FOUND, "%.*s", (int)id.n, (const char *)id.p);
    cs_buf_free(&path);
    return code;
}

int cs_remote_do(const cs_args *args, const char *method, const char *route, const char *id, const char *rest,
                 cs_slice body, const char *const *facts)
{
    cs_client *c;
    cs_answer answer = {0};
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = id != NULL ? cs_remote_call(&answer, c, method, route, cs_slice_str(id), rest, body)
                          : cs_client_call(&answer, c, method, route, body);
    if (code == CS_EXIT_OK)
        code = cs_remote_show(args, &answer, facts);
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

const char *cs_remote_operand(const cs_args *args, const char *what)
{
    if (cs_arg_operand_count(args) == 1)
        return cs_arg_operand(args, 0);
    (void)cs_talk_usage("give one %s", what);
    return NULL;
}
