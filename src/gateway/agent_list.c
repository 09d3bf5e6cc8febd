/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/agent_list.h"

#include <stdio.h>
#include <string.h>

#include "sys/log.h"

/* Cuts "HOST:PORT" or "[HOST]:PORT"; without a port it is 8443. `host` is the name alone. */
static bool split_host(char host[256], char address[512], const char *text)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    bool port = colon != NULL && (bracket == NULL ? strchr(text, ':') == colon : bracket < colon);
    cs_slice name = cs_slice_of(text, port ? (size_t)(colon - text) : strlen(text));
    int n = snprintf(address, 512, "tcp:%.*s:%s", (int)name.n, text, port ? colon + 1 : "8443");
    if (bracket != NULL && name.n >= 2 && name.p[0] == '[')
        name = cs_slice_sub(name, 1, name.n - 2);
    return n > 0 && n < 512 && name.n > 0 && cs_slice_to_cstr(host, 256, name) == CS_OK;
}

/* The agents of this machine, or those behind TLS. */
struct agents {
    cs_agent_place place[CS_BALANCE_MAX];
    char host[CS_BALANCE_MAX][256], address[CS_BALANCE_MAX][512];
    size_t n;
};

static cs_err read_agents(struct agents *out, const cs_args *args)
{
    bool remote = cs_arg_count(args, "host") > 0;
    const char *name = remote ? "host" : "agent";
    int files = (cs_arg_text(args, "ca") != NULL) + (cs_arg_text(args, "client-cert") != NULL) +
                (cs_arg_text(args, "client-key") != NULL);
    out->n = cs_arg_count(args, name);
    if ((cs_arg_count(args, "agent") > 0) == remote || files != (remote ? 3 : 0)) {
        cs_log(CS_LOG_ERROR, NULL, "either --agent, or --host with --ca, --client-cert and --client-key");
        return CS_CONFIG;
    }
    if (out->n > CS_BALANCE_MAX) {
        cs_log(CS_LOG_ERROR, NULL, "--%s: more than %d", name, CS_BALANCE_MAX);
        return CS_CONFIG;
    }
    for (size_t i = 0; i < out->n; i++) {
        const char *text = cs_arg_item(args, name, i);
        if (remote && !split_host(out->host[i], out->address[i], text)) {
            cs_log(CS_LOG_ERROR, NULL, "--host: not of the form HOST[:PORT]");
            return CS_CONFIG;
        }
        out->place[i] = remote ? (cs_agent_place){out->address[i], out->host[i]} : (cs_agent_place){text, NULL};
    }
    return CS_OK;
}

cs_err cs_agent_list_apply(cs_signer *signer, const cs_args *args, const cs_args *files)
{
    const cs_channel_tls_config tls = {.ca = cs_arg_text(files, "ca"),
                                       .cert = cs_arg_text(files, "client-cert"),
                                       .key = cs_arg_text(files, "client-key")};
    struct agents agents;
    cs_err err = read_agents(&agents, args);
    return err == CS_OK ? cs_signer_set_agents(signer, agents.place, agents.n, &tls) : err;
}
