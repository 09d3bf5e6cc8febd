/* SPDX-License-Identifier: Apache-2.0 */
/* `countersign witness`: becomes countersign-gateway's witness, with the same options. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/commands.h"
#include "cli/talk.h"

#define MAX_ARGV (2 * CS_MAX_LIST_ITEMS + 32)

struct argv {
    const char *v[MAX_ARGV + 1]; /* "--name=value" would need memory; name and value are two */
    size_t n;
};

static void add(struct argv *a, const char *text)
{
    if (a->n < MAX_ARGV)
        a->v[a->n++] = text;
}

static void add_text(struct argv *a, const char *flag, const char *value)
{
    if (value == NULL)
        return;
    add(a, flag);
    add(a, value);
}

int cs_command_witness(const cs_args *args)
{
    char path[4096];
    struct argv a = {.v = {"countersign-gateway", "witness"}, .n = 2};
    add_text(&a, "--name", cs_arg_text(args, "name"));
    add_text(&a, "--state", cs_arg_text(args, "state"));
    add_text(&a, "--listen", cs_arg_text(args, "listen"));
    add_text(&a, "--logs", cs_arg_text(args, "logs"));
    add_text(&a, "--tls-cert", cs_arg_text(args, "tls-cert"));
    add_text(&a, "--tls-key", cs_arg_text(args, "tls-key"));
    for (size_t i = 0; i < cs_arg_count(args, "log"); i++)
        add_text(&a, "--log", cs_arg_item(args, "log", i));
    if (cs_arg_flag(args, "print-keys"))
        add(&a, "--print-keys");
    if (cs_arg_flag(args, "json"))
        add(&a, "--json");
    if (cs_arg_flag(args, "quiet"))
        add(&a, "--quiet");
    cs_err err = cs_child_path(path, sizeof path, a.v[0]);
    if (err != CS_OK)
        return cs_talk_fail(err, "%s", a.v[0]);
    (void)execv(path, (char *const *)a.v);
    return cs_talk_error("%s: %s", path, strerror(errno));
}
