/* SPDX-License-Identifier: Apache-2.0 */
/* `signatures`: what the server keeps of each signature that it gave out. */
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "core/limits.h"

#define SIGNATURES "/v1/signatures"

int cs_command_signatures_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "verdict", "keyId", "createdAt", NULL};
    static const struct {
        const char *option, *parameter;
    } filters[] = {{"key", "keyId"}, {"policy", "policyId"}, {"verdict", "verdict"}, {"since", "since"}};
    cs_buf query = cs_buf_new(4 * CS_MAX_NAME * 3);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        const char *value = cs_arg_text(args, filters[i].option);
        if (value == NULL)
            continue;
        cs_buf_printf(&query, "&%s=", filters[i].parameter);
        cs_client_add_escaped(&query, cs_slice_str(value));
    }
    int code = query.err == CS_OK ? cs_remote_list(args, SIGNATURES, cs_buf_cstr(&query), columns)
                                  : cs_talk_usage("a filter is too long");
    cs_buf_free(&query);
    return code;
}

int cs_command_signatures_show(const cs_args *args)
{
    static const char *const facts[] = {"id",        "keyId",     "algorithm",     "signatureFormat",
                                        "createdAt", "signature", "payloadSha256", "payloadPreHash",
                                        NULL};
    const char *id = cs_remote_operand(args, "signature id");
    return id != NULL ? cs_remote_do(args, "GET", SIGNATURES, id, "", CS_ABSENT, facts) : CS_EXIT_USAGE;
}
